"""Messages as they come: the command, and a data set that is still on its way."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Self

from dicomkit.network.errors import RemoteProtocolError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from dicomkit.network.dimse.messages import Message

__all__ = ["DataSetStream", "ReceivedMessage"]


class DataSetStream:
    """The encoded data set of a message, as it comes: ``async for fragments in stream``.

    Each step gives the fragments that one read of the socket brought, as views on the buffer that was read into: they are valid until the
    next step. Nothing is read between two steps, so that who is slow holds back the peer and nobody else.

    Parameters
    ----------
    next_fragments
        Gives the next fragments, and whether they are the last.
    """

    __slots__ = ("_is_finished", "_next_fragments")

    def __init__(self, next_fragments: Callable[[], Awaitable[tuple[list[memoryview], bool]]]) -> None:
        self._next_fragments = next_fragments
        self._is_finished = False

    @property
    def is_finished(self) -> bool:
        """Whether all of it was received."""
        return self._is_finished

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> list[memoryview]:
        if self._is_finished:
            raise StopAsyncIteration
        fragments, self._is_finished = await self._next_fragments()
        return fragments

    async def drain(self) -> None:
        """Read over what is left."""
        async for _ in self:
            pass

    async def read(self, maximum_length: int) -> bytes:
        """Return what is left in one piece, for data sets that are known to be small, such as identifiers.

        Raises
        ------
        RemoteProtocolError
            If there are more bytes than that; those that were read are lost.
        """
        data = bytearray()
        async for fragments in self:
            for fragment in fragments:
                data += fragment
            if len(data) > maximum_length:
                raise RemoteProtocolError(f"the data set has more than {maximum_length:,} bytes")
        return bytes(data)


class ReceivedMessage(NamedTuple):
    """A message.

    Attributes
    ----------
    context_id
        The presentation context.
    message
        The command.
    data_set
        What follows it, or None. What is not read of it is dropped when the next message is received.
    """

    context_id: int
    message: Message
    data_set: DataSetStream | None
