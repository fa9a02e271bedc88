"""Queries that are not read to their end: a limit, an early end, a task that is cancelled (PS3.7 9.3.2.3)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

import pytest

from dicomkit.network.association import Association
from dicomkit.network.dimse import CCancelRequest, CFindRequest, CStoreResponse, DIMSEStatus, Message
from dicomkit.network.services import exchange
from dicomkit.network.services.information_model import QueryLevel
from dicomkit.network.services.query import DICOMQueryService
from dicomkit.network.services.query_keys import QueryKeys
from dicomkit.network.services.query_results import QueryResult
from tests.unit.network.services.queries import (
    CANCELLED,
    FindingPeer,
    collect,
    finding,
    studies,
    study,
    tell,
    uids,
    until_cancelled,
    watched,
)
from tests.unit.network.services.scripted_peer import Answer, ScriptedPeer

ALL_STUDIES = QueryKeys(QueryLevel.STUDY)
CANCELLED_ONCE = ["CFindRequest", "CCancelRequest"]
find, stream, stream_over = DICOMQueryService.find, DICOMQueryService.stream, DICOMQueryService.stream_over


@pytest.fixture
def no_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exchange, "CANCEL_PATIENCE", 0.05)


async def first_of(results: AsyncGenerator[QueryResult, None]) -> QueryResult:
    """Return the first match, and read no further."""
    async with aclosing(results):
        async for result in results:
            return result
    raise LookupError("no match")


@pytest.mark.parametrize("after", [0, 1, 300])
@watched
async def test_find_14_a_limit_cancels_and_reads_on_to_the_final_status(after: int) -> None:
    async with FindingPeer(until_cancelled(3, after)) as peer:
        assert uids(await find(ALL_STUDIES, **peer.address, limit=2)) == studies(0, 1)
    assert peer.kinds == CANCELLED_ONCE
    assert peer.ends == ["released"]


@pytest.mark.parametrize("service", ["find_patients", "find_studies"])
@watched
async def test_a_limit_of_each_service(service: str) -> None:
    async with FindingPeer(until_cancelled(3)) as peer:
        assert len(await getattr(DICOMQueryService, service)(**peer.address, limit=1)) == 1
    assert peer.kinds == CANCELLED_ONCE


@pytest.mark.parametrize("limit", [3, None])
@watched
async def test_a_limit_that_is_not_reached_cancels_nothing(limit: int | None) -> None:
    async with FindingPeer(finding(study(1), study(2))) as peer:
        assert len(await find(ALL_STUDIES, **peer.address, limit=limit)) == 2
    assert peer.kinds == ["CFindRequest"]


@watched
async def test_a_cancel_that_crosses_the_final_status() -> None:
    """The peer ignores it, and the association serves the next query."""
    async with FindingPeer(finding(study(1), study(2))) as peer, await peer.associated() as association:
        for _ in range(3):
            assert uids([result async for result in stream_over(association, ALL_STUDIES, limit=2)]) == studies(1, 2)
    assert peer.kinds == ["CFindRequest"] * 3
    assert peer.ends == ["released"]


@watched
async def test_an_association_serves_others_after_a_cancel() -> None:
    async with FindingPeer(until_cancelled(2, 5)) as peer, await peer.associated() as association:
        for _ in range(3):
            assert uids([result async for result in stream_over(association, ALL_STUDIES, limit=1)]) == studies(0)
            assert uids([await first_of(stream_over(association, ALL_STUDIES))]) == studies(0)
            assert association.is_established
    assert peer.kinds == CANCELLED_ONCE * 6
    assert peer.ends == ["released"]


@watched
async def test_find_15_a_stream_that_is_closed_early() -> None:
    async with FindingPeer(until_cancelled(3, 300)) as peer:
        assert uids([await first_of(stream(ALL_STUDIES, **peer.address))]) == studies(0)
    assert peer.kinds == CANCELLED_ONCE
    assert peer.ends == ["released"]


@watched
async def test_a_stream_that_nobody_reads_makes_no_association() -> None:
    async with FindingPeer(finding()) as peer:
        await stream(ALL_STUDIES, **peer.address).aclose()
    assert peer.requests == []


@watched
async def test_a_stream_that_is_closed_at_its_end() -> None:
    async with FindingPeer(finding(study(1))) as peer, aclosing(stream(ALL_STUDIES, **peer.address)) as results:
        found = [result async for result in results]
    assert uids(found) == studies(1)
    assert peer.kinds == ["CFindRequest"]


@watched
async def test_an_error_of_the_reader_cancels() -> None:
    def refuse(result: QueryResult) -> None:
        raise KeyError("mine")

    async with FindingPeer(until_cancelled(3, 3)) as peer:
        with pytest.raises(KeyError, match="mine"):
            async with aclosing(stream(ALL_STUDIES, **peer.address)) as results:
                await collect(results, refuse)
    assert peer.kinds == CANCELLED_ONCE
    assert peer.ends == ["released"]


@pytest.mark.parametrize("final", [CANCELLED, 0x0000, 0xA700, 0xC001, 0xB000])
@watched
async def test_find_14_whatever_a_cancelled_query_ends_with(final: int) -> None:
    async with FindingPeer(until_cancelled(2, 1, final)) as peer:
        assert len(await find(ALL_STUDIES, **peer.address, limit=1)) == 1
    assert peer.ends == ["released"]


@watched
async def test_a_peer_that_ignores_a_cancel(no_patience: None) -> None:
    async with FindingPeer(until_cancelled(2, final=None)) as peer:
        assert len(await find(ALL_STUDIES, **peer.address, limit=1)) == 1
    assert peer.kinds == CANCELLED_ONCE
    assert peer.ends == ["AssociationAbortedError"]


@watched
async def test_a_peer_that_goes_on_for_ever_after_a_cancel(no_patience: None) -> None:
    """Each match by itself comes in time."""
    async with FindingPeer(until_cancelled(2, 1 << 30)) as peer:
        assert uids([await first_of(stream(ALL_STUDIES, **peer.address))]) == studies(0)
    assert peer.kinds == CANCELLED_ONCE
    assert peer.ends[0] != "released"


@pytest.mark.parametrize("how", ["abort", "hang up", "release", "another answer"])
@watched
async def test_a_cancel_that_the_association_does_not_survive(how: str) -> None:
    async def answer(peer: ScriptedPeer, association: Association, context_id: int, message: Message) -> None:
        if isinstance(message, CFindRequest):
            await tell(association, context_id, message, study(1))
        elif how == "abort":
            await association.abort()
        elif how == "hang up":
            association._connection.transport.close()
        elif how == "release":
            await association.release()
        else:
            await association.send_message(context_id, CStoreResponse(message_id_being_responded_to=1, status=DIMSEStatus.SUCCESS))

    async with FindingPeer(answer) as peer:
        assert len(await find(ALL_STUDIES, **peer.address, limit=1)) == 1
    assert peer.kinds == CANCELLED_ONCE


def telling(event: asyncio.Event, first: Answer, kind: type) -> Answer:
    """Answer so, and say when a message of a kind was answered."""

    async def answer(peer: ScriptedPeer, association: Association, context_id: int, message: Message) -> None:
        await first(peer, association, context_id, message)
        if isinstance(message, kind):
            event.set()

    return answer


@pytest.mark.parametrize("matches", [0, 2])
@watched
async def test_a_task_that_is_cancelled_closes_the_association(matches: int) -> None:
    asked = asyncio.Event()
    async with FindingPeer(telling(asked, until_cancelled(matches), CFindRequest)) as peer:
        task = asyncio.create_task(find(ALL_STUDIES, **peer.address))
        await asked.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert peer.kinds == ["CFindRequest"]  # an abort says it all
    assert peer.ends == ["AssociationAbortedError"]


@watched
async def test_a_task_that_is_cancelled_while_a_cancel_is_not_answered() -> None:
    cancelled = asyncio.Event()
    async with FindingPeer(telling(cancelled, until_cancelled(2, final=None), CCancelRequest)) as peer:
        task = asyncio.create_task(find(ALL_STUDIES, **peer.address, limit=1))
        await cancelled.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert peer.ends == ["AssociationAbortedError"]


@watched
async def test_a_timeout_of_the_caller() -> None:
    found: list[QueryResult] = []
    limit = asyncio.timeout(None)

    def keep(result: QueryResult) -> None:
        found.append(result)
        limit.reschedule(0.0)  # which is over while the next match is awaited

    async with FindingPeer(until_cancelled(1)) as peer:
        with pytest.raises(TimeoutError):
            async with limit, aclosing(stream(ALL_STUDIES, **peer.address)) as results:
                await collect(results, keep)
    assert uids(found) == studies(0)
    assert peer.ends == ["AssociationAbortedError"]
