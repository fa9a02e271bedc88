# Getters and setters by type, for the data set that brings what they stand on.

from libc.stdint cimport uint16_t


cdef class TypedAccess:
    cdef object _only(self, key, uint16_t vr)
    cdef object _first(self, key, uint16_t vr)
    cdef object _typed(self, key, str attribute)
    cdef object _items(self, key)
    cdef int _set(self, key, str vr, value) except -1
    cdef int _set_text(self, key, value, vr) except -1
