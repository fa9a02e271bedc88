"""Data sets (PS3.5 7): a mapping from tags to data elements.

Compiled, though not in ``_core``, because it hands out value types; :doc:`/explanation/core` says why. What must stay
true: a data set that was read is a view on a range of an index and never changes it; what was set or deleted lies over it
in ``changes``. A data set holds its items and they never hold it, so that reading makes no reference cycles.
"""

from cython cimport no_gc
from cpython.object cimport PyObject_GenericGetAttr
from cpython.unicode cimport PyUnicode_AsUTF8AndSize
from libc.stdint cimport int64_t, uint16_t, uint32_t, uint64_t

from dicomkit._core.byteorder cimport load16
from dicomkit._core.dictionary_table cimport keyword_of_tag, tag_of_keyword, vr_of_private, vr_of_tag
from dicomkit._core.element_index cimport (
    BIG_ENDIAN, CONTAINER, FRAGMENTS, IMPLICIT_VR, UNDEFINED_LENGTH, UNORDERED, Element, ElementIndex,
)
from dicomkit._core.element_scan cimport scan_elements
from dicomkit._core.vr_code cimport *
from dicomkit.element cimport DataElement, fill_field, made_element, tag_of_key
from dicomkit.typed_access cimport TypedAccess
from dicomkit.values.decode cimport TELL, WARN, Field, all_or_none, decode_string, decode_value, is_text_vr, size_of_value

from dicomkit._core.element_scan import ScanLimits
from dicomkit.dictionary import suggest_keywords
from dicomkit.errors import EncodingError, InvalidValueError, UnknownKeywordError
from dicomkit.tag import Tag
from dicomkit.values.charset import DEFAULT_CHARACTER_SET, parse_specific_character_set
from dicomkit.vr import VR

__all__ = ["DataSet"]

cdef enum:
    ITEM = 0xFFFEE000
    SPECIFIC_CHARACTER_SET = 0x00080005
    BITS_ALLOCATED = 0x00280100
    PIXEL_REPRESENTATION = 0x00280103
    LUT_DESCRIPTOR = 0x00283002
    PIXEL_DATA = 0x7FE00010
    DELIMITER_GROUP = 0xFFFE

cdef extern from "Python.h":
    int Py_EnterRecursiveCall(const char* where) except 1
    void Py_LeaveRecursiveCall()

cdef object _MISSING = object()


cdef inline bint _is_undecided(uint16_t vr) noexcept nogil:
    """Whether a record leaves the VR open: UN, unknown, or a choice (no VR has an X in it, every pseudo code has)."""
    return vr == 0 or vr == VR_UN or vr & 0xFF == c"X" or vr >> 8 == c"X"


cdef DataSet data_set_of(
    ElementIndex index, uint32_t start, uint32_t stop, bint is_unordered, uint32_t depth, object inherited_set, bint is_signed):
    cdef DataSet data_set = DataSet.__new__(DataSet)
    data_set.depth = depth
    data_set.index = index
    data_set.start = start
    data_set.stop = stop
    data_set.is_unordered = is_unordered
    data_set.inherited_set = inherited_set
    data_set.is_signed = is_signed
    return data_set


cdef DataElement _read_element(ElementIndex index, uint32_t record, uint16_t vr, object character_set):
    cdef DataElement element = DataElement.__new__(DataElement)
    element.index = index
    element.record = record
    element.tag_number = index.records[record].tag
    element.vr_code = vr
    element.character_set = character_set
    return element


cdef list _read_items(ElementIndex index, uint32_t i, uint32_t stop, uint32_t depth, object character_set, bint is_signed):
    """The items that lie between two records."""
    cdef Element* records = index.records
    cdef uint32_t end
    items = []
    while i < stop:
        if records[i].tag == ITEM:
            end = records[i].next
            if records[i].flags & UNDEFINED_LENGTH and end > i + 1 and records[end - 1].tag >> 16 == DELIMITER_GROUP:
                end -= 1        # its delimiter; missing in what was damaged
            items.append(data_set_of(index, i + 1, end, (records[i].flags & UNORDERED) != 0, depth, character_set, is_signed))
        i = records[i].next
    return items


