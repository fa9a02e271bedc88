"""DICOMStorageServer: rows SCP-3 to SCP-11 and SCP-13, seen from the wire."""

from __future__ import annotations

import asyncio
import errno

import pytest

from dicomkit.network.errors import ConnectionFailedError, DICOMNetworkError, InvalidStateError, StoreFailedError
from dicomkit.network.server import DICOMStorageServer
from dicomkit.network.services.server_events import (
    AssociationEstablished,
    AssociationRejected,
    AssociationReleased,
    FileReceived,
    ServerError,
    ServerStarted,
    ServerStopped,
)
from dicomkit.network.services.storage_delegate import StorageDelegate, StreamingStorageDelegate
from dicomkit.network.services.storage_scp import StorageSCPConfiguration
from tests.faults.wire import (
    ABORT,
    AC,
    APPLICATION_CONTEXT,
    COMMAND,
    CT,
    EXPLICIT,
    IMPLICIT,
    LAST,
    RJ,
    VERIFICATION,
    RawPeer,
    associate,
    command,
    context,
    data,
    data_set,
    element,
    item,
    parse_command,
    pdv,
    store_command,
    store_message,
    user_information,
)

JPEG = "1.2.840.10008.1.2.4.50"


class Keeper(StorageDelegate):
    """Keeps what it is told."""

    def __init__(self):
        self.files, self.failures, self.asked = [], [], []

    async def did_receive(self, file):
        self.files.append(file)

    async def did_fail(self, error, sop_instance_uid):
        self.failures.append((error, sop_instance_uid))


class Asking(Keeper):
    async def should_accept_association(self, info):
        self.asked.append(info)
        return True


def server(delegate=None, **configuration):
    settings = {"ae_title": "ME", "host": "127.0.0.1", "port": 0} | configuration
    return DICOMStorageServer(StorageSCPConfiguration(**settings), delegate or Keeper())


async def rejection(port, **changes):
    """Result, source and reason of the A-ASSOCIATE-RJ."""
    peer = await RawPeer.connect(port)
    await peer.send(associate(**changes))
    kind, body = await peer.receive()
    await peer.close()
    assert kind == RJ
    return tuple(body[1:])


async def events_of(running):
    """All events of a server that was stopped."""
    return [event async for event in running.events]


# Being started and stopped (SCP-8, SCP-9)


async def test_scp_8_start_and_stop():
    running = server()
    assert not running.is_running
    with pytest.raises(InvalidStateError):
        _ = running.port
    await running.start()
    assert running.is_running
    assert running.active_association_count == 0
    with pytest.raises(InvalidStateError):
        await running.start()
    peer = await RawPeer.associated(running.port)
    assert running.active_association_count == 1
    port = running.port
    await running.stop()
    assert not running.is_running
    assert running.active_association_count == 0
    assert [kind for kind, _ in await peer.until_ended()] == [ABORT]
    await peer.close()
    with pytest.raises(OSError, match=r"refused|Connect call failed"):
        await RawPeer.connect(port)
    await running.stop()


async def test_scp_8_a_server_starts_again():
    running = server()
    for _ in range(2):
        async with running:
            peer = await RawPeer.associated(running.port)
            await peer.release()
        assert isinstance((await events_of(running))[-1], ServerStopped)


async def test_a_port_that_is_taken():
    async with server() as running:
        with pytest.raises(ConnectionFailedError, match=str(running.port)):
            await server(port=running.port).start()


async def test_scp_9_events():
    async with server() as running:
        peer = await RawPeer.associated(running.port)
        assert await peer.store("1.2.3", 5000) == 0
        await peer.release()
        assert await rejection(running.port, called=b"OTHER") == (1, 1, 7)
        aborted = await RawPeer.associated(running.port)
        await aborted.reset()
        while running.active_association_count:
            await asyncio.sleep(0)
        port = running.port
    found = await events_of(running)
    assert [type(event) for event in found] == [
        ServerStarted, AssociationEstablished, FileReceived, AssociationReleased, AssociationRejected, AssociationEstablished, ServerError,
        ServerStopped,
    ]  # fmt: skip
    assert found[0] == ServerStarted(port)
    assert found[3] == AssociationReleased("YOU")
    assert found[4] == AssociationRejected("YOU", "called AE title not recognized")
    assert isinstance(found[6].error, DICOMNetworkError)
    match found[2]:
        case FileReceived(file):
            assert file.sop_instance_uid == "1.2.3"


async def test_events_nobody_reads_are_not_kept_for_ever():
    running = server()
    async with running:
        for _ in range(3):
            running.events.put(ServerStarted(1))
        running.events._capacity = 2
        running.events.put(ServerStarted(2))
        assert running.events.dropped_event_count == 1


async def test_a_graceful_stop_lets_instances_arrive():
    keeper = Keeper()
    async with server(keeper) as running:
        idle = await RawPeer.associated(running.port)
        busy = await RawPeer.associated(running.port)
        body = data_set("1.2.3", 40000)
        await busy.send(data(pdv(3, COMMAND | LAST, store_command("1.2.3"))), data(pdv(3, 0, body[:10000])))
        while not any(provider and provider.is_busy for provider in running._providers.values()):
            await asyncio.sleep(0)
        stopping = asyncio.create_task(running.stop(grace=30))
        assert [kind for kind, _ in await idle.until_ended()] == [ABORT]
        await busy.send(data(pdv(3, 0, body[10000:26000])), data(pdv(3, LAST, body[26000:])))
        assert await busy.receive_status() == 0
        assert [kind for kind, _ in await busy.until_ended()] == [ABORT]
        for peer in (idle, busy):
            await peer.close()
        await stopping
        assert [file.data_set_data for file in keeper.files] == [body]


