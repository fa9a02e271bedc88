"""What comes after the window: Presentation LUT, and the polarity of the photometric interpretation (PS3.3 C.11.6, C.7.6.3.1.2)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from dicomkit.pixels.descriptor import PhotometricInterpretation
from dicomkit.pixels.lookup_table import LookupTable, has_table

if TYPE_CHECKING:
    from dicomkit.dataset import DataSet

__all__ = ["Presentation", "read_presentation"]


@dataclass(frozen=True, slots=True)
class Presentation:
    """How windowed values are displayed.

    Attributes
    ----------
    is_inverted
        Whether the lowest value is white.
    lut
        The table of Presentation LUT Sequence.
    """

    is_inverted: bool = False
    lut: LookupTable | None = None

    def inverted(self) -> Presentation:
        """Return the same with black and white exchanged."""
        return replace(self, is_inverted=not self.is_inverted)

    def apply(self, display: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Map 0 to 1 through the table alone: the range of its input is the range of what is displayed (PS3.3 C.11.4.1)."""
        if self.lut is None:
            return display
        last = len(self.lut.entries) - 1
        return self.lut.apply(self.lut.first_mapped_value + display * last) / float((1 << self.lut.bits_per_entry) - 1)


def read_presentation(data_set: DataSet | None, photometric_interpretation: PhotometricInterpretation) -> Presentation:
    """Read how a monochrome image is displayed.

    MONOCHROME1 and the shape INVERSE say the same thing, and invert once. A Presentation LUT Sequence comes before that.

    Raises
    ------
    MissingRequiredElementError
        If the table is not complete.
    PixelDataError
        If it is not sound.
    """
    is_inverted = photometric_interpretation is PhotometricInterpretation.MONOCHROME1
    if data_set is None:
        return Presentation(is_inverted)
    item = data_set.first_sequence_item("PresentationLUTSequence")
    if item is not None and has_table(item, "PresentationLUTSequence"):
        return Presentation(is_inverted, LookupTable.from_data_set(item))
    shape = data_set.string("PresentationLUTShape")
    return Presentation(is_inverted or (shape or "").strip().upper() == "INVERSE")
