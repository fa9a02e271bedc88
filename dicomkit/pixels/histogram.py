"""How often values occur in a frame."""

from __future__ import annotations

import io
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import numpy as np
import numpy.typing as npt

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
    """
    if values.dtype.kind == "f":
        values = values[np.isfinite(values)]
    counts, edges = np.histogram(values, bins=bins)
    return Histogram(counts.astype(np.int64), edges.astype(np.float64), units)
