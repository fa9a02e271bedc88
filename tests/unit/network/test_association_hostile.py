"""Peers that never end, that do two things at once, or that end while we send: every wait ends, and with the right error."""

from __future__ import annotations

import asyncio
import contextlib

import pytest

from dicomkit.network import (
    Association,
    AssociationConfiguration,
    InvalidStateError,
    OperationTimeoutError,
    PresentationContext,
    TimeoutConfiguration,
    TimeoutType,
)
from dicomkit.network.dimse import CEchoRequest, CEchoResponse, CStoreRequest, response_to, serialize_command

from ...protocol import wire
from .running import listening, run

CT, IMPLICIT = "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.1.2"
CONTEXTS = (PresentationContext(1, "1.2.840.10008.1.1", (IMPLICIT,)), PresentationContext(3, CT, (IMPLICIT,)))
AC = wire.associate_ac(wire.answered(1), wire.answered(3))
LONG = 60.0
LIMITS = {"connect": LONG, "read": LONG, "write": LONG, "operation": LONG, "association": LONG}
LENGTH = 64 << 20  # more than the system takes while nobody reads
NOTHING_OF_A_COMMAND = wire.p_data(wire.pdv(b"", 1, 1)) * 4000
SOME_OF_A_DATA_SET = wire.p_data(wire.pdv(bytes(16000), 3, 0)) * 16


def connect(port, **limits):
    timeouts = TimeoutConfiguration(**{**LIMITS, **limits})
    configuration = AssociationConfiguration(
        calling_ae_title="A", called_ae_title="B", host="127.0.0.1", port=port, timeouts=timeouts, artim_timeout=0.05
    )
    return Association.connect(configuration, CONTEXTS)


def store_request(association):
    return CStoreRequest(message_id=association.new_message_id(), affected_sop_class_uid=CT, affected_sop_instance_uid="1.2.3")


def flooding(flood, first=b""):
    """A peer that accepts, and then says the same for ever, as fast as it is taken."""

    async def script(peer):
        await peer.receive_pdu()
        await peer.send(AC + first)
        with contextlib.suppress(ConnectionError):
            while True:
                await peer.send(flood)

    return script


def test_a_command_that_never_ends_takes_no_longer_than_a_read():
    async def main():
        async with listening(flooding(NOTHING_OF_A_COMMAND)) as port:
            association = await connect(port)
            with pytest.raises(OperationTimeoutError) as caught:
                await association.receive_message(timeout=0.2)
            assert (caught.value.type, caught.value.duration) == (TimeoutType.READ, 0.2)

    run(main())


def unending_data_set(message):
    return flooding(SOME_OF_A_DATA_SET, wire.p_data(wire.pdv(serialize_command(message, has_data_set=True), 3, 3)))


def test_a_data_set_that_never_ends_takes_no_longer_than_its_operation():
    message = CStoreRequest(message_id=1, affected_sop_class_uid=CT, affected_sop_instance_uid="1.2.3")

    async def main():
        async with listening(unending_data_set(message)) as port:
            association = await connect(port, operation=0.2)
            with association.operation("C-GET"):
                received = await association.receive_message()
                with pytest.raises(OperationTimeoutError) as caught:
                    await received.data_set.drain()
            assert caught.value.type is TimeoutType.OPERATION

    run(main())


def test_a_data_set_that_never_ends_and_nobody_wants():
    message = CStoreRequest(message_id=1, affected_sop_class_uid=CT, affected_sop_instance_uid="1.2.3")

    async def main():
        async with listening(unending_data_set(message)) as port:
            association = await connect(port)
            await association.receive_message()
            with pytest.raises(OperationTimeoutError) as caught:
                await association.receive_message(timeout=0.2)
            assert caught.value.type is TimeoutType.READ
            assert not association.is_established

    run(main())


def test_both_sides_send_more_than_anybody_holds_before_they_read():
    # Full duplex: who receives must not wait until who sends is done.
    data = wire.p_data(wire.pdv(bytes(16000), 3, 0)) * (LENGTH // 16000)
    message = CStoreRequest(message_id=7, affected_sop_class_uid=CT, affected_sop_instance_uid="1.2.3")
    command = wire.p_data(wire.pdv(serialize_command(message, has_data_set=True), 3, 3))

    async def script(peer):
        await peer.receive_pdu()
        await peer.send(AC)
        await peer.receive_pdu()
        peer.writer.transport.pause_reading()
        await peer.send(command + data + wire.p_data(wire.pdv(b"", 3, 2)))
        await asyncio.wait_for(peer.writer.drain(), 10)
        while peer.writer.transport.get_write_buffer_size():
            await asyncio.sleep(0.001)
        peer.writer.transport.resume_reading()
        await peer.receive_rest()

    async def main():
        async with listening(script) as port:
            association = await connect(port, write=5.0, read=5.0)
            sending = asyncio.create_task(association.send_message(3, store_request(association), bytes(LENGTH)))
            await asyncio.sleep(0.2)  # by now it has to wait
            received = await association.receive_message()
            size = 0
            async for fragments in received.data_set:
                size += sum(map(len, fragments))
            assert size == len(data) // (16000 + 12) * 16000
            await sending
            association.close()

    run(main())


def test_a_peer_that_releases_while_we_send_is_answered():
    # Only who requests an association should release it, but the Standard lets both sides (PS3.8 7.2).
    async def script(peer):
        await peer.receive_pdu()
        await peer.send(AC)
        await peer.receive_pdu()
        peer.writer.transport.pause_reading()
        response = response_to(CEchoRequest(message_id=1), 0)
        await peer.send(wire.p_data(wire.pdv(serialize_command(response, has_data_set=False), 1, 3)) + wire.RELEASE_RQ)
        await asyncio.sleep(0.1)
        peer.writer.transport.resume_reading()
        rest.append(await peer.receive_rest())

    async def main():
        async with listening(script) as port:
            association = await connect(port)
            await association.send_message(1, CEchoRequest(message_id=1))
            await association.send_message(3, store_request(association), bytes(LENGTH))
            received = await association.receive_message()
            assert isinstance(received.message, CEchoResponse)
            with pytest.raises(ConnectionError, match="released the association before it answered"):
                await association.receive_message()
            with pytest.raises(InvalidStateError):
                await association.receive_message()

    rest = []
    run(main())
    assert rest[0].endswith(wire.RELEASE_RP)


def test_a_block_that_ends_while_another_task_receives_leaves_nothing_open():
    async def script(peer):
        await peer.receive_pdu()
        await peer.send(AC)
        await peer.receive_rest()

    async def main():
        async with listening(script) as port:
            association = await connect(port)
            receiving = asyncio.create_task(association.receive_message())
            await asyncio.sleep(0.01)
            with pytest.raises(InvalidStateError, match="another task is receiving"):
                await association.__aexit__(None, None, None)
            with pytest.raises(ConnectionError):
                await receiving

    run(main())


def test_a_peer_that_wants_tiny_pdus_leaves_others_their_turn():
    async def script(peer):
        await peer.receive_pdu()
        await peer.send(wire.associate_ac(wire.answered(1), wire.answered(3), information=wire.item(0x50, wire.maximum_length(8))))
        await peer.receive_rest()

    async def main():
        async with listening(script) as port:
            association = await connect(port)
            sending = asyncio.create_task(association.send_message(3, store_request(association), bytes(400_000)))
            turns = 0
            while not sending.done():
                turns += 1
                await asyncio.sleep(0)
            association.close()
            return turns

    assert run(main()) > 200  # of 200,000 fragments, whether the system takes them at once or not
