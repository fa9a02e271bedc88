"""A storage server: it listens, admits peers within its limits, and has each association served (PS3.4 Annex B, PS3.8 7.1)."""

from __future__ import annotations

import asyncio
import errno
import socket
from typing import TYPE_CHECKING, TypeAlias

from dicomkit import uids
from dicomkit.network.association import Association
from dicomkit.network.codes import Rejection, RejectResult, reject_reason_text
from dicomkit.network.configuration import AcceptorConfiguration
from dicomkit.network.errors import ConnectionClosedError, ConnectionFailedError, InvalidStateError
from dicomkit.network.event_stream import EventStream
from dicomkit.network.services.memory_budget import MemoryBudget
from dicomkit.network.services.server_events import (
    AssociationEstablished,
    AssociationRejected,
    AssociationReleased,
    ServerError,
    ServerStarted,
    ServerStopped,
    StorageServerEvent,
)
from dicomkit.network.services.storage_delegate import AssociationInfo, StreamingStorageDelegate
from dicomkit.network.services.storage_provider import StorageProvider
from dicomkit.network.timeouts import TimeoutConfiguration
from dicomkit.network.ul import APPLICATION_CONTEXT_NAME, select_contexts
from dicomkit.transfer_syntax import EXPLICIT_VR_LITTLE_ENDIAN, IMPLICIT_VR_LITTLE_ENDIAN

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    from dicomkit.network.services.storage_delegate import StorageDelegate
    from dicomkit.network.services.storage_scp import StorageSCPConfiguration
    from dicomkit.network.ul import AssociateRequest

__all__ = ["DICOMStorageServer"]

BACKLOG = 1024
IPV4_MAPPED = "::ffff:"  # what an IPv4 address begins with on a socket that listens on both
DESCRIPTOR_WAIT = 0.1   # until the system is asked again for a descriptor that it did not have
_NO_DESCRIPTORS = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})

Refusal: TypeAlias = tuple[RejectResult, Rejection]
"""Whether it is worth asking again, and why a request is not admitted (PS3.8 Table 9-21)."""


