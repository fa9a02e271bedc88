"""Where frames come from: native pixel data, or encapsulated fragments (PS3.5 8, A.4)."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

import numpy as np

from dicomkit.errors import DICOMWarning, PixelDataError
from dicomkit.pixels.unpack import Array, can_be_viewed, needs_extraction, new_array, swap_words, unpack_frames

if TYPE_CHECKING:
    from dicomkit.pixels.descriptor import PhotometricInterpretation, PixelDataDescriptor
    from dicomkit.pixels.encapsulated import EncapsulatedPixelData

__all__ = ["EncapsulatedFrames", "FrameSource", "NativeFrames"]


_CHUNK = 4 << 20


class FrameSource(Protocol):
    """Where frames come from. Samples never exceed what the descriptor's stored bits can express."""

    def frame_data(self, frame_index: int) -> memoryview:
        """Return the bytes of a frame as they are stored."""

    def unpack(self, frame_index: int, out: Array | None = None) -> Array:
        """Return a frame's samples, in ``out`` if it is given."""

    def unpack_all(self, out: Array | None = None, workers: int = 1) -> Array:
        """Return the samples of all frames, with the frame as first axis, in ``out`` if it is given; ``workers`` may share the work."""

    def photometric_interpretation(self, frame_index: int) -> PhotometricInterpretation:
        """Return what the samples of a frame mean once they are unpacked."""

    def cells(self, frame_index: int) -> Array | None:
        """Return the cells of a frame of one sample with all their bits, unsigned; None where samples is all there is."""


