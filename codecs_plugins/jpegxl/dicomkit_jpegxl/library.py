"""All that is used of imagecodecs: libjxl."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import imagecodecs

if TYPE_CHECKING:
    from typing import Any

    import numpy.typing as npt

__all__ = ["decode_jpeg_xl", "encode_jpeg_xl"]


def decode_jpeg_xl(encoded: bytes | memoryview, out: npt.NDArray[Any]) -> None:
    """Decode into ``out``, by one thread."""
    imagecodecs.jpegxl_decode(cast("bytes", encoded), keeporientation=True, numthreads=1, out=out)


def encode_jpeg_xl(samples: npt.NDArray[Any], precision: int, quality: int | None) -> bytes:
    """Encode unsigned samples, by one thread; without loss if ``quality`` is None."""
    encoded = imagecodecs.jpegxl_encode(
        samples, quality, lossless=quality is None, bitspersample=precision, usecontainer=False, numthreads=1
    )
    return bytes(encoded)
