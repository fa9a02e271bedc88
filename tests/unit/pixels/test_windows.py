"""REND-5, REND-6, PIX-15."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.dataset import Dataset
from pydicom.pixels import apply_windowing

from dicomkit.errors import DICOMWarning, PixelDataError
from dicomkit.pixels import VOILUTFunction, WindowSettings

FUNCTIONS = list(VOILUTFunction)
centers = st.floats(-70000, 70000).map(lambda x: round(x, 2))
widths = st.floats(1, 70000).map(lambda x: round(x, 2))


def naive(x, center, width, function):
    """The pseudo-code of PS3.3 C.11.2.1.2.1, C.11.2.1.3.1 and C.11.2.1.3.2, for an output of 0 to 1."""
    if function == "SIGMOID":
        return 1 / (1 + math.exp(-4 * (x - center) / width))
    if function == "LINEAR_EXACT":
        if x <= center - width / 2:
            return 0.0
        if x > center + width / 2:
            return 1.0
        return (x - center) / width + 0.5
    if x <= center - 0.5 - (width - 1) / 2:
        return 0.0
    if x > center - 0.5 + (width - 1) / 2:
        return 1.0
    return (x - (center - 0.5)) / (width - 1) + 0.5


# REND-5
def test_defaults():
    window = WindowSettings(center=50.0, width=350.0, explanation="BONE")
    assert (window.center, window.width, window.explanation, window.function) == (50.0, 350.0, "BONE", VOILUTFunction.LINEAR)
    assert (window.min_value, window.max_value) == (-125.0, 225.0)
    assert WindowSettings(40, 400) == WindowSettings(40.0, 400.0)
    assert hash(WindowSettings(40, 400)) == hash(WindowSettings(40.0, 400.0))


@pytest.mark.parametrize(
    ("width", "function", "expected"),
    [
        (0.5, "LINEAR", 1.0),
        (0, "LINEAR", 1.0),
        (1, "LINEAR", 1.0),
        (0.5, "LINEAR_EXACT", 0.5),  # PS3.3 C.11.2.1.3.2: greater than 0
        (0, "LINEAR_EXACT", 1.0),
        (0.25, "SIGMOID", 0.25),
        (0, "SIGMOID", 1.0),
    ],
)
def test_widths_are_clamped(width, function, expected):
    assert WindowSettings(0, width, function=function).width == expected


@pytest.mark.parametrize("function", FUNCTIONS)
def test_negative_widths_are_clamped_with_a_warning(function):
    with pytest.warns(DICOMWarning, match="negative Window Width"):
        assert WindowSettings(0, -400, function=function).width == 1.0


@pytest.mark.parametrize("name", ["SIGMOIDAL", "", "linear exact", None, 3])
def test_functions_of_other_names(name):
    with pytest.raises(ValueError, match="LINEAR, LINEAR_EXACT, SIGMOID"):
        WindowSettings(40, 400, None, name)
    assert WindowSettings(40, 400, None, " sigmoid").function is VOILUTFunction.SIGMOID


@pytest.mark.parametrize(("center", "width"), [(math.nan, 1), (0, math.inf), (-math.inf, 1), (0, math.nan)])
def test_windows_are_finite(center, width):
    with pytest.raises(PixelDataError):
        WindowSettings(center, width)


# REND-6
@pytest.mark.parametrize(
    ("text", "function"),
    [
        ("LINEAR", "LINEAR"),
        (" linear_exact ", "LINEAR_EXACT"),
        ("Sigmoid\0", "SIGMOID"),
        ("GAMMA", "LINEAR"),
        ("", "LINEAR"),
        (None, "LINEAR"),
    ],
)
def test_function_names(text, function):
    assert VOILUTFunction.parse(text) == function


@pytest.mark.parametrize(
    ("function", "center", "width", "x", "expected"),
    [
        # LINEAR, the example of PS3.3 C.11.2.1.2.1 note: center 2048, width 4096
        ("LINEAR", 2048, 4096, 0, 0.0),
        ("LINEAR", 2048, 4096, 4095, 1.0),
        ("LINEAR", 2048, 4096, 1, 1 / 4095),
        # center 2048, width 1: a threshold
        ("LINEAR", 2048, 1, 2047, 0.0),
        ("LINEAR", 2048, 1, 2047.5, 0.0),
        ("LINEAR", 2048, 1, 2048, 1.0),
        # center 0, width 100: -50 and below is black, 49 and above white
        ("LINEAR", 0, 100, -50, 0.0),
        ("LINEAR", 0, 100, 49, 1.0),
        ("LINEAR", 0, 100, 48, 98 / 99),
        ("LINEAR", 0, 100, -0.5, 0.5),
        ("LINEAR", 0, 2, -1, 0.0),
        ("LINEAR", 0, 2, 0, 1.0),
        ("LINEAR", 0, 2, -0.5, 0.5),
        ("LINEAR_EXACT", 0, 100, -50, 0.0),
        ("LINEAR_EXACT", 0, 100, 50, 1.0),
        ("LINEAR_EXACT", 0, 100, 50.5, 1.0),
        ("LINEAR_EXACT", 0, 100, 0, 0.5),
        ("LINEAR_EXACT", 0, 1, 0.25, 0.75),
        ("SIGMOID", 40, 400, 40, 0.5),
        ("SIGMOID", 0, 4, 1, 1 / (1 + math.exp(-1))),
        ("SIGMOID", 0, 1, 1e9, 1.0),
        ("SIGMOID", 0, 1, -1e9, 0.0),
    ],
)
def test_values_at_edges(function, center, width, x, expected):
    assert WindowSettings(center, width, function=function).apply(x) == pytest.approx(expected, abs=1e-15)


@given(x=st.integers(-70000, 70000), center=centers, width=widths, function=st.sampled_from(FUNCTIONS))
def test_against_the_pseudo_code(x, center, width, function):
    if function == "SIGMOID" and abs(4 * (x - center) / width) > 600:
        return
    assert WindowSettings(center, width, function=function).apply(x) == pytest.approx(naive(x, center, width, function), abs=1e-9)


@pytest.mark.parametrize("function", FUNCTIONS)
@given(center=centers, width=widths)
def test_arrays_are_mapped_as_numbers_are_and_never_fall(function, center, width):
    window = WindowSettings(center, width, function=function)
    stored = np.linspace(center - width, center + width, 41)
    mapped = window.apply(stored)
    assert mapped.tolist() == [window.apply(float(x)) for x in stored]
    assert (np.diff(mapped) >= 0).all()
    assert mapped.min() >= 0
    assert mapped.max() <= 1


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize(("center", "width"), [(40, 400), (2048, 4096), (0, 100), (1.5, 2), (600, 1600.5)])
def test_against_pydicom(function, center, width):
    data_set = Dataset()
    data_set.PhotometricInterpretation = "MONOCHROME2"
    data_set.BitsStored, data_set.PixelRepresentation = 16, 1
    data_set.WindowCenter, data_set.WindowWidth, data_set.VOILUTFunction = center, width, str(function)
    stored = np.arange(-5000, 5000, dtype=np.int16)
    with np.errstate(over="ignore"):
        theirs = (apply_windowing(stored, data_set) + 32768) / 65535
    ours = WindowSettings(center, width, function=function).apply(stored)
    assert np.abs(ours - theirs).max() < 1e-9


def test_width_lost_beside_a_huge_center_is_a_step():
    window = WindowSettings(1e300, 2.0)
    assert window.apply(0) == 0.0
    assert window.apply(1.1e300) == 1.0
