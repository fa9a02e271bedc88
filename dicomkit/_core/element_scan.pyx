"""Tag reading: one pass over a data set's bytes that notes where each element, item and delimiter lies (PS3.5 7).

What must stay true here:

- The scan never recurses: open sequences and items are frames on a heap stack whose height is bounded by ``max_depth``.
- Every offset in a record was checked against the end of its container and of the data, so whoever reads through the
  index needs no check of its own.
- Nothing is allocated by a length that the data announces: the index grows with the headers that are really there.
"""

from cpython.buffer cimport PyBUF_SIMPLE, PyObject_GetBuffer
from cython cimport final
from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t
from libc.stdlib cimport free, malloc, realloc

from dicomkit._core.block_pool cimport BEHIND_HEAD, FileBlock, capacity_of, grow_block
from dicomkit._core.byteorder cimport load16, load32, load_tag
from dicomkit._core.dictionary_table cimport vr_of_tag
from dicomkit._core.element_index cimport (
    BIG_ENDIAN, CONTAINER, DUPLICATE, FRAGMENTS, IMPLICIT_VR, LONG_HEADER, META_INSIDE, MISSING_DELIMITER, ODD_LENGTH, OUT_OF_ORDER,
    STRAY_DELIMITER, TRAILING_BYTES, UNDEFINED_LENGTH, UNORDERED, VR_MISSING, VR_PRESENT, VR_UNKNOWN, Element, ElementIndex, Location,
)
from dicomkit._core.vr_code cimport VR_OB, VR_OD, VR_OF, VR_OL, VR_OV, VR_OW, VR_SQ, VR_UN

from dicomkit.errors import InvalidTagError, InvalidVRError, LimitExceededError, ParsingError, UnexpectedEndOfDataError

__all__ = ["ScanLimits", "scan"]

cdef enum:
    UNDEFINED = 0xFFFFFFFF
    ITEM = 0xFFFEE000
    ITEM_DELIMITATION = 0xFFFEE00D
    SEQUENCE_DELIMITATION = 0xFFFEE0DD
    PIXEL_DATA = 0x7FE00010
    FILE_META_GROUP = 0x0002
    FIRST_CAPACITY = 512        # records: more than most headers have, less than the allocator maps pages for
    FIRST_FRAMES = 32
    MOST_PADDING = 1 << 20

cdef enum Kind:
    ELEMENTS                    # a data set or an item
    SEQUENCE
    ENCAPSULATED

cdef enum Status:
    DONE
    NEEDS_DATA
    NO_MEMORY
    END_OF_DATA
    PAST_CONTAINER
    BAD_TAG
    BAD_VR
    TOO_DEEP
    BAD_UNDEFINED_LENGTH
    NOT_AN_ITEM
    UNCLOSED
    TOO_MANY

cdef enum Form:
    NO_VR
    SHORT_LENGTH
    LONG_LENGTH
    OTHER_LETTERS

cdef struct Frame:
    uint64_t end                # of the value; for undefined length, of the nearest container that has an end
    uint32_t record             # the record of the sequence or item; nothing for the outermost
    uint32_t last_tag
    uint16_t flags              # IMPLICIT_VR and BIG_ENDIAN of the elements in it
    uint8_t kind
    bint is_undefined
    bint is_fresh               # no element read yet
    bint is_discarded           # not among ReadOptions.tags: forget its records when it ends

cdef struct Header:
    uint32_t tag
    uint32_t length
    uint32_t size
    uint16_t vr
    uint16_t flags

cdef struct Scan:
    const uint8_t* data
    uint64_t size               # of the data, loaded or not
    uint64_t offset
    uint64_t loaded_from        # what may be looked at now
    uint64_t loaded_to
    uint64_t needed_to          # with NEEDS_DATA
    Element* records
    uint32_t count
    uint32_t capacity
    Frame* frames
    uint32_t depth              # index of the innermost frame
    uint32_t frame_capacity
    uint32_t max_frames
    uint32_t error_tag
    uint64_t error_offset
    bint is_partial             # go into what is cut, to keep what it has; the error is the first one
    int first_error             # a Status
    const uint32_t* wanted      # sorted, or NULL for every element
    Py_ssize_t wanted_count
    uint32_t stop_first         # stop before an outermost element whose tag lies between these
    uint32_t stop_last
    uint32_t only_group         # stop before an outermost element of another group; 0 for any
    uint32_t anomalies
    Location[10] anomaly_locations

