# A data set, as what serializes it sees it.

from libc.stdint cimport int64_t, uint16_t, uint32_t, uint64_t

from dicomkit._core.element_index cimport ElementIndex
from dicomkit.element cimport DataElement
from dicomkit.typed_access cimport TypedAccess


cdef class DataSet(TypedAccess):
    cdef ElementIndex index         # where it was read from; None for one that was made
    cdef uint32_t start             # the records of its elements
    cdef uint32_t stop
    cdef uint32_t depth             # how many sequences it lies in
    cdef bint is_unordered
    cdef bint is_signed             # Pixel Representation of the nearest data set around it is 1
    cdef object inherited_set       # character set of the data set around it
    cdef object own_set             # character set of what was read, once it was looked up
    cdef dict changes               # tag number -> DataElement, or None where one was deleted; lies over the index
    cdef dict creators              # private creators of what was read, by tag number, once one was asked for
    cdef uint32_t last_creator      # the one asked for last: elements of a block stand together
    cdef object last_creator_name
    # Lists of items that were looked at, by record. Most data sets have but one sequence, and it needs no dict.
    cdef uint32_t first_sequence
    cdef list first_items
    cdef dict sequences             # the others; None for what turned out to be no sequence
    cdef dict inner_indices         # of sequences that have an index of their own, by record
    cdef uint32_t last_found        # a record; 0 for none

    cdef int64_t find(self, uint32_t tag) noexcept
    cdef object character_set(self)
    cdef object _first_number(self, uint32_t tag, uint16_t vr)
    cdef bint _is_signed_inside(self) except -1
    cdef object _private_creator(self, uint32_t tag)
    cdef dict _read_creators(self)
    cdef uint16_t resolve_vr(self, uint32_t record) except 0
    cdef object items_of(self, uint32_t record)
    cdef list fresh_items(self, uint32_t record)
    cdef dict _looked_at(self)
    cdef DataElement element_at(self, uint32_t record)
    cdef DataElement find_element(self, uint32_t tag)
    cdef object value_of(self, uint32_t tag, object default)
    cdef list record_order(self)
    cdef DataElement _made(self, uint32_t tag, value)
    cdef str _vr_for(self, uint32_t tag)
    cdef uint16_t _vr_code_for(self, uint32_t tag) except 0
    cdef bint is_touched(self) except -1
    cdef dict touched_sequences(self)
    cdef uint16_t _flags(self)
    cdef uint64_t _end_of_last(self)
    cdef int _put(self, uint32_t tag, element) except -1
    cdef int _put_element(self, DataElement element) except -1
