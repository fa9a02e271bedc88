"""Frames that codecs decode (PS3.5 8.2, A.4)."""

from __future__ import annotations

import threading
from collections import deque
from concurrent.futures import ThreadPoolExecutor, wait
from typing import TYPE_CHECKING

from dicomkit.codecs import CodecRegistry, decode_frame, registry
from dicomkit.pixels.descriptor import PhotometricInterpretation
from dicomkit.pixels.memory import new_array
from dicomkit.pixels.unpack import Array, as_bytes, extract_stored_bits

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dicomkit.pixels.descriptor import PixelDataDescriptor
    from dicomkit.pixels.encapsulated import EncapsulatedPixelData

__all__ = ["DecodedFrames"]


class DecodedFrames:
    """Frames of compressed pixel data, decoded one by one by the codec that the registry has at that time.

    May be used by several threads: ``_lock`` guards the source of the fragments, which may be a file.

    Parameters
    ----------
    encapsulated
        The fragments.
    transfer_syntax_uid
        What they are encoded in.
    codecs
        Where the decoder is looked up.
    """

    def __init__(self, encapsulated: EncapsulatedPixelData, transfer_syntax_uid: str, codecs: CodecRegistry = registry) -> None:
        self._encapsulated = encapsulated
        self._descriptor: PixelDataDescriptor = encapsulated.descriptor
        self._transfer_syntax_uid = transfer_syntax_uid
        self._codecs = codecs
        self._lock = threading.Lock()
        self._photometric_interpretations: dict[int, PhotometricInterpretation] = {}

    def frame_data(self, frame_index: int) -> memoryview:
        """Return the encoded bytes of a frame."""
        with self._lock:
            return self._encapsulated.frame_data(frame_index)

    def unpack(self, frame_index: int, out: Array | None = None) -> Array:
        """Return a frame's samples, in ``out`` if it is given.

        Raises
        ------
        NoCodecError
            If nobody decodes the transfer syntax.
        CodecError
            If the codec could not.
        """
        descriptor, uid = self._descriptor, self._transfer_syntax_uid
        codec = self._codecs.find_decoder(uid) or self._codecs.get_decoder(uid)
        with self._lock:
            encoded = self._encapsulated.frame_data(frame_index)
        frame = new_array(descriptor.frame_shape, descriptor.dtype) if out is None else out
        colors = decode_frame(codec, encoded, descriptor, frame, transfer_syntax_uid=uid, frame_index=frame_index)
        if descriptor.bits_stored < frame.itemsize * 8 and not getattr(codec, "decodes_values", False):
            extract_stored_bits(as_bytes(frame), descriptor)
        self._photometric_interpretations[frame_index] = PhotometricInterpretation.parse(colors)
        return frame

    def unpack_all(self, out: Array | None = None, workers: int = 1) -> Array:
        """Return the samples of all frames, with the frame as first axis; ``workers`` frames at a time, of which the caller decodes one.

        Raises the error of the first frame that cannot be decoded: then memory was touched of those before it and in work with it.
        """
        count = self._descriptor.number_of_frames  # no more than there are fragments
        frames = new_array((count, *self._descriptor.frame_shape), self._descriptor.dtype) if out is None else out
        indices = iter(range(count))    # shared: whoever is free takes the next frame
        failures: dict[int, BaseException] = {}

        def unpack_each() -> None:
            for frame_index in indices:
                try:
                    self.unpack(frame_index, frames[frame_index])
                except BaseException as error:
                    failures[frame_index] = error
                    _use_up(indices)

        others = min(int(workers), count) - 1
        try:
            with ThreadPoolExecutor(max(1, others)) as pool:
                try:
                    tasks = [pool.submit(unpack_each) for _ in range(others)]
                    unpack_each()
                    wait(tasks)         # the pool waits for its threads, too, but not again after an interrupt
                finally:
                    _use_up(indices)    # nobody begins another frame
            if failures:                # an interrupt before any frame that is broken
                raise failures[min(failures, key=lambda index: (isinstance(failures[index], Exception), index))]
        finally:
            failures.clear()            # an error that leads back to itself would keep the frames
        return frames

    def photometric_interpretation(self, frame_index: int) -> PhotometricInterpretation:
        """Return what the samples of a frame mean now that it is decoded; decodes it if nobody did."""
        if frame_index not in self._photometric_interpretations:
            self.unpack(frame_index)
        return self._photometric_interpretations[frame_index]

    def cells(self, frame_index: int) -> Array | None:
        """Return None: what a codec gives is samples."""
        return None


def _use_up(indices: Iterator[int]) -> None:
    deque(indices, 0)
