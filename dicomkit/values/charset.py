"""Character sets: from bytes to text and back (PS3.3 C.12.1.1.2, PS3.5 6.1).

What is wrong in a file is read as well as it can be, by these rules, each with one warning:

- bytes that a declared character set does not have become U+FFFD, the replacement character;
- bytes above 7F where nothing is declared are read as UTF-8 if they are that, else as ISO 8859-1;
- a term misspelt in a known way counts as the right one; an unknown term counts as the default repertoire;
- an escape sequence is obeyed whether or not its character set is declared; where one is missing, the character set
  last used in the value, or the first one declared, stands in.

Strict reading raises instead. Writing is always strict.
"""

from __future__ import annotations

import warnings
from codecs import charmap_build, charmap_decode, charmap_encode
from functools import lru_cache

from dicomkit.errors import DICOMWarning, InvalidValueError
from dicomkit.tag import Tag

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "DEFAULT_CHARACTER_SET",
    "UTF_8",
    "CharacterSet",
    "decode_text",
    "decode_values",
    "encode_text",
    "parse_specific_character_set",
    "split_values",
]

_SPECIFIC_CHARACTER_SET = Tag(0x0008, 0x0005)
_ESC = 0x1B
_BACKSLASH = 0x5C
_CONTROL_CHARACTERS = frozenset(range(0x20)) - {_ESC}
_REPLACEMENT = "\ufffd"

# ISO-IR 14 and 13, the two halves of JIS X 0201. U+FFFE is what codecs.charmap_ take for "undefined".
_ROMAJI = "".join(map(chr, range(0x80))).translate({0x5C: 0xA5, 0x7E: 0x203E})
_JIS_X_0201 = _ROMAJI + "\ufffe" * 33 + "".join(map(chr, range(0xFF61, 0xFFA0))) + "\ufffe" * 32


class _GraphicSet:
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
                encoded = charmap_encode(character, "strict", charmap_build(_JIS_X_0201))[0]
            else:
                encoded = character.encode(self.codec)
        except UnicodeEncodeError:
            return None
        if self.prefix and not encoded.startswith(self.prefix):
            return None
        encoded = encoded.removeprefix(self.prefix)
        is_high = encoded[0] >= 0x80
        if len(encoded) != 1 + self.is_multi_byte or is_high != (self.is_g1 or self.is_multi_byte):
            return None
        return encoded if self.is_g1 else bytes(byte & 0x7F for byte in encoded)


_ASCII = _GraphicSet(b"\x1b(B", "ascii", is_g1=False)
_ROMAJI_SET = _GraphicSet(b"\x1b(J", "jis_x_0201", is_g1=False)


def _g1(final: bytes, codec: str) -> tuple[_GraphicSet, _GraphicSet | None]:
    return _ASCII, _GraphicSet(b"\x1b-" + final, codec, is_g1=True)


# PS3.3 Tables C.12-3 and C.12-4: what a term "ISO 2022 IR n" puts in G0 and G1. JIS X 0208 and 0212 go to G0 and leave G1.
_CODE_EXTENSIONS: dict[str, tuple[_GraphicSet, _GraphicSet | None]] = {
    "6": (_ASCII, None),
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
    "13": (_ROMAJI_SET, _GraphicSet(b"\x1b)I", "jis_x_0201", is_g1=True)),
    "87": (_GraphicSet(b"\x1b$B", "euc_jp", is_g1=False, is_multi_byte=True), None),
    "159": (_GraphicSet(b"\x1b$(D", "euc_jp", is_g1=False, is_multi_byte=True, prefix=b"\x8f"), None),
    "149": (_ASCII, _GraphicSet(b"\x1b$)C", "euc_kr", is_g1=True, is_multi_byte=True)),
    "58": (_ASCII, _GraphicSet(b"\x1b$)A", "gb2312", is_g1=True, is_multi_byte=True)),
}
_ESCAPES = {graphic.escape: graphic for pair in _CODE_EXTENSIONS.values() for graphic in pair if graphic}
# JIS C 6226-1978, the forerunner of JIS X 0208, is read as its successor.
_ESCAPES[b"\x1b$@"] = _ESCAPES[b"\x1b$B"]

