"""The attributes of an image that all pixels need (PS3.3 C.7.6.3), read from the index of a file in one pass.

Asked for one by one, through keywords and elements, they took 28 us where a decoder had just been through the caches, a fifth of all
that dicomkit added to it; this takes 5.
"""

from cpython.unicode cimport PyUnicode_DecodeASCII
from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t

from dicomkit._core.byteorder cimport load16
from dicomkit._core.vr_code cimport VR_CS, VR_IS, VR_US
from dicomkit.dataset cimport DataSet
from dicomkit.element cimport fill_field
from dicomkit.values.decode cimport TELL, Field

__all__ = ["read_image_pixel"]

cdef enum:
    SAMPLES_PER_PIXEL = 0x00280002
    PHOTOMETRIC_INTERPRETATION = 0x00280004
    PLANAR_CONFIGURATION = 0x00280006
    NUMBER_OF_FRAMES = 0x00280008
    ROWS = 0x00280010
    COLUMNS = 0x00280011
    BITS_ALLOCATED = 0x00280100
    BITS_STORED = 0x00280101
    HIGH_BIT = 0x00280102
    PIXEL_REPRESENTATION = 0x00280103
    FLOAT_PIXEL_DATA = 0x7FE00008
    DOUBLE_FLOAT_PIXEL_DATA = 0x7FE00009
    PIXEL_DATA = 0x7FE00010
    ABSENT = -1
    UNUSUAL = -2
    RAISED = -3
    LONGEST_CODE = 16               # of CS (PS3.5 Table 6.2-1)
    MOST_DIGITS = 9                 # what 32 bits hold in any case


def read_image_pixel(DataSet data_set not None):
    """Read the numbers of an image with Pixel Data, as far as everything is as it should be.

    Returns
    -------
    tuple or None
        Rows, Columns, Bits Allocated, Bits Stored, High Bit, Pixel Representation, Samples per Pixel, Photometric Interpretation, Planar
        Configuration and Number of Frames, with the defaults of :class:`PixelDataDescriptor`. None where an attribute is missing, has another VR
        or another number of values, where there is pixel data of two kinds, or where the data set was changed: who asks for one attribute after
        another learns what is wrong.
    """
    cdef int samples, planar, rows, columns, allocated, stored, high_bit, representation, frames
    cdef object colors
    if data_set.changes or data_set.index is None:
        return None
    # In the order of tags, in which looking up is fastest.
    samples = _number(data_set, SAMPLES_PER_PIXEL, 1)
    colors = _code(data_set, PHOTOMETRIC_INTERPRETATION)
    planar = _number(data_set, PLANAR_CONFIGURATION, 0)
    frames = _count(data_set, NUMBER_OF_FRAMES)
    rows, columns = _number(data_set, ROWS, UNUSUAL), _number(data_set, COLUMNS, UNUSUAL)
    allocated, stored = _number(data_set, BITS_ALLOCATED, UNUSUAL), _number(data_set, BITS_STORED, UNUSUAL)
    high_bit, representation = _number(data_set, HIGH_BIT, UNUSUAL), _number(data_set, PIXEL_REPRESENTATION, UNUSUAL)
    if min(samples, planar, frames, rows, columns, allocated, stored, high_bit, representation) < 0 or representation > 1:
        return None
    if colors is None or data_set.find(PIXEL_DATA) < 0:
        return None
    if data_set.find(FLOAT_PIXEL_DATA) >= 0 or data_set.find(DOUBLE_FLOAT_PIXEL_DATA) >= 0:
        return None
    return rows, columns, allocated, stored, high_bit, representation, samples, colors, planar, frames


cdef int _find(Field* field, DataSet data_set, uint32_t tag, uint16_t vr) except RAISED:
    """Find a value field; ABSENT if there is none, UNUSUAL if it is of another VR."""
    cdef int64_t record = data_set.find(tag)
    if record < 0:
        return ABSENT
    if data_set.index.records[record].vr != vr:
        return UNUSUAL
    fill_field(field, data_set.index, record, vr, TELL)
    return 0


cdef int _number(DataSet data_set, uint32_t tag, int default) except RAISED:
    """One value of US, or the default; UNUSUAL if it is anything else."""
    cdef Field field
    cdef int found = _find(&field, data_set, tag, VR_US)
    if found == ABSENT:
        return default
    if found != 0 or field.length != 2:
        return UNUSUAL      # not in one expression with a number that has no sign: it would lose its own
    return load16(field.data, field.is_big_endian)


cdef int _count(DataSet data_set, uint32_t tag) except RAISED:
    """One value of IS that is not negative, 1 if it is absent; UNUSUAL if it is anything but digits between spaces."""
    cdef Field field
    cdef int found = _find(&field, data_set, tag, VR_IS), count = 0
    cdef Py_ssize_t i = 0, end, start
    if found == ABSENT:
        return 1
    if found != 0:
        return UNUSUAL
    end = field.length
    while i < end and field.data[i] == c" ":
        i += 1
    while end > i and field.data[end - 1] == c" ":
        end -= 1
    start = i
    while i < end and c"0" <= field.data[i] <= c"9" and i - start < MOST_DIGITS:
        count = count * 10 + field.data[i] - c"0"
        i += 1
    if i < end or i == start:
        return UNUSUAL
    return count


cdef object _code(DataSet data_set, uint32_t tag):
    """One value of CS, MONOCHROME2 if it is absent; None if it is anything but capital letters, digits, spaces and underscores."""
    cdef Field field
    cdef int found = _find(&field, data_set, tag, VR_CS)
    cdef Py_ssize_t i, length
    cdef uint8_t c
    if found == ABSENT:
        return "MONOCHROME2"
    if found != 0:
        return None
    length = field.length
    if length and field.data[length - 1] == c" ":
        length -= 1
    if not 0 < length <= LONGEST_CODE or field.data[0] == c" " or field.data[length - 1] == c" ":
        return None
    for i in range(length):
        c = field.data[i]
        if not (c"A" <= c <= c"Z" or c"0" <= c <= c"9" or c == c"_" or c == c" "):
            return None
    return PyUnicode_DecodeASCII(<const char*>field.data, length, NULL)
