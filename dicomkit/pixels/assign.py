"""Pixels from an array, and image attributes that say what they are (PS3.3 C.7.6.3, C.7.6.24, C.7.6.25; PS3.5 8.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from dicomkit.element import DataElement
from dicomkit.errors import InvalidValueError, MissingRequiredElementError, PixelDataError
from dicomkit.pixels.assign_colors import choose_photometric_interpretation, keeps_palette
from dicomkit.pixels.descriptor import PhotometricInterpretation, PixelDataDescriptor
from dicomkit.pixels.memory import within_memory
from dicomkit.pixels.transcode_encode import encode_pixel_data
from dicomkit.pixels.unpack import pack_bits
from dicomkit.tag import Tag

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    from dicomkit.dataset import DataSet
    from dicomkit.pixels.unpack import Array
    from dicomkit.transfer_syntax import TransferSyntax

__all__ = ["set_pixel_array"]

_GREY = (PhotometricInterpretation.MONOCHROME1, PhotometricInterpretation.MONOCHROME2)
_PIXELS = ("PixelData", "FloatPixelData", "DoubleFloatPixelData")
# What is true of the pixels that were there, and of no others.
_OF_THE_OLD_PIXELS = (
    "PixelDataProviderURL", "ExtendedOffsetTable", "ExtendedOffsetTableLengths", "EncapsulatedPixelDataValueTotalLength",
    "IconImageSequence", "SmallestImagePixelValue", "LargestImagePixelValue", "SmallestPixelValueInSeries", "LargestPixelValueInSeries",
    "PixelDataAreaOriginRelativeToFOV",
)  # fmt: skip
_OF_A_PALETTE = (
    "PaletteColorLookupTableUID", "AlphaPaletteColorLookupTableData", "SegmentedAlphaPaletteColorLookupTableData",
    *(f"{color}PaletteColorLookupTable{what}" for color in ("Red", "Green", "Blue") for what in ("Descriptor", "Data")),
    *(f"Segmented{color}PaletteColorLookupTableData" for color in ("Red", "Green", "Blue")),
)  # fmt: skip
_OF_INTEGERS = ("BitsStored", "HighBit", "PixelRepresentation")
_PADDING = ("PixelPaddingValue", "PixelPaddingRangeLimit", "FloatPixelPaddingValue", "FloatPixelPaddingRangeLimit",
            "DoubleFloatPixelPaddingValue", "DoubleFloatPixelPaddingRangeLimit")  # fmt: skip
_REPEATING_OVERLAY_GROUPS = range(0x6000, 0x6020, 2)
_OVERLAY_DATA, _OVERLAY_BITS_ALLOCATED = 0x3000, 0x0100
_SMALLEST_BITS = 8
_BYTE = 8
_LONGEST_VALUE = 0xFFFFFFFE


@within_memory
def set_pixel_array(
    data_set: DataSet,
    transfer_syntax: TransferSyntax,
    array: npt.ArrayLike,
    *,
    photometric_interpretation: str | None = None,
    bits_stored: int | None = None,
    planar_configuration: int = 0,
    workers: int = 1,
    **options: Any,
) -> None:
    """Set the pixels, and the image attributes that describe them (PS3.3 C.7.6.3, C.7.6.24, C.7.6.25).

    Integers become Pixel Data, ``bool`` its 1-bit cells, and floating point numbers Float or Double Float Pixel Data. For a
    compressed transfer syntax they are encoded. What was true of the old pixels only goes: icons, offset tables, extremes of the series,
    a palette unless the new pixels can be its indices, padding that they cannot have. Lossy Image Compression stays, as it is about the
    pixels' whole history, and so do windows, the Modality LUT and Image Type: whether they still mean something is the caller's knowledge.

    Parameters
    ----------
    transfer_syntax
        What the data set is to be encoded in.
    array
        Shape ``(rows, columns)``, with frames before and the three samples of a colour behind.
    photometric_interpretation
        MONOCHROME1, MONOCHROME2, RGB, YBR_FULL, or PALETTE COLOR for indices into the palette that is there. By default the pixels mean
        what those did that :meth:`dicomkit.PixelData.array` gives of the image as it is, if they have as many samples, of the same type:
        YBR_FULL where it is that or YBR_FULL_422, PALETTE COLOR, MONOCHROME1. Otherwise integers whose last of three or four axes has
        length 3 are RGB, and everything else is MONOCHROME2.
    bits_stored
        How many bits the values need; by default all that the array's type has.
    planar_configuration
        0 to store colours pixel by pixel, 1 plane by plane; compressed ones have the order of their transfer syntax.
    workers
        How many threads encode frames.
    **options
        What the encoder of a compressed transfer syntax is told, as in :meth:`dicomkit.DICOMFile.transcode`.

    Raises
    ------
    PixelDataError
        If an image cannot be of this type or shape, its values do not fit into ``bits_stored``, functional groups are there for another
        number of frames, or the pixels have no place in the transfer syntax; or if the array is masked, as DICOM has no mask. Nothing
        was changed then.
    MissingRequiredElementError
        If it is to be PALETTE COLOR, and there is no palette.
    NoCodecError
        If nobody encodes the transfer syntax.
    """
    if isinstance(array, np.ma.MaskedArray):
        raise PixelDataError("pixel data has no mask: give array.filled(value), and say the value in Pixel Padding Value")
    pixels = np.asarray(array)
    if pixels.dtype == np.float16:
        pixels = pixels.astype(np.float32)
    photometric = choose_photometric_interpretation(pixels, data_set, transfer_syntax, photometric_interpretation)
    descriptor = _describe(pixels, photometric, bits_stored, planar_configuration)
    _check_against(descriptor, data_set)
    _check_values(pixels, descriptor)
    if transfer_syntax.is_encapsulated:
        if descriptor.is_float:
            raise PixelDataError("floating point pixels are never compressed (PS3.5 A.4): transcode to a native transfer syntax first")
        # Encoded before anything is changed: it may fail.
        encoded = encode_pixel_data(_frames_of(pixels, descriptor), descriptor, transfer_syntax, workers=workers, **options)
        _put_attributes_for(pixels, descriptor, data_set)
        encoded.apply_to(data_set)
        return
    if options:
        raise ValueError(f"{transfer_syntax.name} has no encoder to be told {', '.join(sorted(options))}")
    element = _element_of(pixels, descriptor)
    _put_attributes_for(pixels, descriptor, data_set)
    data_set[element.tag] = element


def _frames_of(pixels: npt.NDArray[np.generic], descriptor: PixelDataDescriptor) -> Iterator[Array]:
    """The frames as codecs take them."""
    for frame in pixels.reshape(descriptor.number_of_frames, *descriptor.frame_shape):
        yield np.ascontiguousarray(frame, dtype=descriptor.dtype)


def _put_attributes_for(pixels: npt.NDArray[np.generic], descriptor: PixelDataDescriptor, data_set: DataSet) -> None:
    """Write all attributes of the new pixels, and delete those of the old ones and these themselves."""
    has_palette = keeps_palette(pixels, data_set, descriptor.photometric_interpretation)
    for keyword in (*_PIXELS, *_OF_THE_OLD_PIXELS, *(() if has_palette else _OF_A_PALETTE)):
        data_set.remove(keyword)
    _put_attributes(data_set, descriptor, has_frames=pixels.ndim - (descriptor.samples_per_pixel > 1) > 2)
    _put_padding(data_set, descriptor)
    _drop_overlays_in_pixels(data_set)
    if pixels.dtype.kind in "iu" and descriptor.samples_per_pixel == 1:
        _put_range(data_set, descriptor, int(pixels.min()), int(pixels.max()))


def _describe(
    pixels: npt.NDArray[np.generic], photometric: PhotometricInterpretation, bits_stored: int | None, planar_configuration: int
) -> PixelDataDescriptor:
    """Say what the array is, by its type and shape."""
    kind = pixels.dtype.kind
    if kind not in "biuf" or (kind == "f" and pixels.dtype.itemsize not in (4, 8)):
        raise PixelDataError(f"pixel data holds integers, 1-bit cells or 32- and 64-bit floating point numbers, not {pixels.dtype}")
    samples = photometric.expected_samples_per_pixel
    shape = pixels.shape
    if samples > 1 and (not shape or shape[-1] != samples):
        raise PixelDataError(f"{photometric} has {samples} samples a pixel, on the last axis; the shape is {shape}")
    frame_shape = shape[:-1] if samples > 1 else shape
    if not 2 <= len(frame_shape) <= 3:
        raise PixelDataError(f"an image has the shape (rows, columns), with frames before and samples behind, not {shape}")
    if kind in "bf" and not (photometric in _GREY and samples == 1):
        raise PixelDataError(f"{pixels.dtype} pixels are grey, not {photometric} (PS3.3 C.7.6.24)")
    bits = 1 if kind == "b" else pixels.dtype.itemsize * _BYTE
    stored = bits if bits_stored is None else bits_stored
    if kind in "bf" and stored != bits:
        raise PixelDataError(f"{pixels.dtype} pixels have all {bits} bits stored")
    return PixelDataDescriptor(
        rows=frame_shape[-2],
        columns=frame_shape[-1],
        number_of_frames=frame_shape[0] if len(frame_shape) == 3 else 1,
        bits_allocated=bits,
        bits_stored=stored,
        high_bit=stored - 1,
        is_signed=kind in "if",
        samples_per_pixel=samples,
        photometric_interpretation=photometric,
        planar_configuration=planar_configuration,
        is_float=kind == "f",
    )


def _check_against(descriptor: PixelDataDescriptor, data_set: DataSet) -> None:
    """See that what stays in the data set goes with the new pixels."""
    if descriptor.photometric_interpretation is PhotometricInterpretation.PALETTE_COLOR:
        if descriptor.is_signed:
            raise PixelDataError("indices into a palette have no sign (PS3.3 C.7.6.3.1.2)")
        if "RedPaletteColorLookupTableDescriptor" not in data_set:
            raise MissingRequiredElementError("RedPaletteColorLookupTableDescriptor", "a palette image")
    items = data_set.sequence("PerFrameFunctionalGroupsSequence")
    if items is not None and len(items) != descriptor.number_of_frames:
        raise PixelDataError(f"{descriptor.number_of_frames} frames, and functional groups for {len(items)}: set those first")


def _check_values(pixels: npt.NDArray[np.generic], descriptor: PixelDataDescriptor) -> None:
    if descriptor.native_total_bytes > _LONGEST_VALUE:
        raise PixelDataError(f"native pixel data of {descriptor.native_total_bytes:,} bytes has no length field (PS3.5 A.1)")
    if descriptor.bits_stored == descriptor.bits_allocated:
        return
    low, high = int(pixels.min()), int(pixels.max())
    if low < descriptor.min_possible_value or high > descriptor.max_possible_value:
        raise PixelDataError(f"the array has values that need more than {descriptor.bits_stored} bits stored")


def _element_of(pixels: npt.NDArray[np.generic], descriptor: PixelDataDescriptor) -> DataElement:
    """Make the element with the cells, in little endian."""
    if descriptor.is_float:
        is_double = descriptor.bits_allocated == 64
        little = np.ascontiguousarray(pixels, dtype="<f8" if is_double else "<f4")
        return DataElement("DoubleFloatPixelData" if is_double else "FloatPixelData", "OD" if is_double else "OF", little.tobytes())
    if descriptor.bits_allocated == 1:
        # Frames follow each other without a gap (PS3.5 8.1.1).
        return DataElement("PixelData", "OB", bytes(pack_bits(np.ascontiguousarray(pixels).view(np.uint8))))
    if descriptor.samples_per_pixel > 1 and descriptor.planar_configuration == 1:
        pixels = np.moveaxis(pixels, -1, -3)
    vr = "OB" if descriptor.bits_allocated == _SMALLEST_BITS else "OW"
    return DataElement("PixelData", vr, np.ascontiguousarray(pixels, dtype=pixels.dtype.newbyteorder("<")).tobytes())


def _put_attributes(data_set: DataSet, descriptor: PixelDataDescriptor, *, has_frames: bool) -> None:
    """Write the attributes of the Image Pixel Module, or of its floating point sisters, and delete those that mean nothing now."""
    data_set.set_uint16("SamplesPerPixel", descriptor.samples_per_pixel)
    data_set.set_code_string("PhotometricInterpretation", str(descriptor.photometric_interpretation))
    data_set.set_uint16("Rows", descriptor.rows)
    data_set.set_uint16("Columns", descriptor.columns)
    data_set.set_uint16("BitsAllocated", descriptor.bits_allocated)
    if has_frames or "NumberOfFrames" in data_set:
        data_set.set_integer_string("NumberOfFrames", descriptor.number_of_frames)
    if descriptor.samples_per_pixel > 1:
        data_set.set_uint16("PlanarConfiguration", descriptor.planar_configuration)
    else:
        data_set.remove("PlanarConfiguration")
    for keyword in _OF_INTEGERS if descriptor.is_float else ():
        data_set.remove(keyword)
    if not descriptor.is_float:
        data_set.set_uint16("BitsStored", descriptor.bits_stored)
        data_set.set_uint16("HighBit", descriptor.high_bit)
        data_set.set_uint16("PixelRepresentation", int(descriptor.is_signed))


def _put_padding(data_set: DataSet, descriptor: PixelDataDescriptor) -> None:
    """Keep padding values that a pixel can still have, in the VR that goes with its sign; delete the others (PS3.3 C.7.5.1.1.2)."""
    for keyword in _PADDING:
        if keyword not in data_set:
            continue
        value = data_set.get(keyword)
        is_float_padding = "Float" in keyword
        if is_float_padding or descriptor.is_float or not isinstance(value, int):
            bits = 64 if keyword.startswith("Double") else 32
            if not (is_float_padding and descriptor.is_float and bits == descriptor.bits_allocated):
                data_set.remove(keyword)
        elif descriptor.min_possible_value <= value <= descriptor.max_possible_value:
            _put_sample(data_set, keyword, value, descriptor)
        else:
            data_set.remove(keyword)


def _put_range(data_set: DataSet, descriptor: PixelDataDescriptor, smallest: int, largest: int) -> None:
    """Write Smallest and Largest Image Pixel Value; values of more than 16 bits have no place there."""
    _put_sample(data_set, "SmallestImagePixelValue", smallest, descriptor)
    _put_sample(data_set, "LargestImagePixelValue", largest, descriptor)
    if "SmallestImagePixelValue" not in data_set or "LargestImagePixelValue" not in data_set:
        data_set.remove("SmallestImagePixelValue")
        data_set.remove("LargestImagePixelValue")


def _put_sample(data_set: DataSet, keyword: str, value: int, descriptor: PixelDataDescriptor) -> None:
    try:
        data_set[keyword] = DataElement(keyword, "SS" if descriptor.is_signed else "US", value)
    except InvalidValueError:
        data_set.remove(keyword)


def _drop_overlays_in_pixels(data_set: DataSet) -> None:
    """Delete overlay planes that lay in unused bits of the old pixels (retired; PS3.3-2004 C.9.2.1.1)."""
    for group in _REPEATING_OVERLAY_GROUPS:
        allocated = data_set.uint16(Tag(group, _OVERLAY_BITS_ALLOCATED))
        if allocated is None or allocated == 1 or Tag(group, _OVERLAY_DATA) in data_set:
            continue
        for tag in data_set.tags:
            if tag.group == group:
                data_set.remove(tag)
