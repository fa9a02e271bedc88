"""Data elements (PS3.5 7.1): a tag, a Value Representation and a value.

Compiled, though not in ``_core``, because it hands out value types; :doc:`/explanation/core` says why. An element never
refers to the data set that it came from, so that reading makes no reference cycles and the garbage collector need not
know of elements at all: with 170,000 of them alive, tracking cost ten times the parsing.
"""

from cython cimport final, freelist, no_gc
from cpython.bytes cimport PyBytes_GET_SIZE
from cpython.object cimport PyObject
from cpython.long cimport PyLong_AsLongLongAndOverflow
from cpython.unicode cimport PyUnicode_AsUTF8AndSize
from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t, uint64_t

from dicomkit._core.byteorder cimport load32
from dicomkit._core.dictionary_table cimport keyword_of_tag, name_of_tag, tag_of_keyword
from dicomkit._core.element_index cimport BIG_ENDIAN, FRAGMENTS, Element, ElementIndex
from dicomkit._core.vr_code cimport *
from dicomkit.values.decode cimport (
    INVALID, RAISE, TELL, WARN, Field, OnInvalid, all_or_none, decode_array, decode_string, decode_value, is_text_vr,
    little_endian_bytes, made_tag,
)
from dicomkit.values.encode_field cimport encode_field

import struct

from dicomkit._core.dictionary_table import find_private_element
from dicomkit._core.element_scan import ScanLimits, scan
from dicomkit._core.element_write import ElementWriter
from dicomkit.dictionary import suggest_keywords
from dicomkit.errors import InvalidTagError, InvalidValueError, UnexpectedEndOfDataError, UnknownKeywordError
from dicomkit.tag import Tag
from dicomkit.values.age_string import DICOMAgeString
from dicomkit.values.application_entity import DICOMApplicationEntity
from dicomkit.values.charset import UTF_8
from dicomkit.values.code_string import DICOMCodeString
from dicomkit.values.unique_identifier import DICOMUniqueIdentifier
from dicomkit.values.universal_resource import DICOMUniversalResource
from dicomkit.vr import VR

__all__ = ["DataElement"]

cdef dict _VR_OF_CODE = {ord(vr[0]) | ord(vr[1]) << 8: vr for vr in VR}
# As literals they would be Python objects, and what is compared with them would become one.
cdef int64_t MOST_TAG = 0xFFFFFFFF
cdef uint32_t ITEM = 0xFFFEE000

cdef uint8_t[65536] _IS_VR       # by code; written here once
for _code in _VR_OF_CODE:
    _IS_VR[<uint16_t>_code] = 1


cdef uint16_t code_of_vr(object vr) except 0:
    """The code of a VR given in letters; hashing a member of an enumeration would take longer than all the rest."""
    cdef Py_ssize_t length
    cdef const char* letters
    cdef uint16_t code
    if isinstance(vr, str):
        letters = PyUnicode_AsUTF8AndSize(vr, &length)
        if length == 2:
            code = <uint8_t>letters[0] | <uint16_t>(<uint8_t>letters[1]) << 8
            if _IS_VR[code]:
                return code
    VR(vr)      # which says what is wrong
    raise ValueError("not a Value Representation")


cdef DataElement made_element(uint32_t tag, uint16_t vr, object value):
    """What ``DataElement(tag, vr, value)`` is, without the detour through Python's calls."""
    cdef DataElement element = DataElement.__new__(DataElement)
    element.fill_in(tag, vr, value)
    return element


def tag_for_key(key):
    """Return the :class:`Tag` that a key stands for.

    Raises
    ------
    UnknownKeywordError
        If it is a name that PS3.6 does not have.
    InvalidTagError
        If it is no tag.
    """
    return Tag(tag_of_key(key))


cdef bint _is_hexadecimal(str text):
    return all(character in "0123456789ABCDEFabcdef" for character in text)


