"""The dictionary of PS3.6 and PS3.7: data elements, private elements and UIDs, looked up in tables that the build generates."""

from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from libc.string cimport memcmp, strlen

from dicomkit._core.vr_code cimport VR_LO, VR_UL


cdef extern from "dictionary_table.h" nogil:
    ctypedef struct TagSlot:
        uint32_t tag
        uint16_t vr, entry

    ctypedef struct TextSlot:
        uint32_t hash, text
        uint16_t entry, length

    ctypedef struct ElementEntry:
        uint32_t tag, mask, keyword, name, vr_text, vm_text
        uint16_t vr
        uint8_t is_retired

    ctypedef struct UIDEntry:
        uint32_t uid, keyword, name, type
        uint8_t is_retired

    ctypedef struct CreatorEntry:
        uint32_t name, first

    ctypedef struct PrivateEntry:
        uint32_t tag, mask, name, vr_text, vm_text
        uint16_t vr, creator

    const char* dictionary_text
    const char* STANDARD_EDITION
    const ElementEntry[1] element_entries
    const UIDEntry[1] uid_entries
    const CreatorEntry[1] creator_entries
    const PrivateEntry[1] private_entries
    const TagSlot[1] element_slots, pattern_slots
    const TextSlot[1] keyword_slots, uid_slots, uid_keyword_slots, creator_slots
    const uint16_t[1] private_slots
    const int ELEMENT_COUNT, UID_COUNT, PRIVATE_COUNT, CREATOR_COUNT, NO_ENTRY
    const uint32_t ELEMENT_MULTIPLIER, PATTERN_MULTIPLIER
    const uint64_t HASH_MULTIPLIER
    const int ELEMENT_BITS, PATTERN_BITS, KEYWORD_BITS, UID_BITS, UID_KEYWORD_BITS, CREATOR_BITS, PRIVATE_BITS


# No probe runs for ever: the tables are at most half full, so each run of slots ends with an empty one. An empty slot has tag
# 0xFFFFFFFF and VR 0, so that asking for that tag finds nothing too.

cdef inline const TagSlot* probe_tags(
    const TagSlot* slots, uint32_t multiplier, int bits, uint32_t tag
) noexcept nogil:
    cdef uint32_t slot = (tag * multiplier) >> (32 - bits)
    cdef uint32_t last = (<uint32_t>1 << bits) - 1
    while slots[slot].tag != tag and slots[slot].entry != NO_ENTRY:
        slot = (slot + 1) & last
    return &slots[slot]


cdef inline uint32_t pattern_mask(uint32_t tag) noexcept nogil:
    """Return the mask of the digits that count in the repeating tags of a tag's group; 0 if it has none (PS3.5 7.6, PS3.6 6)."""
    cdef uint32_t group = tag >> 16
    if group & 0xFF01 in (0x5000, 0x6000, 0x7F00):
        return 0xFF00FFFF
    if group == 0x0020:
        return 0xFFFFFF00
    if group == 0x0028:
        return 0xFFFFFF0F
    if group == 0x1000:
        return 0xFFFF000F
    if group == 0x1010:
        return 0xFFFF0000
    return 0


cdef const TagSlot* find_slot(uint32_t tag) noexcept nogil:
    """Return the slot of a tag; its entry is NO_ENTRY if PS3.6 does not have it."""
    cdef const TagSlot* slot = probe_tags(element_slots, ELEMENT_MULTIPLIER, ELEMENT_BITS, tag)
    cdef uint32_t mask
    if slot.entry == NO_ENTRY and tag & 0xFFFF:  # (1010,0000) is a group length, not a Zonal Map
        mask = pattern_mask(tag)
        if mask:
            return probe_tags(pattern_slots, PATTERN_MULTIPLIER, PATTERN_BITS, tag & mask)
    return slot


cdef inline bint is_private_creator(uint32_t tag) noexcept nogil:
    return tag & 0x10000 and 0x10 <= tag & 0xFFFF <= 0xFF


cdef uint16_t vr_of_tag(uint32_t tag) noexcept nogil:
    if not tag & 0xFFFF:
        return VR_UL
    if tag & 0x10000:
        return VR_LO if is_private_creator(tag) else 0
    return find_slot(tag).vr


cdef inline uint64_t _read_number(const char** text) noexcept nogil:
    cdef uint64_t number = 0
    while c"0" <= text[0][0] <= c"9":
        number = number * 10 + (text[0][0] - c"0")
        text[0] += 1
    return number


