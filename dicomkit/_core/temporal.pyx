"""Dates and times as DICOM writes them: the values of DA, TM and DT (PS3.5 6.2).

A value has the precision of its text: what the text leaves out is None, not zero. Values are compared by the earliest
moment that they can mean, and only then by precision, so that sorting is total and agrees with equality.
"""

cimport cython
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_GET_SIZE
from cpython.object cimport Py_EQ, Py_GE, Py_GT, Py_LE, Py_LT, PyObject
from cpython.ref cimport Py_DECREF
from cpython.unicode cimport PyUnicode_AsUTF8AndSize
from libc.stdint cimport int16_t, int32_t, int64_t, uint8_t

from dicomkit.errors import InvalidValueError

cdef extern from "Python.h":
    PyObject* PyType_GenericAlloc(type kind, Py_ssize_t count) except NULL

__all__ = ["DICOMDate", "DICOMDateTime", "DICOMTime"]

# How far a value goes.
cdef enum:
    YEAR = 1
    MONTH = 2
    DAY = 3
    HOUR = 4
    MINUTE = 5
    SECOND = 6
    MICROSECOND = 7

cdef enum:
    NO_OFFSET = -32768
    MAX_OFFSET_HOURS = 14

cdef int64_t MICROSECONDS_PER_SECOND = 1_000_000
cdef int64_t MICROSECONDS_PER_MINUTE = 60_000_000
cdef int64_t MICROSECONDS_PER_HOUR = 3_600_000_000
cdef int64_t MICROSECONDS_PER_DAY = 86_400_000_000

cdef int* DAYS_BEFORE_MONTH = [0, 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334]
cdef int* DAYS_IN_MONTH = [0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]


# Calendar and clock ---------------------------------------------------------------------------------------------------


cdef inline bint _is_leap_year(int year) noexcept nogil:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


cdef inline bint _is_date(int year, int month, int day) noexcept nogil:
    """Tell whether the Gregorian calendar has the date."""
    if not (1 <= year <= 9999 and 1 <= month <= 12 and 1 <= day):
        return False
    return day <= DAYS_IN_MONTH[month] or (day == 29 and month == 2 and _is_leap_year(year))


cdef inline int64_t _day_number(int year, int month, int day) noexcept nogil:
    """Count days from a fixed day."""
    cdef int before = year - 1
    cdef int64_t days = before * 365 + before // 4 - before // 100 + before // 400 + DAYS_BEFORE_MONTH[month] + day
    return days + 1 if month > 2 and _is_leap_year(year) else days


cdef inline int64_t _microseconds(int hour, int minute, int second, int32_t microsecond) noexcept nogil:
    return hour * MICROSECONDS_PER_HOUR + minute * MICROSECONDS_PER_MINUTE + second * MICROSECONDS_PER_SECOND + microsecond


cdef struct Clock:
    int hour, minute, second, microsecond, precision


# Text -----------------------------------------------------------------------------------------------------------------


cdef inline int _two_digits(const uint8_t* p) noexcept nogil:
    """Read two digits; -1 if they are none."""
    cdef uint8_t tens = <uint8_t>(p[0] - c'0')
    cdef uint8_t ones = <uint8_t>(p[1] - c'0')
    return -1 if tens > 9 or ones > 9 else tens * 10 + ones


cdef inline int _four_digits(const uint8_t* p) noexcept nogil:
    cdef int high = _two_digits(p)
    cdef int low = _two_digits(p + 2)
    return -1 if high < 0 or low < 0 else high * 100 + low


cdef inline void _trim(const uint8_t** text, Py_ssize_t* length) noexcept nogil:
    """Leave out the padding: spaces on both sides, NUL at the end."""
    while length[0] and (text[0][length[0] - 1] == c' ' or text[0][length[0] - 1] == 0):
        length[0] -= 1
    while length[0] and text[0][0] == c' ':
        text[0] += 1
        length[0] -= 1


cdef bint _scan_fraction(const uint8_t* p, Py_ssize_t length, Clock* clock) noexcept nogil:
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