cdef uint32_t tag_of_key(object key) except? 0xFFFFFFFF:
    """The tag that a key stands for: a tag, its number, a pair of numbers, a keyword, or text like (GGGG,EEEE)."""
    cdef Py_ssize_t length
    cdef const char* keyword
    cdef int64_t tag
    cdef int overflow
    if isinstance(key, int):
        tag = PyLong_AsLongLongAndOverflow(key, &overflow)
        if overflow or not 0 <= tag <= MOST_TAG:
            raise InvalidTagError(f"{key:#x} is not a 32-bit tag")
        return <uint32_t>tag
    if isinstance(key, tuple):
        if len(key) != 2 or not isinstance(key[0], int) or not isinstance(key[1], int):
            raise TypeError("a tag is a pair of numbers, as 0x0010, 0x0010")
        return Tag(*key)
    if not isinstance(key, str):
        raise TypeError(f"a key is a keyword, a tag or a pair of numbers, not {type(key).__name__}")
    keyword = PyUnicode_AsUTF8AndSize(key, &length)
    tag = tag_of_keyword(keyword, length)
    if tag >= 0:
        return <uint32_t>tag
    if key[:1] == "(" or "," in key or (len(key) == 8 and _is_hexadecimal(key)) or key[:1].isdigit():
        return Tag.parse(key)
    raise UnknownKeywordError(key, suggest_keywords)


cdef bint _is_iterable(value):
    return hasattr(value, "__iter__") and not isinstance(value, (str, bytes))


cdef int fill_field(Field* field, ElementIndex index, uint32_t record, uint16_t vr, OnInvalid on_invalid) except -1:
    """Say where the value field of a record lies, and load it."""
    cdef Element* element = &index.records[record]
    cdef uint64_t end = index.end_of_value(record)
    field.data = index.load(element.value_offset, end - element.value_offset)
    field.length = end - element.value_offset
    field.whole = NULL
    if index.tail is not None and element.value_offset == index.size and field.length == PyBytes_GET_SIZE(index.tail):
        field.whole = <PyObject*>index.tail
    field.offset = element.value_offset
    field.tag = element.tag
    field.vr = vr
    # PS3.5 6.2.2: what is stored as UN is in little endian, whatever the transfer syntax.
    field.is_big_endian = element.flags & BIG_ENDIAN and element.vr != VR_UN
    field.on_invalid = RAISE if index.strict and on_invalid == WARN else on_invalid
    return 0


