"""Which presentation contexts to propose for what is to be sent, and which of those accepted to use (PS3.8 9.3.2.2, PS3.7 D.3.2)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dicomkit.network.ul.contexts import MOST_CONTEXTS, PresentationContext
from dicomkit.transfer_syntax import EXPLICIT_VR_LITTLE_ENDIAN, IMPLICIT_VR_LITTLE_ENDIAN

if TYPE_CHECKING:
    from dicomkit.network.negotiated import AcceptedContext
    from dicomkit.network.services.instances import Instance

__all__ = ["Part", "choose_context", "divide", "propose_transfer_syntaxes"]

EXPLICIT, IMPLICIT = EXPLICIT_VR_LITTLE_ENDIAN.uid, IMPLICIT_VR_LITTLE_ENDIAN.uid
NATIVE = (EXPLICIT, IMPLICIT)


@dataclass(frozen=True, slots=True)
class Part:
    """What is sent on one association.

    Attributes
    ----------
    stop
        Index behind its last instance.
    contexts
        What is proposed.
    """

    stop: int
    contexts: tuple[PresentationContext, ...]


def propose_transfer_syntaxes(own: Iterable[str], *, is_convertible: bool) -> list[tuple[str, ...]]:
    """Return the transfer syntaxes of each context of a SOP class.

    A peer takes one of each context, and prefers native ones to compressed ones and Explicit VR to Implicit VR: what is to be sent as
    it is has to be alone in its context. Beside that stand those that everything can be converted to.

    Parameters
    ----------
    own
        The transfer syntaxes of the instances.
    is_convertible
        Whether they can be converted.
    """
    syntaxes = list(dict.fromkeys(own))
    contexts: list[tuple[str, ...]] = [(syntax,) for syntax in syntaxes if syntax not in NATIVE]
    if IMPLICIT in syntaxes:
        # The one that every peer takes, and no other in its place: what is Implicit VR is sent so. Instances that are not come after.
        rest = [(EXPLICIT,)] if EXPLICIT in syntaxes or is_convertible else []
        return [*contexts, (IMPLICIT,), *rest]
    if is_convertible:
        return [*contexts, NATIVE]
    return [*contexts, (EXPLICIT,)] if EXPLICIT in syntaxes else contexts


def divide(instances: Sequence[Instance | None], *, is_convertible: bool, maximum_instances: int = 0) -> list[Part]:
    """Divide instances, in their order, among as few associations as their contexts and number need.

    Parameters
    ----------
    instances
        What is sent; None for what cannot be, which still has its place.
    is_convertible
        Whether what the peer does not take as it is can be converted.
    maximum_instances
        The most instances on one association; 0 is no limit.
    """
    parts = []
    syntaxes: dict[str, dict[str, None]] = {}  # of each SOP class; both in the order of their first instance
    counts: dict[str, int] = {}
    sent = 0
    for index, instance in enumerate(instances):
        if instance is None:
            continue
        sop_class, syntax = instance.sop_class_uid, instance.transfer_syntax.uid
        is_full = maximum_instances and sent == maximum_instances
        if not is_full and syntax not in syntaxes.get(sop_class, ()):
            wanted = propose_transfer_syntaxes([*syntaxes.get(sop_class, ()), syntax], is_convertible=is_convertible)
            is_full = sum(counts.values()) - counts.get(sop_class, 0) + len(wanted) > MOST_CONTEXTS
        if is_full:
            parts.append(Part(index, _contexts(syntaxes, is_convertible)))
            syntaxes, counts, sent = {}, {}, 0
        known = syntaxes.setdefault(sop_class, {})
        if syntax not in known:
            known[syntax] = None
            counts[sop_class] = len(propose_transfer_syntaxes(known, is_convertible=is_convertible))
        sent += 1
    if syntaxes:
        parts.append(Part(len(instances), _contexts(syntaxes, is_convertible)))
    return parts


def _contexts(syntaxes: dict[str, dict[str, None]], is_convertible: bool) -> tuple[PresentationContext, ...]:
    proposed = [
        (sop_class, transfer_syntaxes)
        for sop_class, own in syntaxes.items()
        for transfer_syntaxes in propose_transfer_syntaxes(own, is_convertible=is_convertible)
    ]
    return tuple(PresentationContext(2 * number + 1, *context) for number, context in enumerate(proposed))


def choose_context(instance: Instance, accepted: Sequence[AcceptedContext], *, is_convertible: bool) -> AcceptedContext | None:
    """Return the context to send an instance in: that of its own transfer syntax, else one that it can be converted to.

    Parameters
    ----------
    instance
        What is sent.
    accepted
        The accepted contexts of its SOP class.
    is_convertible
        Whether it can be converted.
    """
    for context in accepted:
        if context.transfer_syntax == instance.transfer_syntax.uid:
            return context
    if not is_convertible:
        return None
    for syntax in NATIVE:
        for context in accepted:
            if context.transfer_syntax == syntax:
                return context
    return None
