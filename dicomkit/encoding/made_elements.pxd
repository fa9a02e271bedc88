from cpython.object cimport PyObject

cdef enum:
    MOST_AHEAD = 64             # elements that are looked at before the first of them is written


cdef int look_ahead(dict changes) except -1
cdef list in_tag_order(dict changes)
cdef void sort_few(PyObject** elements, int count) noexcept
