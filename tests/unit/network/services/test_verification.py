from __future__ import annotations

import asyncio
import inspect
import socket
import time
from typing import Any

import pytest

from dicomkit.network.association import Association
from dicomkit.network.dimse import CEchoRequest, CFindResponse, DIMSEStatus, Message
from dicomkit.network.errors import (
    AssociationAbortedError,
    ConnectionClosedError,
    ConnectionFailedError,
    InvalidAETitleError,
    NoPresentationContextAcceptedError,
    RemoteProtocolError,
    SOPClassNotSupportedError,
)
from dicomkit.network.services.configuration import VerificationConfiguration
from dicomkit.network.services.verification import DICOMVerificationService, VerificationResult
from dicomkit.network.ul import PresentationContext
from tests.unit.network.services.scripted_peer import CT, EXPLICIT, IMPLICIT, ScriptedPeer

VERIFICATION = "1.2.840.10008.1.1"


def at(peer: ScriptedPeer) -> dict[str, Any]:
    where = peer.where
    return {"host": where.pop("to"), **where}


async def test_echo_1_a_peer_that_answers() -> None:
    async with ScriptedPeer() as peer:
        assert await DICOMVerificationService.verify(**at(peer)) is True
    assert peer.proposals == [[(VERIFICATION, (EXPLICIT, IMPLICIT))]]
    assert (peer.requests[0].calling_ae_title, peer.requests[0].called_ae_title) == ("ME", "PEER")
    assert isinstance(peer.messages[0], CEchoRequest)
    assert peer.ends == ["released"]


def test_echo_1_defaults() -> None:
    parameters = inspect.signature(DICOMVerificationService.verify).parameters
    assert parameters["port"].default == 104
    assert VerificationConfiguration(calling_ae_title="A", called_ae_title="B").timeout == 30.0


async def test_echo_2_the_result() -> None:
    async with ScriptedPeer() as peer:
        started = time.perf_counter()
        result = await DICOMVerificationService.echo(**at(peer))
        elapsed = time.perf_counter() - started
    assert result == VerificationResult(DIMSEStatus.SUCCESS, result.round_trip_time, "PEER")
    assert result.success
    assert 0 < result.round_trip_time < elapsed


async def test_a_peer_that_refuses_the_echo() -> None:
    async with ScriptedPeer(status=lambda number: 0x0122) as peer:
        result = await DICOMVerificationService.echo(**at(peer))
        assert await DICOMVerificationService.verify(**at(peer)) is False
    assert (result.success, result.status) == (False, 0x0122)


async def test_a_peer_without_verification() -> None:
    async with ScriptedPeer({CT: (EXPLICIT,)}) as peer:
        with pytest.raises(NoPresentationContextAcceptedError):
            await DICOMVerificationService.verify(**at(peer))


async def test_no_peer() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(ConnectionFailedError):
        await DICOMVerificationService.verify(host="127.0.0.1", port=port, calling_ae="ME", called_ae="PEER")


async def test_several_echoes_over_one_association() -> None:
    async with ScriptedPeer() as peer:
        where = peer.where
        settings = VerificationConfiguration(calling_ae_title="ME", called_ae_title="PEER")
        contexts = (PresentationContext(1, VERIFICATION, (IMPLICIT,)),)
        async with await Association.connect(settings.association_with(where["to"], where["port"]), contexts) as association:
            for _ in range(3):
                assert (await DICOMVerificationService.echo_over(association)).success
    assert len(peer.requests) == 1
    assert [message.message_id for message in peer.messages if isinstance(message, CEchoRequest)] == [1, 2, 3]


async def test_an_association_without_verification() -> None:
    async with ScriptedPeer() as peer:
        where = peer.where
        settings = VerificationConfiguration(calling_ae_title="ME", called_ae_title="PEER")
        contexts = (PresentationContext(1, CT, (IMPLICIT,)),)
        async with await Association.connect(settings.association_with(where["to"], where["port"]), contexts) as association:
            with pytest.raises(SOPClassNotSupportedError):
                await DICOMVerificationService.echo_over(association)