cdef bint is_multiplicity_right(uint32_t tag, uint64_t count) noexcept nogil:
    cdef const TagSlot* slot = find_slot(tag)
    cdef const char* text
    cdef uint64_t fewest, last
    if count == 0 or slot.entry == NO_ENTRY:
        return True
    text = dictionary_text + element_entries[slot.entry].vm_text
    if not c"0" <= text[0] <= c"9":
        return True
    fewest = _read_number(&text)        # as PS3.6 writes it: "1", "1-3", "2-n", "3-3n"
    if text[0] != c"-":
        return count == fewest
    text += 1
    last = _read_number(&text)
    if text[0] == c"n":
        return count >= fewest and (last < 2 or (count - fewest) % last == 0)
    return fewest <= count <= last


cdef inline uint64_t load_text(const char* text, Py_ssize_t length) noexcept nogil:
    """Load up to eight bytes as a little-endian number."""
    cdef uint64_t value = 0
    cdef Py_ssize_t i
    for i in range(length):
        value |= <uint64_t><uint8_t>text[i] << (8 * i)
    return value


cdef inline uint32_t hash_text(const char* text, Py_ssize_t length) noexcept nogil:
    """Hash a string as ``generate_tables.hash_text`` does."""
    cdef uint64_t value = <uint64_t>length * HASH_MULTIPLIER
    cdef Py_ssize_t i = 0
    while i + 8 <= length:
        value = (value ^ load_text(text + i, 8)) * HASH_MULTIPLIER
        value ^= value >> 32
        i += 8
    if i < length:
        value = (value ^ load_text(text + i, length - i)) * HASH_MULTIPLIER
        value ^= value >> 32
    return <uint32_t>((value * HASH_MULTIPLIER) >> 32)


cdef inline int probe_text(const TextSlot* slots, int bits, const char* text, Py_ssize_t length) noexcept nogil:
    """Return the number of the entry with a text, or -1."""
    cdef uint32_t hashed = hash_text(text, length)
    cdef uint32_t slot = hashed >> (32 - bits)
    cdef uint32_t last = (<uint32_t>1 << bits) - 1
    while slots[slot].entry != NO_ENTRY:
        if slots[slot].hash == hashed and slots[slot].length == length and not memcmp(dictionary_text + slots[slot].text, text, length):
            return slots[slot].entry
        slot = (slot + 1) & last
    return -1


cdef int64_t tag_of_keyword(const char* keyword, Py_ssize_t length) noexcept nogil:
    cdef int entry = probe_text(keyword_slots, KEYWORD_BITS, keyword, length)
    return element_entries[entry].tag if entry >= 0 else -1


cdef int probe_private(uint32_t creator, uint32_t tag, uint32_t mask) noexcept nogil:
    """Return the number of the element of a creator whose tag and mask are exactly these, or -1."""
    cdef uint32_t slot = <uint32_t>(((<uint64_t>creator << 32 | tag) * HASH_MULTIPLIER) >> 32) >> (32 - PRIVATE_BITS)
    cdef const PrivateEntry* entry
    while private_slots[slot] != NO_ENTRY:
        entry = &private_entries[private_slots[slot]]
        if entry.tag == tag and entry.creator == creator and entry.mask == mask:
            return private_slots[slot]
        slot = (slot + 1) & ((<uint32_t>1 << PRIVATE_BITS) - 1)
    return -1


cdef int find_private_entry(const char* creator, Py_ssize_t length, uint32_t tag) noexcept nogil:
    """Return the number of a private element, or -1."""
    cdef int number, entry
    # PS3.5 7.8.1: a private creator lies at (odd,0010-00FF), so that its elements are (odd,1000) and above.
    if not tag & 0x10000 or tag & 0xFFFF < 0x1000:
        return -1
    while length > 0 and (creator[length - 1] == 0x20 or creator[length - 1] == 0):
        length -= 1
    number = probe_text(creator_slots, CREATOR_BITS, creator, length)
    if number < 0:
        return -1
    entry = probe_private(number, tag, <uint32_t>0xFFFFFFFF)            # an element of one block only
    if entry < 0:
        entry = probe_private(number, tag & <uint32_t>0xFFFF00FF, <uint32_t>0xFFFF00FF)
    if entry < 0:
        entry = probe_private(number, tag & <uint32_t>0xFF0000FF, <uint32_t>0xFF0000FF)  # a repeating group
    return entry


cdef uint16_t vr_of_private(const char* creator, Py_ssize_t length, uint32_t tag) noexcept nogil:
    cdef int entry = find_private_entry(creator, length, tag)
    return private_entries[entry].vr if entry >= 0 else 0


cdef str text_at(uint32_t offset):
    return (dictionary_text + offset).decode("utf-8")


cdef str keyword_of_tag(uint32_t tag):
    cdef const TagSlot* slot = find_slot(tag)
    return text_at(element_entries[slot.entry].keyword) if slot.entry != NO_ENTRY else ""