@no_gc
cdef class DataSet(TypedAccess):
    """A DICOM data set: a mutable mapping from tags to data elements, in tag order.

    A key is a keyword, a :class:`Tag`, its number, a pair ``0x0010, 0x0010``, or text ``"(0010,0010)"``. ``ds.PatientName``
    is the value, ``ds["PatientName"]`` the element. A keyword that PS3.6 does not have is an
    :class:`UnknownKeywordError` that names the nearest ones.

    Where a tag stands twice, which PS3.5 7.1 forbids, the first one counts.

    Parameters
    ----------
    elements
        Data elements to begin with.
    """

    def __init__(self, elements=()):
        for element in elements:
            self._put_element(element)

    # Finding. All of it works on the index; ``changes`` come first where there are any.

    cdef int64_t find(self, uint32_t tag) noexcept:
        """The record of a tag in the index, or -1."""
        cdef Element* records
        cdef uint32_t i = self.start
        if self.index is None:
            return -1
        records = self.index.records
        if self.is_unordered:
            while i < self.stop:
                if records[i].tag == tag:
                    return i
                i = records[i].next
            return -1
        # Whoever asks for one tag after another, asks in ascending order: go on from the last one found.
        if self.last_found > i and records[self.last_found].tag <= tag:
            i = self.last_found
        while i < self.stop and records[i].tag < tag:
            i = records[i].next
        if i < self.stop and records[i].tag == tag:
            self.last_found = i
            return i
        return -1

    cdef object character_set(self):
        """The character set of what was read: the reader's, or its own (PS3.3 C.12.1.1.2), or that of the data set around it."""
        cdef int64_t record
        cdef Field field
        if self.own_set is not None:
            return self.own_set
        found = DEFAULT_CHARACTER_SET if self.inherited_set is None else self.inherited_set
        if self.index is not None and self.index.character_set is not None:
            found = self.index.character_set
        elif self.index is not None:
            record = self.find(SPECIFIC_CHARACTER_SET)
            # Whatever VR of text somebody gave it: in implicit VR nobody would see that.
            if record >= 0 and (is_text_vr(self.index.records[record].vr) or self.index.records[record].vr == VR_UN):
                fill_field(&field, self.index, record, VR_CS, TELL)
                terms = decode_string(&field, DEFAULT_CHARACTER_SET)
                if terms is not None:
                    found = parse_specific_character_set(terms if isinstance(terms, list) else [terms], strict=self.index.strict)
        self.own_set = found    # only now: another thread must not see it half done
        return found

    cdef object _first_number(self, uint32_t tag, uint16_t vr):
        """First value of a US element of what was read, or None."""
        cdef Field field
        cdef int64_t record = self.find(tag)
        if record < 0:
            return None
        fill_field(&field, self.index, record, vr, TELL)
        return load16(field.data, field.is_big_endian) if field.length >= 2 else None

    cdef bint _is_signed_inside(self) except -1:
        representation = self._first_number(PIXEL_REPRESENTATION, VR_US)
        return self.is_signed if representation is None else representation == 1

    cdef object _private_creator(self, uint32_t tag):
        """Value of the element that reserves the block of a private element (PS3.5 7.8.1), or None."""
        cdef uint32_t creator = tag >> 16 << 16 | (tag >> 8 & 0xFF)
        if not tag & 0x10000 or tag & 0xFFFF < 0x1000:
            return None
        if self.changes is not None and creator in self.changes:
            element = self.changes[creator]
            return None if element is None else element.string_value
        if self.last_creator != creator:
            if self.creators is None:
                self.creators = self._read_creators()
            name = self.creators.get(creator)
            self.last_creator_name = name
            self.last_creator = creator
            return name
        return self.last_creator_name

    cdef dict _read_creators(self):
        """The private creators of what was read, in one pass: a search for each element would be quadratic."""
        cdef uint32_t tag, i = self.start
        cdef Field field
        creators = {}
        while self.index is not None and i < self.stop:
            tag = self.index.records[i].tag
            if tag & 0x10000 and 0x10 <= tag & 0xFFFF <= 0xFF and not self.index.records[i].flags & CONTAINER:
                fill_field(&field, self.index, i, VR_LO, TELL)
                text = decode_string(&field, self.character_set())
                creators.setdefault(tag, text[0] if isinstance(text, list) else text)
            i = self.index.records[i].next
        return creators

    cdef uint16_t resolve_vr(self, uint32_t record) except 0:
        """The VR of a record: as stored, or as the dictionaries and the data set decide (PS3.5 6.2.2, A.1)."""
        cdef Element* element = &self.index.records[record]
        cdef uint16_t vr = element.vr
        if not _is_undecided(vr):
            return vr
        if vr == 0 or vr == VR_UN:
            if element.flags & CONTAINER:
                return VR_OB if element.flags & FRAGMENTS else VR_SQ
            vr = vr_of_tag(element.tag)
            if vr == 0 and element.tag & 0x10000:
                creator = self._private_creator(element.tag)
                if creator is not None:
                    name = creator.encode("latin-1", "replace")
                    vr = vr_of_private(name, len(name), element.tag)
            if vr == 0:
                return VR_UN
        if vr == VR_XS:
            vr = VR_SS if self._is_signed_inside() else VR_US
        elif vr == VR_XW or vr == VR_XX:
            # LUT Data of one entry only could be words; PS3.5 A.1 has OW for implicit VR.
            vr = VR_US if self._first_number(LUT_DESCRIPTOR, VR_US) == 1 else VR_OW
        elif vr == VR_OX:
            vr = VR_OB if element.flags & FRAGMENTS else VR_OW
        if element.vr == VR_UN or element.vr == 0:
            if vr == VR_SQ and self.items_of(record) is None:
                return VR_UN
            if not _fits(vr, element.length):
                return VR_UN
        return vr

    cdef object items_of(self, uint32_t record):
        """The items of a sequence, the same list each time; None if the value turns out to be none."""
        cdef Element* element = &self.index.records[record]
        cdef uint64_t end
        cdef ElementIndex inner = None
        if self.first_items is not None and self.first_sequence == record:
            return self.first_items
        if self.sequences is not None:
            items = self.sequences.get(record, _MISSING)
            if items is not _MISSING:
                return items
        if element.flags & CONTAINER:
            items = self.fresh_items(record)
        else:
            # A sequence that only the dictionaries know: UN of defined length, or private and implicit (PS3.5 6.2.2).
            end = element.value_offset + element.length
            items = None        # what cannot be read so stays UN: nothing is lost
            try:
                if self.depth < self.index.max_depth:
                    limits = ScanLimits(max_depth=self.index.max_depth - self.depth)
                    inner = scan_elements(
                        self.index.bytes_around(element.value_offset, end), element.value_offset, end, IMPLICIT_VR, limits, None,
                        self.index.character_set, True)
                    inner.max_depth, inner.strict = self.index.max_depth, self.index.strict
                    items = _read_items(inner, 0, inner.count, self.depth + 1, self.character_set(), self._is_signed_inside())
            except EncodingError:
                inner = None
            if inner is not None:
                if self.inner_indices is None:
                    self.inner_indices = {}
                if self.inner_indices.setdefault(record, inner) is not inner:
                    items = self.items_of(record)       # another thread was here first
        # Two threads may come here at once; both get the list that came first.
        if items is not None and (self.first_items is None or self.first_sequence == record):
            if self.first_items is None:
                self.first_sequence, self.first_items = record, items
            return self.first_items
        if self.sequences is None:
            self.sequences = {}
        return self.sequences.setdefault(record, items)

    cdef list fresh_items(self, uint32_t record):
        """The items of a container record, new ones each time: what is changed in them is not in the data set."""
        return _read_items(
            self.index, record + 1, self.index.records[record].next, self.depth + 1, self.character_set(), self._is_signed_inside())

    cdef dict _looked_at(self):
        """The lists of items that were looked at, by record."""
        looked_at = {} if self.sequences is None else {r: items for r, items in self.sequences.items() if items is not None}
        if self.first_items is not None:
            looked_at[self.first_sequence] = self.first_items
        return looked_at

    cdef DataElement element_at(self, uint32_t record):
        """The element of a record."""
        cdef uint16_t vr = self.index.records[record].vr
        cdef DataElement element
        if _is_undecided(vr):
            vr = self.resolve_vr(record)
        element = _read_element(self.index, record, vr, self.own_set if self.own_set is not None else self.character_set())
        if vr == VR_SQ:
            element.items = self.items_of(record)
        if element.tag_number & 0x10000:
            element.creator = self._private_creator(element.tag_number)
        return element

    cdef DataElement find_element(self, uint32_t tag):
        """The element of a tag, or None."""
        cdef int64_t record
        if self.changes is not None:
            element = self.changes.get(tag, _MISSING)
            if element is not _MISSING:
                return element
        record = self.find(tag)
        return None if record < 0 else self.element_at(record)

    cdef object value_of(self, uint32_t tag, object default):
        """The value of a tag, without making an element of it."""
        cdef int64_t record
        cdef uint16_t vr
        cdef Field field
        if self.changes is not None:
            element = self.changes.get(tag, _MISSING)
            if element is not _MISSING:
                return default if element is None else element.value
        record = self.find(tag)
        if record < 0:
            return default
        vr = self.resolve_vr(record)
        if vr == VR_SQ:
            return self.items_of(record)
        fill_field(&field, self.index, record, vr, WARN)
        return decode_value(&field, self.character_set())

    cdef list record_order(self):
        """Tag numbers and records in tag order, the first one where a tag stands twice; changed elements have record -1."""
        cdef uint32_t i = self.start
        order = {}
        if self.index is not None:
            while i < self.stop:
                order.setdefault(self.index.records[i].tag, i)
                i = self.index.records[i].next
        if self.changes is not None:
            for tag, element in self.changes.items():
                if element is None:
                    order.pop(tag, None)
                else:
                    order[tag] = -1
        return sorted(order.items())

    # The mapping.

    def __getitem__(self, key):
        element = self.find_element(tag_of_key(key))
        if element is None:
            raise KeyError(key if isinstance(key, str) else str(Tag(tag_of_key(key))))
        return element

    def __setitem__(self, key, value):
        cdef uint32_t tag = tag_of_key(key)
        if value is not None and not isinstance(value, DataElement):
            if tag == SPECIFIC_CHARACTER_SET:
                parse_specific_character_set(_terms_of(value), strict=True)
            value = self._made(tag, value)
            if (<DataElement>value).items is not None:
                # Items that were read belong to another data set. Those that were made do not yet, and can still be filled.
                (<DataElement>value).items = [
                    item if (<DataSet?>item).index is None else item.copy() for item in (<DataElement>value).items
                ]
        elif value is not None and (<DataElement>value).tag_number != tag:
            raise InvalidValueError(f"the element of {value.tag} was given", tag=tag)
        elif value is not None and (<DataElement>value).items is not None:
            value = _with_items_of_its_own(value)
        self._put(tag, value)

    cdef DataElement _made(self, uint32_t tag, value):
        """An element with the VR that its place gives it."""
        cdef uint16_t vr = self._vr_code_for(tag)
        try:
            return made_element(tag, vr, value)
        except InvalidValueError:
            # US or SS, as Pixel Representation says: while nobody has said it, the value may.
            if vr != VR_US or vr_of_tag(tag) != VR_XS or self.get(PIXEL_REPRESENTATION) is not None:
                raise
        return made_element(tag, VR_SS, value)

    cdef int _put_element(self, DataElement element) except -1:
        self._put(element.tag_number, element if element.items is None else _with_items_of_its_own(element))
        return 0

    cdef int _put(self, uint32_t tag, element) except -1:
        """Lay an element, or None for none, over what was read."""
        if self.changes is None:
            self.changes = {}
        self.changes[tag] = element
        return 0

    cdef str _vr_for(self, uint32_t tag):
        """The same in letters."""
        cdef uint16_t vr = self._vr_code_for(tag)
        return chr(vr & 0xFF) + chr(vr >> 8)

    cdef uint16_t _vr_code_for(self, uint32_t tag) except 0:
        """The VR that a value set by tag gets: that of the element that is there, else the dictionaries'."""
        cdef uint16_t vr
        element = self.find_element(tag)
        if element is not None:
            return (<DataElement>element).vr_code
        vr = vr_of_tag(tag)
        if vr == 0:
            creator = self._private_creator(tag)
            if creator is not None:
                name = creator.encode("latin-1", "replace")
                vr = vr_of_private(name, len(name), tag)
        if vr == VR_XS:
            vr = VR_SS if self.get(PIXEL_REPRESENTATION, self.is_signed) == 1 else VR_US
        elif vr == VR_OX:
            vr = VR_OB if tag == PIXEL_DATA and 1 <= (self._first(BITS_ALLOCATED, VR_US) or 0) <= 8 else VR_OW
        elif vr == VR_XW or vr == VR_XX:
            vr = VR_OW
        if vr == 0:
            raise InvalidValueError("the dictionaries do not know this element: set a DataElement, which has a VR", tag=tag)
        return vr

    def __delitem__(self, key):
        cdef uint32_t tag = tag_of_key(key)
        if self.find_element(tag) is None:
            raise KeyError(str(Tag(tag)))
        self[tag] = None

    def __contains__(self, key):
        cdef uint32_t tag = tag_of_key(key)
        if self.changes is not None and tag in self.changes:
            return self.changes[tag] is not None
        return self.find(tag) >= 0

    def __len__(self):
        cdef uint32_t i = self.start
        cdef Py_ssize_t count = 0
        if self.changes or self.is_unordered:
            return len(self.record_order())
        if self.index is not None:
            while i < self.stop:
                count += 1
                i = self.index.records[i].next
        return count

    def __iter__(self):
        if self.changes or self.is_unordered:
            return iter(self.all_elements)
        return _iterator_of(self)

    def get(self, key, default=None):
        """Return the value of an element, or ``default`` if it is absent. An empty element's value is None."""
        return self.value_of(tag_of_key(key), default)

    @property
    def tags(self):
        """Tags in ascending order."""
        return [Tag(tag) for tag, _ in self.record_order()]

    @property
    def all_elements(self):
        """Elements in tag order."""
        return [self.changes[tag] if record < 0 else self.element_at(record) for tag, record in self.record_order()]

    # Keywords as attributes. They begin with a capital, methods do not, so one look at the first letter saves the
    # search through the type that every miss would cost.

    def __getattribute__(self, name):
        cdef Py_ssize_t length
        cdef const char* keyword = PyUnicode_AsUTF8AndSize(name, &length)
        cdef int64_t tag
        if not c"A" <= keyword[0] <= c"Z":
            return PyObject_GenericGetAttr(self, name)
        tag = tag_of_keyword(keyword, length)
        if tag < 0:
            raise UnknownKeywordError(name, suggest_keywords)
        value = self.value_of(<uint32_t>tag, _MISSING)
        if value is _MISSING:
            raise AttributeError(f"the data set has no {name} {Tag(tag)}")
        return value

    def __setattr__(self, name, value):
        if not "A" <= name[:1] <= "Z":
            raise AttributeError(f"{name!r} is no keyword, and a data set has no other attributes to set")
        self[name] = value

    def __delattr__(self, name):
        if not "A" <= name[:1] <= "Z":
            raise AttributeError(name)
        try:
            del self[name]
        except KeyError as error:
            raise AttributeError(f"the data set has no {name}") from error

    def __dir__(self):
        keywords = [keyword_of_tag(tag) for tag, _ in self.record_order()]
        return sorted({*object.__dir__(self), *(keyword for keyword in keywords if keyword)})

    # Copies, comparison, display.

    def copy(self):
        """Return a data set that can be changed without changing this one; bytes that were read are shared.

        Raises
        ------
        RecursionError
            If somebody put the data set into itself.
        """
        Py_EnterRecursiveCall(" in copying a data set that lies in itself")
        try:
            return _copy_of(self)
        finally:
            Py_LeaveRecursiveCall()

    def __copy__(self):
        return self.copy()

    def __deepcopy__(self, memo):
        return self.copy()

    cdef bint is_touched(self) except -1:
        """Whether anything in it, however deep, is not as it was read."""
        return self.index is None or bool(self.changes) or bool(self.touched_sequences())

    cdef dict touched_sequences(self):
        """The lists of items that are not as they were read, by record."""
        if self.first_items is None and self.sequences is None:
            return {}
        return {
            record: items for record, items in self._looked_at().items()
            if _are_touched(self.index, None if self.inner_indices is None else self.inner_indices.get(record), record, items)
        }

    def __reduce__(self):
        cdef uint64_t start, end
        if self.is_touched():
            return DataSet, (self.all_elements,)
        # As it was read, its bytes are all it takes; and they do not nest, so that no depth is too deep for pickle.
        start = end = self.index.start_offset
        if self.start < self.stop:
            start = self.index.header_offset(self.start)
            end = self._end_of_last()
        if self.index.error is not None and self.start == 0:
            end = self.index.stop_offset        # with the damage, so that what is read around it is the same again
        return _data_set_of_bytes, (
            bytes(self.index.range_view(start, end)), self._flags(), self.tags,
            self.character_set(), self.index.character_set, self.index.strict, self.index.max_depth, self.is_signed, self.depth)

    cdef uint16_t _flags(self):
        """How its elements are encoded: what the record of the item says, which stands before them."""
        return self.index.flags if self.start == 0 else self.index.records[self.start - 1].flags & (IMPLICIT_VR | BIG_ENDIAN)

    cdef uint64_t _end_of_last(self):
        """Where the last of its elements ends, with its delimiter."""
        cdef uint32_t i = self.start
        cdef uint64_t end
        while self.index.records[i].next < self.stop:
            i = self.index.records[i].next
        end = self.index.end_of_value(i)
        if self.index.records[i].flags & UNDEFINED_LENGTH and end + 8 <= self.index.end_offset:
            end += 8
        return end

    def __eq__(self, other):
        if not isinstance(other, DataSet):
            return NotImplemented
        Py_EnterRecursiveCall(" in comparing a data set that lies in itself")
        try:
            return self is other or (len(self) == len(other) and _are_equal(self, other))
        finally:
            Py_LeaveRecursiveCall()

    __hash__ = None

    def __str__(self):
        from dicomkit.display import format_data_set  # lazy: start-up

        return format_data_set(self)

    def __repr__(self):
        count = len(self)
        return f"<DataSet of {count} element{'' if count == 1 else 's'}>"

    def _repr_html_(self):
        from dicomkit.display import html_of_data_set  # lazy: start-up

        return html_of_data_set(self)

    # What the typed getters and setters stand on.

    cdef object _only(self, key, uint16_t vr):
        """All values of an element of exactly this VR, as a list, without making an element of what was read; else None."""
        cdef uint32_t tag = tag_of_key(key)
        cdef int64_t record
        cdef Field field
        if self.changes is not None and tag in self.changes:
            element = self.changes[tag]
            return None if element is None else (<DataElement>element)._only(vr)
        record = self.find(tag)
        if record < 0 or self.resolve_vr(record) != vr:
            return None
        fill_field(&field, self.index, record, vr, TELL)
        value = decode_value(&field, self.character_set())
        return all_or_none(value)

    cdef object _first(self, key, uint16_t vr):
        cdef uint32_t tag
        cdef int64_t record
        cdef Field field
        if vr == VR_US and self.changes is None:    # nearly every attribute of an image is one such number
            tag = tag_of_key(key)
            record = self.find(tag)
            if record >= 0 and self.index.records[record].vr == VR_US and self.index.records[record].length == 2:
                fill_field(&field, self.index, record, VR_US, TELL)
                return load16(field.data, field.is_big_endian) if field.length == 2 else None
        return TypedAccess._first(self, key, vr)

    cdef object _typed(self, key, str attribute):
        element = self.find_element(tag_of_key(key))
        return None if element is None else getattr(element, attribute)

    cdef object _items(self, key):
        """Items of a sequence, without making an element of it; None if it is absent or none."""
        cdef uint32_t tag = tag_of_key(key)
        cdef int64_t record
        if self.changes is not None and tag in self.changes:
            element = self.changes[tag]
            return None if element is None else element.sequence_items
        record = self.find(tag)
        return self.items_of(record) if record >= 0 and self.resolve_vr(record) == VR_SQ else None

    cdef int _set(self, key, str vr, value) except -1:
        cdef uint32_t tag = tag_of_key(key)
        cdef uint16_t known = vr_of_tag(tag)
        if known != 0 and not _allows(known, <uint16_t>(ord(vr[0]) | ord(vr[1]) << 8)):
            raise InvalidValueError(f"PS3.6 does not give this element the VR {vr}", tag=tag)
        self._put(tag, made_element(tag, <uint16_t>(ord(vr[0]) | ord(vr[1]) << 8), value))
        return 0

    cdef int _set_text(self, key, value, vr) except -1:
        cdef uint32_t tag = tag_of_key(key)
        vr = VR(vr or self._vr_for(tag))
        if not vr.is_text:
            raise InvalidValueError(f"{vr} is no text", tag=tag)
        self._put(tag, DataElement(tag, vr, value))
        return 0

    def set_data(self, key, data, vr=None):
        """Set the bytes of a value field, in little endian and padded to even length (PS3.5 7.1.1).

        The VR is by default the one of the element that is there, or of the dictionaries.
        """
        cdef uint32_t tag = tag_of_key(key)
        self._put(tag, DataElement(tag, vr or self._vr_for(tag), bytes(data)))

    def remove(self, key):
        """Delete an element, if it is there."""
        cdef uint32_t tag = tag_of_key(key)
        if self.find_element(tag) is not None:
            self[tag] = None

    # Private blocks, and other forms.

    def private_block(self, int group, str creator not None, *, create=False):
        """Return the block of private elements that a creator reserved (PS3.5 7.8.1), or with ``create`` reserve one.

        Parameters
        ----------
        group
            An odd group number.
        creator
            Who reserves the block.
        create
            Reserve the first free block where the creator has none.

        Returns
        -------
        PrivateBlock or None
            A mapping from the last byte of the element number to elements; None where the creator has no block.

        Raises
        ------
        InvalidTagError
            If the group is no private one, or none of its 240 blocks is free.
        """
        from dicomkit.private_block import find_private_block  # lazy: start-up

        return find_private_block(self, group, creator, bool(create))

    def to_json(self, bulk_data=None):
        """Return the data set in the DICOM JSON Model (PS3.18 F.2).

        Parameters
        ----------
        bulk_data
            Called with each element whose value is bytes: it returns the BulkDataURI to write, or None to write the value inline.

        Raises
        ------
        InvalidValueError
            If it holds compressed pixel data and ``bulk_data`` has no URI for it: that has no form inline (PS3.18 F.2.7).
        """
        from dicomkit.json_model import json_of_data_set  # lazy: start-up

        return json_of_data_set(self, bulk_data)

    @staticmethod
    def from_json(text, bulk_data=None):
        """Return the data set that a text, bytes or ``dict`` in the DICOM JSON Model stands for (PS3.18 F.2).

        Parameters
        ----------
        text
            One data set; for an array of them, call this for each.
        bulk_data
            Called with each BulkDataURI, tag and VR: it returns the bytes of the value, in little endian.

        Raises
        ------
        ParsingError
            If it is not of the model, or has a BulkDataURI and there is no ``bulk_data``.
        """
        from dicomkit.json_model import data_set_of_json  # lazy: start-up

        return data_set_of_json(text, bulk_data, DataElement, DataSet)

    def to_pydicom(self):
        """Return the data set as a ``pydicom.Dataset``, with the same values.

        Raises
        ------
        ModuleNotFoundError
            If pydicom is not installed.
        """
        from dicomkit.pydicom_model import pydicom_of_data_set  # lazy: start-up

        return pydicom_of_data_set(self)