# PS3.3 Table C.12-5: multi-byte character sets without code extensions.
_STAND_ALONE = {"ISO_IR 192": "utf_8", "GB18030": "gb18030", "GBK": "gbk"}
_MULTI_BYTE_EXTENSIONS = frozenset({"87", "159", "149", "58"})

# Terms without "ISO", blanks, hyphens and underscores, as people write them.
_ALIASES = {
    "": "",
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
       for stem in ("", "2022", "2022IR") for term in _STAND_ALONE},
    **{f"IR{number}": (f"ISO 2022 IR {number}" if number in _MULTI_BYTE_EXTENSIONS else f"ISO_IR {number}")
       for number in _CODE_EXTENSIONS},
    **{f"2022IR{number}": f"ISO 2022 IR {number}" for number in _CODE_EXTENSIONS},
}  # fmt: skip
_DEFINED_TERMS = frozenset(_ALIASES.values())


class CharacterSet:
    """The character sets that Specific Character Set (0008,0005) declares, ready for use (PS3.3 C.12.1.1.2).

    Made by `parse_specific_character_set`; immutable, compared by its terms.

    Attributes
    ----------
    terms
        The defined terms in force, wrong ones put right; empty for the default repertoire.
    problems
        What was wrong with the terms.
    is_ascii_compatible
        Whether bytes below 80, other than ESC, are ASCII (not so for ISO_IR 13: 5C is a yen sign, 7E an overline).
    """

    __slots__ = ("_codec", "_extra_sets", "_g0", "_g1", "is_ascii_compatible", "problems", "terms")

    terms: tuple[str, ...]
    problems: tuple[str, ...]
    is_ascii_compatible: bool
    _codec: str | None
    _g0: _GraphicSet
    _g1: _GraphicSet | None
    _extra_sets: tuple[_GraphicSet, ...]

    def __init__(self, terms: tuple[str, ...], problems: tuple[str, ...] = ()) -> None:
        put = object.__setattr__
        put(self, "terms", terms)
        put(self, "problems", problems)
        put(self, "_codec", _STAND_ALONE.get(terms[0]) if terms else None)
        pairs = [_CODE_EXTENSIONS[term.rpartition(" ")[2] or "6"] for term in terms if term not in _STAND_ALONE] or [(_ASCII, None)]
        # The first value must be a single-byte set; a multi-byte one there has ASCII beside it, as after an empty value.
        g0, g1 = pairs[0]
        put(self, "_g0", _ASCII if g0.is_multi_byte else g0)
        put(self, "_g1", None if g1 is not None and g1.is_multi_byte else g1)
        put(self, "_extra_sets", tuple(graphic for pair in pairs for graphic in pair if graphic))
        put(self, "is_ascii_compatible", self._g0 is _ASCII)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{name!r}: a CharacterSet is immutable")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"{name!r}: a CharacterSet is immutable")

    def __eq__(self, other: object) -> bool:
        return self.terms == other.terms if isinstance(other, CharacterSet) else NotImplemented

    def __hash__(self) -> int:
        return hash((CharacterSet, self.terms))

    def __repr__(self) -> str:
        return f"CharacterSet({self.terms!r})"

    def __reduce__(self) -> tuple[type[CharacterSet], tuple[tuple[str, ...], tuple[str, ...]]]:
        return CharacterSet, (self.terms, self.problems)

    def decode(self, data: bytes, *, is_person_name: bool = False, is_multi_valued: bool = True) -> tuple[str, str | None]:
        """Decode a value field without warning: return its text, and what was wrong or None.

        Values stay separated by backslashes. See `decode_text` for the parameters.
        """
        if self._codec is None and (_ESC in data or (self._g1 is None and not data.isascii())):
            return _Decoder(self, data, is_person_name, is_multi_valued).decode()
        if self._codec is not None:
            try:
                return data.decode(self._codec), None
            except UnicodeDecodeError:
                return data.decode(self._codec, "replace"), "bytes that the declared character set does not have"
        if self._g0 is _ROMAJI_SET:
            return _decode_jis_x_0201(data, is_multi_valued)
        return _decode_run(self._g1 or _ASCII, data)

    def encode(self, text: str, *, is_person_name: bool = False, is_multi_valued: bool = True) -> bytes:
        """Encode a value field; see `encode_text`."""
        if self._codec is None:
            if self.is_ascii_compatible and text.isascii() and "\x1b" not in text:
                return text.encode("ascii")
            return _encode_extended(self, text, is_person_name, is_multi_valued)
        try:
            return text.encode(self._codec)
        except UnicodeEncodeError as error:
            raise _unencodable(error.start) from None