cdef uint8_t[676] VR_FORM       # by letters; written here once


def _fill_vr_forms():
    """PS3.5 Table 7.1-1 and 7.1-2: which VRs have the long header."""
    cdef int i
    for i in range(676):
        VR_FORM[i] = OTHER_LETTERS
    for vr in b"AE AS AT CS DA DS DT FD FL IS LO LT PN SH SL SS ST TM UI UL US".split():
        VR_FORM[(vr[0] - 65) * 26 + vr[1] - 65] = SHORT_LENGTH
    for vr in b"OB OD OF OL OV OW SQ SV UC UN UR UT UV".split():
        VR_FORM[(vr[0] - 65) * 26 + vr[1] - 65] = LONG_LENGTH


_fill_vr_forms()


@final
cdef class ScanLimits:
    """What a scan must not pass: made once from ``ReadOptions``."""

    cdef uint32_t max_depth
    cdef uint32_t stop_first
    cdef uint32_t stop_last
    cdef uint32_t only_group
    cdef bint is_strict
    cdef bint is_partial
    cdef bint is_settled            # the first element does not decide on implicit or explicit VR: that was read before
    cdef uint32_t* wanted
    cdef Py_ssize_t wanted_count

    def __cinit__(self, *, uint32_t max_depth, uint32_t stop_first=0xFFFFFFFF, uint32_t stop_last=0, uint32_t only_group=0,
                  bint strict=False, bint partial=False, bint settled=False, tags=None):
        self.max_depth = max_depth
        self.stop_first = stop_first
        self.stop_last = stop_last
        self.only_group = only_group
        self.is_strict = strict
        self.is_partial = partial
        self.is_settled = settled
        cdef Py_ssize_t i
        if tags is not None:
            wanted = sorted(set(tags))
            self.wanted_count = len(wanted)
            self.wanted = <uint32_t*>malloc((self.wanted_count + 1) * sizeof(uint32_t))
            if self.wanted is NULL:
                raise MemoryError
            for i in range(self.wanted_count):
                self.wanted[i] = wanted[i]

    def __dealloc__(self):
        free(self.wanted)


cdef inline void _note(Scan* s, uint32_t anomaly, uint64_t offset, uint32_t tag) noexcept nogil:
    cdef int bit = 0
    if s.anomalies & anomaly:
        return
    s.anomalies |= anomaly
    while not (anomaly >> bit) & 1:
        bit += 1
    s.anomaly_locations[bit].offset = offset
    s.anomaly_locations[bit].tag = tag


cdef inline Status _fail(Scan* s, Status status, uint64_t offset, uint32_t tag) noexcept nogil:
    if s.first_error == DONE:
        s.first_error = status
        s.error_offset = offset
        s.error_tag = tag
    return status


cdef inline Element* _append(Scan* s, uint32_t tag, uint64_t value_offset, uint32_t length, uint16_t vr, uint16_t flags) noexcept nogil:
    """Add a record; NULL when there is no memory or no number left for it."""
    cdef Element* records
    cdef size_t capacity
    if s.count == s.capacity:
        capacity = <size_t>s.capacity * 2 if s.capacity else FIRST_CAPACITY
        if capacity > <size_t>0xFFFFFFFF:
            return NULL
        records = <Element*>grow_block(s.records, s.count * sizeof(Element), capacity * sizeof(Element))
        if records is NULL:
            return NULL
        s.records = records
        capacity = capacity_of(records) // sizeof(Element)
        s.capacity = <uint32_t>(capacity if capacity < UNDEFINED else <size_t>UNDEFINED)
    cdef Element* element = &s.records[s.count]
    s.count += 1
    element.value_offset = value_offset
    element.tag = tag
    element.length = length
    element.next = s.count
    element.vr = vr
    element.flags = flags
    return element


