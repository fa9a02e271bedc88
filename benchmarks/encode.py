"""Turn the text templates of the benchmarks into DICOM bytes, without the library that is measured.

A template line is ``Keyword = value`` or ``(gggg,eeee) VR = value``; a line without ``=`` opens a sequence whose item
follows with one ``>`` more, as in the tables of PS3.3; ``>-`` starts the next item. ``{name}`` is filled in when encoding.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import NamedTuple

TEMPLATES = Path(__file__).parent / "templates"
DICTIONARY = Path(__file__).parents[1] / "dicomkit" / "dictionary" / "tables" / "data_elements.tsv"

NUMBER_FORMATS = {"US": "<H", "SS": "<h", "UL": "<I", "SL": "<i", "FL": "<f", "FD": "<d"}
LONG_VRS = frozenset({"OB", "OW", "SQ", "UN", "UT"})  # 32-bit lengths (PS3.5 7.1.2), those that occur here
UNDEFINED_LENGTH = 0xFFFFFFFF
ITEM = struct.Struct("<HHI")
ITEM_TAG, ITEM_DELIMITATION, SEQUENCE_DELIMITATION = (0xFFFE, 0xE000), (0xFFFE, 0xE00D), (0xFFFE, 0xE0DD)


@dataclass(frozen=True, slots=True)
class Encoding:
    """How data elements are written (PS3.5 7.1, 7.5)."""

    explicit_vr: bool = True
    undefined_lengths: bool = False

    @property
    def transfer_syntax_uid(self) -> str:
        return "1.2.840.10008.1.2.1" if self.explicit_vr else "1.2.840.10008.1.2"


class Entry(NamedTuple):
    """One data element of the dictionary."""

    tag: int
    vr: str


@dataclass(slots=True)
class Node:
    """One data element of a template: a text to encode, or the items of a sequence."""

    tag: int
    vr: str
    text: str = ""
    items: list[list[Node]] = field(default_factory=list)


@cache
def dictionary() -> dict[str, Entry]:
    """Read keyword, tag and VR of each standard data element from the project's own copy of PS3.6."""
    entries = {}
    for line in DICTIONARY.read_text(encoding="utf-8").splitlines():
        if line.startswith(("#", "tag")):
            continue
        tag, keyword, vr = line.split("\t")[:3]
        if keyword and "x" not in tag:
            entries[keyword] = Entry(int(tag, 16), vr)
    return entries


def entry(name: str) -> Entry:
    """Look up a keyword, or read ``(gggg,eeee) VR``."""
    if name.startswith("("):
        return Entry(int(name[1:5] + name[6:10], 16), name[12:].strip())
    found = dictionary()[name]
    if found.vr == "US or SS":
        return Entry(found.tag, "SS")
    return Entry(found.tag, "OW") if found.vr == "OB or OW" else found


def parse_template(name: str) -> list[Node]:
    """Parse the template of that name into new nodes in tag order."""
    root: list[Node] = []
    open_items = [root]
    for line in (TEMPLATES / f"{name}.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            continue
        content = line.lstrip(">")
        depth = len(line) - len(content)
        content = content.strip()
        if content == "-":
            open_items[depth - 1][-1].items.append([])
            continue
        del open_items[depth + 1 :]
        if depth:
            open_items[depth:] = [open_items[depth - 1][-1].items[-1]]
        keyword, is_value, text = content.partition("=")
        tag, vr = entry(keyword.strip())
        open_items[depth].append(Node(tag, vr, text.strip(), [] if is_value else [[]]))
    return sort_nodes(root)


def sort_nodes(nodes: list[Node]) -> list[Node]:
    """Put the nodes of all levels into tag order."""
    for node in nodes:
        node.items = [sort_nodes(item) for item in node.items]
    return sorted(nodes, key=lambda node: node.tag)


def encode_value(vr: str, text: str) -> bytes:
    """Encode the value field of one element; a bare number for OB and OW is a count of bytes."""
    if vr in NUMBER_FORMATS:
        as_float = vr in ("FL", "FD")
        return b"".join(struct.pack(NUMBER_FORMATS[vr], float(part) if as_float else int(part)) for part in text.split("\\") if part)
    if vr in ("OB", "OW"):
        return bytes(i * 37 & 0xFF for i in range(1024)) * (int(text) // 1024) + bytes(int(text) % 1024)
    if vr == "AT":
        return struct.pack("<HH", int(text[:4], 16), int(text[4:], 16))
    value = text.encode("latin-1")
    return value + (b"\0" if vr == "UI" else b" ") if len(value) % 2 else value


def encode_header(tag: int, vr: str, length: int, encoding: Encoding) -> bytes:
    """Encode tag, VR and length of one element (PS3.5 7.1.2, 7.1.3)."""
    if not encoding.explicit_vr:
        return ITEM.pack(tag >> 16, tag & 0xFFFF, length)
    if vr in LONG_VRS:
        return struct.pack("<HH2s2xI", tag >> 16, tag & 0xFFFF, vr.encode(), length)
    return struct.pack("<HH2sH", tag >> 16, tag & 0xFFFF, vr.encode(), length)


def encode_sequence(tag: int, items: list[bytes], encoding: Encoding) -> bytes:
    """Encode a sequence of items that are already bytes (PS3.5 7.5)."""
    if encoding.undefined_lengths:
        start, end = ITEM.pack(*ITEM_TAG, UNDEFINED_LENGTH), ITEM.pack(*ITEM_DELIMITATION, 0)
        value = b"".join(start + item + end for item in items) + ITEM.pack(*SEQUENCE_DELIMITATION, 0)
        return encode_header(tag, "SQ", UNDEFINED_LENGTH, encoding) + value
    value = b"".join(ITEM.pack(*ITEM_TAG, len(item)) + item for item in items)
    return encode_header(tag, "SQ", len(value), encoding) + value


def encode_nodes(nodes: list[Node], fields: Mapping[str, object], encoding: Encoding) -> bytes:
    """Encode the elements of one level, and all below."""
    parts = []
    for node in nodes:
        if node.items:
            parts.append(encode_sequence(node.tag, [encode_nodes(item, fields, encoding) for item in node.items], encoding))
        else:
            value = encode_value(node.vr, node.text.format_map(fields) if "{" in node.text else node.text)
            parts.append(encode_header(node.tag, node.vr, len(value), encoding) + value)
    return b"".join(parts)


def encode_file_meta(sop_class_uid: str, sop_instance_uid: str, transfer_syntax_uid: str) -> bytes:
    """Encode preamble, prefix and File Meta Information (PS3.10 7.1)."""
    explicit = Encoding()
    texts = {
        "MediaStorageSOPClassUID": sop_class_uid,
        "MediaStorageSOPInstanceUID": sop_instance_uid,
        "TransferSyntaxUID": transfer_syntax_uid,
        "ImplementationClassUID": "1.2.826.0.1.3680043.10.1999.100",
        "ImplementationVersionName": "BENCHMARK",
    }
    version = entry("FileMetaInformationVersion")
    group = encode_header(version.tag, "OB", 2, explicit) + b"\0\1"
    group += encode_nodes([Node(*entry(keyword), text) for keyword, text in texts.items()], {}, explicit)
    length = entry("FileMetaInformationGroupLength")
    return bytes(128) + b"DICM" + encode_header(length.tag, "UL", 4, explicit) + struct.pack("<I", len(group)) + group
