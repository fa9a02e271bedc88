"""One association of a storage SCP: C-ECHO and C-STORE answered until the peer goes (PS3.4 A.4, B.2; PS3.7 9.1.1, 9.1.5)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicomkit.network.dimse import CCancelRequest, CEchoRequest, CStoreRequest, DIMSEStatus, Request, response_to
from dicomkit.network.services.instance_receiver import InstanceReceiver, NotReceived
from dicomkit.network.services.memory_budget import MemoryBudget
from dicomkit.network.services.server_events import FileReceived

if TYPE_CHECKING:
    from collections.abc import Callable

    from dicomkit.network.association import Association
    from dicomkit.network.received_message import ReceivedMessage
    from dicomkit.network.services.server_events import StorageServerEvent
    from dicomkit.network.services.storage_delegate import StorageDelegate, StreamingStorageDelegate
    from dicomkit.network.services.storage_scp import StorageSCPConfiguration

__all__ = ["StorageProvider"]


class StorageProvider:
    """Serves one association that was accepted.

    Parameters
    ----------
    streaming
        The delegate once more, if it takes data sets as they come.

    Attributes
    ----------
    is_busy
        Whether a message is being received or answered.
    """

    def __init__(
        self,
        association: Association,
        delegate: StorageDelegate,
        streaming: StreamingStorageDelegate | None,
        configuration: StorageSCPConfiguration,
        memory: MemoryBudget,
        emit: Callable[[StorageServerEvent], None],
        tell: Callable[[Exception], None],
    ) -> None:
        self.is_busy = False
        self._association = association
        self._configuration = configuration
        self._emit = emit
        self._tell = tell
        self._is_stopping = False
        self._receiver = InstanceReceiver(
            association,
            delegate,
            streaming,
            sender=association.request.calling_ae_title,
            receiver=association.request.called_ae_title,
            memory=MemoryBudget(configuration.max_memory_per_association, memory),
            max_instance_size=configuration.max_instance_size,
            operation_timeout=configuration.operation_timeout,
        )

    def stop_soon(self) -> None:
        """Take no message after the one that is being answered."""
        self._is_stopping = True

    async def serve(self) -> bool:
        """Answer messages; return True when the peer released the association, False when it was aborted to stop.

        Raises
        ------
        DICOMNetworkError
            If the association ends in any other way.
        """
        while not self._is_stopping:
            received = await self._association.receive_message(timeout=self._configuration.idle_timeout)
            if received is None:
                return True
            self.is_busy = True
            try:
                await self._answer(received)
            finally:
                self.is_busy = False
        await self._association.abort()
        return False

    async def _answer(self, received: ReceivedMessage) -> None:
        request = received.message
        if isinstance(request, CStoreRequest):
            status, comment = await self._store(received, request)
            response = response_to(request, status, error_comment=comment)
        elif isinstance(request, CEchoRequest):
            response = response_to(request, DIMSEStatus.SUCCESS)
        elif isinstance(request, CCancelRequest):
            return      # for an operation that was answered meanwhile (PS3.7 9.3.2.3)
        elif isinstance(request, Request):
            response = response_to(request, DIMSEStatus.UNRECOGNIZED_OPERATION)
        else:
            return      # a response to what nobody asked does not come so far
        await self._association.send_message(received.context_id, response)

    async def _store(self, received: ReceivedMessage, request: CStoreRequest) -> tuple[DIMSEStatus, str]:
        outcome = await self._receiver.receive(received, request)
        if isinstance(outcome, NotReceived):
            self._tell(outcome.error)
            return outcome.status, outcome.comment
        self._emit(FileReceived(outcome))
        return DIMSEStatus.SUCCESS, ""
