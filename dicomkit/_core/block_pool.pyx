"""Memory for whole files and their indices, kept for the next file.

Memory that goes back to the system has to be faulted in again, page by page: 2,000 faults for a 4 MB file and its index
took 4 ms where reading and indexing took 1. So the last few blocks are kept, which bounds what is held when nothing is
read: ``SLOTS`` blocks of at most ``LARGEST`` bytes. A slot is taken and given by an atomic exchange: any thread may do so,
with or without the interpreter's lock.
"""

from cpython.buffer cimport PyBuffer_FillInfo
from cpython.exc cimport PyErr_SetFromErrno
from cython cimport final, no_gc
from libc.stdint cimport uint8_t
from libc.stdlib cimport free, realloc
from libc.string cimport memcpy

__all__ = ["FileBlock", "read_block"]

cdef enum:
    SLOTS = 4
    SMALLEST = 64 * 1024            # below, the allocator does not go to the system
    LARGEST = 16 * 1024 * 1024
    HEADER = 16                     # holds the capacity, and keeps the alignment of malloc

cdef extern from *:
    """
    #include <errno.h>
    #if defined(_WIN32)
    #include <io.h>
    #define dk_read(fd, data, size) _read(fd, data, (unsigned)((size) > 0x40000000 ? 0x40000000 : (size)))
    #else
    #include <unistd.h>
    #define dk_read(fd, data, size) read(fd, data, (size) > 0x40000000 ? 0x40000000 : (size))
    #endif
    #if defined(__SANITIZE_ADDRESS__)
    #define dk_exchange(slot, block) (block)    /* every block is freed, so that nothing hides from the sanitizer */
    #elif defined(_MSC_VER)
    #include <intrin.h>
    #define dk_exchange(slot, block) _InterlockedExchangePointer((void* volatile*)(slot), block)
    #else
    #define dk_exchange(slot, block) __atomic_exchange_n(slot, block, __ATOMIC_ACQ_REL)
    #endif
    static int dk_was_interrupted(void) { return errno == EINTR; }
    """
    Py_ssize_t c_read "dk_read"(int descriptor, void* data, Py_ssize_t size) noexcept nogil
    void* exchange "dk_exchange"(void** slot, void* block) noexcept nogil
    int was_interrupted "dk_was_interrupted"() noexcept nogil

cdef void* _slots[SLOTS]            # blocks that nobody uses


cdef size_t capacity_of(void* block) noexcept nogil:
    cdef size_t capacity
    memcpy(&capacity, <uint8_t*>block - HEADER, sizeof(size_t))
    return capacity


cdef inline void* _allocate(void* block, size_t size) noexcept nogil:
    cdef uint8_t* memory = <uint8_t*>realloc(NULL if block is NULL else <uint8_t*>block - HEADER, size + HEADER)
    if memory is NULL:
        return NULL
    memcpy(memory, &size, sizeof(size_t))
    return memory + HEADER


cdef void* take_block(size_t size) noexcept nogil:
    cdef int i
    cdef void* block
    if SMALLEST <= size <= LARGEST:
        for i in range(SLOTS):
            block = exchange(&_slots[i], NULL)
            if block is not NULL:
                if capacity_of(block) >= size:
                    return block
                give_block(block)
    return _allocate(NULL, size)


cdef void* grow_block(void* block, size_t used, size_t size) noexcept nogil:
    cdef void* larger
    if block is not NULL and capacity_of(block) >= SMALLEST:
        return _allocate(block, size)       # for large blocks the system moves pages, not bytes
    larger = take_block(size)
    if larger is not NULL and block is not NULL:
        memcpy(larger, block, used)
        give_block(block)
    return larger


cdef void give_block(void* block) noexcept nogil:
    cdef int i
    cdef void* other
    if block is NULL:
        return
    if SMALLEST <= capacity_of(block) <= LARGEST:
        for i in range(SLOTS):
            other = exchange(&_slots[i], block)
            if other is NULL:
                return
            block = other                   # the oldest leaves last
    free(<uint8_t*>block - HEADER)


@final
@no_gc
cdef class FileBlock:
    """The bytes of a file, read-only, in memory of the pool."""

    cdef void* data
    cdef Py_ssize_t size

    def __init__(self):
        raise TypeError("a FileBlock is made by read_block")

    def __dealloc__(self):
        give_block(self.data)

    def __len__(self):
        return self.size

    def __getbuffer__(self, Py_buffer* view, int flags):
        PyBuffer_FillInfo(view, self, self.data, self.size, 1, flags)


def read_block(int descriptor, Py_ssize_t size):
    """Read ``size`` bytes from where a file descriptor stands, or as many as there are.

    Raises
    ------
    OSError
        If reading fails.
    """
    cdef FileBlock block = FileBlock.__new__(FileBlock)
    cdef Py_ssize_t count = 1, filled = 0
    block.data = take_block(size if size else 1)
    if block.data is NULL:
        raise MemoryError
    while filled < size and count > 0:
        with nogil:
            count = c_read(descriptor, <uint8_t*>block.data + filled, size - filled)
        if count < 0:
            if not was_interrupted():
                PyErr_SetFromErrno(OSError)
            count = 1
        else:
            filled += count
    block.size = filled
    return block
