"""The short way from Python values to value fields (PS3.5 6.2): for values that are as they nearly always are.

Compiled, as setting the 256 elements of a CT took ten times as long as writing it. What must stay true: whatever this cannot prove to be
right goes to :mod:`dicomkit.values.encode`, which says what is wrong; so the two never differ in what they accept.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize
from cpython.long cimport PyLong_AsLongLongAndOverflow
from cpython.unicode cimport PyUnicode_AsUTF8AndSize, PyUnicode_GET_LENGTH
from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from libc.string cimport memchr, memcpy

from dicomkit._core.dictionary_table cimport is_multiplicity_right
from dicomkit._core.number_string cimport text_of_decimal
from dicomkit._core.temporal cimport date_from_bytes
from dicomkit._core.vr_code cimport *
from dicomkit.values.decode cimport is_text_vr

from dicomkit._core.decimal_text import format_decimal
from dicomkit._core.date_time import DICOMDateTime
from dicomkit._core.number_string import DICOMDecimalString, DICOMIntegerString
from dicomkit._core.temporal import DICOMDate, DICOMTime
from dicomkit.values.encode import encode_value
from dicomkit.vr import VR

__all__ = ["encode_value_field"]

cdef extern from *:
    object PyNumber_ToBase(object number, int base)

cdef enum:
    SPACE = 0x20
    BACKSLASH = 0x5C
    DELETE = 0x7F
    LEAD_OF_C1 = 0xC2       # and of U+00A0 to U+00BF: the second byte tells
    END_OF_C1 = 0xA0

cdef int64_t LEAST_32_BITS = -0x80000000, MOST_32_BITS = 0xFFFFFFFF     # as literals they would be Python objects
cdef double LARGEST_SINGLE = 3.4028234663852886e38      # of IEEE 754 binary32

cdef dict _VR_OF_CODE = {ord(vr[0]) | ord(vr[1]) << 8: vr for vr in VR}
cdef object _DECIMAL = DICOMDecimalString, _INTEGER = DICOMIntegerString, _DATE = DICOMDate, _TIME = DICOMTime, _DATE_TIME = DICOMDateTime
cdef object _format_decimal = format_decimal


cdef inline bint _is_digit(uint8_t c) noexcept nogil:
    return c"0" <= c <= c"9"


cdef bint _are_digits(const uint8_t* p, Py_ssize_t length) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(length):
        if not _is_digit(p[i]):
            return False
    return True


cdef bint _are_plain(const uint8_t* p, Py_ssize_t length) noexcept nogil:
    """Whether there are no control characters, of C0 or C1, in UTF-8 behind which there is a byte to read: a delimiter or the NUL."""
    cdef Py_ssize_t i
    cdef bint is_control = False
    for i in range(length):
        is_control |= (p[i] < SPACE) | (p[i] == DELETE) | ((p[i] == LEAD_OF_C1) & (p[i + 1] < END_OF_C1))
    return not is_control


cdef bint _is_code_string(const uint8_t* p, Py_ssize_t length) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(length):
        if not (c"A" <= p[i] <= c"Z" or _is_digit(p[i]) or p[i] == c" " or p[i] == c"_"):
            return False
    return length <= 16


cdef bint _is_uid(const uint8_t* p, Py_ssize_t length) noexcept nogil:
    """PS3.5 9.1: components of digits, none empty, none with a leading zero."""
    cdef Py_ssize_t i, start = 0
    for i in range(length + 1):
        if i == length or p[i] == c".":
            if i == start or (p[start] == c"0" and i - start > 1):
                return False
            start = i + 1
        elif not _is_digit(p[i]):
            return False
    return length <= 64


cdef bint _is_time(const uint8_t* p, Py_ssize_t length) noexcept nogil:
    cdef Py_ssize_t whole = length if length < 6 else 6
    if whole % 2 or not _are_digits(p, whole):
        return False
    if length > 6 and (p[6] != c"." or length < 8 or length > 13 or not _are_digits(p + 7, length - 7)):
        return False
    return (
        (p[0] - c"0") * 10 + p[1] - c"0" < 24
        and (whole < 4 or (p[2] - c"0") * 10 + p[3] - c"0" < 60)
        and (whole < 6 or (p[4] - c"0") * 10 + p[5] - c"0" < 60)
    )


cdef bint _is_date_time(const uint8_t* p, Py_ssize_t length) noexcept:
    """Date and time in full; what leaves something out is not proved here, nor a time zone."""
    return length >= 14 and _are_digits(p, 8) and date_from_bytes(p, 8) is not None and _is_time(p + 8, length - 8)


cdef bint _is_number(const uint8_t* p, Py_ssize_t length, bint is_integer) noexcept nogil:
    """A number without exponent: the others are not proved here."""
    cdef Py_ssize_t i = 0, digits = 0
    cdef bint has_point = False
    if length and (p[0] == c"-" or p[0] == c"+"):
        i = 1
    while i < length:
        if _is_digit(p[i]):
            digits += 1
        elif p[i] == c"." and not has_point and not is_integer:
            has_point = True
        else:
            return False
        i += 1
    return digits > 0 and length <= 16 and (not is_integer or digits < 10)


cdef bint _is_person_name(const uint8_t* p, Py_ssize_t length) noexcept nogil:
    """One component group; several are not proved here."""
    cdef Py_ssize_t i
    cdef int carets = 0
    for i in range(length):
        carets += p[i] == c"^"
        if p[i] == c"=":
            return False
    return length <= 64 and carets < 5 and _are_plain(p, length)


cdef bint _is_right(uint16_t vr, const uint8_t* p, Py_ssize_t length) except -1:
    """Whether one value in UTF-8 is certainly one of a text VR."""
    if length == 0:
        return is_text_vr(vr)
    if vr == VR_LO:
        return length <= 64 and _are_plain(p, length)
    if vr == VR_SH:
        return length <= 16 and _are_plain(p, length)
    if vr == VR_CS:
        return _is_code_string(p, length)
    if vr == VR_UI:
        return _is_uid(p, length)
    if vr == VR_DS:
        return _is_number(p, length, False)
    if vr == VR_IS:
        return _is_number(p, length, True)
    if vr == VR_PN:
        return _is_person_name(p, length)
    if vr == VR_DA:
        return length == 8 and _are_digits(p, 8) and date_from_bytes(p, 8) is not None
    if vr == VR_TM:
        return length >= 2 and _is_time(p, length)
    if vr == VR_AE:
        return length <= 16 and _are_plain(p, length)
    if vr == VR_AS:
        return length == 4 and _are_digits(p, 3) and (p[3] == c"D" or p[3] == c"W" or p[3] == c"M" or p[3] == c"Y")
    if vr == VR_DT:
        return _is_date_time(p, length)
    if vr == VR_LT:
        return length <= 10240 and _are_plain(p, length)
    if vr == VR_ST:
        return length <= 1024 and _are_plain(p, length)
    if vr == VR_UT or vr == VR_UC:
        return _are_plain(p, length)
    return False


cdef inline bint _takes_other_characters(uint16_t vr) noexcept nogil:
    """Whether Specific Character Set applies (PS3.5 6.1.2.3)."""
    return vr == VR_LO or vr == VR_LT or vr == VR_PN or vr == VR_SH or vr == VR_ST or vr == VR_UC or vr == VR_UT


cdef inline bint _is_single_text(uint16_t vr) noexcept nogil:
    return vr == VR_LT or vr == VR_ST or vr == VR_UT or vr == VR_UR


cdef bytes _text_field(uint16_t vr, object text, uint32_t tag, Py_ssize_t count):
    """The field of a text, or None if it is not proved; ``count`` values, or -1 for as many as backslashes make."""
    cdef Py_ssize_t length, values = 1
    cdef const char* utf_8
    cdef const uint8_t* p
    cdef const uint8_t* end
    cdef const uint8_t* stop
    cdef bytes field
    try:
        utf_8 = PyUnicode_AsUTF8AndSize(text, &length)
    except UnicodeEncodeError:
        return None
    if length != PyUnicode_GET_LENGTH(text) and not _takes_other_characters(vr):
        return None         # there are no more characters than bytes: what is short enough in bytes is so in characters
    p, end = <const uint8_t*>utf_8, <const uint8_t*>utf_8 + length
    if _is_single_text(vr):
        if not _is_right(vr, p, length):
            return None
    else:
        while True:
            stop = <const uint8_t*><const void*>memchr(p, BACKSLASH, end - p)
            if not _is_right(vr, p, (end if stop is NULL else stop) - p):
                return None
            if stop is NULL:
                break
            values += 1
            p = stop + 1
    if count >= 0 and values != count:
        return None
    if length and not is_multiplicity_right(tag, values):
        return None
    field = PyBytes_FromStringAndSize(NULL, length + (length & 1))
    memcpy(PyBytes_AS_STRING(field), utf_8, length)
    if length & 1:
        PyBytes_AS_STRING(field)[length] = 0 if vr == VR_UI else c" "
    return field


cdef object _text_of(uint16_t vr, value):
    """The text of one value, or None for the long way."""
    cdef int overflow
    if isinstance(value, str):
        return value
    kind = type(value)
    if vr == VR_DS and kind is _DECIMAL:
        return value.original_string
    if vr == VR_IS and kind is _INTEGER:
        return PyNumber_ToBase(value, 10)
    if vr == VR_DS and kind is float and value - value == 0:
        return _format_decimal(value)
    if (vr == VR_IS or vr == VR_DS) and kind is int:
        PyLong_AsLongLongAndOverflow(value, &overflow)
        return None if overflow else str(value)     # str() refuses thousands of digits
    if (vr == VR_DA and kind is _DATE) or (vr == VR_TM and kind is _TIME) or (vr == VR_DT and kind is _DATE_TIME):
        return value.dicom_string
    return None


cdef bytes _decimals_field(object value, uint32_t tag):
    """The field of decimals that were read or parsed, with the texts they have; None if it is not proved."""
    cdef list values = <list>value if isinstance(value, list) else [value]
    cdef Py_ssize_t length, total = len(values) - 1
    cdef const uint8_t* text
    cdef bytes field
    cdef char* target
    for part in values:
        if type(part) is not _DECIMAL:
            return None
        text = text_of_decimal(part, &length)
        if not _is_number(text, length, False):
            return None
        total += length
    if total < 0 or not is_multiplicity_right(tag, len(values)):
        return None
    field = PyBytes_FromStringAndSize(NULL, total + (total & 1))
    target = PyBytes_AS_STRING(field)
    if total & 1:
        target[total] = c" "
    for part in values:
        text = text_of_decimal(part, &length)
        if target != PyBytes_AS_STRING(field):
            target[0] = c"\\"
            target += 1
        memcpy(target, text, length)
        target += length
    return field


cdef inline int _size_of(uint16_t vr) noexcept nogil:
    if vr == VR_US or vr == VR_SS:
        return 2
    if vr == VR_UL or vr == VR_SL or vr == VR_AT or vr == VR_FL:
        return 4
    return 8 if vr == VR_FD or vr == VR_UV or vr == VR_SV else 0


cdef bint _put_number(uint16_t vr, value, char* target) except -1:
    """Store one number; False if it is for the long way: what is out of range."""
    cdef int64_t number
    cdef int overflow
    cdef uint16_t half
    cdef uint32_t word
    cdef double real
    cdef float single
    if vr == VR_FD or vr == VR_FL:
        if not isinstance(value, float):
            return False
        real = value
        if vr == VR_FD:
            memcpy(target, &real, 8)
            return True
        if real - real == 0 and not -LARGEST_SINGLE <= real <= LARGEST_SINGLE:
            return False
        single = <float>real
        memcpy(target, &single, 4)
        return True
    if not isinstance(value, int):
        return False
    number = PyLong_AsLongLongAndOverflow(value, &overflow)     # runs no other code, which could shrink the list of values
    if overflow or not LEAST_32_BITS <= number <= MOST_32_BITS:
        return False
    if vr == VR_US or vr == VR_SS:
        if not (0 <= number <= 0xFFFF if vr == VR_US else -0x8000 <= number <= 0x7FFF):
            return False
        half = <uint16_t>number
        memcpy(target, &half, 2)
    elif vr == VR_UL or vr == VR_SL or vr == VR_AT:
        if not (0 <= number if vr != VR_SL else number <= 0x7FFFFFFF):
            return False
        word = <uint32_t>number
        if vr == VR_AT:
            word = word >> 16 | word << 16      # two numbers, the group first (PS3.5 7.1.1)
        memcpy(target, &word, 4)
    else:
        if vr == VR_UV and number < 0:
            return False
        memcpy(target, &number, 8)
    return True


cdef bytes _numbers_field(uint16_t vr, value, uint32_t tag, int size):
    cdef bytes field
    cdef Py_ssize_t i
    cdef list values
    if not isinstance(value, list):
        field = PyBytes_FromStringAndSize(NULL, size)
        return field if _put_number(vr, value, PyBytes_AS_STRING(field)) and is_multiplicity_right(tag, 1) else None
    values = <list>value
    field = PyBytes_FromStringAndSize(NULL, size * len(values))
    for i in range(len(values)):
        if not _put_number(vr, values[i], PyBytes_AS_STRING(field) + i * size):
            return None
    return field if is_multiplicity_right(tag, len(values)) else None


cdef bytes encode_field(uint16_t vr, object value, uint32_t tag):
    """The value field of a VR other than SQ; see :func:`dicomkit.values.encode.encode_value`."""
    cdef bytes field = None
    cdef int size = _size_of(vr)
    if vr == VR_DS:
        field = _decimals_field(value, tag)
        if field is not None:
            return field
    if size:
        if value is not None:
            field = _numbers_field(vr, value, tag, size)
    elif type(value) is bytes and (vr == VR_OB or vr == VR_OW or vr == VR_UN or is_text_vr(vr)):
        if not len(<bytes>value) & 1:
            return <bytes>value
    elif isinstance(value, list):
        if value and not _is_single_text(vr):
            texts = [_text_of(vr, part) for part in value]
            if None not in texts:
                field = _text_field(vr, "\\".join(texts), tag, len(texts))
    else:
        text = _text_of(vr, value)
        if text is not None:
            field = _text_field(vr, text, tag, -1 if isinstance(value, str) else 1)
    if field is None:
        field = encode_value(_VR_OF_CODE[vr], value, tag)
    return field


def encode_value_field(str vr not None, value, uint32_t tag):
    """Return the value field of a VR other than SQ; text as UTF-8.

    Raises
    ------
    InvalidValueError
        If the VR cannot hold the value, or the element not so many.
    """
    return encode_field(<uint16_t>(ord(vr[0]) | ord(vr[1]) << 8), value, tag)
