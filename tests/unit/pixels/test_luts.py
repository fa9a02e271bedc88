"""PIX-15, PIX-16, REND-9: tables and transformations out of data sets."""

import numpy as np
import pytest

import dicomkit
from dicomkit import testing
from dicomkit.errors import MissingRequiredElementError, PixelDataError
from dicomkit.pixels import LookupTable, ModalityTransform, PaletteColorLUT, VOILUTFunction, WindowSettings

PALETTE_TAGS = [(0x00281101 + i, 0x00281201 + i) for i in range(3)]


def read(elements, *, big_endian=False):
    syntax = testing.EXPLICIT_VR_BIG_ENDIAN if big_endian else testing.EXPLICIT_VR_LITTLE_ENDIAN
    return dicomkit.read(testing.part10(testing.data_set(elements, big_endian=big_endian), syntax))


def lut_item(descriptor, entries, vr="US", descriptor_vr="US"):
    return [(0x00283002, descriptor_vr, descriptor), (0x00283006, vr, entries)]


def read_lut(descriptor, entries, vr="US", descriptor_vr="US", *, is_signed=False, big_endian=False):
    data_set = read(lut_item(descriptor, entries, vr, descriptor_vr), big_endian=big_endian).data_set
    return LookupTable.from_data_set(data_set, "LUTDescriptor", "LUTData", is_signed=is_signed)


# PIX-15
def test_windows():
    file = read(
        [
            (0x00281050, "DS", "40\\-600\\0"),
            (0x00281051, "DS", "400\\1500"),
            (0x00281055, "LO", "SOFT TISSUE"),
            (0x00281056, "CS", "LINEAR_EXACT"),
        ]
    )
    expected = [
        WindowSettings(40, 400, "SOFT TISSUE", VOILUTFunction.LINEAR_EXACT),
        WindowSettings(-600, 1500, None, VOILUTFunction.LINEAR_EXACT),
    ]
    assert file.all_window_settings() == expected
    assert file.window_settings() == expected[0]


@pytest.mark.parametrize("elements", [[], [(0x00281050, "DS", "40")], [(0x00281050, "DS", ""), (0x00281051, "DS", "")]])
def test_no_window(elements):
    assert read(elements).window_settings() is None
    assert read(elements).all_window_settings() == []


def test_windows_that_are_no_numbers():
    file = read([(0x00281050, "DS", "soft"), (0x00281051, "DS", "400")])
    with pytest.raises(PixelDataError, match="WindowCenter"):
        file.window_settings()


def test_windows_of_functional_groups():
    def group(center):
        return [(0x00289132, "SQ", [[(0x00281050, "DS", center), (0x00281051, "DS", "10")]])]

    shared = (0x52009229, "SQ", [group("1")])
    per_frame = (0x52009230, "SQ", [group("2"), [], group("3")])
    file = read([(0x00280008, "IS", "4"), shared, per_frame])
    assert [file.window_settings(i).center for i in range(4)] == [2, 1, 3, 1]
    assert read([(0x00280008, "IS", "6"), shared]).window_settings(5).center == 1
    # what stands in the data set itself goes first
    assert read([(0x00281050, "DS", "9"), (0x00281051, "DS", "9"), shared]).window_settings().center == 9


# PIX-16
def test_rescale_defaults():
    file = read([])
    assert (file.rescale_slope(), file.rescale_intercept()) == (1.0, 0.0)
    assert file.rescale(1024.0) == 1024.0


def test_rescale():
    file = read([(0x00281052, "DS", "-1024"), (0x00281053, "DS", "0.5")])
    assert (file.rescale_slope(), file.rescale_intercept()) == (0.5, -1024.0)
    assert file.rescale(1024.0) == -512.0


def test_rescale_that_is_no_number():
    file = read([(0x00281052, "DS", "-1O24"), (0x00281053, "DS", "1")])
    with pytest.raises(PixelDataError, match="RescaleIntercept"):
        file.rescale_intercept()


def test_rescale_of_functional_groups():
    def group(intercept):
        return [(0x00289145, "SQ", [[(0x00281052, "DS", intercept), (0x00281053, "DS", "2")]])]

    data_set = read([(0x52009230, "SQ", [group("10"), group("20")])]).data_set
    assert ModalityTransform.from_data_set(data_set, 0) == ModalityTransform(2, 10)
    assert ModalityTransform.from_data_set(data_set, 1) == ModalityTransform(2, 20)
    assert ModalityTransform.from_data_set(data_set, 2).is_identity