cdef str name_of_tag(uint32_t tag):
    cdef const TagSlot* slot = find_slot(tag)
    if slot.entry != NO_ENTRY:
        return text_at(element_entries[slot.entry].name)
    if not tag & 0xFFFF:
        return "Group Length" if not tag & 0x10000 else "Private Group Length"
    return "Private Creator" if is_private_creator(tag) else ""


cdef tuple element_at(int number):
    cdef const ElementEntry* entry = &element_entries[number]
    return (
        entry.tag,
        entry.mask,
        text_at(entry.keyword),
        text_at(entry.name),
        text_at(entry.vr_text),
        text_at(entry.vm_text),
        bool(entry.is_retired),
    )


def standard_edition() -> str:
    """Return the edition of the Standard that the tables were made from."""
    return STANDARD_EDITION.decode("ascii")


def element_count() -> int:
    """Return how many data elements the table has."""
    return ELEMENT_COUNT


def get_element(int number) -> tuple:
    """Return an entry by its number in the order of tags: tag, mask, keyword, name, VR, VM, whether it is retired."""
    if not 0 <= number < ELEMENT_COUNT:
        raise IndexError(f"there are {ELEMENT_COUNT} data elements, no number {number}")
    return element_at(number)


def find_element(uint32_t tag) -> tuple | None:
    """Return the entry of a tag as ``get_element`` does, or None."""
    cdef const TagSlot* slot = find_slot(tag)
    return element_at(slot.entry) if slot.entry != NO_ENTRY else None


def find_keyword_element(str keyword not None) -> tuple | None:
    """Return the entry of a keyword as ``get_element`` does, or None."""
    cdef bytes text = keyword.encode("utf-8", "replace")
    cdef int entry = probe_text(keyword_slots, KEYWORD_BITS, text, len(text))
    return element_at(entry) if entry >= 0 else None


def find_keyword(str keyword not None) -> int | None:
    """Return the tag of a keyword, or None."""
    cdef bytes text = keyword.encode("utf-8", "replace")
    cdef int64_t tag = tag_of_keyword(text, len(text))
    return tag if tag >= 0 else None


cdef str vr_text(uint16_t vr):
    return chr(vr & 0xFF) + chr(vr >> 8) if vr else ""


def find_name(uint32_t tag) -> str:
    """Return the name of a tag, "" if it has none; group lengths and private creators have one (PS3.5 7.2, 7.8.1)."""
    return name_of_tag(tag)


def find_vr(uint32_t tag) -> str:
    """Return the VR code that the compiled reader takes for a tag in implicit VR; "" if it has none."""
    return vr_text(vr_of_tag(tag))


cdef tuple private_at(int number):
    cdef const PrivateEntry* entry = &private_entries[number]
    return (
        text_at(creator_entries[entry.creator].name),
        entry.tag,
        entry.mask,
        text_at(entry.name),
        text_at(entry.vr_text),
        text_at(entry.vm_text),
    )


def private_element_count() -> int:
    """Return how many private elements the table has."""
    return PRIVATE_COUNT


def get_private_element(int number) -> tuple:
    """Return an entry by its number in the order of creators and tags: creator, tag, mask, name, VR, VM."""
    if not 0 <= number < PRIVATE_COUNT:
        raise IndexError(f"there are {PRIVATE_COUNT} private elements, no number {number}")
    return private_at(number)


def find_private_element(str creator not None, uint32_t tag) -> tuple | None:
    """Return the entry of a private element as ``get_private_element`` does, or None; the block's byte in ``tag`` is ignored."""
    cdef bytes text = creator.encode("utf-8", "replace")
    cdef int entry = find_private_entry(text, len(text), tag)
    return private_at(entry) if entry >= 0 else None


def find_private_vr(bytes creator not None, uint32_t tag) -> str:
    """Return the VR code that the compiled reader takes for a private element; "" if it is not known."""
    return vr_text(vr_of_private(creator, len(creator), tag))


def private_creators() -> list:
    """Return all private creators, sorted."""
    return [text_at(creator_entries[number].name) for number in range(CREATOR_COUNT)]


def private_element_range(str creator not None) -> tuple:
    """Return the first number of a creator's elements, and the number after the last; two zeros for an unknown creator."""
    cdef bytes text = creator.rstrip(" \0").encode("utf-8", "replace")
    cdef int number = probe_text(creator_slots, CREATOR_BITS, text, len(text))
    if number < 0:
        return 0, 0
    return creator_entries[number].first, creator_entries[number + 1].first


cdef tuple uid_at(int number):
    cdef const UIDEntry* entry = &uid_entries[number]
    return text_at(entry.uid), text_at(entry.keyword), text_at(entry.name), text_at(entry.type), bool(entry.is_retired)


