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

from functools import lru_cache

from dicomkit.errors import InvalidValueError, warn
from dicomkit.tag import Tag
from dicomkit.values.graphic_sets import ALIASES, ASCII, CODE_EXTENSIONS, DEFINED_TERMS, ESCAPES, ROMAJI, STAND_ALONE, GraphicSet

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

    __slots__ = ("_codec", "_extra_sets", "_g0", "_g1", "_has_code_extensions", "is_ascii_compatible", "problems", "terms")

    terms: tuple[str, ...]
    problems: tuple[str, ...]
    is_ascii_compatible: bool
    _codec: str | None
    _has_code_extensions: bool
    _g0: GraphicSet
    _g1: GraphicSet | None
    _extra_sets: tuple[GraphicSet, ...]

    def __init__(self, terms: tuple[str, ...], problems: tuple[str, ...] = ()) -> None:
        put = object.__setattr__
        put(self, "terms", terms)
        put(self, "problems", problems)
        put(self, "_codec", STAND_ALONE.get(terms[0]) if terms else None)
        pairs = [CODE_EXTENSIONS[term.rpartition(" ")[2] or "6"] for term in terms if term not in STAND_ALONE] or [(ASCII, None)]
        # The first value must be a single-byte set; a multi-byte one there has ASCII beside it, as after an empty value.
        g0, g1 = pairs[0]
        put(self, "_g0", ASCII if g0.is_multi_byte else g0)
        put(self, "_g1", None if g1 is not None and g1.is_multi_byte else g1)
        put(self, "_extra_sets", tuple(graphic for pair in pairs for graphic in pair if graphic))
        put(self, "_has_code_extensions", any(term.startswith("ISO 2022") for term in terms))
        put(self, "is_ascii_compatible", self._g0 is ASCII)

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
            return _decode_stand_alone(self._codec, data)
        if self._g0 is ROMAJI:
            return _decode_jis_x_0201(data, is_multi_valued)
        return _decode_run(self._g1 or ASCII, data)

    def encode(self, text: str, *, is_person_name: bool = False, is_multi_valued: bool = True) -> bytes:
        """Encode a value field; see `encode_text`."""
        if self._codec is None:
            if self.is_ascii_compatible and "\x1b" not in text:
                if text.isascii():
                    return text.encode("ascii")
                if self._g1 is not None:  # a single-byte set, which most often has all of the text
                    try:
                        return text.encode(self._g1.codec)
                    except UnicodeEncodeError:
                        pass
            return _encode_extended(self, text, is_person_name, is_multi_valued)
        if "\x1b" in text:
            raise _unencodable(text.index("\x1b"))
        try:
            return text.encode(self._codec)
        except UnicodeEncodeError as error:
            raise _unencodable(error.start) from None


def _decode_run(graphic: GraphicSet, run: bytes) -> tuple[str, str | None]:
    try:
        return graphic.decode(run, "strict"), None
    except UnicodeDecodeError:
        return graphic.decode(run, "replace"), "bytes that the declared character set does not have"


def _decode_stand_alone(codec: str, data: bytes) -> tuple[str, str | None]:
    try:
        text, problem = data.decode(codec), None
    except UnicodeDecodeError:
        text, problem = data.decode(codec, "replace"), "bytes that the declared character set does not have"
    if "\x1b" in text:
        text, problem = text.replace("\x1b", _REPLACEMENT), "an escape sequence in a character set that has none"
    return text, problem


def _decode_jis_x_0201(data: bytes, is_multi_valued: bool) -> tuple[str, str | None]:
    """Decode ISO_IR 13. A delimiter is a backslash, though the character set has a yen sign there (PS3.5 6.1.2.3)."""
    text, problem = _decode_run(ROMAJI, data)
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
        self.last_g1: GraphicSet | None = None
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

    def _decode(self, graphic: GraphicSet, run: bytes) -> str:
        text, problem = _decode_run(graphic, run)
        self.problem = self.problem or problem
        return text

    def _designate(self) -> str:
        declared = self.character_set._extra_sets
        graphic = None
        for length in (3, 4):
            graphic = graphic or ESCAPES.get(self.data[self.position : self.position + length])
        if graphic is None:
            self.problem = self.problem or "an escape sequence that PS3.3 C.12.1.1.2 does not have"
            self.position += 1
            return _REPLACEMENT
        # ESC $ @ is as long as ESC $ B.
        self.position += len(graphic.escape)
        if graphic.is_g1:
            self.g1 = self.last_g1 = graphic
        else:
            # Returning from kanji by "ESC ( J" where ISO 2022 IR 13 is not declared is common, and means ASCII.
            self.g0 = ASCII if graphic is ROMAJI and graphic not in declared else graphic
        if not self.character_set._has_code_extensions or (graphic not in declared and (graphic.is_g1 or graphic.is_multi_byte)):
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
        return self._decode(ASCII if self.g0.is_multi_byte else self.g0, run)


def _unencodable(index: int) -> InvalidValueError:
    return InvalidValueError(f"character {index + 1} does not exist in the declared character set")


def _encode_extended(character_set: CharacterSet, text: str, is_person_name: bool, is_multi_valued: bool) -> bytes:
    """Encode with escape sequences where the first character set does not suffice (PS3.5 6.1.2.5)."""
    first_g0 = g0 = character_set._g0
    first_g1 = g1 = character_set._g1
    delimiters = _delimiters(is_person_name, is_multi_valued)
    extra_sets = (*character_set._extra_sets, ASCII) if character_set._has_code_extensions else ()
    encoded = bytearray()
    for index, character in enumerate(text):
        if ord(character) in delimiters:
            if g0 is not first_g0:
                encoded += first_g0.escape
            encoded.append(ord(character))
            g0, g1 = first_g0, first_g1
            continue
        for graphic in (g0, g1, *extra_sets):
            code = graphic.encode(character) if graphic is not None else None
            if graphic is None or code is None or (code[0] in delimiters and not graphic.is_multi_byte) or code[0] == _ESC:
                continue
            if graphic.is_g1:
                if g0.is_multi_byte and g0 is not first_g0:
                    # The two halves go side by side, but who decodes what follows an escape sequence as one set does not know it.
                    encoded += first_g0.escape
                    g0 = first_g0
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
        warn(error)
    return character_set


@lru_cache(maxsize=256)
def _make_character_set(values: tuple[str, ...]) -> CharacterSet:
    problems = []
    terms = []
    for position, value in enumerate(values, 1):
        stated = value.strip(" \0")
        term = stated if stated in DEFINED_TERMS else ALIASES.get(_squeeze(stated))
        if term is None:
            problems.append(f"value {position} is no defined term of PS3.3 C.12.1.1.2")
            term = ""
        elif term != stated:
            problems.append(f"value {position} is misspelt, and read as {term!r}")
        terms.append(term)
    stand_alone = next((term for term in terms if term in STAND_ALONE), None)
    if stand_alone is not None and len(terms) > 1:
        problems.append(f"{stand_alone!r} does not go with others, and is taken alone")
        terms = [stand_alone]
    elif len(terms) > 1:
        # With code extensions, the terms are those of Tables C.12-3 and C.12-4.
        terms = [term.replace("ISO_IR", "ISO 2022 IR") for term in terms]
    return CharacterSet(tuple(terms) if any(terms) else (), tuple(problems))


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
        warn(error)
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
