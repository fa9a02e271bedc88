"""Where frames come from: what all sources offer, and encapsulated fragments (PS3.5 8, A.4)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from dicomkit.errors import PixelDataError
from dicomkit.pixels.memory import new_array, within_memory
from dicomkit.pixels.unpack import Array

if TYPE_CHECKING:
    from dicomkit.pixels.descriptor import PhotometricInterpretation
    from dicomkit.pixels.encapsulated import EncapsulatedPixelData

__all__ = ["EncapsulatedFrames", "FrameSource"]


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

    @within_memory
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
