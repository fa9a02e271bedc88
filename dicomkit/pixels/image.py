"""Rendered pictures, in MONOCHROME2 or RGB whatever the image was (PS3.3 C.7.6.3.1.2)."""

from __future__ import annotations

import os
from typing import overload

import numpy as np

from dicomkit.encoding.atomic import write_file
from dicomkit.errors import PixelDataError
from dicomkit.pixels.descriptor import PhotometricInterpretation
from dicomkit.pixels.memory import within_memory
from dicomkit.pixels.resize import fit_size, resize

__all__ = ["RenderedImage"]


class RenderedImage(np.ndarray[tuple[int, ...], np.dtype[np.uint8]]):
    """A picture: a ``uint8`` array of shape ``(rows, columns)`` in grey or ``(rows, columns, 3)`` in RGB.

    It is an ``ndarray`` in every respect, and shows itself in a notebook.
    """

    @property
    def photometric_interpretation(self) -> PhotometricInterpretation:
        """RGB, or MONOCHROME2: 0 is black."""
        return PhotometricInterpretation.RGB if self.ndim == 3 else PhotometricInterpretation.MONOCHROME2

    @within_memory
    def resized(self, size: int | tuple[int, int], aspect: float = 1.0) -> RenderedImage:
        """Return the picture in another size.

        Parameters
        ----------
        size
            The longer side, or the rows and columns of a box to fit in.
        aspect
            Height of a pixel divided by its width, as it is now; in the result they are square.

        Raises
        ------
        PixelDataError
            If the array is no picture any more.
        ValueError
            If a side is not from 1 to 32768.
        """
        self._check()
        return resize(self, *fit_size(self.shape[0], self.shape[1], size, aspect)).view(RenderedImage)

    @overload
    def to_png(self) -> bytes: ...

    @overload
    def to_png(self, path: str | os.PathLike[str]) -> None: ...

    @within_memory
    def to_png(self, path: str | os.PathLike[str] | None = None) -> bytes | None:
        """Encode the picture as PNG.

        Parameters
        ----------
        path
            A file to write it to, instead of returning it; there is the whole picture then, or what was there before.

        Returns
        -------
        bytes or None
            The PNG file; None if it went to a path.

        Raises
        ------
        PixelDataError
            If the array is no picture any more: another type or shape came out of a calculation.
        TargetError
            If the file cannot be written.
        """
        self._check()
        import imagecodecs  # lazy: start-up

        png = bytes(imagecodecs.png_encode(np.ascontiguousarray(self)))
        if path is None:
            return png
        write_file(path, [png])
        return None

    def _check(self) -> None:
        if not self._is_picture():
            raise PixelDataError(f"an array of {self.dtype} and shape {self.shape} is no picture")

    def _is_picture(self) -> bool:
        return self.dtype == np.uint8 and self.size > 0 and (self.ndim == 2 or (self.ndim == 3 and self.shape[2] == 3))

    def _repr_png_(self) -> bytes | None:
        return self.to_png() if self._is_picture() else None
