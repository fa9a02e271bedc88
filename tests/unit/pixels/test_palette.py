"""REND-9: palettes of every kind (PS3.3 C.7.6.3.1.5, C.7.6.19)."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import dicomkit
from dicomkit.errors import PixelDataError
from dicomkit.pixels import LookupTable, PaletteColorLUT, PixelDataRenderer, WindowSettings

from .images import read_image


def make_palette(count, first, bits, seed=0):
    random = np.random.default_rng(seed)
    return PaletteColorLUT(*(LookupTable(random.integers(0, 2**bits, count).astype(np.uint16), first, bits) for _ in range(3)))


@given(
    st.sampled_from(["u1", "i1", "<u2", "<i2", "<u4", "<i4", "<u8", "<i8"]),
    st.sampled_from([1, 2, 256, 1000, 65536]),
    st.integers(-40000, 40000),
    st.integers(8, 16),
    st.integers(0, 2**32 - 1),
)
def test_every_stored_value(dtype, count, first, bits, seed):
    palette = make_palette(count, first, bits)
    random = np.random.default_rng(seed)
    limits = np.iinfo(dtype)
    near = [first - 1, first, first + 1, first + count - 1, first + count, int(limits.min), int(limits.max)]
    near = [value for value in near if limits.min <= value <= limits.max]
    stored = np.array(near + random.integers(0, 100, 9).tolist(), dtype)
    positions = [min(max(value - first, 0), count - 1) for value in stored.tolist()]
    tables = (palette.red, palette.green, palette.blue)
    expected = [[int(table.entries[position]) >> (bits - 8) for table in tables] for position in positions]
    assert palette.apply(stored).tolist() == expected


def palette_elements(count, first, seed=0, vr="US"):
    random = np.random.default_rng(seed)
    descriptors = [(0x00281101 + i, vr, [count & 0xFFFF, first, 16]) for i in range(3)]
    return descriptors + [(0x00281201 + i, "OW", random.integers(0, 65536, count).astype("<u2").tobytes()) for i in range(3)]


def test_65536_entries_are_written_as_zero():
    stored = np.array([[0, 1, 40000, 65535]], np.uint16)
    file = read_image(stored, *palette_elements(65536, 0), photometric="PALETTE COLOR")
    palette = file.palette_color_lut()
    assert len(palette.red.entries) == 65536
    assert np.array_equal(file.render_frame()[0, :, 0], palette.red.entries[stored[0]] >> 8)


def test_the_first_mapped_value_is_as_its_vr_says():
    stored = np.array([[0, 1]], np.uint16)
    file = read_image(stored, *palette_elements(6, -4, vr="SS"), photometric="PALETTE COLOR")
    assert file.palette_color_lut().first_mapped_value == -4
    assert np.array_equal(file.render_frame()[0], file.palette_color_lut().colors()[[4, 5]])


class TestSupplementalPalettes:
    STORED = np.array([[0, 50, 99, 100, 101, 103, 200]], np.uint16)
    WINDOW = WindowSettings(50, 101)

    def test_upper_values_are_coloured(self):
        file = read_image(self.STORED, *palette_elements(4, 100), (0x00089205, "CS", "MIXED"))
        picture = file.render_frame(0, self.WINDOW)
        palette = file.palette_color_lut()
        grey = PixelDataRenderer(file.pixel_data()).render_monochrome_frame(0, self.WINDOW)
        assert np.array_equal(picture[0, :3], np.repeat(grey[0, :3, None], 3, axis=1))
        assert np.array_equal(picture[0, 3:], palette.colors()[[0, 1, 3, 3]])

    @pytest.mark.parametrize("macro", [0x00189226, 0x00189329, 0x00189751])
    @pytest.mark.parametrize("of_image", ["MIXED", "COLOR", "MONOCHROME", None])
    def test_frames_say_for_themselves(self, macro, of_image):
        def group(presentation):
            return [(macro, "SQ", [[(0x00089205, "CS", presentation)]])]

        groups = (0x52009230, "SQ", [group("COLOR"), group("MONOCHROME"), []])
        top = [(0x00089205, "CS", of_image)] if of_image else []
        file = read_image(np.stack([self.STORED] * 3), *palette_elements(4, 100), *top, groups, frames=3)
        renderer = PixelDataRenderer(file.pixel_data())
        pictures = [renderer.render_frame(index, self.WINDOW) for index in range(3)]
        assert [picture.ndim for picture in pictures] == [3, 2, 3 if of_image in ("MIXED", "COLOR") else 2]
        assert np.array_equal(pictures[0][0, 3:], file.palette_color_lut().colors()[[0, 1, 3, 3]])
        assert np.array_equal(pictures[1], renderer.render_monochrome_frame(1, self.WINDOW))

    def test_coloured_values_have_no_say_in_the_automatic_window(self):
        stored = np.array([[0, 100, 200, 1000, 60000]], np.uint16)
        file = read_image(stored, *palette_elements(4, 60000), (0x00089205, "CS", "COLOR"))
        picture = file.render_frame()
        assert picture[0, :4, 0].tolist() == [0, 26, 51, 255]
        assert np.array_equal(picture[0, 4], file.palette_color_lut().colors()[0])
        # In grey alone they have.
        grey = PixelDataRenderer(file.pixel_data()).render_monochrome_frame(0)
        assert grey.tolist() == read_image(stored).render_frame().tolist()
        # A frame that is coloured all over.
        everywhere = np.full((1, 5), 60001, np.uint16)
        picture = read_image(everywhere, *palette_elements(4, 60000), (0x00089205, "CS", "COLOR")).render_frame()
        assert np.array_equal(picture[0, 0], file.palette_color_lut().colors()[1])

    @pytest.mark.parametrize("presentation", ["MONOCHROME", None])
    def test_a_palette_that_is_not_meant(self, presentation):
        more = [(0x00089205, "CS", presentation)] if presentation else []
        assert read_image(self.STORED, *palette_elements(4, 100), *more).render_frame().ndim == 2


@pytest.mark.parametrize("keyword", ["FloatPixelData", "DoubleFloatPixelData"])
@pytest.mark.parametrize("more", [{"PhotometricInterpretation": "PALETTE COLOR"}, {"PixelPresentation": "COLOR"}])
def test_real_numbers_have_no_colors(keyword, more):
    kind = np.float32 if keyword == "FloatPixelData" else np.float64
    stored = np.arange(20, dtype=kind).reshape(4, 5)
    file = read_image(np.zeros((4, 5), np.uint32), *palette_elements(20, 0))
    del file["PixelData"]
    file.data_set[keyword] = dicomkit.DataElement(keyword, "OF" if kind is np.float32 else "OD", stored.tobytes())
    file.BitsAllocated = stored.itemsize * 8
    for name, value in more.items():
        file.data_set[name] = value
    pixel_data = file.pixel_data()
    assert np.array_equal(pixel_data.frame(), stored)
    with pytest.raises(PixelDataError, match="colours of integers"):
        file.render_frame()
    assert pixel_data._repr_png_() is None
