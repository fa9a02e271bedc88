"""Values of interest: VOI LUTs, and windows by name (PS3.3 C.11.2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import numpy.typing as npt

from dicomkit.errors import PixelDataError
from dicomkit.pixels.functional_groups import FunctionalGroups
from dicomkit.pixels.lookup_table import LookupTable, has_table
from dicomkit.pixels.windows import WindowSettings, read_all_window_settings

if TYPE_CHECKING:
    from dicomkit.dataset import DataSet
    from dicomkit.pixels.modality import ModalityTransform

__all__ = ["VOI", "VOILUT", "WINDOW_PRESETS", "UnknownWindowError", "find_named_window", "read_voi_luts"]


class UnknownWindowError(PixelDataError, LookupError):
    """A window name that is neither a preset nor an explanation in the data set."""


def _presets(**windows: tuple[float, float]) -> Mapping[str, WindowSettings]:
    names = {name.replace("_", " "): window for name, window in windows.items()}
    return MappingProxyType({name: WindowSettings(center, width, name.upper()) for name, (center, width) in names.items()})


# Custom in radiology, in HU; the Standard has none.
WINDOW_PRESETS = _presets(
    abdomen=(50, 400),
    angiography=(300, 600),
    bone=(400, 1800),
    brain=(40, 80),
    liver=(80, 150),
    lung=(-600, 1500),
    mediastinum=(50, 350),
    soft_tissue=(40, 400),
    spine=(50, 250),
    stroke=(40, 40),
    subdural=(75, 215),
    temporal_bone=(600, 2800),
)


@dataclass(frozen=True, slots=True, eq=False)
class VOILUT:
    """A table of VOI LUT Sequence: values after the modality transformation to what is displayed (PS3.3 C.11.2.1.1).

    Attributes
    ----------
    table
        The table.
    explanation
        LUT Explanation, or None.
    """

    table: LookupTable
    explanation: str | None = None

    def apply(self, values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Map values to 0 to 1."""
        return self.table.apply(values) / float((1 << self.table.bits_per_entry) - 1)


VOI: TypeAlias = WindowSettings | VOILUT


def read_voi_luts(
    data_set: DataSet, frame_index: int = 0, *, modality: ModalityTransform | None = None, groups: FunctionalGroups | None = None
) -> list[VOILUT]:
    """Read the VOI LUTs of a data set, in their order.

    Parameters
    ----------
    modality
        The modality transformation of the frame. Its values are signed where it can make them so; None asks the descriptors' VRs.

    Raises
    ------
    MissingRequiredElementError
        If a table is not complete.
    PixelDataError
        If it is not sound.
    """
    source = (groups or FunctionalGroups(data_set)).source_of(frame_index, "FrameVOILUTSequence", "VOILUTSequence")
    items = (source.sequence("VOILUTSequence") if source is not None else None) or []
    is_signed = None if modality is None else _makes_signed(data_set, modality)
    return [
        VOILUT(LookupTable.from_data_set(item, is_signed=is_signed), item.string("LUTExplanation") or None)
        for item in items
        if has_table(item, "VOILUTSequence")
    ]


def find_named_window(name: str, data_set: DataSet | None, frame_index: int = 0, *, groups: FunctionalGroups | None = None) -> VOI:
    """Return the preset of a name, or the first window or VOI LUT that is stored under it as its explanation, whatever the case.

    Raises
    ------
    UnknownWindowError
        If there is none; the message lists the presets.
    """
    wanted = " ".join(name.replace("_", " ").split()).lower()
    if wanted in WINDOW_PRESETS:
        return WINDOW_PRESETS[wanted]
    if data_set is not None:
        stored: list[VOI] = [*read_all_window_settings(data_set, frame_index, groups=groups)]
        stored += read_voi_luts(data_set, frame_index, groups=groups)
        for voi in stored:
            if " ".join((voi.explanation or "").replace("_", " ").split()).lower() == wanted:
                return voi
    raise UnknownWindowError(f"no window of that name; presets are {', '.join(WINDOW_PRESETS)}")


def _makes_signed(data_set: DataSet, modality: ModalityTransform) -> bool | None:
    """Whether the input of a VOI LUT is signed: as the stored values, or where a rescale makes values negative (C.11.2.1.1)."""
    if modality.lut is not None:
        return False
    if data_set.uint16("PixelRepresentation") == 1 or modality.intercept < 0 or modality.slope < 0:
        return True
    return None
