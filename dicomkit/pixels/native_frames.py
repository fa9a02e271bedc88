"""Frames of native pixel data (PS3.5 8.1.1, 8.2)."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from dicomkit.errors import DICOMWarning, PixelDataError
from dicomkit.pixels.memory import new_array
from dicomkit.pixels.unpack import (
    Array,
    as_bytes,
    check_chroma_length,
    extract_stored_bits,
    has_own_cells,
    needs_extraction,
    swap_in_place,
    swap_words,
    unpack_frames,
)

if TYPE_CHECKING:
    from dicomkit.pixels.descriptor import PhotometricInterpretation, PixelDataDescriptor

__all__ = ["NativeFrames"]

# Whole cells; little enough that what was just read is still in a cache, much enough that reading is fast.
_CHUNK = 1 << 20


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
    read_into
        Fills a buffer with the bytes from ``offset`` on: of data in a file, which then goes straight to where it belongs. None for
        data in memory, of which frames are views where they can be.
    big_endian_word_length
        0 if the data is little endian or bytes (OB); else the length of the words that are big endian.

    Raises
    ------
    PixelDataError
        If there are fewer bytes than the descriptor promises, or just as many as without chroma subsampling.
    """

    def __init__(
        self,
        descriptor: PixelDataDescriptor,
        length: int,
        read_range: Callable[[int, int], memoryview],
        *,
        read_into: Callable[[int, Array], None] | None = None,
        big_endian_word_length: int = 0,
    ) -> None:
        bits = descriptor.native_bits_per_frame
        needed = (bits * descriptor.number_of_frames + 7) // 8
        if length < needed:
            raise PixelDataError(f"pixel data has {length} bytes; the image attributes promise {needed}")
        check_chroma_length(descriptor, length)
        if length > needed + needed % 2:
            warnings.warn(f"pixel data has {length - needed} bytes more than the image attributes promise", DICOMWarning, stacklevel=2)
        self._descriptor = descriptor
        self._length = length
        self._read_range = read_range
        self._read_into = read_into
        self._word_length = big_endian_word_length
        self._bits_per_frame = bits
        # Whether samples lie one by one in their order, so that they can be read to where they belong and mended there.
        self._has_own_cells = has_own_cells(descriptor) and not (big_endian_word_length and bits // 8 % big_endian_word_length)
        self._has_spare_bits = not descriptor.is_float and descriptor.bits_stored < descriptor.bits_allocated

    def frame_data(self, frame_index: int) -> memoryview:
        """Return the bytes of a frame as stored; frames of 1-bit or 12-bit cells share a byte where they do not end at one."""
        first_bit, end_bit = self._bits(frame_index)
        offset = first_bit // 8
        return self._read_range(offset, (end_bit + 7) // 8 - offset)

    def unpack(self, frame_index: int, out: Array | None = None) -> Array:
        """Return a frame's samples: a view on what ``read_range`` gave if no bit has to change and there is no ``out``."""
        descriptor = self._descriptor
        if self._has_own_cells:
            if self._read_into is not None:
                frame = new_array(descriptor.frame_shape, descriptor.dtype) if out is None else out
                self._fill(frame, self._read_into, frame_index)
                return frame
            if out is None and not self._has_spare_bits and not self._word_length:
                length = self._bits_per_frame // 8
                view: Array = np.frombuffer(self._read_range(frame_index * length, length), descriptor.dtype)
                return view.reshape(descriptor.frame_shape)
        cells, first_bit = self._read_frame(frame_index)
        frame = unpack_frames(cells, descriptor, first_bit=first_bit, out=None if out is None else out[None])[0]
        return frame if out is None else out

    def photometric_interpretation(self, frame_index: int) -> PhotometricInterpretation:
        """Return the descriptor's."""
        return self._descriptor.photometric_interpretation

    def unpack_all(self, out: Array | None = None, workers: int = 1) -> Array:
        """Return the samples of all frames: a view if no bit has to change and there is no ``out``; else made frame by frame."""
        descriptor = self._descriptor
        if out is None and self._read_into is None and self._is_clean():
            return unpack_frames(self._read_range(0, descriptor.native_total_bytes), descriptor, descriptor.number_of_frames)
        count = descriptor.number_of_frames
        frames = new_array((count, *descriptor.frame_shape), descriptor.dtype) if out is None else out
        if self._read_into is not None and self._has_own_cells:
            step = max(1, _CHUNK // descriptor.bytes_per_frame)
            for first in range(0, count, step):
                self._fill(frames[first : first + step], self._read_into, first)
        else:
            for frame_index in range(count):
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
        return frame_index * self._bits_per_frame, (frame_index + 1) * self._bits_per_frame

    def _read_frame(self, frame_index: int) -> tuple[memoryview, int]:
        """The cells of a frame in little endian, and the bit of the first byte at which they begin."""
        first_bit, end_bit = self._bits(frame_index)
        offset, end = first_bit // 8, (end_bit + 7) // 8
        if not self._word_length:
            return self._read_range(offset, end - offset), first_bit % 8
        start = offset - offset % self._word_length  # whole words, whose bytes are about to change places
        end = min(end + -end % self._word_length, self._length)
        return swap_words(self._read_range(start, end - start), self._word_length)[offset - start :], first_bit % 8

    def _fill(self, out: Array, read_into: Callable[[int, Array], None], first: int) -> None:
        """Read frames into an array, and make samples of their cells there."""
        cells = as_bytes(out)
        read_into(first * (self._bits_per_frame // 8), cells)
        if self._word_length:
            swap_in_place(cells, self._word_length)
        extract_stored_bits(cells, self._descriptor)

    def _is_clean(self) -> bool:
        """Whether samples lie in the data just as they are. Looks at one chunk after the other, until one is not clean."""
        descriptor = self._descriptor
        if self._word_length or not self._has_own_cells or descriptor.bit_shift:
            return False
        if not self._has_spare_bits:
            return True
        total = descriptor.native_total_bytes
        chunks = (self._read_range(offset, min(_CHUNK, total - offset)) for offset in range(0, total, _CHUNK))
        return not any(needs_extraction(np.frombuffer(chunk, dtype=np.uint8), descriptor) for chunk in chunks)
