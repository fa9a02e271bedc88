"""REND-2, REND-3: VOI LUTs, windows by name, presentation, padding (PS3.3 C.11.2, C.11.6, C.7.5.1.1.2)."""

import numpy as np
import pytest

from dicomkit.errors import DICOMWarning, MissingRequiredElementError, PixelDataError
from dicomkit.pixels import WINDOW_PRESETS, PixelDataRenderer, UnknownWindowError, WindowSettings

from .images import read_image

STORED = np.array([[0, 1, 2, 3]], np.uint16)
WHOLE = WindowSettings(1.5, 3, function="LINEAR_EXACT")  # 0 to 3 become 0, 85, 170, 255
WINDOW = [(0x00281050, "DS", "2"), (0x00281051, "DS", "5")]


def lut(entries, first=0, bits=8, explanation=None):
    words = np.array(entries, "<u2").tobytes()
    item = [(0x00283002, "US", [len(entries), first & 0xFFFF, bits]), (0x00283006, "OW", words)]
    return [*item, (0x00283003, "LO", explanation)] if explanation else item


class TestVOILUTs:
    def test_the_first_is_shown_where_there_is_no_window(self):
        file = read_image(STORED, (0x00283010, "SQ", [lut([0, 10, 200, 255]), lut([255, 0, 0, 0])]))
        assert file.render_frame_with_stored_window().tolist() == [[0, 10, 200, 255]]

    def test_a_window_comes_first(self):
        file = read_image(STORED, *WINDOW, (0x00283010, "SQ", [lut([255, 0, 0, 0])]))
        assert file.render_frame_with_stored_window().tolist() == file.render_frame(0, WindowSettings(2, 5)).tolist()

    def test_by_their_explanation(self):
        file = read_image(STORED, (0x00283010, "SQ", [lut([0, 1, 2, 3]), lut([255, 9, 8, 7], explanation="Hard Copy")]))
        renderer = PixelDataRenderer(file.pixel_data())
        assert renderer.render_frame(0, "hard_copy").tolist() == [[255, 9, 8, 7]]

    def test_entries_of_more_bits_and_values_outside(self):
        file = read_image(STORED, (0x00283010, "SQ", [lut([0, 65535], first=1, bits=16)]))
        assert file.render_frame_with_stored_window().tolist() == [[0, 0, 255, 255]]

    def test_input_that_a_rescale_makes_negative(self):
        rescale = [(0x00281052, "DS", "-2"), (0x00281053, "DS", "1")]
        file = read_image(STORED, *rescale, (0x00283010, "SQ", [lut([10, 20, 30, 40], first=-2)]))
        assert file.render_frame_with_stored_window().tolist() == [[10, 20, 30, 40]]

    def test_the_same_by_its_name(self):
        table = np.linspace(0, 65535, 2000).astype("<u2").tobytes()
        item = [(0x00283002, "US", [2000, 64536, 16]), (0x00283003, "LO", "MYLUT"), (0x00283006, "OW", table)]
        rescale = [(0x00281052, "DS", "-1024"), (0x00281053, "DS", "1")]
        file = read_image(np.array([[0, 24, 1024, 2023, 4000]], np.uint16), *rescale, (0x00283010, "SQ", [item]))
        stored = file.render_frame_with_stored_window()
        assert stored.tolist() == [[0, 0, 128, 255, 255]]
        assert np.array_equal(file.render_frame(0, "mylut"), stored)

    @pytest.mark.parametrize(
        ("slope", "intercept"), [("-1", "65535"), ("-1", "65534"), ("-1", "32767"), ("1", "32768"), ("1", "32767"), ("1", "-1"), ("0", "0")]
    )
    @pytest.mark.parametrize("representation", [0, 1])
    def test_the_sign_goes_by_the_range_of_the_output(self, slope, intercept, representation):
        # PS3.3 C.11.2.1.1: US unless the possible output range may be signed.
        stored = np.array([[0, 1, 30000]], np.int16 if representation else np.uint16)
        rescale = [(0x00281052, "DS", intercept), (0x00281053, "DS", slope)]
        item = [(0x00283002, "US", [2, 40000, 16]), (0x00283006, "OW", np.array([0, 65535], "<u2").tobytes())]
        file = read_image(stored, *rescale, (0x00283010, "SQ", [item]))
        ends = (-32768, 32767) if representation else (0, 65535)
        is_signed = min(float(slope) * end + float(intercept) for end in ends) < 0
        values = stored * float(slope) + float(intercept)
        first = 40000 - 65536 if is_signed else 40000
        assert file.render_frame_with_stored_window().tolist() == np.where(values > first, 255, 0).tolist()

    def test_a_falling_rescale_that_stays_unsigned(self):
        stored = np.array([[0, 1, 25535, 40000, 65534, 65535]], np.uint16)
        entries = np.linspace(0, 65535, 25536).astype("<u2").tobytes()
        item = [(0x00283002, "US", [25536, 40000, 16]), (0x00283006, "OW", entries)]
        file = read_image(stored, (0x00281052, "DS", "65535"), (0x00281053, "DS", "-1"), (0x00283010, "SQ", [item]))
        assert file.render_frame_with_stored_window().tolist() == [[255, 255, 0, 0, 0, 0]]

    def test_hounsfield_units_are_signed_whatever_the_range(self):
        rescale = [(0x00281052, "DS", "0"), (0x00281053, "DS", "1"), (0x00281054, "LO", "HU")]
        file = read_image(STORED, *rescale, (0x00283010, "SQ", [lut([10, 20, 30, 40], first=-2)]))
        assert file.render_frame_with_stored_window().tolist() == [[30, 40, 40, 40]]

    def test_incomplete(self):
        with pytest.raises(MissingRequiredElementError):
            read_image(STORED, (0x00283010, "SQ", [[(0x00283002, "US", [4, 0, 8])]])).render_frame_with_stored_window()

    def test_templates_that_nobody_filled_in(self):
        nothing = [(0x00283002, "US", b""), (0x00283003, "LO", ""), (0x00283006, "US", b"")]
        for sequence in (0x00283000, 0x00283010, 0x20500010):
            for item in (nothing, []):
                file = read_image(STORED, (sequence, "SQ", [item]))
                with pytest.warns(DICOMWarning, match="has no table"):
                    assert file.render_frame_with_stored_window().tolist() == read_image(STORED).render_frame(0).tolist()


