"""DS and IS text to numbers and back (PS3.5 6.2).

The kernels read ASCII bytes and nothing else: no locale, no ``nan``, ``inf``, underscore or hexadecimal. A decimal is
correctly rounded, or handed to ``float()`` by the boundary: an answer never differs from Python's in the last bit.
"""

from libc.math cimport isinf
from libc.stdint cimport INT32_MAX, int64_t, uint8_t, uint64_t

from dicomkit.errors import InvalidValueError

cdef extern from *:
    """
    #include <math.h>
    #include <stdint.h>

    /* Round mantissa * 10^exponent once. 1: it takes more bits than there are, 0: done. The mantissa is not 0. */
    static int dk_scale_exactly(uint64_t mantissa, Py_ssize_t exponent, double* out) {
    #if defined(__SIZEOF_INT128__)
        unsigned __int128 power = 1, scaled, quotient;
        int shift;
        Py_ssize_t i;
        if (exponent > 27 || exponent < -27)    /* 5^27 is the last power of five below 2^63 */
            return 1;
        for (i = exponent > 0 ? exponent : -exponent; i > 0; i--)
            power *= 5;
        if (exponent >= 0) {
            /* Below 2^127, so exact; the conversion rounds to nearest even, ldexp only moves the exponent. */
            *out = ldexp((double)(mantissa * power), (int)exponent);
            return 0;
        }
        shift = 63 + __builtin_clzll(mantissa);
        scaled = (unsigned __int128)mantissa << shift;
        /* 2^126 / 2^63 at least: 63 bits or more, so the remainder matters for ties only: the last bit has room for it. */
        quotient = scaled / power;
        quotient |= quotient * power != scaled;
        *out = ldexp((double)quotient, (int)exponent - shift);
        return 0;
    #else
        return 1;
    #endif
    }
    """
    int _scale_exactly "dk_scale_exactly"(uint64_t mantissa, Py_ssize_t exponent, double* out) noexcept nogil

__all__ = ["count_components", "decimal_values", "format_decimal", "integer_values"]

cdef double* POWERS_OF_TEN = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11,
    1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
]

cdef enum:
    MAX_EXACT_POWER_OF_TEN = 22  # 10**22 is the last power of ten that a double holds exactly
    MAX_MANTISSA_DIGITS = 19  # 10**19 - 1 is below 2**64
    MAX_DECIMAL_LENGTH = 16  # PS3.5 Table 6.2-1
    EXPONENT_CEILING = 100_000  # more than any double; keeps the sum of exponents from overflowing


cdef inline int _scale(uint64_t mantissa, Py_ssize_t exponent, double* out) noexcept nogil:
    """Give ``mantissa * 10**exponent`` as the nearest double."""
    if mantissa <= (<uint64_t>1 << 53) and -MAX_EXACT_POWER_OF_TEN <= exponent <= MAX_EXACT_POWER_OF_TEN:
        # Both operands are exact, hence the one operation rounds correctly.
        if exponent < 0:
            out[0] = <double>mantissa / POWERS_OF_TEN[-exponent]
        else:
            out[0] = <double>mantissa * POWERS_OF_TEN[exponent]
        return NUMBER_OK
    if mantissa == 0:
        out[0] = 0.0
        return NUMBER_OK
    return _scale_exactly(mantissa, exponent, out)


cdef inline bint _is_digit(uint8_t character) noexcept nogil:
    return <uint8_t>(character - c'0') <= 9


cdef inline int _scan_exponent(const uint8_t** cursor, const uint8_t* end, Py_ssize_t* exponent) noexcept nogil:
    """Add the digits after an E to ``exponent``."""
    cdef const uint8_t* p = cursor[0]
    cdef Py_ssize_t value = 0
    cdef bint negative = False
    if p < end and (p[0] == c'-' or p[0] == c'+'):
        negative = p[0] == c'-'
        p += 1
    if p == end or not _is_digit(p[0]):
        return NUMBER_INVALID
    while p < end and _is_digit(p[0]):
        if value < EXPONENT_CEILING:
            value = value * 10 + (p[0] - c'0')
        p += 1
    exponent[0] += -value if negative else value
    cursor[0] = p
    return NUMBER_OK


