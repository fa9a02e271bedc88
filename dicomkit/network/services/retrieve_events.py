"""What a retrieval tells: how far it is, what came, how it ended (PS3.4 C.4.2, C.4.3)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from dicomkit.network.dimse import DIMSEStatus

if TYPE_CHECKING:
    from dicomkit.network.dimse import SubOperationsResponse
    from dicomkit.network.errors import DICOMNetworkError
    from dicomkit.network.services.storage_delegate import ReceivedFile

__all__ = [
    "InstanceNotRetrieved",
    "InstanceRetrieved",
    "RetrieveCompleted",
    "RetrieveEvent",
    "RetrieveFailed",
    "RetrieveProgress",
    "RetrieveProgressed",
    "RetrieveResult",
]


@dataclass(frozen=True, slots=True)
class RetrieveProgress:
    """The sub-operations of a retrieval, each the C-STORE of one instance, as the peer counts them (PS3.7 9.1.3.1.7)."""

    remaining: int = 0
    completed: int = 0
    failed: int = 0
    warning: int = 0

    @property
    def total(self) -> int:
        """All of them."""
        return self.remaining + self.completed + self.failed + self.warning

    @property
    def fraction_complete(self) -> float:
        """How much is done, well or not, from 0 to 1; 0 of nothing."""
        return (self.total - self.remaining) / self.total if self.total else 0.0

    @property
    def is_complete(self) -> bool:
        """Whether nothing remains."""
        return self.remaining == 0

    @property
    def has_failures(self) -> bool:
        """Whether an instance failed."""
        return self.failed > 0

    def with_response(self, response: SubOperationsResponse) -> RetrieveProgress:
        """Return the counts of a response; what it does not say stays as it was, but that nothing remains behind a final one."""
        if response.status.is_final and not response.status.is_cancel:
            remaining: int | None = response.number_of_remaining_suboperations or 0
        else:
            remaining = response.number_of_remaining_suboperations
        return RetrieveProgress(
            self.remaining if remaining is None else remaining,
            _or(response.number_of_completed_suboperations, self.completed),
            _or(response.number_of_failed_suboperations, self.failed),
            _or(response.number_of_warning_suboperations, self.warning),
        )


def _or(number: int | None, other: int) -> int:
    return other if number is None else number


@dataclass(frozen=True, slots=True)
class RetrieveResult:
    """How a retrieval ended.

    Attributes
    ----------
    status
        What the peer answered at the end: success, a warning where some instances failed, or cancelled.
    progress
        The last counts.
    failed_sop_instance_uids
        What could not be sent, if the peer tells: Failed SOP Instance UID List (0008,0058).
    """

    status: DIMSEStatus
    progress: RetrieveProgress
    failed_sop_instance_uids: tuple[str, ...] = ()

    @property
    def is_success(self) -> bool:
        """Whether the status is success and nothing failed."""
        return self.status.is_success and not self.progress.failed

    @property
    def has_partial_failures(self) -> bool:
        """Whether it ended well for some instances only: success with failures, or the warning B000 (PS3.4 C.4.2.1.5)."""
        return self.status.is_warning or (self.status.is_success and self.progress.failed > 0)


@dataclass(frozen=True, slots=True)
class RetrieveProgressed:
    """The peer told how far it is."""

    progress: RetrieveProgress


@dataclass(frozen=True, slots=True)
class InstanceRetrieved:
    """An instance came, and was acknowledged. ``file.read()`` parses it, ``file.file_data`` is a DICOM file."""

    file: ReceivedFile

    @property
    def sop_class_uid(self) -> str:
        """Its SOP class."""
        return self.file.sop_class_uid

    @property
    def sop_instance_uid(self) -> str:
        """What it is."""
        return self.file.sop_instance_uid

    @property
    def transfer_syntax_uid(self) -> str:
        """How its data set is encoded."""
        return self.file.transfer_syntax_uid

    @property
    def data(self) -> bytes:
        """Its data set as sent, without preamble and File Meta Information."""
        return self.file.data_set_data


@dataclass(frozen=True, slots=True)
class InstanceNotRetrieved:
    """An instance came and could not be taken, because of what it is or because of the handler; the peer was told."""

    sop_instance_uid: str
    error: Exception


@dataclass(frozen=True, slots=True)
class RetrieveCompleted:
    """The end: the peer did what it could."""

    result: RetrieveResult


@dataclass(frozen=True, slots=True)
class RetrieveFailed:
    """The end: the peer refused, or could not be reached any more.

    Attributes
    ----------
    error
        Why.
    result
        What the peer told at its last word; None if there was none.
    """

    error: DICOMNetworkError
    result: RetrieveResult | None = None


RetrieveEvent: TypeAlias = "RetrieveProgressed | InstanceRetrieved | InstanceNotRetrieved | RetrieveCompleted | RetrieveFailed"