class TestNames:
    @pytest.mark.parametrize("name", WINDOW_PRESETS)
    def test_presets(self, name):
        stored = np.arange(-1000, 1000, 7, dtype=np.int16).reshape(1, -1)
        renderer = PixelDataRenderer(read_image(stored).pixel_data())
        expected = renderer.render_frame(0, WINDOW_PRESETS[name])
        for spelling in (name, name.upper(), f" {name.replace(' ', '_')} "):
            assert np.array_equal(renderer.render_frame(0, spelling), expected)

    def test_the_usual_ones(self):
        assert (WINDOW_PRESETS["lung"].center, WINDOW_PRESETS["lung"].width) == (-600, 1500)
        assert {"lung", "bone", "brain", "soft tissue"} <= WINDOW_PRESETS.keys()

    def test_stored_explanations(self):
        windows = [(0x00281050, "DS", "1\\3"), (0x00281051, "DS", "2\\4"), (0x00281055, "LO", "FIRST\\Late Phase")]
        renderer = PixelDataRenderer(read_image(STORED, *windows).pixel_data())
        assert np.array_equal(renderer.render_frame(0, "late phase"), renderer.render_frame(0, WindowSettings(3, 4)))

    def test_what_the_file_calls_so_comes_before_a_preset(self):
        windows = [(0x00281050, "DS", "1\\-500"), (0x00281051, "DS", "2\\1400"), (0x00281055, "LO", "SOFT_TISSUE\\LUNG")]
        stored = np.arange(-1000, 1000, 7, dtype=np.int16).reshape(1, -1)
        renderer = PixelDataRenderer(read_image(stored, *windows).pixel_data())
        assert np.array_equal(renderer.render_frame(0, "lung"), renderer.render_frame(0, WindowSettings(-500, 1400)))
        assert np.array_equal(renderer.render_frame(0, "soft_tissue"), renderer.render_frame(0, WindowSettings(1, 2)))
        # Spelt in another way, it is the preset's name.
        assert np.array_equal(renderer.render_frame(0, "soft tissue"), renderer.render_frame(0, WINDOW_PRESETS["soft tissue"]))

    def test_a_damaged_window_hinders_no_preset(self):
        elements = [(0x00281050, "DS", "x\\y"), (0x00281051, "DS", "5\\6"), (0x00281055, "LO", "A\\LUNG")]
        incomplete = [(0x00283002, "US", [4, 0, 8]), (0x00283003, "LO", "BONE")]
        renderer = PixelDataRenderer(read_image(STORED, *elements, (0x00283010, "SQ", [incomplete])).pixel_data())
        assert np.array_equal(renderer.render_frame(0, "brain"), renderer.render_frame(0, WINDOW_PRESETS["brain"]))
        with pytest.raises(PixelDataError, match="WindowCenter"):
            renderer.render_frame(0, "lung")
        # An explanation without a window explains nothing.
        for numbers in ("1", ""):
            elements = [(0x00281050, "DS", numbers), (0x00281051, "DS", "5\\6"), (0x00281055, "LO", "A\\LUNG")]
            picture = read_image(STORED, *elements).render_frame(0, "lung")
            assert np.array_equal(picture, read_image(STORED).render_frame(0, WINDOW_PRESETS["lung"]))
        with pytest.raises(MissingRequiredElementError):
            renderer.render_frame(0, "bone")

    def test_unknown(self):
        renderer = PixelDataRenderer(read_image(STORED).pixel_data())
        with pytest.raises(UnknownWindowError, match="lung") as caught:
            renderer.render_frame(0, "teeth")
        assert "did you mean" not in str(caught.value)
        assert caught.value.stored_names == ()
        with pytest.raises(LookupError):
            renderer.render_frame(0, "")

    def test_unknown_but_near(self):
        windows = [(0x00281050, "DS", "1\\3"), (0x00281051, "DS", "2\\4"), (0x00281055, "LO", "FIRST\\Late Phase")]
        with pytest.raises(UnknownWindowError, match=r"did you mean 'lung'.*2 names of its own") as caught:
            read_image(STORED, *windows).render_frame(0, "lungs")
        # Values of the file are for the caller, not for logs.
        assert caught.value.stored_names == ("FIRST", "Late Phase")
        assert "Late" not in str(caught.value)


