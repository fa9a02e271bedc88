from __future__ import annotations

import asyncio
import dataclasses
import time
from pathlib import Path
from typing import Any

import pytest

from dicomkit.network.dimse import DIMSEStatus
from dicomkit.network.services.batch_events import (
    BatchCompleted,
    BatchProgressed,
    BatchStorageConfiguration,
    BatchStoreProgress,
    BatchStoreResult,
    FileStored,
    FileStoreResult,
)
from dicomkit.network.services.storage import DICOMStorageService
from dicomkit.testing import data_set, part10
from tests.unit.network.services.batches import errors, file, files, outcome, results, store
from tests.unit.network.services.scripted_peer import CT, EXPLICIT, IMPLICIT, JPEG, MR, RLE, ScriptedPeer


async def test_batch_1_one_association_for_all() -> None:
    syntaxes = [EXPLICIT, JPEG, IMPLICIT, EXPLICIT]
    sources = [file(number, (CT, MR)[number % 2], syntax=syntax) for number, syntax in enumerate(syntaxes)]
    async with ScriptedPeer() as peer:
        events = await store(peer, sources)
    assert outcome(events).all_succeeded
    assert peer.proposals == [[(CT, (IMPLICIT,)), (CT, (EXPLICIT,)), (MR, (JPEG,)), (MR, (EXPLICIT, IMPLICIT))]]
    assert [received.transfer_syntax for received in peer.received] == syntaxes
    assert [received.request.affected_sop_instance_uid for received in peer.received] == ["1.2.0", "1.2.1", "1.2.2", "1.2.3"]
    assert [part10(received.data_set, meta=b"")[132:] for received in peer.received] == [
        source[-len(received.data_set) :] for source, received in zip(sources, peer.received, strict=True)
    ]
    assert peer.ends == ["released"]


async def test_batch_2_order_of_events() -> None:
    async with ScriptedPeer() as peer:
        events = await store(peer, files(3))
    assert [type(event) for event in events] == [FileStored, BatchProgressed] * 3 + [BatchCompleted]
    progress = [event.progress for event in events if isinstance(event, BatchProgressed)]
    assert progress == [BatchStoreProgress(3, 1), BatchStoreProgress(3, 2), BatchStoreProgress(3, 3)]


async def test_batch_2_events_can_be_matched() -> None:
    seen = []
    async with ScriptedPeer() as peer:
        async for event in DICOMStorageService.store_batch(files(1), **peer.where):
            match event:
                case FileStored(FileStoreResult(index=index, success=True)):
                    seen.append(f"file {index}")
                case BatchProgressed(progress):
                    seen.append(f"{progress.fraction_complete:.0%}")
                case BatchCompleted(result):
                    seen.append(f"{result.progress.succeeded} of {result.progress.total}")
    assert seen == ["file 0", "100%", "1 of 1"]


def test_batch_3_progress() -> None:
    progress = BatchStoreProgress(total=8, succeeded=3, failed=2, warnings=1)
    assert (progress.completed, progress.fraction_complete, progress.is_complete) == (6, 0.75, False)
    assert BatchStoreProgress(2, 1, 1).is_complete
    assert (BatchStoreProgress(0).fraction_complete, BatchStoreProgress(0).is_complete) == (1.0, True)


async def test_batch_4_the_result_of_a_file(tmp_path: Path) -> None:
    path = tmp_path / "a.dcm"
    path.write_bytes(file(7))
    statuses = [0x0000, 0xB000, 0xA700]
    async with ScriptedPeer(status=lambda number: statuses[number], error_comment="so it is") as peer:
        stored, warned, failed = results(await store(peer, [path, file(8), file(9)]))
    assert dataclasses.replace(stored, round_trip_time=0.0) == FileStoreResult(
        index=0, path=str(path), sop_class_uid=CT, sop_instance_uid="1.2.7", status=DIMSEStatus.SUCCESS, round_trip_time=0.0,
        file_size=path.stat().st_size, error_message="so it is",
    )  # fmt: skip
    assert (stored.success, stored.has_warning) == (True, False)
    assert (warned.index, warned.path, warned.success, warned.has_warning) == (1, None, True, True)
    assert warned.error_message == "B000 (data elements were coerced, or sub-operations failed): so it is"
    assert (failed.success, failed.has_warning, failed.status) == (False, False, DIMSEStatus.OUT_OF_RESOURCES)
    assert failed.error_message == "A700 (out of resources): so it is"
    assert all(result.round_trip_time > 0 for result in (stored, warned, failed))


