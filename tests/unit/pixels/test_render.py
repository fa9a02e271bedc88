"""REND-1 to REND-4, REND-7 to REND-11, PIX-14: pictures."""

import math
import struct
from fractions import Fraction

import imagecodecs
import numpy as np
import pydicom
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.pixels import apply_voi_lut

import dicomkit
from dicomkit import testing
from dicomkit.errors import MissingRequiredElementError, PixelDataError, TargetError
from dicomkit.pixels import (
    LookupTable,
    PaletteColorLUT,
    PhotometricInterpretation,
    PixelData,
    PixelDataDescriptor,
    PixelDataRenderer,
    PixelIndexError,
    RenderedImage,
    VOILUTFunction,
    WindowSettings,
)


def round_half_up(x):
    return math.floor(x + 0.5 + 1e-9)


def make_pixel_data(stored, stored_bits=None, photometric="MONOCHROME2", **more):
    stored = np.asarray(stored)
    bits = stored.itemsize * 8
    descriptor = PixelDataDescriptor(
        rows=stored.shape[0],
        columns=stored.shape[1],
        bits_allocated=bits,
        bits_stored=stored_bits or bits,
        high_bit=(stored_bits or bits) - 1,
        is_signed=stored.dtype.kind == "i",
        samples_per_pixel=stored.shape[2] if stored.ndim == 3 else 1,
        photometric_interpretation=PhotometricInterpretation(photometric),
        is_float=stored.dtype.kind == "f",
        **more,
    )
    return PixelData(descriptor, stored.tobytes())


def render(stored, *arguments, **more):
    return PixelDataRenderer(make_pixel_data(stored, **more)).render_frame(0, *arguments)


def read_ct(stored, *elements, signed=0, photometric="MONOCHROME2"):
    """A file with one frame of 16 bits, and whatever else."""
    stored = np.asarray(stored)
    encoded = testing.data_set(
        [
            (0x00280002, "US", 1),
            (0x00280004, "CS", photometric),
            (0x00280010, "US", stored.shape[0]),
            (0x00280011, "US", stored.shape[1]),
            (0x00280100, "US", 16),
            (0x00280101, "US", 16),
            (0x00280102, "US", 15),
            (0x00280103, "US", signed),
            (0x7FE00010, "OW", stored.astype("<i2" if signed else "<u2").tobytes()),
            *elements,
        ]
    )
    return dicomkit.read(testing.part10(encoded))


RESCALE = [(0x00281052, "DS", "-1024"), (0x00281053, "DS", "1")]
WINDOW = [(0x00281050, "DS", "40"), (0x00281051, "DS", "400")]


# REND-1
def test_automatic_window_spans_the_frame():
    # center 150, width 100 by the row: 100 is black, 200 white, 150 a little above the middle as LINEAR has it
    picture = render(np.array([[100, 150, 200, 199]], np.uint16))
    expected = [round_half_up(255 * y) for y in (0, (150 - 149.5) / 99 + 0.5, 1, (199 - 149.5) / 99 + 0.5)]
    assert picture.tolist() == [expected]
    assert picture.tolist() == [[0, 129, 255, 255]]


def test_automatic_window_of_two_values():
    assert render(np.array([[5, 6]], np.uint16)).tolist() == [[0, 255]]


@given(st.lists(st.integers(-32768, 32767), min_size=2, max_size=20).filter(lambda values: len(set(values)) > 1))
def test_automatic_window_against_the_row(values):
    window = WindowSettings((min(values) + max(values)) / 2, max(1, max(values) - min(values)))
    picture = render(np.array([values], np.int16))
    assert picture.tolist() == [[round_half_up(255 * window.apply(value)) for value in values]]


def test_automatic_window_is_in_the_order_of_rescaled_values():
    stored = [[0, 50, 100]]
    upright = read_ct(stored, (0x00281053, "DS", "0.0001"), (0x00281052, "DS", "0")).render_frame()
    assert upright.tolist() == [[0, round_half_up(255 * (0.5 / 99 + 0.5)), 255]]
    reversed_ = read_ct(stored, (0x00281053, "DS", "-1"), (0x00281052, "DS", "100")).render_frame()
    assert reversed_.tolist() == (255 - upright).tolist()


def test_automatic_window_of_real_numbers():
    assert render(np.array([[0.0, 0.25, 0.5]], np.float32)).tolist() == [[0, 128, 255]]