cdef inline Status _open(Scan* s, uint8_t kind, uint32_t record, uint64_t end, bint is_undefined, uint16_t flags) noexcept nogil:
    cdef Frame* frames
    cdef uint32_t capacity
    if s.depth + 1 >= s.max_frames:
        return TOO_DEEP
    if s.depth + 1 >= s.frame_capacity:
        capacity = s.frame_capacity * 2
        frames = <Frame*>realloc(s.frames, capacity * sizeof(Frame))
        if frames is NULL:
            return NO_MEMORY
        s.frames = frames
        s.frame_capacity = capacity
    s.depth += 1
    cdef Frame* frame = &s.frames[s.depth]
    frame.end = end
    frame.record = record
    frame.last_tag = 0
    frame.flags = flags & (IMPLICIT_VR | BIG_ENDIAN)
    frame.kind = kind
    frame.is_undefined = is_undefined
    frame.is_fresh = True
    frame.is_discarded = False
    return DONE


cdef inline void _close(Scan* s) noexcept nogil:
    cdef Frame* frame = &s.frames[s.depth]
    if frame.is_discarded:
        s.count = frame.record
    else:
        s.records[frame.record].next = s.count
    s.depth -= 1


cdef inline uint8_t _form(const uint8_t* letters) noexcept nogil:
    if 65 <= letters[0] <= 90 and 65 <= letters[1] <= 90:
        return VR_FORM[(letters[0] - 65) * 26 + letters[1] - 65]
    return NO_VR


cdef inline void _implicit_header(const uint8_t* p, Header* h, uint16_t flags) noexcept nogil:
    h.length = load32(p + 4, flags & BIG_ENDIAN)
    h.size = 8
    h.vr = vr_of_tag(h.tag)
    h.flags = flags | IMPLICIT_VR


cdef Status _irregular_header(Scan* s, Frame* frame, const uint8_t* p, Header* h, uint8_t form) noexcept nogil:
    """Read a header whose VR field holds no VR, by the one reading that fits into its container.

    PS3.5 7.1.2 gives every VR that it does not name the long header, so unknown letters are read that way. Anything else
    is most often an implicit VR header that some device left in explicit data.
    """
    cdef uint64_t room = frame.end - s.offset
    cdef uint32_t length
    if form == OTHER_LETTERS and room >= 12 and p[6] == 0 and p[7] == 0:
        length = load32(p + 8, frame.flags & BIG_ENDIAN)
        if length <= room - 12:
            h.length, h.size, h.vr, h.flags = length, 12, VR_UN, frame.flags
            _note(s, VR_UNKNOWN, s.offset, h.tag)
            return DONE
    length = load32(p + 4, frame.flags & BIG_ENDIAN)
    if length <= room - 8 or (length == UNDEFINED and form == NO_VR):
        if frame.is_fresh and form == NO_VR:
            frame.flags |= IMPLICIT_VR
            if s.depth:
                s.records[frame.record].flags |= IMPLICIT_VR
        _implicit_header(p, h, frame.flags)
        _note(s, VR_MISSING, s.offset, h.tag)
        return DONE
    length = load16(p + 6, frame.flags & BIG_ENDIAN)
    if form == OTHER_LETTERS and length <= room - 8:
        h.length, h.size, h.vr, h.flags = length, 8, VR_UN, frame.flags
        _note(s, VR_UNKNOWN, s.offset, h.tag)
        return DONE
    return _fail(s, BAD_VR, s.offset, h.tag)


cdef inline bint _is_explicit_after_all(const uint8_t* p, uint32_t tag, uint8_t form) noexcept nogil:
    """Whether what should be an implicit header names, where its length stands, the very VR of its tag."""
    cdef uint16_t vr
    if form != SHORT_LENGTH and form != LONG_LENGTH:
        return False
    vr = vr_of_tag(tag)
    return vr != 0 and vr == load16(p + 4, False)


cdef inline bint _is_wanted(Scan* s, uint32_t tag) noexcept nogil:
    cdef Py_ssize_t low = 0, high = s.wanted_count, middle
    while low < high:
        middle = (low + high) >> 1
        if s.wanted[middle] < tag:
            low = middle + 1
        else:
            high = middle
    return low < s.wanted_count and s.wanted[low] == tag


