"""JPEG 2000, ISO/IEC 15444-1, and High-Throughput JPEG 2000, ISO/IEC 15444-15."""

from __future__ import annotations

import math
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from dicomkit import uids
from dicomkit.codecs import EncodedFrame, EncodeOptions
from dicomkit.codecs.cells import check_range, decode_into, without_subsampling
from dicomkit.codecs.codestreams import JPEG2000Header, RememberedHeader, parse_jpeg2000_header
from dicomkit.codecs.rate import encode_to_ratio
from dicomkit.errors import PixelDataError
from dicomkit_jpeg2000.library import decode_jpeg2000, decode_lossless_htj2k, encode_htj2k, encode_jpeg2000
from dicomkit_jpeg2000.precision import set_precision, shift_level

if TYPE_CHECKING:
    from typing import Any

    import numpy.typing as npt

    from dicomkit.codecs import FrameDescriptor

__all__ = ["HTJ2KCodec", "JPEG2000Codec"]

_LARGEST_PRECISION = 16
_DEFAULT_PSNR = 60.0
_PSNRS_TO_TRY = (15.0, 110.0)
# Below this many samples threads cost more than they bring.
_SAMPLES_WORTH_THREADS = 1 << 18
_MOST_THREADS = 4
_COMPONENT_TRANSFORMS = ("YBR_RCT", "YBR_ICT")


class JPEG2000Codec:
    """JPEG 2000 lossless and lossy through OpenJPEG. RCT and ICT are undone: RGB comes out.

    A large frame is decoded by several threads if it is the only one in work; frames in work together share the processors.
    ``_lock`` guards the number of frames in work.
    """

    name = "dicomkit-jpeg2000"
    priority = 100
    transfer_syntax_uids: tuple[str, ...] = (uids.JPEG2000Lossless, uids.JPEG2000)
    _lossless_uids: tuple[str, ...] = (uids.JPEG2000Lossless,)

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._frames_in_work = 0
        self._headers = RememberedHeader(parse_jpeg2000_header, _settle)

    def decode_frame(self, encoded: memoryview, descriptor: FrameDescriptor, out: npt.NDArray[Any]) -> str:
        """Decode a frame, high-throughput or not: what its header says counts, not the transfer syntax."""
        header, photometric_interpretation = self._headers.find(encoded, descriptor)
        codestream = header.codestream(encoded)
        decode_into(
            out,
            descriptor,
            lambda samples: self._decode(codestream, header, samples),
            precision=header.precision,
            is_signed=header.is_signed,
            is_lossy=not header.is_reversible,
        )
        return photometric_interpretation

    def encode_frame(self, pixels: npt.NDArray[Any], descriptor: FrameDescriptor, options: EncodeOptions) -> EncodedFrame:
        """Encode a frame in one tile; RGB through RCT or ICT, YBR_FULL without loss as it is."""
        _check_encodable(pixels, descriptor)
        samples = pixels.astype(f"{'i' if descriptor.is_signed else 'u'}{1 if descriptor.bits_stored <= 8 else 2}", copy=False)
        is_lossless = options.transfer_syntax_uid in self._lossless_uids
        colors = _photometric_interpretation_inside(descriptor, is_lossless)
        if is_lossless:
            return EncodedFrame(self._encode(samples, descriptor, None, options), colors)
        psnr = _choose_psnr(pixels, descriptor, options)
        if options.compression_ratio is None:
            return EncodedFrame(self._encode(samples, descriptor, psnr, options), colors, is_lossy=True)
        # HTJ2K and JPEG 2000 aim at a ratio by trying. Natively a sample takes whole bytes.
        data = encode_to_ratio(
            lambda tried: self._encode(samples, descriptor, tried, options), _PSNRS_TO_TRY, 0.25, samples.nbytes, options.compression_ratio
        )
        return EncodedFrame(data, colors, is_lossy=True)

    def _decode(self, codestream: memoryview, header: JPEG2000Header, samples: npt.NDArray[Any]) -> None:
        if header.is_high_throughput and header.is_reversible:
            decode_lossless_htj2k(codestream, samples)
            return
        with self._threads(samples.size) as thread_count:
            decode_jpeg2000(codestream, samples, thread_count)

    def _encode(self, samples: npt.NDArray[Any], descriptor: FrameDescriptor, psnr: float | None, options: EncodeOptions) -> bytes:
        has_transformation = descriptor.photometric_interpretation == "RGB"
        with self._threads(samples.size) as thread_count:
            return encode_jpeg2000(samples, descriptor.bits_stored, psnr, thread_count, has_transformation=has_transformation)

    @contextmanager
    def _threads(self, sample_count: int) -> Iterator[int]:
        """Give out the number of threads for a frame."""
        with self._lock:
            self._frames_in_work += 1
            is_alone = self._frames_in_work == 1
        try:
            yield min(os.cpu_count() or 1, _MOST_THREADS) if is_alone and sample_count >= _SAMPLES_WORTH_THREADS else 1
        finally:
            with self._lock:
                self._frames_in_work -= 1


