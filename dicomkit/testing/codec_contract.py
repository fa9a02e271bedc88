"""The contract of codecs as tests: a plugin's author subclasses :class:`CodecContract`, and pytest does the rest.

Importing it imports NumPy and pytest.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import pytest

from dicomkit.codecs import CodecError, EncodedFrame, EncodeOptions, decode_frame, encode_frame
from dicomkit.codecs.discovery import check_codec

if TYPE_CHECKING:
    from typing import Any

    import numpy.typing as npt

    from dicomkit.codecs import Codec, FrameDescriptor

    Array = npt.NDArray[Any]

__all__ = ["CodecContract", "FrameShape", "make_frame"]

_POISON = 0x5A
_MARGIN = 8
_MOST_EXACT_BITS = 48      # of floating point numbers, with some to spare


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameShape:
    """A :class:`dicomkit.codecs.FrameDescriptor` made by hand; 8 or 16 bits allocated, as Bits Stored needs."""

    rows: int = 33
    columns: int = 57
    samples_per_pixel: int = 1
    bits_stored: int = 8
    is_signed: bool = False
    photometric_interpretation: str = "MONOCHROME2"
    planar_configuration: int = 0
    bits_allocated: int = 0
    high_bit: int = -1

    def __post_init__(self) -> None:
        if not self.bits_allocated:
            object.__setattr__(self, "bits_allocated", next(bits for bits in (8, 16, 32, 64) if bits >= self.bits_stored))
        if self.high_bit < 0:
            object.__setattr__(self, "high_bit", self.bits_stored - 1)

    @property
    def array_shape(self) -> tuple[int, ...]:
        """Shape of the frame as an array."""
        return (self.rows, self.columns) if self.samples_per_pixel == 1 else (self.rows, self.columns, self.samples_per_pixel)

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the frame as an array."""
        return np.dtype(f"{'i' if self.is_signed else 'u'}{(self.bits_allocated + 7) // 8}")


