"""Data sets that hypothesis makes, read by dicomkit and by the naive parser."""

from __future__ import annotations

import warnings
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import dicomkit
from dicomkit import DataSet, DICOMError
from dicomkit.testing import (
    DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN,
    EXPLICIT_VR_BIG_ENDIAN,
    EXPLICIT_VR_LITTLE_ENDIAN,
    IMPLICIT_VR_LITTLE_ENDIAN,
    element,
    encapsulated,
    part10,
    sequence,
)
from tests.fuzz.oracle import Malformed, Parsed, parse

SYNTAXES = [EXPLICIT_VR_LITTLE_ENDIAN, IMPLICIT_VR_LITTLE_ENDIAN, EXPLICIT_VR_BIG_ENDIAN]
SEQUENCE_TAGS = [0x00081110, 0x00081140, 0x0040A730]
# Tags with the VR that the dictionary gives, so that implicit VR has the same answer.
LEAVES = [
    (0x00080008, "CS"), (0x00080016, "UI"), (0x00080020, "DA"), (0x00080030, "TM"), (0x0008002A, "DT"), (0x00100010, "PN"),
    (0x00101010, "AS"), (0x00101030, "DS"), (0x00104000, "LT"), (0x00189073, "FD"), (0x00200013, "IS"), (0x00280010, "US"),
    (0x00420011, "OB"), (0x00480001, "FL"), (0x00660016, "OF"), (0x00660040, "OL"), (0x00720060, "AE"), (0x0072006F, "UC"),
    (0x00720070, "UT"), (0x00720078, "UL"), (0x0072007C, "SL"), (0x0072007E, "SS"), (0x00720082, "SV"), (0x00720083, "UV"),
]  # fmt: skip


def values() -> st.SearchStrategy[bytes]:
    return st.binary(max_size=24).map(lambda value: value + b"\0" * (-len(value) % 8))


@st.composite
def data_sets(draw: st.DrawFn, *, is_implicit: bool, is_big_endian: bool, depth: int = 3) -> bytes:
    """A data set without a flaw: tags ascend, values are as long as their VR needs, everything is closed."""
    form: dict[str, Any] = {"implicit": is_implicit, "big_endian": is_big_endian}
    parts = {tag: element(tag, vr, draw(values()), **form) for tag, vr in draw(st.lists(st.sampled_from(LEAVES), max_size=5, unique=True))}
    if depth:
        inner = data_sets(is_implicit=is_implicit, is_big_endian=is_big_endian, depth=depth - 1)
        for tag in draw(st.lists(st.sampled_from(SEQUENCE_TAGS), max_size=2, unique=True)):
            items = draw(st.lists(inner, max_size=3))
            parts[tag] = sequence(tag, items, undefined=draw(st.booleans()), undefined_items=draw(st.booleans()), **form)
    if not is_implicit and depth and draw(st.booleans()):
        # UN of undefined length: implicit VR little endian inside, whatever is outside (PS3.5 6.2.2).
        inner_bytes = draw(data_sets(is_implicit=True, is_big_endian=False, depth=depth - 1))
        un = sequence(0x00081199, [inner_bytes], undefined=True, undefined_items=draw(st.booleans()), vr="UN")
        header = element(0x00081199, "UN", b"", length=0xFFFFFFFF, big_endian=is_big_endian)
        parts[0x00081199] = header + un[12:]
    if depth == 3 and not is_implicit and not is_big_endian and draw(st.booleans()):
        parts[0x7FE00010] = encapsulated(draw(st.lists(st.binary(max_size=9), max_size=4)))
    return b"".join(parts[tag] for tag in sorted(parts))


def compare(data_set: DataSet, expected: list[Parsed], start: int, *, is_implicit: bool) -> None:
    assert [int(tag) for tag in data_set.tags] == [one.tag for one in expected]
    for found, one in zip(data_set, expected, strict=True):
        assert (found.length, found.offset) == (one.length, one.offset + start)
        assert one.vr in ("", "UN") or found.vr == one.vr  # for UN the dictionary may know better (PS3.5 6.2.2)
        if one.items is None and not one.fragments:
            assert bytes(found.value_data) == one.value or one.tag == 0x7FE00010
        if one.items is not None:
            for item, parts in zip(found.sequence_items, one.items, strict=True):
                compare(item, parts, start, is_implicit=is_implicit)
        if one.fragments:
            assert [bytes(fragment) for fragment in found.encapsulated_fragments or []] == one.fragments[1:]


@pytest.mark.parametrize("syntax", [*SYNTAXES, DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN])
@given(data=st.data())
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_valid_data_sets_are_read_as_the_naive_parser_reads_them(syntax: str, data: st.DataObject) -> None:
    is_implicit, is_big_endian = syntax == IMPLICIT_VR_LITTLE_ENDIAN, syntax == EXPLICIT_VR_BIG_ENDIAN
    body = data.draw(data_sets(is_implicit=is_implicit, is_big_endian=is_big_endian))
    file = dicomkit.read(part10(body, syntax), strict=True)
    start = 0 if syntax == DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN else len(part10(b"", syntax))
    compare(file.data_set, parse(body, is_implicit=is_implicit, is_big_endian=is_big_endian), start, is_implicit=is_implicit)


@pytest.mark.parametrize("syntax", SYNTAXES)
@given(data=st.data())
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_damaged_data_sets_are_read_like_the_naive_parser_or_refused_with_a_typed_error(syntax: str, data: st.DataObject) -> None:
    is_implicit, is_big_endian = syntax == IMPLICIT_VR_LITTLE_ENDIAN, syntax == EXPLICIT_VR_BIG_ENDIAN
    body = bytearray(data.draw(data_sets(is_implicit=is_implicit, is_big_endian=is_big_endian)))
    for _ in range(data.draw(st.integers(1, 3))):
        if body:
            place = data.draw(st.integers(0, len(body) - 1))
            body[place] = data.draw(st.integers(0, 255))
    check(bytes(body), syntax)


@pytest.mark.parametrize("syntax", SYNTAXES)
@given(body=st.binary(max_size=200))
@settings(max_examples=300, deadline=None)
def test_random_bytes_are_a_data_set_or_a_typed_error(syntax: str, body: bytes) -> None:
    check(body, syntax)


@given(data=st.binary(max_size=300), force=st.booleans(), partial=st.booleans())
@settings(max_examples=300, deadline=None)
def test_random_files_are_read_or_refused_with_a_typed_error(data: bytes, force: bool, partial: bool) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            file = dicomkit.read(data, force=force, partial=partial)
        except DICOMError:
            return
        str(file)


def check(body: bytes, syntax: str) -> None:
    """What the naive parser accepts must be read the same; what it refuses may be read, or raise a DICOMError."""
    is_implicit, is_big_endian = syntax == IMPLICIT_VR_LITTLE_ENDIAN, syntax == EXPLICIT_VR_BIG_ENDIAN
    try:
        expected = parse(body, is_implicit=is_implicit, is_big_endian=is_big_endian)
    except Malformed:
        expected = None
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            file = dicomkit.read(part10(body, syntax))
        except DICOMError:
            assert expected is None
            return
        if expected is not None and not caught:
            compare(file.data_set, expected, len(part10(b"", syntax)), is_implicit=is_implicit)
        str(file)
