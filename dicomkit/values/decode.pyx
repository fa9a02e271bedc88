"""Value fields to Python values (PS3.5 6.2), and to NumPy arrays.

Compiled, though not in ``_core``, because it hands out the value types of this room; :doc:`/explanation/core` says why.
"""

from cpython.object cimport PyObject
from cpython.unicode cimport PyUnicode_DecodeLatin1
from libc.stdint cimport int16_t, int32_t, int64_t, uint16_t, uint32_t, uint64_t, uint8_t
from libc.string cimport memchr, memcpy

from dicomkit._core.byteorder cimport load16, load32, load64, load_tag
from dicomkit._core.date_time cimport date_time_from_bytes
from dicomkit._core.decimal_text cimport count_values, decimals_from_bytes, integers_from_bytes
from dicomkit._core.number_string cimport decimal_from_bytes, integer_from_bytes
from dicomkit._core.temporal cimport date_from_bytes, time_from_bytes
from dicomkit._core.vr_code cimport *

from dicomkit._core.byte_swap import swap_bytes
from dicomkit.errors import InvalidValueError, warn
from dicomkit.tag import Tag
from dicomkit.values.charset import decode_text
from dicomkit.values.person_name import DICOMPersonName
from dicomkit.values.unique_identifier import DICOMUniqueIdentifier

cdef extern from *:
    """
    /* str.__new__(type, text) and int.__new__(type, number) without the checks that Python code goes through. The garbage
       collector tracks instances of every class made in Python, though these can refer to nothing: untrack them. */
    static PyObject* dk_new_of(PyTypeObject* base, PyObject* type, PyObject* value) {
        PyObject* args = PyTuple_Pack(1, value);
        PyObject* made = args ? base->tp_new((PyTypeObject*)type, args, NULL) : NULL;
        Py_XDECREF(args);
        if (made && PyObject_IS_GC(made)) PyObject_GC_UnTrack(made);
        return made;
    }
    #define dk_new_str(type, text) dk_new_of(&PyUnicode_Type, type, text)
    #define dk_new_int(type, number) dk_new_of(&PyLong_Type, type, number)
    """
    object new_str "dk_new_str"(object type, object text)
    object new_int "dk_new_int"(object type, object number)
    object PyUnicode_New(Py_ssize_t size, Py_UCS4 maxchar)
    void* PyUnicode_DATA(object text)
    object PyFloat_FromDouble(double value)

INVALID = object()

cdef enum:
    SPACE = 0x20
    BACKSLASH = 0x5C
    TILDE = 0x7E
    ESCAPE = 0x1B


cdef bint is_text_vr(uint16_t vr) noexcept nogil:
    return (
        vr == VR_AE or vr == VR_AS or vr == VR_CS or vr == VR_DA or vr == VR_DS or vr == VR_DT or vr == VR_IS or vr == VR_LO
        or vr == VR_LT or vr == VR_PN or vr == VR_SH or vr == VR_ST or vr == VR_TM or vr == VR_UC or vr == VR_UI or vr == VR_UR
        or vr == VR_UT
    )


cdef inline bint _keeps_leading_spaces(uint16_t vr) noexcept nogil:
    """In free text leading spaces mean something; elsewhere they are padding (PS3.5 6.2)."""
    return vr == VR_LT or vr == VR_ST or vr == VR_UT or vr == VR_UC or vr == VR_UR or vr == VR_PN


cdef inline bint _is_single(uint16_t vr) noexcept nogil:
    """Whether a backslash is a character of the value (PS3.5 6.4)."""
    return vr == VR_LT or vr == VR_ST or vr == VR_UT or vr == VR_UR


cdef inline void _strip(const uint8_t** start, const uint8_t** end, bint keep_leading) noexcept nogil:
    while end[0] > start[0] and ((end[0] - 1)[0] == SPACE or (end[0] - 1)[0] == 0):
        end[0] -= 1
    if not keep_leading:
        while start[0] < end[0] and start[0][0] == SPACE:
            start[0] += 1


cdef inline object _plain_str(const uint8_t* start, const uint8_t* end):
    """A str of ASCII bytes."""
    cdef Py_ssize_t length = end - start
    if length < 2:
        return PyUnicode_DecodeLatin1(<const char*>start, length, NULL)     # the interpreter's own singletons
    text = PyUnicode_New(length, 127)
    memcpy(PyUnicode_DATA(text), start, length)
    return text


cdef inline bint _is_plain(const uint8_t* start, const uint8_t* end, uint16_t vr, object character_set) except -1:
    """Whether the bytes are ASCII, also in the data set's character set: no escape sequences (PS3.5 6.1.2.5), no ISO_IR 13."""
    cdef uint8_t seen = 0
    cdef bint is_national = False       # 5C and 7E are a yen sign and an overline in JIS X 0201, but 5C that separates values stays
    while start < end:
        seen |= start[0]
        if start[0] == ESCAPE:
            return False
        is_national |= start[0] == TILDE
        is_national |= start[0] == BACKSLASH and _is_single(vr)
        start += 1
    return seen < 128 and (not is_national or character_set.is_ascii_compatible)