async def test_batch_5_the_result() -> None:
    statuses = [0x0000, 0xB000, 0xA700, 0x0000]
    async with ScriptedPeer(status=lambda number: statuses[number]) as peer:
        started = time.perf_counter()
        result = outcome(await store(peer, files(4)))
        elapsed = time.perf_counter() - started
    assert result.progress == BatchStoreProgress(4, 2, 1, 1)
    assert [file.index for file in result.file_results] == [0, 1, 2, 3]
    assert result.total_bytes_transferred == sum(len(received.data_set) for received in peer.received)
    assert 0 < result.total_time <= elapsed
    assert result.average_transfer_rate == result.total_bytes_transferred / result.total_time
    assert (result.all_succeeded, result.has_failures) == (False, True)
    assert [file.index for file in result.failed_files] == [2]
    assert [file.index for file in result.successful_files] == [0, 3]


def test_batch_5_rates_and_success() -> None:
    nothing = BatchStoreResult(progress=BatchStoreProgress(0), file_results=(), total_bytes_transferred=0, total_time=0.0)
    assert (nothing.average_transfer_rate, nothing.all_succeeded, nothing.has_failures) == (0.0, True, False)
    warned = BatchStoreResult(progress=BatchStoreProgress(2, 1, 0, 1), file_results=(), total_bytes_transferred=0, total_time=0.0)
    assert (warned.all_succeeded, warned.has_failures) == (False, False)


def test_batch_6_the_configuration() -> None:
    default = BatchStorageConfiguration()
    assert (default.continue_on_error, default.max_files_per_association, default.delay_between_files) == (True, 0, 0.0)
    assert BatchStorageConfiguration.default == default
    assert BatchStorageConfiguration.fail_fast == BatchStorageConfiguration(continue_on_error=False)
    clamped = BatchStorageConfiguration(max_files_per_association=-1, delay_between_files=-0.5)
    assert (clamped.max_files_per_association, clamped.delay_between_files) == (0, 0.0)


async def test_batch_6_fail_fast() -> None:
    async with ScriptedPeer(status=lambda number: 0xA700 if number == 1 else 0) as peer:
        events = await store(peer, files(4), continue_on_error=False)
    result = outcome(events)
    assert result.progress == BatchStoreProgress(4, 1, 1)
    assert not result.progress.is_complete
    assert len(peer.received) == 2
    assert peer.ends == ["released"]


@pytest.mark.parametrize(("count", "maximum", "associations"), [(5, 2, 3), (4, 2, 2), (3, 0, 1), (3, 10, 1), (3, 1, 3)])
async def test_batch_7_files_per_association(count: int, maximum: int, associations: int) -> None:
    async with ScriptedPeer() as peer:
        result = outcome(await store(peer, files(count), max_files_per_association=maximum))
    assert result.all_succeeded
    assert peer.ends == ["released"] * associations


async def test_more_than_128_contexts_need_several_associations() -> None:
    classes = [f"1.2.826.{number}" for number in range(130)]
    async with ScriptedPeer(dict.fromkeys(classes, (EXPLICIT,))) as peer:
        result = outcome(await store(peer, [file(number, sop_class) for number, sop_class in enumerate(classes)]))
    assert result.all_succeeded
    assert [len(proposed) for proposed in peer.proposals] == [128, 2]


async def test_batch_8_a_delay_before_each_file_but_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[float] = []
    sleep = asyncio.sleep

    async def at_once(seconds: float) -> None:
        asked.append(seconds)
        await sleep(0)

    async with ScriptedPeer() as peer:
        monkeypatch.setattr(asyncio, "sleep", at_once)
        assert outcome(await store(peer, files(3), delay_between_files=5.0)).all_succeeded
    assert [seconds for seconds in asked if seconds] == [5.0, 5.0]


