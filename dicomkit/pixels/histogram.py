"""How often values occur in a frame, in the units of its modality (PS3.3 C.11.1)."""

from __future__ import annotations

import io
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import numpy as np
import numpy.typing as npt

from dicomkit.pixels.numbers import to_integer

__all__ = ["Histogram", "make_histogram"]


@dataclass(frozen=True, slots=True, eq=False)
class Histogram:
    """How many values of a frame lie in each of some bins of equal width. It draws itself in a notebook if matplotlib is installed.

    Attributes
    ----------
    counts
        One number a bin.
    edges
        Where bins begin, and where the last one ends; a value on an edge belongs to the bin above, the largest to the last.
    units
        What the values are, as ``HU``; empty if the data set does not say.
    """

    counts: npt.NDArray[np.int64]
    edges: npt.NDArray[np.float64]
    units: str = ""

    def plot(self, axes: Any = None) -> Any:
        """Draw the histogram with matplotlib, on axes or on new ones, and return these.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        """
        if axes is None:
            axes = import_module("matplotlib.figure").Figure(figsize=(6, 2.5), layout="constrained").subplots()
        axes.stairs(self.counts, self.edges, fill=True)
        axes.set_xlabel(self.units)
        axes.set_ylabel("pixels")
        return axes

    def _repr_png_(self) -> bytes | None:
        if find_spec("matplotlib") is None:
            return None
        buffer = io.BytesIO()
        self.plot().figure.savefig(buffer, format="png")
        return buffer.getvalue()


def make_histogram(values: npt.NDArray[np.number], bins: int, units: str) -> Histogram:
    """Count the values that are finite.

    Raises
    ------
    ValueError
        If there is less than one bin.
    TypeError
        If their number is no integer.
    """
    bins = to_integer(bins, "bins")
    if bins < 1:
        raise ValueError(f"a histogram of {bins} bins")
    numbers = values.reshape(-1)
    if numbers.dtype.kind == "f":
        is_finite = np.isfinite(numbers)
        numbers = numbers if is_finite.all() else numbers[is_finite]
    elif numbers.itemsize == 1:
        numbers = numbers.astype(np.int16)  # NumPy sorts bytes twenty times more slowly
    low, high = (float(numbers.min()), float(numbers.max())) if numbers.size else (0.0, 0.0)
    if low == high:
        low, high = low - 0.5, high + 0.5
    # The difference of two numbers may be more than there are; parts of them never are.
    parts = np.arange(bins + 1) / bins
    edges = np.clip(np.maximum.accumulate(low * (1 - parts) + high * parts), low, high)
    edges[-1] = high
    counts, _ = np.histogram(numbers, bins=edges)
    return Histogram(counts.astype(np.int64), edges, units)
