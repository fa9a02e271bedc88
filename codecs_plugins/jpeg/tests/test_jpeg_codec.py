"""JPEG: the contract, processes, predictors and point transforms, colours, and what is refused."""

from typing import ClassVar

import imagecodecs
import numpy as np
import pytest
from dicomkit_jpeg.codec import JPEGCodec

from dicomkit import uids
from dicomkit.codecs import EncodeOptions
from dicomkit.codecs.codestreams import parse_jpeg_header
from dicomkit.errors import PixelDataError
from dicomkit.testing import CodecContract, FrameShape, make_frame

CODEC = JPEGCodec()
RGB = FrameShape(samples_per_pixel=3, photometric_interpretation="RGB")
YBR = FrameShape(samples_per_pixel=3, photometric_interpretation="YBR_FULL_422")
APP14 = b"\xff\xee\x00\x0eAdobe\x00\x65\x00\x00\x00\x00"


def options(uid, **choices):
    return EncodeOptions(transfer_syntax_uid=uid, **choices)


def decode(data, shape):
    out = np.full(shape.array_shape, 0x5A, dtype=shape.dtype)
    return out, CODEC.decode_frame(memoryview(data), shape, out)


def smooth(shape):
    """A frame that lossy JPEG keeps almost as it is."""
    y, x = np.indices((shape.rows, shape.columns))
    largest = (1 << shape.bits_stored) - 1
    plane = (np.sin(x / 20) + np.cos(y / 15) + 2) / 4 * largest
    return np.ascontiguousarray(np.stack([plane] * 3, -1) if shape.samples_per_pixel == 3 else plane).astype(shape.dtype)


class TestLosslessContract(CodecContract):
    codec = CODEC
    maximum_error: ClassVar = {uids.JPEGBaseline8Bit: 60, uids.JPEGExtended12Bit: 600}

    def shapes_of(self, transfer_syntax_uid):
        if transfer_syntax_uid == uids.JPEGBaseline8Bit:
            return tuple(shape for shape in self.shapes if shape.bits_stored == 8 and shape.samples_per_pixel == 1)
        if transfer_syntax_uid == uids.JPEGExtended12Bit:
            return FrameShape(), FrameShape(bits_stored=12)
        return (
            *self.shapes,
            *(FrameShape(bits_stored=bits) for bits in range(2, 17)),
            *(FrameShape(bits_stored=bits, is_signed=True) for bits in (7, 8, 12, 15)),
            FrameShape(bits_stored=8, bits_allocated=16),
            FrameShape(bits_stored=10, bits_allocated=16, high_bit=11),
            FrameShape(bits_stored=16, samples_per_pixel=3, photometric_interpretation="RGB"),
            FrameShape(samples_per_pixel=3, photometric_interpretation="YBR_FULL"),
        )


@pytest.mark.parametrize("predictor", range(1, 8))
@pytest.mark.parametrize("bits_stored", [8, 12, 16])
def test_all_predictors(predictor, bits_stored):
    shape = FrameShape(bits_stored=bits_stored)
    pixels = make_frame(shape)
    data = CODEC.encode_frame(pixels, shape, options(uids.JPEGLossless, predictor=predictor)).data
    assert parse_jpeg_header(memoryview(data)).selection_value == predictor
    assert np.array_equal(decode(data, shape)[0], pixels)


def test_lossless_sv1_has_the_first_predictor_and_no_other():
    shape = FrameShape()
    data = CODEC.encode_frame(make_frame(shape), shape, options(uids.JPEGLosslessSV1)).data
    assert parse_jpeg_header(memoryview(data)).selection_value == 1
    for uid, predictor in ((uids.JPEGLosslessSV1, 2), (uids.JPEGLossless, 0), (uids.JPEGLossless, 8)):
        with pytest.raises(PixelDataError, match="predictor"):
            CODEC.encode_frame(make_frame(shape), shape, options(uid, predictor=predictor))