cdef inline bint _allows(uint16_t known, uint16_t vr) noexcept nogil:
    """Whether the dictionaries' VR, perhaps a choice, allows a VR."""
    if known == vr or vr == VR_UN:
        return True
    if known == VR_XS:
        return vr == VR_US or vr == VR_SS
    if known == VR_OX:
        return vr == VR_OB or vr == VR_OW
    if known == VR_XW:
        return vr == VR_US or vr == VR_OW
    return known == VR_XX and (vr == VR_US or vr == VR_SS or vr == VR_OW)


cdef object _terms_of(value):
    """What somebody sets Specific Character Set to, as far as it is text; the VR says what else is wrong."""
    values = value if isinstance(value, (list, tuple)) else [value]
    return [term for part in values if isinstance(part, str) for term in part.split("\\")]


cdef bint _are_equal(DataSet left, DataSet right) except -1:
    for mine, its in zip(left, right):
        if mine != its:
            return False
    return True


cdef inline bint _fits(uint16_t vr, uint32_t length) noexcept nogil:
    """Whether a value field of this length can be of a VR."""
    cdef int size = size_of_value(vr)
    return size < 2 or length % size == 0


cdef DataSet _copy_of(DataSet data_set):
    cdef DataSet twin = data_set_of(
        data_set.index, data_set.start, data_set.stop, data_set.is_unordered, data_set.depth, data_set.inherited_set, data_set.is_signed)
    twin.inner_indices = None if data_set.inner_indices is None else data_set.inner_indices.copy()
    looked_at = data_set._looked_at()
    if looked_at:
        twin.sequences = {record: [item.copy() for item in items] for record, items in looked_at.items()}
    if data_set.changes is not None:
        twin.changes = data_set.changes.copy()
        for element in data_set.changes.values():
            if element is not None and (<DataElement>element).items is not None:
                twin._put_element(element)
    return twin


