"""Frames as films: GIF and APNG that play for ever, at the rate of the image (PS3.3 C.7.6.5).

Encoders of single pictures do the work; here their parts are put together as they come, so that a film costs one frame.
"""

from __future__ import annotations

import struct
import zlib
from fractions import Fraction
from tempfile import SpooledTemporaryFile
from typing import TYPE_CHECKING

import imagecodecs
import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dicomkit.dataset import DataSet
    from dicomkit.pixels import RenderedImage

__all__ = ["DEFAULT_FRAME_TIME", "encode_apng", "encode_gif", "fit_frames", "read_frame_times"]

DEFAULT_FRAME_TIME = 0.1        # seconds, where nothing says better
_SHORTEST, _LONGEST = 0.001, 60.0
# Viewers show a GIF's frame that should be shorter than this for 100 ms.
_SHORTEST_GIF = 2               # in 1/100 s
_GREYS = np.repeat(np.arange(256, dtype=np.uint8)[:, None], 3, axis=1)
_LARGEST_DELAY_PART = 65535     # of an APNG's fractions
# An APNG says first how many pictures it has, which is known last: until then it waits here, and from this size on the disk.
_SPOOLED_BYTES = 32 << 20
_CHUNK = 1 << 20

_Picture = npt.NDArray[np.uint8]


def read_frame_times(data_set: DataSet, number_of_frames: int) -> list[float]:
    """Return how long each frame is shown, in seconds: by Frame Time, Frame Time Vector, or a frame rate.

    What is damaged or absurd counts as absent.
    """
    time = data_set.decimal_string("FrameTime")
    if time is not None and _SHORTEST <= time / 1000 <= _LONGEST:
        return [float(time) / 1000] * number_of_frames
    vector = [float(step) / 1000 for step in data_set.decimal_strings("FrameTimeVector") or ()]
    # Each is the time since the frame before; how long the last one lasts is not said (PS3.3 C.7.6.5.1.2).
    if len(vector) == number_of_frames > 1 and all(_SHORTEST <= step <= _LONGEST for step in vector[1:]):
        return [*vector[1:], sum(vector[1:]) / (number_of_frames - 1)]
    for keyword in ("RecommendedDisplayFrameRate", "CineRate"):
        rate = data_set.integer_string(keyword)
        if rate is not None and 0 < rate <= 1 / _SHORTEST:
            return [1 / rate] * number_of_frames
    return [DEFAULT_FRAME_TIME] * number_of_frames


