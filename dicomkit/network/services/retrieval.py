"""One C-MOVE or C-GET on its way (PS3.4 C.4.2.3, C.4.3.3)."""

from __future__ import annotations

from abc import ABC, abstractmethod
from contextlib import aclosing
from typing import TYPE_CHECKING, ClassVar

from dicomkit.encoding.serializer import serialize_data_set
from dicomkit.network.dimse import (
    CGetRequest,
    CGetResponse,
    CMoveRequest,
    CMoveResponse,
    CStoreRequest,
    DIMSEStatus,
    Request,
    response_to,
)
from dicomkit.network.errors import (
    ConnectionClosedError,
    RemoteProtocolError,
    RetrieveFailedError,
    SOPClassNotSupportedError,
)
from dicomkit.network.services.exchange import cancel, next_response
from dicomkit.network.services.identifiers import read_identifier
from dicomkit.network.services.instance_receiver import InstanceReceiver, NotReceived
from dicomkit.network.services.memory_budget import MemoryBudget
from dicomkit.network.services.retrieve_events import (
    InstanceNotRetrieved,
    InstanceRetrieved,
    RetrieveCompleted,
    RetrieveFailed,
    RetrieveProgress,
    RetrieveProgressed,
    RetrieveResult,
)
from dicomkit.network.services.storage_delegate import StorageDelegate, StreamingStorageDelegate
from dicomkit.tags import FailedSOPInstanceUIDList
from dicomkit.transfer_syntax import TransferSyntax

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from dicomkit.network.association import Association
    from dicomkit.network.dimse import SubOperationsResponse
    from dicomkit.network.received_message import DataSetStream, ReceivedMessage
    from dicomkit.network.services.configuration import RetrieveConfiguration
    from dicomkit.network.services.retrieve_events import RetrieveEvent
    from dicomkit.network.services.retrieve_keys import RetrieveKeys
    from dicomkit.network.services.storage_delegate import ReceivedFile

__all__ = ["Get", "Move", "Retrieval"]


class Retrieval(ABC):
    """What C-MOVE and C-GET have in common.

    Parameters
    ----------
    association
        On which the SOP class of the retrieval was proposed.
    """

    name: ClassVar[str]
    response: ClassVar[type[SubOperationsResponse]]

    def __init__(self, association: Association, settings: RetrieveConfiguration, keys: RetrieveKeys, sop_class_uid: str) -> None:
        self._association = association
        self._settings = settings
        self._keys = keys
        self._sop_class_uid = sop_class_uid
        self._message_id = association.new_message_id()
        self._progress = RetrieveProgress()
        self._is_over = False

    @abstractmethod
    def _request(self) -> Request: ...

    @abstractmethod
    def _responses(self) -> AsyncGenerator[RetrieveEvent | tuple[SubOperationsResponse, DataSetStream | None], None]:
        """Give what happens between responses, and the responses with what follows them."""

    async def events(self) -> AsyncGenerator[RetrieveEvent, None]:
        """Send the request, and tell what happens until the end. Closed early, it cancels the retrieval.

        Raises
        ------
        SOPClassNotSupportedError
            If the peer did not accept the retrieval.
        DICOMNetworkError
            If the association ends before.
        """
        association = self._association
        contexts = association.negotiated.find(self._sop_class_uid)
        if not contexts:
            raise SOPClassNotSupportedError(self._sop_class_uid)
        [context, *_] = contexts
        syntax = TransferSyntax.get(context.transfer_syntax)
        identifier = serialize_data_set(self._keys.identifier(), syntax).to_bytes()
        try:
            with association.operation(self.name):
                await association.send_message(context.id, self._request(), identifier)
                async with aclosing(self._responses()) as events:
                    async for event in events:
                        if not isinstance(event, tuple):
                            yield event
                            continue
                        response, stream = event
                        self._progress = self._progress.with_response(response)
                        if response.status.is_final:
                            self._is_over = True
                            yield self._ending(await self._result(response, stream, syntax), response.error_comment)
                            return
                        yield RetrieveProgressed(self._progress)
        except GeneratorExit:  # between two messages: the peer listens, or will
            if not self._is_over:
                self._is_over = True
                await cancel(association, context.id, self.response, self._message_id)
            raise
        except BaseException:  # of a task that is cancelled, or a handler, in the middle of an instance that nobody answers any more
            association.close()
            raise

    async def _result(self, response: SubOperationsResponse, stream: DataSetStream | None, syntax: TransferSyntax) -> RetrieveResult:
        identifier = None if stream is None else await read_identifier(self._association, stream, syntax)
        failed = response.failed_sop_instance_uid_list
        if identifier is not None:
            failed = tuple(identifier.strings(FailedSOPInstanceUIDList) or failed)
        return RetrieveResult(response.status, self._progress, failed)

    def _ending(self, result: RetrieveResult, comment: str) -> RetrieveEvent:
        status, progress = result.status, result.progress
        if status.is_success or status.is_warning or status.is_cancel:
            return RetrieveCompleted(result)
        if not comment and progress.failed:
            comment = f"{progress.failed} of {progress.total} instances failed"
        return RetrieveFailed(RetrieveFailedError(status, comment), result)


