"""JPEG XL, ISO/IEC 18181."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicomkit import uids
from dicomkit.codecs import EncodedFrame, EncodeOptions
from dicomkit.codecs.cells import decode_into, samples_to_encode
from dicomkit.codecs.rate import encode_at_quality
from dicomkit.errors import PixelDataError
from dicomkit_jpegxl.header import parse_jpeg_xl_header
from dicomkit_jpegxl.library import decode_jpeg_xl, encode_jpeg_xl

if TYPE_CHECKING:
    from typing import Any

    import numpy.typing as npt

    from dicomkit.codecs import FrameDescriptor

__all__ = ["JPEGXLCodec", "JPEGXLRecompressionCodec"]

_DEFAULT_QUALITY = 90
_HIGHEST_FOR_RATIO = 99      # 100 is another mode, much longer
_COLORS_OF_CODESTREAMS = ("XYB", "YBR_FULL", "YBR_FULL_422", "YBR_ICT", "YBR_RCT")


class JPEGXLRecompressionCodec:
    """JPEG that was recompressed as JPEG XL, decoded to pixels. Colours come out as RGB."""

    name = "dicomkit-jpegxl-recompression"
    priority = 100
    transfer_syntax_uids: tuple[str, ...] = (uids.JPEGXLJPEGRecompression,)

    def decode_frame(self, encoded: memoryview, descriptor: FrameDescriptor, out: npt.NDArray[Any]) -> str:
        """Decode a frame."""
        header = parse_jpeg_xl_header(encoded)
        header.check(descriptor)
        decode_into(out, descriptor, lambda samples: decode_jpeg_xl(encoded, samples), precision=header.precision, is_lossy=True)
        photometric_interpretation = str(descriptor.photometric_interpretation)
        return "RGB" if photometric_interpretation in _COLORS_OF_CODESTREAMS else photometric_interpretation


class JPEGXLCodec(JPEGXLRecompressionCodec):
    """JPEG XL lossless and lossy through libjxl. Colours come out as RGB."""

    name = "dicomkit-jpegxl"
    transfer_syntax_uids = (uids.JPEGXLLossless, uids.JPEGXL)

    def encode_frame(self, pixels: npt.NDArray[Any], descriptor: FrameDescriptor, options: EncodeOptions) -> EncodedFrame:
        """Encode a frame. Lossy colours are XYB inside."""
        is_lossless = options.transfer_syntax_uid == uids.JPEGXLLossless
        if descriptor.samples_per_pixel == 3 and descriptor.photometric_interpretation != "RGB":
            raise PixelDataError("only RGB is encoded in three components")
        if descriptor.is_signed and not is_lossless:
            raise PixelDataError("JPEG XL has no sign: samples close to 0 would turn over")
        samples = samples_to_encode(pixels, descriptor)
        if is_lossless:
            return EncodedFrame(encode_jpeg_xl(samples, descriptor.bits_stored, None), str(descriptor.photometric_interpretation))
        colors = "XYB" if descriptor.samples_per_pixel == 3 else str(descriptor.photometric_interpretation)
        return EncodedFrame(_encode_with_loss(samples, descriptor.bits_stored, options), colors, is_lossy=True)


def _encode_with_loss(samples: npt.NDArray[Any], precision: int, options: EncodeOptions) -> bytes:
    def encode(quality: int) -> bytes:
        return encode_jpeg_xl(samples, precision, quality)

    return encode_at_quality(encode, options, samples.nbytes, default=_DEFAULT_QUALITY, highest_for_ratio=_HIGHEST_FOR_RATIO)
