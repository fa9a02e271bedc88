"""Waiting for responses, and ending an association once they are there (PS3.7 8.1)."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, TypeVar

from dicomkit.network.dimse import DIMSEStatus, Request, Response, response_to
from dicomkit.network.errors import ConnectionClosedError, DICOMNetworkError, RemoteProtocolError
from dicomkit.network.message_exchange import Configured

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from dicomkit.network.association import Association
    from dicomkit.network.received_message import DataSetStream

__all__ = ["next_response", "receive_response", "releasing"]

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


@asynccontextmanager
async def releasing(association: Association) -> AsyncIterator[Association]:
    """Release an association at the end, or abort it if an exception ends the block.

    What was answered was done: how the peer ends the association does not matter any more.
    """
    async with association:
        yield association
        with suppress(DICOMNetworkError):
            await association.release()
