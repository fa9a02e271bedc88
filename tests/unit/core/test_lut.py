"""Tables, ramps, windows and rescale, against naive ones."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dicomkit._core.lut import apply_palette, apply_ramp, apply_table, apply_window, rescale_to_float32, rescale_to_int16

COUNTS = [0, 1, 7, 8, 9, 16, 17, 33, 1001]
TYPES = ["u1", "i1", "<u2", "<i2", "<u4", "<i4"]


def random_cells(dtype, count, seed=0):
    return np.random.default_rng(seed).integers(0, 256, count * np.dtype(dtype).itemsize, dtype=np.uint8).view(dtype)


def unaligned(array):
    """The bytes of an array at an odd address."""
    buffer = bytearray(array.nbytes + 1)
    buffer[1:] = array.tobytes()
    return memoryview(buffer)[1:]


@pytest.mark.parametrize("count", COUNTS)
@pytest.mark.parametrize("itemsize", [1, 2])
def test_table(count, itemsize):
    cells = random_cells(f"<u{itemsize}", count)
    table = random_cells("u1", 1 << 8 * itemsize, seed=1)
    out = np.empty(count, np.uint8)
    apply_table(unaligned(cells), itemsize, table, out)
    assert out.tolist() == [table[cell] for cell in cells]


@pytest.mark.parametrize("count", COUNTS)
@pytest.mark.parametrize("itemsize", [1, 2])
def test_palette(count, itemsize):
    cells = random_cells(f"<u{itemsize}", count)
    table = random_cells("u1", 4 << 8 * itemsize, seed=1).reshape(-1, 4)  # the fourth byte is anything
    out = np.full(3 * count + 8, 77, np.uint8)
    apply_palette(unaligned(cells), itemsize, table.reshape(-1), out[: 3 * count])
    assert out[: 3 * count].reshape(-1, 3).tolist() == [table[cell, :3].tolist() for cell in cells]
    assert (out[3 * count :] == 77).all()  # nothing past the end


@pytest.mark.parametrize("kernel", [apply_table, apply_palette])
@pytest.mark.parametrize(("itemsize", "entries"), [(0, 1), (1, 255), (2, 256), (1, 65536), (3, 1 << 24), (4, 256)])
def test_tables_of_the_wrong_size(kernel, itemsize, entries):
    size = 1 if kernel is apply_table else 4
    with pytest.raises(ValueError, match="cells of"):
        kernel(bytes(12), itemsize, bytes(entries * size), bytearray(12))


def test_results_of_the_wrong_size():
    with pytest.raises(ValueError, match="same number"):
        apply_table(bytes(3), 2, bytes(65536), bytearray(1))
    with pytest.raises(ValueError, match="same number"):
        apply_table(bytes(4), 2, bytes(65536), bytearray(1))
    with pytest.raises(ValueError, match="same number"):
        apply_palette(bytes(4), 1, bytes(1024), bytearray(11))
    with pytest.raises(ValueError, match="same number"):
        apply_ramp(bytes(4), 2, False, 1.0, 0.0, bytearray(3))
    with pytest.raises(ValueError, match="same number"):
        rescale_to_float32(bytes(4), 2, False, 1.0, 0.0, bytearray(4))
    with pytest.raises(ValueError, match="same number"):
        rescale_to_int16(bytes(4), 2, False, 1, 0, bytearray(8))
    with pytest.raises(ValueError, match="2 values to 3"):
        apply_window(np.zeros(2), 1.0, 1.0, False, bytearray(3))


@pytest.mark.parametrize("kernel", [rescale_to_float32, rescale_to_int16, apply_ramp])
def test_cells_of_the_wrong_size(kernel):
    with pytest.raises(ValueError, match="cells of 3"):
        kernel(bytes(6), 3, False, 1, 0, bytearray(8))


@pytest.mark.parametrize("count", COUNTS)
@pytest.mark.parametrize("dtype", TYPES[:4])
@pytest.mark.parametrize(("scale", "offset"), [(0.3, 4.5), (-0.01, 300.0), (0.0, 12.0), (1000.0, -5.0)])
def test_ramp(count, dtype, scale, offset):
    cells = random_cells(dtype, count)
    out = np.empty(count, np.uint8)
    apply_ramp(unaligned(cells), cells.itemsize, dtype[-2] == "i", scale, offset, out)
    line = cells.astype(np.float32) * np.float32(scale) + np.float32(offset)
    assert np.array_equal(out, np.clip(np.trunc(line), 0, 255).astype(np.uint8))


@pytest.mark.parametrize(("scale", "offset"), [(1e5, 0.0), (0.0, 1e10), (math.nan, 0.0), (0.0, math.inf)])
def test_ramps_that_leave_the_integers(scale, offset):
    with pytest.raises(ValueError, match="steep"):
        apply_ramp(bytes(2), 2, False, scale, offset, bytearray(1))


def naive_window(x, center, width, is_sigmoid):
    if math.isnan(x):
        return 0
    if is_sigmoid:
        y = 1 / (1 + math.exp(min(700.0, -4 * (x - center) / width)))
    elif width <= 0:
        y = float(x > center)
    elif x <= center - width / 2:
        y = 0.0
    elif x > center + width / 2:
        y = 1.0
    else:
        y = min(1.0, max(0.0, (x - center) / width + 0.5))
    return math.floor(y * 255 + 0.5 + 1e-9)


numbers = st.floats(-1e5, 1e5) | st.sampled_from([math.nan, math.inf, -math.inf, 1e300, -1e300, 0.0])


@given(st.lists(numbers, max_size=40), st.floats(-1e4, 1e4), st.floats(0.001, 1e5) | st.just(0.0), st.booleans())
def test_window(values, center, width, is_sigmoid):
    if is_sigmoid and width == 0:
        width = 1.0
    edges = [center, center - width / 2, center + width / 2]
    array = np.array(values + edges)
    out = np.empty(len(array), np.uint8)
    apply_window(array, center, width, is_sigmoid, out)
    assert out.tolist() == [naive_window(x, center, width, is_sigmoid) for x in array.tolist()]


def test_window_lost_beside_its_center():
    out = np.empty(3, np.uint8)
    apply_window(np.array([1e300, 1.1e300, 0.0]), 1e300, 1.0, False, out)
    assert out.tolist() == [0, 255, 0]


@pytest.mark.parametrize("count", COUNTS)
@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize(("slope", "intercept"), [(1.0, -1024.0), (0.1, 3.3), (-2.5e-7, 0.0), (3.0, 2.0**23), (1e300, 0.0)])
def test_rescale_rounds_once(count, dtype, slope, intercept):
    cells = random_cells(dtype, count)
    out = np.empty(count, np.float32)
    rescale_to_float32(unaligned(cells), cells.itemsize, "i" in dtype, slope, intercept, out.view(np.uint8))
    with np.errstate(over="ignore"):
        assert np.array_equal(out, (cells.astype(np.float64) * slope + intercept).astype(np.float32))


@pytest.mark.parametrize("count", COUNTS)
@pytest.mark.parametrize("dtype", TYPES[:4])
@pytest.mark.parametrize(("slope", "intercept"), [(1, -1024), (-1, 5), (3, 100), (0, -7), (32767, -32768)])
def test_rescale_to_integers(count, dtype, slope, intercept):
    cells = random_cells(dtype, count)
    out = np.empty(count, np.int16)
    rescale_to_int16(unaligned(cells), cells.itemsize, "i" in dtype, slope, intercept, out.view(np.uint8))
    assert np.array_equal(out, (cells.astype(np.int64) * slope + intercept).astype(np.int16))  # modulo 2**16, exact where it fits


# The same again, with whatever cells, lengths and numbers hypothesis finds.


@st.composite
def cells_of(draw, types):
    dtype = np.dtype(draw(st.sampled_from(types)))
    data = draw(st.binary(max_size=40 * dtype.itemsize).map(lambda data: data[: len(data) // dtype.itemsize * dtype.itemsize]))
    return np.frombuffer(data, dtype)


@given(cells_of(TYPES[:4]), st.integers(0, 2**32 - 1), st.integers(0, 9))
def test_any_cells_through_any_table(cells, seed, extra):
    unsigned = np.concatenate([cells.view(f"<u{cells.itemsize}")] * (extra + 1))
    colors = random_cells("u1", 4 << 8 * cells.itemsize, seed).reshape(-1, 4)
    grey, rgb = np.empty(len(unsigned), np.uint8), np.empty((len(unsigned), 3), np.uint8)
    apply_table(unaligned(unsigned), cells.itemsize, np.ascontiguousarray(colors[:, 3]), grey)
    apply_palette(unaligned(unsigned), cells.itemsize, colors.reshape(-1), rgb.reshape(-1))
    assert grey.tolist() == [int(colors[cell, 3]) for cell in unsigned.tolist()]
    assert rgb.tolist() == [colors[cell, :3].tolist() for cell in unsigned.tolist()]


@given(cells_of(TYPES[:4]), st.floats(-1e4, 1e4, width=32), st.floats(-1e8, 1e8, width=32))
def test_any_ramp(cells, scale, offset):
    out = np.empty(len(cells), np.uint8)
    apply_ramp(unaligned(cells), cells.itemsize, cells.dtype.kind == "i", scale, offset, out)
    line = [np.float32(np.float32(cell) * np.float32(scale)) + np.float32(offset) for cell in cells.tolist()]
    assert out.tolist() == [min(255, max(0, math.trunc(float(number)))) for number in line]


@given(cells_of(TYPES), st.floats(-1e300, 1e300), st.floats(-1e300, 1e300))
def test_any_rescale_rounds_once(cells, slope, intercept):
    out = np.empty(len(cells), np.float32)
    rescale_to_float32(unaligned(cells), cells.itemsize, cells.dtype.kind == "i", slope, intercept, out.view(np.uint8))
    with np.errstate(over="ignore", invalid="ignore"):
        expected = np.array([cell * slope + intercept for cell in cells.tolist()], np.float64).astype(np.float32)
    assert np.array_equal(out, expected, equal_nan=True)


@given(cells_of(TYPES[:4]), st.integers(-32768, 32767), st.integers(-32768, 32767))
def test_any_rescale_to_integers(cells, slope, intercept):
    out = np.empty(len(cells), np.int16)
    rescale_to_int16(unaligned(cells), cells.itemsize, cells.dtype.kind == "i", slope, intercept, out.view(np.uint8))
    assert out.tolist() == [(slope * cell + intercept + 32768) % 65536 - 32768 for cell in cells.tolist()]
