"""Stored values to what they mean, and on to grey or colour: tables, windows, rescale (PS3.3 C.7.6.3.1.5, C.11.1, C.11.2).

Cells come as bytes, at any alignment: little-endian integers of ``itemsize`` bytes. Everything releases the GIL.
"""

from libc.math cimport exp, fabs, floor
from libc.stdint cimport int8_t, int16_t, int32_t, uint8_t, uint16_t, uint32_t, uint64_t
from libc.string cimport memcpy

from dicomkit._core.dispatch cimport dispatched

__all__ = ["apply_palette", "apply_ramp", "apply_table", "apply_window", "rescale_to_float32", "rescale_to_int16"]

ctypedef fused unsigned_t:
    uint8_t
    uint16_t

ctypedef fused small_t:
    uint8_t
    int8_t
    uint16_t
    int16_t

ctypedef fused integer_t:
    uint8_t
    int8_t
    uint16_t
    int16_t
    uint32_t
    int32_t

ctypedef fused real_t:
    float
    double

# A little more than a half: what is a tie by the formula stays one when floating point has come out a hair below it.
cdef double HALF_UP = 0.5 + 1e-9
# exp() of more than this overflows; the sigmoid is 0 or 1 to the last bit long before.
cdef double LARGEST_EXPONENT = 700.0
# What a float holds exactly.
cdef double EXACT_FLOAT = 16777216.0
# A little less than what converts to an int32_t.
cdef double LARGEST_INT32 = 2147483000.0


cdef Py_ssize_t _count(Py_ssize_t length, Py_ssize_t itemsize, Py_ssize_t out_length, Py_ssize_t out_itemsize) except -1:
    """Check that two buffers hold the same number of whole items, and return it."""
    if length % itemsize or out_length % out_itemsize or length // itemsize != out_length // out_itemsize:
        raise ValueError(f"{length} bytes to {out_length}: not the same number of items of {itemsize} and {out_itemsize} bytes")
    return length // itemsize


cdef void _table(const uint8_t* cells, const uint8_t* table, uint8_t* out, Py_ssize_t count, unsigned_t kind) noexcept nogil:
    cdef Py_ssize_t i
    cdef unsigned_t cell
    for i in range(count):
        memcpy(&cell, cells + i * sizeof(unsigned_t), sizeof(unsigned_t))
        out[i] = table[cell]


def apply_table(const uint8_t[::1] cells not None, int itemsize, const uint8_t[::1] table not None, uint8_t[::1] out not None):
    """Write the entry of a table that each cell selects.

    Parameters
    ----------
    cells
        Cells of ``itemsize`` bytes, 1 or 2, read as unsigned numbers.
    table
        256 or 65536 entries, one for each cell there can be.
    out
        A byte for each cell.

    Raises
    ------
    ValueError
        If a size is wrong.
    """
    if itemsize not in (1, 2) or table.shape[0] != 1 << 8 * itemsize:
        raise ValueError(f"a table of {table.shape[0]} entries for cells of {itemsize} bytes")
    cdef Py_ssize_t count = _count(cells.shape[0], itemsize, out.shape[0], 1)
    if count == 0:
        return
    with nogil:
        if itemsize == 1:
            _table[uint8_t](&cells[0], &table[0], &out[0], count, 0)
        else:
            _table[uint16_t](&cells[0], &table[0], &out[0], count, 0)