cdef Status _read_padding(Scan* s) noexcept nogil:
    """Zero bytes where an element belongs: padding, if they go on to the end and are no more than a mebibyte; else this is no data set."""
    cdef uint64_t offset = s.offset
    if s.size - offset > MOST_PADDING:
        return _fail(s, BAD_TAG, offset, 0)
    if s.size > s.loaded_to:
        s.needed_to = s.size
        return NEEDS_DATA
    while offset < s.size:
        if s.data[offset]:
            return _fail(s, BAD_TAG if s.size - s.offset >= 8 else END_OF_DATA, s.offset, 0)
        offset += 1
    _note(s, TRAILING_BYTES, s.offset, 0)
    return DONE


cdef Status _read_item(Scan* s, Frame* frame, uint32_t tag, uint32_t length) noexcept nogil:
    """One item, fragment or delimiter of a sequence (PS3.5 7.5, A.4)."""
    cdef uint64_t value_offset = s.offset + 8
    cdef uint64_t end = value_offset + length
    cdef uint16_t flags = frame.flags
    cdef Status status
    if tag == ITEM:
        if length == UNDEFINED:
            if frame.kind == ENCAPSULATED:
                return _fail(s, BAD_UNDEFINED_LENGTH, s.offset, tag)
            flags |= UNDEFINED_LENGTH
        elif length > frame.end - value_offset:
            status = _fail(s, END_OF_DATA if frame.end == s.size else PAST_CONTAINER, s.offset, tag)
            if not s.is_partial or frame.kind == ENCAPSULATED:
                return status
            end = frame.end
        if frame.kind == SEQUENCE:
            flags |= CONTAINER
        if _append(s, tag, value_offset, length, 0, flags) is NULL:
            return NO_MEMORY
        s.offset = value_offset
        if frame.kind == ENCAPSULATED:
            s.offset += length
            return DONE
        status = _open(s, ELEMENTS, s.count - 1, frame.end if length == UNDEFINED else end, length == UNDEFINED, flags)
        return status if status == DONE else _fail(s, status, value_offset, tag)
    if tag == SEQUENCE_DELIMITATION and frame.is_undefined:
        if _append(s, tag, value_offset, 0, 0, flags) is NULL:
            return NO_MEMORY
        s.offset = value_offset
        _close(s)
        return DONE
    if (tag == SEQUENCE_DELIMITATION or tag == ITEM_DELIMITATION) and length == 0:
        _note(s, STRAY_DELIMITER, s.offset, tag)
        s.offset = value_offset
        return DONE
    return _fail(s, NOT_AN_ITEM, s.offset, tag)


cdef Status _read_delimiter(Scan* s, Frame* frame, uint32_t tag, uint32_t length) noexcept nogil:
    """A tag of group FFFE where an element is expected."""
    if tag == ITEM_DELIMITATION and frame.is_undefined:
        if _append(s, tag, s.offset + 8, 0, 0, frame.flags) is NULL:
            return NO_MEMORY
        s.offset += 8
        _close(s)
        return DONE
    if (tag == SEQUENCE_DELIMITATION or tag == ITEM_DELIMITATION) and length == 0 and not frame.is_undefined:
        _note(s, STRAY_DELIMITER, s.offset, tag)
        s.offset += 8
        return DONE
    return _fail(s, BAD_TAG, s.offset, tag)


cdef inline Status _open_value(Scan* s, Frame* frame, Header* h, uint64_t value_offset) noexcept nogil:
    """Record an element that nests items or fragments, and go into it."""
    cdef uint8_t kind = SEQUENCE
    cdef uint16_t flags = h.flags | CONTAINER
    cdef bint is_undefined = h.length == UNDEFINED
    cdef uint64_t end = frame.end if is_undefined or h.length > frame.end - value_offset else value_offset + h.length
    cdef bint is_bulk = h.vr == VR_OB or h.vr == VR_OW or h.vr == VR_OF or h.vr == VR_OD or h.vr == VR_OL or h.vr == VR_OV
    cdef Status status
    if is_undefined:
        flags |= UNDEFINED_LENGTH
        if h.tag == PIXEL_DATA or (is_bulk and not flags & IMPLICIT_VR):
            kind = ENCAPSULATED
            flags |= FRAGMENTS
        elif h.vr == VR_UN and not flags & IMPLICIT_VR:
            # PS3.5 6.2.2: the value of UN with undefined length is a sequence in Implicit VR Little Endian.
            flags = (flags | IMPLICIT_VR) & ~BIG_ENDIAN
            h.vr = VR_SQ
        elif h.vr != VR_SQ:
            if not flags & IMPLICIT_VR:
                return _fail(s, BAD_UNDEFINED_LENGTH, s.offset, h.tag)
            h.vr = VR_SQ        # an implicit VR element of undefined length can be nothing else (PS3.5 7.5.1)
    if _append(s, h.tag, value_offset, h.length, h.vr, flags) is NULL:
        return NO_MEMORY
    s.offset = value_offset
    if h.length == 0:
        return DONE
    status = _open(s, kind, s.count - 1, end, is_undefined, flags)
    return status if status == DONE else _fail(s, status, value_offset, h.tag)