@pytest.mark.parametrize(
    ("stored", "grey"),
    [
        ([-1.7e308, 0.0, 0.85e308, 1.7e308], [0, 128, 191, 255]),
        ([1.6e308, 1.65e308, 1.7e308, 1.6e308], [0, 128, 255, 0]),
        ([-1.7e308, -1.7e308, -1.6e308, -1.65e308], [0, 0, 255, 128]),
        ([1.7e308] * 4, [255] * 4),
    ],
)
def test_the_largest_numbers_span_a_window(stored, grey):
    """Their sums and differences are more than the largest number."""
    assert render(np.array([stored])).tolist() == [grey]
    assert render(np.array([stored]), photometric="MONOCHROME1").tolist() == [[255 - value for value in grey]]



def test_automatic_window_after_a_modality_lut():
    item = [(0x00283002, "US", [3, 0, 16]), (0x00283006, "US", [500, 100, 300])]
    picture = read_ct([[0, 1, 2]], (0x00283000, "SQ", [item])).render_frame()
    assert picture.tolist() == [[255, 0, 128]]


# REND-2
@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.uint16, np.int16, np.uint32, np.int32])
@pytest.mark.parametrize("function", list(VOILUTFunction))
def test_windows_on_every_kind_of_cell(dtype, function):
    stored = np.arange(-100, 100).astype(dtype).reshape(2, 100)
    window = WindowSettings(20, 150, function=function)
    expected = [[round_half_up(255 * window.apply(int(value))) for value in row] for row in stored]
    assert render(stored, window).tolist() == expected


@given(
    st.lists(st.integers(0, 4095), min_size=1, max_size=30),
    st.integers(-2000, 5000),
    st.integers(1, 5000),
    st.sampled_from(list(VOILUTFunction)),
)
def test_windows_against_numbers(values, center, width, function):
    window = WindowSettings(center, width, function=function)
    picture = render(np.array([values], np.uint16), window, stored_bits=12)
    assert picture.tolist() == [[round_half_up(255 * window.apply(value)) for value in values]]


def test_tables_are_not_mixed_up_between_windows_and_frames():
    stored = np.array([[0, 1000], [2000, 4000]], np.uint16)
    renderer = PixelDataRenderer(make_pixel_data(stored))
    for window in (WindowSettings(1000, 10), WindowSettings(2000, 4000), None, WindowSettings(1000, 10)):
        assert np.array_equal(renderer.render_frame(0, window), render(stored, window))


def test_frames_out_of_range():
    with pytest.raises(PixelIndexError):
        PixelDataRenderer(make_pixel_data(np.zeros((2, 2), np.uint8))).render_frame(1)


# REND-3
def test_stored_window():
    file = read_ct([[1064, 864, 1263]], *RESCALE, *WINDOW)
    assert file.render_frame_with_stored_window().tolist() == file.render_frame(0, WindowSettings(40, 400)).tolist()
    assert file.render_frame_with_stored_window(0).tolist() == [[128, 0, 255]]


def test_no_stored_window():
    file = read_ct([[1, 2, 3]])
    assert file.render_frame_with_stored_window().tolist() == file.render_frame().tolist()
    assert PixelDataRenderer(make_pixel_data([[1, 2]])).render_frame_with_stored_window().tolist() == [[0, 255]]


def test_stored_voi_lut_where_there_is_no_window():
    item = [(0x00283002, "US", [4, 10, 8]), (0x00283006, "US", [0, 51, 102, 255])]
    file = read_ct([[0, 10, 11, 12, 13, 99]], (0x00283010, "SQ", [item]))
    assert file.render_frame_with_stored_window().tolist() == [[0, 0, 51, 102, 255, 255]]
    with_window = read_ct([[0, 10]], (0x00283010, "SQ", [item]), (0x00281050, "DS", "5"), (0x00281051, "DS", "1"))
    assert with_window.render_frame_with_stored_window().tolist() == [[0, 255]]


# REND-4
def test_methods_refuse_the_wrong_kind_of_frame():
    grey = PixelDataRenderer(make_pixel_data(np.zeros((2, 2), np.uint8)))
    rgb = PixelDataRenderer(make_pixel_data(np.zeros((2, 2, 3), np.uint8), photometric="RGB"))
    palette = PixelDataRenderer(make_pixel_data(np.zeros((2, 2), np.uint8), photometric="PALETTE COLOR"))
    for method in (
        grey.render_color_frame,
        grey.render_palette_color_frame,
        rgb.render_monochrome_frame,
        rgb.render_palette_color_frame,
        palette.render_monochrome_frame,
        palette.render_color_frame,
        palette.render_palette_color_frame,  # without a palette
    ):
        with pytest.raises(PixelDataError):
            method(0)


