"""What a file says of its image (PS3.3 C.7.6.3, C.11); the rooms of :mod:`dicomkit.pixels` do the work, and are imported when asked."""

from __future__ import annotations

from functools import cache

TYPE_CHECKING = False  # typing's own costs 8 ms at start-up
if TYPE_CHECKING:
    from types import ModuleType

    from dicomkit.dataset import DataSet
    from dicomkit.pixels import (
        VOILUT,
        Overlay,
        PaletteColorLUT,
        PhotometricInterpretation,
        PixelData,
        PixelDataDescriptor,
        PixelRange,
        RenderedImage,
        WindowSettings,
    )
    from dicomkit.transfer_syntax import TransferSyntax

__all__ = ["ImageShortcuts"]


class ImageShortcuts:
    """The image of a data set that is encoded in a transfer syntax: shortcuts to :mod:`dicomkit.pixels.image_access`."""

    __slots__ = ()

    data_set: DataSet
    transfer_syntax: TransferSyntax

    def pixel_data(self) -> PixelData | None:
        """Return the frames; None if there is no pixel data.

        Raises
        ------
        MissingRequiredElementError
            If there is pixel data, but not the attributes to understand it.
        PixelDataError
            If attributes and data contradict each other.
        """
        return _image().pixel_data(self.data_set, self.transfer_syntax)  # type: ignore[no-any-return]

    def pixel_data_descriptor(self) -> PixelDataDescriptor | None:
        """Return shape, depth and meaning of the pixel data; None if there is none."""
        return _image().pixel_data_descriptor(self.data_set)  # type: ignore[no-any-return]

    def pixel_range(self, frame_index: int = 0) -> PixelRange | None:
        """Return the smallest and largest stored value of a frame; None if there is no pixel data."""
        return _image().pixel_range(self.data_set, self.transfer_syntax, frame_index)  # type: ignore[no-any-return]

    @property
    def image_rows(self) -> int | None:
        """Rows (0028,0010)."""
        return self.data_set.uint16("Rows")

    @property
    def image_columns(self) -> int | None:
        """Columns (0028,0011)."""
        return self.data_set.uint16("Columns")

    @property
    def number_of_frames(self) -> int:
        """Number of Frames (0028,0008), 1 where it is absent or empty."""
        return _image().number_of_frames(self.data_set)  # type: ignore[no-any-return]

    @property
    def is_multi_frame(self) -> bool:
        """Whether there is more than one frame."""
        return self.number_of_frames > 1

    @property
    def photometric_interpretation(self) -> PhotometricInterpretation | None:
        """Photometric Interpretation (0028,0004)."""
        return _image().photometric_interpretation(self.data_set)  # type: ignore[no-any-return]

    @property
    def is_monochrome(self) -> bool:
        """Whether a pixel is one grey value."""
        return _image().is_monochrome(self.data_set)  # type: ignore[no-any-return]

    @property
    def is_color(self) -> bool:
        """Whether a pixel is a colour, by a palette or of its own."""
        return _image().is_color(self.data_set)  # type: ignore[no-any-return]

    @property
    def is_palette_color(self) -> bool:
        """Whether a pixel is an index into a palette."""
        return _image().is_palette_color(self.data_set)  # type: ignore[no-any-return]

    def palette_color_lut(self) -> PaletteColorLUT | None:
        """Return the palette; None if there is none."""
        return _image().palette_color_lut(self.data_set)  # type: ignore[no-any-return]

    def window_settings(self, frame_index: int = 0) -> WindowSettings | None:
        """Return the first stored window of a frame; None if there is none."""
        return _image().window_settings(self.data_set, frame_index)  # type: ignore[no-any-return]

    def all_window_settings(self, frame_index: int = 0) -> list[WindowSettings]:
        """Return all stored windows of a frame."""
        return _image().all_window_settings(self.data_set, frame_index)  # type: ignore[no-any-return]

    def rescale_slope(self) -> float:
        """Return Rescale Slope (0028,1053), 1.0 where it is absent."""
        return _image().rescale_slope(self.data_set)  # type: ignore[no-any-return]

    def rescale_intercept(self) -> float:
        """Return Rescale Intercept (0028,1052), 0.0 where it is absent."""
        return _image().rescale_intercept(self.data_set)  # type: ignore[no-any-return]

    def rescale(self, stored_value: float) -> float:
        """Return Rescale Slope times a value plus Rescale Intercept: HU in a CT image."""
        return _image().rescale(self.data_set, stored_value)  # type: ignore[no-any-return]

    def render_frame(
        self,
        frame_index: int = 0,
        window: WindowSettings | VOILUT | str | tuple[float, float] | None = None,
        *,
        size: int | tuple[int, int] | None = None,
        overlays: bool = False,
    ) -> RenderedImage:
        """Return a frame as it would be displayed, 8 bits a sample.

        Parameters
        ----------
        frame_index
            Which frame, from 0.
        window
            VOI window or table for monochrome frames; center and width; or the name of one: a stored explanation, or a preset such as
            ``"lung"``. By default the range of the frame's values. Colour ignores it.
        size
            The longer side in pixels, or rows and columns to fit into; pixels become square. By default the frame's own pixels, square or
            not.
        overlays
            Whether to draw the overlay planes (PS3.3 C.9.2).

        Raises
        ------
        MissingRequiredElementError
            If there is no pixel data, or not the attributes to understand it.
        PixelDataError
            If attributes and data contradict each other, or no window has that name.
        NoCodecError
            If the pixel data is compressed and no codec for it is installed.
        """
        return _image().render_frame(  # type: ignore[no-any-return]
            self.data_set, self.transfer_syntax, frame_index, window, size=size, overlays=overlays
        )

    def render_frame_with_stored_window(
        self, frame_index: int = 0, *, size: int | tuple[int, int] | None = None, overlays: bool = False
    ) -> RenderedImage:
        """Return a frame through the first stored window, or as :meth:`render_frame` where there is none."""
        return _image().render_frame_with_stored_window(  # type: ignore[no-any-return]
            self.data_set, self.transfer_syntax, frame_index, size=size, overlays=overlays
        )

    def overlays(self) -> list[Overlay]:
        """Return the overlay planes of the 60xx groups, also those in unused bits of native pixels (PS3.3 C.9.2).

        A group whose plane is not there, as de-identification leaves it, gives none, and a :class:`DICOMWarning`.
        """
        return _image().overlays(self.data_set, self.transfer_syntax)  # type: ignore[no-any-return]

    def icon(self) -> PixelData | None:
        """Return the image of Icon Image Sequence (0088,0200); None if there is none (PS3.3 F.7)."""
        return _image().icon(self.data_set, self.transfer_syntax)  # type: ignore[no-any-return]


@cache
def _image() -> ModuleType:
    from dicomkit.pixels import image_access  # lazy: start-up (it imports NumPy)

    return image_access
