"""All that is used of imagecodecs: OpenJPEG for JPEG 2000 and lossy HTJ2K, OpenJPH for lossless HTJ2K.

OpenJPH, as imagecodecs calls it, does not clip what a lossy codestream overshoots: 255 becomes 0. OpenJPEG does.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, cast

import imagecodecs
import numpy as np

if TYPE_CHECKING:
    from typing import Any

    import numpy.typing as npt

__all__ = ["decode_jpeg2000", "decode_lossless_htj2k", "encode_htj2k", "encode_jpeg2000"]

_MARK_STEP = 0x9E3779B1     # so that neighbours have nothing in common


def decode_jpeg2000(encoded: bytes | memoryview, out: npt.NDArray[Any], thread_count: int) -> None:
    """Decode a JPEG 2000 or HTJ2K codestream into ``out``."""
    imagecodecs.jpeg2k_decode(cast("bytes", encoded), numthreads=thread_count, out=out)


def decode_lossless_htj2k(encoded: bytes | memoryview, out: npt.NDArray[Any]) -> None:
    """Decode an HTJ2K codestream with the reversible transformation into ``out``.

    imagecodecs swallows what OpenJPH raises while it hands out lines, and leaves the rest of them as they were. So the last line
    says whether all came: it is marked before, and if the mark is still there OpenJPEG decodes the frame, or raises.
    """
    last = out[-1].reshape(out.shape[1], -1)
    mark = _mark(out.shape[1], out.dtype)
    last[...] = mark
    # Not planar: else components without a transformation would be.
    imagecodecs.htj2k_decode(cast("bytes", encoded), planar=False, out=out)
    if (last == mark).all(axis=0).any():
        decode_jpeg2000(encoded, out, 1)


@lru_cache(maxsize=16)
def _mark(length: int, dtype: np.dtype[Any]) -> npt.NDArray[Any]:
    return (np.arange(1, length + 1, dtype=np.uint64) * _MARK_STEP >> 7).astype(dtype)[:, np.newaxis]


def encode_jpeg2000(
    samples: npt.NDArray[Any], precision: int, psnr: float | None, thread_count: int, *, has_transformation: bool
) -> bytes:
    """Encode samples, signed or not; without loss if ``psnr`` is None. The transformation of three components is RCT or ICT."""
    encoded = imagecodecs.jpeg2k_encode(
        samples,
        level=0 if psnr is None else cast("int", psnr),      # a float is as good
        codecformat="J2K",
        reversible=psnr is None,
        mct=has_transformation,
        bitspersample=precision,
        numthreads=thread_count,
    )
    return bytes(encoded)


def encode_htj2k(samples: npt.NDArray[Any], step: float | None, *, by_resolution: bool, has_transformation: bool) -> bytes:
    """Encode samples of 8 or 16 bits, signed or not.

    Without loss if ``step`` is None; else it is the quantizer's step, as a part of the samples' range.
    """
    encoded = imagecodecs.htj2k_encode(
        samples,
        step,
        rgb=has_transformation,
        reversible=step is None,
        tlm=True,
        tilepart=imagecodecs.HTJ2K.TILEPART.RESOLUTIONS if by_resolution else None,
    )
    return bytes(encoded)
