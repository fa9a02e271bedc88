"""Real World Value Mapping (PS3.3 C.7.6.16.2.11)."""

import numpy as np
import pytest

from dicomkit.errors import DICOMWarning, MissingRequiredElementError, PixelDataError
from dicomkit.pixels import ModalityTransform

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


def rescale(slope, intercept, kind):
    return [(0x00281052, "DS", intercept), (0x00281053, "DS", slope), *([(0x00281054, "LO", kind)] if kind else [])]


def test_a_modality_with_units_comes_first_unless_asked():
    file = read_image(STORED, *rescale("1", "5", "HU"), (0x00409096, "SQ", [mapping(), mapping(0, 65535, 2)]))
    pixel_data = file.pixel_data()
    assert pixel_data.values().tolist() == [[5, 15, 25, 35]]
    assert pixel_data.units == "HU"
    second = pixel_data.real_world_value_mappings()[1]
    out = np.empty((1, 4), np.float32)
    assert pixel_data.values(0, second, out) is out
    assert out.tolist() == [[-1, 19, 39, 59]]


@pytest.mark.parametrize("kind", ["US", None])
@pytest.mark.parametrize(("slope", "intercept"), [("1", "0"), ("1", "-1024")])
def test_a_rescale_of_unspecified_type_says_nothing_of_the_real_world(kind, slope, intercept):
    # Enhanced MR images and parametric maps must have one (PS3.3 C.7.6.16.2.9, C.7.6.16.2.9b).
    group = [(0x00289145, "SQ", [rescale(slope, intercept, kind)]), (0x00409096, "SQ", [mapping(0, 65535, 1e-6, 0.0)])]
    of_group = read_image(STORED, (0x52009229, "SQ", [group])).pixel_data()
    of_image = read_image(STORED, *rescale(slope, intercept, kind), group[1]).pixel_data()
    for pixel_data in (of_group, of_image):
        assert pixel_data.units == "mm2/s"
        assert pixel_data.values().tolist() == np.float32([[0, 1e-5, 2e-5, 3e-5]]).tolist()
        # Windows are in the values of the modality all the same.
        assert pixel_data.modality_transform() == ModalityTransform(float(slope), float(intercept))


def test_each_frame_has_its_units():
    def group(kind, units):
        code = (0x004008EA, "SQ", [[(0x00080100, "SH", units)]])
        item = [code if element[0] == code[0] else element for element in mapping(0, 65535, 2.0, 0.0)]
        return [(0x00289145, "SQ", [rescale("1", "0", kind)]), (0x00409096, "SQ", [item])]

    groups = (0x52009230, "SQ", [group("HU", "s"), group("US", "s"), group("US", "ml")])
    pixel_data = read_image(np.stack([STORED] * 3), groups, frames=3).pixel_data()
    assert [pixel_data.units_of(index) for index in range(3)] == ["HU", "s", "ml"]
    assert [pixel_data.histogram(index).units for index in range(3)] == ["HU", "s", "ml"]
    assert pixel_data.units == "HU"
    assert pixel_data.values(2).tolist() == [[0, 20, 40, 60]]


def test_a_mapping_that_ends_before_it_begins_is_left_out():
    file = read_image(STORED, *rescale("2", "0", "US"), (0x00409096, "SQ", [mapping(20, 0), mapping(0, 20)]))
    with pytest.warns(DICOMWarning, match="last comes before its first"):
        (found,) = file.pixel_data().real_world_value_mappings()
    assert found.last_mapped_value == 20
    alone = read_image(STORED, *rescale("2", "0", "US"), (0x00409096, "SQ", [mapping(20, 0)]))
    with pytest.warns(DICOMWarning, match="ignored"):
        assert alone.pixel_data().values().tolist() == [[0, 20, 40, 60]]


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
