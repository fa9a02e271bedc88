"""Pixel data as frames of stored values (PS3.3 C.7.6.3, PS3.5 8)."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from dicomkit.errors import DICOMWarning, PixelDataError
from dicomkit.pixels.descriptor import PixelDataDescriptor, PixelIndexError
from dicomkit.pixels.encapsulated import EncapsulatedPixelData
from dicomkit.pixels.luts import ModalityTransform
from dicomkit.pixels.unpack import Array, swap_words, unpack_frames

if TYPE_CHECKING:
    from dicomkit.dataset import DataSet

__all__ = ["ColorValue", "EncapsulatedFrames", "FrameSource", "NativeFrames", "PixelData", "PixelRange"]


class PixelRange(NamedTuple):
    """Smallest and largest stored value of a frame."""

    min: int | float
    max: int | float


class ColorValue(NamedTuple):
    """The three stored samples of a pixel, whatever they mean: RGB, or Y, CB and CR."""

    red: int
    green: int
    blue: int


class FrameSource(Protocol):
    """Where frames come from."""

    def frame_data(self, frame_index: int) -> memoryview:
        """Return the bytes of a frame as they are stored."""

    def unpack(self, frame_index: int) -> Array:
        """Return a frame's samples."""

    def unpack_all(self) -> Array:
        """Return the samples of all frames, with the frame as first axis."""


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
        """Return the bytes of a frame as stored; 1-bit frames share a byte with their neighbours where they do not end at one."""
        first_bit, end_bit = self._bits(frame_index)
        offset = first_bit // 8
        return self._read_range(offset, (end_bit + 7) // 8 - offset)

    def unpack(self, frame_index: int) -> Array:
        """Return a frame's samples: a view on what ``read_range`` gave if no bit has to change."""
        first_bit, end_bit = self._bits(frame_index)
        offset, end = first_bit // 8, (end_bit + 7) // 8
        if self._word_length:  # whole words, whose bytes are about to change places
            offset -= offset % self._word_length
            end = min(end + -end % self._word_length, self._length)
        cells = self._read_cells(offset, end)[first_bit // 8 - offset :]
        frame: Array = unpack_frames(cells, self._descriptor, first_bit=first_bit % 8)[0]
        return frame

    def unpack_all(self) -> Array:
        """Return the samples of all frames."""
        return unpack_frames(self._read_cells(0, self._length), self._descriptor, self._descriptor.number_of_frames)

    def _bits(self, frame_index: int) -> tuple[int, int]:
        bits = self._descriptor.native_bits_per_frame
        return frame_index * bits, (frame_index + 1) * bits

    def _read_cells(self, offset: int, end: int) -> memoryview:
        data = self._read_range(offset, end - offset)
        return swap_words(data, self._word_length) if self._word_length else data


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

    def unpack(self, frame_index: int) -> Array:
        """Return a frame's samples."""
        return self._decode_frame(self._encapsulated.frame_data(frame_index))

    def unpack_all(self) -> Array:
        """Return the samples of all frames."""
        first = self.unpack(0)
        count = self._encapsulated.descriptor.number_of_frames  # no more than there are fragments
        try:
            # Untouched memory is only promised: a frame whose data is no frame fails before it is used.
            frames = np.empty((count, *first.shape), dtype=first.dtype)
        except MemoryError:
            raise PixelDataError(f"{count} frames of {first.nbytes} bytes do not fit in memory: take them one by one") from None
        frames[0] = first
        for frame_index in range(1, count):
            frames[frame_index] = self.unpack(frame_index)
        return frames


class PixelData:
    """The frames of an image, as stored values.

    Frames, rows and columns count from 0; whatever is out of range raises :class:`PixelIndexError`, negative numbers too.
    Arrays may be read-only views on the file's buffer: copy before changing one.

    Parameters
    ----------
    descriptor
        Shape, depth and meaning.
    data
        Native pixel data in little endian, or a :class:`FrameSource`.
    data_set
        Where the modality transformation, windows and palettes are found; None for none of them.
    encapsulated
        The fragments, if the data is encapsulated.

    Raises
    ------
    PixelDataError
        If there is less data than the descriptor promises.
    """

    def __init__(
        self,
        descriptor: PixelDataDescriptor,
        data: bytes | bytearray | memoryview | FrameSource,
        *,
        data_set: DataSet | None = None,
        encapsulated: EncapsulatedPixelData | None = None,
    ) -> None:
        self.descriptor = descriptor
        self.data_set = data_set
        self.encapsulated = encapsulated
        self._source = _wrap_buffer(descriptor, data) if isinstance(data, (bytes, bytearray, memoryview)) else data
        # The frame last looked at pixel by pixel. A tuple, so that threads see index and samples of the same frame.
        self._last: tuple[int, Array] | None = None

    def __repr__(self) -> str:
        return f"PixelData({self.descriptor!r})"

    def __len__(self) -> int:
        return self.descriptor.number_of_frames

    def frame_data(self, frame_index: int) -> memoryview:
        """Return the bytes of a frame as they are stored: encoded, if the pixel data is compressed."""
        self._check_frame_index(frame_index)
        return self._source.frame_data(frame_index)

    def frame(self, frame_index: int = 0) -> Array:
        """Return the stored values of a frame.

        Bits that are not stored are gone, signs extended, samples last, YBR_FULL_422 upsampled.

        Returns
        -------
        ndarray
            Shape ``(rows, columns)``, or ``(rows, columns, samples)`` if there are several.

        Raises
        ------
        PixelIndexError
            If there is no such frame.
        NoCodecError
            If the frame is compressed and nobody decodes it.
        PixelDataError
            If the frame is damaged.
        """
        self._check_frame_index(frame_index)
        return self._source.unpack(frame_index)

    def frames(self) -> Iterator[Array]:
        """Yield the stored values of each frame in turn; raises as :meth:`frame`."""
        for frame_index in range(self.descriptor.number_of_frames):
            yield self._source.unpack(frame_index)

    def array(self) -> Array:
        """Return the stored values of all frames; raises as :meth:`frame`.

        Returns
        -------
        ndarray
            As :meth:`frame` gives it if there is one frame; else with the frame as first axis.
        """
        if not self.descriptor.is_multi_frame:
            return self._source.unpack(0)
        return self._source.unpack_all()

    def values(self, frame_index: int = 0) -> npt.NDArray[np.float64]:
        """Return a frame in the units of its modality, HU for CT: after Rescale or Modality LUT (PS3.3 C.11.1); raises as :meth:`frame`."""
        return self.modality_transform(frame_index).apply(self.frame(frame_index))

    def modality_transform(self, frame_index: int = 0) -> ModalityTransform:
        """Return the transformation from stored to real-world values of a frame; the identity if nothing is known of one."""
        self._check_frame_index(frame_index)
        return ModalityTransform() if self.data_set is None else ModalityTransform.from_data_set(self.data_set, frame_index)

    def pixel_value(self, row: int, column: int, frame_index: int = 0) -> int | float:
        """Return the stored value of a pixel with one sample.

        Raises
        ------
        PixelIndexError
            If there is no such pixel.
        PixelDataError
            If pixels have several samples, or as :meth:`frame`.
        """
        if self.descriptor.samples_per_pixel != 1:
            raise PixelDataError(f"a pixel has {self.descriptor.samples_per_pixel} samples; color_value() returns them")
        self._check_position(row, column)
        value: int | float = self._look_at(frame_index)[row, column].item()
        return value

    def color_value(self, row: int, column: int, frame_index: int = 0) -> ColorValue:
        """Return the stored samples of a pixel with three; raises as :meth:`pixel_value`."""
        if self.descriptor.samples_per_pixel != 3:
            raise PixelDataError("a pixel has one sample; pixel_value() returns it")
        self._check_position(row, column)
        return ColorValue(*self._look_at(frame_index)[row, column].tolist())

    def pixel_values(self, frame_index: int = 0) -> Array:
        """Return the stored values of a frame as one row, the samples of a pixel beside each other; raises as :meth:`frame`."""
        return self.frame(frame_index).reshape(-1)

    def all_pixel_values(self) -> Array:
        """Return the stored values of all frames, one row each as :meth:`pixel_values`."""
        return self._source.unpack_all().reshape(self.descriptor.number_of_frames, -1)

    def pixel_range(self, frame_index: int = 0) -> PixelRange:
        """Return the smallest and largest stored value of a frame, over all samples; raises as :meth:`frame`."""
        frame = self.frame(frame_index)
        return PixelRange(frame.min().item(), frame.max().item())

    def _look_at(self, frame_index: int) -> Array:
        last = self._last
        if last is None or last[0] != frame_index:
            self._last = last = frame_index, self.frame(frame_index)
        return last[1]

    def _check_frame_index(self, frame_index: int) -> None:
        if not 0 <= frame_index < self.descriptor.number_of_frames:
            raise PixelIndexError(f"frame {frame_index} is not one of {self.descriptor.number_of_frames}, counted from 0")

    def _check_position(self, row: int, column: int) -> None:
        if not (0 <= row < self.descriptor.rows and 0 <= column < self.descriptor.columns):
            raise PixelIndexError(f"({row}, {column}) is not in {self.descriptor.rows} rows and {self.descriptor.columns} columns")


def _wrap_buffer(descriptor: PixelDataDescriptor, data: bytes | bytearray | memoryview) -> NativeFrames:
    view = memoryview(data).cast("B")
    return NativeFrames(descriptor, len(view), lambda offset, length: view[offset : offset + length])
