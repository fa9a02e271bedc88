"""Associations between our two sides, and with peers that do as a test says, over real sockets. Rows NET-6 to NET-8, NET-10, NET-11."""

from __future__ import annotations

import asyncio
import contextlib

import pytest

from dicomkit.network import (
    AcceptorConfiguration,
    ARTIMTimerExpiredError,
    Association,
    AssociationAbortedError,
    AssociationConfiguration,
    AssociationRejectedError,
    ConnectionClosedError,
    ConnectionFailedError,
    DIMSEStatus,
    InvalidPDUError,
    InvalidPresentationContextError,
    InvalidStateError,
    LocalProtocolError,
    NoPresentationContextAcceptedError,
    PresentationContext,
    PresentationContextResult,
    RemoteProtocolError,
    RoleSelection,
    TimeoutConfiguration,
    UserIdentity,
    select_contexts,
)
from dicomkit.network.dimse import CEchoRequest, CEchoResponse, CStoreRequest, parse_command, response_to, serialize_command
from dicomkit.network.ul import AsynchronousOperationsWindow, SOPClassExtendedNegotiation

from ...protocol import wire
from .running import accepting, calling, listening, run

VERIFICATION, CT, IMPLICIT = "1.2.840.10008.1.1", "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.1.2"
EXPLICIT = "1.2.840.10008.1.2.1"
CONTEXTS = (PresentationContext(1, VERIFICATION, (EXPLICIT, IMPLICIT)), PresentationContext(3, CT, (IMPLICIT,)))
SUPPORTED = {VERIFICATION: [EXPLICIT, IMPLICIT], CT: [IMPLICIT]}
AC = wire.associate_ac(wire.answered(1, 0), wire.answered(3, 0))


def configuration(port, *, artim_timeout=0.05, **changes):
    return AssociationConfiguration(
        calling_ae_title="ME", called_ae_title="PEER", host="127.0.0.1", port=port, artim_timeout=artim_timeout, **changes
    )


def connect(port, contexts=CONTEXTS, **changes):
    return Association.connect(configuration(port, **changes), contexts)


def store_request(association, uid="1.2.3"):
    return CStoreRequest(message_id=association.new_message_id(), affected_sop_class_uid=CT, affected_sop_instance_uid=uid)


async def echo(association):
    await association.send_message(1, CEchoRequest(message_id=association.new_message_id()))
    received = await association.receive_message()
    assert isinstance(received.message, CEchoResponse)
    assert received.message.status == DIMSEStatus.SUCCESS


class Server:
    """Answers everything with success, and keeps what it gets."""

    def __init__(self, *, keep=True, answer=None, **settings):
        self.configuration = AcceptorConfiguration(**settings)
        self.keep, self.answer = keep, answer or {}
        self.data_sets, self.associations, self.released, self.reads = [], [], 0, 0

    async def handle(self, sock):
        association = await Association.receive(sock, self.configuration)
        self.associations.append(association)
        await association.accept(select_contexts(association.request.presentation_contexts, SUPPORTED), **self.answer)
        while (received := await association.receive_message()) is not None:
            if received.data_set is not None and self.keep:
                data = bytearray()
                async for fragments in received.data_set:
                    self.reads += 1
                    for fragment in fragments:
                        data += fragment
                self.data_sets.append(bytes(data))
            await association.send_message(received.context_id, response_to(received.message, DIMSEStatus.SUCCESS))
        self.released += 1


def test_an_echo_from_one_side_to_the_other():
    # NET-6
    server = Server()

    async def main():
        async with accepting(server.handle) as (port, _):
            async with await connect(port) as association:
                assert association.is_established
                for _ in range(3):
                    await echo(association)
            assert not association.is_established
            await association.release()     # there is nothing left to release
            association.close()

    run(main())
    assert server.released == 1
    assert server.associations[0].remote_host == "127.0.0.1"
    assert server.associations[0].remote_port > 0


