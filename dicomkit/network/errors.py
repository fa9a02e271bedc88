"""Everything that the network raises.

    DICOMError
    +-- DICOMNetworkError                       has ``category``, ``is_retryable``, ``recovery_suggestion``, ``explanation``
        +-- LocalProtocolError                  our caller broke the rules
        |   +-- InvalidStateError
        |   +-- InvalidAETitleError
        |   +-- InvalidPresentationContextError
        |   +-- NetworkEncodingError            a message that cannot be encoded
        +-- RemoteProtocolError                 the peer did
        |   +-- InvalidPDUError
        |   +-- PDUTooLargeError
        |   +-- UnexpectedPDUTypeError
        |   +-- NetworkDecodingError            a message that cannot be decoded
        +-- ConnectionFailedError               also a ConnectionError
        +-- ConnectionClosedError               also a ConnectionError
        +-- NetworkTimeoutError                 also a TimeoutError
        |   +-- OperationTimeoutError           says which limit of TimeoutConfiguration
        |   +-- ARTIMTimerExpiredError
        +-- AssociationRejectedError            A-ASSOCIATE-RJ, with its codes in words
        +-- AssociationAbortedError             A-ABORT, likewise
        +-- NoPresentationContextAcceptedError
        +-- SOPClassNotSupportedError
        +-- OperationFailedError                a final status that is a failure
        |   +-- QueryFailedError
        |   +-- RetrieveFailedError
        |   +-- StoreFailedError
        +-- PartialFailureError
        +-- CircuitBreakerOpenError

Messages name AE titles, hosts, UIDs of classes, codes and lengths, never what a data set holds.
"""

from __future__ import annotations

from itertools import zip_longest
from typing import TYPE_CHECKING, ClassVar

from dicomkit.network.codes import (
    AbortReason,
    RejectResult,
    RejectSource,
    abort_reason_text,
    abort_source_text,
    context_result_text,
    reject_reason_text,
    reject_result_text,
    reject_source_text,
)
from dicomkit.network.recovery import DICOMNetworkError, ErrorCategory, RecoverySuggestion
from dicomkit.network.timeouts import TimeoutType

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "ARTIMTimerExpiredError",
    "AssociationAbortedError",
    "AssociationRejectedError",
    "CircuitBreakerOpenError",
    "ConnectionClosedError",
    "ConnectionFailedError",
    "DICOMNetworkError",
    "InvalidAETitleError",
    "InvalidPDUError",
    "InvalidPresentationContextError",
    "InvalidStateError",
    "LocalProtocolError",
    "NetworkDecodingError",
    "NetworkEncodingError",
    "NetworkTimeoutError",
    "NoPresentationContextAcceptedError",
    "OperationFailedError",
    "OperationTimeoutError",
    "PDUTooLargeError",
    "PartialFailureError",
    "QueryFailedError",
    "RemoteProtocolError",
    "RetrieveFailedError",
    "SOPClassNotSupportedError",
    "StoreFailedError",
    "UnexpectedPDUTypeError",
]


class LocalProtocolError(DICOMNetworkError):
    """Our caller asked for what the protocol does not allow."""


class InvalidStateError(LocalProtocolError, RuntimeError):
    """Something that cannot be done now, such as sending on an association that was released."""

    _recovery = RecoverySuggestion.check_configuration("the order in which the association is used")


class InvalidAETitleError(LocalProtocolError, ValueError):
    """No AE title: it has 1 to 16 characters of ISO 646 without backslash and control characters (PS3.5 6.2)."""

    _category = ErrorCategory.CONFIGURATION
    _recovery = RecoverySuggestion.check_configuration("the AE titles")

    def __init__(self, ae_title: str, problem: str = "has 1 to 16 ASCII characters, no control characters and no backslash") -> None:
        self._keep(ae_title, problem)
        self.ae_title = ae_title
        self.problem = f"{ae_title[:32]!r} is no AE title: one {problem}"


class InvalidPresentationContextError(LocalProtocolError, ValueError):
    """A presentation context that may not be proposed (PS3.8 9.3.2.2)."""


class NetworkEncodingError(LocalProtocolError, ValueError):
    """A PDU or command that cannot be encoded."""

    _recovery = RecoverySuggestion.contact_administrator("something in the message does not fit its field")


class RemoteProtocolError(DICOMNetworkError):
    """The peer did what the protocol does not allow.

    Attributes
    ----------
    abort_reason
        What the A-ABORT says that answers it (PS3.8 Table 9-26).
    """

    abort_reason: AbortReason = AbortReason.NOT_SPECIFIED
    _recovery = RecoverySuggestion.check_configuration("that the peer is a DICOM server, and that the port is its DICOM port")


class InvalidPDUError(RemoteProtocolError):
    """A PDU that does not follow PS3.8 9.3."""

    def __init__(self, problem: str, abort_reason: AbortReason = AbortReason.INVALID_PDU_PARAMETER_VALUE) -> None:
        self._keep(problem, abort_reason)
        self.problem = problem
        self.abort_reason = abort_reason


