from cpython.object cimport PyObject
from libc.stdint cimport uint32_t

cdef enum:
    MOST_AHEAD = 64             # elements that are looked at before the first of them is written


cdef int next_elements(dict changes, Py_ssize_t* position, PyObject** elements) except -1
cdef bint are_in_order(PyObject** elements, int count, uint32_t* last) noexcept
cdef int look_ahead(PyObject** elements, int count) except -1
cdef list in_tag_order(dict changes)
cdef void sort_few(PyObject** elements, int count) noexcept
