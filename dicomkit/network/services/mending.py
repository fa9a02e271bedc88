"""Data sets of odd length, which DICOM does not have (PS3.5 7.1.1), made even before they are sent.

Odd values become even when they are written. Odd fragments of compressed pixel data do not: they are copied as they are.
"""

from __future__ import annotations

from itertools import accumulate

from dicomkit.dataset import DataSet
from dicomkit.element import DataElement
from dicomkit.tags import ExtendedOffsetTable, ExtendedOffsetTableLengths, PixelData

__all__ = ["with_even_fragments"]

ITEM_HEADER_LENGTH = 8


def with_even_fragments(data_set: DataSet) -> DataSet:
    """Return a data set whose fragments of pixel data have even lengths (PS3.5 A.4): the same, if they have.

    Its Basic Offset Table points where the fragments then are. An Extended Offset Table, which nobody needs, is left out.
    """
    if PixelData not in data_set:
        return data_set
    element = data_set[PixelData]
    ranges = element.encapsulated_fragment_ranges
    if not ranges or all(length % 2 == 0 for _, length in ranges):
        return data_set
    first = ranges[0][0]
    sizes = (ITEM_HEADER_LENGTH + length + length % 2 for _, length in ranges)
    moved = dict(zip((offset - first for offset, _ in ranges), accumulate(sizes, initial=0), strict=False))
    table = [moved.get(offset, offset) for offset in element.encapsulated_offset_table or ()]
    mended = data_set.copy()
    mended[PixelData] = DataElement.encapsulated(element.encapsulated_fragments or (), table)
    for tag in (ExtendedOffsetTable, ExtendedOffsetTableLengths):
        if tag in mended:
            del mended[tag]
    return mended
