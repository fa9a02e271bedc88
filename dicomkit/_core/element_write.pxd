# Bytes of data elements, collected for a file: one growing buffer, and large values left where they are.

from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t

from dicomkit._core.element_index cimport ElementIndex

# Where a sequence or item began, to fill its length in when it ends.
cdef struct Opened:
    size_t length_position      # of the length field in the buffer
    uint64_t value_start        # in the output
    bint is_undefined

# Where a writer stood, to take back what came after.
cdef struct Standing:
    size_t size
    uint64_t outside
    Py_ssize_t pieces


cdef class ElementWriter:
    cdef uint8_t* data
    cdef size_t size
    cdef size_t capacity
    cdef uint64_t outside               # bytes of all pieces
    cdef list pieces                    # (position in the buffer, owner, offset, length): values that were not copied
    cdef list open_containers           # of those that Python code opened: (Opened, delimiter, tag)
    cdef int exports                    # views of the buffer; while there are any, it cannot grow
    cdef readonly uint16_t flags        # IMPLICIT_VR and BIG_ENDIAN of what is being written
    cdef readonly bint is_lenient       # write what PS3.5 forbids, if it was read

    cdef int reserve(self, size_t count) except -1
    cdef uint64_t total(self) noexcept nogil
    cdef Standing stand(self)
    cdef int take_back(self, Standing standing) except -1
    cdef int put_bytes(self, const uint8_t* data, uint64_t length, object owner, uint64_t owner_offset) except -1
    cdef int put_header(self, uint32_t tag, uint16_t vr, uint32_t length) except -1
    cdef int put_element(self, uint32_t tag, uint16_t vr, const uint8_t* data, uint64_t length, bint is_big_endian, object owner,
                         uint64_t owner_offset) except -1
    cdef bint put_made(self, uint32_t tag, uint16_t vr, bytes value) except -1
    cdef int put_range(self, ElementIndex index, uint64_t start, uint64_t end) except -1
    cdef int put_stream(self, uint32_t tag, uint16_t vr, uint32_t length, object chunks) except -1
    cdef bint has_stream(self) except -1
    cdef bytes _joined(self)
    cdef Opened open_sequence(self, uint32_t tag, bint is_undefined) except *
    cdef Opened open_item(self, bint is_undefined) except *
    cdef int close(self, Opened opened, uint32_t delimiter, uint32_t tag) except -1