cdef inline bint _has_many_digits(const uint8_t* p, const uint8_t* end) noexcept nogil:
    """Tell whether the significant digits of a number exceed what 64 bits hold; leading zeros don't count."""
    cdef Py_ssize_t count = 0
    while p < end and (_is_digit(p[0]) or p[0] == c'.'):
        if p[0] != c'.' and (count or p[0] != c'0'):
            count += 1
        p += 1
    return count > MAX_MANTISSA_DIGITS


cdef inline int _scan_decimal(const uint8_t** cursor, const uint8_t* end, double* out) noexcept nogil:
    """Read one decimal up to a backslash or ``end``, and leave the cursor there, unless it is invalid."""
    cdef const uint8_t* p = cursor[0]
    cdef const uint8_t* digits
    cdef const uint8_t* fraction
    cdef uint64_t mantissa = 0
    cdef uint8_t digit
    cdef Py_ssize_t digit_count, exponent = 0
    cdef bint negative = False
    cdef int status
    while p < end and p[0] == c' ':
        p += 1
    if p < end and (p[0] == c'-' or p[0] == c'+'):
        negative = p[0] == c'-'
        p += 1
    digits = p
    while p < end:
        digit = <uint8_t>(p[0] - c'0')
        if digit > 9:
            break
        mantissa = mantissa * 10 + digit
        p += 1
    digit_count = p - digits
    if p < end and p[0] == c'.':
        p += 1
        fraction = p
        while p < end:
            digit = <uint8_t>(p[0] - c'0')
            if digit > 9:
                break
            mantissa = mantissa * 10 + digit
            p += 1
        exponent = fraction - p
        digit_count -= exponent
    if digit_count == 0:
        return NUMBER_INVALID
    if p < end and p[0] != c'\\':
        if (p[0] | 0x20) == c'e':
            p += 1
            if _scan_exponent(&p, end, &exponent) != NUMBER_OK:
                return NUMBER_INVALID
        while p < end and (p[0] == c' ' or p[0] == 0):
            p += 1
        if p < end and p[0] != c'\\':
            return NUMBER_INVALID
    cursor[0] = p
    if digit_count > MAX_MANTISSA_DIGITS and _has_many_digits(digits, end):
        return NUMBER_NEEDS_EXACT
    status = _scale(mantissa, exponent, out)
    if negative:
        out[0] = -out[0]
    return status


cdef int parse_decimal(const uint8_t* text, Py_ssize_t length, double* out) noexcept nogil:
    """Read the one decimal that ``text`` is."""
    cdef const uint8_t* cursor = text
    cdef int status = _scan_decimal(&cursor, text + length, out)
    if status != NUMBER_INVALID and cursor != text + length:
        return NUMBER_INVALID  # it stopped at a backslash
    return status


cdef inline int _scan_integer(const uint8_t** cursor, const uint8_t* end, int64_t* out) noexcept nogil:
    """Read one integer up to a backslash or ``end``, and leave the cursor there, unless it is invalid."""
    cdef const uint8_t* p = cursor[0]
    cdef const uint8_t* digits
    cdef int64_t value = 0
    cdef bint negative = False
    while p < end and p[0] == c' ':
        p += 1
    if p < end and (p[0] == c'-' or p[0] == c'+'):
        negative = p[0] == c'-'
        p += 1
    digits = p
    while p < end and _is_digit(p[0]):
        value = value * 10 + (p[0] - c'0')
        if value > <int64_t>INT32_MAX + 1:
            return NUMBER_INVALID
        p += 1
    if p == digits:
        return NUMBER_INVALID
    while p < end and (p[0] == c' ' or p[0] == 0):
        p += 1
    if p < end and p[0] != c'\\':
        return NUMBER_INVALID
    if negative:
        value = -value
    elif value > INT32_MAX:
        return NUMBER_INVALID
    cursor[0] = p
    out[0] = value
    return NUMBER_OK


