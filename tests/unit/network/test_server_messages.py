"""DICOMStorageServer: messages and their answers, limits, many associations at once (rows SCP-4, SCP-6, SCP-7, SCP-10, SCP-13)."""

from __future__ import annotations

import asyncio
import errno

import pytest

from dicomkit.network.errors import DICOMNetworkError, InvalidStateError, StoreFailedError
from dicomkit.network.services.server_events import (
    FileReceived,
    ServerError,
)
from dicomkit.network.services.storage_delegate import StreamingStorageDelegate
from tests.faults.wire import (
    ABORT,
    COMMAND,
    CT,
    EXPLICIT,
    LAST,
    VERIFICATION,
    RawPeer,
    command,
    data,
    data_set,
    element,
    parse_command,
    pdv,
    store_command,
    store_message,
)
from tests.unit.network.storage_servers import Keeper, events_of, server


async def test_scp_10_echo():
    async with server() as running:
        peer = await RawPeer.associated(running.port)
        for message_id in (1, 2, 65535):
            assert await peer.echo(message_id) == 0
        await peer.release()


async def test_scp_6_what_was_received():
    keeper = Keeper()
    async with server(keeper) as running:
        peer = await RawPeer.associated(running.port)
        assert await peer.store("1.2.3", 50_000) == 0
        await peer.release()
    (file,) = keeper.files
    assert (file.sop_class_uid, file.sop_instance_uid, file.transfer_syntax_uid, file.calling_ae_title) == (CT, "1.2.3", EXPLICIT, "YOU")
    assert file.data_set_data == data_set("1.2.3", 50_000)
    assert file.data_size == len(file.data_set_data)
    assert file.file_path is None
    assert file.timestamp.tzinfo is not None


async def test_scp_6_events_keep_no_data_sets():
    async with server() as running:
        peer = await RawPeer.associated(running.port)
        assert await peer.store("1.2.3") == 0
        await peer.release()
    (event,) = [event for event in await events_of(running) if isinstance(event, FileReceived)]
    with pytest.raises(InvalidStateError):
        _ = event.file.data_set_data


async def test_scp_7_not_wanted():
    class Choosy(Keeper):
        async def will_receive(self, sop_class_uid, sop_instance_uid):
            self.asked.append((sop_class_uid, sop_instance_uid))
            return sop_instance_uid == "1.2.3"

    delegate = Choosy()
    async with server(delegate) as running:
        peer = await RawPeer.associated(running.port)
        assert await peer.store("1.2.4", 100_000) == 0xA700
        assert await peer.store("1.2.3", 100_000, 2) == 0
        await peer.release()
    assert delegate.asked == [(CT, "1.2.4"), (CT, "1.2.3")]
    assert [uid for _, uid in delegate.failures] == ["1.2.4"]
    assert [file.sop_instance_uid for file in delegate.files] == ["1.2.3"]


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (RuntimeError("the name of a patient"), 0x0110),
        (OSError(errno.ENOSPC, "No space left on device"), 0xA700),
        (OSError(errno.EACCES, "Permission denied"), 0x0110),
        (MemoryError(), 0xA700),
        (StoreFailedError(0xC123, "not that one"), 0xC123),
        (StoreFailedError(0x0000), 0x0110),
    ],
)
async def test_scp_7_the_delegate_raises(error, status):
    class Failing(Keeper):
        async def did_receive(self, file):
            raise error

    delegate = Failing()
    async with server(delegate) as running:
        peer = await RawPeer.associated(running.port)
        await peer.send(store_message("1.2.3"))
        _, body = await peer.receive()
        answer = parse_command(body[6:])
        assert int.from_bytes(answer[0x00000900], "little") == status
        assert b"patient" not in body
        assert len(answer.get(0x00000902, b"")) <= 64
        assert await peer.echo(2) == 0
        await peer.release()
    assert delegate.failures == [(error, "1.2.3")]
    assert [event.error for event in await events_of(running) if isinstance(event, ServerError)] == [error]


