"""Retrievals that nobody listens to up to their end: an early end, a task that is cancelled (PS3.7 9.3.2.3)."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest

from dicomkit.network.dimse import CCancelRequest, DIMSEStatus
from dicomkit.network.services import exchange
from dicomkit.network.services.retrieve import DICOMRetrieveService
from dicomkit.network.services.retrieve_events import InstanceRetrieved, RetrieveCompleted, RetrieveEvent, RetrieveProgressed
from dicomkit.network.services.retrieve_keys import RetrieveKeys
from dicomkit.network.services.storage_delegate import ReceivedFile, StorageDelegate
from dicomkit.network.services.storage_handler import DefaultStorageHandler
from tests.unit.network.services.queries import watched
from tests.unit.network.services.retrieve_peers import (
    CANCELLED,
    RetrievedPeer,
    Step,
    Talk,
    abort,
    all_of,
    as_instances,
    final,
    first_of,
    hang_up,
    instance,
    pending,
    release,
    sending,
    sending_half,
    silence,
    telling,
)

STUDY = RetrieveKeys.for_study("1.2")
move, get = DICOMRetrieveService.move, DICOMRetrieveService.get
FIRST, LONG = instance(1), instance(2, size=3_000_000)
REFUSED = DIMSEStatus.UNRECOGNIZED_OPERATION


@pytest.fixture
def no_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exchange, "CANCEL_PATIENCE", 0.05)


@pytest.mark.parametrize("more", [0, 1, 50])
@watched
async def test_a_move_that_is_closed_early_is_cancelled(more: int) -> None:
    """What the peer says until it has ended is read over."""
    steps = [pending(more - number, number, 0, 0) for number in range(more)]
    async with RetrievedPeer(pending(9, 0, 0, 0), Talk.wait_for_cancel, *steps, final(CANCELLED, 9, more, 0, 0)) as peer:
        assert isinstance(await first_of(move(STUDY, **peer.address, move_destination="T")), RetrieveProgressed)
    assert peer.kinds == ["CMoveRequest", "CCancelRequest"]
    assert peer.messages[1] == CCancelRequest(message_id_being_responded_to=1)
    assert peer.ends == ["released"]


@pytest.mark.parametrize("is_written", [False, True])
@pytest.mark.parametrize("more", [0, 1, 20])
@watched
async def test_a_get_that_is_closed_early_is_cancelled(more: int, is_written: bool, tmp_path: Path) -> None:
    """Instances that come until the peer has ended are refused and read over, long ones too."""
    steps = [sending(LONG if number % 10 == 0 else instance(3)) for number in range(more)] or [Talk.wait_for_cancel]
    handler = DefaultStorageHandler(tmp_path) if is_written else None
    async with RetrievedPeer(sending(FIRST), *steps, pending(1, 1, more, 0), final(CANCELLED, 1, 1, more, 0)) as peer:
        event = await first_of(get(STUDY, **peer.address, handler=handler))
        assert as_instances([event]) == [FIRST]
    assert peer.kinds == ["CGetRequest", "CCancelRequest"]
    assert peer.statuses == [0, *[REFUSED] * more]
    assert [path.name for path in tmp_path.iterdir()] == (["1.2.3.1.dcm"] if is_written else [])
    assert peer.ends == ["released"]


@watched
async def test_a_break_out_of_the_loop_cancels() -> None:
    """In time, as soon as nobody has the generator any more."""

    async def listen(where: dict[str, Any]) -> None:
        async for event in get(STUDY, **where):
            if isinstance(event, InstanceRetrieved):
                break

    async with RetrievedPeer(sending(FIRST), Talk.wait_for_cancel, final(CANCELLED)) as peer:
        await listen(peer.address)
        while not peer.ends:
            await asyncio.sleep(0)
    assert peer.ends == ["released"]


@watched
async def test_every_generator_is_closed_by_who_has_it() -> None:
    """None is left to the garbage collector, on an interpreter that collects later than this one."""
    left: list[AsyncGenerator[Any, None]] = []
    hooks = sys.get_asyncgen_hooks()
    sys.set_asyncgen_hooks(firstiter=hooks.firstiter, finalizer=left.append)
    try:
        async with RetrievedPeer(sending(FIRST), Talk.wait_for_cancel, final(CANCELLED)) as peer:
            await first_of(get(STUDY, **peer.address))
        async with RetrievedPeer(pending(9, 0, 0, 0), Talk.wait_for_cancel, final(CANCELLED)) as peer:
            await first_of(move(STUDY, **peer.address, move_destination="T"))
        async with RetrievedPeer(sending(FIRST), final()) as peer:
            await all_of(get(STUDY, **peer.address))
    finally:
        sys.set_asyncgen_hooks(*hooks)
    assert left == []


@watched
async def test_the_last_event_is_followed_by_nothing() -> None:
    async with RetrievedPeer(final()) as peer, aclosing(get(STUDY, **peer.address)) as events:
        assert isinstance(await anext(events), RetrieveCompleted)
        # Closed before the association is released, which is released all the same.
    assert peer.kinds == ["CGetRequest"]
    assert peer.ends == ["released"]


@pytest.mark.parametrize("status", [CANCELLED, 0x0000, 0xB000, 0xA702, 0xC000])
@watched
async def test_whatever_a_cancelled_retrieval_ends_with(status: int) -> None:
    async with RetrievedPeer(pending(1, 0, 0, 0), Talk.wait_for_cancel, final(status)) as peer:
        await first_of(move(STUDY, **peer.address, move_destination="T"))
    assert peer.ends == ["released"]


@watched
async def test_a_peer_that_ignores_a_cancel(no_patience: None) -> None:
    async with RetrievedPeer(sending(FIRST), Talk.wait_for_cancel, silence) as peer:
        await first_of(get(STUDY, **peer.address))
    assert peer.ends[0] == "AssociationAbortedError"


@pytest.mark.parametrize("leave", [abort, hang_up, release])
@watched
async def test_a_cancel_that_the_association_does_not_survive(leave: Step) -> None:
    async with RetrievedPeer(sending(FIRST), Talk.wait_for_cancel, leave) as peer:
        await first_of(get(STUDY, **peer.address))
    assert peer.kinds == ["CGetRequest", "CCancelRequest"]


async def cancelled_when(
    event: asyncio.Event, events: AsyncGenerator[RetrieveEvent, None], tell: Callable[[RetrieveEvent], None]
) -> None:  # fmt: skip
    """Listen in a task, which is cancelled when the event is there."""

    async def listen() -> None:
        async with aclosing(events):
            async for one in events:
                tell(one)

    task = asyncio.create_task(listen())
    await event.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


@pytest.mark.parametrize("steps", [(), (sending(FIRST),)])
@watched
async def test_a_task_that_is_cancelled_while_it_waits(steps: tuple[Step, ...]) -> None:
    """An abort says it all."""
    here = asyncio.Event()
    async with RetrievedPeer(*steps, telling(here), silence) as peer:
        found: list[RetrieveEvent] = []
        await cancelled_when(here, get(STUDY, **peer.address), found.append)
    assert as_instances(found) == [FIRST] * len(steps)
    assert peer.kinds == ["CGetRequest"]
    assert peer.ends[0] == "AssociationAbortedError"


@pytest.mark.parametrize("is_written", [False, True])
@watched
async def test_a_task_that_is_cancelled_in_an_instance(is_written: bool, tmp_path: Path) -> None:
    """No unfinished file is left."""
    here = asyncio.Event()

    async def half(talk: Talk) -> None:
        here.set()
        await silence(talk)

    handler = DefaultStorageHandler(tmp_path) if is_written else None
    async with RetrievedPeer(sending(FIRST), sending_half(LONG, half)) as peer:
        found: list[RetrieveEvent] = []
        await cancelled_when(here, get(STUDY, **peer.address, handler=handler), found.append)
        assert as_instances(found) == [FIRST]
    assert peer.ends[0] == "AssociationAbortedError"
    assert [path.name for path in tmp_path.iterdir()] == (["1.2.3.1.dcm"] if is_written else [])


@watched
async def test_a_task_that_is_cancelled_while_a_handler_takes_an_instance() -> None:
    """The peer waits for an answer that does not come: nobody waits for the peer."""
    here = asyncio.Event()

    class Slow(StorageDelegate):
        async def did_receive(self, file: ReceivedFile) -> None:
            here.set()
            await asyncio.Event().wait()

    async def send(talk: Talk) -> None:
        with pytest.raises(Exception, match="abort"):
            await sending(FIRST)(talk)

    async with RetrievedPeer(send) as peer, asyncio.timeout(5):
        await cancelled_when(here, get(STUDY, **peer.address, handler=Slow()), print)
    assert peer.kinds == ["CGetRequest"]


@watched
async def test_a_move_whose_task_is_cancelled() -> None:
    here = asyncio.Event()
    async with RetrievedPeer(telling(here), silence) as peer:
        task = asyncio.create_task(
            DICOMRetrieveService.move_study(**peer.address, study_instance_uid="1.2", move_destination="T")
        )
        await here.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert peer.kinds == ["CMoveRequest"]
    assert peer.ends[0] == "AssociationAbortedError"


@watched
async def test_a_task_that_is_cancelled_while_a_cancel_is_not_answered() -> None:
    here = asyncio.Event()
    async with RetrievedPeer(pending(1, 0, 0, 0), Talk.wait_for_cancel, telling(here), silence) as peer:
        task = asyncio.create_task(first_of(move(STUDY, **peer.address, move_destination="T")))
        await here.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert peer.ends[0] == "AssociationAbortedError"
