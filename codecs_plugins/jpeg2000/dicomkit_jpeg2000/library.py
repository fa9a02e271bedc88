"""All that is used of imagecodecs: OpenJPEG for JPEG 2000 and lossy HTJ2K, OpenJPH for lossless HTJ2K.

OpenJPH, as imagecodecs calls it, does not clip what a lossy codestream overshoots: 255 becomes 0. OpenJPEG does.

It also makes its tables when they are first needed, without a lock: of four threads that began to encode at once, one wrote a
codestream of other pixels in every thirtieth process. So a first frame goes through it alone.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, cast

import imagecodecs
import numpy as np

if TYPE_CHECKING:
    from typing import Any

    import numpy.typing as npt

__all__ = ["decode_jpeg2000", "decode_lossless_htj2k", "encode_htj2k", "encode_jpeg2000"]

# What no image has: it stands in the last pixels of a frame that OpenJPH gave up.
_MARK = bytes.fromhex("9e3779b17f4a7c15f39cc0605cedc835")
_MARKED_PIXELS = 8
_SIDE, _SOME_STEP = 16, 1 / 256


class _Tables:
    """Those of OpenJPH, made once. ``_lock`` is held while they are; afterwards it is not asked for any more."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.are_made = False

    def make(self) -> None:
        """Return when they are there. Whoever has seen ``are_made`` need not ask."""
        with self._lock:
            if self.are_made:
                return
            for dtype in (np.uint8, np.int8, np.uint16, np.int16):
                for step in (None, _SOME_STEP):
                    for has_transformation in (False, True):
                        frame = np.arange(3 * _SIDE * _SIDE).astype(dtype).reshape(_SIDE, _SIDE, 3)
                        samples = frame if has_transformation else np.ascontiguousarray(frame[..., 0])
                        encoded = _encode_htj2k(samples, step, by_resolution=False, has_transformation=has_transformation)
                        imagecodecs.htj2k_decode(encoded, planar=False, out=samples)
            self.are_made = True


_tables = _Tables()


def decode_jpeg2000(encoded: bytes | memoryview, out: npt.NDArray[Any], thread_count: int) -> None:
    """Decode a JPEG 2000 or HTJ2K codestream into ``out``."""
    imagecodecs.jpeg2k_decode(encoded, numthreads=thread_count, out=out)  # type: ignore[arg-type]  # any buffer is as good as bytes


def decode_lossless_htj2k(encoded: bytes | memoryview, out: npt.NDArray[Any]) -> None:
    """Decode an HTJ2K codestream with the reversible transformation into ``out``.

    imagecodecs swallows what OpenJPH raises while it hands out lines, and leaves the rest of them as they were. So the end of the last
    line says whether all came: it is marked before, and if a component still has its mark OpenJPEG decodes the frame, or raises. An image
    that ends so by chance, one in 2**64 unless it is very narrow, is only decoded twice.
    """
    if not _tables.are_made:
        _tables.make()
    size, components = out.itemsize, out.shape[2] if out.ndim == 3 else 1
    count = min(_MARKED_PIXELS, out.shape[1])
    end = out.data.cast("B")[-count * components * size :]
    mark = _MARK[: count * size]
    if components == 1:
        end[:] = mark
    else:
        end[:] = b"".join(mark[at : at + size] * components for at in range(0, len(mark), size))
    # Not planar: else components without a transformation would be.
    imagecodecs.htj2k_decode(encoded, planar=False, out=out)  # type: ignore[arg-type]
    if _has_mark(bytes(end), mark, size, components):
        decode_jpeg2000(encoded, out, 1)


def _has_mark(end: bytes, mark: bytes, size: int, components: int) -> bool:
    """Whether all samples of a component are those of the mark."""
    if components == 1:
        return end == mark
    pixel = size * components
    return any(b"".join(end[at : at + size] for at in range(first, len(end), pixel)) == mark for first in range(0, pixel, size))


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
    if not _tables.are_made:
        _tables.make()
    return _encode_htj2k(samples, step, by_resolution=by_resolution, has_transformation=has_transformation)


def _encode_htj2k(samples: npt.NDArray[Any], step: float | None, *, by_resolution: bool, has_transformation: bool) -> bytes:
    encoded = imagecodecs.htj2k_encode(
        samples,
        step,
        rgb=has_transformation,
        reversible=step is None,
        tlm=True,
        tilepart=imagecodecs.HTJ2K.TILEPART.RESOLUTIONS if by_resolution else None,
    )
    return bytes(encoded)
