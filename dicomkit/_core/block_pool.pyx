"""Memory for whole files and their indices, kept for the next file.

Memory that goes back to the system has to be faulted in again, page by page: 2,000 faults for a 4 MB file and its index
took 4 ms where reading and indexing took 1. So the last few blocks are kept, which bounds what is held when nothing is
read: ``SLOTS`` blocks of at most ``LARGEST`` bytes. A slot is taken and given by an atomic exchange: any thread may do so,
with or without the interpreter's lock.
"""

from cpython.buffer cimport PyBuffer_FillInfo
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize
from cpython.exc cimport PyErr_CheckSignals, PyErr_SetFromErrno
from cpython.object cimport PyObject
from cpython.ref cimport Py_DECREF
from cython cimport final, no_gc
from libc.stdint cimport uint8_t
from libc.stdlib cimport free, realloc
from libc.string cimport memchr, memcpy

from dicomkit._core.byteorder cimport load32

__all__ = ["FileBlock", "read_block", "read_path"]

cdef enum:
    SLOTS = 4
    SMALLEST = 64 * 1024            # below, the allocator does not go to the system
    LARGEST = 16 * 1024 * 1024
    HEADER = 16                     # holds the capacity, and keeps the alignment of malloc
    HEAD = 16 * 1024                # holds the header of most images
    PIXEL_DATA = 0x00107FE0         # (7FE0,0010) as one number in little endian

