"""The Upper Layer protocol machine (PS3.8 9.2): bytes, primitives and the time go in; bytes, events and a deadline come out.

It knows no socket and no clock, and what a peer sends never makes it raise: a violation is answered by an A-ABORT and told by an
event. Everything that changes the state goes through ``TRANSITIONS``.
"""

from __future__ import annotations

from collections import deque
from enum import Enum
from typing import TYPE_CHECKING, Any

from dicomkit.network.codes import AbortReason, AbortSource, Rejection, RejectResult
from dicomkit.network.errors import InvalidPDUError, InvalidStateError, RemoteProtocolError, UnexpectedPDUTypeError
from dicomkit.network.ul.events import (
    ARTIMTimerExpired,
    AssociationAborted,
    AssociationAccepted,
    AssociationRejected,
    AssociationRequested,
    ConnectionClosed,
    PresentationDataReceived,
    ReleaseConfirmed,
    ReleaseRequested,
    UpperLayerEvent,
)
from dicomkit.network.ul.limits import UpperLayerLimits
from dicomkit.network.ul.pdu import (
    PROTOCOL_VERSION,
    AbortPDU,
    AssociateAccept,
    AssociateReject,
    AssociateRequest,
    PDUType,
    ReleaseRequest,
    ReleaseResponse,
    serialize_data_header,
)
from dicomkit.network.ul.reader import PDUReader, SkippedPDU
from dicomkit.network.ul.state_table import NEXT_STATE, TRANSITIONS, Action, Event, State
from dicomkit.network.ul.user_information import DEFAULT_MAXIMUM_LENGTH

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from typing_extensions import Buffer

__all__ = ["Role", "UpperLayer"]

_RECEIVED = {
    AssociateRequest: (Event.EVT6, PDUType.A_ASSOCIATE_RQ),
    AssociateAccept: (Event.EVT3, PDUType.A_ASSOCIATE_AC),
    AssociateReject: (Event.EVT4, PDUType.A_ASSOCIATE_RJ),
    PresentationDataReceived: (Event.EVT10, PDUType.P_DATA_TF),
    ReleaseRequest: (Event.EVT12, PDUType.A_RELEASE_RQ),
    ReleaseResponse: (Event.EVT13, PDUType.A_RELEASE_RP),
    AbortPDU: (Event.EVT16, PDUType.A_ABORT),
}
_SKIPPED = {PDUType.A_ASSOCIATE_RQ: Event.EVT6, PDUType.A_ASSOCIATE_AC: Event.EVT3}
_AWAITED = {
    State.STA2: "A-ASSOCIATE-RQ",
    State.STA3: "nothing before our answer",
    State.STA5: "A-ASSOCIATE-AC or A-ASSOCIATE-RJ",
    State.STA6: "P-DATA-TF or A-RELEASE-RQ",
    State.STA7: "A-RELEASE-RP",
    State.STA8: "nothing before our answer",
    State.STA10: "A-RELEASE-RP",
    State.STA11: "A-RELEASE-RP",
}


class Role(Enum):
    """Who began."""

    REQUESTOR = "requestor"
    ACCEPTOR = "acceptor"


