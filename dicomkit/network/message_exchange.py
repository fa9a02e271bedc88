"""The messages of an association: sent and received over a ``Connection``, in turn, as streams."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from enum import Enum
from typing import TYPE_CHECKING

from dicomkit.network.codes import AbortReason, AbortSource
from dicomkit.network.connection import Connection, Limit
from dicomkit.network.data_set_pieces import data_set_pieces
from dicomkit.network.dimse.fragments import fragment_data_set, get_fragment_length
from dicomkit.network.dimse.session import CommandReceived, DataSetFragmentReceived, DimseSession, ProtocolViolated
from dicomkit.network.errors import ConnectionClosedError, InvalidStateError, LocalProtocolError, RemoteProtocolError
from dicomkit.network.received_message import DataSetStream, Poured, ReceivedMessage
from dicomkit.network.timeouts import TimeoutType
from dicomkit.network.ul import AssociateRequest, PresentationDataReceived, ReleaseRequested, Role, State, UpperLayer, UpperLayerEvent

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dicomkit.network.configuration import AcceptorConfiguration, AssociationConfiguration
    from dicomkit.network.data_set_pieces import DataSetSource
    from dicomkit.network.dimse.messages import Message
    from dicomkit.network.negotiated import NegotiatedAssociation
    from dicomkit.network.received_message import Take
    from dicomkit.network.transport import Transport

__all__ = ["Configured", "MessageExchange"]


PATIENCE = 0.001
"""Seconds that a thread waits for more of a data set: a sender that goes on is back sooner, and no other is worth a thread."""

MOST_SHARES = 16
"""How often a thread goes on where others on the loop would have their turn; then others have the thread."""


class _Interruption(Exception):
    """What came in the place of a fragment: an event of the Upper Layer, or a violation of PS3.7."""

    def __init__(self, cause: UpperLayerEvent | RemoteProtocolError) -> None:
        self.cause = cause


class Configured(Enum):
    """That an argument was not given."""

    TIMEOUT = "the timeout that is configured"


class MessageExchange:
    """What :class:`dicomkit.network.Association` does between its beginning and its end.

    One task may send and one may receive at the same time; another that sends waits for its turn, another that receives is refused.
    """

    def __init__(self, transport: Transport, role: Role, configuration: AssociationConfiguration | AcceptorConfiguration) -> None:
        upper_layer = UpperLayer(
            role,
            artim_timeout=configuration.artim_timeout,
            maximum_length=configuration.max_pdu_size,
            limits=configuration.upper_layer_limits,
        )
        self._configuration = configuration
        self._upper_layer = upper_layer
        self._connection = Connection(transport, upper_layer, configuration.limits)
        self._session = DimseSession()
        self._role = role
        self._loop = asyncio.get_running_loop()
        self._sending = asyncio.Lock()
        self._is_receiving = False
        self._stream: DataSetStream | None = None
        self._stream_limit: Limit | None = None  # while it is read over
        self._request: AssociateRequest | None = None
        self._negotiated: NegotiatedAssociation | None = None
        self._fragment_length = 0
        self._remote_host, self._remote_port = transport.peer_address

    def _establish(self, negotiated: NegotiatedAssociation) -> None:
        self._negotiated = negotiated
        self._fragment_length = get_fragment_length(negotiated.remote_max_pdu_size)
        self._connection.may_read_early = True

    # What it is.

    @property
    def negotiated(self) -> NegotiatedAssociation:
        """What was agreed on."""
        if self._negotiated is None:
            raise InvalidStateError("the association is not accepted yet")
        return self._negotiated

    @property
    def is_established(self) -> bool:
        """Whether messages can be sent and received."""
        return self._upper_layer.state is State.STA6 and not self._connection.transport.is_closed

    @property
    def remote_host(self) -> str:
        """The address of the peer."""
        return self._remote_host

    @property
    def remote_port(self) -> int:
        """The port of the peer's side of the connection."""
        return self._remote_port

    @property
    def read_timeout(self) -> float | None:
        """Seconds that a read may take, as configured."""
        return self._connection.timeouts.read

    @property
    def fragment_length(self) -> int:
        """How many bytes of a data set a PDU to this peer takes; pieces of a multiple of it are sent without short PDUs."""
        return self._fragment_length

    def new_message_id(self) -> int:
        """Return a Message ID for a request."""
        return self._session.new_message_id()

    # Messages.

    @contextlib.contextmanager
    def operation(self, name: str) -> Iterator[None]:
        """Bound what is done inside by the operation timeout, and name it in the messages of timeouts."""
        connection = self._connection
        before = connection.operation, connection.operation_limit
        connection.operation, connection.operation_limit = name, connection.limit(TimeoutType.OPERATION)
        try:
            yield
        finally:
            connection.operation, connection.operation_limit = before

    async def send_message(
        self, context_id: int, message: Message, data_set: DataSetSource | None = None, *, data_set_length: int | None = None
    ) -> None:
        """Send a message, and with it a data set, in PDUs as long as the peer allows; none of it is copied.

        Parameters
        ----------
        context_id
            An accepted presentation context.
        message
            The command set.
        data_set
            The encoded data set: one buffer, or buffers from an iterable, asynchronous or not. Each is sent before the next is asked for.
        data_set_length
            All its bytes, if it is an iterable. Without it, each piece is copied to look whether it is the last.

        Raises
        ------
        LocalProtocolError
            If the message cannot be sent, or the data set has another length.
        DICOMNetworkError
            If the connection or the association ends, or the peer does not take the message in time. Then the association is closed.
        """
        async with self._sending:
            if not self.is_established:
                raise InvalidStateError(f"no message can be sent: {self._upper_layer.state.value}")
            if self.negotiated.get(context_id) is None:
                raise LocalProtocolError(f"presentation context {context_id} was not accepted")
            maximum_length = self.negotiated.remote_max_pdu_size
            command = self._session.fragment_command(message, context_id, maximum_length, has_data_set=data_set is not None)
            with self._closing_on_error():
                self._upper_layer.send_pdvs(command)
                if data_set is not None:
                    await self._send_data_set(context_id, data_set, data_set_length)
                await self._connection.flush()

    async def _send_data_set(self, context_id: int, data_set: DataSetSource, length: int | None) -> None:
        async with contextlib.aclosing(data_set_pieces(data_set, length, self._fragment_length)) as pieces:
            async for piece, is_last in pieces:
                self._upper_layer.send_pdvs(fragment_data_set(piece, context_id, self._fragment_length, is_last=is_last))
                await self._connection.send(len(piece), -(-len(piece) // self._fragment_length))

    async def receive_message(self, *, timeout: float | Configured | None = Configured.TIMEOUT) -> ReceivedMessage | None:
        """Return the next message; what is left of the data set before it is read over.

        Parameters
        ----------
        timeout
            Seconds for the command set to arrive as a whole, with what is left of the data set before it; None for no limit. By default as
            long as a read may take. A long data set that nobody wants is better drained before.

        Returns
        -------
        ReceivedMessage or None
            None if the peer released the association, which is then answered and closed.

        Raises
        ------
        DICOMNetworkError
            If the association ends otherwise. It is closed.
        """
        if self._is_receiving:
            raise InvalidStateError("another task is receiving")
        connection = self._connection
        if not self.is_established and not connection.has_early_events:
            raise InvalidStateError(f"no message can be received: {self._upper_layer.state.value}")
        self._is_receiving, connection.may_read_early = True, False
        try:
            with self._closing_on_error():
                if isinstance(timeout, Configured):
                    timeout = connection.timeouts.read
                limit = None if timeout is None else Limit(self._loop.time() + timeout, TimeoutType.READ, timeout)
                if self._stream is not None:
                    self._stream_limit = limit
                    await self._stream.drain()
                    self._stream = self._stream_limit = None
                return await self._receive_command(limit)
        finally:
            self._is_receiving = False
            connection.may_read_early = self._stream is None

    async def _receive_command(self, limit: Limit | None) -> ReceivedMessage | None:
        session = self._session
        while True:
            event = await self._connection.next_event(limit)
            if isinstance(event, ReleaseRequested):
                await self._answer_release()
                return None
            if not isinstance(event, PresentationDataReceived):
                raise await self._end(event)
            session.receive_pdv(event.context_id, event.is_command, event.is_last, event.data)
            found = session.next_event()
            if isinstance(found, CommandReceived):
                self._stream = DataSetStream(self._next_fragments, self._pour) if found.has_data_set else None
                return ReceivedMessage(found.context_id, found.message, self._stream)
            if isinstance(found, ProtocolViolated):
                raise await self._refuse(found.error)

    async def _next_fragments(self) -> tuple[list[memoryview], bool]:
        """Return the fragments of a data set that one read brings, and whether they end it."""
        connection = self._connection
        fragments: list[memoryview] = []
        with self._closing_on_error():
            while True:
                try:
                    is_last = self._take_fragments(fragments)
                except _Interruption as interruption:
                    raise await self._end_by(interruption) from None
                if fragments or is_last:
                    return fragments, is_last
                if connection.has_had_its_share:
                    await connection.let_others_go()
                else:
                    await connection.fill(self._stream_limit)

    def _take_fragments(self, fragments: list[memoryview]) -> bool:
        """Add to a list what was read already of a data set, or our share of it; return whether that ends it."""
        connection, session = self._connection, self._session
        while not connection.has_had_its_share:
            event = connection.take_event()
            if event is None:
                return False
            if type(event) is not PresentationDataReceived:
                raise _Interruption(event)
            session.receive_pdv(event.context_id, event.is_command, event.is_last, event.data)
            found = session.next_event()
            if isinstance(found, ProtocolViolated):
                raise _Interruption(found.error)
            if type(found) is not DataSetFragmentReceived:
                raise _Interruption(RemoteProtocolError("a data set is cut short by another message"))
            if event.data:
                fragments.append(event.data)
            fragments += event.more  # which go where the first of them went
            if found.is_last:
                return True
        return False

    async def _pour(self, take: Take, fragments: list[memoryview]) -> Poured:
        """Have fragments taken in a thread while they keep coming."""
        if self._sending.locked():
            # The thread would need the association for itself.
            await self._loop.run_in_executor(None, take, fragments, False)
            return Poured(False)
        is_stopped = threading.Event()
        async with self._sending:
            self._connection.transport.stop_watching()
            pouring = self._loop.run_in_executor(None, self._pour_in_thread, take, fragments, is_stopped)
            try:
                return await asyncio.shield(pouring)
            except asyncio.CancelledError:
                is_stopped.set()
                try:
                    await asyncio.wait((pouring,))
                finally:
                    pouring.add_done_callback(lambda done: done.cancelled() or done.exception())
                    self.close()
                raise
            except _Interruption as interruption:
                with self._closing_on_error():
                    raise await self._end_by(interruption) from None

    def _pour_in_thread(self, take: Take, fragments: list[memoryview], is_stopped: threading.Event) -> Poured:
        connection = self._connection
        is_last, shares = False, 0
        while not is_stopped.is_set():
            if fragments or is_last:
                try:
                    take(fragments, is_last)
                except Exception as error:
                    return Poured(is_last, error)
            if is_last:
                return Poured(True)
            if connection.has_had_its_share:
                shares += 1
                if shares == MOST_SHARES:
                    break
                connection.begin_share()
            elif not connection.read_now() and not connection.transport.wait_in_thread(PATIENCE):
                break
            fragments = []
            is_last = self._take_fragments(fragments)
        return Poured(False)

    # What went wrong.

    async def abort(self, source: int = AbortSource.SERVICE_USER, reason: int = AbortReason.NOT_SPECIFIED) -> None:
        """End the association at once, and close."""
        with self._closing_on_error():
            with contextlib.suppress(InvalidStateError):
                self._upper_layer.abort(source, reason, self._loop.time())
            await self._connection.finish()

    def close(self) -> None:
        """Abort without waiting for anything, and close the socket. It may be called at any time, and again."""
        self._connection.close()

    async def _answer_release(self) -> None:
        self._upper_layer.respond_release(self._loop.time())
        await self._connection.finish()
        if self._session.outstanding:
            raise ConnectionClosedError("the peer released the association before it answered")

    async def _end(self, event: UpperLayerEvent) -> Exception:
        """The association ended, or must end, by an event: close, and return what to raise."""
        error = self._connection.error_of(event)
        if isinstance(event, ReleaseRequested):
            return await self._refuse(error)
        await self._connection.finish()
        return error

    async def _end_by(self, interruption: _Interruption) -> Exception:
        """Something came in the place of a fragment: close, and return what to raise."""
        cause = interruption.cause
        return await self._refuse(cause) if isinstance(cause, Exception) else await self._end(cause)

    async def _refuse(self, error: Exception) -> Exception:
        """The peer violates the protocol above the Upper Layer: abort, and return what to raise."""
        await self.abort()
        return error

    @contextlib.contextmanager
    def _closing_on_error(self) -> Iterator[None]:
        try:
            yield
        except BaseException:
            self.close()
            raise
