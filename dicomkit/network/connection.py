"""An ``UpperLayer`` driven over a ``Transport``: the one place where protocol, socket, clock and timeouts meet."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from typing import TYPE_CHECKING, NamedTuple

from dicomkit.network.codes import AbortReason, AbortSource
from dicomkit.network.errors import (
    ARTIMTimerExpiredError,
    AssociationAbortedError,
    AssociationRejectedError,
    ConnectionClosedError,
    DICOMNetworkError,
    InvalidStateError,
    OperationTimeoutError,
    RemoteProtocolError,
)
from dicomkit.network.timeouts import TimeoutConfiguration, TimeoutType
from dicomkit.network.ul.events import (
    ARTIMTimerExpired,
    AssociationAborted,
    AssociationRejected,
    ConnectionClosed,
    PresentationDataReceived,
    UpperLayerEvent,
)

if TYPE_CHECKING:
    from typing_extensions import Buffer

    from dicomkit.network.transport import Transport
    from dicomkit.network.ul.upper_layer import UpperLayer

__all__ = ["Connection", "Limit"]

LONGEST_LINGER = 2.0
"""Seconds to wait for the peer to close. Closing on a peer that still sends would reset the connection, and could destroy our last PDU
before it is read; but ARTIM alone is so long that a hostile peer would hold our resources."""

MOST_LINGERING_BYTES = 16 << 20
FAIR_SHARE = 1 << 20  # bytes moved without waiting, after which others have their turn
EVENT_SHARE = 1 << 12  # what an event counts for beside its bytes: ten thousands of empty fragments fit into one read
_ENDS = (AssociationAborted, AssociationRejected, ConnectionClosed, ARTIMTimerExpired)


class Limit(NamedTuple):
    """When a wait ends, in the loop's time, and which timeout that is."""

    deadline: float
    type: TimeoutType
    seconds: float


