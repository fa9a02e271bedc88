"""What lies between the samples of a codestream and the cells of the data set: size, sign, depth. Importing it imports NumPy."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dicomkit._core.pixel_unpack import extract_values, has_unused_bits
from dicomkit.codecs.contract import FrameDescriptor
from dicomkit.errors import PixelDataError

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    import numpy.typing as npt

__all__ = ["check_range", "decode_into", "samples_to_encode", "without_subsampling"]


def decode_into(
    out: npt.NDArray[Any],
    descriptor: FrameDescriptor,
    decode: Callable[[npt.NDArray[Any]], object],
    *,
    precision: int,
    is_signed: bool = False,
    is_lossy: bool = False,
    is_clamped: bool = False,
    to_values: bool = False,
) -> None:
    """Have a decoder fill ``out``, and mend what its codestream and the data set see differently.

    - Samples of other bytes than ``out`` has are decoded beside it and copied.
    - Where the data set has the other sign than the codestream, the bits of a sample count, ``precision`` of them: most encoders
      write two's complement into codestreams that have no sign.
    - Lossy decoders overshoot: what Bits Stored cannot hold is clipped, not wrapped.

    Parameters
    ----------
    out, descriptor
        As a codec gets them.
    decode
        Fills an array of unsigned integers: ``out`` as it is, if its cells have the size of the codestream's samples.
    precision, is_signed
        Bits and sign of the codestream's samples; signed samples have their signs extended.
    is_lossy
        Whether the codestream is.
    is_clamped
        Whether the decoder gives nothing that ``precision`` bits do not hold, whatever the codestream says.
    to_values
        Whether to leave values, for a codec that has ``decodes_values``; else cells.
    """
    size = 1 if precision <= 8 else 2 if precision <= 16 else 4
    kind = "i" if is_signed else "u"
    if size == out.itemsize:
        decode(out.view(f"u{size}"))
    else:
        samples = np.empty(out.shape, dtype=f"u{size}")
        decode(samples)
        out.view(f"{kind}{out.itemsize}")[...] = samples.view(f"{kind}{size}")
    if is_signed != descriptor.is_signed:
        _reinterpret(out, precision, descriptor.is_signed)
    elif is_lossy and precision > descriptor.bits_stored:
        _clip(out, descriptor)
    if to_values:
        has_values = is_lossy and is_clamped and not is_signed and not descriptor.is_signed
        if not has_values and descriptor.bits_stored < out.itemsize * 8 and descriptor.bits_allocated > 1:
            _keep_values(out, descriptor)
        return
    shift = descriptor.high_bit + 1 - max(precision, descriptor.bits_stored)
    if shift > 0:       # cells whose stored bits do not begin at the lowest (PS3.5 8.1.1 of old)
        np.left_shift(out, shift, out=out)


def _keep_values(out: npt.NDArray[Any], descriptor: FrameDescriptor) -> None:
    """Extend signs and clear what lies beyond Bits Stored."""
    cells, bits = out.reshape(-1).view(np.uint8), descriptor.bits_stored
    if has_unused_bits(cells, out.itemsize, bits, descriptor.is_signed):
        extract_values(cells, out.itemsize, bits, bits - 1, descriptor.is_signed, cells)


def _reinterpret(out: npt.NDArray[Any], precision: int, as_signed: bool) -> None:
    """Take the lowest bits of each cell for a number with or without a sign."""
    shift = out.itemsize * 8 - precision
    if shift:
        cells = out.view(f"{'i' if as_signed else 'u'}{out.itemsize}")
        np.left_shift(cells, shift, out=cells)
        np.right_shift(cells, shift, out=cells)


def _clip(out: npt.NDArray[Any], descriptor: FrameDescriptor) -> None:
    bits = descriptor.bits_stored - descriptor.is_signed
    cells = out.view(f"{'i' if descriptor.is_signed else 'u'}{out.itemsize}")
    np.clip(cells, -(1 << bits) if descriptor.is_signed else 0, (1 << bits) - 1, out=cells)


def samples_to_encode(pixels: npt.NDArray[Any], descriptor: FrameDescriptor, *, largest_precision: int = 16) -> npt.NDArray[Any]:
    """Return pixels as the unsigned samples of a codestream that has no sign: two's complement of Bits Stored bits.

    Samples of Bits Stored up to 8 take a byte, others two; a view on ``pixels`` if nothing has to change.

    Raises
    ------
    PixelDataError
        If Bits Stored is more than ``largest_precision``, or a sample does not fit in it.
    """
    bits = descriptor.bits_stored
    if bits > largest_precision:
        raise PixelDataError(f"Bits Stored is {bits}; such codestreams hold {largest_precision} at most")
    check_range(pixels, descriptor)
    samples = pixels.view(f"u{pixels.itemsize}")
    if descriptor.is_signed and bits < samples.itemsize * 8:
        samples = samples & samples.dtype.type((1 << bits) - 1)
    return samples.astype(np.uint8 if bits <= 8 else np.uint16, copy=False)


def check_range(pixels: npt.NDArray[Any], descriptor: FrameDescriptor) -> None:
    """Raise :class:`PixelDataError` unless all samples fit in Bits Stored."""
    bits = descriptor.bits_stored
    if bits == pixels.itemsize * 8:
        return
    smallest, largest = (-(1 << (bits - 1)), (1 << (bits - 1)) - 1) if descriptor.is_signed else (0, (1 << bits) - 1)
    if pixels.size and (pixels.min() < smallest or pixels.max() > largest):
        raise PixelDataError(f"a sample does not fit in {bits} bits stored")


def without_subsampling(photometric_interpretation: str) -> str:
    """Return the photometric interpretation of samples of which chroma has as many as luma: YBR_FULL for YBR_FULL_422."""
    return "YBR_FULL" if photometric_interpretation == "YBR_FULL_422" else str(photometric_interpretation)
