"""Stored values to grey, all steps in one pass: modality, VOI, presentation, padding (PS3.3 C.11)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import numpy.typing as npt

from dicomkit._core.lut import apply_ramp, apply_table
from dicomkit.pixels.memory import new_array
from dicomkit.pixels.modality import ModalityTransform
from dicomkit.pixels.padding import PixelPadding
from dicomkit.pixels.presentation import Presentation
from dicomkit.pixels.unpack import as_bytes
from dicomkit.pixels.windows import VOILUTFunction, WindowSettings

if TYPE_CHECKING:
    from dicomkit.pixels.unpack import Array
    from dicomkit.pixels.voi import VOI

__all__ = ["Grey", "GreyPipeline", "GreyTable"]

Grey: TypeAlias = npt.NDArray[np.uint8]

# A little more than a half: what is a tie by the formula stays one when floating point has come out a hair below it.
_HALF_UP = 0.5 + 1e-9
# Cells of up to this many bytes are mapped by a table of all the values they can have.
LARGEST_TABLE_CELL = 2
# A descending ramp is cut where the ascending one is, up to this much: a table tells whether it was enough.
_JUST_BELOW = 2.0**-12
# Beyond these a ramp is a step, or constant, for any cell.
_STEEPEST, _HIGHEST = 1e4, 1e8


@dataclass(frozen=True, slots=True)
class GreyPipeline:
    """What makes grey of stored values. Pipelines are equal when they surely make the same.

    Attributes
    ----------
    modality, voi, presentation
        The steps, in this order.
    padding
        Stored values that are black whatever the steps make of them; None for none.
    """

    modality: ModalityTransform
    voi: VOI
    presentation: Presentation
    padding: PixelPadding | None = None

    def apply(self, stored: Array) -> Grey:
        """Map stored values one by one, in double precision."""
        # Absurd slopes and stored infinities overflow; they end at one side of the window.
        with np.errstate(over="ignore", invalid="ignore"):
            values = self.modality.apply(stored)
            if isinstance(self.voi, WindowSettings) and self.presentation.lut is None:
                grey = self.voi.to_grey(values)
            else:
                display = self.presentation.apply(np.asarray(self.voi.apply(values)))
                grey = np.nan_to_num(np.floor(np.clip(display, 0.0, 1.0) * 255.0 + _HALF_UP)).astype(np.uint8)
        if self.presentation.is_inverted:
            np.subtract(255, grey, out=grey)
        if self.padding is not None:
            grey[self.padding.mask(stored)] = 0
        return grey

    def find_ramp(self) -> tuple[float, float] | None:
        """Return the scale and offset of the straight line that this is between black and white, or None if it is none."""
        if not isinstance(self.voi, WindowSettings) or self.voi.function is VOILUTFunction.SIGMOID:
            return None
        if self.modality.lut is not None or self.presentation.lut is not None:
            return None
        middle, width = self.voi.ramp
        if width <= 0:
            return None
        scale = 255.0 * self.modality.slope / width
        offset = ((self.modality.intercept - middle) / width + 0.5) * 255.0 + 0.5
        if self.presentation.is_inverted:
            scale, offset = -scale, 256.0 - _JUST_BELOW - offset
        return (scale, offset) if abs(scale) < _STEEPEST and abs(offset) < _HIGHEST else None


class GreyTable:
    """The grey of every value that a cell of 8 or 16 bits can have, made once and kept from frame to frame.

    Where a straight line in single precision gives the same for each of these values, frames go through that: it is several times
    faster than a table.

    Parameters
    ----------
    pipeline
        What makes the grey.
    first, last
        The stored values that can occur, both included. Others are mapped to anything.
    dtype
        The type of the cells.
    """

    __slots__ = ("_entries", "_ramp", "pipeline")

    def __init__(self, pipeline: GreyPipeline, first: int, last: int, dtype: np.dtype[np.number]) -> None:
        self.pipeline = pipeline
        stored = np.arange(first, last + 1, dtype=dtype)
        grey = pipeline.apply(stored)
        self._entries = np.zeros(1 << 8 * dtype.itemsize, dtype=np.uint8)
        # Cells are read as unsigned: negative values come after the others.
        negative = max(0, min(last + 1, 0) - first)
        if negative:
            start = len(self._entries) + first
            self._entries[start : start + negative] = grey[:negative]
        self._entries[max(0, first) : max(0, last + 1)] = grey[negative:]
        self._ramp = self._find_ramp(stored, grey)

    @property
    def has_ramp(self) -> bool:
        """Whether frames go through a straight line."""
        return self._ramp is not None

    def apply(self, stored: Array, out: Grey | None = None) -> Grey:
        """Map a frame, in ``out`` or a new array."""
        cells = stored if stored.flags.c_contiguous else np.ascontiguousarray(stored)
        grey = new_array(stored.shape, np.uint8).view(np.uint8) if out is None else out
        if self._ramp is None:
            apply_table(as_bytes(cells), cells.itemsize, self._entries, grey.reshape(-1))
        else:
            apply_ramp(as_bytes(cells), cells.itemsize, cells.dtype.kind == "i", *self._ramp, grey.reshape(-1))
        return grey

    def _find_ramp(self, stored: Array, grey: Grey) -> tuple[float, float] | None:
        ramp = self.pipeline.find_ramp()
        if ramp is None:
            return None
        straight = np.empty_like(grey)
        apply_ramp(as_bytes(stored), stored.itemsize, stored.dtype.kind == "i", *ramp, straight)
        return ramp if np.array_equal(straight, grey) else None
