"""JPEG-LS, ISO/IEC 14495-1."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dicomkit import uids
from dicomkit.codecs import EncodedFrame, EncodeOptions
from dicomkit.codecs.cells import decode_into, samples_to_encode, without_subsampling
from dicomkit.codecs.codestreams import JPEGHeader, RememberedHeader, parse_jpeg_header
from dicomkit.errors import PixelDataError
from dicomkit_jpegls.library import decode_jpeg_ls, encode_jpeg_ls

if TYPE_CHECKING:
    from typing import Any

    import numpy.typing as npt

    from dicomkit.codecs import FrameDescriptor

__all__ = ["JPEGLSCodec"]

_DEFAULT_MAXIMUM_ERROR = 2
_LARGEST_MAXIMUM_ERROR = 255


class JPEGLSCodec:
    """JPEG-LS lossless and near-lossless through CharLS. Colours come out as they went in."""

    name = "dicomkit-jpegls"
    priority = 100
    transfer_syntax_uids = (uids.JPEGLSLossless, uids.JPEGLSNearLossless)

    def __init__(self) -> None:
        self._headers = RememberedHeader(parse_jpeg_header, _settle)

    def decode_frame(self, encoded: memoryview, descriptor: FrameDescriptor, out: npt.NDArray[Any]) -> str:
        """Decode a frame, whatever its interleave mode."""
        header, photometric_interpretation = self._headers.find(encoded, descriptor)
        header.check_whole(encoded)
        decode_into(out, descriptor, lambda samples: _decode(encoded, header, samples), precision=header.precision)
        return photometric_interpretation

    def encode_frame(self, pixels: npt.NDArray[Any], descriptor: FrameDescriptor, options: EncodeOptions) -> EncodedFrame:
        """Encode a frame, samples of a pixel beside each other; signed ones as two's complement."""
        samples = samples_to_encode(pixels, descriptor)
        if descriptor.bits_stored < 2:
            raise PixelDataError("JPEG-LS has no samples of 1 bit")
        is_lossy = options.transfer_syntax_uid == uids.JPEGLSNearLossless
        maximum_error = (_DEFAULT_MAXIMUM_ERROR if options.maximum_error is None else options.maximum_error) if is_lossy else 0
        largest = min(_LARGEST_MAXIMUM_ERROR, (1 << descriptor.bits_stored) // 2 - 1)
        if not 0 <= maximum_error <= largest:
            raise PixelDataError(f"maximum_error is {maximum_error}, not from 0 to {largest}")
        if descriptor.is_signed and maximum_error:
            _check_distance_from_limits(pixels, descriptor, maximum_error)
        data = encode_jpeg_ls(samples, descriptor.bits_stored, maximum_error)
        return EncodedFrame(data, without_subsampling(descriptor.photometric_interpretation), maximum_error > 0)


def _settle(header: JPEGHeader, descriptor: FrameDescriptor) -> str:
    """Check a header, and return the photometric interpretation that decoding makes."""
    if not header.is_jpeg_ls:
        raise PixelDataError(f"the codestream is process FF{header.start_of_frame:02X}, not JPEG-LS")
    if header.is_subsampled:
        raise PixelDataError("the codestream has components with fewer samples than the frame has pixels")
    header.check_frame(descriptor)
    return without_subsampling(descriptor.photometric_interpretation)


def _decode(encoded: memoryview, header: JPEGHeader, samples: npt.NDArray[Any]) -> None:
    if header.scan_components == len(header.components):
        decode_jpeg_ls(encoded, samples)
        return
    # A scan for each component (interleave mode 0): CharLS gives planes.
    planes = np.empty((samples.shape[2], *samples.shape[:2]), dtype=samples.dtype)
    decode_jpeg_ls(encoded, planes)
    samples[...] = np.moveaxis(planes, 0, -1)


def _check_distance_from_limits(pixels: npt.NDArray[Any], descriptor: FrameDescriptor, maximum_error: int) -> None:
    """Two's complement has its largest number beside its smallest, and an error would make one of the other."""
    limit = 1 << (descriptor.bits_stored - 1)
    if int(pixels.max()) + maximum_error >= limit or int(pixels.min()) - maximum_error < -limit:
        raise PixelDataError(f"a signed sample lies within {maximum_error} of what Bits Stored can express, and could turn over")
