"""RLE Lossless in plain Python (PS3.5 Annex G), for frames of one sample and 8 or 16 bits."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import numpy as np

from dicomkit import uids
from dicomkit.codecs import EncodedFrame, EncodeOptions
from dicomkit.codecs.cells import check_range
from dicomkit.errors import PixelDataError

if TYPE_CHECKING:
    from typing import Any

    import numpy.typing as npt

    from dicomkit.codecs import FrameDescriptor

__all__ = ["ExampleCodec"]

_HEADER = struct.Struct("<16L")


class ExampleCodec:
    """What a codec has: a name, a priority, transfer syntaxes, and one or both of the methods below."""

    name = "example"
    # dicomkit's own codecs have 100: this one is used where they are not installed, or where somebody prefers it.
    priority = 10
    transfer_syntax_uids = (uids.RLELossless,)

    def decode_frame(self, encoded: memoryview, descriptor: FrameDescriptor, out: npt.NDArray[Any]) -> str:
        """Fill ``out``, and say what the colours are now. Errors are PixelDataError, with a reason and without pixel values."""
        size = _bytes_per_sample(descriptor)
        if len(encoded) < _HEADER.size:
            raise PixelDataError("the header is cut off")
        count, *offsets = _HEADER.unpack_from(encoded)
        if count != size:
            raise PixelDataError(f"the header has {count} segments; the data set says {size}")
        ends = [*offsets[1:count], len(encoded)]
        planes = [_unpack(encoded[start:end], out.size) for start, end in zip(offsets[:count], ends, strict=True)]
        # The most significant byte comes first.
        cells = np.stack([np.frombuffer(plane, np.uint8) for plane in reversed(planes)], axis=-1)
        out[...] = cells.copy().view(f"<u{size}").reshape(out.shape).view(out.dtype)
        return descriptor.photometric_interpretation

    def encode_frame(self, pixels: npt.NDArray[Any], descriptor: FrameDescriptor, options: EncodeOptions) -> EncodedFrame:
        """Return the codestream, and what the data set must say of it."""
        size = _bytes_per_sample(descriptor)
        check_range(pixels, descriptor)
        cells = pixels.astype(pixels.dtype.newbyteorder("<")).view(np.uint8).reshape(*pixels.shape, size)
        segments = [b"".join(_pack(row.tobytes()) for row in cells[..., byte]) for byte in range(size - 1, -1, -1)]
        segments = [segment + bytes(len(segment) % 2) for segment in segments]
        offsets = [_HEADER.size + sum(map(len, segments[:index])) for index in range(size)]
        header = _HEADER.pack(size, *offsets, *[0] * (15 - size))
        return EncodedFrame(header + b"".join(segments), descriptor.photometric_interpretation, is_lossy=False)


def _bytes_per_sample(descriptor: FrameDescriptor) -> int:
    if descriptor.samples_per_pixel != 1 or descriptor.bits_allocated not in (8, 16):
        raise PixelDataError("this codec knows frames of one sample and 8 or 16 bits")
    return descriptor.bits_allocated // 8


def _unpack(segment: memoryview, length: int) -> bytes:
    plane, at = bytearray(), 0
    while len(plane) < length:      # so that a hostile frame takes no more memory than it should
        if at >= len(segment):
            raise PixelDataError("a segment is cut off")
        code = segment[at]
        if code < 128:
            plane += segment[at + 1 : at + 2 + code]
            at += 2 + code
        elif code > 128:
            plane += bytes(segment[at + 1 : at + 2]) * (257 - code)
            at += 2
        else:
            at += 1
    if len(plane) != length or at > len(segment):
        raise PixelDataError("a segment does not end with its plane")
    return bytes(plane)


def _pack(row: bytes) -> bytes:
    packed, at = bytearray(), 0
    while at < len(row):
        run = 1
        while run < 128 and row[at : at + 1] == row[at + run : at + run + 1]:
            run += 1
        packed += bytes((257 - run, row[at])) if run > 1 else bytes((0, row[at]))
        at += run
    return bytes(packed)
