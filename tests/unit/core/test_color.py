"""REND-10: YBR to RGB, exactly."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dicomkit._core.color import convert_ybr_to_rgb

# In millionths: PS3.3 C.7.6.3.1.2 with the six decimals of the feature table, and the inverse of the partial range's matrix.
MATRICES = {
    False: (0, [(1000000, 0, 1402000), (1000000, -344136, -714136), (1000000, 1772000, 0)]),
    True: (16, [(1164384, 0, 1596027), (1164384, -391762, -812968), (1164384, 2017232, 0)]),
}


def naive(y, cb, cr, is_partial_range):
    offset, matrix = MATRICES[is_partial_range]
    sums = [a * (y - offset) + b * (cb - 128) + c * (cr - 128) for a, b, c in matrix]
    return [min(255, max(0, (2 * total + 1000000) // 2000000)) for total in sums]  # rounded half up, in integers


@given(st.lists(st.integers(0, 255), max_size=120).map(lambda numbers: numbers[: len(numbers) // 3 * 3]), st.booleans())
def test_conversion(samples, is_partial_range):
    rgb = bytearray(len(samples))
    convert_ybr_to_rgb(bytes(samples), rgb, is_partial_range)
    pixels = np.array(samples, dtype=int).reshape(-1, 3).tolist()
    assert list(rgb) == [value for pixel in pixels for value in naive(*pixel, is_partial_range)]


@pytest.mark.parametrize("luma", [0, 16, 100, 235, 255])
@pytest.mark.parametrize("is_partial_range", [False, True])
def test_every_chroma(luma, is_partial_range):
    """All 65536: ties and near ties of the green channel are among them."""
    samples = np.empty((65536, 3), np.uint8)
    samples[:, 0] = luma
    samples[:, 1], samples[:, 2] = np.divmod(np.arange(65536), 256)
    rgb = np.empty_like(samples)
    convert_ybr_to_rgb(samples.reshape(-1), rgb.reshape(-1), is_partial_range)
    offset, matrix = MATRICES[is_partial_range]
    sums = (samples.astype(np.int64) - [offset, 128, 128]) @ np.array(matrix).T
    assert np.array_equal(rgb, np.clip((2 * sums + 1000000) // 2000000, 0, 255))


def test_grey_stays_grey():
    samples = np.full((256, 3), 128, np.uint8)
    samples[:, 0] = np.arange(256)
    rgb = np.empty_like(samples)
    convert_ybr_to_rgb(samples.reshape(-1), rgb.reshape(-1))
    assert np.array_equal(rgb, np.repeat(np.arange(256)[:, None], 3, axis=1))


@pytest.mark.parametrize("pixels", [0, 1, 1023, 1024, 1025, 3000])
def test_in_place_and_across_blocks(pixels):
    samples = np.random.default_rng(0).integers(0, 256, 3 * pixels, dtype=np.uint8)
    rgb = np.empty_like(samples)
    convert_ybr_to_rgb(samples, rgb)
    assert [naive(*pixel, False) for pixel in samples[-9:].reshape(-1, 3).tolist()] == rgb[-9:].reshape(-1, 3).tolist()
    convert_ybr_to_rgb(samples, samples)
    assert np.array_equal(samples, rgb)


def test_what_does_not_fit():
    data = bytearray(12)
    with pytest.raises(ValueError, match="whole pixels"):
        convert_ybr_to_rgb(bytes(4), bytearray(4))
    with pytest.raises(ValueError, match="whole pixels"):
        convert_ybr_to_rgb(bytes(6), bytearray(9))
    with pytest.raises(ValueError, match="overlap"):
        convert_ybr_to_rgb(memoryview(data)[:9], memoryview(data)[3:])
