"""Windows: the linear and sigmoid VOI LUT functions (PS3.3 C.11.2.1)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, overload

import numpy as np
import numpy.typing as npt

from dicomkit._core.lut import apply_window
from dicomkit.errors import PixelDataError, warn
from dicomkit.pixels.functional_groups import FunctionalGroups
from dicomkit.pixels.numbers import read_decimals

if TYPE_CHECKING:
    from dicomkit.dataset import DataSet
    from dicomkit.pixels.unpack import Array

__all__ = ["VOILUTFunction", "WindowSettings", "read_all_window_settings", "read_window_settings"]

# exp() of more than this overflows; the sigmoid is 0 or 1 to the last bit long before.
_LARGEST_EXPONENT = 700.0


class VOILUTFunction(StrEnum):
    """How Window Center and Window Width are meant (PS3.3 C.11.2.1.3)."""

    LINEAR = "LINEAR"
    LINEAR_EXACT = "LINEAR_EXACT"
    SIGMOID = "SIGMOID"

    @classmethod
    def parse(cls, text: str | None) -> VOILUTFunction:
        """Return the member for a value of (0028,1056), whatever its case and padding; LINEAR for anything else."""
        try:
            return cls((text or "").strip(" \0").upper())
        except ValueError:
            return cls.LINEAR


@dataclass(frozen=True, slots=True)
class WindowSettings:
    """A window on values after the modality transformation: HU in a CT image.

    Parameters
    ----------
    center
        Window Center, in the units of the values.
    width
        Window Width in the same units. Less than 1 becomes 1 (PS3.3 C.11.2.1.2.1); for ``LINEAR_EXACT`` and ``SIGMOID``, whose
        widths may be any positive number (PS3.3 C.11.2.1.3), only 0 and less become 1. Of less than 0 a :class:`DICOMWarning` tells.
    explanation
        Window Center & Width Explanation.
    function
        VOI LUT Function, or its name.

    Raises
    ------
    PixelDataError
        If ``center`` or ``width`` is infinite or not a number.
    ValueError
        If there is no function of that name.
    """

    center: float
    width: float
    explanation: str | None = None
    function: VOILUTFunction = VOILUTFunction.LINEAR

    def __post_init__(self) -> None:
        if not (math.isfinite(self.center) and math.isfinite(self.width)):
            raise PixelDataError("Window Center and Window Width must be finite numbers")
        object.__setattr__(self, "function", _to_function(self.function))
        if self.width < 0:
            warn(PixelDataError("a negative Window Width counts as 1"))
        if self.width < 1 and (self.function is VOILUTFunction.LINEAR or self.width <= 0):
            object.__setattr__(self, "width", 1.0)

    @property
    def min_value(self) -> float:
        """Center minus half the width."""
        return self.center - self.width / 2

    @property
    def max_value(self) -> float:
        """Center plus half the width."""
        return self.center + self.width / 2

    @overload
    def apply(self, value: float) -> float: ...

    @overload
    def apply(self, value: Array) -> npt.NDArray[np.float64]: ...

    def apply(self, value: float | Array) -> float | npt.NDArray[np.float64]:
        """Map a value, or an array of values, to 0 to 1 by the window's function.

        With ``LINEAR`` and a width of 1 everything up to ``center - 0.5`` is 0, the rest 1.
        """
        values = np.asarray(value, dtype=np.float64)
        if self.function is VOILUTFunction.SIGMOID:
            exponent = np.clip(-4.0 * (values - self.center) / self.width, -_LARGEST_EXPONENT, _LARGEST_EXPONENT)
            result = 1.0 / (1.0 + np.exp(exponent))
        else:
            result = _ramp(values, *self.ramp)
        return result if isinstance(value, np.ndarray) else float(result)

    @property
    def ramp(self) -> tuple[float, float]:
        """Middle and width of the ramp that a ``LINEAR`` or ``LINEAR_EXACT`` window is."""
        return (self.center - 0.5, self.width - 1.0) if self.function is VOILUTFunction.LINEAR else (self.center, self.width)

    def to_grey(self, values: npt.NDArray[np.float64]) -> npt.NDArray[np.uint8]:
        """Map values to ``255 * y`` rounded half up, where ``y`` is what :meth:`apply` gives; what is not a number becomes 0."""
        grey = np.empty(values.shape, dtype=np.uint8)
        is_sigmoid = self.function is VOILUTFunction.SIGMOID
        middle, width = (self.center, self.width) if is_sigmoid else self.ramp
        apply_window(np.ascontiguousarray(values).reshape(-1), middle, width, is_sigmoid, grey.reshape(-1))
        return grey


def _to_function(name: str) -> VOILUTFunction:
    """The function of a name that a caller wrote; what stands in a file is parsed, and may be anything."""
    try:
        return VOILUTFunction(name.strip(" \0").upper())
    except (AttributeError, ValueError):
        raise ValueError(f"VOI LUT functions are {', '.join(VOILUTFunction)}; none has the name that was given") from None


def _ramp(values: npt.NDArray[np.float64], middle: float, width: float) -> npt.NDArray[np.float64]:
    """0 up to ``middle - width / 2``, 1 above ``middle + width / 2``, linear between."""
    low, high = middle - width / 2, middle + width / 2
    if width <= 0 or not low < high:  # a step, also where the width is lost beside a huge center
        return (values > middle).astype(np.float64)
    ramp = np.clip((values - middle) / width + 0.5, 0.0, 1.0)
    return np.where(values <= low, 0.0, np.where(values > high, 1.0, ramp))


def read_all_window_settings(
    data_set: DataSet, frame_index: int = 0, *, groups: FunctionalGroups | None = None
) -> list[WindowSettings]:
    """Read the windows stored in a data set, or in the functional groups of a frame (PS3.3 C.11.2, C.7.6.16.2.10).

    There are as many as the shorter of Window Center and Window Width; all share the VOI LUT Function.

    Raises
    ------
    PixelDataError
        If a center or width is not a number.
    """
    source = (groups or FunctionalGroups(data_set)).source_of(frame_index, "FrameVOILUTSequence", "WindowCenter")
    if source is None:
        return []
    centers, widths = read_decimals(source, "WindowCenter"), read_decimals(source, "WindowWidth")
    explanations = source.strings("WindowCenterWidthExplanation") or []
    function = VOILUTFunction.parse(source.string("VOILUTFunction"))
    return [
        WindowSettings(center, width, (explanations[i] or None) if i < len(explanations) else None, function)
        for i, (center, width) in enumerate(zip(centers, widths, strict=False))
    ]


def read_window_settings(data_set: DataSet, frame_index: int = 0) -> WindowSettings | None:
    """Read the first stored window, or return None if there is none. Raises as :func:`read_all_window_settings`."""
    windows = read_all_window_settings(data_set, frame_index)
    return windows[0] if windows else None
