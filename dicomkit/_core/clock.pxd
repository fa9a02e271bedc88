"""The Gregorian calendar and the clock, as C: shared by dates, times, and dates with times (PS3.5 6.2)."""

from cpython.object cimport Py_EQ, Py_GE, Py_GT, Py_LE, Py_LT
from libc.stdint cimport int32_t, int64_t, uint8_t

# How far a value goes.
cdef enum:
    YEAR = 1
    MONTH = 2
    DAY = 3
    HOUR = 4
    MINUTE = 5
    SECOND = 6
    MICROSECOND = 7


cdef inline bint is_leap_year(int year) noexcept nogil:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


cdef inline bint is_date(int year, int month, int day) noexcept nogil:
    """Tell whether the Gregorian calendar has the date."""
    if not (1 <= year <= 9999 and 1 <= month <= 12 and 1 <= day):
        return False
    if month == 2:
        return day <= 28 or (day == 29 and is_leap_year(year))
    return day <= 30 + ((month + (month >> 3)) & 1)  # 31 in odd months up to July, in even ones from August


cdef inline int64_t day_number(int year, int month, int day) noexcept nogil:
    """Count days from a fixed day."""
    cdef int before = year - 1
    cdef int64_t days = before * 365 + before // 4 - before // 100 + before // 400 + (367 * month - 362) // 12 + day
    # The division counts as if February had 30 days.
    return days if month <= 2 else days - 1 if is_leap_year(year) else days - 2


cdef inline int64_t microseconds(int hour, int minute, int second, int32_t microsecond) noexcept nogil:
    return ((<int64_t>hour * 60 + minute) * 60 + second) * 1_000_000 + microsecond


cdef struct Clock:
    int hour, minute, second, microsecond, precision


cdef inline int two_digits(const uint8_t* p) noexcept nogil:
    """Read two digits; -1 if they are none."""
    cdef uint8_t tens = <uint8_t>(p[0] - c'0')
    cdef uint8_t ones = <uint8_t>(p[1] - c'0')
    return -1 if tens > 9 or ones > 9 else tens * 10 + ones


cdef inline int four_digits(const uint8_t* p) noexcept nogil:
    cdef int high = two_digits(p)
    cdef int low = two_digits(p + 2)
    return -1 if high < 0 or low < 0 else high * 100 + low


cdef inline void trim(const uint8_t** text, Py_ssize_t* length) noexcept nogil:
    """Leave out the padding: spaces on both sides, NUL at the end."""
    while length[0] and (text[0][length[0] - 1] == c' ' or text[0][length[0] - 1] == 0):
        length[0] -= 1
    while length[0] and text[0][0] == c' ':
        text[0] += 1
        length[0] -= 1


cdef inline bint scan_fraction(const uint8_t* p, Py_ssize_t length, Clock* clock) noexcept nogil:
    """Read the digits after the point; those after the sixth are read and dropped."""
    cdef Py_ssize_t i
    cdef uint8_t digit
    clock.microsecond = 0
    if length < 1:
        return False
    for i in range(length if length > 6 else 6):
        digit = <uint8_t>(p[i] - c'0') if i < length else 0
        if digit > 9:
            return False
        if i < 6:
            clock.microsecond = clock.microsecond * 10 + digit
    clock.precision = MICROSECOND
    return True


cdef inline bint scan_clock(const uint8_t* p, Py_ssize_t length, Py_ssize_t separator, Clock* clock) noexcept nogil:
    """Read HH, HHMM, HHMMSS or HHMMSS.FFFFFF; with ``separator`` 1, HH:MM:SS and HH:MM:SS.FFFFFF."""
    cdef Py_ssize_t whole = 6 + 2 * separator
    clock.minute = clock.second = clock.microsecond = 0
    if length < 2 or (length < whole and (length & 1 or separator)):
        return False
    clock.hour = two_digits(p)
    clock.precision = HOUR
    if length >= 4:
        clock.minute = two_digits(p + 2 + separator)
        clock.precision = MINUTE
    if length >= whole:
        clock.second = two_digits(p + 4 + 2 * separator)
        clock.precision = SECOND
    if length > whole and (p[whole] != c'.' or not scan_fraction(p + whole + 1, length - whole - 1, clock)):
        return False
    return is_clock(clock)


cdef inline bint is_clock(const Clock* clock) noexcept nogil:
    return (
        0 <= clock.hour <= 23
        and 0 <= clock.minute <= 59
        and 0 <= clock.second <= 60  # 60 is a leap second
        and 0 <= clock.microsecond <= 999_999
    )


cdef inline bint compare(int64_t left, int64_t right, int operation) noexcept:
    if operation == Py_LT:
        return left < right
    if operation == Py_LE:
        return left <= right
    if operation == Py_GT:
        return left > right
    if operation == Py_GE:
        return left >= right
    return (left == right) == (operation == Py_EQ)
