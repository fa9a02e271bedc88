"""Queries of peers that end too early, say something else, or nothing: what was found before is given, and nothing is left open."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from dicomkit.network.association import Association
from dicomkit.network.dimse import CEchoRequest, CEchoResponse, CFindRequest, CFindResponse, DIMSEStatus, Message, response_to
from dicomkit.network.errors import (
    AssociationAbortedError,
    ConnectionClosedError,
    DICOMNetworkError,
    NetworkDecodingError,
    OperationTimeoutError,
    RemoteProtocolError,
)
from dicomkit.network.services import identifiers
from dicomkit.network.services.configuration import QueryConfiguration
from dicomkit.network.services.information_model import QueryLevel
from dicomkit.network.services.query import DICOMQueryService
from dicomkit.network.services.query_keys import QueryKeys
from dicomkit.network.services.query_results import QueryResult
from dicomkit.network.timeouts import TimeoutConfiguration, TimeoutType
from dicomkit.testing import Attribute, data_set, element
from tests.unit.network.services.queries import STUDY_ROOT, FindingPeer, collect, finding, studies, study, tell, uids, watched
from tests.unit.network.services.scripted_peer import EXPLICIT, IMPLICIT, Answer, ScriptedPeer

ALL_STUDIES = QueryKeys(QueryLevel.STUDY)
SECRET: Attribute = (0x00100010, "PN", "Secret^Name")
find, stream, stream_over = DICOMQueryService.find, DICOMQueryService.stream, DICOMQueryService.stream_over


def saying(what: str) -> Answer:
    """Tell one match, and then something else than the next."""

    async def unfinished() -> AsyncIterator[bytes]:
        yield data_set([SECRET]) + bytes(8)
        raise ConnectionClosedError("in the middle of an Identifier")

    async def answer(peer: ScriptedPeer, association: Association, context_id: int, message: Message) -> None:
        assert isinstance(message, CFindRequest)
        pending = response_to(message, DIMSEStatus.PENDING)
        await tell(association, context_id, message, study(1))
        match what:
            case "abort":
                await association.abort()
            case "hang up":
                association._connection.transport.close()
            case "release":
                await association.release()
            case "no Identifier":
                await tell(association, context_id, message, None)
            case "half an Identifier":
                await association.send_message(context_id, pending, unfinished(), data_set_length=1 << 16)
            case "another response":
                association._session._peer_outstanding.add(message.message_id)
                other = CEchoResponse(message_id_being_responded_to=message.message_id, status=DIMSEStatus.SUCCESS)
                await association.send_message(context_id, other)
            case "another Message ID":
                association._session._peer_outstanding.add(77)
                other_id = CFindResponse(message_id_being_responded_to=77, status=DIMSEStatus.SUCCESS)
                await association.send_message(context_id, other_id)

    return answer


@pytest.mark.parametrize(
    ("what", "error", "words"),
    [
        ("abort", AssociationAbortedError, "aborted by the peer's"),
        ("hang up", ConnectionClosedError, "closed"),
        ("release", ConnectionClosedError, "released"),
        ("no Identifier", RemoteProtocolError, "a match without an Identifier"),
        ("half an Identifier", AssociationAbortedError, "aborted by the peer's"),
        ("another response", RemoteProtocolError, "C_ECHO_RSP"),
        ("another Message ID", RemoteProtocolError, "77"),
    ],
)
@watched
async def test_find_14_something_else_than_the_next_match(what: str, error: type[DICOMNetworkError], words: str) -> None:
    found: list[QueryResult] = []
    async with FindingPeer(saying(what)) as peer:
        with pytest.raises(error, match=words):
            await collect(stream(ALL_STUDIES, **peer.address), found.append)
        with pytest.raises(error):
            await find(ALL_STUDIES, **peer.address)
    assert uids(found) == studies(1)
    assert peer.kinds == ["CFindRequest"] * 2  # there is nobody to cancel it with
    if error is RemoteProtocolError:
        assert peer.ends == ["AssociationAbortedError"] * 2


DEEP: Any = [SECRET]
for _ in range(65):
    DEEP = [(0x00081032, "SQ", [DEEP])]


@pytest.mark.parametrize(
    "encoded",
    [
        data_set([SECRET, *study(1)])[:-3],
        data_set([SECRET])[:12],
        element(0x00100010, "PN", "Secret^", length=5000),
        b"Secret^Name and other text",
        b"\xff" * 40,
        data_set(DEEP),
    ],
    ids=["cut in a value", "cut in a header", "a length that lies", "text", "no tags", "too deep"],
)
@watched
async def test_an_identifier_that_cannot_be_read(encoded: bytes) -> None:
    found: list[QueryResult] = []
    async with FindingPeer(finding(study(1), encoded, study(2))) as peer, await peer.associated() as association:
        with pytest.raises(NetworkDecodingError, match="an Identifier cannot be read: ") as caught:
            await collect(stream_over(association, ALL_STUDIES), found.append)
        assert not association.is_established
    assert "Secret" not in str(caught.value)
    assert uids(found) == studies(1)
    assert peer.ends == ["AssociationAbortedError"]


@pytest.mark.parametrize("agreed", [EXPLICIT, IMPLICIT])
@watched
async def test_an_identifier_in_the_other_encoding_is_read(agreed: str) -> None:
    other = data_set(study(1), implicit=agreed == EXPLICIT)
    async with FindingPeer(finding(other), {STUDY_ROOT: (agreed,)}) as peer:
        assert uids(await find(ALL_STUDIES, **peer.address)) == studies(1)


@watched
async def test_an_empty_identifier() -> None:
    async with FindingPeer(finding(b"", study(1))) as peer:
        assert [len(result.attributes) for result in await find(ALL_STUDIES, **peer.address)] == [0, 3]


@pytest.mark.parametrize("excess", [0, 2])
@watched
async def test_how_long_an_identifier_can_be(monkeypatch: pytest.MonkeyPatch, excess: int) -> None:
    limit = 1 << 17  # some PDUs, of 16 KiB
    monkeypatch.setattr(identifiers, "MAXIMUM_IDENTIFIER_LENGTH", limit)
    header = len(element(0x0040A160, "UT", b""))
    long = data_set([(0x0040A160, "UT", "x" * (limit + excess - header))])
    async with FindingPeer(finding(long)) as peer:
        if excess:
            with pytest.raises(RemoteProtocolError, match=f"more than {limit:,} bytes"):
                await find(ALL_STUDIES, **peer.address)
        else:
            (result,) = await find(ALL_STUDIES, **peer.address)
            assert len(result.string("TextValue") or "") == limit - header
    assert peer.ends == ["AssociationAbortedError" if excess else "released"]


@watched
async def test_a_final_status_with_a_data_set() -> None:
    async def answer(peer: ScriptedPeer, association: Association, context_id: int, message: Message) -> None:
        assert isinstance(message, CFindRequest)
        await tell(association, context_id, message, study(1))
        await tell(association, context_id, message, study(2), 0x0000)

    async with FindingPeer(answer) as peer, await peer.associated() as association:
        for _ in range(2):
            assert uids([result async for result in stream_over(association, ALL_STUDIES)]) == studies(1)
    assert peer.ends == ["released"]


@watched
async def test_requests_of_the_peer_are_refused_in_between() -> None:
    refused: list[DIMSEStatus] = []

    async def answer(peer: ScriptedPeer, association: Association, context_id: int, message: Message) -> None:
        assert isinstance(message, CFindRequest)
        for number in range(3):
            await association.send_message(context_id, CEchoRequest(message_id=association.new_message_id()))
            received = await association.receive_message()
            assert received is not None
            refused.append(received.message.status)  # type: ignore[union-attr]
            await tell(association, context_id, message, study(number))
        await peer.respond(association, context_id, message, 0)

    async with FindingPeer(answer) as peer:
        assert uids(await find(ALL_STUDIES, **peer.address)) == studies(0, 1, 2)
    assert refused == [DIMSEStatus.UNRECOGNIZED_OPERATION] * 3
    assert peer.ends == ["released"]


async def for_ever(peer: ScriptedPeer, association: Association, context_id: int, message: Message) -> None:
    """Tell one match after another."""
    assert isinstance(message, CFindRequest)
    while True:
        await tell(association, context_id, message, study(1))


async def asking(peer: ScriptedPeer, association: Association, context_id: int, message: Message) -> None:
    """Tell one match, and then make one request after another."""
    assert isinstance(message, CFindRequest)
    await tell(association, context_id, message, study(1))
    while True:
        await association.send_message(context_id, CEchoRequest(message_id=association.new_message_id()))
        assert await association.receive_message() is not None


@pytest.mark.parametrize(
    ("answer", "limits", "kind"),
    [
        (asking, {"read": 0.05}, TimeoutType.READ),
        (saying("nothing"), {"read": 0.05}, TimeoutType.READ),
        (saying("nothing"), {"operation": 0.05, "read": None}, TimeoutType.OPERATION),
        (for_ever, {"operation": 0.05}, TimeoutType.OPERATION),
    ],
)
@watched
async def test_a_peer_that_does_not_end(answer: Answer, limits: dict[str, float | None], kind: TimeoutType) -> None:
    async with FindingPeer(answer) as peer:
        settings = QueryConfiguration(calling_ae_title="ME", called_ae_title="PEER", timeouts=TimeoutConfiguration(**limits))
        with pytest.raises(OperationTimeoutError) as caught:
            await find(ALL_STUDIES, **peer.address, configuration=settings)
    assert (caught.value.type, caught.value.operation) == (kind, "C-FIND")
    assert peer.ends[0] != "released"
    assert "CCancelRequest" not in peer.kinds


@watched
async def test_the_timeout_is_for_each_answer() -> None:
    async with FindingPeer(saying("nothing")) as peer:
        with pytest.raises(OperationTimeoutError, match=r"Read timeout after 0\.3s during C-FIND"):
            await find(ALL_STUDIES, **peer.address, timeout=0.3)


@watched
async def test_an_association_that_a_timeout_ended_serves_no_more() -> None:
    async with FindingPeer(saying("nothing")) as peer, await peer.associated(read=0.05) as association:
        with pytest.raises(OperationTimeoutError):
            await collect(stream_over(association, ALL_STUDIES), lambda result: None)
        assert not association.is_established