cdef bint _scan_clock(const uint8_t* p, Py_ssize_t length, Py_ssize_t separator, Clock* clock) noexcept nogil:
    """Read HH, HHMM, HHMMSS or HHMMSS.FFFFFF; with ``separator`` 1, HH:MM:SS and HH:MM:SS.FFFFFF."""
    cdef Py_ssize_t whole = 6 + 2 * separator
    clock.minute = clock.second = clock.microsecond = 0
    if length < 2 or (length < whole and (length & 1 or separator)):
        return False
    clock.hour = _two_digits(p)
    clock.precision = HOUR
    if length >= 4:
        clock.minute = _two_digits(p + 2 + separator)
        clock.precision = MINUTE
    if length >= whole:
        clock.second = _two_digits(p + 4 + 2 * separator)
        clock.precision = SECOND
    if length > whole and (p[whole] != c'.' or not _scan_fraction(p + whole + 1, length - whole - 1, clock)):
        return False
    return _is_clock(clock)


cdef inline bint _is_clock(const Clock* clock) noexcept nogil:
    return (
        0 <= clock.hour <= 23
        and 0 <= clock.minute <= 59
        and 0 <= clock.second <= 60  # 60 is a leap second
        and 0 <= clock.microsecond <= 999_999
    )


cdef int _scan_offset(const uint8_t* p, Py_ssize_t length) noexcept nogil:
    """Read &ZZXX; NO_OFFSET if it is none."""
    cdef int hours, minutes
    if length != 5:
        return NO_OFFSET
    hours, minutes = _two_digits(p + 1), _two_digits(p + 3)
    if not (0 <= hours <= MAX_OFFSET_HOURS and 0 <= minutes <= 59):
        return NO_OFFSET
    return -(hours * 60 + minutes) if p[0] == c'-' else hours * 60 + minutes


cdef object _parse(text, object (*from_bytes)(const uint8_t*, Py_ssize_t)):
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


cdef bint _compare(int64_t left, int64_t right, int operation) noexcept:
    if operation == Py_LT:
        return left < right
    if operation == Py_LE:
        return left <= right
    if operation == Py_GT:
        return left > right
    if operation == Py_GE:
        return left >= right
    return (left == right) == (operation == Py_EQ)


cdef str _digits_of_clock(int hour, int minute, int second, int32_t microsecond, int precision, str separator):
    text = f"{hour:02d}"
    if precision >= MINUTE:
        text += f"{separator}{minute:02d}"
    if precision >= SECOND:
        text += f"{separator}{second:02d}"
    if precision >= MICROSECOND:
        text += f".{microsecond:06d}"
    return text


cdef object _native_time(int hour, int minute, int second, int32_t microsecond, tzinfo):
    from datetime import time  # lazy: start-up

    if second == 60:  # Python has no leap second: the last moment before it ends the minute as well
        second, microsecond = 59, 999_999
    return time(hour, minute, second, microsecond, tzinfo)


# DA -------------------------------------------------------------------------------------------------------------------


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
        if not _is_date(year, month, day):
            raise InvalidValueError("the calendar has no such date")
        self.year, self.month, self.day = year, month, day

    @staticmethod
    def parse(text):
        """Return the date that ``YYYYMMDD``, or ``YYYY.MM.DD`` as in ACR-NEMA, means; None for all else, ranges too."""
        return _parse(text, date_from_bytes)

    @property
    def dicom_string(self):
        """The date as ``YYYYMMDD``."""
        return f"{self.year:04d}{self.month:02d}{self.day:02d}"

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
        return _compare(self._key(), (<DICOMDate>other)._key(), operation)

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
    _trim(&text, &length)
    if length == 8:
        year, month, day = _four_digits(text), _two_digits(text + 4), _two_digits(text + 6)
    elif length == 10 and text[4] == c'.' and text[7] == c'.':  # ACR-NEMA
        year, month, day = _four_digits(text), _two_digits(text + 5), _two_digits(text + 8)
    else:
        return None
    if not _is_date(year, month, day):
        return None
    made = PyType_GenericAlloc(DICOMDate, 0)  # past __cinit__: what it checks has been checked
    result = <DICOMDate>made
    Py_DECREF(result)  # the variable holds a reference of its own
    result.year, result.month, result.day = year, month, day
    return result


