"""Threads that share an image and its renderer: frames, windows, palettes and single pixels, all at once.

What is kept from call to call (tables, the last frame looked at) is replaced and never changed, so that each thread sees one that is
whole. The calls here are such that each finds what another has just kept.
"""

from __future__ import annotations

import random
import sys
import threading

import numpy as np
import pytest

from dicomkit.pixels import WINDOW_PRESETS, PixelDataRenderer, WindowSettings

from .images import read_image

THREADS = 8
ROUNDS = 800
FRAMES = 6
SHAPE = (24, 32)
CT = ((0x00281052, "DS", "-1024"), (0x00281053, "DS", "1"), (0x00281050, "DS", ["40", "-600"]), (0x00281051, "DS", ["400", "1500"]))
OVERLAY = (
    (0x60000010, "US", SHAPE[0]), (0x60000011, "US", SHAPE[1]), (0x60000040, "CS", "G"), (0x60000050, "SS", [1, 1]),
    (0x60000100, "US", 1), (0x60000102, "US", 0), (0x60003000, "OW", b"\xa5\x3c" * (SHAPE[0] * SHAPE[1] // 16)),
)  # fmt: skip


@pytest.fixture(autouse=True)
def many_switches():
    """Threads take turns every few bytecodes, so that the moments between two steps are hit."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def run_threads(work):
    """Run ``work(random)`` in several threads, which begin together; raise the first error."""
    barrier = threading.Barrier(THREADS)
    errors = []

    def run(seed):
        source = random.Random(seed)
        barrier.wait(timeout=30)
        try:
            for _ in range(ROUNDS):
                work(source)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=run, args=(seed,)) for seed in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    assert not any(thread.is_alive() for thread in threads)
    if errors:
        raise errors[0]


def volume(dtype=np.uint16, top=4096):
    return np.random.default_rng(3).integers(0, top, (FRAMES, *SHAPE), dtype=dtype)


def test_windows_of_one_renderer():
    """Each thread changes the window, and with it the table that the others may be using."""
    file = read_image(volume(), *CT, *OVERLAY, bits_stored=12, frames=FRAMES)
    windows = [None, "lung", "bone", WindowSettings(40, 400), WindowSettings(0, 3000), file.all_window_settings()[1]]
    cases = [(index, window, overlays) for index in range(FRAMES) for window in windows for overlays in (False, True)]
    expected = {}
    for index, window, overlays in cases:       # each by a renderer of its own, which keeps nothing from another
        fresh = PixelDataRenderer(file.pixel_data())
        expected[index, window, overlays] = np.asarray(fresh.render_frame(index, window, overlays=overlays)).copy()
    shared = PixelDataRenderer(file.pixel_data())

    def work(source):
        case = source.choice(cases)
        assert np.array_equal(shared.render_frame(case[0], case[1], overlays=case[2]), expected[case])

    run_threads(work)


def test_values_and_single_pixels_of_one_image():
    stored = volume()
    file = read_image(stored, *CT, bits_stored=12, frames=FRAMES)
    shared = file.pixel_data()

    def work(source):
        index, row, column = source.randrange(FRAMES), source.randrange(SHAPE[0]), source.randrange(SHAPE[1])
        assert shared.pixel_value(row, column, index) == stored[index, row, column]
        assert np.array_equal(shared.values(index), stored[index].astype(np.int16) - 1024)
        assert shared.pixel_range(index) == (stored[index].min(), stored[index].max())
        assert shared.histogram(index, bins=7).counts.sum() == stored[index].size

    run_threads(work)


def test_pixels_that_must_be_unpacked():
    """Bits above those stored make frames new arrays, and the volume is made frame by frame."""
    cells = volume(top=65536)
    file = read_image(cells, bits_stored=12, frames=FRAMES)
    stored = cells & 0xFFF
    shared = file.pixel_data()

    def work(source):
        index = source.randrange(FRAMES)
        out = np.empty(SHAPE, dtype=np.uint16)
        assert np.array_equal(shared.frame(index, out), stored[index])
        assert np.array_equal(shared.frame(index), stored[index])
        if source.random() < 0.1:
            assert np.array_equal(shared.array(), stored)

    run_threads(work)


def test_a_palette_is_read_by_whoever_comes_first():
    stored = volume(np.uint8, 256)
    tables = np.random.default_rng(4).integers(0, 65536, (3, 256), dtype=np.uint16)
    palette = [(0x00281101 + i, "US", [256, 0, 16]) for i in range(3)] + [(0x00281201 + i, "OW", tables[i].tobytes()) for i in range(3)]
    file = read_image(stored, *palette, photometric="PALETTE COLOR", frames=FRAMES)
    expected = (tables.T[stored] >> 8).astype(np.uint8)
    kept = [PixelDataRenderer(file.pixel_data())]

    def work(source):
        if source.random() < 0.1:
            kept[0] = PixelDataRenderer(file.pixel_data())
        index = source.randrange(FRAMES)
        assert np.array_equal(kept[0].render_frame(index), expected[index])

    run_threads(work)


def test_presets_cannot_be_changed_by_a_thread():
    with pytest.raises(TypeError):
        WINDOW_PRESETS["lung"] = WindowSettings(0, 1)
