"""The values of DS and IS, for the other compiled modules (PS3.5 6.2)."""

from libc.stdint cimport uint8_t

# Each gives the value of one component of a value field, or None if it is none. Padding is skipped, any length is read.
cdef object decimal_from_bytes(const uint8_t* text, Py_ssize_t length)
cdef object integer_from_bytes(const uint8_t* text, Py_ssize_t length)

# The text that a DICOMDecimalString was read from: it lies in the object.
cdef const uint8_t* text_of_decimal(object value, Py_ssize_t* length)
