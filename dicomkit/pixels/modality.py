"""Stored values to values in the units of the modality (PS3.3 C.11.1, C.8.8.3, C.8.9.1)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from dicomkit import uids
from dicomkit._core.lut import rescale_to_float32, rescale_to_int16
from dicomkit.errors import PixelDataError, warn
from dicomkit.pixels.functional_groups import FunctionalGroups
from dicomkit.pixels.lookup_table import LookupTable, has_table
from dicomkit.pixels.memory import new_array
from dicomkit.pixels.numbers import has_value, read_decimal
from dicomkit.pixels.unpack import as_bytes

if TYPE_CHECKING:
    from dicomkit.dataset import DataSet
    from dicomkit.pixels.descriptor import PixelDataDescriptor
    from dicomkit.pixels.unpack import Array

__all__ = ["ModalityTransform"]

_MACRO = "PixelValueTransformationSequence"
_INT16 = np.iinfo(np.int16)
# Integers of more bits are not all floats of 32 bits.
_FLOAT32_BITS = 24
_INT16_CELL = 2

# Units (0054,1001) as people write them (PS3.3 C.8.9.1.1.3).
_PET_UNITS = {
    "CNTS": "counts", "NONE": "", "CM2": "cm2", "CM2ML": "cm2/ml", "PCNT": "%", "CPS": "counts/s", "BQML": "Bq/ml",
    "MGMINML": "mg/min/ml", "UMOLMINML": "umol/min/ml", "MLMING": "ml/min/g", "MLG": "ml/g", "1CM": "1/cm", "UMOLML": "umol/ml",
    "PROPCNTS": "proportional to counts", "PROPCPS": "proportional to counts/s", "MLMINML": "ml/min/ml", "MLML": "ml/ml",
    "GML": "g/ml", "STDDEV": "standard deviations",
}  # fmt: skip
# Rescale Type and Modality LUT Type that say nothing (PS3.3 C.11.1.1.2).
_UNSPECIFIED = "US"
# Rescale Type, Modality LUT Type and Dose Units that are words rather than units (PS3.3 C.11.1.1.2, C.8.8.3).
_TYPES = {"OD": "10^-3 OD", "MGML": "mg/ml", "PCT": "%", "GY": "Gy", "RELATIVE": "relative"}
_CT_CLASSES = (
    uids.CTImageStorage,
    uids.EnhancedCTImageStorage,
    uids.LegacyConvertedEnhancedCTImageStorage,
)


@dataclass(frozen=True, slots=True)
class ModalityTransform:
    """Stored values to values in the units of the modality: a rescale, or a Modality LUT (PS3.3 C.11.1).

    Attributes
    ----------
    slope, intercept
        Rescale Slope and Rescale Intercept, or Dose Grid Scaling. Without effect if there is a ``lut``.
    lut
        The table of Modality LUT Sequence.
    units
        What the values are: ``HU``, ``Gy``, ``Bq/ml``; empty if the data set does not say.
    is_specified
        Whether the data set says how to transform, be it as the identity.
    """

    slope: float = 1.0
    intercept: float = 0.0
    lut: LookupTable | None = None
    units: str = field(default="", compare=False)
    is_specified: bool = field(default=True, compare=False)

    @classmethod
    def from_data_set(
        cls, data_set: DataSet, frame_index: int = 0, *, with_lut: bool = True, groups: FunctionalGroups | None = None
    ) -> ModalityTransform:
        """Read the transformation of a data set, or of the functional groups of a frame (PS3.3 C.7.6.16.2.9).

        Parameters
        ----------
        with_lut
            Whether to look for a Modality LUT; without, only the rescale.
        groups
            The functional groups of the data set, if they are known already.

        Raises
        ------
        PixelDataError
            If a number is not a number, or the table is not sound.
        MissingRequiredElementError
            If the table is not complete.
        """
        lut_item = _find_lut_item(data_set) if with_lut else None
        if lut_item is not None and has_table(lut_item, "ModalityLUTSequence"):
            is_signed = data_set.uint16("PixelRepresentation") == 1
            return cls(lut=LookupTable.from_data_set(lut_item, is_signed=is_signed), units=_units(lut_item, "ModalityLUTType", ""))
        if has_value(data_set, "RescaleSlope") or has_value(data_set, "RescaleIntercept"):
            return cls._from_rescale(data_set, data_set)
        item = (groups or FunctionalGroups(data_set)).find_item(frame_index, _MACRO)
        if item is not None:
            return cls._from_rescale(item, data_set)
        if has_value(data_set, "DoseGridScaling"):
            return cls(read_decimal(data_set, "DoseGridScaling", 1.0), units=_units(data_set, "DoseUnits", ""))
        return cls(units=_units(data_set, "Units", ""), is_specified=False)

    @classmethod
    def _from_rescale(cls, source: DataSet, image: DataSet) -> ModalityTransform:
        # PET images have Units, whatever their Rescale Type (PS3.3 C.8.9.1).
        units = _units(image, "Units", "")
        # In CT images Rescale Type is only required where it is not HU (PS3.3 C.8.2.1).
        if image.uid("SOPClassUID") in _CT_CLASSES and not source.string("RescaleType"):
            units = "HU"
        slope, intercept = read_decimal(source, "RescaleSlope", 1.0), read_decimal(source, "RescaleIntercept", 0.0)
        return cls(slope, intercept, units=_units(source, "RescaleType", units))

    @property
    def is_identity(self) -> bool:
        """Whether values stay what they are."""
        return self.lut is None and self.slope == 1.0 and self.intercept == 0.0

    def apply(self, stored: Array) -> npt.NDArray[np.float64]:
        """Map stored values in double precision, in a new array."""
        if self.lut is not None:
            return self.lut.apply(stored).astype(np.float64)
        values = stored.astype(np.float64)
        if not self.is_identity:
            values *= self.slope
            values += self.intercept
        return values

    def values_dtype(self, descriptor: PixelDataDescriptor) -> np.dtype[np.number]:
        """Return the type that :meth:`to_values` gives for an image.

        ``int16`` where every value that stored bits can express is an integer that it holds; ``float64`` where 32 bits of
        floating point would not hold the stored values; else ``float32``.
        """
        if self.lut is not None:
            return np.dtype(np.int16 if int(self.lut.entries.max()) <= _INT16.max else np.float32)
        if descriptor.bits_stored > _FLOAT32_BITS and descriptor.dtype != "float32":
            return np.dtype(np.float64)
        if descriptor.is_float or descriptor.bytes_per_sample > _INT16_CELL or not self._is_integral():
            return np.dtype(np.float32)
        ends = [self.slope * end + self.intercept for end in (descriptor.min_possible_value, descriptor.max_possible_value)]
        return np.dtype(np.int16 if _INT16.min <= min(ends) <= max(ends) <= _INT16.max else np.float32)

    def to_values(self, stored: Array, dtype: np.dtype[np.number], out: Array | None = None) -> Array:
        """Map stored values, rounded once to the type of :meth:`values_dtype`, in ``out`` or a new array."""
        values = new_array(stored.shape, dtype) if out is None else out
        is_integer = stored.dtype.kind in "iu"
        if self.lut is None and is_integer and dtype == np.int16:
            cells = as_bytes(np.ascontiguousarray(stored))
            rescale_to_int16(cells, stored.itemsize, stored.dtype.kind == "i", int(self.slope), int(self.intercept), as_bytes(values))
        elif self.lut is None and is_integer and dtype == np.float32 and stored.itemsize <= values.itemsize:
            cells = as_bytes(np.ascontiguousarray(stored))
            rescale_to_float32(cells, stored.itemsize, stored.dtype.kind == "i", self.slope, self.intercept, as_bytes(values))
        else:
            with np.errstate(over="ignore", invalid="ignore"):  # absurd slopes end in infinities
                values[...] = self.apply(stored)
        return values

    def _is_integral(self) -> bool:
        return all(number.is_integer() and _INT16.min <= number <= _INT16.max for number in (self.slope, self.intercept))


def _find_lut_item(data_set: DataSet) -> DataSet | None:
    item = data_set.first_sequence_item("ModalityLUTSequence")
    if item is None and has_value(data_set, "ModalityLUTSequence"):
        warn(PixelDataError(f"ModalityLUTSequence is of VR {data_set['ModalityLUTSequence'].vr}, no sequence: it is ignored"))
    return item


def _units(data_set: DataSet, keyword: str, default: str) -> str:
    code = (data_set.string(keyword) or "").strip()
    if not code or (code == _UNSPECIFIED and keyword != "Units"):
        return default
    return _PET_UNITS.get(code, code) if keyword == "Units" else _TYPES.get(code, code)
