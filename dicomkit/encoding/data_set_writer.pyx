"""From data sets to bytes (PS3.5 7): what was read is copied where that is right, the rest is encoded.

Compiled, though not in ``_core``, because it walks data sets; :doc:`/explanation/core` says why. What must stay true:

- An element that nobody touched, in the encoding that it was read in, is copied with its header, and so are its items, fragments
  and delimiters. Neighbours are copied together: a file that was not touched is one copy.
- Nothing is lost silently. What cannot be written by the rules raises; ``lenient`` writes what was read as it was.
- Writing changes no data set.
"""

from cython cimport final
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_GET_SIZE
from cpython.object cimport PyObject
from cpython.ref cimport Py_DECREF, Py_INCREF
from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t

from dicomkit._core.dictionary_table cimport vr_of_tag
from dicomkit._core.element_index cimport (
    BIG_ENDIAN, CONTAINER, DUPLICATE, FRAGMENTS, IMPLICIT_VR, LONG_HEADER, OUT_OF_ORDER, STRAY_DELIMITER, UNDEFINED_LENGTH, UNORDERED,
    VR_MISSING, VR_PRESENT, VR_UNKNOWN, Element, ElementIndex,
)
from dicomkit._core.element_write cimport ElementWriter, Opened, Standing
from dicomkit._core.vr_code cimport *
from dicomkit.dataset cimport DataSet
from dicomkit.element cimport DataElement, fill_field
from dicomkit.encoding.made_elements cimport MOST_AHEAD, are_in_order, in_tag_order, look_ahead, next_elements, sort_few
from dicomkit.values.decode cimport TELL, Field, is_text_vr

from dicomkit._core.element_write import LARGE_VALUE
from dicomkit.errors import InvalidTagError, InvalidValueError, LimitExceededError, PixelDataError
from dicomkit.values.charset import DEFAULT_CHARACTER_SET, UTF_8 as _UTF_8, parse_specific_character_set

__all__ = ["DataSetWriter", "is_as_read", "was_read"]

cdef enum:
    ITEM = 0xFFFEE000
    ITEM_DELIMITATION = 0xFFFEE00D
    SEQUENCE_DELIMITATION = 0xFFFEE0DD
    SPECIFIC_CHARACTER_SET = 0x00080005
    BITS_ALLOCATED = 0x00280100
    PIXEL_REPRESENTATION = 0x00280103
    PALETTE_DESCRIPTORS = 0x002811      # (0028,1101) to (0028,1113), and the palettes' data, which is no choice of US and SS
    LUT_DESCRIPTOR = 0x00283002
    PIXEL_DATA = 0x7FE00010
    COMMAND_GROUP = 0x0000
    FILE_META_GROUP = 0x0002
    DELIMITER_GROUP = 0xFFFE
    UNDEFINED = 0xFFFFFFFF
    ENCODING = 3                # IMPLICIT_VR | BIG_ENDIAN
    MOST_DEPTH = 256            # a data set that holds itself has no end
    ESCAPE = 0x1B
    BACKSLASH = 0x5C
    TILDE = 0x7E
    FEW = 4                     # elements

cdef enum Lengths:
    AS_READ
    DEFINED
    ALL_UNDEFINED

cdef object _MISSING = object()
cdef object UTF_8 = _UTF_8      # what text is kept in that was set
cdef uint64_t _LARGE = LARGE_VALUE


cdef inline bint _uses_character_set(uint16_t vr) noexcept nogil:
    """PS3.5 6.1.2.2: the VRs that Specific Character Set (0008,0005) is about."""
    return vr == VR_LO or vr == VR_SH or vr == VR_PN or vr == VR_LT or vr == VR_ST or vr == VR_UT or vr == VR_UC


cdef enum Plainness:
    PLAIN               # the same text in all character sets
    NEARLY_PLAIN        # but for ISO_IR 13, which has other characters in the place of backslash and tilde
    NOT_PLAIN


