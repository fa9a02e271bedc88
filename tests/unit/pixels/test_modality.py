"""PIX-16, REND-8: values and their units."""

import numpy as np
import pytest

from dicomkit.errors import DICOMWarning, PixelDataError

from .images import read_image

RAMP = np.arange(12, dtype=np.uint16).reshape(3, 4) * 100
CT = (0x00080016, "UI", "1.2.840.10008.5.1.4.1.1.2")
PET = (0x00080016, "UI", "1.2.840.10008.5.1.4.1.1.128")


def rescale(slope, intercept, *more):
    return [(0x00281052, "DS", intercept), (0x00281053, "DS", slope), *more]


@pytest.mark.parametrize(
    ("dtype", "bits_stored", "slope", "intercept", "expected"),
    [
        (np.uint16, 12, "1", "-1024", np.int16),
        (np.int16, 16, "1", "0", np.int16),
        (np.uint8, 8, "2", "7", np.int16),
        (np.uint16, 16, "1", "-32768", np.int16),  # from -32768 to 32767
        (np.uint16, 16, "1", "-1024", np.float32),  # 64511 is too large
        (np.int16, 16, "-1", "0", np.float32),  # 32768 is too large
        (np.int16, 16, "1", "0.5", np.float32),
        (np.uint8, 8, "0.25", "0", np.float32),
        (np.uint32, 32, "1", "0", np.float64),  # more bits than a float has
        (np.uint32, 20, "1", "0", np.float32),
    ],
)
def test_values_are_exact_in_their_type(dtype, bits_stored, slope, intercept, expected):
    stored = np.array([[0, 1, 2 ** (bits_stored - 1) - 1, 100]], dtype=dtype)
    values = read_image(stored, *rescale(slope, intercept), bits_stored=bits_stored).pixel_data().values()
    assert values.dtype == expected
    assert values.tolist() == (stored.astype(float) * float(slope) + float(intercept)).tolist()


def test_values_into_an_array():
    pixel_data = read_image(RAMP, *rescale("0.5", "1")).pixel_data()
    out = np.empty((3, 4), np.float32)
    assert pixel_data.values(0, out=out) is out
    assert np.array_equal(out, RAMP * 0.5 + 1)
    for wrong in (np.empty((4, 3), np.float32), np.empty((3, 4), np.int16), np.empty((6, 8), np.float32)[::2, ::2]):
        with pytest.raises(ValueError, match="out must be"):
            pixel_data.values(0, out=wrong)


def test_values_never_change_what_is_stored():
    pixel_data = read_image(RAMP).pixel_data()
    values = pixel_data.values()
    values[...] = 7
    assert np.array_equal(pixel_data.frame(), RAMP)


@pytest.mark.parametrize(
    ("elements", "units"),
    [
        ([], ""),
        (rescale("1", "0"), ""),
        (rescale("1", "0", CT), "HU"),  # PS3.3 C.8.2.1: only other types than HU must be said
        (rescale("1", "0", CT, (0x00281054, "LO", "US")), ""),
        (rescale("1", "0", (0x00281054, "LO", "HU")), "HU"),
        (rescale("1", "0", (0x00281054, "LO", "Z_EFF")), "Z_EFF"),
        (rescale("1", "0", PET, (0x00541001, "CS", "BQML")), "Bq/ml"),
        (rescale("1", "0", PET, (0x00541001, "CS", "GML")), "g/ml"),
        (rescale("1", "0", PET, (0x00281054, "LO", "US"), (0x00541001, "CS", "GML")), "g/ml"),  # PS3.3 C.8.9.1
        ([PET, (0x00541001, "CS", "PROPCNTS")], "proportional to counts"),
        ([(0x3004000E, "DS", "0.001"), (0x30040002, "CS", "GY")], "Gy"),
        ([(0x3004000E, "DS", "0.001"), (0x30040002, "CS", "RELATIVE")], "relative"),
    ],
)
def test_units(elements, units):
    assert read_image(RAMP, *elements).pixel_data().units == units


