"""What an ``UpperLayer`` tells its user: the indications and confirmations of PS3.8 7, each a value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dicomkit.network.errors import RemoteProtocolError
    from dicomkit.network.ul.pdu import AssociateAccept, AssociateRequest

__all__ = [
    "ARTIMTimerExpired",
    "AssociationAborted",
    "AssociationAccepted",
    "AssociationRejected",
    "AssociationRequested",
    "ConnectionClosed",
    "PresentationDataReceived",
    "ReleaseConfirmed",
    "ReleaseRequested",
    "UpperLayerEvent",
]


@dataclass(frozen=True, slots=True)
class AssociationRequested:
    """The peer requests an association; it is to be accepted or rejected."""

    request: AssociateRequest


@dataclass(frozen=True, slots=True)
class AssociationAccepted:
    """The peer accepts ours, though maybe not one of its presentation contexts."""

    accept: AssociateAccept


@dataclass(frozen=True, slots=True)
class AssociationRejected:
    """There will be no association; ``by_peer`` is False if our own provider refused the peer's request."""

    result: int
    source: int
    reason: int
    by_peer: bool = True


@dataclass(slots=True)
class PresentationDataReceived:
    """A part of a command or data set. It is not frozen since there is one for each 16 KiB; nobody changes it.

    Attributes
    ----------
    context_id
        An accepted presentation context.
    is_command
        Whether it is of a command, else of a data set.
    is_last
        Whether it ends it. A PDV comes in parts if it was not received as a whole: only its last part has the flag.
    data
        A view on what was given to ``receive_data``: valid until its next call.
    more
        Other such views, on the parts of the same data set that came right behind it.
    """

    context_id: int
    is_command: bool
    is_last: bool
    data: memoryview
    more: Sequence[memoryview] = ()


@dataclass(frozen=True, slots=True)
class ReleaseRequested:
    """The peer wants to end the association; ``is_collision`` if we asked for the same."""

    is_collision: bool = False


@dataclass(frozen=True, slots=True)
class ReleaseConfirmed:
    """The association ended as we asked."""


@dataclass(frozen=True, slots=True)
class AssociationAborted:
    """The association ended at once.

    Attributes
    ----------
    source, reason
        As in the A-ABORT.
    by_peer
        Whether the peer sent it; else our own provider did, because of ``error``.
    error
        What the peer did wrong, or None.
    """

    source: int
    reason: int
    by_peer: bool
    error: RemoteProtocolError | None = None


@dataclass(frozen=True, slots=True)
class ConnectionClosed:
    """The transport connection is gone; ``was_expected`` if no association was left on it."""

    was_expected: bool


@dataclass(frozen=True, slots=True)
class ARTIMTimerExpired:
    """The peer took too long to request an association, or to close the connection."""

    had_association: bool


UpperLayerEvent = (
    AssociationRequested
    | AssociationAccepted
    | AssociationRejected
    | PresentationDataReceived
    | ReleaseRequested
    | ReleaseConfirmed
    | AssociationAborted
    | ConnectionClosed
    | ARTIMTimerExpired
)
