from __future__ import annotations

import dataclasses
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from dicomkit.network.dimse import CGetResponse, CMoveResponse, DIMSEStatus, SubOperationsResponse
from dicomkit.network.services.retrieve_events import InstanceRetrieved, RetrieveProgress, RetrieveResult
from dicomkit.network.services.storage_delegate import ReceivedFile
from dicomkit.testing import data_set
from tests.unit.network.services.scripted_peer import CT, EXPLICIT


@pytest.mark.parametrize(
    ("counts", "total", "fraction", "is_complete", "has_failures"),
    [
        ((0, 0, 0, 0), 0, 0.0, True, False),
        ((4, 0, 0, 0), 4, 0.0, False, False),
        ((3, 1, 0, 0), 4, 0.25, False, False),
        ((2, 0, 1, 1), 4, 0.5, False, True),
        ((1, 1, 1, 1), 4, 0.75, False, True),
        ((0, 3, 0, 1), 4, 1.0, True, False),
        ((0, 0, 5, 0), 5, 1.0, True, True),
        ((65535, 1, 0, 0), 65536, 1 / 65536, False, False),
    ],
)
def test_move_3_progress(counts: tuple[int, ...], total: int, fraction: float, is_complete: bool, has_failures: bool) -> None:
    progress = RetrieveProgress(*counts)
    assert (progress.remaining, progress.completed, progress.failed, progress.warning) == counts
    assert (progress.total, progress.fraction_complete) == (total, fraction)
    assert (progress.is_complete, progress.has_failures) == (is_complete, has_failures)
    with pytest.raises(dataclasses.FrozenInstanceError):
        progress.remaining = 1  # type: ignore[misc]


def response(
    status: int, remaining: int | None = None, completed: int | None = None, failed: int | None = None, warning: int | None = None
) -> SubOperationsResponse:
    return CMoveResponse(
        message_id_being_responded_to=1, status=DIMSEStatus(status), number_of_remaining_suboperations=remaining,
        number_of_completed_suboperations=completed, number_of_failed_suboperations=failed, number_of_warning_suboperations=warning,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("answer", "counts"),
    [
        (response(0xFF00, 2, 5, 1, 1), (2, 5, 1, 1)),
        (response(0xFF00), (3, 4, 1, 1)),  # all counts are optional in most responses (PS3.7 9.3.4.2)
        (response(0xFF00, remaining=2), (2, 4, 1, 1)),
        (response(0xFF00, completed=0), (3, 0, 1, 1)),
        (response(0x0000), (0, 4, 1, 1)),  # nothing remains behind a final one, and it may not say so (PS3.7 9.1.4.1.7)
        (response(0x0000, None, 7, 1, 1), (0, 7, 1, 1)),
        (response(0xB000, None, 6, 2, 1), (0, 6, 2, 1)),
        (response(0xA702, 2, 4, 3, 0), (2, 4, 3, 0)),
        (response(0xC000), (0, 4, 1, 1)),
        (response(0xFE00), (3, 4, 1, 1)),  # what was not done when it was cancelled
        (response(0xFE00, 2, 5, 1, 1), (2, 5, 1, 1)),
    ],
)
def test_move_2_progress_with_a_response(answer: SubOperationsResponse, counts: tuple[int, ...]) -> None:
    before = RetrieveProgress(3, 4, 1, 1)
    assert before.with_response(answer) == RetrieveProgress(*counts)
    assert before == RetrieveProgress(3, 4, 1, 1)


def test_a_response_to_c_get_has_the_same_counts() -> None:
    answer = CGetResponse(message_id_being_responded_to=1, status=DIMSEStatus.PENDING, number_of_remaining_suboperations=7)
    assert RetrieveProgress().with_response(answer) == RetrieveProgress(remaining=7)


@pytest.mark.parametrize(
    ("status", "failed", "is_success", "has_partial_failures"),
    [
        (0x0000, 0, True, False),
        (0x0000, 1, False, True),
        (0xB000, 0, False, True),
        (0xB000, 2, False, True),
        (0xB007, 0, False, True),
        (0x0001, 0, False, True),
        (0xFE00, 0, False, False),
        (0xFE00, 1, False, False),
        (0xA702, 3, False, False),
        (0xC000, 0, False, False),
        (0x1234, 0, False, False),
    ],
)
def test_move_4_the_result(status: int, failed: int, is_success: bool, has_partial_failures: bool) -> None:
    result = RetrieveResult(DIMSEStatus(status), RetrieveProgress(completed=3, failed=failed))
    assert (result.is_success, result.has_partial_failures) == (is_success, has_partial_failures)
    assert result.failed_sop_instance_uids == ()


def received(**changes: Any) -> ReceivedFile:
    body = data_set([(0x00080016, "UI", CT), (0x00080018, "UI", "1.2.3"), (0x00100020, "LO", "P1")])
    return ReceivedFile(CT, "1.2.3", EXPLICIT, "PEER", datetime.now(UTC), len(body), changes.get("path"), changes.get("body", body))


def test_get_2_an_instance(tmp_path: Path) -> None:
    file = received()
    event = InstanceRetrieved(file)
    assert (event.sop_class_uid, event.sop_instance_uid, event.transfer_syntax_uid) == (CT, "1.2.3", EXPLICIT)
    assert event.data == file.data_set_data
    assert len(event.data) == file.data_size


def test_get_5_an_instance_is_a_file(tmp_path: Path) -> None:
    """One in memory, and one that a handler wrote."""
    in_memory = received()
    path = tmp_path / "a.dcm"
    path.write_bytes(in_memory.file_data)
    on_disk = received(path=path, body=None)
    assert on_disk.data_set_data == in_memory.data_set_data
    assert on_disk.file_data == in_memory.file_data
    for file in (in_memory, on_disk):
        read = file.read()
        assert read.transfer_syntax.uid == read.file_meta_information.TransferSyntaxUID == EXPLICIT
        assert read.file_meta_information.MediaStorageSOPClassUID == CT
        assert read.file_meta_information.MediaStorageSOPInstanceUID == "1.2.3"
        assert read.file_meta_information.SendingApplicationEntityTitle == "PEER"
        assert read.PatientID == "P1"
