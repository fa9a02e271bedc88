"""Waiting for responses (PS3.7 8.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from dicomkit.network.dimse import DIMSEStatus, Request, Response, response_to
from dicomkit.network.errors import ConnectionClosedError, RemoteProtocolError

if TYPE_CHECKING:
    from dicomkit.network.association import Association

__all__ = ["receive_response"]

AnyResponse = TypeVar("AnyResponse", bound=Response)


async def receive_response(association: Association, kind: type[AnyResponse], message_id: int) -> AnyResponse:
    """Wait for the final response to a request, the only one that is outstanding.

    Requests of the peer that come before it are refused: we are the Service Class User here (PS3.7 9.3, status 0211).

    Raises
    ------
    DICOMNetworkError
        If the association ends before it, or the peer answers with something else.
    """
    while True:
        received = await association.receive_message()
        if received is None:
            raise ConnectionClosedError("the peer released the association instead of answering")
        message = received.message
        if isinstance(message, Request):
            await association.send_message(received.context_id, response_to(message, DIMSEStatus.UNRECOGNIZED_OPERATION))
        elif not isinstance(message, kind) or message.message_id_being_responded_to != message_id:
            await association.abort()
            raise RemoteProtocolError(f"the peer answered with {message.command_field.name}, and not what it was asked")
        elif message.status.is_final:
            return message
