"""All that is used of other libraries: CharLS, through imagecodecs and, where imagecodecs writes the wrong precision, pyjpegls."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import imagecodecs
import jpeg_ls

if TYPE_CHECKING:
    from typing import Any

    import numpy.typing as npt

__all__ = ["decode_jpeg_ls", "encode_jpeg_ls"]

_START_OF_IMAGE = b"\xff\xd8"
_START_OF_FRAME = b"\xff\xf7"
_SAMPLE_INTERLEAVED = 2
_LONGEST_CODE, _LONGEST_HEADER = 4, 4096


def decode_jpeg_ls(encoded: bytes | memoryview, out: npt.NDArray[Any]) -> None:
    """Decode into ``out``."""
    imagecodecs.jpegls_decode(cast("bytes", encoded), out=out)


def encode_jpeg_ls(samples: npt.NDArray[Any], precision: int, maximum_error: int) -> bytes:
    """Encode unsigned samples of 2 to 16 bits; each differs by ``maximum_error`` at most."""
    if precision == samples.itemsize * 8:
        return _encode_whole_bytes(samples, maximum_error)
    # imagecodecs knows no precision but 8 and 16.
    rows, columns, components = (*samples.shape, 1)[:3]
    mode = _SAMPLE_INTERLEAVED if components > 1 else 0
    try:
        return bytes(jpeg_ls.encode_buffer(samples.tobytes(), rows, columns, components, precision, maximum_error, mode))
    except RuntimeError:
        # It has no room for more bytes than the frame had. Frames of a few pixels need more for their header alone, and rather get a
        # precision of whole bytes, which is above Bits Stored, than none.
        return _encode_whole_bytes(samples, maximum_error)


def _encode_whole_bytes(samples: npt.NDArray[Any], maximum_error: int) -> bytes:
    try:
        encoded = bytes(imagecodecs.jpegls_encode(samples, maximum_error))
    except imagecodecs.JpeglsError:
        # Noise gets longer by a few percent, for which it has no room; no code is longer than four samples (ISO/IEC 14495-1 A.2.1).
        encoded = bytes(imagecodecs.jpegls_encode(samples, maximum_error, out=_LONGEST_CODE * samples.nbytes + _LONGEST_HEADER))
    # imagecodecs puts a SPIFF header before the frame header, which PS3.5 A.4.3 has no use for.
    return _START_OF_IMAGE + encoded[encoded.index(_START_OF_FRAME) :]
