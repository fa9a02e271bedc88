"""Turn the text tables of PS3.6 into C tables and typed stubs; part of every build.

Run as a script from the project's root. It writes ``dicomkit/_core/dictionary_table.h``, ``dicomkit/tags.pyi`` and
``dicomkit/uids.pyi``, each only when its content changed, so that an unchanged dictionary recompiles nothing.

The C tables are constants: they lie in the extension's read-only segment, so that importing them makes no object and runs no
code. Strings are offsets into one pool, not pointers, because pointers would be relocated when the extension is loaded. Every
lookup is one hash table with linear probing, at most half full; the multiplier that gives the fewest probes is chosen here.

The hash of a string must agree with ``hash_text`` in ``dictionary_table.pyx``.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

EMPTY = 0xFFFF
MULTIPLIERS = [0x9E3779B1, 0x85EBCA6B, 0xC2B2AE35, 0x27D4EB2F, 0x165667B1, 0xCC9E2D51, 0x1B873593, 0x7FEB352D, 0x846CA68B, 0xFD7046C5]
# What PS3.6 writes in its VR column where it leaves a choice, and the two letters that stand for it in C (vr_code.pxd).
AMBIGUOUS_VR = {"US or SS": "XS", "OB or OW": "OX", "US or OW": "XW", "US or SS or OW": "XX"}
HASH_MULTIPLIER = 0x9E3779B97F4A7C15
MASK_32 = 0xFFFFFFFF
MASK_64 = 0xFFFFFFFFFFFFFFFF


class Row(NamedTuple):
    """One line of a table: a data element, standard or private."""

    tag: int
    mask: int
    keyword: str
    name: str
    vr: str
    vm: str
    is_retired: bool
    creator: str = ""


class UIDRow(NamedTuple):
    """One line of the registry of UIDs."""

    uid: str
    keyword: str
    name: str
    uid_type: str
    is_retired: bool


def read_rows(path: Path) -> list[dict[str, str]]:
    """Read a table: comment lines begin with ``#``, the first other line names the columns."""
    lines = [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    return [dict(zip(lines[0], line, strict=True)) for line in lines[1:]]


def read_edition(tables: Path) -> str:
    """Return the edition that the first line of the data elements names, such as 2026b."""
    with (tables / "data_elements.tsv").open(encoding="utf-8") as lines:
        return lines.readline().split("PS3.6 ")[1].split()[0]


def parse_pattern(text: str) -> tuple[int, int]:
    """Return the tag with every ``x`` as 0, and the mask of the digits that count."""
    return int(text.replace("x", "0"), 16), int("".join("0" if digit == "x" else "F" for digit in text), 16)


def read_elements(tables: Path) -> list[Row]:
    """Read the data elements of PS3.6 and PS3.7, sorted by tag; a repeating element has the first tag that is its alone."""
    rows = []
    table = read_rows(tables / "data_elements.tsv")
    exact = {int(row["tag"], 16) for row in table if "x" not in row["tag"]}
    for row in table:
        tag, mask = parse_pattern(row["tag"])
        step = ~mask & MASK_32 & -(~mask & MASK_32)  # the lowest digit that varies
        while mask != MASK_32 and (tag in exact or not tag & 0xFFFF):  # (1010,0000) is a group length
            tag += step
        rows.append(Row(tag, mask, row["keyword"], row["name"], row["vr"].replace("NONE", ""), row["vm"], row["retired"] == "Y"))
    return sorted(rows)


def read_private_elements(tables: Path) -> list[Row]:
    """Read the private elements, sorted by creator and tag, the block's byte (PS3.5 7.8.1) masked.

    Some rows have the block's byte as it was in one file. It means nothing, unless the creator has another row for the other blocks.
    """
    rows = read_rows(tables / "private_elements.tsv")
    patterns = {(row["creator"], row["tag"]) for row in rows}
    elements = []
    for row in rows:
        any_block = row["tag"][:4] + "xx" + row["tag"][6:]
        is_one_block = row["tag"] != any_block and (row["creator"], any_block) in patterns
        tag, mask = parse_pattern(row["tag"] if is_one_block or row["tag"].endswith("xx") else any_block)
        vr = row["vr"].replace("OB_OW", "OB or OW")
        elements.append(Row(tag, mask, "", row["name"], vr, row["vm"], False, row["creator"]))
    return sorted(elements, key=lambda row: (row.creator, row.tag, MASK_32 - row.mask))


def read_uids(tables: Path) -> list[UIDRow]:
    """Read the registry of UIDs, sorted by their components."""
    rows = [UIDRow(row["uid"], row["keyword"], row["name"], row["type"], row["retired"] == "Y") for row in read_rows(tables / "uids.tsv")]
    return sorted(rows, key=lambda row: [int(component) for component in row.uid.split(".")])


def vr_code(vr: str) -> int:
    """Return the two letters as a 16-bit number, the first letter in the low byte; 0 for none."""
    letters = AMBIGUOUS_VR.get(vr, vr)
    if not letters:
        return 0
    if len(letters) != 2:
        raise ValueError(f"{vr!r} is no VR that the C tables know")
    return ord(letters[0]) | ord(letters[1]) << 8


def hash_text(text: str) -> int:
    """Hash a string eight bytes at a time; the 32-bit result is the upper half of the last product."""
    data = text.encode()
    value = len(data) * HASH_MULTIPLIER & MASK_64
    for start in range(0, len(data), 8):
        value = (value ^ int.from_bytes(data[start : start + 8], "little")) * HASH_MULTIPLIER & MASK_64
        value ^= value >> 32
    return (value * HASH_MULTIPLIER & MASK_64) >> 32


class TextPool:
    """All strings of the tables, each once, as one block of UTF-8 with a NUL after each."""

    def __init__(self) -> None:
        self._offsets: dict[str, int] = {}
        self._size = 0

    def add(self, text: str) -> int:
        """Return the offset of ``text``."""
        if text not in self._offsets:
            self._offsets[text] = self._size
            self._size += len(text.encode()) + 1
        return self._offsets[text]

    def declaration(self) -> list[str]:
        """Return the C declaration: a struct of char arrays, since compilers limit the length of one string literal."""
        members, values = [], []
        texts = list(self._offsets)
        for number, start in enumerate(range(0, len(texts), 100)):
            chunk = "\0".join(texts[start : start + 100]).encode()
            members.append(f"char part_{number}[{len(chunk) + 1}];")
            values.append('"' + "".join(escape(byte) for byte in chunk) + '",')
        return [
            "static const struct {",
            *members,
            "} dictionary_pool = {",
            *values,
            "};",
            "#define dictionary_text ((const char *)&dictionary_pool)",
        ]


def escape(byte: int) -> str:
    """Return a byte as it stands in a C string literal; octal escapes have three digits, so that no digit can follow."""
    return chr(byte) if 32 <= byte < 127 and byte not in b'"\\?' else f"\\{byte:03o}"


def table_bits(count: int) -> int:
    """Return the logarithm of the size of a hash table that ``count`` entries fill at most half."""
    return (2 * count - 1).bit_length()


def fill_slots(hashes: list[int]) -> list[int]:
    """Place entry numbers into the slots of a hash table by linear probing."""
    bits = table_bits(len(hashes))
    slots = [EMPTY] * (1 << bits)
    for number, value in enumerate(hashes):
        slot = value >> 32 - bits
        while slots[slot] != EMPTY:
            slot = (slot + 1) % len(slots)
        slots[slot] = number
    return slots


def best_multiplier(keys: list[int]) -> int:
    """Return the odd multiplier with the fewest probes over all keys."""
    bits = table_bits(len(keys))

    def probes(multiplier: int) -> int:
        slots = fill_slots([key * multiplier & MASK_32 for key in keys])
        homes = [(keys[number] * multiplier & MASK_32) >> 32 - bits if number != EMPTY else slot for slot, number in enumerate(slots)]
        return sum((slot - home) % len(slots) for slot, home in enumerate(homes))

    return min(MULTIPLIERS, key=probes)


def tag_table(name: str, rows: list[Row], numbers: list[int]) -> list[str]:
    """Return the C declaration of a hash table from tag to VR and entry."""
    tags = [rows[number].tag & rows[number].mask for number in numbers]
    multiplier = best_multiplier(tags)
    slots = fill_slots([tag * multiplier & MASK_32 for tag in tags])
    values = []
    for slot in slots:
        row = rows[numbers[slot]] if slot != EMPTY else None
        values.append(f"{{{tags[slot]:#x},{vr_code(row.vr):#x},{numbers[slot]}}}," if row else f"{{0xFFFFFFFF,0,{EMPTY}}},")
    return [
        f"#define {name.upper()}_MULTIPLIER {multiplier:#x}u",
        f"#define {name.upper()}_BITS {table_bits(len(tags))}",
        f"static const TagSlot {name}_slots[{len(slots)}] = {{",
        *grouped(values, 8),
        "};",
    ]


def text_table(name: str, texts: list[tuple[str, int]], pool: TextPool) -> list[str]:
    """Return the C declaration of a hash table from text to entry; a slot keeps the hash, so that a miss compares no text."""
    hashes = [hash_text(text) for text, _ in texts]
    values = []
    for slot in fill_slots(hashes):
        text, entry = texts[slot] if slot != EMPTY else ("", EMPTY)
        values.append(f"{{{hashes[slot] if text else 0:#x},{pool.add(text)},{entry},{len(text.encode())}}},")
    return [
        f"#define {name.upper()}_BITS {table_bits(len(hashes))}",
        f"static const TextSlot {name}_slots[{len(values)}] = {{",
        *grouped(values, 8),
        "};",
    ]


def grouped(values: list[str], count: int) -> list[str]:
    """Join values, ``count`` on a line."""
    return ["".join(values[start : start + count]) for start in range(0, len(values), count)]


TYPES = """\
#include <stdint.h>
typedef struct { uint32_t tag; uint16_t vr; uint16_t entry; } TagSlot;
typedef struct { uint32_t hash, text; uint16_t entry, length; } TextSlot;
typedef struct {
  uint32_t tag, mask, keyword, name, vr_text, vm_text; uint16_t vr; uint8_t is_retired;
} ElementEntry;
typedef struct { uint32_t uid, keyword, name, type; uint8_t is_retired; } UIDEntry;
typedef struct { uint32_t name, first; } CreatorEntry;
typedef struct { uint32_t tag, mask, name, vr_text, vm_text; uint16_t vr, creator; } PrivateEntry;"""


def element_tables(rows: list[Row], pool: TextPool) -> list[str]:
    """Return the C tables of the standard elements."""
    exact = [number for number, row in enumerate(rows) if row.mask == MASK_32]
    patterns = [number for number, row in enumerate(rows) if row.mask != MASK_32]
    keywords: dict[str, int] = {}
    # A keyword that an exact tag and a repeating one share (EscapeTriplet) is the exact one's.
    for number in exact + patterns:
        if rows[number].keyword:
            keywords.setdefault(rows[number].keyword, number)
    entries = [
        f"{{{row.tag:#x},{row.mask:#x},{pool.add(row.keyword)},{pool.add(row.name)},{pool.add(row.vr)},{pool.add(row.vm)},"
        f"{vr_code(row.vr):#x},{row.is_retired:d}}},"
        for row in rows
    ]
    return [
        f"#define ELEMENT_COUNT {len(rows)}",
        f"static const ElementEntry element_entries[{len(rows)}] = {{",
        *grouped(entries, 4),
        "};",
        *tag_table("element", rows, exact),
        *tag_table("pattern", rows, patterns),
        *text_table("keyword", list(keywords.items()), pool),
    ]


def uid_tables(rows: list[UIDRow], pool: TextPool) -> list[str]:
    """Return the C tables of the UIDs."""
    entries = [
        f"{{{pool.add(row.uid)},{pool.add(row.keyword)},{pool.add(row.name)},{pool.add(row.uid_type)},{row.is_retired:d}}}," for row in rows
    ]
    return [
        f"#define UID_COUNT {len(rows)}",
        f"static const UIDEntry uid_entries[{len(rows)}] = {{",
        *grouped(entries, 4),
        "};",
        *text_table("uid", [(row.uid, number) for number, row in enumerate(rows)], pool),
        *text_table("uid_keyword", [(row.keyword, number) for number, row in enumerate(rows) if row.keyword], pool),
    ]


def private_tables(rows: list[Row], pool: TextPool) -> list[str]:
    """Return the C tables of the private elements."""
    creators = sorted({row.creator for row in rows})
    numbers = {creator: number for number, creator in enumerate(creators)}
    entries = [
        f"{{{row.tag:#x},{row.mask:#x},{pool.add(row.name)},{pool.add(row.vr)},{pool.add(row.vm)},{vr_code(row.vr):#x},{numbers[row.creator]}}},"
        for row in rows
    ]
    # Rows without an element number, (0019,10xx), name no element and answer no lookup.
    found: dict[tuple[int, int, int], int] = {}
    for number, row in enumerate(rows):
        if row.mask & 0xFF:
            found.setdefault((numbers[row.creator], row.tag, row.mask), number)
    multiplier = HASH_MULTIPLIER
    keys = [((creator << 32 | tag) * multiplier & MASK_64) >> 32 for creator, tag, _ in found]
    slots = fill_slots(keys)
    values = list(found.values())
    firsts = {creator: number for number, creator in reversed(list(enumerate(row.creator for row in rows)))}
    return [
        f"#define PRIVATE_COUNT {len(rows)}",
        f"#define CREATOR_COUNT {len(creators)}",
        f"#define PRIVATE_BITS {table_bits(len(keys))}",
        f"static const PrivateEntry private_entries[{len(rows)}] = {{",
        *grouped(entries, 4),
        "};",
        f"static const uint16_t private_slots[{len(slots)}] = {{",
        *grouped([f"{values[slot] if slot != EMPTY else EMPTY}," for slot in slots], 24),
        "};",
        f"static const CreatorEntry creator_entries[{len(creators) + 1}] = {{",
        *grouped([f"{{{pool.add(creator)},{firsts[creator]}}}," for creator in creators] + [f"{{{pool.add('')},{len(rows)}}},"], 8),
        "};",
        *text_table("creator", list(numbers.items()), pool),
    ]


def header(edition: str, elements: list[Row], private_elements: list[Row], uids: list[UIDRow]) -> str:
    """Return the C header with all tables."""
    pool = TextPool()
    tables = element_tables(elements, pool) + uid_tables(uids, pool) + private_tables(private_elements, pool)
    lines = [
        "/* Generated by dicomkit/dictionary/generate_tables.py from the tables beside it. */",
        "#ifndef DICOMKIT_DICTIONARY_TABLE_H",
        "#define DICOMKIT_DICTIONARY_TABLE_H",
        TYPES,
        f'#define STANDARD_EDITION "{edition}"',
        f"#define NO_ENTRY {EMPTY}",
        f"#define HASH_MULTIPLIER {HASH_MULTIPLIER:#x}ull",
        *pool.declaration(),
        *tables,
        "#endif",
    ]
    return "\n".join(lines) + "\n"


def format_tag(row: Row) -> str:
    """Return ``(GGGG,EEEE)`` with an x for each digit that varies."""
    digits = "".join(digit if kept == "F" else "x" for digit, kept in zip(f"{row.tag:08X}", f"{row.mask:08X}", strict=True))
    return f"({digits[:4]},{digits[4:]})"


def tags_stub(rows: list[Row]) -> str:
    """Return the stub of ``dicomkit.tags``, one documented constant for each keyword."""
    lines = ["from typing import Final", "", "from dicomkit.tag import Tag", ""]
    keywords = {row.keyword: row for row in sorted(rows, key=lambda row: row.mask) if row.keyword}
    for keyword, row in sorted(keywords.items()):
        retired = ", retired" if row.is_retired else ""
        lines += [f"{keyword}: Final[Tag]", f'"""{format_tag(row)} {row.name}, {row.vr or "no VR"}, {row.vm}{retired}"""']
    return "\n".join(lines) + "\n"


def uids_stub(rows: list[UIDRow]) -> str:
    """Return the stub of ``dicomkit.uids``, one documented constant for each keyword."""
    lines = ["from typing import Final", ""]
    for row in sorted(rows, key=lambda row: row.keyword):
        if row.keyword:
            lines += [f"{row.keyword}: Final[str]", f'"""{row.name} ({row.uid}), {row.uid_type}{", retired" if row.is_retired else ""}"""']
    return "\n".join(lines) + "\n"


def write_if_changed(path: Path, text: str) -> bool:
    """Write a file unless it holds ``text`` already; return whether it was written."""
    if path.is_file() and path.read_text(encoding="utf-8") == text:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="\n")
    return True


def generate(tables: Path, package: Path) -> list[Path]:
    """Write what the build needs from ``tables`` into ``package``; return the files that changed."""
    elements, uids = read_elements(tables), read_uids(tables)
    outputs = {
        package / "_core" / "dictionary_table.h": header(read_edition(tables), elements, read_private_elements(tables), uids),
        package / "tags.pyi": tags_stub(elements),
        package / "uids.pyi": uids_stub(uids),
    }
    return [path for path, text in outputs.items() if write_if_changed(path, text)]


if __name__ == "__main__":
    generate(Path("dicomkit/dictionary/tables"), Path("dicomkit"))
