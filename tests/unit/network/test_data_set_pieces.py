"""Data sets in pieces: each sent before the next is asked for. Row NET-11."""

from __future__ import annotations

import array
import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dicomkit.network.data_set_pieces import PIECE_LENGTH, data_set_pieces
from dicomkit.network.errors import LocalProtocolError


def pieces_of(source, length=None, fragment_length=10):
    async def main():
        return [(bytes(piece), is_last) async for piece, is_last in data_set_pieces(source, length, fragment_length)]

    return asyncio.run(main())


async def asynchronous(chunks):
    for chunk in chunks:
        yield chunk


@given(st.lists(st.binary(max_size=30), max_size=8), st.booleans(), st.booleans())
def test_all_bytes_in_their_order_and_one_end(chunks, is_announced, is_asynchronous):
    data = b"".join(chunks)
    pieces = pieces_of(asynchronous(chunks) if is_asynchronous else chunks, len(data) if is_announced else None)
    assert b"".join(piece for piece, _ in pieces) == data
    assert [is_last for _, is_last in pieces] == [False] * (len(pieces) - 1) + [True]
    assert all(piece for piece, _ in pieces) or data == b""


@pytest.mark.parametrize("fragment_length", [2, 10, 16378, PIECE_LENGTH, 3 * PIECE_LENGTH])
def test_a_long_buffer_is_cut_into_multiples_of_a_fragment(fragment_length):
    data = bytes(3 * PIECE_LENGTH + 5)
    pieces = pieces_of(data, fragment_length=fragment_length)
    assert b"".join(piece for piece, _ in pieces) == data
    assert all(len(piece) % fragment_length == 0 for piece, is_last in pieces if not is_last)
    assert [is_last for _, is_last in pieces] == [False] * (len(pieces) - 1) + [True]


def test_pieces_are_views():
    data = bytearray(b"abcd")

    async def main():
        async for piece, _ in data_set_pieces(data, None, 2):
            assert piece.obj is data

    asyncio.run(main())


@pytest.mark.parametrize("buffer", [b"", b"ab", bytearray(b"ab"), memoryview(b"ab"), array.array("H", [1, 2])])
def test_any_buffer(buffer):
    assert pieces_of(buffer) == [(bytes(memoryview(buffer)), True)]


def test_the_next_chunk_is_asked_for_when_the_last_was_taken():
    asked = []

    def source():
        for number in range(3):
            asked.append(number)
            yield b"ab"

    async def main():
        pieces = data_set_pieces(source(), 6, 10)
        for number in range(3):
            await anext(pieces)
            assert asked == list(range(number + 1))

    asyncio.run(main())


@pytest.mark.parametrize(("source", "length"), [(b"abc", 4), ([b"abc"], 4), ([b"abc"], 2), ([], 1), ([b"ab", b"cd"], 3)])
def test_another_length_than_announced(source, length):
    with pytest.raises(LocalProtocolError, match="bytes"):
        pieces_of(source, length)
