"""Lookup tables, and the modality transformation from stored to real-world values (PS3.3 C.11.1, C.11.2, C.7.6.3.1.5)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from dicomkit.errors import MissingRequiredElementError, PixelDataError
from dicomkit.pixels.functional_groups import find_item
from dicomkit.pixels.segmented import expand_segments
from dicomkit.vr import VR

if TYPE_CHECKING:
    from dicomkit.dataset import DataSet
    from dicomkit.pixels.unpack import Array

__all__ = ["LookupTable", "ModalityTransform", "PaletteColorLUT", "read_decimal"]

_LARGEST_ENTRY_COUNT = 0x10000
_PALETTE_DATA_KEYWORDS = tuple(f"{color}PaletteColorLookupTableData" for color in ("Red", "Green", "Blue"))


@dataclass(frozen=True, slots=True, eq=False)
class LookupTable:
    """A LUT Descriptor with its LUT Data.

    Attributes
    ----------
    entries
        One output value per input value, from ``first_mapped_value`` on.
    first_mapped_value
        The input that selects the first entry. Smaller inputs select it too; larger ones than the last entry's select the last.
    bits_per_entry
        Bits of an output value: its range is 0 to ``2 ** bits_per_entry - 1``.
    """

    entries: npt.NDArray[np.uint16]
    first_mapped_value: int
    bits_per_entry: int

    @classmethod
    def from_data_set(cls, data_set: DataSet, descriptor_keyword: str, data_keyword: str, *, is_signed: bool | None = None) -> LookupTable:
        """Read a table.

        Parameters
        ----------
        data_keyword
            Keyword of the data. A palette may have segmented data instead, which is expanded (PS3.3 C.7.9.2).
        is_signed
            Whether the input, and so the first mapped value, is signed; None takes it from the descriptor's VR.

        Raises
        ------
        MissingRequiredElementError
            If the descriptor or the data is absent.
        PixelDataError
            If they contradict each other.
        """
        if descriptor_keyword not in data_set:
            raise MissingRequiredElementError(descriptor_keyword, "a lookup table")
        element = data_set[descriptor_keyword]
        if element.vr not in (VR.US, VR.SS) or element.vm != 3:
            raise PixelDataError(f"{descriptor_keyword} is not three 16-bit numbers")
        count, first, bits = (int(number) & 0xFFFF for number in element.array())
        if first > 0x7FFF and (element.vr == VR.SS if is_signed is None else is_signed):
            first -= 0x10000
        if not 8 <= bits <= 16:
            raise PixelDataError(f"{descriptor_keyword} has {bits} bits per entry")
        count = count or _LARGEST_ENTRY_COUNT
        if data_keyword in data_set:
            return cls(_read_entries(data_set, data_keyword, count, bits), first, bits)
        segmented_keyword = f"Segmented{data_keyword}"
        if data_keyword in _PALETTE_DATA_KEYWORDS and segmented_keyword in data_set:
            cell_length = 1 if bits == 8 else 2
            cells = _read_cells(data_set, segmented_keyword, cell_length)
            return cls(expand_segments(cells, cell_length, count), first, bits)
        raise MissingRequiredElementError(data_keyword, "a lookup table")

    def apply(self, values: Array) -> npt.NDArray[np.uint16]:
        """Map integers, or real numbers rounded to the nearest integer, through the table."""
        if values.dtype.kind == "f":
            values = np.floor(values + 0.5)
        last = len(self.entries) - 1
        return self.entries[np.clip(values.astype(np.int64) - self.first_mapped_value, 0, last)]


def _read_entries(data_set: DataSet, keyword: str, count: int, bits: int) -> npt.NDArray[np.uint16]:
    """Read entries of one 16-bit word each, or 8-bit ones two in a word (PS3.3 C.11.1.1.1, C.7.6.3.1.6)."""
    words = _read_cells(data_set, keyword, 2)
    if len(words) >= count:
        return words[:count]
    cells = _read_cells(data_set, keyword, 1)
    if bits == 8 and len(cells) >= count:
        return cells[:count]
    raise PixelDataError(f"{keyword} has {len(cells)} bytes for {count} entries of {bits} bits")


def _read_cells(data_set: DataSet, keyword: str, cell_length: int) -> npt.NDArray[np.uint16]:
    """Read 16-bit words, or the bytes in them, the first in the low half of a word."""
    element = data_set[keyword]
    if element.vr not in (VR.US, VR.SS, VR.OW, VR.OB):
        raise PixelDataError(f"{keyword} is not made of bytes or 16-bit words")
    data = element.array()
    little_endian = data.astype(data.dtype.newbyteorder("<"), copy=False).view(np.uint8)
    whole = little_endian[: len(little_endian) // cell_length * cell_length]
    return whole.view(f"<u{cell_length}").astype(np.uint16)


@dataclass(frozen=True, slots=True)
class ModalityTransform:
    """Stored values to values in the units of the modality: a rescale, or a Modality LUT (PS3.3 C.11.1).

    Attributes
    ----------
    slope, intercept
        Rescale Slope and Rescale Intercept. Without effect if there is a ``lut``.
    lut
        The table of Modality LUT Sequence.
    """

    slope: float = 1.0
    intercept: float = 0.0
    lut: LookupTable | None = None

    @classmethod
    def from_data_set(cls, data_set: DataSet, frame_index: int = 0, *, with_lut: bool = True) -> ModalityTransform:
        """Read the transformation of a data set, or of the functional groups of a frame (PS3.3 C.7.6.16.2.9).

        Parameters
        ----------
        with_lut
            Whether to look for a Modality LUT; without, only the rescale.

        Raises
        ------
        PixelDataError
            If a number is not a number, or the table is not sound.
        MissingRequiredElementError
            If the table is not complete.
        """
        lut_item = data_set.first_sequence_item("ModalityLUTSequence") if with_lut else None
        if lut_item is not None:
            is_signed = data_set.uint16("PixelRepresentation") == 1
            return cls(lut=LookupTable.from_data_set(lut_item, "LUTDescriptor", "LUTData", is_signed=is_signed))
        source = data_set
        if "RescaleSlope" not in data_set and "RescaleIntercept" not in data_set:
            source = find_item(data_set, frame_index, "PixelValueTransformationSequence") or data_set
        return cls(read_decimal(source, "RescaleSlope", 1.0), read_decimal(source, "RescaleIntercept", 0.0))

    @property
    def is_identity(self) -> bool:
        """Whether values stay what they are."""
        return self.lut is None and self.slope == 1.0 and self.intercept == 0.0

    def apply(self, stored: Array) -> npt.NDArray[np.float64]:
        """Map stored values, in a new array."""
        if self.lut is not None:
            return self.lut.apply(stored).astype(np.float64)
        values = stored.astype(np.float64)
        if not self.is_identity:
            values *= self.slope
            values += self.intercept
        return values


def read_decimal(data_set: DataSet, keyword: str, default: float) -> float:
    """Read a number of VR DS, or return the default where it is absent or empty.

    Raises
    ------
    PixelDataError
        If it is something else.
    """
    number = data_set.decimal_string(keyword)
    if number is not None:
        return float(number)
    if keyword in data_set and data_set[keyword].length:
        raise PixelDataError(f"{keyword} is not a decimal string")
    return default


@dataclass(frozen=True, slots=True, eq=False)
class PaletteColorLUT:
    """The three tables of a PALETTE COLOR image (PS3.3 C.7.6.3.1.5, C.7.6.3.1.6)."""

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
            If one is not sound, or they differ in size or first mapped value.
        """
        is_signed = data_set.uint16("PixelRepresentation") == 1
        red, green, blue = (
            LookupTable.from_data_set(
                data_set, f"{name}PaletteColorLookupTableDescriptor", f"{name}PaletteColorLookupTableData", is_signed=is_signed
            )
            for name in ("Red", "Green", "Blue")
        )
        if any(len(lut.entries) != len(red.entries) or lut.first_mapped_value != red.first_mapped_value for lut in (green, blue)):
            raise PixelDataError("the red, green and blue palettes differ in size or first mapped value")
        return cls(red, green, blue)

    def apply(self, stored: Array) -> npt.NDArray[np.uint8]:
        """Map stored values to 8-bit colours, in a new last axis. Entries of more than 8 bits show their high byte."""
        tables = (self.red, self.green, self.blue)
        colors = np.stack([table.entries >> (table.bits_per_entry - 8) for table in tables], axis=-1).astype(np.uint8)
        indices = np.clip(stored.astype(np.int64) - self.red.first_mapped_value, 0, len(colors) - 1)
        return colors[indices]
