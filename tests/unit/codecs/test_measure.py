"""What is measured of a codec."""

import math

import numpy as np
import pytest

from dicomkit import uids
from dicomkit.codecs import CodecError, EncodedFrame, EncodeOptions
from dicomkit.codecs.measure import measure_codec, measure_decoder
from dicomkit.testing import FrameShape, make_frame
from tests.unit.codecs.fakes import Both, Decoder

OPTIONS = EncodeOptions(transfer_syntax_uid=uids.RLELossless)
SHAPE = FrameShape(bits_stored=12, is_signed=True)


class Native(Both):
    """Keeps cells as they are, but for what is added to one of them."""

    def __init__(self, error=0):
        super().__init__("native")
        self.error = error

    def decode_frame(self, encoded, descriptor, out):
        out[...] = np.frombuffer(encoded, out.dtype).reshape(out.shape)
        out.flat[7] += self.error
        out &= 0x0FFF       # signs are not the codec's business
        return descriptor.photometric_interpretation

    def encode_frame(self, pixels, descriptor, options):
        return EncodedFrame(pixels.tobytes(), descriptor.photometric_interpretation)


def test_without_loss():
    frames = [make_frame(SHAPE, seed) for seed in range(3)]
    found = measure_codec(Native(), Native(), frames, SHAPE, OPTIONS)
    assert (found.codec_name, found.frame_count, found.maximum_error, found.psnr) == ("native", 3, 0, math.inf)
    assert found.native_bytes == found.encoded_bytes == 3 * 33 * 57 * 2
    assert found.compression_ratio == 1
    assert found.decode_speed == pytest.approx(found.native_bytes / found.decode_seconds / 1e6)
    assert found.encode_speed == pytest.approx(found.native_bytes / found.encode_seconds / 1e6)


def test_with_loss():
    frames = [np.zeros(SHAPE.array_shape, SHAPE.dtype)]
    found = measure_codec(Native(5), Native(5), frames, SHAPE, OPTIONS)
    assert found.maximum_error == 5
    assert found.psnr == pytest.approx(20 * math.log10(4095 / (5 / math.sqrt(33 * 57))))


def test_other_colors_are_not_compared():
    class Converting(Native):
        def decode_frame(self, encoded, descriptor, out):
            super().decode_frame(encoded, descriptor, out)
            return "RGB"

    found = measure_codec(Native(), Converting(), [make_frame(SHAPE)], SHAPE, OPTIONS)
    assert found.maximum_error is found.psnr is None


def test_a_decoder_alone():
    found = measure_decoder(Decoder(), [memoryview(b"\1\2"), memoryview(b"\3\4")], SHAPE, uids.RLELossless)
    assert (found.native_bytes, found.encoded_bytes, found.encode_speed) == (2 * 33 * 57 * 2, 4, None)
    with pytest.raises(CodecError):
        measure_decoder(Decoder(), [memoryview(b"")], SHAPE, uids.RLELossless)