def _decode_run(graphic: _GraphicSet, run: bytes) -> tuple[str, str | None]:
    try:
        return graphic.decode(run, "strict"), None
    except UnicodeDecodeError:
        return graphic.decode(run, "replace"), "bytes that the declared character set does not have"


def _decode_jis_x_0201(data: bytes, is_multi_valued: bool) -> tuple[str, str | None]:
    """Decode ISO_IR 13. A delimiter is a backslash, though the character set has a yen sign there (PS3.5 6.1.2.3)."""
    text, problem = _decode_run(_ROMAJI_SET, data)
    return (text.replace("\xa5", "\\") if is_multi_valued else text), problem


def _delimiters(is_person_name: bool, is_multi_valued: bool) -> frozenset[int]:
    """Return the bytes before which the first character set must be in force again (PS3.5 6.1.2.5.3)."""
    extra = ({_BACKSLASH} if is_multi_valued else set()) | ({0x5E, 0x3D} if is_person_name else set())
    return _CONTROL_CHARACTERS | extra


class _Decoder:
    """One pass over a value field with escape sequences (ISO/IEC 2022, PS3.5 6.1.2.5)."""

    def __init__(self, character_set: CharacterSet, data: bytes, is_person_name: bool, is_multi_valued: bool) -> None:
        self.character_set = character_set
        self.data = data
        self.delimiters = _delimiters(is_person_name, is_multi_valued)
        self.g0 = character_set._g0
        self.g1 = character_set._g1
        self.last_g1: _GraphicSet | None = None
        self.problem: str | None = None
        self.position = 0

    def decode(self) -> tuple[str, str | None]:
        pieces = []
        while self.position < len(self.data):
            byte = self.data[self.position]
            if byte == _ESC:
                pieces.append(self._designate())
            elif byte >= 0x80:
                pieces.append(self._high_run())
            elif self.g0.is_multi_byte and 0x20 < byte < 0x7F:
                pieces.append(self._double_byte_run())
            else:
                pieces.append(self._single_byte_run())
        return "".join(pieces), self.problem

    def _take(self, end: int) -> bytes:
        run = self.data[self.position : end]
        self.position = end
        return run

    def _find_end(self, low: int, high: int) -> int:
        """Return where the bytes from ``low`` to ``high`` end."""
        end = self.position
        while end < len(self.data) and low <= self.data[end] <= high:
            end += 1
        return end

    def _decode(self, graphic: _GraphicSet, run: bytes) -> str:
        text, problem = _decode_run(graphic, run)
        self.problem = self.problem or problem
        return text

    def _designate(self) -> str:
        graphic = None
        for length in (3, 4):
            graphic = graphic or _ESCAPES.get(self.data[self.position : self.position + length])
        if graphic is None:
            self.problem = self.problem or "an escape sequence that PS3.3 C.12.1.1.2 does not have"
            self.position += 1
            return _REPLACEMENT
        # ESC $ @ is as long as ESC $ B.
        self.position += len(graphic.escape)
        if graphic.is_g1:
            self.g1 = self.last_g1 = graphic
        else:
            self.g0 = graphic
        # Returning to single bytes by "ESC ( J" instead of "ESC ( B" is common, and harms nobody.
        if graphic not in self.character_set._extra_sets and (graphic.is_g1 or graphic.is_multi_byte):
            self.problem = self.problem or "an escape sequence for a character set that is not declared"
        return ""

    def _high_run(self) -> str:
        run = self._take(self._find_end(0x80, 0xFF))
        if self.g1 is not None:
            return self._decode(self.g1, run)
        declared = next((graphic for graphic in self.character_set._extra_sets if graphic.is_g1), None)
        stand_in = self.last_g1 or declared
        if stand_in is not None:
            self.problem = self.problem or "characters without the escape sequence that they need"
            return self._decode(stand_in, run)
        self.problem = self.problem or "bytes above 7F where only the default repertoire is declared"
        try:
            return run.decode("utf_8")
        except UnicodeDecodeError:
            return run.decode("latin_1")

    def _double_byte_run(self) -> str:
        # Delimiters don't exist here: "^", "=" and "\" are halves of characters.
        return self._decode(self.g0, self._take(self._find_end(0x21, 0x7E)))

    def _single_byte_run(self) -> str:
        end = self.position
        while end < len(self.data) and self.data[end] < 0x80 and self.data[end] != _ESC:
            if self.data[end] in self.delimiters:
                return self._run_before_delimiter(end)
            if self.g0.is_multi_byte and 0x20 < self.data[end] < 0x7F:
                break
            end += 1
        return self._single_bytes(self._take(end))

    def _run_before_delimiter(self, end: int) -> str:
        text = self._single_bytes(self._take(end)) + chr(self.data[end])
        self.position = end + 1
        self.g0 = self.character_set._g0
        self.g1 = self.character_set._g1
        return text

    def _single_bytes(self, run: bytes) -> str:
        return self._decode(_ASCII if self.g0.is_multi_byte else self.g0, run)


