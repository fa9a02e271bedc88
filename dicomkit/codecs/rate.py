"""From a compression ratio to the quality that gives it, by trying."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicomkit.errors import PixelDataError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["encode_to_ratio"]


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
