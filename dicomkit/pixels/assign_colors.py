"""What the samples of an array mean that is set: what those meant that were there, where it can be the same (PS3.3 C.7.6.3.1.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicomkit.errors import DICOMError, PixelDataError
from dicomkit.pixels.descriptor import PhotometricInterpretation, PixelDataDescriptor
from dicomkit.pixels.palette import has_supplemental_palette
from dicomkit.pixels.sources import find_pixel_data

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from dicomkit.dataset import DataSet
    from dicomkit.transfer_syntax import TransferSyntax

__all__ = ["choose_photometric_interpretation", "keeps_palette"]

# What native pixel data can be without resampling; the others exist in compressed data only, or share chroma samples.
_NATIVE = (
    PhotometricInterpretation.MONOCHROME1,
    PhotometricInterpretation.MONOCHROME2,
    PhotometricInterpretation.PALETTE_COLOR,
    PhotometricInterpretation.RGB,
    PhotometricInterpretation.YBR_FULL,
)
_YBR = (
    PhotometricInterpretation.YBR_FULL,
    PhotometricInterpretation.YBR_FULL_422,
    PhotometricInterpretation.YBR_PARTIAL_422,
    PhotometricInterpretation.YBR_PARTIAL_420,
)
_COLOR_SAMPLES = 3


def choose_photometric_interpretation(
    pixels: npt.NDArray[np.generic], data_set: DataSet, transfer_syntax: TransferSyntax, wanted: str | None
) -> PhotometricInterpretation:
    """Say what the samples mean: what the caller says; or those of the old image, if there are as many of the same type; or grey or RGB.

    Raises
    ------
    PixelDataError
        If they are to be what an array of pixels cannot be.
    """
    if wanted is not None:
        return _native(PhotometricInterpretation.parse(wanted))
    old = _describe_old(data_set)
    if pixels.ndim >= 3 and pixels.shape[-1] == _COLOR_SAMPLES and pixels.dtype.kind in "iu":
        if old is not None and old.photometric_interpretation in _YBR and _has_type_of(pixels, old):
            return _colors_of_array(old, data_set, transfer_syntax)
        return PhotometricInterpretation.RGB
    if old is not None and old.photometric_interpretation.is_palette_color and _has_type_of(pixels, old):
        return PhotometricInterpretation.PALETTE_COLOR
    stood = data_set.string("PhotometricInterpretation")
    return PhotometricInterpretation.MONOCHROME1 if stood == "MONOCHROME1" else PhotometricInterpretation.MONOCHROME2


def keeps_palette(pixels: npt.NDArray[np.generic], data_set: DataSet, photometric: PhotometricInterpretation) -> bool:
    """Whether the palette that is there is one for the new pixels: of indices, or a supplemental one of the same stored values."""
    if photometric.is_palette_color:
        return True
    old = _describe_old(data_set)
    return photometric.is_monochrome and old is not None and has_supplemental_palette(data_set) and _has_type_of(pixels, old)


def _native(photometric: PhotometricInterpretation) -> PhotometricInterpretation:
    if photometric not in _NATIVE:
        raise PixelDataError(f"{photometric} has no place in an array of pixels: give them as YBR_FULL or RGB, and say which")
    return photometric


def _describe_old(data_set: DataSet) -> PixelDataDescriptor | None:
    try:
        return PixelDataDescriptor.from_data_set(data_set)
    except DICOMError:  # there were no pixels, or none that anybody could have read
        return None


def _has_type_of(pixels: npt.NDArray[np.generic], old: PixelDataDescriptor) -> bool:
    """Whether a pixel is what it was: ``old.dtype`` is native, and the array's may be big endian."""
    return pixels.dtype.newbyteorder("=") == old.dtype


def _colors_of_array(old: PixelDataDescriptor, data_set: DataSet, transfer_syntax: TransferSyntax) -> PhotometricInterpretation:
    """Say what ``array()`` gives: samples as they are stored, of 4:2:2 one chroma a pixel; or RGB, if the decoder made that of them."""
    colors = old.photometric_interpretation
    if transfer_syntax.is_encapsulated:
        try:
            pixel_data = find_pixel_data(data_set, transfer_syntax)
            colors = PhotometricInterpretation.RGB if pixel_data is None else pixel_data.photometric_interpretation(0)
        except DICOMError:  # nobody could have got an array of what cannot be decoded
            colors = PhotometricInterpretation.RGB
    return _native(PhotometricInterpretation.YBR_FULL if colors is PhotometricInterpretation.YBR_FULL_422 else colors)
