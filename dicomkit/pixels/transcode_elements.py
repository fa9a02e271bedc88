"""Pixel Data elements of much data, made without copying it once more than must be (PS3.5 7.1, 8.2, A.4)."""

from __future__ import annotations

import struct
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

__all__ = ["FragmentBuffer", "NativeBuffer"]

_HEADER = struct.Struct("<HH2sHI")
_ITEM_HEADER = struct.Struct("<HHI")
_ITEM, _DELIMITATION = (0xFFFE, 0xE000), (0xFFFE, 0xE0DD)
_UNDEFINED_LENGTH = 0xFFFFFFFF
_LARGEST_OFFSET = 0xFFFFFFFF
_OFFSET_LENGTH = 4      # in the Basic Offset Table
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


class FragmentBuffer:
    """Encapsulated Pixel Data that grows by a fragment for each frame, in the memory in which the data set will have it.

    Parameters
    ----------
    frame_count
        How many fragments there will be: room for their offsets is in front of them.
    """

    def __init__(self, frame_count: int) -> None:
        self._buffer = bytearray(_HEADER.size + _ITEM_HEADER.size + _OFFSET_LENGTH * frame_count)
        self._start = len(self._buffer)
        self._offsets: list[int] = []
        self._lengths: list[int] = []

    def __len__(self) -> int:
        return len(self._lengths)

    @property
    def encoded_length(self) -> int:
        """Bytes of all fragments, without padding."""
        return sum(self._lengths)

    def append(self, fragment: bytes | memoryview) -> None:
        """Add the fragment of the next frame; raises :class:`PixelDataError` if it does not fit in memory."""
        length = len(fragment)
        self._offsets.append(len(self._buffer) - self._start)
        self._lengths.append(length)
        try:
            self._buffer += _ITEM_HEADER.pack(*_ITEM, length + length % 2)
            self._buffer += fragment
        except MemoryError:
            raise PixelDataError(f"{len(self)} encoded frames do not fit in memory: write the frames one by one") from None
        if length % 2:
            self._buffer.append(0)

    def put_into(self, data_set: DataSet) -> None:
        """Make it the Pixel Data of a data set, with an offset table: the Basic one, or the Extended one where offsets have 64 bits.

        Nothing can be added from then on. Extended Offset Table and its Lengths of another pixel data go.
        """
        _remove_offsets(data_set)
        self._buffer += _ITEM_HEADER.pack(*_DELIMITATION, 0)
        table = b""
        if self._offsets[-1] <= _LARGEST_OFFSET:
            table = struct.pack(f"<{len(self)}I", *self._offsets)
        else:       # both tables must not be there together (PS3.5 A.4)
            for keyword, numbers in (("ExtendedOffsetTable", self._offsets), ("ExtendedOffsetTableLengths", self._lengths)):
                data_set[keyword] = DataElement(keyword, "OV", struct.pack(f"<{len(numbers)}Q", *numbers))
        head = _HEADER.pack(*_split(tags.PixelData), b"OB", 0, _UNDEFINED_LENGTH) + _ITEM_HEADER.pack(*_ITEM, len(table)) + table
        begin = self._start - len(head)
        self._buffer[begin : self._start] = head
        data_set["PixelData"] = _element_in(self._buffer, begin)


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
