"""Real World Value Mapping: stored values to quantities with coded units (PS3.3 C.7.6.16.2.11)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from dicomkit.errors import MissingRequiredElementError, PixelDataError, warn
from dicomkit.pixels.functional_groups import FunctionalGroups
from dicomkit.pixels.numbers import has_value, read_stored_value

if TYPE_CHECKING:
    from dicomkit.dataset import DataSet
    from dicomkit.pixels.unpack import Array

__all__ = ["RealWorldValueMapping", "read_real_world_value_mappings"]

_SEQUENCE = "RealWorldValueMappingSequence"


@dataclass(frozen=True, slots=True, eq=False)
class RealWorldValueMapping:
    """How a range of stored values maps to a physical quantity.

    Attributes
    ----------
    first_mapped_value, last_mapped_value
        The stored values that have a meaning; others map to not-a-number.
    slope, intercept
        Real World Value Slope and Intercept. Without effect if there is a ``lut``.
    lut
        One real-world value for each stored value from the first to the last.
    label, explanation
        LUT Label and LUT Explanation, empty where absent.
    units
        Code Value of the Measurement Units Code Sequence: UCUM, as ``mm2/s``.
    """

    first_mapped_value: float
    last_mapped_value: float
    slope: float = 1.0
    intercept: float = 0.0
    lut: npt.NDArray[np.float64] | None = None
    label: str = ""
    explanation: str = ""
    units: str = ""

    @classmethod
    def from_data_set(cls, item: DataSet, *, is_signed: bool) -> RealWorldValueMapping:
        """Read an item of Real World Value Mapping Sequence.

        Parameters
        ----------
        is_signed
            Whether stored values are.

        Raises
        ------
        MissingRequiredElementError
            If there is neither slope and intercept nor a table, or no range of stored values.
        PixelDataError
            If an attribute has the wrong type, or the table has not one value for each stored value.
        """
        first = _read_bound(item, "RealWorldValueFirstValueMapped", is_signed=is_signed)
        last = _read_bound(item, "RealWorldValueLastValueMapped", is_signed=is_signed)
        units = item.first_sequence_item("MeasurementUnitsCodeSequence")
        words = (
            item.string("LUTLabel") or "",
            item.string("LUTExplanation") or "",
            (units.string("CodeValue") or "") if units is not None else "",
        )
        if has_value(item, "RealWorldValueLUTData"):
            lut = np.array(item.float64s("RealWorldValueLUTData") or (), dtype=np.float64)
            if len(lut) != last - first + 1:
                raise PixelDataError(f"RealWorldValueLUTData has {len(lut)} values for stored values from {first:g} to {last:g}")
            return cls(first, last, 1.0, 0.0, lut, *words)
        return cls(first, last, _read_double(item, "RealWorldValueSlope"), _read_double(item, "RealWorldValueIntercept"), None, *words)

    def apply(self, stored: Array) -> npt.NDArray[np.float64]:
        """Map stored values, in a new array; those that are not mapped become not-a-number."""
        is_mapped = (stored >= self.first_mapped_value) & (stored <= self.last_mapped_value)
        if self.lut is None:
            with np.errstate(over="ignore", invalid="ignore"):
                return np.where(is_mapped, stored.astype(np.float64) * self.slope + self.intercept, np.nan)
        positions = np.where(is_mapped, stored.astype(np.float64) - self.first_mapped_value, 0).astype(np.int64)
        return np.where(is_mapped, self.lut[positions], np.nan)


def read_real_world_value_mappings(
    data_set: DataSet, frame_index: int = 0, *, groups: FunctionalGroups | None = None
) -> list[RealWorldValueMapping]:
    """Read the mappings of a data set, or of the functional groups of a frame; raises as ``RealWorldValueMapping.from_data_set``.

    One whose last mapped value comes before its first maps nothing: a :class:`DICOMWarning` tells, and it is left out.
    """
    items = data_set.sequence(_SEQUENCE) or (groups or FunctionalGroups(data_set)).find_items(frame_index, _SEQUENCE)
    is_signed = data_set.uint16("PixelRepresentation") == 1
    mappings = [RealWorldValueMapping.from_data_set(item, is_signed=is_signed) for item in items]
    sound = [mapping for mapping in mappings if mapping.first_mapped_value <= mapping.last_mapped_value]
    if len(sound) < len(mappings):
        warn(PixelDataError(f"an item of {_SEQUENCE} maps no stored value, its last comes before its first: it is ignored"))
    return sound


def _read_bound(item: DataSet, keyword: str, *, is_signed: bool) -> float:
    number = read_stored_value(item, keyword, is_signed=is_signed)
    if number is not None:
        return number
    return _read_double(item, keyword.replace("RealWorldValue", "DoubleFloatRealWorldValue"))


def _read_double(item: DataSet, keyword: str) -> float:
    number = item.float64(keyword)
    if number is not None:
        return number
    if has_value(item, keyword):
        raise PixelDataError(f"{keyword} is no double-precision number")
    raise MissingRequiredElementError(keyword, "a real world value mapping")