def test_what_is_negotiated():
    # NET-6, NET-8
    roles, extended = (RoleSelection(CT, True, True),), (SOPClassExtendedNegotiation(CT, b"\1"),)
    window = AsynchronousOperationsWindow(4, 1)
    server = Server(max_pdu_size=8192, implementation_class_uid="1.2.9", implementation_version_name="PEER_9")
    server.answer = {
        "roles": roles,
        "sop_class_extended": extended,
        "user_identity_response": b"welcome",
        "asynchronous_operations": window,
    }
    unknown = PresentationContext(5, "1.2.3.4", (IMPLICIT,))
    identity = UserIdentity(2, b"me", b"secret", True)

    async def main():
        async with accepting(server.handle) as (port, _):
            settings = configuration(
                port, max_pdu_size=32768, implementation_class_uid="1.2.8", user_identity=identity, asynchronous_operations=window
            )
            async with await Association.connect(settings, (*CONTEXTS, unknown), roles=roles, sop_class_extended=extended) as association:
                return association

    negotiated = run(main()).negotiated
    assert [(context.id, context.abstract_syntax, context.transfer_syntax) for context in negotiated.accepted] == [
        (1, VERIFICATION, EXPLICIT),
        (3, CT, IMPLICIT),
    ]
    assert negotiated.rejected == (PresentationContextResult(5, 3, IMPLICIT),)
    assert (negotiated.max_pdu_size, negotiated.remote_max_pdu_size) == (8192, 8192)
    assert (negotiated.remote_implementation_class_uid, negotiated.remote_implementation_version_name) == ("1.2.9", "PEER_9")
    assert (negotiated.roles, negotiated.sop_class_extended) == (roles, extended)
    assert (negotiated.user_identity_response, negotiated.asynchronous_operations) == (b"welcome", window)
    assert negotiated.find(CT) == (negotiated.accepted[1],)
    assert negotiated.find("1.2.3.4") == ()
    assert negotiated.get(3) is negotiated.accepted[1]
    assert negotiated.get(5) is None
    accepted = server.associations[0]
    assert accepted.negotiated.accepted == negotiated.accepted
    assert (accepted.negotiated.max_pdu_size, accepted.negotiated.remote_max_pdu_size) == (8192, 32768)
    assert accepted.request.user_information.user_identity == identity
    assert (accepted.request.called_ae_title, accepted.request.calling_ae_title) == ("PEER", "ME")
    assert accepted.request.user_information.implementation_class_uid == "1.2.8"


@pytest.mark.parametrize(("ours", "theirs", "smaller"), [(0, 0, 0), (0, 8192, 8192), (8192, 0, 8192), (16384, 4096, 4096)])
def test_the_smaller_maximum_length_and_none(ours, theirs, smaller):
    # NET-6: 0 is no limit

    async def script(peer):
        request = await peer.receive_pdu()
        assert wire.maximum_length(ours) in request
        await peer.send(wire.associate_ac(wire.answered(1), information=wire.item(0x50, wire.maximum_length(theirs))))
        assert await peer.receive_pdu() == wire.RELEASE_RQ
        await peer.send(wire.RELEASE_RP)

    async def main():
        async with listening(script) as port, await connect(port, max_pdu_size=ours) as association:
            assert association.negotiated.max_pdu_size == smaller
            assert association.negotiated.remote_max_pdu_size == theirs

    run(main())


@pytest.mark.parametrize("titles", [("", "A"), ("A", ""), ("A" * 17, "A")])
def test_a_configuration_with_wrong_titles(titles):
    with pytest.raises(ValueError, match="AE title"):
        AssociationConfiguration(calling_ae_title=titles[0], called_ae_title=titles[1], host="pacs")


def test_defaults_of_a_configuration():
    # NET-8
    settings = AssociationConfiguration(calling_ae_title="ME ", called_ae_title="PACS", host="pacs")
    assert (settings.port, settings.max_pdu_size, settings.timeout, settings.artim_timeout) == (104, 16384, 30.0, 30.0)
    assert (settings.tls_enabled, settings.user_identity, settings.calling_ae_title) == (False, None, "ME")
    assert settings.implementation_class_uid.startswith("2.25.")
    assert settings.limits == TimeoutConfiguration(operation=120.0)
    with pytest.raises(ValueError, match="port"):
        configuration(70000)
    with pytest.raises(ValueError, match="max_pdu_size"):
        configuration(104, max_pdu_size=4095)
    with pytest.raises(ValueError, match="artim_timeout"):
        AcceptorConfiguration(artim_timeout=0)


