"""The index that reading makes of a data set, and what its records say about the bytes (PS3.5 7).

Every offset in a record was checked against the end of the data when it was made, so nothing here checks one again.
"""

from cpython.buffer cimport PyBuffer_Release
from cpython.bytes cimport PyBytes_AS_STRING
from cython cimport final
from libc.stdint cimport uint8_t, uint32_t, uint64_t

from dicomkit._core.block_pool cimport give_block

__all__ = ["ElementIndex"]

cdef enum:
    UNDEFINED = 0xFFFFFFFF
    ITEM_DELIMITATION = 0xFFFEE00D
    SEQUENCE_DELIMITATION = 0xFFFEE0DD

_ANOMALY_TEXT = (
    "a Value Representation that PS3.5 6.2 does not have",
    "an element without VR in an explicit VR data set",
    "explicit VR in an implicit VR data set",
    "a delimiter that closes nothing",
    "encapsulated pixel data without its delimiter",
    "elements out of order",
    "an element that stands there twice",
    "a value of odd length",
    "bytes after the last element",
    "an element of the File Meta Information in the data set",
)


@final
cdef class ElementIndex:
    """Where the elements of a data set lie in a buffer, which it keeps alive. Immutable once made."""

    def __init__(self):
        raise TypeError("an ElementIndex is made by reading")

    def __dealloc__(self):
        give_block(self.records)
        PyBuffer_Release(&self.view)

    def __len__(self):
        return self.count

    cdef uint64_t header_offset(self, uint32_t record) noexcept nogil:
        return self.records[record].value_offset - (12 if self.records[record].flags & LONG_HEADER else 8)

    @property
    def buffer(self):
        """The bytes that offsets count in, as a read-only memoryview; without a tail that lies elsewhere."""
        if self.view.buf is NULL:
            raise ValueError("this index was not made by reading")
        return memoryview(<object>self.view.obj).cast("B").toreadonly()

    @property
    def has_anomalies(self):
        """Whether anything was wrong and could be read all the same."""
        return self.anomalies != 0

    @property
    def found_anomalies(self):
        """What was wrong and could be read all the same: a list of ``(description, offset, tag or None)``."""
        return [
            (_ANOMALY_TEXT[bit], self.anomaly_locations[bit].offset, self.anomaly_locations[bit].tag or None)
            for bit in range(len(_ANOMALY_TEXT)) if self.anomalies >> bit & 1
        ]

    cdef const uint8_t* load(self, uint64_t offset, uint64_t length) except NULL:
        """Return the address of a range of the data, which the records prove to be inside of it."""
        if self.source is not None:
            self.source.ensure(offset, length)
        elif self.tail is not None and offset + length > self.size:
            if offset >= self.size:
                return <const uint8_t*>PyBytes_AS_STRING(self.tail) + (offset - self.size)
            if self.joined is None:
                joined = bytes(self.buffer) + self.tail
                if self.joined is None:     # still: whoever was first may have handed out addresses in it
                    self.joined = joined
            return <const uint8_t*>PyBytes_AS_STRING(self.joined) + offset
        return self.data + offset

    cdef uint64_t end_of_value(self, uint32_t record) noexcept nogil:
        """Where the value field ends, without the delimiter of an undefined length."""
        cdef Element* element = &self.records[record]
        cdef Element* last
        cdef uint64_t end = element.value_offset
        if not element.flags & UNDEFINED_LENGTH:
            end += element.length
        elif element.next > record + 1:
            last = &self.records[element.next - 1]
            if last.tag == ITEM_DELIMITATION or last.tag == SEQUENCE_DELIMITATION:
                end = last.value_offset - 8
            else:
                # Without its delimiter: pixel data that ends with the data, or what was damaged and partly read.
                end = last.value_offset + (0 if last.length == UNDEFINED else last.length)
        # What is only partly there has a length that passes the end.
        return end if end < self.end_offset else self.end_offset

    cdef object range_view(self, uint64_t start, uint64_t end):
        """A range of the data as a read-only memoryview."""
        self.load(start, end - start)
        if self.tail is None or end <= self.size:
            return self.buffer[start:end]
        if start >= self.size:
            return memoryview(self.tail)[start - self.size:end - self.size]
        return memoryview(self.joined)[start:end]

    cdef object bytes_around(self, uint64_t start, uint64_t end):
        """Something bytes-like that holds a range of the data at its offsets, for another scan."""
        self.load(start, end - start)
        if self.tail is None or end <= self.size:
            return <object>self.view.obj
        self.load(self.size - 1, 2)     # which joins them
        return self.joined
