"""Unique identifiers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dicomkit.values import DICOMUniqueIdentifier


# CORE-25
@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1.2.840.10008.1.1", "1.2.840.10008.1.1"), ("1.2.3\0", "1.2.3"), ("1.2.3 ", "1.2.3"), ("1.0.3", "1.0.3"), ("1", "1"),
        ("2.25." + "9" * 39, "2.25." + "9" * 39), ("1." + "2" * 62, "1." + "2" * 62),
    ],
)  # fmt: skip
def test_a_uid(text: str, value: str) -> None:
    assert DICOMUniqueIdentifier.parse(text) == value


# CORE-25
@pytest.mark.parametrize(
    "text",
    [
        "",
        "1.2.03",
        "1.2.00",
        "1." + "2" * 63,
        "1..2",
        ".1",
        "1.",
        "1.2.a",
        "1,2",
        "1.-2",
        "1 .2",
        "1.2\\1.3",
        "1.2\0003",
        "1.²",
        "1.٢",
        "../../etc",
        "1.2/3",
    ],
)
def test_no_uid(text: str) -> None:
    assert DICOMUniqueIdentifier.parse(text) is None


# CORE-25
@pytest.mark.parametrize(
    ("text", "root", "suffix"),
    [
        ("1.2.840.10008.1.2.1", "1.2.840.10008", "1.2.1"), ("1.2.840.10008", "1.2.840.10008", None),
        ("1.2.840.100080.1", "1.2.840.100080", "1"),
        ("1.2.840.113619.2.5", "1.2.840.113619", "2.5"), ("2.25.123", "2.25.123", None), ("1.3.6.1", "1.3.6.1", None),
    ],
)  # fmt: skip
def test_the_parts_of_a_uid(text: str, root: str, suffix: str | None) -> None:
    uid = DICOMUniqueIdentifier(text)
    assert (uid.root, uid.suffix) == (root, suffix)
    assert uid.components == tuple(text.split("."))
    assert uid.component_count == len(uid.components)


# CORE-25
@pytest.mark.parametrize(
    ("text", "is_standard", "is_transfer_syntax", "is_sop_class"),
    [
        ("1.2.840.10008.1.2", True, True, False), ("1.2.840.10008.1.2.4.50", True, True, False),
        ("1.2.840.10008.1.20.1", True, False, True),
        ("1.2.840.10008.1.1", True, False, True), ("1.2.840.10008.5.1.4.1.1.2", True, False, True),
        ("1.2.840.10008.5.1.1.9", True, False, True),
        ("1.2.840.10008.3.1.1.1", True, False, False), ("1.2.840.10008.5.1.4.99.99", True, False, False),
        ("1.2.840.100081.2", False, False, False),
        ("1.2.3", False, False, False),
    ],
)  # fmt: skip
def test_what_a_uid_identifies(text: str, is_standard: bool, is_transfer_syntax: bool, is_sop_class: bool) -> None:
    uid = DICOMUniqueIdentifier(text)
    assert (uid.is_standard_dicom, uid.is_transfer_syntax, uid.is_sop_class) == (is_standard, is_transfer_syntax, is_sop_class)


# CORE-25
def test_uids_are_parsed_all_or_none() -> None:
    assert DICOMUniqueIdentifier.parse_multiple("1.2\\1.3\0") == ["1.2", "1.3"]
    assert DICOMUniqueIdentifier.parse_multiple("1.2\\\\1.3") is None
    assert DICOMUniqueIdentifier.parse_multiple("\0") == []


@pytest.mark.parametrize(("text", "padded"), [("1.2.3", "1.2.3\0"), ("1.20.3", "1.20.3")])
def test_a_uid_is_padded_with_nul(text: str, padded: str) -> None:
    assert DICOMUniqueIdentifier(text).padded_value == padded


@given(st.lists(st.integers(0, 10**20), min_size=1))
def test_numbers_with_dots_between_are_a_uid_up_to_64_characters(numbers: list[int]) -> None:
    text = ".".join(map(str, numbers))
    assert (DICOMUniqueIdentifier.parse(text) is not None) == (len(text) <= 64)