def fit_frames(frames: Iterable[tuple[RenderedImage, float]]) -> Iterator[tuple[RenderedImage, float]]:
    """Yield pictures in the size of the first: others are fitted into it, with black beside them. Times are handed on."""
    shape: tuple[int, int] | None = None
    for picture, time in frames:
        here = picture.shape[0], picture.shape[1]
        shape = shape or here
        if here == shape:
            yield picture, time
            continue
        fitted = picture.resized(shape)
        rest = shape[0] - fitted.shape[0], shape[1] - fitted.shape[1]
        margins = [(rest[0] // 2, rest[0] - rest[0] // 2), (rest[1] // 2, rest[1] - rest[1] // 2)]
        yield np.pad(fitted, [*margins, *[(0, 0)] * (picture.ndim - 2)]).view(type(picture)), time


def encode_apng(frames: Iterable[tuple[_Picture, float]], *, is_color: bool) -> Iterator[bytes]:
    """Encode pictures of one size as APNG, and yield it in parts once all are encoded.

    Parameters
    ----------
    frames
        Pictures, at least one, and how long each is shown, in seconds.
    is_color
        Whether the film is in RGB, grey pictures included; else all are grey.

    Raises
    ------
    ValueError
        If there is no picture, or one in RGB among grey ones.
    """
    header = b""
    sequence = shown = 0
    with SpooledTemporaryFile(_SPOOLED_BYTES) as body:
        for picture, time in frames:
            if picture.ndim == 3 and not is_color:
                raise ValueError("a picture in RGB in a grey film")
            chunks = list(_png_chunks(bytes(imagecodecs.png_encode(np.ascontiguousarray(_in_rgb(picture) if is_color else picture)))))
            header = header or dict(chunks)[b"IHDR"]
            place = struct.pack(">IIII", picture.shape[1], picture.shape[0], 0, 0)
            body.write(_png_chunk(b"fcTL", struct.pack(">I", sequence) + place + struct.pack(">HHBB", *_delay(time), 0, 0)))
            sequence += 1
            for data in (data for kind, data in chunks if kind == b"IDAT"):
                # The first picture is also what a reader of plain PNG shows.
                body.write(_png_chunk(b"fdAT", struct.pack(">I", sequence) + data) if shown else _png_chunk(b"IDAT", data))
                sequence += bool(shown)
            shown += 1
        if not shown:
            raise ValueError("a film of no pictures")
        yield b"\x89PNG\r\n\x1a\n" + _png_chunk(b"IHDR", header) + _png_chunk(b"acTL", struct.pack(">II", shown, 0))
        body.seek(0)
        while part := body.read(_CHUNK):
            yield part
    yield _png_chunk(b"IEND", b"")


def _delay(time: float) -> tuple[int, int]:
    """Numerator and denominator, of 16 bits each, of the fraction next to a time."""
    fraction = Fraction(time).limit_denominator(int(_LARGEST_DELAY_PART / max(1.0, time)))
    return fraction.numerator, fraction.denominator


def _png_chunks(png: bytes) -> Iterator[tuple[bytes, bytes]]:
    offset = 8
    while offset < len(png):
        (length,) = struct.unpack_from(">I", png, offset)
        yield png[offset + 4 : offset + 8], png[offset + 8 : offset + 8 + length]
        offset += length + 12


def _png_chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def encode_gif(frames: Iterable[tuple[_Picture, float]]) -> Iterator[bytes]:
    """Encode pictures of one size as GIF, and yield it picture by picture: grey exactly, colour by up to 256 colours a picture.

    Parameters
    ----------
    frames
        Pictures, at least one, and how long each is shown, in seconds; rounded to hundredths so that the film keeps its length.

    Raises
    ------
    ValueError
        If there is no picture.
    """
    now, shown = 0.0, 0     # in hundredths of a second: where the film should be, and where it is
    is_empty = True
    for picture, time in frames:
        cells, colors = _reduce_colors(picture) if picture.ndim == 3 else (picture, _GREYS)
        # Noise grows by up to a half under LZW, and the encoder's own guess is too small for it.
        room = 2 * cells.size + 4096
        table, image = _gif_parts(bytes(imagecodecs.gif_encode(np.ascontiguousarray(cells), colormap=colors, out=room)))
        if is_empty:
            # Greys are for all pictures, those in colour bring their own. Then the extension that says "again, for ever".
            size = struct.pack("<HH", picture.shape[1], picture.shape[0])
            yield b"GIF89a" + size + b"\xf7\0\0" + _GREYS.tobytes() + b"\x21\xff\x0bNETSCAPE2.0\x03\x01\0\0\0"
            is_empty = False
        now += time * 100
        delay = max(_SHORTEST_GIF, round(now) - shown)
        shown += delay
        colored = b"\x87" + table if picture.ndim == 3 else b"\0"
        yield b"\x21\xf9\x04\x04" + struct.pack("<H", delay) + b"\0\0" + image[:9] + colored + image[10:]
    if is_empty:
        raise ValueError("a film of no pictures")
    yield b"\x3b"


def _gif_parts(gif: bytes) -> tuple[bytes, bytes]:
    """The colours of a GIF of one picture, and its picture without the trailer: the encoder writes nothing else."""
    end = 13 + 256 * 3
    if gif[10] & 0x87 != 0x87 or gif[end : end + 1] != b"\x2c":
        raise ValueError("a GIF that does not begin with 256 colours and a picture")
    return gif[13:end], gif[end:-1]


def _in_rgb(picture: _Picture) -> _Picture:
    return picture if picture.ndim == 3 else np.repeat(picture[:, :, None], 3, axis=2)


def _reduce_colors(picture: _Picture) -> tuple[_Picture, _Picture]:
    """The pixels of an RGB picture as numbers of 256 colours, and these: its own if there are no more, else by median cut."""
    packed = picture.reshape(-1, 3).astype(np.uint32) @ np.array([65536, 256, 1], dtype=np.uint32)
    found, inverse, counts = np.unique(packed, return_inverse=True, return_counts=True)
    points = np.stack([found >> 16, found >> 8 & 255, found & 255], axis=1).astype(np.float64)
    boxes = _cut(points, counts, 256)
    colors = np.zeros((256, 3), dtype=np.uint8)
    numbers = np.zeros(len(found), dtype=np.uint8)
    for index, members in enumerate(boxes):
        numbers[members] = index
        colors[index] = np.floor(np.average(points[members], axis=0, weights=counts[members]) + 0.5)
    return numbers[inverse.reshape(-1)].reshape(picture.shape[:2]), colors


def _cut(points: npt.NDArray[np.float64], counts: npt.NDArray[np.intp], wanted: int) -> list[npt.NDArray[np.intp]]:
    """Split colours into boxes: again and again the one of most spread times pixels, at the median along its longest side."""
    boxes = [np.arange(len(points))]
    weights = [_weight(points, counts, boxes[0])]
    while len(boxes) < wanted and max(weights) > 0:
        worst = weights.index(max(weights))
        members = boxes[worst]
        axis = int(np.argmax(np.ptp(points[members], axis=0)))
        members = members[np.argsort(points[members, axis], kind="stable")]
        sums = np.cumsum(counts[members])
        middle = min(max(1, int(np.searchsorted(sums, sums[-1] / 2)) + 1), len(members) - 1)
        boxes[worst : worst + 1] = [members[:middle], members[middle:]]
        weights[worst : worst + 1] = [_weight(points, counts, boxes[worst]), _weight(points, counts, boxes[worst + 1])]
    return boxes


def _weight(points: npt.NDArray[np.float64], counts: npt.NDArray[np.intp], members: npt.NDArray[np.intp]) -> float:
    return float(np.ptp(points[members], axis=0).max()) * float(counts[members].sum()) ** 0.5 if len(members) > 1 else 0.0
