"""Frames of compressed pixel data, shared out among threads."""

from __future__ import annotations

import gc
import threading
import time
import weakref

import numpy as np
import pytest

from dicomkit import uids
from dicomkit.codecs import CodecError, CodecRegistry
from dicomkit.pixels import EncapsulatedPixelData, PixelDataDescriptor
from dicomkit.pixels.decoded_frames import DecodedFrames

COUNT = 40
SHAPE = (2, 4)


class Codec:
    """Fills frames with the number that is in them; ``act`` may do more before."""

    name, priority, transfer_syntax_uids = "fill", 1, (uids.RLELossless,)

    def __init__(self, act=lambda index: None):
        self.act = act
        self.seen = []

    def decode_frame(self, encoded, descriptor, out):
        index = encoded[0]
        self.seen.append((index, threading.get_ident()))
        self.act(index)
        out[...] = index
        return descriptor.photometric_interpretation


def frames_of(codec, count=COUNT):
    descriptor = PixelDataDescriptor(
        rows=SHAPE[0], columns=SHAPE[1], bits_allocated=8, bits_stored=8, high_bit=7, number_of_frames=count
    )
    encapsulated = EncapsulatedPixelData(descriptor, [memoryview(bytes([index, 0])) for index in range(count)])
    codecs = CodecRegistry(lambda: ())
    codecs.register(codec)
    return DecodedFrames(encapsulated, uids.RLELossless, codecs)


def expected(count=COUNT):
    return np.broadcast_to(np.arange(count, dtype=np.uint8)[:, None, None], (count, *SHAPE))


@pytest.mark.parametrize("workers", [-1, 0, 1, 2, 3, 8, 100])
@pytest.mark.parametrize("count", [1, 2, 3, COUNT])
def test_each_frame_is_decoded_once(workers, count):
    codec = Codec()
    assert np.array_equal(frames_of(codec, count).unpack_all(workers=workers), expected(count))
    assert sorted(index for index, _ in codec.seen) == list(range(count))


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_as_many_threads_as_workers(workers):
    """Each waits until all are in work, the caller's own among them."""
    barrier = threading.Barrier(workers)
    codec = Codec(lambda _: barrier.wait(timeout=30))
    frames_of(codec, 2 * workers).unpack_all(workers=workers)
    threads = {thread for _, thread in codec.seen}
    assert len(threads) == workers
    assert threading.get_ident() in threads


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_the_first_frame_that_fails_is_named_and_nobody_begins_another(workers):
    """Frame 7 fails while an earlier one is in work, which fails later."""
    seventh = threading.Event()

    def act(index):
        if index == 6 and workers > 1:
            assert seventh.wait(timeout=30)
            raise ValueError("six")
        if index == 7:
            seventh.set()
            raise ValueError("seven")

    codec = Codec(act)
    with pytest.raises(CodecError) as caught:
        frames_of(codec).unpack_all(workers=workers)
    assert caught.value.frame_index == (6 if workers > 1 else 7)
    assert len(codec.seen) <= 8 + workers


@pytest.mark.parametrize("in_caller", [False, True])
def test_an_interrupt_ends_all(in_caller):
    """Of whoever it is: the others end the frame that they have begun."""
    caller = threading.get_ident()

    def act(index):
        if index >= 10 and (threading.get_ident() == caller) == in_caller:
            raise KeyboardInterrupt
        time.sleep(0.001)

    codec = Codec(act)
    before = threading.active_count()
    with pytest.raises(KeyboardInterrupt):
        frames_of(codec).unpack_all(workers=3)
    assert threading.active_count() == before
    assert len(codec.seen) < COUNT


def test_an_error_does_not_keep_the_frames():
    class Array(np.ndarray):
        pass

    def act(index):
        raise ValueError(index)

    frames = np.empty((COUNT, *SHAPE), dtype=np.uint8).view(Array)
    kept = weakref.ref(frames)
    gc.disable()
    try:
        with pytest.raises(CodecError):
            frames_of(Codec(act)).unpack_all(frames, workers=2)
        del frames
        assert kept() is None
    finally:
        gc.enable()