def test_methods_for_each_kind():
    window = WindowSettings(center=50.0, width=350.0, explanation="BONE")
    stored = np.arange(256, dtype=np.uint8).reshape(16, 16)
    renderer = PixelDataRenderer(make_pixel_data(stored))
    assert np.array_equal(renderer.render_monochrome_frame(0, window), renderer.render_frame(0, window))
    table = LookupTable(np.arange(255, -1, -1).astype(np.uint16), 0, 8)
    renderer = PixelDataRenderer(make_pixel_data(stored, photometric="PALETTE COLOR"), PaletteColorLUT(table, table, table))
    expected = np.stack([255 - stored] * 3, axis=-1)
    assert np.array_equal(renderer.render_palette_color_frame(0), expected)
    assert np.array_equal(renderer.render_frame(0, window), expected)
    assert np.array_equal(renderer.render_frame_with_stored_window(), expected)


# REND-7
@pytest.mark.parametrize("window", [None, WindowSettings(1000, 300)])
def test_monochrome1_is_inverted(window):
    stored = np.arange(0, 2000, 10, dtype=np.uint16).reshape(10, 20)
    assert np.array_equal(render(stored, window, photometric="MONOCHROME1"), 255 - render(stored, window))


# REND-8
@pytest.mark.parametrize(("hu", "grey"), [(40, 128), (39, 127), (-160, 0), (-159, 1), (238, 254), (239, 255), (-1000, 0), (3000, 255)])
def test_windows_are_in_hounsfield_units(hu, grey):
    file = read_ct([[hu + 1024]], *RESCALE)
    assert file.render_frame(0, WindowSettings(center=40, width=400)).tolist() == [[grey]]
    stored_signed = read_ct([[hu]], signed=1)
    assert stored_signed.render_frame(0, WindowSettings(center=40, width=400)).tolist() == [[grey]]


def test_window_of_width_1():
    file = read_ct([[1063, 1064, 1065]], *RESCALE)
    assert file.render_frame(0, WindowSettings(40, 1)).tolist() == [[0, 255, 255]]
    assert file.render_frame(0, WindowSettings(40, 0)).tolist() == [[0, 255, 255]]


@pytest.mark.parametrize("function", list(VOILUTFunction))
def test_against_pydicom(function):
    stored = np.arange(0, 4096, dtype=np.uint16).reshape(64, 64)
    file = read_ct(stored, *RESCALE, *WINDOW, (0x00281056, "CS", str(function)))
    dataset = pydicom.Dataset()
    dataset.PhotometricInterpretation, dataset.BitsStored, dataset.PixelRepresentation = "MONOCHROME2", 16, 0
    dataset.RescaleSlope, dataset.RescaleIntercept = 1, -1024
    dataset.WindowCenter, dataset.WindowWidth, dataset.VOILUTFunction = 40, 400, str(function)
    theirs = apply_voi_lut(stored.astype(np.float64) - 1024, dataset)
    low, high = -1024.0, 64511.0  # what 16 bits can be after the rescale
    expected = np.floor(255 * (theirs - low) / (high - low) + 0.5 + 1e-9)
    assert np.array_equal(file.render_frame_with_stored_window(), expected)


# REND-9, as part of a file
def test_palette_from_a_file():
    palette = []
    for i in range(3):
        palette += [(0x00281101 + i, "US", [2, 0, 16]), (0x00281201 + i, "OW", [0x1100 * (i + 1), 0xFF00])]
    file = read_ct([[0, 1, 7]], *palette, photometric="PALETTE COLOR")
    expected = [[[0x11, 0x22, 0x33], [255, 255, 255], [255, 255, 255]]]
    assert file.render_frame(0, WindowSettings(1, 1)).tolist() == expected
    assert file.render_frame_with_stored_window().tolist() == expected
    with pytest.raises(MissingRequiredElementError, match="RedPalette"):
        read_ct([[0]], photometric="PALETTE COLOR").render_frame()


# Colour, REND-10
def test_rgb_is_shown_as_it_is():
    stored = np.arange(2 * 4 * 3, dtype=np.uint8).reshape(2, 4, 3)
    picture = render(stored, WindowSettings(0, 1), photometric="RGB")
    assert np.array_equal(picture, stored)
    assert picture.flags.writeable
    assert picture.flags.c_contiguous
    assert np.array_equal(render(stored.astype(np.uint16) << 8 | 0xFF, photometric="RGB"), stored)
    assert render(np.array([[[0, 31, 16]]], np.uint8), photometric="RGB", stored_bits=5).tolist() == [[[0, 255, 132]]]


def test_signed_colour_is_refused():
    with pytest.raises(PixelDataError, match="signed"):
        render(np.zeros((1, 1, 3), np.int8), photometric="RGB")


