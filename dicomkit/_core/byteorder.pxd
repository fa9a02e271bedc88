# Unaligned loads and stores in either byte order. memcpy is how C spells an unaligned load; compilers make one instruction of it.
# Like everything compiled here, this expects a little-endian machine: setup.py builds for no other.

from libc.stdint cimport uint16_t, uint32_t, uint64_t, uint8_t
from libc.string cimport memcpy

cdef extern from *:
    """
    #if defined(__BYTE_ORDER__) && __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
    #error "dicomkit's core is written for little-endian machines"
    #endif
    #if defined(_MSC_VER)
    #include <stdlib.h>
    #define dk_swap16 _byteswap_ushort
    #define dk_swap32 _byteswap_ulong
    #define dk_swap64 _byteswap_uint64
    #else
    #define dk_swap16 __builtin_bswap16
    #define dk_swap32 __builtin_bswap32
    #define dk_swap64 __builtin_bswap64
    #endif
    """
    uint16_t swap16 "dk_swap16"(uint16_t value) noexcept nogil
    uint32_t swap32 "dk_swap32"(uint32_t value) noexcept nogil
    uint64_t swap64 "dk_swap64"(uint64_t value) noexcept nogil


cdef inline uint16_t load16(const uint8_t* data, bint is_big_endian) noexcept nogil:
    cdef uint16_t value
    memcpy(&value, data, 2)
    return swap16(value) if is_big_endian else value


cdef inline uint32_t load32(const uint8_t* data, bint is_big_endian) noexcept nogil:
    cdef uint32_t value
    memcpy(&value, data, 4)
    return swap32(value) if is_big_endian else value


cdef inline uint64_t load64(const uint8_t* data, bint is_big_endian) noexcept nogil:
    cdef uint64_t value
    memcpy(&value, data, 8)
    return swap64(value) if is_big_endian else value


cdef inline uint32_t load_tag(const uint8_t* data, bint is_big_endian) noexcept nogil:
    """A tag is two 16-bit numbers, each in the data set's byte order (PS3.5 7.1.1)."""
    return (<uint32_t>load16(data, is_big_endian) << 16) | load16(data + 2, is_big_endian)


cdef inline void store16(uint8_t* data, uint16_t value, bint is_big_endian) noexcept nogil:
    if is_big_endian:
        value = swap16(value)
    memcpy(data, &value, 2)


cdef inline void store32(uint8_t* data, uint32_t value, bint is_big_endian) noexcept nogil:
    if is_big_endian:
        value = swap32(value)
    memcpy(data, &value, 4)


cdef inline void store_tag(uint8_t* data, uint32_t tag, bint is_big_endian) noexcept nogil:
    store16(data, tag >> 16, is_big_endian)
    store16(data + 2, tag & 0xFFFF, is_big_endian)
