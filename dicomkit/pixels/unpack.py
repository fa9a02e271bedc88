"""Pixel cells to samples: byte order, packing, masks, signs and sample order (PS3.5 8.1.1, 8.2 and Annex D).

Everything takes cells as they lie in little endian; :func:`swap_words` turns big endian into that. The functions check lengths
and may return views. This is where compiled kernels belong.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import numpy.typing as npt

from dicomkit.errors import PixelDataError

if TYPE_CHECKING:
    from dicomkit.pixels.descriptor import PixelDataDescriptor

__all__ = ["Array", "swap_words", "unpack_frames"]

Array: TypeAlias = npt.NDArray[np.number]


def swap_words(data: memoryview, word_length: int) -> memoryview:
    """Reverse the bytes of each word: big endian to little endian, in a new buffer.

    Parameters
    ----------
    data
        Whole words; bytes left over at the end are dropped.
    word_length
        2 for OW, whatever Bits Allocated is (PS3.5 6.2); 4 for OF, 8 for OD.
    """
    count = len(data) // word_length
    words = np.frombuffer(data, dtype=f">u{word_length}", count=count)
    return words.astype(f"<u{word_length}").view(np.uint8).data  # astype is several times faster than byteswap


def unpack_frames(data: memoryview, descriptor: PixelDataDescriptor, frame_count: int = 1, *, first_bit: int = 0) -> Array:
    """Turn native pixel data in little endian into samples.

    Parameters
    ----------
    data
        Cells of ``frame_count`` frames. More bytes are ignored.
    first_bit
        Where the first cell begins in the first byte, 0 to 7; other than 0 only for 1-bit cells.

    Returns
    -------
    ndarray
        Shape ``(frame_count, rows, columns)``, with ``samples`` as a last axis if there are several; of the descriptor's ``dtype``.
        A view on ``data`` if no bit has to change; read-only if ``data`` is.

    Raises
    ------
    PixelDataError
        If ``data`` is too short.
    """
    bits = descriptor.native_bits_per_frame * frame_count
    if len(data) * 8 < first_bit + bits:
        raise PixelDataError(f"{frame_count} frames need {(first_bit + bits + 7) // 8} bytes of pixel data; there are {len(data)}")
    count = bits // descriptor.bits_allocated
    if descriptor.bits_allocated == 1:
        packed = np.frombuffer(data, dtype=np.uint8, count=(first_bit + bits + 7) // 8)
        cells: Array = np.unpackbits(packed, count=first_bit + count, bitorder="little")[first_bit:]
    else:
        kind = "f" if descriptor.is_float else "u"
        cells = np.frombuffer(data, dtype=f"<{kind}{descriptor.bytes_per_sample}", count=count)
        cells = cells.astype(cells.dtype.newbyteorder("="), copy=False)
    return _arrange(_extract_stored_bits(cells, descriptor), descriptor, frame_count)


def _extract_stored_bits(cells: Array, descriptor: PixelDataDescriptor) -> Array:
    """Shift and mask out what is not stored, and extend the sign (PS3.5 8.1.1). Cells that are clean already stay a view."""
    if descriptor.is_float:
        return cells
    values = cells.view(descriptor.dtype)
    cell_bits = values.itemsize * 8  # 8 for 1-bit cells: they are unpacked by now
    if descriptor.bits_stored == cell_bits or (descriptor.bit_shift == 0 and _is_clean(values, descriptor)):
        return values
    values = values << (cell_bits - 1 - descriptor.high_bit)
    return values >> (cell_bits - descriptor.bits_stored)  # arithmetic if signed


def _is_clean(values: Array, descriptor: PixelDataDescriptor) -> bool:
    # The values that stored bits can express are those whose other bits are zero, or copies of the sign.
    if descriptor.is_signed and values.min() < descriptor.min_possible_value:
        return False
    return bool(values.max() <= descriptor.max_possible_value)


def _arrange(samples: Array, descriptor: PixelDataDescriptor, frame_count: int) -> Array:
    rows, columns = descriptor.rows, descriptor.columns
    if descriptor.is_chroma_subsampled:
        return _upsample_chroma(samples, descriptor, frame_count)
    if descriptor.samples_per_pixel == 1:
        return samples.reshape(frame_count, rows, columns)
    if descriptor.planar_configuration == 0:
        return samples.reshape(frame_count, rows, columns, descriptor.samples_per_pixel)
    return samples.reshape(frame_count, descriptor.samples_per_pixel, rows, columns).transpose(0, 2, 3, 1)


def _upsample_chroma(samples: Array, descriptor: PixelDataDescriptor, frame_count: int) -> Array:
    """Give both pixels of each Y Y CB CR their chroma samples, which are sited on the first (PS3.3 C.7.6.3.1.2)."""
    if descriptor.columns % 2:
        raise PixelDataError(f"4:2:2 pixel data needs an even number of Columns, not {descriptor.columns}")
    pairs = samples.reshape(-1, 4)
    pixels = np.empty((len(pairs), 2, 3), dtype=samples.dtype)
    pixels[:, :, 0] = pairs[:, :2]
    pixels[:, :, 1:] = pairs[:, None, 2:]
    return pixels.reshape(frame_count, descriptor.rows, descriptor.columns, 3)
