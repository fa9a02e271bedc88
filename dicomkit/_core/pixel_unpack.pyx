"""Pixel cells to samples (PS3.5 8.1.1, 8.2 and Annex D; PS3.3 C.7.6.3.1).

Cells and samples come as bytes, at any alignment: little-endian integers of ``itemsize`` bytes. Everything releases the GIL.
"""

from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t
from libc.string cimport memcpy

from dicomkit._core.dispatch cimport dispatched

__all__ = [
    "extract_values",
    "has_unused_bits",
    "join_planes",
    "split_planes",
    "unpack_bits",
    "unpack_twelve_bits",
    "upsample_422",
]

ctypedef fused unsigned_t:
    uint8_t
    uint16_t
    uint32_t
    uint64_t

# Cells that are looked at before it is asked whether one was dirty: few enough that a dirty image is found out soon.
cdef Py_ssize_t BLOCK = 4096

# Four bits times this put each of them at the bottom of a byte of its own; what else there is in these bytes is masked.
cdef uint32_t SPREAD = 0x00204081


cdef inline void _unpack_byte(unsigned int byte, uint8_t* samples) noexcept nogil:
    cdef uint32_t low = (byte & 0x0F) * SPREAD & 0x01010101, high = (byte >> 4 & 0x0F) * SPREAD & 0x01010101
    memcpy(samples, &low, 4)
    memcpy(samples + 4, &high, 4)


cdef dispatched _unpack_bytes(const uint8_t* packed, uint8_t* samples, Py_ssize_t count) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(count):
        _unpack_byte(packed[i], samples + 8 * i)


cdef dispatched _unpack_shifted_bytes(const uint8_t* packed, uint8_t* samples, Py_ssize_t count, int first_bit) noexcept nogil:
    # 8 cells from bit 1 to 7 on reach into the next byte, which is there since the caller checked.
    cdef Py_ssize_t i
    for i in range(count):
        _unpack_byte((packed[i] >> first_bit) | (<unsigned int>packed[i + 1] << (8 - first_bit)), samples + 8 * i)


cdef void unpack_bit_cells(const uint8_t* packed, uint8_t* samples, Py_ssize_t count, int first_bit) noexcept nogil:
    cdef Py_ssize_t i
    if first_bit == 0:
        _unpack_bytes(packed, samples, count >> 3)
    else:
        _unpack_shifted_bytes(packed, samples, count >> 3, first_bit)
    for i in range(count & ~<Py_ssize_t>7, count):
        samples[i] = (packed[(i + first_bit) >> 3] >> ((i + first_bit) & 7)) & 1


def unpack_bits(const uint8_t[::1] packed not None, uint8_t[::1] samples not None, int first_bit=0):
    """Write one byte, 0 or 1, for each 1-bit pixel cell, the least significant bit of a byte first (PS3.5 8.1.1).

    Parameters
    ----------
    packed
        The cells; more bytes than needed are ignored.
    samples
        Its length is the number of cells.
    first_bit
        Where the first cell lies in the first byte, 0 to 7.

    Raises
    ------
    ValueError
        If there are too few bytes, or no such bit.
    """
    cdef Py_ssize_t count = samples.shape[0]
    if not 0 <= first_bit < 8:
        raise ValueError(f"a byte has no bit {first_bit}")
    if count > 0 and packed.shape[0] <= (count - 1 + first_bit) >> 3:
        raise ValueError(f"{count} cells from bit {first_bit} on do not fit in {packed.shape[0]} bytes")
    if count:
        with nogil:
            unpack_bit_cells(&packed[0], &samples[0], count, first_bit)


cdef void unpack_twelve_bit_cells(const uint8_t* packed, uint8_t* samples, Py_ssize_t count, bint starts_in_byte) noexcept nogil:
    cdef Py_ssize_t i, pairs
    cdef uint16_t low, high
    if starts_in_byte and count:
        low = (packed[0] >> 4) | (<uint16_t>packed[1] << 4)
        memcpy(samples, &low, 2)
        packed, samples, count = packed + 2, samples + 2, count - 1
    pairs = count >> 1
    for i in range(pairs):
        low = packed[3 * i] | <uint16_t>((packed[3 * i + 1] & 0x0F) << 8)
        high = (packed[3 * i + 1] >> 4) | (<uint16_t>packed[3 * i + 2] << 4)
        memcpy(samples + 4 * i, &low, 2)
        memcpy(samples + 4 * i + 2, &high, 2)
    if count & 1:
        low = packed[3 * pairs] | <uint16_t>((packed[3 * pairs + 1] & 0x0F) << 8)
        memcpy(samples + 4 * pairs, &low, 2)


