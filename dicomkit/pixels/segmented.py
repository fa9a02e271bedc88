"""Segmented palettes (PS3.3 C.7.9.2)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from dicomkit.errors import PixelDataError

__all__ = ["expand_segments"]

_DISCRETE, _LINEAR, _INDIRECT = range(3)


def expand_segments(cells: npt.NDArray[np.uint16], cell_length: int, entry_count: int) -> npt.NDArray[np.uint16]:
    """Expand segments into the entries of a palette.

    Parameters
    ----------
    cells
        Opcodes, lengths and entries as they follow each other.
    cell_length
        Bytes of a cell in the data element, 1 or 2: offsets count bytes.
    entry_count
        How many entries the palette has.

    Raises
    ------
    PixelDataError
        If the segments are damaged, or make more or fewer entries.
    """
    expander = _Expander(cells, cell_length, entry_count)
    position = 0
    while expander.filled < entry_count:
        position = expander.expand(position)
    # What is left may only be the padding to an even length.
    if any(cells[position : position + 2]):
        raise PixelDataError(f"the segments of a palette make more than its {entry_count} entries")
    return expander.entries


class _Expander:
    """The entries so far, and where the segments come from."""

    def __init__(self, cells: npt.NDArray[np.uint16], cell_length: int, entry_count: int) -> None:
        self.entries = np.zeros(entry_count, dtype=np.uint16)
        self.filled = 0
        self._cells = cells
        self._cell_length = cell_length

    def expand(self, position: int, *, is_copied: bool = False) -> int:
        """Expand the segment at a position, and return the position after it. Every segment adds entries, so that this ends."""
        opcode, length = (int(cell) for cell in self._read(position, 2))
        if length == 0:
            raise PixelDataError("a segment of a palette is empty")
        if opcode == _DISCRETE:
            self._add(self._read(position + 2, length))
            return position + 2 + length
        if opcode == _LINEAR:
            if not self.filled:
                raise PixelDataError("the first segment of a palette is linear")
            last, end = int(self.entries[self.filled - 1]), int(self._read(position + 2, 1)[0])
            steps = np.arange(1, length + 1, dtype=np.int64)
            self._add((2 * (end - last) * steps + (2 * last + 1) * length) // (2 * length))  # rounded half up
            return position + 3
        if opcode == _INDIRECT and not is_copied:  # copied segments shall not copy again
            return self._copy(position + 2, length)
        raise PixelDataError(f"a segment of a palette has opcode {opcode}")

    def _copy(self, position: int, segment_count: int) -> int:
        offset_cells = 4 // self._cell_length
        offset = 0
        for place, cell in enumerate(self._read(position, offset_cells)):
            offset |= int(cell) << place * 8 * self._cell_length
        if offset % self._cell_length:
            raise PixelDataError("a segment of a palette begins in the middle of a word")
        source = offset // self._cell_length
        for _ in range(segment_count):
            source = self.expand(source, is_copied=True)
        return position + offset_cells

    def _read(self, position: int, count: int) -> npt.NDArray[np.uint16]:
        cells = self._cells[position : position + count]
        if len(cells) < count:
            raise PixelDataError("a segment of a palette ends past its data")
        return cells

    def _add(self, entries: npt.NDArray[np.integer]) -> None:
        if len(entries) > len(self.entries) - self.filled:
            raise PixelDataError(f"the segments of a palette make more than its {len(self.entries)} entries")
        self.entries[self.filled : self.filled + len(entries)] = entries
        self.filled += len(entries)
