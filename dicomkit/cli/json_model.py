"""Data sets in the DICOM JSON Model (PS3.18 F.2)."""

from __future__ import annotations

import base64
import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dicomkit.tag import Tag
from dicomkit.values import DICOMDate, DICOMDateTime, DICOMPersonName, DICOMTime
from dicomkit.vr import VR

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dicomkit.element import DataElement

__all__ = ["json_lines"]

INLINE_BYTES = 1024
_BULK = frozenset({VR.OB, VR.OD, VR.OF, VR.OL, VR.OV, VR.OW, VR.UN})
_GROUPS = ("Alphabetic", "Ideographic", "Phonetic")


def json_lines(elements: Iterable[DataElement], path: str, *, is_full: bool = False) -> Iterator[str]:
    """Return an object of the model, an outermost attribute a line.

    Parameters
    ----------
    elements
        The data set. Group 0002 and group lengths are left out (PS3.18 F.2.2).
    path
        Where it was read: the BulkDataURI of large values is this file with the attribute's path as fragment.
    is_full
        Put large values inline, too.
    """
    uri = None if is_full else Path(path).resolve().as_uri() + "#"
    yield "{"
    separator = " "
    for element in elements:
        if element.tag.group != 2 and not element.tag.is_group_length:
            yield f"{separator}{json.dumps(_key(element))}: {json.dumps(_attribute(element, uri), ensure_ascii=False, allow_nan=False)}"
            separator = ","
    yield "}"


def _key(element: DataElement) -> str:
    return f"{int(element.tag):08X}"


def _attribute(element: DataElement, uri: str | None) -> dict[str, Any]:
    attribute: dict[str, Any] = {"vr": str(element.vr)}
    if element.is_sequence:
        items = element.sequence_items or []
        here = None if uri is None else f"{uri}{_key(element)}/"
        values: list[Any] = [_item(item, None if here is None else f"{here}{number}/") for number, item in enumerate(items)]
    elif element.vr in _BULK:
        return attribute | _bulk(element, uri)
    else:
        value = element.value
        values = [] if value is None else [_value(part) for part in (value if isinstance(value, list) else [value])]
    if values:
        attribute["Value"] = values
    return attribute


def _item(item: Iterable[DataElement], uri: str | None) -> dict[str, Any]:
    return {_key(element): _attribute(element, uri) for element in item if not element.tag.is_group_length}


def _bulk(element: DataElement, uri: str | None) -> dict[str, str]:
    length = element.value_length
    if not length:
        return {}
    # Fragments are no value that could be inline (PS3.18 F.2.7).
    if element.encapsulated_fragments is not None or (uri is not None and length > INLINE_BYTES):
        return {"BulkDataURI": f"{uri or '#'}{_key(element)}"}
    data = bytes(element.value_data)
    if element.is_big_endian:  # values are little endian here (PS3.18 F.2.7)
        word = element.vr.value_length or 1
        data = b"".join(data[start : start + word][::-1] for start in range(0, length, word))
    return {"InlineBinary": base64.b64encode(data).decode("ascii")}


def _value(value: Any) -> Any:
    """One value: numbers as numbers, except those that JSON has not, and AT and dates as text (PS3.18 F.2.3)."""
    if value is None or value == "":      # an empty one among several (PS3.18 F.2.5)
        return None
    if isinstance(value, DICOMPersonName):
        groups = str.__str__(value).split("=")[: len(_GROUPS)]
        return {name: group for name, group in zip(_GROUPS, groups, strict=False) if group}
    if isinstance(value, Tag):
        return f"{int(value):08X}"
    if isinstance(value, (DICOMDate, DICOMTime, DICOMDateTime)):
        return value.dicom_string
    if isinstance(value, float):
        if math.isfinite(value):
            return float(value)
        return "NaN" if math.isnan(value) else "inf" if value > 0 else "-inf"
    return int(value) if isinstance(value, int) else str.__str__(value)
