"""Pictures in other sizes (PS3.3 10.7, C.7.6.3.1.7), notebooks."""

import imagecodecs
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dicomkit.errors import DICOMWarning
from dicomkit.pixels import PixelDataRenderer, PixelIndexError, RenderedImage
from dicomkit.pixels.histogram import make_histogram
from dicomkit.pixels.resize import find_natural_size, fit_size, pixel_aspect_ratio, resize

from .images import read_image

STORED = np.arange(20 * 10, dtype=np.uint16).reshape(20, 10)


@pytest.mark.parametrize(
    ("elements", "expected"),
    [
        ([], 1.0),
        ([(0x00280030, "DS", "2\\1")], 2.0),  # row spacing first
        ([(0x00181164, "DS", "0.5\\1")], 0.5),
        ([(0x00182010, "DS", "3\\1")], 3.0),
        ([(0x00280034, "IS", "4\\3")], 4 / 3),
        ([(0x00280030, "DS", "1\\1"), (0x00280034, "IS", "4\\3")], 1.0),
        ([(0x52009229, "SQ", [[(0x00289110, "SQ", [[(0x00280030, "DS", "3\\2")]])]])], 1.5),
        ([(0x00280030, "DS", "0\\1"), (0x00280034, "IS", "4\\3")], 4 / 3),
        ([(0x00280030, "DS", "1e300\\1")], 1.0),
        ([(0x00280030, "DS", "1")], 1.0),
        ([(0x00280030, "DS", "wide\\tall")], 1.0),
        ([(0x00280034, "IS", "-4\\3")], 1.0),
    ],
)
@pytest.mark.filterwarnings("ignore::dicomkit.DICOMWarning")
def test_aspect_ratios(elements, expected):
    assert pixel_aspect_ratio(read_image(STORED, *elements).data_set) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("rows", "columns", "size", "aspect", "expected"),
    [
        (512, 512, 256, 1.0, (256, 256)),
        (20, 10, 100, 1.0, (100, 50)),
        (20, 10, 100, 0.5, (100, 100)),
        (20, 10, 100, 0.25, (50, 100)),
        (20, 10, (50, 100), 1.0, (50, 25)),
        (20, 10, (100, 10), 1.0, (20, 10)),
        (1, 60000, 10, 1.0, (1, 10)),
    ],
)
def test_fitting(rows, columns, size, aspect, expected):
    assert fit_size(rows, columns, size, aspect) == expected


@pytest.mark.parametrize("pixels", ["21\\1", "1\\21", "1e300\\1"])
def test_pixels_that_are_none(pixels):
    data_set = read_image(STORED, (0x00280030, "DS", pixels)).data_set
    with pytest.warns(DICOMWarning, match="PixelSpacing makes pixels more than 20 times"):
        assert pixel_aspect_ratio(data_set) == 1.0


@pytest.mark.parametrize(
    ("rows", "columns", "aspect", "expected"),
    [
        (20, 10, 1.0, (20, 10)),
        (20, 10, 2.0, (40, 10)),
        (20, 10, 0.5, (20, 20)),
        (3, 3, 1.1, (3, 3)),
        (3000, 2000, 1.005, (3000, 2000)),  # nobody sees it
        (3000, 2000, 0.995, (3000, 2000)),
        (512, 512, 4 / 3, (683, 512)),
        (512, 512, 0.75, (512, 683)),
        (20000, 10, 2.0, (32768, 8)),  # no more than pictures may have
    ],
)
def test_natural_sizes(rows, columns, aspect, expected):
    assert find_natural_size(rows, columns, aspect) == expected


def test_natural_sizes_of_frames():
    def group(spacing):
        return [(0x00289110, "SQ", [[(0x00280030, "DS", spacing)]])]

    groups = (0x52009230, "SQ", [group("2\\1"), group("1\\4"), group("1\\1")])
    pixel_data = read_image(np.stack([STORED] * 3), groups, frames=3).pixel_data()
    assert [pixel_data.natural_size(index) for index in range(3)] == [(40, 10), (20, 40), (20, 10)]
    renderer = PixelDataRenderer(pixel_data)
    assert renderer.render_frame(0, size=pixel_data.natural_size(0)).shape == (40, 10)
    # Unasked, pixels stay what they are.
    assert renderer.render_frame(0).shape == (20, 10)
    with pytest.raises(PixelIndexError):
        pixel_data.natural_size(3)


