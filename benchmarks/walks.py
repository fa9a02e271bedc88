"""Walk all levels of a data set, as a user of each library would write it: to touch every value, and to sum them up.

``touch_*`` is what is timed. ``digest_*`` gives numbers that must agree between libraries: elements and items of all
levels, the sum of all numeric values, the count of characters in texts.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from benchmarks.peers import dicomsdl

NUMERIC_VRS = frozenset({"DS", "FD", "FL", "IS", "SL", "SS", "UL", "US"})
TEXT_VRS = frozenset({"CS", "LO", "PN", "SH", "UI"})
FILE_META_GROUP = 0x0002


@dataclass(slots=True)
class Digest:
    """Sums over a data set of any library."""

    elements: int = 0
    items: int = 0
    numbers: float = 0.0
    characters: int = 0

    def add(self, vr: str, value: Any) -> None:
        """Count one element that is not a sequence."""
        self.elements += 1
        if vr not in NUMERIC_VRS and vr not in TEXT_VRS:
            return
        values: Iterable[Any] = value if isinstance(value, Iterable) and not isinstance(value, str) else [value]
        for part in values:
            if part is None or part == "":
                continue
            if vr in NUMERIC_VRS:
                self.numbers += float(part)
            else:
                self.characters += len(str(part))

    def as_answer(self) -> dict[str, object]:
        """Return what libraries compare."""
        return {"elements": self.elements, "items": self.items, "numbers": round(self.numbers, 3), "characters": self.characters}


def touch_dicomkit(data_set: Any) -> None:
    """Decode every value of all levels."""
    for element in data_set:
        if element.is_sequence:
            for item in element.value:
                touch_dicomkit(item)
        else:
            element.value  # noqa: B018


def touch_pydicom(data_set: Any) -> None:
    """Decode every value of all levels."""
    for element in data_set:
        if element.VR == "SQ":
            for item in element.value:
                touch_pydicom(item)
        else:
            element.value  # noqa: B018


def touch_dicomsdl(data_set: Any) -> None:
    """Decode every value of all levels."""
    sequence = dicomsdl.VR.SQ
    for element in data_set:
        if element.vr() == sequence:
            for item in element.toSequence():
                touch_dicomsdl(item)
        else:
            element.value()


def touch_gdcm(data_set: Any) -> None:
    """Look at the bytes of every value of all levels: GDCM decodes none here."""
    for element in data_set.GetDES():
        items = element.GetValueAsSQ() if str(element.GetVR()) == "SQ" else None
        if items is None:
            element.GetByteValue()
            continue
        for number in range(1, items.GetNumberOfItems() + 1):
            touch_gdcm(items.GetItem(number).GetNestedDataSet())


def keep_dicomkit(data_set: Any, values: list[Any]) -> None:
    """Collect every value of all levels."""
    for element in data_set:
        value = element.value
        values.append(value)
        if element.is_sequence:
            for item in value:
                keep_dicomkit(item, values)


def keep_dicomsdl(data_set: Any, values: list[Any]) -> None:
    """Collect every value of all levels."""
    sequence = dicomsdl.VR.SQ
    for element in data_set:
        if element.vr() == sequence:
            items = element.toSequence()
            values.append(items)
            for item in items:
                keep_dicomsdl(item, values)
        else:
            values.append(element.value())


def digest_dicomkit(data_set: Any, digest: Digest) -> Digest:
    """Sum up a ``dicomkit.DataSet``."""
    for element in data_set:
        if element.is_sequence:
            digest.elements += 1
            for item in element.value:
                digest.items += 1
                digest_dicomkit(item, digest)
        else:
            digest.add(str(element.vr), element.value)
    return digest


def digest_pydicom(data_set: Any, digest: Digest) -> Digest:
    """Sum up a ``pydicom.Dataset``."""
    for element in data_set:
        if element.VR == "SQ":
            digest.elements += 1
            for item in element.value:
                digest.items += 1
                digest_pydicom(item, digest)
        else:
            digest.add(str(element.VR), element.value)
    return digest


def digest_dicomsdl(data_set: Any, digest: Digest) -> Digest:
    """Sum up a ``dicomsdl.DataSet``, without the file meta information that it holds as well."""
    for element in data_set:
        if element.tag() >> 16 == FILE_META_GROUP:
            continue
        if element.vr() == dicomsdl.VR.SQ:
            digest.elements += 1
            for item in element.toSequence():
                digest.items += 1
                digest_dicomsdl(item, digest)
        else:
            digest.add(element.vr().name, element.value())
    return digest


def digest_gdcm(data_set: Any, digest: Digest) -> Digest:
    """Count the elements and items of a ``gdcm.DataSet``."""
    for element in data_set.GetDES():
        digest.elements += 1
        items = element.GetValueAsSQ() if str(element.GetVR()) == "SQ" else None
        if items is None:
            continue
        for number in range(1, items.GetNumberOfItems() + 1):
            digest.items += 1
            digest_gdcm(items.GetItem(number).GetNestedDataSet(), digest)
    return digest
