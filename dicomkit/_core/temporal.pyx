"""Dates and times of day as DICOM writes them: the values of DA and TM (PS3.5 6.2).

A time has the precision of its text: what the text leaves out is None, not zero. Values are compared by the earliest
moment that they can mean, and only then by precision, so that sorting is total and agrees with equality.
"""

cimport cython
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_GET_SIZE
from cpython.object cimport PyObject
from cpython.ref cimport Py_DECREF
from cpython.unicode cimport PyUnicode_AsUTF8AndSize
from libc.stdint cimport int16_t, int32_t, int64_t, uint8_t

from dicomkit._core.clock cimport (
    HOUR, MICROSECOND, MINUTE, SECOND, Clock, compare, four_digits, is_clock, is_date, microseconds, scan_clock, trim, two_digits,
)

from dicomkit.errors import InvalidValueError

cdef extern from "Python.h":
    PyObject* PyType_GenericAlloc(type kind, Py_ssize_t count) except NULL

__all__ = ["DICOMDate", "DICOMTime"]


cdef object parse_text(text, object (*from_bytes)(const uint8_t*, Py_ssize_t)):
    cdef Py_ssize_t length
    cdef const char* characters
    cdef bytes data
    if isinstance(text, str):
        try:
            characters = PyUnicode_AsUTF8AndSize(text, &length)
        except UnicodeEncodeError:  # lone surrogates
            return None
        return from_bytes(<const uint8_t*>characters, length)
    if isinstance(text, (bytes, bytearray, memoryview)):
        data = bytes(text)
        return from_bytes(<const uint8_t*>PyBytes_AS_STRING(data), PyBytes_GET_SIZE(data))
    raise TypeError(f"str or bytes expected, not {type(text).__name__}")


cdef str digits_of_clock(int hour, int minute, int second, int32_t microsecond, int precision, str separator):
    cdef char text[16]
    cdef char* end = _put_digits(text, hour, 2)
    cdef bint is_separated = len(separator) > 0
    if precision >= MINUTE:
        end[0] = c":"
        end = _put_digits(end + is_separated, minute, 2)
    if precision >= SECOND:
        end[0] = c":"
        end = _put_digits(end + is_separated, second, 2)
    if precision >= MICROSECOND:
        end[0] = c"."
        end = _put_digits(end + 1, microsecond, 6)
    return text[:end - text].decode("ascii")


cdef inline char* _put_digits(char* target, int32_t number, int count) noexcept nogil:
    """Write a number with leading zeros; return where it ends."""
    cdef int i
    for i in range(count - 1, -1, -1):
        target[i] = c"0" + number % 10
        number //= 10
    return target + count


cdef object native_time(int hour, int minute, int second, int32_t microsecond, tzinfo):
    from datetime import time  # lazy: start-up

    if second == 60:  # Python has no leap second: the last moment before it ends the minute as well
        second, microsecond = 59, 999_999
    return time(hour, minute, second, microsecond, tzinfo)


@cython.final
@cython.no_gc
cdef class DICOMDate:
    """A date of the Gregorian calendar: a value of VR DA (PS3.5 6.2).

    Parameters
    ----------
    year
        1 to 9999.
    month
        1 to 12.
    day
        1 to the last day of that month.

    Raises
    ------
    InvalidValueError
        If the calendar has no such date.
    """

    cdef readonly int16_t year
    cdef readonly uint8_t month, day

    def __cinit__(self, int year, int month, int day):
        if not is_date(year, month, day):
            raise InvalidValueError("the calendar has no such date")
        self.year, self.month, self.day = year, month, day

    @staticmethod
    def parse(text):
        """Return the date that ``YYYYMMDD``, or ``YYYY.MM.DD`` as in ACR-NEMA, means; None for all else, ranges too."""
        return parse_text(text, date_from_bytes)

    @property
    def dicom_string(self):
        """The date as ``YYYYMMDD``."""
        cdef char text[8]
        _put_digits(_put_digits(_put_digits(text, self.year, 4), self.month, 2), self.day, 2)
        return text[:8].decode("ascii")

    def isoformat(self):
        """Return the date as ``YYYY-MM-DD`` (ISO 8601)."""
        return f"{self.year:04d}-{self.month:02d}-{self.day:02d}"

    def to_date(self):
        """Return the date as a ``datetime.date``."""
        from datetime import date  # lazy: start-up

        return date(self.year, self.month, self.day)

    def to_datetime(self):
        """Return the midnight, UTC, with which the date begins."""
        from datetime import datetime, timezone  # lazy: start-up

        return datetime(self.year, self.month, self.day, tzinfo=timezone.utc)

    cdef int64_t _key(self) noexcept:
        return (<int64_t>self.year * 16 + self.month) * 32 + self.day

    def __richcmp__(self, other, int operation):
        if not isinstance(other, DICOMDate):
            return NotImplemented
        return compare(self._key(), (<DICOMDate>other)._key(), operation)

    def __hash__(self):
        return hash((DICOMDate, self._key()))

    def __str__(self):
        return self.dicom_string

    def __repr__(self):
        return f"DICOMDate({self.year}, {self.month}, {self.day})"

    def __copy__(self):
        return self

    def __deepcopy__(self, memo):
        return self

    def __reduce__(self):
        return DICOMDate, (self.year, self.month, self.day)