class Move(Retrieval):
    """A C-MOVE to an AE title."""

    name = "C-MOVE"
    response = CMoveResponse

    def __init__(self, association: Association, settings: RetrieveConfiguration, keys: RetrieveKeys, destination: str) -> None:
        super().__init__(association, settings, keys, settings.information_model.move_sop_class_uid)
        self._destination = destination

    def _request(self) -> Request:
        return CMoveRequest(
            message_id=self._message_id, affected_sop_class_uid=self._sop_class_uid, priority=self._settings.priority,
            move_destination=self._destination,
        )  # fmt: skip

    async def _responses(self) -> AsyncGenerator[RetrieveEvent | tuple[SubOperationsResponse, DataSetStream | None], None]:
        association = self._association
        while True:
            yield await next_response(association, CMoveResponse, self._message_id, timeout=association.read_timeout)


class _Keeper(StorageDelegate):
    """Keeps the last instance, with its data set in memory."""

    file: ReceivedFile

    async def did_receive(self, file: ReceivedFile) -> None:
        self.file = file


class Get(Retrieval):
    """A C-GET, whose instances a handler takes; without one they are kept in memory for their events."""

    name = "C-GET"
    response = CGetResponse

    def __init__(
        self, association: Association, settings: RetrieveConfiguration, keys: RetrieveKeys, handler: StorageDelegate | None
    ) -> None:  # fmt: skip
        super().__init__(association, settings, keys, settings.information_model.get_sop_class_uid)
        self._keeper = _Keeper() if handler is None else None
        delegate = handler or self._keeper
        assert delegate is not None
        self._receiver = InstanceReceiver(
            association,
            delegate,
            delegate if isinstance(delegate, StreamingStorageDelegate) else None,
            sender=settings.called_ae_title,
            receiver=settings.calling_ae_title,
            memory=MemoryBudget(settings.max_memory),
            max_instance_size=settings.max_instance_size,
            operation_timeout=None,
        )

    def _request(self) -> Request:
        return CGetRequest(message_id=self._message_id, affected_sop_class_uid=self._sop_class_uid, priority=self._settings.priority)

    async def _responses(self) -> AsyncGenerator[RetrieveEvent | tuple[SubOperationsResponse, DataSetStream | None], None]:
        association = self._association
        while True:
            received = await association.receive_message()
            if received is None:
                raise ConnectionClosedError("the peer released the association instead of answering")
            message = received.message
            if isinstance(message, CStoreRequest):
                yield await self._store(received, message)
            elif isinstance(message, CGetResponse) and message.message_id_being_responded_to == self._message_id:
                yield message, received.data_set
            elif isinstance(message, Request):
                await association.send_message(received.context_id, response_to(message, DIMSEStatus.UNRECOGNIZED_OPERATION))
            else:
                await association.abort()
                raise RemoteProtocolError(f"the peer answered with {message.command_field.name}, and not what it was asked")

    async def _store(self, received: ReceivedMessage, request: CStoreRequest) -> RetrieveEvent:
        """Receive an instance and answer; it is told when the peer goes on with the next one already."""
        outcome = await self._receiver.receive(received, request)
        if isinstance(outcome, NotReceived):
            answer = response_to(request, outcome.status, error_comment=outcome.comment)
            await self._association.send_message(received.context_id, answer)
            return InstanceNotRetrieved(request.affected_sop_instance_uid, outcome.error)
        await self._association.send_message(received.context_id, response_to(request, DIMSEStatus.SUCCESS))
        return InstanceRetrieved(outcome if self._keeper is None else self._keeper.file)
