"""Queries of a :class:`ScriptedPeer`: what it finds, and where it is."""

from __future__ import annotations

from collections.abc import AsyncIterable, Callable, Coroutine, Iterable
from functools import wraps
from typing import Any

from dicomkit.network.association import Association
from dicomkit.network.dimse import CCancelRequest, CFindRequest, Message, Request, response_to
from dicomkit.network.services.configuration import QueryConfiguration
from dicomkit.network.services.query_results import QueryResult
from dicomkit.network.timeouts import TimeoutConfiguration
from dicomkit.network.ul import PresentationContext
from dicomkit.testing import Attribute, data_set
from tests.unit.network.running import run
from tests.unit.network.services.scripted_peer import EXPLICIT, IMPLICIT, Answer, ScriptedPeer

PATIENT_ROOT = "1.2.840.10008.5.1.4.1.2.1.1"
STUDY_ROOT = "1.2.840.10008.5.1.4.1.2.2.1"
PENDING, PENDING_WITH_WARNINGS, CANCELLED = 0xFF00, 0xFF01, 0xFE00


def watched(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    """Make a test of a coroutine that fails, too, if it leaves a task, a socket or a warning."""

    @wraps(test)
    def run_test(*arguments: Any, **named: Any) -> None:
        run(test(*arguments, **named))

    return run_test


async def collect(results: AsyncIterable[QueryResult], keep: Callable[[QueryResult], None]) -> None:
    """Keep what comes, whatever ends it."""
    async for result in results:
        keep(result)


def study(number: int) -> list[Attribute]:
    """A match."""
    return [(0x00080052, "CS", "STUDY"), (0x00100020, "LO", f"P{number}"), (0x0020000D, "UI", f"1.2.{number}")]


def uids(results: Iterable[QueryResult]) -> list[str | None]:
    """The Study Instance UIDs that were found."""
    return [result.as_study().study_instance_uid for result in results]


def studies(*numbers: int) -> list[str]:
    """Those of the matches with these numbers."""
    return [f"1.2.{number}" for number in numbers]


class FindingPeer(ScriptedPeer):
    """A peer that has both information models, or those of ``supported``."""

    def __init__(self, answer: Answer, supported: dict[str, tuple[str, ...]] | None = None, *, error_comment: str = "") -> None:
        both = dict.fromkeys((PATIENT_ROOT, STUDY_ROOT), (EXPLICIT, IMPLICIT))
        super().__init__(supported or both, answer=answer, error_comment=error_comment)

    @property
    def address(self) -> dict[str, Any]:
        """Where to ask."""
        where = self.where
        return {"host": where.pop("to"), **where}

    @property
    def request(self) -> CFindRequest:
        """The only query that came."""
        (request,) = (message for message in self.messages if isinstance(message, CFindRequest))
        return request

    @property
    def identifier(self) -> bytes:
        """What it asked for."""
        return self.data_sets[self.messages.index(self.request)]

    @property
    def kinds(self) -> list[str]:
        """The names of all messages that came."""
        return [type(message).__name__ for message in self.messages]

    async def associated(self, model: str = STUDY_ROOT, **limits: float) -> Association:
        """Associate with it."""
        timeouts = TimeoutConfiguration(**limits)
        settings = QueryConfiguration(calling_ae_title="ME", called_ae_title="PEER", timeouts=timeouts)
        where = settings.association_with("127.0.0.1", self.address["port"])
        return await Association.connect(where, (PresentationContext(1, model, (EXPLICIT, IMPLICIT)),))


async def tell(
    association: Association, context_id: int, request: Request, match: Iterable[Attribute] | bytes | None, status: int = PENDING
) -> None:
    """Answer with a match, encoded as was agreed on."""
    context = association.negotiated.get(context_id)
    assert context is not None
    encoded = match if match is None or isinstance(match, bytes) else data_set(match, implicit=context.transfer_syntax == IMPLICIT)
    await association.send_message(context_id, response_to(request, status), encoded)


def finding(*matches: Iterable[Attribute] | bytes | None, status: int = PENDING, final: int = 0) -> Answer:
    """Tell the matches, then the final status."""

    async def answer(peer: ScriptedPeer, association: Association, context_id: int, message: Message) -> None:
        if isinstance(message, CFindRequest):
            for match in matches:
                await tell(association, context_id, message, match, status)
            await peer.respond(association, context_id, message, final)

    return answer


def until_cancelled(first: int, after: int = 0, final: int | None = CANCELLED) -> Answer:
    """Tell the first matches; when that is cancelled, tell more and the final status, if there is one."""
    asked: list[CFindRequest] = []

    async def answer(peer: ScriptedPeer, association: Association, context_id: int, message: Message) -> None:
        numbers = range(first)
        if isinstance(message, CFindRequest):
            asked.append(message)
        else:
            assert message == CCancelRequest(message_id_being_responded_to=asked[-1].message_id)
            numbers = range(first, first + after)
        for number in numbers:
            await tell(association, context_id, asked[-1], study(number))
        if isinstance(message, CCancelRequest) and final is not None:
            await peer.respond(association, context_id, asked[-1], final)

    return answer
