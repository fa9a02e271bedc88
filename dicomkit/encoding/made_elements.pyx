"""The elements of data sets that were made: brought near before they are written, and in tag order (PS3.5 7.1)."""

from cpython.dict cimport PyDict_Next
from cpython.object cimport PyObject
from libc.stdint cimport uint32_t

from dicomkit.dataset cimport DataSet
from dicomkit.element cimport DataElement

__all__ = ["was_replaced"]

cdef extern from *:
    """
    #if defined(_MSC_VER)
    #include <intrin.h>
    #define dk_prefetch(p) _mm_prefetch((const char*)(p), _MM_HINT_T0)
    #else
    #define dk_prefetch(p) __builtin_prefetch(p)
    #endif
    #define dk_prefetch_object(o) (dk_prefetch(o), dk_prefetch((const char*)(o) + 64))
    #define dk_list_items(list) (((PyListObject*)(list))->ob_item)
    #define dk_entries_of(dict) ((const char*)((PyDictObject*)(dict))->ma_keys)
    """
    void prefetch "dk_prefetch"(const void* address) noexcept nogil
    void prefetch_object "dk_prefetch_object"(PyObject* thing) noexcept nogil
    const char* entries_of "dk_entries_of"(PyObject* mapping) noexcept nogil
    PyObject** list_items "dk_list_items"(PyObject* sequence) noexcept nogil
    Py_ssize_t list_size "PyList_GET_SIZE"(PyObject* sequence) noexcept nogil


cdef int next_elements(dict changes, Py_ssize_t* position, PyObject** elements) except -1:
    """Note where the next ``MOST_AHEAD`` elements are that are there, ask for their memory, and return how many; no reference is taken."""
    cdef PyObject* key
    cdef PyObject* value
    cdef int count = 0
    while count < MOST_AHEAD and PyDict_Next(changes, position, &key, &value):
        if value != <PyObject*>None:
            elements[count] = value
            prefetch_object(value)
            count += 1
    return count


cdef bint are_in_order(PyObject** elements, int count, uint32_t* last) noexcept:
    """Whether tags ascend from ``last``, which becomes that of the last element."""
    cdef bint is_sorted = True
    cdef uint32_t tag
    cdef int i
    for i in range(count):
        tag = (<DataElement>elements[i]).tag_number
        is_sorted &= tag > last[0]
        last[0] = tag
    return is_sorted


cdef int look_ahead(PyObject** elements, int count) except -1:
    """Ask for the memory of what elements hold, and of the elements of the first items among it.

    A large data set lies all over memory. Waiting for one object after the other took two thirds of the time that writing 170,137 elements
    took; here the processor waits for all of a data set at once. No reference is taken, as nothing here runs other Python code.
    """
    cdef PyObject* sequences[MOST_AHEAD]
    cdef PyObject* inner[MOST_AHEAD]
    cdef PyObject* key
    cdef PyObject* value
    cdef Py_ssize_t position
    cdef int i, nested = 0, found = 0
    for i in range(count):
        value = <PyObject*>(<DataElement>elements[i]).items
        if value != <PyObject*>None:
            sequences[nested] = value
            nested += 1
        else:
            value = <PyObject*>(<DataElement>elements[i]).data
        prefetch_object(value)
    if nested == 0:
        return 0
    for i in range(nested):
        prefetch(list_items(sequences[i]))
    for i in range(nested):
        sequences[i] = list_items(sequences[i])[0] if list_size(sequences[i]) else NULL
        if sequences[i] is not NULL:
            prefetch_object(sequences[i])
    for i in range(nested):
        if sequences[i] is not NULL and isinstance(<object>sequences[i], DataSet):
            sequences[i] = <PyObject*>(<DataSet>sequences[i]).changes
            prefetch_object(sequences[i])
        else:
            sequences[i] = NULL
    for i in range(nested):
        if sequences[i] is not NULL and sequences[i] != <PyObject*>None:
            prefetch(entries_of(sequences[i]))
            prefetch(entries_of(sequences[i]) + 64)
            prefetch(entries_of(sequences[i]) + 128)
    for i in range(nested):
        position = 0
        while (
            sequences[i] is not NULL and sequences[i] != <PyObject*>None and found < MOST_AHEAD
            and PyDict_Next(<object>sequences[i], &position, &key, &value)
        ):
            if value != <PyObject*>None:
                inner[found] = value
                prefetch_object(value)
                found += 1
    for i in range(found):
        prefetch_object(<PyObject*>(<DataElement>inner[i]).data)
    return 0


cdef list in_tag_order(dict changes):
    """The elements that are there, in tag order."""
    return [changes[tag] for tag in sorted(changes) if changes[tag] is not None]


cdef void sort_few(PyObject** elements, int count) noexcept:
    """Put a few elements in tag order: by insertion, as most stand there already."""
    cdef PyObject* element
    cdef uint32_t tag
    cdef int i, j
    for i in range(1, count):
        element = elements[i]
        tag = (<DataElement>element).tag_number
        j = i
        while j > 0 and (<DataElement>elements[j - 1]).tag_number > tag:
            elements[j] = elements[j - 1]
            j -= 1
        elements[j] = element


def was_replaced(DataSet data_set not None, uint32_t tag):
    """Whether a data set was read with an element that was set or deleted since."""
    return data_set.changes is not None and tag in data_set.changes and data_set.find(tag) >= 0
