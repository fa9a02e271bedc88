"""A naive parser: what PS3.5 clause 7 says, recursively, and nothing that is wrong with real files.

It accepts only data sets without a flaw, and says where everything lies.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from pathlib import Path

from dicomkit import dictionary
from tests.fuzz.structure import LONG_VRS, SHORT_VRS, UNDEFINED

__all__ = ["Malformed", "Parsed", "parse"]

TABLE = Path(dictionary.__file__).parent / "tables" / "data_elements.tsv"
# What implicit VR leaves to the dictionary: the tags of PS3.6 that are sequences.
DICTIONARY_SEQUENCES = frozenset(
    int(fields[0], 16)
    for fields in (line.split("\t") for line in TABLE.read_text().splitlines())
    if len(fields) > 2 and fields[2] == "SQ" and "x" not in fields[0]
)


class Malformed(Exception):
    """The data set has a flaw."""


@dataclass(slots=True)
class Parsed:
    """An element: what its header says, and its value, items or fragments."""

    offset: int
    tag: int
    vr: str
    length: int
    value: bytes = b""
    items: list[list[Parsed]] | None = None
    fragments: list[bytes] = field(default_factory=list)


class _Reader:
    def __init__(self, data: bytes, is_big_endian: bool) -> None:
        self.data = data
        self.order = ">" if is_big_endian else "<"

    def take(self, code: str, offset: int, end: int) -> tuple[int, ...]:
        if offset + struct.calcsize(code) > end:
            raise Malformed
        return struct.unpack_from(self.order + code, self.data, offset)

    def elements(self, offset: int, end: int, is_implicit: bool, is_delimited: bool) -> tuple[list[Parsed], int]:
        """The elements up to ``end``, or to the item delimiter."""
        found: list[Parsed] = []
        while is_delimited or offset < end:
            group, element = self.take("HH", offset, end)
            if (group, element) == (0xFFFE, 0xE00D) and is_delimited:
                if self.take("I", offset + 4, end) != (0,):
                    raise Malformed
                return found, offset + 8
            tag = group << 16 | element
            if group in (0x0002, 0xFFFE) or (found and tag <= found[-1].tag):  # group 2 is the meta information's (PS3.10 7.1)
                raise Malformed
            parsed, offset = self.element(offset, end, tag, is_implicit)
            found.append(parsed)
        return found, offset

    def element(self, offset: int, end: int, tag: int, is_implicit: bool) -> tuple[Parsed, int]:
        vr = "SQ" if tag in DICTIONARY_SEQUENCES else ""
        if is_implicit:
            (length,), value = self.take("I", offset + 4, end), offset + 8
        else:
            letters = self.data[offset + 4 : offset + 6]
            if letters not in SHORT_VRS | LONG_VRS:
                raise Malformed
            vr = letters.decode()
            if letters in SHORT_VRS:
                (length,), value = self.take("H", offset + 6, end), offset + 8
            else:
                (length,), value = self.take("I", offset + 8, end), offset + 12
        is_undefined = length == UNDEFINED and (is_implicit or vr.encode() in LONG_VRS)
        parsed = Parsed(offset, tag, vr, length)
        if is_undefined and tag == 0x7FE00010:
            parsed.fragments, offset = self.fragments(value, end)
            return parsed, offset
        if is_undefined and vr not in ("SQ", "UN") and not is_implicit:
            raise Malformed
        if is_undefined:
            inner = self if vr != "UN" else _Reader(self.data, False)
            parsed.vr = "SQ"
            parsed.items, offset = inner.items(value, end, is_implicit or vr == "UN", True)
            return parsed, offset
        if length > end - value or length % 2:
            raise Malformed
        parsed.value = self.data[value : value + length]
        if vr == "SQ":
            parsed.items, _ = self.items(value, value + length, is_implicit, False)
        return parsed, value + length

    def items(self, offset: int, end: int, is_implicit: bool, is_delimited: bool) -> tuple[list[list[Parsed]], int]:
        items: list[list[Parsed]] = []
        while is_delimited or offset < end:
            group, element, length = self.take("HHI", offset, end)
            offset += 8
            if (group, element, length) == (0xFFFE, 0xE0DD, 0) and is_delimited:
                return items, offset
            if (group, element) != (0xFFFE, 0xE000) or (length != UNDEFINED and length > end - offset):
                raise Malformed
            item, offset = self.elements(offset, end if length == UNDEFINED else offset + length, is_implicit, length == UNDEFINED)
            items.append(item)
        return items, offset

    def fragments(self, offset: int, end: int) -> tuple[list[bytes], int]:
        found = []
        while True:
            group, element, length = self.take("HHI", offset, end)
            offset += 8
            if (group, element, length) == (0xFFFE, 0xE0DD, 0):
                return found, offset
            if (group, element) != (0xFFFE, 0xE000) or length > end - offset or length % 2:
                raise Malformed
            found.append(self.data[offset : offset + length])
            offset += length


def parse(data: bytes, *, is_implicit: bool = False, is_big_endian: bool = False) -> list[Parsed]:
    """Parse a data set.

    Raises
    ------
    Malformed
        If anything in it is not as PS3.5 wants it.
    """
    return _Reader(data, is_big_endian).elements(0, len(data), is_implicit, False)[0]
