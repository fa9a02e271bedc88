"""JPEG XL: the contract, headers, and what is refused."""

from typing import ClassVar

import imagecodecs
import numpy as np
import pytest
from dicomkit_jpegxl.codec import JPEGXLCodec, JPEGXLRecompressionCodec
from dicomkit_jpegxl.header import parse_jpeg_xl_header

from dicomkit import uids
from dicomkit.codecs import CodecError, EncodeOptions, decode_frame
from dicomkit.errors import PixelDataError
from dicomkit.testing import CodecContract, FrameShape, make_frame

CODEC = JPEGXLCodec()
RGB = FrameShape(samples_per_pixel=3, photometric_interpretation="RGB")


class TestContract(CodecContract):
    codec = CODEC
    maximum_error: ClassVar = {uids.JPEGXL: 6000}

    def shapes_of(self, transfer_syntax_uid):
        if transfer_syntax_uid == uids.JPEGXL:
            return FrameShape(), FrameShape(bits_stored=12), RGB
        return (
            *self.shapes,
            *(FrameShape(bits_stored=bits) for bits in range(1, 17)),
            FrameShape(bits_stored=12, is_signed=True),
            FrameShape(bits_stored=1, bits_allocated=1),
            FrameShape(bits_stored=8, bits_allocated=16),
            FrameShape(bits_stored=10, bits_allocated=16, high_bit=11),
            FrameShape(bits_stored=12, samples_per_pixel=3, photometric_interpretation="RGB"),
        )

    def options(self, transfer_syntax_uid):
        return EncodeOptions(transfer_syntax_uid=transfer_syntax_uid, quality=95)


@pytest.mark.parametrize("use_container", [False, True])
@pytest.mark.parametrize(
    ("rows", "columns", "bits"),
    [(1, 1, 8), (8, 8, 8), (256, 248, 8), (30, 40, 12), (40, 30, 10), (9, 16, 16), (300, 7, 13), (513, 600, 8), (100, 200, 16)],
)
def test_headers(rows, columns, bits, use_container):
    pixels = np.zeros((rows, columns), np.uint8 if bits <= 8 else np.uint16)
    data = imagecodecs.jpegxl_encode(pixels, lossless=True, bitspersample=bits, usecontainer=use_container)
    header = parse_jpeg_xl_header(memoryview(data))
    assert (header.rows, header.columns, header.precision) == (rows, columns, bits)


def test_lossy_colors_are_xyb_inside_and_rgb_outside():
    pixels = make_frame(RGB)
    encoded = CODEC.encode_frame(pixels, RGB, EncodeOptions(transfer_syntax_uid=uids.JPEGXL, quality=95))
    assert (encoded.photometric_interpretation, encoded.is_lossy) == ("XYB", True)
    shape = FrameShape(samples_per_pixel=3, photometric_interpretation="XYB")
    out = np.zeros_like(pixels)
    assert CODEC.decode_frame(memoryview(encoded.data), shape, out) == "RGB"
    assert np.abs(out.astype(int) - pixels.astype(int)).mean() < 12


def test_recompression_is_decoded_only():
    assert not hasattr(JPEGXLRecompressionCodec(), "encode_frame")
    shape = FrameShape()
    data = CODEC.encode_frame(make_frame(shape), shape, EncodeOptions(transfer_syntax_uid=uids.JPEGXLLossless)).data
    out = np.zeros(shape.array_shape, shape.dtype)
    assert JPEGXLRecompressionCodec().decode_frame(memoryview(data), shape, out) == "MONOCHROME2"
    assert np.array_equal(out, make_frame(shape))


@pytest.mark.parametrize(
    ("uid", "shape", "quality"),
    [
        (uids.JPEGXL, FrameShape(is_signed=True), None),
        (uids.JPEGXL, FrameShape(), 0),
        (uids.JPEGXLLossless, FrameShape(bits_stored=32), None),
        (uids.JPEGXLLossless, FrameShape(samples_per_pixel=3, photometric_interpretation="YBR_FULL"), None),
    ],
)
def test_what_is_not_encoded(uid, shape, quality):
    with pytest.raises(PixelDataError):
        CODEC.encode_frame(make_frame(shape), shape, EncodeOptions(transfer_syntax_uid=uid, quality=quality))


