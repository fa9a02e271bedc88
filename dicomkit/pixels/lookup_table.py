"""Lookup tables: a descriptor and its data (PS3.3 C.7.6.3.1.5, C.7.6.3.1.6, C.11.1.1, C.11.2.1.1)."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from dicomkit.errors import DICOMWarning, MissingRequiredElementError, PixelDataError, warn
from dicomkit.pixels.segmented import expand_segments
from dicomkit.vr import VR

if TYPE_CHECKING:
    from dicomkit.dataset import DataSet
    from dicomkit.pixels.unpack import Array

__all__ = ["LookupTable", "has_table"]

_LARGEST_ENTRY_COUNT = 0x10000
_BYTE, _LARGEST_BYTE = 8, 0xFF
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
        Bits of an output value: its range is 0 to ``2 ** bits_per_entry - 1``. 16 where the descriptor says 8 and the data has words of
        more.
    """

    entries: npt.NDArray[np.uint16]
    first_mapped_value: int
    bits_per_entry: int

    @classmethod
    def from_data_set(
        cls,
        data_set: DataSet,
        descriptor_keyword: str = "LUTDescriptor",
        data_keyword: str = "LUTData",
        *,
        is_signed: bool = False,
    ) -> LookupTable:
        """Read a table.

        Parameters
        ----------
        data_keyword
            Keyword of the data. A palette may have segmented data instead, which is expanded (PS3.3 C.7.9.2).
        is_signed
            Whether the input is, and so the first mapped value, even if the descriptor's VR is US, which some writers always take. If
            it is SS, the first mapped value is signed anyhow.

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
        if first > 0x7FFF and (is_signed or element.vr == VR.SS):
            first -= 0x10000
        if not 8 <= bits <= 16:
            raise PixelDataError(f"{descriptor_keyword} has {bits} bits per entry")
        count = count or _LARGEST_ENTRY_COUNT
        if data_keyword in data_set:
            entries, bits = _read_entries(data_set, data_keyword, count, bits)
            return cls(entries, first, bits)
        segmented_keyword = f"Segmented{data_keyword}"
        if data_keyword in _PALETTE_DATA_KEYWORDS and segmented_keyword in data_set:
            cell_length = 1 if bits == 8 else 2
            cells = _read_cells(data_set, segmented_keyword, cell_length)
            return cls(expand_segments(cells, cell_length, count), first, bits)
        raise MissingRequiredElementError(data_keyword, "a lookup table")

    def apply(self, values: Array) -> npt.NDArray[np.uint16]:
        """Map integers, or real numbers rounded to the nearest integer, through the table."""
        last = len(self.entries) - 1
        if values.dtype.kind == "f":
            # Clamped before they become integers: infinities and huge numbers have none. What is not a number selects the first.
            positions = np.nan_to_num(np.clip(np.floor(values + 0.5) - self.first_mapped_value, 0, last)).astype(np.int64)
        elif values.dtype == np.uint64:
            positions = np.clip(values, max(0, self.first_mapped_value), max(0, self.first_mapped_value + last)).astype(np.int64)
            positions = np.clip(positions - self.first_mapped_value, 0, last)
        else:
            positions = np.clip(values.astype(np.int64) - self.first_mapped_value, 0, last)
        mapped: npt.NDArray[np.uint16] = self.entries[positions]
        return mapped


def has_table(item: DataSet, sequence_keyword: str) -> bool:
    """Return whether an item of a LUT sequence holds a table.

    One without a value for descriptor and data is a template that a program left as it was: it says nothing, which a
    :class:`DICOMWarning` tells.
    """
    if any(keyword in item and item[keyword].length for keyword in ("LUTDescriptor", "LUTData")):
        return True
    warnings.warn(f"an item of {sequence_keyword} has no table", DICOMWarning, stacklevel=2)
    return False


def _read_entries(data_set: DataSet, keyword: str, count: int, bits: int) -> tuple[npt.NDArray[np.uint16], int]:
    """Read entries, and how many bits they have.

    The value length says how they are stored: 8-bit entries in a byte each, or in a 16-bit word each as all others (PS3.3 C.7.6.3.1.5,
    C.7.6.3.1.6). More bytes than either are ignored, with a warning; what comes first are words then if they hold no more than 8 bits.
    """
    data = _read_bytes(data_set, keyword)
    if len(data) < (count if bits == _BYTE else 2 * count):
        raise PixelDataError(f"{keyword} has {len(data)} bytes for {count} entries of {bits} bits")
    words = data[: 2 * count].view("<u2") if len(data) >= 2 * count else None
    if bits == _BYTE and words is not None:
        if len(data) <= count + 1:      # one byte and its padding
            words = None
        elif words.max() > _LARGEST_BYTE:
            if len(data) // 2 == count:
                warn(PixelDataError(f"{keyword} has 16 bits per entry, not 8 as its descriptor says"))
                return words.astype(np.uint16), 2 * _BYTE
            words = None
    needed = 2 * count if words is not None else count + count % 2
    if len(data) > needed:
        warn(PixelDataError(f"{keyword} has {len(data) - needed} bytes more than {count} entries of {bits} bits take"))
    return (data[:count] if words is None else words).astype(np.uint16), bits


def _read_cells(data_set: DataSet, keyword: str, cell_length: int) -> npt.NDArray[np.uint16]:
    """Read 16-bit words, or the bytes in them, the first in the low half of a word."""
    data = _read_bytes(data_set, keyword)
    return data[: len(data) // cell_length * cell_length].view(f"<u{cell_length}").astype(np.uint16)


def _read_bytes(data_set: DataSet, keyword: str) -> npt.NDArray[np.uint8]:
    element = data_set[keyword]
    if element.vr not in (VR.US, VR.SS, VR.OW, VR.OB, VR.UN):
        raise PixelDataError(f"{keyword} is not made of bytes or 16-bit words")
    data = element.array()
    little_endian: npt.NDArray[np.uint8] = data.astype(data.dtype.newbyteorder("<"), copy=False).view(np.uint8)
    return little_endian
