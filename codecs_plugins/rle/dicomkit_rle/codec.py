"""RLE Lossless: the header of a frame, and which segment is which byte of a sample (PS3.5 Annex G)."""

from __future__ import annotations

import struct
import sys
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from dicomkit import uids
from dicomkit.codecs import EncodedFrame, EncodeOptions
from dicomkit.codecs.cells import check_range, without_subsampling
from dicomkit.errors import PixelDataError
from dicomkit_rle.packbits import MOST_SEGMENTS, decode_segments, encode_segments

if TYPE_CHECKING:
    from typing import Any

    import numpy.typing as npt

    from dicomkit.codecs import FrameDescriptor

__all__ = ["RLECodec"]

_HEADER = struct.Struct("<16L")


class RLECodec:
    """RLE Lossless. Colours come out as they went in."""

    name = "dicomkit-rle"
    priority = 100
    transfer_syntax_uids = (uids.RLELossless,)

    def decode_frame(self, encoded: memoryview, descriptor: FrameDescriptor, out: npt.NDArray[Any]) -> str:
        """Decode a frame. 1-bit cells are a bit each inside, eight to a byte as in native pixel data."""
        positions = _byte_positions(descriptor)
        offsets = _parse_header(encoded, len(positions))
        is_packed = descriptor.bits_allocated == 1
        cells = np.empty((out.size + 7) // 8, dtype=np.uint8) if is_packed else out.reshape(-1).view(np.uint8)
        try:
            decode_segments(encoded, offsets, cells, positions, len(positions))
        except ValueError as error:
            raise PixelDataError(str(error)) from error
        if is_packed:
            out.reshape(-1)[:] = np.unpackbits(cells, count=out.size, bitorder="little")
        return without_subsampling(descriptor.photometric_interpretation)

    def encode_frame(self, pixels: npt.NDArray[Any], descriptor: FrameDescriptor, options: EncodeOptions) -> EncodedFrame:
        """Encode a frame, each row by itself (PS3.5 G.3.1)."""
        positions = _byte_positions(descriptor)
        row_length = descriptor.columns
        if descriptor.bits_allocated == 1:
            cells = np.packbits(pixels.reshape(-1) != 0, bitorder="little")
            # Rows that end inside of a byte cannot be told apart.
            row_length = row_length // 8 if row_length % 8 == 0 else cells.size
        else:
            check_range(pixels, descriptor)
            # Cells are encoded, not values: they may begin above the lowest bit (PS3.5 8.1.1 of old).
            shift = descriptor.high_bit + 1 - descriptor.bits_stored
            cells = (np.left_shift(pixels, shift) if shift else pixels).reshape(-1).view(np.uint8)
        segments, starts = encode_segments(cells, positions, len(positions), row_length)
        offsets = [_HEADER.size + start for start in starts]
        header = _HEADER.pack(len(offsets), *offsets, *[0] * (MOST_SEGMENTS - len(offsets)))
        return EncodedFrame(header + segments, without_subsampling(descriptor.photometric_interpretation))


def _byte_positions(descriptor: FrameDescriptor) -> list[int]:
    """Which byte of a pixel each segment is: sample after sample, and of each the most significant byte first (PS3.5 G.2)."""
    size = (descriptor.bits_allocated + 7) // 8
    count = size * descriptor.samples_per_pixel
    if count > MOST_SEGMENTS:
        raise PixelDataError(f"a pixel has {count} bytes; RLE has {MOST_SEGMENTS} segments at most")
    order = range(size - 1, -1, -1) if sys.byteorder == "little" else range(size)
    return [sample * size + byte for sample in range(descriptor.samples_per_pixel) for byte in order]


def _parse_header(encoded: memoryview, expected_count: int) -> tuple[int, ...]:
    """Return where the segments begin (PS3.5 G.5)."""
    if len(encoded) < _HEADER.size:
        raise PixelDataError(f"the RLE header is cut off: the frame has {len(encoded)} bytes")
    count, *offsets = _HEADER.unpack_from(encoded)
    if count != expected_count:
        raise PixelDataError(f"the RLE header has {count} segments; the data set says {expected_count}")
    limits = [_HEADER.size - 1, *offsets[:count], len(encoded) + 1]
    if any(not before < after for before, after in pairwise(limits)):
        raise PixelDataError("the RLE header has segments that overlap or lie outside of the frame")
    return tuple(offsets[:count])
