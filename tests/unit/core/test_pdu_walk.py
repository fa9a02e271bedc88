"""Fragments of a data set that follow each other, found without an object for each PDU."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dicomkit._core.pdu_walk import find_fragments

SMALLEST, LARGEST = 4, 64


def pdu(fragment: bytes, context_id: int = 1, control: int = 0, *, kind: int = 4, pdu_length: int = 0, pdv_length: int = 0) -> bytes:
    lengths = pdu_length or len(fragment) + 6, pdv_length or len(fragment) + 2
    return struct.pack(">BxIIBB", kind, *lengths, context_id, control) + fragment


def find(data: bytes, position: int = 0) -> tuple[list[bytes], int]:
    fragments, end = find_fragments(memoryview(data), position, 1, SMALLEST, LARGEST)
    return [bytes(fragment) for fragment in fragments], end


def find_naively(data: bytes) -> tuple[list[bytes], int]:
    """What find_fragments says it does, PDU by PDU."""
    found: list[bytes] = []
    position = 0
    while len(data) - position >= 12:
        kind, pdu_length, pdv_length, context_id, control = struct.unpack_from(">BxIIBB", data, position)
        fragment = data[position + 12 : position + 6 + pdu_length]
        is_plain = kind == 4 and context_id == 1 and not control & 3 and pdv_length == pdu_length - 4
        if not is_plain or not SMALLEST <= pdv_length - 2 == len(fragment) or pdu_length > LARGEST:
            break
        found.append(fragment)
        position += 6 + pdu_length
    return found, position


PDUS = st.builds(
    pdu,
    st.binary(max_size=70),
    st.sampled_from([1, 1, 1, 1, 3]),
    st.sampled_from([0, 0, 0, 4, 252, 1, 2, 3]),
    kind=st.sampled_from([4, 4, 4, 4, 5]),
    pdu_length=st.sampled_from([0, 0, 0, 0, 1, 5, 0xFFFFFFFF]),
    pdv_length=st.sampled_from([0, 0, 0, 0, 1, 2, 0xFFFFFFFF]),
)


@given(st.lists(PDUS, max_size=8), st.integers(0, 20))
def test_it_finds_what_a_loop_finds(pdus: list[bytes], missing: int) -> None:
    data = b"".join(pdus)
    data = data[: max(0, len(data) - missing)]
    assert find(data) == find_naively(data)


@given(st.binary(max_size=100))
def test_noise(data: bytes) -> None:
    assert find(data) == find_naively(data)


def test_it_begins_where_it_is_told() -> None:
    data = b"junk" + pdu(b"abcd") + pdu(b"efghij")
    assert find(data, 4) == ([b"abcd", b"efghij"], len(data))
    assert find(data, len(data)) == ([], len(data))
    for position in (-1, len(data) + 1):
        with pytest.raises(ValueError, match="no offset"):
            find(data, position)


def test_the_fragments_are_no_copies() -> None:
    data = bytearray(pdu(b"abcd"))
    (fragment,), _ = find_fragments(memoryview(data), 0, 1, SMALLEST, LARGEST)
    data[-1] = ord("!")
    assert bytes(fragment) == b"abc!"


def test_more_than_are_found_at_a_time() -> None:
    data = pdu(b"abcd") * 300
    fragments, end = find(data)
    assert (len(fragments), end) == (256, 256 * 16)
    assert len(find(data, end)[0]) == 44