def make_frame(shape: FrameShape, seed: int = 0) -> Array:
    """Make a frame that uses all of its range: a smooth part, noise, flat stripes and the extremes in two corners."""
    generator = np.random.default_rng(seed)
    bits = min(shape.bits_stored, _MOST_EXACT_BITS)
    smallest, largest = (-(1 << (bits - 1)), (1 << (bits - 1)) - 1) if shape.is_signed else (0, (1 << bits) - 1)
    y, x = np.indices((shape.rows, shape.columns))
    planes = []
    for plane in range(shape.samples_per_pixel):
        wave = (np.sin((x + 11 * plane) / 9) + np.cos(y / 7) + 2) / 4
        values = smallest + wave * (largest - smallest) + generator.normal(0, (largest - smallest) / 200, wave.shape)
        values[:, shape.columns // 2 :: 3] = smallest
        values[0, 0], values[-1, -1] = smallest, largest
        planes.append(np.clip(np.rint(values), smallest, largest))
    frame = (planes[0] if len(planes) == 1 else np.stack(planes, axis=-1)).astype(shape.dtype)
    return np.ascontiguousarray(np.left_shift(frame, shape.bits_stored - bits))


class CodecContract:
    """What every codec must do, as tests.

    Subclass it in a test module, name the class ``Test...``, and set ``codec``. Everything else has defaults that fit a codec
    that encodes and decodes without loss::

        class TestMyCodec(CodecContract):
            codec = MyCodec()
            shapes = (FrameShape(), FrameShape(bits_stored=12))

    Attributes
    ----------
    codec
        The codec.
    shapes
        Frames that it must decode, and encode if it can.
    maximum_error
        How far a sample may be off once it was encoded and decoded, by the UID of the transfer syntax; 0 for those that are absent.
    samples
        For a codec that only decodes: transfer syntax UID, frame shape, codestream, and the pixels that must come out.
    detects_cuts
        False for a format in which the end of a codestream cannot be told.
    """

    codec: ClassVar[Codec]
    shapes: ClassVar[tuple[FrameShape, ...]] = (
        FrameShape(),
        FrameShape(rows=1, columns=1),
        FrameShape(rows=7, columns=300),
        FrameShape(bits_stored=12),
        FrameShape(bits_stored=16, is_signed=True),
        FrameShape(samples_per_pixel=3, photometric_interpretation="RGB"),
    )
    maximum_error: ClassVar[dict[str, int]] = {}
    samples: ClassVar[tuple[tuple[str, FrameShape, bytes, Any], ...]] = ()
    detects_cuts: ClassVar[bool] = True

    def shapes_of(self, transfer_syntax_uid: str) -> tuple[FrameShape, ...]:
        """Return the frames to try in a transfer syntax; override it where they are not the same for all."""
        return self.shapes

    def options(self, transfer_syntax_uid: str) -> EncodeOptions:
        """Return the options to encode with; override it for other than the encoder's own."""
        return EncodeOptions(transfer_syntax_uid=transfer_syntax_uid)

    # What the tests work with.

    def encoded_frames(self) -> Iterator[tuple[str, FrameShape, bytes, Array, FrameShape]]:
        """Yield transfer syntax UID, shape, codestream, the pixels it must give, and the shape with the colours that the encoder told."""
        for uid, shape, data, pixels in self.samples:
            yield uid, shape, data, pixels, shape
        if not hasattr(self.codec, "encode_frame"):
            return
        for uid, shape in self._tasks():
            pixels = make_frame(shape)
            encoded = self._encode(pixels, shape, uid)
            yield uid, shape, encoded.data, pixels, replace(shape, photometric_interpretation=encoded.photometric_interpretation)

    def _tasks(self) -> list[tuple[str, FrameShape]]:
        return [(uid, shape) for uid in self.codec.transfer_syntax_uids for shape in self.shapes_of(uid)]

    def _encode(self, pixels: Array, shape: FrameShape, uid: str) -> EncodedFrame:
        return encode_frame(self.codec, pixels, shape, self.options(uid))  # type: ignore[arg-type]  # who asks has checked

    def _decode(self, data: bytes, shape: FrameDescriptor, uid: str, out: Array) -> str:
        return decode_frame(self.codec, memoryview(data), shape, out, transfer_syntax_uid=uid, frame_index=7)  # type: ignore[arg-type]

    def _values(self, out: Array, shape: FrameShape) -> Array:
        return out if getattr(self.codec, "decodes_values", False) else stored_values(out, shape)

    def _first(self) -> tuple[str, bytes, FrameShape]:
        uid, _, data, _, shape = max(self.encoded_frames(), key=lambda found: len(found[2]))
        return uid, data, shape

    def _needs_decoder(self) -> None:
        if not hasattr(self.codec, "decode_frame"):
            pytest.skip("the codec only encodes")

    # The tests.

    def test_it_is_a_codec(self) -> None:
        """It has what the registry needs."""
        check_codec(self.codec)

    def test_there_is_something_to_decode(self) -> None:
        """A contract that tries nothing proves nothing."""
        assert any(True for _ in self.encoded_frames()), "set samples, for a codec that only decodes"

    def test_decoding_gives_the_pixels(self) -> None:
        """Every sample is right, in ``out``, in the colours that the codec names."""
        self._needs_decoder()
        for uid, shape, data, pixels, told in self.encoded_frames():
            out = poisoned(shape)
            colors = self._decode(data, told, uid, out)
            assert colors in (shape.photometric_interpretation, told.photometric_interpretation, "RGB")
            difference = np.abs(self._values(out, shape).astype(np.float64) - pixels.astype(np.float64)).max()
            assert difference <= self.maximum_error.get(uid, 0), f"{uid} {shape}: off by {difference}"

    def test_decoding_twice_gives_the_same(self) -> None:
        """Nothing is kept from one frame to the next."""
        self._needs_decoder()
        uid, data, shape = self._first()
        first, second = poisoned(shape), poisoned(shape)
        self._decode(data, shape, uid, first)
        self._decode(data, shape, uid, second)
        assert np.array_equal(first, second)

    def test_padding_does_not_matter(self) -> None:
        """Fragments are padded to an even length (PS3.5 A.4)."""
        self._needs_decoder()
        uid, data, shape = self._first()
        bare, padded = poisoned(shape), poisoned(shape)
        self._decode(data, shape, uid, bare)
        self._decode(data + b"\0", shape, uid, padded)
        assert np.array_equal(bare, padded)

    def test_a_frame_of_a_volume_is_filled_and_no_other(self) -> None:
        """``out`` may lie between other frames."""
        self._needs_decoder()
        uid, data, shape = self._first()
        volume = np.full((3, *shape.array_shape), _POISON, dtype=shape.dtype)
        alone = poisoned(shape)
        self._decode(data, shape, uid, alone)
        self._decode(data, shape, uid, volume[1])
        assert np.array_equal(volume[1], alone)
        assert (volume[[0, 2]] == _POISON).all()

    def test_several_threads_may_decode(self) -> None:
        """One codec serves all threads."""
        self._needs_decoder()
        uid, data, shape = self._first()
        expected = poisoned(shape)
        self._decode(data, shape, uid, expected)
        outs = [poisoned(shape) for _ in range(8)]
        threads = [threading.Thread(target=self._decode, args=(data, shape, uid, out)) for out in outs]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert all(np.array_equal(out, expected) for out in outs)

    @pytest.mark.parametrize("change", ["rows", "columns"])
    def test_another_size_is_an_error(self, change: str) -> None:
        """What a codestream says must be what the data set says."""
        self._needs_decoder()
        uid, data, shape = self._first()
        larger = replace(shape, **{change: getattr(shape, change) + 3})
        with pytest.raises(CodecError):
            self._decode(data, larger, uid, poisoned(larger))

    def test_a_cut_codestream_is_an_error(self) -> None:
        """Half a frame is no frame."""
        self._needs_decoder()
        if not self.detects_cuts:
            pytest.skip("the format has no end")
        uid, data, shape = self._first()
        for length in {0, 1, 2, 10, len(data) // 4, len(data) // 2, len(data) - max(3, len(data) // 10)}:
            with pytest.raises(CodecError):
                self._decode(data[: max(0, length)], shape, uid, poisoned(shape))

    def test_garbage_is_an_error(self) -> None:
        """Random bytes, and the beginning of a codestream followed by them, end in an error or in pixels: in nothing else."""
        self._needs_decoder()
        uid, data, shape = self._first()
        generator = np.random.default_rng(1)
        with pytest.raises(CodecError) as caught:
            self._decode(generator.bytes(len(data)), shape, uid, poisoned(shape))
        assert (caught.value.frame_index, caught.value.codec_name) == (7, self.codec.name)
        for keep in range(0, len(data), max(1, len(data) // 16)):
            with suppress(CodecError):
                self._decode(data[:keep] + generator.bytes(len(data) - keep), shape, uid, poisoned(shape))

    def test_noise_is_encoded(self) -> None:
        """A frame that gets longer by encoding is a frame all the same."""
        if not hasattr(self.codec, "encode_frame"):
            pytest.skip("the codec only decodes")
        for uid, shape in self._tasks():
            pixels = _make_noise(shape)
            encoded = self._encode(pixels, shape, uid)
            if hasattr(self.codec, "decode_frame"):
                out = poisoned(shape)
                self._decode(encoded.data, replace(shape, photometric_interpretation=encoded.photometric_interpretation), uid, out)
                assert encoded.is_lossy or np.array_equal(self._values(out, shape), pixels), f"{uid} {shape}"

    def test_encoding_leaves_the_pixels_alone(self) -> None:
        """What is given to an encoder is the caller's."""
        if not hasattr(self.codec, "encode_frame"):
            pytest.skip("the codec only decodes")
        for uid, shape in self._tasks():
            pixels = make_frame(shape)
            pixels.flags.writeable = False
            self._encode(pixels, shape, uid)
            assert np.array_equal(pixels, make_frame(shape))

    def test_what_does_not_fit_is_not_encoded(self) -> None:
        """A sample beyond Bits Stored is refused."""
        if not hasattr(self.codec, "encode_frame"):
            pytest.skip("the codec only decodes")
        tasks = [(uid, shape) for uid, shape in self._tasks() if shape.bits_stored < shape.bits_allocated and not shape.is_signed]
        if not tasks:
            pytest.skip("no shape has bits to spare")
        for uid, shape in tasks:
            pixels = make_frame(shape)
            pixels.flat[5] = 1 << shape.bits_stored
            with pytest.raises(CodecError):
                self._encode(pixels, shape, uid)


def _make_noise(shape: FrameShape) -> Array:
    """Make a frame that nothing can compress, without the ends of its range, which near-lossless JPEG-LS refuses in signed samples."""
    bits = min(shape.bits_stored, _MOST_EXACT_BITS)
    smallest = -(1 << (bits - 1)) if shape.is_signed else 0
    margin = min(_MARGIN, (1 << bits) // 4)
    values = np.random.default_rng(2).integers(smallest + margin, smallest + (1 << bits) - margin, shape.array_shape)
    return values.astype(shape.dtype)


def poisoned(shape: FrameShape) -> Array:
    """Make an array for a frame, with what nobody could take for one."""
    return np.full(shape.array_shape, _POISON, dtype=shape.dtype)


def stored_values(cells: Array, shape: FrameShape) -> Array:
    """Return what the stored bits of cells say, as dicomkit does after decoding."""
    if shape.bits_allocated == 1:
        return cells
    left = shape.bits_allocated - 1 - shape.high_bit
    return np.right_shift(np.left_shift(cells, left), shape.bits_allocated - shape.bits_stored)
