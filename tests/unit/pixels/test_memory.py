"""Memory for samples."""

import numpy as np
import pytest

from dicomkit.errors import PixelDataError
from dicomkit.pixels.memory import new_array

LARGE = 33 << 20
HUGE_PAGE = 2 << 20


@pytest.mark.parametrize(
    ("shape", "dtype"), [((), "u1"), ((0, 3), "i2"), ((5, 7), "float64"), ((LARGE,), "u1"), ((3, LARGE // 24), "float64")]
)
def test_arrays_are_ours_to_fill(shape, dtype):
    array = new_array(shape, dtype)
    assert array.shape == shape
    assert array.dtype == np.dtype(dtype)
    assert array.flags.c_contiguous
    assert array.flags.aligned
    assert array.flags.writeable
    array.fill(7)
    assert (array == 7).all()


def test_large_arrays_begin_with_a_page_of_their_own():
    first, second = new_array((LARGE,), np.uint8), new_array((LARGE,), np.uint8)
    addresses = [array.__array_interface__["data"][0] for array in (first, second)]
    assert [address % HUGE_PAGE for address in addresses] == [0, 0]
    assert abs(addresses[0] - addresses[1]) >= LARGE
    # The last huge page is in the allocation from end to end.
    reserve = first.base if first.base.ndim == 1 else first.base.base
    end = reserve.__array_interface__["data"][0] + reserve.nbytes
    assert addresses[0] + -(-LARGE // HUGE_PAGE) * HUGE_PAGE <= end


def test_rows_of_colours_are_not_streamed():
    arrays = [new_array((rows, 512, 3), np.uint8) for rows in range(100, 140)]
    assert all(array.__array_interface__["data"][0] % 32 == 16 for array in arrays)


@pytest.mark.parametrize("shape", [(1 << 60,), (1 << 40, 1 << 40), (2**31, 65535, 65535)])
def test_what_does_not_fit_is_an_error_of_the_pixels(shape):
    with pytest.raises(PixelDataError, match="do not fit in memory"):
        new_array(shape, np.uint16)
