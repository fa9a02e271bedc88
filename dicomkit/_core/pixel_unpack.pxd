# The kernels of pixel_unpack for other compiled code. No argument is checked here: whoever calls has proved that the buffers are
# as long as the count says, and that they do not overlap.

from libc.stdint cimport uint8_t

cdef void unpack_bit_cells(const uint8_t* packed, uint8_t* samples, Py_ssize_t count, int first_bit) noexcept nogil
cdef void unpack_twelve_bit_cells(const uint8_t* packed, uint8_t* samples, Py_ssize_t count, bint starts_in_byte) noexcept nogil