cdef int parse_integer(const uint8_t* text, Py_ssize_t length, int64_t* out) noexcept nogil:
    """Read the one integer, of 32 bits, that ``text`` is."""
    cdef const uint8_t* cursor = text
    cdef int status = _scan_integer(&cursor, text + length, out)
    if status == NUMBER_OK and cursor != text + length:
        return NUMBER_INVALID
    return status


cdef Py_ssize_t count_values(const uint8_t* text, Py_ssize_t length) noexcept nogil:
    """Count the backslash-separated values; none in an empty text or one of nothing but padding."""
    cdef Py_ssize_t i, separators = 0
    cdef uint8_t others = 0
    for i in range(length):
        separators += text[i] == c'\\'
    if separators:
        return separators + 1
    for i in range(length):
        if text[i] != c' ' and text[i] != 0:
            return 1
    return 0


cdef int parse_decimal_exact(const uint8_t* text, Py_ssize_t length, double* out) except -1:
    """Read the one decimal that ``text`` is; where 128 bits don't suffice, ``float()`` rounds."""
    cdef int status = parse_decimal(text, length, out)
    if status == NUMBER_NEEDS_EXACT:
        # The grammar has been checked, and is a part of float()'s.
        out[0] = float((<bytes>text[:length]).strip(b" \0"))
        if isinf(out[0]):
            return NUMBER_INVALID
        return NUMBER_OK
    return status


cdef const uint8_t* _component_end(const uint8_t* p, const uint8_t* end) noexcept nogil:
    while p < end and p[0] != c'\\':
        p += 1
    return p


cdef Py_ssize_t _decimal_run(
    const uint8_t** cursor, const uint8_t* end, double* out, Py_ssize_t count, int* status
) noexcept nogil:
    """Read up to ``count`` decimals; stop, with the cursor at its start, at one that is not easy. Give the number read."""
    cdef const uint8_t* p = cursor[0]
    cdef Py_ssize_t i
    for i in range(count):
        cursor[0] = p
        status[0] = _scan_decimal(&p, end, out + i)
        if status[0] != NUMBER_OK:
            return i
        p += 1  # past the backslash; beyond the end after the last value, where nobody looks
    cursor[0] = p
    return count


cdef Py_ssize_t decimals_from_bytes(
    const uint8_t* text, Py_ssize_t length, double* out, Py_ssize_t capacity
) except -1:
    """Write all decimals of ``text`` to ``out``, and give their number. Releases the GIL.

    Raises
    ------
    InvalidValueError
        If one is no decimal; it names its index.
    ValueError
        If ``out`` is too small.
    """
    cdef const uint8_t* cursor = text
    cdef const uint8_t* end = text + length
    cdef const uint8_t* stop
    cdef Py_ssize_t count, done = 0
    cdef int status = NUMBER_OK
    with nogil:
        count = count_values(text, length)
    if count > capacity:
        raise ValueError(f"{count} values do not fit in {capacity}")
    while True:
        with nogil:
            done += _decimal_run(&cursor, end, out + done, count - done, &status)
        if done == count:
            return count
        if status == NUMBER_NEEDS_EXACT:
            stop = _component_end(cursor, end)
            status = parse_decimal_exact(cursor, stop - cursor, out + done)
            cursor = stop + 1
        if status != NUMBER_OK:
            raise InvalidValueError(f"value {done + 1} of {count} is no decimal number")
        done += 1


cdef Py_ssize_t integers_from_bytes(
    const uint8_t* text, Py_ssize_t length, int64_t* out, Py_ssize_t capacity
) except -1:
    """Write all integers of ``text`` to ``out``, and give their number. Releases the GIL.

    Raises
    ------
    InvalidValueError
        If one is no integer of 32 bits; it names its index.
    ValueError
        If ``out`` is too small.
    """
    cdef const uint8_t* cursor = text
    cdef const uint8_t* end = text + length
    cdef Py_ssize_t count, i
    cdef int status = NUMBER_OK
    with nogil:
        count = count_values(text, length)
    if count > capacity:
        raise ValueError(f"{count} values do not fit in {capacity}")
    with nogil:
        for i in range(count):
            status = _scan_integer(&cursor, end, out + i)
            if status != NUMBER_OK:
                break
            cursor += 1
    if status != NUMBER_OK:
        raise InvalidValueError(f"value {i + 1} of {count} is no integer of 32 bits")
    return count


