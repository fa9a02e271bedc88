"""Pixel data from one transfer syntax to another, and the attributes that change with it (PS3.5 8.2, A.4; PS3.3 C.7.6.1.1.5, C.7.6.3).

Frames are decoded and encoded one by one, or as many at a time as there are workers: an image is never in memory as a whole, but for the
pixel data that comes out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from dicomkit import uids
from dicomkit.codecs import EncodedFrame
from dicomkit.codecs.deflate import deflate_frame, inflate_frame
from dicomkit.errors import PixelDataError
from dicomkit.pixels.color import ybr_to_rgb
from dicomkit.pixels.descriptor import PhotometricInterpretation, PixelDataDescriptor
from dicomkit.pixels.memory import within_memory, yield_within_memory
from dicomkit.pixels.sources import read_pixel_data
from dicomkit.pixels.transcode_attributes import derive_instance, is_known_lossy, record_lossy_compression, set_image_attributes
from dicomkit.pixels.transcode_elements import FragmentBuffer, NativeBuffer
from dicomkit.pixels.transcode_encode import collect_frames, fit_descriptor, frame_encoder, map_in_order, native_frame
from dicomkit.pixels.transcode_overlays import move_overlays_out_of_pixels
from dicomkit.pixels.unpack import pack_bits
from dicomkit.transfer_syntax import EXPLICIT_VR_LITTLE_ENDIAN

if TYPE_CHECKING:
    from dicomkit.dataset import DataSet
    from dicomkit.pixels.frames import PixelData
    from dicomkit.pixels.unpack import Array
    from dicomkit.transfer_syntax import TransferSyntax

__all__ = ["decode_frames", "transcode_data_set"]

_UNCOMPRESSED = uids.EncapsulatedUncompressedExplicitVRLittleEndian
_DEFLATED = uids.DeflatedImageFrameCompression
_HAS_LOSS = "01"
_BYTE = 8
_YBR_FULL = (PhotometricInterpretation.YBR_FULL, PhotometricInterpretation.YBR_FULL_422)


@within_memory
def transcode_data_set(data_set: DataSet, source: TransferSyntax, target: TransferSyntax, *, workers: int = 1, **options: Any) -> DataSet:
    """Return a copy of a data set whose Pixel Data is as another transfer syntax has it, with the attributes that say so.

    Native pixels in another native syntax are just copied: they are the same values. Where pixels are lost the copy is a new SOP instance,
    derived from this one. A compressed icon becomes native.

    Parameters
    ----------
    source
        What the Pixel Data is encoded in.
    workers
        How many threads decode and encode.
    **options
        Fields of :class:`dicomkit.codecs.EncodeOptions`, such as ``quality=90``.

    Raises
    ------
    NoCodecError
        If nobody decodes the one or encodes the other.
    CodecError
        If a codec could not; it names the frame.
    PixelDataError
        If the image has no place in the transfer syntax, or attributes and data contradict each other.
    MissingRequiredElementError
        If the attributes to understand the pixels are missing.
    """
    if not source.is_encapsulated and not target.is_encapsulated:
        return data_set.copy()
    if target.is_encapsulated:
        return _encode(data_set, source, target, workers, options)
    if "PixelData" not in data_set:
        twin = data_set.copy()
        _decode_icon(twin, source)
        return twin
    twin, frames = decode_frames(data_set, source, workers=workers)
    buffer = NativeBuffer(PixelDataDescriptor.from_data_set(twin))
    offset = 0
    for frame in frames:
        buffer.cells[offset : offset + len(frame)] = frame
        offset += len(frame)
    buffer.put_into(twin)
    return twin


@within_memory
def decode_frames(data_set: DataSet, source: TransferSyntax, *, workers: int = 1) -> tuple[DataSet, Iterator[memoryview]]:
    """Return a copy of a data set with attributes for native pixels, and its frames as native Pixel Data has them.

    The copy has no Pixel Data: ``DICOMFile.write(frames=...)`` takes the frames, so that they need not be in memory together. Parameters
    and errors are those of :func:`transcode_data_set`; those of a frame are raised when it is its turn.
    """
    twin, pixel_data = _begin(data_set, source)
    descriptor = pixel_data.descriptor
    for keyword in ("PixelData", "ExtendedOffsetTable", "ExtendedOffsetTableLengths", "EncapsulatedPixelDataValueTotalLength"):
        twin.remove(keyword)
    indices = range(descriptor.number_of_frames)
    raw = _raw_reader(pixel_data, source)
    if raw is not None:
        return twin, yield_within_memory(map_in_order(raw, indices, workers))
    first = pixel_data.frame(0)     # now it is known which colours come out
    colors = pixel_data.photometric_interpretation(0)
    native = fit_descriptor(replace(descriptor, photometric_interpretation=colors), EXPLICIT_VR_LITTLE_ENDIAN)
    set_image_attributes(twin, native, colors, 0)

    def decode(frame_index: int) -> Array:
        frame = pixel_data.frame(frame_index) if frame_index else first
        return _in_colors(frame, pixel_data.photometric_interpretation(frame_index), colors, frame_index)

    frames = map_in_order(decode, indices, workers)
    packed = _packed(frames) if native.bits_allocated == 1 else (native_frame(frame, native) for frame in frames)
    return twin, yield_within_memory(packed)


def _encode(data_set: DataSet, source: TransferSyntax, target: TransferSyntax, workers: int, options: dict[str, Any]) -> DataSet:
    if "PixelData" not in data_set:
        raise PixelDataError(f"{target.name} is for data sets with Pixel Data only (PS3.5 A.4)")
    twin, pixel_data = _begin(data_set, source)
    indices = range(pixel_data.descriptor.number_of_frames)
    if not source.is_encapsulated:
        move_overlays_out_of_pixels(twin, pixel_data)
    raw = _raw_reader(pixel_data, source) if target.uid in (_UNCOMPRESSED, _DEFLATED) else None
    if raw is not None:     # cells stay as they are, and so do the attributes
        read = raw
        fragments = FragmentBuffer(len(indices))
        for fragment in map_in_order(lambda index: _wrap(read(index), target), indices, workers):
            fragments.append(fragment)
        fragments.put_into(twin)
        return twin
    first = pixel_data.frame(0)
    decoded = pixel_data.photometric_interpretation(0)
    colors = _colors_to_encode(decoded, pixel_data.descriptor, target)
    descriptor = fit_descriptor(replace(pixel_data.descriptor, photometric_interpretation=colors), target)
    encode_frame = frame_encoder(descriptor, target, options)

    def encode(frame_index: int) -> EncodedFrame:
        frame = pixel_data.frame(frame_index) if frame_index else first
        return encode_frame(frame_index, _in_colors(frame, pixel_data.photometric_interpretation(frame_index), colors, frame_index))

    encoded = collect_frames(map_in_order(encode, indices, workers), descriptor, target)
    source_was_lossy = twin.string("LossyImageCompression") == _HAS_LOSS
    encoded.apply_to(twin)
    if encoded.is_lossy:
        derive_instance(twin, target, encoded.compression_ratio, source_was_lossy=source_was_lossy)
    return twin


def _begin(data_set: DataSet, source: TransferSyntax) -> tuple[DataSet, PixelData]:
    """A copy that says what its pixels have lost so far, and the pixels."""
    twin = data_set.copy()
    pixel_data = read_pixel_data(data_set, source)
    encapsulated = pixel_data.encapsulated
    if encapsulated is not None and twin.string("LossyImageCompression") != _HAS_LOSS and is_known_lossy(source, pixel_data.frame_data(0)):
        record_lossy_compression(twin, source, pixel_data.descriptor.native_total_bytes / max(1, encapsulated.encoded_length))
    _decode_icon(twin, source)
    return twin, pixel_data


def _decode_icon(data_set: DataSet, source: TransferSyntax) -> None:
    """Make a compressed icon native: it may be in every transfer syntax (PS3.5 A.4)."""
    icon = data_set.first_sequence_item("IconImageSequence")
    if icon is not None and "PixelData" in icon and icon["PixelData"].has_undefined_length:
        data_set.set_sequence("IconImageSequence", [transcode_data_set(icon, source, EXPLICIT_VR_LITTLE_ENDIAN)])


def _raw_reader(pixel_data: PixelData, source: TransferSyntax) -> Callable[[int], memoryview] | None:
    """What reads a frame's cells in little endian, all bits of them; None if they are compressed, or frames do not end with a byte."""
    bits = pixel_data.descriptor.native_bits_per_frame
    if bits % _BYTE or source.is_big_endian:
        return None
    length = bits // _BYTE
    if source.uid == _DEFLATED:
        return lambda frame_index: inflate_frame(pixel_data.frame_data(frame_index), length)
    if source.uid == _UNCOMPRESSED:
        return lambda frame_index: _cut(pixel_data.frame_data(frame_index), length, frame_index)
    return None if source.is_encapsulated else pixel_data.frame_data