cdef extern from *:
    """
    #include <errno.h>
    #if defined(_WIN32)
    #include <io.h>
    #define dk_read(fd, data, size) _read(fd, data, (unsigned)((size) > 0x40000000 ? 0x40000000 : (size)))
    #define dk_open_regular(path, size) (-1)    /* paths are wide there: Python opens them */
    #define dk_close(fd) _close(fd)
    #else
    #include <fcntl.h>
    #include <sys/stat.h>
    #include <unistd.h>
    #define dk_read(fd, data, size) read(fd, data, (size) > 0x40000000 ? 0x40000000 : (size))
    #define dk_close(fd) close(fd)
    static int dk_open_regular(const char* path, Py_ssize_t* size) {
        struct stat status;
        int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);     /* a pipe without a writer must not block us here */
        if (fd < 0) return fd;
        *size = fstat(fd, &status) == 0 && S_ISREG(status.st_mode) ? (Py_ssize_t)status.st_size : -1;
        return fd;
    }
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
    int c_open_regular "dk_open_regular"(const char* path, Py_ssize_t* size) noexcept nogil
    int c_close "dk_close"(int descriptor) noexcept nogil
    int was_interrupted "dk_was_interrupted"() noexcept nogil
    int PyUnicode_FSConverter(object path, void* encoded) except 0
    int PySys_Audit(const char* event, const char* format, ...) except -1

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
    """The first bytes of a file, read-only, in memory of the pool.

    ``tail`` is None, or the rest of the file where that is one large value: so it need not be copied when it is asked for.
    """

    def __init__(self):
        raise TypeError("a FileBlock is made by read_block")

    def __dealloc__(self):
        give_block(self.data)

    def __len__(self):
        return self.size

    def __getbuffer__(self, Py_buffer* view, int flags):
        PyBuffer_FillInfo(view, self, self.data, self.size, 1, flags)


cdef Py_ssize_t _fill(int descriptor, uint8_t* data, Py_ssize_t size) except -1:
    """Read until there are ``size`` bytes or no more; return how many."""
    cdef Py_ssize_t count = 1, filled = 0
    while filled < size and count > 0:
        with nogil:
            count = c_read(descriptor, data + filled, size - filled)
        if count < 0:
            if not was_interrupted():
                PyErr_SetFromErrno(OSError)
            PyErr_CheckSignals()
            count = 1
        else:
            filled += count
    return filled


def read_block(int descriptor, Py_ssize_t size):
    """Read ``size`` bytes from where a file descriptor stands, or as many as there are.

    Raises
    ------
    OSError
        If reading fails.
    """
    cdef FileBlock block = FileBlock.__new__(FileBlock)
    block.data = take_block(size if size else 1)
    if block.data is NULL:
        raise MemoryError
    block.size = _fill(descriptor, <uint8_t*>block.data, size)
    return block


def read_path(path, Py_ssize_t length, Py_ssize_t largest):
    """Read the first ``length`` bytes of a regular file of at most ``largest`` bytes, all of a shorter one.

    It does what opening, looking at the status, :func:`read_block` and closing do, at half the price of these calls; and
    pixels at the end of a file that is read whole become the ``tail`` of the block.

    Returns
    -------
    tuple of FileBlock and int, int, or None
        The bytes, and the size of the file. None if the file cannot be opened, or is larger: who opens it step by step learns
        why. A file descriptor that does not block if the file is no regular one, to be read and closed: a pipe that is
        opened and closed without being read is broken for its writer.

    Raises
    ------
    OSError
        If reading fails.
    ValueError
        If the path holds a NUL.
    """
    cdef int descriptor
    cdef Py_ssize_t size = 0
    cdef PyObject* encoded = NULL
    cdef const char* name
    cdef FileBlock block
    PyUnicode_FSConverter(path, &encoded)
    as_bytes = <object>encoded
    Py_DECREF(as_bytes)             # as_bytes holds its own
    PySys_Audit("open", "OOi", <PyObject*>path, <PyObject*>None, 0)     # as open() does (PEP 578)
    name = as_bytes
    with nogil:
        descriptor = c_open_regular(name, &size)
    if descriptor < 0:
        return None
    if size < 0:
        return descriptor
    try:
        if size > largest:
            return None
        block = read_block(descriptor, min(length, size, HEAD))
        if length > HEAD and block.size == HEAD:
            _read_rest(descriptor, block, min(length, size), size)
        return block, size
    finally:
        with nogil:
            c_close(descriptor)


cdef int _read_rest(int descriptor, FileBlock block, Py_ssize_t length, Py_ssize_t size) except -1:
    """Read on behind the head of a file."""
    cdef Py_ssize_t start = _start_of_tail(block, size) if length == size else -1
    cdef uint8_t* tail
    cdef void* larger
    if start < 0:
        larger = grow_block(block.data, HEAD, length)
        if larger is NULL:
            raise MemoryError
        block.data = larger
        block.size += _fill(descriptor, <uint8_t*>block.data + HEAD, length - HEAD)
        return 0
    block.tail = PyBytes_FromStringAndSize(NULL, size - start)
    tail = <uint8_t*>PyBytes_AS_STRING(block.tail)
    memcpy(tail, <uint8_t*>block.data + start, HEAD - start)
    if _fill(descriptor, tail + HEAD - start, size - HEAD) < size - HEAD:
        block.tail = None           # the file became shorter: the block now says so, too
    block.size = start
    return 0


cdef Py_ssize_t _start_of_tail(FileBlock head, Py_ssize_t size) noexcept nogil:
    """Where the value of an element begins that has the tag of Pixel Data and ends the file; -1 if there is none, or a small one.

    The answer only decides what memory the bytes go to: it need not be an element at all.
    """
    cdef const uint8_t* start = <const uint8_t*>head.data
    cdef const uint8_t* end = start + head.size
    cdef const uint8_t* found = start
    cdef Py_ssize_t offset
    while True:
        found = <const uint8_t*>memchr(found, 0xE0, end - found)
        if found is NULL or end - found < 12 + BEHIND_HEAD:
            return -1
        if load32(found, False) != PIXEL_DATA:
            found += 1
            continue
        offset = found - start + (12 if found[4] == c"O" else 8)        # PS3.5 7.1.2, 7.1.3
        if offset + <Py_ssize_t>load32(start + offset - 4, False) == size:
            return offset if size - offset >= SMALLEST else -1
        found += 1
