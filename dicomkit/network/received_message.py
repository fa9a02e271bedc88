"""Messages as they come: the command, and a data set that is still on its way."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, NamedTuple, Self

from dicomkit.network.errors import RemoteProtocolError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from typing import TypeAlias

    from dicomkit.network.dimse.messages import Message

    Take: TypeAlias = Callable[[list[memoryview], bool], None]
    Pour: TypeAlias = Callable[[Take, list[memoryview]], Awaitable["Poured"]]

__all__ = ["DataSetStream", "Poured", "ReceivedMessage"]


class Poured(NamedTuple):
    """How far a thread came: whether it had the end of the data set, and what was raised by the function that took it."""

    is_finished: bool
    problem: Exception | None = None


class DataSetStream:
    """The encoded data set of a message, as it comes: ``async for fragments in stream``.

    Each step gives the fragments that one read of the socket brought, as views on the buffer that was read into: they are valid until the
    next step. Nothing is read between two steps, so that who is slow holds back the peer and nobody else.

    Parameters
    ----------
    next_fragments
        Gives the next fragments, and whether they are the last.
    pour
        Gives fragments to a function in a thread, as :meth:`pour` does; None if nothing can.
    """

    __slots__ = ("_is_finished", "_next_fragments", "_pour")

    def __init__(self, next_fragments: Callable[[], Awaitable[tuple[list[memoryview], bool]]], pour: Pour | None = None) -> None:
        self._next_fragments = next_fragments
        self._pour = pour
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

    async def pour(self, take: Take, fragments: list[memoryview]) -> None:
        """Have the fragments of the last step, and those of each read while more keep coming, taken by a function in a thread.

        It may wait for a disk: only who waits for this is delayed. It is told, too, whether the data set ends with what it is given. When
        nothing comes for a moment this returns, and the next step waits for more. What ``take`` raises is passed on.
        """
        if self._pour is None or self._is_finished:
            await asyncio.get_running_loop().run_in_executor(None, take, fragments, self._is_finished)
        else:
            self._is_finished, problem = await self._pour(take, fragments)
            if problem is not None:
                raise problem

    async def drain(self) -> None:
        """Read over what is left."""
        async for _ in self:
            pass

    async def read(self, maximum_length: int, *, taken: bytes = b"") -> bytes:
        """Return what is left in one piece, for data sets that are known to be small, such as identifiers.

        Parameters
        ----------
        maximum_length
            The most bytes of the whole.
        taken
            What was taken of it already, and comes first.

        Raises
        ------
        RemoteProtocolError
            If there are more bytes than that; those that were read are lost.
        """
        data = bytearray(taken)
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
