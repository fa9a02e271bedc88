"""One SOP instance received over an association, by a storage server or in a C-GET (PS3.4 B.2, PS3.7 9.1.1)."""

from __future__ import annotations

import asyncio
import errno
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeVar

from dicomkit import tags
from dicomkit.errors import DICOMError
from dicomkit.network.dimse import DIMSEStatus
from dicomkit.network.errors import OperationTimeoutError, StoreFailedError
from dicomkit.network.services.collected_fragments import CollectedFragments
from dicomkit.network.services.data_set_head import UIDFinder
from dicomkit.network.services.storage_delegate import IncomingInstance, PouredChunks, ReceivedFile, StreamingStorageDelegate
from dicomkit.network.timeouts import TimeoutType

if TYPE_CHECKING:
    from collections.abc import Awaitable
    from pathlib import Path

    from dicomkit.network.association import Association
    from dicomkit.network.dimse import CStoreRequest
    from dicomkit.network.received_message import DataSetStream, ReceivedMessage, Take
    from dicomkit.network.services.memory_budget import MemoryBudget
    from dicomkit.network.services.storage_delegate import DataSetChunks, StorageDelegate

__all__ = ["InstanceReceiver", "NotReceived"]

T = TypeVar("T")

COMMENT_LENGTH = 64     # Error Comment is an LO (PS3.7 E.1)
HEAD_LENGTH = 2048      # before SOP Class and SOP Instance UID stand a character set, Image Type, and dates: some 200 bytes
_SOP_UIDS = UIDFinder(tags.SOPClassUID, tags.SOPInstanceUID)
_RESOURCE_ERRORS = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EFBIG})


@dataclass(frozen=True, slots=True)
class NotReceived:
    """An instance could not be received or taken, but was read over: why, and how to answer."""

    error: Exception
    status: DIMSEStatus
    comment: str


class InstanceReceiver:
    """Receives instances for a delegate.

    Parameters
    ----------
    association
        Over which they come.
    delegate
        Who takes them.
    streaming
        The delegate once more, if it takes data sets as they come.
    sender, receiver
        The AE titles of both sides.
    memory
        What data sets may take that are handed over whole.
    max_instance_size
        The most bytes of a data set; None for no limit.
    operation_timeout
        Seconds for one of them to come and be taken; None for no limit.
    """

    def __init__(
        self,
        association: Association,
        delegate: StorageDelegate,
        streaming: StreamingStorageDelegate | None,
        *,
        sender: str,
        receiver: str,
        memory: MemoryBudget,
        max_instance_size: int | None,
        operation_timeout: float | None,
    ) -> None:
        self._association = association
        self._delegate = delegate
        self._streaming = streaming
        self._titles = sender, receiver
        self._memory = memory
        self._max_instance_size = max_instance_size
        self._operation_timeout = operation_timeout

    async def receive(self, received: ReceivedMessage, request: CStoreRequest) -> ReceivedFile | NotReceived:
        """Receive an instance, and have the delegate take it; whoever asked for it is still to be answered.

        Raises
        ------
        DICOMNetworkError
            If the association ends.
        """
        try:
            return await self._in_time(self._receive(received, request))
        except Exception as error:
            await self._delegate.did_fail(error, request.affected_sop_instance_uid or None)
            if not self._association.is_established:
                raise       # it ends the association, which is told there
            if received.data_set is not None:
                await self._in_time(received.data_set.drain())  # a peer that sends does not listen: it must finish before it is answered
            return NotReceived(error, *_failure(error))

    async def _in_time(self, work: Awaitable[T]) -> T:
        """Wait for what the peer sends, at most as long as an operation may take."""
        limit = self._operation_timeout
        try:
            async with asyncio.timeout(limit) as timer:
                return await work
        except TimeoutError as error:
            if not timer.expired() or limit is None:
                raise
            await self._association.abort()
            raise OperationTimeoutError(TimeoutType.OPERATION, limit, "C-STORE") from error

    async def _receive(self, received: ReceivedMessage, request: CStoreRequest) -> ReceivedFile:
        instance = self._instance(received, request)
        if received.data_set is None:
            raise StoreFailedError(DIMSEStatus.CANNOT_UNDERSTAND, "no data set")
        if not await self._delegate.will_receive(instance.sop_class_uid, instance.sop_instance_uid):
            raise StoreFailedError(DIMSEStatus.OUT_OF_RESOURCES, "not wanted")
        chunks = _CheckedChunks(received.data_set, instance, self._max_instance_size)
        if self._streaming is not None:
            path = await self._streaming.receive_stream(instance, chunks)
            await chunks.read_over()
            file = _received_file(instance, chunks.size, path=path)
            await self._delegate.did_receive(file)
            return file
        try:
            data_set = await self._collect(chunks)
            file = _received_file(instance, len(data_set), data_set=data_set)
            await self._delegate.did_receive(file)
        finally:
            self._memory.release_all()
        return file.without_data()

    def _instance(self, received: ReceivedMessage, request: CStoreRequest) -> IncomingInstance:
        context = self._association.negotiated.get(received.context_id)
        if context is None or request.affected_sop_class_uid != context.abstract_syntax:
            raise StoreFailedError(DIMSEStatus.SOP_CLASS_NOT_SUPPORTED, "not the SOP class of the presentation context")
        if not request.affected_sop_instance_uid:
            raise StoreFailedError(DIMSEStatus.INVALID_SOP_INSTANCE, "no SOP Instance UID")
        return IncomingInstance(
            request.affected_sop_class_uid, request.affected_sop_instance_uid, context.transfer_syntax, *self._titles
        )

    async def _collect(self, chunks: DataSetChunks) -> bytes:
        collected = CollectedFragments()
        async for fragments in chunks:
            self._reserve(sum(map(len, fragments)))
            collected.extend(fragments)
        self._reserve(collected.size)       # what was collected and the whole are there at the same time
        return b"".join(collected.take())

    def _reserve(self, size: int) -> None:
        if not self._memory.reserve(size):
            raise StoreFailedError(DIMSEStatus.OUT_OF_RESOURCES, "no memory for the data set")


