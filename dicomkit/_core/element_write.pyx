"""Tag writing: element headers and values to bytes, in each of the encodings of PS3.5 Annex A.

What must stay true here:

- A header says what follows: no length is cut to fit its field. What does not fit raises.
- Each value comes out with an even length (PS3.5 7.1.1), unless what was read is written as it was.
- Large values are not copied but kept by reference, and whoever asks for the output copies them once. So a writer holds the
  headers of a file, not its pixels.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from cpython.buffer cimport PyBuffer_FillInfo
from cython cimport final
from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t
from libc.string cimport memcpy

from dicomkit._core.block_pool cimport capacity_of, give_block, grow_block
from dicomkit._core.byteorder cimport load16, store16, store32, store_tag, swap16, swap32, swap64
from dicomkit._core.element_index cimport BIG_ENDIAN, IMPLICIT_VR, ElementIndex
from dicomkit._core.vr_code cimport *

from dicomkit.errors import InvalidValueError, LimitExceededError

__all__ = ["LARGE_VALUE", "ElementWriter"]

cdef enum:
    UNDEFINED = 0xFFFFFFFF
    LONGEST = 0xFFFFFFFE            # PS3.5 7.1.1: even, and not the undefined length
    LONGEST_SHORT = 0xFFFE          # PS3.5 6.2.2 note 5
    ITEM = 0xFFFEE000
    ITEM_DELIMITATION = 0xFFFEE00D
    SEQUENCE_DELIMITATION = 0xFFFEE0DD
    FIRST_CAPACITY = 32 * 1024
    LARGE = 16 * 1024               # from here on a reference costs less than a copy
    CHUNK = 1 << 20
    HEADER = 12

LARGE_VALUE = LARGE


# What writing needs to know of a VR, in one byte.
cdef enum:
    NUMBER_SIZE = 0x0F              # bytes of the numbers that a value is made of (PS3.5 7.3); 1 where byte order means nothing
    LONG_HEADER = 0x10              # two reserved bytes and a 32-bit length (PS3.5 Table 7.1-1)
    NUL_PADDED = 0x20               # padded with NUL, not with a space (PS3.5 6.2)

cdef uint8_t[676] TRAITS            # by letters; written here once


def _fill_traits():
    cdef int i
    for i in range(676):
        TRAITS[i] = 1
    for vrs, traits in (
        (b"OB SQ UN", 1 | LONG_HEADER | NUL_PADDED), (b"OW", 2 | LONG_HEADER | NUL_PADDED), (b"OF OL", 4 | LONG_HEADER | NUL_PADDED),
        (b"OD OV SV UV", 8 | LONG_HEADER | NUL_PADDED), (b"UC UR UT", 1 | LONG_HEADER), (b"UI", 1 | NUL_PADDED),
        (b"US SS AT", 2 | NUL_PADDED),          # a tag is two 16-bit numbers (PS3.5 7.1.1)
        (b"UL SL FL", 4 | NUL_PADDED), (b"FD", 8 | NUL_PADDED),
    ):
        for vr in vrs.split():
            TRAITS[(vr[0] - 65) * 26 + vr[1] - 65] = traits


_fill_traits()


cdef inline uint8_t traits_of(uint16_t vr) noexcept nogil:
    cdef unsigned int first = <unsigned int>(vr & 0xFF) - 65, second = <unsigned int>(vr >> 8) - 65
    return TRAITS[first * 26 + second] if first < 26 and second < 26 else 1


cdef void copy_swapped(const uint8_t* source, uint8_t* target, uint64_t length, int size) noexcept nogil:
    """Copy whole numbers in the opposite byte order."""
    cdef uint64_t i
    cdef uint16_t word
    cdef uint32_t double_word
    cdef uint64_t quad_word
    if size == 2:
        for i in range(length // 2):
            memcpy(&word, source + 2 * i, 2)
            word = swap16(word)
            memcpy(target + 2 * i, &word, 2)
    elif size == 4:
        for i in range(length // 4):
            memcpy(&double_word, source + 4 * i, 4)
            double_word = swap32(double_word)
            memcpy(target + 4 * i, &double_word, 4)
    else:
        for i in range(length // 8):
            memcpy(&quad_word, source + 8 * i, 8)
            quad_word = swap64(quad_word)
            memcpy(target + 8 * i, &quad_word, 8)


@final
cdef class _Stream:
    """A value that does not exist yet."""

    cdef object chunks

    def __init__(self, chunks):
        self.chunks = chunks


@final
cdef class ElementWriter:
    """Collects the bytes of data elements, in one encoding at a time. Not for use by several threads at once.

    Parameters
    ----------
    is_implicit_vr, is_big_endian
        The encoding (PS3.5 Annex A).
    lenient
        Write values of odd length, and binary values that are no whole numbers, as they are.
    """

    def __init__(self, *, bint is_implicit_vr=False, bint is_big_endian=False, bint lenient=False):
        self.pieces = []
        self.open_containers = []
        self.is_lenient = lenient
        self.set_encoding(is_implicit_vr, is_big_endian)

    def __dealloc__(self):
        give_block(self.data)

    def __len__(self):
        return self.total()

    def set_encoding(self, bint is_implicit_vr, bint is_big_endian):
        """Write what follows in another encoding: a data set after its File Meta Information."""
        self.flags = (IMPLICIT_VR if is_implicit_vr else 0) | (BIG_ENDIAN if is_big_endian else 0)

    cdef int reserve(self, size_t count) except -1:
        """Make room for ``count`` bytes at the end of the buffer."""
        cdef size_t wanted = self.size + count
        cdef void* grown
        if wanted <= self.capacity:
            return 0
        if self.exports:
            raise BufferError("the output is being looked at")
        wanted = max(wanted, max(self.capacity * 2, <size_t>FIRST_CAPACITY))
        grown = grow_block(self.data, self.size, wanted)
        if grown is NULL:
            raise MemoryError
        self.data = <uint8_t*>grown
        self.capacity = capacity_of(grown)
        return 0

    cdef uint64_t total(self) noexcept nogil:
        return self.size + self.outside

    cdef Standing stand(self):
        cdef Standing standing
        standing.size, standing.outside, standing.pieces = self.size, self.outside, len(self.pieces)
        return standing

    cdef int take_back(self, Standing standing) except -1:
        """Forget what was written after ``standing``."""
        self.size, self.outside = standing.size, standing.outside
        del self.pieces[standing.pieces:]
        return 0

    cdef int put_bytes(self, const uint8_t* data, uint64_t length, object owner, uint64_t owner_offset) except -1:
        """Add bytes as they are. Large ones stay with their owner: bytes-like, or an index whose data need not be loaded."""
        if length >= LARGE and owner is not None:
            self.pieces.append((self.size, owner, owner_offset, length))
            self.outside += length
            return 0
        if length == 0:
            return 0
        self.reserve(length)
        memcpy(self.data + self.size, data, length)
        self.size += length
        return 0

    cdef int put_header(self, uint32_t tag, uint16_t vr, uint32_t length) except -1:
        """PS3.5 7.1.2, 7.1.3."""
        cdef bint is_big_endian = self.flags & BIG_ENDIAN
        cdef uint8_t* p
        if self.size + HEADER > self.capacity:
            self.reserve(HEADER)
        p = self.data + self.size
        store_tag(p, tag, is_big_endian)
        if self.flags & IMPLICIT_VR:
            store32(p + 4, length, is_big_endian)
            self.size += 8
            return 0
        store16(p + 4, vr, False)
        if traits_of(vr) & LONG_HEADER:
            store16(p + 6, 0, False)
            store32(p + 8, length, is_big_endian)
            self.size += 12
        else:
            store16(p + 6, length, is_big_endian)
            self.size += 8
        return 0

    cdef int put_element(self, uint32_t tag, uint16_t vr, const uint8_t* data, uint64_t length, bint is_big_endian, object owner,
                         uint64_t owner_offset) except -1:
        """Add an element whose value lies at ``data`` in the given byte order.

        ``data`` is not looked at when the value is large, has an owner, and is not swapped.
        """
        cdef uint64_t padded = length if self.is_lenient else length + (length & 1)
        cdef uint8_t traits = traits_of(vr)
        cdef int size = traits & NUMBER_SIZE
        cdef bint to_big_endian = (self.flags & BIG_ENDIAN) != 0
        cdef uint16_t written_vr = vr
        if padded > LONGEST:
            raise LimitExceededError("a value of more than 4,294,967,294 bytes", tag=tag)
        if padded > LONGEST_SHORT and not self.flags & IMPLICIT_VR and not traits & LONG_HEADER:
            # PS3.5 6.2.2: a value too long for the 16-bit length field is written as UN, which is little endian.
            written_vr = VR_UN
            to_big_endian = False
        self.put_header(tag, written_vr, <uint32_t>padded)
        if size > 1 and length % size and not self.is_lenient:
            raise InvalidValueError(f"{length} bytes are no whole numbers of {size} bytes; lenient=True writes them", tag=tag)
        if size == 1 or is_big_endian == to_big_endian:
            self.put_bytes(data, length, owner, owner_offset)
        elif length:                            # without any, ``data`` may be NULL, which memcpy must not see
            self.reserve(length)
            with nogil:
                copy_swapped(data, self.data + self.size, length, size)
                memcpy(self.data + self.size + length - length % size, data + length - length % size, length % size)
            self.size += length
        if padded != length:
            self.reserve(1)
            self.data[self.size] = 0 if traits & NUL_PADDED else c" "
            self.size += 1
        return 0

    cdef bint put_made(self, uint32_t tag, uint16_t vr, bytes value) except -1:
        """Add an element with a small, even value in little endian, where that is what is written; False if it is none of these.

        Most elements of data sets that were made come here: it does what ``put_element`` does for them, and no more.
        """
        cdef uint8_t traits = traits_of(vr)
        cdef size_t length = PyBytes_GET_SIZE(value)
        cdef uint8_t* p
        if self.flags or length >= LARGE or length & (((traits & NUMBER_SIZE) - 1) | 1):
            return False
        if self.size + HEADER + length > self.capacity:
            self.reserve(HEADER + length)
        p = self.data + self.size
        store_tag(p, tag, False)
        store16(p + 4, vr, False)
        if traits & LONG_HEADER:
            store16(p + 6, 0, False)
            store32(p + 8, <uint32_t>length, False)
            p += 12
        else:
            store16(p + 6, <uint16_t>length, False)
            p += 8
        memcpy(p, PyBytes_AS_STRING(value), length)
        self.size = (p - self.data) + length
        return True

    cdef int put_range(self, ElementIndex index, uint64_t start, uint64_t end) except -1:
        """Add bytes of what was read, which are in this encoding already."""
        cdef const uint8_t* data = NULL
        if index.tail is not None and start < index.size < end:
            self.put_range(index, start, index.size)
            start = index.size
        if end - start < LARGE:
            data = index.load(start, end - start)
        return self.put_bytes(data, end - start, index, start)

    cdef int put_stream(self, uint32_t tag, uint16_t vr, uint32_t length, object chunks) except -1:
        """Add an element whose value comes from ``chunks`` when the output is asked for. ``length`` may be the undefined one."""
        self.put_header(tag, vr, length)
        self.pieces.append((self.size, _Stream(chunks), 0, 0))
        return 0

    cdef Opened open_sequence(self, uint32_t tag, bint is_undefined) except *:
        self.put_header(tag, VR_SQ, UNDEFINED)
        return Opened(self.size - 4, self.total(), is_undefined)

    cdef Opened open_item(self, bint is_undefined) except *:
        """Items have no VR in any encoding (PS3.5 7.5)."""
        self.reserve(8)
        store_tag(self.data + self.size, ITEM, self.flags & BIG_ENDIAN)
        store32(self.data + self.size + 4, UNDEFINED, False)
        self.size += 8
        return Opened(self.size - 4, self.total(), is_undefined)

    cdef int close(self, Opened opened, uint32_t delimiter, uint32_t tag) except -1:
        """Fill in the length of a sequence or item, or delimit it (PS3.5 7.5.1, 7.5.2)."""
        cdef uint64_t length = self.total() - opened.value_start
        if opened.is_undefined:
            self.reserve(8)
            store_tag(self.data + self.size, delimiter, self.flags & BIG_ENDIAN)
            store32(self.data + self.size + 4, 0, False)
            self.size += 8
            return 0
        if length > LONGEST:
            raise LimitExceededError("a sequence of more than 4,294,967,294 bytes: give it an undefined length", tag=tag)
        store32(self.data + opened.length_position, <uint32_t>length, self.flags & BIG_ENDIAN)
        return 0

    # The same for Python: each checks what it is given.

    def write_bytes(self, data not None):
        """Add bytes as they are."""
        cdef const uint8_t[::1] view = data
        if view.shape[0]:
            self.put_bytes(&view[0], view.shape[0], data, 0)

    def write_element(self, uint32_t tag, str vr not None, data not None, *, bint is_big_endian=False):
        """Add an element.

        Parameters
        ----------
        tag
            Its tag.
        vr
            Its Value Representation, other than SQ.
        data
            Its value, padded or not. A large one is kept, not copied.
        is_big_endian
            The byte order of ``data``.

        Raises
        ------
        InvalidValueError
            If the value is no whole numbers of its VR, and the writer is not lenient.
        LimitExceededError
            If it has more bytes than a length field can say.
        """
        cdef const uint8_t[::1] view = data
        cdef const uint8_t* start = &view[0] if view.shape[0] else NULL
        self.put_element(tag, code_of(vr), start, view.shape[0], is_big_endian and vr != "UN", data, 0)

    def begin_sequence(self, uint32_t tag, *, bint is_undefined=False):
        """Begin a sequence; :meth:`end` ends it."""
        self.open_containers.append((self.open_sequence(tag, is_undefined), <uint32_t>SEQUENCE_DELIMITATION, tag))

    def begin_item(self, *, bint is_undefined=False):
        """Begin an item of a sequence; :meth:`end` ends it."""
        self.open_containers.append((self.open_item(is_undefined), <uint32_t>ITEM_DELIMITATION, <uint32_t>ITEM))

    def begin_fragments(self, uint32_t tag, str vr not None):
        """Begin encapsulated pixel data, whose items :meth:`write_fragment` adds; :meth:`end` ends it (PS3.5 A.4)."""
        self.put_header(tag, code_of(vr), UNDEFINED)
        self.open_containers.append((Opened(self.size - 4, self.total(), True), <uint32_t>SEQUENCE_DELIMITATION, tag))

    def write_fragment(self, data not None):
        """Add a fragment or Basic Offset Table, padded to an even length."""
        cdef const uint8_t[::1] view = data
        cdef Opened opened = self.open_item(False)
        if view.shape[0]:
            self.put_bytes(&view[0], view.shape[0], data, 0)
        if view.shape[0] & 1:
            self.write_bytes(b"\0")
        self.close(opened, ITEM_DELIMITATION, ITEM)

    def write_delimiter(self, uint32_t tag):
        """Add a delimitation item."""
        self.close(Opened(0, 0, True), tag, tag)

    def end(self):
        """End the sequence or item that began last."""
        opened, delimiter, tag = self.open_containers.pop()
        self.close(opened, delimiter, tag)

    def set_uint32(self, size_t position, uint32_t value):
        """Write a number in the writer's byte order over 4 bytes that are in the buffer: a length known only afterwards."""
        if self.size < 4 or position > self.size - 4:
            raise ValueError("outside the buffer")
        store32(self.data + position, value, self.flags & BIG_ENDIAN)

    def mark(self):
        """Return where the writer stands, for :meth:`rewind`."""
        return self.stand()

    def rewind(self, mark):
        """Forget what was written after :meth:`mark`."""
        self.take_back(mark)

    # The output.

    def __getbuffer__(self, Py_buffer* view, int flags):
        PyBuffer_FillInfo(view, self, self.data, self.size, 1, flags)
        self.exports += 1

    def __releasebuffer__(self, Py_buffer* view):
        self.exports -= 1

    def to_bytes(self):
        """Return everything that was written."""
        return b"".join(self.chunks()) if self.has_stream() else self._joined()

    cdef bint has_stream(self) except -1:
        for piece in self.pieces:
            if isinstance(piece[1], _Stream):
                return True
        return False

    cdef bytes _joined(self):
        cdef uint64_t total = self.total()
        cdef bytes output = PyBytes_FromStringAndSize(NULL, total)
        cdef uint8_t* target = <uint8_t*>PyBytes_AS_STRING(output)
        cdef size_t position, done = 0
        cdef uint64_t offset, length
        cdef const uint8_t* source
        cdef const uint8_t[::1] view
        for position, owner, offset, length in self.pieces:
            if position > done:
                memcpy(target, self.data + done, position - done)
            target += position - done
            done = position
            if isinstance(owner, ElementIndex):
                source = (<ElementIndex>owner).load(offset, length)
            else:
                view = owner
                source = &view[offset]
            with nogil:
                memcpy(target, source, length)
            target += length
        if self.size > done:
            memcpy(target, self.data + done, self.size - done)
        return output

    def chunks(self):
        """Yield everything that was written as bytes-like objects, from files that are read lazily without keeping it."""
        own = memoryview(self)
        done = 0
        for position, owner, offset, length in self.pieces:
            if position > done:
                yield own[done:position]
            done = position
            if isinstance(owner, _Stream):
                yield from (<_Stream>owner).chunks
            elif not isinstance(owner, ElementIndex):
                yield memoryview(owner).cast("B")[offset:offset + length]
            elif (<ElementIndex>owner).source is None:
                yield (<ElementIndex>owner).range_view(offset, offset + length)
            else:
                yield from (<ElementIndex>owner).source.chunks(offset, length, CHUNK)
        if self.size > done:
            yield own[done:]


cdef uint16_t code_of(str vr) except 0:
    if len(vr) != 2:
        raise ValueError(f"{vr!r} is not a Value Representation")
    return <uint16_t>(ord(vr[0]) | ord(vr[1]) << 8)
