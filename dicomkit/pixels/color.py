"""Colour spaces (PS3.3 C.7.6.3.1.2)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from dicomkit._core.color import convert_ybr_to_rgb
from dicomkit.pixels.descriptor import PhotometricInterpretation
from dicomkit.pixels.memory import new_array
from dicomkit.pixels.unpack import Array, as_bytes

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
