"""Frames to 8-bit pictures: stored values, modality, VOI, presentation (PS3.3 C.7.6.3, C.11.1, C.11.2)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import numpy.typing as npt

from dicomkit.errors import PixelDataError
from dicomkit.pixels.color import scale_to_8_bits, ybr_to_rgb
from dicomkit.pixels.descriptor import PhotometricInterpretation, PixelDataDescriptor
from dicomkit.pixels.image import RenderedImage
from dicomkit.pixels.luts import LookupTable, ModalityTransform, PaletteColorLUT
from dicomkit.pixels.windows import VOILUTFunction, WindowSettings, read_window_settings

if TYPE_CHECKING:
    from dicomkit.pixels.frames import PixelData
    from dicomkit.pixels.unpack import Array

__all__ = ["PixelDataRenderer"]

Grey: TypeAlias = npt.NDArray[np.uint8]
_ToGrey: TypeAlias = "Callable[[Array], Grey]"

# A little more than a half: what is a tie by the formula stays one when floating point has come out a hair below it.
_HALF_UP = 0.5 + 1e-9
# Up to this size of a cell a table of all its values is smaller than most frames.
_LARGEST_TABLE_CELL = 2


class PixelDataRenderer:
    """Turns frames of an image into 8-bit pictures.

    Grey values are ``255 * y`` rounded half up, where ``y`` from 0 to 1 is what the window makes of a value; MONOCHROME1 shows 255
    minus that. The last table is kept from frame to frame.

    Parameters
    ----------
    pixel_data
        The frames.
    palette_color_lut
        The palette of PALETTE COLOR frames; by default the one of the data set they came from.
    """

    def __init__(self, pixel_data: PixelData, palette_color_lut: PaletteColorLUT | None = None) -> None:
        self.pixel_data = pixel_data
        self.palette_color_lut = palette_color_lut
        # The last table of grey values, and what it was made for.
        self._table: tuple[object, Grey] | None = None

    def render_frame(self, frame_index: int = 0, window: WindowSettings | None = None) -> RenderedImage:
        """Render a frame.

        Parameters
        ----------
        window
            For monochrome frames, in units of the modality (HU for CT); None for one that spans the frame's values. Palette and
            colour frames ignore it.

        Returns
        -------
        RenderedImage
            ``uint8``, of shape ``(rows, columns)`` for monochrome frames, ``(rows, columns, 3)`` in RGB for others.

        Raises
        ------
        PixelIndexError
            If there is no such frame.
        PixelDataError
            If the frame, or a table it needs, is damaged; :class:`NoCodecError` if it is compressed and nobody decodes it.
        MissingRequiredElementError
            If the palette is missing.
        """
        photometric_interpretation = self.pixel_data.descriptor.photometric_interpretation
        if photometric_interpretation.is_palette_color:
            return self.render_palette_color_frame(frame_index)
        if photometric_interpretation.is_color:
            return self.render_color_frame(frame_index)
        return self.render_monochrome_frame(frame_index, window)

    def render_frame_with_stored_window(self, frame_index: int = 0) -> RenderedImage:
        """Render a frame with the first window that is stored for it, else its first VOI LUT, else as :meth:`render_frame`."""
        data_set = self.pixel_data.data_set
        if data_set is None or self.pixel_data.descriptor.photometric_interpretation.is_color:
            return self.render_frame(frame_index)
        window = read_window_settings(data_set, frame_index)
        lut_item = None if window else data_set.first_sequence_item("VOILUTSequence")
        if lut_item is None:
            return self.render_frame(frame_index, window)
        frame, modality = self.pixel_data.frame(frame_index), self.pixel_data.modality_transform(frame_index)
        voi_lut = LookupTable.from_data_set(lut_item, "LUTDescriptor", "LUTData")
        largest = (1 << voi_lut.bits_per_entry) - 1
        return self._present(self._map_cells(frame, lambda stored: _to_grey(voi_lut.apply(modality.apply(stored)) / largest), voi_lut))

    def render_monochrome_frame(self, frame_index: int = 0, window: WindowSettings | None = None) -> RenderedImage:
        """Render a MONOCHROME1 or MONOCHROME2 frame; as :meth:`render_frame`, but raises :class:`PixelDataError` for any other."""
        self._check(self.pixel_data.descriptor.photometric_interpretation.is_monochrome, "monochrome")
        frame = self.pixel_data.frame(frame_index)
        modality = self.pixel_data.modality_transform(frame_index)
        if window is not None:
            return self._present(self._apply(frame, modality, window))
        if modality.lut is not None:
            return self._present(self._apply(frame, modality, _spanning_window(modality.apply(frame))))
        # Stored values: their differences are at least 1, those of rescaled values may be smaller than any window.
        grey = self._apply(frame, ModalityTransform(), _spanning_window(frame))
        return self._present(255 - grey if modality.slope < 0 else grey)

    def render_color_frame(self, frame_index: int = 0) -> RenderedImage:
        """Render a frame of three samples in RGB; as :meth:`render_frame`, but raises :class:`PixelDataError` for any other."""
        descriptor = self.pixel_data.descriptor
        self._check(descriptor.samples_per_pixel == 3, "colour")
        if descriptor.is_signed:
            raise PixelDataError("colour samples are signed (PS3.3 C.7.6.3.1.2)")
        samples = scale_to_8_bits(self.pixel_data.frame(frame_index), descriptor.bits_stored)
        rgb = ybr_to_rgb(samples, descriptor.photometric_interpretation)
        # A copy of its own, so that a picture never changes with the buffer.
        return np.array(rgb, order="C").view(RenderedImage)

    def render_palette_color_frame(self, frame_index: int = 0) -> RenderedImage:
        """Render a PALETTE COLOR frame in RGB; as :meth:`render_frame`, but raises :class:`PixelDataError` for any other."""
        self._check(self.pixel_data.descriptor.photometric_interpretation.is_palette_color, "palette colour")
        if self.palette_color_lut is None:
            if self.pixel_data.data_set is None:
                raise PixelDataError("a PALETTE COLOR frame needs a palette")
            self.palette_color_lut = PaletteColorLUT.from_data_set(self.pixel_data.data_set)
        return self.palette_color_lut.apply(self.pixel_data.frame(frame_index)).view(RenderedImage)

    def _check(self, is_right: bool, kind: str) -> None:
        if not is_right:
            raise PixelDataError(f"{self.pixel_data.descriptor.photometric_interpretation} frames are not {kind}")

    def _apply(self, frame: Array, modality: ModalityTransform, window: WindowSettings) -> Grey:
        def to_grey(stored: Array) -> Grey:
            # Absurd slopes and stored infinities overflow; they end at one side of the window.
            with np.errstate(over="ignore", invalid="ignore"):
                return _to_grey(window.apply(modality.apply(stored)))

        return self._map_cells(frame, to_grey, (modality, window))

    def _map_cells(self, frame: Array, to_grey: _ToGrey, key: object) -> Grey:
        """Map each cell of a frame: by a table of all the values a cell can have if there are few, kept as long as ``key`` is equal."""
        if frame.itemsize > _LARGEST_TABLE_CELL:
            return to_grey(frame)
        kept = self._table
        if kept is None or kept[0] != key:
            self._table = kept = key, to_grey(_all_values(self.pixel_data.descriptor))
        return np.take(kept[1], frame.view(f"u{frame.itemsize}"))

    def _present(self, grey: Grey) -> RenderedImage:
        is_inverted = self.pixel_data.descriptor.photometric_interpretation is PhotometricInterpretation.MONOCHROME1
        return (255 - grey if is_inverted else grey).view(RenderedImage)


def _all_values(descriptor: PixelDataDescriptor) -> Array:
    """All values that stored bits can express, in the order of their cells read as unsigned numbers."""
    if not descriptor.is_signed:
        return np.arange(descriptor.max_possible_value + 1, dtype=descriptor.dtype)
    # Negative values have their signs extended: all that a cell can express.
    return np.arange(1 << descriptor.bytes_per_sample * 8, dtype=f"u{descriptor.bytes_per_sample}").view(descriptor.dtype)


def _spanning_window(values: Array) -> WindowSettings:
    """The window of a frame that brings none: from its smallest to its largest value."""
    if values.dtype.kind == "f":
        finite = values[np.isfinite(values)]
        values = finite if finite.size else np.zeros(1)
    low, high = float(values.min()), float(values.max())
    if values.dtype.kind == "f":  # real numbers may lie closer together than a LINEAR window can tell
        return WindowSettings((low + high) / 2, high - low, function=VOILUTFunction.LINEAR_EXACT)
    return WindowSettings((low + high) / 2, max(1.0, high - low))


def _to_grey(display: npt.NDArray[np.float64]) -> Grey:
    """0.0 to 1.0 in 256 steps, rounded half up; what is not a number is black."""
    steps = np.floor(np.clip(display, 0.0, 1.0) * 255.0 + _HALF_UP)
    grey: Grey = np.nan_to_num(steps).astype(np.uint8)
    return grey
