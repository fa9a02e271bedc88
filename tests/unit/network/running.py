"""Coroutines run to their end, with a look at what they leave behind; and a peer that does what a test tells it, byte by byte."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import socket
import struct
import warnings

LONGEST = 20.0


def open_descriptors():
    return len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0


def run(coroutine):
    """Run it; fail if it hangs, or leaves a task, a socket or a warning."""

    async def bounded():
        async with asyncio.timeout(LONGEST):
            result = await coroutine
        for _ in range(10):     # asyncio's own tasks of a connection that was closed at once
            await asyncio.sleep(0)
        left = asyncio.all_tasks() - {asyncio.current_task()}
        assert not left, f"tasks are left: {left}"
        return result

    gc.collect()
    before = open_descriptors()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        result = asyncio.run(bounded())
        gc.collect()
    assert open_descriptors() == before, "a socket or file is left open"
    return result


class Peer:
    """The other side of a connection, without any protocol."""

    def __init__(self, reader, writer):
        self.reader, self.writer = reader, writer

    async def send(self, data):
        self.writer.write(data)
        await self.writer.drain()

    async def receive_pdu(self):
        header = await self.reader.readexactly(6)
        return header + await self.reader.readexactly(int.from_bytes(header[2:], "big"))

    async def receive_rest(self):
        """All that comes up to the end of the connection, which may be a reset."""
        chunks = []
        with contextlib.suppress(ConnectionError):
            while chunk := await self.reader.read(1 << 16):
                chunks.append(chunk)
        return b"".join(chunks)

    def reset(self):
        """Close so that the other side sees a connection reset."""
        self.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()

    async def close(self):
        self.writer.close()
        with contextlib.suppress(ConnectionError):
            await self.writer.wait_closed()


@contextlib.asynccontextmanager
async def listening(script, **options):
    """A server whose every connection runs ``script(peer)``; gives its port. What a script raises fails the test."""
    failures, tasks = [], set()

    async def serve(reader, writer):
        tasks.add(asyncio.current_task())
        peer = Peer(reader, writer)
        try:
            await script(peer)
        except Exception as error:
            failures.append(error)
        finally:
            await peer.close()
            tasks.discard(asyncio.current_task())

    server = await asyncio.start_server(serve, "127.0.0.1", 0, **options)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        if tasks:
            await asyncio.wait(set(tasks), timeout=5)
        for task in set(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    if failures:
        raise failures[0]


@contextlib.asynccontextmanager
async def calling(port):
    """A connection to a port, as a ``Peer``."""
    peer = Peer(*await asyncio.open_connection("127.0.0.1", port))
    try:
        yield peer
    finally:
        await peer.close()


@contextlib.asynccontextmanager
async def accepting(handle):
    """A listening socket whose every connected socket goes to ``handle(sock)`` in a task; gives its port and those tasks."""
    loop = asyncio.get_running_loop()
    listener = socket.create_server(("127.0.0.1", 0))
    listener.setblocking(False)
    tasks = []

    async def accept():
        while True:
            sock, _ = await loop.sock_accept(listener)
            tasks.append(asyncio.create_task(handle(sock)))

    acceptor = asyncio.create_task(accept())
    try:
        yield listener.getsockname()[1], tasks
        await asyncio.gather(*tasks)
    finally:
        for task in (acceptor, *tasks):
            task.cancel()
        await asyncio.gather(acceptor, *tasks, return_exceptions=True)
        listener.close()
