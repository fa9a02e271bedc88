"""Colour spaces (PS3.3 C.7.6.3.1.2)."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from dicomkit._core.color import convert_ybr_to_rgb
from dicomkit.pixels.descriptor import PhotometricInterpretation
from dicomkit.pixels.memory import new_array
from dicomkit.pixels.unpack import Array, as_bytes

__all__ = ["scale_to_8_bits", "show_colors", "ybr_to_rgb"]

# YBR_ICT and YBR_RCT are transformations inside JPEG 2000: whoever decodes the codestream undoes them (PS3.5 8.2.4). Native data
# under their name comes from programs that decompressed and forgot to say RGB.
_FULL_RANGE = (PhotometricInterpretation.YBR_FULL, PhotometricInterpretation.YBR_FULL_422)
_PARTIAL_RANGE = (PhotometricInterpretation.YBR_PARTIAL_422, PhotometricInterpretation.YBR_PARTIAL_420)
_BYTE = 8
# Of red, green and blue by Y, CB and CR, as in the kernel; black and the absence of colour, in 256 parts of the whole range.
_FULL_MATRIX = np.array([[1, 0, 1.402], [1, -0.344136, -0.714136], [1, 1.772, 0]])
_PARTIAL_MATRIX = np.array([[1.164384, 0, 1.596027], [1.164384, -0.391762, -0.812968], [1.164384, 2.017232, 0]])
_FULL_ZERO, _PARTIAL_ZERO = np.array([0.0, 128.0, 128.0]), np.array([16.0, 128.0, 128.0])
# Pixels at a time, so that double precision costs a few megabytes at most.
_PIXELS = 1 << 16
# Factors have six decimals: what is a tie by the formula stays one when floating point has come out a hair below it.
_HALF_UP = 0.5 + 1e-7


def scale_to_8_bits(samples: Array, bits_stored: int) -> npt.NDArray[np.uint8]:
    """Show unsigned samples in 8 bits: the high byte of more, fewer stretched to 0 to 255. A copy, unless they are 8-bit already."""
    if bits_stored == 8:
        return samples.astype(np.uint8, copy=False)
    if bits_stored > 8:
        high_bytes: npt.NDArray[np.uint8] = np.right_shift(samples, bits_stored - 8).astype(np.uint8)
        return high_bytes
    largest = (1 << bits_stored) - 1
    return ((samples.astype(np.uint16) * 255 + largest // 2) // largest).astype(np.uint8)


def show_colors(
    samples: Array, photometric_interpretation: PhotometricInterpretation, bits_stored: int
) -> npt.NDArray[np.uint8]:
    """Show unsigned samples of any depth as R, G, B of 8 bits, in a new array; YBR is converted in the depth it has."""
    is_ybr = photometric_interpretation in _FULL_RANGE or photometric_interpretation in _PARTIAL_RANGE
    if not is_ybr or bits_stored == _BYTE:
        return ybr_to_rgb(scale_to_8_bits(samples, bits_stored), photometric_interpretation)
    is_partial_range = photometric_interpretation in _PARTIAL_RANGE
    matrix, zero = (_PARTIAL_MATRIX, _PARTIAL_ZERO) if is_partial_range else (_FULL_MATRIX, _FULL_ZERO)
    zero = zero * 2.0 ** (bits_stored - _BYTE)      # half of the full scale is no colour
    largest = math.floor(math.nextafter(2.0**bits_stored, 0))
    rgb = new_array(samples.shape, np.uint8).view(np.uint8)
    pixels, shown = samples.reshape(-1, 3), rgb.reshape(-1, 3)
    for start in range(0, len(pixels), _PIXELS):
        block = pixels[start : start + _PIXELS]
        converted = np.clip(np.floor((block - zero) @ matrix.T + _HALF_UP), 0, largest).astype(samples.dtype)
        shown[start : start + _PIXELS] = scale_to_8_bits(converted, bits_stored)
    return rgb


def ybr_to_rgb(
    samples: npt.NDArray[np.uint8],
    photometric_interpretation: PhotometricInterpretation,
    out: npt.NDArray[np.uint8] | None = None,
) -> npt.NDArray[np.uint8]:
    """Convert 8-bit Y, CB, CR in the last axis to R, G, B; rounded half up, clamped. Copies what is no YBR.

    Parameters
    ----------
    out
        A C-contiguous array for the result, which may be ``samples`` itself; by default a new one.
    """
    rgb = new_array(samples.shape, np.uint8).view(np.uint8) if out is None else out
    if photometric_interpretation in _FULL_RANGE or photometric_interpretation in _PARTIAL_RANGE:
        is_partial_range = photometric_interpretation in _PARTIAL_RANGE
        convert_ybr_to_rgb(as_bytes(np.ascontiguousarray(samples)), as_bytes(rgb), is_partial_range)
    else:
        rgb[...] = samples
    return rgb