class Connection:
    """Moves bytes between an ``UpperLayer`` and a ``Transport``, and waits.

    One task may read while one writes. What an event's ``data`` views stays valid until the next ``fill``.
    """

    def __init__(self, transport: Transport, upper_layer: UpperLayer, timeouts: TimeoutConfiguration) -> None:
        self.transport = transport
        self.upper_layer = upper_layer
        self.timeouts = timeouts
        self.operation: str | None = None
        self.operation_limit: Limit | None = None
        # Whether a blocked writer may look what the peer sends: not while somebody else reads, or holds views on what was read.
        self.may_read_early = False
        self._loop = asyncio.get_running_loop()
        self._early: deque[UpperLayerEvent] = deque()
        self._unsent: list[Buffer] = []
        self._loss: OSError | None = None
        self._moved = 0
        self._senders = 0

    def limit(self, kind: TimeoutType) -> Limit | None:
        """Return the limit of a wait that begins now."""
        seconds: float | None = getattr(self.timeouts, kind.name.lower())
        return None if seconds is None else Limit(self._loop.time() + seconds, kind, seconds)

    @property
    def has_had_its_share(self) -> bool:
        """Whether others should have their turn now."""
        return self._moved > FAIR_SHARE

    def begin_share(self) -> None:
        """Go on as if others had had their turn: in a thread nobody waits for us."""
        self._moved = 0

    @property
    def has_early_events(self) -> bool:
        """Whether something happened that nobody was told yet, read while a sender had to wait; it may be the end of the association."""
        return bool(self._early) and not self.transport.is_closed

    def take_event(self) -> UpperLayerEvent | None:
        """Return what happened next, of what was read already."""
        self._moved += EVENT_SHARE
        return self._early.popleft() if self._early else self.upper_layer.next_event()

    async def next_event(self, limit: Limit | None) -> UpperLayerEvent:
        """Return what happens next."""
        while True:
            if self.has_had_its_share:
                await self.let_others_go()
            event = self.take_event()
            if event is not None:
                return event
            if self.upper_layer.wants_close:
                raise ConnectionClosedError("the connection is closed")
            await self.fill(limit)

    async def fill(self, limit: Limit | None = None) -> None:
        """Send what is to be sent, and read once, waiting for it: until the limit, or else as long as a read may take."""
        if not self._senders:  # another task that sends does that; and both sides would wait for ever if neither read meanwhile
            await self.flush()
        if self.has_had_its_share:
            await self.let_others_go()
        self._check(limit)
        upper_layer = self.upper_layer
        while not self.read_now():
            await self._wait(limit or self.limit(TimeoutType.READ), upper_layer.deadline, readable=True)
            if upper_layer.deadline is not None and self._loop.time() >= upper_layer.deadline:
                upper_layer.handle_timeout(self._loop.time())
                return

    def read_now(self) -> bool:
        """Read once, without waiting; whether there was something, the end too."""
        try:
            data = self.transport.try_read()
        except OSError as error:
            self._loss = error
            self.upper_layer.receive_eof(self._loop.time())
            return True
        if data is None:
            return False
        if data:
            self._moved += len(data)
            self.upper_layer.receive_data(data, self._loop.time())
        else:
            self.upper_layer.receive_eof(self._loop.time())
        return True

    async def flush(self) -> None:
        """Send what the upper layer has to send.

        Raises
        ------
        DICOMNetworkError
            If the peer does not take it in time, or ended the association meanwhile.
        """
        unsent = self._unsent
        unsent += self.upper_layer.data_to_send()
        self._senders += 1
        try:
            while unsent:
                try:
                    if self.transport.try_write(unsent):
                        return
                except OSError as error:
                    raise self._explain_loss(error) from error
                may_read = self.may_read_early and not self._early
                await self._wait(self.limit(TimeoutType.WRITE), None, writable=True, readable=may_read)
                if may_read and self.may_read_early:  # nobody began to receive meanwhile
                    self._read_early()
        finally:
            self._senders -= 1

    async def send(self, byte_count: int, fragment_count: int) -> None:
        """Flush so many bytes in so many fragments, and let others have their turn from time to time."""
        await self.flush()
        self._moved += max(byte_count, fragment_count * EVENT_SHARE)
        if self.has_had_its_share:
            await self.let_others_go()
            self._check(None)

    async def finish(self) -> None:
        """Send what is left, let the peer close, and close. It raises nothing of the peer's making, and takes no longer than ARTIM."""
        now = self._loop.time()
        end = min(now + LONGEST_LINGER, self.upper_layer.deadline or now + LONGEST_LINGER)
        self._unsent += self.upper_layer.data_to_send()
        left = MOST_LINGERING_BYTES
        try:
            while True:
                is_sent = self.transport.try_write(self._unsent)
                seconds = end - self._loop.time()
                if (is_sent and self.upper_layer.wants_close) or seconds <= 0 or left <= 0:
                    break
                data = self.transport.try_read()
                if data is None:
                    await self.transport.wait(seconds, readable=True, writable=not is_sent)
                elif data:
                    left -= len(data)
                    self.upper_layer.receive_data(data, self._loop.time())
                    while self.upper_layer.next_event() is not None:
                        pass
                    await self.let_others_go()
                else:
                    break
        except OSError:
            pass  # it is lost, which is as good as closed
        finally:
            self.transport.close()

    def close(self) -> None:
        """Close at once, after an A-ABORT if it can be sent without waiting."""
        if self.transport.is_closed:
            return
        with contextlib.suppress(InvalidStateError, OSError):
            self.upper_layer.abort(AbortSource.SERVICE_USER, AbortReason.NOT_SPECIFIED, self._loop.time())
            # In the middle of a PDU nothing else can be said.
            if not self._unsent:
                self.transport.try_write(self.upper_layer.data_to_send())
        self.transport.close()

    def error_of(self, event: UpperLayerEvent) -> DICOMNetworkError:
        """Return what to raise for an event that ends the association, or that may not come now."""
        match event:
            case AssociationAborted(source, reason, by_peer, error):
                return error or AssociationAbortedError(source, reason, by_peer)
            case AssociationRejected(result, source, reason):
                return AssociationRejectedError(result, source, reason)
            case ARTIMTimerExpired():
                return ARTIMTimerExpiredError()
            case ConnectionClosed():
                if self._loss is None:
                    return ConnectionClosedError()
                lost = ConnectionClosedError(f"the connection was lost: {self._loss.strerror or self._loss}")
                lost.__cause__ = self._loss
                return lost
            case _:
                return RemoteProtocolError(f"the peer's {type(event).__name__} comes at the wrong time")

    async def _wait(self, limit: Limit | None, artim: float | None, *, readable: bool = False, writable: bool = False) -> None:
        """Wait, and raise if a limit is reached; if ARTIM comes first, just return."""
        operation = self.operation_limit
        if operation is not None and (limit is None or operation.deadline < limit.deadline):
            limit = operation
        end = artim if limit is None or (artim is not None and artim < limit.deadline) else limit.deadline
        self._moved = 0
        has_happened = await self.transport.wait(None if end is None else end - self._loop.time(), readable=readable, writable=writable)
        if self.transport.is_closed:
            raise ConnectionClosedError("the association was closed on our side")
        if not has_happened and limit is not None and end == limit.deadline:
            raise OperationTimeoutError(limit.type, limit.seconds, self.operation)

    def _check(self, limit: Limit | None) -> None:
        """Raise if a limit is reached: a peer that always has more to say lets nobody wait, and would never see it otherwise."""
        for bound in (limit, self.operation_limit):
            if bound is not None and self._loop.time() >= bound.deadline:
                raise OperationTimeoutError(bound.type, bound.seconds, self.operation)

    async def let_others_go(self) -> None:
        """Give the loop back for a moment."""
        self._moved = 0
        await asyncio.sleep(0)

    def _read_early(self) -> None:
        """While we cannot send, see whether the peer ended the association; keep what else it says, one read of it."""
        self._take_early()
        if self._early:  # the buffer is in use
            return
        try:
            data = self.transport.try_read()
        except OSError as error:
            raise self._explain_loss(error) from error
        if data:
            self.upper_layer.receive_data(data, self._loop.time())
        elif data is not None:
            self.upper_layer.receive_eof(self._loop.time())
        self._take_early()

    def _take_early(self) -> None:
        while (event := self.upper_layer.next_event()) is not None:
            if isinstance(event, _ENDS):
                raise self.error_of(event)
            self._early.append(event)

    def _explain_loss(self, loss: OSError) -> DICOMNetworkError:
        """Sending failed: the peer may have said why before it closed."""
        self._loss = loss
        upper_layer = self.upper_layer
        with contextlib.suppress(OSError):
            while self.may_read_early and (data := self.transport.try_read()):
                upper_layer.receive_data(data, self._loop.time())
                while (event := upper_layer.next_event()) is not None:
                    if not isinstance(event, PresentationDataReceived):
                        return self.error_of(event)
        upper_layer.receive_eof(self._loop.time())
        return self.error_of(ConnectionClosed(was_expected=False))
