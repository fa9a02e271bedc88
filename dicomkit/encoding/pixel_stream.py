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
FLOAT_PIXEL_DATA = ("FloatPixelData", "DoubleFloatPixelData")
SEQUENCE_DELIMITATION = 0xFFFEE0DD
UNDEFINED_LENGTH = 0xFFFFFFFF
FACTORS = ("Rows", "Columns", "SamplesPerPixel", "BitsAllocated")
CHROMA_SUBSAMPLED = ("YBR_FULL_422", "YBR_PARTIAL_422")


def stream_of_frames(data_set: DataSet, syntax: TransferSyntax, frames: Iterable[bytes | memoryview]) -> Stream:
    """Return Pixel Data whose frames come while it is written (PS3.5 8.1, A.4).

    Raises
    ------
    MissingRequiredElementError
        If an attribute that says how long native pixel data is is missing.
    PixelDataError
        If Number of Frames is no number of frames, or the data set has Float or Double Float Pixel Data, beside which there is no other.
    LimitExceededError
        If it is longer than a length field can say: 4 GiB.
    """
    if any(tag in data_set for tag in FLOAT_PIXEL_DATA):
        raise PixelDataError("frames are Pixel Data, and the data set has Float Pixel Data (PS3.3 C.7.6.24)")
    number_of_frames = _number_of_frames(data_set)
    if syntax.is_encapsulated:
        return Stream("OB", UNDEFINED_LENGTH, _fragments(frames, None if syntax.is_video else number_of_frames))
    length = (number_of_frames * _bits_per_frame(data_set) + 7) // 8
    if length + 1 >= UNDEFINED_LENGTH:
        raise LimitExceededError("native pixel data of 4 GiB and more, which has no length field (PS3.5 A.1)", tag=PIXEL_DATA)
    vr = "OW" if data_set["BitsAllocated"].value > 8 or not syntax.is_explicit_vr else "OB"
    return Stream(vr, length + length % 2, _exactly(frames, length))


def _number_of_frames(data_set: DataSet) -> int:
    value = data_set.get("NumberOfFrames")
    if value is None or value == "":
        return 1
    if not isinstance(value, int) or value < 1:
        raise PixelDataError("Number of Frames is no number of frames")
    return int(value)


def _bits_per_frame(data_set: DataSet) -> int:
    bits = 1
    for keyword in FACTORS:
        value = data_set.get(keyword)
        if not isinstance(value, int):
            raise MissingRequiredElementError(keyword, "Pixel Data")
        if keyword == "SamplesPerPixel" and data_set.get("PhotometricInterpretation") in CHROMA_SUBSAMPLED:
            value = 2  # two pixels share their chroma: Y Y CB CR (PS3.3 C.7.6.3.1.2)
        bits *= value
    return bits


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


def _fragments(frames: Iterable[bytes | memoryview], number_of_frames: int | None) -> Iterator[bytes | memoryview]:
    """An empty Basic Offset Table, a fragment for each frame, and the delimiter (PS3.5 A.4); of video any number, as it has no frames."""
    out = ElementWriter()
    out.write_fragment(b"")
    yield out.to_bytes()
    count = 0
    for count, frame in enumerate(frames, 1):
        if number_of_frames is not None and count > number_of_frames:
            break
        out = ElementWriter()
        out.write_fragment(memoryview(frame).cast("B"))
        yield from out.chunks()
    if number_of_frames is not None and count != number_of_frames:
        found = f"more than {number_of_frames:,}" if count > number_of_frames else f"{count:,}"
        raise PixelDataError(f"there are {found} frames, and Number of Frames says {number_of_frames:,}")
    out = ElementWriter()
    out.write_delimiter(SEQUENCE_DELIMITATION)
    yield out.to_bytes()
