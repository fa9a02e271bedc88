"""Associations on asyncio: DIMSE messages over the Upper Layer, from either side.

    async with await Association.connect(configuration, contexts) as association:
        await association.send_message(context_id, request, data_set)
        received = await association.receive_message()

Nothing reads while nobody asks for a message, and nothing is held of a data set but what one read of the socket brought: TCP itself
holds the peer back. Whatever goes wrong in here, a cancellation too, aborts the association and closes the socket.
"""

from __future__ import annotations

import contextlib
import ssl
from dataclasses import replace
from typing import TYPE_CHECKING, Self

from dicomkit.network.connecting import connect_socket
from dicomkit.network.errors import (
    AssociationRejectedError,
    ConnectionClosedError,
    InvalidPresentationContextError,
    InvalidStateError,
    NoPresentationContextAcceptedError,
)
from dicomkit.network.message_exchange import MessageExchange
from dicomkit.network.negotiated import NegotiatedAssociation
from dicomkit.network.timeouts import TimeoutType
from dicomkit.network.transport import Transport, start_tls
from dicomkit.network.ul import (
    MOST_CONTEXTS,
    AssociateAccept,
    AssociateRequest,
    AssociationAccepted,
    AssociationRejected,
    AssociationRequested,
    ConnectionClosed,
    PresentationDataReceived,
    ReleaseConfirmed,
    ReleaseRequested,
    Role,
    State,
    UpperLayerEvent,
    UserInformation,
)

if TYPE_CHECKING:
    import socket
    from collections.abc import Sequence
    from types import TracebackType

    from dicomkit.network.configuration import AcceptorConfiguration, AssociationConfiguration
    from dicomkit.network.ul import (
        AsynchronousOperationsWindow,
        PresentationContext,
        PresentationContextResult,
        RoleSelection,
        SOPClassExtendedNegotiation,
    )

__all__ = ["Association"]


