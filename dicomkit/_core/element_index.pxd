# The index that reading makes: one fixed-size record per data element, item and delimiter, in the order of the bytes.

from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t

cdef enum Flag:
    IMPLICIT_VR = 1         # the header, and whatever the value nests, has no VR field
    BIG_ENDIAN = 2          # header and value, and whatever the value nests
    UNDEFINED_LENGTH = 4    # length was 0xFFFFFFFF; the last child record may be the delimiter
    UNORDERED = 8           # a container whose children are not in strictly ascending tag order
    CONTAINER = 16          # children are items, fragments or elements
    FRAGMENTS = 32          # children are fragments of encapsulated pixel data (PS3.5 A.4)
    LONG_HEADER = 64        # 12 bytes, not 8

cdef enum Anomaly:
    VR_UNKNOWN = 1          # two letters that PS3.5 6.2 does not have; read with the long header
    VR_MISSING = 2          # implicit header in explicit data
    VR_PRESENT = 4          # explicit header in implicit data
    STRAY_DELIMITER = 8
    MISSING_DELIMITER = 16  # encapsulated pixel data that ends with the data
    OUT_OF_ORDER = 32
    DUPLICATE = 64
    ODD_LENGTH = 128
    TRAILING_BYTES = 256
    META_INSIDE = 512

cdef struct Element:
    uint64_t value_offset
    uint32_t tag
    uint32_t length         # as stored
    uint32_t next           # the record after this one's children
    uint16_t vr             # two letters, or 0, or a pseudo code of vr_code.pxd
    uint16_t flags

cdef struct Location:
    uint64_t offset
    uint32_t tag


cdef class ElementIndex:
    cdef Element* records
    cdef uint32_t count
    cdef uint16_t flags                 # of the outermost data set: IMPLICIT_VR, BIG_ENDIAN, UNORDERED
    cdef const uint8_t* data
    cdef uint64_t size
    cdef Py_buffer view
    cdef bytes tail                     # what follows the buffer: one large value, or None
    cdef bytes joined                   # buffer and tail, once somebody wanted a range of both
    cdef readonly object source         # loads ranges on request; None when everything is in memory
    cdef readonly bint strict
    cdef readonly object character_set  # of ReadOptions, or None
    cdef readonly uint32_t max_depth
    cdef readonly uint64_t start_offset
    cdef readonly uint64_t stop_offset  # where what was scanned ends
    cdef readonly uint64_t end_offset   # where the scan ended
    cdef readonly object error          # what ended it early, with partial=True, or None
    cdef uint32_t anomalies
    cdef Location[10] anomaly_locations

    cdef const uint8_t* load(self, uint64_t offset, uint64_t length) except NULL
    cdef uint64_t end_of_value(self, uint32_t record) noexcept nogil
    cdef uint64_t header_offset(self, uint32_t record) noexcept nogil
    cdef object range_view(self, uint64_t start, uint64_t end)
    cdef object bytes_around(self, uint64_t start, uint64_t end)
