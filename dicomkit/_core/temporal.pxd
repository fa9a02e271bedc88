"""Dates and times, for the other compiled modules (PS3.5 6.2: DA, TM)."""

from libc.stdint cimport int32_t, uint8_t

from dicomkit._core.clock cimport Clock

# Each gives the value of one component of a value field, or None if it is none. Padding is skipped.
cdef object date_from_bytes(const uint8_t* text, Py_ssize_t length)
cdef object time_from_bytes(const uint8_t* text, Py_ssize_t length)

# What dates and times share with dates of day and time in one.
cdef object parse_text(text, object (*from_bytes)(const uint8_t*, Py_ssize_t))
cdef str digits_of_clock(int hour, int minute, int second, int32_t microsecond, int precision, str separator)
cdef object native_time(int hour, int minute, int second, int32_t microsecond, tzinfo)
cdef int fill_clock(Clock* clock, int hour, minute, second, microsecond) except -1
cdef object make_time(const Clock* clock)
