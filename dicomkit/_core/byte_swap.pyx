"""Byte order (PS3.5 7.3): turn whole fields round, and read one number at an offset."""

from libc.stdint cimport int16_t, int32_t, uint8_t, uint16_t, uint32_t, uint64_t
from libc.string cimport memcpy

from dicomkit._core.byteorder cimport load16, load32, load64, swap16, swap32, swap64
from dicomkit._core.dispatch cimport dispatched

__all__ = ["read_float32", "read_float64", "read_int16", "read_int32", "read_uint16", "read_uint32", "swap_bytes"]

ctypedef fused item_t:
    uint16_t
    uint32_t
    uint64_t


cdef inline void _swap_one(const uint8_t* source, uint8_t* out, item_t kind) noexcept nogil:
    # Through memcpy, for neither pointer need be aligned.
    cdef item_t item
    memcpy(&item, source, sizeof(item_t))
    if item_t is uint16_t:
        item = swap16(item)
    elif item_t is uint32_t:
        item = swap32(item)
    else:
        item = swap64(item)
    memcpy(out, &item, sizeof(item_t))


cdef dispatched _swap(const uint8_t* source, uint8_t* out, Py_ssize_t count, item_t kind) noexcept nogil:
    """Swap ``count`` items. The buffers are the same, or apart: two loops, so that the compiler vectorises both."""
    cdef Py_ssize_t i
    if source == out:
        for i in range(count):
            _swap_one(out + i * sizeof(item_t), out + i * sizeof(item_t), kind)
    else:
        for i in range(count):
            _swap_one(source + i * sizeof(item_t), out + i * sizeof(item_t), kind)


def swap_bytes(const uint8_t[::1] source not None, int itemsize, uint8_t[::1] out not None):
    """Write ``source`` to ``out`` with the bytes of each item in the opposite order. Releases the GIL.

    Parameters
    ----------
    source
        Whole items. It may be ``out`` itself.
    itemsize
        2, 4 or 8 bytes.
    out
        As many bytes as ``source``.

    Raises
    ------
    ValueError
        If a size is wrong, or the buffers overlap without being the same.
    """
    cdef Py_ssize_t length = source.shape[0]
    cdef const uint8_t* start
    cdef uint8_t* target
    if itemsize != 2 and itemsize != 4 and itemsize != 8:
        raise ValueError(f"an item has 2, 4 or 8 bytes, not {itemsize}")
    if length % itemsize or out.shape[0] != length:
        raise ValueError(f"{length} bytes to {out.shape[0]}: not the same number of whole items of {itemsize} bytes")
    if length == 0:
        return
    start, target = &source[0], &out[0]
    if start != target and start < target + length and target < start + length:
        raise ValueError("the buffers overlap")
    with nogil:
        if itemsize == 2:
            _swap[uint16_t](start, target, length // 2, 0)
        elif itemsize == 4:
            _swap[uint32_t](start, target, length // 4, 0)
        else:
            _swap[uint64_t](start, target, length // 8, 0)


cdef const uint8_t* _locate(const uint8_t[::1] data, Py_ssize_t offset, Py_ssize_t size) noexcept:
    """Return where ``size`` bytes lie at an offset, or NULL if they don't all exist."""
    if offset < 0 or size > data.shape[0] or offset > data.shape[0] - size:
        return NULL
    return &data[offset]


def read_uint16(const uint8_t[::1] data not None, Py_ssize_t offset, *, bint is_big_endian=False):
    """Return the unsigned 16-bit number at a byte offset, or None if it lies outside."""
    cdef const uint8_t* place = _locate(data, offset, 2)
    return None if place == NULL else load16(place, is_big_endian)


def read_uint32(const uint8_t[::1] data not None, Py_ssize_t offset, *, bint is_big_endian=False):
    """Return the unsigned 32-bit number at a byte offset, or None if it lies outside."""
    cdef const uint8_t* place = _locate(data, offset, 4)
    return None if place == NULL else load32(place, is_big_endian)


def read_int16(const uint8_t[::1] data not None, Py_ssize_t offset, *, bint is_big_endian=False):
    """Return the signed 16-bit number at a byte offset, or None if it lies outside."""
    cdef const uint8_t* place = _locate(data, offset, 2)
    return None if place == NULL else <int16_t>load16(place, is_big_endian)


def read_int32(const uint8_t[::1] data not None, Py_ssize_t offset, *, bint is_big_endian=False):
    """Return the signed 32-bit number at a byte offset, or None if it lies outside."""
    cdef const uint8_t* place = _locate(data, offset, 4)
    return None if place == NULL else <int32_t>load32(place, is_big_endian)


def read_float32(const uint8_t[::1] data not None, Py_ssize_t offset, *, bint is_big_endian=False):
    """Return the IEEE 754 binary32 number at a byte offset, or None if it lies outside."""
    cdef const uint8_t* place = _locate(data, offset, 4)
    cdef uint32_t bits
    cdef float number
    if place == NULL:
        return None
    bits = load32(place, is_big_endian)
    memcpy(&number, &bits, 4)
    return number


def read_float64(const uint8_t[::1] data not None, Py_ssize_t offset, *, bint is_big_endian=False):
    """Return the IEEE 754 binary64 number at a byte offset, or None if it lies outside."""
    cdef const uint8_t* place = _locate(data, offset, 8)
    cdef uint64_t bits
    cdef double number
    if place == NULL:
        return None
    bits = load64(place, is_big_endian)
    memcpy(&number, &bits, 8)
    return number
