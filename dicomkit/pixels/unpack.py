"""Pixel cells to samples: byte order, packing, masks, signs and sample order (PS3.5 8.1.1, 8.2 and Annex D).

Everything takes cells as they lie in little endian; :func:`swap_words` turns big endian into that. The functions check lengths
and may return views; the work on bytes is done by compiled kernels, without the GIL.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import numpy.typing as npt

from dicomkit._core.byte_swap import swap_bytes
from dicomkit._core.pixel_unpack import extract_values, has_unused_bits, join_planes, unpack_bits, unpack_twelve_bits, upsample_422
from dicomkit.errors import PixelDataError
from dicomkit.pixels.memory import new_array

if TYPE_CHECKING:
    from dicomkit.pixels.descriptor import PixelDataDescriptor

__all__ = [
    "Array",
    "as_bytes",
    "check_chroma_length",
    "check_out",
    "extract_stored_bits",
    "has_own_cells",
    "needs_extraction",
    "pack_bits",
    "swap_in_place",
    "swap_words",
    "unpack_frames",
]

Array: TypeAlias = npt.NDArray[np.number]
Bytes: TypeAlias = npt.NDArray[np.uint8]

_WORD = 2
_PACKED_BITS = (1, 12)
_CHROMA_SUBSAMPLED_BITS = (8, 16)


def as_bytes(array: npt.NDArray[np.generic]) -> Bytes:
    """Return the bytes of a C-contiguous array as a view of one dimension, which the kernels take."""
    flat: Bytes = array.reshape(-1).view(np.uint8)
    return flat


def check_out(out: npt.NDArray[np.generic], shape: tuple[int, ...], dtype: npt.DTypeLike) -> None:
    """Raise :class:`ValueError` unless an array that a caller gave for the result can take it, :class:`TypeError` if it is none."""
    if not isinstance(out, np.ndarray):
        raise TypeError(f"out is a NumPy array, not of type {type(out).__name__}")
    if out.shape != shape or out.dtype != np.dtype(dtype) or not out.flags.c_contiguous or not out.flags.writeable:
        raise ValueError(f"out must be a writable C-contiguous array of {np.dtype(dtype)} and shape {shape}")


def check_chroma_length(descriptor: PixelDataDescriptor, length: int, frame_count: int | None = None) -> None:
    """Raise :class:`PixelDataError` if 4:2:2 data is just as long as three samples a pixel: its writer upsampled, and forgot to say so."""
    upsampled = descriptor.bytes_per_frame * (descriptor.number_of_frames if frame_count is None else frame_count)
    if descriptor.is_chroma_subsampled and length in (upsampled, upsampled + upsampled % 2):
        raise PixelDataError(
            f"pixel data has {length} bytes, three samples a pixel; {descriptor.photometric_interpretation} has two. "
            "Photometric Interpretation should probably be YBR_FULL"
        )


def swap_words(data: memoryview, word_length: int) -> memoryview:
    """Reverse the bytes of each word: big endian to little endian, in a new buffer.

    Parameters
    ----------
    data
        Whole words; bytes left over at the end are dropped.
    word_length
        2 for OW, whatever Bits Allocated is (PS3.5 6.2); 4 for OF, 8 for OD.
    """
    extra = len(data) % word_length
    swapped = new_array((len(data) - extra,), np.uint8)
    swap_bytes(data[:-extra] if extra else data, word_length, swapped)
    return swapped.data


def swap_in_place(cells: Bytes, word_length: int) -> None:
    """Reverse the bytes of each word where it lies."""
    swap_bytes(cells, word_length, cells)


def pack_bits(samples: npt.NDArray[np.uint8]) -> memoryview:
    """Pack samples that are zero or not into 1-bit cells, the least significant bit of a byte first (PS3.5 8.1.1).

    The last byte is filled with zeros; padding to an even length is up to who writes the element.
    """
    # NumPy is at the limit of memory here.
    packed: Bytes = np.packbits(samples.reshape(-1), bitorder="little")
    return packed.data


def unpack_frames(
    data: memoryview, descriptor: PixelDataDescriptor, frame_count: int = 1, *, first_bit: int = 0, out: Array | None = None
) -> Array:
    """Turn native pixel data in little endian into samples.

    Parameters
    ----------
    data
        Cells of ``frame_count`` frames. More bytes are ignored.
    first_bit
        Where the first cell begins in the first byte: 0 to 7 for 1-bit cells, 0 or 4 for 12-bit cells, else 0.
    out
        Where to write the samples: C-contiguous, of the shape and type that is returned. By default a view or a new array.

    Returns
    -------
    ndarray
        Shape ``(frame_count, rows, columns)``, with ``samples`` as a last axis if there are several; of the descriptor's ``dtype``.
        Without ``out``, a view on ``data`` if no bit has to change; read-only if ``data`` is.

    Raises
    ------
    PixelDataError
        If ``data`` is too short, or 4:2:2 data cannot be that.
    ValueError
        If ``out`` does not fit.
    """
    bits = descriptor.native_bits_per_frame * frame_count
    if len(data) * 8 < first_bit + bits:
        raise PixelDataError(f"{frame_count} frames need {(first_bit + bits + 7) // 8} bytes of pixel data; there are {len(data)}")
    if descriptor.is_chroma_subsampled:
        _check_chroma(descriptor)
        check_chroma_length(descriptor, len(data), frame_count)
    shape = (frame_count, *descriptor.frame_shape)
    if out is not None:
        check_out(out, shape, descriptor.dtype)
    is_arranged = _is_arranged(descriptor)
    cells = np.frombuffer(data, dtype=np.uint8, count=(first_bit + bits + 7) // 8)
    samples = _to_samples(cells, descriptor, bits // descriptor.bits_allocated, first_bit, None if is_arranged else out)
    if is_arranged:
        samples = _arrange(samples, descriptor, new_array(shape, descriptor.dtype) if out is None else out, frame_count)
    elif out is not None and samples is cells:
        as_bytes(out)[:] = samples
    result: Array = samples.view(descriptor.dtype).reshape(shape) if out is None else out
    return result


def _to_samples(cells: Bytes, descriptor: PixelDataDescriptor, count: int, first_bit: int, out: Array | None) -> Bytes:
    """Return the bytes of samples in the order of their cells: written to ``out``, new, or ``cells`` if no bit has to change."""
    itemsize = descriptor.bytes_per_sample
    target = None if out is None else as_bytes(out)
    is_packed = descriptor.bits_allocated in _PACKED_BITS
    if is_packed:
        target = new_array((count * itemsize,), np.uint8).view(np.uint8) if target is None else target
        if descriptor.bits_allocated == 1:
            unpack_bits(cells, target, first_bit)
        else:
            unpack_twelve_bits(cells, target, first_bit == 4)
        cells = target
    # Unpacking leaves nothing above the bits of a cell.
    is_whole = is_packed and not descriptor.is_signed and descriptor.bits_stored == descriptor.bits_allocated
    if descriptor.is_float or is_whole or not needs_extraction(cells, descriptor):
        return cells
    if target is None:
        target = new_array((count * itemsize,), np.uint8).view(np.uint8)
    extract_values(cells, itemsize, descriptor.bits_stored, descriptor.high_bit, descriptor.is_signed, target)
    return target


def has_own_cells(descriptor: PixelDataDescriptor) -> bool:
    """Return whether each sample has a cell of its own size, in the order of samples: only bits and bytes in it may have to change."""
    return descriptor.bits_allocated not in _PACKED_BITS and not _is_arranged(descriptor)


def needs_extraction(cells: Bytes, descriptor: PixelDataDescriptor) -> bool:
    """Return whether there are bits below the stored ones, or any above them that are not zero or, if signed, copies of the sign."""
    itemsize = descriptor.bytes_per_sample
    if descriptor.bits_stored == itemsize * 8:
        return False
    return descriptor.bit_shift > 0 or has_unused_bits(cells, itemsize, descriptor.bits_stored, descriptor.is_signed)


def _is_arranged(descriptor: PixelDataDescriptor) -> bool:
    """Whether samples lie in another order than pixel by pixel."""
    return descriptor.is_chroma_subsampled or (descriptor.samples_per_pixel == 3 and descriptor.planar_configuration == 1)


def _arrange(samples: Bytes, descriptor: PixelDataDescriptor, out: Array, frame_count: int) -> Bytes:
    """Write samples pixel by pixel, frame after frame."""
    pixels = as_bytes(out)
    if descriptor.is_chroma_subsampled:
        upsample_422(samples, descriptor.bytes_per_sample, pixels)
        return pixels
    length = descriptor.bytes_per_frame
    for start in range(0, frame_count * length, length):
        join_planes(samples[start : start + length], descriptor.bytes_per_sample, pixels[start : start + length])
    return pixels


def _check_chroma(descriptor: PixelDataDescriptor) -> None:
    if descriptor.columns % 2:
        raise PixelDataError(f"4:2:2 pixel data needs an even number of Columns, not {descriptor.columns}")
    if descriptor.bits_allocated not in _CHROMA_SUBSAMPLED_BITS:
        raise PixelDataError(f"4:2:2 pixel data has 8 or 16 bits allocated, not {descriptor.bits_allocated}")
    if descriptor.planar_configuration:
        raise PixelDataError("4:2:2 pixel data has Planar Configuration 0, not 1: nobody knows how planes would share chroma")


def extract_stored_bits(cells: Bytes, descriptor: PixelDataDescriptor) -> None:
    """Reduce unpacked cells to their stored bits where they lie, and extend signs."""
    if descriptor.bits_allocated > 1 and not descriptor.is_float and needs_extraction(cells, descriptor):
        extract_values(cells, descriptor.bytes_per_sample, descriptor.bits_stored, descriptor.high_bit, descriptor.is_signed, cells)