cdef DataElement _with_items_of_its_own(DataElement sequence):
    """A sequence with copies of the items: data sets do not share items, as changing one must not change another."""
    cdef DataElement twin = DataElement.__new__(DataElement)
    twin.tag_number, twin.vr_code, twin.data = sequence.tag_number, VR_SQ, b""
    twin.character_set, twin.creator = sequence.character_set, sequence.creator
    twin.items = [(<DataSet?>item).copy() for item in sequence.items]
    return twin


cdef bint _are_touched(ElementIndex index, ElementIndex inner, uint32_t record, list items) except -1:
    """Whether a list of items differs from what was read, in the index or in one of its own.

    A data set that somebody put into itself ends the walk here: it does not begin where an item did.
    """
    cdef uint32_t i = record + 1, stop = index.records[record].next
    cdef Py_ssize_t count = 0
    cdef DataSet item
    if not index.records[record].flags & CONTAINER:     # a sequence with an index of its own
        index, i, stop = inner, 0, inner.count
    while i < stop:
        if index.records[i].tag == ITEM:
            if count >= len(items) or not isinstance(items[count], DataSet):
                return True
            item = items[count]
            if item.index is not index or item.start != i + 1 or item.is_touched():
                return True
            count += 1
        i = index.records[i].next
    return count != len(items)