class PDUTooLargeError(RemoteProtocolError):
    """A PDU above what was announced, refused by its length alone."""

    abort_reason = AbortReason.INVALID_PDU_PARAMETER_VALUE
    _category = ErrorCategory.CONFIGURATION
    _recovery = RecoverySuggestion.check_configuration("the maximum PDU size here and at the peer")

    def __init__(self, received: int, maximum: int) -> None:
        self._keep(received, maximum)
        self.received = received
        self.maximum = maximum
        self.problem = f"the peer sent a PDU of {received:,} bytes where {maximum:,} are allowed"


class UnexpectedPDUTypeError(RemoteProtocolError):
    """A PDU that may not come now; what could have come, and what came, in words."""

    abort_reason = AbortReason.UNEXPECTED_PDU

    def __init__(self, expected: str, received: str) -> None:
        self._keep(expected, received)
        self.expected = expected
        self.received = received
        self.problem = f"the peer sent {received} where {expected} was expected"


class NetworkDecodingError(RemoteProtocolError, ValueError):
    """A message that cannot be decoded."""


class ConnectionFailedError(DICOMNetworkError, ConnectionError):
    """There is no connection to the peer: name, network, port, or TLS handshake."""

    _category = ErrorCategory.TRANSIENT
    _is_retryable = True
    _recovery = RecoverySuggestion.retry_with_backoff(1.0)


class ConnectionClosedError(DICOMNetworkError, ConnectionError):
    """The connection was closed or lost before its time."""

    _category = ErrorCategory.TRANSIENT
    _is_retryable = True
    _recovery = RecoverySuggestion.retry()

    def __init__(self, problem: str = "the peer closed the connection") -> None:
        super().__init__(problem)


class NetworkTimeoutError(DICOMNetworkError, TimeoutError):
    """Something took too long."""

    _category = ErrorCategory.TIMEOUT
    _is_retryable = True
    _recovery = RecoverySuggestion.retry_with_backoff(2.0)

    def __init__(self, problem: str = "the peer took too long") -> None:
        super().__init__(problem)


class OperationTimeoutError(NetworkTimeoutError):
    """A limit of ``TimeoutConfiguration`` was reached.

    Attributes
    ----------
    type
        Which one.
    duration
        Its seconds.
    operation
        During what, such as ``"C-FIND"``, or None.
    """

    def __init__(self, type: TimeoutType, duration: float, operation: str | None = None) -> None:
        self._keep(type, duration, operation)
        self.type = type
        self.duration = duration
        self.operation = operation
        self.problem = f"{type} timeout after {duration:g}s" + (f" during {operation}" if operation else "")

    @property
    def recovery_suggestion(self) -> RecoverySuggestion:
        """What may help; it depends on the limit."""
        if self.type is TimeoutType.CONNECT:
            return RecoverySuggestion.check_configuration("host, port and firewall")
        if self.type is TimeoutType.OPERATION:
            return RecoverySuggestion.check_configuration("the operation timeout, or ask for less")
        return RecoverySuggestion.retry_with_backoff(5.0 if self.type is TimeoutType.ASSOCIATION else 2.0)


class ARTIMTimerExpiredError(NetworkTimeoutError):
    """The peer did not request an association in time (PS3.8 9.1.5)."""

    _recovery = RecoverySuggestion.retry_with_backoff(5.0)

    def __init__(self, problem: str = "the peer requested no association before the ARTIM timer expired") -> None:
        super().__init__(problem)


class AssociationRejectedError(DICOMNetworkError):
    """The peer wants no association (A-ASSOCIATE-RJ, PS3.8 9.3.4)."""

    def __init__(self, result: int, source: int, reason: int, called_ae_title: str = "", calling_ae_title: str = "") -> None:
        self._keep(result, source, reason, called_ae_title, calling_ae_title)
        self.result = result
        self.source = source
        self.reason = reason
        self.called_ae_title = called_ae_title
        self.calling_ae_title = calling_ae_title
        titles = f" (we are {str(calling_ae_title)!r} and called {str(called_ae_title)!r})" if called_ae_title else ""
        what, who = reject_result_text(result), reject_source_text(source)
        self.problem = f"the association was {what} by {who}: {reject_reason_text(source, reason)}{titles}"

    @property
    def category(self) -> ErrorCategory:
        """Transient if the peer says so, else permanent."""
        return ErrorCategory.TRANSIENT if self.is_retryable else ErrorCategory.PERMANENT

    @property
    def is_retryable(self) -> bool:
        """Whether the peer rejected it for now only."""
        return self.result == RejectResult.TRANSIENT

    @property
    def recovery_suggestion(self) -> RecoverySuggestion:
        """To wait, or what to look at."""
        if self.is_retryable:
            return RecoverySuggestion.retry_with_backoff(5.0)
        if self.source == RejectSource.SERVICE_USER and self.reason in (3, 7):
            return RecoverySuggestion.check_configuration("the AE titles, letter by letter, and who the peer's list of callers admits")
        return RecoverySuggestion.check_configuration("what the peer accepts")


