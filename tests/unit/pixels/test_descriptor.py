"""PIX-1, PIX-2, PIX-3, PIX-11; the dimensions and depths of the classes of attack."""

import dataclasses
import pickle

import pytest

import dicomkit
from dicomkit import DataSet, testing
from dicomkit.dictionary import DataElementDictionary
from dicomkit.errors import MissingRequiredElementError, PixelDataError
from dicomkit.pixels import PhotometricInterpretation, PixelDataDescriptor

CT = {"rows": 4, "columns": 6, "bits_allocated": 16, "bits_stored": 12, "high_bit": 11}

ATTRIBUTES = {
    "Rows": 4,
    "Columns": 6,
    "BitsAllocated": 16,
    "BitsStored": 12,
    "HighBit": 11,
    "PixelRepresentation": 1,
}


def make_data_set(**attributes):
    data_set = DataSet()
    for keyword, value in {"PixelData": bytes(48), **attributes}.items():
        data_set[keyword] = value
    return data_set


# PIX-11
@pytest.mark.parametrize(
    ("text", "is_monochrome", "samples"),
    [
        ("MONOCHROME1", True, 1),
        ("MONOCHROME2", True, 1),
        ("PALETTE COLOR", False, 1),
        ("RGB", False, 3),
        ("YBR_FULL", False, 3),
        ("YBR_FULL_422", False, 3),
        ("YBR_PARTIAL_422", False, 3),
        ("YBR_PARTIAL_420", False, 3),
        ("YBR_ICT", False, 3),
        ("YBR_RCT", False, 3),
        ("XYB", False, 3),
    ],
)
def test_photometric_interpretations(text, is_monochrome, samples):
    member = PhotometricInterpretation.parse(text)
    assert member == text
    assert member.value == text
    assert member.is_monochrome is is_monochrome
    assert member.is_color is not is_monochrome
    assert member.is_palette_color is (text == "PALETTE COLOR")
    assert member.expected_samples_per_pixel == samples
    assert PhotometricInterpretation.parse(f" {text.lower()} \0") is member


def test_unknown_photometric_interpretation():
    with pytest.raises(PixelDataError, match="C\\.7\\.6\\.3\\.1\\.2"):
        PhotometricInterpretation.parse("SEPIA")


# PIX-1
def test_defaults():
    descriptor = PixelDataDescriptor(**CT)
    assert descriptor.number_of_frames == 1
    assert descriptor.samples_per_pixel == 1
    assert descriptor.planar_configuration == 0
    assert descriptor.photometric_interpretation is PhotometricInterpretation.MONOCHROME2
    assert not descriptor.is_signed
    assert not descriptor.is_multi_frame


def test_it_is_a_value():
    descriptor = PixelDataDescriptor(**CT)
    assert descriptor == PixelDataDescriptor(**CT)
    assert hash(descriptor) == hash(PixelDataDescriptor(**CT))
    assert pickle.loads(pickle.dumps(descriptor)) == descriptor
    with pytest.raises(dataclasses.FrozenInstanceError):
        descriptor.rows = 1


# PIX-2
@pytest.mark.parametrize(
    ("allocated", "stored", "high_bit", "is_signed", "mask", "shift", "low", "high", "dtype"),
    [
        (1, 1, 0, False, 1, 0, 0, 1, "uint8"),
        (8, 8, 7, False, 0xFF, 0, 0, 255, "uint8"),
        (8, 8, 7, True, 0xFF, 0, -128, 127, "int8"),
        (8, 7, 6, False, 0x7F, 0, 0, 127, "uint8"),
        (16, 12, 11, False, 0xFFF, 0, 0, 4095, "uint16"),
        (16, 12, 11, True, 0xFFF, 0, -2048, 2047, "int16"),
        (16, 12, 15, True, 0xFFF, 4, -2048, 2047, "int16"),
        (16, 10, 12, False, 0x3FF, 3, 0, 1023, "uint16"),
        (16, 16, 15, False, 0xFFFF, 0, 0, 65535, "uint16"),
        (16, 16, 15, True, 0xFFFF, 0, -32768, 32767, "int16"),
        (16, 1, 0, True, 1, 0, -1, 0, "int16"),
        (32, 32, 31, True, 0xFFFFFFFF, 0, -(2**31), 2**31 - 1, "int32"),
        (64, 64, 63, False, 2**64 - 1, 0, 0, 2**64 - 1, "uint64"),
    ],
)
def test_derived_from_bits(allocated, stored, high_bit, is_signed, mask, shift, low, high, dtype):
    descriptor = PixelDataDescriptor(
        rows=1, columns=1, bits_allocated=allocated, bits_stored=stored, high_bit=high_bit, is_signed=is_signed
    )
    assert descriptor.stored_bit_mask == mask
    assert descriptor.bit_shift == shift
    assert (descriptor.min_possible_value, descriptor.max_possible_value) == (low, high)
    assert descriptor.bytes_per_sample == (allocated + 7) // 8
    assert descriptor.dtype == dtype


