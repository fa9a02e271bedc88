"""Instances of a C-GET that are not taken: the peer is told why, and goes on with the next."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import Any

import pytest

from dicomkit.network.dimse import CStoreRequest, CStoreResponse, DIMSEStatus
from dicomkit.network.errors import StoreFailedError
from dicomkit.network.services.retrieve import DICOMRetrieveService
from dicomkit.network.services.retrieve_events import InstanceNotRetrieved, InstanceRetrieved, RetrieveCompleted, RetrieveEvent
from dicomkit.network.services.retrieve_keys import RetrieveKeys
from dicomkit.network.services.storage_delegate import DataSetChunks, IncomingInstance, ReceivedFile, StorageDelegate
from dicomkit.network.services.storage_handler import DefaultStorageHandler
from dicomkit.testing import data_set
from tests.unit.network.services.queries import watched
from tests.unit.network.services.retrieve_peers import (
    IS_LAST,
    RetrievedPeer,
    Step,
    Talk,
    all_of,
    as_instances,
    configured,
    final,
    instance,
    sending,
)
from tests.unit.network.services.scripted_peer import CT, MR

get = DICOMRetrieveService.get
STUDY = RetrieveKeys.for_study("1.2")
FIRST, SECOND, THIRD = (instance(number) for number in (1, 2, 3))
LONG = instance(2, size=500_000)
ALL = (sending(FIRST), sending(LONG), sending(THIRD), final())


class Full(OSError):
    def __init__(self) -> None:
        super().__init__(errno.ENOSPC, "No space left on device")


class Picky(StorageDelegate):
    """Wants all instances but the second, or raises what it is given for it; keeps what it is told."""

    def __init__(self, problem: Exception | None = None) -> None:
        self.problem = problem
        self.taken: list[ReceivedFile] = []
        self.failed: list[tuple[type[Exception], str | None]] = []

    async def will_receive(self, sop_class_uid: str, sop_instance_uid: str) -> bool:
        return self.problem is not None or sop_instance_uid != SECOND.sop_instance_uid

    async def did_receive(self, file: ReceivedFile) -> None:
        if self.problem is not None and file.sop_instance_uid == SECOND.sop_instance_uid:
            raise self.problem
        assert len(file.data_set_data) == file.data_size
        self.taken.append(file)

    async def did_fail(self, error: Exception, sop_instance_uid: str | None) -> None:
        self.failed.append((type(error), sop_instance_uid))


def outcomes(events: list[RetrieveEvent]) -> list[tuple[str, str]]:
    """What became of each instance."""
    assert isinstance(events[-1], RetrieveCompleted)
    return [(type(e).__name__, e.sop_instance_uid) for e in events if isinstance(e, (InstanceRetrieved, InstanceNotRetrieved))]


SECOND_NOT = [("InstanceRetrieved", "1.2.3.1"), ("InstanceNotRetrieved", "1.2.3.2"), ("InstanceRetrieved", "1.2.3.3")]


@pytest.mark.parametrize(
    ("problem", "status", "comment"),
    [
        (None, 0xA700, "not wanted"),
        (KeyError("Doe^Jane"), 0x0110, "KeyError"),  # no values of a data set go out
        (TimeoutError(), 0x0110, "TimeoutError"),
        (Full(), 0xA700, "No space left on device"),
        (MemoryError(), 0xA700, "out of memory"),
        (StoreFailedError(DIMSEStatus(0xC123), "not like this"), 0xC123, "not like this"),
    ],
)
@watched
async def test_a_handler_that_refuses_or_raises(problem: Exception | None, status: int, comment: str) -> None:
    handler = Picky(problem)
    async with RetrievedPeer(*ALL) as peer:
        events = await all_of(get(STUDY, **peer.address, handler=handler))
    assert outcomes(events) == SECOND_NOT
    assert isinstance(events[1], InstanceNotRetrieved)
    assert type(events[1].error) is (StoreFailedError if problem is None else type(problem))
    assert peer.statuses == [0, status, 0]
    assert peer.answers[1].error_comment == comment
    assert [file.sop_instance_uid for file in handler.taken] == ["1.2.3.1", "1.2.3.3"]
    assert handler.failed == [(type(events[1].error), "1.2.3.2")]
    assert peer.ends == ["released"]


@watched
async def test_an_error_of_did_fail_ends_everything() -> None:
    """It is the caller's own: no event hides it, and nothing is left behind."""

    class Careless(Picky):
        async def did_fail(self, error: Exception, sop_instance_uid: str | None) -> None:
            raise LookupError("mine")

    async with RetrievedPeer(*ALL) as peer:
        with pytest.raises(LookupError, match="mine"):
            await all_of(get(STUDY, **peer.address, handler=Careless()))
    assert peer.kinds == ["CGetRequest"]
    assert peer.ends == ["AssociationAbortedError"]


class Stopping(DefaultStorageHandler):
    """Raises at some point of the second instance."""

    def __init__(self, folder: Path, where: str) -> None:
        super().__init__(folder)
        self.where = where

    async def receive_stream(self, instance: IncomingInstance, chunks: DataSetChunks) -> Path | None:
        if instance.sop_instance_uid != SECOND.sop_instance_uid or self.where == "after":
            return await super().receive_stream(instance, chunks)
        if self.where == "before":
            raise Full
        await anext(chunks)
        raise Full

    async def did_receive(self, file: ReceivedFile) -> None:
        if self.where == "after" and file.sop_instance_uid == SECOND.sop_instance_uid:
            assert file.file_path is not None
            file.file_path.unlink()
            raise Full


