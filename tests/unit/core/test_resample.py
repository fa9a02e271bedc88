"""Means of lines, against naive ones."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dicomkit._core.resample import resample


@st.composite
def pictures(draw):
    """Parts of lines, and which of them make each new line: wide ones go another way than narrow ones."""
    parts, lines, inner = draw(st.integers(1, 3)), draw(st.integers(1, 6)), draw(st.sampled_from([1, 3, 16, 17, 40, 2049]))
    picture = np.random.default_rng(draw(st.integers(0, 99))).integers(0, 256, (parts, lines, inner), dtype=np.uint8)
    new = []
    for _ in range(draw(st.integers(1, 4))):
        first = draw(st.integers(0, lines - 1))
        new.append((first, draw(st.integers(first, lines - 1)), draw(st.floats(0.5, 1)), draw(st.floats(0, 1))))
    return picture, new


def arrays(new):
    first, last, first_weight, last_weight = zip(*new, strict=True)
    return np.array(first, np.intp), np.array(last, np.intp), np.array(first_weight, float), np.array(last_weight, float)


@given(pictures())
def test_a_new_line_is_the_mean_of_old_ones(case):
    picture, new = case
    parts, lines, inner = picture.shape
    out = np.full((parts, len(new), inner), 77, np.uint8)
    resample(picture.reshape(-1), lines, inner, *arrays(new), out.reshape(-1))
    for i, (first, last, first_weight, last_weight) in enumerate(new):
        weights = [0.0] * lines
        for line in range(first + 1, last):
            weights[line] = 1.0
        weights[first] += first_weight
        weights[last] += last_weight
        exact = np.tensordot(picture.astype(float), weights, axes=(1, 0)) / math.fsum(weights)
        assert np.abs(out[:, i] - exact).max() <= 0.5 + 2e-5


def test_ties_are_rounded_up():
    out = bytearray(2)
    resample(bytes([0, 1, 3, 0]), 2, 1, *arrays([(0, 1, 1.0, 1.0)]), out)
    assert list(out) == [1, 2]


@pytest.mark.parametrize(
    ("lines", "inner", "new", "out"),
    [
        (0, 1, [(0, 0, 1, 0)], 1),
        (4, 0, [(0, 0, 1, 0)], 1),
        (3, 1, [(0, 0, 1, 0)], 1),  # not whole parts
        (5, 1, [(0, 0, 1, 0)], 1),
        (4, 2**62, [(0, 0, 1, 0)], 1),
        (65538, 1, [(0, 0, 1, 0)], 1),
        (4, 1, [(0, 4, 1, 0)], 1),
        (4, 1, [(-1, 0, 1, 0)], 1),
        (4, 1, [(2, 1, 1, 0)], 1),
        (4, 1, [(0, 1, 0, 0)], 1),
        (4, 1, [(0, 1, 2, 0)], 1),
        (4, 1, [(0, 1, 1, -1)], 1),
        (4, 1, [(0, 1, math.nan, 1)], 1),
        (4, 1, [(0, 1, 1, math.inf)], 1),
        (4, 1, [(0, 0, 1, 0)], 2),
        (2, 1, [(0, 0, 1, 0)], 1),  # two parts to one
    ],
)
def test_what_does_not_fit(lines, inner, new, out):
    with pytest.raises(ValueError, match=r"lines|weight|parts"):
        resample(bytes(4), lines, inner, *arrays(new), bytearray(out))


def test_new_lines_of_different_numbers():
    first, last, first_weight, last_weight = arrays([(0, 0, 1, 0), (0, 1, 1, 1)])
    for bounds in ((first[:1], last, first_weight, last_weight), (first, last, first_weight[:1], last_weight)):
        with pytest.raises(ValueError, match="same number"):
            resample(bytes(4), 2, 2, *bounds, bytearray(4))


def test_buffers_that_overlap():
    buffer = memoryview(bytearray(6))
    with pytest.raises(ValueError, match="overlap"):
        resample(buffer[:4], 2, 2, *arrays([(0, 1, 1, 1)]), buffer[3:5])
    resample(buffer[:4], 2, 2, *arrays([(0, 1, 1, 1)]), buffer[4:])
