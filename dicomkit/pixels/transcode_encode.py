"""Frames to the fragments of encapsulated pixel data, and what a data set must say of them (PS3.5 8.2, A.4; PS3.3 C.7.6.3)."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from dicomkit import uids
from dicomkit.codecs import EncodedFrame, EncodeOptions, encode_frame, registry
from dicomkit.codecs.cells import without_subsampling
from dicomkit.codecs.deflate import deflate_frame
from dicomkit.errors import PixelDataError
from dicomkit.pixels.descriptor import PhotometricInterpretation, PixelDataDescriptor
from dicomkit.pixels.transcode_attributes import record_lossy_compression, set_image_attributes
from dicomkit.pixels.transcode_elements import FragmentBuffer
from dicomkit.pixels.unpack import as_bytes, pack_bits

if TYPE_CHECKING:
    from dicomkit.dataset import DataSet
    from dicomkit.pixels.unpack import Array
    from dicomkit.transfer_syntax import TransferSyntax

__all__ = ["EncodedPixelData", "encode_pixel_data", "frame_encoder", "map_in_order", "native_frame"]

_CELL_SYNTAXES = (uids.EncapsulatedUncompressedExplicitVRLittleEndian, uids.DeflatedImageFrameCompression)
_PARTIAL_RANGE = (PhotometricInterpretation.YBR_PARTIAL_422, PhotometricInterpretation.YBR_PARTIAL_420)
# What JPEG's DCT processes are given (PS3.5 Table 8.2.1-1): Bits Stored at most, and the Bits Allocated and Bits Stored to write then.
_DCT_BITS = {uids.JPEGBaseline8Bit: ((8, 8, 8),), uids.JPEGExtended12Bit: ((8, 8, 8), (12, 16, 12))}

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")
FrameWork = Callable[[int, "Array"], EncodedFrame]


@dataclass(frozen=True, slots=True)
class EncodedPixelData:
    """Encoded frames, each one fragment, in the memory in which a data set will have them.

    Attributes
    ----------
    transfer_syntax
        What they are encoded in.
    descriptor
        Of the frames as they were encoded: Bits Allocated, Bits Stored and High Bit are those to write.
    photometric_interpretation
        Of the encoded frames.
    fragments
        The codestreams.
    is_lossy
        Whether decoding may give other pixels than were encoded.
    """

    transfer_syntax: TransferSyntax
    descriptor: PixelDataDescriptor
    photometric_interpretation: PhotometricInterpretation
    fragments: FragmentBuffer
    is_lossy: bool

    @property
    def compression_ratio(self) -> float:
        """Bytes of native pixels for each encoded byte."""
        return self.descriptor.native_total_bytes / max(1, self.fragments.encoded_length)

    def apply_to(self, data_set: DataSet) -> None:
        """Write Pixel Data with its offset table, and the image attributes that depend on how it is encoded; once.

        If pixels were lost, Lossy Image Compression, its Ratio and Method say so too (PS3.3 C.7.6.1.1.5). The SOP Instance UID stays.
        """
        # RLE has the colours plane by plane (PS3.5 G.2), and everything else has its own order and says 0 (Tables 8.2.1-1 to 8.2.15-1).
        planar_configuration = int(self.transfer_syntax.is_rle)
        set_image_attributes(data_set, self.descriptor, self.photometric_interpretation, planar_configuration)
        self.fragments.put_into(data_set)
        if self.is_lossy:
            record_lossy_compression(data_set, self.transfer_syntax, self.compression_ratio)


def encode_pixel_data(
    frames: Iterable[Array],
    descriptor: PixelDataDescriptor,
    transfer_syntax: TransferSyntax,
    *,
    workers: int = 1,
    **options: Any,
) -> EncodedPixelData:
    """Encode frames for an encapsulated transfer syntax.

    Parameters
    ----------
    frames
        Stored values, each of the descriptor's ``frame_shape`` and ``dtype``; taken one by one, so that ``workers`` and one more are in
        memory at a time.
    workers
        How many threads encode.
    **options
        Fields of :class:`dicomkit.codecs.EncodeOptions`, such as ``quality=90``.

    Raises
    ------
    NoCodecError
        If nobody encodes the transfer syntax.
    CodecError
        If the codec could not; it names the frame.
    PixelDataError
        If there are more or fewer frames than the descriptor says, or pixels that have no place in the transfer syntax.
    """
    fitted = fit_descriptor(descriptor, transfer_syntax)
    encode = frame_encoder(fitted, transfer_syntax, options)
    return collect_frames(map_in_order(lambda pair: encode(*pair), enumerate(frames), workers), fitted, transfer_syntax)


def collect_frames(encoded: Iterable[EncodedFrame], descriptor: PixelDataDescriptor, transfer_syntax: TransferSyntax) -> EncodedPixelData:
    """Take the encoded frames of an image, none of which is kept beside what comes out.

    Raises
    ------
    PixelDataError
        If there are more or fewer than the descriptor says, or they differ in their colours.
    """
    fragments = FragmentBuffer(descriptor.number_of_frames)
    colors, is_lossy = set(), False
    for frame in encoded:
        fragments.append(frame.data)
        colors.add(frame.photometric_interpretation)
        is_lossy = is_lossy or frame.is_lossy
    if len(fragments) != descriptor.number_of_frames:
        raise PixelDataError(f"there are {len(fragments)} frames; Number of Frames is {descriptor.number_of_frames}")
    if len(colors) != 1:
        raise PixelDataError(f"the encoder gave frames of different colours: {', '.join(sorted(colors))}")
    return EncodedPixelData(
        transfer_syntax,
        descriptor,
        PhotometricInterpretation.parse(colors.pop()),
        fragments,
        is_lossy,
    )


def frame_encoder(descriptor: PixelDataDescriptor, transfer_syntax: TransferSyntax, options: dict[str, Any]) -> FrameWork:
    """Return what encodes a frame, given its index and its stored values; raises as :func:`encode_pixel_data`.

    Parameters
    ----------
    descriptor
        What :func:`fit_descriptor` returned.
    """
    uid, colors = transfer_syntax.uid, descriptor.photometric_interpretation
    settings = EncodeOptions(transfer_syntax_uid=uid, **options)
    if uid in _CELL_SYNTAXES:
        return lambda _, frame: EncodedFrame(_pack(frame, descriptor, is_deflated=uid == _CELL_SYNTAXES[1]), colors)
    codec = registry.get_encoder(uid)

    def encode(frame_index: int, frame: Array) -> EncodedFrame:
        pixels = np.ascontiguousarray(frame, dtype=descriptor.dtype)
        encoded = encode_frame(codec, pixels, descriptor, settings, frame_index=frame_index)
        if encoded.is_lossy and colors.is_palette_color:
            raise PixelDataError("indices into a palette cannot be encoded with loss")
        return encoded

    return encode


def fit_descriptor(descriptor: PixelDataDescriptor, transfer_syntax: TransferSyntax) -> PixelDataDescriptor:
    """Return what the image attributes are once stored values are encoded: cells are not packed, and begin at the lowest bit.

    Raises
    ------
    PixelDataError
        If the pixels are floating point numbers, or colours that no codec takes.
    """
    if descriptor.is_float:
        raise PixelDataError("floating point pixels are never compressed (PS3.5 A.4)")
    if descriptor.photometric_interpretation in _PARTIAL_RANGE:
        raise PixelDataError(f"{descriptor.photometric_interpretation} is for native pixels and video only: convert it to RGB first")
    bits_stored, bits_allocated = descriptor.bits_stored, descriptor.bits_allocated
    for most, allocated, stored in _DCT_BITS.get(transfer_syntax.uid, ()):
        if bits_stored <= most and bits_allocated > 1:
            bits_allocated, bits_stored = allocated, stored
            break
    return replace(
        descriptor,
        bits_allocated=16 if bits_allocated == 12 else bits_allocated,
        bits_stored=bits_stored,
        high_bit=bits_stored - 1,
        planar_configuration=0,
        photometric_interpretation=PhotometricInterpretation.parse(without_subsampling(descriptor.photometric_interpretation)),
    )


def native_frame(frame: Array, descriptor: PixelDataDescriptor) -> memoryview:
    """Return the bytes of a frame as native pixel data in little endian has them; the cells of 1 bit packed, the last byte filled up."""
    if descriptor.bits_allocated == 1:
        return pack_bits(frame.view(np.uint8))
    little: Array = np.ascontiguousarray(frame, dtype=np.dtype(descriptor.dtype).newbyteorder("<"))
    return as_bytes(little).data


def map_in_order(work: Callable[[_Item], _Result], items: Iterable[_Item], workers: int) -> Iterator[_Result]:
    """Yield the results of ``work`` in the order of the items, which are taken as they are needed: ``workers`` and one more ahead."""
    if workers <= 1:
        yield from map(work, items)
        return
    pending: deque[Future[_Result]] = deque()
    with ThreadPoolExecutor(workers) as pool:
        try:
            for item in items:
                pending.append(pool.submit(work, item))
                if len(pending) > workers:
                    yield pending.popleft().result()
            while pending:
                yield pending.popleft().result()
        finally:
            for task in pending:
                task.cancel()


def _pack(frame: Array, descriptor: PixelDataDescriptor, *, is_deflated: bool) -> bytes:
    cells = native_frame(frame, descriptor)
    return deflate_frame(cells) if is_deflated else bytes(cells)
