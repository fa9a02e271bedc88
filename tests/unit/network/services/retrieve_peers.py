"""Retrievals from a :class:`ScriptedPeer`: what it has, what it says to a C-MOVE or C-GET, step by step, and where it is."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, Awaitable, Callable, Sequence
from contextlib import aclosing
from typing import Any, NamedTuple

from dicomkit.network.association import Association
from dicomkit.network.dimse import CCancelRequest, CGetRequest, CMoveRequest, CStoreRequest, CStoreResponse, Message, Request, response_to
from dicomkit.network.dimse.command_set import serialize_command
from dicomkit.network.errors import DICOMNetworkError
from dicomkit.network.services.configuration import RetrieveConfiguration
from dicomkit.network.services.retrieve_events import InstanceRetrieved, RetrieveCompleted, RetrieveEvent, RetrieveFailed
from dicomkit.testing import Attribute, data_set
from tests.unit.network.services.scripted_peer import BIG_ENDIAN, CT, EVERYTHING, EXPLICIT, IMPLICIT, MR, SC, ScriptedPeer

PATIENT_ROOT, STUDY_ROOT = "1.2.840.10008.5.1.4.1.2.1", "1.2.840.10008.5.1.4.1.2.2"
PENDING, CANCELLED = 0xFF00, 0xFE00
LEVEL, STUDY_UID, FAILED_UIDS = 0x00080052, 0x0020000D, 0x00080058
IS_COMMAND, IS_LAST = 1, 2  # of the message control header (PS3.8 E.2)


class Instance(NamedTuple):
    """What the peer has, and says of it in a command."""

    sop_class_uid: str
    sop_instance_uid: str
    transfer_syntax_uid: str
    data_set: bytes


def instance(number: int = 1, sop_class: str = CT, syntax: str = EXPLICIT, size: int = 1000) -> Instance:
    """Make one; in a compressed transfer syntax, too, its pixels are so many zeros."""
    uid = f"1.2.3.{number}"
    attributes: list[Attribute] = [
        (0x00080016, "UI", sop_class), (0x00080018, "UI", uid), (0x0020000D, "UI", "1.2"), (0x0020000E, "UI", "1.3"),
        (0x00280010, "US", 513), (0x7FE00010, "OW", bytes(size)),
    ]  # fmt: skip
    return Instance(sop_class, uid, syntax, data_set(attributes, implicit=syntax == IMPLICIT, big_endian=syntax == BIG_ENDIAN))


class Talk(NamedTuple):
    """The peer in the middle of a retrieval."""

    peer: RetrievedPeer
    association: Association
    context_id: int
    request: CMoveRequest | CGetRequest

    async def respond(self, status: int, identifier: bytes | None = None, **fields: Any) -> None:
        """Answer the retrieval."""
        await self.association.send_message(self.context_id, response_to(self.request, status, **fields), identifier)

    def context_for(self, sent: Instance) -> int:
        """The presentation context of its class and transfer syntax."""
        contexts = self.association.negotiated.find(sent.sop_class_uid)
        return next(context.id for context in contexts if context.transfer_syntax == sent.transfer_syntax_uid)

    async def send_raw(self, context_id: int, command: bytes, control: int = IS_COMMAND | IS_LAST) -> None:
        """Send a fragment, whatever it is."""
        self.association._upper_layer.send_pdvs([(context_id, control, command)])
        await self.association._connection.flush()

    async def ask(self, context_id: int, request: Request, data: bytes | None = None) -> Message:
        """Send a request of our own; return what it is answered with. A C-CANCEL that comes before is kept."""
        await self.association.send_message(context_id, request, data)
        while True:
            received = await self.association.receive_message()
            assert received is not None
            if not isinstance(received.message, CCancelRequest):
                return received.message
            self.peer.messages.append(received.message)

    async def wait_for_cancel(self) -> None:
        """Wait until we are told to stop."""
        received = await self.association.receive_message()
        assert received is not None
        assert received.message == CCancelRequest(message_id_being_responded_to=self.request.message_id)
        self.peer.messages.append(received.message)


Step = Callable[[Talk], Awaitable[None]]


class RetrievedPeer(ScriptedPeer):
    """A peer that takes all steps when a retrieval is asked for."""

    def __init__(self, *steps: Step, supported: dict[str, tuple[str, ...]] | None = None) -> None:
        models = [root + number for root in (PATIENT_ROOT, STUDY_ROOT) for number in (".2", ".3")]
        default = dict.fromkeys((CT, MR, SC), EVERYTHING) | dict.fromkeys(models, (EXPLICIT, IMPLICIT))
        super().__init__(default if supported is None else supported, answer=_take_steps)
        self.steps = steps
        self.answers: list[CStoreResponse] = []

    @property
    def address(self) -> dict[str, Any]:
        """Where to ask."""
        where = self.where
        return {"host": where.pop("to"), **where}

    @property
    def kinds(self) -> list[str]:
        """The names of all messages that came, but the answers to its own requests."""
        return [type(message).__name__ for message in self.messages]

    @property
    def statuses(self) -> list[int]:
        """How what it stored was answered."""
        return [int(answer.status) for answer in self.answers]


async def _take_steps(peer: ScriptedPeer, association: Association, context_id: int, message: Message) -> None:
    assert isinstance(peer, RetrievedPeer)
    assert isinstance(message, (CMoveRequest, CGetRequest)), message
    for step in peer.steps:
        await step(Talk(peer, association, context_id, message))


def counts(
    remaining: int | None = None, completed: int | None = None, failed: int | None = None, warning: int | None = None
) -> dict[str, Any]:
    """The fields of a response that have them."""
    return {
        "number_of_remaining_suboperations": remaining, "number_of_completed_suboperations": completed,
        "number_of_failed_suboperations": failed, "number_of_warning_suboperations": warning,
    }  # fmt: skip


def pending(*numbers: int) -> Step:
    """Tell how far it is."""
    return lambda talk: talk.respond(PENDING, **counts(*numbers))


def final(status: int = 0, *numbers: int | None, identifier: bytes | None = None, comment: str = "") -> Step:
    """Tell how it ended."""
    return lambda talk: talk.respond(status, identifier, error_comment=comment, **counts(*numbers))


def failed_list(*uids: str) -> bytes:
    """The Identifier of a response: what could not be sent (PS3.4 C.4.2.1.4.2)."""
    return data_set([(FAILED_UIDS, "UI", uids)])


def sending(sent: Instance, *, data: bytes | None = None, context: int | None = None, message_id: int | None = None, **fields: Any) -> Step:
    """Store an instance over the association of a C-GET, and keep the answer; what is given is sent in the place of its own."""

    async def step(talk: Talk) -> None:
        values = {"affected_sop_class_uid": sent.sop_class_uid, "affected_sop_instance_uid": sent.sop_instance_uid} | fields
        request = CStoreRequest(message_id=message_id or talk.association.new_message_id(), **values)
        where = talk.context_for(sent) if context is None else context
        answer = await talk.ask(where, request, sent.data_set if data is None else data)
        assert isinstance(answer, CStoreResponse)
        assert answer.message_id_being_responded_to == request.message_id
        talk.peer.answers.append(answer)

    return step


def sending_half(sent: Instance, then: Step) -> Step:
    """Begin to store an instance, and do something else in the middle of it."""

    async def step(talk: Talk) -> None:
        context = talk.context_for(sent)
        request = CStoreRequest(
            message_id=1, affected_sop_class_uid=sent.sop_class_uid, affected_sop_instance_uid=sent.sop_instance_uid
        )
        await talk.send_raw(context, serialize_command(request, has_data_set=True))
        for start in range(0, len(sent.data_set) // 2, 16000):
            await talk.send_raw(context, sent.data_set[start : min(start + 16000, len(sent.data_set) // 2)], control=0)
        await then(talk)

    return step


async def abort(talk: Talk) -> None:
    """A-ABORT."""
    await talk.association.abort()


async def hang_up(talk: Talk) -> None:
    """Close the connection without a word."""
    talk.association._connection.transport.close()


async def release(talk: Talk) -> None:
    """A-RELEASE-RQ, where nobody expects it; what it is answered with is read."""
    await talk.association.release()


async def silence(talk: Talk) -> None:
    """Nothing, until the other side ends the association."""
    try:
        await talk.association.receive_message(timeout=None)
    except DICOMNetworkError as error:
        talk.peer.ends.append(type(error).__name__)


def telling(event: asyncio.Event) -> Step:
    """Tell the test that the peer is here."""

    async def step(talk: Talk) -> None:
        event.set()

    return step


def configured(**settings: Any) -> RetrieveConfiguration:
    return RetrieveConfiguration(calling_ae_title="ME", called_ae_title="PEER", **settings)


async def all_of(events: AsyncIterable[RetrieveEvent]) -> list[RetrieveEvent]:
    """All events; there is one that ends them, which is the last."""
    found = [event async for event in events]
    assert [isinstance(event, (RetrieveCompleted, RetrieveFailed)) for event in found] == [False] * (len(found) - 1) + [True]
    return found


async def first_of(events: AsyncGenerator[RetrieveEvent, None]) -> RetrieveEvent:
    """The first event; then nobody listens any more."""
    async with aclosing(events):
        return await anext(events)


def as_instances(events: Sequence[RetrieveEvent]) -> list[Instance]:
    """What came."""
    came = [event for event in events if isinstance(event, InstanceRetrieved)]
    return [Instance(event.sop_class_uid, event.sop_instance_uid, event.transfer_syntax_uid, event.data) for event in came]
