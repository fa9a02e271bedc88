# Memory for whole files and their indices, kept for the next file.

cdef void* take_block(size_t size) noexcept nogil                       # NULL if there is no memory
cdef void* grow_block(void* block, size_t used, size_t size) noexcept nogil  # NULL if there is none; then `block` is still good
cdef void give_block(void* block) noexcept nogil                        # NULL is nothing
cdef size_t capacity_of(void* block) noexcept nogil


cdef enum:
    BEHIND_HEAD = 4                     # that many bytes of a tail stand behind the head as well: headers are read by 12 bytes


cdef class FileBlock:
    cdef void* data
    cdef Py_ssize_t size
    cdef readonly bytes tail        # what follows in the file; None if nothing does, or it was not read