@pytest.mark.parametrize(
    "contexts",
    [(), (CONTEXTS[0], CONTEXTS[0]), tuple(PresentationContext(2 * (n % 128) + 1, "1.2", ("1.3",)) for n in range(129))],
    ids=["none", "one twice", "129"],
)
def test_contexts_that_cannot_be_proposed(contexts):
    with pytest.raises(InvalidPresentationContextError):
        run(connect(1, contexts))


def test_128_contexts():
    contexts = [PresentationContext(2 * number + 1, CT, (IMPLICIT,)) for number in range(128)]
    server = Server()

    async def main():
        async with accepting(server.handle) as (port, _), await connect(port, contexts) as association:
            assert len(association.negotiated.accepted) == 128

    run(main())


@pytest.mark.parametrize(
    "answer", [{1: (3, ""), 3: (4, "")}, {}, {1: (0, "1.2.840.10008.1.2.4.50")}], ids=["all", "silence", "not proposed"]
)
def test_no_context_is_accepted(answer):
    # NET-7
    async def script(peer):
        await peer.receive_pdu()
        items = [wire.answered(number, result, syntax.encode()) for number, (result, syntax) in answer.items()]
        await peer.send(wire.associate_ac(*items) if items else wire.associate_ac(wire.answered(99, 3)))
        assert await peer.receive_rest() == wire.abort(0, 0)

    async def main():
        async with listening(script) as port:
            with pytest.raises(NoPresentationContextAcceptedError) as caught:
                await connect(port)
            assert caught.value.abstract_syntaxes == (VERIFICATION, CT)

    run(main())


def test_a_rejection_in_words():
    async def script(peer):
        await peer.receive_pdu()
        await peer.send(wire.associate_rj(1, 1, 7))
        assert await peer.receive_rest() == b""

    async def main():
        async with listening(script) as port:
            with pytest.raises(AssociationRejectedError, match=r"called AE title not recognized .we are 'ME' and called 'PEER'"):
                await connect(port)

    run(main())


def test_nobody_listens():
    async def main():
        async with listening(lambda peer: asyncio.sleep(0)) as port:
            pass
        with pytest.raises(ConnectionFailedError, match=rf"127.0.0.1:{port}: Connection refused"):
            await connect(port)
        with pytest.raises(ConnectionFailedError):
            await Association.connect(
                AssociationConfiguration(calling_ae_title="A", called_ae_title="B", host="a" * 70 + ".invalid", port=104), CONTEXTS
            )

    run(main())


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b"", ConnectionClosedError),
        (AC[:20], ConnectionClosedError),
        (wire.abort(2, 1), AssociationAbortedError),
        (b"HTTP/1.1 400 Bad Request\r\n", InvalidPDUError),
        (wire.p_data(), RemoteProtocolError),
        (wire.RELEASE_RQ, RemoteProtocolError),
        (wire.associate_rq(), RemoteProtocolError),
    ],
    ids=["nothing", "half an answer", "abort", "HTTP", "data", "release", "request"],
)
def test_other_answers_to_a_request(data, error):
    async def script(peer):
        await peer.receive_pdu()
        await peer.send(data)

    async def main():
        async with listening(script) as port:
            with pytest.raises(error) as caught:
                await connect(port)
            assert caught.value.explanation

    run(main())


# Messages.


def chunks_of(data, size):
    return [data[start : start + size] for start in range(0, len(data), size)]


async def asynchronous(chunks):
    for chunk in chunks:
        yield chunk


