"""The pictures of a list, one after the other: each file is read once, and forgotten (PS3.3 C.7.6.3)."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from dicomkit.cli.entry import describe_problem
from dicomkit.errors import DICOMError, MissingRequiredElementError
from dicomkit.file import read
from dicomkit.pixels import PixelDataRenderer, RenderedImage, VOILUTFunction, WindowSettings
from dicomkit.pixels.resize import LARGEST_SIZE, fit_size, pixel_aspect_ratio, resize
from dicomkit.pixels.voi import read_voi_luts
from dicomkit.pixels.windows import read_all_window_settings

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from dicomkit.cli.picture_list import Picture
    from dicomkit.dataset import DataSet
    from dicomkit.encoding.options import ReadOptions

__all__ = ["Look", "PictureReader", "choose_evenly", "with_film_window"]

# So many frames of a film are asked for the range of its values.
_SAMPLES = 16
# Pixels that are square but for this are shown as they are: nobody sees it, and stretching blurs.
_SQUARE = 0.01


@dataclass(frozen=True, slots=True)
class Look:
    """How frames are rendered.

    Attributes
    ----------
    window
        Center and width, a name, ``auto`` for the range of each frame's values, or None for the stored window.
    size
        The longer side; None for as many pixels as are stored, or more in one direction to make them square.
    overlays
        Whether overlays are drawn.
    is_square
        Whether pixels become square.
    """

    window: WindowSettings | str | None = None
    size: int | None = None
    overlays: bool = False
    is_square: bool = True

    def render(self, renderer: PixelDataRenderer, frame_index: int) -> RenderedImage:
        """Render a frame; raises as :meth:`PixelDataRenderer.render_frame`."""
        if self.window is None:
            picture = renderer.render_frame_with_stored_window(frame_index, overlays=self.overlays)
        else:
            picture = renderer.render_frame(frame_index, None if self.window == "auto" else self.window, overlays=self.overlays)
        return resize(picture, *self.shape(renderer, frame_index)).view(RenderedImage)

    def shape(self, renderer: PixelDataRenderer, frame_index: int) -> tuple[int, int]:
        """Return the rows and columns of the picture that a frame becomes."""
        pixel_data = renderer.pixel_data
        rows, columns = pixel_data.descriptor.rows, pixel_data.descriptor.columns
        aspect = 1.0
        if self.is_square:
            aspect = pixel_aspect_ratio(pixel_data.data_set, frame_index, groups=pixel_data.functional_groups)
        if self.size is not None:
            return fit_size(rows, columns, self.size, aspect)
        if abs(aspect - 1) < _SQUARE:
            return rows, columns
        shape = (round(rows * aspect), columns) if aspect > 1 else (rows, round(columns / aspect))
        return shape if max(shape) <= LARGEST_SIZE else fit_size(rows, columns, LARGEST_SIZE, aspect)


class PictureReader:
    """Renders the pictures of a list; what cannot be is left out, and said in ``problems``."""

    def __init__(self, options: ReadOptions) -> None:
        self.problems: list[str] = []
        self._options = options
        self._last: tuple[str, PixelDataRenderer | None] | None = None

    def render(self, pictures: Sequence[Picture], look: Look) -> Iterator[tuple[RenderedImage, Picture, DataSet]]:
        """Yield each picture with what it is, and the data set it is of."""
        for picture in pictures:
            renderer = self._open(picture.path)
            if renderer is None or renderer.pixel_data.data_set is None:
                continue
            try:
                yield look.render(renderer, picture.frame_index), picture, renderer.pixel_data.data_set
            except DICOMError as error:
                self.problems.append(describe_problem(picture.path, error))
                self._last = picture.path, None     # one line a file is enough

    def shapes(self, pictures: Iterable[Picture], look: Look) -> dict[str, tuple[int, int]]:
        """Return the rows and columns of pictures by the files they are of, by their first; none of those that cannot be read."""
        first: dict[str, Picture] = {}
        for picture in pictures:
            first.setdefault(picture.path, picture)
        found: dict[str, tuple[int, int]] = {}
        for path, picture in first.items():
            renderer = self._open(path)
            if renderer is None:
                continue
            try:
                found[path] = look.shape(renderer, picture.frame_index)
            except DICOMError as error:
                self.problems.append(describe_problem(path, error))
        return found

    def value_range(self, pictures: Sequence[Picture]) -> tuple[float, float] | None:
        """Return the smallest and largest value of frames after the modality transformation.

        None if one is no grey frame, or there is no value.
        """
        ends: list[float] = []
        for picture in pictures:
            renderer = self._open(picture.path)
            if renderer is None:
                continue
            pixel_data = renderer.pixel_data
            data_set = pixel_data.data_set
            if not pixel_data.descriptor.photometric_interpretation.is_monochrome or data_set is None:
                return None
            try:
                frame = pixel_data.frame(picture.frame_index)
                if pixel_data.pixel_padding is not None:
                    frame = frame[~pixel_data.pixel_padding.mask(frame)]
                values = pixel_data.modality_transform(picture.frame_index).apply(frame)
                values = values[np.isfinite(values)]
            except (DICOMError, MemoryError):
                continue    # said when it is rendered
            ends += [float(values.min()), float(values.max())] if values.size else []
        return (min(ends), max(ends)) if ends else None

    def has_stored_window(self, picture: Picture) -> bool:
        """Whether a frame has a window or a VOI LUT of its own, or cannot be shown; elements that are there and empty are none."""
        renderer = self._open(picture.path)
        data_set = None if renderer is None else renderer.pixel_data.data_set
        if renderer is None or data_set is None:
            return True
        groups = renderer.pixel_data.functional_groups
        try:
            windows = read_all_window_settings(data_set, picture.frame_index, groups=groups)
            return bool(windows or read_voi_luts(data_set, picture.frame_index, groups=groups))
        except DICOMError:
            return True     # said when it is rendered

    def _open(self, path: str) -> PixelDataRenderer | None:
        if self._last is None or self._last[0] != path:
            renderer = None
            try:
                pixel_data = read(path, self._options).pixel_data()
                if pixel_data is None:
                    raise MissingRequiredElementError("PixelData", "rendering")
                renderer = PixelDataRenderer(pixel_data)
            except DICOMError as error:
                problem = describe_problem(path, error)
                if problem not in self.problems:
                    self.problems.append(problem)
            self._last = path, renderer
        return self._last[1]


def with_film_window(look: Look, reader: PictureReader, pictures: Sequence[Picture]) -> Look:
    """Return the same look for a film: where each frame would get a window that spans its values, one for all, or it would flicker."""
    if look.window not in (None, "auto"):
        return look
    samples = choose_evenly(pictures, _SAMPLES)
    if look.window is None and all(map(reader.has_stored_window, samples)):
        return look
    ends = reader.value_range(samples)
    if ends is None or ends[0] == ends[1]:
        return look
    low, high = ends
    if not (math.isfinite(low + high) and math.isfinite(high - low)):   # of the largest numbers there are: each frame can scale its own
        return look
    return replace(look, window=WindowSettings((low + high) / 2, high - low, function=VOILUTFunction.LINEAR_EXACT))


def choose_evenly(pictures: Sequence[Picture], most: int) -> Sequence[Picture]:
    """Return at most so many pictures, at equal distances, with the first and, of more than one, the last."""
    if len(pictures) <= most:
        return pictures
    step = (len(pictures) - 1) / max(most - 1, 1)
    return [pictures[round(index * step)] for index in range(most)]
