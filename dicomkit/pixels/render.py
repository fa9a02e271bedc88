"""Frames to 8-bit pictures: stored values, modality, VOI, presentation (PS3.3 C.7.6.3, C.11.1, C.11.2, C.11.6)."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from dicomkit.errors import PixelDataError
from dicomkit.pixels.color import show_colors
from dicomkit.pixels.grey import LARGEST_TABLE_CELL, Grey, GreyPipeline, GreyTable
from dicomkit.pixels.image import RenderedImage
from dicomkit.pixels.memory import within_memory
from dicomkit.pixels.modality import ModalityTransform
from dicomkit.pixels.overlays import draw_overlays
from dicomkit.pixels.palette import PaletteColorLUT, expand_palette, has_supplemental_palette
from dicomkit.pixels.presentation import Presentation, read_presentation
from dicomkit.pixels.resize import pixel_aspect_ratio
from dicomkit.pixels.voi import VOI, WindowChoice, find_named_window, read_voi_luts, to_voi
from dicomkit.pixels.windows import VOILUTFunction, WindowSettings, read_all_window_settings

if TYPE_CHECKING:
    import numpy.typing as npt

    from dicomkit.pixels.frames import PixelData
    from dicomkit.pixels.unpack import Array

__all__ = ["PixelDataRenderer"]

_LARGEST_FLOAT, _QUARTER = sys.float_info.max, 0.25


class PixelDataRenderer:
    """Turns frames of an image into 8-bit pictures.

    Grey values are ``255 * y`` rounded half up, where ``y`` from 0 to 1 is what the window makes of a value; MONOCHROME1 shows 255
    minus that, padding is black. The last table is kept from frame to frame.

    Parameters
    ----------
    pixel_data
        The frames.
    palette_color_lut
        The palette of PALETTE COLOR frames; by default the one of the data set they came from.

    Raises
    ------
    TypeError
        If it is given something else than frames.
    """

    def __init__(self, pixel_data: PixelData, palette_color_lut: PaletteColorLUT | None = None) -> None:
        if not hasattr(pixel_data, "modality_transform"):  # a file, or the None of one without pixel data
            raise TypeError(f"PixelDataRenderer renders what pixel_data() of a file returns, not {type(pixel_data).__name__}")
        self.pixel_data = pixel_data
        self.palette_color_lut = palette_color_lut
        # What was last made, for the next frame. Replaced, never changed, so that threads see whole ones.
        self._table: GreyTable | None = None
        self._last_pipeline: GreyPipeline | None = None
        self._colors: tuple[PaletteColorLUT, npt.NDArray[np.uint8]] | None = None
        self._stored_window: tuple[int, VOI | None] | None = None
        self._named_window: tuple[int, str, VOI] | None = None

    @within_memory
    def render_frame(
        self,
        frame_index: int = 0,
        window: WindowChoice | None = None,
        *,
        size: int | tuple[int, int] | None = None,
        overlays: bool = False,
    ) -> RenderedImage:
        """Render a frame.

        Parameters
        ----------
        window
            For monochrome frames: settings in units of the modality (HU for CT), or center and width; a VOI LUT; or the name of one, be
            it what the data set calls its own or a preset such as ``lung``; None for a window that spans the frame's values. Palette
            and colour frames ignore it.
        size
            The longer side of the picture, or the rows and columns of a box to fit in; its pixels are then square. None for the
            pixels as they are stored, square or not: :meth:`PixelData.natural_size` gives a size that makes them square.
        overlays
            Whether to draw overlays, in white. Without, whatever is wrong with them does not matter.

        Returns
        -------
        RenderedImage
            ``uint8``, of shape ``(rows, columns)`` for monochrome frames, ``(rows, columns, 3)`` in RGB for others.

        Raises
        ------
        PixelIndexError
            If there is no such frame.
        UnknownWindowError
            If there is no window of that name.
        PixelDataError
            If the frame, or a table it needs, is damaged; :class:`NoCodecError` if it is compressed and nobody decodes it.
        MissingRequiredElementError
            If the palette is missing.
        ValueError
            If the size is not from 1 to 32768.
        TypeError
            If window or size are something else.
        """
        photometric_interpretation = self.pixel_data.descriptor.photometric_interpretation
        if photometric_interpretation.is_palette_color:
            picture = self.render_palette_color_frame(frame_index)
        elif photometric_interpretation.is_color:
            picture = self.render_color_frame(frame_index)
        else:
            palette = self._find_supplemental_palette(frame_index)
            picture = self._render_grey(frame_index, window, palette)
            if palette is not None:
                picture = self._color_upper_values(picture, palette, frame_index)
        return self._finish(picture, frame_index, size, overlays)

    def render_frame_with_stored_window(
        self, frame_index: int = 0, *, size: int | tuple[int, int] | None = None, overlays: bool = False
    ) -> RenderedImage:
        """Render a frame with the first window that is stored for it, else its first VOI LUT, else as :meth:`render_frame`."""
        is_monochrome = self.pixel_data.descriptor.photometric_interpretation.is_monochrome
        window = self._find_stored_window(frame_index) if is_monochrome else None
        return self.render_frame(frame_index, window, size=size, overlays=overlays)

    @within_memory
    def render_monochrome_frame(self, frame_index: int = 0, window: WindowChoice | None = None) -> RenderedImage:
        """Render a MONOCHROME1 or MONOCHROME2 frame in grey, whatever palette it has; else as :meth:`render_frame`.

        Raises :class:`PixelDataError` for any other frame.
        """
        self._check(self.pixel_data.descriptor.photometric_interpretation.is_monochrome, "monochrome")
        return self._render_grey(frame_index, window, None)

    @within_memory
    def render_color_frame(self, frame_index: int = 0) -> RenderedImage:
        """Render a frame of three samples in RGB; as :meth:`render_frame`, but raises :class:`PixelDataError` for any other."""
        descriptor = self.pixel_data.descriptor
        self._check(descriptor.samples_per_pixel == 3, "colour")
        if descriptor.is_signed:
            raise PixelDataError("colour samples are signed (PS3.3 C.7.6.3.1.2)")
        samples, colors = self.pixel_data.frame(frame_index), self.pixel_data.photometric_interpretation(frame_index)
        # A copy of its own, so that a picture never changes with the buffer.
        return show_colors(samples, colors, descriptor.bits_stored).view(RenderedImage)

    @within_memory
    def render_palette_color_frame(self, frame_index: int = 0) -> RenderedImage:
        """Render a PALETTE COLOR frame in RGB; as :meth:`render_frame`, but raises :class:`PixelDataError` for any other."""
        self._check(self.pixel_data.descriptor.photometric_interpretation.is_palette_color, "palette colour")
        palette, frame = self._find_palette(), self.pixel_data.frame(frame_index)
        if frame.itemsize > LARGEST_TABLE_CELL:
            return palette.apply(frame).view(RenderedImage)
        kept = self._colors
        if kept is None or kept[0] is not palette:
            self._colors = kept = palette, palette.make_table(frame.dtype)
        return expand_palette(kept[1], frame).view(RenderedImage)

    def _check(self, is_right: bool, kind: str) -> None:
        if not is_right:
            raise PixelDataError(f"{self.pixel_data.descriptor.photometric_interpretation} frames are not {kind}")

    def _render_grey(self, frame_index: int, window: WindowChoice | None, palette: PaletteColorLUT | None) -> RenderedImage:
        """Grey of a frame; what a supplemental palette colours has a grey, too, but no say in the automatic window."""
        frame = self.pixel_data.frame(frame_index)
        modality = self.pixel_data.modality_transform(frame_index)
        if isinstance(window, str):
            window = self._find_named_window(window, frame_index, modality)
        if window is not None:
            pipeline = GreyPipeline(modality, to_voi(window), self._presentation, self.pixel_data.pixel_padding)
            return self._map_cells(frame, pipeline).view(RenderedImage)
        return self._render_whole_range(frame, modality, palette).view(RenderedImage)

    def _find_stored_window(self, frame_index: int) -> VOI | None:
        """The first window or VOI LUT of a frame: looked up once for all frames unless functional groups tell frames apart."""
        modality = self.pixel_data.modality_transform(frame_index)  # raises if there is no such frame
        data_set, groups = self.pixel_data.data_set, self.pixel_data.functional_groups
        key = frame_index if groups else 0
        kept = self._stored_window
        if kept is None or kept[0] != key:
            stored: list[VOI] = []
            if data_set is not None:
                stored += read_all_window_settings(data_set, frame_index, groups=groups)
                stored += [] if stored else read_voi_luts(data_set, frame_index, modality=modality, groups=groups)
            self._stored_window = kept = key, stored[0] if stored else None
        return kept[1]

    def _find_named_window(self, name: str, frame_index: int, modality: ModalityTransform) -> VOI:
        """The window or VOI LUT of a name, looked up as often as the stored one."""
        data_set, groups = self.pixel_data.data_set, self.pixel_data.functional_groups
        key = frame_index if groups else 0
        kept = self._named_window
        if kept is None or kept[:2] != (key, name):
            found = find_named_window(name, data_set, frame_index, modality=modality, groups=groups)
            self._named_window = kept = key, name, found
        return kept[2]

    def _find_palette(self) -> PaletteColorLUT:
        if self.palette_color_lut is None:
            if self.pixel_data.data_set is None:
                raise PixelDataError("a PALETTE COLOR frame needs a palette")
            self.palette_color_lut = PaletteColorLUT.from_data_set(self.pixel_data.data_set)
        return self.palette_color_lut

    @cached_property
    def _presentation(self) -> Presentation:
        return read_presentation(self.pixel_data.data_set, self.pixel_data.descriptor.photometric_interpretation)

    def _find_supplemental_palette(self, frame_index: int) -> PaletteColorLUT | None:
        data_set, groups = self.pixel_data.data_set, self.pixel_data.functional_groups
        is_colored = data_set is not None and has_supplemental_palette(data_set, frame_index, groups=groups)
        return self._find_palette() if is_colored else None

    def _render_whole_range(self, frame: Array, modality: ModalityTransform, palette: PaletteColorLUT | None) -> Grey:
        """Grey from the smallest to the largest value of a frame, without padding and what a supplemental palette colours."""
        padding = self.pixel_data.pixel_padding
        stored = _without(frame, padding.mask) if padding is not None else frame
        if palette is not None:
            stored = _without(stored, lambda values: values >= palette.first_mapped_value)
        if modality.lut is not None:
            low, high = _find_range(modality.apply(stored), (0, (1 << modality.lut.bits_per_entry) - 1))
            window = _spanning_window(low, high, is_real=True)
            return self._map_cells(frame, GreyPipeline(modality, window, self._presentation, padding))
        # Stored values: their differences are at least 1, those of rescaled values may be smaller than any window.
        presentation = self._presentation.inverted() if modality.slope < 0 else self._presentation
        descriptor = self.pixel_data.descriptor
        limits = None if descriptor.is_float else (descriptor.min_possible_value, descriptor.max_possible_value)
        low, high = _find_range(stored, limits)
        # Sum and difference of the largest numbers are none any more: those of quarters are, and the picture is the same.
        scale = _QUARTER if max(-low, high) > _QUARTER * _LARGEST_FLOAT else 1.0
        window = _spanning_window(low * scale, high * scale, is_real=descriptor.is_float)
        pipeline = GreyPipeline(ModalityTransform(scale), window, presentation, padding)
        if frame.itemsize > LARGEST_TABLE_CELL or frame.dtype.kind == "f":
            return pipeline.apply(frame)
        return _map_by_range(frame, pipeline)

    def _map_cells(self, frame: Array, pipeline: GreyPipeline) -> Grey:
        """Map each cell of a frame, by a table if cells can have few values.

        The first frame gets a table of the values it has; the second that is treated the same, one of all values, which is kept.
        """
        descriptor = self.pixel_data.descriptor
        if frame.itemsize > LARGEST_TABLE_CELL or descriptor.is_float:
            return pipeline.apply(frame)
        kept = self._table
        if kept is not None and kept.pipeline == pipeline:
            return kept.apply(frame)
        if self._last_pipeline == pipeline or frame.itemsize == 1:
            self._table = kept = GreyTable(pipeline, descriptor.min_possible_value, descriptor.max_possible_value, frame.dtype)
            return kept.apply(frame)
        self._last_pipeline = pipeline
        return _map_by_range(frame, pipeline)

    def _color_upper_values(self, picture: RenderedImage, palette: PaletteColorLUT, frame_index: int) -> RenderedImage:
        frame = self.pixel_data.frame(frame_index)
        is_colored = frame >= palette.first_mapped_value
        colored = np.repeat(np.asarray(picture)[:, :, None], 3, axis=2)
        colored[is_colored] = palette.apply(frame[is_colored])
        return colored.view(RenderedImage)

    def _finish(self, picture: RenderedImage, frame_index: int, size: int | tuple[int, int] | None, overlays: bool) -> RenderedImage:
        if overlays:
            picture = draw_overlays(picture, self.pixel_data.overlays(), frame_index).view(RenderedImage)
        if size is None:
            return picture
        aspect = pixel_aspect_ratio(self.pixel_data.data_set, frame_index, groups=self.pixel_data.functional_groups)
        return picture.resized(size, aspect)


def _map_by_range(frame: Array, pipeline: GreyPipeline) -> Grey:
    """Map the cells of a frame by a table of the values that it has."""
    return GreyTable(pipeline, int(frame.min()), int(frame.max()), frame.dtype).apply(frame)


def _without(frame: Array, mask: Callable[[Array], npt.NDArray[np.bool_]]) -> Array:
    """The values of a frame that are not masked, as a row; all of them if there are no others."""
    if not mask(np.array([frame.min(), frame.max()])).any():
        return frame  # what is masked in between changes neither end
    image = frame[~mask(frame)]
    return image if image.size else frame


def _find_range(values: Array, limits: tuple[int, int] | None) -> tuple[float, float]:
    """The smallest and the largest value of a frame.

    Values that are all the same have no range of their own: they are shown by their place between the limits, real numbers by theirs
    beside 0, so that an empty frame is black and a full one white.
    """
    if values.dtype.kind == "f":
        finite = values[np.isfinite(values)]
        values = finite if finite.size else np.zeros(1)
    low, high = float(values.min()), float(values.max())
    return (low, high) if low < high else limits or (min(0.0, low), max(0.0, high) or 1.0)


def _spanning_window(low: float, high: float, *, is_real: bool) -> WindowSettings:
    """The window of a frame that brings none: from its smallest to its largest value."""
    if is_real:     # numbers may lie closer together than a LINEAR window can tell
        return WindowSettings((low + high) / 2, high - low, function=VOILUTFunction.LINEAR_EXACT)
    return WindowSettings((low + high) / 2, max(1.0, high - low))
