"""A storage server in a thread, for verbs that run an event loop of their own."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from dicomkit.testing import KeepingDelegate, loopback_server


class RunningServer:
    """Where it listens, and what it received."""

    def __init__(self, delegate: KeepingDelegate) -> None:
        self.delegate = delegate
        self.port = 0

    @property
    def address(self) -> str:
        """The server as a verb's argument."""
        return f"LOOPBACK@127.0.0.1:{self.port}"


@contextmanager
def running_server(delegate: KeepingDelegate | None = None, **settings: Any) -> Iterator[RunningServer]:
    running = RunningServer(delegate or KeepingDelegate())
    is_listening = threading.Event()
    stop: list[Any] = []

    async def serve() -> None:
        async with loopback_server(running.delegate, **settings) as server:
            running.port = server.port
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
