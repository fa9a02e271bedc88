"""Other numbers of rows and columns: the mean of what a new one covers (PS3.3 C.7.6.3.1.7, 10.7). Releases the GIL."""

from libc.stdint cimport int32_t, uint8_t

from dicomkit._core.dispatch cimport dispatched

__all__ = ["resample"]

cdef enum:
    BLOCK = 2048            # samples whose sums lie on the stack
    MOST_LINES = 65537      # so many of 255 add up to an int32_t, and their mean is exact in double precision
# A little more than a half: what is a tie by the formula stays one when floating point has come out a hair below it.
cdef double HALF_UP = 0.5 + 1e-5


cdef dispatched _mean(
    const uint8_t* lines, uint8_t* out, Py_ssize_t inner, Py_ssize_t first, Py_ssize_t last,
    double first_weight, double last_weight, double factor,
) noexcept nogil:
    """One new line: the first and the last old one by their weights, those between in full."""
    cdef int32_t[BLOCK] sums
    cdef Py_ssize_t start = 0, count, i, line
    cdef const uint8_t* top
    cdef const uint8_t* bottom
    while start < inner:
        count = BLOCK if inner - start > BLOCK else inner - start
        for i in range(count):
            sums[i] = 0
        for line in range(first + 1, last):
            top = lines + line * inner + start
            for i in range(count):
                sums[i] += top[i]
        top, bottom = lines + first * inner + start, lines + last * inner + start
        for i in range(count):
            out[start + i] = <uint8_t><int32_t>((sums[i] + first_weight * top[i] + last_weight * bottom[i]) * factor + HALF_UP)
        start += count


cdef void _mean_of_few(
    const uint8_t* lines, uint8_t* out, Py_ssize_t inner, Py_ssize_t first, Py_ssize_t last,
    double first_weight, double last_weight, double factor,
) noexcept nogil:
    """The same for lines of a sample or three: the columns of a picture."""
    cdef int32_t total
    cdef Py_ssize_t i, line
    for i in range(inner):
        total = 0
        for line in range(first + 1, last):
            total += lines[line * inner + i]
        out[i] = <uint8_t><int32_t>(
            (total + first_weight * lines[first * inner + i] + last_weight * lines[last * inner + i]) * factor + HALF_UP
        )


cdef inline double _width(Py_ssize_t first, Py_ssize_t last, double first_weight, double last_weight) noexcept nogil:
    return first_weight + last_weight + (last - first - 1 if last > first else 0)


def resample(
    const uint8_t[::1] picture not None, Py_ssize_t line_count, Py_ssize_t inner, const Py_ssize_t[::1] first not None,
    const Py_ssize_t[::1] last not None, const double[::1] first_weight not None, const double[::1] last_weight not None,
    uint8_t[::1] out not None,
):
    """Write, for each part of a picture and each new line, the mean of the old lines that it covers, rounded half up.

    Parameters
    ----------
    picture
        Whole parts of ``line_count`` lines of ``inner`` samples: one part of all rows, or each row as a part whose lines are pixels.
    first, last
        The first and last old line of each new one.
    first_weight, last_weight
        How much of them counts, from 0 to 1; those between count in full. If both are the same line, its weights are added.
    out
        As many parts, of as many lines as ``first`` has.

    Raises
    ------
    ValueError
        If a size is wrong, a line is not there, or the buffers overlap.
    """
    cdef Py_ssize_t new_count = first.shape[0], part_length, parts, part, i
    cdef double width
    if inner < 1 or not 1 <= line_count <= MOST_LINES or inner > picture.shape[0] // line_count:
        raise ValueError(f"{line_count} lines of {inner} samples in {picture.shape[0]} bytes")
    part_length = line_count * inner
    parts = picture.shape[0] // part_length
    if last.shape[0] != new_count or first_weight.shape[0] != new_count or last_weight.shape[0] != new_count or not new_count:
        raise ValueError("not the same number of new lines")
    if picture.shape[0] % part_length or out.shape[0] % parts or out.shape[0] // parts != new_count * inner:
        raise ValueError(f"{picture.shape[0]} bytes to {out.shape[0]}: not the same number of parts")
    if &picture[0] < &out[0] + out.shape[0] and &out[0] < &picture[0] + picture.shape[0]:
        raise ValueError("the buffers overlap")
    for i in range(new_count):
        if not 0 <= first[i] <= last[i] < line_count:
            raise ValueError(f"no lines from {first[i]} to {last[i]}")
        if not (0 <= first_weight[i] <= 1 and 0 <= last_weight[i] <= 1 and _width(first[i], last[i], first_weight[i], last_weight[i]) >= 0.5):
            raise ValueError("a weight is not from 0 to 1, or nothing has any")
    with nogil:
        for part in range(parts):
            for i in range(new_count):
                width = _width(first[i], last[i], first_weight[i], last_weight[i])
                if inner > 16:
                    _mean(&picture[part * part_length], &out[(part * new_count + i) * inner], inner, first[i], last[i],
                          first_weight[i], last_weight[i], 1.0 / width)
                else:
                    _mean_of_few(&picture[part * part_length], &out[(part * new_count + i) * inner], inner, first[i], last[i],
                                 first_weight[i], last_weight[i], 1.0 / width)