class Association(MessageExchange):
    """One association. Make it with :meth:`connect` or :meth:`receive`.

    One task may send and one may receive at the same time; more of them wait, or are refused. Used in ``async with``, it is released at
    the end, or aborted if an exception ends the block.
    """

    # Beginning.

    @classmethod
    async def connect(
        cls,
        configuration: AssociationConfiguration,
        presentation_contexts: Sequence[PresentationContext],
        *,
        roles: Sequence[RoleSelection] = (),
        sop_class_extended: Sequence[SOPClassExtendedNegotiation] = (),
        ssl_context: ssl.SSLContext | None = None,
    ) -> Self:
        """Connect, and request an association.

        Raises
        ------
        InvalidPresentationContextError
            If there are none, more than 128, or two with one ID.
        ConnectionFailedError, OperationTimeoutError
            If there is no connection, or it takes too long.
        AssociationRejectedError, AssociationAbortedError, RemoteProtocolError
            If the peer wants no association, or does not follow PS3.8.
        NoPresentationContextAcceptedError
            If it accepts none of the contexts; the association is aborted.
        """
        ids = {context.id for context in presentation_contexts}
        if not 1 <= len(presentation_contexts) <= MOST_CONTEXTS or len(ids) < len(presentation_contexts):
            raise InvalidPresentationContextError(f"an association has 1 to {MOST_CONTEXTS} presentation contexts, each with its own ID")
        if ssl_context is None and configuration.tls_enabled:
            ssl_context = ssl.create_default_context()
        information = _about_us(configuration, configuration.asynchronous_operations, roles, sop_class_extended)
        request = AssociateRequest(
            configuration.called_ae_title,
            configuration.calling_ae_title,
            tuple(presentation_contexts),
            replace(information, user_identity=configuration.user_identity),
        )
        timeout = configuration.limits.connect
        sock = await connect_socket(configuration.host, configuration.port, timeout)
        if ssl_context is None:
            transport = Transport(sock)
        else:
            transport = await start_tls(sock, ssl_context, timeout, server_hostname=configuration.host)
        association = cls(transport, Role.REQUESTOR, configuration)
        with association._closing_on_error():
            await association._negotiate(request)
        return association

    async def _negotiate(self, request: AssociateRequest) -> None:
        self._request = request
        self._upper_layer.request_association(request, self._loop.time())
        self._upper_layer.connection_made(self._loop.time())
        event = await self._connection.next_event(self._connection.limit(TimeoutType.ASSOCIATION))
        if isinstance(event, ConnectionClosed):
            raise ConnectionClosedError("the peer closed the connection instead of answering the request of an association")
        if isinstance(event, AssociationRejected):
            raise AssociationRejectedError(event.result, event.source, event.reason, request.called_ae_title, request.calling_ae_title)
        if not isinstance(event, AssociationAccepted):
            raise await self._end(event)
        remote = event.accept.user_information
        results, size = event.accept.presentation_contexts, self._configuration.max_pdu_size
        negotiated = NegotiatedAssociation.make(request.presentation_contexts, results, size, remote, remote)
        self._establish(negotiated)
        if not negotiated.accepted:
            await self.abort()
            proposed = [context.abstract_syntax for context in request.presentation_contexts]
            raise NoPresentationContextAcceptedError(proposed, [result.result for result in negotiated.rejected])

    @classmethod
    async def receive(cls, sock: socket.socket, configuration: AcceptorConfiguration, *, ssl_context: ssl.SSLContext | None = None) -> Self:
        """Wait for the request of an association on a connection that came in; it is to be accepted or rejected.

        Parameters
        ----------
        sock
            Connected. It belongs to the association from now on, and is closed whatever happens.
        configuration
            Who we are, and limits.
        ssl_context
            For TLS, whose handshake is then done first.

        Raises
        ------
        ConnectionFailedError, OperationTimeoutError
            If the TLS handshake fails, or takes too long.
        ARTIMTimerExpiredError
            If no request comes in time.
        RemoteProtocolError, AssociationAbortedError, ConnectionClosedError
            If something else comes.
        """
        if ssl_context is None:
            transport = Transport(sock)
        else:
            transport = await start_tls(sock, ssl_context, configuration.limits.connect, server_side=True)
        association = cls(transport, Role.ACCEPTOR, configuration)
        with association._closing_on_error():
            association._upper_layer.connection_made(association._loop.time())
            event = await association._connection.next_event(association._connection.limit(TimeoutType.ASSOCIATION))
            if not isinstance(event, AssociationRequested):
                raise await association._end(event)
            association._request = event.request
        return association

    async def accept(
        self,
        results: Sequence[PresentationContextResult],
        *,
        roles: Sequence[RoleSelection] = (),
        sop_class_extended: Sequence[SOPClassExtendedNegotiation] = (),
        asynchronous_operations: AsynchronousOperationsWindow | None = None,
        user_identity_response: bytes | None = None,
    ) -> None:
        """Accept the association that the peer requested, with an answer for each of its presentation contexts."""
        request, configuration = self.request, self._configuration
        information = _about_us(configuration, asynchronous_operations, roles, sop_class_extended)
        information = replace(information, user_identity_response=user_identity_response)
        accept = AssociateAccept(tuple(results), information, request.called_ae_title, request.calling_ae_title)
        with self._closing_on_error():
            self._upper_layer.accept_association(accept, self._loop.time())
            await self._connection.flush()
        remote, size = request.user_information, configuration.max_pdu_size
        self._establish(NegotiatedAssociation.make(request.presentation_contexts, results, size, remote, information))

    async def reject(self, result: int, source: int, reason: int) -> None:
        """Reject the association that the peer requested, and close (PS3.8 Table 9-21)."""
        with self._closing_on_error():
            self._upper_layer.reject_association(result, source, reason, self._loop.time())
            await self._connection.finish()

    @property
    def request(self) -> AssociateRequest:
        """What the requestor asked for."""
        if self._request is None:
            raise InvalidStateError("no association was requested")
        return self._request

    # Ending.

    async def release(self) -> None:
        """End the association in order: what was sent before is received. It does nothing if there is none any more.

        A release that collides with the peer's, and a peer that closes instead of answering or did so before, both end well.
        """
        if not self.is_established:
            self.close()
            return
        if self._is_receiving:
            raise InvalidStateError("another task is receiving")
        async with self._sending:
            connection = self._connection
            with self._closing_on_error():
                self._upper_layer.request_release(self._loop.time())
                limit = connection.limit(TimeoutType.ASSOCIATION)
                with contextlib.suppress(ConnectionClosedError):
                    while not self._upper_layer.wants_close and self._upper_layer.state is not State.STA13:
                        self._go_on_releasing(await connection.next_event(limit))
                await connection.finish()

    def _go_on_releasing(self, event: UpperLayerEvent) -> None:
        now = self._loop.time()
        match event:
            case ReleaseRequested() if self._role is Role.REQUESTOR:
                self._upper_layer.respond_release(now)
            case ReleaseConfirmed() if self._upper_layer.state is State.STA12:
                self._upper_layer.respond_release(now)
            case PresentationDataReceived() | ReleaseRequested() | ReleaseConfirmed() | ConnectionClosed():
                pass  # data that was under way; what Table 9-10 brings us itself
            case _:
                raise self._connection.error_of(event)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        try:
            if error is None:
                await self.release()
        finally:
            self.close()

    def __repr__(self) -> str:
        return f"<Association with {self._remote_host}:{self._remote_port}, {self._upper_layer.state.value}>"


def _about_us(
    configuration: AssociationConfiguration | AcceptorConfiguration,
    asynchronous_operations: AsynchronousOperationsWindow | None,
    roles: Sequence[RoleSelection],
    sop_class_extended: Sequence[SOPClassExtendedNegotiation],
) -> UserInformation:
    return UserInformation(
        configuration.max_pdu_size,
        configuration.implementation_class_uid,
        configuration.implementation_version_name or "",
        asynchronous_operations=asynchronous_operations,
        roles=tuple(roles),
        sop_class_extended=tuple(sop_class_extended),
    )