def one_buffer(chunks):
    """Chunks that all lie in the same buffer, which is filled again for each: as who reads a file does."""
    buffer = bytearray(max(map(len, chunks), default=0))
    for chunk in chunks:
        buffer[: len(chunk)] = chunk
        yield memoryview(buffer)[: len(chunk)]


SOURCES = {
    "bytes": lambda data: (data, None),
    "bytearray": lambda data: (bytearray(data), None),
    "memoryview of shorts": lambda data: (memoryview(data).cast("H"), None),
    "list": lambda data: (chunks_of(data, 5000), None),
    "list with length": lambda data: (chunks_of(data, 5000), len(data)),
    "one buffer": lambda data: (one_buffer(chunks_of(data, 16378)), len(data)),
    "one buffer without length": lambda data: (one_buffer(chunks_of(data, 7000)), None),
    "asynchronous": lambda data: (asynchronous(chunks_of(data, 20000)), len(data)),
    "with empty chunks": lambda data: ([b"", *chunks_of(data, 100_000), b"", b""], None),
}
PATTERN = bytes(range(256)) * 4096 * 4


@pytest.mark.parametrize("source", SOURCES.values(), ids=SOURCES)
def test_data_sets_from_every_kind_of_source(source):
    # NET-11
    server = Server()

    async def main():
        async with accepting(server.handle) as (port, _), await connect(port) as association:
            for length in (0, 2, 16376, 16378, 16380, 40_000, len(PATTERN)):
                data_set, announced = source(PATTERN[:length])
                await association.send_message(3, store_request(association), data_set, data_set_length=announced)
                received = await association.receive_message()
                assert received.message.status == DIMSEStatus.SUCCESS
                assert server.data_sets.pop() == PATTERN[:length]

    run(main())


@pytest.mark.parametrize("maximum", [4096, 16384, 100_000, 0])
@pytest.mark.parametrize("excess", [-2, 0, 2])
def test_no_pdu_is_longer_than_the_peer_wants(maximum, excess):
    # NET-11: data up to the maximum length less 6
    length = 3 * (maximum - 6 if maximum else 1 << 20) + excess
    lengths, controls = [], []

    async def script(peer):
        await peer.receive_pdu()
        await peer.send(wire.associate_ac(wire.answered(1), wire.answered(3), information=wire.item(0x50, wire.maximum_length(maximum))))
        received = b""
        while not received or not controls[-1] & 2 or controls[-1] & 1:
            pdu = await peer.receive_pdu()
            lengths.append(len(pdu) - 6)
            assert int.from_bytes(pdu[6:10], "big") == len(pdu) - 10
            controls.append(pdu[11])
            received += b"" if pdu[11] & 1 else pdu[12:]
        assert received == PATTERN[:length]

    async def main():
        async with listening(script) as port:
            association = await connect(port)
            await association.send_message(3, store_request(association), PATTERN[:length])
            association.close()

    run(main())
    assert controls[0] == 3
    assert controls[1:-1] == [0] * (len(controls) - 2)
    assert controls[-1] == 2
    if maximum:
        assert max(lengths) <= maximum
        assert lengths[1] == maximum
    assert len(lengths) - 1 == (3 if excess <= 0 else 4)


def test_the_command_and_the_first_data_leave_in_one_segment():
    """What a peer with delayed acknowledgements needs: no write that waits for the answer to another."""

    async def script(peer):
        await peer.receive_pdu()
        await peer.send(AC)
        first = await peer.reader.read(1 << 16)
        assert first[0] == 4
        assert b"small data set" in first

    async def main():
        async with listening(script) as port:
            association = await connect(port)
            await association.send_message(3, store_request(association), b"small data set")
            association.close()

    run(main())


@pytest.mark.parametrize(("data_set", "length"), [(b"abcd", 5), ([b"ab", b"cd"], 5), ([b"ab", b"cd"], 3), ([], 2)])
def test_a_data_set_of_another_length(data_set, length):
    async def main():
        async with accepting(lambda sock: aborted(Server().handle(sock))) as (port, _):
            association = await connect(port)
            with pytest.raises(LocalProtocolError, match="bytes"):
                await association.send_message(3, store_request(association), data_set, data_set_length=length)
            assert not association.is_established

    run(main())