def unpack_twelve_bits(const uint8_t[::1] packed not None, uint8_t[::1] samples not None, bint starts_in_byte=False):
    """Write two bytes for each 12-bit pixel cell: two cells lie in three bytes, the first one low (PS3.5 8.1.1).

    Parameters
    ----------
    packed
        The cells; more bytes than needed are ignored.
    samples
        Two bytes a cell, whose upper four bits become zero.
    starts_in_byte
        Whether the first cell begins with the upper half of the first byte.

    Raises
    ------
    ValueError
        If there are too few bytes, or half a sample.
    """
    cdef Py_ssize_t count = samples.shape[0] // 2
    if samples.shape[0] % 2:
        raise ValueError("half a sample")
    # One byte and a half each, in an order of operations that cannot overflow.
    if count > 0 and packed.shape[0] < count + (count + 1) // 2 + (starts_in_byte and count % 2 == 0):
        raise ValueError(f"{count} cells of 12 bits do not fit in {packed.shape[0]} bytes")
    if count:
        with nogil:
            unpack_twelve_bit_cells(&packed[0], &samples[0], count, starts_in_byte)


cdef dispatched _find_unused(const uint8_t* cells, Py_ssize_t count, unsigned_t bias, unsigned_t unused, bint* is_found) noexcept nogil:
    cdef Py_ssize_t start = 0, end, i
    cdef unsigned_t cell, found = 0
    while start < count and found == 0:
        end = start + BLOCK if count - start > BLOCK else count
        for i in range(start, end):
            memcpy(&cell, cells + i * sizeof(unsigned_t), sizeof(unsigned_t))
            found |= <unsigned_t>(cell + bias) & unused
        start = end
    is_found[0] = found != 0


cdef int _check_cells(Py_ssize_t length, int itemsize, int bits_stored, int high_bit) except -1:
    if itemsize not in (1, 2, 4, 8) or length % itemsize:
        raise ValueError(f"{length} bytes are no whole cells of {itemsize} bytes")
    if not (1 <= bits_stored <= high_bit + 1 <= 8 * itemsize):
        raise ValueError(f"{bits_stored} bits up to bit {high_bit} in cells of {itemsize} bytes")
    return 0


def has_unused_bits(const uint8_t[::1] cells not None, int itemsize, int bits_stored, bint is_signed):
    """Return whether the bits above the stored ones say anything: are not zero or, if signed, copies of the sign.

    Parameters
    ----------
    cells
        Cells of ``itemsize`` bytes, 1, 2, 4 or 8, whose stored bits are the lowest ones.

    Raises
    ------
    ValueError
        If the numbers contradict each other.
    """
    _check_cells(cells.shape[0], itemsize, bits_stored, bits_stored - 1)
    cdef Py_ssize_t count = cells.shape[0] // itemsize
    if count == 0 or bits_stored == 8 * itemsize:
        return False
    # Values from -h to h - 1 are those that h lifts into the stored bits.
    cdef uint64_t bias = <uint64_t>1 << (bits_stored - 1) if is_signed else 0
    cdef uint64_t unused = ~((<uint64_t>1 << bits_stored) - 1)
    cdef bint is_found = False
    with nogil:
        if itemsize == 1:
            _find_unused[uint8_t](&cells[0], count, <uint8_t>bias, <uint8_t>unused, &is_found)
        elif itemsize == 2:
            _find_unused[uint16_t](&cells[0], count, <uint16_t>bias, <uint16_t>unused, &is_found)
        elif itemsize == 4:
            _find_unused[uint32_t](&cells[0], count, <uint32_t>bias, <uint32_t>unused, &is_found)
        else:
            _find_unused[uint64_t](&cells[0], count, bias, unused, &is_found)
    return is_found


cdef inline void _extract_one(const uint8_t* cell, uint8_t* sample, int shift, unsigned_t mask, unsigned_t sign) noexcept nogil:
    cdef unsigned_t value
    memcpy(&value, cell, sizeof(unsigned_t))
    value = (value >> shift) & mask
    # Turn the sign bit, and take its weight away: what had it loses twice the weight, modulo the size of the cell.
    value = <unsigned_t>(<unsigned_t>(value ^ sign) - sign)
    memcpy(sample, &value, sizeof(unsigned_t))


