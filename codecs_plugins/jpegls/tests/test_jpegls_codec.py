"""JPEG-LS: the contract, what imagecodecs gets wrong, and what is refused."""

from typing import ClassVar

import numpy as np
import pytest
from dicomkit_jpegls.codec import JPEGLSCodec

from dicomkit import uids
from dicomkit.codecs import EncodeOptions
from dicomkit.codecs.codestreams import parse_jpeg_header
from dicomkit.errors import PixelDataError
from dicomkit.testing import CodecContract, FrameShape, make_frame

LOSSLESS = EncodeOptions(transfer_syntax_uid=uids.JPEGLSLossless)
CODEC = JPEGLSCodec()


def near_lossless(maximum_error):
    return EncodeOptions(transfer_syntax_uid=uids.JPEGLSNearLossless, maximum_error=maximum_error)


class TestContract(CodecContract):
    codec = CODEC
    maximum_error: ClassVar = {uids.JPEGLSNearLossless: 2}

    def shapes_of(self, transfer_syntax_uid):
        if transfer_syntax_uid == uids.JPEGLSNearLossless:
            return tuple(shape for shape in self.shapes if not shape.is_signed)
        return (
            *self.shapes,
            *(FrameShape(bits_stored=bits) for bits in range(2, 17)),
            *(FrameShape(bits_stored=bits, is_signed=True) for bits in (5, 8, 12, 15)),
            FrameShape(bits_stored=8, bits_allocated=16),
            FrameShape(bits_stored=10, bits_allocated=16, high_bit=11),
            FrameShape(bits_stored=12, samples_per_pixel=3, photometric_interpretation="RGB"),
            FrameShape(samples_per_pixel=3, photometric_interpretation="YBR_FULL"),
        )


@pytest.mark.parametrize("bits_stored", [2, 7, 8, 10, 12, 15, 16])
def test_the_codestream_has_the_precision_of_the_data_set_and_no_spiff_header(bits_stored):
    shape = FrameShape(bits_stored=bits_stored)
    data = CODEC.encode_frame(make_frame(shape), shape, LOSSLESS).data
    assert parse_jpeg_header(memoryview(data)).precision == bits_stored
    assert data[:4] == b"\xff\xd8\xff\xf7"


@pytest.mark.parametrize("maximum_error", [0, 1, 5, 100])
@pytest.mark.parametrize("bits_stored", [8, 12, 16])
def test_errors_stay_within_their_limit(maximum_error, bits_stored):
    shape = FrameShape(bits_stored=bits_stored)
    pixels = make_frame(shape)
    encoded = CODEC.encode_frame(pixels, shape, near_lossless(maximum_error))
    assert encoded.is_lossy == (maximum_error > 0)
    out = np.zeros_like(pixels)
    CODEC.decode_frame(memoryview(encoded.data), shape, out)
    assert np.abs(out.astype(int) - pixels.astype(int)).max() <= maximum_error


def test_signed_samples_at_their_limits_would_turn_over():
    shape = FrameShape(bits_stored=12, is_signed=True)
    with pytest.raises(PixelDataError, match="turn over"):
        CODEC.encode_frame(make_frame(shape), shape, near_lossless(1))
    inside = np.clip(make_frame(shape), -2000, 2000)
    data = CODEC.encode_frame(inside, shape, near_lossless(3)).data
    out = np.zeros_like(inside)
    CODEC.decode_frame(memoryview(data), shape, out)
    assert np.abs(out.astype(int) - inside.astype(int)).max() <= 3


@pytest.mark.parametrize(("bits_stored", "maximum_error"), [(8, -1), (8, 128), (2, 2), (16, 256)])
def test_errors_that_the_standard_has_not(bits_stored, maximum_error):
    shape = FrameShape(bits_stored=bits_stored)
    with pytest.raises(PixelDataError, match="maximum_error"):
        CODEC.encode_frame(make_frame(shape), shape, near_lossless(maximum_error))


@pytest.mark.parametrize("bits_stored", [1, 32])
def test_depths_that_jpeg_ls_has_not(bits_stored):
    shape = FrameShape(bits_stored=bits_stored)
    with pytest.raises(PixelDataError):
        CODEC.encode_frame(make_frame(shape), shape, LOSSLESS)


def test_samples_are_signed_by_the_data_set():
    """The codestream has no sign; its precision may be less than Bits Stored."""
    narrow = FrameShape(bits_stored=12, is_signed=True)
    pixels = make_frame(narrow)
    data = CODEC.encode_frame(pixels, narrow, LOSSLESS).data
    out = np.zeros_like(pixels)
    CODEC.decode_frame(memoryview(data), FrameShape(bits_stored=16, is_signed=True), out)
    assert np.array_equal(out, pixels)


def test_another_process_is_refused():
    shape = FrameShape()
    data = CODEC.encode_frame(make_frame(shape), shape, LOSSLESS).data.replace(b"\xff\xf7", b"\xff\xc0", 1)
    with pytest.raises(PixelDataError, match="not JPEG-LS"):
        CODEC.decode_frame(memoryview(data), shape, np.zeros(shape.array_shape, shape.dtype))


@pytest.mark.parametrize("bits_stored", [8, 12, 16])
@pytest.mark.parametrize("components", [1, 3])
@pytest.mark.parametrize("size", [1, 3, 16, 200])
def test_frames_that_get_longer(bits_stored, components, size):
    """The libraries have no room for them: noise, and a header that is longer than all pixels."""
    colors = "RGB" if components == 3 else "MONOCHROME2"
    shape = FrameShape(rows=size, columns=size, bits_stored=bits_stored, samples_per_pixel=components, photometric_interpretation=colors)
    pixels = np.random.default_rng(3).integers(0, 1 << bits_stored, shape.array_shape).astype(shape.dtype)
    data = CODEC.encode_frame(pixels, shape, LOSSLESS).data
    out = np.zeros_like(pixels)
    CODEC.decode_frame(memoryview(data), shape, out)
    assert np.array_equal(out, pixels)
    assert parse_jpeg_header(memoryview(data)).precision == bits_stored or size <= 3