async def aborted(coroutine, *errors):
    with pytest.raises(errors or (AssociationAbortedError, ConnectionClosedError)):
        await coroutine


def test_messages_that_cannot_be_sent():
    server = Server()

    async def main():
        async with accepting(server.handle) as (port, _):
            async with await connect(port) as association:
                with pytest.raises(LocalProtocolError, match="presentation context 7"):
                    await association.send_message(7, CEchoRequest(message_id=1))
                await association.send_message(1, CEchoRequest(message_id=1))
                with pytest.raises(LocalProtocolError, match="Message ID"):
                    await association.send_message(1, CEchoRequest(message_id=1))
                await association.receive_message()
                await echo(association)     # the association is none the worse
            with pytest.raises(InvalidStateError):
                await association.send_message(1, CEchoRequest(message_id=1))
            with pytest.raises(InvalidStateError):
                await association.receive_message()

    run(main())


def test_what_is_not_read_of_a_data_set_is_dropped():
    server = Server(keep=False)

    async def main():
        async with accepting(server.handle) as (port, _), await connect(port) as association:
            for _ in range(3):
                await association.send_message(3, store_request(association), PATTERN)
                assert (await association.receive_message()).message.status == DIMSEStatus.SUCCESS

    run(main())


def test_two_tasks_that_send_take_turns():
    server = Server()

    async def main():
        async with accepting(server.handle) as (port, _), await connect(port) as association:
            await asyncio.gather(
                *(association.send_message(3, store_request(association), bytes([number]) * 3_000_000) for number in range(4))
            )
            for _ in range(4):
                await association.receive_message()

    run(main())
    assert [(len(data), len(set(data))) for data in server.data_sets] == [(3_000_000, 1)] * 4


def test_only_one_task_receives():
    async def main():
        async with accepting(lambda sock: aborted(Server().handle(sock))) as (port, _):
            association = await connect(port)
            first = asyncio.create_task(association.receive_message())
            await asyncio.sleep(0)
            for second in (association.receive_message(), association.release()):
                with pytest.raises(InvalidStateError, match="another task"):
                    await second
            first.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await first

    run(main())


def test_a_fast_sender_leaves_others_their_turn():
    """One association moves much data; an echo on another must not wait for its end."""
    server, order = Server(keep=False), []

    async def main():
        async with accepting(server.handle) as (port, _), await connect(port) as busy, await connect(port) as other:

            async def store():
                await busy.send_message(3, store_request(busy), PATTERN * 20)
                await busy.receive_message()
                order.append("store")

            task = asyncio.create_task(store())
            await asyncio.sleep(0)
            await echo(other)
            order.append("echo")
            await task

    run(main())
    assert order == ["echo", "store"]


STORE = CStoreRequest(message_id=1, affected_sop_class_uid=CT, affected_sop_instance_uid="1.2")
FLOODS = {
    "empty fragments of a command": wire.p_data(wire.pdv(b"", 1, 1)) * 20_000,
    "empty fragments of a data set": wire.p_data(wire.pdv(serialize_command(STORE, has_data_set=True), 3, 3))
    + wire.p_data(wire.pdv(b"", 3, 0)) * 20_000,
    "requests": b"".join(
        wire.p_data(wire.pdv(serialize_command(CEchoRequest(message_id=number), has_data_set=False), 1, 3)) for number in range(1, 3_000)
    ),
}


@pytest.mark.parametrize("flood", FLOODS.values(), ids=FLOODS)
def test_a_flood_of_little_things_leaves_others_their_turn(flood):
    """One read brings ten thousands of them: the loop must not be held until all are done."""
    turns = []

    async def handle(sock):
        with contextlib.suppress(AssociationAbortedError, ConnectionClosedError):
            await server.handle(sock)
        turns.append("end of the flood")

    async def other():
        while True:
            turns.append("turn")
            await asyncio.sleep(0)

    async def main():
        async with accepting(handle) as (port, _), calling(port) as peer:
            await peer.send(wire.associate_rq(wire.proposed(1), wire.proposed(3, CT.encode())))
            await peer.receive_pdu()
            await peer.send(flood)
            task = asyncio.create_task(other())
            await peer.send(wire.RELEASE_RQ if flood is FLOODS["requests"] else wire.abort())
            await peer.receive_rest()
            task.cancel()

    server = Server(artim_timeout=0.1)
    run(main())
    assert turns.index("end of the flood") > 40