async def test_messages_that_cannot_be_stored():
    delegate = Keeper()
    async with server(delegate) as running:
        peer = await RawPeer.associated(running.port)

        async def answer(raw, body=None, context_id=3):
            await peer.send(data(pdv(context_id, COMMAND | LAST, raw)), b"" if body is None else data(pdv(context_id, LAST, body)))
            return await peer.receive_status()

        assert await answer(store_command("1.2.3", sop_class=VERIFICATION), data_set("1.2.3")) == 0x0122
        assert await answer(store_command("1.2.3"), data_set("1.2.4")) == 0xA900
        assert await answer(store_command("1.2.3"), data_set("1.2.3", sop_class=VERIFICATION)) == 0xA900
        assert await answer(store_command(""), data_set("1.2.3")) == 0x0117
        assert await answer(store_command("1.2.3", has_data_set=False)) == 0xC000
        find = command(0x0020, 9, False, element(0x00000002, CT.encode()), element(0x00000700, b"\0\0"))
        assert await answer(find) == 0x0211
        assert await peer.echo(3) == 0
        await peer.release()
    assert delegate.files == []
    assert [uid for _, uid in delegate.failures] == ["1.2.3", "1.2.3", "1.2.3", None, "1.2.3"]


async def test_a_peer_that_goes_in_the_middle_is_a_failure():
    delegate = Keeper()
    async with server(delegate) as running:
        peer = await RawPeer.associated(running.port)
        await peer.send(store_message("1.2.3", 100_000)[:50_000])
        await peer.reset()
        while not delegate.failures:
            await asyncio.sleep(0)
    assert delegate.failures[0][1] == "1.2.3"
    assert isinstance(delegate.failures[0][0], DICOMNetworkError)


async def test_what_ends_an_association_is_told_once():
    delegate = Keeper()
    async with server(delegate) as running:
        peer = await RawPeer.associated(running.port)
        await peer.send(store_message("1.2.3", 100_000)[:50_000])
        await peer.reset()
        while running.active_association_count:
            await asyncio.sleep(0)
    assert len(delegate.failures) == 1
    assert [event.error for event in await events_of(running) if isinstance(event, ServerError)] == [delegate.failures[0][0]]


async def test_a_streaming_delegate():
    class Streaming(Keeper, StreamingStorageDelegate):
        async def receive_stream(self, instance, chunks):
            self.asked.append(instance)
            async for fragments in chunks:
                if self.asked[1:]:
                    return          # it has seen enough of the second one
                self.failures += map(bytes, fragments)

    delegate = Streaming()
    async with server(delegate) as running:
        peer = await RawPeer.associated(running.port)
        assert await peer.store("1.2.3", 100_000) == 0
        assert await peer.store("1.2.4", 100_000, 2) == 0
        await peer.release()
    assert b"".join(delegate.failures) == data_set("1.2.3", 100_000)
    instance = delegate.asked[0]
    assert (instance.sop_instance_uid, instance.transfer_syntax_uid, instance.called_ae_title) == ("1.2.3", EXPLICIT, "ME")
    assert [file.data_size for file in delegate.files] == [len(data_set("1.2.3", 100_000))] * 2


# Limits


async def test_what_does_not_fit_in_memory_is_refused():
    delegate = Keeper()
    async with server(delegate, max_memory_per_association=100_000) as running:
        peer = await RawPeer.associated(running.port)
        assert await peer.store("1.2.3", 60_000) == 0xA700       # the parts and the whole are there at once
        assert await peer.store("1.2.4", 40_000, 2) == 0
        assert await peer.store("1.2.5", 40_000, 3) == 0
        await peer.release()
    assert [file.sop_instance_uid for file in delegate.files] == ["1.2.4", "1.2.5"]
    assert running._memory.used == 0


async def test_all_associations_share_their_memory():
    class Holding(Keeper):
        async def did_receive(self, file):
            self.files.append(file)
            if file.sop_instance_uid == "1.2.3":
                await released.wait()

    released, delegate = asyncio.Event(), Holding()
    async with server(delegate, max_memory=100_000) as running:
        first, second = [await RawPeer.associated(running.port) for _ in range(2)]
        await first.send(store_message("1.2.3", 40_000))
        while not delegate.files:
            await asyncio.sleep(0)
        assert await second.store("1.2.4", 40_000) == 0xA700
        released.set()
        assert await first.receive_status() == 0
        assert await second.store("1.2.4", 40_000, 2) == 0
        for peer in (first, second):
            await peer.release()


