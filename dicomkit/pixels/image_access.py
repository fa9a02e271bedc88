"""What a file offers as shortcuts to its image: functions of a data set and its transfer syntax.

Those that describe return None where the data set has no such attribute. Those that need pixels return None, or raise
:class:`MissingRequiredElementError` if they render, where it has no pixel data. What is there but damaged raises :class:`PixelDataError`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicomkit.errors import MissingRequiredElementError
from dicomkit.pixels.descriptor import PhotometricInterpretation, PixelDataDescriptor, PixelIndexError, read_number_of_frames
from dicomkit.pixels.modality import ModalityTransform
from dicomkit.pixels.numbers import to_integer
from dicomkit.pixels.overlays import read_overlays
from dicomkit.pixels.palette import PaletteColorLUT
from dicomkit.pixels.render import PixelDataRenderer
from dicomkit.pixels.sources import find_pixel_data, find_pixel_data_element, read_pixel_data
from dicomkit.pixels.windows import WindowSettings, read_all_window_settings, read_window_settings
from dicomkit.transfer_syntax import EXPLICIT_VR_LITTLE_ENDIAN

if TYPE_CHECKING:
    from dicomkit.dataset import DataSet
    from dicomkit.pixels.frames import PixelData, PixelRange
    from dicomkit.pixels.image import RenderedImage
    from dicomkit.pixels.overlays import Overlay
    from dicomkit.pixels.voi import WindowChoice
    from dicomkit.transfer_syntax import TransferSyntax

__all__ = [
    "all_window_settings",
    "icon",
    "image_columns",
    "image_rows",
    "is_color",
    "is_monochrome",
    "is_multi_frame",
    "is_palette_color",
    "number_of_frames",
    "overlays",
    "palette_color_lut",
    "photometric_interpretation",
    "pixel_data",
    "pixel_data_descriptor",
    "pixel_range",
    "render_frame",
    "render_frame_with_stored_window",
    "rescale",
    "rescale_intercept",
    "rescale_slope",
    "window_settings",
]


def pixel_data(data_set: DataSet, transfer_syntax: TransferSyntax) -> PixelData | None:
    """Return the frames; None if there is no pixel data.

    Raises
    ------
    MissingRequiredElementError
        If there is pixel data, but not the attributes to understand it.
    PixelDataError
        If attributes and data contradict each other.
    """
    return find_pixel_data(data_set, transfer_syntax)


def pixel_data_descriptor(data_set: DataSet) -> PixelDataDescriptor | None:
    """Return shape, depth and meaning of the pixel data; None if there is none. Raises as :func:`pixel_data`."""
    return None if find_pixel_data_element(data_set) is None else PixelDataDescriptor.from_data_set(data_set)


def pixel_range(data_set: DataSet, transfer_syntax: TransferSyntax, frame_index: int = 0) -> PixelRange | None:
    """Return the smallest and largest stored value of a frame; None if there is no pixel data. Raises as ``PixelData.frame``."""
    found = pixel_data(data_set, transfer_syntax)
    return None if found is None else found.pixel_range(frame_index)


def image_rows(data_set: DataSet) -> int | None:
    """Return Rows (0028,0010)."""
    return data_set.uint16("Rows")


def image_columns(data_set: DataSet) -> int | None:
    """Return Columns (0028,0011)."""
    return data_set.uint16("Columns")


def number_of_frames(data_set: DataSet) -> int:
    """Return Number of Frames (0028,0008), 1 where it is absent or empty; raises :class:`PixelDataError` if it is no number."""
    return read_number_of_frames(data_set)


def is_multi_frame(data_set: DataSet) -> bool:
    """Return whether there is more than one frame; raises as :func:`number_of_frames`."""
    return read_number_of_frames(data_set) > 1


def photometric_interpretation(data_set: DataSet) -> PhotometricInterpretation | None:
    """Return Photometric Interpretation (0028,0004); raises :class:`PixelDataError` if it is none of the Standard's."""
    text = data_set.string("PhotometricInterpretation")
    return PhotometricInterpretation.parse(text) if text else None


def is_monochrome(data_set: DataSet) -> bool:
    """Return whether a pixel is one grey value; raises as :func:`photometric_interpretation`."""
    photometric = photometric_interpretation(data_set)
    return photometric is not None and photometric.is_monochrome


def is_color(data_set: DataSet) -> bool:
    """Return whether a pixel is a colour, by a palette or of its own; raises as :func:`photometric_interpretation`."""
    photometric = photometric_interpretation(data_set)
    return photometric is not None and photometric.is_color


def is_palette_color(data_set: DataSet) -> bool:
    """Return whether a pixel is an index into a palette; raises as :func:`photometric_interpretation`."""
    return photometric_interpretation(data_set) is PhotometricInterpretation.PALETTE_COLOR