def naive_rgb(y, cb, cr):
    rgb = (
        y + 1.402 * (cr - 128),
        y - 0.344136 * (cb - 128) - 0.714136 * (cr - 128),
        y + 1.772 * (cb - 128),
    )
    return [min(255, max(0, round_half_up(value))) for value in rgb]


@given(st.lists(st.tuples(*[st.integers(0, 255)] * 3), min_size=1, max_size=20))
def test_ybr_full_becomes_rgb(pixels):
    picture = render(np.array([pixels], np.uint8), photometric="YBR_FULL")
    assert picture.tolist() == [[naive_rgb(*pixel) for pixel in pixels]]


@pytest.mark.parametrize(
    ("ybr", "rgb"),
    [
        ((76, 85, 255), (254, 0, 0)),  # PS3.3 C.7.6.3.1.2 turns red into 76.2, 85.0, 255.5
        ((150, 44, 21), (0, 255, 1)),
        ((29, 255, 107), (0, 0, 254)),
        ((128, 128, 128), (128, 128, 128)),
    ],
)
def test_known_colors(ybr, rgb):
    assert render(np.array([[ybr]], np.uint8), photometric="YBR_FULL").tolist() == [[list(rgb)]]


@pytest.mark.parametrize(("dtype", "bits"), [(np.uint16, 16), (np.uint16, 12), (np.uint8, 6), (np.uint32, 32)])
@pytest.mark.parametrize("photometric", ["YBR_FULL", "YBR_PARTIAL_420"])
def test_ybr_of_other_depths_is_converted_as_it_is(dtype, bits, photometric):
    """To the nearest R, G, B in the bits there are; these are shown as RGB is."""
    samples = np.random.default_rng(bits).integers(0, 1 << bits, (40, 30, 3), dtype=dtype)
    samples[0, 0] = 0, 1 << bits - 1, 1 << bits - 1
    samples[1, :, 2] = np.minimum(np.arange(30) * 250 + (1 << bits - 1), (1 << bits) - 1)    # ties: 250 * 1.402 is 350.5
    scale, black = (Fraction(1), 0) if photometric == "YBR_FULL" else (Fraction("1.164384"), Fraction(16, 256) * (1 << bits))
    factors = [("1.402", "-0.714136"), ("-0.344136", "1.772")] if black == 0 else [("1.596027", "-0.812968"), ("-0.391762", "2.017232")]
    (red_cr, green_cr), (green_cb, blue_cb) = ((Fraction(one), Fraction(other)) for one, other in factors)
    expected = []
    for y, cb, cr in samples.reshape(-1, 3).tolist():
        y, cb, cr = scale * (y - black), cb - (1 << bits - 1), cr - (1 << bits - 1)
        exact = (y + red_cr * cr, y + green_cb * cb + green_cr * cr, y + blue_cb * cb)
        expected.append([min(max(math.floor(value + Fraction(1, 2)), 0), (1 << bits) - 1) for value in exact])
    rgb = np.array(expected, dtype).reshape(samples.shape)
    assert np.array_equal(render(samples, photometric=photometric, stored_bits=bits), render(rgb, photometric="RGB", stored_bits=bits))


@pytest.mark.parametrize(("ybr", "rgb"), [((16, 128, 128), 0), ((235, 128, 128), 255), ((0, 128, 128), 0), ((126, 128, 128), 128)])
def test_partial_range(ybr, rgb):
    stored = bytes([ybr[0], ybr[0], ybr[1], ybr[2]])
    descriptor = PixelDataDescriptor(
        rows=1,
        columns=2,
        bits_allocated=8,
        bits_stored=8,
        high_bit=7,
        samples_per_pixel=3,
        photometric_interpretation=PhotometricInterpretation.YBR_PARTIAL_422,
    )
    assert PixelDataRenderer(PixelData(descriptor, stored)).render_frame().tolist() == [[[rgb] * 3] * 2]


@pytest.mark.parametrize("photometric", ["YBR_ICT", "YBR_RCT"])
def test_what_a_jpeg_2000_decoder_left_is_rgb(photometric):
    assert render(np.array([[[1, 2, 3]]], np.uint8), photometric=photometric).tolist() == [[[1, 2, 3]]]


# PIX-14
def test_each_frame_renders():
    stored = np.arange(24, dtype=np.uint8).reshape(3, 2, 4)
    descriptor = PixelDataDescriptor(rows=2, columns=4, bits_allocated=8, bits_stored=8, high_bit=7, number_of_frames=3)
    renderer = PixelDataRenderer(PixelData(descriptor, stored.tobytes()))
    window = WindowSettings(128, 256)
    pictures = [renderer.render_frame(i, window) for i in range(descriptor.number_of_frames)]
    assert np.array_equal(np.stack(pictures), stored)