cdef inline void _check_order(Scan* s, Frame* frame, uint32_t tag) noexcept nogil:
    if tag <= frame.last_tag and not frame.is_fresh:
        _note(s, DUPLICATE if tag == frame.last_tag else OUT_OF_ORDER, s.offset, tag)
        frame.flags |= UNORDERED
        if s.depth:
            s.records[frame.record].flags |= UNORDERED
    frame.last_tag = tag
    frame.is_fresh = False


cdef Status _run(Scan* s) noexcept nogil:
    """Scan until the outermost data set ends, more data is needed, or something is wrong."""
    cdef Frame* frame
    cdef Header h
    cdef Status status
    cdef const uint8_t* p
    cdef uint64_t need, room, value_offset
    cdef uint8_t form
    cdef bint is_skipped

    while True:
        frame = &s.frames[s.depth]
        if s.offset == frame.end:
            if frame.is_undefined:
                if frame.kind != ENCAPSULATED or frame.end != s.size:
                    return _fail(s, UNCLOSED, s.offset, s.records[frame.record].tag)
                _note(s, MISSING_DELIMITER, s.offset, s.records[frame.record].tag)
            if s.depth == 0:
                return DONE
            _close(s)
            continue

        room = frame.end - s.offset
        need = s.offset + (12 if room >= 12 else room)
        if s.offset < s.loaded_from or need > s.loaded_to:
            s.needed_to = need
            return NEEDS_DATA
        if room < 8:
            if s.depth == 0:
                if s.only_group and room >= 2 and load16(s.data + s.offset, frame.flags & BIG_ENDIAN) != s.only_group:
                    return DONE             # a deflated data set can be as short as 2 bytes
                return _read_padding(s)
            return _fail(s, END_OF_DATA if frame.end == s.size else PAST_CONTAINER, s.offset, s.records[frame.record].tag)
        p = s.data + s.offset
        h.tag = load_tag(p, frame.flags & BIG_ENDIAN)

        if frame.kind != ELEMENTS:
            status = _read_item(s, frame, h.tag, load32(p + 4, frame.flags & BIG_ENDIAN))
            if status != DONE:
                return status
            continue
        if h.tag >> 16 == 0xFFFE:
            status = _read_delimiter(s, frame, h.tag, load32(p + 4, frame.flags & BIG_ENDIAN))
            if status != DONE:
                return status
            continue

        is_skipped = False
        if s.depth == 0:
            if (s.stop_first <= h.tag <= s.stop_last) or (s.only_group and h.tag >> 16 != s.only_group):
                return DONE
            if h.tag >> 16 == FILE_META_GROUP and s.only_group != FILE_META_GROUP:
                _note(s, META_INSIDE, s.offset, h.tag)      # PS3.10 7.1
            if h.tag == 0 and load32(p + 4, False) == 0:
                return _read_padding(s)     # no element is (0000,0000) without a value
            if s.wanted is not NULL:
                if s.wanted_count == 0 or h.tag > s.wanted[s.wanted_count - 1]:
                    return DONE             # tags ascend (PS3.5 7.1): nothing wanted can follow
                is_skipped = not _is_wanted(s, h.tag)

        form = _form(p + 4)
        if frame.flags & IMPLICIT_VR:
            if frame.is_fresh and _is_explicit_after_all(p, h.tag, form):
                frame.flags &= ~IMPLICIT_VR
                if s.depth:
                    s.records[frame.record].flags &= ~IMPLICIT_VR
                _note(s, VR_PRESENT, s.offset, h.tag)
                continue
            _implicit_header(p, &h, frame.flags)
        elif form == SHORT_LENGTH:
            h.vr = load16(p + 4, False)
            h.length = load16(p + 6, frame.flags & BIG_ENDIAN)
            h.size = 8
            h.flags = frame.flags
        elif form == LONG_LENGTH:
            if room < 12:
                return _fail(s, END_OF_DATA if frame.end == s.size else PAST_CONTAINER, s.offset, h.tag)
            h.vr = load16(p + 4, False)
            h.length = load32(p + 8, frame.flags & BIG_ENDIAN)
            h.size = 12
            h.flags = frame.flags
        else:
            status = _irregular_header(s, frame, p, &h, form)
            if status != DONE:
                return status
        h.flags = (h.flags & (IMPLICIT_VR | BIG_ENDIAN)) | (LONG_HEADER if h.size == 12 else 0)

        value_offset = s.offset + h.size
        if h.length != UNDEFINED and h.length > frame.end - value_offset:
            status = _fail(s, END_OF_DATA if frame.end == s.size else PAST_CONTAINER, s.offset, h.tag)
            if not s.is_partial or h.vr != VR_SQ or is_skipped:
                return status
        _check_order(s, frame, h.tag)
        if h.length == UNDEFINED or (h.vr == VR_SQ and not is_skipped):
            status = _open_value(s, frame, &h, value_offset)
            if status != DONE:
                return status
            if is_skipped:
                s.frames[s.depth].is_discarded = True
            continue
        if h.length & 1:
            _note(s, ODD_LENGTH, s.offset, h.tag)
        if not is_skipped and _append(s, h.tag, value_offset, h.length, h.vr, h.flags) is NULL:
            return NO_MEMORY
        s.offset = value_offset + h.length