class AssociationAbortedError(DICOMNetworkError):
    """The association was aborted (A-ABORT, PS3.8 9.3.8), by the peer unless ``by_peer`` is False."""

    _category = ErrorCategory.TRANSIENT
    _is_retryable = True
    _recovery = RecoverySuggestion.retry_with_backoff(1.0)

    def __init__(self, source: int, reason: int, by_peer: bool = True) -> None:
        self._keep(source, reason, by_peer)
        self.source = source
        self.reason = reason
        self.by_peer = by_peer
        who = "the peer's" if by_peer else "our own"
        # The reason means nothing if the source is the service user.
        why = f": {abort_reason_text(reason)}" if source == 2 else ""
        self.problem = f"the association was aborted by {who} {abort_source_text(source)}{why}"


class NoPresentationContextAcceptedError(DICOMNetworkError):
    """The peer accepted the association, but nothing that was proposed on it.

    Attributes
    ----------
    abstract_syntaxes
        Of what was proposed.
    results
        What the peer says to each (PS3.8 Table 9-18), if that is known.
    """

    _category = ErrorCategory.CONFIGURATION
    _recovery = RecoverySuggestion.check_configuration("which SOP classes and transfer syntaxes the peer accepts")

    def __init__(self, abstract_syntaxes: Sequence[str] = (), results: Sequence[int] = ()) -> None:
        self._keep(tuple(abstract_syntaxes), tuple(results))
        self.abstract_syntaxes = tuple(abstract_syntaxes)
        self.results = tuple(results)
        said = [f" ({context_result_text(result)})" for result in self.results] or [""]
        # Several contexts of a SOP class are refused for the same reason.
        named = list(dict.fromkeys(uid + why for uid, why in zip_longest(self.abstract_syntaxes, said, fillvalue="")))
        shown = ", ".join(named[:5]) + (", ..." if len(named) > 5 else "")
        self.problem = "the peer accepted none of the presentation contexts" + (f": {shown}" if shown else "")


class SOPClassNotSupportedError(DICOMNetworkError):
    """The peer does not take a SOP class, or not in a transfer syntax that is ``transfer_syntax``, if that is given."""

    _category = ErrorCategory.PERMANENT
    _recovery = RecoverySuggestion.no_recovery("the peer does not support the SOP class")

    def __init__(self, uid: str, transfer_syntax: str = "") -> None:
        self._keep(uid, transfer_syntax)
        self.uid = uid
        self.transfer_syntax = transfer_syntax
        self.problem = f"the peer does not support SOP class {uid}" + (f" in {transfer_syntax}" if transfer_syntax else "")


class OperationFailedError(DICOMNetworkError):
    """The final status of an operation is a failure.

    Attributes
    ----------
    status
        The Status (0000,0900).
    comment
        What the peer says about it: Error Comment (0000,0902), or nothing.
    """

    what: ClassVar[str] = "operation"
    _category = ErrorCategory.PERMANENT
    _recovery = RecoverySuggestion.no_recovery("the peer says why in its status")

    def __init__(self, status: int, comment: str = "") -> None:
        self._keep(status, comment)
        self.status = status
        self.comment = comment
        meaning = getattr(status, "meaning", "")
        words = f"{int(status):04X}" + (f" ({meaning})" if meaning else "")
        said = "".join(character if character.isprintable() else " " for character in comment[:64]).strip()
        self.problem = f"the {self.what} failed with status {words}" + (f": {said}" if said else "")


class QueryFailedError(OperationFailedError):
    """A C-FIND ended in a failure."""

    what = "query"


class RetrieveFailedError(OperationFailedError):
    """A C-MOVE or C-GET ended in a failure."""

    what = "retrieval"


class StoreFailedError(OperationFailedError):
    """A C-STORE was answered with a failure."""

    what = "storage"


class PartialFailureError(DICOMNetworkError):
    """Some of several operations failed."""

    _category = ErrorCategory.TRANSIENT
    _is_retryable = True

    def __init__(self, succeeded: int, failed: int, details: str | None = None) -> None:
        self._keep(succeeded, failed, details)
        self.succeeded = succeeded
        self.failed = failed
        self.details = details
        self.problem = f"{failed:,} of {succeeded + failed:,} operations failed" + (f": {details}" if details else "")

    @property
    def recovery_suggestion(self) -> RecoverySuggestion:
        """To try those again that failed, if any did."""
        return RecoverySuggestion.retry() if self.failed else RecoverySuggestion.no_recovery("nothing failed")


class CircuitBreakerOpenError(DICOMNetworkError):
    """The peer failed so often that it is left alone, for ``retry_after`` seconds from then on."""

    _category = ErrorCategory.RESOURCE
    _is_retryable = True

    def __init__(self, host: str, port: int, retry_after: float) -> None:
        self._keep(host, port, retry_after)
        self.host = host
        self.port = port
        self.retry_after = retry_after
        self.problem = f"{host}:{port} failed too often; it is tried again in {max(1.0, retry_after):g}s"

    @property
    def recovery_suggestion(self) -> RecoverySuggestion:
        """To wait, at least a second."""
        return RecoverySuggestion.wait_and_retry(max(1.0, self.retry_after))