class HTJ2KCodec(JPEG2000Codec):
    """High-Throughput JPEG 2000, lossless, lossless RPCL and lossy, through OpenJPH and OpenJPEG."""

    name = "dicomkit-htj2k"
    transfer_syntax_uids = (uids.HTJ2KLossless, uids.HTJ2KLosslessRPCL, uids.HTJ2K)
    _lossless_uids = (uids.HTJ2KLossless, uids.HTJ2KLosslessRPCL)

    def _encode(self, samples: npt.NDArray[Any], descriptor: FrameDescriptor, psnr: float | None, options: EncodeOptions) -> bytes:
        by_resolution = options.transfer_syntax_uid == uids.HTJ2KLosslessRPCL
        container_bits = samples.itemsize * 8
        is_rgb = descriptor.photometric_interpretation == "RGB"
        step = None
        if psnr is not None:
            # A uniform quantizer's noise is its step over the root of 12, and the step is a part of the container's range.
            step = math.sqrt(12) * 10 ** (-psnr / 20) * 2.0 ** (descriptor.bits_stored - container_bits)
        if descriptor.bits_stored != container_bits:
            signed = shift_level(samples, descriptor.bits_stored) if not descriptor.is_signed else samples
            encoded = set_precision(encode_htj2k(signed, step, by_resolution=by_resolution, has_transformation=is_rgb), descriptor)
            if encoded is not None:
                return encoded
        return encode_htj2k(samples, step, by_resolution=by_resolution, has_transformation=is_rgb)


def _photometric_interpretation_inside(descriptor: FrameDescriptor, is_lossless: bool) -> str:
    if descriptor.photometric_interpretation == "RGB":
        return "YBR_RCT" if is_lossless else "YBR_ICT"
    return str(without_subsampling(descriptor.photometric_interpretation))


def _settle(header: JPEG2000Header, descriptor: FrameDescriptor) -> str:
    """Check a header, and return the photometric interpretation that decoding makes."""
    header.check_frame(descriptor)
    if descriptor.photometric_interpretation in _COMPONENT_TRANSFORMS:
        return "RGB"
    return without_subsampling(descriptor.photometric_interpretation)


def _check_encodable(pixels: npt.NDArray[Any], descriptor: FrameDescriptor) -> None:
    if descriptor.bits_stored > _LARGEST_PRECISION:
        raise PixelDataError(f"Bits Stored is {descriptor.bits_stored}; this codec encodes {_LARGEST_PRECISION} at most")
    if descriptor.samples_per_pixel == 3 and descriptor.photometric_interpretation not in ("RGB", "YBR_FULL", "YBR_FULL_422"):
        raise PixelDataError("three components are encoded of RGB and YBR_FULL only (PS3.5 Table 8.2.4-1)")
    check_range(pixels, descriptor)


def _choose_psnr(pixels: npt.NDArray[Any], descriptor: FrameDescriptor, options: EncodeOptions) -> float:
    """Return the ratio to aim at, over the range that Bits Stored can express."""
    if descriptor.bits_stored == 1:
        raise PixelDataError("of samples of 1 bit there is nothing to lose")
    if options.psnr is None:
        # Over the range that is there: many images use a small part of their bits.
        width = max(1, int(pixels.max()) - int(pixels.min()))
        return min(_DEFAULT_PSNR + 20 * math.log10(((1 << descriptor.bits_stored) - 1) / width), _PSNRS_TO_TRY[1])
    if not 10 <= options.psnr <= 150:
        raise PixelDataError(f"psnr is {options.psnr}, not from 10 to 150 dB")
    return float(options.psnr)