class _CheckedChunks(PouredChunks):
    """The chunks of a data set, counted, and checked against what was said before they came."""

    def __init__(self, chunks: DataSetStream, instance: IncomingInstance, max_size: int | None) -> None:
        self.size = 0
        self._chunks = chunks
        self._instance = instance
        self._max_size = max_size

    async def __anext__(self) -> list[memoryview]:
        fragments = await anext(self._chunks)
        self._check(fragments)
        return fragments

    async def pour(self, take: Take, fragments: list[memoryview]) -> None:
        """As of the stream; each step is checked before it is taken."""

        def take_checked(chunk: list[memoryview], is_last: bool) -> None:
            if chunk is not fragments:      # which were checked when they came
                self._check(chunk)
            take(chunk, is_last)

        await self._chunks.pour(take_checked, fragments)

    def _check(self, fragments: list[memoryview]) -> None:
        if not self.size:
            self._check_uids(fragments)
        self.size += sum(map(len, fragments))
        if self._max_size is not None and self.size > self._max_size:
            raise StoreFailedError(DIMSEStatus.OUT_OF_RESOURCES, f"more than {self._max_size} bytes")

    async def read_over(self) -> None:
        """Read what nobody wanted."""
        async for _ in self:
            continue

    def _check_uids(self, fragments: list[memoryview]) -> None:
        # A file whose File Meta Information contradicts its data set would not be a DICOM file (PS3.10 7.1).
        instance = self._instance
        uids = _SOP_UIDS.find(fragments, instance.transfer_syntax_uid, HEAD_LENGTH)
        for found, told in zip(uids, (instance.sop_class_uid, instance.sop_instance_uid), strict=True):
            if found is not None and found != told:
                raise StoreFailedError(DIMSEStatus.IDENTIFIER_MISMATCH, "the UIDs of command and data set differ")


def _received_file(instance: IncomingInstance, size: int, *, path: Path | None = None, data_set: bytes | None = None) -> ReceivedFile:
    return ReceivedFile(
        instance.sop_class_uid,
        instance.sop_instance_uid,
        instance.transfer_syntax_uid,
        instance.calling_ae_title,
        datetime.now(UTC),
        size,
        path,
        data_set,
    )


def _failure(error: Exception) -> tuple[DIMSEStatus, str]:
    """Return status and comment for what went wrong; nothing in the comment comes from a data set."""
    status = getattr(error, "status", None)
    if isinstance(status, int) and 0 <= status <= 0xFFFF and DIMSEStatus(status).is_final and not DIMSEStatus(status).is_success:
        comment = getattr(error, "comment", "")
        return DIMSEStatus(status), str(comment)[:COMMENT_LENGTH]
    if isinstance(error, MemoryError) or (isinstance(error, OSError) and error.errno in _RESOURCE_ERRORS):
        return DIMSEStatus.OUT_OF_RESOURCES, (getattr(error, "strerror", None) or "out of memory")[:COMMENT_LENGTH]
    if isinstance(error, DICOMError):
        return DIMSEStatus.PROCESSING_FAILURE, str(error)[:COMMENT_LENGTH]
    return DIMSEStatus.PROCESSING_FAILURE, type(error).__name__[:COMMENT_LENGTH]
