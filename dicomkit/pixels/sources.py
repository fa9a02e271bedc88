"""From the pixel data element of a data set to :class:`PixelData`."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from dicomkit import tags, uids
from dicomkit.codecs import registry
from dicomkit.codecs.deflate import inflate_frame
from dicomkit.errors import MissingRequiredElementError, PixelDataError
from dicomkit.pixels.decoded_frames import DecodedFrames
from dicomkit.pixels.descriptor import PixelDataDescriptor
from dicomkit.pixels.encapsulated import EncapsulatedPixelData
from dicomkit.pixels.frame_sources import EncapsulatedFrames, FrameSource
from dicomkit.pixels.frames import PixelData
from dicomkit.pixels.memory import read_range
from dicomkit.pixels.native_frames import NativeFrames
from dicomkit.pixels.unpack import unpack_frames
from dicomkit.vr import VR

if TYPE_CHECKING:
    from dicomkit.dataset import DataSet
    from dicomkit.element import DataElement
    from dicomkit.transfer_syntax import TransferSyntax

__all__ = ["find_pixel_data", "find_pixel_data_element", "read_pixel_data"]

_PIXEL_DATA_TAGS = (tags.PixelData, tags.FloatPixelData, tags.DoubleFloatPixelData)
_NATIVE_VRS = (VR.OB, VR.OW, VR.UN)
_FLOAT_VRS = (*_NATIVE_VRS, VR.OF, VR.OD)


def find_pixel_data_element(data_set: DataSet) -> DataElement | None:
    """Return the element with Pixel Data, Float Pixel Data or Double Float Pixel Data; None if there is none."""
    for tag in _PIXEL_DATA_TAGS:
        if tag in data_set:
            return data_set[tag]
    return None


def read_pixel_data(data_set: DataSet, transfer_syntax: TransferSyntax) -> PixelData:
    """Make the :class:`PixelData` of a data set. Nothing is unpacked or decoded yet.

    Raises
    ------
    MissingRequiredElementError
        If there is no pixel data, or an attribute to understand it is absent.
    PixelDataError
        If attributes and data contradict each other.
    """
    pixel_data = find_pixel_data(data_set, transfer_syntax)
    if pixel_data is None:
        raise MissingRequiredElementError("PixelData", "an image")
    return pixel_data


def find_pixel_data(data_set: DataSet, transfer_syntax: TransferSyntax) -> PixelData | None:
    """Make the :class:`PixelData` of a data set, as :func:`read_pixel_data`; None if it has none."""
    element = find_pixel_data_element(data_set)
    if element is None:
        return None
    descriptor = PixelDataDescriptor.from_data_set(data_set)
    if not transfer_syntax.is_encapsulated or descriptor.is_float:
        return PixelData(descriptor, _native_frames(element, descriptor), data_set=data_set)
    encapsulated = EncapsulatedPixelData.from_data_set(data_set, descriptor)
    frames = _encapsulated_frames(encapsulated, transfer_syntax)
    return PixelData(descriptor, frames, data_set=data_set, encapsulated=encapsulated)


def _native_frames(element: DataElement, descriptor: PixelDataDescriptor) -> NativeFrames:
    if element.has_undefined_length:
        raise PixelDataError("Pixel Data is encapsulated, in a transfer syntax that wants it native (PS3.5 A.4)")
    if element.vr not in (_FLOAT_VRS if descriptor.is_float else _NATIVE_VRS):
        raise PixelDataError(f"pixel data is {element.vr}, which holds none")
    word_length = _big_endian_word_length(element, descriptor) if element.is_big_endian else 0
    read_into = element.read_into if element.is_deferred else None
    return NativeFrames(
        descriptor, element.value_length, partial(read_range, element), read_into=read_into, big_endian_word_length=word_length
    )


def _big_endian_word_length(element: DataElement, descriptor: PixelDataDescriptor) -> int:
    """Length of the words that big endian turns round: of the VR, not of the cells (PS3.5 6.2, 7.3 of edition 2016b)."""
    if descriptor.is_float:
        return descriptor.bytes_per_sample
    if element.vr is VR.OB and descriptor.bits_allocated <= 8:
        return 0
    # Cells of more than 8 bits are OW by PS3.5 A.3; some writers say OB and turn them round all the same.
    return 2


def _encapsulated_frames(encapsulated: EncapsulatedPixelData, transfer_syntax: TransferSyntax) -> FrameSource:
    descriptor, uid = encapsulated.descriptor, transfer_syntax.uid
    if uid == uids.EncapsulatedUncompressedExplicitVRLittleEndian:  # each frame is native (PS3.5 A.4.11)
        return EncapsulatedFrames(encapsulated, lambda data: unpack_frames(data, descriptor)[0])
    if uid == uids.DeflatedImageFrameCompression:  # each frame is native, and deflated
        length = (descriptor.native_bits_per_frame + 7) // 8
        return EncapsulatedFrames(encapsulated, lambda data: unpack_frames(inflate_frame(data, length), descriptor)[0])
    return DecodedFrames(encapsulated, uid, registry)
