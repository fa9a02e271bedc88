"""Data sets that are still on their way."""

from __future__ import annotations

import asyncio

import pytest

from dicomkit.network.errors import RemoteProtocolError
from dicomkit.network.received_message import DataSetStream, ReceivedMessage


def stream_of(*steps):
    """A stream whose every read brings a list of fragments; the last of them ends it."""
    left = list(steps)

    async def next_fragments():
        return [memoryview(fragment) for fragment in left.pop(0)], not left

    return DataSetStream(next_fragments)


async def collect(stream):
    return [[bytes(fragment) for fragment in fragments] async for fragments in stream]


def test_each_step_gives_what_one_read_brought():
    stream = stream_of([b"ab", b"cd"], [b"ef"])
    assert not stream.is_finished
    assert asyncio.run(collect(stream)) == [[b"ab", b"cd"], [b"ef"]]
    assert stream.is_finished
    assert asyncio.run(collect(stream)) == []


def test_a_stream_that_was_begun_is_drained():
    stream = stream_of([b"ab"], [b"cd"], [])

    async def main():
        assert [bytes(fragment) for fragment in await anext(stream)] == [b"ab"]
        await stream.drain()

    asyncio.run(main())
    assert stream.is_finished


@pytest.mark.parametrize("steps", [([],), ([b"abc"],), ([b"a", b"b"], [b"c"]), ([b"abc"], [])])
def test_a_small_data_set_in_one_piece(steps):
    data = b"".join(fragment for step in steps for fragment in step)
    assert asyncio.run(stream_of(*steps).read(3)) == data


def test_a_data_set_that_is_not_small():
    with pytest.raises(RemoteProtocolError, match="more than 2 bytes"):
        asyncio.run(stream_of([b"a"], [b"bc"], [b"d"]).read(2))


def test_a_message_is_three_things():
    stream = stream_of([])
    context_id, message, data_set = ReceivedMessage(1, "message", stream)
    assert (context_id, message, data_set) == (1, "message", stream)
