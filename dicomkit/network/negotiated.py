"""What two sides agreed on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dicomkit.network.ul.contexts import ContextResult, PresentationContextResult

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dicomkit.network.ul.contexts import PresentationContext
    from dicomkit.network.ul.user_information import (
        AsynchronousOperationsWindow,
        RoleSelection,
        SOPClassExtendedNegotiation,
        UserInformation,
    )

__all__ = ["AcceptedContext", "NegotiatedAssociation"]


@dataclass(frozen=True, slots=True)
class AcceptedContext:
    """A presentation context on which messages may be exchanged."""

    id: int
    abstract_syntax: str
    transfer_syntax: str


@dataclass(frozen=True, slots=True)
class NegotiatedAssociation:
    """What an association may be used for.

    Attributes
    ----------
    accepted
        In the order in which they were proposed.
    rejected
        The other answers, each with its reason.
    max_pdu_size
        The smaller of what both sides announced; 0 only if neither sets a limit.
    remote_max_pdu_size
        What the peer announced: no P-DATA-TF that we send is longer, unless it is 0, which is no limit.
    remote_implementation_class_uid, remote_implementation_version_name
        What the peer is.
    roles, asynchronous_operations, sop_class_extended
        What the acceptor answered.
    user_identity_response
        Its answer to our user identity, or None.
    """

    accepted: tuple[AcceptedContext, ...]
    rejected: tuple[PresentationContextResult, ...]
    max_pdu_size: int
    remote_max_pdu_size: int
    remote_implementation_class_uid: str
    remote_implementation_version_name: str
    roles: tuple[RoleSelection, ...] = ()
    asynchronous_operations: AsynchronousOperationsWindow | None = None
    sop_class_extended: tuple[SOPClassExtendedNegotiation, ...] = ()
    user_identity_response: bytes | None = None

    @classmethod
    def make(
        cls,
        proposed: Iterable[PresentationContext],
        results: Iterable[PresentationContextResult],
        own_max_pdu_size: int,
        remote: UserInformation,
        answer: UserInformation,
    ) -> NegotiatedAssociation:
        """Put together what was proposed and what was answered; ``remote`` and ``answer`` are what the peer and the acceptor said."""
        by_id = {result.id: result for result in results}
        accepted, rejected = [], []
        for context in proposed:
            result = by_id.get(context.id, PresentationContextResult(context.id, ContextResult.NO_REASON))
            # A transfer syntax that was not proposed is one that we may not know how to write.
            if result.is_accepted and result.transfer_syntax in context.transfer_syntaxes:
                accepted.append(AcceptedContext(context.id, context.abstract_syntax, result.transfer_syntax))
            else:
                rejected.append(result)
        sizes = [size for size in (own_max_pdu_size, remote.maximum_length) if size]
        return cls(
            tuple(accepted),
            tuple(rejected),
            min(sizes, default=0),
            remote.maximum_length,
            remote.implementation_class_uid,
            remote.implementation_version_name,
            answer.roles,
            answer.asynchronous_operations,
            answer.sop_class_extended,
            answer.user_identity_response,
        )

    def find(self, abstract_syntax: str) -> tuple[AcceptedContext, ...]:
        """Return the contexts that were accepted for a SOP class."""
        return tuple(context for context in self.accepted if context.abstract_syntax == abstract_syntax)

    def get(self, context_id: int) -> AcceptedContext | None:
        """Return an accepted context by its ID."""
        return next((context for context in self.accepted if context.id == context_id), None)