def palette_color_lut(data_set: DataSet) -> PaletteColorLUT | None:
    """Return the palette; None if there is none. Raises as ``PaletteColorLUT.from_data_set``."""
    return PaletteColorLUT.from_data_set(data_set) if "RedPaletteColorLookupTableDescriptor" in data_set else None


def window_settings(data_set: DataSet, frame_index: int = 0) -> WindowSettings | None:
    """Return the first stored window of a frame; None if there is none.

    Raises
    ------
    PixelDataError
        If it is not made of numbers.
    PixelIndexError
        If there is no such frame.
    """
    _check_frame_index(data_set, frame_index)
    return read_window_settings(data_set, frame_index)


def all_window_settings(data_set: DataSet, frame_index: int = 0) -> list[WindowSettings]:
    """Return all stored windows of a frame; raises as :func:`window_settings`."""
    _check_frame_index(data_set, frame_index)
    return read_all_window_settings(data_set, frame_index)


def rescale_slope(data_set: DataSet, frame_index: int = 0) -> float:
    """Return Rescale Slope (0028,1053), 1.0 where it is absent; raises :class:`PixelDataError` if it is no number."""
    return ModalityTransform.from_data_set(data_set, frame_index, with_lut=False).slope


def rescale_intercept(data_set: DataSet, frame_index: int = 0) -> float:
    """Return Rescale Intercept (0028,1052), 0.0 where it is absent; raises :class:`PixelDataError` if it is no number."""
    return ModalityTransform.from_data_set(data_set, frame_index, with_lut=False).intercept


def rescale(data_set: DataSet, stored_value: float, frame_index: int = 0) -> float:
    """Return Rescale Slope times a value plus Rescale Intercept: HU in a CT image; raises as :func:`rescale_slope`."""
    transform = ModalityTransform.from_data_set(data_set, frame_index, with_lut=False)
    return transform.slope * stored_value + transform.intercept


def overlays(data_set: DataSet, transfer_syntax: TransferSyntax) -> list[Overlay]:
    """Return the overlays, those in unused bits of native pixels as well; raises :class:`PixelDataError` if one is not sound.

    One without data is left out, with a :class:`DICOMWarning`.
    """
    found = pixel_data(data_set, transfer_syntax)
    return read_overlays(data_set) if found is None else found.overlays()


def icon(data_set: DataSet, transfer_syntax: TransferSyntax) -> PixelData | None:
    """Return the pixels of Icon Image Sequence (PS3.3 F.7), a small picture of the image; None if there is none.

    Raises as :func:`pixel_data`.
    """
    item = data_set.first_sequence_item("IconImageSequence")
    if item is None or "PixelData" not in item:
        return None
    # The icon of a compressed image may be native (PS3.5 A.4): it is what its length says.
    is_native = transfer_syntax.is_encapsulated and not item["PixelData"].has_undefined_length
    return read_pixel_data(item, EXPLICIT_VR_LITTLE_ENDIAN if is_native else transfer_syntax)


def render_frame(
    data_set: DataSet,
    transfer_syntax: TransferSyntax,
    frame_index: int = 0,
    window: WindowChoice | None = None,
    *,
    size: int | tuple[int, int] | None = None,
    overlays: bool = False,
) -> RenderedImage:
    """Render a frame; see ``PixelDataRenderer.render_frame``."""
    return _renderer(data_set, transfer_syntax).render_frame(frame_index, window, size=size, overlays=overlays)


def render_frame_with_stored_window(
    data_set: DataSet,
    transfer_syntax: TransferSyntax,
    frame_index: int = 0,
    *,
    size: int | tuple[int, int] | None = None,
    overlays: bool = False,
) -> RenderedImage:
    """Render a frame with its stored window; see ``PixelDataRenderer.render_frame_with_stored_window``."""
    return _renderer(data_set, transfer_syntax).render_frame_with_stored_window(frame_index, size=size, overlays=overlays)


def _check_frame_index(data_set: DataSet, frame_index: int) -> None:
    """Raise unless there is such a frame. The first always is: where there is no image, too, a data set may have windows."""
    index = to_integer(frame_index, "frame_index")
    if index:
        frames = read_number_of_frames(data_set)
        if not 0 < index < frames:
            raise PixelIndexError(f"frame {index} is not one of {frames}, counted from 0")


def _renderer(data_set: DataSet, transfer_syntax: TransferSyntax) -> PixelDataRenderer:
    found = pixel_data(data_set, transfer_syntax)
    if found is None:
        raise MissingRequiredElementError("PixelData", "rendering")
    return PixelDataRenderer(found)
