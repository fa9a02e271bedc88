"""What all values that are text have in common, and AE, CS and UR."""

from __future__ import annotations

import copy
import json
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dicomkit.errors import InvalidValueError
from dicomkit.values import (
    DICOMApplicationEntity,
    DICOMCodeString,
    DICOMPersonName,
    DICOMUniqueIdentifier,
    DICOMUniversalResource,
)
from dicomkit.values.text_value import TextValue

VALID = [
    (DICOMApplicationEntity, "STORESCU"), (DICOMCodeString, "ORIGINAL"), (DICOMUniqueIdentifier, "1.2.840"),
    (DICOMUniversalResource, "http://server/wado?x=1"), (DICOMPersonName, "Doe^John"),
]  # fmt: skip
INVALID = [
    (DICOMApplicationEntity, "SEVENTEEN LETTERS"), (DICOMCodeString, "lower"), (DICOMUniqueIdentifier, "1.2.03"),
    (DICOMUniversalResource, "no scheme"), (DICOMPersonName, "a=b=c=d"),
]  # fmt: skip


# CORE-28
@pytest.mark.parametrize(("kind", "text"), VALID)
def test_a_value_is_its_text_in_json_and_everywhere(kind: type[TextValue], text: str) -> None:
    value = kind(text)
    assert isinstance(value, str)
    assert value == text
    assert hash(value) == hash(text)
    assert {value: 1}[text] == 1  # type: ignore[index]
    assert (str(value), type(str(value)), value.dicom_string) == (text, str, text)
    assert json.loads(json.dumps({"value": value})) == {"value": text}
    assert kind(json.loads(json.dumps(value))) == value
    assert repr(value) == f"{kind.__name__}({text!r})"
    assert f"{value:>30}" == text.rjust(30)


# CORE-28
@pytest.mark.parametrize(("kind", "text"), INVALID)
def test_an_invalid_literal_is_an_error_that_does_not_tell_the_value(kind: type[TextValue], text: str) -> None:
    assert kind.parse(text) is None
    assert kind.parse(text.encode()) is None
    with pytest.raises(InvalidValueError) as caught:
        kind(text)
    assert text not in str(caught.value)


@pytest.mark.parametrize(("kind", "text"), VALID)
def test_values_survive_pickle_and_copy(kind: type[TextValue], text: str) -> None:
    value = kind(text)
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        again = pickle.loads(pickle.dumps(value, protocol))
        assert (again, type(again)) == (value, kind)
    assert (copy.copy(value), copy.deepcopy(value)) == (value, value)


@pytest.mark.parametrize(("kind", "text"), INVALID)
def test_what_was_read_survives_pickle_even_when_it_is_invalid(kind: type[TextValue], text: str) -> None:
    again = pickle.loads(pickle.dumps(str.__new__(kind, text)))
    assert (again, type(again)) == (text, kind)


@pytest.mark.parametrize(("kind", "text"), VALID)
def test_values_are_immutable(kind: type[TextValue], text: str) -> None:
    with pytest.raises(AttributeError):
        kind(text).extra = 1  # type: ignore[attr-defined]