def _data_set_of_bytes(data, flags, tags, inherited_set, reader_set, strict, max_depth, is_signed, depth):
    """Unpickle a data set as it was read."""
    # The highest number keeps the scan from ending with the last tag, which need not be the last element.
    limits = ScanLimits(max_depth=max_depth, partial=True, settled=True, tags=[*tags, 0xFFFFFFFF])
    cdef ElementIndex index = scan_elements(data, 0, len(data), flags, limits, None, reader_set, False)
    index.strict = strict       # only now: what was wrong was judged when it was read, and where
    return data_set_of(index, 0, index.count, (index.flags & UNORDERED) != 0, depth, inherited_set, is_signed)


@no_gc
cdef class _ElementIterator:
    """Walks a data set that is in order and unchanged."""

    cdef DataSet data_set
    cdef uint32_t record

    def __iter__(self):
        return self

    def __next__(self):
        cdef uint32_t record = self.record
        if record >= self.data_set.stop:
            raise StopIteration
        self.record = self.data_set.index.records[record].next
        return self.data_set.element_at(record)


cdef _ElementIterator _iterator_of(DataSet data_set):
    cdef _ElementIterator iterator = _ElementIterator.__new__(_ElementIterator)
    iterator.data_set = data_set
    iterator.record = data_set.start if data_set.index is not None else 0
    return iterator


def data_set_from_index(ElementIndex index not None, inherited_character_set=None):
    """Return the outermost data set of an index."""
    return data_set_of(index, 0, index.count, (index.flags & UNORDERED) != 0, 0, inherited_character_set, False)
