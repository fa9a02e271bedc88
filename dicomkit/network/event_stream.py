"""Events from those who make them to the one who reads them, without waiting for each other."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from typing import Generic, TypeVar

__all__ = ["EventStream"]

Event = TypeVar("Event")


class EventStream(AsyncIterator[Event], Generic[Event]):
    """An asynchronous iterator of events, for one reader. Nobody need read them: the oldest of too many are dropped.

    Parameters
    ----------
    capacity
        How many wait to be read at most.

    Attributes
    ----------
    dropped_event_count
        How many nobody will read.
    """

    def __init__(self, capacity: int = 10_000) -> None:
        self.dropped_event_count = 0
        self._events: deque[Event] = deque()
        self._capacity = capacity
        self._is_closed = False
        self._news = asyncio.Event()

    @property
    def is_closed(self) -> bool:
        """Whether the iteration ends."""
        return self._is_closed

    def put(self, event: Event) -> None:
        """Add an event."""
        if len(self._events) >= self._capacity:
            self._events.popleft()
            self.dropped_event_count += 1
        self._events.append(event)
        self._news.set()

    def take_waiting(self) -> list[Event]:
        """Return the events that wait to be read, for a reader that deals with many at once."""
        waiting = list(self._events)
        self._events.clear()
        return waiting

    def close(self) -> None:
        """Let the iteration end behind the events that are there."""
        self._is_closed = True
        self._news.set()

    async def __anext__(self) -> Event:
        while not self._events:
            if self._is_closed:
                raise StopAsyncIteration
            self._news.clear()
            await self._news.wait()
        return self._events.popleft()