cdef void _palette_of_bytes(const uint8_t* cells, const uint8_t* table, uint8_t* out, Py_ssize_t count) noexcept nogil:
    # A pair of pixels is the entry of one table or that of the other, stored as eight bytes, of which the next pair overwrites the
    # last two: so one pixel must follow. Eight cells come in one load.
    cdef uint64_t[256] first
    cdef uint64_t[256] second
    cdef uint64_t block, both
    cdef uint32_t color
    cdef Py_ssize_t i = 0, k
    for k in range(256):
        memcpy(&color, table + 4 * k, 4)
        first[k] = color & 0xFFFFFF
        second[k] = first[k] << 24
    while i + 8 < count:
        memcpy(&block, cells + i, 8)
        for k in range(4):
            both = first[<uint8_t>block] | second[<uint8_t>(block >> 8)]
            memcpy(out + 3 * (i + 2 * k), &both, 8)
            block >>= 16
        i += 8
    for i in range(i, count):
        memcpy(out + 3 * i, table + 4 * <Py_ssize_t>cells[i], 3)


cdef void _palette_of_words(const uint8_t* cells, const uint8_t* table, uint8_t* out, Py_ssize_t count) noexcept nogil:
    # As above, with one table: two of 65536 colours would not stay in the cache.
    cdef Py_ssize_t i = 0
    cdef uint16_t cell, next_cell
    cdef uint32_t first, second
    cdef uint64_t both
    while i + 2 < count:
        memcpy(&cell, cells + 2 * i, 2)
        memcpy(&next_cell, cells + 2 * i + 2, 2)
        memcpy(&first, table + 4 * <Py_ssize_t>cell, 4)
        memcpy(&second, table + 4 * <Py_ssize_t>next_cell, 4)
        both = (first & 0xFFFFFF) | (<uint64_t>second << 24)
        memcpy(out + 3 * i, &both, 8)
        i += 2
    for i in range(i, count):
        memcpy(&cell, cells + 2 * i, 2)
        memcpy(out + 3 * i, table + 4 * <Py_ssize_t>cell, 3)


def apply_palette(const uint8_t[::1] cells not None, int itemsize, const uint8_t[::1] table not None, uint8_t[::1] out not None):
    """Write the colour that each cell selects.

    Parameters
    ----------
    cells
        Cells of ``itemsize`` bytes, 1 or 2, read as unsigned numbers.
    table
        256 or 65536 colours of four bytes: red, green, blue, and one that is not used.
    out
        Three bytes for each cell.

    Raises
    ------
    ValueError
        If a size is wrong.
    """
    if itemsize not in (1, 2) or table.shape[0] != 4 << 8 * itemsize:
        raise ValueError(f"a palette of {table.shape[0]} bytes for cells of {itemsize} bytes")
    cdef Py_ssize_t count = _count(cells.shape[0], itemsize, out.shape[0], 3)
    if count == 0:
        return
    with nogil:
        if itemsize == 1:
            _palette_of_bytes(&cells[0], &table[0], &out[0], count)
        else:
            _palette_of_words(&cells[0], &table[0], &out[0], count)


cdef dispatched _ramp(const uint8_t* cells, uint8_t* out, Py_ssize_t count, float scale, float offset, small_t kind) noexcept nogil:
    cdef Py_ssize_t i
    cdef small_t cell
    cdef int32_t grey
    for i in range(count):
        memcpy(&cell, cells + i * sizeof(small_t), sizeof(small_t))
        # Integers are clamped, not floats: compilers vectorise only that without -ffast-math.
        grey = <int32_t>(<float>cell * scale + offset)
        grey = grey if grey > 0 else 0
        grey = grey if grey < 255 else 255
        out[i] = <uint8_t>grey


