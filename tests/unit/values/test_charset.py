"""Character sets: the examples of PS3.5 Annexes H to K, every term of PS3.3 C.12.1.1.2, and what is done wrong in the field."""

from __future__ import annotations

import pickle
import warnings
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dicomkit.errors import DICOMWarning, InvalidValueError
from dicomkit.values.charset import (
    DEFAULT_CHARACTER_SET,
    UTF_8,
    CharacterSet,
    decode_text,
    decode_values,
    encode_text,
    parse_specific_character_set,
    split_values,
)
from dicomkit.values.graphic_sets import CODE_EXTENSIONS, GraphicSet

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import ModuleType

parse = parse_specific_character_set

# PS3.5 H.3, I.2, I.3, J.1, J.2, J.3, K.2: terms, text, bytes.
NAMES = [
    (
        ("", "ISO 2022 IR 87"), "Yamada^Tarou=山田^太郎=やまだ^たろう",
        b"Yamada^Tarou=\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B=\x1b$B$d$^$@\x1b(B^\x1b$B$?$m$&\x1b(B",
    ),
    (
        ("ISO 2022 IR 13", "ISO 2022 IR 87"), "ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎=やまだ^たろう",
        b"\xd4\xcf\xc0\xde^\xc0\xdb\xb3=\x1b$B;3ED\x1b(J^\x1b$BB@O:\x1b(J=\x1b$B$d$^$@\x1b(J^\x1b$B$?$m$&\x1b(J",
    ),
    (
        ("", "ISO 2022 IR 149"), "Hong^Gildong=洪^吉洞=홍^길동",
        b"Hong^Gildong=\x1b$)C\xfb\xf3^\x1b$)C\xd1\xce\xd4\xd7=\x1b$)C\xc8\xab^\x1b$)C\xb1\xe6\xb5\xbf",
    ),
    (("ISO_IR 192",), "Wang^XiaoDong=王^小东=", b"Wang^XiaoDong=\xe7\x8e\x8b^\xe5\xb0\x8f\xe4\xb8\x9c="),
    (("GB18030",), "Wang^XiaoDong=王^小东=", b"Wang^XiaoDong=\xcd\xf5^\xd0\xa1\xb6\xab="),
    (("GBK",), "Wang^XiaoDong=王^小东=", b"Wang^XiaoDong=\xcd\xf5^\xd0\xa1\xb6\xab="),
    (("", "ISO 2022 IR 58"), "Zhang^XiaoDong=张^小东=", b"Zhang^XiaoDong=\x1b$)A\xd5\xc5^\x1b$)A\xd0\xa1\xb6\xab="),
    (("ISO_IR 100",), "Buc^Jérôme", b"Buc^J\xe9r\xf4me"),
    (("ISO_IR 100",), "Äneas^Rüdiger", b"\xc4neas^R\xfcdiger"),
    (("ISO_IR 144",), "Люкceмбypг", b"\xbb\xee\xdace\xdc\xd1yp\xd3"),
    (("ISO_IR 126",), "Διονυσιος", b"\xc4\xe9\xef\xed\xf5\xf3\xe9\xef\xf2"),
    (("ISO_IR 127",), "قباني^لنزار", b"\xe2\xc8\xc7\xe6\xea^\xe4\xe6\xd2\xc7\xd1"),
    (("ISO_IR 138",), "שרון^דבורה", b"\xf9\xf8\xe5\xef^\xe3\xe1\xe5\xf8\xe4"),
    (("ISO_IR 13",), "ﾔﾏﾀﾞ^ﾀﾛｳ", b"\xd4\xcf\xc0\xde^\xc0\xdb\xb3"),
    (("", "ISO 2022 IR 159"), "Yamada=丂", b"Yamada=\x1b$(D0!\x1b(B"),
    (
        ("ISO 2022 IR 100", "ISO 2022 IR 144", "ISO 2022 IR 126"), "Buc^Jérôme=Люк=Διο^é",
        b"Buc^J\xe9r\xf4me=\x1b-L\xbb\xee\xda=\x1b-F\xc4\xe9\xef^\xe9",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("terms", "text", "data"), NAMES)
def test_names_are_decoded_and_encoded_as_in_the_standard(terms: Sequence[str], text: str, data: bytes) -> None:  # PKG-9
    character_set = parse(terms)
    assert decode_text(data, character_set, is_person_name=True, strict=True) == text
    assert encode_text(text, character_set, is_person_name=True) == data


# PS3.5 I.2: long text of several lines; the escape sequence is repeated in each.
KOREAN_TEXT = (
    b"\x1b$)CThe first line includes \xb1\xe6\xb5\xbf.\r\n\x1b$)CThe second line includes \xb1\xe6\xb5\xbf, too.\r\nThe third line.\r\n"
)


def test_korean_text_of_several_lines() -> None:  # PKG-9
    text = decode_text(KOREAN_TEXT, parse(["", "ISO 2022 IR 149"]), is_multi_valued=False, strict=True)
    assert text == "The first line includes 길동.\r\nThe second line includes 길동, too.\r\nThe third line.\r\n"


SINGLE_BYTE = {
    "100": "ÄÖ", "101": "Łódź", "109": "Ħĵ", "110": "ĸŊ", "144": "Люк", "127": "قباني", "126": "Δι", "138": "שרון", "148": "ğİş",
    "13": "ﾔﾏﾀﾞ", "166": "นาย", "203": "Œuvre €",
}  # fmt: skip


@pytest.mark.parametrize(("number", "text"), SINGLE_BYTE.items())
def test_single_byte_sets_alone_and_as_extensions(number: str, text: str) -> None:  # PKG-9
    alone = parse([f"ISO_IR {number}"])
    assert decode_text(encode_text(text, alone), alone, strict=True) == text
    assert b"\x1b" not in encode_text(text, alone)
    extended = parse(["ISO 2022 IR 6", f"ISO 2022 IR {number}"])
    encoded = encode_text(text, extended)
    assert encoded.startswith(b"\x1b") or number == "203"
    assert decode_text(encoded, extended, strict=True) == text


def test_half_of_a_character_is_no_delimiter() -> None:  # PKG-9
    # GB18030 and GBK have 5C, JIS X 0208 has 5C, 5E and 3D as halves of characters.
    chinese = b"\x81\x5c\x82\x5c".decode("gbk")
    japanese = b"\x1b$B0\\9^\\=4=\x1b(B".decode("iso2022_jp")
    for terms, characters in ((["GB18030"], chinese), (["GBK"], chinese), (["", "ISO 2022 IR 87"], japanese)):
        character_set = parse(terms)
        text = f"{characters}^{characters}\\x={characters}"
        encoded = encode_text(text, character_set, is_person_name=True)
        assert encoded.count(b"\\") > 3
        assert decode_values(encoded, character_set, is_person_name=True, strict=True) == text.split("\\")


def test_iso_ir_13_has_a_yen_sign_and_an_overline() -> None:  # PKG-9
    character_set = parse(["ISO_IR 13"])
    assert not character_set.is_ascii_compatible
    assert decode_text(b"\\100 ~", character_set, is_multi_valued=False) == "¥100 ‾"
    assert decode_values(b"\xd4\\\xcf", character_set) == ["ﾔ", "ﾏ"]
    assert encode_text("¥100 ‾", character_set, is_multi_valued=False) == b"\\100 ~"
    for text in ("¥", "~"):  # a delimiter, and a character that it doesn't have
        with pytest.raises(InvalidValueError):
            encode_text(text, character_set)
    mixed = parse(["ISO 2022 IR 13", "ISO 2022 IR 87"])
    assert decode_text(b"\\~\x1b(B~\\", mixed, is_multi_valued=False) == "¥‾~\\"
    assert decode_values(b"\xd4\\\x1b$B;3\x1b(J\\~", mixed, strict=True) == ["ﾔ", "山", "‾"]


def test_delimiters_bring_the_first_set_back() -> None:  # PKG-9
    character_set = parse(["ISO 2022 IR 100", "ISO 2022 IR 144"])
    for delimiter in ("\\", "\r\n", "\n", "\f", "\t"):
        encoded = b"\x1b-L\xbb" + delimiter.encode() + b"\xe9"
        assert decode_text(encoded, character_set, strict=True) == "Л" + delimiter + "é"
        assert encode_text("Л" + delimiter + "é", character_set) == encoded
    # In text of one value a backslash is a character, and in other VRs than PN so are "^" and "=".
    assert decode_text(b"\x1b-L\xbb\\\xbb", character_set, is_multi_valued=False, strict=True) == "Л\\Л"
    assert decode_text(b"\x1b-L\xbb^\xbb=\xbb", character_set, strict=True) == "Л^Л=Л"
    assert decode_text(b"\x1b-L\xbb^\xe9", character_set, is_person_name=True, strict=True) == "Л^é"


@pytest.mark.parametrize(
    ("stated", "meant"),
    [
        ("ISO IR 100", "ISO_IR 100"), ("ISO-IR-100", "ISO_IR 100"), ("ISO_IR_100", "ISO_IR 100"), ("iso_ir 100", "ISO_IR 100"),
        ("ISOIR100", "ISO_IR 100"), ("IR 100", "ISO_IR 100"), ("latin1", "ISO_IR 100"), ("ISO 8859-1", "ISO_IR 100"),
        ("ISO-8859-15", "ISO_IR 203"),
        ("ISO 2022 IR100", "ISO 2022 IR 100"), ("ISO 2022-IR 87", "ISO 2022 IR 87"), ("ISO_2022_IR_149", "ISO 2022 IR 149"),
        ("ISO_IR 87", "ISO 2022 IR 87"), ("UTF-8", "ISO_IR 192"), ("utf8", "ISO_IR 192"), ("ISO_IR_192", "ISO_IR 192"),
        ("ISO IR 192", "ISO_IR 192"),
        ("ISO 2022 IR 192", "ISO_IR 192"), ("gb18030", "GB18030"), ("GB-18030", "GB18030"), ("ISO 2022 GBK", "GBK"), ("GB2312", "GBK"),
        ("US-ASCII", "ISO_IR 6"),
    ],
)  # fmt: skip
def test_the_usual_wrong_terms_are_understood_with_a_warning(stated: str, meant: str) -> None:  # PKG-9
    with pytest.warns(DICOMWarning, match=r"value 1 is misspelt.*\(0008,0005\)"):
        assert parse([stated]).terms == (meant,)
    with pytest.raises(InvalidValueError) as caught:
        parse([stated], strict=True)
    assert caught.value.tag == 0x00080005


@pytest.mark.parametrize(
    "terms", [(), ("",), ("ISO_IR 6",), ("ISO 2022 IR 6",), ("ISO_IR 100 ",), ("ISO_IR 192\0",), ("", "ISO 2022 IR 87"), "", "ISO_IR 100"]
)
def test_right_terms_are_taken_without_a_warning(terms: Sequence[str] | str) -> None:  # PKG-9
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        parse(terms)
        assert parse("\\ISO 2022 IR 87") == parse(["", "ISO 2022 IR 87"])


@pytest.mark.parametrize("stated", ["nonsense", "ISO_IR 999", "ISO_IR", "..", "Ünïcode", "ISO_IR 100x", "1" * 10_000])
def test_an_unknown_term_is_named_by_its_place_and_counts_as_the_default(stated: str) -> None:  # PKG-9
    with pytest.warns(DICOMWarning, match="value 2 is no defined term") as caught:
        character_set = parse(["ISO 2022 IR 100", stated])
    assert stated in (".", "..", "ISO_IR") or stated not in str(caught[0].message)
    assert decode_text(b"\xe9", character_set) == "é"
    with pytest.raises(InvalidValueError, match="value 2"):
        parse(["ISO 2022 IR 100", stated], strict=True)


def test_sets_that_do_not_mix_are_taken_alone() -> None:  # PKG-9
    with pytest.warns(DICOMWarning, match="does not go with others"):
        assert parse(["", "ISO_IR 192"]).terms == ("ISO_IR 192",)
    assert parse(["ISO_IR 100", "ISO 2022 IR 144"]).terms == ("ISO 2022 IR 100", "ISO 2022 IR 144")


def test_undeclared_text_is_utf_8_or_latin_1() -> None:  # PKG-9
    for data, text in (("Jérôme".encode(), "Jérôme"), (b"J\xe9r\xf4me", "Jérôme"), (b"\xff\xfe", "ÿþ")):
        with pytest.warns(DICOMWarning, match="only the default repertoire"):
            assert decode_text(data, DEFAULT_CHARACTER_SET) == text
        with pytest.raises(InvalidValueError):
            decode_text(data, DEFAULT_CHARACTER_SET, strict=True)


BROKEN = [
    (["ISO_IR 192"], b"a\xff\xe7\x8eb", "a\ufffd\ufffdb"),
    (["GB18030"], b"\xcd", "\ufffd"),
    (["GBK"], b"ab\xff", "ab\ufffd"),
    (["ISO_IR 126"], b"\xc4\xd2", "Δ\ufffd"),
    (["ISO_IR 13"], b"\xd4\xff\x80", "ﾔ\ufffd\ufffd"),
    (["", "ISO 2022 IR 87"], b"\x1b$B;3E\x1b(B", "山\ufffd"),
    (["", "ISO 2022 IR 87"], b"\x1b$B;3\r\nab", "山\r\nab"),
    (["", "ISO 2022 IR 87"], b"\x1b$B\x7e\x7e\x1b(Bx", "\ufffd\ufffdx"),
    (["", "ISO 2022 IR 87"], b"a\x1b%Gb", "a\ufffd%Gb"),
    (["", "ISO 2022 IR 87"], b"a\x1b", "a\ufffd"),
    (["", "ISO 2022 IR 87"], b"a\x1b$", "a\ufffd$"),
    (["", "ISO 2022 IR 87"], b"\x1b-A\xe9", "é"),
    (["", "ISO 2022 IR 149"], b"\x1b$)C\xfb\xf3^\xd1\xce", "洪^吉"),
    (["", "ISO 2022 IR 149"], b"\xfb\xf3", "洪"),
    (["", "ISO 2022 IR 149"], b"\x1b$)C\xfb", "\ufffd"),
    (["ISO_IR 100"], b"\x1b$B;3\x1b(B\xe9", "山é"),
]  # fmt: skip


@pytest.mark.parametrize(("terms", "data", "text"), BROKEN)
def test_broken_text_is_read_as_well_as_can_be_with_one_warning(terms: list[str], data: bytes, text: str) -> None:  # PKG-9
    character_set = parse(terms)
    if text == "山\r\nab":  # not returning before the end of a line is forgiven: the control character ends the set
        assert decode_text(data, character_set, is_person_name=True) == text
        return
    with pytest.warns(DICOMWarning) as caught:
        assert decode_text(data, character_set, is_person_name=True, tag=0x00100010, offset=0x1234) == text
    assert len(caught) == 1
    assert "(0010,0010) at byte offset 0x1234" in str(caught[0].message)
    with pytest.raises(InvalidValueError) as error:
        decode_text(data, character_set, is_person_name=True, strict=True, tag=0x00100010)
    assert error.value.tag == 0x00100010


ALL_TERMS = [
    (), ("ISO_IR 192",), ("GB18030",), ("GBK",), *((f"ISO_IR {number}",) for number in SINGLE_BYTE),
    ("", "ISO 2022 IR 87", "ISO 2022 IR 159"),
    ("ISO 2022 IR 13", "ISO 2022 IR 87"), ("", "ISO 2022 IR 149"), ("", "ISO 2022 IR 58"),
    ("ISO 2022 IR 100", "ISO 2022 IR 144", "ISO 2022 IR 126", "ISO 2022 IR 166"), ("ISO 2022 IR 149",),
]  # fmt: skip
PIECES = st.sampled_from(
    [
        b"\x1b",
        b"\x1b$B",
        b"\x1b(B",
        b"\x1b(J",
        b"\x1b$)C",
        b"\x1b$)A",
        b"\x1b$(D",
        b"\x1b-A",
        b"\x1b)I",
        b"\\",
        b"^",
        b"=",
        b"\r\n",
        b"\xe9",
        b";3",
    ]
)
HOSTILE = st.lists(st.one_of(PIECES, st.binary(max_size=4)), max_size=12).map(b"".join)


@pytest.mark.parametrize("terms", ALL_TERMS)
@given(data=HOSTILE, is_person_name=st.booleans(), is_multi_valued=st.booleans())
def test_any_bytes_are_text_in_every_set(terms: tuple[str, ...], data: bytes, is_person_name: bool, is_multi_valued: bool) -> None:
    character_set = parse(terms)
    text, problem = character_set.decode(data, is_person_name=is_person_name, is_multi_valued=is_multi_valued)
    assert ("\ufffd" in text) <= (problem is not None)
    assert text or not data or b"\x1b" in data
    if problem is None:
        # What was read without a complaint can be written, and means the same again.
        assert "\x1b" not in text
        encoded = encode_text(text, character_set, is_person_name=is_person_name, is_multi_valued=is_multi_valued)
        assert character_set.decode(encoded, is_person_name=is_person_name, is_multi_valued=is_multi_valued) == (text, None)


@pytest.mark.parametrize("terms", ALL_TERMS)
@given(text=st.text(alphabet=st.characters(exclude_characters="\x1b"), max_size=10), is_multi_valued=st.booleans())
def test_what_can_be_written_reads_back(terms: tuple[str, ...], text: str, is_multi_valued: bool) -> None:
    character_set = parse(terms)
    try:
        encoded = encode_text(text, character_set, is_multi_valued=is_multi_valued)
    except InvalidValueError:
        assert terms != ("ISO_IR 192",) or "\ud7ff" < max(text) < "\ue000" or any("\ud800" <= c <= "\udfff" for c in text)
    else:
        assert decode_text(encoded, character_set, is_multi_valued=is_multi_valued, strict=True) == text


@pytest.mark.parametrize("graphic", {graphic.escape: graphic for pair in CODE_EXTENSIONS.values() for graphic in pair if graphic}.values())
def test_every_character_of_a_graphic_set_reads_back(graphic: GraphicSet) -> None:
    """Python's EUC codecs have characters of other sets too, of two bytes or of eight."""
    characters = [chr(code) for code in range(0x110000) if not 0xD800 <= code < 0xE000]
    codes = {character: code for character in characters if (code := graphic.encode(character))}
    assert len(codes) >= 63
    assert [character for character, code in codes.items() if graphic.decode(code, "strict") != character] == []
    if graphic.is_multi_byte:
        assert all(
            len(code) == 2 and all(0x21 <= byte & 0x7F <= 0x7E and byte >> 7 == graphic.is_g1 for byte in code) for code in codes.values()
        )


@pytest.mark.parametrize("text", ["山田ﾀﾛｳ", "ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎ｱ"])
@pytest.mark.parametrize("terms", [("ISO 2022 IR 13", "ISO 2022 IR 87"), ("", "ISO 2022 IR 87", "ISO 2022 IR 13")])
def test_half_width_katakana_beside_kanji(terms: tuple[str, ...], text: str) -> None:
    encoded = encode_text(text, parse(terms), is_person_name=True)
    assert decode_text(encoded, parse(terms), is_person_name=True, strict=True) == text
    assert b"\x0e" not in encoded


@pytest.mark.parametrize(("first", "text"), [("ISO 2022 IR 13", "山田ﾀﾛｳ"), ("ISO 2022 IR 13", "ﾀ山ﾛ田"), ("ISO 2022 IR 100", "ä日ö本")])
def test_peers_read_kanji_beside_characters_of_the_other_half(pydicom: ModuleType, first: str, text: str) -> None:
    terms = [first, "ISO 2022 IR 87"]
    encoded = encode_text(text, parse(terms))
    assert pydicom.charset.decode_bytes(encoded, pydicom.charset.convert_encodings(terms), set()) == text


@pytest.mark.parametrize(
    ("terms", "text", "position"),
    [
        ((), "abcé", 4),
        (("ISO_IR 100",), "Łódź", 1),
        (("", "ISO 2022 IR 87"), "山é", 2),
        (("", "ISO 2022 IR 87"), "山ﾀ", 2),
        (("", "ISO 2022 IR 149"), "김\u3164", 2),
        (("ISO_IR 192",), "ab\ud800", 3),
        ((), "a\x1bb", 2),
    ],
)
def test_a_character_that_does_not_fit_is_an_error_with_its_place(terms: tuple[str, ...], text: str, position: int) -> None:  # PKG-9
    with pytest.raises(InvalidValueError, match=f"character {position} ") as caught:
        encode_text(text, parse(terms))
    assert text[position - 1] not in str(caught.value)


def test_character_sets_are_immutable_values() -> None:
    character_set = parse(["ISO_IR 100"])
    assert character_set == parse(("ISO_IR 100",))
    assert character_set is parse(("ISO_IR 100",))
    assert hash(character_set) == hash(parse(["ISO_IR 100 "]))
    assert character_set != UTF_8
    assert character_set != "ISO_IR 100"
    assert pickle.loads(pickle.dumps(character_set)) == character_set
    assert repr(character_set) == "CharacterSet(('ISO_IR 100',))"
    with pytest.raises(AttributeError):
        character_set.terms = ()
    with pytest.raises(AttributeError):
        del character_set.terms
    assert isinstance(character_set, CharacterSet)


@pytest.mark.parametrize(("text", "values"), [("", []), ("a", ["a"]), ("a\\b", ["a", "b"]), ("\\", ["", ""])])
def test_split_values(text: str, values: list[str]) -> None:
    assert split_values(text) == values


def test_the_files_of_pydicom_read_as_pydicom_reads_them() -> None:  # PKG-9
    pydicom = pytest.importorskip("pydicom")
    from pydicom.data import get_charset_files  # lazy: a peer, only in tests

    compared = 0

    def compare(data_set: pydicom.Dataset, inherited: CharacterSet) -> None:  # type: ignore[name-defined]
        nonlocal compared
        stated = data_set.get("SpecificCharacterSet")
        terms = [stated] if isinstance(stated, str) else list(stated or ())
        character_set = parse([str(term) for term in terms]) if stated is not None else inherited
        raw = {tag: data_set.get_item(tag) for tag in list(data_set.keys())}
        for tag, element in raw.items():
            vr = str(element.VR)
            if vr == "SQ":
                for item in data_set[tag].value:
                    compare(item, character_set)
            elif vr in {"PN", "LO", "SH", "LT", "ST", "UT", "UC"} and isinstance(element.value, bytes):
                is_single = vr in {"LT", "ST", "UT"}
                ours = decode_text(element.value, character_set, is_person_name=vr == "PN", is_multi_valued=not is_single).rstrip(" \0")
                theirs = data_set[tag].value
                joined = "\\".join(map(str, theirs)) if isinstance(theirs, pydicom.multival.MultiValue) else str(theirs)
                assert ours.rstrip("=") == joined.rstrip(" \0="), (path, tag, vr)
                compared += 1

    files = [path for path in get_charset_files() if path.endswith(".dcm")]
    for path in files:
        compare(pydicom.dcmread(path), DEFAULT_CHARACTER_SET)
    assert compared > len(files) > 10
