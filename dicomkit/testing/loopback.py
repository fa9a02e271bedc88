"""Real associations within one process, for tests of code that sends or receives: over TCP, on loopback, on ports that are free."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from dicomkit.network.association import Association
from dicomkit.network.configuration import AcceptorConfiguration, AssociationConfiguration
from dicomkit.network.server import DICOMStorageServer
from dicomkit.network.services.storage_delegate import StorageDelegate
from dicomkit.network.services.storage_scp import StorageSCPConfiguration, every_storage_sop_class, every_transfer_syntax
from dicomkit.network.ul import select_contexts

if TYPE_CHECKING:
    from dicomkit.network.services.storage_delegate import AssociationInfo, ReceivedFile
    from dicomkit.network.ul import PresentationContext

__all__ = ["LOOPBACK_HOST", "KeepingDelegate", "loopback_association", "loopback_server"]

LOOPBACK_HOST = "127.0.0.1"
ACCEPTOR, REQUESTOR = "LOOPBACK", "TEST"


class KeepingDelegate(StorageDelegate):
    """Takes everything, and keeps it.

    Attributes
    ----------
    associations
        Who asked for an association.
    files
        What was received, data sets included.
    failures
        What could not be received, with its SOP Instance UID.
    """

    def __init__(self) -> None:
        self.associations: list[AssociationInfo] = []
        self.files: list[ReceivedFile] = []
        self.failures: list[tuple[Exception, str | None]] = []

    async def should_accept_association(self, info: AssociationInfo) -> bool:
        """Keep who asks, and accept."""
        self.associations.append(info)
        return True

    async def did_receive(self, file: ReceivedFile) -> None:
        """Keep the instance."""
        self.files.append(file)

    async def did_fail(self, error: Exception, sop_instance_uid: str | None) -> None:
        """Keep the failure."""
        self.failures.append((error, sop_instance_uid))


@asynccontextmanager
async def loopback_server(delegate: StorageDelegate | None = None, **settings: Any) -> AsyncIterator[DICOMStorageServer]:
    """Run a storage server on a free port, with AE title LOOPBACK, that takes every storage class in every transfer syntax.

    ::

        async with loopback_server(delegate := KeepingDelegate()) as server:
            await my_code_that_sends(host=LOOPBACK_HOST, port=server.port, called_ae="LOOPBACK")
        assert len(delegate.files) == 1

    Parameters
    ----------
    delegate
        Who takes what comes; by default a new :class:`KeepingDelegate`.
    settings
        Of :class:`StorageSCPConfiguration`, other than the above.
    """
    everything = {"accepted_sop_classes": every_storage_sop_class(), "accepted_transfer_syntaxes": every_transfer_syntax()}
    configuration = StorageSCPConfiguration(**{"ae_title": ACCEPTOR, "host": LOOPBACK_HOST, "port": 0, **everything, **settings})
    async with DICOMStorageServer(configuration, delegate or KeepingDelegate()) as server:
        yield server


@asynccontextmanager
async def loopback_association(contexts: Sequence[PresentationContext], **settings: Any) -> AsyncIterator[tuple[Association, Association]]:
    """Make an association between two ends in this process, the requestor's and the acceptor's; both are closed in the end.

    Parameters
    ----------
    contexts
        What the requestor proposes. The acceptor takes the first transfer syntax of each.
    settings
        Of the requestor's :class:`AssociationConfiguration`.
    """
    loop = asyncio.get_running_loop()
    supported = {context.abstract_syntax: context.transfer_syntaxes for context in contexts}

    async def accept(listener: socket.socket) -> Association:
        connection, _ = await loop.sock_accept(listener)
        association = await Association.receive(connection, AcceptorConfiguration())
        await association.accept(select_contexts(association.request.presentation_contexts, supported))
        return association

    with socket.create_server((LOOPBACK_HOST, 0)) as listener:
        listener.setblocking(False)
        accepting = asyncio.create_task(accept(listener))
        try:
            titles = {"calling_ae_title": REQUESTOR, "called_ae_title": ACCEPTOR}
            port = listener.getsockname()[1]
            configuration = AssociationConfiguration(**{**titles, "host": LOOPBACK_HOST, "port": port, **settings})
            requestor = await Association.connect(configuration, contexts)
            acceptor = await accepting
        finally:
            accepting.cancel()
    try:
        yield requestor, acceptor
    finally:
        requestor.close()
        acceptor.close()