cdef inline const uint8_t* _find_separator(const uint8_t* start, const uint8_t* end) noexcept nogil:
    return <const uint8_t*><void*>memchr(start, BACKSLASH, end - start)


cdef str _whole_text(Field* field, object character_set):
    """The text of the whole field, without padding."""
    cdef const uint8_t* start = field.data
    cdef const uint8_t* end = start + field.length
    _strip(&start, &end, _keeps_leading_spaces(field.vr))
    if _is_plain(start, end, field.vr, character_set):
        return _plain_str(start, end)
    return decode_text(
        start[:end - start], character_set, is_person_name=field.vr == VR_PN, is_multi_valued=not _is_single(field.vr),
        strict=field.on_invalid == RAISE, tag=field.tag, offset=field.offset)


cdef object _invalid(Field* field, object character_set, str problem):
    """What an invalid value becomes: its text (its bytes, if it is none), with a warning; or an error."""
    if field.on_invalid == RAISE:
        raise InvalidValueError(problem, offset=field.offset, tag=field.tag)
    if field.on_invalid == TELL:
        return INVALID
    warn(InvalidValueError(problem, offset=field.offset, tag=field.tag))
    if not is_text_vr(field.vr):
        return field.data[:field.length]
    text = _whole_text(field, character_set)
    return [part.strip(" \0") for part in text.split("\\")] if "\\" in text else text


cdef inline object _typed_str(uint16_t vr, object text):
    if vr == VR_PN:
        return new_str(DICOMPersonName, text)
    if vr == VR_UI:
        return new_str(DICOMUniqueIdentifier, text)
    return text


cdef object decode_string(Field* field, object character_set):
    """Value of a VR whose Python form is ``str``."""
    cdef const uint8_t* start = field.data
    cdef const uint8_t* end = start + field.length
    cdef const uint8_t* part
    cdef const uint8_t* part_end
    cdef const uint8_t* stop
    cdef bint keep_leading = _keeps_leading_spaces(field.vr)
    _strip(&start, &end, keep_leading)
    if start == end:
        return None
    if not _is_plain(start, end, field.vr, character_set):
        text = _whole_text(field, character_set)
        if _is_single(field.vr) or "\\" not in text:
            return _typed_str(field.vr, text)
        return [_typed_str(field.vr, part_text.rstrip(" \0") if keep_leading else part_text.strip(" \0")) for part_text in text.split("\\")]
    stop = NULL
    if not _is_single(field.vr):
        stop = _find_separator(start, end)
    if stop is NULL:
        return _typed_str(field.vr, _plain_str(start, end))
    values = []
    while True:
        part, part_end = start, stop if stop is not NULL else end
        _strip(&part, &part_end, keep_leading)
        values.append(_typed_str(field.vr, _plain_str(part, part_end)))
        if stop is NULL:
            return values
        start = stop + 1
        stop = _find_separator(start, end)


cdef inline object _parsed(uint16_t vr, const uint8_t* start, Py_ssize_t length):
    """One value of a VR whose text stands for something; None if the text is not of that VR."""
    if vr == VR_DS:
        return decimal_from_bytes(start, length)
    if vr == VR_IS:
        return integer_from_bytes(start, length)
    if vr == VR_DA:
        return date_from_bytes(start, length)
    if vr == VR_TM:
        return time_from_bytes(start, length)
    return date_time_from_bytes(start, length)


cdef object _decode_parsed(Field* field, object character_set):
    """Value of DS, IS, DA, TM or DT."""
    cdef const uint8_t* start = field.data
    cdef const uint8_t* end = start + field.length
    cdef const uint8_t* stop
    _strip(&start, &end, False)
    if start == end:
        return None
    stop = _find_separator(start, end)
    if stop is NULL:
        value = _parsed(field.vr, start, end - start)
        return _invalid(field, character_set, f"a value that is no {_name(field.vr)}") if value is None else value
    values = []
    while True:
        length = (stop if stop is not NULL else end) - start
        value = _parsed(field.vr, start, length)
        if value is None and not _is_blank(start, length):
            return _invalid(field, character_set, f"a value that is no {_name(field.vr)}")
        values.append(value)
        if stop is NULL:
            return values
        start = stop + 1
        stop = _find_separator(start, end)


cdef inline bint _is_blank(const uint8_t* start, Py_ssize_t length) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(length):
        if start[i] != SPACE and start[i] != 0:
            return False
    return True


cdef str _name(uint16_t vr):
    return chr(vr & 0xFF) + chr(vr >> 8)


cdef int size_of_value(uint16_t vr) noexcept nogil:
    """Bytes of a value of a binary VR; 0 for all others."""
    if vr == VR_US or vr == VR_SS or vr == VR_OW:
        return 2
    if vr == VR_UL or vr == VR_SL or vr == VR_FL or vr == VR_AT or vr == VR_OL or vr == VR_OF:
        return 4
    if vr == VR_FD or vr == VR_SV or vr == VR_UV or vr == VR_OD or vr == VR_OV:
        return 8
    if vr == VR_OB or vr == VR_UN:
        return 1
    return 0


