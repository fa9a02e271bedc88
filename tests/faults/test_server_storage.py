"""Instances that end early, lie, or come when there is nowhere to put them."""

from __future__ import annotations

import asyncio
import os
import random
import shutil
import tempfile
import time
from pathlib import Path

import pytest

import dicomkit
from dicomkit.network.services.server_events import ServerError
from dicomkit.network.services.storage_handler import DefaultStorageHandler
from tests.faults.conftest import INNOCENT, innocent_echo, until
from tests.faults.wire import (
    ABORT,
    COMMAND,
    CT,
    DATA,
    LAST,
    RELEASE_RP,
    RELEASE_RQ,
    RawPeer,
    command,
    data,
    data_set,
    echo_command,
    element,
    pdu,
    pdv,
    store_command,
    store_message,
)


def stored(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize("size", [100, 100_000, 3_000_000])
@pytest.mark.parametrize("how", ["abort", "reset", "close", "release"])
async def test_an_instance_that_ends_in_the_middle(serving, tmp_path, size, how):
    async with serving() as server:
        peer = await RawPeer.associated(server.port)
        message = store_message("1.2.3", size)
        whole = data(pdv(3, COMMAND | LAST, store_command("1.2.3")))
        body = data_set("1.2.3", size)
        await peer.send(whole, *(data(pdv(3, 0, body[start : start + 16000])) for start in range(0, len(body), 16000)))
        assert len(message) >= len(whole)
        if how == "abort":
            await peer.send(pdu(ABORT, bytes(4)))
        elif how == "release":
            await peer.send(pdu(RELEASE_RQ, bytes(4)))
            assert {kind for kind, _ in await peer.until_ended()} <= {ABORT, RELEASE_RP}
        await (peer.reset() if how == "reset" else peer.close())
        await until(lambda: server.active_association_count == 0)
        assert stored(tmp_path) == []


@pytest.mark.parametrize("uid", ["../../up", "/tmp/x", "..", "1.2\\..\\3", "9" * 4000, "1.2\0.3", "%s%n", "1/2"])
async def test_names_that_are_paths(serving, tmp_path, uid):
    async with serving() as server:
        peer = await RawPeer.associated(server.port)
        await peer.send(data(pdv(3, COMMAND | LAST, store_command(uid))), data(pdv(3, LAST, b"\x08\0\x05\0CS\0\0")))
        received = await peer.receive()
        assert received is None or received[0] in (DATA, ABORT)
        await peer.close()
        inside = list((tmp_path / "incoming").iterdir())
        assert [path for path in tmp_path.rglob("*") if path.is_file()] == inside
        assert len(inside) <= 1


async def test_data_sets_that_are_none(serving, tmp_path):
    """They are kept as they came: whoever sent them may know why."""
    random.seed(3)
    async with serving() as server:
        peer = await RawPeer.associated(server.port)
        for number in range(50):
            body = random.randbytes(random.randrange(1, 5000))
            uid = f"1.2.{number}"
            await peer.send(data(pdv(3, COMMAND | LAST, store_command(uid, number + 1))), data(pdv(3, LAST, body)))
            assert await peer.receive_status() == 0
            assert (tmp_path / "incoming" / f"{uid}.dcm").read_bytes().endswith(body)
        await peer.release()


async def test_an_empty_data_set(serving):
    async with serving() as server:
        peer = await RawPeer.associated(server.port)
        await peer.send(data(pdv(3, COMMAND | LAST, store_command("1.2.3"))), data(pdv(3, LAST, b"")))
        assert await peer.receive_status() in (0, 0x0110, 0xC000)
        assert await peer.echo(2) == 0
        await peer.release()


async def test_fragments_by_the_ten_thousand(serving, tmp_path):
    """Empty ones and ones of a byte; while they come, somebody else is served."""
    async with serving() as server:
        peer = await RawPeer.associated(server.port)
        body = data_set("1.2.3", 20_000)
        pieces = b"".join(data(pdv(3, 0, body[index : index + 1]), pdv(3, 0, b"")) for index in range(len(body) - 1))
        message = data(pdv(3, COMMAND | LAST, store_command("1.2.3"))) + pieces + data(pdv(3, LAST, body[-1:]))
        sending = asyncio.create_task(peer.send(message))
        assert await innocent_echo(server.port) < INNOCENT
        await sending
        assert await peer.receive_status() == 0
        await peer.release()
        assert dicomkit.read(tmp_path / "incoming" / "1.2.3.dcm").PixelData == bytes(20_000)


async def test_a_command_without_end(serving):
    async with serving() as server:
        peer = await RawPeer.associated(server.port)
        with pytest.raises(ConnectionError):
            await send_for_ever(peer, data(pdv(1, COMMAND, bytes(16000))))
        await peer.close()


async def send_for_ever(peer, part):
    for _ in range(10_000):
        await peer.send(part)


COMMANDS = {
    "empty": b"",
    "zeros": bytes(100),
    "ones": b"\xff" * 100,
    "half an element": echo_command()[:15],
    "no command field": element(0x00000110, b"\1\0"),
    "a field nobody knows": command(0x7777, 1, False),
    "no group length": echo_command()[12:],
    "a wrong group length": command(0x0030, 1, False, element(0x00000002, b"1.2.840.10008.1.1"), group_length=7),
    "lengths of 4 GiB": b"\0\0\0\1\xff\xff\xff\xff" * 10,
    "explicit VR": b"\0\0\0\0UL\4\0\x10\0\0\0\0\0\0\1US\2\0\x30\0",
    "a response to nothing": command(0x8030, 1, False, element(0x00000900, b"\0\0")),
    "a cancel of nothing": command(0x0FFF, 1, False, element(0x00000120, b"\7\0")),
    "a message ID of 4 bytes": command(0x0030, 1, False)[:-10] + element(0x00000110, b"\1\0\0\0"),
    "a find": command(0x0020, 1, False, element(0x00000002, CT.encode())),
    "a move": command(0x0021, 1, False, element(0x00000002, CT.encode()), element(0x00000600, b"../../")),
    "an action": command(0x0130, 1, False, element(0x00000003, CT.encode())),
    "a create with a data set that never comes": command(0x0140, 1, True, element(0x00000002, CT.encode())),
    "elements twice": echo_command() + echo_command()[12:],
}


@pytest.mark.parametrize("name", COMMANDS)
async def test_commands_that_are_odd(serving, name):
    async with serving(idle_timeout=0.3) as server:
        peer = await RawPeer.associated(server.port)
        await peer.send(data(pdv(1, COMMAND | LAST, COMMANDS[name])))
        assert {kind for kind, _ in await peer.until_ended()} <= {DATA, ABORT}
        await peer.close()


async def test_the_same_instance_from_eight_at_once(serving, tmp_path):
    async with serving() as server:

        async def send(number):
            peer = await RawPeer.associated(server.port)
            for index in range(20):
                assert await peer.store("1.2.3", 10_000 + 2 * number, index + 1) == 0
            await peer.release()

        await asyncio.gather(*map(send, range(8)))
        assert stored(tmp_path) == ["1.2.3.dcm"]
        assert len(dicomkit.read(tmp_path / "incoming" / "1.2.3.dcm").PixelData) in range(10_000, 10_016, 2)


async def test_the_disk_refuses(serving, tmp_path, limited):
    """A file may not grow beyond 50,000 bytes: the system says so in the middle of a write, as when a disk is full."""
    async with serving() as server:
        peer = await RawPeer.associated(server.port)
        with limited("FSIZE", 50_000):
            assert await peer.store("1.2.3", 1_000_000, 1) == 0xA700
            assert await peer.store("1.2.4", 5_000_000, 2) == 0xA700
            assert await peer.store("1.2.5", 1000, 3) == 0
        assert await peer.store("1.2.3", 1_000_000, 4) == 0
        await peer.release()
        assert stored(tmp_path) == ["1.2.3.dcm", "1.2.5.dcm"]


async def test_a_disk_that_is_full(serving):
    """A real one: a file system of 1 MB, where the machine lets us mount one."""
    with tempfile.TemporaryDirectory() as folder:
        mounting = await asyncio.create_subprocess_exec("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder, stdout=-3, stderr=-3)
        if await mounting.wait():
            pytest.skip("no right to mount a file system; the limit of file sizes stands in for it above")
        try:
            async with serving(DefaultStorageHandler(folder)) as server:
                peer = await RawPeer.associated(server.port)
                assert [await peer.store(f"1.2.{number}", 400_000, number + 1) for number in range(4)] == [0, 0, 0xA700, 0xA700]
                assert stored(Path(folder)) == ["1.2.0.dcm", "1.2.1.dcm"]
                os.unlink(Path(folder, "1.2.0.dcm"))
                assert await peer.store("1.2.9", 400_000, 9) == 0
                await peer.release()
        finally:
            unmounting = await asyncio.create_subprocess_exec("umount", folder)
            await unmounting.wait()


async def test_a_folder_that_is_gone(serving, tmp_path):
    async with serving() as server:
        peer = await RawPeer.associated(server.port)
        shutil.rmtree(tmp_path / "incoming")
        assert await peer.store("1.2.3") == 0x0110
        (tmp_path / "incoming").mkdir()
        assert await peer.store("1.2.3", 100, 2) == 0
        await peer.release()


async def test_no_descriptors_left(serving, limited):
    """Who is connected goes on, nobody spins, and there is service again when descriptors come back."""
    async with serving() as server:
        friend = await RawPeer.associated(server.port)
        hoard = []
        waiting = None
        try:
            with limited("NOFILE", 256):
                while True:
                    hoard.append(os.open("/dev/null", os.O_RDONLY))
        except OSError:
            with limited("NOFILE", max(hoard) + 1):
                os.close(hoard.pop())
                waiting = await RawPeer.connect(server.port)        # takes the last one: the server has none to accept it with
                assert await friend.echo(1) == 0
                before = time.process_time()
                await asyncio.sleep(0.5)
                assert time.process_time() - before < 0.25
                assert await friend.echo(2) == 0
        finally:
            for descriptor in hoard:
                os.close(descriptor)
        assert waiting is not None
        await waiting.close()
        await friend.release()
    told = [event async for event in server.events if isinstance(event, ServerError) and isinstance(event.error, OSError)]
    assert len(told) == 1
