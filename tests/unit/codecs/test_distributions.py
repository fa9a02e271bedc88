"""Which distribution brings which codec."""

import pytest

from dicomkit import uids
from dicomkit.codecs.distributions import find_distribution, no_codec_error
from dicomkit.transfer_syntax import TransferSyntax


@pytest.mark.parametrize(
    ("uid", "distribution"),
    [
        (uids.RLELossless, "dicomkit-rle"),
        (uids.JPEGBaseline8Bit, "dicomkit-jpeg"),
        (uids.JPEGLosslessSV1, "dicomkit-jpeg"),
        (uids.JPEGLSNearLossless, "dicomkit-jpegls"),
        (uids.HTJ2K, "dicomkit-jpeg2000"),
        (uids.JPEGXL, "dicomkit-jpegxl"),
        (uids.MPEG2MPML, None),
        (uids.ExplicitVRLittleEndian, None),
    ],
)
def test_distributions(uid, distribution):
    assert find_distribution(uid) == distribution


def test_messages():
    syntax = TransferSyntax.get(uids.RLELossless)
    assert str(no_codec_error(syntax)) == (
        "no codec is installed for RLE Lossless (1.2.840.10008.1.2.5); the distribution dicomkit-rle brings one"
    )
    assert "to encode" in str(no_codec_error(syntax, "encode"))
    recompressed = TransferSyntax.get(uids.JPEGXLJPEGRecompression)
    assert str(no_codec_error(recompressed)).endswith("dicomkit-jpegxl brings one")
    assert str(no_codec_error(recompressed, "encode", {"dicomkit-jpegxl": "is installed"})).endswith("dicomkit-jpegxl only decodes it")
    assert str(no_codec_error(syntax, remarks={"dicomkit-rle": "fails: X"})).endswith("dicomkit-rle fails: X")