@final
@freelist(256)      # one per element looked at: without it, reading every value of a CT took 8 % longer
@no_gc
cdef class DataElement:
    """A data element: immutable, comparable, hashable (PS3.5 7.1).

    Parameters
    ----------
    tag
        Tag, number, pair of numbers, keyword, or text ``(GGGG,EEEE)``.
    vr
        Value Representation.
    value
        What the VR holds: see :attr:`value`; or the bytes of the value field in little endian; or, for SQ, data sets.

    Raises
    ------
    InvalidValueError
        If the VR cannot hold the value.
    """

    def __init__(self, tag, vr, value):
        self.fill_in(tag_of_key(tag), code_of_vr(vr), value)

    cdef int fill_in(self, uint32_t tag, uint16_t vr, value) except -1:
        self.tag_number = tag
        self.vr_code = vr
        self.character_set = UTF_8
        if self.vr_code == VR_SQ:
            self.items = [] if value is None else list(value) if isinstance(value, list) or _is_iterable(value) else [value]
            # A data set iterates too, over elements: one that was meant as the only item would become a sequence of none.
            # Types are asked, not data sets: those would make a list of their elements to answer.
            is_wrong = not isinstance(value, list) and hasattr(type(value), "all_elements")
            for item in self.items:
                is_wrong = is_wrong or not hasattr(type(item), "all_elements")
            if is_wrong:
                raise InvalidValueError("an SQ holds a list of data sets", tag=self.tag_number)
            self.data = b""
        else:
            self.data = encode_field(vr, value, tag)
        return 0

    # Factories: elements with a VR that the name says.

    @staticmethod
    def string(tag, vr, value):
        """Return an element of a text VR with one text."""
        if not VR(vr).is_text:
            raise InvalidValueError(f"{vr} is no text", tag=tag_of_key(tag))
        return DataElement(tag, vr, value)

    @staticmethod
    def strings(tag, vr, values):
        """Return an element of a text VR with several texts."""
        return DataElement.string(tag, vr, list(values))

    @staticmethod
    def uint16(tag, value):
        """Return an element of VR US with one value."""
        return DataElement(tag, "US", value)

    @staticmethod
    def uint16s(tag, values):
        """Return an element of VR US."""
        return DataElement(tag, "US", list(values))

    @staticmethod
    def uint32(tag, value):
        """Return an element of VR UL with one value."""
        return DataElement(tag, "UL", value)

    @staticmethod
    def uint32s(tag, values):
        """Return an element of VR UL."""
        return DataElement(tag, "UL", list(values))

    @staticmethod
    def int16(tag, value):
        """Return an element of VR SS with one value."""
        return DataElement(tag, "SS", value)

    @staticmethod
    def int16s(tag, values):
        """Return an element of VR SS."""
        return DataElement(tag, "SS", list(values))

    @staticmethod
    def int32(tag, value):
        """Return an element of VR SL with one value."""
        return DataElement(tag, "SL", value)

    @staticmethod
    def int32s(tag, values):
        """Return an element of VR SL."""
        return DataElement(tag, "SL", list(values))

    @staticmethod
    def float32(tag, value):
        """Return an element of VR FL with one value."""
        return DataElement(tag, "FL", value)

    @staticmethod
    def float32s(tag, values):
        """Return an element of VR FL."""
        return DataElement(tag, "FL", list(values))

    @staticmethod
    def float64(tag, value):
        """Return an element of VR FD with one value."""
        return DataElement(tag, "FD", value)

    @staticmethod
    def float64s(tag, values):
        """Return an element of VR FD."""
        return DataElement(tag, "FD", list(values))

    @staticmethod
    def bytes_of(tag, vr, data):
        """Return an element with these bytes as its value field, in little endian, padded to even length (PS3.5 7.1.1)."""
        return DataElement(tag, vr, bytes(data))

    @staticmethod
    def sequence(tag, items):
        """Return a sequence."""
        return DataElement(tag, "SQ", list(items))

    @staticmethod
    def encapsulated(fragments, offset_table=(), tag=0x7FE00010):
        """Return encapsulated pixel data (PS3.5 A.4).

        Parameters
        ----------
        fragments
            Bytes-like objects, padded here to even lengths.
        offset_table
            The Basic Offset Table: where the first fragment of each frame begins, counted from the first fragment's item header.
        tag
            Pixel Data, unless it is a private twin of it.
        """
        out = ElementWriter()
        out.begin_fragments(tag_of_key(tag), "OB")
        out.write_fragment(struct.pack(f"<{len(offset_table)}I", *offset_table))
        for fragment in fragments:
            out.write_fragment(fragment)
        return _restore_fragments(tag_of_key(tag), VR_OB, out.to_bytes()[12:])

    cdef int fill(self, Field* field, OnInvalid on_invalid) except -1:
        if self.index is not None:
            return fill_field(field, self.index, self.record, self.vr_code, on_invalid)
        field.data = self.data
        field.length = len(self.data)
        field.whole = <PyObject*>self.data
        field.offset = 0
        field.tag = self.tag_number
        field.vr = self.vr_code
        field.is_big_endian = False
        field.on_invalid = on_invalid
        return 0

    cdef object decode(self, OnInvalid on_invalid):
        cdef Field field
        if self.vr_code == VR_SQ:
            return self.items
        self.fill(&field, on_invalid)
        return decode_value(&field, self.character_set)

    @property
    def tag(self):
        """Tag of the element."""
        return made_tag(self.tag_number)

    @property
    def vr(self):
        """Value Representation: for UN and in implicit VR, the one that the dictionaries give, if they do."""
        return _VR_OF_CODE[self.vr_code]

    @property
    def keyword(self):
        """Keyword in PS3.6; empty if there is none."""
        return keyword_of_tag(self.tag_number)

    @property
    def name(self):
        """Name in PS3.6, or among the known private elements; empty if there is none."""
        name = name_of_tag(self.tag_number)
        if not name and self.creator is not None:
            entry = find_private_element(self.creator, self.tag_number)
            name = entry[3] if entry else ""
        return name

    @property
    def private_creator(self):
        """Who reserved the block of a private element (PS3.5 7.8.1), if it was read and that was too; else None."""
        return self.creator

    @property
    def value(self):
        """The value as Python has it; None when empty, a list when there are several.

        ``str`` for text (PN and UI as their own kinds of ``str``), ``int`` and ``float`` for numbers (DS and IS keep their
        text), :class:`DICOMDate`, :class:`DICOMTime` and :class:`DICOMDateTime`, :class:`Tag` for AT, a list of data sets
        for SQ, ``bytes`` for OB, OD, OF, OL, OV, OW and UN, in little endian whatever the transfer syntax. The list of a sequence is the sequence: appending to it changes
        the data set. Every other list is new each time.

        A value that breaks the rules of its VR is handed over as text, with a :class:`DICOMWarning`.

        Raises
        ------
        InvalidValueError
            If it breaks them and was read with ``strict=True``.
        """
        return self.decode(WARN)

    @property
    def value_data(self):
        """The value field as stored, without a copy; of undefined length, without its delimiter. Empty for a made sequence."""
        if self.index is not None:
            return self.index.range_view(self.index.records[self.record].value_offset, self.index.end_of_value(self.record))
        return memoryview(self.data)

    def value_range(self, uint64_t offset, uint64_t length):
        """Return ``length`` bytes of the value field from ``offset``, loading no others from a file that is read lazily.

        Raises
        ------
        UnexpectedEndOfDataError
            If the value field is shorter.
        """
        cdef Element* element
        if self.index is None:
            if offset > <uint64_t>len(self.data) or length > <uint64_t>len(self.data) - offset:
                raise UnexpectedEndOfDataError("the value field is too short", tag=self.tag_number)
            return memoryview(self.data)[offset:offset + length]
        element = &self.index.records[self.record]
        size = self.index.end_of_value(self.record) - element.value_offset
        if offset > size or length > size - offset:
            raise UnexpectedEndOfDataError("the value field is too short", offset=element.value_offset, tag=self.tag_number)
        return self.index.range_view(element.value_offset + offset, element.value_offset + offset + length)

    @property
    def is_deferred(self):
        """Whether the value is in a file that is read when it is asked for (``defer_larger_than`` of :class:`ReadOptions`)."""
        return self.index is not None and self.index.source is not None

    def read_into(self, uint64_t offset, buffer):
        """Fill a writable buffer with bytes of the value field from ``offset``. Of a file that is read lazily nothing is kept.

        Raises
        ------
        UnexpectedEndOfDataError
            If the value field is shorter.
        """
        target = memoryview(buffer).cast("B")
        cdef uint64_t length = len(target)
        if not self.is_deferred:
            target[:] = self.value_range(offset, length)
            return
        if offset > <uint64_t>self.value_length or length > <uint64_t>self.value_length - offset:
            raise UnexpectedEndOfDataError("the value field is too short", offset=self.offset, tag=self.tag_number)
        self.index.source.read_into(self.index.records[self.record].value_offset + offset, target)

    @property
    def value_length(self):
        """Bytes of the value field; of undefined length, without its delimiter."""
        if self.index is not None:
            return self.index.end_of_value(self.record) - self.index.records[self.record].value_offset
        return len(self.data)

    @property
    def length(self):
        """The length field, in bytes; 0xFFFFFFFF is undefined."""
        if self.index is not None:
            return self.index.records[self.record].length
        return 0xFFFFFFFF if self.items is not None else len(self.data)

    @property
    def offset(self):
        """Where the element begins, in bytes from the start of what was read; None for one that was made."""
        return None if self.index is None else self.index.header_offset(self.record)

    @property
    def is_big_endian(self):
        """Whether :attr:`value_data` is in big endian."""
        return self.index is not None and bool(self.index.records[self.record].flags & BIG_ENDIAN) and self.index.records[self.record].vr != VR_UN

    @property
    def vm(self):
        """Value Multiplicity: how many values there are (PS3.5 6.4); 1 for a sequence and for bytes."""
        if self.vr_code == VR_SQ:
            return 1
        value = self.decode(TELL)
        return 0 if value is None else len(value) if isinstance(value, list) else 1

    def array(self):
        """Return the numbers of the value as a one-dimensional NumPy array.

        A read-only view of the bytes for the binary VRs (OB and UN as bytes, OW as 16-bit words), a new array of ``float64``
        for DS, ``int64`` for IS, ``uint32`` tags for AT.

        Raises
        ------
        InvalidValueError
            If the VR holds no numbers, or the value is none; nothing that is no number becomes one.
        """
        cdef Field field
        self.fill(&field, RAISE)
        return decode_array(&field, self.value_data)

    # Predicates and parts.

    @property
    def has_undefined_length(self):
        """Whether the length field is 0xFFFFFFFF."""
        return self.length == 0xFFFFFFFF

    @property
    def is_sequence(self):
        """Whether the VR is SQ."""
        return self.vr_code == VR_SQ

    @property
    def sequence_items(self):
        """The items of a sequence, else None."""
        return self.items if self.vr_code == VR_SQ else None

    @property
    def sequence_item_count(self):
        """How many items a sequence has; 0 for anything else."""
        return len(self.items) if self.vr_code == VR_SQ else 0

    @property
    def is_encapsulated(self):
        """Whether the value is made of fragments, of which there is at least one (PS3.5 A.4)."""
        return self.encapsulated_fragment_count > 0

    cdef list _parts(self):
        """Byte ranges of the items of encapsulated pixel data: the Basic Offset Table, then the fragments."""
        cdef Element* records
        cdef uint32_t i, stop
        parts = []
        if self.index is None or not self.index.records[self.record].flags & FRAGMENTS:
            return parts
        records = self.index.records
        i, stop = self.record + 1, records[self.record].next
        while i < stop:
            if records[i].tag == ITEM:
                parts.append((records[i].value_offset, records[i].length))
            i += 1
        return parts

    @property
    def encapsulated_fragment_count(self):
        """How many fragments there are, without the Basic Offset Table."""
        return max(0, len(self._parts()) - 1)

    @property
    def encapsulated_fragments(self):
        """The fragments of encapsulated pixel data as read-only memoryviews, else None."""
        if self.index is None or not self.index.records[self.record].flags & FRAGMENTS:
            return None
        return [self.index.range_view(offset, offset + length) for offset, length in self._parts()[1:]]

    @property
    def encapsulated_fragment_ranges(self):
        """Offset and length of each fragment in the value field, without loading any; else None.

        Basic Offset Table entries count from the first fragment's item header, which is 8 bytes before its offset here.
        """
        if self.index is None or not self.index.records[self.record].flags & FRAGMENTS:
            return None
        start = self.index.records[self.record].value_offset
        return [(offset - start, length) for offset, length in self._parts()[1:]]

    @property
    def encapsulated_offset_table(self):
        """The Basic Offset Table: byte offsets of the frames from the first fragment's item; else None."""
        cdef const unsigned char* data
        cdef uint32_t i
        parts = self._parts()
        if not parts:
            return None
        offset, length = parts[0]
        data = self.index.load(offset, length)
        return [load32(data + 4 * i, False) for i in range(length // 4)]

    # Typed values: None when the VR is another, or the value is not of that type.

    cdef object _only(self, uint16_t vr):
        """All values of exactly this VR, as a list; None if the VR differs or a value is invalid."""
        if self.vr_code != vr:
            return None
        value = self.decode(TELL)
        return all_or_none(value)

    cdef object _first(self, uint16_t vr):
        values = self._only(vr)
        return values[0] if values else None

    cdef object _parsed(self, uint16_t vr, object kind):
        """All values of a text VR as instances of ``kind``; None unless each is one."""
        texts = self._only(vr)
        if texts is None:
            return None
        values = [kind.parse(text) for text in texts]
        return None if None in values else values

    cdef object _first_parsed(self, uint16_t vr, object kind):
        texts = self._only(vr)
        return kind.parse(texts[0]) if texts else None

    cdef object _text(self):
        cdef Field field
        if not is_text_vr(self.vr_code):
            return None
        self.fill(&field, TELL)
        value = decode_string(&field, self.character_set)
        return [] if value is None else value if isinstance(value, list) else [value]

    @property
    def string_value(self):
        """Text of a text VR, whole, without padding; None for other VRs."""
        values = self._text()
        return None if values is None else "\\".join(values).strip(" \n\r\t\f\0")

    @property
    def string_values(self):
        """Texts of a text VR, without padding; ST, LT, UT and UR have one. None for other VRs."""
        values = self._text()
        return None if values is None else [str(text).strip(" \n\r\t\f\0") for text in values]

    @property
    def uint16_value(self):
        """First value of US."""
        return self._first(VR_US)

    @property
    def uint16_values(self):
        """Values of US."""
        return self._only(VR_US)

    @property
    def uint32_value(self):
        """First value of UL."""
        return self._first(VR_UL)

    @property
    def uint32_values(self):
        """Values of UL."""
        return self._only(VR_UL)

    @property
    def int16_value(self):
        """First value of SS."""
        return self._first(VR_SS)

    @property
    def int16_values(self):
        """Values of SS."""
        return self._only(VR_SS)

    @property
    def int32_value(self):
        """First value of SL."""
        return self._first(VR_SL)

    @property
    def int32_values(self):
        """Values of SL."""
        return self._only(VR_SL)

    @property
    def float32_value(self):
        """First value of FL."""
        return self._first(VR_FL)

    @property
    def float32_values(self):
        """Values of FL."""
        return self._only(VR_FL)

    @property
    def float64_value(self):
        """First value of FD."""
        return self._first(VR_FD)

    @property
    def float64_values(self):
        """Values of FD."""
        return self._only(VR_FD)

    @property
    def date_value(self):
        """First value of DA."""
        return self._first(VR_DA)

    @property
    def time_value(self):
        """First value of TM."""
        return self._first(VR_TM)

    @property
    def date_time_value(self):
        """First value of DT."""
        return self._first(VR_DT)

    @property
    def foundation_date_value(self):
        """First value of DA as ``datetime.date``, or of DT as ``datetime.datetime``."""
        date = self._first(VR_DA)
        if date is not None:
            return date.to_date()
        moment = self._first(VR_DT)
        return None if moment is None else moment.to_datetime()

    @property
    def age_value(self):
        """First value of AS."""
        return self._first_parsed(VR_AS, DICOMAgeString)

    @property
    def decimal_string_value(self):
        """First value of DS."""
        return self._first(VR_DS)

    @property
    def decimal_string_values(self):
        """Values of DS, all or none."""
        return self._only(VR_DS)

    @property
    def integer_string_value(self):
        """First value of IS."""
        return self._first(VR_IS)

    @property
    def integer_string_values(self):
        """Values of IS, all or none."""
        return self._only(VR_IS)

    @property
    def person_name_value(self):
        """First value of PN."""
        return self._first(VR_PN)

    @property
    def person_name_values(self):
        """Values of PN."""
        return self._only(VR_PN)

    @property
    def uid_value(self):
        """First value of UI."""
        return self._first_parsed(VR_UI, DICOMUniqueIdentifier)

    @property
    def uid_values(self):
        """Values of UI, all or none."""
        return self._parsed(VR_UI, DICOMUniqueIdentifier)

    @property
    def application_entity_value(self):
        """First value of AE."""
        return self._first_parsed(VR_AE, DICOMApplicationEntity)

    @property
    def application_entity_values(self):
        """Values of AE, all or none."""
        return self._parsed(VR_AE, DICOMApplicationEntity)

    @property
    def code_string_value(self):
        """First value of CS."""
        return self._first_parsed(VR_CS, DICOMCodeString)

    @property
    def code_string_values(self):
        """Values of CS, all or none."""
        return self._parsed(VR_CS, DICOMCodeString)

    @property
    def universal_resource_value(self):
        """Value of UR."""
        return self._first_parsed(VR_UR, DICOMUniversalResource)

    @property
    def universal_resource_values(self):
        """Value of UR in a list, which has room for one only: a backslash is no separator there."""
        return self._parsed(VR_UR, DICOMUniversalResource)

    # Comparison and display.

    def __eq__(self, other):
        if not isinstance(other, DataElement):
            return NotImplemented
        cdef DataElement that = <DataElement>other
        if self.tag_number != that.tag_number or self.vr_code != that.vr_code:
            return False
        if self.vr_code == VR_SQ:
            return self.items == that.items
        # Numbers by their bytes too: one that is NaN is the same as itself.
        if (not is_text_vr(self.vr_code) or self.character_set == that.character_set) and (
            self.little_endian_data() == that.little_endian_data()
        ):
            return True
        mine, theirs = self.decode(TELL), that.decode(TELL)
        if mine is INVALID or theirs is INVALID:
            return mine is theirs and self.little_endian_data() == that.little_endian_data()
        return mine == theirs

    def __hash__(self):
        return hash((self.tag_number, self.vr_code))

    cdef bytes little_endian_data(self):
        """The value field as one that was made would have it."""
        cdef Field field
        self.fill(&field, TELL)
        return little_endian_bytes(&field)

    def __reduce__(self):
        cdef uint64_t start, end
        if self.items is not None:
            return _restore_sequence, (self.tag_number, self.items, self.creator)
        if self.index is not None and self.index.records[self.record].flags & FRAGMENTS:
            start = self.index.records[self.record].value_offset
            end = self.index.end_of_value(self.record)
            return _restore_fragments, (self.tag_number, self.vr_code, bytes(self.index.range_view(start, end)))
        return _restore_value, (self.tag_number, self.vr_code, self.little_endian_data(), self.character_set, self.creator)


    def __str__(self):
        from dicomkit.display import format_element  # lazy: start-up

        return format_element(self)

    def __repr__(self):
        return f"<DataElement {self}>"


def _restore_value(tag, vr_code, data, character_set, creator):
    """Unpickle an element with a value."""
    cdef DataElement element = DataElement.__new__(DataElement)
    element.tag_number, element.vr_code, element.data, element.character_set, element.creator = tag, vr_code, data, character_set, creator
    return element


def _restore_sequence(tag, items, creator):
    """Unpickle a sequence."""
    cdef DataElement element = DataElement(tag, "SQ", items)
    element.creator = creator
    return element


def _restore_fragments(tag, vr_code, data):
    """Unpickle encapsulated pixel data: give it a header again, and read that."""
    header = struct.pack("<HHHHI", tag >> 16, tag & 0xFFFF, vr_code, 0, 0xFFFFFFFF)
    cdef DataElement element = DataElement.__new__(DataElement)
    element.index = scan(header + data + struct.pack("<HHI", 0xFFFE, 0xE0DD, 0), limits=ScanLimits(max_depth=1))
    element.tag_number, element.vr_code, element.character_set = tag, vr_code, UTF_8
    return element
