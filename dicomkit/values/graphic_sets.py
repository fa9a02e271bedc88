"""The sets of graphic characters, and the terms for them: PS3.3 Tables C.12-2 to C.12-5."""

from __future__ import annotations

from codecs import charmap_build, charmap_decode, charmap_encode

__all__ = ["ALIASES", "ASCII", "CODE_EXTENSIONS", "DEFINED_TERMS", "ESCAPES", "ROMAJI", "STAND_ALONE", "GraphicSet"]

# ISO-IR 14 and 13, the two halves of JIS X 0201. U+FFFE is what codecs.charmap_ take for "undefined".
_ROMAJI_TABLE = "".join(map(chr, range(0x80))).translate({0x5C: 0xA5, 0x7E: 0x203E})
_JIS_X_0201 = _ROMAJI_TABLE + "\ufffe" * 33 + "".join(map(chr, range(0xFF61, 0xFFA0))) + "\ufffe" * 32
_JIS_X_0201_ENCODING = charmap_build(_JIS_X_0201)

# EUC-JP has half-width katakana as SS2 and a byte: two bytes, but no character of JIS X 0208.
_SINGLE_SHIFT_2 = 0x8E
# In EUC-KR it introduces a syllable of four parts, and alone it is not decoded.
_HANGUL_FILLER = "\u3164"


class GraphicSet:
    """A set of graphic characters that an escape sequence designates as G0 (bytes 21-7E) or G1 (bytes A0-FF)."""

    __slots__ = ("codec", "escape", "is_g1", "is_multi_byte", "prefix")

    def __init__(self, escape: bytes, codec: str, *, is_g1: bool, is_multi_byte: bool = False, prefix: bytes = b"") -> None:
        self.escape = escape
        self.codec = codec
        self.is_g1 = is_g1
        self.is_multi_byte = is_multi_byte
        self.prefix = prefix

    def decode(self, run: bytes, errors: str) -> str:
        """Decode bytes that are all of this set's half of the code table."""
        if self.codec == "jis_x_0201":
            return charmap_decode(run, errors, _JIS_X_0201)[0]
        if self.is_multi_byte and not self.is_g1:
            # EUC-JP has the same two bytes with the high bit set; those of JIS X 0212 come after SS3.
            high = bytes(byte | 0x80 for byte in run)
            run = b"".join(self.prefix + high[i : i + 2] for i in range(0, len(high), 2)) if self.prefix else high
        return run.decode(self.codec, errors)

    def encode(self, character: str) -> bytes | None:
        """Return the bytes of a character, or None if the set doesn't have it."""
        try:
            if self.codec == "jis_x_0201":
                encoded = charmap_encode(character, "strict", _JIS_X_0201_ENCODING)[0]
            else:
                encoded = character.encode(self.codec)
        except UnicodeEncodeError:
            return None
        if self.prefix and not encoded.startswith(self.prefix):
            return None
        encoded = encoded.removeprefix(self.prefix)
        if len(encoded) != 1 + self.is_multi_byte or (encoded[0] >= 0x80) != (self.is_g1 or self.is_multi_byte):
            return None
        if self.is_multi_byte and (encoded[0] == _SINGLE_SHIFT_2 or character == _HANGUL_FILLER):
            return None
        return encoded if self.is_g1 else bytes(byte & 0x7F for byte in encoded)


ASCII = GraphicSet(b"\x1b(B", "ascii", is_g1=False)
ROMAJI = GraphicSet(b"\x1b(J", "jis_x_0201", is_g1=False)


def _g1(final: bytes, codec: str) -> tuple[GraphicSet, GraphicSet | None]:
    return ASCII, GraphicSet(b"\x1b-" + final, codec, is_g1=True)


# PS3.3 Tables C.12-3 and C.12-4: what a term "ISO 2022 IR n" puts in G0 and G1. JIS X 0208 and 0212 go to G0 and leave G1.
CODE_EXTENSIONS: dict[str, tuple[GraphicSet, GraphicSet | None]] = {
    "6": (ASCII, None),
    "100": _g1(b"A", "latin_1"),
    "101": _g1(b"B", "iso8859_2"),
    "109": _g1(b"C", "iso8859_3"),
    "110": _g1(b"D", "iso8859_4"),
    "144": _g1(b"L", "iso8859_5"),
    "127": _g1(b"G", "iso8859_6"),
    "126": _g1(b"F", "iso8859_7"),
    "138": _g1(b"H", "iso8859_8"),
    "148": _g1(b"M", "iso8859_9"),
    "203": _g1(b"b", "iso8859_15"),
    "166": _g1(b"T", "tis_620"),
    "13": (ROMAJI, GraphicSet(b"\x1b)I", "jis_x_0201", is_g1=True)),
    "87": (GraphicSet(b"\x1b$B", "euc_jp", is_g1=False, is_multi_byte=True), None),
    "159": (GraphicSet(b"\x1b$(D", "euc_jp", is_g1=False, is_multi_byte=True, prefix=b"\x8f"), None),
    "149": (ASCII, GraphicSet(b"\x1b$)C", "euc_kr", is_g1=True, is_multi_byte=True)),
    "58": (ASCII, GraphicSet(b"\x1b$)A", "gb2312", is_g1=True, is_multi_byte=True)),
}
ESCAPES = {graphic.escape: graphic for pair in CODE_EXTENSIONS.values() for graphic in pair if graphic}
# JIS C 6226-1978, the forerunner of JIS X 0208, is read as its successor.
ESCAPES[b"\x1b$@"] = ESCAPES[b"\x1b$B"]

# PS3.3 Table C.12-5: multi-byte character sets without code extensions.
STAND_ALONE = {"ISO_IR 192": "utf_8", "GB18030": "gb18030", "GBK": "gbk"}
_MULTI_BYTE_EXTENSIONS = frozenset({"87", "159", "149", "58"})

# Terms without "ISO", blanks, hyphens and underscores, as people write them.
ALIASES = {
    "ASCII": "ISO_IR 6",
    "USASCII": "ISO_IR 6",
    "LATIN1": "ISO_IR 100",
    "88591": "ISO_IR 100",
    "LATIN2": "ISO_IR 101",
    "88592": "ISO_IR 101",
    "88593": "ISO_IR 109",
    "88594": "ISO_IR 110",
    "88595": "ISO_IR 144",
    "88596": "ISO_IR 127",
    "88597": "ISO_IR 126",
    "88598": "ISO_IR 138",
    "88599": "ISO_IR 148",
    "885911": "ISO_IR 166",
    "885915": "ISO_IR 203",
    "UTF8": "ISO_IR 192",
    "UNICODE": "ISO_IR 192",
    "GB2312": "GBK",
    **{stem + term.translate({ord(" "): None, ord("_"): None}).removeprefix("ISO"): term
       for stem in ("", "2022", "2022IR") for term in STAND_ALONE},
    **{f"IR{number}": (f"ISO 2022 IR {number}" if number in _MULTI_BYTE_EXTENSIONS else f"ISO_IR {number}")
       for number in CODE_EXTENSIONS},
    **{f"2022IR{number}": f"ISO 2022 IR {number}" for number in CODE_EXTENSIONS},
}  # fmt: skip
DEFINED_TERMS = frozenset(ALIASES.values()) | {""}