async def test_titles_are_needed_and_checked() -> None:
    with pytest.raises(TypeError, match="calling_ae and called_ae"):
        await DICOMVerificationService.verify(host="127.0.0.1", calling_ae="ME")
    with pytest.raises(InvalidAETitleError):
        await DICOMVerificationService.verify(host="127.0.0.1", calling_ae="ME", called_ae="A" * 17)


def test_what_is_given_beside_a_configuration_counts() -> None:
    configuration = VerificationConfiguration(calling_ae_title="A", called_ae_title="B", timeout=5.0, max_pdu_size=32768)
    merged = VerificationConfiguration.with_arguments(configuration, None, "C", timeout=None)
    assert (merged.calling_ae_title, merged.called_ae_title, merged.timeout, merged.max_pdu_size) == ("A", "C", 5.0, 32768)
    assert VerificationConfiguration.with_arguments(configuration, None, None) is configuration


async def release(peer: ScriptedPeer, association: Association, context_id: int, message: Message) -> None:
    await association.release()


async def abort(peer: ScriptedPeer, association: Association, context_id: int, message: Message) -> None:
    await association.abort()


async def hang_up(peer: ScriptedPeer, association: Association, context_id: int, message: Message) -> None:
    association._connection.transport.close()


@pytest.mark.parametrize(
    ("answer", "error"), [(release, ConnectionClosedError), (abort, AssociationAbortedError), (hang_up, ConnectionClosedError)]
)
async def test_an_association_that_ends_instead_of_an_answer(answer: Any, error: type[Exception]) -> None:
    async with ScriptedPeer(answer=answer) as peer:
        with pytest.raises(error):
            await DICOMVerificationService.verify(**at(peer))


async def test_a_request_of_the_peer_is_refused_and_the_answer_still_awaited() -> None:
    async def ask_back(peer: ScriptedPeer, association: Association, context_id: int, message: Message) -> None:
        await association.send_message(context_id, CEchoRequest(message_id=9))
        received = await association.receive_message()
        assert received is not None
        statuses.append(received.message.status)  # type: ignore[union-attr]
        assert isinstance(message, CEchoRequest)
        await peer.respond(association, context_id, message, 0)

    statuses: list[DIMSEStatus] = []

    async with ScriptedPeer(answer=ask_back) as peer:
        assert await DICOMVerificationService.verify(**at(peer))
    assert statuses == [DIMSEStatus.UNRECOGNIZED_OPERATION]


async def test_a_response_of_another_kind() -> None:
    async def answer_a_find(peer: ScriptedPeer, association: Association, context_id: int, message: Message) -> None:
        await association.send_message(context_id, CFindResponse(message_id_being_responded_to=1, status=DIMSEStatus.SUCCESS))

    async with ScriptedPeer(answer=answer_a_find) as peer:
        with pytest.raises(RemoteProtocolError, match="C_FIND_RSP"):
            await DICOMVerificationService.verify(**at(peer))
    assert peer.ends == ["AssociationAbortedError"]


async def test_a_pending_status_is_not_the_answer() -> None:
    """C-ECHO and C-STORE have none; a peer that sends one all the same ends with another, which is not to be taken for the next answer."""

    async def twice(peer: ScriptedPeer, association: Association, context_id: int, message: Message) -> None:
        assert isinstance(message, CEchoRequest)
        await peer.respond(association, context_id, message, 0xFF00)
        await peer.respond(association, context_id, message, 0x0110)

    async with ScriptedPeer(answer=twice) as peer:
        assert (await DICOMVerificationService.echo(**at(peer))).status == 0x0110


async def test_a_cancelled_echo_leaves_nothing() -> None:
    asked = asyncio.Event()

    async def never(peer: ScriptedPeer, association: Association, context_id: int, message: Message) -> None:
        asked.set()

    async with ScriptedPeer(answer=never) as peer:
        task = asyncio.create_task(DICOMVerificationService.verify(**at(peer)))
        await asked.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert peer.ends == ["AssociationAbortedError"]
