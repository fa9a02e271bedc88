"""Pictures in other sizes, their pixels square (PS3.3 C.7.6.3.1.7, 10.7)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from dicomkit._core.resample import resample
from dicomkit.errors import PixelDataError, warn
from dicomkit.pixels.functional_groups import FunctionalGroups
from dicomkit.pixels.memory import new_array
from dicomkit.pixels.numbers import to_integer
from dicomkit.pixels.unpack import as_bytes

if TYPE_CHECKING:
    from dicomkit.dataset import DataSet

__all__ = ["find_natural_size", "fit_size", "pixel_aspect_ratio", "resize"]

LARGEST_SIZE = 32768
# Beyond this a pixel is no pixel: the spacing is not believed.
_LARGEST_ASPECT = 20.0
# Pixels that are square but for this keep their picture as it is: nobody sees it, and stretching blurs.
_SQUARE = 0.01
_SPACINGS = ("PixelSpacing", "ImagerPixelSpacing", "NominalScannedPixelSpacing")


def pixel_aspect_ratio(data_set: DataSet | None, frame_index: int = 0, *, groups: FunctionalGroups | None = None) -> float:
    """Return the height of a pixel divided by its width: of the spacing that the data set gives, or its Pixel Aspect Ratio; else 1.

    What is damaged counts as absent: it is no reason not to show a picture. So does a pixel that is more than 20 times as long as wide,
    which a :class:`DICOMWarning` tells.
    """
    if data_set is None:
        return 1.0
    measures = (groups or FunctionalGroups(data_set)).find_item(frame_index, "PixelMeasuresSequence")
    sources = [(data_set, keyword) for keyword in _SPACINGS]
    if measures is not None:
        sources.insert(0, (measures, "PixelSpacing"))
    candidates = [(keyword, source.decimal_strings(keyword)) for source, keyword in sources]
    # Both are vertical first (PS3.3 10.7.1.3, C.7.6.3.1.7).
    pairs = [(keyword, [float(number) for number in numbers]) for keyword, numbers in candidates if numbers]
    ratio = data_set.integer_strings("PixelAspectRatio")
    pairs += [("PixelAspectRatio", [float(number) for number in ratio])] if ratio else []
    for keyword, pair in pairs:
        if len(pair) == 2 and all(0 < number < float("inf") for number in pair):
            aspect = pair[0] / pair[1]
            if 1 / _LARGEST_ASPECT <= aspect <= _LARGEST_ASPECT:
                return aspect
            warn(PixelDataError(f"{keyword} makes pixels more than {_LARGEST_ASPECT:g} times as long as wide: it is ignored"))
    return 1.0


def find_natural_size(rows: int, columns: int, aspect: float) -> tuple[int, int]:
    """Return the rows and columns of a picture with square pixels that has at least as many of each, if pictures may be that large."""
    if abs(aspect - 1) < _SQUARE:
        aspect = 1.0
    height, width = (round(rows * aspect), columns) if aspect > 1 else (rows, round(columns / aspect))
    longest = max(height, width)
    return (height, width) if longest <= LARGEST_SIZE else fit_size(rows, columns, LARGEST_SIZE, aspect)


def fit_size(rows: int, columns: int, size: int | tuple[int, int], aspect: float = 1.0) -> tuple[int, int]:
    """Return the rows and columns of a picture with square pixels that fits a size.

    Parameters
    ----------
    size
        The longer side, or the rows and columns of a box to fit in.
    aspect
        Height of a pixel divided by its width.

    Raises
    ------
    ValueError
        If a side is not from 1 to 32768.
    TypeError
        If the size is neither an integer nor two.
    """
    box = _to_box(size)
    if any(not 1 <= side <= LARGEST_SIZE for side in box):
        raise ValueError(f"a picture has from 1 to {LARGEST_SIZE} rows and columns")
    height, width = rows * aspect, float(columns)
    scale = min(box[0] / height, box[1] / width)
    return max(1, min(box[0], round(height * scale))), max(1, min(box[1], round(width * scale)))


def _to_box(size: int | tuple[int, int]) -> tuple[int, int]:
    if not isinstance(size, (tuple, list)):
        side = to_integer(size, "size")
        return side, side
    if len(size) != 2:
        raise TypeError(f"size is the longer side, or rows and columns; not {len(size)} numbers")
    return to_integer(size[0], "size"), to_integer(size[1], "size")


def resize(picture: npt.NDArray[np.uint8], rows: int, columns: int) -> npt.NDArray[np.uint8]:
    """Resample a picture: the mean of the area that a new pixel covers, or linear between old ones where it covers less than one."""
    for axis, length in sorted(((0, rows), (1, columns)), key=lambda side: side[1] / picture.shape[side[0]]):
        if picture.shape[axis] != length:
            picture = _resample(picture, axis, length)
    return np.ascontiguousarray(picture)


def _resample(picture: npt.NDArray[np.uint8], axis: int, length: int) -> npt.NDArray[np.uint8]:
    """Mean over a box one new or one old pixel wide, whichever is wider; beyond an edge, the edge goes on."""
    old = picture.shape[axis]
    scale = old / length
    width = max(scale, 1.0)
    # Rounded, so that what should be a whole number is one.
    starts = np.round((np.arange(length) + 0.5) * scale - width / 2, 9)
    ends = np.round(starts + width, 9)
    if scale > 1:
        starts, ends = np.clip(starts, 0, old), np.clip(ends, 0, old)
    first = np.floor(starts)
    last = np.maximum(np.ceil(ends) - 1, first)
    last_weight = np.where(last > first, ends - last, 0.0)
    first_weight = np.minimum(first + 1, ends) - starts
    first_line, last_line = (np.clip(lines, 0, old - 1).astype(np.intp) for lines in (first, last))
    shape = (*picture.shape[:axis], length, *picture.shape[axis + 1 :])
    out = new_array(shape, np.uint8).view(np.uint8)
    inner = math.prod(shape[axis + 1 :])
    lines = as_bytes(np.ascontiguousarray(picture))
    resample(lines, old, inner, first_line, last_line, first_weight, last_weight, as_bytes(out))
    return out
