"""Pictures in other sizes, their pixels square (PS3.3 C.7.6.3.1.7, 10.7)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from dicomkit.pixels.functional_groups import FunctionalGroups

if TYPE_CHECKING:
    from dicomkit.dataset import DataSet

__all__ = ["fit_size", "pixel_aspect_ratio", "resize"]

LARGEST_SIZE = 32768
# Beyond this a pixel is no pixel: the spacing is not believed.
_LARGEST_ASPECT = 20.0
_SPACINGS = ("PixelSpacing", "ImagerPixelSpacing", "NominalScannedPixelSpacing")


def pixel_aspect_ratio(data_set: DataSet | None, frame_index: int = 0, *, groups: FunctionalGroups | None = None) -> float:
    """Return the height of a pixel divided by its width: of the spacing that the data set gives, or its Pixel Aspect Ratio; else 1.

    What is damaged or absurd counts as absent: it is no reason not to show a picture.
    """
    if data_set is None:
        return 1.0
    measures = (groups or FunctionalGroups(data_set)).find_item(frame_index, "PixelMeasuresSequence")
    candidates = [data_set.decimal_strings(keyword) for keyword in _SPACINGS]
    if measures is not None:
        candidates.insert(0, measures.decimal_strings("PixelSpacing"))
    # Both are vertical first (PS3.3 10.7.1.3, C.7.6.3.1.7).
    pairs = [[float(number) for number in numbers] for numbers in candidates if numbers]
    ratio = data_set.integer_strings("PixelAspectRatio")
    pairs += [[float(number) for number in ratio]] if ratio else []
    for pair in pairs:
        if len(pair) == 2 and all(0 < number < float("inf") for number in pair):
            aspect = pair[0] / pair[1]
            if 1 / _LARGEST_ASPECT <= aspect <= _LARGEST_ASPECT:
                return aspect
    return 1.0


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
    """
    box = (size, size) if isinstance(size, int) else size
    if any(not 1 <= side <= LARGEST_SIZE for side in box):
        raise ValueError(f"a picture has from 1 to {LARGEST_SIZE} rows and columns")
    height, width = rows * aspect, float(columns)
    scale = min(box[0] / height, box[1] / width)
    return max(1, min(box[0], round(height * scale))), max(1, min(box[1], round(width * scale)))


def resize(picture: npt.NDArray[np.uint8], rows: int, columns: int) -> npt.NDArray[np.uint8]:
    """Resample a picture: the mean of the area that a new pixel covers, or linear between old ones where it covers less than one."""
    for axis, length in sorted(((0, rows), (1, columns)), key=lambda side: side[1] / picture.shape[side[0]]):
        if picture.shape[axis] != length:
            picture = _resample(picture, axis, length)
    return np.ascontiguousarray(picture)


def _resample(picture: npt.NDArray[np.uint8], axis: int, length: int) -> npt.NDArray[np.uint8]:
    """Mean over a box one new or one old pixel wide, whichever is wider, by differences of the picture's integral."""
    lines = np.moveaxis(picture, axis, 0)
    old = len(lines)
    scale = old / length
    half = max(scale, 1.0) / 2
    centers = ((np.arange(length) + 0.5) * scale).astype(np.float64)
    padded = np.concatenate([lines[:1], lines, lines[-1:]])  # the edge goes on for as far as a box can reach
    # At most 255 times 65535 and two: no overflow.
    sums = np.zeros((len(padded) + 1, *padded.shape[1:]), dtype=np.uint32)
    np.cumsum(padded, axis=0, dtype=np.uint32, out=sums[1:])
    total = _integral(sums, padded, centers + half + 1) - _integral(sums, padded, centers - half + 1)
    mean = np.floor(total / (2 * half) + (0.5 + 1e-5))
    return np.moveaxis(np.clip(mean, 0, 255).astype(np.uint8), 0, axis)


def _integral(sums: npt.NDArray[np.uint32], lines: npt.NDArray[np.uint8], positions: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The sum of all lines up to a position, the last one in part."""
    positions = np.clip(positions, 0, len(lines))
    whole = np.minimum(positions.astype(np.int64), len(lines) - 1)
    part = (positions - whole).reshape(-1, *[1] * (lines.ndim - 1))
    result: npt.NDArray[np.float64] = np.asarray(sums[whole] + part * lines[whole], dtype=np.float64)
    return result
