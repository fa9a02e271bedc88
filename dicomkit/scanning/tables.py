"""Rows as tables of pyarrow and pandas, neither of which is imported before it is asked for."""

from __future__ import annotations

import importlib

from dicomkit.scanning.columns import Column, Kind, make_column

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    import pandas as pd
    import pyarrow as pa

    from dicomkit.scanning.rows import Columns, Row

__all__ = ["make_arrow_table", "make_data_frame"]


def make_arrow_table(rows: Iterable[Row], columns: Columns) -> pa.Table:
    """Make a table out of rows; see :meth:`dicomkit.scanning.Scan.to_arrow`."""
    pa = _import("pyarrow", "arrow")
    types = {
        Kind.INTEGER: pa.int64(),
        Kind.UNSIGNED: pa.uint64(),
        Kind.DECIMAL: pa.float64(),
        Kind.DATE: pa.date32(),
        Kind.TIME: pa.time64("us"),
        Kind.TEXT: pa.string(),
        Kind.BINARY: pa.binary(),
    }
    table = {}
    for column in _columns(rows, columns):
        kind = types[column.kind]
        table[column.name] = pa.array(column.values, pa.list_(kind) if column.is_list else kind)
    return pa.table(table)


def make_data_frame(rows: Iterable[Row], columns: Columns) -> pd.DataFrame:
    """Make a data frame out of rows; see :meth:`dicomkit.scanning.Scan.to_pandas`."""
    pd = _import("pandas", "pandas")
    return pd.DataFrame({column.name: _series(pd, column) for column in _columns(rows, columns)})


def _series(pd: Any, column: Column) -> Any:
    dtypes = {Kind.INTEGER: "Int64", Kind.UNSIGNED: "UInt64", Kind.DECIMAL: "float64", Kind.TEXT: "string"}
    if column.kind is Kind.DATE and not column.is_list:
        import numpy as np  # lazy: start-up

        # By way of days: in nanoseconds, which pandas would choose, dates before 1678 do not exist.
        return pd.Series(np.array(column.values, dtype="datetime64[D]").astype("datetime64[s]"))
    return pd.Series(column.values, dtype="object" if column.is_list else dtypes.get(column.kind, "object"))


def _columns(rows: Iterable[Row], columns: Columns) -> list[Column]:
    paths, errors, table = [], [], []
    for row in rows:
        # Names of files may hold bytes that are no UTF-8; a table cannot.
        paths.append(row.path.encode("utf-8", "surrogateescape").decode("utf-8", "replace"))
        errors.append(None if row.error is None else f"{type(row.error).__name__}: {row.error}")
        table.append(row.values)
    by_attribute = list(zip(*table, strict=True)) if table else [()] * len(columns.tags)
    found = [make_column(name, tag, values) for name, tag, values in zip(columns.names, columns.tags, by_attribute, strict=True)]
    return [Column("path", Kind.TEXT, False, paths), *found, Column("error", Kind.TEXT, False, errors)]


def _import(module: str, extra: str) -> Any:
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name != module:
            raise
        raise ModuleNotFoundError(f"this needs {module}: pip install 'dicomkit[{extra}]'", name=module) from None