def uid_count() -> int:
    """Return how many UIDs are registered."""
    return UID_COUNT


def get_uid(int number) -> tuple:
    """Return an entry by its number in the order of UIDs: UID, keyword, name, type, whether it is retired."""
    if not 0 <= number < UID_COUNT:
        raise IndexError(f"there are {UID_COUNT} UIDs, no number {number}")
    return uid_at(number)


def find_uid(str uid not None) -> tuple | None:
    """Return the entry of a UID as ``get_uid`` does, or None."""
    cdef bytes text = uid.encode("utf-8", "replace")
    cdef int entry = probe_text(uid_slots, UID_BITS, text, len(text))
    return uid_at(entry) if entry >= 0 else None


def find_uid_keyword(str keyword not None) -> tuple | None:
    """Return the entry of the keyword of a UID as ``get_uid`` does, or None."""
    cdef bytes text = keyword.encode("utf-8", "replace")
    cdef int entry = probe_text(uid_keyword_slots, UID_KEYWORD_BITS, text, len(text))
    return uid_at(entry) if entry >= 0 else None


# The nearest keywords of a misspelling. Both texts are compared without case and without anything but letters and digits, so that a name
# ("Patient's Name") finds its keyword. The distance is Levenshtein's, in one row; 64 characters bound the work.

cdef enum:
    LONGEST = 64


cdef Py_ssize_t fold(const char* text, Py_ssize_t length, char* folded) noexcept nogil:
    """Copy letters and digits in lower case, at most LONGEST; return how many."""
    cdef Py_ssize_t i, count = 0
    cdef char letter
    for i in range(length):
        letter = text[i]
        if c"A" <= letter <= c"Z":
            letter += 32
        if (c"a" <= letter <= c"z" or c"0" <= letter <= c"9") and count < LONGEST:
            folded[count] = letter
            count += 1
    return count


cdef int edit_distance(const char* left, Py_ssize_t left_length, const char* right, Py_ssize_t right_length, int limit) noexcept nogil:
    """Return Levenshtein's distance, or ``limit`` if it is not less."""
    cdef int[LONGEST + 1] row
    cdef int diagonal, above, least
    cdef Py_ssize_t i, j
    if right_length - left_length >= limit or left_length - right_length >= limit:
        return limit
    for j in range(right_length + 1):
        row[j] = <int>j
    for i in range(left_length):
        diagonal = row[0]
        row[0] = least = <int>i + 1
        for j in range(right_length):
            above = row[j + 1]
            if left[i] != right[j]:
                diagonal += 1
            row[j + 1] = min(diagonal, above + 1, row[j] + 1)
            least = min(least, row[j + 1])
            diagonal = above
        if least >= limit:
            return limit
    return min(row[right_length], limit)


cdef int unlikeness(const char* given, Py_ssize_t given_length, const char* keyword, int limit) noexcept nogil:
    """Return how far a folded text is from a keyword, or ``limit`` if that is not less."""
    cdef char[LONGEST] folded
    cdef Py_ssize_t length = fold(keyword, <Py_ssize_t>strlen(keyword), folded)
    cdef Py_ssize_t missing = length - given_length
    if given_length >= 4 and missing >= 0 and not memcmp(folded, given, given_length):
        # The beginning of a keyword: like one or two wrong letters, the shorter keyword first.
        return min(limit, <int>min(missing, 1 + missing // 8))
    return edit_distance(given, given_length, folded, length, limit)


def nearest_keywords(str name not None, int count=3) -> list:
    """Return at most ``count`` keywords that ``name`` could have meant, nearest first."""
    return nearest(name, count, ELEMENT_COUNT, True)


def nearest_uid_keywords(str name not None, int count=3) -> list:
    """Return at most ``count`` keywords of UIDs that ``name`` could have meant, nearest first."""
    return nearest(name, count, UID_COUNT, False)


cdef list nearest(str name, int count, int entries, bint are_elements):
    cdef bytes text = name.encode("ascii", "replace")
    cdef char[LONGEST] given
    cdef Py_ssize_t length = fold(text, len(text), given)
    # One wrong letter in three is still a misspelling; more is another word.
    cdef int limit = <int>length // 3 + 1
    cdef int number, distance
    cdef const char* keyword
    cdef list found = []
    for number in range(entries):
        keyword = dictionary_text + (element_entries[number].keyword if are_elements else uid_entries[number].keyword)
        if keyword[0]:
            distance = unlikeness(given, length, keyword, limit)
            if distance < limit:
                found.append((distance, number, keyword.decode("ascii")))
    found.sort()
    # Far ones are noise beside a near one. Two entries share a keyword where an exact and a repeating tag do.
    return list({entry[2]: None for entry in found if entry[0] <= 2 * found[0][0] + 1})[:count]