def lossless_with_point_transform(pixels, point_transform):
    """ISO/IEC 10918-1 Annex H by hand: predictor 1, a code of 5 bits for each category of difference."""
    rows, columns = pixels.shape
    values = pixels.astype(int) >> point_transform
    bits = []
    for y in range(rows):
        for x in range(columns):
            predicted = values[y, x - 1] if x else values[y - 1, 0] if y else 1 << (16 - point_transform - 1)
            difference = (values[y, x] - predicted + 0x8000) % 0x10000 - 0x8000
            category = int(abs(difference)).bit_length()
            bits.append(format(category, "05b"))
            if 0 < category < 16:
                bits.append(format(difference if difference > 0 else difference + (1 << category) - 1, f"0{category}b"))
    text = "".join(bits)
    text += "1" * (-len(text) % 8)
    entropy = int(text, 2).to_bytes(len(text) // 8, "big").replace(b"\xff", b"\xff\0")
    tables = b"\xff\xc4\x00\x24\x00" + bytes([0, 0, 0, 0, 17]) + bytes(11) + bytes(range(17))
    frame = b"\xff\xc3\x00\x0b\x10" + rows.to_bytes(2, "big") + columns.to_bytes(2, "big") + b"\x01\x01\x11\x00"
    scan = b"\xff\xda\x00\x08\x01\x01\x00\x01\x00" + bytes([point_transform])
    return b"\xff\xd8" + frame + tables + scan + entropy + b"\xff\xd9"


@pytest.mark.parametrize("point_transform", [0, 1, 4, 15])
def test_point_transforms(point_transform):
    """``ljpeg_decode`` and ``jpegsof3_decode`` of imagecodecs are wrong here."""
    shape = FrameShape(rows=9, columns=14, bits_stored=16)
    pixels = make_frame(shape)
    decoded = decode(lossless_with_point_transform(pixels, point_transform), shape)[0]
    assert np.array_equal(decoded, pixels >> point_transform << point_transform)


def test_rgb_is_stored_as_422_and_comes_back_as_rgb():
    pixels = smooth(RGB)
    encoded = CODEC.encode_frame(pixels, RGB, options(uids.JPEGBaseline8Bit, quality=95))
    assert (encoded.photometric_interpretation, encoded.is_lossy) == ("YBR_FULL_422", True)
    assert parse_jpeg_header(memoryview(encoded.data)).components[0][1:] == (2, 1)
    decoded, colors = decode(encoded.data, YBR)
    assert colors == "RGB"
    assert np.abs(decoded.astype(int) - pixels.astype(int)).max() <= 4


def test_quality_decides():
    shape = FrameShape()
    choices = [options(uids.JPEGBaseline8Bit, quality=quality) for quality in (10, 50, 95)]
    sizes = [len(CODEC.encode_frame(make_frame(shape), shape, choice).data) for choice in choices]
    assert sizes == sorted(sizes)
    assert len(set(sizes)) == 3
    for quality in (0, 101):
        with pytest.raises(PixelDataError, match="quality"):
            CODEC.encode_frame(make_frame(shape), shape, options(uids.JPEGBaseline8Bit, quality=quality))


def codestream_of(pixels, stored):
    """A codestream of three components that says nothing of its colours: without APP0 and APP14, identifiers 1 to 3."""
    data = imagecodecs.jpeg8_encode(pixels, 95, colorspace="RGB", outcolorspace=stored, subsampling="444")
    offset, kept = 2, b"\xff\xd8"
    while data[offset + 1] != 0xDA:
        length = 2 + int.from_bytes(data[offset + 2 : offset + 4], "big")
        segment = data[offset : offset + length]
        offset += length
        if segment[1] == 0xC0:
            segment = segment[:10] + b"".join(bytes([i + 1]) + segment[11 + 3 * i : 13 + 3 * i] for i in range(3))
        kept += segment if segment[1] not in (0xE0, 0xEE) else b""
    scan = data[offset : offset + 5] + b"".join(bytes([i + 1]) + data[offset + 6 + 2 * i : offset + 7 + 2 * i] for i in range(3))
    return kept + scan + data[offset + 11 :]


def with_segment(data, segment):
    return data[:2] + segment + data[2:]


@pytest.mark.parametrize(
    ("stored", "segment", "photometric_interpretation"),
    [
        ("YCBCR", b"", "YBR_FULL"),
        ("YCBCR", b"", "YBR_FULL_422"),
        ("RGB", b"", "RGB"),
        ("RGB", APP14 + b"\0", "YBR_FULL"),         # Adobe's transform 0
        ("YCBCR", APP14 + b"\1", "RGB"),            # Adobe's transform 1
        ("YCBCR", b"\xff\xe0\x00\x10JFIF\0\1\1\0\0\1\0\1\0\0", "RGB"),
        ("RGB", b"\xff\xee\x00\x0cAdobe\0\0\0\0\0", "RGB"),      # too short to be Adobe's
    ],
)
def test_colors_are_converted_once(stored, segment, photometric_interpretation):
    red = np.zeros(RGB.array_shape, np.uint8)
    red[...] = (200, 30, 60)
    data = with_segment(codestream_of(red, stored), segment)
    shape = FrameShape(samples_per_pixel=3, photometric_interpretation=photometric_interpretation)
    decoded, colors = decode(data, shape)
    assert colors == "RGB"
    assert np.abs(decoded.astype(int) - red.astype(int)).max() <= 2


def test_identifiers_that_spell_rgb():
    pixels = smooth(RGB)
    data = imagecodecs.jpeg8_encode(pixels, 95, colorspace="RGB", outcolorspace="RGB")
    assert tuple(component.identifier for component in parse_jpeg_header(memoryview(data)).components) == tuple(b"RGB")
    decoded, _ = decode(data, YBR)
    assert np.abs(decoded.astype(int) - pixels.astype(int)).max() <= 3


def test_subsampled_chroma_is_no_rgb():
    pixels = smooth(RGB)
    data = CODEC.encode_frame(pixels, RGB, options(uids.JPEGBaseline8Bit, quality=95)).data
    start = data.index(b"\xff\xdb")
    decoded, _ = decode(b"\xff\xd8" + data[start:], RGB)
    assert np.abs(decoded.astype(int) - pixels.astype(int)).max() <= 4


@pytest.mark.parametrize("photometric_interpretation", ["RGB", "YBR_FULL"])
def test_lossless_colors_come_out_as_they_went_in(photometric_interpretation):
    shape = FrameShape(samples_per_pixel=3, photometric_interpretation=photometric_interpretation)
    pixels = make_frame(shape)
    encoded = CODEC.encode_frame(pixels, shape, options(uids.JPEGLosslessSV1))
    decoded, colors = decode(encoded.data, shape)
    assert colors == encoded.photometric_interpretation == photometric_interpretation
    assert np.array_equal(decoded, pixels)


def test_lossy_samples_beyond_bits_stored_are_clipped():
    """12-bit codestreams of 10-bit data overshoot; a mask would make black of white."""
    shape = FrameShape(bits_stored=10)
    pixels = np.zeros(shape.array_shape, np.uint16)
    pixels[:, 20:] = 1023
    full = FrameShape(bits_stored=12)
    data = CODEC.encode_frame(pixels, full, options(uids.JPEGExtended12Bit, quality=40)).data
    assert decode(data, full)[0].max() > 1023
    assert decode(data, shape)[0].max() == 1023
    assert decode(data, shape)[0][:, 30:].min() > 900


def test_a_scan_without_its_last_coefficient_is_mended():
    """Se 0 in a sequential scan, as some writers have it."""
    shape = FrameShape(bits_stored=12)
    pixels = smooth(shape)
    data = CODEC.encode_frame(pixels, shape, options(uids.JPEGExtended12Bit)).data
    at = data.index(b"\xff\xda\x00\x08") + 8
    assert data[at] == 63
    assert np.array_equal(decode(data[:at] + b"\0" + data[at + 1 :], shape)[0], decode(data, shape)[0])


@pytest.mark.parametrize(
    ("uid", "shape"),
    [
        (uids.JPEGBaseline8Bit, FrameShape(bits_stored=12)),
        (uids.JPEGExtended12Bit, FrameShape(bits_stored=13)),
        (uids.JPEGBaseline8Bit, FrameShape(is_signed=True)),
        (uids.JPEGLossless, FrameShape(bits_stored=32)),
        (uids.JPEGLossless, FrameShape(bits_stored=1, bits_allocated=1)),
    ],
)
def test_what_a_process_cannot_hold(uid, shape):
    with pytest.raises(PixelDataError):
        CODEC.encode_frame(make_frame(shape), shape, options(uid))


@pytest.mark.parametrize("process", [0xC2, 0xC5, 0xC9, 0xF7])
def test_processes_that_dicom_has_not(process):
    shape = FrameShape()
    data = CODEC.encode_frame(make_frame(shape), shape, options(uids.JPEGBaseline8Bit)).data
    changed = data.replace(b"\xff\xc0", bytes((0xFF, process)), 1)
    with pytest.raises(PixelDataError, match="DICOM has not"):
        decode(changed, shape)


@pytest.mark.parametrize("ratio", [4, 10])
@pytest.mark.parametrize("uid", [uids.JPEGBaseline8Bit, uids.JPEGExtended12Bit])
def test_a_compression_ratio_is_reached(uid, ratio):
    pixels = make_frame(FrameShape(rows=200, columns=200))
    shape = FrameShape(rows=200, columns=200)
    data = CODEC.encode_frame(pixels, shape, options(uid, compression_ratio=ratio)).data
    assert ratio <= pixels.nbytes / len(data) <= 1.25 * ratio


def test_a_compression_ratio_out_of_reach():
    with pytest.raises(PixelDataError, match="lowest quality gives a compression ratio of"):
        CODEC.encode_frame(make_frame(RGB), RGB, options(uids.JPEGBaseline8Bit, compression_ratio=10000))