def test_what_is_empty_leaves_it_to_functional_groups():
    empty = [(0x00281050, "DS", ""), (0x00281051, "DS", ""), (0x00283010, "SQ", [])]
    window = [(0x00281050, "DS", "2"), (0x00281051, "DS", "5"), (0x00281055, "LO", "OWN")]
    file = read_image(STORED, *empty, (0x52009230, "SQ", [[(0x00289132, "SQ", [window])]]))
    assert file.window_settings() == WindowSettings(2, 5, "OWN")
    expected = file.render_frame(0, WindowSettings(2, 5)).tolist()
    assert file.render_frame_with_stored_window().tolist() == file.render_frame(0, "own").tolist() == expected
    table = [(0x00289132, "SQ", [[(0x00283010, "SQ", [lut([0, 10, 200, 255])])]])]
    file = read_image(STORED, *empty, (0x52009230, "SQ", [table]))
    assert file.render_frame_with_stored_window().tolist() == [[0, 10, 200, 255]]


def test_a_damaged_window_spoils_only_itself():
    file = read_image(STORED, (0x00281050, "DS", "x"), (0x00281051, "DS", "5"))
    assert file.render_frame(0, WHOLE).tolist() == [[0, 85, 170, 255]]
    assert file.render_frame().shape == (1, 4)
    with pytest.raises(PixelDataError):
        file.render_frame_with_stored_window()