async def test_grace_has_an_end():
    async with server() as running:
        peer = await RawPeer.associated(running.port)
        await peer.send(data(pdv(3, COMMAND | LAST, store_command("1.2.3"))), data(pdv(3, 0, b"\0" * 100)))
        while not any(provider and provider.is_busy for provider in running._providers.values()):
            await asyncio.sleep(0)
        await running.stop(grace=0.05)
        assert [kind for kind, _ in await peer.until_ended()] == [ABORT]
        await peer.close()


# Admission (SCP-3, SCP-5, SCP-11)


async def test_scp_3_ae_titles_that_are_not_admitted():
    async with server(calling_ae_whitelist=["YOU", "EVIL"], calling_ae_blacklist=["EVIL"]) as running:
        assert await rejection(running.port, calling=b"STRANGER") == (1, 1, 3)
        assert await rejection(running.port, calling=b"EVIL") == (1, 1, 3)
        assert await rejection(running.port, called=b"me") == (1, 1, 7)
        await (await RawPeer.associated(running.port)).release()


async def test_scp_3_another_called_title_if_it_is_not_checked():
    async with server(is_called_ae_title_checked=False) as running:
        await (await RawPeer.associated(running.port, called=b"ANYBODY")).release()


async def test_scp_3_another_application_context():
    async with server() as running:
        peer = await RawPeer.connect(running.port)
        await peer.send(associate(item(0x10, b"1.2.3"), context(1, VERIFICATION, (IMPLICIT,)), user_information()))
        kind, body = await peer.receive()
        assert (kind, *body[1:]) == (RJ, 1, 1, 2)
        await peer.close()


async def test_scp_3_the_delegate_refuses():
    class Refusing(Keeper):
        async def should_accept_association(self, info):
            self.asked.append(info)
            if info.calling_ae_title == "BROKEN":
                raise RuntimeError("the list of friends is lost")
            return info.calling_ae_title == "FRIEND"

    delegate = Refusing()
    async with server(delegate) as running:
        assert await rejection(running.port) == (1, 1, 1)
        assert await rejection(running.port, calling=b"BROKEN") == (2, 1, 1)
        assert running.active_association_count == 0
        peer = await RawPeer.associated(running.port, calling=b"FRIEND")
        name = peer.writer.get_extra_info("sockname")
        await peer.release()
    info = delegate.asked[-1]
    assert (info.calling_ae_title, info.called_ae_title) == ("FRIEND", "ME")
    assert (info.remote_host, info.remote_port) == name
    assert info.proposed_sop_classes == (VERIFICATION, CT)
    assert info.proposed_transfer_syntaxes == (IMPLICIT, EXPLICIT)


async def test_scp_5_all_addresses():
    """Who listens on every address hears IPv4 too, and tells its addresses as such."""
    async with server(keeper := Asking(), host="") as running:
        await (await RawPeer.associated(running.port)).release()
    assert keeper.asked[0].remote_host == "127.0.0.1"


async def test_scp_3_over_the_limit():
    async with server(max_concurrent_associations=2) as running:
        peers = [await RawPeer.associated(running.port) for _ in range(2)]
        assert await rejection(running.port) == (2, 3, 2)
        await peers.pop().release()
        while running.active_association_count == 2:
            await asyncio.sleep(0)
        peers.append(await RawPeer.associated(running.port))
        for peer in peers:
            await peer.release()


async def test_scp_3_the_limit_counts_those_the_delegate_thinks_about():
    class Slow(Keeper):
        async def should_accept_association(self, info):
            self.asked.append(info)
            await thought.wait()
            return True

    thought, delegate = asyncio.Event(), Slow()
    async with server(delegate, max_concurrent_associations=1) as running:
        first = await RawPeer.connect(running.port)
        await first.send(associate())
        while not delegate.asked:
            await asyncio.sleep(0)
        assert await rejection(running.port) == (2, 3, 2)
        thought.set()
        assert (await first.receive())[0] == AC
        await first.release()


async def test_scp_11_contexts():
    contexts = (
        (1, "1.2.3.4", (EXPLICIT,)),            # a class nobody knows
        (3, CT, ("1.2.3", "1.2.4")),            # syntaxes nobody knows
        (5, CT, ("1.2.3", JPEG, EXPLICIT)),     # the first that is known
        (7, VERIFICATION, (IMPLICIT,)),
    )
    async with server() as running:
        peer = await RawPeer.connect(running.port)
        await peer.send(associate(contexts=contexts))
        kind, body = await peer.receive()
        assert kind == AC
        await peer.release()
    results, offset = {}, 68
    while offset < len(body):
        kind, length = body[offset], int.from_bytes(body[offset + 2 : offset + 4], "big")
        if kind == 0x21:
            inner = body[offset + 4 : offset + 4 + length]
            results[inner[0]] = (inner[2], inner[8:].decode() if inner[2] == 0 else None)
        elif kind == 0x10:
            assert body[offset + 4 : offset + 4 + length].decode() == APPLICATION_CONTEXT
        offset += 4 + length
    assert results == {1: (3, None), 3: (4, None), 5: (0, JPEG), 7: (0, IMPLICIT)}


# Messages (SCP-4, SCP-6, SCP-7, SCP-10)


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
