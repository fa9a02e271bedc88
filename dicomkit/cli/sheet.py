"""Contact sheets: many small pictures in one, each with its number below."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from dicomkit.pixels import RenderedImage

if TYPE_CHECKING:
    from collections.abc import Iterable

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


def make_sheet(
    pictures: Iterable[tuple[RenderedImage, str]], number_of_pictures: int, rows: int, columns: int
) -> tuple[RenderedImage, int]:
    """Lay pictures out from left to right and from top to bottom, each with its label, in RGB if one of them is.

    Parameters
    ----------
    pictures
        Each is drawn as it comes, and not kept.
    number_of_pictures
        As many as there may be, at least 1; if there are fewer, the sheet ends after the last.
    rows, columns
        Size of the largest; those that are larger all the same are fitted into it.

    Returns
    -------
    tuple
        The sheet, and how many pictures are on it.

    Raises
    ------
    ValueError
        If the sheet would have more than :data:`LARGEST_SHEET` pixels: then no picture is asked for.
    """
    down, across = sheet_size(number_of_pictures, rows, columns)
    height, width = rows + _LABEL_ROWS + _GAP, columns + _GAP
    shape = down * height + _GAP, across * width + _GAP
    if math.prod(shape) > LARGEST_SHEET:
        raise ValueError(f"a sheet of {shape[1]} x {shape[0]} pixels is too large: make its pictures smaller")
    sheet: npt.NDArray[np.uint8] = np.full(shape, _BACKGROUND, dtype=np.uint8)
    shown = 0
    for picture, label in pictures:
        if picture.ndim == 3 and sheet.ndim == 2:
            sheet = np.repeat(sheet[:, :, None], 3, axis=2)
        top, left = _GAP + shown // across * height, _GAP + shown % across * width
        _draw_picture(sheet[top : top + rows, left : left + columns], picture)
        _draw_label(sheet[top + rows : top + rows + _LABEL_ROWS, left : left + columns], label)
        shown += 1
    return sheet[: -(-shown // across) * height + _GAP, : min(shown, across) * width + _GAP].view(RenderedImage), shown


def _draw_picture(area: npt.NDArray[np.uint8], picture: RenderedImage) -> None:
    """Draw a picture in the middle of an area."""
    rows, columns = area.shape[:2]
    if picture.shape[0] > rows or picture.shape[1] > columns:
        picture = picture.resized((rows, columns))
    row, column = (rows - picture.shape[0]) // 2, (columns - picture.shape[1]) // 2
    target = area[row : row + picture.shape[0], column : column + picture.shape[1]]
    target[...] = picture[:, :, None] if area.ndim > picture.ndim else picture


def _draw_label(area: npt.NDArray[np.uint8], label: str) -> None:
    """Write a number in the middle of an area, as much of it as there is room for."""
    advance = 4 * _SCALE
    text = [_GLYPHS[character] for character in label if character in _GLYPHS][: area.shape[1] // advance]
    left = (area.shape[1] - len(text) * advance + _SCALE) // 2
    for index, glyph in enumerate(text):
        bits = np.array([int(bit) for bit in glyph], dtype=bool).reshape(5, 3).repeat(_SCALE, axis=0).repeat(_SCALE, axis=1)
        area[3 : 3 + bits.shape[0], left + index * advance :][:, : bits.shape[1]][bits] = _INK
