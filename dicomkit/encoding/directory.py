"""Offsets of a DICOMDIR, which count from the first byte of the file and change with its length (PS3.3 F.3.2.2, F.5)."""

from __future__ import annotations

from functools import partial

from dicomkit.encoding.options import ReadOptions
from dicomkit.encoding.parser import parse_file
from dicomkit.encoding.source import open_source
from dicomkit.errors import InvalidValueError

TYPE_CHECKING = False  # typing's own costs 8 ms at start-up
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Literal

    from dicomkit._core.element_write import ElementWriter
    from dicomkit.dataset import DataSet
    from dicomkit.element import DataElement

__all__ = ["Directory"]

LINKS_TO_ROOTS = (0x00041200, 0x00041202)
LINKS_OF_RECORDS = (0x00041400, 0x00041420, 0x00041504)
# What a record begins with, one of which is as it was read: group length, the links, and what stands between them.
FIRST_OF_A_RECORD = (0x00040000, 0x00041400, 0x00041410, 0x00041420, 0x00041430)
ITEM_HEADER = 8
SHORT_HEADER = 8
LINK_LENGTH = 4
FARTHEST = ITEM_HEADER + 12 + 12 + 10 + 12  # from a record to the last of those; less than any record is long
_READING = ReadOptions(force=True)


class Directory:
    """A directory that was read and changed, as a writer: its links lead to the records they led to.

    Parameters
    ----------
    out
        The file, with the links as they were.
    data_set
        What was written to it.

    Raises
    ------
    InvalidValueError
        If a link leads to no record that is there, and ``out`` is not lenient; those are left as they are.
    """

    __slots__ = ("_data",)

    def __init__(self, out: ElementWriter, data_set: DataSet) -> None:
        self._data = bytearray(out.to_bytes())
        written = open_source(bytes(self._data), _READING, partial(parse_file, options=_READING)).data_set
        moved = _find_moves(data_set, written)
        for element in _links(written):
            place = (element.offset or 0) + SHORT_HEADER
            field = slice(place, place + LINK_LENGTH)
            order: Literal["big", "little"] = "big" if element.is_big_endian else "little"
            new = moved.get(int.from_bytes(self._data[field], order)) if element.value_length == LINK_LENGTH else None
            if new is not None:
                self._data[field] = new.to_bytes(LINK_LENGTH, order)
            elif not out.is_lenient:
                raise InvalidValueError("an offset of a directory record that is not there (PS3.3 F.3.2.2)", tag=element.tag)

    def to_bytes(self) -> bytes:
        """Return the file."""
        return bytes(self._data)

    def chunks(self) -> Iterator[memoryview]:
        """Yield the file."""
        yield memoryview(self._data)


def _find_moves(read: DataSet, written: DataSet) -> dict[int, int]:
    """Return where the records are now, by where they were."""
    moved = {0: 0}  # no record
    twice = set()
    targets = {element.value for element in _links(read) if isinstance(element.value, int)}
    for before, after in zip(_records(read), _records(written), strict=True):
        known = next((o for tag in FIRST_OF_A_RECORD if tag in before and (o := before[tag].offset) is not None), None)
        if known is None:  # a new one, to which nothing can lead yet
            continue
        start = max((target for target in range(known - FARTHEST, known - ITEM_HEADER + 1) if target in targets), default=0)
        if start in moved and start:
            twice.add(start)  # a record that was copied: who knows which is meant
        first = next(iter(after), None)
        if start and first is not None and first.offset is not None:
            moved[start] = first.offset - ITEM_HEADER
    return {old: new for old, new in moved.items() if old not in twice}


def _records(directory: DataSet) -> list[DataSet]:
    return directory.sequence("DirectoryRecordSequence") or []


def _links(directory: DataSet) -> Iterator[DataElement]:
    """Yield the elements that hold offsets, other than empty ones."""
    for data_set, tags in ((directory, LINKS_TO_ROOTS), *((record, LINKS_OF_RECORDS) for record in _records(directory))):
        for tag in tags:
            if tag in data_set and data_set[tag].value_length:
                yield data_set[tag]
