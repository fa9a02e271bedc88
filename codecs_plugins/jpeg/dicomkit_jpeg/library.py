"""All that is used of imagecodecs: libjpeg-turbo 3, which does 8 and 12 bit DCT and every lossless process.

``ljpeg`` and ``jpegsof3`` of imagecodecs are not used: they give wrong pixels where a point transform was applied, and
``ljpeg_encode`` writes a predictor that Lossless SV1 forbids.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import imagecodecs

if TYPE_CHECKING:
    from typing import Any

    import numpy.typing as npt

__all__ = ["decode_jpeg", "encode_dct", "encode_lossless"]


def decode_jpeg(encoded: bytes | memoryview, out: npt.NDArray[Any], stored: str | None, wanted: str | None) -> None:
    """Decode into ``out``, from the colours that are stored to those that are wanted: None for one component."""
    # Any buffer is as good as bytes.
    imagecodecs.jpeg8_decode(encoded, colorspace=stored, outcolorspace=wanted, out=out)  # type: ignore[arg-type]


def encode_dct(
    samples: npt.NDArray[Any], quality: int, precision: int, given: str | None, stored: str | None, subsampling: str | None
) -> bytes:
    """Encode 8 or 12 bit samples by the DCT."""
    encoded = imagecodecs.jpeg8_encode(
        samples, quality, colorspace=given, outcolorspace=stored, subsampling=subsampling, bitspersample=precision
    )
    return bytes(encoded)


def encode_lossless(samples: npt.NDArray[Any], precision: int, predictor: int, colors: str | None) -> bytes:
    """Encode samples of 2 to 16 bits without loss."""
    encoded = imagecodecs.jpeg8_encode(
        samples, colorspace=colors, outcolorspace=colors, lossless=True, predictor=predictor, bitspersample=precision
    )
    return bytes(encoded)