class UpperLayer:
    """One side of one association.

    Parameters
    ----------
    role
        Whether we request the association or accept it.
    artim_timeout
        The ARTIM timer's seconds (PS3.8 9.1.5), or None for no timer.
    maximum_length
        What we announce: the longest P-DATA-TF that we want, 0 for any length.
    limits
        Bounds on what is accepted.
    """

    def __init__(
        self,
        role: Role,
        *,
        artim_timeout: float | None = 30.0,
        maximum_length: int = DEFAULT_MAXIMUM_LENGTH,
        limits: UpperLayerLimits | None = None,
    ) -> None:
        self._role = role
        self._artim_timeout = artim_timeout
        self._reader = PDUReader(limits or UpperLayerLimits(), maximum_length)
        self._state = State.STA1
        self._now = 0.0
        self._deadline: float | None = None
        self._events: deque[UpperLayerEvent] = deque()
        self._output: list[Buffer] = []
        self._request: AssociateRequest | None = None
        self._proposed: frozenset[int] = frozenset()
        self._accepted: frozenset[int] = frozenset()
        self._wants_close = False
        self._has_aborted = False

    @property
    def state(self) -> State:
        """Where PS3.8 9.2 has us. It changes as events are taken, not before."""
        return self._state

    @property
    def deadline(self) -> float | None:
        """When to call ``handle_timeout``, in the time of ``now``; None for never."""
        return self._deadline

    @property
    def wants_close(self) -> bool:
        """Whether to close the transport connection once what ``data_to_send`` returns is sent."""
        return self._wants_close

    # What the transport does.

    def connection_made(self, now: float) -> None:
        """The transport connection is there: the one that ``request_association`` asked for, or one that came in."""
        self._now = now
        self._perform(Event.EVT2 if self._role is Role.REQUESTOR else Event.EVT5, self._request)

    def receive_data(self, data: Buffer, now: float) -> None:
        """Take bytes. Events are made as they are asked for: take them all before the next call, or the bytes are copied."""
        self._now = now
        self._reader.feed(memoryview(data))

    def receive_eof(self, now: float) -> None:
        """The transport connection was closed, or lost."""
        self._now = now
        self._handle(Event.EVT17)

    def handle_timeout(self, now: float) -> None:
        """Look whether the deadline has passed."""
        if self._deadline is not None and now >= self._deadline:
            self._now = now
            self._handle(Event.EVT18)

    def data_to_send(self) -> list[Buffer]:
        """Return what is to be sent, and forget it. The buffers given to ``send_pdvs`` are among them, not copied."""
        output, self._output = self._output, []
        return output

    def next_event(self) -> UpperLayerEvent | None:
        """Return what happened next, or None: then nothing will happen before more data, or time, comes."""
        events = self._events
        while not events:
            found = self._reader.read()
            if found is None:
                return None
            if type(found) is PresentationDataReceived and self._state is State.STA6 and found.context_id in self._accepted:
                return found  # Evt10 in Sta6, which is DT-2
            self._receive(found)
        return events.popleft()

    # What the local user does. Each raises InvalidStateError where Table 9-10 has an empty cell.

    def request_association(self, request: AssociateRequest, now: float) -> None:
        """A-ASSOCIATE request: the transport connection is wanted; the PDU goes out when it is there."""
        self._now = now
        self._perform(Event.EVT1, request)

    def accept_association(self, accept: AssociateAccept, now: float) -> None:
        """A-ASSOCIATE response: accept."""
        self._now = now
        self._perform(Event.EVT7, accept)

    def reject_association(self, result: int, source: int, reason: int, now: float) -> None:
        """A-ASSOCIATE response: reject (PS3.8 Table 9-21)."""
        self._now = now
        self._perform(Event.EVT8, AssociateReject(result, source, reason))

    def send_pdvs(self, pdvs: Iterable[tuple[int, int, Buffer]]) -> None:
        """P-DATA request: each PDV, as presentation context ID, message control header and bytes, becomes one P-DATA-TF.

        The buffers must not change until they are sent.
        """
        self._perform(Event.EVT9)  # DT-1 and AR-7, which lead where we are
        output = self._output
        known = (-1, -1, -1)
        header = b""
        for context_id, control, data in pdvs:
            length = data.nbytes if type(data) is memoryview else len(memoryview(data))
            if (context_id, control, length) != known:
                known = (context_id, control, length)
                header = serialize_data_header(context_id, control, length)
            output.append(header)
            output.append(data)

    def request_release(self, now: float) -> None:
        """A-RELEASE request."""
        self._now = now
        self._perform(Event.EVT11)

    def respond_release(self, now: float) -> None:
        """A-RELEASE response, after ``ReleaseRequested``."""
        self._now = now
        self._perform(Event.EVT14)

    def abort(self, source: int, reason: int, now: float) -> None:
        """A-ABORT request. A violation that a layer above found is the service provider's: source 2, with its reason."""
        self._now = now
        self._perform(Event.EVT15, AbortPDU(source, reason))

    # The machine.

    def _perform(self, event: Event, argument: object = None) -> None:
        if not self._handle(event, argument):
            raise InvalidStateError(f"{event.value} is not possible now: {self._state.value}")

    def _handle(self, event: Event, argument: object = None) -> bool:
        """Do what Table 9-10 says; False if it says nothing."""
        action = TRANSITIONS.get((self._state, event))
        if action is None:
            return False
        chosen = _ACTIONS[action](self, argument)
        self._state = chosen or NEXT_STATE[action]
        self._reader.expects_associate = self._state in (State.STA2, State.STA5)
        return True

    def _receive(self, found: object) -> None:
        if isinstance(found, RemoteProtocolError):
            self._handle(Event.EVT19, found)
            return
        if isinstance(found, SkippedPDU):
            event, pdu_type = _SKIPPED[found.pdu_type], found.pdu_type
        else:
            event, pdu_type = _RECEIVED[type(found)]
        action = TRANSITIONS.get((self._state, event))
        if action in _DATA_INDICATIONS and isinstance(found, PresentationDataReceived) and found.context_id not in self._accepted:
            error = InvalidPDUError(f"the peer sent data on presentation context {found.context_id}, which was not accepted")
            self._handle(Event.EVT19, error)
        elif action in _VIOLATIONS:
            self._handle(event, UnexpectedPDUTypeError(_AWAITED.get(self._state, "nothing"), pdu_type.label))
        else:
            self._handle(event, found)

    def _start_artim(self) -> None:
        self._deadline = None if self._artim_timeout is None else self._now + self._artim_timeout

    def _close(self) -> None:
        self._deadline = None
        self._wants_close = True

    def _send_abort(self, source: int, reason: int) -> None:
        # One is enough: who floods us with PDUs after it shall not make us answer each.
        if not self._has_aborted:
            self._has_aborted = True
            self._output.append(AbortPDU(source, reason).serialize())

    def _ae_1(self, request: AssociateRequest) -> None:
        self._request = request
        self._proposed = frozenset(context.id for context in request.presentation_contexts)

    def _ae_2(self, request: AssociateRequest) -> None:
        self._output.append(request.serialize())

    def _ae_3(self, accept: AssociateAccept) -> None:
        self._accepted = self._proposed & {context.id for context in accept.presentation_contexts if context.is_accepted}
        self._events.append(AssociationAccepted(accept))

    def _ae_4(self, reject: AssociateReject) -> None:
        self._events.append(AssociationRejected(reject.result, reject.source, reject.reason))
        self._close()

    def _ae_5(self, _: object) -> None:
        self._start_artim()

    def _ae_6(self, request: AssociateRequest) -> State | None:
        self._deadline = None
        if request.protocol_version & PROTOCOL_VERSION:
            self._events.append(AssociationRequested(request))
            return None
        refused = AssociateReject(RejectResult.PERMANENT, *Rejection.PROTOCOL_VERSION_NOT_SUPPORTED.value)
        self._events.append(AssociationRejected(refused.result, refused.source, refused.reason, by_peer=False))
        self._ae_8(refused)
        return State.STA13

    def _ae_7(self, accept: AssociateAccept) -> None:
        self._accepted = frozenset(context.id for context in accept.presentation_contexts if context.is_accepted)
        self._output.append(accept.serialize())

    def _ae_8(self, reject: AssociateReject) -> None:
        self._output.append(reject.serialize())
        self._start_artim()

    def _dt_1(self, _: object) -> None:
        """Send P-DATA: ``send_pdvs`` does, which comes by here only to have the state checked."""

    def _dt_2(self, data: PresentationDataReceived) -> None:
        self._events.append(data)

    _ar_6, _ar_7 = _dt_2, _dt_1

    def _ar_1(self, _: object) -> None:
        self._output.append(ReleaseRequest().serialize())

    def _ar_2(self, _: object) -> None:
        self._events.append(ReleaseRequested())

    def _ar_3(self, _: object) -> None:
        self._events.append(ReleaseConfirmed())
        self._close()

    def _ar_4(self, _: object) -> None:
        self._output.append(ReleaseResponse().serialize())
        self._start_artim()

    def _ar_5(self, _: object) -> None:
        self._events.append(ConnectionClosed(was_expected=True))
        self._close()

    _aa_5 = _ar_5

    def _ar_8(self, _: object) -> State | None:
        self._events.append(ReleaseRequested(is_collision=True))
        return None if self._role is Role.REQUESTOR else State.STA10

    def _ar_9(self, _: object) -> None:
        self._output.append(ReleaseResponse().serialize())

    def _ar_10(self, _: object) -> None:
        self._events.append(ReleaseConfirmed())

    def _aa_1(self, cause: AbortPDU | RemoteProtocolError) -> None:
        if isinstance(cause, RemoteProtocolError):
            self._send_abort(AbortSource.SERVICE_USER, AbortReason.NOT_SPECIFIED)
            self._events.append(AssociationAborted(AbortSource.SERVICE_USER, AbortReason.NOT_SPECIFIED, by_peer=False, error=cause))
        else:
            self._send_abort(cause.source, cause.reason)
        self._start_artim()

    def _aa_2(self, cause: AbortPDU | None) -> None:
        if self._state is State.STA4:
            pass  # the local user gave up waiting for the connection
        elif cause is not None:
            self._events.append(AssociationAborted(cause.source, cause.reason, by_peer=True))
        else:
            if self._state is State.STA2:
                # Table 9-8 only closes; but who connects and says nothing is told why (PS3.8 9.3.8 allows it at any time).
                self._send_abort(AbortSource.SERVICE_PROVIDER, AbortReason.NOT_SPECIFIED)
            self._events.append(ARTIMTimerExpired(had_association=self._state is State.STA13))
        self._close()

    def _aa_3(self, abort: AbortPDU) -> None:
        self._events.append(AssociationAborted(abort.source, abort.reason, by_peer=True))
        self._close()

    def _aa_4(self, _: object) -> None:
        self._events.append(ConnectionClosed(was_expected=False))
        self._close()

    def _aa_6(self, _: object) -> None:
        """Ignore the PDU."""

    def _aa_7(self, cause: RemoteProtocolError) -> None:
        self._send_abort(AbortSource.SERVICE_PROVIDER, cause.abort_reason)

    def _aa_8(self, cause: RemoteProtocolError) -> None:
        self._send_abort(AbortSource.SERVICE_PROVIDER, cause.abort_reason)
        self._events.append(AssociationAborted(AbortSource.SERVICE_PROVIDER, cause.abort_reason, by_peer=False, error=cause))
        self._start_artim()


_DATA_INDICATIONS = frozenset({Action.DT_2, Action.AR_6})
_VIOLATIONS = frozenset({Action.AA_1, Action.AA_7, Action.AA_8})
_ACTIONS: dict[Action, Callable[[UpperLayer, Any], State | None]] = {
    action: getattr(UpperLayer, f"_{action.name.lower()}") for action in Action
}