def apply_ramp(const uint8_t[::1] cells not None, int itemsize, bint is_signed, double scale, double offset, uint8_t[::1] out not None):
    """Write ``cell * scale + offset``, cut to an integer and clamped to 0 to 255, in single precision.

    Several times faster than a table, and for most windows the same: whoever uses it compares the two first.

    Parameters
    ----------
    cells
        Cells of ``itemsize`` bytes, 1 or 2.
    out
        A byte for each cell.

    Raises
    ------
    ValueError
        If a size is wrong, or results are too large for 32 bits.
    """
    if itemsize not in (1, 2):
        raise ValueError(f"cells of {itemsize} bytes")
    if not fabs(scale) * 65536.0 + fabs(offset) < LARGEST_INT32:
        raise ValueError("the ramp is too steep")
    cdef Py_ssize_t count = _count(cells.shape[0], itemsize, out.shape[0], 1)
    if count == 0:
        return
    with nogil:
        if itemsize == 1:
            if is_signed:
                _ramp[int8_t](&cells[0], &out[0], count, <float>scale, <float>offset, 0)
            else:
                _ramp[uint8_t](&cells[0], &out[0], count, <float>scale, <float>offset, 0)
        elif is_signed:
            _ramp[int16_t](&cells[0], &out[0], count, <float>scale, <float>offset, 0)
        else:
            _ramp[uint16_t](&cells[0], &out[0], count, <float>scale, <float>offset, 0)


cdef dispatched _linear_window(const double* values, uint8_t* out, Py_ssize_t count, double middle, double width) noexcept nogil:
    cdef Py_ssize_t i
    cdef double low = middle - width / 2, high = middle + width / 2, display
    for i in range(count):
        display = (values[i] - middle) / width + 0.5
        display = display if display > 0.0 else 0.0     # what is not a number is black
        display = display if display < 1.0 else 1.0
        display = display if values[i] > low else 0.0
        display = 1.0 if values[i] > high else display
        out[i] = <uint8_t><int32_t>(display * 255.0 + HALF_UP)


cdef void _step(const double* values, uint8_t* out, Py_ssize_t count, double middle) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(count):
        out[i] = 255 if values[i] > middle else 0


cdef void _sigmoid_window(const double* values, uint8_t* out, Py_ssize_t count, double center, double width) noexcept nogil:
    cdef Py_ssize_t i
    cdef double exponent
    for i in range(count):
        exponent = -4.0 * (values[i] - center) / width
        if exponent != exponent:
            out[i] = 0
            continue
        exponent = exponent if exponent < LARGEST_EXPONENT else LARGEST_EXPONENT
        out[i] = <uint8_t><int32_t>(255.0 / (1.0 + exp(exponent)) + HALF_UP)


def apply_window(const double[::1] values not None, double center, double width, bint is_sigmoid, uint8_t[::1] out not None):
    """Write ``255 * y`` rounded half up, where ``y`` is what a ramp or a sigmoid makes of each value (PS3.3 C.11.2.1).

    Parameters
    ----------
    values
        Real-world values. What is not a number becomes 0.
    center, width
        Of the ramp: 0 up to ``center - width / 2``, 255 above ``center + width / 2``; a step at ``center`` if the width is 0 or less,
        or lost beside a huge center. Or those of the sigmoid, whose width is more than 0.
    out
        A byte for each value.

    Raises
    ------
    ValueError
        If a size is wrong.
    """
    cdef Py_ssize_t count = values.shape[0]
    if out.shape[0] != count:
        raise ValueError(f"{count} values to {out.shape[0]} bytes")
    if count == 0:
        return
    with nogil:
        if is_sigmoid:
            _sigmoid_window(&values[0], &out[0], count, center, width)
        elif width <= 0 or not center - width / 2 < center + width / 2:
            _step(&values[0], &out[0], count, center)
        else:
            _linear_window(&values[0], &out[0], count, center, width)


cdef dispatched _rescale(
    const uint8_t* cells, uint8_t* out, Py_ssize_t count, real_t slope, real_t intercept, integer_t kind
) noexcept nogil:
    cdef Py_ssize_t i
    cdef integer_t cell
    cdef float value
    for i in range(count):
        memcpy(&cell, cells + i * sizeof(integer_t), sizeof(integer_t))
        value = <float>(cell * slope + intercept)
        memcpy(out + i * sizeof(float), &value, sizeof(float))


