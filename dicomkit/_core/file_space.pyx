"""Room on the disk for bytes that are about to be written, where the system can set it aside.

Linux's ext4 then need not count every page that it will have to find room for. Elsewhere nothing happens.
"""

__all__ = ["reserve"]

cdef extern from *:
    """
    #if defined(__linux__)
    #ifndef _GNU_SOURCE
    #define _GNU_SOURCE
    #endif
    #include <fcntl.h>
    #include <unistd.h>
    #include <sys/syscall.h>
    #endif
    #if defined(__linux__) && defined(__LP64__) && defined(SYS_fallocate)
    /* The system's own call: the library's posix_fallocate writes into every block where a file system cannot. The size
       stays (1 is FALLOC_FL_KEEP_SIZE): FAT would fill the file with zeros otherwise. */
    static void dk_reserve(int fd, long long size) {
        off_t position = lseek(fd, 0, SEEK_CUR);
        if (position >= 0) (void)syscall(SYS_fallocate, fd, 1, position, (off_t)size);
    }
    #else
    static void dk_reserve(int fd, long long size) { (void)fd; (void)size; }
    #endif
    """
    void c_reserve "dk_reserve"(int descriptor, long long size) noexcept nogil


def reserve(int descriptor, long long size):
    """Set room aside for ``size`` bytes where an open file stands. What cannot be done is not done: writing says what is wrong."""
    with nogil:
        c_reserve(descriptor, size)