@pytest.mark.parametrize(("kind", "text"), VALID)
def test_only_text_is_a_value(kind: type[TextValue], text: str) -> None:
    assert kind(text.encode()) == kind.parse(memoryview(text.encode())) == text  # type: ignore[arg-type]
    for wrong in (None, 5, [text]):
        with pytest.raises(TypeError):
            kind(wrong)  # type: ignore[arg-type]
        with pytest.raises(TypeError):
            kind.parse(wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize(("kind", "text"), VALID)
@given(data=st.one_of(st.text(max_size=70), st.text(alphabet="1.0^=\\ \0AZ_:/", max_size=70)))
def test_any_text_is_a_value_or_none(kind: type[TextValue], text: str, data: str) -> None:
    value = kind.parse(data)
    if value is not None:
        assert value == kind(data) == kind(value) == kind.parse(value.padded_value)
        assert "\\" not in value
        assert value in data
    else:
        with pytest.raises(InvalidValueError):
            kind(data)
    assert text


# CORE-21
@pytest.mark.parametrize(
    ("text", "value"), [("ORIGINAL", "ORIGINAL"), (" CT ", "CT"), ("A_1 B", "A_1 B"), ("", ""), ("ABCDEFGHIJKLMNOP  ", "ABCDEFGHIJKLMNOP")]
)
def test_a_code(text: str, value: str) -> None:
    assert DICOMCodeString.parse(text) == value


# CORE-21
@pytest.mark.parametrize("text", ["ct", "Ct", "C-T", "A.B", "ABCDEFGHIJKLMNOPQ", "A\tB", "A\nB", "A\\B", "É", "ＣＴ", "A\0B"])
def test_no_code(text: str) -> None:
    assert DICOMCodeString.parse(text) is None


# CORE-21
def test_codes_are_parsed_all_or_none() -> None:
    codes = DICOMCodeString.parse_multiple("ORIGINAL\\PRIMARY\\AXIAL ")
    assert codes == ["ORIGINAL", "PRIMARY", "AXIAL"]
    assert all(type(code) is DICOMCodeString for code in codes)
    assert DICOMCodeString.parse_multiple("ORIGINAL\\\\AXIAL") == ["ORIGINAL", "", "AXIAL"]
    assert DICOMCodeString.parse_multiple("ORIGINAL\\primary") is None
    assert DICOMCodeString.parse_multiple("") == []


# CORE-21
@pytest.mark.parametrize(("text", "padded"), [("CT", "CT"), ("CTA", "CTA "), ("", "")])
def test_a_code_is_padded_to_even_length(text: str, padded: str) -> None:
    assert DICOMCodeString(text).padded_value == padded


# CORE-26
@pytest.mark.parametrize(
    ("text", "value"), [("STORESCU", "STORESCU"), ("  MY AE  ", "MY AE"), ("", ""), ("   ", ""), ("a-b_c.d@e~!", "a-b_c.d@e~!")]
)
def test_an_application_entity(text: str, value: str) -> None:
    title = DICOMApplicationEntity.parse(text)
    assert title == value
    assert title is not None
    assert title.padded_value == value + " " * (16 - len(value))
    assert len(title.padded_value) == 16


# CORE-26
@pytest.mark.parametrize("text", ["SEVENTEEN LETTERS", "A\\B", "A\tB", "A\nB", "A\x7fB", "Ä", "A\0B", "\x1b(B"])
def test_no_application_entity(text: str) -> None:
    assert DICOMApplicationEntity.parse(text) is None


# CORE-26
def test_application_entities_are_parsed_all_or_none() -> None:
    assert DICOMApplicationEntity.parse_multiple("A\\ B ") == ["A", "B"]
    assert DICOMApplicationEntity.parse_multiple("A\\SEVENTEEN LETTERS") is None


# CORE-27
@pytest.mark.parametrize(
    ("text", "scheme"),
    [
        ("http://server/wado?x=1", "http"), ("HTTPS://server", "https"), ("urn:oid:1.2.3", "urn"), ("x-a+b.c:rest", "x-a+b.c"), ("a:", "a"),
        ("http://[broken", "http"), ("file:///C:/x%20y  ", "file"),
    ],
)  # fmt: skip
def test_a_universal_resource(text: str, scheme: str) -> None:
    resource = DICOMUniversalResource.parse(text)
    assert resource is not None
    assert resource == text.rstrip()
    assert (resource.scheme, resource.is_absolute) == (scheme, True)
    assert len(resource.padded_value) % 2 == 0
    assert resource.padded_value.rstrip() == resource


# CORE-27
@pytest.mark.parametrize(
    "text",
    [
        "no scheme",
        "server/wado",
        "//server",
        ":x",
        "1http://x",
        "ht_tp://x",
        " http://x",
        "http://a b",
        "http://a\tb",
        "http://\x7f",
        "http://ä",
        "a\\b:c",
    ],
)
def test_no_universal_resource(text: str) -> None:
    assert DICOMUniversalResource.parse(text) is None


# CORE-27
def test_the_parts_of_a_universal_resource() -> None:
    url = DICOMUniversalResource("http://server:8080/wado?x=1#f").url
    assert url is not None
    assert (url.hostname, url.port, url.path, url.query, url.fragment) == ("server", 8080, "/wado", "x=1", "f")
    assert DICOMUniversalResource("http://[broken").url is None


# CORE-27
def test_an_empty_universal_resource() -> None:
    empty = DICOMUniversalResource.parse("  ")
    assert empty is not None
    assert (empty, empty.scheme, empty.url, empty.is_absolute, empty.padded_value) == ("", None, None, False, "")
    assert DICOMUniversalResource.parse_multiple("") == []
    assert DICOMUniversalResource.parse_multiple("http://x") == ["http://x"]
    assert DICOMUniversalResource.parse_multiple("http://x\\http://y") is None