cdef void _rescale_cells(
    const uint8_t* cells, uint8_t* out, Py_ssize_t count, double slope, double intercept, small_t kind
) noexcept nogil:
    # Integers below 2**24 are exact in single precision, on the way too: then it is twice as fast.
    if slope == floor(slope) and intercept == floor(intercept) and fabs(slope) * 65536.0 + fabs(intercept) < EXACT_FLOAT:
        _rescale[float, small_t](cells, out, count, <float>slope, <float>intercept, 0)
    else:
        _rescale[double, small_t](cells, out, count, slope, intercept, 0)


def rescale_to_float32(
    const uint8_t[::1] cells not None, int itemsize, bint is_signed, double slope, double intercept, uint8_t[::1] out not None
):
    """Write ``slope * cell + intercept`` as IEEE 754 binary32, calculated in double precision and rounded once at the end.

    Parameters
    ----------
    cells
        Cells of ``itemsize`` bytes, 1, 2 or 4.
    out
        Four bytes for each cell.

    Raises
    ------
    ValueError
        If a size is wrong.
    """
    if itemsize not in (1, 2, 4):
        raise ValueError(f"cells of {itemsize} bytes")
    cdef Py_ssize_t count = _count(cells.shape[0], itemsize, out.shape[0], 4)
    if count == 0:
        return
    with nogil:
        if itemsize == 1:
            if is_signed:
                _rescale_cells[int8_t](&cells[0], &out[0], count, slope, intercept, 0)
            else:
                _rescale_cells[uint8_t](&cells[0], &out[0], count, slope, intercept, 0)
        elif itemsize == 2:
            if is_signed:
                _rescale_cells[int16_t](&cells[0], &out[0], count, slope, intercept, 0)
            else:
                _rescale_cells[uint16_t](&cells[0], &out[0], count, slope, intercept, 0)
        elif is_signed:
            _rescale[double, int32_t](&cells[0], &out[0], count, slope, intercept, 0)
        else:
            _rescale[double, uint32_t](&cells[0], &out[0], count, slope, intercept, 0)


cdef dispatched _rescale_exactly(
    const uint8_t* cells, uint8_t* out, Py_ssize_t count, uint16_t slope, uint16_t intercept, small_t kind
) noexcept nogil:
    cdef Py_ssize_t i
    cdef small_t cell
    cdef uint16_t value
    for i in range(count):
        memcpy(&cell, cells + i * sizeof(small_t), sizeof(small_t))
        # Modulo 2**16, which is exact where the result fits; the wider unsigned type keeps C from promoting to signed.
        value = <uint16_t>(<uint32_t><uint16_t>cell * slope + intercept)
        memcpy(out + i * 2, &value, 2)


def rescale_to_int16(
    const uint8_t[::1] cells not None, int itemsize, bint is_signed, int slope, int intercept, uint8_t[::1] out not None
):
    """Write ``slope * cell + intercept`` as signed 16-bit integers, exact where it fits in them, else modulo ``2 ** 16``.

    Parameters
    ----------
    cells
        Cells of ``itemsize`` bytes, 1 or 2.
    out
        Two bytes for each cell.

    Raises
    ------
    ValueError
        If a size is wrong.
    """
    if itemsize not in (1, 2):
        raise ValueError(f"cells of {itemsize} bytes")
    cdef Py_ssize_t count = _count(cells.shape[0], itemsize, out.shape[0], 2)
    cdef uint16_t factor = <uint16_t>(slope & 0xFFFF), summand = <uint16_t>(intercept & 0xFFFF)
    if count == 0:
        return
    with nogil:
        if itemsize == 1:
            if is_signed:
                _rescale_exactly[int8_t](&cells[0], &out[0], count, factor, summand, 0)
            else:
                _rescale_exactly[uint8_t](&cells[0], &out[0], count, factor, summand, 0)
        elif is_signed:
            _rescale_exactly[int16_t](&cells[0], &out[0], count, factor, summand, 0)
        else:
            _rescale_exactly[uint16_t](&cells[0], &out[0], count, factor, summand, 0)
