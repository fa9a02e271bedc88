# The dictionary of PS3.6 and PS3.7 as hash tables in read-only data. This module owns the only copy; others cimport the lookups.

from libc.stdint cimport int64_t, uint16_t, uint32_t, uint64_t

# VR code (vr_code.pxd) of a tag, for implicit VR: the pseudo code where PS3.6 leaves a choice, UL for any group length (gggg,0000)
# (PS3.5 7.2), LO for a private creator (odd,0010-00FF) (PS3.5 7.8.1), 0 for what is unknown, private, or has no VR (items and delimiters).
cdef uint16_t vr_of_tag(uint32_t tag) noexcept nogil

# The tag of a keyword (UTF-8, ``length`` bytes), or -1. A keyword of a repeating group (PS3.5 7.6) gives its first group.
cdef int64_t tag_of_keyword(const char* keyword, Py_ssize_t length) noexcept nogil

# VR code of a private element of the block that ``creator`` reserved, or 0. The block's byte in ``tag`` is ignored, and so are
# spaces and NULs after the creator.
cdef uint16_t vr_of_private(const char* creator, Py_ssize_t length, uint32_t tag) noexcept nogil

# Whether PS3.6 allows so many values (PS3.5 6.4); of what it does not have, any number.
cdef bint is_multiplicity_right(uint32_t tag, uint64_t count) noexcept nogil

# Keyword and name of a tag, "" if it has none. The group lengths and private creators of ``vr_of_tag`` have a name.
cdef str keyword_of_tag(uint32_t tag)
cdef str name_of_tag(uint32_t tag)
