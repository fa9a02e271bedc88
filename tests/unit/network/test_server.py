"""DICOMStorageServer: being started and stopped, who is admitted, events (rows SCP-3, SCP-5, SCP-8, SCP-9, SCP-11)."""

from __future__ import annotations

import asyncio

import pytest

from dicomkit.network.errors import ConnectionFailedError, DICOMNetworkError, InvalidStateError
from dicomkit.network.services.server_events import (
    AssociationEstablished,
    AssociationRejected,
    AssociationReleased,
    FileReceived,
    ServerError,
    ServerStarted,
    ServerStopped,
)
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
    context,
    data,
    data_set,
    item,
    pdv,
    store_command,
    store_message,
    user_information,
)
from tests.unit.network.storage_servers import Asking, Keeper, events_of, server

JPEG = "1.2.840.10008.1.2.4.50"


async def rejection(port, **changes):
    """Result, source and reason of the A-ASSOCIATE-RJ."""
    peer = await RawPeer.connect(port)
    await peer.send(associate(**changes))
    kind, body = await peer.receive()
    await peer.close()
    assert kind == RJ
    return tuple(body[1:])


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


async def busy_peer(running):
    """A peer that began to send an instance, and does not go on."""
    peer = await RawPeer.associated(running.port)
    await peer.send(data(pdv(3, COMMAND | LAST, store_command("1.2.3"))), data(pdv(3, 0, b"\0" * 100)))
    while not any(provider and provider.is_busy for provider in running._providers.values()):
        await asyncio.sleep(0)
    return peer


async def test_grace_has_an_end():
    async with server() as running:
        peer = await busy_peer(running)
        await running.stop(grace=0.05)
        assert [kind for kind, _ in await peer.until_ended()] == [ABORT]
        await peer.close()


async def test_a_stop_that_is_hurried():
    async with server() as running:
        peer = await busy_peer(running)
        patient = asyncio.create_task(running.stop(grace=1000))
        await asyncio.sleep(0)
        await running.stop()
        await patient
        assert not running.is_running
        assert [kind for kind, _ in await peer.until_ended()] == [ABORT]
        await peer.close()


@pytest.mark.parametrize("is_wrapped", [False, True])
async def test_a_delegate_may_stop_the_server(is_wrapped):
    class Stopping(Keeper):
        async def did_receive(self, file):
            self.files.append(file)
            await (asyncio.wait_for(running.stop(), 10) if is_wrapped else running.stop())

    keeper = Stopping()
    running = server(keeper)
    async with running:
        storing, other = [await RawPeer.associated(running.port) for _ in range(2)]
        await storing.send(store_message("1.2.3"))
        if not is_wrapped:      # else it is a task of which nobody knows that it is the delegate's
            assert await storing.receive_status() == 0
        for peer in (storing, other):
            assert [kind for kind, _ in await peer.until_ended()] == [ABORT]
            await peer.close()
        assert isinstance((await events_of(running))[-1], ServerStopped)
        assert not running.is_running
    assert [file.sop_instance_uid for file in keeper.files] == ["1.2.3"]


async def test_a_delegate_that_stops_the_server_before_it_accepts():
    class Stopping(Keeper):
        async def should_accept_association(self, info):
            await running.stop()
            return True

    running = server(Stopping())
    async with running:
        peer = await RawPeer.connect(running.port)
        await peer.send(associate())
        assert [(kind, body[1:4]) for kind, body in await peer.until_ended()] == [(RJ, bytes((2, 1, 1)))]
        await peer.close()
        assert isinstance((await events_of(running))[-1], ServerStopped)
        await running.start()
        assert running.is_running


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
