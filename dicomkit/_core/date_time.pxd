"""Moments, for the other compiled modules (PS3.5 6.2: DT)."""

from libc.stdint cimport uint8_t

# Gives the value of one component of a value field, or None if it is none. Padding is skipped.
cdef object date_time_from_bytes(const uint8_t* text, Py_ssize_t length)