class NativeFrames:
    """Frames of native pixel data: cells that follow each other without gaps (PS3.5 8.1.1).

    Parameters
    ----------
    descriptor
        What the data should be.
    length
        Bytes of pixel data there are.
    read_range
        Returns ``length`` bytes from ``offset`` on. Only what a frame needs is asked for.
    big_endian_word_length
        0 if the data is little endian or bytes (OB); else the length of the words that are big endian.

    Raises
    ------
    PixelDataError
        If there are fewer bytes than the descriptor promises.
    """

    def __init__(
        self,
        descriptor: PixelDataDescriptor,
        length: int,
        read_range: Callable[[int, int], memoryview],
        *,
        big_endian_word_length: int = 0,
    ) -> None:
        needed = descriptor.native_total_bytes
        if length < needed:
            raise PixelDataError(f"pixel data has {length} bytes; the image attributes promise {needed}")
        if length > needed + needed % 2:
            warnings.warn(f"pixel data has {length - needed} bytes more than the image attributes promise", DICOMWarning, stacklevel=2)
        self._descriptor = descriptor
        self._length = length
        self._read_range = read_range
        self._word_length = big_endian_word_length

    def frame_data(self, frame_index: int) -> memoryview:
        """Return the bytes of a frame as stored; frames of 1-bit or 12-bit cells share a byte where they do not end at one."""
        first_bit, end_bit = self._bits(frame_index)
        offset = first_bit // 8
        return self._read_range(offset, (end_bit + 7) // 8 - offset)

    def unpack(self, frame_index: int, out: Array | None = None) -> Array:
        """Return a frame's samples: a view on what ``read_range`` gave if no bit has to change and there is no ``out``."""
        cells, first_bit = self._read_frame(frame_index)
        frame: Array = unpack_frames(cells, self._descriptor, first_bit=first_bit, out=None if out is None else out[None])[0]
        return frame if out is None else out

    def photometric_interpretation(self, frame_index: int) -> PhotometricInterpretation:
        """Return the descriptor's."""
        return self._descriptor.photometric_interpretation

    def unpack_all(self, out: Array | None = None, workers: int = 1) -> Array:
        """Return the samples of all frames: a view if no bit has to change and there is no ``out``; else made frame by frame."""
        descriptor = self._descriptor
        if out is None and self._is_clean():
            return unpack_frames(self._read_range(0, descriptor.native_total_bytes), descriptor, descriptor.number_of_frames)
        shape = (descriptor.number_of_frames, *descriptor.frame_shape)
        frames = new_array(shape, descriptor.dtype) if out is None else out
        for frame_index in range(descriptor.number_of_frames):
            self.unpack(frame_index, frames[frame_index])
        return frames

    def cells(self, frame_index: int) -> Array | None:
        """Return the cells of a frame of one sample with all their bits, as unsigned integers; None if they are packed."""
        descriptor = self._descriptor
        if descriptor.samples_per_pixel != 1 or descriptor.is_float or descriptor.bits_allocated % 8:
            return None
        data = np.frombuffer(self._read_frame(frame_index)[0], dtype=f"<u{descriptor.bytes_per_sample}", count=descriptor.pixels_per_frame)
        return data.reshape(descriptor.rows, descriptor.columns)

    def _bits(self, frame_index: int) -> tuple[int, int]:
        bits = self._descriptor.native_bits_per_frame
        return frame_index * bits, (frame_index + 1) * bits

    def _read_frame(self, frame_index: int) -> tuple[memoryview, int]:
        """The cells of a frame in little endian, and the bit of the first byte at which they begin."""
        first_bit, end_bit = self._bits(frame_index)
        offset, end = first_bit // 8, (end_bit + 7) // 8
        if not self._word_length:
            return self._read_range(offset, end - offset), first_bit % 8
        start = offset - offset % self._word_length  # whole words, whose bytes are about to change places
        end = min(end + -end % self._word_length, self._length)
        return swap_words(self._read_range(start, end - start), self._word_length)[offset - start :], first_bit % 8

    def _is_clean(self) -> bool:
        """Whether samples lie in the data just as they are. Looks at some frames after the others, until one is not clean."""
        descriptor = self._descriptor
        if self._word_length or not can_be_viewed(descriptor):
            return False
        if descriptor.is_float or descriptor.bits_stored == descriptor.bits_allocated:
            return True
        # Little enough that what was just read is still in a cache, much enough that reading is fast.
        total, step = descriptor.native_total_bytes, max(1, _CHUNK // descriptor.bytes_per_frame) * descriptor.bytes_per_frame
        chunks = (self._read_range(offset, min(step, total - offset)) for offset in range(0, total, step))
        return not any(needs_extraction(np.frombuffer(chunk, dtype=np.uint8), descriptor) for chunk in chunks)


class EncapsulatedFrames:
    """Frames of encapsulated pixel data (PS3.5 A.4), decoded one by one.

    Parameters
    ----------
    encapsulated
        The fragments.
    decode_frame
        Turns the encoded bytes of a frame into samples.
    """

    def __init__(self, encapsulated: EncapsulatedPixelData, decode_frame: Callable[[memoryview], Array]) -> None:
        self._encapsulated = encapsulated
        self._decode_frame = decode_frame

    def frame_data(self, frame_index: int) -> memoryview:
        """Return the encoded bytes of a frame."""
        return self._encapsulated.frame_data(frame_index)

    def unpack(self, frame_index: int, out: Array | None = None) -> Array:
        """Return a frame's samples."""
        frame = self._decode_frame(self._encapsulated.frame_data(frame_index))
        if out is None:
            return frame
        out[...] = frame
        return out

    def photometric_interpretation(self, frame_index: int) -> PhotometricInterpretation:
        """Return the descriptor's."""
        return self._encapsulated.descriptor.photometric_interpretation

    def unpack_all(self, out: Array | None = None, workers: int = 1) -> Array:
        """Return the samples of all frames."""
        first = self.unpack(0)
        count = self._encapsulated.descriptor.number_of_frames  # no more than there are fragments
        empty = self._encapsulated.find_empty_frame()
        if empty is not None:
            raise PixelDataError(f"frame {empty} of {count} has no data")
        # Untouched memory is only promised: a frame whose data is no frame fails before it is used.
        frames = new_array((count, *first.shape), first.dtype) if out is None else out
        frames[0] = first
        for frame_index in range(1, count):
            self.unpack(frame_index, frames[frame_index])
        return frames

    def cells(self, frame_index: int) -> Array | None:
        """Return None: what a codec gives is samples."""
        return None
