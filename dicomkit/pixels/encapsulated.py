"""Encapsulated pixel data: which fragments make which frame (PS3.5 A.4)."""

from __future__ import annotations

import struct
from bisect import bisect_left
from collections.abc import Sequence
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, overload

from dicomkit import tags
from dicomkit.errors import PixelDataError
from dicomkit.pixels.descriptor import PixelDataDescriptor, PixelIndexError
from dicomkit.pixels.memory import read_range

if TYPE_CHECKING:
    from dicomkit.dataset import DataSet
    from dicomkit.element import DataElement

__all__ = ["EncapsulatedPixelData"]

_ITEM_HEADER_LENGTH = 8
_TABLE, _TABLE_LENGTHS = tags.ExtendedOffsetTable, tags.ExtendedOffsetTableLengths


class EncapsulatedPixelData:
    """The fragments of encapsulated pixel data, and the frames they make.

    A frame's fragments are found through the Extended Offset Table or the Basic Offset Table if one covers all frames and points at
    fragments; else there is one fragment for each frame; else one frame takes all.

    Parameters
    ----------
    descriptor
        Its number of frames is what counts.
    fragments
        Contents of the items after the one with the Basic Offset Table, in order. Only those of a frame are looked at when it is.
    offset_table
        Basic Offset Table: where each frame's first item begins, in bytes after the table's own item. Empty if there is none.
    fragment_lengths
        Lengths of the fragments, where measuring them would load them.
    extended_offset_table, extended_offset_table_lengths
        Extended Offset Table (7FE0,0001) and its Lengths (7FE0,0002): 64-bit offsets, and the lengths of the frames.

    Raises
    ------
    PixelDataError
        If the fragments cannot be shared out among the frames.
    """

    def __init__(
        self,
        descriptor: PixelDataDescriptor,
        fragments: Sequence[memoryview],
        offset_table: Sequence[int] = (),
        *,
        fragment_lengths: Sequence[int] | None = None,
        extended_offset_table: Sequence[int] = (),
        extended_offset_table_lengths: Sequence[int] = (),
    ) -> None:
        self.descriptor = descriptor
        self.fragments = fragments
        self.offset_table = list(offset_table)
        self.extended_offset_table = list(extended_offset_table)
        self.extended_offset_table_lengths = list(extended_offset_table_lengths)
        self._fragment_lengths = [len(fragment) for fragment in fragments] if fragment_lengths is None else fragment_lengths
        self._first_fragments = self._find_first_fragments()

    @classmethod
    def from_data_set(cls, data_set: DataSet, descriptor: PixelDataDescriptor) -> EncapsulatedPixelData:
        """Index the encapsulated Pixel Data of a data set.

        Raises
        ------
        PixelDataError
            If Pixel Data is not encapsulated, or its fragments cannot be shared out among the frames.
        """
        element = data_set["PixelData"]
        ranges = element.encapsulated_fragment_ranges
        if ranges is None:
            raise PixelDataError("Pixel Data is native, in a transfer syntax that wants it encapsulated (PS3.5 A.4)")
        return cls(
            descriptor,
            _Fragments(element, ranges),
            element.encapsulated_offset_table or (),
            fragment_lengths=[length for _, length in ranges],
            extended_offset_table=_read_offsets(data_set[_TABLE]) if _TABLE in data_set else (),
            extended_offset_table_lengths=_read_offsets(data_set[_TABLE_LENGTHS]) if _TABLE_LENGTHS in data_set else (),
        )

    @property
    def fragment_count(self) -> int:
        """Number of fragments."""
        return len(self.fragments)

    @property
    def encoded_length(self) -> int:
        """Bytes of all fragments, without loading any."""
        return sum(self._fragment_lengths)

    @property
    def has_offset_table(self) -> bool:
        """Whether there is a Basic Offset Table that is not empty, or an Extended Offset Table."""
        return bool(self.offset_table or self.extended_offset_table)

    @property
    def all_fragment_data(self) -> bytes:
        """All fragments, joined."""
        return b"".join(self.fragments)

    def frame_fragments(self, frame_index: int) -> list[memoryview]:
        """Return the fragments of a frame.

        Raises
        ------
        PixelIndexError
            If there is no such frame.
        """
        self._check_frame_index(frame_index)
        return list(self.fragments[self._first_fragments[frame_index] : self._first_fragments[frame_index + 1]])

    def find_empty_frame(self) -> int | None:
        """Return the first frame whose fragments are all empty, or None. Nothing is loaded."""
        ends = list(accumulate(self._fragment_lengths, initial=0))
        spans = pairwise(self._first_fragments)
        return next((index for index, (first, end) in enumerate(spans) if ends[first] == ends[end]), None)

    def frame_data(self, frame_index: int) -> memoryview:
        """Return the encoded bytes of a frame: without a copy if it is one fragment, else joined.

        Padding to an even length is part of it, unless Extended Offset Table Lengths tell where it begins.

        Raises
        ------
        PixelIndexError
            If there is no such frame.
        PixelDataError
            If the frame is shorter than Extended Offset Table Lengths says.
        """
        self._check_frame_index(frame_index)
        first, end = self._first_fragments[frame_index : frame_index + 2]
        data = self.fragments[first] if end - first == 1 else memoryview(b"".join(self.fragments[first:end]))
        if len(self.extended_offset_table_lengths) != self.descriptor.number_of_frames:
            return data
        length = self.extended_offset_table_lengths[frame_index]
        if length > len(data):
            raise PixelDataError(f"Extended Offset Table Lengths gives frame {frame_index} {length} bytes; it has {len(data)}")
        return data[:length]

    def _check_frame_index(self, frame_index: int) -> None:
        if not 0 <= frame_index < self.descriptor.number_of_frames:
            raise PixelIndexError(f"frame {frame_index} is not one of {self.descriptor.number_of_frames}, counted from 0")

    def _find_first_fragments(self) -> list[int]:
        """Index of the first fragment of each frame, and of the end."""
        frames, count = self.descriptor.number_of_frames, len(self._fragment_lengths)
        if count < frames:
            raise PixelDataError(f"{frames} frames cannot come from {count} fragments")
        if frames == 1:     # whatever a table says
            return [0, count]
        for table in (self.extended_offset_table, self.offset_table):
            if len(table) == frames and (first := self._resolve(table)) is not None:
                return [*first, count]
        if count == frames:
            return list(range(count + 1))
        raise PixelDataError(f"{count} fragments cannot be shared out among {frames} frames: no offset table fits them")

    def _resolve(self, table: list[int]) -> list[int] | None:
        """Turn offsets into indices of fragments; None unless they begin at 0, ascend, and all meet an item (PS3.5 A.4)."""
        starts = [0, *accumulate(length + _ITEM_HEADER_LENGTH for length in self._fragment_lengths)]
        end = starts.pop()
        if table[0] != 0 or any(not a < b < end for a, b in pairwise(table)):
            return None
        first = [bisect_left(starts, offset) for offset in table]
        # An offset past the last start gives an index past the end; such a one meets no item either.
        return first if all(i < len(starts) and starts[i] == offset for i, offset in zip(first, table, strict=True)) else None


class _Fragments(Sequence[memoryview]):
    """The fragments of an element, each loaded when it is asked for."""

    def __init__(self, element: DataElement, ranges: list[tuple[int, int]]) -> None:
        self._element = element
        self._ranges = ranges

    def __len__(self) -> int:
        return len(self._ranges)

    @overload
    def __getitem__(self, index: int) -> memoryview: ...

    @overload
    def __getitem__(self, index: slice) -> list[memoryview]: ...

    def __getitem__(self, index: int | slice) -> memoryview | list[memoryview]:
        if isinstance(index, slice):
            return [read_range(self._element, offset, length) for offset, length in self._ranges[index]]
        return read_range(self._element, *self._ranges[index])


def _read_offsets(element: DataElement) -> tuple[int, ...]:
    """Read 64-bit numbers of an OV element; only little endian syntaxes are encapsulated."""
    data = element.value_data
    if len(data) % 8:
        raise PixelDataError(f"{element.tag} is not made of 64-bit numbers")
    return struct.unpack(f"<{len(data) // 8}Q", data)