def _unencodable(index: int) -> InvalidValueError:
    return InvalidValueError(f"character {index + 1} does not exist in the declared character set")


def _encode_extended(character_set: CharacterSet, text: str, is_person_name: bool, is_multi_valued: bool) -> bytes:
    """Encode with escape sequences where the first character set does not suffice (PS3.5 6.1.2.5)."""
    first_g0 = g0 = character_set._g0
    first_g1 = g1 = character_set._g1
    delimiters = _delimiters(is_person_name, is_multi_valued)
    encoded = bytearray()
    for index, character in enumerate(text):
        if ord(character) in delimiters:
            if g0 is not first_g0:
                encoded += first_g0.escape
            encoded.append(ord(character))
            g0, g1 = first_g0, first_g1
            continue
        for graphic in (g0, g1, *character_set._extra_sets):
            code = graphic.encode(character) if graphic is not None else None
            if graphic is None or code is None or (code[0] in delimiters and not graphic.is_multi_byte) or code[0] == _ESC:
                continue
            if graphic.is_g1:
                encoded += b"" if graphic is g1 else graphic.escape
                g1 = graphic
            else:
                encoded += b"" if graphic is g0 else graphic.escape
                g0 = graphic
            encoded += code
            break
        else:
            raise _unencodable(index)
    return bytes(encoded if g0 is first_g0 else encoded + first_g0.escape)


def parse_specific_character_set(terms: Sequence[str] | str, *, strict: bool = False) -> CharacterSet:
    """Return the character sets that the values of Specific Character Set (0008,0005) declare.

    Parameters
    ----------
    terms
        The values, or their text with backslashes between. None at all, or an empty one, is the default repertoire.
    strict
        Raise where otherwise a `DICOMWarning` is given.

    Raises
    ------
    InvalidValueError
        If a term is wrong, and ``strict``.
    """
    values = terms.split("\\") if isinstance(terms, str) else terms
    character_set = _make_character_set(tuple(values))
    for problem in character_set.problems:
        error = InvalidValueError(problem, tag=_SPECIFIC_CHARACTER_SET)
        if strict:
            raise error
        warnings.warn(DICOMWarning(str(error)), stacklevel=2)
    return character_set


