"""Values of interest: VOI LUTs, and windows by name (PS3.3 C.11.2)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import numpy.typing as npt

from dicomkit.errors import PixelDataError
from dicomkit.pixels.functional_groups import FunctionalGroups
from dicomkit.pixels.lookup_table import LookupTable, has_table
from dicomkit.pixels.numbers import has_value
from dicomkit.pixels.windows import WindowSettings, read_all_window_settings

if TYPE_CHECKING:
    from dicomkit.dataset import DataSet
    from dicomkit.pixels.modality import ModalityTransform

__all__ = ["VOI", "VOILUT", "WINDOW_PRESETS", "UnknownWindowError", "WindowChoice", "find_named_window", "read_voi_luts", "to_voi"]

_MOST_BITS = 64


class UnknownWindowError(PixelDataError, LookupError):
    """A window name that is neither a preset nor an explanation in the data set.

    Attributes
    ----------
    stored_names
        The explanations in the data set. The message leaves them out, as it does with all values.
    """

    def __init__(self, message: str, stored_names: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.stored_names = stored_names


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
# What callers may write for one: its name, or center and width, too.
WindowChoice: TypeAlias = VOI | str | tuple[float, float]


def to_voi(window: VOI | tuple[float, float]) -> VOI:
    """Return a window, or that of a center and a width.

    Raises
    ------
    TypeError
        If it is neither.
    """
    if isinstance(window, (WindowSettings, VOILUT)):
        return window
    if isinstance(window, (tuple, list)) and len(window) == 2 and all(_is_number(number) for number in window):
        return WindowSettings(float(window[0]), float(window[1]))
    what = f"{type(window).__name__} of {len(window)}" if isinstance(window, (tuple, list)) else type(window).__name__
    raise TypeError(f"window is WindowSettings(center, width), a VOILUT, the name of one, or (center, width); not of type {what}")


def _is_number(number: object) -> bool:
    return isinstance(number, (int, float, np.integer, np.floating)) and not isinstance(number, bool)


def read_voi_luts(
    data_set: DataSet, frame_index: int = 0, *, modality: ModalityTransform | None = None, groups: FunctionalGroups | None = None
) -> list[VOILUT]:
    """Read the VOI LUTs of a data set, in their order.

    Parameters
    ----------
    modality
        The modality transformation of the frame. Where it can make values negative, descriptors are signed, even of VR US.

    Raises
    ------
    MissingRequiredElementError
        If a table is not complete.
    PixelDataError
        If it is not sound.
    """
    is_signed = _has_signed_input(data_set, modality)
    items = _read_voi_lut_items(frame_index, groups or FunctionalGroups(data_set))
    return [_read_voi_lut(item, is_signed=is_signed) for item in items if has_table(item, "VOILUTSequence")]


def find_named_window(
    name: str,
    data_set: DataSet | None,
    frame_index: int = 0,
    *,
    modality: ModalityTransform | None = None,
    groups: FunctionalGroups | None = None,
) -> VOI:
    """Return a window or VOI LUT by its name.

    What the data set calls so in an explanation, whatever the case, comes before a preset. After that, underscores and spaces count
    the same.

    Parameters
    ----------
    modality
        As for :func:`read_voi_luts`.

    Raises
    ------
    UnknownWindowError
        If there is none; the message lists the presets.
    PixelDataError
        If it is not sound.
    """
    stored = [] if data_set is None else list(_list_names(data_set, frame_index, modality, groups or FunctionalGroups(data_set)))
    exact, wanted = name.strip().lower(), _spell(name)
    for explanation, read in stored:
        if explanation.strip().lower() == exact:
            return read()
    if wanted in WINDOW_PRESETS:
        return WINDOW_PRESETS[wanted]
    for explanation, read in stored:
        if _spell(explanation) == wanted:
            return read()
    near = get_close_matches(wanted, WINDOW_PRESETS, 1)
    message = f"no window of that name{f'; did you mean {near[0]!r}?' if near else ''}; presets are {', '.join(WINDOW_PRESETS)}"
    if stored:
        message += f"; the data set has {len(stored)} names of its own, see all_window_settings()"
    raise UnknownWindowError(message, tuple(explanation for explanation, _ in stored))


def _spell(name: str) -> str:
    return " ".join(name.replace("_", " ").split()).lower()


def _list_names(
    data_set: DataSet, frame_index: int, modality: ModalityTransform | None, groups: FunctionalGroups
) -> Iterator[tuple[str, Callable[[], VOI]]]:
    """Yield the explanations of a frame, each with what reads its window or VOI LUT: a damaged one hinders nobody else."""
    source = groups.source_of(frame_index, "FrameVOILUTSequence", "WindowCenter")
    explanations = [] if source is None else source.strings("WindowCenterWidthExplanation") or []
    for index, explanation in enumerate(explanations):
        if explanation and source is not None and all(_may_have(source, keyword, index) for keyword in ("WindowCenter", "WindowWidth")):
            yield explanation, partial(_read_window, data_set, frame_index, groups, index)
    is_signed = _has_signed_input(data_set, modality)
    for item in _read_voi_lut_items(frame_index, groups):
        explanation = item.string("LUTExplanation") or ""
        if explanation and has_table(item, "VOILUTSequence"):
            yield explanation, partial(_read_voi_lut, item, is_signed=is_signed)


def _may_have(source: DataSet, keyword: str, index: int) -> bool:
    """Whether there is a number at a place, or what is there is damaged."""
    numbers = source.decimal_strings(keyword)
    return index < len(numbers) if numbers is not None else has_value(source, keyword)


def _read_window(data_set: DataSet, frame_index: int, groups: FunctionalGroups, index: int) -> WindowSettings:
    return read_all_window_settings(data_set, frame_index, groups=groups)[index]


def _read_voi_lut_items(frame_index: int, groups: FunctionalGroups) -> list[DataSet]:
    source = groups.source_of(frame_index, "FrameVOILUTSequence", "VOILUTSequence")
    return (source.sequence("VOILUTSequence") if source is not None else None) or []


def _read_voi_lut(item: DataSet, *, is_signed: bool) -> VOILUT:
    return VOILUT(LookupTable.from_data_set(item, is_signed=is_signed), item.string("LUTExplanation") or None)


def _has_signed_input(data_set: DataSet, modality: ModalityTransform | None) -> bool:
    """Whether the input of a VOI LUT is signed, by the range of what the modality transformation can give (PS3.3 C.11.2.1.1)."""
    if modality is None or modality.lut is not None:
        return False
    if modality.units == "HU":
        return True  # "always", says the note
    bits = data_set.uint16("BitsStored")
    if not bits or bits > _MOST_BITS:  # floating point has no range: where the transformation leads from 0 on
        return modality.intercept < 0 or modality.slope < 0
    is_signed = data_set.uint16("PixelRepresentation") == 1
    first = -(1 << bits - 1) if is_signed else 0
    last = first + (1 << bits) - 1
    return min(modality.slope * stored + modality.intercept for stored in (first, last)) < 0
