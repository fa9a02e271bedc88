from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from dicomkit.network.association import Association
from dicomkit.network.dimse import CStoreRequest, Message
from dicomkit.network.errors import AssociationAbortedError, ConnectionFailedError, InvalidAETitleError, OperationTimeoutError
from dicomkit.network.services import batch_storage, bodies
from dicomkit.network.services.batch_events import (
    BatchFailed,
    BatchProgressed,
    BatchStorageConfiguration,
    BatchStoreProgress,
    FileStored,
    StorageProgressEvent,
)
from dicomkit.network.services.configuration import StorageConfiguration
from dicomkit.network.services.storage import DICOMStorageService
from dicomkit.network.timeouts import TimeoutConfiguration
from dicomkit.testing import data_set, part10
from tests.unit.network.services.batches import errors, file, files, outcome, results, store
from tests.unit.network.services.scripted_peer import CT, EXPLICIT, ScriptedPeer


async def abort_at(numbers: set[int], peer: ScriptedPeer, association: Association, context_id: int, message: Message) -> None:
    if len(peer.messages) - 1 in numbers:
        await association.abort()
    else:
        assert isinstance(message, CStoreRequest)
        await peer.respond(association, context_id, message, 0)


def aborting(*numbers: int) -> ScriptedPeer:
    async def answer(peer: ScriptedPeer, association: Association, context_id: int, message: Message) -> None:
        await abort_at(set(numbers), peer, association, context_id, message)

    return ScriptedPeer(answer=answer)


async def test_a_peer_that_aborts_costs_the_file_that_was_on_its_way() -> None:
    async with aborting(1) as peer:
        events = await store(peer, files(4))
    assert [result.success for result in results(events)] == [True, False, True, True]
    lost = results(events)[1]
    assert (lost.status, lost.round_trip_time) == (None, 0.0)
    assert lost.error_message is not None
    assert "abort" in lost.error_message
    assert errors(events) == [AssociationAbortedError]
    assert [type(event) for event in events[2:5]] == [BatchFailed, FileStored, BatchProgressed]
    assert len(peer.requests) == 2
    assert peer.ends[-1] == "released"


@pytest.mark.parametrize("is_abort", [True, False])
async def test_a_peer_that_ends_an_idle_association_costs_nothing(monkeypatch: pytest.MonkeyPatch, is_abort: bool) -> None:
    """Archives close associations on which nothing comes for a while, as between two files of a slow batch."""

    async def hang_up(peer: ScriptedPeer, association: Association, context_id: int, message: Message) -> None:
        assert isinstance(message, CStoreRequest)
        await peer.respond(association, context_id, message, 0)
        if is_abort:
            await association.abort()
        else:
            association._connection.transport.close()

    monkeypatch.setattr(batch_storage, "PAUSE", -1.0)
    async with ScriptedPeer(answer=hang_up) as peer:
        events = await store(peer, files(4))
    assert outcome(events).all_succeeded
    assert errors(events) == []
    assert len(peer.requests) == 4


async def test_an_idle_association_is_made_anew_once_for_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch_storage, "PAUSE", -1.0)
    async with aborting(1, 2) as peer:
        events = await store(peer, files(3))
    assert [result.success for result in results(events)] == [True, False, True]
    assert errors(events) == [AssociationAbortedError]
    assert [message.affected_sop_instance_uid for message in peer.messages if isinstance(message, CStoreRequest)] == [
        "1.2.0", "1.2.1", "1.2.1", "1.2.2",
    ]  # fmt: skip


async def test_a_peer_that_aborts_ends_a_batch_that_fails_fast() -> None:
    async with aborting(1) as peer:
        events = await store(peer, files(4), continue_on_error=False)
    assert outcome(events).progress == BatchStoreProgress(4, 1, 1)
    assert len(peer.requests) == 1


async def test_a_peer_that_always_aborts_is_given_up() -> None:
    async with aborting(*range(100)) as peer:
        events = await store(peer, files(20))
    assert len(peer.requests) == 5
    assert errors(events) == [AssociationAbortedError] * 5
    assert outcome(events).progress == BatchStoreProgress(20, 0, 20)


async def test_a_peer_that_aborts_now_and_then_is_not() -> None:
    async with aborting(*range(0, 40, 2)) as peer:
        events = await store(peer, files(40))
    assert outcome(events).progress == BatchStoreProgress(40, 20, 20)


async def test_no_peer_fails_all_files_at_once() -> None:
    # The delay is for the peer's sake.
    started = time.monotonic()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    where: dict[str, Any] = {"to": "127.0.0.1", "port": port, "calling_ae": "ME", "called_ae": "PEER"}
    batch = DICOMStorageService.store_batch(files(3), configuration=BatchStorageConfiguration(delay_between_files=1000.0), **where)
    events = [event async for event in batch]
    assert errors(events) == [ConnectionFailedError]
    assert [result.status for result in results(events)] == [None] * 3
    assert outcome(events).progress == BatchStoreProgress(3, 0, 3)
    assert time.monotonic() - started < 100


