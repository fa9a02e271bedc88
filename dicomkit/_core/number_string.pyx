"""The values of DS and IS: numbers that keep their text (PS3.5 6.2)."""

from operator import index

cimport cython
from cpython.mem cimport PyObject_Malloc
from cpython.object cimport PyObject, PyTypeObject, newfunc
from cpython.ref cimport Py_DECREF
from libc.stdint cimport INT32_MAX, INT32_MIN, int64_t, uint8_t, uint32_t
from libc.string cimport memcpy

from dicomkit._core.decimal_text cimport NUMBER_OK, parse_decimal_exact, parse_integer

from dicomkit._core.decimal_text import format_decimal
from dicomkit.errors import InvalidValueError

cdef extern from "Python.h":
    ctypedef struct PyFloatObject:
        double ob_fval

    PyObject* PyObject_Init(PyObject* memory, PyTypeObject* kind)
    void PyObject_GC_UnTrack(void* instance)
    void PyType_Modified(PyTypeObject* kind)

__all__ = ["DICOMDecimalString", "DICOMIntegerString"]

cdef enum:
    MAX_DECIMAL_LENGTH = 16  # PS3.5 Table 6.2-1
    MAX_INTEGER_LENGTH = 12
    INLINE_TEXT = 20


cdef bytes _ascii(text):
    """Return the bytes of ``text``, without padding; characters beyond ASCII become bytes that no number has."""
    if isinstance(text, str):
        return (<str>text).encode("utf-8", "surrogatepass").rstrip(b" \0").lstrip(b" ")
    if isinstance(text, (bytes, bytearray, memoryview)):
        return bytes(text).rstrip(b" \0").lstrip(b" ")
    raise TypeError(f"str or bytes expected, not {type(text).__name__}")


cdef inline void _trim(const uint8_t** text, Py_ssize_t* length) noexcept nogil:
    """Leave out the padding: spaces on both sides, NUL at the end."""
    while length[0] and (text[0][length[0] - 1] == c' ' or text[0][length[0] - 1] == 0):
        length[0] -= 1
    while length[0] and text[0][0] == c' ':
        text[0] += 1
        length[0] -= 1


@cython.final
cdef class DICOMDecimalString(float):
    """A decimal number and its text: a value of VR DS (PS3.5 6.2).

    It is a ``float``, and compares and hashes as one. ``str()`` gives the text.

    Parameters
    ----------
    value
        DS text of at most 16 characters, or a finite number.

    Raises
    ------
    InvalidValueError
        If the text is no such decimal, or the number is not finite.
    """

    # The text lies in the object itself and, when it is longer, beyond its declared end: see _make_decimal.
    cdef uint32_t _length
    cdef uint8_t _text[INLINE_TEXT]

    @staticmethod
    def parse(text):
        """Return the value of one DS text, or None if it is none (more than 16 characters, no number, not finite)."""
        return _parse_decimal_value(_ascii(text))

    @staticmethod
    def parse_multiple(text):
        """Return the values of a backslash-separated text, or None if one of them is invalid. An empty text has none."""
        return _parse_all(_ascii(text), _parse_decimal_value)

    @property
    def original_string(self):
        """The text as stored, without padding."""
        return (<const char*>self._text)[:self._length].decode("ascii")

    @property
    def value(self):
        """The number as a plain ``float``."""
        return float.__float__(self)

    @property
    def float_value(self):
        """The number as a plain ``float``."""
        return float.__float__(self)

    @property
    def int_value(self):
        """The number without its fraction."""
        return int(self)

    @property
    def dicom_string(self):
        """The number as DS text of at most 16 characters: its shortest decimal, or the nearest that fits."""
        return format_decimal((<PyFloatObject*>self).ob_fval)

    def __str__(self):
        return self.original_string

    def __repr__(self):
        return f"DICOMDecimalString({self.original_string!r})"

    def __sizeof__(self):
        return object.__sizeof__(self) + max(0, <Py_ssize_t>self._length - INLINE_TEXT)

    def __copy__(self):
        return self

    def __deepcopy__(self, memo):
        return self

    def __reduce__(self):
        return _restore_decimal, (float.__float__(self), self.original_string)


cdef object _make_decimal(double value, const uint8_t* text, Py_ssize_t length):
    """Make the value in one allocation: ``length`` bytes of text follow the fixed part (PyObject_Free needs no size)."""
    cdef PyTypeObject* kind = <PyTypeObject*>DICOMDecimalString
    cdef size_t extra = length - INLINE_TEXT if length > INLINE_TEXT else 0
    cdef PyObject* made
    cdef DICOMDecimalString result
    if length > INT32_MAX:
        raise InvalidValueError("a decimal of more than 2 GB")
    made = <PyObject*>PyObject_Malloc(kind.tp_basicsize + extra)
    if made == NULL:
        raise MemoryError
    PyObject_Init(made, kind)
    (<PyFloatObject*>made).ob_fval = value
    (<DICOMDecimalString>made)._length = <uint32_t>length
    memcpy((<DICOMDecimalString>made)._text, text, length)
    result = <DICOMDecimalString>made
    Py_DECREF(result)  # the variable holds a reference of its own
    return result


cdef const uint8_t* text_of_decimal(object value, Py_ssize_t* length):
    """The text of a decimal, which lives as long as that does."""
    length[0] = (<DICOMDecimalString?>value)._length
    return (<DICOMDecimalString>value)._text


cdef object decimal_from_bytes(const uint8_t* text, Py_ssize_t length):
    """Return the value of one component of a DS value field, or None if it is no finite decimal. Any length is read."""
    cdef double value
    _trim(&text, &length)
    if parse_decimal_exact(text, length, &value) != NUMBER_OK:
        return None
    return _make_decimal(value, text, length)


