# Python values to value fields, for the compiled data element and data set.

from libc.stdint cimport uint16_t, uint32_t

cdef bytes encode_field(uint16_t vr, object value, uint32_t tag)