def test_what_a_writer_reads_early_is_not_lost():
    """A response that comes while a request is still being sent, to one task that sends and then receives, and to two."""

    async def script(peer):
        await peer.receive_pdu()
        await peer.send(AC)
        first = await peer.receive_pdu()
        message, _ = parse_command(first[12:])
        answer = serialize_command(response_to(message, DIMSEStatus.OUT_OF_RESOURCES), has_data_set=False)
        await peer.send(wire.p_data(wire.pdv(answer, 3, 3)))
        peer.writer.transport.pause_reading()
        await asyncio.sleep(0.05)
        peer.writer.transport.resume_reading()
        await peer.receive_rest()

    async def main(at_once):
        async with listening(script) as port:
            association = await connect(port)
            sending = asyncio.create_task(association.send_message(3, store_request(association), PATTERN * 4))
            if at_once:
                await asyncio.sleep(0.01)
            else:
                await sending
            received = await association.receive_message(timeout=5.0)
            assert received.message.status == DIMSEStatus.OUT_OF_RESOURCES
            await sending
            association.close()

    run(main(False))
    run(main(True))


def test_a_peer_that_does_not_read_holds_back_the_source():
    # Backpressure: what is asked for from the source is what the kernel took, not more.
    asked = []

    def source():
        for number in range(256):
            asked.append(number)
            yield bytes(1 << 20)

    async def main():
        async with accepting(silent_acceptor) as (port, tasks):
            limits = TimeoutConfiguration(write=0.2)
            association = await connect(port, timeouts=limits)
            with pytest.raises(TimeoutError, match=r"Write timeout after 0\.2s during C-STORE"), association.operation("C-STORE"):
                await association.send_message(3, store_request(association), source(), data_set_length=256 << 20)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            tasks.clear()

    run(main())
    assert len(asked) < 32


async def silent_acceptor(sock):
    """Accepts an association and never reads again."""
    association = await Association.receive(sock, AcceptorConfiguration())
    try:
        await association.accept(select_contexts(association.request.presentation_contexts, SUPPORTED))
        await asyncio.Event().wait()
    finally:
        association.close()


# Ending.


def test_the_peer_releases():
    async def script(peer):
        await peer.receive_pdu()
        await peer.send(AC + wire.RELEASE_RQ)
        assert await peer.receive_pdu() == wire.RELEASE_RP

    async def main():
        async with listening(script) as port, await connect(port) as association:
            assert await association.receive_message() is None
            assert not association.is_established

    run(main())


def test_the_peer_releases_instead_of_answering():
    async def script(peer):
        await peer.receive_pdu()
        await peer.send(AC)
        await peer.receive_pdu()
        await peer.send(wire.RELEASE_RQ)
        assert await peer.receive_pdu() == wire.RELEASE_RP

    async def main():
        async with listening(script) as port, await connect(port) as association:
            await association.send_message(1, CEchoRequest(message_id=1))
            with pytest.raises(ConnectionClosedError, match="released the association before it answered"):
                await association.receive_message()

    run(main())


@pytest.mark.parametrize(
    ("answers", "rest"),
    [
        ([wire.RELEASE_RP], b""),
        ([], b""),
        ([wire.p_data(wire.pdv(b"late", 1, 0)) + wire.RELEASE_RP], b""),
        ([wire.RELEASE_RQ, wire.RELEASE_RP], wire.RELEASE_RP),
    ],
    ids=["answer", "close", "late data", "collision"],
)
def test_releases_that_end_well(answers, rest):
    sent = []

    async def script(peer):
        await peer.receive_pdu()
        await peer.send(AC)
        assert await peer.receive_pdu() == wire.RELEASE_RQ
        for number, answer in enumerate(answers):
            if number:
                sent.append(await peer.receive_pdu())
            await peer.send(answer)

    async def main():
        async with listening(script) as port:
            association = await connect(port)
            await association.release()
            assert not association.is_established

    run(main())
    assert b"".join(sent) == rest