cdef object _error_of(Scan* s, Status status):
    """The exception that a failed scan stands for."""
    cdef uint64_t offset = s.error_offset
    tag = int(s.error_tag) or None      # no element is (0000,0000) where these errors are: its header was cut
    if status == END_OF_DATA:
        return UnexpectedEndOfDataError("the data ends before the element does", offset=offset, tag=tag)
    if status == UNCLOSED:
        return UnexpectedEndOfDataError("the data ends before the delimiter of an undefined length", offset=offset, tag=tag)
    if status == PAST_CONTAINER:
        return ParsingError("a length passes the end of the sequence or item around it", offset=offset, tag=tag)
    if status == BAD_TAG:
        return InvalidTagError("an item or delimiter where an element belongs", offset=offset, tag=tag)
    if status == NOT_AN_ITEM:
        return InvalidTagError("no item where a sequence needs one", offset=offset, tag=tag)
    if status == BAD_VR:
        letters = bytes(s.data[offset + 4:offset + 6]).hex().upper()
        return InvalidVRError(f"the bytes {letters} are not a Value Representation", offset=offset, tag=tag)
    if status == TOO_DEEP:
        return LimitExceededError(f"sequences nest deeper than max_depth={s.max_frames // 2}", offset=offset, tag=tag)
    return ParsingError("undefined length is not allowed here (PS3.5 7.1.1)", offset=offset, tag=tag)


cdef void _keep_what_was_read(Scan* s) noexcept nogil:
    """Close what is open, so that the records before the damage can be walked."""
    while s.depth:
        _close(s)