@pytest.mark.parametrize("data", [b"", b"\xff\x0a", b"\xff\xd8\xff", b"\0\0\0\x0cJXL \r\n\x87\n", b"\0\0\0\x0cJXL \r\n\x87\n\0\0\0\0jxlc"])
def test_what_has_no_header(data):
    with pytest.raises(PixelDataError):
        parse_jpeg_xl_header(memoryview(data))


def test_floating_point_samples_are_refused():
    data = imagecodecs.jpegxl_encode(np.zeros((8, 8), np.float32), lossless=True)
    with pytest.raises(PixelDataError, match="floating point"):
        parse_jpeg_xl_header(memoryview(data))


@pytest.mark.parametrize("rows", [64, 63, 9])
def test_a_recompressed_grey_jpeg(rows):
    shape = FrameShape(rows=rows, columns=50)
    jpeg = imagecodecs.jpeg8_encode(make_frame(shape), 90)
    data = imagecodecs.jpegxl_encode_jpeg(jpeg)
    assert imagecodecs.jpegxl_decode_jpeg(data) == jpeg         # it was not decoded and encoded again
    out = np.zeros(shape.array_shape, shape.dtype)
    assert JPEGXLRecompressionCodec().decode_frame(memoryview(data), shape, out) == "MONOCHROME2"
    error = np.abs(out.astype(int) - imagecodecs.jpeg8_decode(jpeg).astype(int))
    # libjxl dequantizes with a bias towards zero, libjpeg without.
    assert error.max() <= 4
    assert error.mean() < 0.5


@pytest.mark.parametrize(("subsampling", "tolerance"), [("444", 4), ("422", 24)])
def test_a_recompressed_color_jpeg_is_rgb(subsampling, tolerance):
    """Chroma is upsampled by libjxl in its own, smoother way."""
    y, x = np.indices((64, 80))
    pixels = np.stack([x * 3, y * 3, 255 - x - y], axis=-1).astype(np.uint8)
    jpeg = imagecodecs.jpeg8_encode(pixels, 95, colorspace="RGB", outcolorspace="YCBCR", subsampling=subsampling)
    data = imagecodecs.jpegxl_encode_jpeg(jpeg)
    shape = FrameShape(rows=64, columns=80, samples_per_pixel=3, photometric_interpretation="YBR_FULL_422")
    out = np.zeros(shape.array_shape, shape.dtype)
    assert JPEGXLRecompressionCodec().decode_frame(memoryview(data), shape, out) == "RGB"
    assert np.abs(out.astype(int) - imagecodecs.jpeg8_decode(jpeg, outcolorspace="RGB").astype(int)).max() <= tolerance


@pytest.mark.parametrize("cut", [10, 100, 0.5, 0.99])
def test_a_recompressed_jpeg_that_is_cut_off(cut):
    shape = FrameShape(rows=64, columns=50)
    data = imagecodecs.jpegxl_encode_jpeg(imagecodecs.jpeg8_encode(make_frame(shape), 90))
    out = np.zeros(shape.array_shape, shape.dtype)
    encoded = memoryview(data)[: cut if cut > 1 else int(len(data) * cut)]
    with pytest.raises(CodecError):
        decode_frame(JPEGXLRecompressionCodec(), encoded, shape, out, transfer_syntax_uid=uids.JPEGXLJPEGRecompression)


@pytest.mark.parametrize("ratio", [4, 15])
def test_a_compression_ratio_is_reached(ratio):
    shape = FrameShape(rows=200, columns=200)
    pixels = make_frame(shape)
    data = CODEC.encode_frame(pixels, shape, EncodeOptions(transfer_syntax_uid=uids.JPEGXL, compression_ratio=ratio)).data
    assert ratio <= pixels.nbytes / len(data) <= 1.3 * ratio