@pytest.mark.parametrize("is_reset", [True, False], ids=["reset", "close"])
def test_a_release_after_the_peer_has_gone_ends_well(is_reset):
    async def script(peer):
        await peer.receive_pdu()
        await peer.send(AC)
        if is_reset:
            await asyncio.sleep(0.01)
            peer.reset()

    async def main():
        async with listening(script) as port:
            association = await connect(port)
            await asyncio.sleep(0.03)
            await association.release()
            assert not association.is_established

    run(main())


def test_both_sides_release_at_once():
    async def handle(sock):
        association = await Association.receive(sock, AcceptorConfiguration())
        await association.accept(select_contexts(association.request.presentation_contexts, SUPPORTED))
        await association.release()
        assert not association.is_established

    async def main():
        async with accepting(handle) as (port, _):
            association = await connect(port)
            await association.release()
            assert not association.is_established

    run(main())


@pytest.mark.parametrize("answer", [wire.abort(2, 0), wire.associate_rq(), b"junk!!"], ids=["abort", "request", "junk"])
def test_releases_that_do_not(answer):
    async def script(peer):
        await peer.receive_pdu()
        await peer.send(AC)
        await peer.receive_pdu()
        await peer.send(answer)

    async def main():
        async with listening(script) as port:
            association = await connect(port)
            with pytest.raises((AssociationAbortedError, RemoteProtocolError)):
                await association.release()

    run(main())


@pytest.mark.parametrize(
    ("data", "error", "answer"),
    [
        (wire.abort(0, 0), AssociationAbortedError, b""),
        (b"", ConnectionClosedError, b""),
        (b"junk junk", InvalidPDUError, wire.abort(2, 1)),
        (wire.p_data(wire.pdv(b"x", 5, 3)), InvalidPDUError, wire.abort(2, 6)),
        (wire.p_data(wire.pdv(b"not a command", 1, 3)), RemoteProtocolError, wire.abort(0, 0)),
        (wire.p_data(wire.pdv(b"nobody announced it", 1, 2)), RemoteProtocolError, wire.abort(0, 0)),
        (b"\4\0\xff\xff\xff\xff", RemoteProtocolError, wire.abort(2, 6)),
        (wire.associate_ac(), RemoteProtocolError, wire.abort(2, 2)),
    ],
    ids=["abort", "close", "junk", "context", "command", "data set", "4 GB", "unexpected"],
)
def test_what_a_peer_may_do_instead_of_a_response(data, error, answer):
    async def script(peer):
        await peer.receive_pdu()
        await peer.send(AC)
        await peer.receive_pdu()
        await peer.send(data)
        if data:
            assert await peer.receive_rest() == answer

    async def main():
        async with listening(script) as port:
            association = await connect(port)
            await association.send_message(1, CEchoRequest(message_id=1))
            with pytest.raises(error):
                await association.receive_message()
            assert not association.is_established

    run(main())


def test_a_connection_that_is_reset():
    async def script(peer):
        await peer.receive_pdu()
        await peer.send(AC)
        await peer.receive_pdu()
        peer.reset()

    async def main():
        async with listening(script) as port:
            association = await connect(port)
            await association.send_message(1, CEchoRequest(message_id=1))
            with pytest.raises(ConnectionClosedError, match="reset"):
                await association.receive_message()

    run(main())


