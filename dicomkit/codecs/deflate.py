"""Deflated Image Frame Compression (PS3.5 A.4): each frame as native pixel data has it, deflated (RFC 1951).

This is no codec of the registry: it packs and unpacks no cells, and needs no library that Python has not.
"""

from __future__ import annotations

import zlib

from dicomkit.errors import PixelDataError

__all__ = ["deflate_frame", "inflate_frame"]

_RAW = -zlib.MAX_WBITS


def inflate_frame(encoded: memoryview, length: int) -> memoryview:
    """Inflate a frame of ``length`` bytes, and no more than that.

    Raises
    ------
    PixelDataError
        If the stream is damaged, or has fewer bytes or more.
    """
    stream = zlib.decompressobj(_RAW)
    try:
        frame = stream.decompress(encoded, length)
        more = stream.decompress(stream.unconsumed_tail, 2)     # a byte of padding to an even length may be in the stream
    except zlib.error as error:
        raise PixelDataError(f"the deflated frame is damaged: {error}") from error
    if len(frame) < length:
        raise PixelDataError(f"the deflated frame has {len(frame)} of {length} bytes")
    if len(more) > length % 2 or not stream.eof:
        raise PixelDataError(f"the deflated frame is cut off, or has more than {length} bytes")
    return memoryview(frame)


def deflate_frame(cells: memoryview, level: int = -1) -> bytes:
    """Deflate a frame of native pixel data; ``level`` is zlib's."""
    stream = zlib.compressobj(level, zlib.DEFLATED, _RAW)
    return stream.compress(cells) + stream.flush()