cdef object date_from_bytes(const uint8_t* text, Py_ssize_t length):
    """Return the date of one component of a DA value field, or None if it is none."""
    cdef int year, month, day
    cdef DICOMDate result
    cdef PyObject* made
    trim(&text, &length)
    if length == 8:
        year, month, day = four_digits(text), two_digits(text + 4), two_digits(text + 6)
    elif length == 10 and text[4] == c'.' and text[7] == c'.':  # ACR-NEMA
        year, month, day = four_digits(text), two_digits(text + 5), two_digits(text + 8)
    else:
        return None
    if not is_date(year, month, day):
        return None
    made = PyType_GenericAlloc(DICOMDate, 0)  # past __cinit__: what it checks has been checked
    result = <DICOMDate>made
    Py_DECREF(result)  # the variable holds a reference of its own
    result.year, result.month, result.day = year, month, day
    return result


@cython.final
@cython.no_gc
cdef class DICOMTime:
    """A time of day, to the precision that its text has: a value of VR TM (PS3.5 6.2).

    Parameters
    ----------
    hour
        0 to 23.
    minute
        0 to 59, or None.
    second
        0 to 60, 60 being a leap second, or None; needs ``minute``.
    microsecond
        0 to 999999, or None; needs ``second``.

    Raises
    ------
    InvalidValueError
        If a number is out of its range, or one before it is missing.
    """

    cdef readonly uint8_t hour
    cdef uint8_t _minute, _second, _precision
    cdef int32_t _microsecond

    def __cinit__(self, int hour, minute=None, second=None, microsecond=None):
        cdef Clock clock
        fill_clock(&clock, hour, minute, second, microsecond)
        _set_clock(self, &clock)

    @staticmethod
    def parse(text):
        """Return the time that ``HH``, ``HHMM``, ``HHMMSS``, ``HHMMSS.FFFFFF`` or ``HH:MM:SS`` means; None for all else.

        The fraction may have any number of digits; those after the sixth are dropped.
        """
        return parse_text(text, time_from_bytes)

    @property
    def minute(self):
        """Minute, or None when the text stops before."""
        return self._minute if self._precision >= MINUTE else None

    @property
    def second(self):
        """Second, 60 for a leap second, or None when the text stops before."""
        return self._second if self._precision >= SECOND else None

    @property
    def microsecond(self):
        """Microsecond, or None when the text has no fraction."""
        return self._microsecond if self._precision >= MICROSECOND else None

    @property
    def dicom_string(self):
        """The time as ``HH``, ``HHMM``, ``HHMMSS`` or ``HHMMSS.FFFFFF``, to its precision."""
        return digits_of_clock(self.hour, self._minute, self._second, self._microsecond, self._precision, "")

    def isoformat(self):
        """Return the time as ``HH``, ``HH:MM``, ``HH:MM:SS`` or ``HH:MM:SS.FFFFFF``, to its precision (ISO 8601)."""
        return digits_of_clock(self.hour, self._minute, self._second, self._microsecond, self._precision, ":")

    def to_time(self):
        """Return the earliest moment it means as a ``datetime.time``; a leap second becomes 59.999999."""
        return native_time(self.hour, self._minute, self._second, self._microsecond, None)

    cdef int64_t _key(self) noexcept:
        # 10:30:60 and 10:31:00 are one moment and two values: the second decides last.
        cdef int64_t moment = microseconds(self.hour, self._minute, self._second, self._microsecond)
        return (moment * 8 + self._precision) * 64 + self._second

    def __richcmp__(self, other, int operation):
        if not isinstance(other, DICOMTime):
            return NotImplemented
        return compare(self._key(), (<DICOMTime>other)._key(), operation)

    def __hash__(self):
        return hash((DICOMTime, self._key()))

    def __str__(self):
        return self.dicom_string

    def __repr__(self):
        return f"DICOMTime({', '.join([str(field) for field in self._fields() if field is not None])})"

    def __copy__(self):
        return self

    def __deepcopy__(self, memo):
        return self

    def __reduce__(self):
        return DICOMTime, self._fields()

    cdef tuple _fields(self):
        return self.hour, self.minute, self.second, self.microsecond


cdef int fill_clock(Clock* clock, int hour, minute, second, microsecond) except -1:
    """Check the fields of a clock; a missing one must not be followed by others."""
    clock.precision = HOUR + (minute is not None) + (second is not None) + (microsecond is not None)
    if (microsecond is not None and second is None) or (second is not None and minute is None):
        raise InvalidValueError("a time has no finer field than the first that is missing")
    clock.hour = hour
    clock.minute = 0 if minute is None else minute
    clock.second = 0 if second is None else second
    clock.microsecond = 0 if microsecond is None else microsecond
    if not is_clock(clock):
        raise InvalidValueError("the clock has no such time")
    return 0


cdef inline void _set_clock(DICOMTime time, const Clock* clock) noexcept:
    time.hour, time._minute, time._second = clock.hour, clock.minute, clock.second
    time._microsecond, time._precision = clock.microsecond, clock.precision


cdef object make_time(const Clock* clock):
    cdef PyObject* made = PyType_GenericAlloc(DICOMTime, 0)
    cdef DICOMTime result = <DICOMTime>made
    Py_DECREF(result)
    _set_clock(result, clock)
    return result


cdef object time_from_bytes(const uint8_t* text, Py_ssize_t length):
    """Return the time of one component of a TM value field, or None if it is none."""
    cdef Clock clock
    trim(&text, &length)
    cdef bint has_separators = length >= 8 and text[2] == c':' and text[5] == c':'  # ACR-NEMA
    if not scan_clock(text, length, 1 if has_separators else 0, &clock):
        return None
    return make_time(&clock)
