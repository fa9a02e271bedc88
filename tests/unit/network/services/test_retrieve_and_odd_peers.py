"""What C-MOVE and C-GET make of peers that go away, say what they should not, or say nothing."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest

from dicomkit.network.dimse import (
    CEchoRequest,
    CEchoResponse,
    CFindResponse,
    CGetResponse,
    CMoveResponse,
    CStoreRequest,
    CStoreResponse,
    DIMSEStatus,
    Response,
    response_to,
)
from dicomkit.network.dimse.command_set import serialize_command
from dicomkit.network.errors import (
    AssociationAbortedError,
    AssociationRejectedError,
    ConnectionClosedError,
    ConnectionFailedError,
    DICOMNetworkError,
    OperationTimeoutError,
    RemoteProtocolError,
)
from dicomkit.network.services.retrieve import DICOMRetrieveService
from dicomkit.network.services.retrieve_events import RetrieveCompleted, RetrieveEvent, RetrieveFailed, RetrieveProgress, RetrieveProgressed
from dicomkit.network.services.retrieve_keys import RetrieveKeys
from dicomkit.network.services.storage_handler import DefaultStorageHandler
from dicomkit.network.timeouts import TimeoutConfiguration, TimeoutType
from tests.protocol import wire
from tests.unit.network.running import Peer, listening
from tests.unit.network.services.queries import watched
from tests.unit.network.services.retrieve_peers import (
    PENDING,
    RetrievedPeer,
    Step,
    Talk,
    abort,
    all_of,
    as_instances,
    configured,
    final,
    hang_up,
    instance,
    pending,
    release,
    sending,
    sending_half,
    silence,
)
from tests.unit.network.services.scripted_peer import CT

STUDY = RetrieveKeys.for_study("1.2")
BOTH = ["move", "get"]
FIRST, LONG = instance(1), instance(2, size=3_000_000)


def retrieving(name: str, where: dict[str, Any], **settings: Any) -> AsyncGenerator[RetrieveEvent, None]:
    if name == "move":
        settings["move_destination"] = "THIRD"
    service: Any = getattr(DICOMRetrieveService, name)
    events: AsyncGenerator[RetrieveEvent, None] = service(STUDY, **where, **settings)
    return events


async def failure_of(events: AsyncGenerator[RetrieveEvent, None]) -> tuple[list[RetrieveEvent], DICOMNetworkError]:
    """What came before the failure that ends it, and the failure."""
    *before, last = await all_of(events)
    assert isinstance(last, RetrieveFailed)
    assert last.result is None
    return before, last.error


GONE = [(abort, AssociationAbortedError), (hang_up, ConnectionClosedError), (release, ConnectionClosedError)]


@pytest.mark.parametrize("name", BOTH)
@pytest.mark.parametrize(("leave", "error"), GONE)
@pytest.mark.parametrize("steps", [(), (pending(1, 0, 0, 0),)])
@watched
async def test_a_peer_that_goes_away_between_messages(name: str, leave: Step, error: type[Exception], steps: tuple[Step, ...]) -> None:
    async with RetrievedPeer(*steps, leave) as peer:
        before, failure = await failure_of(retrieving(name, peer.address))
    assert type(failure) is error
    assert before == [RetrieveProgressed(RetrieveProgress(1)) for _ in steps]


@pytest.mark.parametrize("error", [AssociationAbortedError, ConnectionClosedError])
@watched
async def test_move_raises_what_the_events_tell(error: type[Exception]) -> None:
    async with RetrievedPeer(abort if error is AssociationAbortedError else hang_up) as peer:
        with pytest.raises(error):
            await DICOMRetrieveService.move_study(**peer.address, study_instance_uid="1.2", move_destination="T")


@pytest.mark.parametrize("is_written", [False, True])
@pytest.mark.parametrize(("leave", "error"), [*GONE[:2], (release, RemoteProtocolError)])
@watched
async def test_a_peer_that_goes_away_in_an_instance(leave: Step, error: type[Exception], is_written: bool, tmp_path: Path) -> None:
    """What came before is kept, and nothing of what did not come as a whole."""
    handler = DefaultStorageHandler(tmp_path) if is_written else None
    async with RetrievedPeer(sending(FIRST), sending_half(LONG, leave)) as peer:
        before, failure = await failure_of(retrieving("get", peer.address, handler=handler))
        assert as_instances(before) == [FIRST]
    assert isinstance(failure, error)
    assert [path.name for path in tmp_path.iterdir()] == (["1.2.3.1.dcm"] if is_written else [])
    assert peer.statuses == [0]


@pytest.mark.parametrize("is_written", [False, True])
@watched
async def test_another_message_in_an_instance(is_written: bool, tmp_path: Path) -> None:
    async def ask(talk: Talk) -> None:
        await talk.send_raw(talk.context_for(LONG), serialize_command(CEchoRequest(message_id=7), has_data_set=False))
        await silence(talk)

    handler = DefaultStorageHandler(tmp_path) if is_written else None
    async with RetrievedPeer(sending_half(LONG, ask)) as peer:
        before, failure = await failure_of(retrieving("get", peer.address, handler=handler))
    assert before == []
    assert isinstance(failure, RemoteProtocolError)
    assert peer.ends[0] == "AssociationAbortedError"
    assert list(tmp_path.iterdir()) == []


LIMITS = [({"read": 0.2}, TimeoutType.READ), ({"operation": 0.2}, TimeoutType.OPERATION)]


@pytest.mark.parametrize("name", BOTH)
@pytest.mark.parametrize(("limits", "kind"), LIMITS)
@pytest.mark.parametrize("steps", [(), (pending(1, 0, 0, 0),)])
@watched
async def test_a_peer_that_says_nothing_more(name: str, limits: dict[str, float], kind: TimeoutType, steps: tuple[Step, ...]) -> None:
    settings = configured(timeouts=TimeoutConfiguration(**limits))
    async with RetrievedPeer(*steps, silence) as peer:
        before, failure = await failure_of(retrieving(name, peer.address, configuration=settings))
    assert len(before) == len(steps)
    assert isinstance(failure, OperationTimeoutError)
    assert (failure.type, failure.operation) == (kind, "C-MOVE" if name == "move" else "C-GET")
    assert peer.ends[0] == "AssociationAbortedError"


@pytest.mark.parametrize(("limits", "kind"), LIMITS)
@pytest.mark.parametrize("is_written", [False, True])
@watched
async def test_a_peer_that_stops_in_an_instance(limits: dict[str, float], kind: TimeoutType, is_written: bool, tmp_path: Path) -> None:
    settings = configured(timeouts=TimeoutConfiguration(**limits))
    handler = DefaultStorageHandler(tmp_path) if is_written else None
    async with RetrievedPeer(sending_half(LONG, silence)) as peer:
        _, failure = await failure_of(retrieving("get", peer.address, configuration=settings, handler=handler))
    assert isinstance(failure, OperationTimeoutError)
    assert failure.type is kind
    assert list(tmp_path.iterdir()) == []


# Requests of the peer that are none of its business, and what they are answered with.
@pytest.mark.parametrize("name", BOTH)
@watched
async def test_requests_that_nobody_serves_are_refused(name: str) -> None:
    answers: list[object] = []

    async def ask(talk: Talk) -> None:
        answers.append(await talk.ask(talk.context_id, CEchoRequest(message_id=9)))

    async def store(talk: Talk) -> None:
        request = CStoreRequest(message_id=10, affected_sop_class_uid=CT, affected_sop_instance_uid="1.2.3.1")
        answers.append(await talk.ask(talk.context_id, request, bytes(100_000)))

    async with RetrievedPeer(ask, *([store] if name == "move" else []), final()) as peer:
        [event] = await all_of(retrieving(name, peer.address))
    assert isinstance(event, RetrieveCompleted)
    assert answers[0] == CEchoResponse(
        message_id_being_responded_to=9, status=DIMSEStatus.UNRECOGNIZED_OPERATION, affected_sop_class_uid="1.2.840.10008.1.1"
    )
    if name == "move":
        assert isinstance(answers[1], CStoreResponse)
        assert answers[1].status == DIMSEStatus.UNRECOGNIZED_OPERATION
    assert peer.ends == ["released"]


@pytest.mark.parametrize("name", BOTH)
@pytest.mark.parametrize("kind", [CMoveResponse, CGetResponse, CFindResponse, CStoreResponse, CEchoResponse])
@pytest.mark.parametrize("status", [PENDING, 0])
@watched
async def test_a_response_of_another_kind(name: str, kind: type[Response], status: int) -> None:
    if kind is (CMoveResponse if name == "move" else CGetResponse):
        return

    async def answer(talk: Talk) -> None:
        await talk.association.send_message(talk.context_id, kind(message_id_being_responded_to=1, status=DIMSEStatus(status)))
        await silence(talk)

    async with RetrievedPeer(answer) as peer:
        before, failure = await failure_of(retrieving(name, peer.address))
    assert before == []
    assert type(failure) is RemoteProtocolError
    assert peer.ends[0] == "AssociationAbortedError"


@pytest.mark.parametrize("name", BOTH)
@watched
async def test_a_response_to_what_was_not_asked(name: str) -> None:
    async def answer(talk: Talk) -> None:
        stray = response_to(talk.request, 0, message_id_being_responded_to=77)
        await talk.send_raw(talk.context_id, serialize_command(stray, has_data_set=False))
        await silence(talk)

    async with RetrievedPeer(answer) as peer:
        _, failure = await failure_of(retrieving(name, peer.address))
    assert isinstance(failure, RemoteProtocolError)
    assert peer.ends[0] == "AssociationAbortedError"


@watched
async def test_an_instance_on_a_context_that_was_not_accepted() -> None:
    async def send(talk: Talk) -> None:
        request = CStoreRequest(message_id=1, affected_sop_class_uid=CT, affected_sop_instance_uid="1.2.3.1")
        await talk.send_raw(255, serialize_command(request, has_data_set=True))
        await silence(talk)

    async with RetrievedPeer(send) as peer:
        before, failure = await failure_of(retrieving("get", peer.address))
    assert before == []
    assert isinstance(failure, RemoteProtocolError)
    assert "presentation context 255, which was not accepted" in str(failure)
    assert peer.ends[0] == "AssociationAbortedError"


@watched
async def test_an_instance_without_a_data_set() -> None:
    async def send(talk: Talk) -> None:
        request = CStoreRequest(message_id=1, affected_sop_class_uid=CT, affected_sop_instance_uid="1.2.3.1")
        answer = await talk.ask(talk.context_for(FIRST), request)
        assert isinstance(answer, CStoreResponse)
        talk.peer.answers.append(answer)

    async with RetrievedPeer(send, sending(FIRST), final()) as peer:
        events = await all_of(retrieving("get", peer.address))
    assert [type(event).__name__ for event in events] == ["InstanceNotRetrieved", "InstanceRetrieved", "RetrieveCompleted"]
    assert peer.statuses == [0xC000, 0]


@pytest.mark.parametrize("name", BOTH)
@watched
async def test_an_association_that_is_rejected(name: str) -> None:
    async def script(peer: Peer) -> None:
        await peer.receive_pdu()
        await peer.send(wire.associate_rj(1, 1, 7))
        await peer.receive_rest()

    async with listening(script) as port:
        where = {"host": "127.0.0.1", "port": port, "calling_ae": "ME", "called_ae": "PEER"}
        before, failure = await failure_of(retrieving(name, where))
        with pytest.raises(AssociationRejectedError):
            await DICOMRetrieveService.move_study(**where, study_instance_uid="1", move_destination="T")
    assert before == []
    assert isinstance(failure, AssociationRejectedError)
    assert (failure.result, failure.source, failure.reason) == (1, 1, 7)


@pytest.mark.parametrize("name", BOTH)
@watched
async def test_nobody_there(name: str) -> None:
    async with listening(None) as port:
        pass
    where = {"host": "127.0.0.1", "port": port, "calling_ae": "ME", "called_ae": "PEER"}
    _, failure = await failure_of(retrieving(name, where))
    assert isinstance(failure, ConnectionFailedError)
    with pytest.raises(ConnectionFailedError):
        await DICOMRetrieveService.move_study(**where, study_instance_uid="1", move_destination="T")


@pytest.mark.parametrize("name", BOTH)
@pytest.mark.parametrize("leave", [abort, hang_up])
@watched
async def test_a_peer_that_goes_away_at_the_end(name: str, leave: Step) -> None:
    """Everything was answered."""
    async with RetrievedPeer(final(0, None, 1, 0, 0), leave) as peer:
        [event] = await all_of(retrieving(name, peer.address))
    assert isinstance(event, RetrieveCompleted)
    assert event.result.progress == RetrieveProgress(completed=1)
