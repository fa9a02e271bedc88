"""Many at once: everything is stored, memory is bounded, and an innocent is served in time."""

from __future__ import annotations

import asyncio
import gc
from pathlib import Path

from dicomkit.network.services.storage_delegate import StorageDelegate
from tests.faults.conftest import INNOCENT, innocent_echo, until
from tests.faults.wire import COMMAND, LAST, RawPeer, associate, data, data_set, pdv, store_command, store_message

MEBIBYTE = 1 << 20


def resident() -> int:
    """Bytes that the process has in memory: the server's and our own peers'."""
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


async def test_a_thousand_idle_connections(serving):
    async with serving(artim_timeout=60, max_connections=2000) as server:
        before = resident()
        idle = [await RawPeer.connect(server.port) for _ in range(1000)]
        await until(lambda: len(server._waiting) == 1000)
        assert await innocent_echo(server.port) < INNOCENT
        assert (resident() - before) / 1000 < 0.25 * MEBIBYTE      # of which half is our own end
        for peer in idle:
            await peer.close()
        await until(lambda: not server._waiting)


async def test_more_idle_connections_than_there_may_be(serving):
    async with serving(artim_timeout=60, max_connections=100) as server:
        idle = [await RawPeer.connect(server.port) for _ in range(500)]
        assert await innocent_echo(server.port) < INNOCENT
        assert len(server._waiting) <= 100
        for peer in idle:
            await peer.close()


async def test_two_hundred_senders(serving, tmp_path):
    """Twenty small instances each, nothing lost, and less than 1 MB for each association."""
    async with serving(max_concurrent_associations=201, idle_timeout=60) as server:
        before = resident()
        senders = list(await asyncio.gather(*(RawPeer.associated(server.port) for _ in range(200))))
        assert server.active_association_count == 200

        async def send(number: int, peer: RawPeer) -> None:
            for index in range(20):
                assert await peer.store(f"1.2.{number}.{index}", 5000, index + 1) == 0

        innocent = asyncio.create_task(innocent_echo(server.port))
        await asyncio.gather(*(send(number, peer) for number, peer in enumerate(senders)))
        assert await innocent < INNOCENT
        assert (resident() - before) / 200 < MEBIBYTE
        for peer in senders:
            await peer.release()
        assert len(list((tmp_path / "incoming").glob("*.dcm"))) == 4000


async def test_a_hundred_who_hold_back_their_last_fragment(serving, tmp_path):
    async with serving(max_concurrent_associations=101, idle_timeout=60) as server:
        held = []
        for number in range(100):
            peer = await RawPeer.associated(server.port)
            body = data_set(f"1.2.{number}", 200_000)
            await peer.send(store_message(f"1.2.{number}", 200_000, fragment=16000)[: -(len(body) % 16000 + 12)])
            held.append((peer, body[len(body) // 16000 * 16000 :]))
        assert await innocent_echo(server.port) < INNOCENT
        for peer, rest in held:
            await peer.send(data(pdv(3, LAST, rest)))
        for peer, _ in held:
            assert await peer.receive_status() == 0
            await peer.release()
        assert len(list((tmp_path / "incoming").glob("*.dcm"))) == 100


async def test_five_hundred_half_associations(serving):
    """Requests without their last byte."""
    async with serving(artim_timeout=60) as server:
        half = [await RawPeer.connect(server.port) for _ in range(500)]
        for peer in half:
            await peer.send(associate()[:-1])
        assert await innocent_echo(server.port) < INNOCENT
        for peer in half:
            await peer.close()


async def test_a_flood_of_associations(serving):
    async with serving() as server:

        async def come_and_go() -> None:
            for _ in range(20):
                peer = await RawPeer.connect(server.port)
                await peer.send(associate())
                await peer.receive()
                await peer.reset()

        flood = asyncio.gather(*(come_and_go() for _ in range(20)))
        assert await innocent_echo_when_there_is_room(server) < INNOCENT
        await flood


async def innocent_echo_when_there_is_room(server) -> float:
    await until(lambda: server.active_association_count < 10)
    return await innocent_echo(server.port)


async def test_instances_in_memory_are_bounded(serving):
    """A delegate that takes data sets whole, and fifty senders that would fill any memory."""

    class Keeper(StorageDelegate):
        async def did_receive(self, file):
            return

    async with serving(Keeper(), max_concurrent_associations=60, max_memory_per_association=MEBIBYTE, max_memory=10 * MEBIBYTE) as server:
        peers = list(await asyncio.gather(*(RawPeer.associated(server.port) for _ in range(50))))
        for number, peer in enumerate(peers):
            await peer.send(data(pdv(3, COMMAND | LAST, store_command(f"1.2.{number}"))))
        body = data(pdv(3, 0, bytes(16000)))
        for _ in range(60):
            await asyncio.gather(*(peer.send(body) for peer in peers))
            assert server._memory.used <= 10 * MEBIBYTE
        for peer in peers:
            await peer.send(data(pdv(3, LAST, b"")))
        statuses = [await peer.receive_status() for peer in peers]
        assert statuses.count(0xA700) >= 40
        assert set(statuses) <= {0, 0xA700}
        assert server._memory.used == 0
        for peer in peers:
            await peer.release()