def count_components(const uint8_t[::1] text not None):
    """Return how many backslash-separated values ``text`` holds: 0 when it is empty or only padding (PS3.5 6.4)."""
    return count_values(&text[0], text.shape[0]) if text.shape[0] else 0


def decimal_values(const uint8_t[::1] text not None, double[::1] out not None):
    """Write the decimals of a DS value field to ``out`` and return their number (PS3.5 6.2).

    Raises
    ------
    InvalidValueError
        If one of them is no finite decimal number, or empty.
    ValueError
        If ``out`` is too small.
    """
    if text.shape[0] == 0:
        return 0
    return decimals_from_bytes(&text[0], text.shape[0], &out[0] if out.shape[0] else NULL, out.shape[0])


def integer_values(const uint8_t[::1] text not None, int64_t[::1] out not None):
    """Write the integers of an IS value field to ``out`` and return their number (PS3.5 6.2).

    Raises
    ------
    InvalidValueError
        If one of them is no integer from -2**31 to 2**31 - 1, or empty.
    ValueError
        If ``out`` is too small.
    """
    if text.shape[0] == 0:
        return 0
    return integers_from_bytes(&text[0], text.shape[0], &out[0] if out.shape[0] else NULL, out.shape[0])


def format_decimal(double value):
    """Return the DS text of a number: its shortest decimal when 16 bytes hold it, else the nearest that they hold.

    Fixed point is preferred, then an exponent; the zero before the point goes only where that gains a digit.

    Raises
    ------
    InvalidValueError
        If the number is not finite.
    """
    cdef double magnitude = abs(value)
    cdef int count
    if not magnitude < float("inf"):
        raise InvalidValueError("only finite numbers have a DS text")
    cdef str shortest = repr(value)
    cdef str plain = shortest[:-2] if shortest.endswith(".0") else shortest
    if len(plain) <= MAX_DECIMAL_LENGTH and "e" not in plain:
        return plain        # which is nearly always all that there is to do
    sign = "-" if shortest[0] == "-" else ""
    if magnitude == 0.0:
        return sign + "0"
    exact_digits, exact_exponent = _split_digits(repr(magnitude))
    if len(exact_digits) <= MAX_DECIMAL_LENGTH:
        text = _lay_out(sign, exact_digits, exact_exponent)
        if text is not None:
            return text
    for count in range(MAX_DECIMAL_LENGTH, 0, -1):
        digits, exponent = _split_digits(f"{magnitude:.{count - 1}e}")
        text = _lay_out(sign, digits, exponent)
        if text is not None:
            if not isinf(<double>float(text)):
                return text
            # Rounded up beyond the largest double: cut the digits instead.
            return _lay_out(sign, exact_digits[:count].rstrip("0"), exact_exponent)
    raise AssertionError("one digit and an exponent always fit")


def _split_digits(str text):
    """Split the ``repr`` of a positive float into its significant digits and the exponent of ten of the first."""
    mantissa, _, exponent = text.partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = (whole + fraction).lstrip("0")
    leading = len(whole) - 1 if whole != "0" else len(digits) - len(fraction) - 1
    return digits.rstrip("0"), leading + int(exponent or "0")


def _lay_out(str sign, str digits, exponent):
    """Write significant digits in at most 16 characters, or return None."""
    count = len(digits)
    if exponent >= count - 1:
        fixed = digits + "0" * (exponent - count + 1) if exponent < MAX_DECIMAL_LENGTH else ""
    elif exponent >= 0:
        fixed = f"{digits[:exponent + 1]}.{digits[exponent + 1:]}"
    else:
        fixed = "0." + "0" * (-exponent - 1) + digits if -exponent < MAX_DECIMAL_LENGTH else ""
    fraction = f".{digits[1:]}" if count > 1 else ""
    for text in (fixed, f"{digits[0]}{fraction}E{exponent}", f"{digits}E{exponent - count + 1}", fixed.removeprefix("0")):
        if text and len(sign) + len(text) <= MAX_DECIMAL_LENGTH:
            return sign + text
    return None
