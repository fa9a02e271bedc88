"""Names of persons."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dicomkit.errors import InvalidValueError
from dicomkit.values import DICOMPersonName


# CORE-24
def test_the_three_component_groups() -> None:
    name = DICOMPersonName("Yamada^Tarou=山田^太郎=やまだ^たろう")
    assert (name.alphabetic, name.ideographic, name.phonetic) == ("Yamada^Tarou", "山田^太郎", "やまだ^たろう")
    assert (name.ideographic.family_name, name.phonetic.given_name) == ("山田", "たろう")
    assert name.ideographic.formatted_name == "太郎 山田"
    assert (name.has_ideographic, name.has_phonetic) == (True, True)
    assert (name.family_name, name.given_name, name.middle_name, name.name_prefix, name.name_suffix) == ("Yamada", "Tarou", "", "", "")


# CORE-24
@pytest.mark.parametrize(
    ("text", "formatted"),
    [
        ("Doe^John^^Dr", "Dr John Doe"), ("Adams^John Robert Quincy^^Rev.^B.A. M.Div.", "Rev. John Robert Quincy Adams B.A. M.Div."),
        ("Doe", "Doe"), ("", ""), ("^John", "John"), (" Doe ^ John ", "John Doe"), ("=山田^太郎", ""), ("A^B^C^D^E", "D B C A E"),
    ],
)  # fmt: skip
def test_the_formatted_name(text: str, formatted: str) -> None:
    name = DICOMPersonName.parse(text)
    assert name is not None
    assert name.formatted_name == formatted


# CORE-24
@pytest.mark.parametrize(
    ("text", "dicom_string"),
    [
        ("Doe^John^^^", "Doe^John"), ("Doe^John==", "Doe^John"), ("Doe^^^^Jr", "Doe^^^^Jr"), ("=山田^太郎^=", "=山田^太郎"), ("^^^^", ""),
        ("Doe^John^ ^ ", "Doe^John"), ("Doe==やまだ", "Doe==やまだ"), ("Doe^John=^^=^", "Doe^John"),
    ],
)  # fmt: skip
def test_empty_ends_are_dropped_from_the_dicom_string_and_kept_in_the_text(text: str, dicom_string: str) -> None:
    name = DICOMPersonName(text)
    assert name.dicom_string == dicom_string
    assert str(name) == name == text.rstrip(" ")


# CORE-24
@pytest.mark.parametrize(
    "text", ["a=b=c=d", "a^b^c^d^e^f", "x" * 65, "=" + "x" * 65, "Doe\\John", "Doe\nJohn", "Doe\x1b(BJohn", "Doe\0John", "Doe\x85"]
)
def test_no_name(text: str) -> None:
    assert DICOMPersonName.parse(text) is None
    with pytest.raises(InvalidValueError):
        DICOMPersonName(text)


# CORE-24
@pytest.mark.parametrize("text", ["a=b=c=d", "a^b^c^d^e^f=", "x" * 999, "\0", "=" * 1000, "^" * 1000])
def test_a_name_that_was_read_and_breaks_the_rules_can_be_used(text: str) -> None:
    name = str.__new__(DICOMPersonName, text)
    assert name == text
    assert name.formatted_name.count("^") == 0
    assert name.alphabetic == text.split("=")[0]
    assert name.dicom_string.count("=") <= 2


# CORE-24
def test_names_are_ordered_by_family_then_given_name_without_case() -> None:
    names = [DICOMPersonName(text) for text in ("adams^zoe", "BAKER^amy", "Baker^Bob^Z", "baker^carl^a", "Étienne")]
    assert sorted(set(names)) == names
    a, b = DICOMPersonName("doe^john"), DICOMPersonName("DOE^JOHN")
    assert a != b
    assert (a < b, a <= b, a > b, a >= b) == (False, False, True, True)
    assert a <= DICOMPersonName("doe^john") <= a


def test_names_from_components() -> None:
    name = DICOMPersonName.from_components("Yamada", "Tarou", ideographic="山田^太郎", phonetic="やまだ^たろう")
    assert name == "Yamada^Tarou=山田^太郎=やまだ^たろう"
    assert DICOMPersonName.from_components("Doe", name_suffix="Jr") == "Doe^^^^Jr"
    assert DICOMPersonName.from_components() == ""
    for wrong in (
        {"family_name": "a^b"},
        {"given_name": "a=b"},
        {"ideographic": "a=b"},
        {"middle_name": "x" * 65},
        {"name_prefix": "a\\b"},
    ):
        with pytest.raises(InvalidValueError):
            DICOMPersonName.from_components(**wrong)


COMPONENT = st.text(alphabet="ABCabc .-'éß山田", max_size=10).map(str.strip)


@given(st.lists(COMPONENT, min_size=5, max_size=5))
def test_components_come_back(components: list[str]) -> None:
    name = DICOMPersonName.from_components(*components)
    assert name.alphabetic.components == tuple(components)
    assert DICOMPersonName.parse(name.dicom_string) == name.dicom_string


@given(st.text(alphabet="AZaz^=", max_size=20), st.text(alphabet="AZaz^=", max_size=20))
def test_the_order_is_total(left: str, right: str) -> None:
    a, b = str.__new__(DICOMPersonName, left), str.__new__(DICOMPersonName, right)
    assert (a < b) + (a == b) + (a > b) == 1
    assert (a <= b) == (a < b or a == b)
    assert (a >= b) == (a > b or a == b)