async def test_the_largest_instance():
    delegate = Keeper()
    size = len(data_set("1.2.3", 50_000))
    async with server(delegate, max_instance_size=size) as running:
        peer = await RawPeer.associated(running.port)
        assert await peer.store("1.2.3", 50_000) == 0
        assert await peer.store("1.2.3", 50_002, 2) == 0xA700
        await peer.release()
    assert [file.data_size for file in delegate.files] == [size]


async def test_a_silent_association_ends():
    async with server(idle_timeout=0.05) as running:
        peer = await RawPeer.associated(running.port)
        assert [kind for kind, _ in await peer.until_ended()] == [ABORT]
        await peer.close()


async def test_an_operation_has_an_end():
    """Bytes keep coming, so the association is not idle; but the instance does not end."""
    delegate = Keeper()
    async with server(delegate, operation_timeout=0.1, idle_timeout=30) as running:
        peer = await RawPeer.associated(running.port)
        await peer.send(data(pdv(3, COMMAND | LAST, store_command("1.2.3"))))
        dripping = asyncio.create_task(drip(peer))
        assert [kind for kind, _ in await peer.until_ended()] == [ABORT]
        dripping.cancel()
        await asyncio.wait([dripping])
        await peer.close()
    assert [uid for _, uid in delegate.failures] == ["1.2.3"]


async def test_what_is_refused_has_an_end_too():
    """An instance of more than max_instance_size is read over before it is answered, but not for ever."""
    delegate = Keeper()
    async with server(delegate, max_instance_size=1000, operation_timeout=0.1, idle_timeout=30) as running:
        peer = await RawPeer.associated(running.port)
        await peer.send(data(pdv(3, COMMAND | LAST, store_command("1.2.3"))))
        await peer.send(data(pdv(3, 0, data_set("1.2.3", 2000))))
        dripping = asyncio.create_task(drip(peer))
        assert [kind for kind, _ in await peer.until_ended()] == [ABORT]
        dripping.cancel()
        await asyncio.wait([dripping])
        await peer.close()
    assert [uid for _, uid in delegate.failures] == ["1.2.3"]


async def drip(peer):
    while True:
        await peer.send(data(pdv(3, 0, b"\0\0")))
        await asyncio.sleep(0.01)


async def test_too_many_connections_drop_the_oldest():
    async with server(max_connections=3) as running:
        silent = [await RawPeer.connect(running.port) for _ in range(3)]
        while len(running._waiting) < 3:
            await asyncio.sleep(0)
        peer = await RawPeer.associated(running.port)
        assert await silent[0].receive() is None
        assert await peer.echo() == 0
        await peer.release()
        for each in silent:
            await each.close()


# At once (SCP-13)


async def test_scp_13_ten_senders_at_once():
    delegate = Keeper()
    async with server(delegate, max_concurrent_associations=10) as running:

        async def send(number):
            peer = await RawPeer.associated(running.port)
            for index in range(5):
                assert await peer.store(f"1.2.{number}.{index}", 50_000, index + 1) == 0
            await peer.release()

        await asyncio.gather(*map(send, range(10)))
    assert {file.sop_instance_uid for file in delegate.files} == {f"1.2.{number}.{index}" for number in range(10) for index in range(5)}


async def test_scp_13_a_slow_sender_delays_nobody():
    delegate = Keeper()
    async with server(delegate) as running:
        slow = await RawPeer.associated(running.port)
        message = store_message("1.2.3", 100_000)
        await slow.send(message[:70_000])
        for number in range(3):
            peer = await RawPeer.associated(running.port)
            assert await peer.store(f"1.2.4.{number}", 100_000) == 0
            await peer.release()
        await slow.send(message[70_000:])
        assert await slow.receive_status() == 0
        await slow.release()
    assert [file.sop_instance_uid for file in delegate.files] == ["1.2.4.0", "1.2.4.1", "1.2.4.2", "1.2.3"]


async def test_scp_13_a_slow_delegate_delays_nobody():
    class Slow(Keeper):
        async def did_receive(self, file):
            if file.sop_instance_uid == "1.2.3":
                await enough.wait()
            self.files.append(file)

    enough, delegate = asyncio.Event(), Slow()
    async with server(delegate) as running:
        slow, quick = [await RawPeer.associated(running.port) for _ in range(2)]
        await slow.send(store_message("1.2.3"))
        assert await quick.store("1.2.4") == 0
        enough.set()
        assert await slow.receive_status() == 0
        for peer in (slow, quick):
            await peer.release()