@pytest.mark.parametrize(("spacing", "shape"), [("2\\1", (40, 10)), ("1\\2", (20, 20)), ("1\\1", (20, 10)), ("20\\0.5", (20, 10))])
@pytest.mark.filterwarnings("ignore::dicomkit.DICOMWarning")
def test_notebooks_show_square_pixels(spacing, shape):
    png = read_image(STORED, (0x00280030, "DS", spacing)).pixel_data()._repr_png_()
    assert imagecodecs.png_decode(png).shape == shape


@pytest.mark.parametrize("size", [0, -1, 32769, (0, 5), (5, 10**9)])
def test_sizes_that_are_none(size):
    renderer = PixelDataRenderer(read_image(STORED).pixel_data())
    with pytest.raises(ValueError, match="32768"):
        renderer.render_frame(0, size=size)


def naive_area(picture, axis, length):
    """Mean of a box one new or one old pixel wide, by counting a thousand points in it."""
    lines = np.moveaxis(picture, axis, 0).astype(float)
    scale = len(lines) / length
    width = max(scale, 1.0)
    points = (np.arange(2000) + 0.5) / 2000 - 0.5
    rows = [lines[np.clip(np.floor((i + 0.5) * scale + points * width), 0, len(lines) - 1).astype(int)].mean(axis=0) for i in range(length)]
    return np.moveaxis(np.array(rows), 0, axis)


@given(st.integers(1, 9), st.integers(1, 9), st.integers(1, 20), st.integers(0, 2**32 - 1), st.booleans())
def test_resampling_is_the_mean_of_the_area(rows, columns, length, seed, is_color):
    picture = np.random.default_rng(seed).integers(0, 256, (rows, columns, 3) if is_color else (rows, columns), dtype=np.uint8)
    for axis, shape in ((0, (length, columns)), (1, (rows, length))):
        result = resize(picture, *shape)
        assert result.shape[:2] == shape
        assert np.abs(result - naive_area(picture, axis, length)).max() <= 1.0


def test_the_same_size_is_the_same_picture():
    picture = np.random.default_rng(0).integers(0, 256, (7, 5), dtype=np.uint8)
    assert np.array_equal(resize(picture, 7, 5), picture)
    assert (resize(np.full((7, 5, 3), 200, np.uint8), 100, 3) == 200).all()


def test_rendering_in_a_size():
    file = read_image(STORED, (0x00280030, "DS", "0.5\\1"))
    picture = PixelDataRenderer(file.pixel_data()).render_frame(0, size=40)
    assert isinstance(picture, RenderedImage)
    assert picture.shape == (40, 40)
    assert PixelDataRenderer(file.pixel_data()).render_frame(0).shape == (20, 10)


def test_notebooks_show_the_first_frame():
    assert read_image(STORED).pixel_data()._repr_png_()[:8] == b"\x89PNG\r\n\x1a\n"
    large = read_image(np.zeros((10, 2000), np.uint8))
    assert len(large.pixel_data()._repr_png_()) < 5000
    damaged = read_image(STORED, (0x00281053, "LO", "x"), (0x00281052, "DS", "x"))
    assert damaged.pixel_data()._repr_png_() is None


def test_histograms_draw_themselves_if_they_can(monkeypatch):
    histogram = read_image(STORED).pixel_data().histogram()
    assert histogram.counts.sum() == STORED.size
    assert len(histogram.edges) == len(histogram.counts) + 1 == 257
    monkeypatch.setattr("dicomkit.pixels.histogram.find_spec", lambda name: None)
    assert histogram._repr_png_() is None


@pytest.mark.parametrize("values", [[5, 5], [0, 2**24 + 1], [-1e308, 1e308], [float("nan")] * 2, [1e300, 1e300]])
def test_histograms_of_anything(values):
    histogram = make_histogram(np.array(values), 256, "")
    assert histogram.counts.sum() == np.isfinite(values).sum()
    assert np.isfinite(histogram.edges).all()
    assert (np.diff(histogram.edges) >= 0).all()


def test_histograms_need_bins():
    with pytest.raises(ValueError, match="0 bins"):
        make_histogram(np.zeros(3), 0, "")


def test_histograms_with_matplotlib():
    pytest.importorskip("matplotlib")
    assert read_image(STORED).pixel_data().histogram()._repr_png_()[:4] == b"\x89PNG"