@pytest.mark.parametrize("where", ["before", "in the middle", "after"])
@watched
async def test_a_handler_of_streams_that_raises(where: str, tmp_path: Path) -> None:
    """What it did not read is read over."""
    async with RetrievedPeer(*ALL) as peer:
        events = await all_of(get(STUDY, **peer.address, handler=Stopping(tmp_path, where)))
    assert outcomes(events) == SECOND_NOT
    assert as_instances(events) == [FIRST, THIRD]
    assert peer.statuses == [0, 0xA700, 0]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["1.2.3.1.dcm", "1.2.3.3.dcm"]


# What is wrong with the second instance: how it is sent, the settings, the status and the comment.
WRONG: list[tuple[Step, dict[str, Any], int, str]] = [
    (sending(SECOND, data=THIRD.data_set), {}, 0xA900, "the UIDs of command and data set differ"),
    (sending(SECOND, data=instance(2, MR).data_set), {}, 0xA900, "the UIDs of command and data set differ"),
    (sending(SECOND, affected_sop_class_uid=MR), {}, 0x0122, "not the SOP class of the presentation context"),
    (sending(SECOND, context=1), {}, 0x0122, "not the SOP class of the presentation context"),
    (sending(LONG), {"max_instance_size": 499_999}, 0xA700, "more than 499999 bytes"),
    (sending(instance(2, size=20_000)), {"max_instance_size": 10_000}, 0xA700, "more than 10000 bytes"),
]
IN_MEMORY: list[tuple[Step, dict[str, Any], int, str]] = [(sending(LONG), {"max_memory": 600_000}, 0xA700, "no memory for the data set")]


@pytest.mark.parametrize(("step", "settings", "status", "comment"), WRONG + IN_MEMORY)
@watched
async def test_an_instance_that_cannot_be_taken(step: Step, settings: dict[str, Any], status: int, comment: str) -> None:
    await check_second_is_refused(step, settings, status, comment)


@pytest.mark.parametrize(("step", "settings", "status", "comment"), WRONG)
@watched
async def test_a_file_that_cannot_be_written(step: Step, settings: dict[str, Any], status: int, comment: str, tmp_path: Path) -> None:
    await check_second_is_refused(step, settings, status, comment, DefaultStorageHandler(tmp_path))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["1.2.3.1.dcm", "1.2.3.3.dcm"]


async def check_second_is_refused(
    step: Step, settings: dict[str, Any], status: int, comment: str, handler: StorageDelegate | None = None
) -> None:
    async with RetrievedPeer(sending(FIRST), step, sending(THIRD), final()) as peer:
        events = await all_of(get(STUDY, **peer.address, handler=handler, configuration=configured(**settings)))
    assert outcomes(events) == SECOND_NOT
    assert as_instances(events) == [FIRST, THIRD]
    assert isinstance(events[1], InstanceNotRetrieved)
    assert isinstance(events[1].error, StoreFailedError)
    assert (events[1].error.status, events[1].error.comment) == (status, comment)
    assert peer.statuses == [0, status, 0]
    assert peer.answers[1].error_comment == comment
    assert peer.ends == ["released"]


@pytest.mark.parametrize(("setting", "limit"), [("max_instance_size", len(LONG.data_set)), ("max_memory", 2 * len(LONG.data_set))])
@watched
async def test_an_instance_that_just_fits(setting: str, limit: int) -> None:
    """In memory its pieces and the whole are there at the same time; the next instance has as much."""
    async with RetrievedPeer(sending(LONG), sending(LONG), final()) as peer:
        assert as_instances(await all_of(get(STUDY, **peer.address, configuration=configured(**{setting: limit})))) == [LONG, LONG]
    assert peer.statuses == [0, 0]


@watched
async def test_a_uid_that_is_none_names_no_file_elsewhere(tmp_path: Path) -> None:
    """It is not sent back either: the answer says nothing but the Message ID."""
    proper, odd = "1.2.3.4567890123", "../../etc/passwd"
    body = data_set([(0x00080016, "UI", CT), (0x00080018, "UI", odd)])

    async def send(talk: Talk) -> None:
        context, message_id = talk.context_for(FIRST), talk.association.new_message_id()
        request = CStoreRequest(message_id=message_id, affected_sop_class_uid=CT, affected_sop_instance_uid=proper)
        [(_, _, command)] = talk.association._session.fragment_command(request, context, 0, has_data_set=True)
        await talk.send_raw(context, bytes(command).replace(proper.encode(), odd.encode()))
        await talk.send_raw(context, body, control=IS_LAST)
        received = await talk.association.receive_message()
        assert received is not None
        assert isinstance(received.message, CStoreResponse)
        talk.peer.answers.append(received.message)

    folder = tmp_path / "in" / "here"
    async with RetrievedPeer(send, sending(THIRD), final()) as peer:
        events = await all_of(get(STUDY, **peer.address, handler=DefaultStorageHandler(folder)))
    assert outcomes(events) == [("InstanceRetrieved", odd), ("InstanceRetrieved", "1.2.3.3")]
    assert peer.answers[0].affected_sop_instance_uid == ""
    assert all(path.is_relative_to(folder) for path in tmp_path.rglob("*") if path.is_file())
    assert len(list(folder.iterdir())) == 2
