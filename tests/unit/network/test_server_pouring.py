"""Data sets that a thread receives and writes: whole, in their order, and to nobody's cost (rows SCP-12, SCP-13)."""

from __future__ import annotations

import asyncio
import errno
import os
import threading

import pytest

import dicomkit
from dicomkit.encoding.atomic import UnfinishedFile
from dicomkit.network.message_exchange import MOST_SHARES, MessageExchange
from dicomkit.network.services.server_events import FileReceived, ServerError
from dicomkit.network.services.storage_handler import DefaultStorageHandler
from tests.faults.wire import (
    ABORT,
    COMMAND,
    LAST,
    RELEASE_RQ,
    RawPeer,
    data,
    data_set,
    echo_command,
    pdu,
    pdv,
    store_command,
    store_message,
)
from tests.unit.network.storage_servers import events_of, server

UID = "1.2.3"


def varied(size, uid=UID):
    """A data set of which no two parts are the same."""
    head = data_set(uid, size)[:-size]
    return head + b"".join(number.to_bytes(4, "big") for number in range(size // 4))


def message(body, fragment, uid=UID, message_id=1):
    parts = [body[start : start + fragment] for start in range(0, len(body), fragment)]
    controls = [0] * (len(parts) - 1) + [LAST]
    return data(pdv(3, COMMAND | LAST, store_command(uid, message_id))) + b"".join(map(data, map(pdv, [3] * len(parts), controls, parts)))


def files_in(folder):
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("fragment", [700, 5_000, 16_372, 16_373])
async def test_scp_12_what_arrives_is_what_was_sent(tmp_path, fragment):
    body = varied(3_000_000)
    async with server(DefaultStorageHandler(tmp_path)) as running:
        peer = await RawPeer.associated(running.port)
        for message_id in (1, 2):
            await peer.send(message(body, fragment, message_id=message_id))
            assert await peer.receive_status() == 0
        assert await peer.echo(3) == 0
        await peer.release()
    assert files_in(tmp_path) == [f"{UID}.dcm"]
    assert (tmp_path / f"{UID}.dcm").read_bytes().endswith(body)
    assert dicomkit.read(tmp_path / f"{UID}.dcm").SOPInstanceUID == UID
    sizes = [event.file.data_size for event in await events_of(running) if isinstance(event, FileReceived)]
    assert sizes == [len(body)] * 2


async def test_more_than_a_thread_takes_at_a_time(tmp_path):
    body = varied((MOST_SHARES + 4) << 20)
    async with server(DefaultStorageHandler(tmp_path)) as running:
        peer = await RawPeer.associated(running.port)
        await peer.send(message(body, 16_372))
        assert await peer.receive_status() == 0
        await peer.release()
    assert (tmp_path / f"{UID}.dcm").read_bytes().endswith(body)


async def test_a_sender_that_pauses_gives_the_thread_back(tmp_path, threads_of):
    body = varied(400_000)
    sent = message(body, 16_372)
    async with server(DefaultStorageHandler(tmp_path)) as running:
        peer = await RawPeer.associated(running.port)
        for start in range(0, len(sent), 100_000):
            await peer.send(sent[start : start + 100_000])
            while start + 100_000 < len(sent) and not threads_of.ended:
                await asyncio.sleep(0)
            threads_of.ended.clear()
        assert await peer.receive_status() == 0
        await peer.release()
    assert (tmp_path / f"{UID}.dcm").read_bytes().endswith(body)


@pytest.fixture
def threads_of(monkeypatch):
    """Notes that a thread has let go of an association."""
    class Noted:
        def __init__(self):
            self.ended = []

    noted, pour = Noted(), MessageExchange._pour_in_thread

    def observed(self, *arguments):
        try:
            return pour(self, *arguments)
        finally:
            noted.ended.append(True)

    monkeypatch.setattr(MessageExchange, "_pour_in_thread", observed)
    return noted


@pytest.fixture
def slow_disk(monkeypatch):
    """A disk that takes nothing until it is let."""
    disk, write_all = threading.Event(), UnfinishedFile.write_all

    def write_slowly(self, buffers):
        disk.wait(20)
        write_all(self, buffers)

    monkeypatch.setattr(UnfinishedFile, "write_all", write_slowly)
    yield disk
    disk.set()


async def test_scp_13_a_slow_disk_delays_nobody(tmp_path, slow_disk):
    async with server(DefaultStorageHandler(tmp_path)) as running:
        slow, other = [await RawPeer.associated(running.port) for _ in range(2)]
        await slow.send(store_message(UID, 500_000))
        for message_id in (1, 2, 3):
            assert await other.echo(message_id) == 0
        assert not [name for name in files_in(tmp_path) if name.endswith(".dcm")]
        slow_disk.set()
        assert await slow.receive_status() == 0
        for peer in (slow, other):
            await peer.release()
    assert files_in(tmp_path) == [f"{UID}.dcm"]


async def test_a_server_that_stops_leaves_nothing_behind(tmp_path, slow_disk):
    async with server(DefaultStorageHandler(tmp_path)) as running:
        peer = await RawPeer.associated(running.port)
        await peer.send(store_message(UID, 500_000)[:300_000])
        while not files_in(tmp_path):
            await asyncio.sleep(0)
        stopping = asyncio.create_task(running.stop())
        await asyncio.sleep(0)
        slow_disk.set()
        await stopping
        await peer.close()
    assert files_in(tmp_path) == []


@pytest.mark.parametrize("size", [10_000, 2_000_000])
@pytest.mark.parametrize("when", ["first", "later", "end"])
async def test_a_disk_that_is_full(tmp_path, monkeypatch, when, size):
    written = []

    def refuse(*arguments, **more):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def write_all(self, buffers):
        written.append(buffers)
        if when == "first" or len(written) > 1:
            refuse()

    monkeypatch.setattr(UnfinishedFile, *(("finish", refuse) if when == "end" or size < 20_000 else ("write_all", write_all)))
    async with server(DefaultStorageHandler(tmp_path)) as running:
        peer = await RawPeer.associated(running.port)
        for message_id in (1, 2):
            assert await peer.store(UID, size, message_id) == 0xA700
        assert await peer.echo(3) == 0
        await peer.release()
    assert files_in(tmp_path) == []


async def test_scp_4_more_than_is_allowed(tmp_path):
    async with server(DefaultStorageHandler(tmp_path), max_instance_size=1_000_000) as running:
        peer = await RawPeer.associated(running.port)
        assert await peer.store(UID, 2_000_000) == 0xA700
        assert await peer.store(UID, 900_000, 2) == 0
        await peer.release()
    assert files_in(tmp_path) == [f"{UID}.dcm"]


@pytest.mark.parametrize(
    "rest",
    [
        pytest.param(data(pdv(1, COMMAND | LAST, echo_command())), id="a command"),
        pytest.param(data(pdv(1, LAST, bytes(100))), id="another context"),
        pytest.param(b"\x16\x03\x01" * 1_000, id="no PDU"),
        pytest.param(pdu(RELEASE_RQ, bytes(4)), id="a release"),
    ],
)
async def test_something_else_in_the_middle(tmp_path, rest):
    async with server(DefaultStorageHandler(tmp_path)) as running:
        peer = await RawPeer.associated(running.port)
        last = len(data(pdv(3, LAST, bytes(len(varied(160_000)) % 16_000))))
        await peer.send(message(varied(160_000), 16_000)[:-last] + rest)
        assert [kind for kind, _ in await peer.until_ended()] == [ABORT]
        await peer.close()
        while running.active_association_count:
            await asyncio.sleep(0)
    assert files_in(tmp_path) == []
    assert len([event for event in await events_of(running) if isinstance(event, ServerError)]) == 1


@pytest.mark.parametrize("end", [RawPeer.reset, RawPeer.close])
async def test_a_connection_that_ends_in_the_middle(tmp_path, end):
    async with server(DefaultStorageHandler(tmp_path)) as running:
        peer = await RawPeer.associated(running.port)
        await peer.send(store_message(UID, 500_000)[:-40_000])
        await end(peer)
        while running.active_association_count:
            await asyncio.sleep(0)
    assert files_in(tmp_path) == []
    assert len([event for event in await events_of(running) if isinstance(event, ServerError)]) == 1
