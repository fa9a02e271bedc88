"""Frames of compressed pixel data, shared out among threads."""

from __future__ import annotations

import gc
import subprocess
import sys
import threading
import time
import weakref
from pathlib import Path

import numpy as np
import pytest

from dicomkit import uids
from dicomkit.codecs import CodecError, CodecRegistry
from dicomkit.pixels import EncapsulatedPixelData, PixelDataDescriptor
from dicomkit.pixels.decoded_frames import DecodedFrames

REPOSITORY = Path(__file__).resolve().parents[3]
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
    """Frame 7 fails while an earlier one is in work, which fails later. Whoever was given another meanwhile takes his time."""
    seventh = threading.Event()

    def act(index):
        if index == 6 and workers > 1:
            assert seventh.wait(timeout=30)
            raise ValueError("six")
        if index == 7:
            seventh.set()
            raise ValueError("seven")
        if index > 7:
            time.sleep(0.2)

    codec = Codec(act)
    with pytest.raises(CodecError) as caught:
        frames_of(codec).unpack_all(workers=workers)
    assert caught.value.frame_index == (6 if workers > 1 else 7)
    assert len(codec.seen) < 8 + 2 * workers


@pytest.mark.parametrize("in_caller", [False, True])
def test_an_interrupt_ends_all_and_is_not_taken_for_a_broken_frame(in_caller):
    """Whoever it comes to: the other ends the frame that it has begun, which is broken and has a lower number."""
    caller = threading.get_ident()
    raised, begun = threading.Event(), threading.Event()

    def act(index):
        if (threading.get_ident() == caller) != in_caller:
            begun.set()
            assert raised.wait(timeout=30)
            raise ValueError("broken")
        assert begun.wait(timeout=30)
        if index > 0:
            raised.set()
            raise KeyboardInterrupt

    codec = Codec(act)
    before = threading.active_count()
    with pytest.raises(KeyboardInterrupt):
        frames_of(codec).unpack_all(workers=2)
    assert threading.active_count() == before
    assert len(codec.seen) < COUNT


INTERRUPTED = """
import os, signal, sys, threading, time
import numpy as np
from tests.unit.pixels.test_decoded_frames import COUNT, SHAPE, Codec, frames_of
caller, ended = threading.get_ident(), []
def act(index):
    if threading.get_ident() != caller:
        threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT)).start()
        time.sleep(1)                   # the caller has long decoded its frame, and waits for this one
        ended.append(index)
frames = np.zeros((2, *SHAPE), dtype=np.uint8)
try:
    frames_of(Codec(act), 2).unpack_all(frames, workers=2)
except KeyboardInterrupt:
    print("interrupted", len(ended), [thread.name for thread in threading.enumerate() if "Executor" in thread.name])
"""


def test_an_interrupt_while_the_caller_waits_for_the_last_frame():
    """When it comes out nobody writes into the frames any more."""
    done = subprocess.run([sys.executable, "-c", INTERRUPTED], capture_output=True, text=True, cwd=REPOSITORY, timeout=60)
    assert (done.stdout, done.stderr) == ("interrupted 1 []\n", "")


def test_a_thread_that_cannot_be_started(monkeypatch):
    """Nobody decodes the rest for an error."""
    started = threading.Thread.start
    threads = []

    def start(thread):
        threads.append(thread)
        if len(threads) == 3:
            raise RuntimeError("can't start new thread")
        started(thread)

    monkeypatch.setattr(threading.Thread, "start", start)
    codec = Codec(lambda _: time.sleep(0.2))
    with pytest.raises(RuntimeError, match="new thread"):
        frames_of(codec).unpack_all(workers=8)
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
