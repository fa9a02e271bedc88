from libc.stdint cimport uint16_t, uint64_t

from dicomkit._core.element_index cimport ElementIndex


cdef ElementIndex scan_elements(object buffer, uint64_t start, uint64_t stop, uint16_t flags, object limits, object source,
                                object character_set, bint is_sequence)
