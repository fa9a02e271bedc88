# Memory for whole files and their indices, kept for the next file.

cdef void* take_block(size_t size) noexcept nogil                       # NULL if there is no memory
cdef void* grow_block(void* block, size_t used, size_t size) noexcept nogil  # NULL if there is none; then `block` is still good
cdef void give_block(void* block) noexcept nogil                        # NULL is nothing
cdef size_t capacity_of(void* block) noexcept nogil