# TM -------------------------------------------------------------------------------------------------------------------


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
        _fill_clock(&clock, hour, minute, second, microsecond)
        _set_clock(self, &clock)

    @staticmethod
    def parse(text):
        """Return the time that ``HH``, ``HHMM``, ``HHMMSS``, ``HHMMSS.FFFFFF`` or ``HH:MM:SS`` means; None for all else.

        The fraction may have any number of digits; those after the sixth are dropped.
        """
        return _parse(text, time_from_bytes)

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
        return _digits_of_clock(self.hour, self._minute, self._second, self._microsecond, self._precision, "")

    def isoformat(self):
        """Return the time as ``HH``, ``HH:MM``, ``HH:MM:SS`` or ``HH:MM:SS.FFFFFF``, to its precision (ISO 8601)."""
        return _digits_of_clock(self.hour, self._minute, self._second, self._microsecond, self._precision, ":")

    def to_time(self):
        """Return the earliest moment it means as a ``datetime.time``; a leap second becomes 59.999999."""
        return _native_time(self.hour, self._minute, self._second, self._microsecond, None)

    cdef int64_t _key(self) noexcept:
        # 10:30:60 and 10:31:00 are one moment and two values: the second decides last.
        cdef int64_t moment = _microseconds(self.hour, self._minute, self._second, self._microsecond)
        return (moment * 8 + self._precision) * 64 + self._second

    def __richcmp__(self, other, int operation):
        if not isinstance(other, DICOMTime):
            return NotImplemented
        return _compare(self._key(), (<DICOMTime>other)._key(), operation)

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


cdef int _fill_clock(Clock* clock, int hour, minute, second, microsecond) except -1:
    """Check the fields of a clock; a missing one must not be followed by others."""
    clock.precision = HOUR + (minute is not None) + (second is not None) + (microsecond is not None)
    if (microsecond is not None and second is None) or (second is not None and minute is None):
        raise InvalidValueError("a time has no finer field than the first that is missing")
    clock.hour = hour
    clock.minute = 0 if minute is None else minute
    clock.second = 0 if second is None else second
    clock.microsecond = 0 if microsecond is None else microsecond
    if not _is_clock(clock):
        raise InvalidValueError("the clock has no such time")
    return 0


cdef inline void _set_clock(DICOMTime time, const Clock* clock) noexcept:
    time.hour, time._minute, time._second = clock.hour, clock.minute, clock.second
    time._microsecond, time._precision = clock.microsecond, clock.precision


cdef object _make_time(const Clock* clock):
    cdef PyObject* made = PyType_GenericAlloc(DICOMTime, 0)
    cdef DICOMTime result = <DICOMTime>made
    Py_DECREF(result)
    _set_clock(result, clock)
    return result


cdef object time_from_bytes(const uint8_t* text, Py_ssize_t length):
    """Return the time of one component of a TM value field, or None if it is none."""
    cdef Clock clock
    _trim(&text, &length)
    cdef bint has_separators = length >= 8 and text[2] == c':' and text[5] == c':'  # ACR-NEMA
    if not _scan_clock(text, length, 1 if has_separators else 0, &clock):
        return None
    return _make_time(&clock)


# DT -------------------------------------------------------------------------------------------------------------------