cdef inline Plainness _plainness(const uint8_t* data, uint64_t length) noexcept nogil:
    """Whether the bytes are ASCII, without escape sequences."""
    cdef uint64_t i
    cdef uint8_t seen = 0, special = 0
    for i in range(length):
        seen |= data[i] | ((data[i] == ESCAPE) << 7)
        special |= (data[i] == BACKSLASH) | (data[i] == TILDE)
    return NOT_PLAIN if seen & 0x80 else NEARLY_PLAIN if special else PLAIN


cdef inline uint64_t _end_of(ElementIndex index, uint32_t record) noexcept nogil:
    """Where an element ends, with its delimiter."""
    cdef Element* element = &index.records[record]
    cdef uint64_t end = index.end_of_value(record)
    if _has_delimiter(index, record):
        end += 8
    return end


cdef inline bint _has_delimiter(ElementIndex index, uint32_t record) noexcept nogil:
    """Whether the last record of a container is its delimiter: always with an undefined length, but in damaged files."""
    cdef Element* element = &index.records[record]
    cdef uint32_t last
    if not element.flags & UNDEFINED_LENGTH or element.next <= record + 1:
        return False
    last = index.records[element.next - 1].tag
    # The delimiter of what lies inside is no child of its own.
    return last == (ITEM_DELIMITATION if element.tag == ITEM else SEQUENCE_DELIMITATION)


cdef inline bint _is_same_in_all_sets(DataElement element) noexcept:
    """Whether text that was set is the same bytes in all character sets."""
    return element.character_set is UTF_8 and _plainness(
        <const uint8_t*>PyBytes_AS_STRING(element.data), PyBytes_GET_SIZE(element.data)) == PLAIN


def is_as_read(DataSet data_set not None):
    """Whether a data set was read, and nothing in it was changed since."""
    return not data_set.is_touched()


def was_read(DataSet data_set not None):
    """Whether a data set was read, changed since or not."""
    return data_set.index is not None


