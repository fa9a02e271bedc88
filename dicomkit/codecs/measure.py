"""How fast a codec is, how small it makes frames, and what it loses: on the user's own frames. Importing it imports NumPy."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from dicomkit.codecs.calls import decode_frame, encode_frame

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    import numpy.typing as npt

    from dicomkit.codecs.contract import EncodeOptions, FrameDecoder, FrameDescriptor, FrameEncoder

    Array = npt.NDArray[Any]

__all__ = ["CodecMeasurement", "measure_codec", "measure_decoder"]

_MEGABYTE = 1e6
_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True)
class CodecMeasurement:
    """What a codec did with some frames. Times are the shortest of several rounds, in seconds for all frames.

    Attributes
    ----------
    native_bytes, encoded_bytes
        Of all frames.
    encode_seconds
        None if nothing was encoded.
    maximum_error
        Largest difference of a sample; None if there was nothing to compare with.
    psnr
        Peak signal-to-noise ratio in dB, the peak being what Bits Stored can express; infinite without loss.
    """

    codec_name: str
    transfer_syntax_uid: str
    frame_count: int
    native_bytes: int
    encoded_bytes: int
    decode_seconds: float
    encode_seconds: float | None = None
    maximum_error: int | None = None
    psnr: float | None = None

    @property
    def compression_ratio(self) -> float:
        """Bytes of native pixels for each encoded byte."""
        return self.native_bytes / self.encoded_bytes

    @property
    def decode_speed(self) -> float:
        """Millions of bytes of native pixels a second."""
        return self.native_bytes / self.decode_seconds / _MEGABYTE

    @property
    def encode_speed(self) -> float | None:
        """Millions of bytes of native pixels a second; None if nothing was encoded."""
        return None if self.encode_seconds is None else self.native_bytes / self.encode_seconds / _MEGABYTE


def measure_codec(
    encoder: FrameEncoder,
    decoder: FrameDecoder,
    frames: Sequence[Array],
    descriptor: FrameDescriptor,
    options: EncodeOptions,
    *,
    rounds: int = 3,
) -> CodecMeasurement:
    """Encode frames, decode them, and compare.

    Parameters
    ----------
    encoder, decoder
        Often the same object.
    frames
        At least one, as an encoder takes them.

    Raises
    ------
    CodecError
        If a frame cannot be encoded, or what was encoded not be decoded.
    """
    encode_seconds, encoded = _time(
        lambda: [encode_frame(encoder, frame, descriptor, options, frame_index=index) for index, frame in enumerate(frames)], rounds
    )
    data = [memoryview(frame.data) for frame in encoded]
    outs = [np.empty_like(frame) for frame in frames]
    uid = options.transfer_syntax_uid
    decode_seconds, colors = _time(lambda: _decode_all(decoder, data, descriptor, outs, uid), rounds)
    maximum_error, psnr = None, None
    if colors == {str(descriptor.photometric_interpretation)}:
        maximum_error, psnr = _compare(frames, outs, descriptor)
    return CodecMeasurement(
        codec_name=encoder.name,
        transfer_syntax_uid=uid,
        frame_count=len(frames),
        native_bytes=sum(frame.nbytes for frame in frames),
        encoded_bytes=sum(len(frame) for frame in data),
        decode_seconds=decode_seconds,
        encode_seconds=encode_seconds,
        maximum_error=maximum_error,
        psnr=psnr,
    )


def measure_decoder(
    decoder: FrameDecoder,
    encoded: Sequence[memoryview],
    descriptor: FrameDescriptor,
    transfer_syntax_uid: str,
    *,
    rounds: int = 3,
) -> CodecMeasurement:
    """Decode frames as they are in a file; raises :class:`CodecError` if one cannot be decoded."""
    shape = (descriptor.rows, descriptor.columns) + ((descriptor.samples_per_pixel,) if descriptor.samples_per_pixel > 1 else ())
    dtype = f"{'i' if descriptor.is_signed else 'u'}{(descriptor.bits_allocated + 7) // 8}"
    out = np.empty(shape, dtype=dtype)
    seconds, _ = _time(lambda: _decode_all(decoder, encoded, descriptor, [out] * len(encoded), transfer_syntax_uid), rounds)
    return CodecMeasurement(
        codec_name=decoder.name,
        transfer_syntax_uid=transfer_syntax_uid,
        frame_count=len(encoded),
        native_bytes=out.nbytes * len(encoded),
        encoded_bytes=sum(len(frame) for frame in encoded),
        decode_seconds=seconds,
    )


def _decode_all(
    decoder: FrameDecoder, encoded: Sequence[memoryview], descriptor: FrameDescriptor, outs: Sequence[Array], uid: str
) -> set[str]:
    """Decode frames; return the photometric interpretations that came out."""
    pairs = enumerate(zip(encoded, outs, strict=True))
    return {decode_frame(decoder, data, descriptor, out, transfer_syntax_uid=uid, frame_index=index) for index, (data, out) in pairs}


def _time(work: Callable[[], _Result], rounds: int) -> tuple[float, _Result]:
    shortest = math.inf
    for _ in range(max(1, rounds)):
        start = time.perf_counter()
        result = work()
        shortest = min(shortest, time.perf_counter() - start)
    return shortest, result


def _compare(frames: Sequence[Array], decoded: Sequence[Array], descriptor: FrameDescriptor) -> tuple[int, float]:
    shift = frames[0].itemsize * 8 - descriptor.bits_stored if descriptor.bits_allocated > 1 else 0
    largest, squares, count = 0, 0.0, 0
    for frame, cells in zip(frames, decoded, strict=True):
        values = np.right_shift(np.left_shift(cells, shift), shift)     # what is outside of Bits Stored means nothing
        difference = np.abs(values.astype(np.float64) - frame.astype(np.float64))
        largest = max(largest, int(difference.max()))
        squares += float(np.square(difference).sum())
        count += difference.size
    peak = (1 << descriptor.bits_stored) - 1
    return largest, math.inf if squares == 0 else 20 * math.log10(peak / math.sqrt(squares / count))
