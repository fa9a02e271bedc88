"""What happens while many instances are stored: events, results, progress."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from dicomkit.network.dimse import DIMSEStatus
from dicomkit.network.errors import DICOMNetworkError

if TYPE_CHECKING:
    from typing import TypeAlias

__all__ = [
    "UNKNOWN_UID",
    "BatchCompleted",
    "BatchFailed",
    "BatchProgressed",
    "BatchStorageConfiguration",
    "BatchStoreProgress",
    "BatchStoreResult",
    "FileStoreResult",
    "FileStored",
    "StorageProgressEvent",
]

UNKNOWN_UID = "UNKNOWN"
"""What a result has in place of the UIDs of a file that could not be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchStorageConfiguration:
    """How to store many instances.

    Parameters
    ----------
    continue_on_error
        Whether to go on with the next file after one that was not stored.
    max_files_per_association
        After how many files to release the association and make another; 0 for never.
    delay_between_files
        Seconds to wait before each file but the first.

    Negative numbers count as 0.
    """

    default: ClassVar[BatchStorageConfiguration]
    fail_fast: ClassVar[BatchStorageConfiguration]

    continue_on_error: bool = True
    max_files_per_association: int = 0
    delay_between_files: float = 0.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "max_files_per_association", max(0, self.max_files_per_association))
        object.__setattr__(self, "delay_between_files", max(0.0, self.delay_between_files))


BatchStorageConfiguration.default = BatchStorageConfiguration()
BatchStorageConfiguration.fail_fast = BatchStorageConfiguration(continue_on_error=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class FileStoreResult:
    """What became of one file.

    Attributes
    ----------
    index
        Its place in the batch, from 0.
    path
        Where it is; None for what has no path.
    sop_class_uid, sop_instance_uid
        ``UNKNOWN`` if it could not be read.
    status
        What the peer answered; C000 if the file could not be read or converted, 0122 if its SOP class was not accepted, None if the
        association failed.
    round_trip_time
        Seconds from the request to its response; 0 if there was none.
    file_size
        Bytes of the file; 0 if it could not be read, or is no file.
    error_message
        Why it was not stored, or what the peer remarked; None if there is nothing to say.
    """

    index: int
    path: str | None
    sop_class_uid: str
    sop_instance_uid: str
    status: DIMSEStatus | None
    round_trip_time: float
    file_size: int
    error_message: str | None = None

    @property
    def success(self) -> bool:
        """Whether it was stored, with a warning or without."""
        return self.status is not None and (self.status.is_success or self.status.is_warning)

    @property
    def has_warning(self) -> bool:
        """Whether it was stored with a warning."""
        return self.status is not None and self.status.is_warning


@dataclass(frozen=True, slots=True)
class BatchStoreProgress:
    """How far a batch is. Each file that is done counts once: as succeeded, failed, or stored with a warning."""

    total: int
    succeeded: int = 0
    failed: int = 0
    warnings: int = 0

    @property
    def completed(self) -> int:
        """How many files are done."""
        return self.succeeded + self.failed + self.warnings

    @property
    def fraction_complete(self) -> float:
        """The part that is done, 0 to 1; 1 of an empty batch."""
        return self.completed / self.total if self.total else 1.0

    @property
    def is_complete(self) -> bool:
        """Whether all files are done."""
        return self.completed >= self.total

    def with_result(self, result: FileStoreResult) -> BatchStoreProgress:
        """Return the progress after one more file."""
        if result.has_warning:
            return BatchStoreProgress(self.total, self.succeeded, self.failed, self.warnings + 1)
        if result.success:
            return BatchStoreProgress(self.total, self.succeeded + 1, self.failed, self.warnings)
        return BatchStoreProgress(self.total, self.succeeded, self.failed + 1, self.warnings)


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchStoreResult:
    """The outcome of a batch.

    Attributes
    ----------
    progress
        The counts.
    file_results
        Of each file that was tried, in order.
    total_bytes_transferred
        Bytes of the data sets that were answered, whatever the answer.
    total_time
        Seconds, from the start to the release of the last association.
    """

    progress: BatchStoreProgress
    file_results: tuple[FileStoreResult, ...]
    total_bytes_transferred: int
    total_time: float

    @property
    def average_transfer_rate(self) -> float:
        """Bytes a second."""
        return self.total_bytes_transferred / self.total_time if self.total_time > 0 else 0.0

    @property
    def all_succeeded(self) -> bool:
        """Whether every file was stored without a warning."""
        return self.progress.succeeded == self.progress.total

    @property
    def has_failures(self) -> bool:
        """Whether a file was not stored."""
        return self.progress.failed > 0

    @property
    def failed_files(self) -> tuple[FileStoreResult, ...]:
        """The files that were not stored."""
        return tuple(result for result in self.file_results if not result.success)

    @property
    def successful_files(self) -> tuple[FileStoreResult, ...]:
        """The files that were stored without a warning."""
        return tuple(result for result in self.file_results if result.success and not result.has_warning)


@dataclass(frozen=True, slots=True)
class FileStored:
    """A file is done, well or not."""

    result: FileStoreResult


@dataclass(frozen=True, slots=True)
class BatchProgressed:
    """The counts after a file."""

    progress: BatchStoreProgress


@dataclass(frozen=True, slots=True)
class BatchFailed:
    """An association could not be made, or was lost. What that does to the files, their results tell."""

    error: DICOMNetworkError


@dataclass(frozen=True, slots=True)
class BatchCompleted:
    """The last event of a batch, also of one that stopped early: then ``result.progress.is_complete`` is false."""

    result: BatchStoreResult


StorageProgressEvent: TypeAlias = "FileStored | BatchProgressed | BatchFailed | BatchCompleted"
