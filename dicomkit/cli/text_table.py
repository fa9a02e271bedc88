"""Tables as text: by rich where somebody looks, whole and aligned where not."""

from __future__ import annotations

from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["write_text_table"]


def write_text_table(names: Sequence[str], rows: Iterable[Sequence[str]], stream: TextIO) -> None:
    """Write a table. On a terminal it is cut to fit; elsewhere nothing is cut. The last column, if it is empty, is left out."""
    table = [list(row) for row in rows]
    if not any(row[-1] for row in table):
        names = names[:-1]
        table = [row[:-1] for row in table]
    if stream.isatty():
        _write_fitting(names, table, stream)
        return
    widths = [max(map(len, column)) for column in zip(names, *table, strict=True)]
    for row in (list(names), *table):
        stream.write("  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip() + "\n")


def _write_fitting(names: Sequence[str], table: Sequence[Sequence[str]], stream: TextIO) -> None:
    from rich.box import SIMPLE_HEAD  # lazy: start-up
    from rich.console import Console
    from rich.table import Table

    # No markup: square brackets in a patient's name are just that.
    console = Console(file=stream, markup=False, highlight=False, emoji=False)
    shown = Table(box=SIMPLE_HEAD, pad_edge=False)
    for name in names:
        shown.add_column(name, no_wrap=True, overflow="ellipsis", min_width=4)
    for row in table:
        shown.add_row(*row)
    console.print(shown)