cdef dispatched _extract(
    const uint8_t* cells, uint8_t* samples, Py_ssize_t count, int shift, unsigned_t mask, unsigned_t sign
) noexcept nogil:
    # The buffers are the same, or apart: two loops, so that the compiler vectorises both.
    cdef Py_ssize_t i
    if cells == samples:
        for i in range(count):
            _extract_one(samples + i * sizeof(unsigned_t), samples + i * sizeof(unsigned_t), shift, mask, sign)
    else:
        for i in range(count):
            _extract_one(cells + i * sizeof(unsigned_t), samples + i * sizeof(unsigned_t), shift, mask, sign)


def extract_values(
    const uint8_t[::1] cells not None, int itemsize, int bits_stored, int high_bit, bint is_signed, uint8_t[::1] samples not None
):
    """Write the stored bits of each cell as a number of the same size: shifted, masked, its sign extended (PS3.5 8.1.1).

    Parameters
    ----------
    cells
        Cells of ``itemsize`` bytes, 1, 2, 4 or 8.
    samples
        As many bytes. It may be ``cells`` itself.

    Raises
    ------
    ValueError
        If the numbers contradict each other, or the buffers overlap without being the same.
    """
    _check_cells(cells.shape[0], itemsize, bits_stored, high_bit)
    cdef Py_ssize_t length = cells.shape[0], count = length // itemsize
    if samples.shape[0] != length:
        raise ValueError(f"{length} bytes to {samples.shape[0]}")
    if count == 0:
        return
    cdef const uint8_t* source = &cells[0]
    cdef uint8_t* target = &samples[0]
    if source != target and source < target + length and target < source + length:
        raise ValueError("the buffers overlap")
    cdef int shift = high_bit + 1 - bits_stored
    cdef uint64_t sign = <uint64_t>1 << (bits_stored - 1)
    cdef uint64_t mask = sign | (sign - 1)
    if not is_signed:
        sign = 0
    with nogil:
        if itemsize == 1:
            _extract[uint8_t](source, target, count, shift, <uint8_t>mask, <uint8_t>sign)
        elif itemsize == 2:
            _extract[uint16_t](source, target, count, shift, <uint16_t>mask, <uint16_t>sign)
        elif itemsize == 4:
            _extract[uint32_t](source, target, count, shift, <uint32_t>mask, <uint32_t>sign)
        else:
            _extract[uint64_t](source, target, count, shift, mask, sign)


cdef dispatched _join(
    const uint8_t* first, const uint8_t* second, const uint8_t* third, uint8_t* pixels, Py_ssize_t count, unsigned_t kind
) noexcept nogil:
    cdef Py_ssize_t i
    cdef unsigned_t a, b, c
    for i in range(count):
        memcpy(&a, first + i * sizeof(unsigned_t), sizeof(unsigned_t))
        memcpy(&b, second + i * sizeof(unsigned_t), sizeof(unsigned_t))
        memcpy(&c, third + i * sizeof(unsigned_t), sizeof(unsigned_t))
        memcpy(pixels + (3 * i) * sizeof(unsigned_t), &a, sizeof(unsigned_t))
        memcpy(pixels + (3 * i + 1) * sizeof(unsigned_t), &b, sizeof(unsigned_t))
        memcpy(pixels + (3 * i + 2) * sizeof(unsigned_t), &c, sizeof(unsigned_t))


cdef dispatched _split(
    const uint8_t* pixels, uint8_t* first, uint8_t* second, uint8_t* third, Py_ssize_t count, unsigned_t kind
) noexcept nogil:
    cdef Py_ssize_t i
    cdef unsigned_t a, b, c
    for i in range(count):
        memcpy(&a, pixels + (3 * i) * sizeof(unsigned_t), sizeof(unsigned_t))
        memcpy(&b, pixels + (3 * i + 1) * sizeof(unsigned_t), sizeof(unsigned_t))
        memcpy(&c, pixels + (3 * i + 2) * sizeof(unsigned_t), sizeof(unsigned_t))
        memcpy(first + i * sizeof(unsigned_t), &a, sizeof(unsigned_t))
        memcpy(second + i * sizeof(unsigned_t), &b, sizeof(unsigned_t))
        memcpy(third + i * sizeof(unsigned_t), &c, sizeof(unsigned_t))


