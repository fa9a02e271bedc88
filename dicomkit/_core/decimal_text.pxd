"""DS and IS text to numbers, for the other compiled modules (PS3.5 6.2)."""

from libc.stdint cimport int64_t, uint8_t


# What the parse_ functions return.
cdef enum:
    NUMBER_OK = 0
    NUMBER_NEEDS_EXACT = 1  # valid, but only Python's float() rounds it correctly
    NUMBER_INVALID = 2

cdef int parse_decimal(const uint8_t* text, Py_ssize_t length, double* out) noexcept nogil
cdef int parse_integer(const uint8_t* text, Py_ssize_t length, int64_t* out) noexcept nogil
cdef Py_ssize_t count_values(const uint8_t* text, Py_ssize_t length) noexcept nogil

# With the GIL: these never answer NUMBER_NEEDS_EXACT.
cdef int parse_decimal_exact(const uint8_t* text, Py_ssize_t length, double* out) except -1
cdef Py_ssize_t decimals_from_bytes(const uint8_t* text, Py_ssize_t length, double* out, Py_ssize_t capacity) except -1
cdef Py_ssize_t integers_from_bytes(const uint8_t* text, Py_ssize_t length, int64_t* out, Py_ssize_t capacity) except -1
