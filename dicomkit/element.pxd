# A data element, as others that are compiled see it.

from libc.stdint cimport uint16_t, uint32_t

from dicomkit._core.element_index cimport ElementIndex
from dicomkit.values.decode cimport Field, OnInvalid


cdef class DataElement:
    cdef ElementIndex index         # where it was read from; None for one that was made
    cdef uint32_t record
    cdef uint32_t tag_number
    cdef uint16_t vr_code           # resolved: never 0, never ambiguous
    cdef object character_set       # of the text in it
    cdef object creator             # of a private one: who reserved its block, if that is known
    cdef bytes data                 # the value field of a made one, little endian
    cdef list items                 # the items of a sequence

    cdef object decode(self, OnInvalid on_invalid)
    cdef list _parts(self)
    cdef object _only(self, uint16_t vr)
    cdef object _first(self, uint16_t vr)
    cdef object _parsed(self, uint16_t vr, object kind)
    cdef object _first_parsed(self, uint16_t vr, object kind)
    cdef object _text(self)
    cdef bytes little_endian_data(self)
    cdef int fill(self, Field* field, OnInvalid on_invalid) except -1
    cdef int fill_in(self, uint32_t tag, uint16_t vr, value) except -1


cdef int fill_field(Field* field, ElementIndex index, uint32_t record, uint16_t vr, OnInvalid on_invalid) except -1
cdef DataElement made_element(uint32_t tag, uint16_t vr, object value)
cdef uint32_t tag_of_key(object key) except? 0xFFFFFFFF
