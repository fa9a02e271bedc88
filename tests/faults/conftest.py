"""A server to attack, and what must be true after every attack."""

from __future__ import annotations

import asyncio
import gc
import os
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from dicomkit.network.association import Association
from dicomkit.network.server import DICOMStorageServer
from dicomkit.network.services.storage_handler import DefaultStorageHandler
from dicomkit.network.services.storage_scp import StorageSCPConfiguration
from tests.faults.wire import RawPeer

INNOCENT = 1.0  # seconds: what anybody else's C-ECHO may take beside an attack, connection and association included


def open_descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


async def innocent_echo(port: int) -> float:
    """Return how long the association of somebody who does nothing wrong takes."""
    start = time.monotonic()
    peer = await RawPeer.associated(port, calling=b"INNOCENT")
    assert await peer.echo() == 0
    await peer.release()
    return time.monotonic() - start


async def until(condition: Callable[[], bool], what: str = "it") -> None:
    """Wait, not longer than needed, for something that no event tells."""
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline, f"{what} did not come"
        await asyncio.sleep(0.005)


@pytest.fixture
def serving(tmp_path: Path) -> Callable[..., AbstractAsyncContextManager[DICOMStorageServer]]:
    """A function that runs a server with short patience, ``async with serving(...) as server``.

    At its end the innocent must have been served in time, no association may be left, and every descriptor must be closed.
    """

    @asynccontextmanager
    async def serve(delegate: Any = None, **configuration: Any) -> AsyncIterator[DICOMStorageServer]:
        settings = {"ae_title": "ME", "host": "127.0.0.1", "port": 0, "artim_timeout": 5.0, "idle_timeout": 5.0} | configuration
        before = open_descriptors()
        async with DICOMStorageServer(
            StorageSCPConfiguration(**settings), delegate or DefaultStorageHandler(tmp_path / "incoming")
        ) as server:
            yield server
            assert await innocent_echo(server.port) < INNOCENT
            await until(lambda: server.active_association_count == 0, "the end of all associations")
            # Of associations that ended nothing is left, though nobody has read the events yet.
            gc.collect()
            assert not [thing for thing in gc.get_objects() if isinstance(thing, Association)]
        assert open_descriptors() == before
        assert not list(tmp_path.rglob("*.unfinished"))

    return serve
