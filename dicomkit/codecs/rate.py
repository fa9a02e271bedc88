"""What a lossy codestream may lose: a quality, or by trying the one that gives a compression ratio."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicomkit.errors import PixelDataError

if TYPE_CHECKING:
    from collections.abc import Callable

    from dicomkit.codecs.contract import EncodeOptions

__all__ = ["encode_at_quality", "encode_to_ratio"]

_LOWEST_QUALITY, _HIGHEST_QUALITY = 1, 100


def encode_at_quality(
    encode: Callable[[int], bytes],
    options: EncodeOptions,
    native_length: int,
    *,
    default: int,
    highest_for_ratio: int = _HIGHEST_QUALITY,
) -> bytes:
    """Return the codestream that the user's compression ratio asks for, else the quality, 1 to 100.

    Parameters
    ----------
    encode
        Encodes at a quality; longer for a higher one.
    options
        What the user wants.
    native_length
        Bytes of native pixels.
    default
        The quality if the user names none.
    highest_for_ratio
        The highest quality to try for a ratio.

    Raises
    ------
    PixelDataError
        If the ratio or the quality is none, or the ratio is out of reach.
    """
    if options.compression_ratio is not None:
        qualities = _LOWEST_QUALITY, highest_for_ratio
        return encode_to_ratio(lambda tried: encode(round(tried)), qualities, 1, native_length, options.compression_ratio)
    quality = default if options.quality is None else options.quality
    if not _LOWEST_QUALITY <= quality <= _HIGHEST_QUALITY:
        raise PixelDataError(f"quality is {quality}, not from {_LOWEST_QUALITY} to {_HIGHEST_QUALITY}")
    return encode(round(quality))


def encode_to_ratio(
    encode: Callable[[float], bytes], qualities: tuple[float, float], step: float, native_length: int, ratio: float
) -> bytes:
    """Return the codestream of the highest quality that is at least ``ratio`` times as short as the native pixels.

    Parameters
    ----------
    encode
        Encodes at a quality; longer for a higher one.
    qualities
        The lowest and the highest to try.
    step
        What two qualities differ by at least; the interval between the lowest and the highest is halved until it is reached.
    native_length
        Bytes of native pixels.

    Raises
    ------
    PixelDataError
        If the ratio is no number above 1, or even the lowest quality does not give it.
    """
    if not 1 < ratio < float("inf"):
        raise PixelDataError(f"compression_ratio is {ratio}, not above 1")
    lowest, highest = qualities
    best = encode(lowest)
    if len(best) * ratio > native_length:
        raise PixelDataError(f"the lowest quality gives a compression ratio of {native_length / len(best):.4g}, not {ratio:g}")
    low, high = 0, round((highest - lowest) / step) + 1
    while high - low > 1:
        middle = (low + high) // 2
        encoded = encode(lowest + middle * step)
        if len(encoded) * ratio <= native_length:
            low, best = middle, encoded
        else:
            high = middle
    return best
