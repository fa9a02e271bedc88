"""Many instances stored one after the other, over as few associations as they need."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dicomkit.errors import DICOMError
from dicomkit.network.association import Association
from dicomkit.network.dimse import CStoreResponse, DIMSEStatus
from dicomkit.network.errors import (
    AssociationAbortedError,
    ConnectionClosedError,
    DICOMNetworkError,
    NoPresentationContextAcceptedError,
    SOPClassNotSupportedError,
)
from dicomkit.network.services.batch_events import (
    UNKNOWN_UID,
    BatchCompleted,
    BatchFailed,
    BatchProgressed,
    BatchStorageConfiguration,
    BatchStoreProgress,
    BatchStoreResult,
    FileStored,
    FileStoreResult,
)
from dicomkit.network.services.configuration import StorageConfiguration
from dicomkit.network.services.instances import Instance, Source, read_instance
from dicomkit.network.services.negotiation import Part, divide
from dicomkit.network.services.sender import InstanceSender, Outgoing

if TYPE_CHECKING:
    from dicomkit.network.services.batch_events import StorageProgressEvent
    from dicomkit.network.services.bodies import Transcoder

__all__ = ["Batch"]

HEADERS_AT_A_TIME = 64
"""Files whose headers one call of a thread reads: handing over costs as much as several headers."""

MOST_FRUITLESS_ASSOCIATIONS = 5
"""After so many associations in a row that ended before a single answer, the peer is taken to be out of order."""


PAUSE = 1.0
"""Seconds without a message after which a peer that ended the association is taken to have been tired of waiting."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A response, and how long it took."""

    response: CStoreResponse
    round_trip_time: float


