"""Colour spaces (PS3.3 C.7.6.3.1.2)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from dicomkit.pixels.descriptor import PhotometricInterpretation
from dicomkit.pixels.unpack import Array

__all__ = ["scale_to_8_bits", "ybr_to_rgb"]

# YBR_ICT and YBR_RCT are transformations inside JPEG 2000: whoever decodes the codestream undoes them (PS3.5 8.2.4). Native data
# under their name comes from programs that decompressed and forgot to say RGB.
_FULL_RANGE = (PhotometricInterpretation.YBR_FULL, PhotometricInterpretation.YBR_FULL_422)
_PARTIAL_RANGE = (PhotometricInterpretation.YBR_PARTIAL_422, PhotometricInterpretation.YBR_PARTIAL_420)


def scale_to_8_bits(samples: Array, bits_stored: int) -> npt.NDArray[np.uint8]:
    """Show unsigned samples in 8 bits: the high byte of more, fewer stretched to 0 to 255. A copy, unless they are 8-bit already."""
    if bits_stored == 8:
        return samples.astype(np.uint8, copy=False)
    if bits_stored > 8:
        high_bytes: npt.NDArray[np.uint8] = np.right_shift(samples, bits_stored - 8).astype(np.uint8)
        return high_bytes
    largest = (1 << bits_stored) - 1
    return ((samples.astype(np.uint16) * 255 + largest // 2) // largest).astype(np.uint8)


def ybr_to_rgb(samples: npt.NDArray[np.uint8], photometric_interpretation: PhotometricInterpretation) -> npt.NDArray[np.uint8]:
    """Convert 8-bit Y, CB, CR in the last axis to R, G, B; rounded half up, clamped. Returns what is no YBR as it is."""
    if photometric_interpretation in _FULL_RANGE:
        luma = samples[..., 0].astype(np.float64)
        red_gain, green_from_blue, green_from_red, blue_gain = 1.402, 0.344136, 0.714136, 1.772
    elif photometric_interpretation in _PARTIAL_RANGE:
        # The inverse of the matrix in PS3.3 C.7.6.3.1.2 of the editions that had it, which puts Y in 16 to 235.
        luma = 1.164384 * (samples[..., 0].astype(np.float64) - 16.0)
        red_gain, green_from_blue, green_from_red, blue_gain = 1.596027, 0.391762, 0.812968, 2.017232
    else:
        return samples
    blue_difference = samples[..., 1].astype(np.float64) - 128.0
    red_difference = samples[..., 2].astype(np.float64) - 128.0
    rgb = np.empty(samples.shape, dtype=np.float64)
    rgb[..., 0] = luma + red_gain * red_difference
    rgb[..., 1] = luma - green_from_blue * blue_difference - green_from_red * red_difference
    rgb[..., 2] = luma + blue_gain * blue_difference
    return np.clip(np.floor(rgb + 0.5), 0, 255).astype(np.uint8)
