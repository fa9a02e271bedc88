"""Batches for tests."""

from __future__ import annotations

from typing import Any

from dicomkit.network.services.batch_events import (
    BatchCompleted,
    BatchFailed,
    BatchStorageConfiguration,
    BatchStoreResult,
    FileStored,
    FileStoreResult,
    StorageProgressEvent,
)
from dicomkit.network.services.storage import DICOMStorageService
from dicomkit.testing import data_set, file_meta, part10
from tests.unit.network.services.scripted_peer import CT, EXPLICIT, IMPLICIT, ScriptedPeer


def file(number: int = 1, sop_class: str = CT, size: int = 1000, syntax: str = EXPLICIT) -> bytes:
    uid = f"1.2.{number}"
    attributes = [(0x00080016, "UI", sop_class), (0x00080018, "UI", uid), (0x7FE00010, "OW", bytes(size))]
    meta = file_meta(syntax, sop_class_uid=sop_class, sop_instance_uid=uid)
    return part10(data_set(attributes, implicit=syntax == IMPLICIT), syntax, meta=meta)


def files(count: int) -> list[bytes]:
    return [file(number) for number in range(count)]


async def store(peer: ScriptedPeer, sources: Any, **settings: Any) -> list[StorageProgressEvent]:
    configuration = BatchStorageConfiguration(**settings)
    return [event async for event in DICOMStorageService.store_batch(sources, configuration=configuration, **peer.where)]


def results(events: list[StorageProgressEvent]) -> list[FileStoreResult]:
    return [event.result for event in events if isinstance(event, FileStored)]


def errors(events: list[StorageProgressEvent]) -> list[type[Exception]]:
    return [type(event.error) for event in events if isinstance(event, BatchFailed)]


def outcome(events: list[StorageProgressEvent]) -> BatchStoreResult:
    assert isinstance(events[-1], BatchCompleted)
    return events[-1].result
