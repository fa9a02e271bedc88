"""Values of an attribute over many files as a column of one type."""

from __future__ import annotations

import warnings
from enum import Enum

from dicomkit.dataset import DataSet
from dicomkit.dictionary import DataElementDictionary
from dicomkit.errors import DICOMWarning
from dicomkit.tag import Tag
from dicomkit.values import DICOMDate, DICOMDateTime, DICOMTime
from dicomkit.vr import VR

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

__all__ = ["Column", "Kind", "make_column", "plain_value"]


class Kind(Enum):
    """Type of the values of a column."""

    INTEGER = "integer"  # 64 bits, signed
    UNSIGNED = "unsigned"  # 64 bits, of UV
    DECIMAL = "decimal"  # 64 bits
    DATE = "date"
    TIME = "time"
    TEXT = "text"
    BINARY = "binary"


_KINDS = {
    VR.DA: Kind.DATE,
    VR.TM: Kind.TIME,
    VR.UV: Kind.UNSIGNED,
    **dict.fromkeys((VR.IS, VR.SS, VR.SL, VR.SV, VR.US, VR.UL, VR.SQ), Kind.INTEGER),
    **dict.fromkeys((VR.DS, VR.FL, VR.FD), Kind.DECIMAL),
    **dict.fromkeys((VR.OB, VR.OD, VR.OF, VR.OL, VR.OV, VR.OW, VR.UN), Kind.BINARY),
}
_PLAIN_TYPES = {Kind.INTEGER: int, Kind.UNSIGNED: int, Kind.BINARY: bytes, Kind.TEXT: str}
_RANGES: dict[Kind, tuple[Any, Any]] = {Kind.INTEGER: (-(1 << 63), (1 << 63) - 1), Kind.UNSIGNED: (0, (1 << 64) - 1)}


class Column:
    """Values of one type, one or None for each file; lists of them if ``is_list``."""

    __slots__ = ("is_list", "kind", "name", "values")

    def __init__(self, name: str, kind: Kind, is_list: bool, values: list[Any]) -> None:
        self.name = name
        self.kind = kind
        self.is_list = is_list
        self.values = values


def make_column(name: str, tag: Tag, values: Sequence[Any]) -> Column:
    """Make a column out of values as data sets have them.

    PS3.6 says which type it has, and whether it is one of lists: if more than one value is allowed, or some file has several all the
    same. Elements that PS3.6 does not know have the type of the first value. What does not fit is None, with one warning for all.
    """
    entry = DataElementDictionary.find_tag(tag)
    is_sequence = (entry is not None and entry.vr[:1] == (VR.SQ,)) or any(map(_is_items, values))
    if is_sequence:  # by PS3.6, or a private one; what could not be read as such stayed bytes
        values = [len(value) if isinstance(value, list) else None for value in values]
    kind = _KINDS.get(entry.vr[0], Kind.TEXT) if entry is not None and entry.vr else _kind_of_first(values)
    is_list = (entry is not None and entry.vm != "1" and not is_sequence) or any(isinstance(value, list) for value in values)
    misfits = 0
    converted: list[Any] = []
    for value in values:
        parts = [_convert(part, kind) for part in _as_list(value)]
        misfits += sum(part is None for part in parts) - sum(part is None for part in _as_list(value))
        converted.append(None if value is None else parts if is_list else parts[0])
    if misfits:
        warnings.warn(DICOMWarning(f"{misfits} values of {name} are no {kind.value}: null in the table"), stacklevel=4)
    return Column(name, kind, is_list, converted)


def _is_items(value: Any) -> bool:
    return isinstance(value, list) and any(isinstance(part, DataSet) for part in value)


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _kind_of_first(values: Sequence[Any]) -> Kind:
    first = next((part for value in values for part in _as_list(value) if part is not None), None)
    if isinstance(first, DICOMDate):
        return Kind.DATE
    if isinstance(first, DICOMTime):
        return Kind.TIME
    return {int: Kind.INTEGER, float: Kind.DECIMAL, bytes: Kind.BINARY}.get(type(plain_value(first)), Kind.TEXT)


def _convert(value: Any, kind: Kind) -> Any:
    """The value as the plain Python type of a kind, or None if it is no such thing."""
    if value is None:
        return None
    if kind is Kind.DATE or kind is Kind.TIME:
        try:
            return value.to_date() if kind is Kind.DATE else value.to_time()
        except (AttributeError, ValueError):  # text that is no date; a second 60, which Python does not have
            return None
    value = plain_value(value)
    if kind is Kind.TEXT:
        return value if isinstance(value, str) else str(value)
    if kind is Kind.DECIMAL:
        return float(value) if isinstance(value, (int, float)) else None
    if not isinstance(value, _PLAIN_TYPES[kind]):
        return None
    low, high = _RANGES.get(kind, (value, value))
    return value if low <= value <= high else None


def plain_value(value: Any) -> Any:
    """Return a value as plain ``int``, ``float``, ``str``, ``bytes``, None or a list of them.

    Dates and times are text in their ISO 8601 form, tags ``(GGGG,EEEE)``; of a sequence there is the number of items.
    """
    if isinstance(value, list):
        return len(value) if value and isinstance(value[0], DataSet) else [plain_value(part) for part in value]
    if isinstance(value, (DICOMDate, DICOMTime, DICOMDateTime)):
        return value.isoformat()
    if isinstance(value, Tag):
        return str(value)
    if isinstance(value, str):
        return str.__str__(value)
    for kind in (int, float):
        if isinstance(value, kind):
            return kind(value)
    return value