cdef inline object _number(uint16_t vr, const uint8_t* p, bint is_big_endian):
    cdef uint32_t bits32
    cdef uint64_t bits64
    cdef float single
    cdef double number
    if vr == VR_US:
        return load16(p, is_big_endian)
    if vr == VR_SS:
        return <int16_t>load16(p, is_big_endian)
    if vr == VR_UL:
        return load32(p, is_big_endian)
    if vr == VR_SL:
        return <int32_t>load32(p, is_big_endian)
    if vr == VR_FL:
        bits32 = load32(p, is_big_endian)
        memcpy(&single, &bits32, 4)
        return PyFloat_FromDouble(single)
    if vr == VR_FD:
        bits64 = load64(p, is_big_endian)
        memcpy(&number, &bits64, 8)
        return PyFloat_FromDouble(number)
    if vr == VR_SV:
        return <int64_t>load64(p, is_big_endian)
    if vr == VR_UV:
        return load64(p, is_big_endian)
    return made_tag(load_tag(p, is_big_endian))


cdef object made_tag(uint32_t tag):
    return new_int(Tag, <object>tag)


cdef object _decode_numbers(Field* field, object character_set):
    """Value of AT, FD, FL, SL, SS, SV, UL, US or UV."""
    cdef int size = size_of_value(field.vr)
    cdef Py_ssize_t i, count = field.length // size
    if field.length % size:
        return _invalid(field, character_set, f"{field.length} bytes, which are no multiple of {size}, for {_name(field.vr)}")
    if count == 1:
        return _number(field.vr, field.data, field.is_big_endian)
    if count == 0:
        return None
    return [_number(field.vr, field.data + i * size, field.is_big_endian) for i in range(count)]


cdef bytes little_endian_bytes(Field* field):
    """The value field in little endian."""
    cdef Py_ssize_t whole
    cdef int size = 2 if field.vr == VR_AT else size_of_value(field.vr)     # a tag is two numbers (PS3.5 7.1.1)
    data = field.data[:field.length] if field.whole is NULL else <bytes>field.whole
    if size < 2 or not field.is_big_endian:
        return data
    whole = field.length - field.length % size
    swapped = bytearray(data)
    swap_bytes(data[:whole], size, memoryview(swapped)[:whole])
    return bytes(swapped)


cdef object decode_value(Field* field, object character_set):
    """The natural Python value of an element that is no sequence."""
    cdef uint16_t vr = field.vr
    if field.length == 0:
        return None
    if vr == VR_DS or vr == VR_IS or vr == VR_DA or vr == VR_TM or vr == VR_DT:
        return _decode_parsed(field, character_set)
    if is_text_vr(vr):
        return decode_string(field, character_set)
    if vr == VR_OB or vr == VR_OW or vr == VR_UN or vr == VR_OF or vr == VR_OD or vr == VR_OL or vr == VR_OV:
        return little_endian_bytes(field)
    return _decode_numbers(field, character_set)


_DTYPE = {
    "US": "u2", "SS": "i2", "UL": "u4", "SL": "i4", "UV": "u8", "SV": "i8", "FL": "f4", "FD": "f8",
    "OB": "u1", "OW": "u2", "OL": "u4", "OV": "u8", "OF": "f4", "OD": "f8", "UN": "u1",
}


cdef list all_or_none(object value):
    """The values of a decoded field as a list; None if one of them is empty or invalid."""
    if value is INVALID or (isinstance(value, list) and None in value):
        return None
    return [] if value is None else value if isinstance(value, list) else [value]


cdef object decode_array(Field* field, object view):
    """The numbers of a field as a one-dimensional array: a view where they are binary, float64 or int64 for DS and IS."""
    import numpy as np  # lazy: start-up

    cdef double[::1] decimals
    cdef int64_t[::1] integers
    cdef Py_ssize_t count, written
    name = _name(field.vr)
    dtype = _DTYPE.get(name)
    if dtype is not None:
        if field.length % size_of_value(field.vr):
            raise InvalidValueError(
                f"{field.length} bytes, which are no multiple of {size_of_value(field.vr)}, for {name}", offset=field.offset, tag=field.tag)
        return np.frombuffer(view, (">" if field.is_big_endian else "<") + dtype)
    if field.vr == VR_AT:
        halves = np.frombuffer(view[:field.length - field.length % 4], (">" if field.is_big_endian else "<") + "u2").astype(np.uint32)
        return halves[::2] << 16 | halves[1::2]
    if field.vr != VR_DS and field.vr != VR_IS:
        raise InvalidValueError(f"{name} holds no numbers", offset=field.offset, tag=field.tag)
    count = 0 if _is_blank(field.data, field.length) else count_values(field.data, field.length)
    array = np.empty(count, np.float64 if field.vr == VR_DS else np.int64)
    if count == 0:
        return array
    try:
        if field.vr == VR_DS:
            decimals = array
            written = decimals_from_bytes(field.data, field.length, &decimals[0], count)
        else:
            integers = array
            written = integers_from_bytes(field.data, field.length, &integers[0], count)
    except InvalidValueError as error:
        raise InvalidValueError(error.problem, offset=field.offset, tag=field.tag) from None
    return array