class DICOMStorageServer:
    """Receives SOP instances from any number of peers at once, and answers C-ECHO.

    ::

        async with DICOMStorageServer(StorageSCPConfiguration(ae_title="ME"), DefaultStorageHandler("incoming")) as server:
            async for event in server.events:
                print(event)

    Nothing that one peer does ends the server or another's association.

    Parameters
    ----------
    configuration
        What to accept, and the limits.
    delegate
        Who takes what comes.
    """

    def __init__(self, configuration: StorageSCPConfiguration, delegate: StorageDelegate) -> None:
        self.configuration = configuration
        self._delegate = delegate
        # Looked at once: it costs as much as parsing some PDUs.
        self._streaming = delegate if isinstance(delegate, StreamingStorageDelegate) else None
        self._acceptor = _acceptor_configuration(configuration)
        self._supported = _supported_contexts(configuration)
        self._memory = MemoryBudget(configuration.max_memory)
        self._events: EventStream[StorageServerEvent] = EventStream()
        self._is_stopped = True
        self._is_stopping = False
        self._is_in_need = False
        self._listener: socket.socket | None = None
        self._accepting: asyncio.Task[None] | None = None
        self._stopping: asyncio.Task[None] | None = None
        self._stopper: asyncio.Task[None] | None = None  # of an association whose delegate stops us: it ends by itself
        # Connections without an association in the order in which they came, and those with one.
        self._waiting: dict[asyncio.Task[None], None] = {}
        self._providers: dict[asyncio.Task[None], StorageProvider | None] = {}

    @property
    def is_running(self) -> bool:
        """Whether it listens."""
        return self._listener is not None

    @property
    def port(self) -> int:
        """The TCP port that it listens on.

        Raises
        ------
        InvalidStateError
            If it does not run.
        """
        if self._listener is None:
            raise InvalidStateError("the server does not run")
        return int(self._listener.getsockname()[1])

    @property
    def active_association_count(self) -> int:
        """How many associations there are."""
        return len(self._providers)

    @property
    def events(self) -> EventStream[StorageServerEvent]:
        """What happens, for one reader: an asynchronous iterator that ends with :class:`ServerStopped`.

        Of events that nobody reads the latest 10,000 are kept.
        """
        return self._events

    async def start(self) -> None:
        """Begin to listen.

        Raises
        ------
        InvalidStateError
            If it runs already.
        ConnectionFailedError
            If the port cannot be had.
        """
        if not self._is_stopped:
            raise InvalidStateError("the server runs already")
        if self._events.is_closed:
            self._events = EventStream()
        self._listener = _listen(self.configuration.host, self.configuration.port)
        self._is_stopped = self._is_stopping = False
        self._accepting = asyncio.create_task(self._accept_connections(self._listener))
        self._events.put(ServerStarted(self.port))

    async def stop(self, *, grace: float = 0.0) -> None:
        """Stop listening and end all associations; nothing happens if it does not run.

        A delegate may call it, whose association then ends once it was answered: it returns at once, and ``ServerStopped`` comes when all
        have ended. Called again, it goes on with the new ``grace``.

        Parameters
        ----------
        grace
            Seconds for instances that are on their way to arrive and be answered. Associations without any, and then all, are aborted.
        """
        if self._is_stopped:
            return
        self._is_stopping = True
        caller = asyncio.current_task()
        if caller in self._providers or caller in self._waiting:
            self._stopper = caller
            provider = self._providers.get(caller)
            if provider is not None:
                provider.stop_soon()
        # In a task of its own: that of a delegate may be ended by what it does.
        stopping = self._stopping = asyncio.create_task(self._stop(grace, self._stopping))
        while self._stopper is not caller and not self._is_stopped:
            await asyncio.wait((stopping,))
            if stopping is self._stopping:
                stopping.result()
            stopping = self._stopping   # somebody wants it quicker

    async def _stop(self, grace: float, earlier: asyncio.Task[None] | None) -> None:
        if earlier is not None:
            await _cancel([earlier])
        if self._listener is not None and self._accepting is not None:
            await _cancel([self._accepting])
            self._listener.close()
            self._listener = self._accepting = None
        unwanted = list(self._waiting)
        for task, provider in self._providers.items():
            if provider is None or not provider.is_busy:
                unwanted.append(task)
            else:
                provider.stop_soon()
        await self._cancel_others(unwanted)
        others = [task for task in self._providers if task is not self._stopper]
        if others and grace > 0:
            await asyncio.wait(others, timeout=grace)
        await self._cancel_others(list(self._providers))
        if self._stopper is not None:
            await asyncio.wait((self._stopper,))
        self._is_stopped = True
        self._stopper = self._stopping = None
        self._events.put(ServerStopped())
        self._events.close()

    async def _cancel_others(self, tasks: list[asyncio.Task[None]]) -> None:
        await _cancel([task for task in tasks if task is not self._stopper])

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        await self.stop()

    async def _accept_connections(self, listener: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                connection, _ = await loop.sock_accept(listener)
            except OSError as error:
                # A peer that was gone before its turn costs nothing; everything else is worth a moment's rest.
                if error.errno != errno.ECONNABORTED:
                    await self._make_room(error)
                continue
            self._is_in_need = False
            task = asyncio.create_task(self._serve_connection(connection))
            self._waiting[task] = None
            task.add_done_callback(self._forget)
            if len(self._waiting) + len(self._providers) > self.configuration.max_connections:
                self._drop_oldest()
            # Others have their turn after each connection: accept() does not wait while more of them stand in line.
            await asyncio.sleep(0)

    async def _make_room(self, error: OSError) -> None:
        if not self._is_in_need:        # it is told once, and not each time that nothing has changed
            self._is_in_need = True
            self._tell(error)
        if error.errno in _NO_DESCRIPTORS:
            self._drop_oldest()
        await asyncio.sleep(DESCRIPTOR_WAIT)

    def _tell(self, error: Exception) -> None:
        # Its traceback holds the frames, and they hold the association with its buffers: nobody may ever read the event.
        _without_frames(error)
        self._events.put(ServerError(error))

    def _drop_oldest(self) -> None:
        """End the connection that has been without an association for longest."""
        oldest = next(iter(self._waiting), None)
        if oldest is not None:
            del self._waiting[oldest]
            oldest.cancel()

    def _forget(self, task: asyncio.Task[None]) -> None:
        self._waiting.pop(task, None)
        self._providers.pop(task, None)

    async def _serve_connection(self, connection: socket.socket) -> None:
        """Serve a connection to its end, whatever that is."""
        association: Association | None = None
        try:
            association = await Association.receive(connection, self._acceptor, ssl_context=self.configuration.ssl_context)
            await self._serve_request(association)
        except ConnectionClosedError as error:
            if association is not None:         # else somebody looked whether the port is open
                self._tell(error)
        except Exception as error:              # a delegate's, too: it is the end of this association only
            self._tell(error)
        finally:
            if association is not None:
                association.close()
            else:
                connection.close()

    async def _serve_request(self, association: Association) -> None:
        request = association.request
        task = asyncio.current_task()
        assert task is not None
        refusal = self._find_refusal(request)
        if refusal is None:
            self._waiting.pop(task, None)
            self._providers[task] = None        # it counts before the delegate is asked: others may come meanwhile
            info = _association_info(association)
            refusal = await self._ask_delegate(info)
        if refusal is not None:
            result, rejection = refusal
            self._providers.pop(task, None)
            self._waiting[task] = None
            self._events.put(AssociationRejected(request.calling_ae_title, reject_reason_text(rejection.source, rejection.reason)))
            await association.reject(result, *rejection.value)
            return
        provider = StorageProvider(
            association, self._delegate, self._streaming, self.configuration, self._memory, self._events.put, self._tell
        )
        self._providers[task] = provider
        await association.accept(select_contexts(request.presentation_contexts, self._supported))
        self._events.put(AssociationEstablished(info))
        if await provider.serve():
            self._events.put(AssociationReleased(request.calling_ae_title))

    def _find_refusal(self, request: AssociateRequest) -> Refusal | None:
        """Return why a request is not admitted, or None."""
        configuration = self.configuration
        if request.application_context_name != APPLICATION_CONTEXT_NAME:
            return RejectResult.PERMANENT, Rejection.APPLICATION_CONTEXT_NAME_NOT_SUPPORTED
        if configuration.is_called_ae_title_checked and request.called_ae_title != configuration.ae_title:
            return RejectResult.PERMANENT, Rejection.CALLED_AE_TITLE_NOT_RECOGNIZED
        if not configuration.is_calling_ae_allowed(request.calling_ae_title):
            return RejectResult.PERMANENT, Rejection.CALLING_AE_TITLE_NOT_RECOGNIZED
        if self.active_association_count >= configuration.max_concurrent_associations:
            return RejectResult.TRANSIENT, Rejection.LOCAL_LIMIT_EXCEEDED
        return None

    async def _ask_delegate(self, info: AssociationInfo) -> Refusal | None:
        try:
            is_accepted = await self._delegate.should_accept_association(info)
        except Exception as error:
            self._tell(error)
            return RejectResult.TRANSIENT, Rejection.NO_REASON_GIVEN
        if self._is_stopping:   # the delegate itself may have stopped us
            return RejectResult.TRANSIENT, Rejection.NO_REASON_GIVEN
        return None if is_accepted else (RejectResult.PERMANENT, Rejection.NO_REASON_GIVEN)


def _without_frames(error: BaseException) -> None:
    """Take the traceback off an error and what caused it."""
    seen: set[int] = set()
    pending: list[BaseException | None] = [error]
    while pending:
        each = pending.pop()
        if each is not None and id(each) not in seen:
            seen.add(id(each))
            each.__traceback__ = None
            pending += (each.__cause__, each.__context__)


async def _cancel(tasks: list[asyncio.Task[None]]) -> None:
    """Cancel tasks and wait until they have cleaned up."""
    for task in tasks:
        task.cancel()
    if tasks:
        await asyncio.wait(tasks)


def _listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens, for "" on all addresses, of IPv6 too where the machine has it."""
    is_everywhere = not host and socket.has_dualstack_ipv6()
    is_ipv6 = is_everywhere or ":" in host
    try:
        listener = socket.create_server(
            (host, port), family=socket.AF_INET6 if is_ipv6 else socket.AF_INET, backlog=BACKLOG, dualstack_ipv6=is_everywhere
        )
    except OSError as error:
        raise ConnectionFailedError(f"cannot listen on {host or 'any address'}, port {port}: {error.strerror}") from error
    listener.setblocking(False)
    return listener


def _acceptor_configuration(configuration: StorageSCPConfiguration) -> AcceptorConfiguration:
    idle = configuration.idle_timeout
    return AcceptorConfiguration(
        max_pdu_size=configuration.max_pdu_size,
        implementation_class_uid=configuration.implementation_class_uid,
        implementation_version_name=configuration.implementation_version_name,
        artim_timeout=configuration.artim_timeout,
        timeouts=TimeoutConfiguration(
            connect=configuration.artim_timeout, read=idle, write=idle, operation=configuration.operation_timeout, association=idle
        ),
    )


def _supported_contexts(configuration: StorageSCPConfiguration) -> dict[str, frozenset[str]]:
    syntaxes = frozenset(configuration.accepted_transfer_syntaxes or ())
    supported = dict.fromkeys(configuration.accepted_sop_classes or (), syntaxes)
    # C-ECHO has no data set: whatever is stored, these do no harm.
    supported[uids.Verification] = syntaxes | {IMPLICIT_VR_LITTLE_ENDIAN.uid, EXPLICIT_VR_LITTLE_ENDIAN.uid}
    return supported


def _association_info(association: Association) -> AssociationInfo:
    request = association.request
    proposed = request.presentation_contexts
    return AssociationInfo(
        request.calling_ae_title,
        request.called_ae_title,
        association.remote_host.removeprefix(IPV4_MAPPED),
        association.remote_port,
        tuple(dict.fromkeys(context.abstract_syntax for context in proposed)),
        tuple(dict.fromkeys(syntax for context in proposed for syntax in context.transfer_syntaxes)),
    )
