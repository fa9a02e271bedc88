"""Moments as DICOM writes them: the values of DT (PS3.5 6.2).

Precision and comparison are as in :mod:`dicomkit._core.temporal`; a value without an offset is compared as if it were UTC.
"""

cimport cython
from cpython.object cimport PyObject
from cpython.ref cimport Py_DECREF
from libc.stdint cimport int16_t, int32_t, int64_t, uint8_t

from dicomkit._core.clock cimport (
    DAY, HOUR, MICROSECOND, MINUTE, MONTH, SECOND, YEAR, Clock, compare, day_number, four_digits, is_date, microseconds, scan_clock, trim,
    two_digits,
)
from dicomkit._core.temporal cimport digits_of_clock, fill_clock, make_time, native_time, parse_text

from dicomkit._core.temporal import DICOMDate
from dicomkit.errors import InvalidValueError

cdef extern from "Python.h":
    PyObject* PyType_GenericAlloc(type kind, Py_ssize_t count) except NULL

__all__ = ["DICOMDateTime"]

cdef enum:
    NO_OFFSET = -32768
    MAX_OFFSET_HOURS = 14



cdef int _scan_offset(const uint8_t* p, Py_ssize_t length) noexcept nogil:
    """Read &ZZXX; NO_OFFSET if it is none."""
    cdef int hours, minutes
    if length != 5:
        return NO_OFFSET
    hours, minutes = two_digits(p + 1), two_digits(p + 3)
    if not (0 <= hours <= MAX_OFFSET_HOURS and 0 <= minutes <= 59):
        return NO_OFFSET
    return -(hours * 60 + minutes) if p[0] == c'-' else hours * 60 + minutes


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
        fill_clock(&clock, 0 if hour is None else hour, minute, second, microsecond)
        if (hour is None and clock.precision > HOUR) or (day is None and hour is not None) or (month is None and day is not None):
            raise InvalidValueError("a date and time has no finer field than the first that is missing")
        self.year = year if is_date(year, 1 if month is None else month, 1 if day is None else day) else 0
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
        return parse_text(text, date_time_from_bytes)

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
        return make_time(&clock)

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
            text += middle + digits_of_clock(
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
            native_time(self._hour, self._minute, self._second, self._microsecond, zone),
        )

    cdef int64_t _moment(self) noexcept:
        cdef int64_t moment = day_number(self.year, self._month, self._day) * 86_400_000_000
        moment += microseconds(self._hour, self._minute, self._second, self._microsecond)
        return moment if self._offset == NO_OFFSET else moment - <int64_t>self._offset * 60_000_000

    cdef int64_t _spelling(self) noexcept:
        """Order values of the same moment: by precision, offset, and leap second."""
        return (<int64_t>self._precision * 65536 + (self._offset - NO_OFFSET)) * 64 + self._second

    def __richcmp__(self, other, int operation):
        if not isinstance(other, DICOMDateTime):
            return NotImplemented
        cdef int64_t mine = self._moment(), theirs = (<DICOMDateTime>other)._moment()
        if mine == theirs:
            return compare(self._spelling(), (<DICOMDateTime>other)._spelling(), operation)
        return compare(mine, theirs, operation)

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
    trim(&text, &length)
    if length >= 9 and (text[length - 5] == c'+' or text[length - 5] == c'-'):
        offset = _scan_offset(text + length - 5, 5)
        if offset == NO_OFFSET:
            return None
        length -= 5
    clock.hour = clock.minute = clock.second = clock.microsecond = 0
    clock.precision = YEAR
    if length < 4 or (length < 8 and length & 1):
        return None
    year = four_digits(text)
    if length >= 6:
        month = two_digits(text + 4)
        clock.precision = MONTH
    if length >= 8:
        day = two_digits(text + 6)
        clock.precision = DAY
    if not is_date(year, month, day):
        return None
    if length > 8 and not scan_clock(text + 8, length - 8, 0, &clock):
        return None
    made = PyType_GenericAlloc(DICOMDateTime, 0)  # past __cinit__: what it checks has been checked
    result = <DICOMDateTime>made
    Py_DECREF(result)
    result.year, result._month, result._day, result._offset = year, month, day, offset
    _set_date_time_clock(result, &clock)
    return result
