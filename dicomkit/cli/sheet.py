"""Contact sheets: many small pictures in one, each with its number below."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from dicomkit.pixels import RenderedImage

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["LARGEST_SHEET", "make_sheet", "sheet_size"]

LARGEST_SHEET = 100_000_000     # pixels
_GAP = 4
_BACKGROUND = 32
_INK = 208
_ASPECT = 4 / 3                 # of the sheet

# Digits of 3 x 5 pixels, row by row, and the dot between instance and frame number; drawn twice as large.
_GLYPHS = {
    "0": "111101101101111", "1": "010110010010111", "2": "111001111100111", "3": "111001111001111", "4": "101101111001001",
    "5": "111100111001111", "6": "111100111101111", "7": "111001001001001", "8": "111101111101111", "9": "111101111001111",
    ".": "000000000000010", "-": "000000111000000",
}  # fmt: skip
_SCALE = 2
_LABEL_ROWS = 5 * _SCALE + 6


def sheet_size(count: int, rows: int, columns: int) -> tuple[int, int]:
    """Return how many rows and columns of pictures make a sheet about a third wider than high.

    Parameters
    ----------
    count
        Number of pictures, at least 1.
    rows, columns
        Size of the largest, in pixels.
    """
    height, width = rows + _LABEL_ROWS + _GAP, columns + _GAP
    across = min(count, max(1, round(math.sqrt(count * _ASPECT * height / width))))
    return -(-count // across), across


def make_sheet(pictures: Sequence[tuple[RenderedImage, str]]) -> RenderedImage:
    """Lay pictures out from left to right and from top to bottom, each with its label, in RGB if one of them is.

    Raises
    ------
    ValueError
        If there are none, or the sheet would have more than :data:`LARGEST_SHEET` pixels.
    """
    if not pictures:
        raise ValueError("a sheet of no pictures")
    rows = max(picture.shape[0] for picture, _ in pictures)
    columns = max(picture.shape[1] for picture, _ in pictures)
    down, across = sheet_size(len(pictures), rows, columns)
    height, width = down * (rows + _LABEL_ROWS + _GAP) + _GAP, across * (columns + _GAP) + _GAP
    if height * width > LARGEST_SHEET:
        raise ValueError(f"a sheet of {width} x {height} pixels is too large: make its pictures smaller")
    is_color = any(picture.ndim == 3 for picture, _ in pictures)
    sheet = np.full((height, width, 3) if is_color else (height, width), _BACKGROUND, dtype=np.uint8)
    for index, (picture, label) in enumerate(pictures):
        top = _GAP + index // across * (rows + _LABEL_ROWS + _GAP)
        left = _GAP + index % across * (columns + _GAP)
        # Smaller ones stand in the middle of their cell.
        row, column = top + (rows - picture.shape[0]) // 2, left + (columns - picture.shape[1]) // 2
        target = sheet[row : row + picture.shape[0], column : column + picture.shape[1]]
        target[...] = picture[:, :, None] if is_color and picture.ndim == 2 else picture
        _draw_label(sheet[top + rows : top + rows + _LABEL_ROWS, left : left + columns], label)
    return sheet.view(RenderedImage)


def _draw_label(area: npt.NDArray[np.uint8], label: str) -> None:
    """Write a number in the middle of an area, as much of it as there is room for."""
    advance = 4 * _SCALE
    text = [_GLYPHS[character] for character in label if character in _GLYPHS][: area.shape[1] // advance]
    left = (area.shape[1] - len(text) * advance + _SCALE) // 2
    for index, glyph in enumerate(text):
        bits = np.array([int(bit) for bit in glyph], dtype=bool).reshape(5, 3).repeat(_SCALE, axis=0).repeat(_SCALE, axis=1)
        area[3 : 3 + bits.shape[0], left + index * advance :][:, : bits.shape[1]][bits] = _INK
