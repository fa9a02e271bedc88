"""Pixel Data that is written frame by frame, so that no file need fit into memory."""

from __future__ import annotations

from dicomkit._core.element_write import ElementWriter
from dicomkit.encoding.serializer import Stream
from dicomkit.errors import LimitExceededError, MissingRequiredElementError, PixelDataError

TYPE_CHECKING = False  # typing's own costs 8 ms at start-up
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dicomkit.dataset import DataSet
    from dicomkit.transfer_syntax import TransferSyntax

__all__ = ["stream_of_frames"]

PIXEL_DATA = 0x7FE00010
SEQUENCE_DELIMITATION = 0xFFFEE0DD
UNDEFINED_LENGTH = 0xFFFFFFFF
FACTORS = ("Rows", "Columns", "SamplesPerPixel", "BitsAllocated")


def stream_of_frames(data_set: DataSet, syntax: TransferSyntax, frames: Iterable[bytes | memoryview]) -> Stream:
    """Return Pixel Data whose frames come while it is written (PS3.5 8.1, A.4).

    Raises
    ------
    MissingRequiredElementError
        If an attribute that says how long native pixel data is is missing.
    LimitExceededError
        If it is longer than a length field can say: 4 GiB.
    """
    if syntax.is_encapsulated:
        return Stream("OB", UNDEFINED_LENGTH, _fragments(frames))
    bits = int(data_set.get("NumberOfFrames") or 1)
    for keyword in FACTORS:
        value = data_set.get(keyword)
        if not isinstance(value, int):
            raise MissingRequiredElementError(keyword, "Pixel Data")
        bits *= value
    length = (bits + 7) // 8
    if length + 1 >= UNDEFINED_LENGTH:
        raise LimitExceededError("native pixel data of 4 GiB and more, which has no length field (PS3.5 A.1)", tag=PIXEL_DATA)
    vr = "OW" if data_set["BitsAllocated"].value > 8 or not syntax.is_explicit_vr else "OB"
    return Stream(vr, length + length % 2, _exactly(frames, length))


def _exactly(frames: Iterable[bytes | memoryview], length: int) -> Iterator[bytes | memoryview]:
    """Hand frames on, and see that they are what the image attributes promise."""
    count = 0
    for frame in frames:
        view = memoryview(frame).cast("B")
        count += len(view)
        if count > length:
            raise PixelDataError(f"the frames have more bytes than the image attributes say: {length:,}")
        yield view
    if count < length:
        raise PixelDataError(f"the frames have {count:,} bytes, the image attributes say {length:,}")
    if length % 2:
        yield b"\0"


def _fragments(frames: Iterable[bytes | memoryview]) -> Iterator[bytes | memoryview]:
    """An empty Basic Offset Table, a fragment for each frame, and the delimiter (PS3.5 A.4)."""
    out = ElementWriter()
    out.write_fragment(b"")
    yield out.to_bytes()
    for frame in frames:
        out = ElementWriter()
        out.write_fragment(memoryview(frame).cast("B"))
        yield from out.chunks()
    out = ElementWriter()
    out.write_delimiter(SEQUENCE_DELIMITATION)
    yield out.to_bytes()