@pytest.mark.parametrize("ending", ["abort", "abort and stay", "reset", "close"])
def test_a_peer_that_ends_while_we_send_is_noticed_at_once(ending):
    async def script(peer):
        await peer.receive_pdu()
        await peer.send(AC)
        await peer.receive_pdu()
        if ending == "reset":
            peer.reset()
        elif ending != "close":
            await peer.send(wire.abort(2, 0))
        if ending == "abort and stay":
            peer.writer.transport.pause_reading()
            with contextlib.suppress(ConnectionError):
                await peer.writer.drain()
            await stays.wait()

    async def main():
        async with listening(script) as port:
            association = await connect(port)
            expected = AssociationAbortedError if "abort" in ending else ConnectionClosedError
            with pytest.raises(expected if ending != "abort" else (AssociationAbortedError, ConnectionClosedError)):
                await association.send_message(3, store_request(association), PATTERN * 40)
            stays.set()

    stays = asyncio.Event()
    run(main())


def test_our_own_abort():
    async def script(peer):
        await peer.receive_pdu()
        await peer.send(AC)
        assert await peer.receive_rest() == wire.abort(0, 0)

    async def main():
        async with listening(script) as port:
            association = await connect(port)
            await association.abort()
            await association.abort()
            assert not association.is_established

    run(main())


def test_an_exception_in_the_block_aborts():
    async def script(peer):
        await peer.receive_pdu()
        await peer.send(AC)
        assert await peer.receive_rest() == wire.abort(0, 0)

    async def main():
        async with listening(script) as port:
            with pytest.raises(KeyError):
                async with await connect(port):
                    raise KeyError
            await asyncio.sleep(0)

    run(main())


# The accepting side.


def test_a_silent_client_is_dropped_and_told():
    # NET-10
    async def handle(sock):
        await aborted(Association.receive(sock, AcceptorConfiguration(artim_timeout=0.05)), ARTIMTimerExpiredError)

    async def main():
        for data in (b"", wire.associate_rq()[:50]):
            async with accepting(handle) as (port, _), calling(port) as peer:
                await peer.send(data)
                assert await peer.receive_rest() == wire.abort(2, 0)

    run(main())


@pytest.mark.parametrize(
    ("data", "error", "answer"),
    [
        (b"GET / HTTP/1.0\r\n\r\n", InvalidPDUError, wire.abort(0, 0)),
        (wire.p_data(), RemoteProtocolError, wire.abort(0, 0)),
        (wire.abort(), AssociationAbortedError, b""),
        (wire.associate_rq(wire.proposed(2)), InvalidPDUError, wire.abort(0, 0)),
        (wire.associate_rq(version=2), AssociationRejectedError, wire.associate_rj(1, 2, 2)),
    ],
    ids=["HTTP", "data", "abort", "wrong request", "version"],
)
def test_what_may_come_instead_of_a_request(data, error, answer):
    async def main():
        receive = Association.receive
        async with accepting(lambda sock: aborted(receive(sock, AcceptorConfiguration()), error)) as (port, _), calling(port) as peer:
            await peer.send(data)
            assert await peer.receive_pdu() == answer if answer else not await peer.receive_rest()

    run(main())


def test_a_client_that_connects_and_closes():
    async def main():
        handle = Association.receive
        closed = ConnectionClosedError
        async with accepting(lambda sock: aborted(handle(sock, AcceptorConfiguration()), closed)) as (port, _), calling(port):
            pass

    run(main())


def test_a_rejection_of_ours():
    async def handle(sock):
        association = await Association.receive(sock, AcceptorConfiguration())
        await association.reject(2, 3, 2)
        assert not association.is_established

    async def main():
        async with accepting(handle) as (port, _):
            with pytest.raises(AssociationRejectedError, match="local limit exceeded") as caught:
                await connect(port)
            assert caught.value.is_retryable

    run(main())


def test_an_association_that_is_not_accepted_yet():
    async def handle(sock):
        association = await Association.receive(sock, AcceptorConfiguration())
        with pytest.raises(InvalidStateError):
            _ = association.negotiated
        with pytest.raises(InvalidStateError):
            await association.send_message(1, CEchoRequest(message_id=1))
        association.close()

    async def main():
        async with accepting(handle) as (port, _):
            with pytest.raises((AssociationAbortedError, ConnectionClosedError)):
                await connect(port)

    run(main())