def test_dose():
    values = read_image(RAMP, (0x3004000E, "DS", "0.001"), (0x30040002, "CS", "GY")).pixel_data().values()
    np.testing.assert_allclose(values, RAMP * 0.001, rtol=1e-7)


def test_modality_lut():
    lut = [(0x00283002, "US", [3, 100, 16]), (0x00283004, "LO", "OD"), (0x00283006, "OW", np.array([7, 8, 60000], "<u2").tobytes())]
    pixel_data = read_image(RAMP, (0x00283000, "SQ", [lut])).pixel_data()
    assert pixel_data.units == "10^-3 OD"
    assert pixel_data.values().dtype == np.float32
    assert pixel_data.values()[0].tolist() == [7, 7, 60000, 60000]
    small = [lut[0], (0x00283006, "OW", np.array([7, 8, 9], "<u2").tobytes())]
    values = read_image(RAMP, (0x00283000, "SQ", [small])).pixel_data().values()
    assert values.dtype == np.int16
    assert values[0].tolist() == [7, 7, 9, 9]


def test_the_first_mapped_value_of_a_modality_lut_is_as_its_vr_says():
    stored = np.array([[0, 1, 2]], np.uint16)
    lut = [(0x00283002, "SS", [4, -2, 16]), (0x00283004, "LO", "US"), (0x00283006, "OW", np.array([7, 8, 9, 10], "<u2").tobytes())]
    assert read_image(stored, (0x00283000, "SQ", [lut])).pixel_data().values().tolist() == [[9, 10, 10]]


def test_functional_groups_of_each_frame():
    def group(slope):
        return [(0x00289145, "SQ", [rescale(slope, "1", (0x00281054, "LO", "HU"))])]

    stored = np.stack([RAMP, RAMP, RAMP])
    per_frame = (0x52009230, "SQ", [group("2"), [], group("3")])
    shared = (0x52009229, "SQ", [group("10")])
    pixel_data = read_image(stored, per_frame, shared, frames=3).pixel_data()
    assert pixel_data.units == "HU"
    for index, slope in enumerate((2, 10, 3)):
        assert np.array_equal(pixel_data.values(index), RAMP * slope + 1)


def test_what_is_empty_leaves_it_to_functional_groups():
    group = [(0x00289145, "SQ", [rescale("2", "1", (0x00281054, "LO", "HU"))])]
    empty = rescale("", "", (0x3004000E, "DS", ""))
    pixel_data = read_image(RAMP, *empty, (0x52009230, "SQ", [group])).pixel_data()
    assert np.array_equal(pixel_data.values(), RAMP * 2 + 1)
    assert pixel_data.units == "HU"
    # Half of a rescale is one.
    assert np.array_equal(read_image(RAMP, *rescale("", "7"), (0x52009230, "SQ", [group])).pixel_data().values(), RAMP + 7)
    assert read_image(RAMP, *empty, (0x30040002, "CS", "GY")).pixel_data().units == ""


def test_two_slopes():
    pixel_data = read_image(RAMP, *rescale("2\\3", "1")).pixel_data()
    with pytest.warns(DICOMWarning, match="RescaleSlope has 2 values"):
        assert np.array_equal(pixel_data.values(), RAMP * 2 + 1)


def test_a_modality_lut_sequence_that_is_none():
    pixel_data = read_image(RAMP, (0x00283000, "LO", "LUT"), *rescale("2", "1")).pixel_data()
    with pytest.warns(DICOMWarning, match="ModalityLUTSequence is of VR LO"):
        assert np.array_equal(pixel_data.values(), RAMP * 2 + 1)


@pytest.mark.parametrize("element", [(0x3004000E, "DS", "much"), (0x00281053, "LO", "1")])
def test_what_is_no_number(element):
    with pytest.raises(PixelDataError):
        read_image(RAMP, element).pixel_data().values()


def test_signed_rescale_of_negative_values():
    stored = np.array([[-1000, -1, 0, 1000]], np.int16)
    values = read_image(stored, *rescale("2", "-3"), bits_stored=12).pixel_data().values()
    assert values.dtype == np.int16
    assert values.tolist() == [[-2003, -5, -3, 1997]]