def test_modality_transform_in_numbers():
    stored = np.array([[0, 7]], dtype=np.uint16)
    assert ModalityTransform().apply(stored).tolist() == [[0.0, 7.0]]
    assert ModalityTransform(2.0, -1.0).apply(stored).tolist() == [[-1.0, 13.0]]


def test_modality_lut_goes_before_rescale():
    file = read(
        [
            (0x00283000, "SQ", [lut_item([3, 10, 16], [100, 200, 300])]),
            (0x00281052, "DS", "5"),
            (0x00281053, "DS", "2"),
            (0x00280103, "US", 0),
        ]
    )
    transform = ModalityTransform.from_data_set(file.data_set)
    assert transform.apply(np.array([0, 10, 11, 12, 13, 500])).tolist() == [100, 100, 200, 300, 300, 300]
    assert (file.rescale_slope(), file.rescale_intercept()) == (2.0, 5.0)


# Lookup tables, PS3.3 C.11.1.1.1
@pytest.mark.parametrize("big_endian", [False, True])
@pytest.mark.parametrize(("vr", "descriptor_vr"), [("US", "US"), ("OW", "US"), ("SS", "SS")])
def test_entries_in_words(vr, descriptor_vr, big_endian):
    table = read_lut([3, 0, 12], [1, 4095, 7], vr, descriptor_vr, big_endian=big_endian)
    assert table.entries.tolist() == [1, 4095, 7]
    assert (table.first_mapped_value, table.bits_per_entry) == (0, 12)


@pytest.mark.parametrize("big_endian", [False, True])
def test_8_bit_entries_in_half_words_and_in_words(big_endian):
    words = [1 | 2 << 8, 3 | 255 << 8]
    assert read_lut([4, 0, 8], words, "OW", big_endian=big_endian).entries.tolist() == [1, 2, 3, 255]
    assert read_lut([4, 0, 8], [1, 2, 3, 255], "OW", big_endian=big_endian).entries.tolist() == [1, 2, 3, 255]
    assert read_lut([4, 0, 8], bytes([1, 2, 3, 255]), "OB", big_endian=big_endian).entries.tolist() == [1, 2, 3, 255]


@pytest.mark.parametrize(
    ("descriptor", "data", "entries", "extra"),
    [
        ([3, 0, 16], [1, 2, 3, 4, 5], [1, 2, 3], 4),
        ([3, 0, 12], [1, 2, 3, 4], [1, 2, 3], 2),
        ([4, 0, 8], bytes([1, 2, 3, 4, 5, 6]), [1, 2, 3, 4], 2),    # bytes: too few for words
        ([4, 0, 8], bytes([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]), [1, 2, 3, 4], 6),   # words would have more than 8 bits
        ([4, 0, 8], [1, 2, 3, 4, 5], [1, 2, 3, 4], 2),      # words with nothing above their 8 bits
        ([3, 0, 8], bytes([1, 2, 3, 0, 0, 0, 0, 0]), [1, 2, 3], 4),
    ],
)
def test_more_data_than_entries(descriptor, data, entries, extra):
    with pytest.warns(dicomkit.DICOMWarning, match=f"{extra} bytes more than {len(entries)} entries"):
        table = read_lut(descriptor, data, "OW")
    assert table.entries.tolist() == entries
    assert table.bits_per_entry == descriptor[2]


@pytest.mark.parametrize(("count", "data"), [(1, b"\7\0"), (3, b"\7\1\2\0"), (3, b"\7\1\2\3"), (2, b"\7\1")])
def test_padding_to_an_even_length_is_no_entry(count, data):
    assert read_lut([count, 0, 8], data, "OB").entries.tolist() == list(data[:count])


def test_words_that_use_16_bits_have_16():
    """Twice as many bytes as entries are 16 bits allocated (PS3.3 C.7.6.3.1.5), whatever the descriptor says."""
    with pytest.warns(dicomkit.DICOMWarning, match="16 bits per entry, not 8"):
        table = read_lut([4, 0, 8], [0, 0x1234, 0x80FF, 0xFFFF])
    assert (table.entries.tolist(), table.bits_per_entry) == ([0, 0x1234, 0x80FF, 0xFFFF], 16)


def test_an_entry_count_of_0_is_65536():
    table = read_lut([0, 0, 16], np.arange(65536, dtype="<u2").tobytes(), "OW")
    assert len(table.entries) == 65536
    assert table.apply(np.array([65535])).tolist() == [65535]