def _cut(cells: memoryview, length: int, frame_index: int) -> memoryview:
    if len(cells) < length:
        raise PixelDataError(f"frame {frame_index} has {len(cells)} of {length} bytes")
    return cells[:length]


def _wrap(cells: memoryview, target: TransferSyntax) -> bytes | memoryview:
    return deflate_frame(cells) if target.uid == _DEFLATED else cells


def _colors_to_encode(
    decoded: PhotometricInterpretation, descriptor: PixelDataDescriptor, target: TransferSyntax
) -> PhotometricInterpretation:
    """What the codec is given: RGB where pixels are lost anyhow and the codec has its own transformation of RGB; else what is there."""
    has_transformation = not target.is_lossless and target.compression in ("JPEG 2000", "HTJ2K", "JPEG XL")
    is_convertible = decoded in _YBR_FULL and descriptor.bits_stored == _BYTE
    return PhotometricInterpretation.RGB if has_transformation and is_convertible else decoded


def _in_colors(frame: Array, colors: PhotometricInterpretation, wanted: PhotometricInterpretation, frame_index: int) -> Array:
    """Return a frame in the colours that all frames are to have."""
    if colors is wanted or (colors in _YBR_FULL and wanted in _YBR_FULL):     # chroma is upsampled by now
        return frame
    if wanted is PhotometricInterpretation.RGB and colors in _YBR_FULL and frame.dtype == np.uint8:
        return ybr_to_rgb(frame.view(np.uint8), colors)
    raise PixelDataError(f"frame {frame_index} is {colors}, others are {wanted}")


def _packed(frames: Iterable[Array]) -> Iterator[memoryview]:
    """Pack 1-bit cells over the borders of frames (PS3.5 8.1.1)."""
    left = np.empty(0, np.uint8)
    for frame in frames:
        samples = np.concatenate([left, frame.reshape(-1).view(np.uint8)])
        end = samples.size - samples.size % _BYTE
        yield pack_bits(samples[:end])
        left = samples[end:]
    if left.size:
        yield pack_bits(left)
