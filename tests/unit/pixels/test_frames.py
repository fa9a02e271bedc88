"""PIX-4 to PIX-9, PIX-12, PIX-14: PixelData from buffers and from files."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import dicomkit
from dicomkit import testing
from dicomkit.codecs.registry import CodecRegistry
from dicomkit.errors import DICOMWarning, MissingRequiredElementError, NoCodecError, PixelDataError
from dicomkit.pixels import (
    ColorValue,
    PhotometricInterpretation,
    PixelData,
    PixelDataDescriptor,
    PixelIndexError,
    PixelRange,
)
from dicomkit.pixels.native_frames import NativeFrames

ENCAPSULATED_UNCOMPRESSED = "1.2.840.10008.1.2.1.98"


def describe(rows, columns, allocated=16, stored=None, **more):
    stored = allocated if stored is None else stored
    return PixelDataDescriptor(rows=rows, columns=columns, bits_allocated=allocated, bits_stored=stored, high_bit=stored - 1, **more)


def attributes(rows, columns, allocated=16, stored=None, *, signed=0, samples=1, photometric="MONOCHROME2", planar=0, frames=None):
    stored = allocated if stored is None else stored
    elements = [
        (0x00280002, "US", samples),
        (0x00280004, "CS", photometric),
        (0x00280010, "US", rows),
        (0x00280011, "US", columns),
        (0x00280100, "US", allocated),
        (0x00280101, "US", stored),
        (0x00280102, "US", stored - 1),
        (0x00280103, "US", signed),
    ]
    if samples > 1:
        elements.append((0x00280006, "US", planar))
    if frames is not None:
        elements.append((0x00280008, "IS", frames))
    return elements


def read_image(elements, pixels, vr="OW", syntax=testing.EXPLICIT_VR_LITTLE_ENDIAN, tag=0x7FE00010):
    implicit, big_endian = syntax == testing.IMPLICIT_VR_LITTLE_ENDIAN, syntax == testing.EXPLICIT_VR_BIG_ENDIAN
    encoded = testing.data_set([*elements, (tag, vr, pixels)], implicit=implicit, big_endian=big_endian)
    return dicomkit.read(testing.part10(encoded, syntax))


def read_encapsulated(elements, fragments, offset_table=(), syntax=ENCAPSULATED_UNCOMPRESSED):
    encoded = testing.data_set(elements) + testing.encapsulated(fragments, offset_table)
    return dicomkit.read(testing.part10(encoded, syntax))


STORED = np.arange(2 * 3 * 4, dtype=np.uint16).reshape(2, 3, 4) * 100


# PIX-4
def test_no_pixel_data_gives_nothing():
    file = dicomkit.read(testing.part10(testing.data_set([(0x00100010, "PN", "Doe")])))
    assert file.pixel_data() is None
    assert file.pixel_range() is None
    assert file.pixel_data_descriptor() is None
    with pytest.raises(MissingRequiredElementError, match="PixelData"):
        file.render_frame()


def test_pixel_data_without_rows_says_so():
    file = read_image(attributes(3, 4)[:2] + attributes(3, 4)[3:], bytes(24))
    with pytest.raises(MissingRequiredElementError, match="Rows"):
        file.pixel_data()


@pytest.mark.parametrize(
    "syntax",
    [
        testing.IMPLICIT_VR_LITTLE_ENDIAN,
        testing.EXPLICIT_VR_LITTLE_ENDIAN,
        testing.EXPLICIT_VR_BIG_ENDIAN,
        testing.DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN,
    ],
)
@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.uint16, np.int16])
def test_native_frames_in_every_syntax(syntax, dtype):
    stored = np.arange(-15, 15).astype(dtype).reshape(2, 3, 5)
    words = stored.astype(stored.dtype.newbyteorder("<")).tobytes()
    if syntax == testing.EXPLICIT_VR_BIG_ENDIAN:
        words = np.frombuffer(words, "<u2").astype(">u2").tobytes()  # OW: words are turned round, whatever the cells are
    file = read_image(
        attributes(3, 5, stored.itemsize * 8, signed=int(np.issubdtype(dtype, np.signedinteger)), frames=2), words, syntax=syntax
    )
    pixel_data = file.pixel_data()
    assert pixel_data.array().dtype == dtype
    assert np.array_equal(pixel_data.array(), stored)
    # 15 bytes a frame: the second begins in the middle of a word
    assert np.array_equal(pixel_data.frame(1), stored[1])
    assert np.array_equal(pixel_data.frame(0), stored[0])


def test_bytes_of_ob_are_not_turned_round():
    file = read_image(attributes(1, 4, 8), b"\1\2\3\4", "OB", testing.EXPLICIT_VR_BIG_ENDIAN)
    assert file.pixel_data().frame().tolist() == [[1, 2, 3, 4]]


def test_32_bit_cells_in_big_endian_words_have_the_low_word_first():
    # PS3.5 (2016b) 7.3: OW turns round words of 16 bits, cells of 32 bits are two of them, low one first.
    file = read_image(attributes(1, 1, 32), b"\x33\x44\x11\x22", "OW", testing.EXPLICIT_VR_BIG_ENDIAN)
    assert file.pixel_data().pixel_value(0, 0) == 0x11223344


@pytest.mark.parametrize(("frames", "columns"), [(1, 9), (3, 7), (5, 13), (2, 16)])
@pytest.mark.parametrize("syntax", [testing.EXPLICIT_VR_LITTLE_ENDIAN, testing.EXPLICIT_VR_BIG_ENDIAN])
def test_single_bit_frames_follow_each_other_without_a_gap(frames, columns, syntax):
    stored = (np.random.RandomState(frames * columns).rand(frames, 3, columns) > 0.5).astype(np.uint8)
    packed = np.packbits(stored.ravel(), bitorder="little").tobytes()
    packed += b"\0" * (len(packed) % 2)
    if syntax == testing.EXPLICIT_VR_BIG_ENDIAN:
        packed = np.frombuffer(packed, "<u2").astype(">u2").tobytes()
    pixel_data = read_image(attributes(3, columns, 1, frames=frames), packed, syntax=syntax).pixel_data()
    for frame_index in range(frames):
        assert np.array_equal(pixel_data.frame(frame_index), stored[frame_index])
    assert np.array_equal(pixel_data.array(), stored[0] if frames == 1 else stored)


@pytest.mark.parametrize(("tag", "vr", "dtype"), [(0x7FE00008, "OF", "f4"), (0x7FE00009, "OD", "f8")])
@pytest.mark.parametrize("syntax", [testing.EXPLICIT_VR_LITTLE_ENDIAN, testing.EXPLICIT_VR_BIG_ENDIAN])
def test_float_pixel_data(tag, vr, dtype, syntax):
    stored = np.array([[0.25, -1e20, 3.0]], dtype=dtype)
    elements = [element for element in attributes(1, 3, stored.itemsize * 8) if element[0] <= 0x00280100]
    encoded = stored.astype(f"{'>' if syntax == testing.EXPLICIT_VR_BIG_ENDIAN else '<'}{dtype}").tobytes()
    pixel_data = read_image(elements, encoded, vr, syntax, tag).pixel_data()
    assert np.array_equal(pixel_data.frame(), stored)
    assert pixel_data.pixel_range() == PixelRange(stored.min(), 3.0)


@pytest.mark.parametrize(("tag", "vr", "allocated"), [(0x7FE00008, "OF", 64), (0x7FE00009, "OD", 32), (0x7FE00008, "OF", 16)])
def test_the_bits_of_floats_are_fixed(tag, vr, allocated):
    elements = [element for element in attributes(2, 2, allocated) if element[0] <= 0x00280100]
    with pytest.raises(PixelDataError, match=f"Bits Allocated is {allocated}, not"):
        read_image(elements, bytes(32), vr, tag=tag).pixel_data()


@pytest.mark.parametrize("vr", ["OF", "OD"])
def test_pixel_data_is_not_made_of_floats(vr):
    with pytest.raises(PixelDataError, match=f"{vr}, which holds none"):
        read_image(attributes(2, 4), bytes(16), vr).pixel_data()


@pytest.mark.parametrize(("tag", "vr"), [(0x7FE00008, "OF"), (0x7FE00009, "OD")])
def test_of_two_kinds_of_pixel_data_the_integers_count(tag, vr):
    file = read_image([*attributes(1, 2), (tag, vr, bytes(16))], b"\1\0\2\0")
    with pytest.warns(DICOMWarning, match="are both there: Pixel Data counts"):
        assert file.pixel_data().frame().tolist() == [[1, 2]]


@pytest.mark.parametrize(
    ("tag", "vr", "values"),
    [
        (0x00280002, "US", [1, 3]),
        (0x00280006, "US", [0, 1]),
        (0x00280008, "IS", "2\\9"),
        (0x00280010, "US", [2, 7]),
        (0x00280011, "US", [2, 7]),
        (0x00280100, "US", [16, 8]),
        (0x00280101, "US", [16, 12]),
        (0x00280102, "US", [15, 11]),
        (0x00280103, "US", [0, 1]),
    ],
)
def test_one_value_is_not_several(tag, vr, values):
    elements = {number: (number, kind, value) for number, kind, value in attributes(2, 2)} | {tag: (tag, vr, values)}
    with pytest.raises(PixelDataError, match="has 2 values, not one"):
        read_image(elements.values(), bytes(16)).pixel_data()


# PIX-5
def test_frame_data_is_the_slice():
    pixel_data = PixelData(describe(3, 4, number_of_frames=2), STORED.tobytes())
    assert bytes(pixel_data.frame_data(1)) == STORED[1].tobytes()
    assert len(pixel_data) == 2


@pytest.mark.parametrize("frame_index", [-1, 2, 2**31, -(2**70)])
def test_frames_out_of_range(frame_index):
    pixel_data = PixelData(describe(3, 4, number_of_frames=2), STORED.tobytes())
    for method in (
        pixel_data.frame,
        pixel_data.frame_data,
        pixel_data.pixel_values,
        pixel_data.pixel_range,
        pixel_data.values,
        lambda i: pixel_data.pixel_value(0, 0, i),
    ):
        with pytest.raises(PixelIndexError):
            method(frame_index)
    with pytest.raises(IndexError):
        pixel_data.frame(frame_index)


def test_only_the_bytes_of_a_frame_are_asked_for():
    asked = []

    def read_range(offset, length):
        asked.append((offset, length))
        return memoryview(STORED.tobytes())[offset : offset + length]

    descriptor = describe(3, 4, number_of_frames=2)
    pixel_data = PixelData(descriptor, NativeFrames(descriptor, 48, read_range))
    assert asked == []
    assert np.array_equal(pixel_data.frame(1), STORED[1])
    assert asked == [(24, 24)]


@pytest.mark.parametrize("length", [0, 1, 46, 47])
def test_too_little_data_is_an_error_before_any_frame(length):
    with pytest.raises(PixelDataError, match=f"{length} bytes.*promise 48"):
        PixelData(describe(3, 4, number_of_frames=2), bytes(length))
    with pytest.raises(PixelDataError, match="promise"):
        read_image(attributes(3, 4, frames=2), bytes(length + length % 2)[: length & ~1]).pixel_data()


def test_promises_beyond_memory_are_errors():
    with pytest.raises(PixelDataError, match="promise"):
        read_image(attributes(65535, 65535, 64, frames=1000000), bytes(8)).pixel_data()


def test_padding_to_an_even_length_is_fine_and_more_is_told():
    assert PixelData(describe(1, 3, 8), b"\1\2\3\0").frame().tolist() == [[1, 2, 3]]
    with pytest.warns(DICOMWarning, match="2 bytes more"):
        assert PixelData(describe(1, 4, 8), b"\1\2\3\4\0\0").frame().tolist() == [[1, 2, 3, 4]]


# PIX-6
def test_pixel_values_of_12_bits_with_a_sign():
    stored = [0x0FFF, 0xF800, 0x07FF, 0x1001]  # the upper bits are overlay, or rubbish
    pixel_data = PixelData(describe(2, 2, 16, 12, is_signed=True), np.array(stored, "<u2").tobytes())
    positions = itertools.product(range(2), range(2))
    assert [pixel_data.pixel_value(row, column) for row, column in positions] == [-1, -2048, 2047, 1]


def test_pixel_value_with_another_high_bit():
    descriptor = PixelDataDescriptor(rows=1, columns=2, bits_allocated=16, bits_stored=12, high_bit=15)
    pixel_data = PixelData(descriptor, np.array([0xABC5, 0x0010], "<u2").tobytes())
    assert [pixel_data.pixel_value(0, column) for column in range(2)] == [0xABC, 1]


def test_pixel_value_of_another_frame():
    pixel_data = PixelData(describe(3, 4, number_of_frames=2), STORED.tobytes())
    assert pixel_data.pixel_value(2, 3) == 1100
    assert pixel_data.pixel_value(2, 3, 1) == 2300
    assert pixel_data.pixel_value(2, 3, frame_index=0) == 1100
    assert type(pixel_data.pixel_value(0, 0)) is int


@pytest.mark.parametrize(("row", "column"), [(-1, 0), (0, -1), (3, 0), (0, 4)])
def test_positions_out_of_range(row, column):
    with pytest.raises(PixelIndexError):
        PixelData(describe(3, 4), STORED[0].tobytes()).pixel_value(row, column)


# PIX-7
@pytest.mark.parametrize("planar_configuration", [0, 1])
@pytest.mark.parametrize("allocated", [8, 16])
def test_color_values(planar_configuration, allocated):
    rgb = np.arange(2 * 3 * 4 * 3, dtype=f"<u{allocated // 8}").reshape(2, 3, 4, 3)
    data = rgb.transpose(0, 3, 1, 2).tobytes() if planar_configuration else rgb.tobytes()
    file = read_image(attributes(3, 4, allocated, samples=3, photometric="RGB", planar=planar_configuration, frames=2), data)
    pixel_data = file.pixel_data()
    assert pixel_data.color_value(1, 2) == (18, 19, 20)
    assert pixel_data.color_value(0, 0, 1) == ColorValue(red=36, green=37, blue=38)
    assert pixel_data.frame(1).shape == (3, 4, 3)
    assert np.array_equal(pixel_data.array(), rgb)
    assert pixel_data.pixel_values(0).tolist() == list(range(36))
    with pytest.raises(PixelDataError, match="color_value"):
        pixel_data.pixel_value(0, 0)
    with pytest.raises(PixelIndexError):
        pixel_data.color_value(3, 0)


def test_grey_pixels_have_no_color():
    with pytest.raises(PixelDataError, match="pixel_value"):
        PixelData(describe(3, 4), STORED[0].tobytes()).color_value(0, 0)


# PIX-8
def test_all_pixel_values():
    pixel_data = PixelData(describe(3, 4, number_of_frames=2), STORED.tobytes())
    assert pixel_data.pixel_values().tolist() == STORED[0].ravel().tolist()
    assert pixel_data.pixel_values(1).tolist() == STORED[1].ravel().tolist()
    assert pixel_data.all_pixel_values().tolist() == STORED.reshape(2, -1).tolist()


# PIX-9
@given(st.lists(st.integers(-2048, 2047), min_size=12, max_size=12))
def test_pixel_range(values):
    data = np.array(values, "<i2").view("<u2") & 0x0FFF
    pixel_data = PixelData(describe(3, 4, 16, 12, is_signed=True), data.tobytes())
    assert pixel_data.pixel_range() == (min(values), max(values))
    assert pixel_data.pixel_range(0).max == max(values)


# PIX-14
def test_frames_are_iterated():
    pixel_data = PixelData(describe(3, 4, number_of_frames=2), STORED.tobytes())
    assert [frame.tolist() for frame in pixel_data.frames()] == STORED.tolist()


def test_array_of_one_frame_has_no_frame_axis():
    assert PixelData(describe(3, 4), STORED[0].tobytes()).array().shape == (3, 4)
    assert PixelData(describe(3, 4, number_of_frames=2), STORED.tobytes()).array().shape == (2, 3, 4)


def test_values_are_rescaled():
    elements = [*attributes(1, 3), (0x00281052, "DS", "-1024"), (0x00281053, "DS", "2.5")]
    pixel_data = read_image(elements, np.array([0, 1, 1000], "<u2").tobytes()).pixel_data()
    assert pixel_data.values().tolist() == [[-1024.0, -1021.5, 1476.0]]
    assert pixel_data.frame().tolist() == [[0, 1, 1000]]


def test_one_frame_of_422():
    file = read_image(attributes(1, 2, 8, samples=3, photometric="YBR_FULL_422"), bytes([10, 11, 50, 60]))
    assert file.pixel_data().frame().tolist() == [[[10, 50, 60], [11, 50, 60]]]
    assert file.pixel_data().descriptor.photometric_interpretation is PhotometricInterpretation.YBR_FULL_422


# PIX-12, PIX-13
def test_encapsulated_uncompressed_frames_are_native():
    frames = [bytes([1, 2, 3, 4, 5, 6]), bytes([7, 8, 9, 10, 11, 12])]
    file = read_encapsulated(attributes(2, 3, 8, frames=2), frames, [0, 14])
    pixel_data = file.pixel_data()
    assert pixel_data.frame(1).tolist() == [[7, 8, 9], [10, 11, 12]]
    assert pixel_data.array().tolist() == [[[1, 2, 3], [4, 5, 6]], [[7, 8, 9], [10, 11, 12]]]
    assert pixel_data.encapsulated.fragment_count == 2
    assert pixel_data.encapsulated.offset_table == [0, 14]


def test_encapsulated_uncompressed_frame_that_is_short():
    pixel_data = read_encapsulated(attributes(2, 3, 8, frames=2), [b"123456", b"1234"]).pixel_data()
    assert pixel_data.frame(0).shape == (2, 3)
    for method in (pixel_data.array, lambda: pixel_data.frame(1)):
        with pytest.raises(PixelDataError, match="bytes"):
            method()


def test_extended_offset_table_from_a_file():
    encoded = testing.data_set(
        [*attributes(1, 3, 8, frames=2), (0x7FE00001, "OV", [0, 12]), (0x7FE00002, "OV", [3, 3])]
    ) + testing.encapsulated([b"abc", b"de", b"f"])
    pixel_data = dicomkit.read(testing.part10(encoded, ENCAPSULATED_UNCOMPRESSED)).pixel_data()
    assert [bytes(pixel_data.frame_data(i)) for i in range(2)] == [b"abc", b"def"]
    assert pixel_data.encapsulated.extended_offset_table_lengths == [3, 3]


@pytest.mark.parametrize(
    ("uid", "distribution"),
    [
        ("1.2.840.10008.1.2.5", "dicomkit-rle"),
        ("1.2.840.10008.1.2.4.50", "dicomkit-jpeg"),
        ("1.2.840.10008.1.2.4.51", "dicomkit-jpeg"),
        ("1.2.840.10008.1.2.4.57", "dicomkit-jpeg"),
        ("1.2.840.10008.1.2.4.70", "dicomkit-jpeg"),
        ("1.2.840.10008.1.2.4.80", "dicomkit-jpegls"),
        ("1.2.840.10008.1.2.4.81", "dicomkit-jpegls"),
        ("1.2.840.10008.1.2.4.90", "dicomkit-jpeg2000"),
        ("1.2.840.10008.1.2.4.91", "dicomkit-jpeg2000"),
        ("1.2.840.10008.1.2.4.201", "dicomkit-jpeg2000"),
        ("1.2.840.10008.1.2.4.202", "dicomkit-jpeg2000"),
        ("1.2.840.10008.1.2.4.203", "dicomkit-jpeg2000"),
    ],
)
def test_compressed_frames_name_what_would_decode_them(monkeypatch, uid, distribution):
    monkeypatch.setattr("dicomkit.pixels.sources.registry", CodecRegistry(list))  # as if no plugin were installed
    pixel_data = read_encapsulated(attributes(2, 3, 8), [b"\xff\xd8", b"\xff\xd9"], syntax=uid).pixel_data()
    assert bytes(pixel_data.frame_data(0)) == b"\xff\xd8\xff\xd9"
    for method in (pixel_data.frame, pixel_data.array, pixel_data.pixel_range, lambda: list(pixel_data.frames())):
        with pytest.raises(NoCodecError) as caught:
            method()
        assert caught.value.transfer_syntax_uid == uid
        assert uid in str(caught.value)
        assert dicomkit.TransferSyntax.from_uid(uid).name in str(caught.value)
        assert f"{distribution} " in str(caught.value)


def test_a_syntax_that_nobody_offers():
    pixel_data = read_encapsulated(attributes(2, 3, 8), [b"ab"], syntax="1.2.840.10008.1.2.4.102").pixel_data()
    with pytest.raises(NoCodecError, match="none to offer"):
        pixel_data.frame()


def test_native_and_encapsulated_cannot_be_swapped():
    with pytest.raises(PixelDataError, match="native"):
        read_image(attributes(2, 3, 8), bytes(6), "OB", ENCAPSULATED_UNCOMPRESSED).pixel_data()
    with pytest.raises(PixelDataError, match="encapsulated"):
        read_encapsulated(attributes(2, 3, 8), [bytes(6)], syntax=testing.EXPLICIT_VR_LITTLE_ENDIAN).pixel_data()


@pytest.mark.parametrize("vr", ["UT", "SQ", "FD"])
def test_pixel_data_of_an_impossible_type(vr):
    pixels = testing.element(0x7FE00010, vr, b"" if vr == "SQ" else bytes(8))
    file = dicomkit.read(testing.part10(testing.data_set(attributes(1, 8, 8)) + pixels))
    with pytest.raises(PixelDataError):
        file.pixel_data()