@pytest.mark.parametrize("continue_on_error", [True, False])
async def test_batch_9_a_file_that_cannot_be_read(tmp_path: Path, continue_on_error: bool) -> None:
    sources: list[Any] = [file(0), bytes(300), tmp_path / "missing.dcm", file(3)]
    async with ScriptedPeer() as peer:
        events = await store(peer, sources, continue_on_error=continue_on_error)
    first, garbage, *rest = results(events)
    assert first.success
    assert (garbage.sop_class_uid, garbage.sop_instance_uid) == ("UNKNOWN", "UNKNOWN")
    assert (garbage.status, garbage.success, garbage.file_size) == (0xC000, False, 0)
    assert garbage.error_message is not None
    assert "no DICOM file" in garbage.error_message
    if continue_on_error:
        missing, last = rest
        assert (missing.path, missing.status, last.success) == (str(tmp_path / "missing.dcm"), 0xC000, True)
    else:
        assert rest == []
    assert peer.ends == ["released"]


async def test_batch_9_when_no_file_can_be_read_there_is_no_association() -> None:
    async with ScriptedPeer() as peer:
        result = outcome(await store(peer, [b"", b"x"]))
    assert result.progress == BatchStoreProgress(2, 0, 2)
    assert peer.requests == []


async def test_batch_10_a_sop_class_that_is_rejected() -> None:
    async with ScriptedPeer({MR: (EXPLICIT,)}) as peer:
        refused, stored, again = results(await store(peer, [file(0), file(1, MR), file(2)]))
    assert (refused.status, refused.success, refused.round_trip_time) == (0x0122, False, 0.0)
    assert refused.error_message is not None
    assert CT in refused.error_message
    assert (refused.sop_class_uid, refused.sop_instance_uid) == (CT, "1.2.0")
    assert stored.success
    assert again.status == 0x0122
    assert len(peer.requests) == 1


async def test_batch_10_when_all_are_rejected() -> None:
    async with ScriptedPeer({MR: (EXPLICIT,)}) as peer:
        events = await store(peer, files(3))
    assert [result.status for result in results(events)] == [0x0122] * 3
    assert errors(events) == []
    assert len(peer.requests) == 1  # the same question would have the same answer


async def test_batch_10_only_the_part_that_was_rejected_is_lost() -> None:
    async with ScriptedPeer({MR: (EXPLICIT,)}) as peer:
        sources = [file(0), file(1), file(2, MR), file(3, MR)]
        statuses = [result.status for result in results(await store(peer, sources, max_files_per_association=2))]
    assert statuses == [0x0122, 0x0122, 0, 0]


async def test_batch_11_an_empty_list() -> None:
    async with ScriptedPeer() as peer:
        events = await store(peer, [])
    assert len(events) == 1
    assert (outcome(events).progress, outcome(events).file_results) == (BatchStoreProgress(0), ())
    assert peer.requests == []


async def test_batch_1_what_the_peer_does_not_take_is_converted() -> None:
    async with ScriptedPeer({CT: (IMPLICIT,)}) as peer:
        assert outcome(await store(peer, files(3))).all_succeeded
    assert {received.transfer_syntax for received in peer.received} == {IMPLICIT}
    assert [received.data_set for received in peer.received] == [
        data_set([(0x00080016, "UI", CT), (0x00080018, "UI", f"1.2.{number}"), (0x7FE00010, "OW", bytes(1000))], implicit=True)
        for number in range(3)
    ]


async def test_what_cannot_be_converted_fails_alone() -> None:
    async with ScriptedPeer({CT: (EXPLICIT,)}) as peer:
        broken, stored = results(await store(peer, [file(0, syntax=RLE), file(1)]))
    assert (broken.status, stored.success) == (0xC000, True)
    assert broken.error_message is not None
    assert "cannot be converted" in broken.error_message
    assert peer.ends == ["released"]