@cython.final
@cython.no_gc
cdef class DICOMDateTime:
    """A moment, to the precision that its text has: a value of VR DT (PS3.5 6.2).

    Parameters
    ----------
    year
        1 to 9999.
    month, day, hour, minute, second, microsecond
        Each in its usual range (a leap second is 60), or None; needs those before it.
    timezone_offset_minutes
        Minutes to be added to UTC, from -899 to 899, or None for the zone of the data set (0008,0201).

    Raises
    ------
    InvalidValueError
        If a number is out of its range, one before it is missing, or the calendar has no such date.
    """

    cdef readonly int16_t year
    cdef int16_t _offset
    cdef int32_t _microsecond
    cdef uint8_t _month, _day, _hour, _minute, _second, _precision

    def __cinit__(
        self, int year, month=None, day=None, hour=None, minute=None, second=None, microsecond=None,
        timezone_offset_minutes=None,
    ):
        cdef Clock clock
        _fill_clock(&clock, 0 if hour is None else hour, minute, second, microsecond)
        if (hour is None and clock.precision > HOUR) or (day is None and hour is not None) or (month is None and day is not None):
            raise InvalidValueError("a date and time has no finer field than the first that is missing")
        self.year = year if _is_date(year, 1 if month is None else month, 1 if day is None else day) else 0
        if not self.year:
            raise InvalidValueError("the calendar has no such date")
        self._month = 1 if month is None else month
        self._day = 1 if day is None else day
        self._offset = NO_OFFSET
        if timezone_offset_minutes is not None:
            if not abs(timezone_offset_minutes) < (MAX_OFFSET_HOURS + 1) * 60:
                raise InvalidValueError("no zone is so far from UTC")
            self._offset = timezone_offset_minutes
        if hour is None:
            clock.precision = YEAR + (month is not None) + (day is not None)
        _set_date_time_clock(self, &clock)

    @staticmethod
    def parse(text):
        """Return the moment that ``YYYY`` to ``YYYYMMDDHHMMSS.FFFFFF``, with or without ``&ZZXX``, means; None for all else.

        ``&ZZXX`` is a sign and four digits, the offset from UTC. Fraction digits after the sixth are dropped.
        """
        return _parse(text, date_time_from_bytes)

    @property
    def month(self):
        """Month, or None when the text stops before."""
        return self._month if self._precision >= MONTH else None

    @property
    def day(self):
        """Day, or None when the text stops before."""
        return self._day if self._precision >= DAY else None

    @property
    def hour(self):
        """Hour, or None when the text stops before."""
        return self._hour if self._precision >= HOUR else None

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
    def timezone_offset_minutes(self):
        """Minutes ahead of UTC, or None when the text doesn't say; then Timezone Offset From UTC (0008,0201) counts."""
        return self._offset if self._offset != NO_OFFSET else None

    @property
    def date(self):
        """The date, or None when the text stops before the day."""
        return DICOMDate(self.year, self._month, self._day) if self._precision >= DAY else None

    @property
    def time(self):
        """The time of day, or None when the text has none."""
        if self._precision < HOUR:
            return None
        cdef Clock clock
        clock.hour, clock.minute, clock.second = self._hour, self._minute, self._second
        clock.microsecond, clock.precision = self._microsecond, self._precision
        return _make_time(&clock)

    cdef str _offset_text(self, str separator):
        cdef int minutes = -self._offset if self._offset < 0 else self._offset
        if self._offset == NO_OFFSET:
            return ""
        return f"{'-' if self._offset < 0 else '+'}{minutes // 60:02d}{separator}{minutes % 60:02d}"

    cdef str _format(self, str date_separator, str middle, str time_separator):
        text = f"{self.year:04d}"
        if self._precision >= MONTH:
            text += f"{date_separator}{self._month:02d}"
        if self._precision >= DAY:
            text += f"{date_separator}{self._day:02d}"
        if self._precision >= HOUR:
            text += middle + _digits_of_clock(
                self._hour, self._minute, self._second, self._microsecond, self._precision, time_separator
            )
        return text + self._offset_text(time_separator)

    @property
    def dicom_string(self):
        """The moment as ``YYYY`` to ``YYYYMMDDHHMMSS.FFFFFF&ZZXX``, to its precision."""
        return self._format("", "", "")

    def isoformat(self):
        """Return the moment as ``YYYY`` to ``YYYY-MM-DDTHH:MM:SS.FFFFFF+ZZ:XX``, to its precision (ISO 8601)."""
        return self._format("-", "T", ":")

    def to_datetime(self):
        """Return the earliest moment it means as an aware ``datetime``: in its own zone, or in UTC when it names none.

        A leap second becomes 59.999999.
        """
        from datetime import date, datetime, timedelta, timezone  # lazy: start-up

        zone = timezone.utc if self._offset == NO_OFFSET else timezone(timedelta(minutes=self._offset))
        return datetime.combine(
            date(self.year, self._month, self._day),
            _native_time(self._hour, self._minute, self._second, self._microsecond, zone),
        )

    cdef int64_t _moment(self) noexcept:
        cdef int64_t moment = _day_number(self.year, self._month, self._day) * MICROSECONDS_PER_DAY
        moment += _microseconds(self._hour, self._minute, self._second, self._microsecond)
        return moment if self._offset == NO_OFFSET else moment - self._offset * MICROSECONDS_PER_MINUTE

    cdef int64_t _spelling(self) noexcept:
        """Order values of the same moment: by precision, offset, and leap second."""
        return (<int64_t>self._precision * 65536 + (self._offset - NO_OFFSET)) * 64 + self._second

    def __richcmp__(self, other, int operation):
        if not isinstance(other, DICOMDateTime):
            return NotImplemented
        cdef int64_t mine = self._moment(), theirs = (<DICOMDateTime>other)._moment()
        if mine == theirs:
            return _compare(self._spelling(), (<DICOMDateTime>other)._spelling(), operation)
        return _compare(mine, theirs, operation)

    def __hash__(self):
        return hash((DICOMDateTime, self._moment(), self._spelling()))

    def __str__(self):
        return self.dicom_string

    def __repr__(self):
        fields = [str(field) for field in self._fields()[:self._precision]]
        if self._offset != NO_OFFSET:
            fields.append(f"timezone_offset_minutes={self._offset}")
        return f"DICOMDateTime({', '.join(fields)})"

    def __copy__(self):
        return self

    def __deepcopy__(self, memo):
        return self

    def __reduce__(self):
        return DICOMDateTime, self._fields()

    cdef tuple _fields(self):
        return (
            self.year, self.month, self.day, self.hour, self.minute, self.second, self.microsecond,
            self.timezone_offset_minutes,
        )