def test_derived_sizes():
    rgb = {"samples_per_pixel": 3, "photometric_interpretation": PhotometricInterpretation.RGB}
    descriptor = PixelDataDescriptor(**CT, number_of_frames=5, **rgb)
    assert descriptor.bytes_per_pixel == 6
    assert descriptor.pixels_per_frame == 24
    assert descriptor.bytes_per_frame == 144
    assert descriptor.total_bytes == descriptor.native_total_bytes == 720
    assert descriptor.is_multi_frame
    assert descriptor.frame_shape == (4, 6, 3)


def test_native_sizes_of_packed_layouts():
    bits = PixelDataDescriptor(rows=3, columns=3, bits_allocated=1, bits_stored=1, high_bit=0, number_of_frames=3)
    assert (bits.bytes_per_frame, bits.native_bits_per_frame, bits.native_total_bytes) == (9, 9, 4)
    subsampled = PixelDataDescriptor(
        rows=2,
        columns=4,
        bits_allocated=8,
        bits_stored=8,
        high_bit=7,
        samples_per_pixel=3,
        photometric_interpretation=PhotometricInterpretation.YBR_FULL_422,
    )
    assert (subsampled.bytes_per_frame, subsampled.native_total_bytes) == (24, 16)


@pytest.mark.parametrize(
    "changes",
    [
        {"rows": 0},
        {"rows": -1},
        {"rows": 65536},
        {"columns": 0},
        {"columns": 65536},
        {"number_of_frames": 0},
        {"number_of_frames": -5},
        {"number_of_frames": 2**31},
        {"bits_allocated": 0},
        {"bits_allocated": 7},
        {"bits_allocated": 13},
        {"bits_allocated": 24},
        {"bits_allocated": 128},
        {"bits_allocated": 8},  # fewer than stored
        {"bits_stored": 0},
        {"bits_stored": 17},
        {"high_bit": 10},  # below Bits Stored - 1
        {"high_bit": 16},
        {"samples_per_pixel": 0},
        {"samples_per_pixel": 3},  # MONOCHROME2
        {"photometric_interpretation": PhotometricInterpretation.RGB},  # with one sample
        {"samples_per_pixel": 3, "photometric_interpretation": PhotometricInterpretation.RGB, "planar_configuration": 2},
        {"is_float": True},  # of 16 bits
        {"rows": 65535, "columns": 65535, "number_of_frames": 2**31 - 1},  # 2**64 bytes
    ],
)
def test_contradictions_cannot_be_made(changes):
    with pytest.raises(PixelDataError):
        PixelDataDescriptor(**CT | changes)


# PIX-3
def test_from_data_set():
    descriptor = PixelDataDescriptor.from_data_set(make_data_set(**ATTRIBUTES))
    assert descriptor == PixelDataDescriptor(**CT, is_signed=True)


def test_from_data_set_with_everything():
    descriptor = PixelDataDescriptor.from_data_set(
        make_data_set(**ATTRIBUTES, SamplesPerPixel=3, PhotometricInterpretation="RGB", PlanarConfiguration=1, NumberOfFrames="7")
    )
    assert descriptor == PixelDataDescriptor(
        **CT,
        is_signed=True,
        samples_per_pixel=3,
        photometric_interpretation=PhotometricInterpretation.RGB,
        planar_configuration=1,
        number_of_frames=7,
    )


@pytest.mark.parametrize("keyword", sorted(ATTRIBUTES))
def test_a_missing_attribute_is_named(keyword):
    with pytest.raises(MissingRequiredElementError) as caught:
        PixelDataDescriptor.from_data_set(make_data_set(**{k: v for k, v in ATTRIBUTES.items() if k != keyword}))
    assert caught.value.keyword == keyword


def test_float_pixel_data_needs_less():
    data_set = DataSet()
    for keyword, value in {"Rows": 2, "Columns": 3, "BitsAllocated": 32, "FloatPixelData": bytes(24)}.items():
        data_set[keyword] = value
    descriptor = PixelDataDescriptor.from_data_set(data_set)
    assert descriptor.is_float
    assert descriptor.dtype == "float32"
    assert descriptor.total_bytes == 24


@pytest.mark.parametrize(
    ("keyword", "vr", "value"),
    [
        ("Rows", "UL", b"\4\0\0\0"),
        ("Columns", "LO", b"6 "),
        ("BitsStored", "OB", b"\x0c\0"),
        ("PixelRepresentation", "US", b"\2\0"),
        ("SamplesPerPixel", "SL", b"\1\0\0\0"),
        ("NumberOfFrames", "IS", b"many"),
        ("NumberOfFrames", "US", b"\1\0"),
        ("NumberOfFrames", "IS", b"0 "),
        ("NumberOfFrames", "IS", b"-1"),
        ("PhotometricInterpretation", "CS", b"SEPIA "),
    ],
)
def test_values_of_the_wrong_type_are_errors(keyword, vr, value):
    elements = {
        0x00280010: ("US", 4), 0x00280011: ("US", 6), 0x00280100: ("US", 16), 0x00280101: ("US", 12),
        0x00280102: ("US", 11), 0x00280103: ("US", 1), 0x7FE00010: ("OW", bytes(48)),
    }  # fmt: skip
    elements[DataElementDictionary.get_keyword(keyword).tag] = (vr, value)
    encoded = testing.data_set((tag, *rest) for tag, rest in elements.items())
    with pytest.raises(PixelDataError):
        PixelDataDescriptor.from_data_set(dicomkit.read(testing.part10(encoded)).data_set)
