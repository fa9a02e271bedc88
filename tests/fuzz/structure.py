"""Where headers lie in a data set, found by a lenient walk that is independent of dicomkit's own (PS3.5 7).

The walk is for choosing places to damage, so it never fails: it stops at the first byte that makes no sense.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

__all__ = ["LONG_VRS", "SHORT_VRS", "UNDEFINED", "Header", "encode_header", "find_headers"]

UNDEFINED = 0xFFFFFFFF
ITEM = 0xFFFEE000
ITEM_END = 0xFFFEE00D
SEQUENCE_END = 0xFFFEE0DD
PIXEL_DATA = 0x7FE00010
SHORT_VRS = frozenset(b"AE AS AT CS DA DS DT FD FL IS LO LT PN SH SL SS ST TM UI UL US".split())
LONG_VRS = frozenset(b"OB OD OF OL OV OW SQ SV UC UN UR UT UV".split())
_FIRST_ITEM = (b"\xfe\xff\x00\xe0", b"\xff\xfe\xe0\x00")  # what makes an implicit VR element a sequence, without a dictionary
MOST_HEADERS = 4000  # enough places to choose from; a bound on the time a walk takes


@dataclass(slots=True)
class Header:
    """One element, item or delimiter.

    Attributes
    ----------
    vr
        Two letters; empty where there is no VR field.
    value_end
        Where the value ends, without the delimiter of an undefined length.
    end
        Where the next header begins.
    parent
        Index of the container in the list, or -1.
    """

    offset: int
    tag: int
    vr: bytes
    length: int
    length_offset: int
    length_size: int
    value_offset: int
    value_end: int
    end: int
    parent: int
    is_big_endian: bool

    @property
    def is_implicit(self) -> bool:
        """Whether there is no VR field."""
        return not self.vr


def encode_header(tag: int, vr: bytes, length: int, is_big_endian: bool = False) -> bytes:
    """Encode a header (PS3.5 7.1.2); lengths that don't fit their field are cut to it."""
    order = ">" if is_big_endian else "<"
    start = struct.pack(f"{order}HH", tag >> 16, tag & 0xFFFF)
    if not vr:
        return start + struct.pack(f"{order}I", length & UNDEFINED)
    if vr in SHORT_VRS:
        return start + vr + struct.pack(f"{order}H", length & 0xFFFF)
    return start + vr + b"\0\0" + struct.pack(f"{order}I", length & UNDEFINED)


def _read_header(data: bytes, offset: int, is_implicit: bool, is_big_endian: bool, parent: int) -> Header | None:
    order = ">" if is_big_endian else "<"
    if offset + 8 > len(data):
        return None
    group, element = struct.unpack_from(f"{order}HH", data, offset)
    tag = group << 16 | element
    vr = bytes(data[offset + 4 : offset + 6])
    if group == 0xFFFE or is_implicit or vr not in SHORT_VRS | LONG_VRS:
        vr, length_offset, size = b"", offset + 4, 4
    elif vr in SHORT_VRS:
        length_offset, size = offset + 6, 2
    else:
        length_offset, size = offset + 8, 4
    value_offset = length_offset + size
    if value_offset > len(data):
        return None
    (length,) = struct.unpack_from(order + ("H" if size == 2 else "I"), data, length_offset)
    end = value_offset if length == UNDEFINED and size == 4 else min(len(data), value_offset + length)
    return Header(offset, tag, vr, length, length_offset, size, value_offset, end, end, parent, is_big_endian)


def find_headers(data: bytes, *, is_implicit: bool, is_big_endian: bool, start: int = 0) -> list[Header]:
    """Return the headers of a data set in the order of the bytes, containers before what they hold."""
    headers: list[Header] = []
    # Containers that are open: index of the header, or -1 for the data set; where it ends, None if a delimiter tells.
    stack: list[tuple[int, int | None]] = [(-1, len(data))]
    offset = start
    while len(headers) < MOST_HEADERS:
        while len(stack) > 1 and stack[-1][1] is not None and offset >= stack[-1][1]:
            stack.pop()
        parent = stack[-1][0]
        header = _read_header(data, offset, is_implicit, is_big_endian, parent)
        if header is None:
            break
        headers.append(header)
        index = len(headers) - 1
        offset = header.value_offset
        if header.tag in (ITEM_END, SEQUENCE_END):
            if len(stack) > 1 and stack[-1][1] is None:
                container = headers[stack.pop()[0]]
                container.value_end, container.end = header.offset, header.end
        elif header.length == UNDEFINED and header.length_size == 4:
            stack.append((index, None))
        elif _nests(headers, header) or (is_implicit and data[offset : offset + 4] == _FIRST_ITEM[is_big_endian]):
            stack.append((index, header.end))
        else:
            offset = header.end
        if offset >= len(data):
            break
    for index, _ in stack[1:]:
        if headers[index].length == UNDEFINED:
            headers[index].value_end = headers[index].end = len(data)
    return headers


def _nests(headers: list[Header], header: Header) -> bool:
    if header.tag == ITEM:
        parent = headers[header.parent] if header.parent >= 0 else None
        return parent is None or parent.tag != PIXEL_DATA
    return header.vr == b"SQ" and header.length > 0