class TestPresentation:
    @pytest.mark.parametrize(
        ("photometric", "shape", "is_inverted"),
        [
            ("MONOCHROME2", None, False),
            ("MONOCHROME2", "IDENTITY", False),
            ("MONOCHROME2", "INVERSE", True),
            ("MONOCHROME1", None, True),
            ("MONOCHROME1", "INVERSE", True),
            ("MONOCHROME1", "IDENTITY", True),
        ],
    )
    def test_shapes_and_polarity(self, photometric, shape, is_inverted):
        elements = [(0x20500020, "CS", shape)] if shape else []
        grey = read_image(STORED, *elements, photometric=photometric).render_frame(0, WHOLE)
        assert grey.tolist() == [[255, 170, 85, 0] if is_inverted else [0, 85, 170, 255]]

    def test_sequence(self):
        item = [(0x00283002, "US", [256, 0, 10]), (0x00283006, "OW", (np.arange(256, dtype="<u2") ** 2 // 64).tobytes())]
        grey = read_image(STORED, (0x20500010, "SQ", [item])).render_frame(0, WHOLE)
        expected = [round((i * i // 64) / 1023 * 255) for i in (0, 85, 170, 255)]
        assert grey.tolist() == [expected]

    def test_fast_and_exact_ways_agree_when_inverted(self):
        stored = np.arange(4096, dtype=np.uint16).reshape(64, 64)
        for window in (WindowSettings(2000, 400), WindowSettings(1000.3, 777.7), WindowSettings(2048, 4096, function="LINEAR_EXACT")):
            plain = PixelDataRenderer(read_image(stored, bits_stored=12).pixel_data())
            inverted = PixelDataRenderer(read_image(stored, bits_stored=12, photometric="MONOCHROME1").pixel_data())
            for _ in range(3):  # by a table of the frame's values, then by one of all values, then by the kept one
                assert np.array_equal(inverted.render_frame(0, window), 255 - plain.render_frame(0, window))


class TestPadding:
    PADDING = (0x00280120, "US", 60000)

    def test_automatic_windows_leave_it_out(self):
        stored = np.array([[0, 100, 200, 60000]], np.uint16)
        assert read_image(stored).render_frame().tolist() == [[0, 0, 1, 255]]
        assert read_image(stored, self.PADDING).render_frame().tolist() == [[0, 128, 255, 0]]

    def test_ranges(self):
        stored = np.array([[0, 1, 2, 50000, 60000, 60001]], np.uint16)
        file = read_image(stored, self.PADDING, (0x00280121, "US", 50000))
        assert file.render_frame().tolist() == [[0, 0, 0, 0, 0, 255]]
        assert file.pixel_data().pixel_padding.mask(stored).tolist() == [[False, False, False, True, True, False]]
        assert file.pixel_range() == (0, 60001)  # of what is stored

    def test_it_is_black_in_either_polarity(self):
        stored = np.array([[0, 100, 200, 60000]], np.uint16)
        file = read_image(stored, self.PADDING, photometric="MONOCHROME1")
        assert file.render_frame().tolist() == [[255, 127, 0, 0]]
        assert file.render_frame(0, WindowSettings(100, 300)).tolist()[0][3] == 0

    def test_signed(self):
        stored = np.array([[-2000, 0, 100, 200]], np.int16)
        for element in ((0x00280120, "SS", -2000), (0x00280120, "US", 0x10000 - 2000)):
            assert read_image(stored, element).render_frame().tolist() == [[0, 0, 128, 255]]

    def test_nothing_but_padding(self):
        assert read_image(np.full((1, 3), 60000, np.uint16), self.PADDING).render_frame().tolist() == [[0, 0, 0]]

    def test_of_the_wrong_type(self):
        with pytest.raises(PixelDataError, match="PixelPaddingValue"):
            read_image(STORED, (0x00280120, "LO", "none")).render_frame()

    def test_histograms_leave_it_out(self):
        stored = np.array([[0, 100, 200, 60000]], np.uint16)
        histogram = read_image(stored, self.PADDING, (0x00281052, "DS", "10"), (0x00281053, "DS", "1")).pixel_data().histogram(bins=2)
        assert histogram.counts.tolist() == [1, 2]
        assert histogram.edges.tolist() == [10, 110, 210]
