"""Calls that cannot be meant: errors that say what is expected, and blame no file."""

import numpy as np
import pytest

from dicomkit import WindowSettings
from dicomkit.pixels import PixelDataRenderer, PixelIndexError

from .images import read_image

STORED = np.arange(200, dtype=np.uint16).reshape(10, 20)
WINDOWS = [(0x00281050, "DS", "10\\20"), (0x00281051, "DS", "5\\6")]


@pytest.fixture
def file():
    return read_image(STORED, *WINDOWS)


@pytest.mark.parametrize("window", [(40, 400), [40, 400.0], (np.int64(40), np.float32(400))])
def test_center_and_width_are_a_window(file, window):
    assert np.array_equal(file.render_frame(0, window), file.render_frame(0, WindowSettings(40, 400)))


@pytest.mark.parametrize("window", [40, (40,), (40, 400, 1), ("40", "400"), (True, 400), {40, 400}, WINDOWS])
def test_what_is_no_window(file, window):
    with pytest.raises(TypeError, match=r"WindowSettings\(center, width\)"):
        file.render_frame(0, window)


def test_a_list_of_windows_is_no_window(file):
    with pytest.raises(TypeError, match="not of type list of 2"):
        file.render_frame(0, file.all_window_settings())


@pytest.mark.parametrize("size", [256.0, True, "256", (256,), (256, 128, 3), (256.0, 128), (True, 5), b"1", np.float64(4)])
def test_what_is_no_size(file, size):
    with pytest.raises(TypeError, match="size is"):
        file.render_frame(0, size=size)


@pytest.mark.parametrize("size", [np.int64(40), np.uint8(40), (np.int16(40), 40), [40, 40]])
def test_every_integer_is_a_size(file, size):
    assert file.render_frame(0, size=size).shape == (20, 40)


@pytest.mark.parametrize("frame_index", [0.5, 0.0, "0", None, True, np.float64(0)])
def test_what_is_no_frame_index(file, frame_index):
    pixel_data = file.pixel_data()
    for ask in (pixel_data.frame, pixel_data.values, pixel_data.units_of, file.render_frame, file.window_settings, file.pixel_range):
        with pytest.raises(TypeError, match="frame_index is an integer"):
            ask(frame_index)


def test_what_is_no_position_and_no_number_of_bins(file):
    pixel_data = file.pixel_data()
    for position in ((0.5, 0), (0, 1.0), (None, 0)):
        with pytest.raises(TypeError, match="is an integer"):
            pixel_data.pixel_value(*position)
    assert pixel_data.pixel_value(np.uint8(1), np.int64(2)) == 22
    with pytest.raises(TypeError, match="bins is an integer"):
        pixel_data.histogram(bins=2.5)


def test_every_integer_is_a_frame_index(file):
    assert np.array_equal(file.pixel_data().frame(np.uint8(0)), STORED)
    assert file.window_settings(np.int64(0)) == WindowSettings(10, 5)


@pytest.mark.parametrize("frame_index", [-1, 1, 5])
def test_windows_of_frames_that_are_not_there(file, frame_index):
    for ask in (file.window_settings, file.all_window_settings):
        with pytest.raises(PixelIndexError, match="not one of 1"):
            ask(frame_index)


def test_what_is_no_mapping(file):
    with pytest.raises(TypeError, match="real_world_value_mappings"):
        file.pixel_data().values(0, mapping="x")


def test_what_is_no_pixel_data(file):
    for wrong in (file, file.data_set, None, STORED):
        with pytest.raises(TypeError, match="pixel_data"):
            PixelDataRenderer(wrong)


def test_what_is_no_array(file):
    for ask in (file.pixel_data().frame, lambda _, out: file.pixel_data().array(out), file.pixel_data().values):
        with pytest.raises(TypeError, match="out is a NumPy array, not of type list"):
            ask(0, out=[1])
