"""A peer for tests: a real acceptor on loopback that keeps what comes, and answers as the test says."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, NamedTuple, Self

from dicomkit.errors import DICOMError
from dicomkit.network.association import Association
from dicomkit.network.configuration import AcceptorConfiguration
from dicomkit.network.dimse import CStoreRequest, Message, Request, response_to
from dicomkit.network.ul import AssociateRequest, select_contexts
from dicomkit.uids import CTImageStorage, MRImageStorage, SecondaryCaptureImageStorage, Verification

EXPLICIT, IMPLICIT = "1.2.840.10008.1.2.1", "1.2.840.10008.1.2"
BIG_ENDIAN, DEFLATED = "1.2.840.10008.1.2.2", "1.2.840.10008.1.2.1.99"
JPEG, RLE = "1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.5"
EVERYTHING = (EXPLICIT, IMPLICIT, BIG_ENDIAN, DEFLATED, JPEG, RLE)
CT, MR, SC = CTImageStorage, MRImageStorage, SecondaryCaptureImageStorage


class Received(NamedTuple):
    """An instance that came."""

    request: CStoreRequest
    transfer_syntax: str
    data_set: bytes


Answer = Callable[["ScriptedPeer", Association, int, Message], Awaitable[None]]


class ScriptedPeer:
    """Accepts what ``supported`` has, and answers every request with a status, or as ``answer`` does.

    ``status`` is called with the number of the request, from 0, over all associations.
    """

    def __init__(
        self,
        supported: Mapping[str, tuple[str, ...]] | None = None,
        status: Callable[[int], int] = lambda number: 0,
        answer: Answer | None = None,
        *,
        max_pdu_size: int = 16384,
        error_comment: str = "",
    ) -> None:
        self.supported = supported or dict.fromkeys((CT, MR, SC, Verification), EVERYTHING)
        self.status, self.answer, self.error_comment = status, answer, error_comment
        self.configuration = AcceptorConfiguration(max_pdu_size=max_pdu_size)
        self.requests: list[AssociateRequest] = []
        self.messages: list[Message] = []
        self.data_sets: list[bytes] = []  # of each message; empty where it has none
        self.received: list[Received] = []
        self.ends: list[str] = []  # of each association: "released", or the error that ended it
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.socket.setblocking(False)
        self.tasks: list[asyncio.Task[None]] = []

    @property
    def where(self) -> dict[str, Any]:
        """Where to store to."""
        return {"to": "127.0.0.1", "port": self.socket.getsockname()[1], "calling_ae": "ME", "called_ae": "PEER"}

    @property
    def proposals(self) -> list[list[tuple[str, tuple[str, ...]]]]:
        """The presentation contexts that each association proposed."""
        return [
            [(context.abstract_syntax, context.transfer_syntaxes) for context in request.presentation_contexts] for request in self.requests
        ]

    async def __aenter__(self) -> Self:
        self.tasks.append(asyncio.create_task(self._listen()))
        return self

    async def __aexit__(self, *error: object) -> None:
        listener, *serving = self.tasks
        listener.cancel()
        for task in serving:
            await asyncio.wait_for(task, 10)
        await asyncio.wait([listener])
        self.socket.close()

    async def _listen(self) -> None:
        while True:
            sock, _ = await asyncio.get_running_loop().sock_accept(self.socket)
            self.tasks.append(asyncio.create_task(self._serve(sock)))

    async def _serve(self, sock: socket.socket) -> None:
        try:
            association = await Association.receive(sock, self.configuration)
            self.requests.append(association.request)
            await association.accept(select_contexts(association.request.presentation_contexts, self.supported))
            while (received := await association.receive_message()) is not None:
                await self._take(association, received)
            self.ends.append("released")
        except DICOMError as error:
            self.ends.append(type(error).__name__)

    async def _take(self, association: Association, received: Any) -> None:
        message = received.message
        data = b""
        if received.data_set is not None:
            async for fragments in received.data_set:
                data += b"".join(fragments)
        number = len(self.messages)
        self.messages.append(message)
        self.data_sets.append(data)
        if isinstance(message, CStoreRequest):
            context = association.negotiated.get(received.context_id)
            assert context is not None
            self.received.append(Received(message, context.transfer_syntax, data))
        if self.answer is not None:
            await self.answer(self, association, received.context_id, message)
        elif isinstance(message, Request):
            await self.respond(association, received.context_id, message, self.status(number))

    async def respond(self, association: Association, context_id: int, request: Request, status: int) -> None:
        await association.send_message(context_id, response_to(request, status, error_comment=self.error_comment))