@final
cdef class DataSetWriter:
    """Writes data sets with an :class:`ElementWriter`, in its encoding.

    Parameters
    ----------
    out
        Where to.
    undefined_lengths
        Whether sequences and items get undefined lengths; None for those they had, and defined ones where they had none (PS3.5 7.5).
    character_set
        What all text is written in, whatever the data sets declare, except the outermost one.
    kept
        A data set in which, with a lenient ``out``, what is wrong is kept, if it was read in this encoding.
    own_group
        Group 0000 or 0002, where a command set or File Meta Information is written: elements of these groups go nowhere else.
    """

    cdef ElementWriter out
    cdef Lengths lengths
    cdef object forced_set
    cdef ElementIndex kept
    cdef object stream              # (tag, VR code, length, chunks) of a value that comes while the output is written
    cdef int own_group
    cdef DataSet current            # the data set whose elements are being written
    cdef bint is_signed             # Pixel Representation there, or of the nearest data set around it; kept for implicit VR only
    cdef readonly bint is_unencodable   # a character did not fit into its character set

    def __init__(self, ElementWriter out not None, *, undefined_lengths=None, character_set=None, DataSet kept=None,
                 own_group=None):
        self.out = out
        self.lengths = AS_READ if undefined_lengths is None else ALL_UNDEFINED if undefined_lengths else DEFINED
        self.forced_set = character_set
        self.own_group = -1 if own_group is None else own_group
        if kept is not None and out.is_lenient and kept.index is not None and kept.index.flags & ENCODING == out.flags:
            self.kept = kept.index

    def set_stream(self, uint32_t tag, str vr not None, uint32_t length, chunks not None):
        """Take the value of an element of the outermost data set from ``chunks`` when the output is asked for."""
        self.stream = (tag, <uint16_t>(ord(vr[0]) | ord(vr[1]) << 8), length, chunks)

    def write_data_set(self, DataSet data_set not None):
        """Write a data set.

        Raises
        ------
        InvalidValueError
            If text does not fit into its character set, or a value is no whole numbers of its VR.
        InvalidTagError
            If it has an element twice, or one that belongs into no data set.
        LimitExceededError
            If a value or sequence is longer than its length field can say, or sequences nest more than 256 deep.
        PixelDataError
            If it holds compressed pixel data, which the encoding has no place for.
        """
        self.write(data_set, DEFAULT_CHARACTER_SET, 0)

    # What text is written in, and what has been read in.

    cdef object set_of(self, DataSet data_set, object around):
        """The character set that a data set will declare, or have from the one around it (PS3.3 C.12.1.1.2)."""
        if self.forced_set is not None:
            return self.forced_set
        if data_set.changes is not None:
            element = data_set.changes.get(SPECIFIC_CHARACTER_SET, _MISSING)
            if element is None:
                return around
            if element is not _MISSING:
                terms = (<DataElement>element).string_values
                if terms is None:
                    raise InvalidValueError("Specific Character Set is a CS", tag=SPECIFIC_CHARACTER_SET)
                return parse_specific_character_set(terms, strict=(<DataElement>element).index is None)
        if data_set.index is None:
            return around
        if data_set.index.character_set is not None:
            return data_set.index.character_set     # as the reader said, whatever is declared: what was read so stays so
        return data_set.character_set() if data_set.find(SPECIFIC_CHARACTER_SET) >= 0 else around

    # Data sets.

    cdef int write(self, DataSet data_set, object around, uint32_t depth) except -1:
        cdef DataSet outer = self.current
        cdef bint is_outer_signed = self.is_signed
        if depth > MOST_DEPTH:
            raise LimitExceededError(f"sequences nest deeper than {MOST_DEPTH}")
        self.current = data_set
        if self.out.flags & IMPLICIT_VR:
            self.is_signed = data_set.get(PIXEL_REPRESENTATION, is_outer_signed) == 1
        if data_set.index is None:
            self.write_made(data_set, around, depth)
        else:
            self.write_read(data_set, self.set_of(data_set, around), depth)
        self.current, self.is_signed = outer, is_outer_signed
        return 0

    cdef int write_made(self, DataSet data_set, object character_set, uint32_t depth) except -1:
        """A data set that was never read: all of it is in ``changes``."""
        cdef PyObject* elements[MOST_AHEAD]
        cdef Standing before = self.out.stand()
        cdef bint is_long, has_set = False
        cdef Py_ssize_t position = 0
        cdef uint32_t last = 0
        cdef int i, count = MOST_AHEAD
        cdef dict changes = data_set.changes
        if changes is None:
            return 0
        is_long = len(changes) > MOST_AHEAD
        if depth == 0 or is_long:
            character_set = self.set_of(data_set, character_set)
        while count == MOST_AHEAD:
            count = next_elements(changes, &position, elements)
            if depth == 0 or count > FEW:       # few elements of an item were looked at with the data set around it
                look_ahead(elements, count)
            if not are_in_order(elements, count, &last):
                if is_long:                     # some are behind others that were written
                    self.out.take_back(before)
                    return self.write_all(in_tag_order(changes), character_set, depth)
                sort_few(elements, count)
            for i in range(count):
                Py_INCREF(<object>elements[i])
                has_set |= (<DataElement>elements[i]).tag_number == SPECIFIC_CHARACTER_SET
            try:
                if has_set and depth > 0 and not is_long:
                    character_set = self.set_of(data_set, character_set)
                for i in range(count):
                    self.put_change(<DataElement>elements[i], character_set, depth)
            finally:
                for i in range(count):
                    Py_DECREF(<object>elements[i])
        return 0

    cdef int write_all(self, list elements, object character_set, uint32_t depth) except -1:
        for element in elements:
            self.put_change(<DataElement>element, character_set, depth)
        return 0

    cdef int write_read(self, DataSet data_set, object character_set, uint32_t depth) except -1:
        """A data set that was read, with what lies over it."""
        cdef ElementIndex index = data_set.index
        cdef Element* records = index.records
        cdef uint32_t record = data_set.start, tag, lowest = 1, highest = 0     # of the tags that were changed: none so far
        cdef uint64_t start = 0, end = 0, header
        cdef dict changes = data_set.changes if data_set.changes else {}
        cdef dict touched = data_set.touched_sequences()
        cdef list order = None, added = [tag for tag, element in changes.items() if element is not None and data_set.find(tag) < 0]
        cdef Py_ssize_t position = 0, next_added = 0, count_added = len(added)
        cdef bint is_other_text = character_set is not data_set.character_set() and character_set != data_set.character_set()
        cdef bint is_rewritten = bool(changes) or bool(touched) or is_other_text or self.lengths != AS_READ
        cdef uint16_t around = self._encoding_of(data_set)
        is_rewritten = is_rewritten or around != self.out.flags
        added.sort()
        if changes:
            lowest, highest = min(changes), max(changes)
        if data_set.is_unordered and self.kept is not index:
            order = self._in_order(data_set, changes)
            is_rewritten = True
        seen = set()
        while True:
            if order is not None:
                if position == len(order):
                    break
                record = order[position][1]
                position += 1
            elif record >= data_set.stop:
                break
            tag = records[record].tag
            while next_added < count_added and added[next_added] < tag:
                self._flush(index, &start, &end)
                self.put_change(<DataElement>changes[added[next_added]], character_set, depth)
                next_added += 1
            if (
                (tag >> 16 == FILE_META_GROUP or tag >> 16 == COMMAND_GROUP) and depth == 0 and tag >> 16 != self.own_group
                and not self.out.is_lenient
            ):
                # Left over from File Meta Information that was damaged: behind a new one they would be read as part of that.
                raise InvalidTagError("the element does not belong into a data set (PS3.7 6.3, PS3.10 7.1)", tag=tag)
            if lowest <= tag <= highest and tag in changes:
                self._flush(index, &start, &end)
                element = changes[tag]
                if element is not None and tag not in seen:
                    seen.add(tag)       # in a data set that has it twice, which only lenient writing comes to see
                    self.put_change(<DataElement>element, character_set, depth)
            elif is_rewritten and (tag & 0xFFFF == 0 and tag >> 16 > FILE_META_GROUP):
                pass                    # group lengths are retired, and would be wrong now (PS3.5 7.2)
            elif self.forced_set is not None and tag == SPECIFIC_CHARACTER_SET and depth > 0:
                pass
            elif self._is_copied(data_set, record, around, is_other_text, touched):
                header = index.header_offset(record)
                if header != end:
                    self._flush(index, &start, &end)
                    start = header
                end = _end_of(index, record)
            else:
                self._flush(index, &start, &end)
                self.put_record(data_set, record, touched.get(record), character_set, depth)
            record = records[record].next
        self._flush(index, &start, &end)
        while next_added < count_added:
            self.put_change(<DataElement>changes[added[next_added]], character_set, depth)
            next_added += 1
        return 0

    cdef int _flush(self, ElementIndex index, uint64_t* start, uint64_t* end) except -1:
        """Copy the neighbours that were found to need no encoding."""
        if end[0] > start[0]:
            self.out.put_range(index, start[0], end[0])
        start[0] = end[0] = 0
        return 0

    cdef uint16_t _encoding_of(self, DataSet data_set) noexcept:
        """How a data set was encoded."""
        if data_set.start == 0:
            return data_set.index.flags & ENCODING
        return data_set.index.records[data_set.start - 1].flags & ENCODING      # of its item

    cdef list _in_order(self, DataSet data_set, dict changes):
        """Tags and records in tag order."""
        cdef uint32_t record = data_set.start
        cdef Element* records = data_set.index.records
        order = []
        while record < data_set.stop:
            order.append((records[record].tag, record))
            record = records[record].next
        order.sort()
        for (tag, _), (other, _) in zip(order, order[1:]):
            if tag == other and tag not in changes:
                raise InvalidTagError("the element stands there twice; lenient=True writes it so", tag=tag)
        if changes:
            order = [entry for entry, before in zip(order, [(None, 0), *order]) if entry[0] != before[0] or entry[0] not in changes]
        return order

    # Which elements are copied.

    cdef bint _is_copied(self, DataSet data_set, uint32_t record, uint16_t around, bint is_other_text, dict touched) except -1:
        """Whether the bytes of an element are what has to be written."""
        cdef ElementIndex index = data_set.index
        cdef Element* element = &index.records[record]
        cdef uint16_t encoding = element.flags & ENCODING
        cdef bint is_kept = self.kept is index
        if encoding & IMPLICIT_VR and element.flags & LONG_HEADER:
            encoding = around           # UN of undefined length: what it holds is implicit, its own header is not (PS3.5 6.2.2)
        if encoding != self.out.flags and not is_kept:
            return False
        if element.flags & CONTAINER:
            if record in touched or (self.lengths != AS_READ and not element.flags & FRAGMENTS):
                return False
            if is_other_text and not element.flags & FRAGMENTS:
                return False
        elif touched and record in touched:
            return False                # UN, or private in implicit VR, that turned out to be a sequence
        elif is_other_text and (element.vr == 0 or element.vr == VR_UN or _uses_character_set(element.vr)):
            return False
        if index.error is not None and self._is_cut(index, record):
            return False
        return index.anomalies == 0 or is_kept or not self._is_irregular(index, record)

    cdef bint _is_cut(self, ElementIndex index, uint32_t record) noexcept:
        """Whether a damaged file ends inside of an element."""
        cdef Element* element = &index.records[record]
        if element.flags & CONTAINER:
            return _end_of(index, record) >= index.end_offset
        return element.value_offset + element.length > index.end_offset

    cdef bint _is_irregular(self, ElementIndex index, uint32_t record) noexcept:
        """Whether an element, or what it nests, breaks a rule that writing obeys."""
        cdef Element* element
        cdef uint32_t i = record
        cdef bint is_container = (index.records[record].flags & CONTAINER) != 0
        if is_container and index.anomalies & (STRAY_DELIMITER | VR_MISSING | VR_PRESENT):
            return True
        while i < index.records[record].next:
            element = &index.records[i]
            if element.flags & FRAGMENTS:
                if not _has_delimiter(index, i):
                    return True
                i = element.next
                continue
            if element.flags & UNORDERED and is_container:
                return True
            if element.tag >> 16 != DELIMITER_GROUP and not element.flags & CONTAINER:
                if element.length & 1 or (element.vr == VR_UN and index.anomalies & VR_UNKNOWN):
                    return True
            i += 1
        return False

    # Elements.

    cdef int put_change(self, DataElement element, object character_set, uint32_t depth) except -1:
        """An element that was set."""
        cdef Field field
        cdef uint32_t group = element.tag_number >> 16
        if (
            element.items is None and element.index is None and group > FILE_META_GROUP and group != DELIMITER_GROUP and self.own_group < 0
            and element.tag_number & 0xFFFF and (depth > 0 or self.stream is None) and self.forced_set is None
            and (not _uses_character_set(element.vr_code) or _is_same_in_all_sets(element))
            and self.out.put_made(element.tag_number, element.vr_code, element.data)
        ):
            return 0                    # nothing below would have been said of it
        if self.own_group >= 0 and group != <uint32_t>self.own_group:
            raise InvalidTagError("the element does not belong into File Meta Information or a command set", tag=element.tag_number)
        if group == DELIMITER_GROUP or ((group == FILE_META_GROUP or group == COMMAND_GROUP) and group != self.own_group):
            raise InvalidTagError("the element does not belong into a data set (PS3.5 7.5, PS3.7 6.3, PS3.10 7.1)", tag=element.tag_number)
        if element.tag_number & 0xFFFF == 0 and group > FILE_META_GROUP:
            return 0                    # a group length
        if depth == 0 and self.stream is not None and self.stream[0] == element.tag_number:
            self.out.put_stream(self.stream[0], self.stream[1], self.stream[2], self.stream[3])
            return 0
        if self.forced_set is not None and depth > 0 and element.tag_number == SPECIFIC_CHARACTER_SET:
            return 0
        if element.items is not None:
            return self.put_items(element.tag_number, element.items, self.lengths == ALL_UNDEFINED, character_set, depth)
        if element.index is not None:
            if element.index.records[element.record].flags & FRAGMENTS:
                return self.put_fragments(element.index, element.record)
            fill_field(&field, element.index, element.record, element.vr_code, TELL)
            return self.put_value(&field, character_set, element.character_set, element.index, field.offset)
        element.fill(&field, TELL)
        return self.put_value(&field, character_set, element.character_set, element.data, 0)

    cdef int put_record(self, DataSet data_set, uint32_t record, object items, object character_set, uint32_t depth) except -1:
        """An element that was read, in another encoding or around items that were touched."""
        cdef ElementIndex index = data_set.index
        cdef Element* element = &index.records[record]
        cdef uint16_t vr = element.vr, known
        cdef Field field
        if element.flags & FRAGMENTS:
            return self.put_fragments(index, record)
        if items is None and element.flags & CONTAINER:
            items = data_set.fresh_items(record)
        if items is None:
            # An explicit UN stays UN where there are VRs: its bytes are right whatever they hold, but for text in another character set.
            if element.flags & IMPLICIT_VR or vr == 0 or vr == VR_UN:
                known = data_set.resolve_vr(record)
                if element.flags & IMPLICIT_VR or vr == 0 or self.out.flags & IMPLICIT_VR or (
                    (known == VR_SQ or _uses_character_set(known)) and data_set.character_set() != character_set
                ):
                    vr = known
            if vr == VR_SQ:
                items = data_set.items_of(record)
        if items is not None:
            return self.put_items(
                element.tag, items, self.lengths == ALL_UNDEFINED or (self.lengths == AS_READ and element.flags & UNDEFINED_LENGTH),
                character_set, depth)
        if index.source is not None and element.length >= _LARGE and not _uses_character_set(vr) \
                and not (element.flags ^ self.out.flags) & BIG_ENDIAN and index.error is None:
            # Neither text nor swapped, so it can stay in its file until the output is written.
            return self.out.put_element(element.tag, vr, NULL, element.length, element.flags & BIG_ENDIAN != 0, index, element.value_offset)
        fill_field(&field, index, record, vr, TELL)
        return self.put_value(&field, character_set, data_set.character_set(), index, field.offset)

    cdef int put_value(self, Field* field, object character_set, object own_set, object owner, uint64_t owner_offset) except -1:
        """A value field, its text in ``own_set``."""
        cdef bint is_name = field.vr == VR_PN, is_multi_valued = not (field.vr == VR_LT or field.vr == VR_ST or field.vr == VR_UT)
        cdef Plainness plainness = PLAIN
        if self.out.flags & IMPLICIT_VR and field.length and not self.out.is_lenient:
            self.check_unsaid_vr(field)
        if field.tag == PIXEL_DATA and field.vr == VR_OB and field.is_big_endian != ((self.out.flags & BIG_ENDIAN) != 0) and (
            (self.current._first(BITS_ALLOCATED, VR_US) or 0) > 8
        ):
            field.vr = VR_OW            # which cells of more than 8 bits are (PS3.5 A.2, A.3): their bytes change places
        if own_set is not character_set and _uses_character_set(field.vr):
            plainness = _plainness(field.data, field.length)
        if plainness != PLAIN and own_set != character_set and (
            plainness == NOT_PLAIN or not (own_set.is_ascii_compatible and character_set.is_ascii_compatible)
        ):
            text, problem = own_set.decode(field.data[:field.length], is_person_name=is_name, is_multi_valued=is_multi_valued)
            if problem is None:
                try:
                    owner = character_set.encode(text.rstrip(" \0"), is_person_name=is_name, is_multi_valued=is_multi_valued)
                except InvalidValueError as error:
                    self.is_unencodable = True
                    raise InvalidValueError(f"{error.problem}; switch_to_utf_8=True declares one that has all", tag=field.tag) from None
                if len(owner) & 1:      # which a lenient writer would leave so, as what was read
                    owner += b" "
                return self.out.put_element(
                    field.tag, field.vr, <const uint8_t*>PyBytes_AS_STRING(owner), PyBytes_GET_SIZE(owner), False, owner, 0)
            if not self.out.is_lenient:
                raise InvalidValueError(f"{problem}, so that it cannot be written in another one; lenient=True copies it", tag=field.tag)
        return self.out.put_element(field.tag, field.vr, field.data, field.length, field.is_big_endian, owner, owner_offset)

    cdef int check_unsaid_vr(self, Field* field) except -1:
        """Implicit VR does not say the VR: what readers take for it must not give another value (PS3.5 7.1.3, PS3.6)."""
        cdef uint16_t known = vr_of_tag(field.tag), vr = field.vr
        cdef bint is_descriptor
        cdef uint64_t i
        if known == VR_SQ:
            raise InvalidValueError("PS3.6 has a sequence there, and implicit VR cannot say that this is none", tag=field.tag)
        if known == 0 or known == vr or vr == VR_UN or (is_text_vr(known) and is_text_vr(vr)):
            return 0
        if (known == VR_XS or known == VR_XX) and (vr == VR_SS) != self.is_signed and (vr == VR_US or vr == VR_SS):
            is_descriptor = field.tag == LUT_DESCRIPTOR or field.tag >> 8 == PALETTE_DESCRIPTORS
            for i in range(field.length // 2):
                if is_descriptor and i != 1:
                    continue            # the number of entries and their bits have no sign (PS3.3 C.7.6.3.1.5, C.11.1.1.1)
                if field.data[2 * i + (0 if field.is_big_endian else 1)] & 0x80:
                    raise InvalidValueError("implicit VR gives it the sign of Pixel Representation, which would change the value", tag=field.tag)
            return 0
        if (known == VR_XS or known == VR_XX or known == VR_XW) and (vr == VR_US or vr == VR_SS or vr == VR_OW):
            return 0
        if (known & 0xFF == c"O" or known == VR_OX or known == VR_XW or known == VR_XX) and (vr == VR_OB or vr == VR_OW):
            return 0
        raise InvalidValueError(
            f"{chr(vr & 0xFF)}{chr(vr >> 8)} is not the VR that PS3.6 has there, and implicit VR cannot say another one", tag=field.tag)

    cdef int put_items(self, uint32_t tag, list items, bint is_undefined, object character_set, uint32_t depth) except -1:
        """A sequence (PS3.5 7.5)."""
        cdef DataSet item
        cdef Opened sequence, opened
        cdef bint is_undefined_item
        if self.out.flags & IMPLICIT_VR and vr_of_tag(tag) != VR_SQ:
            is_undefined = True         # without a VR, nothing else tells readers that it is a sequence
        sequence = self.out.open_sequence(tag, is_undefined)
        for thing in items:
            item = <DataSet>thing if isinstance(thing, DataSet) else DataSet(thing.all_elements)
            is_undefined_item = self.lengths == ALL_UNDEFINED
            if self.lengths == AS_READ and item.index is not None and item.start > 0:
                is_undefined_item = item.index.records[item.start - 1].flags & UNDEFINED_LENGTH != 0
            opened = self.out.open_item(is_undefined_item)
            self.write(item, character_set, depth + 1)
            self.out.close(opened, ITEM_DELIMITATION, tag)
        return self.out.close(sequence, SEQUENCE_DELIMITATION, tag)

    cdef int put_fragments(self, ElementIndex index, uint32_t record) except -1:
        """Encapsulated pixel data as it is: offset table, fragments, delimiter (PS3.5 A.4)."""
        cdef Element* element = &index.records[record]
        cdef Opened opened
        if self.out.flags or element.flags & BIG_ENDIAN:
            raise PixelDataError("compressed pixel data goes into explicit VR little endian only (PS3.5 A.4): decode it first")
        self.out.put_header(element.tag, element.vr if element.vr == VR_OW else VR_OB, UNDEFINED)
        opened = Opened(0, 0, True)
        self.out.put_range(index, element.value_offset, index.end_of_value(record))
        return self.out.close(opened, SEQUENCE_DELIMITATION, element.tag)
