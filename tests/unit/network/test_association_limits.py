"""Timeouts, each by itself, and cancellation anywhere: what is left is nothing. Rows ERR-7, ERR-8, NET-10."""

from __future__ import annotations

import asyncio
import contextlib
import socket

import pytest

from dicomkit.network import (
    AcceptorConfiguration,
    Association,
    AssociationAbortedError,
    AssociationConfiguration,
    ConnectionClosedError,
    OperationTimeoutError,
    PresentationContext,
    TimeoutConfiguration,
    TimeoutType,
    select_contexts,
)
from dicomkit.network.dimse import CEchoRequest, CStoreRequest, serialize_command

from ...protocol import wire
from .running import accepting, calling, listening, run

CT, IMPLICIT = "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.1.2"
CONTEXTS = (PresentationContext(1, "1.2.840.10008.1.1", (IMPLICIT,)), PresentationContext(3, CT, (IMPLICIT,)))
AC = wire.associate_ac(wire.answered(1), wire.answered(3))
LONG = 60.0
LIMITS = {"connect": LONG, "read": LONG, "write": LONG, "operation": LONG, "association": LONG}


def configuration(port, **limits):
    timeouts = TimeoutConfiguration(**{**LIMITS, **limits})
    return AssociationConfiguration(
        calling_ae_title="A", called_ae_title="B", host="127.0.0.1", port=port, timeouts=timeouts, artim_timeout=0.05
    )


def connect(port, **limits):
    return Association.connect(configuration(port, **limits), CONTEXTS)


def store_request(association):
    return CStoreRequest(message_id=association.new_message_id(), affected_sop_class_uid=CT, affected_sop_instance_uid="1.2.3")


async def accepts_and(peer, *then):
    """A peer that accepts, does what it is told, and then says and reads nothing until the end."""
    await peer.receive_pdu()
    await peer.send(AC)
    for step in then:
        await step(peer)
    peer.writer.transport.pause_reading()
    await done.wait()


@pytest.fixture(autouse=True)
def _the_end():
    global done
    done = asyncio.Event()


@contextlib.contextmanager
def times_out(kind, seconds, operation=None):
    with pytest.raises(OperationTimeoutError) as caught:
        yield
    error = caught.value
    assert (error.type, error.duration, error.operation) == (kind, seconds, operation)
    done.set()


@contextlib.contextmanager
def full_backlog():
    """A port where nobody accepts, and whose queue is full: a connection hangs."""
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(3):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                waiting.connect(listener.getsockname())
        yield listener.getsockname()[1]


def test_connecting_takes_too_long():
    # ERR-7
    async def main():
        with full_backlog() as port, times_out(TimeoutType.CONNECT, 0.05):
            await connect(port, connect=0.05)

    run(main())


def test_negotiating_takes_too_long():
    # ERR-7
    async def script(peer):
        await peer.receive_pdu()
        assert await peer.receive_rest() == wire.abort(0, 0)

    async def main():
        async with listening(script) as port:
            with times_out(TimeoutType.ASSOCIATION, 0.05):
                await connect(port, association=0.05)

    run(main())


def test_releasing_takes_too_long():
    async def script(peer):
        await peer.receive_pdu()
        await peer.send(AC)
        assert await peer.receive_rest() == wire.RELEASE_RQ + wire.abort(0, 0)

    async def main():
        async with listening(script) as port:
            association = await connect(port, association=0.1)
            with times_out(TimeoutType.ASSOCIATION, 0.1):
                await association.release()

    run(main())


async def some_of_a_command(peer):
    await peer.send(wire.p_data(wire.pdv(b"\0\0", 1, 1)))


async def some_of_a_pdu(peer):
    await peer.send(wire.p_data(wire.pdv(bytes(100), 1, 3))[:50])


@pytest.mark.parametrize("then", [(), (some_of_a_command,), (some_of_a_pdu,)], ids=["nothing", "a fragment", "half a PDU"])
@pytest.mark.parametrize("given", [True, False])
def test_a_message_takes_too_long(then, given):
    # ERR-7, ERR-8
    async def main():
        async with listening(lambda peer: accepts_and(peer, *then)) as port:
            association = await connect(port, read=LONG if given else 0.05)
            with times_out(TimeoutType.READ, 0.05, "C-ECHO"), association.operation("C-ECHO"):
                await (association.receive_message(timeout=0.05) if given else association.receive_message())
            assert not association.is_established

    run(main())


def test_drops_of_a_command_do_not_prolong_its_time():
    async def drip(peer):
        with contextlib.suppress(ConnectionError):
            while not done.is_set():
                await some_of_a_command(peer)
                await asyncio.sleep(0.005)

    async def main():
        async with listening(lambda peer: accepts_and(peer, drip)) as port:
            association = await connect(port)
            with times_out(TimeoutType.READ, 0.1):
                await association.receive_message(timeout=0.1)

    run(main())


def test_a_data_set_stalls():
    async def main():
        message = CStoreRequest(message_id=1, affected_sop_class_uid=CT, affected_sop_instance_uid="1.2.3")
        data = wire.p_data(wire.pdv(serialize_command(message, has_data_set=True), 3, 3), wire.pdv(b"some", 3, 0))

        async def half_a_store(peer):
            await peer.send(data)

        async with listening(lambda peer: accepts_and(peer, half_a_store)) as port:
            association = await connect(port, read=0.05)
            received = await association.receive_message()
            got = []
            with times_out(TimeoutType.READ, 0.05):
                async for fragments in received.data_set:
                    got += map(bytes, fragments)
            assert got == [b"some"]
            assert not association.is_established

    run(main())


