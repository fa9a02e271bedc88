"""Which distribution brings the codec of which transfer syntax."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicomkit import uids
from dicomkit.errors import NoCodecError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dicomkit.transfer_syntax import TransferSyntax

__all__ = ["find_distribution", "no_codec_error"]

_DISTRIBUTIONS = {
    uids.RLELossless: "dicomkit-rle",
    uids.JPEGBaseline8Bit: "dicomkit-jpeg",
    uids.JPEGExtended12Bit: "dicomkit-jpeg",
    uids.JPEGLossless: "dicomkit-jpeg",
    uids.JPEGLosslessSV1: "dicomkit-jpeg",
    uids.JPEGLSLossless: "dicomkit-jpegls",
    uids.JPEGLSNearLossless: "dicomkit-jpegls",
    uids.JPEG2000Lossless: "dicomkit-jpeg2000",
    uids.JPEG2000: "dicomkit-jpeg2000",
    uids.HTJ2KLossless: "dicomkit-jpeg2000",
    uids.HTJ2KLosslessRPCL: "dicomkit-jpeg2000",
    uids.HTJ2K: "dicomkit-jpeg2000",
    uids.JPEGXLLossless: "dicomkit-jpegxl",
    uids.JPEGXLJPEGRecompression: "dicomkit-jpegxl",
    uids.JPEGXL: "dicomkit-jpegxl",
}
_DECODED_ONLY = (uids.JPEGXLJPEGRecompression,)


def find_distribution(transfer_syntax_uid: str) -> str | None:
    """Return the name of the distribution with a codec for a transfer syntax, or None if we offer none."""
    return _DISTRIBUTIONS.get(transfer_syntax_uid)


def no_codec_error(transfer_syntax: TransferSyntax, verb: str = "decode", remarks: Mapping[str, str] | None = None) -> NoCodecError:
    """Make the error for a transfer syntax that nobody here decodes, or encodes; it says what to install.

    Parameters
    ----------
    verb
        "decode" or "encode".
    remarks
        What is to be said of installed distributions, by their names.
    """
    distribution = find_distribution(transfer_syntax.uid)
    if distribution is None:
        remedy = "dicomkit has none to offer"
    elif verb == "encode" and transfer_syntax.uid in _DECODED_ONLY:
        remedy = f"the distribution {distribution} only decodes it"
    elif remarks and distribution in remarks:
        remedy = f"the distribution {distribution} {remarks[distribution]}"
    else:
        remedy = f"the distribution {distribution} brings one"
    task = "" if verb == "decode" else f" to {verb}"
    message = f"no codec is installed{task} for {transfer_syntax.name} ({transfer_syntax.uid}); {remedy}"
    return NoCodecError(str(transfer_syntax.uid), message)