@pytest.mark.parametrize(
    ("descriptor_vr", "is_signed", "expected"), [("US", False, 65526), ("SS", False, -10), ("US", True, -10), ("SS", True, -10)]
)
def test_sign_of_the_first_mapped_value(descriptor_vr, is_signed, expected):
    descriptor = np.array([2, 65526, 16], "<u2").tobytes()
    assert read_lut(descriptor, [5, 6], descriptor_vr=descriptor_vr, is_signed=is_signed).first_mapped_value == expected


def test_real_numbers_are_looked_up_rounded():
    table = LookupTable(np.array([10, 20, 30], np.uint16), 0, 8)
    assert table.apply(np.array([-0.6, 0.49, 0.5, 1.5, 99.0])).tolist() == [10, 10, 20, 30, 30]


@pytest.mark.parametrize(
    ("descriptor", "entries", "vr"),
    [
        ([4, 0, 16], [1, 2, 3], "US"),  # too few
        ([0, 0, 16], [1, 2, 3], "US"),  # 65536
        ([4, 0, 8], [1], "US"),
        ([4, 0, 0], [1, 2, 3, 4], "US"),
        ([4, 0, 17], [1, 2, 3, 4], "US"),
        ([4, 0], [1, 2, 3, 4], "US"),
        ([4, 0, 16], "1\\2\\3\\4", "LO"),
        ([4, 0, 16], b"", "OW"),
    ],
)
def test_tables_that_lie(descriptor, entries, vr):
    with pytest.raises(PixelDataError):
        read_lut(descriptor, entries, vr)


def test_descriptor_of_another_type():
    with pytest.raises(PixelDataError):
        read_lut("4\\0\\16", [1, 2, 3, 4], descriptor_vr="LO")


@pytest.mark.parametrize("missing", [0, 1])
def test_missing_parts(missing):
    elements = lut_item([1, 0, 16], [1])
    del elements[missing]
    with pytest.raises(MissingRequiredElementError, match=["LUTDescriptor", "LUTData"][missing]):
        LookupTable.from_data_set(read(elements).data_set, "LUTDescriptor", "LUTData")


# REND-9
def palette(descriptors, tables, vr="OW"):
    elements = [(0x00280103, "US", 0)]
    for (descriptor_tag, data_tag), descriptor, table in zip(PALETTE_TAGS, descriptors, tables, strict=True):
        elements += [(descriptor_tag, "US", descriptor), (data_tag, vr, table)]
    return read(elements)


def test_palette_of_16_bits_shows_the_high_byte():
    file = palette([[3, 5, 16]] * 3, [[0x0000, 0x80FF, 0xFFFF], [0x1200, 0x3400, 0x5600], [0, 1, 256]])
    lut = file.palette_color_lut()
    assert lut.apply(np.array([[0, 5, 6, 7, 200]], np.uint8)).tolist() == [
        [[0, 0x12, 0], [0, 0x12, 0], [0x80, 0x34, 0], [0xFF, 0x56, 1], [0xFF, 0x56, 1]]
    ]


def test_palette_of_8_bits():
    lut = palette([[2, 0, 8]] * 3, [[1 | 2 << 8], [3 | 4 << 8], [5 | 255 << 8]]).palette_color_lut()
    assert lut.apply(np.array([0, 1])).tolist() == [[1, 3, 5], [2, 4, 255]]


@pytest.mark.filterwarnings("ignore:.* has 16 bits per entry:dicomkit.DICOMWarning")
def test_palette_of_8_bits_that_has_16():
    bright, dark = [0x1200, 0xFFFF], [0, 1]
    colors = palette([[2, 0, 8]] * 3, [bright, [0x3456, 0x4500], bright]).palette_color_lut().colors()
    assert colors.tolist() == [[0x12, 0x34, 0x12], [0xFF, 0x45, 0xFF]]
    with pytest.raises(PixelDataError, match="differ"):     # of which nobody knows how bright it is beside the others
        palette([[2, 0, 8]] * 3, [bright, dark, bright]).palette_color_lut()


def test_no_palette():
    assert read([]).palette_color_lut() is None


def test_palette_that_is_not_whole():
    file = palette([[2, 0, 16]] * 3, [[1, 2]] * 3)
    del file.data_set["GreenPaletteColorLookupTableData"]
    with pytest.raises(MissingRequiredElementError, match="Green"):
        PaletteColorLUT.from_data_set(file.data_set)


@pytest.mark.parametrize("blue", [[3, 0, 16], [2, 1, 16], [2, 0, 12]])
def test_palettes_that_differ(blue):
    file = palette([[2, 0, 16], [2, 0, 16], blue], [[1, 2], [1, 2], [1, 2, 3][: blue[0]]])
    with pytest.raises(PixelDataError, match="differ"):
        file.palette_color_lut()
