"""Palettes: stored values to colours (PS3.3 C.7.6.3.1.5, C.7.6.19, C.7.9)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from dicomkit._core.lut import apply_palette
from dicomkit.errors import PixelDataError
from dicomkit.pixels.functional_groups import FunctionalGroups
from dicomkit.pixels.lookup_table import LookupTable
from dicomkit.pixels.memory import new_array
from dicomkit.pixels.unpack import as_bytes

if TYPE_CHECKING:
    from dicomkit.dataset import DataSet
    from dicomkit.pixels.unpack import Array

__all__ = ["PaletteColorLUT", "expand_palette", "has_supplemental_palette"]

# The macros that tell Pixel Presentation of a frame (PS3.3 C.8.16.2).
_FRAME_TYPES = tuple(f"{kind}FrameTypeSequence" for kind in ("MRImage", "CTImage", "PET", "ParametricMap", "PhotoacousticImage"))
# Cells of up to this many bytes are expanded through a table of all the values they can have.
_LARGEST_TABLE_CELL = 2


@dataclass(frozen=True, slots=True, eq=False)
class PaletteColorLUT:
    """The three tables of a PALETTE COLOR image, or of a supplemental palette (PS3.3 C.7.6.3.1.5, C.7.6.3.1.6)."""

    red: LookupTable
    green: LookupTable
    blue: LookupTable

    @classmethod
    def from_data_set(cls, data_set: DataSet) -> PaletteColorLUT:
        """Read the tables.

        Raises
        ------
        MissingRequiredElementError
            If one is absent.
        PixelDataError
            If one is not sound, or they differ in size, first mapped value or bits per entry.
        """
        is_signed = data_set.uint16("PixelRepresentation") == 1
        red, green, blue = (
            LookupTable.from_data_set(
                data_set, f"{name}PaletteColorLookupTableDescriptor", f"{name}PaletteColorLookupTableData", is_signed=is_signed
            )
            for name in ("Red", "Green", "Blue")
        )
        sizes = {(len(lut.entries), lut.first_mapped_value, lut.bits_per_entry) for lut in (red, green, blue)}
        if len(sizes) > 1:
            raise PixelDataError("the red, green and blue palettes differ in size, first mapped value or bits per entry")
        return cls(red, green, blue)

    @property
    def first_mapped_value(self) -> int:
        """The stored value of the first colour."""
        return self.red.first_mapped_value

    def colors(self) -> npt.NDArray[np.uint8]:
        """Return the colours in 8 bits, one row each. Entries of more than 8 bits show their high byte."""
        tables = (self.red, self.green, self.blue)
        return np.stack([table.entries >> (table.bits_per_entry - 8) for table in tables], axis=-1).astype(np.uint8)

    def apply(self, stored: Array) -> npt.NDArray[np.uint8]:
        """Map stored values to 8-bit colours, in a new last axis. Entries of more than 8 bits show their high byte.

        Raises
        ------
        PixelDataError
            If the values are no integers.
        """
        if stored.dtype.kind not in "iu":
            raise PixelDataError(f"a palette has colours of integers, not of {stored.dtype.name}")
        if stored.itemsize <= _LARGEST_TABLE_CELL:
            return expand_palette(self.make_table(stored.dtype), stored)
        # Clamped as stored: 64-bit unsigned integers need not fit in those that count entries.
        low, high = self._range(stored)
        positions = np.clip(stored, low, high).astype(np.int64) - self.first_mapped_value
        colors = self.colors()
        return colors[np.clip(positions, 0, len(colors) - 1)]

    def make_table(self, dtype: np.dtype[np.number]) -> npt.NDArray[np.uint8]:
        """Return a colour of four bytes for each value of a cell of 8 or 16 bits, in the order of cells read as unsigned."""
        cells = np.arange(1 << dtype.itemsize * 8, dtype=f"u{dtype.itemsize}").view(dtype)
        colors = self.colors()
        table = np.zeros((len(cells), 4), dtype=np.uint8)
        table[:, :3] = colors[np.clip(cells.astype(np.int64) - self.first_mapped_value, 0, len(colors) - 1)]
        return table

    def _range(self, stored: Array) -> tuple[int, int]:
        """The first and last stored values of the palette, as far as cells can express them."""
        limits = np.iinfo(stored.dtype.name)
        first, last = self.first_mapped_value, self.first_mapped_value + len(self.red.entries) - 1
        return max(int(limits.min), first), max(int(limits.min), min(int(limits.max), last))


def expand_palette(table: npt.NDArray[np.uint8], stored: Array) -> npt.NDArray[np.uint8]:
    """Map cells of 8 or 16 bits through a table of :meth:`PaletteColorLUT.make_table`, in a new last axis."""
    out = new_array((*stored.shape, 3), np.uint8).view(np.uint8)
    apply_palette(as_bytes(np.ascontiguousarray(stored)), stored.itemsize, as_bytes(table), as_bytes(out))
    return out


def has_supplemental_palette(data_set: DataSet, frame_index: int = 0, *, groups: FunctionalGroups | None = None) -> bool:
    """Return whether a frame of a monochrome image shows its upper stored values in colour (PS3.3 C.7.6.19, C.8.16.2.1.1).

    Pixel Presentation of the frame decides if there is one, as where that of the image is MIXED; else that of the image.
    """
    if "RedPaletteColorLookupTableDescriptor" not in data_set:
        return False
    known = groups or FunctionalGroups(data_set)
    items = (known.find_item(frame_index, macro) for macro in _FRAME_TYPES)
    of_frame = next((text for item in items if item is not None and (text := item.string("PixelPresentation"))), None)
    presentation = of_frame or data_set.string("PixelPresentation") or ""
    return presentation.strip().upper() in ("COLOR", "MIXED")
