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
from dicomkit.codecs.codestreams import JPEG2000Header, parse_jpeg2000_header
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

    def decode_frame(self, encoded: memoryview, descriptor: FrameDescriptor, out: npt.NDArray[Any]) -> str:
        """Decode a frame, high-throughput or not: what its header says counts, not the transfer syntax."""
        header = parse_jpeg2000_header(encoded)
        header.check(encoded, descriptor)
        codestream = header.codestream(encoded)
        decode_into(
            out,
            descriptor,
            lambda samples: self._decode(codestream, header, samples),
            precision=header.precision,
            is_signed=header.is_signed,
            is_lossy=not header.is_reversible,
        )
        return _decoded_photometric_interpretation(descriptor)

    def encode_frame(self, pixels: npt.NDArray[Any], descriptor: FrameDescriptor, options: EncodeOptions) -> EncodedFrame:
        """Encode a frame in one tile; three samples of RGB through RCT or ICT."""
        _check_encodable(pixels, descriptor)
        samples = pixels.astype(f"{'i' if descriptor.is_signed else 'u'}{1 if descriptor.bits_stored <= 8 else 2}", copy=False)
        is_lossless = options.transfer_syntax_uid in self._lossless_uids
        psnr = None if is_lossless else _check_psnr(descriptor, options)
        data = self._encode(samples, descriptor, psnr, options)
        if descriptor.samples_per_pixel == 1:
            return EncodedFrame(data, str(descriptor.photometric_interpretation), not is_lossless)
        return EncodedFrame(data, "YBR_RCT" if is_lossless else "YBR_ICT", not is_lossless)

    def _decode(self, codestream: memoryview, header: JPEG2000Header, samples: npt.NDArray[Any]) -> None:
        if header.is_high_throughput and header.is_reversible:
            decode_lossless_htj2k(codestream, samples)
            return
        with self._threads(samples.size) as thread_count:
            decode_jpeg2000(codestream, samples, thread_count)

    def _encode(self, samples: npt.NDArray[Any], descriptor: FrameDescriptor, psnr: float | None, options: EncodeOptions) -> bytes:
        with self._threads(samples.size) as thread_count:
            return encode_jpeg2000(samples, descriptor.bits_stored, psnr, thread_count)

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
        step = None
        if psnr is not None:
            # A uniform quantizer's noise is its step over the root of 12, and the step is a part of the container's range.
            step = math.sqrt(12) * 10 ** (-psnr / 20) * 2.0 ** (descriptor.bits_stored - container_bits)
        if descriptor.bits_stored != container_bits:
            signed = shift_level(samples, descriptor.bits_stored) if not descriptor.is_signed else samples
            encoded = set_precision(encode_htj2k(signed, step, by_resolution=by_resolution), descriptor)
            if encoded is not None:
                return encoded
        return encode_htj2k(samples, step, by_resolution=by_resolution)


def _decoded_photometric_interpretation(descriptor: FrameDescriptor) -> str:
    if descriptor.photometric_interpretation in _COMPONENT_TRANSFORMS:
        return "RGB"
    return without_subsampling(descriptor.photometric_interpretation)


def _check_encodable(pixels: npt.NDArray[Any], descriptor: FrameDescriptor) -> None:
    if descriptor.bits_stored > _LARGEST_PRECISION:
        raise PixelDataError(f"Bits Stored is {descriptor.bits_stored}; this codec encodes {_LARGEST_PRECISION} at most")
    if descriptor.samples_per_pixel == 3 and descriptor.photometric_interpretation not in ("RGB", *_COMPONENT_TRANSFORMS):
        raise PixelDataError("only RGB is encoded in three components: RCT and ICT turn it into YBR (PS3.5 8.2.4)")
    check_range(pixels, descriptor)


def _check_psnr(descriptor: FrameDescriptor, options: EncodeOptions) -> float:
    if descriptor.bits_stored == 1:
        raise PixelDataError("of samples of 1 bit there is nothing to lose")
    psnr = _DEFAULT_PSNR if options.psnr is None else options.psnr
    if not 10 <= psnr <= 150:
        raise PixelDataError(f"psnr is {psnr}, not from 10 to 150 dB")
    return float(psnr)
