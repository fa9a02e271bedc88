"""Our clients and servers that do wrong: an error of ours or a result in time, nothing left open, no data where it does not belong."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from dicomkit.network.errors import DICOMNetworkError
from dicomkit.network.services.batch_events import BatchCompleted
from dicomkit.network.services.storage import DICOMStorageService
from dicomkit.network.services.verification import DICOMVerificationService
from dicomkit.testing import file_meta, part10
from tests.faults.conftest import open_descriptors
from tests.faults.wire import (
    ABORT,
    AC,
    APPLICATION_CONTEXT,
    COMMAND,
    CT,
    DATA,
    EXPLICIT,
    LAST,
    RELEASE_RP,
    RELEASE_RQ,
    RJ,
    RQ,
    RawPeer,
    command,
    data,
    data_set,
    element,
    item,
    pdu,
    pdv,
    user_information,
)

PATIENCE = 0.3      # seconds that our clients are given for each step
LONGEST = 6.0       # seconds until they must be done, whatever happens
Behaviour = Callable[[RawPeer], Awaitable[None]]
INSTANCE = part10(data_set("1.2.3", 3_000_000), meta=file_meta(sop_class_uid=CT, sop_instance_uid="1.2.3"))


def accept(*contexts: tuple[int, int, str], max_length: int = 16384) -> bytes:
    """An A-ASSOCIATE-AC with context, result and transfer syntax of each."""
    results = b"".join(item(0x21, bytes((number, 0, result, 0)) + item(0x40, uid.encode())) for number, result, uid in contexts)
    fixed = struct.pack(">HH16s16s32s", 1, 0, b"PACS".ljust(16), b"ME".ljust(16), b"")
    return pdu(AC, fixed + item(0x10, APPLICATION_CONTEXT.encode()) + results + user_information(max_length=max_length))


ACCEPT = accept((1, 0, EXPLICIT), (3, 0, EXPLICIT))


def response(field: int, message_id: int = 1, status: int = 0, *more: bytes) -> bytes:
    elements = [element(0x00000120, struct.pack("<H", message_id)), element(0x00000900, struct.pack("<H", status)), *more]
    raw = command(field, 0, False, *elements)
    return data(pdv(1, COMMAND | LAST, raw))


def says(*parts: bytes, then: str = "close") -> Behaviour:
    """Take the request, and the messages that follow it, and say something in place of the answers."""

    async def behave(peer: RawPeer) -> None:
        first = parts[:1]
        await peer.receive()
        await peer.send(*first)
        if parts[1:]:
            while (received := await peer.receive()) is not None and not (received[0] == DATA and received[1][5] & LAST):
                continue
            await peer.send(*parts[1:])
        if then == "wait":
            await peer.until_ended()
        elif then == "hold":
            await peer.reader.read(-1)
        elif then == "reset":
            await peer.reset()

    return behave


async def closes(peer: RawPeer) -> None:
    return


async def resets(peer: RawPeer) -> None:
    await peer.reset()


async def never_reads(peer: RawPeer) -> None:
    await peer.receive()
    await peer.send(ACCEPT)
    peer.writer.transport.pause_reading()
    await asyncio.sleep(LONGEST)


async def drips(peer: RawPeer) -> None:
    """An answer that comes one byte at a time, too slowly to ever end."""
    await peer.receive()
    with contextlib.suppress(ConnectionError):
        for byte in ACCEPT:
            await peer.send(bytes((byte,)))
            await asyncio.sleep(0.05)


NASTY: dict[str, Behaviour] = {
    "closes at once": closes,
    "resets at once": resets,
    "says nothing": says(b"", then="wait"),
    "talks HTTP": says(b"HTTP/1.1 400 Bad Request\r\n\r\n", then="wait"),
    "talks TLS": says(b"\x15\3\3\0\2\2\x28", then="wait"),
    "announces 4 GiB": says(pdu(AC, b"", length=0xFFFFFFFF), then="wait"),
    "accepts with nothing in it": says(pdu(AC), then="wait"),
    "accepts no context": says(accept((1, 3, EXPLICIT), (3, 4, EXPLICIT)), then="wait"),
    "accepts contexts nobody proposed": says(accept((7, 0, EXPLICIT), (9, 0, EXPLICIT)), then="wait"),
    "accepts transfer syntaxes nobody proposed": says(accept((1, 0, "1.2.3"), (3, 0, "../..")), then="wait"),
    "accepts a context twice": says(accept((1, 0, EXPLICIT), (1, 0, EXPLICIT)), then="wait"),
    "accepts with a PDU length of 1": says(accept((1, 0, EXPLICIT), (3, 0, EXPLICIT), max_length=1), then="wait"),
    "accepts half": says(ACCEPT[:40], then="wait"),
    "accepts and resets": says(ACCEPT, then="reset"),
    "accepts and closes": says(ACCEPT),
    "accepts and says nothing": says(ACCEPT, then="wait"),
    "rejects with codes nobody knows": says(pdu(RJ, b"\0\xff\xff\xff"), then="wait"),
    "rejects with nothing in it": says(pdu(RJ), then="wait"),
    "requests itself": says(pdu(RQ, bytes(68)), then="wait"),
    "aborts": says(pdu(ABORT, b"\0\0\2\xff")),
    "aborts in the middle": says(ACCEPT, pdu(ABORT, bytes(4))),
    "releases in the middle": says(ACCEPT, pdu(RELEASE_RQ, bytes(4)), then="wait"),
    "answers a release nobody asked for": says(ACCEPT, pdu(RELEASE_RP, bytes(4)), then="wait"),
    "answers with garbage": says(ACCEPT, data(pdv(1, COMMAND | LAST, b"\xff" * 50)), then="wait"),
    "answers with a data set": says(ACCEPT, data(pdv(1, LAST, b"data")), then="wait"),
    "answers with a data set and never closes": says(ACCEPT, data(pdv(1, LAST, b"data")), then="hold"),
    "answers another message": says(ACCEPT, response(0x8001, 777), then="wait"),
    "answers with another response": says(ACCEPT, response(0x8020), then="wait"),
    "answers in another context": says(ACCEPT, response(0x8001).replace(b"\1\3", b"\5\3", 1), then="wait"),
    "answers half": says(ACCEPT, response(0x8001)[:30], then="wait"),
    "sends a PDU of 1 GB": says(ACCEPT, pdu(DATA, b"", length=1 << 30), then="wait"),
    "never reads": never_reads,
    "drips": drips,
}


@asynccontextmanager
async def nasty_server(behave: Behaviour) -> AsyncIterator[int]:
    """A server that does something; all its connections are closed in the end."""
    tasks: dict[asyncio.Task[None], asyncio.StreamWriter] = {}

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with contextlib.suppress(ConnectionError):
                await behave(RawPeer(reader, writer))
        finally:
            writer.close()

    def begin(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tasks[asyncio.create_task(serve(reader, writer))] = writer

    server = await asyncio.start_server(begin, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        for task, writer in tasks.items():
            task.cancel()
            writer.close()  # of a task that has not begun, too
        await asyncio.gather(*tasks, return_exceptions=True)
        server.close()
        await server.wait_closed()
        await asyncio.sleep(0)


@pytest.mark.parametrize("name", NASTY)
@pytest.mark.parametrize("service", ["echo", "store", "batch"])
async def test_servers_that_do_wrong(name, service):
    before = open_descriptors()
    async with nasty_server(NASTY[name]) as port:
        start = time.monotonic()
        peer = {"port": port, "calling_ae": "ME", "called_ae": "PACS", "timeout": PATIENCE}
        if service == "echo":
            with pytest.raises(DICOMNetworkError) as caught:
                await DICOMVerificationService.verify(host="127.0.0.1", **peer)
            assert caught.value.explanation
        elif service == "store":
            with pytest.raises(DICOMNetworkError):
                await DICOMStorageService.store(INSTANCE, to="127.0.0.1", **peer)
        else:
            events = [event async for event in DICOMStorageService.store_batch([INSTANCE], to="127.0.0.1", **peer)]
            assert isinstance(events[-1], BatchCompleted)
            assert events[-1].result.progress.failed == 1
        assert time.monotonic() - start < LONGEST
    assert open_descriptors() <= before


@pytest.mark.parametrize("name", ["says nothing", "accepts and says nothing", "never reads", "drips"])
async def test_a_cancelled_client_leaves_nothing(name):
    before = open_descriptors()
    async with nasty_server(NASTY[name]) as port:
        store = DICOMStorageService.store(INSTANCE, to="127.0.0.1", port=port, calling_ae="ME", called_ae="PACS", timeout=30)
        task = asyncio.create_task(store)
        await asyncio.sleep(0.1)        # it has got as far as it can
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert open_descriptors() <= before


async def test_a_peer_that_takes_no_connection():
    """A listener whose queue is full: connecting ends in time."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        port = listener.getsockname()[1]
        others = []
        for _ in range(4):
            other = socket.socket()
            other.setblocking(False)
            other.connect_ex(("127.0.0.1", port))
            others.append(other)
        start = time.monotonic()
        with pytest.raises(DICOMNetworkError):
            await DICOMVerificationService.verify(host="127.0.0.1", port=port, calling_ae="ME", called_ae="PACS", timeout=PATIENCE)
        assert time.monotonic() - start < LONGEST
        for other in others:
            other.close()