cdef inline void _set_date_time_clock(DICOMDateTime moment, const Clock* clock) noexcept:
    moment._hour, moment._minute, moment._second = clock.hour, clock.minute, clock.second
    moment._microsecond, moment._precision = clock.microsecond, clock.precision


cdef object date_time_from_bytes(const uint8_t* text, Py_ssize_t length):
    """Return the moment of one component of a DT value field, or None if it is none."""
    cdef int year, month = 1, day = 1, offset = NO_OFFSET
    cdef Clock clock
    cdef DICOMDateTime result
    cdef PyObject* made
    _trim(&text, &length)
    if length >= 9 and (text[length - 5] == c'+' or text[length - 5] == c'-'):
        offset = _scan_offset(text + length - 5, 5)
        if offset == NO_OFFSET:
            return None
        length -= 5
    clock.hour = clock.minute = clock.second = clock.microsecond = 0
    clock.precision = YEAR
    if length < 4 or (length < 8 and length & 1):
        return None
    year = _four_digits(text)
    if length >= 6:
        month = _two_digits(text + 4)
        clock.precision = MONTH
    if length >= 8:
        day = _two_digits(text + 6)
        clock.precision = DAY
    if not _is_date(year, month, day):
        return None
    if length > 8 and not _scan_clock(text + 8, length - 8, 0, &clock):
        return None
    made = PyType_GenericAlloc(DICOMDateTime, 0)  # past __cinit__: what it checks has been checked
    result = <DICOMDateTime>made
    Py_DECREF(result)
    result.year, result._month, result._day, result._offset = year, month, day, offset
    _set_date_time_clock(result, &clock)
    return result
