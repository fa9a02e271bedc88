"""Pixel Data elements of much data, made without copying it once more than must be (PS3.5 7.1, 8.2, A.4)."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from itertools import accumulate
from typing import TYPE_CHECKING

import numpy as np

from dicomkit import tags
from dicomkit._core.element_scan import ScanLimits, scan
from dicomkit.dataset import data_set_from_index
from dicomkit.element import DataElement
from dicomkit.errors import PixelDataError

if TYPE_CHECKING:
    import numpy.typing as npt

    from dicomkit.dataset import DataSet
    from dicomkit.pixels.descriptor import PixelDataDescriptor

__all__ = ["NativeBuffer", "put_fragments"]

_HEADER = struct.Struct("<HH2sHI")
_ITEM_HEADER = struct.Struct("<HHI")
_ITEM, _DELIMITATION = (0xFFFE, 0xE000), (0xFFFE, 0xE0DD)
_UNDEFINED_LENGTH = 0xFFFFFFFF
_LARGEST_OFFSET = 0xFFFFFFFF
# Where the value begins: aligned for every kind of cell, behind the header and four bytes that are not used.
_VALUE_OFFSET = 16
_OF_OFFSETS = ("ExtendedOffsetTable", "ExtendedOffsetTableLengths", "EncapsulatedPixelDataValueTotalLength")


class NativeBuffer:
    """Memory that becomes Pixel Data as it is.

    Attributes
    ----------
    cells
        The bytes to fill, zero before.
    """

    def __init__(self, descriptor: PixelDataDescriptor) -> None:
        length = descriptor.native_total_bytes
        if length + length % 2 >= _UNDEFINED_LENGTH:
            raise PixelDataError("native pixel data of 4 GiB and more has no length field (PS3.5 A.1): write the frames one by one")
        try:
            self._buffer = bytearray(_VALUE_OFFSET + length + length % 2)
        except MemoryError:
            raise PixelDataError(f"{length:,} bytes of pixels do not fit in memory: write the frames one by one") from None
        vr = b"OW" if descriptor.bits_allocated > 8 else b"OB"
        _HEADER.pack_into(self._buffer, _VALUE_OFFSET - _HEADER.size, *_split(tags.PixelData), vr, 0, length + length % 2)
        self.cells: npt.NDArray[np.uint8] = np.frombuffer(self._buffer, np.uint8, length, _VALUE_OFFSET)

    def put_into(self, data_set: DataSet) -> None:
        """Make it the Pixel Data of a data set; do not change it from then on."""
        _remove_offsets(data_set)
        data_set["PixelData"] = _element_in(self._buffer, _VALUE_OFFSET - _HEADER.size)


def put_fragments(data_set: DataSet, fragments: Sequence[bytes | memoryview]) -> None:
    """Write Pixel Data with a fragment for each frame and an offset table: the Basic one, or the Extended one where offsets have 64 bits.

    Extended Offset Table and its Lengths of another pixel data go.
    """
    _remove_offsets(data_set)
    lengths = [len(fragment) for fragment in fragments]
    *offsets, _ = accumulate((_ITEM_HEADER.size + length + length % 2 for length in lengths), initial=0)
    table = b""
    if offsets[-1] <= _LARGEST_OFFSET:
        table = struct.pack(f"<{len(offsets)}I", *offsets)
    else:       # both tables must not be there together (PS3.5 A.4)
        for keyword, numbers in (("ExtendedOffsetTable", offsets), ("ExtendedOffsetTableLengths", lengths)):
            data_set[keyword] = DataElement(keyword, "OV", struct.pack(f"<{len(numbers)}Q", *numbers))
    parts: list[bytes | memoryview] = [_HEADER.pack(*_split(tags.PixelData), b"OB", 0, _UNDEFINED_LENGTH)]
    for fragment in (table, *fragments):
        parts += (_ITEM_HEADER.pack(*_ITEM, len(fragment) + len(fragment) % 2), fragment, b"\0" * (len(fragment) % 2))
    parts.append(_ITEM_HEADER.pack(*_DELIMITATION, 0))
    data_set["PixelData"] = _element_in(b"".join(parts), 0)


def _element_in(buffer: bytes | bytearray, start: int) -> DataElement:
    """Return the element that a buffer holds in explicit VR little endian; the buffer stays where it is."""
    index = scan(buffer, start, limits=ScanLimits(max_depth=1))
    assert index is not None        # it is whole
    return data_set_from_index(index)["PixelData"]


def _remove_offsets(data_set: DataSet) -> None:
    for keyword in _OF_OFFSETS:
        data_set.remove(keyword)


def _split(tag: int) -> tuple[int, int]:
    return tag >> 16, tag & 0xFFFF