class Batch:
    """One call of ``store_batch``.

    Parameters
    ----------
    sources
        What is stored.
    host, port
        Where to.
    settings
        How to associate.
    configuration
        How to go about the batch.
    transcoder
        What converts instances; None if nothing does.
    """

    def __init__(
        self,
        sources: Sequence[Source],
        host: str,
        port: int,
        settings: StorageConfiguration,
        configuration: BatchStorageConfiguration,
        transcoder: Transcoder | None,
    ) -> None:
        self._sources = sources
        self._settings = settings
        self._association_configuration = settings.association_with(host, port)
        self._configuration = configuration
        self._transcoder = transcoder
        self._instances: list[Instance | DICOMError] = []
        self._parts: list[Part] = []  # those to come, the current one first
        self._sender: InstanceSender | None = None
        self._next: asyncio.Task[Outgoing] | None = None  # what is prepared while the peer works
        self._next_index = -1
        self._refusal: DICOMNetworkError | None = None  # why nothing of the current part, or of all that is left, can be sent
        self._is_out_of_order = False
        self._fruitless = 0
        self._has_associated = False
        self._answered_at: float | None = None  # the last time, on this association
        self._errors: list[DICOMNetworkError] = []  # not yet told
        self._bytes = 0

    async def events(self) -> AsyncGenerator[StorageProgressEvent, None]:
        """Store everything; see :meth:`DICOMStorageService.store_batch`."""
        started = time.perf_counter()
        progress = BatchStoreProgress(len(self._sources))
        results: list[FileStoreResult] = []
        try:
            await self._read_headers()
            for index in range(len(self._sources)):
                if index and self._configuration.delay_between_files and not self._is_out_of_order:
                    await asyncio.sleep(self._configuration.delay_between_files)
                result = await self._store(index)
                results.append(result)
                progress = progress.with_result(result)
                while self._errors:
                    yield BatchFailed(self._errors.pop(0))
                yield FileStored(result)
                yield BatchProgressed(progress)
                if not result.success and not self._configuration.continue_on_error:
                    break
            await self._release()
        except GeneratorExit:  # between two files: who listened has heard enough
            await self._release()
            raise
        finally:
            self._drop()
        elapsed = time.perf_counter() - started
        yield BatchCompleted(
            BatchStoreResult(progress=progress, file_results=tuple(results), total_bytes_transferred=self._bytes, total_time=elapsed)
        )

    async def _read_headers(self) -> None:
        """Read what the files say of themselves: which contexts are needed has to be known before the first association."""
        loop = asyncio.get_running_loop()
        for start in range(0, len(self._sources), HEADERS_AT_A_TIME):
            sources = self._sources[start : start + HEADERS_AT_A_TIME]
            self._instances += await loop.run_in_executor(None, _read_instances, sources)
        self._parts = divide(
            [instance if isinstance(instance, Instance) else None for instance in self._instances],
            is_convertible=self._transcoder is not None,
            maximum_instances=self._configuration.max_files_per_association,
        )

    async def _store(self, index: int) -> FileStoreResult:
        """Store one file, and tell what became of it; only what is no fault of file or peer is raised."""
        instance = self._instances[index]
        if not isinstance(instance, Instance):
            return self._result(index, DIMSEStatus.CANNOT_UNDERSTAND, str(instance))
        try:
            answer = await self._send(index, instance)
        except SOPClassNotSupportedError as error:
            return self._result(index, DIMSEStatus.SOP_CLASS_NOT_SUPPORTED, str(error))
        except NoPresentationContextAcceptedError as error:
            return self._result(index, DIMSEStatus.SOP_CLASS_NOT_SUPPORTED, str(error))
        except DICOMNetworkError as error:
            return self._result(index, None, str(error))
        except DICOMError as error:
            self._settle()
            return self._result(index, DIMSEStatus.CANNOT_UNDERSTAND, str(error))
        status = answer.response.status
        message = answer.response.error_comment or None
        if not status.is_success:
            message = f"{status}: {message}" if message else str(status)
        return self._result(index, status, message, answer.round_trip_time)

    async def _send(self, index: int, instance: Instance) -> Answer:
        sender = await self._associated(index)
        outgoing = await self._prepared(sender, index, instance)
        started = time.perf_counter()
        was_idle = self._answered_at is not None and started - self._answered_at > PAUSE
        try:
            response = await self._exchange(sender, outgoing, index)
        except (AssociationAbortedError, ConnectionClosedError):
            if not was_idle:
                raise
            # The peer had waited long enough for us. To send an instance twice does no harm; and the new association was never idle.
            self._errors.pop()
            return await self._send(index, instance)
        finally:
            outgoing.body.close()
        self._answered_at = time.perf_counter()
        self._fruitless = 0
        self._bytes += outgoing.body.length
        return Answer(response, self._answered_at - started)

    async def _exchange(self, sender: InstanceSender, outgoing: Outgoing, index: int) -> CStoreResponse:
        try:
            with sender.association.operation("C-STORE"):
                await sender.send(outgoing)
                self._prepare_next(sender, index + 1)
                return await sender.receive()
        except DICOMNetworkError as error:
            self._lose(error)
            raise

    # Associations.

    async def _associated(self, index: int) -> InstanceSender:
        """Return the sender of the association for a file, which is made if there is none."""
        if index >= self._parts[0].stop:
            await self._release()
            while index >= self._parts[0].stop:
                del self._parts[0]
            if not self._is_out_of_order:
                self._refusal = None
        if self._refusal is not None:
            raise self._refusal
        if self._sender is None:
            settings = self._settings
            self._sender = InstanceSender(await self._connect(), settings.priority, self._transcoder, is_forced=settings.is_forced)
        return self._sender

    async def _connect(self) -> Association:
        contexts = self._parts[0].contexts
        try:
            association = await Association.connect(self._association_configuration, contexts, ssl_context=self._settings.ssl_context)
        except NoPresentationContextAcceptedError as error:
            self._refusal = error
            raise
        except DICOMNetworkError as error:
            # A peer that never answered, or will not: the other files need not try.
            self._lose(error, is_final=not self._has_associated or not error.is_retryable)
            raise
        self._has_associated = True
        self._answered_at = None
        return association

    def _lose(self, error: DICOMNetworkError, *, is_final: bool = False) -> None:
        """Note that an association failed; the next file makes another, unless that has been in vain for too long."""
        self._drop()
        self._errors.append(error)
        self._fruitless += 1
        if is_final or self._fruitless >= MOST_FRUITLESS_ASSOCIATIONS:
            self._refusal, self._is_out_of_order = error, True

    def _settle(self) -> None:
        """Let go of an association that ended because a file could not be read to its end."""
        if self._sender is not None and not self._sender.association.is_established:
            self._drop()

    async def _release(self) -> None:
        sender = self._sender
        await self._cancel_next()
        self._sender = None
        if sender is not None:
            with suppress(DICOMNetworkError):  # everything was answered: how the peer ends it does not matter
                await sender.association.release()

    def _drop(self) -> None:
        sender, self._sender = self._sender, None
        if self._next is not None:
            self._next.cancel()
            self._next.add_done_callback(_close_body)
            self._next = None
        if sender is not None:
            sender.association.close()

    # The next file, while the peer works on this one.

    def _prepare_next(self, sender: InstanceSender, index: int) -> None:
        if index < self._parts[0].stop:
            instance = self._instances[index]
            if isinstance(instance, Instance):
                self._next = asyncio.get_running_loop().create_task(sender.prepare(instance))
                self._next_index = index

    async def _prepared(self, sender: InstanceSender, index: int, instance: Instance) -> Outgoing:
        if self._next is None or self._next_index != index:
            await self._cancel_next()
            return await sender.prepare(instance)
        task, self._next = self._next, None
        try:
            return await task
        except asyncio.CancelledError:
            task.add_done_callback(_close_body)
            raise

    async def _cancel_next(self) -> None:
        task, self._next = self._next, None
        if task is not None:
            task.cancel()
            task.add_done_callback(_close_body)  # before we wait, which may be cancelled
            await asyncio.wait((task,))

    def _result(self, index: int, status: DIMSEStatus | None, message: str | None, round_trip_time: float = 0.0) -> FileStoreResult:
        source, instance = self._sources[index], self._instances[index]
        known = instance if isinstance(instance, Instance) else None
        return FileStoreResult(
            index=index,
            path=os.fspath(source) if isinstance(source, (str, os.PathLike)) else None,
            sop_class_uid=known.sop_class_uid if known else UNKNOWN_UID,
            sop_instance_uid=known.sop_instance_uid if known else UNKNOWN_UID,
            status=status,
            round_trip_time=round_trip_time,
            file_size=known.size if known else 0,
            error_message=message,
        )


def _read_instances(sources: Sequence[Source]) -> list[Instance | DICOMError]:
    found: list[Instance | DICOMError] = []
    for source in sources:
        try:
            found.append(read_instance(source))
        except DICOMError as error:
            found.append(error)
    return found


def _close_body(task: asyncio.Task[Outgoing]) -> None:
    """Close what a task has prepared that nobody waits for any more."""
    if not task.cancelled() and task.exception() is None:
        task.result().body.close()