def test_a_peer_does_not_read():
    # ERR-7
    async def main():
        async with listening(accepts_and, limit=1) as port:
            association = await connect(port, write=0.1)
            with times_out(TimeoutType.WRITE, 0.1, "C-STORE"), association.operation("C-STORE"):
                await association.send_message(3, store_request(association), bytes(64 << 20))

    run(main())


def test_an_operation_takes_too_long():
    # ERR-7
    async def main():
        async with listening(accepts_and) as port:
            association = await connect(port, operation=0.1)
            with times_out(TimeoutType.OPERATION, 0.1, "C-ECHO"), association.operation("C-ECHO"):
                await association.send_message(1, CEchoRequest(message_id=1))
                await association.receive_message()

    run(main())


def test_operations_end_and_leave_no_limit():
    async def main():
        async with listening(accepts_and) as port:
            association = await connect(port, operation=0.01)
            with association.operation("C-ECHO"):
                await association.send_message(1, CEchoRequest(message_id=1))
            with times_out(TimeoutType.READ, 0.1):
                await association.receive_message(timeout=0.1)

    run(main())


def test_no_limit_at_all():
    async def answer(peer):
        await peer.receive_pdu()
        await peer.send(wire.RELEASE_RP)

    async def main():
        async with listening(lambda peer: accepts_and(peer, answer)) as port:
            none = dict.fromkeys(LIMITS)
            async with await connect(port, **none):
                pass
            done.set()

    run(main())


# Cancellation.


async def cancelled(coroutine, turns=20):
    """Run it until it waits, cancel it, and see that it ends so."""
    task = asyncio.ensure_future(coroutine)
    for _ in range(turns):
        await asyncio.sleep(0)
    assert not task.done()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


def test_cancelled_while_it_connects():
    async def main():
        with full_backlog() as port:
            await cancelled(connect(port))

    run(main())


def test_cancelled_while_it_negotiates():
    rest = []

    async def script(peer):
        await peer.receive_pdu()
        ready.set()
        rest.append(await peer.receive_rest())

    async def main():
        async with listening(script) as port:
            task = asyncio.create_task(connect(port))
            await ready.wait()
            await cancelled(task)

    ready = asyncio.Event()
    run(main())
    assert rest == [wire.abort(0, 0)]


@pytest.mark.parametrize("what", ["receive", "operation", "release", "send", "source"])
def test_cancelled_on_an_association(what):
    rest = []

    async def script(peer):
        await peer.receive_pdu()
        await peer.send(AC)
        if what == "send":
            peer.writer.transport.pause_reading()
            await done.wait()
            peer.writer.transport.resume_reading()
        rest.append(await peer.receive_rest())

    async def waiting_source():
        yield b"some"
        await asyncio.Event().wait()

    async def act(association):
        if what == "receive":
            await association.receive_message()
        elif what == "operation":
            with association.operation("C-ECHO"):
                await association.send_message(1, CEchoRequest(message_id=1))
                await association.receive_message()
        elif what == "release":
            await association.release()
        else:
            data_set = bytes(64 << 20) if what == "send" else waiting_source()
            await association.send_message(3, store_request(association), data_set, data_set_length=None if what == "send" else 10)

    async def main():
        async with listening(script) as port:
            association = await connect(port)
            await cancelled(act(association))
            assert not association.is_established
            done.set()

    run(main())
    if what == "send":
        assert not rest[0].endswith(wire.abort(0, 0))       # in the middle of a PDU it would be taken for data
    else:
        assert rest[0].endswith(wire.abort(0, 0))


def test_cancelled_while_it_waits_for_its_turn():
    """Nothing of it was sent: the association goes on."""

    async def script(peer):
        await peer.receive_pdu()
        await peer.send(AC)
        peer.writer.transport.pause_reading()
        await done.wait()
        peer.writer.transport.resume_reading()
        await peer.receive_rest()

    async def main():
        async with listening(script) as port:
            association = await connect(port)
            first = asyncio.create_task(association.send_message(3, store_request(association), bytes(32 << 20)))
            await asyncio.sleep(0)
            await cancelled(association.send_message(1, CEchoRequest(message_id=77)))
            assert association.is_established
            done.set()
            await first
            association.close()

    run(main())


@pytest.mark.parametrize("when", ["request", "idle"])
def test_an_acceptor_is_cancelled(when):
    async def handle(sock):
        association = await Association.receive(sock, AcceptorConfiguration())
        await association.accept(select_contexts(association.request.presentation_contexts, {CT: [IMPLICIT]}))
        await association.receive_message()

    async def main():
        async with accepting(handle) as (port, tasks):
            if when == "request":
                async with calling(port) as peer:
                    await peer.send(wire.associate_rq()[:20])
                    while not tasks:
                        await asyncio.sleep(0)
                    await cancelled(tasks.pop())
                    assert await peer.receive_rest() == b""
                return
            association = await connect(port)
            await cancelled(tasks.pop())
            with pytest.raises(AssociationAbortedError):
                await association.receive_message()

    run(main())


@pytest.mark.parametrize("how", ["close", "abort"])
@pytest.mark.parametrize("what", ["receive", "send"])
def test_ending_wakes_who_waits(how, what):
    async def main():
        async with listening(accepts_and) as port:
            association = await connect(port)
            waits = {
                "receive": association.receive_message,
                "send": lambda: association.send_message(3, store_request(association), bytes(64 << 20)),
            }
            task = asyncio.create_task(waits[what]())
            await asyncio.sleep(0.01)
            if how == "close":
                association.close()
            else:
                await association.abort()
            with pytest.raises(ConnectionClosedError, match="closed on our side"):
                await task
            done.set()

    run(main())
