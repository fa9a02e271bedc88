"""Waiting for responses, and ending an association once they are there (PS3.7 8.1)."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, TypeVar

from dicomkit.network.dimse import CCancelRequest, DIMSEStatus, Request, Response, response_to
from dicomkit.network.errors import ConnectionClosedError, DICOMNetworkError, RemoteProtocolError
from dicomkit.network.message_exchange import Configured

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from dicomkit.network.association import Association
    from dicomkit.network.received_message import DataSetStream

__all__ = ["cancel", "next_response", "receive_response", "release_quietly", "releasing"]

CANCEL_PATIENCE = 10.0
"""Seconds that a peer has to end what was cancelled; some send hundreds of matches more."""

AnyResponse = TypeVar("AnyResponse", bound=Response)


async def next_response(
    association: Association, kind: type[AnyResponse], message_id: int, *, timeout: float | None
) -> tuple[AnyResponse, DataSetStream | None]:
    """Wait for the next response to a request, the only one that is outstanding; return it with the data set that follows.

    Requests of the peer that come before it are refused: we are the Service Class User here (PS3.7 9.3, status 0211).

    Parameters
    ----------
    timeout
        Seconds for the response and all that comes before it: who is asked for one response and says other things would keep us for
        ever. None for no limit.

    Raises
    ------
    DICOMNetworkError
        If the association ends before it, it takes too long, or the peer answers with something else.
    """
    loop, left = asyncio.get_running_loop(), timeout
    end = None if timeout is None else loop.time() + timeout
    while True:
        received = await association.receive_message(timeout=left)
        if received is None:
            raise ConnectionClosedError("the peer released the association instead of answering")
        message = received.message
        if isinstance(message, kind) and message.message_id_being_responded_to == message_id:
            return message, received.data_set
        if not isinstance(message, Request):
            await association.abort()
            raise RemoteProtocolError(f"the peer answered with {message.command_field.name}, and not what it was asked")
        await association.send_message(received.context_id, response_to(message, DIMSEStatus.UNRECOGNIZED_OPERATION))
        left = None if end is None else max(0.0, end - loop.time())


async def receive_response(
    association: Association, kind: type[AnyResponse], message_id: int, *, timeout: float | Configured | None = Configured.TIMEOUT
) -> AnyResponse:
    """Wait for the final response to a request, and read over pending ones; see :func:`next_response`.

    Parameters
    ----------
    timeout
        Seconds for all of them; by default as long as a read may take.
    """
    loop, left = asyncio.get_running_loop(), association.read_timeout if isinstance(timeout, Configured) else timeout
    end = None if left is None else loop.time() + left
    while True:
        response, _ = await next_response(association, kind, message_id, timeout=left)
        if response.status.is_final:
            return response
        left = None if end is None else max(0.0, end - loop.time())


async def cancel(association: Association, context_id: int, kind: type[AnyResponse], message_id: int) -> None:
    """Cancel an operation that nobody wants to hear of any more, and read over what still comes (PS3.7 9.3.2.3).

    A peer that does not end it in time, or ends the association, is left; nothing is raised.
    """
    if not association.is_established:
        return
    with suppress(DICOMNetworkError):
        await association.send_message(context_id, CCancelRequest(message_id_being_responded_to=message_id))
        await receive_response(association, kind, message_id, timeout=CANCEL_PATIENCE)


async def release_quietly(association: Association) -> None:
    """Release an association on which everything was answered: how the peer ends it does not matter any more."""
    with suppress(DICOMNetworkError):
        await association.release()


@asynccontextmanager
async def releasing(association: Association) -> AsyncIterator[Association]:
    """Release an association at the end, quietly, or abort it if an exception ends the block."""
    async with association:
        yield association
        await release_quietly(association)
