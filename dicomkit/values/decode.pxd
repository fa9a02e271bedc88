# Value fields to Python values, for the compiled data element and data set.

from cpython.object cimport PyObject
from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t

cdef enum OnInvalid:
    WARN        # hand the text over, with a DICOMWarning
    RAISE       # InvalidValueError
    TELL        # return INVALID

cdef struct Field:
    const uint8_t* data
    Py_ssize_t length
    PyObject* whole             # a bytes object of just these bytes, borrowed from who owns them, or NULL
    uint64_t offset             # for messages
    uint32_t tag
    uint16_t vr
    bint is_big_endian
    OnInvalid on_invalid

cdef object INVALID

cdef object decode_value(Field* field, object character_set)
cdef object decode_string(Field* field, object character_set)
cdef object made_tag(uint32_t tag)
cdef list all_or_none(object value)
cdef object decode_array(Field* field, object view)
cdef bint is_text_vr(uint16_t vr) noexcept nogil
cdef bytes little_endian_bytes(Field* field)
cdef int size_of_value(uint16_t vr) noexcept nogil
