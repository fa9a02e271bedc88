"""REND-9, segmented palettes: PS3.3 C.7.9.2."""

import contextlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import dicomkit
from dicomkit import testing
from dicomkit.errors import PixelDataError
from dicomkit.pixels.segmented import expand_segments

DISCRETE, LINEAR, INDIRECT = 0, 1, 2


def expand(cells, count, cell_length=2):
    return expand_segments(np.array(cells, dtype=np.uint16), cell_length, count).tolist()


def test_discrete_segments():
    assert expand([DISCRETE, 3, 7, 8, 65535], 3) == [7, 8, 65535]
    assert expand([DISCRETE, 1, 7, DISCRETE, 2, 1, 2], 3) == [7, 1, 2]


def test_linear_segments_go_on_from_the_last_entry():
    assert expand([DISCRETE, 1, 10, LINEAR, 4, 30], 5) == [10, 15, 20, 25, 30]
    assert expand([DISCRETE, 1, 30, LINEAR, 4, 10], 5) == [30, 25, 20, 15, 10]
    assert expand([DISCRETE, 1, 0, LINEAR, 2, 1], 3) == [0, 1, 1]
    assert expand([DISCRETE, 1, 0, LINEAR, 65535, 65535], 65536) == list(range(65536))


def test_indirect_segments_copy_segments():
    # The two segments at byte 6: linear to 20, discrete 5. They go on from 0 when they are copied.
    cells = [DISCRETE, 1, 0, LINEAR, 2, 20, DISCRETE, 1, 0, INDIRECT, 2, 6, 0]
    assert expand(cells, 7) == [0, 10, 20, 0, 10, 20, 0]


def test_segments_of_bytes():
    cells = [DISCRETE, 1, 0, LINEAR, 2, 20, DISCRETE, 1, 0, INDIRECT, 2, 3, 0, 0, 0]
    assert expand(cells, 7, cell_length=1) == [0, 10, 20, 0, 10, 20, 0]
    assert expand([*cells, 0], 7, cell_length=1) == [0, 10, 20, 0, 10, 20, 0]  # padded


@pytest.mark.parametrize(
    ("cells", "count"),
    [
        ([], 1),
        ([DISCRETE], 1),
        ([DISCRETE, 2, 7], 2),  # past the end
        ([DISCRETE, 2, 7, 8], 3),  # too few
        ([DISCRETE, 2, 7, 8], 1),  # too many
        ([DISCRETE, 1, 7, DISCRETE, 1, 8], 1),
        ([DISCRETE, 0, DISCRETE, 1, 7], 1),  # adds nothing
        ([LINEAR, 1, 7], 1),  # from where?
        ([DISCRETE, 1, 7, LINEAR, 1], 2),
        ([3, 1, 7], 1),
        ([INDIRECT, 1, 0, 0], 1),  # copies itself
        ([DISCRETE, 1, 7, INDIRECT, 1, 6, 0], 2),
        ([DISCRETE, 1, 7, INDIRECT, 1, 1, 0], 2),  # half a word
        ([DISCRETE, 1, 7, INDIRECT, 1, 0, 65535], 2),
        ([DISCRETE, 1, 7, INDIRECT, 0, 0, 0], 2),
        ([DISCRETE, 1, 7, INDIRECT, 65535, 0, 0], 2),
    ],
)
def test_segments_that_are_damaged(cells, count):
    with pytest.raises(PixelDataError):
        expand(cells, count)


@given(
    cells=st.lists(st.one_of(st.integers(0, 3), st.integers(0, 65535)), max_size=40),
    count=st.integers(1, 300),
    cell_length=st.sampled_from([1, 2]),
)
def test_anything_ends_in_entries_or_an_error(cells, count, cell_length):
    with contextlib.suppress(PixelDataError):
        assert len(expand(cells, count, cell_length)) == count


@pytest.mark.parametrize("big_endian", [False, True])
@pytest.mark.parametrize("bits", [8, 16])
def test_segmented_palette_of_a_file(bits, big_endian):
    segments = [DISCRETE, 1, 0, LINEAR, 5, 250 if bits == 8 else 0xFA00]
    if bits == 8:  # two cells in a word
        segments = [low | high << 8 for low, high in zip(segments[::2], segments[1::2], strict=True)]
    elements = [(0x00280103, "US", 0)]
    for i in range(3):
        elements += [(0x00281101 + i, "US", [6, 0, bits]), (0x00281221 + i, "OW", segments)]
    syntax = testing.EXPLICIT_VR_BIG_ENDIAN if big_endian else testing.EXPLICIT_VR_LITTLE_ENDIAN
    file = dicomkit.read(testing.part10(testing.data_set(elements, big_endian=big_endian), syntax))
    assert file.palette_color_lut().apply(np.arange(6))[:, 0].tolist() == [0, 50, 100, 150, 200, 250]