async def test_a_peer_that_does_not_answer() -> None:
    async def never(peer: ScriptedPeer, association: Association, context_id: int, message: Message) -> None:
        """Take the instance, and say nothing."""

    timeouts = TimeoutConfiguration(read=0.05)
    configuration = StorageConfiguration(calling_ae_title="ME", called_ae_title="PEER", timeouts=timeouts)
    async with ScriptedPeer(answer=never) as peer:
        batch = DICOMStorageService.store_batch(files(2), storage_configuration=configuration, **peer.where)
        events = [event async for event in batch]
    assert errors(events) == [OperationTimeoutError] * 2
    assert results(events)[0].error_message == "Read timeout after 0.05s during C-STORE"


async def test_wrong_titles_are_raised() -> None:
    with pytest.raises(InvalidAETitleError):
        await anext(DICOMStorageService.store_batch([file()], to="127.0.0.1", calling_ae="", called_ae="PEER"))


# Files that fail while they are sent.


async def test_a_file_that_ends_early_costs_the_association_and_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = []
    for number in range(3):
        paths.append(tmp_path / f"{number}.dcm")
        paths[-1].write_bytes(file(number, size=1_000_000))
    original = bodies._FileBody.__anext__

    async def cutting(self: bodies._FileBody) -> memoryview:
        piece = await original(self)
        if self._path == str(paths[1]):
            os.truncate(paths[1], 1000)
        return piece

    monkeypatch.setattr(bodies._FileBody, "__anext__", cutting)
    async with ScriptedPeer() as peer:
        events = await store(peer, paths)
    assert [result.status for result in results(events)] == [0, 0xC000, 0]
    assert "became shorter" in (results(events)[1].error_message or "")
    assert errors(events) == []
    assert [received.request.affected_sop_instance_uid for received in peer.received] == ["1.2.0", "1.2.2"]
    assert peer.ends == ["AssociationAbortedError", "released"]


async def test_a_file_that_changes_while_it_waits_fails_alone(tmp_path: Path) -> None:
    paths = []
    for number in range(4):
        paths.append(tmp_path / f"{number}.dcm")
        paths[-1].write_bytes(file(number))

    async def answer(peer: ScriptedPeer, association: Association, context_id: int, message: Message) -> None:
        paths[2].unlink(missing_ok=True)  # before it is prepared, as that is while the one before it is on its way
        assert isinstance(message, CStoreRequest)
        await peer.respond(association, context_id, message, 0)

    async with ScriptedPeer(answer=answer) as peer:
        events = await store(peer, paths)
    assert [result.status for result in results(events)] == [0, 0, 0xC000, 0]
    assert peer.ends == ["released"]


@pytest.mark.filterwarnings("ignore::dicomkit.DICOMWarning")  # of elements without VR
async def test_a_file_in_another_encoding_than_it_says_fails_alone(tmp_path: Path) -> None:
    lying = tmp_path / "lying.dcm"
    lying.write_bytes(part10(data_set([(0x00080016, "UI", CT), (0x00080018, "UI", "1.2.1")], implicit=True), EXPLICIT))
    async with ScriptedPeer() as peer:
        events = await store(peer, [file(0), lying, file(2)])
    assert [result.status for result in results(events)] == [0, 0xC000, 0]
    assert "is not encoded in" in (results(events)[1].error_message or "")
    assert peer.ends == ["released"]


# Ending early.


async def test_closing_early_releases_the_association(tmp_path: Path) -> None:
    paths = []
    for number in range(5):
        paths.append(tmp_path / f"{number}.dcm")
        paths[-1].write_bytes(file(number))
    before = len(os.listdir("/proc/self/fd")) if os.path.exists("/proc/self/fd") else 0
    async with ScriptedPeer() as peer:
        batch = DICOMStorageService.store_batch(paths, **peer.where)
        assert isinstance(await anext(batch), FileStored)
        await batch.aclose()
    assert peer.ends == ["released"]
    assert len(peer.received) == 1
    if before:
        assert len(os.listdir("/proc/self/fd")) == before


async def test_closing_before_the_start_does_nothing() -> None:
    async with ScriptedPeer() as peer:
        batch: AsyncIterator[StorageProgressEvent] = DICOMStorageService.store_batch(files(2), **peer.where)
        await batch.aclose()  # type: ignore[attr-defined]
    assert peer.requests == []


async def test_a_cancelled_batch_leaves_nothing(tmp_path: Path) -> None:
    asked = asyncio.Event()

    async def tell(peer: ScriptedPeer, association: Association, context_id: int, message: Message) -> None:
        asked.set()

    paths = []
    for number in range(2):
        paths.append(tmp_path / f"{number}.dcm")
        paths[-1].write_bytes(file(number))
    async with ScriptedPeer(answer=tell) as peer:
        task = asyncio.create_task(store(peer, paths))
        await asked.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert peer.ends == ["AssociationAbortedError"]


async def test_who_stops_listening_releases_the_association() -> None:
    async with ScriptedPeer() as peer, contextlib.aclosing(DICOMStorageService.store_batch(files(3), **peer.where)) as batch:
        async for _ in batch:
            break
    assert peer.ends == ["released"]
