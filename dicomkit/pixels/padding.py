"""Pixel padding: stored values that are no image (PS3.3 C.7.5.1.1.2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from dicomkit.errors import PixelDataError
from dicomkit.pixels.numbers import read_stored_value

if TYPE_CHECKING:
    from dicomkit.dataset import DataSet
    from dicomkit.pixels.descriptor import PixelDataDescriptor
    from dicomkit.pixels.unpack import Array

__all__ = ["PixelPadding", "read_pixel_padding"]


@dataclass(frozen=True, slots=True)
class PixelPadding:
    """The stored values from ``first`` to ``last``, both included, which fill what lies around the image."""

    first: float
    last: float

    def mask(self, stored: Array) -> npt.NDArray[np.bool_]:
        """Return where padding is."""
        if self.first == self.last:
            return np.asarray(stored == self.first)
        return np.asarray((stored >= self.first) & (stored <= self.last))


def read_pixel_padding(data_set: DataSet, descriptor: PixelDataDescriptor) -> PixelPadding | None:
    """Read Pixel Padding Value and Pixel Padding Range Limit, or return None where a monochrome image has no padding.

    Raises
    ------
    PixelDataError
        If one of them has the wrong type.
    """
    if not descriptor.photometric_interpretation.is_monochrome:
        return None
    if descriptor.is_float:
        return _read_float_padding(data_set, "Float" if descriptor.bytes_per_sample == 4 else "DoubleFloat")
    value = read_stored_value(data_set, "PixelPaddingValue", is_signed=descriptor.is_signed)
    if value is None:
        return None
    limit = read_stored_value(data_set, "PixelPaddingRangeLimit", is_signed=descriptor.is_signed)
    limit = value if limit is None else limit
    return PixelPadding(min(value, limit), max(value, limit))


def _read_float_padding(data_set: DataSet, prefix: str) -> PixelPadding | None:
    bounds = []
    for keyword in (f"{prefix}PixelPaddingValue", f"{prefix}PixelPaddingRangeLimit"):
        number = data_set.float32(keyword) if prefix == "Float" else data_set.float64(keyword)
        if number is None and keyword in data_set and data_set[keyword].length:
            raise PixelDataError(f"{keyword} is no floating point number")
        bounds.append(number)
    value, limit = bounds
    if value is None:
        return None
    limit = value if limit is None else limit
    return PixelPadding(min(value, limit), max(value, limit))
