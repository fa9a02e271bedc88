"""The short way to value fields gives what the long way gives, or raises where it raises."""

from __future__ import annotations

import string
from datetime import date, time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dicomkit.dictionary import DataElementDictionary
from dicomkit.errors import InvalidValueError
from dicomkit.tag import Tag
from dicomkit.values import DICOMDate, DICOMDateTime, DICOMDecimalString, DICOMIntegerString, DICOMPersonName, DICOMTime
from dicomkit.values.checks import check_multiplicity
from dicomkit.values.encode import encode_value
from dicomkit.values.encode_field import encode_value_field
from dicomkit.vr import VR

VRS = [str(vr) for vr in VR if vr is not VR.SQ]
TEXT = st.one_of(
    st.text(string.printable + "^=\\ é\0\x1b\x7f", max_size=70),
    st.from_regex(r"[0-9]{0,9}[.\-+e]?[0-9]{0,9}", fullmatch=True),
    st.from_regex(r"[ A-Z0-9_.^=\\]{0,70}", fullmatch=True),
    st.from_regex(r"[0-2]?[0-9]{3}[01][0-9][0-3][0-9]", fullmatch=True),
    st.from_regex(r"[0-2][0-9]([0-6][0-9]([0-6][0-9](\.[0-9]{0,7})?)?)?", fullmatch=True),
    st.from_regex(r"[0-9]{1,3}(\.[0-9]{0,3}){0,20}", fullmatch=True),
    st.from_regex(r"[0-9]{3}[DWMY]?", fullmatch=True),
    st.from_regex(r"(19|20)[0-9]{2}[01][0-9][0-3][0-9][0-2][0-9][0-6][0-9][0-6][0-9](\.[0-9]{0,7})?([+-][0-9]{4})?", fullmatch=True),
    st.text("aé日\ud800\x85 ", min_size=1, max_size=70),
    st.text("日", min_size=60, max_size=70),
    st.builds(DICOMPersonName, st.sampled_from(["A^B", "Müller^J", "A=B"])),
)
DECIMAL_TEXT = st.from_regex(r"[+-]?[0-9]{1,6}(\.[0-9]{1,3})?(e-?[0-9])?", fullmatch=True)
DECIMALS = st.builds(DICOMDecimalString, st.one_of(DECIMAL_TEXT, st.floats(-1e9, 1e9)))
LIMITS = [2**bits + difference for bits in (7, 8, 15, 16, 31, 32, 63, 64, 20_000) for difference in (-1, 0, 1)]
NUMBERS = st.one_of(st.integers(-(2**65), 2**65), st.sampled_from(LIMITS), st.floats())
ODD_ONES = st.sampled_from([
    None, True, b"", b"a", b"abcd", bytearray(8), (), [], (1, 2), ["a", None], DICOMDate(2024, 2, 29), DICOMTime(12), DICOMDateTime(2024),
    DICOMDecimalString.parse("1.50"), DICOMIntegerString.parse("007"), DICOMPersonName("A^B"), Tag(0x0010, 0x0010), object(), "x" * 10241,
])  # fmt: skip
ANYTHING = st.one_of(TEXT, NUMBERS, ODD_ONES, DECIMALS)
VALUES = st.one_of(ANYTHING, st.lists(ANYTHING, max_size=4), st.lists(NUMBERS, max_size=4), st.lists(DECIMALS, max_size=4))
TAGS = st.sampled_from([0x00091001, 0x00100010, 0x00080008, 0x00280030, 0x00080005])


def outcome(encode, vr, value, tag):
    try:
        return encode(vr, value, tag)
    except InvalidValueError as error:
        return str(error), error.tag


def long_way(vr, value, tag):
    return encode_value(VR(vr), value, tag)


@settings(max_examples=1500, deadline=None)
@given(st.sampled_from(VRS), VALUES, TAGS)
def test_both_ways_agree(vr, value, tag):
    assert outcome(encode_value_field, vr, value, tag) == outcome(long_way, vr, value, tag)


@pytest.mark.parametrize("value", ["\\", "\\\\", ["", ""], ["", "http://a"]])
def test_a_backslash_separates_no_values_of_ur(value):
    """PS3.5 6.2: UR has one value."""
    assert outcome(encode_value_field, "UR", value, 0x00091001) == outcome(long_way, "UR", value, 0x00091001)


@pytest.mark.parametrize("vr", ["LO", "SH", "PN", "UC", "LT", "ST", "UT"])
@pytest.mark.parametrize("character", ["\x1b", "\0", "\x07", "\x7f", "\x80", "\x85", "\x9b", "\x9f"])
@pytest.mark.parametrize("place", [0, 1, 2])
def test_control_characters_are_refused(vr, character, place):
    """PS3.5 6.1.3: ESC introduces code extensions, which are made of the text; of C1 there are none."""
    text = "é\xa0"[:place] + character + "é\xa0"[place:]
    for encode in (encode_value_field, long_way):
        with pytest.raises(InvalidValueError, match="a character that is not allowed") as caught:
            encode(vr, text, 0x00091001)
        assert caught.value.tag == 0x00091001
        assert encode(vr, text.replace(character, "\xa0"), 0x00091001)


@pytest.mark.parametrize(("vr", "value"), [("DA", time(12)), ("DT", time(12)), ("TM", date(2024, 2, 29))])
def test_a_date_is_no_time_and_a_time_no_date(vr, value):
    with pytest.raises(InvalidValueError, match="cannot hold a"):
        encode_value_field(vr, value, 0x00091001)


@pytest.mark.parametrize("vr", VRS)
@pytest.mark.parametrize("sign", [-1, 1])
def test_integers_of_more_digits_than_python_converts(vr, sign):
    for value in (sign * 10**5000, [1, sign * 10**5000]):
        for encode in (encode_value_field, long_way):
            with pytest.raises(InvalidValueError):
                encode(vr, value, 0x00091001)


@pytest.mark.parametrize("vr", VRS)
@pytest.mark.parametrize("value", ["", [""], [], None, b""])
def test_empty_values(vr, value):
    assert outcome(encode_value_field, vr, value, 0x00091001) == outcome(long_way, vr, value, 0x00091001)


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 6, 8, 9, 16, 17])
def test_numbers_of_values_are_those_of_the_dictionary(count):
    """PS3.5 6.4, for every element of PS3.6: by the short way, which reads the Value Multiplicity itself."""
    for entry in DataElementDictionary.entries():
        tag = entry.tag & 0xFFFFFFFF
        is_right = check_multiplicity(tag, count) is None
        field = outcome(encode_value_field, "US", [1] * count, tag)
        assert isinstance(field, bytes) is is_right, entry
