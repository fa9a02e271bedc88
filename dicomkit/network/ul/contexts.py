"""Presentation contexts: what is proposed, and what is made of it (PS3.8 7.1.1.13, 9.3.2.2, 9.3.3.2)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

from dicomkit.network.errors import InvalidPDUError, InvalidPresentationContextError
from dicomkit.network.ul.items import FieldReader, iterate_items, serialize_item, serialize_uid, uid_text

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

__all__ = ["MOST_CONTEXTS", "ContextResult", "PresentationContext", "PresentationContextResult", "select_contexts"]

MOST_CONTEXTS = 128
"""How many presentation contexts one association can have: the odd numbers of a byte."""

MOST_TRANSFER_SYNTAXES = 256
"""How many of one context are read, several times what PS3.6 has: so that the work on a hostile request is bounded."""

PROPOSED_CONTEXT = 0x20
CONTEXT_RESULT = 0x21
ABSTRACT_SYNTAX = 0x30
TRANSFER_SYNTAX = 0x40


class ContextResult(IntEnum):
    """What became of a proposed presentation context (PS3.8 Table 9-18)."""

    ACCEPTANCE = 0
    USER_REJECTION = 1
    NO_REASON = 2
    ABSTRACT_SYNTAX_NOT_SUPPORTED = 3
    TRANSFER_SYNTAXES_NOT_SUPPORTED = 4


@dataclass(frozen=True, slots=True)
class PresentationContext:
    """A SOP class and the transfer syntaxes in which it may come.

    Parameters
    ----------
    id
        An odd number from 1 to 255, unique within the association.
    abstract_syntax
        The UID of the SOP class.
    transfer_syntaxes
        UIDs, at least one.

    Raises
    ------
    InvalidPresentationContextError
        If one of that is not so.
    """

    id: int
    abstract_syntax: str
    transfer_syntaxes: tuple[str, ...]

    def __post_init__(self) -> None:
        if isinstance(self.transfer_syntaxes, str):
            raise InvalidPresentationContextError("the transfer syntaxes are several UIDs, not one string")
        object.__setattr__(self, "transfer_syntaxes", tuple(self.transfer_syntaxes))
        if not (1 <= self.id <= 255 and self.id % 2):
            raise InvalidPresentationContextError(f"the ID of a presentation context is odd and from 1 to 255, not {self.id}")
        if not self.abstract_syntax:
            raise InvalidPresentationContextError(f"presentation context {self.id} has no abstract syntax")
        if not self.transfer_syntaxes or not all(self.transfer_syntaxes):
            raise InvalidPresentationContextError(f"presentation context {self.id} has no transfer syntax, or an empty one")

    def serialize(self) -> bytes:
        """Return the item of an A-ASSOCIATE-RQ (PS3.8 Table 9-13)."""
        syntaxes = [serialize_item(TRANSFER_SYNTAX, serialize_uid(uid)) for uid in self.transfer_syntaxes]
        return serialize_item(
            PROPOSED_CONTEXT, bytes((self.id, 0, 0, 0)), serialize_item(ABSTRACT_SYNTAX, serialize_uid(self.abstract_syntax)), *syntaxes
        )

    @classmethod
    def parse(cls, value: memoryview) -> PresentationContext:
        """Return what the value of such an item says, or raise ``InvalidPDUError``."""
        fields = FieldReader(PROPOSED_CONTEXT, value)
        context_id = fields.read_bytes(4)[0]
        abstract_syntax, transfer_syntaxes = "", []
        for item_type, item in iterate_items(fields.read_rest()):
            if item_type == ABSTRACT_SYNTAX:
                abstract_syntax = uid_text(item)
            elif item_type == TRANSFER_SYNTAX:
                transfer_syntaxes.append(uid_text(item))
            if len(transfer_syntaxes) > MOST_TRANSFER_SYNTAXES:
                raise InvalidPDUError(f"presentation context {context_id} has more than {MOST_TRANSFER_SYNTAXES} transfer syntaxes")
        try:
            return cls(context_id, abstract_syntax, tuple(transfer_syntaxes))
        except InvalidPresentationContextError as error:
            raise InvalidPDUError(error.problem) from None


@dataclass(frozen=True, slots=True)
class PresentationContextResult:
    """The answer to one proposed presentation context.

    Attributes
    ----------
    id
        The ID that was proposed.
    result
        A :class:`ContextResult`, or a reserved number as the peer sent it.
    transfer_syntax
        The one that was chosen; without meaning unless the context is accepted.
    """

    id: int
    result: int
    transfer_syntax: str = ""

    @property
    def is_accepted(self) -> bool:
        """Whether messages may be exchanged on it."""
        return self.result == ContextResult.ACCEPTANCE

    def serialize(self) -> bytes:
        """Return the item of an A-ASSOCIATE-AC (PS3.8 Table 9-18)."""
        syntax = serialize_item(TRANSFER_SYNTAX, serialize_uid(self.transfer_syntax))
        return serialize_item(CONTEXT_RESULT, bytes((self.id, 0, self.result, 0)), syntax)

    @classmethod
    def parse(cls, value: memoryview) -> PresentationContextResult:
        """Return what the value of such an item says, or raise ``InvalidPDUError``."""
        fields = FieldReader(CONTEXT_RESULT, value)
        context_id, _, result, _ = fields.read_bytes(4)
        # What is rejected has a transfer syntax that "is not to be tested", and some leave it away.
        syntaxes = [uid_text(item) for item_type, item in iterate_items(fields.read_rest()) if item_type == TRANSFER_SYNTAX]
        if result == ContextResult.ACCEPTANCE and not (syntaxes and syntaxes[0]):
            raise InvalidPDUError(f"presentation context {context_id} is accepted without a transfer syntax")
        return cls(context_id, result, syntaxes[0] if syntaxes else "")


def select_contexts(
    proposed: Iterable[PresentationContext], supported: Mapping[str, Collection[str]]
) -> tuple[PresentationContextResult, ...]:
    """Answer proposed presentation contexts: each gets the first of its transfer syntaxes that is supported.

    Parameters
    ----------
    proposed
        Those of the A-ASSOCIATE-RQ.
    supported
        The transfer syntaxes that are supported for each abstract syntax.
    """
    results = []
    for context in proposed:
        accepted = supported.get(context.abstract_syntax)
        chosen = next((uid for uid in context.transfer_syntaxes if uid in accepted), None) if accepted is not None else None
        if chosen is not None:
            results.append(PresentationContextResult(context.id, ContextResult.ACCEPTANCE, chosen))
            continue
        why = ContextResult.ABSTRACT_SYNTAX_NOT_SUPPORTED if accepted is None else ContextResult.TRANSFER_SYNTAXES_NOT_SUPPORTED
        results.append(PresentationContextResult(context.id, why, context.transfer_syntaxes[0]))
    return tuple(results)
