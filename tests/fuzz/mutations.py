"""Damage, by rules that know the structure of a data set. Each rule is a function of a random source and a :class:`Mutant`."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from random import Random

from dicomkit.testing import deflate
from tests.fuzz.seeds import CANARY, Seed
from tests.fuzz.structure import LONG_VRS, SHORT_VRS, UNDEFINED, Header, encode_header, find_headers

__all__ = ["Mutant", "mutate"]

LARGEST_MUTANT = 1 << 20
VRS = sorted(SHORT_VRS | LONG_VRS)
NO_VRS = [b"ZZ", b"xx", b"\0\0", b"  ", b"??", b"X\xff", b"0B", b"us", b"OX", b"XS", b"\xff\xff", b"S\0", b"QQ"]
NUMBERS = [0, 1, 2, 3, 7, 8, 12, 16, 31, 32, 33, 63, 64, 65, 127, 128, 255, 256, 0x7FFF, 0x8000, 0xFFFE, 0xFFFF]
LENGTHS = [*NUMBERS, 0x10000, 0x7FFFFFFE, 0x7FFFFFFF, 0x80000000, 0xFFFFFFF0, 0xFFFFFFFE, UNDEFINED, UNDEFINED, UNDEFINED]
ITEM, ITEM_END, SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD
DELIMITERS = [ITEM, ITEM_END, SEQUENCE_END]
TAGS = [
    *DELIMITERS, 0xFFFE0000, 0xFFFEFFFF, 0, 0xFFFFFFFF, 0x00020010, 0x00080000, 0x00080005, 0x00081140, 0x00090010, 0x00091010,
    0x00100010, 0x00280008, 0x00280010, 0x00280103, 0x00281101, 0x00283002, 0x00283006, 0x00283010, 0x52009230, 0x60003000,
    0x7FE00008, 0x7FE00009, 0x7FE00010, 0x7FE00001, 0x7FE00002, 0xFFFCFFFC, 0x00711018, 0x00710010, 0x00041220, 0x04000561,
]  # fmt: skip
IMAGE_TAGS = [
    0x00280002, 0x00280004, 0x00280006, 0x00280008, 0x00280010, 0x00280011, 0x00280100, 0x00280101, 0x00280102, 0x00280103,
    0x00281050, 0x00281051, 0x00281052, 0x00281053, 0x00281056, 0x00281101, 0x00281102, 0x00281201, 0x00283000, 0x00283002, 0x00283010,
]  # fmt: skip
SYNTAXES = [
    "1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.1.99", "1.2.840.10008.1.2.2", "1.2.840.10008.1.2.1.98",
    "1.2.840.10008.1.2.5",
    "1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.90", "1.2.840.10008.1.2.4.95", "1.2.840.10008.1.2.8.1",
    "1.2.840.10008.1.2.6.1", "1.2.3",
    "", "1.2.840.10008.1.2\\1.2.840.10008.1.2.1", "1.2.840.10008.1.2.1 ", "1.2.840.10008.1.2.01",
]  # fmt: skip
CHARACTER_SETS = [
    b"", b"ISO_IR 100", b"ISO_IR 192", b"GB18030", b"GBK", b"ISO_IR 13", b"ISO 2022 IR 13\\ISO 2022 IR 87", b"\\ISO 2022 IR 149",
    b"\\ISO 2022 IR 58", b"ISO 2022 IR 6\\ISO 2022 IR 159\\ISO 2022 IR 87", b"ISO_IR 192\\ISO 2022 IR 87", b"nonsense", b"ISO-IR 100",
    b"ISO_IR 100\\ISO_IR 100\\ISO_IR 144", b"\\\\\\", b"ISO 2022 IR 100\\ISO 2022 IR 126\\ISO 2022 IR 138", b"\xff\xfe\x1b", b"\x1b$B",
    b"utf-8", b"ISO_IR 166", b"ISO 2022 IR 203", b"rot13", b"idna", b"undefined", b"zip", b"utf-16",
]  # fmt: skip
ESCAPES = [
    b"\x1b", b"\x1b$B", b"\x1b(B", b"\x1b(J", b"\x1b$)C", b"\x1b$)A", b"\x1b-A", b"\x1b)I", b"\x1b$(D", b"\x1b$@", b"\x1b%G", b"\x1b$",
    b"\\", b"=", b"^", b"\0", b"\xff", b"\x80\x5c", b"\xb0\xa1", b"\xe5\xb1", b"\x8f", b"\r\n\f", b"\xed\xa0\x80", b"\xf4\x90\x80\x80",
]  # fmt: skip
TEXTS = [
    b"", b" ", b"\0", b"nan", b"inf", b"-inf", b"NaN\\1", b"1_000", b"0x10", b"1e400", b"1e-400", b"-0", b"+", b"-", b".",
    b"e5", b"1e", b"1.5.5",
    "\u0661\u0662".encode(), "\uff11".encode(), b"9" * 17, b"9" * 400, b"2147483648", b"-2147483649", b"1\\2\\\\3", b"\\", b"\\" * 30,
    b"20240231", b"00000000", b"99991399", b"20240101-20240202", b"2024.02.29", b"246060", b"235960.9999999", b"2024+9999",
    b"20240101000000-1500",
    b"ABC", b"045Y", b"999Z", b"-01D", b"1.2.03", b"1..2", b"." * 64, b"1" * 65, b"^^^^^^", b"====", b"a=b=c=d", b"http://",
    b"x:" + b"y" * 99,
    CANARY.encode(), CANARY.encode() + b"\\" + CANARY.encode(), b"\xff" + CANARY.encode(), b"12" + CANARY.encode(),
    b"\x1b$B" + CANARY.encode(),
]  # fmt: skip


class Mutant:
    """A file in the making: parts that rules change, and the headers of the data set."""

    def __init__(self, seed: Seed) -> None:
        self.head = bytearray(seed.head)
        self.body = bytearray(seed.body)
        self.is_implicit = seed.is_implicit
        self.is_big_endian = seed.is_big_endian
        self.is_deflated = seed.is_deflated
        self.after: list[Callable[[bytearray], None]] = []  # damage to the finished file
        self._headers: list[Header] | None = None

    @property
    def headers(self) -> list[Header]:
        """Headers of the data set as it is now."""
        if self._headers is None:
            self._headers = find_headers(bytes(self.body), is_implicit=self.is_implicit, is_big_endian=self.is_big_endian)
        return self._headers

    def touch(self) -> None:
        """Forget the headers after a change."""
        self._headers = None

    def pick(self, random: Random, wanted: Callable[[Header], bool] = lambda header: True) -> Header | None:
        """Choose one of the headers."""
        found = [header for header in self.headers if wanted(header)]
        return random.choice(found) if found else None

    def number(self, value: int, size: int, header: Header | None = None) -> bytes:
        """Encode an unsigned number as the data set does."""
        is_big = self.is_big_endian if header is None else header.is_big_endian
        return (value & (1 << 8 * size) - 1).to_bytes(size, "big" if is_big else "little")

    def replace(self, start: int, end: int, data: bytes, parent: int, *, keep_lengths: bool = False) -> None:
        """Put bytes in the place of others, and correct the lengths of the containers around them."""
        if len(self.body) + len(data) - (end - start) > LARGEST_MUTANT:
            return
        change = len(data) - (end - start)
        headers = self.headers
        while change and parent >= 0 and not keep_lengths:
            container = headers[parent]
            if container.length != UNDEFINED:
                field = slice(container.length_offset, container.length_offset + container.length_size)
                self.body[field] = self.number(container.length + change, container.length_size, container)
            parent = container.parent
        self.body[start:end] = data
        self.touch()

    def element(self, tag: int, vr: bytes, value: bytes) -> bytes:
        """Encode an element as the data set does."""
        return encode_header(tag, b"" if self.is_implicit else vr, len(value), self.is_big_endian) + value

    def set_value(self, header: Header, value: bytes, vr: bytes | None = None) -> None:
        """Replace an element by one with another value."""
        vr = (b"" if header.is_implicit else header.vr) if vr is None else vr
        data = encode_header(header.tag, vr, len(value), header.is_big_endian) + value
        self.replace(header.offset, header.end, data, header.parent)

    def finish(self) -> bytes:
        """Return the file."""
        data = self.head + (deflate(bytes(self.body)) if self.is_deflated else self.body)
        for damage in self.after:
            damage(data)
        return bytes(data)


def _is_value(header: Header) -> bool:
    return header.tag >> 16 != 0xFFFE and header.length != UNDEFINED


def _text(random: Random) -> bytes:
    text = random.choice(TEXTS)
    if random.random() < 0.3:
        text += random.choice(ESCAPES) + random.choice(TEXTS)
    return text + b" " * (len(text) % 2 and random.random() < 0.8)


def flip_bytes(random: Random, mutant: Mutant) -> None:
    """Change single bytes anywhere in the data set."""
    for _ in range(random.choice([1, 1, 2, 8])):
        if mutant.body:
            i = random.randrange(len(mutant.body))
            mutant.body[i] = random.choice([mutant.body[i] ^ 1 << random.randrange(8), random.randrange(256), 0, 0xFF, 0x5C, 0x1B])
    mutant.touch()


def flip_head(random: Random, mutant: Mutant) -> None:
    """Change bytes of preamble, prefix and meta information."""
    if not mutant.head:
        return
    for _ in range(random.choice([1, 2])):
        i = random.randrange(min(120, len(mutant.head) - 1), len(mutant.head))
        mutant.head[i] = random.choice([0, 0xFF, random.randrange(256), mutant.head[i] ^ 1])


def resize_head(random: Random, mutant: Mutant) -> None:
    """Cut the head, or take it away."""
    if random.random() < 0.5:
        del mutant.head[random.randrange(len(mutant.head) + 1) :]
    else:
        del mutant.head[: random.choice([1, 127, 128, 132, len(mutant.head)])]


def cut(random: Random, mutant: Mutant) -> None:
    """Cut the data set near a header, or anywhere."""
    header = mutant.pick(random)
    if header is None or random.random() < 0.3:
        place = random.randrange(len(mutant.body) + 1)
    else:
        place = random.choice([header.offset, header.value_offset, header.end]) + random.randrange(-3, 4)
    del mutant.body[max(0, place) :]
    mutant.touch()


def change_length(random: Random, mutant: Mutant) -> None:
    """Lie about a length."""
    header = mutant.pick(random, lambda one: one.length_offset + one.length_size <= len(mutant.body))
    if header is None:
        return
    rest = len(mutant.body) - header.value_offset
    near = [header.length + i for i in (-8, -2, -1, 1, 2, 8)] + [rest, rest + 1, rest - 1, -header.value_offset, -header.offset - 1]
    field = slice(header.length_offset, header.length_offset + header.length_size)
    mutant.body[field] = mutant.number(random.choice(random.choice([LENGTHS, near])), header.length_size, header)
    mutant.touch()


def change_vr(random: Random, mutant: Mutant) -> None:
    """Write another VR, or none, into a header without moving anything."""
    header = mutant.pick(random, lambda one: not one.is_implicit)
    if header is not None:
        mutant.body[header.offset + 4 : header.offset + 6] = random.choice(random.choice([VRS, NO_VRS]))
        mutant.touch()


def confuse_type(random: Random, mutant: Mutant) -> None:
    """Store an element under another VR, in the header form that goes with it."""
    header = mutant.pick(random, lambda one: not one.is_implicit and _is_value(one))
    if header is None:
        return
    vr = random.choice([*VRS, b"SQ", b"SQ", b"UN"])
    value = bytes(mutant.body[header.value_offset : header.value_end])
    if vr == b"SQ" and random.random() < 0.7:
        value = encode_header(ITEM, b"", len(value), header.is_big_endian) + value
    mutant.set_value(header, value, vr)


def change_tag(random: Random, mutant: Mutant) -> None:
    """Give an element another tag."""
    header, other = mutant.pick(random), mutant.pick(random)
    if header is None or other is None:
        return
    tag = random.choice([random.choice(TAGS), other.tag, random.getrandbits(32), header.tag ^ 1 << random.randrange(32)])
    mutant.body[header.offset : header.offset + 4] = encode_header(tag, b"", 0, header.is_big_endian)[:4]
    mutant.touch()


def remove_element(random: Random, mutant: Mutant) -> None:
    """Take an element, an item or a delimiter away."""
    header = mutant.pick(random)
    if header is not None:
        mutant.replace(header.offset, header.end, b"", header.parent, keep_lengths=random.random() < 0.3)


def remove_delimiter(random: Random, mutant: Mutant) -> None:
    """Take a delimiter away."""
    header = mutant.pick(random, lambda one: one.tag in (ITEM_END, SEQUENCE_END))
    if header is not None:
        mutant.replace(header.offset, header.end, b"", header.parent, keep_lengths=random.random() < 0.5)


def add_delimiter(random: Random, mutant: Mutant) -> None:
    """Put an item header or a delimiter where none belongs."""
    header = mutant.pick(random)
    if header is not None:
        length = random.choice([0, 0, 0, 8, UNDEFINED, random.getrandbits(32)])
        data = encode_header(random.choice(DELIMITERS), b"", length, header.is_big_endian)
        place = random.choice([header.offset, header.value_offset, header.end])
        mutant.replace(place, place, data * random.choice([1, 1, 2, 50]), header.parent, keep_lengths=random.random() < 0.3)


def move_element(random: Random, mutant: Mutant) -> None:
    """Copy an element to another place."""
    source, target = mutant.pick(random), mutant.pick(random)
    if source is not None and target is not None:
        data = bytes(mutant.body[source.offset : source.end])
        mutant.replace(target.offset, target.offset, data, target.parent, keep_lengths=random.random() < 0.2)


def repeat_element(random: Random, mutant: Mutant) -> None:
    """Copy an element many times behind itself."""
    header = mutant.pick(random)
    if header is not None:
        data = bytes(mutant.body[header.offset : header.end])
        count = min(random.choice([1, 2, 100, 2000]), 100_000 // (len(data) + 1))
        mutant.replace(header.end, header.end, data * count, header.parent, keep_lengths=random.random() < 0.1)


def splice(random: Random, mutant: Mutant, others: Sequence[Seed]) -> None:
    """Put an element of another seed in, in whatever encoding it has."""
    other, target = Mutant(random.choice(others)), mutant.pick(random)
    source = other.pick(random)
    if source is None or target is None or source.end - source.offset > 50_000:
        return
    mutant.replace(
        target.offset, target.offset, bytes(other.body[source.offset : source.end]), target.parent, keep_lengths=random.random() < 0.2
    )


def nest(random: Random, mutant: Mutant) -> None:
    """Wrap an element into sequences, up to hundreds."""
    header = mutant.pick(random, lambda one: one.tag >> 16 != 0xFFFE)
    if header is None:
        return
    data, vr = bytes(mutant.body[header.offset : header.end]), b"" if mutant.is_implicit else random.choice([b"SQ", b"SQ", b"UN"])
    is_undefined, is_big = random.random() < 0.6, mutant.is_big_endian
    for _ in range(random.choice([1, 2, 10, 100, 250, 300])):
        if is_undefined:
            data = encode_header(ITEM, b"", UNDEFINED, is_big) + data + encode_header(ITEM_END, b"", 0, is_big)
            data = encode_header(0x00081140, vr, UNDEFINED, is_big) + data + encode_header(SEQUENCE_END, b"", 0, is_big)
        else:
            data = encode_header(ITEM, b"", len(data), is_big) + data
            data = encode_header(0x00081140, vr, len(data), is_big) + data
    mutant.replace(header.offset, header.end, data, header.parent)


def switch_byte_order(random: Random, mutant: Mutant) -> None:
    """Encode the headers of some elements in the other byte order."""
    headers = mutant.headers
    if not headers:
        return
    first = random.randrange(len(headers))
    for header in headers[first : first + random.choice([1, 3, len(headers)])]:
        data = encode_header(header.tag, header.vr, header.length, not header.is_big_endian)
        mutant.body[header.offset : header.offset + len(data)] = data
    mutant.touch()


def switch_vr_form(random: Random, mutant: Mutant) -> None:
    """Give an element a VR field in an implicit VR data set, or take it away in an explicit one."""
    for _ in range(random.choice([1, 1, 5])):
        header = mutant.pick(random, _is_value)
        if header is not None:
            value = bytes(mutant.body[header.value_offset : header.value_end])
            mutant.set_value(header, value, random.choice(VRS) if header.is_implicit else b"")


def change_syntax(random: Random, mutant: Mutant) -> None:
    """Announce another transfer syntax than the data set has."""
    uid = random.choice(SYNTAXES).encode()
    uid += b"\0" * (len(uid) % 2)
    place = mutant.head.find(b"\2\0\x10\0UI")
    if place >= 0:
        (length,) = struct.unpack_from("<H", mutant.head, place + 6)
        mutant.head[place + 6 : place + 8 + length] = struct.pack("<H", len(uid)) + uid
        if uid.startswith(b"1.2.840.10008.1.2.1.99") and random.random() < 0.5:
            mutant.is_deflated = True


def damage_file(random: Random, mutant: Mutant) -> None:
    """Change or cut the finished file, the deflated stream included."""
    where, what, is_cut = random.random(), random.randrange(256), random.random() < 0.3

    def damage(data: bytearray) -> None:
        if data:
            place = int(where * len(data))
            if is_cut:
                del data[place:]
            else:
                data[place] ^= what

    mutant.after.append(damage)


def change_character_set(random: Random, mutant: Mutant) -> None:
    """Declare other character sets, and put escapes and broken characters into texts."""
    header = mutant.pick(random, lambda one: one.tag == 0x00080005)
    terms = random.choice(CHARACTER_SETS)
    if header is not None and random.random() < 0.7:
        mutant.set_value(header, terms + b" " * (len(terms) % 2))
    text = mutant.pick(
        random, lambda one: one.vr in (b"PN", b"LO", b"SH", b"LT", b"ST", b"UT", b"UC") or (one.is_implicit and _is_value(one))
    )
    if text is not None:
        value = bytearray(mutant.body[text.value_offset : text.value_end])
        for _ in range(random.choice([1, 3, 10])):
            place = random.randrange(len(value) + 1)
            value[place:place] = random.choice(ESCAPES) * random.choice([1, 1, 20])
        mutant.set_value(text, bytes(value)[:60_000])


def change_value(random: Random, mutant: Mutant) -> None:
    """Give a text VR a value it cannot have."""
    header = mutant.pick(random, _is_value)
    if header is not None:
        mutant.set_value(header, _text(random))


def change_image(random: Random, mutant: Mutant) -> None:
    """Lie about the image: sizes, bits, frames, tables."""
    for _ in range(random.choice([1, 2, 4])):
        tag = random.choice(IMAGE_TAGS)
        header = mutant.pick(random, lambda one, tag=tag: one.tag == tag)  # type: ignore[misc]
        numbers = b"".join(mutant.number(random.choice(NUMBERS), 2) for _ in range(random.choice([1, 1, 1, 3])))
        value = random.choice(
            [numbers, numbers, numbers, _text(random), b"MONOCHROME1 ", b"RGB ", b"PALETTE COLOR ", b"YBR_FULL", b"YBR_FULL_422"]
        )
        if header is not None:
            mutant.set_value(header, value, random.choice(VRS) if not header.is_implicit and random.random() < 0.15 else None)
        elif mutant.headers:
            place = next((one for one in mutant.headers if one.parent < 0 and one.tag > tag), None)
            if place is not None:
                mutant.replace(place.offset, place.offset, mutant.element(tag, b"US", value), -1)


def change_fragments(random: Random, mutant: Mutant) -> None:
    """Damage offset tables and fragments of encapsulated pixel data."""
    pixels = mutant.pick(random, lambda one: one.tag == 0x7FE00010 and one.length == UNDEFINED)
    if pixels is None:
        return
    index = mutant.headers.index(pixels)
    parts = [one for one in mutant.headers if one.parent == index]
    if not parts:
        return
    part = random.choice([parts[0], random.choice(parts)])
    words = b"".join(mutant.number(random.choice([*LENGTHS, 104, 208]), 4) for _ in range(random.choice([0, 1, 2, 3, 5])))
    choice = random.random()
    if choice < 0.4:
        mutant.set_value(part, words)
    elif choice < 0.7:
        mutant.replace(part.offset, part.end, b"", part.parent)
    else:
        data = encode_header(random.choice(DELIMITERS), b"", random.choice([0, 0, 1, 3, UNDEFINED]))
        mutant.replace(part.offset, part.offset, data * random.choice([1, 30]), part.parent)


def dig_hole(random: Random, mutant: Mutant) -> None:
    """Put a run of one byte in, or overwrite with it."""
    header = mutant.pick(random)
    if header is not None:
        run = bytes([random.choice([0, 0, 0, 0xFF, 0x20, 0xFE])]) * random.choice([1, 7, 8, 64, 4096, 40_000])
        place = random.choice([header.offset, header.value_offset])
        mutant.replace(place, random.choice([place, header.end]), run, header.parent, keep_lengths=random.random() < 0.5)


RULES: dict[Callable[[Random, Mutant], None], int] = {
    flip_bytes: 6, flip_head: 2, resize_head: 1, cut: 4, change_length: 8, change_vr: 5, confuse_type: 6, change_tag: 6,
    remove_element: 2,
    remove_delimiter: 4, add_delimiter: 5, move_element: 4, repeat_element: 2, nest: 3, switch_byte_order: 2, switch_vr_form: 3,
    change_syntax: 3, damage_file: 3, change_character_set: 6, change_value: 8, change_image: 8, change_fragments: 5, dig_hole: 2,
}  # fmt: skip
_RULES, _WEIGHTS = list(RULES), list(RULES.values())


def mutate(seeds: Sequence[Seed], seed: int, number: int) -> tuple[bytes, str]:
    """Return mutant ``number`` of a run, and how it was made. The same arguments always make the same mutant."""
    random = Random(f"{seed}:{number}")
    # The built seeds are small and have everything: half of the mutants come from them.
    built = [one for one in seeds if one.name.startswith("built/")]
    chosen = random.choice(built if random.random() < 0.5 else seeds)
    mutant = Mutant(chosen)
    story = [chosen.name]
    for _ in range(random.choice([1, 1, 1, 2, 2, 3, 5])):
        if random.random() < 0.05:
            splice(random, mutant, seeds)
            story.append("splice")
        else:
            (rule,) = random.choices(_RULES, _WEIGHTS)
            rule(random, mutant)
            story.append(rule.__name__)
    return mutant.finish(), " ".join(story)