def _restore_decimal(double value, str text):
    """Make a value again from its pickle."""
    cdef bytes data = text.encode("ascii")
    return _make_decimal(value, data, len(data))


cdef object _parse_decimal_value(bytes text):
    return decimal_from_bytes(text, len(text)) if len(text) <= MAX_DECIMAL_LENGTH else None


cdef object _parse_all(bytes text, object (*parse_one)(bytes)):
    cdef list values = []
    if text:
        for component in text.split(b"\\"):
            value = parse_one(component.strip(b" "))
            if value is None:
                return None
            values.append(value)
    return values


cdef object _new_decimal(type cls, PyObject* args, PyObject* kwargs):
    """Take the place of ``float.__new__``, which would read more than DS allows."""
    cdef tuple arguments = <tuple>args
    if len(arguments) != 1 or kwargs != NULL and <dict>kwargs:
        raise TypeError("DICOMDecimalString takes one positional argument")
    value = arguments[0]
    if isinstance(value, DICOMDecimalString):
        return value
    if isinstance(value, (str, bytes, bytearray, memoryview)):
        result = _parse_decimal_value(_ascii(value))
        if result is None:
            raise InvalidValueError("no decimal number of at most 16 characters")
        return result
    try:
        number = float(value)
    except OverflowError:
        raise InvalidValueError("only finite numbers have a DS text") from None
    return _restore_decimal(number, format_decimal(number))


(<PyTypeObject*>DICOMDecimalString).tp_new = <newfunc>_new_decimal
PyType_Modified(<PyTypeObject*>DICOMDecimalString)


class DICOMIntegerString(int):
    """An integer of 32 bits and its text: a value of VR IS (PS3.5 6.2).

    It is an ``int``, and compares and hashes as one. ``str()`` gives the text.

    Parameters
    ----------
    value
        IS text of at most 12 characters, or an integer from -2**31 to 2**31 - 1.

    Raises
    ------
    InvalidValueError
        If the text is no such integer, or the integer is out of range.
    """

    # An int has no room for the text. Nearly always it is what str(int) gives; _SpelledIntegerString has the others.
    __slots__ = ()

    def __new__(cls, value):
        if isinstance(value, DICOMIntegerString):
            return value
        if isinstance(value, (str, bytes, bytearray, memoryview)):
            result = _parse_integer_value(_ascii(value))
            if result is None:
                raise InvalidValueError("no integer of 32 bits and at most 12 characters")
            return result
        number = index(value)
        if not INT32_MIN <= number <= INT32_MAX:
            raise InvalidValueError("an IS integer has 32 bits")
        return _make_integer(number)

    @staticmethod
    def parse(text):
        """Return the value of one IS text, or None if it is none (more than 12 characters, no integer, over 32 bits)."""
        return _parse_integer_value(_ascii(text))

    @staticmethod
    def parse_multiple(text):
        """Return the values of a backslash-separated text, or None if one of them is invalid. An empty text has none."""
        return _parse_all(_ascii(text), _parse_integer_value)

    @property
    def original_string(self):
        """The text as stored, without padding."""
        return int.__repr__(self)

    @property
    def value(self):
        """The number as a plain ``int``."""
        return int.__int__(self)

    @property
    def int32_value(self):
        """The number as a plain ``int``."""
        return int.__int__(self)

    @property
    def uint16_value(self):
        """The number as a plain ``int`` if it is 0 to 65535, else None."""
        return int.__int__(self) if 0 <= self <= 0xFFFF else None

    @property
    def dicom_string(self):
        """The number as IS text."""
        return int.__repr__(self)

    def __str__(self):
        return self.original_string

    def __repr__(self):
        return f"DICOMIntegerString({self.original_string!r})"

    def __copy__(self):
        return self

    def __deepcopy__(self, memo):
        return self

    def __reduce__(self):
        return _restore_integer, (int.__int__(self), self.original_string)


class _SpelledIntegerString(DICOMIntegerString):
    """An integer written with a plus sign or leading zeros; its text is in the instance's dictionary."""

    @property
    def original_string(self):
        """The text as stored, without padding."""
        return self.__dict__["_text"]

    def __setattr__(self, name, value):
        raise AttributeError(f"{name!r}: a DICOMIntegerString is immutable")

    def __delattr__(self, name):
        raise AttributeError(f"{name!r}: a DICOMIntegerString is immutable")


cdef object _make_integer(int64_t value):
    # int's own constructor, without the way through DICOMIntegerString.__new__.
    cdef tuple arguments = (value,)
    result = (<PyTypeObject*>int).tp_new(DICOMIntegerString, <PyObject*>arguments, NULL)
    # It refers to nothing but its class, and thousands of them would keep the garbage collector busy.
    PyObject_GC_UnTrack(<void*>result)
    return result


cdef object integer_from_bytes(const uint8_t* text, Py_ssize_t length):
    """Return the value of one component of an IS value field, or None if it is no integer of 32 bits. Any length is read."""
    cdef int64_t value
    cdef Py_ssize_t first_digit
    _trim(&text, &length)
    if parse_integer(text, length, &value) != NUMBER_OK:
        return None
    first_digit = text[0] == c'-'
    if text[0] != c'+' and (text[first_digit] != c'0' or length == 1):
        return _make_integer(value)
    return _restore_integer(value, text[:length].decode("ascii"))


def _restore_integer(value, text):
    """Make a value again from its pickle."""
    if text == int.__repr__(value):
        return _make_integer(value)
    result = int.__new__(_SpelledIntegerString, value)
    result.__dict__["_text"] = text
    return result


cdef object _parse_integer_value(bytes text):
    return integer_from_bytes(text, len(text)) if len(text) <= MAX_INTEGER_LENGTH else None
