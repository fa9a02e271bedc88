"""JPEG, ISO/IEC 10918-1: the processes that DICOM has not retired, decoded and encoded."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from dicomkit import uids
from dicomkit.codecs import EncodedFrame, EncodeOptions
from dicomkit.codecs.cells import decode_into, samples_to_encode, without_subsampling
from dicomkit.codecs.codestreams import JPEGHeader, RememberedHeader, parse_jpeg_header
from dicomkit.codecs.rate import encode_at_quality
from dicomkit.errors import PixelDataError
from dicomkit_jpeg.library import decode_jpeg, encode_dct, encode_lossless

if TYPE_CHECKING:
    from typing import Any

    import numpy.typing as npt

    from dicomkit.codecs import FrameDescriptor

__all__ = ["JPEGCodec"]

_BASELINE, _EXTENDED, _LOSSLESS = 0xC0, 0xC1, 0xC3
_DCT_PRECISIONS = {_BASELINE: (8,), _EXTENDED: (8, 12)}
_LAST_COEFFICIENT = 63
_DEFAULT_QUALITY = 90
_DEFAULT_PREDICTOR = 1
_LOSSLESS_UIDS = (uids.JPEGLossless, uids.JPEGLosslessSV1)
_RGB_IDENTIFIERS = (tuple(b"RGB"), tuple(b"rgb"))


class JPEGCodec:
    """JPEG Baseline, Extended, Lossless and Lossless SV1 through libjpeg-turbo.

    Lossy colours come out as RGB, whatever was inside. Lossless ones come out as they went in.
    """

    name = "dicomkit-jpeg"
    priority = 100
    decodes_values = True
    transfer_syntax_uids = (uids.JPEGBaseline8Bit, uids.JPEGExtended12Bit, *_LOSSLESS_UIDS)

    def __init__(self) -> None:
        self._headers = RememberedHeader(parse_jpeg_header, _settle)

    def decode_frame(self, encoded: memoryview, descriptor: FrameDescriptor, out: npt.NDArray[Any]) -> str:
        """Decode a frame, of whichever process its header says: real files mix up the transfer syntaxes."""
        header, plan = self._headers.find(encoded, descriptor)
        header.check_whole(encoded)
        codestream = encoded if plan.is_lossless else _mend_spectral_selection(header, encoded)
        decode_into(
            out,
            descriptor,
            lambda samples: decode_jpeg(codestream, samples, plan.stored, plan.wanted),
            precision=header.precision,
            is_lossy=not plan.is_lossless,
            is_clamped=not plan.is_lossless,
            to_values=True,
        )
        return plan.photometric_interpretation

    def encode_frame(self, pixels: npt.NDArray[Any], descriptor: FrameDescriptor, options: EncodeOptions) -> EncodedFrame:
        """Encode a frame. Lossy RGB is stored as YBR_FULL_422, lossless pixels as they are."""
        is_lossless = options.transfer_syntax_uid in _LOSSLESS_UIDS
        has_colors = descriptor.samples_per_pixel == 3
        if descriptor.bits_allocated == 1:
            raise PixelDataError("JPEG has no samples of 1 bit")
        if is_lossless:
            samples = samples_to_encode(pixels, descriptor)
            predictor = _choose_predictor(options)
            # One and the same name on both sides: nothing is converted, whatever the samples mean.
            data = encode_lossless(samples, max(descriptor.bits_stored, 2), predictor, "RGB" if has_colors else None)
            return EncodedFrame(data, without_subsampling(descriptor.photometric_interpretation))
        precision = 8 if options.transfer_syntax_uid == uids.JPEGBaseline8Bit or descriptor.bits_stored <= 8 else 12
        if descriptor.is_signed:
            raise PixelDataError("lossy JPEG has no sign: samples close to 0 would turn over")
        samples = samples_to_encode(pixels, descriptor, largest_precision=precision)
        given = None if not has_colors else "RGB" if descriptor.photometric_interpretation == "RGB" else "YCBCR"
        colors = "YBR_FULL_422" if has_colors else str(descriptor.photometric_interpretation)
        return EncodedFrame(_encode_with_loss(samples, precision, given, options), colors, is_lossy=True)


def _encode_with_loss(samples: npt.NDArray[Any], precision: int, given: str | None, options: EncodeOptions) -> bytes:
    stored, subsampling = (None, None) if given is None else ("YCBCR", "422")

    def encode(quality: int) -> bytes:
        return encode_dct(samples, quality, precision, given, stored, subsampling)

    return encode_at_quality(encode, options, samples.nbytes, default=_DEFAULT_QUALITY)


class _Plan(NamedTuple):
    """The process; the colours that are stored, those to decode to, and the photometric interpretation that this makes."""

    is_lossless: bool
    stored: str | None
    wanted: str | None
    photometric_interpretation: str


def _settle(header: JPEGHeader, descriptor: FrameDescriptor) -> _Plan:
    """Check a header, and say how it is decoded."""
    _check_process(header)
    header.check_frame(descriptor)
    photometric_interpretation = without_subsampling(descriptor.photometric_interpretation)
    if descriptor.samples_per_pixel == 1:
        return _Plan(header.is_lossless, None, None, photometric_interpretation)
    if header.is_lossless:
        # One and the same name on both sides: nothing is converted, whatever the samples mean.
        return _Plan(True, "RGB", "RGB", photometric_interpretation)
    return _Plan(False, "RGB" if _is_rgb(header, photometric_interpretation) else "YCBCR", "RGB", "RGB")


def _check_process(header: JPEGHeader) -> None:
    if header.start_of_frame == _LOSSLESS:
        if not (2 <= header.precision <= 16 and 1 <= header.selection_value <= 7 and header.point_transform < header.precision):
            raise PixelDataError("the codestream has a precision, predictor or point transform that lossless JPEG has not")
    elif header.precision not in _DCT_PRECISIONS.get(header.start_of_frame, ()):
        process = f"process FF{header.start_of_frame:02X} of {header.precision} bits"
        raise PixelDataError(f"the codestream is {process}, which DICOM has not (PS3.5 A.4.1)")


def _is_rgb(header: JPEGHeader, photometric_interpretation: str) -> bool:
    """Whether three components are R, G, B. What the codestream says of itself counts for more than what the data set says."""
    if tuple(component.identifier for component in header.components) in _RGB_IDENTIFIERS:
        return True
    if header.adobe_transform is not None:
        return header.adobe_transform == 0
    if header.has_jfif or header.is_subsampled:
        return False
    return photometric_interpretation == "RGB"


def _mend_spectral_selection(header: JPEGHeader, encoded: memoryview) -> bytes | memoryview:
    """Return a sequential codestream that says that its scan has all coefficients: some writers put 0 there, and decoders believe them."""
    at = header.start_of_scan_offset + 4 + 2 * header.scan_components + 2
    if encoded[at] == _LAST_COEFFICIENT:
        return encoded
    mended = bytearray(encoded)
    mended[at] = _LAST_COEFFICIENT
    return bytes(mended)


def _choose_predictor(options: EncodeOptions) -> int:
    predictor = _DEFAULT_PREDICTOR if options.predictor is None else options.predictor
    allowed = range(1, 2) if options.transfer_syntax_uid == uids.JPEGLosslessSV1 else range(1, 8)
    if predictor not in allowed:
        raise PixelDataError(f"predictor is {predictor}, not from {allowed.start} to {allowed.stop - 1}")
    return predictor