# REND-11
@pytest.mark.parametrize("stored", [np.arange(12, dtype=np.uint8).reshape(3, 4), np.arange(36, dtype=np.uint8).reshape(3, 4, 3)])
def test_png(stored, tmp_path):
    picture = stored.view(RenderedImage)
    path = tmp_path / "out.png"
    assert picture.to_png(path) is None
    png = picture.to_png()
    assert path.read_bytes() == png == picture._repr_png_()
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">II", png[16:24]) == (4, 3)
    assert np.array_equal(imagecodecs.png_decode(png), stored)


def test_a_png_file_is_whole_or_the_one_before(tmp_path, limited):
    picture, path = np.zeros((64, 64), dtype=np.uint8).view(RenderedImage), tmp_path / "out.png"
    path.write_bytes(b"the picture before")
    with limited("FSIZE", 50), pytest.raises(TargetError) as caught:
        picture.to_png(path)
    assert caught.value.filename == str(path)
    assert [(one.name, one.read_bytes()) for one in tmp_path.iterdir()] == [("out.png", b"the picture before")]


def test_slices_are_pictures_and_numbers_are_not():
    picture = render(np.arange(36, dtype=np.uint8).reshape(6, 6))
    assert isinstance(picture, RenderedImage)
    assert picture.dtype == np.uint8
    assert np.array_equal(imagecodecs.png_decode(picture[::2, 1:].to_png()), np.asarray(picture)[::2, 1:])
    for no_picture in (picture * 0.5, picture[0], picture[:0]):
        assert no_picture._repr_png_() is None
        with pytest.raises(PixelDataError, match="no picture"):
            no_picture.to_png()


def test_ties_are_rounded_up():
    # 255 * 40 / 400 is 25.5, and (-120 - 40) / 400 + 0.5 is 0.09999999999999998
    window = WindowSettings(40, 400, function=VOILUTFunction.LINEAR_EXACT)
    assert render(np.array([[-120]], np.int16), window).tolist() == [[26]]


def test_stored_numbers_that_are_none_do_not_matter():
    stored = np.array([[np.nan, np.inf, -np.inf, 0.0, 2.0]], np.float32)
    assert render(stored).tolist() == [[0, 255, 0, 0, 255]]
    assert render(np.full((1, 2), np.nan, np.float64)).tolist() == [[0, 0]]


def test_absurd_slopes_overflow_to_one_side_of_the_window():
    file = read_ct([[0, 1, 65535]], (0x00281052, "DS", "-1e308"), (0x00281053, "DS", "1e308"))
    assert file.render_frame(0, WindowSettings(40, 400)).tolist() == [[0, 102, 255]]


@pytest.mark.parametrize(
    ("value", "dtype", "stored_bits", "photometric", "grey"),
    [
        (0, np.uint8, 1, "MONOCHROME2", 0),  # a segmentation without a segment on this frame
        (1, np.uint8, 1, "MONOCHROME2", 255),
        (0, np.uint16, 12, "MONOCHROME2", 0),
        (4095, np.uint16, 12, "MONOCHROME2", 255),
        (4095, np.uint16, 12, "MONOCHROME1", 0),
        (-1, np.int16, 16, "MONOCHROME2", 128),
        (0, np.uint32, 32, "MONOCHROME2", 0),
        (0, np.float32, 32, "MONOCHROME2", 0),
        (-0.5, np.float32, 32, "MONOCHROME2", 0),
        (1e9, np.float64, 64, "MONOCHROME2", 255),
        (math.nan, np.float64, 64, "MONOCHROME2", 0),
    ],
)
def test_a_frame_of_one_value_is_shown_by_its_place_among_those_there_can_be(value, dtype, stored_bits, photometric, grey):
    """The window of REND-1, of width 1 around the value, would make each of them white, empty frames too."""
    assert render(np.full((2, 3), value, dtype), stored_bits=stored_bits, photometric=photometric).tolist() == [[grey] * 3] * 2


def test_a_frame_of_one_value_behind_a_modality_lut():
    lut = [(0x00283002, "US", [3, 0, 8]), (0x00283006, "OW", bytes([10, 255, 51, 0]))]
    for stored, grey in ((0, 10), (1, 255), (2, 51)):
        assert read_ct([[stored, stored]], (0x00283000, "SQ", [lut])).render_frame(0).tolist() == [[grey, grey]]