@lru_cache(maxsize=256)
def _make_character_set(values: tuple[str, ...]) -> CharacterSet:
    problems = []
    terms = []
    for position, value in enumerate(values, 1):
        stated = value.strip(" \0")
        term = stated if stated in _DEFINED_TERMS else _ALIASES.get(_squeeze(stated))
        if term is None:
            problems.append(f"value {position} is no defined term of PS3.3 C.12.1.1.2")
            term = ""
        elif term != stated:
            problems.append(f"value {position} is misspelt, and read as {term!r}")
        terms.append(term)
    stand_alone = next((term for term in terms if term in _STAND_ALONE), None)
    if stand_alone is not None and len(terms) > 1:
        problems.append(f"{stand_alone!r} does not go with others, and is taken alone")
        terms = [stand_alone]
    elif len(terms) > 1:
        # With code extensions, the terms are those of Tables C.12-3 and C.12-4.
        terms = [term.replace("ISO_IR", "ISO 2022 IR") for term in terms]
    return CharacterSet(() if terms == [""] else tuple(terms), tuple(problems))


def _squeeze(term: str) -> str:
    return "".join(character for character in term.upper() if character.isalnum()).removeprefix("ISO")


DEFAULT_CHARACTER_SET = _make_character_set(())
UTF_8 = _make_character_set(("ISO_IR 192",))


def decode_text(
    data: bytes,
    character_set: CharacterSet,
    *,
    is_person_name: bool = False,
    is_multi_valued: bool = True,
    strict: bool = False,
    tag: int | None = None,
    offset: int | None = None,
) -> str:
    """Decode a value field to its text, values still separated by backslashes.

    Parameters
    ----------
    data
        The value field, or a part between two delimiters.
    character_set
        What the data set declares.
    is_person_name
        Whether ``^`` and ``=`` are delimiters too (VR PN).
    is_multi_valued
        Whether a backslash is a delimiter: not in ST, LT, UT and UR.
    strict
        Raise where otherwise a `DICOMWarning` is given.
    tag, offset
        The data element and its place, for the error or warning.

    Raises
    ------
    InvalidValueError
        If bytes are wrong for the character set, and ``strict``.
    """
    text, problem = character_set.decode(data, is_person_name=is_person_name, is_multi_valued=is_multi_valued)
    if problem is not None:
        error = InvalidValueError(problem, tag=tag, offset=offset)
        if strict:
            raise error
        warnings.warn(DICOMWarning(str(error)), stacklevel=2)
    return text


def decode_values(data: bytes, character_set: CharacterSet, *, is_person_name: bool = False, strict: bool = False) -> list[str]:
    """Decode a value field of a multi-valued VR to its values. See `decode_text`.

    Splitting comes after decoding: half of a Chinese or Japanese character can be the byte of a backslash.
    """
    return split_values(decode_text(data, character_set, is_person_name=is_person_name, strict=strict))


def split_values(text: str) -> list[str]:
    """Split decoded text at its backslashes; an empty text has no values (PS3.5 6.4)."""
    return text.split("\\") if text else []


def encode_text(text: str, character_set: CharacterSet, *, is_person_name: bool = False, is_multi_valued: bool = True) -> bytes:
    """Encode text, with escape sequences where the declared character sets need them (PS3.5 6.1.2.5).

    The parameters are those of `decode_text`.

    Raises
    ------
    InvalidValueError
        If a character exists in none of the declared character sets; it names the position.
    """
    return character_set.encode(text, is_person_name=is_person_name, is_multi_valued=is_multi_valued)