cdef ElementIndex scan_elements(object buffer, uint64_t start, uint64_t stop, uint16_t flags, object limits, object source,
                                object character_set, bint is_sequence):
    """Index the data set, or with ``is_sequence`` the items, in ``buffer[start:stop]``; see :func:`scan`.

    When it answers None, records may point behind the buffer's end, so nobody may see them.
    """
    cdef ScanLimits bounds = <ScanLimits?>limits
    cdef ElementIndex index = ElementIndex.__new__(ElementIndex)
    cdef Scan s
    cdef Status status
    PyObject_GetBuffer(buffer, &index.view, PyBUF_SIMPLE)
    index.data = <const uint8_t*>index.view.buf
    index.size = index.view.len
    index.tail = (<FileBlock>buffer).tail if isinstance(buffer, FileBlock) else None
    index.source = source
    index.strict = bounds.is_strict
    index.character_set = character_set
    index.max_depth = bounds.max_depth
    index.start_offset, index.stop_offset = start, stop
    if not (start <= stop and start <= index.size) or (source is not None and stop > index.size):
        raise ValueError("the range lies outside the buffer")

    s.data = index.data
    s.size = stop
    s.offset = start
    s.loaded_from = start
    s.loaded_to = start if source is not None else min(stop, index.size if index.tail is None else index.size + BEHIND_HEAD)
    s.records = NULL
    s.count = s.capacity = s.depth = s.anomalies = s.error_tag = 0
    s.error_offset = start
    s.first_error = DONE
    s.is_partial = bounds.is_partial
    s.frame_capacity = FIRST_FRAMES
    s.max_frames = 2 * bounds.max_depth + 1         # a sequence and its item for each level, and the data set
    s.wanted, s.wanted_count = bounds.wanted, bounds.wanted_count
    s.stop_first, s.stop_last, s.only_group = bounds.stop_first, bounds.stop_last, bounds.only_group
    s.frames = <Frame*>malloc(FIRST_FRAMES * sizeof(Frame))
    if s.frames is NULL:
        raise MemoryError
    s.frames[0] = Frame(
        stop, 0, 0, flags & (IMPLICIT_VR | BIG_ENDIAN), SEQUENCE if is_sequence else ELEMENTS, False, not bounds.is_settled, False)
    try:
        while True:
            with nogil:
                status = _run(&s)
            if status != NEEDS_DATA or source is None:
                break
            s.loaded_from, s.loaded_to = source.ensure(s.offset, s.needed_to - s.offset)
        index.flags = s.frames[0].flags
        is_all_there = index.tail is not None and status == DONE and s.offset == index.size + <uint64_t>len(index.tail)
        if source is None and (status == NEEDS_DATA or s.offset > index.size) and not is_all_there:
            return None     # the buffer ends too early to tell
        if status == NO_MEMORY:
            raise MemoryError
        if status != DONE or s.first_error != DONE:
            index.error = _error_of(&s, <Status>s.first_error)
            if not bounds.is_partial:
                raise index.error
            _keep_what_was_read(&s)
        index.end_offset = s.offset
        index.anomalies = s.anomalies
        index.anomaly_locations = s.anomaly_locations
    finally:
        index.records, index.count = s.records, s.count
        free(s.frames)
    if s.anomalies and bounds.is_strict:
        problem, offset, tag = index.found_anomalies[0]
        raise ParsingError(problem, offset=offset, tag=tag)
    return index


def scan(buffer not None, uint64_t start=0, stop=None, *, bint is_implicit_vr=False, bint is_big_endian=False,
         ScanLimits limits not None, source=None, character_set=None):
    """Index the data set that ``buffer[start:stop]`` encodes (PS3.5 7).

    Parameters
    ----------
    buffer
        Anything with contiguous bytes. It is kept, not copied; do not change it while the index lives.
    start, stop
        Byte offsets of the data set. ``stop`` may lie behind the end of a buffer that holds only the first bytes.
    is_implicit_vr, is_big_endian
        The encoding that the transfer syntax gives (PS3.5 Annex A).
    limits
        What the scan must not pass.
    source
        For a buffer that is filled on request: ``source.ensure(offset, length)`` loads a range and returns the range around
        it that is loaded now.
    character_set
        A character set that overrides Specific Character Set (0008,0005).

    Returns
    -------
    ElementIndex or None
        None if the buffer ends before the scan does.

    Raises
    ------
    EncodingError
        One of its kinds, with offset and tag, at the first byte that makes no sense.
    """
    cdef uint16_t flags = (IMPLICIT_VR if is_implicit_vr else 0) | (BIG_ENDIAN if is_big_endian else 0)
    if stop is None:
        stop = memoryview(buffer).nbytes
    return scan_elements(buffer, start, stop, flags, limits, source, character_set, False)
