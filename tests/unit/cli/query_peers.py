"""A peer that finds what a test says, in a thread, for a verb that runs an event loop of its own."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from dicomkit.dataset import DataSet
from dicomkit.file import read
from dicomkit.testing import part10
from tests.unit.network.services.queries import FindingPeer
from tests.unit.network.services.scripted_peer import EXPLICIT, Answer


class RunningPeer:
    """Where it listens, and what it was asked."""

    peer: FindingPeer

    @property
    def address(self) -> str:
        """The peer as a verb's argument."""
        return f"PEER@127.0.0.1:{self.peer.address['port']}"

    @property
    def query(self) -> DataSet:
        """The Identifier of the only query."""
        return read(part10(self.peer.identifier, EXPLICIT)).data_set


@contextmanager
def running_peer(answer: Answer) -> Iterator[RunningPeer]:
    running = RunningPeer()
    is_listening = threading.Event()
    stop: list[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = []

    async def serve() -> None:
        async with FindingPeer(answer) as running.peer:
            stopping = asyncio.Event()
            stop.append((asyncio.get_running_loop(), stopping))
            is_listening.set()
            await stopping.wait()

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    try:
        assert is_listening.wait(10)
        yield running
    finally:
        loop, stopping = stop[0]
        loop.call_soon_threadsafe(stopping.set)
        thread.join(10)