cdef Py_ssize_t _plane_length(const uint8_t[::1] source, int itemsize, const uint8_t[::1] out) except -1:
    """Check three planes against their pixels, and return the length of a plane."""
    cdef Py_ssize_t length = source.shape[0]
    if itemsize not in (1, 2, 4, 8) or length % (3 * itemsize):
        raise ValueError(f"{length} bytes are no whole pixels of three samples of {itemsize} bytes")
    if out.shape[0] != length:
        raise ValueError(f"{length} bytes to {out.shape[0]}")
    if length and &source[0] < &out[0] + length and &out[0] < &source[0] + length:
        raise ValueError("the buffers overlap")
    return length // 3


def join_planes(const uint8_t[::1] planes not None, int itemsize, uint8_t[::1] pixels not None):
    """Write the samples of three planes pixel by pixel: Planar Configuration 1 to 0 (PS3.3 C.7.6.3.1.3).

    Parameters
    ----------
    planes
        Three planes of samples of ``itemsize`` bytes, 1, 2, 4 or 8, one after the other.
    pixels
        As many bytes.

    Raises
    ------
    ValueError
        If a size is wrong, or the buffers overlap.
    """
    cdef Py_ssize_t length = _plane_length(planes, itemsize, pixels)
    if length == 0:
        return
    cdef const uint8_t* first = &planes[0]
    with nogil:
        if itemsize == 1:
            _join[uint8_t](first, first + length, first + 2 * length, &pixels[0], length, 0)
        elif itemsize == 2:
            _join[uint16_t](first, first + length, first + 2 * length, &pixels[0], length // 2, 0)
        elif itemsize == 4:
            _join[uint32_t](first, first + length, first + 2 * length, &pixels[0], length // 4, 0)
        else:
            _join[uint64_t](first, first + length, first + 2 * length, &pixels[0], length // 8, 0)


def split_planes(const uint8_t[::1] pixels not None, int itemsize, uint8_t[::1] planes not None):
    """Write the samples of pixels plane by plane: Planar Configuration 0 to 1; the reverse of :func:`join_planes`."""
    cdef Py_ssize_t length = _plane_length(pixels, itemsize, planes)
    if length == 0:
        return
    cdef uint8_t* first = &planes[0]
    with nogil:
        if itemsize == 1:
            _split[uint8_t](&pixels[0], first, first + length, first + 2 * length, length, 0)
        elif itemsize == 2:
            _split[uint16_t](&pixels[0], first, first + length, first + 2 * length, length // 2, 0)
        elif itemsize == 4:
            _split[uint32_t](&pixels[0], first, first + length, first + 2 * length, length // 4, 0)
        else:
            _split[uint64_t](&pixels[0], first, first + length, first + 2 * length, length // 8, 0)


cdef dispatched _upsample(const uint8_t* cells, uint8_t* pixels, Py_ssize_t pairs, unsigned_t kind) noexcept nogil:
    cdef Py_ssize_t i
    cdef unsigned_t[4] pair
    cdef unsigned_t[6] both
    for i in range(pairs):
        memcpy(pair, cells + 4 * i * sizeof(unsigned_t), 4 * sizeof(unsigned_t))
        both[0], both[1], both[2] = pair[0], pair[2], pair[3]
        both[3], both[4], both[5] = pair[1], pair[2], pair[3]
        memcpy(pixels + 6 * i * sizeof(unsigned_t), both, 6 * sizeof(unsigned_t))


def upsample_422(const uint8_t[::1] cells not None, int itemsize, uint8_t[::1] pixels not None):
    """Write Y CB CR, twice, for each Y Y CB CR: the chroma samples are sited on the first pixel (PS3.3 C.7.6.3.1.2).

    Parameters
    ----------
    cells
        Samples of ``itemsize`` bytes, 1 or 2, four for each two pixels.
    pixels
        Half as many bytes again.

    Raises
    ------
    ValueError
        If a size is wrong, or the buffers overlap.
    """
    cdef Py_ssize_t length = cells.shape[0]
    if itemsize not in (1, 2) or length % (4 * itemsize):
        raise ValueError(f"{length} bytes are no whole pairs of pixels with samples of {itemsize} bytes")
    if pixels.shape[0] != length + length // 2:
        raise ValueError(f"{length} bytes to {pixels.shape[0]}")
    if length == 0:
        return
    if &cells[0] < &pixels[0] + pixels.shape[0] and &pixels[0] < &cells[0] + length:
        raise ValueError("the buffers overlap")
    with nogil:
        if itemsize == 1:
            _upsample[uint8_t](&cells[0], &pixels[0], length // 4, 0)
        else:
            _upsample[uint16_t](&cells[0], &pixels[0], length // 8, 0)
