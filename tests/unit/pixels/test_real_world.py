"""Real World Value Mapping (PS3.3 C.7.6.16.2.11)."""

import numpy as np
import pytest

from dicomkit.errors import MissingRequiredElementError, PixelDataError

from .images import read_image

STORED = np.array([[0, 10, 20, 30]], np.uint16)
UNITS = (0x004008EA, "SQ", [[(0x00080100, "SH", "mm2/s")]])


def mapping(first=0, last=20, slope=0.5, intercept=-1.0, *more, vr="US"):
    return [
        (0x00409210, "SH", "ADC"),
        (0x00283003, "LO", "Apparent diffusion"),
        (0x00409216, vr, first),
        (0x00409211, vr, last),
        (0x00409224, "FD", intercept),
        (0x00409225, "FD", slope),
        UNITS,
        *more,
    ]


def test_mapping_by_slope():
    pixel_data = read_image(STORED, (0x00409096, "SQ", [mapping()])).pixel_data()
    (found,) = pixel_data.real_world_value_mappings()
    assert (found.label, found.explanation, found.units) == ("ADC", "Apparent diffusion", "mm2/s")
    # Without a modality transformation this is what the values are.
    assert pixel_data.units == "mm2/s"
    values = pixel_data.values()
    assert values.dtype == np.float32
    np.testing.assert_array_equal(values, [[-1, 4, 9, np.nan]])


def test_the_modality_comes_first_unless_asked():
    file = read_image(STORED, (0x00281052, "DS", "5"), (0x00281053, "DS", "1"), (0x00409096, "SQ", [mapping(), mapping(0, 65535, 2)]))
    pixel_data = file.pixel_data()
    assert pixel_data.values().tolist() == [[5, 15, 25, 35]]
    assert pixel_data.units == ""
    second = pixel_data.real_world_value_mappings()[1]
    out = np.empty((1, 4), np.float32)
    assert pixel_data.values(0, second, out) is out
    assert out.tolist() == [[-1, 19, 39, 59]]


def test_mapping_by_table():
    table = (0x00409212, "FD", [1.5, 2.5, 4.0])
    item = [(0x00409216, "US", 10), (0x00409211, "US", 12), table]
    values = read_image([[9, 10, 12, 13]], (0x00409096, "SQ", [item])).pixel_data().real_world_value_mappings()[0]
    np.testing.assert_array_equal(values.apply(np.array([9, 10, 12, 13], np.uint16)), [np.nan, 1.5, 4.0, np.nan])


def test_mapping_of_signed_and_of_double_values():
    stored = np.array([[-5, 0, 5]], np.int16)
    found = read_image(stored, (0x00409096, "SQ", [mapping(65531, 0)])).pixel_data()
    np.testing.assert_array_equal(found.values(), [[-3.5, -1.0, np.nan]])
    doubles = [(0x00409214, "FD", -5.0), (0x00409213, "FD", 0.0), (0x00409224, "FD", 0.0), (0x00409225, "FD", 1.0)]
    np.testing.assert_array_equal(read_image(stored, (0x00409096, "SQ", [doubles])).pixel_data().values(), [[-5.0, 0.0, np.nan]])


def test_mapping_of_functional_groups():
    groups = [[(0x00409096, "SQ", [mapping(0, 65535, slope, 0.0)])] for slope in (1.0, 2.0)]
    pixel_data = read_image(np.stack([STORED, STORED]), (0x52009230, "SQ", groups), frames=2).pixel_data()
    assert pixel_data.values(1).tolist() == [[0, 20, 40, 60]]


def test_mappings_that_say_too_little():
    with pytest.raises(MissingRequiredElementError):
        read_image(STORED, (0x00409096, "SQ", [[(0x00409216, "US", 0), (0x00409211, "US", 3)]])).pixel_data().values()
    table = [(0x00409216, "US", 0), (0x00409211, "US", 3), (0x00409212, "FD", [1.0])]
    with pytest.raises(PixelDataError, match="1 values for"):
        read_image(STORED, (0x00409096, "SQ", [table])).pixel_data().values()
    with pytest.raises(PixelDataError):
        read_image(STORED, (0x00409096, "SQ", [[(0x00409216, "LO", "a"), (0x00409211, "US", 3)]])).pixel_data().values()


@pytest.mark.filterwarnings("error")
def test_absurd_numbers_end_in_infinities():
    values = read_image(STORED, (0x00409096, "SQ", [mapping(0, 65535, 1e300, -1e300)])).pixel_data().values(0)
    assert values.dtype == np.float32
    assert np.isinf(values[STORED != 1]).all()
