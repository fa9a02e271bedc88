"""Progress of long work, on stderr, if that is a terminal."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterable, Callable, Iterable, Iterator

    from rich.progress import Progress, TaskID

__all__ = ["with_async_progress", "with_progress"]

PATIENCE = 0.5      # seconds before there is anything to see

Item = TypeVar("Item")


def with_progress(items: Iterable[Item], doing: str, total: int | None = None) -> Iterator[Item]:
    """Hand on items, and show how many there were if it takes long and somebody looks."""
    if not sys.stderr.isatty():
        yield from items
        return
    bar = _Bar(doing, total)
    try:
        for item in items:
            yield item
            bar.advance()
    finally:
        bar.close()


async def with_async_progress(
    items: AsyncIterable[Item], doing: str, total: int | None = None, position: Callable[[], tuple[int, int | None]] | None = None
) -> AsyncGenerator[Item, None]:
    """Do the same for items that one has to wait for; ``position`` tells after each how much is done, and of how much, if that is known."""
    bar = _Bar(doing, total) if sys.stderr.isatty() else None
    try:
        async for item in items:
            yield item
            if bar is not None and position is None:
                bar.advance()
            elif bar is not None and position is not None:
                bar.move_to(*position())
    finally:
        if bar is not None:
            bar.close()


class _Bar:
    """A bar that appears when it is worth while."""

    def __init__(self, doing: str, total: int | None) -> None:
        self._doing = doing
        self._total = total
        self._done = 0
        self._start = time.monotonic()
        self._shown: tuple[Progress, TaskID] | None = None

    def advance(self) -> None:
        self.move_to(self._done + 1, self._total)

    def move_to(self, done: int, total: int | None) -> None:
        self._done, self._total = done, total
        if self._shown is not None:
            progress, task = self._shown
            progress.update(task, completed=done, total=total)
        elif time.monotonic() - self._start > PATIENCE:
            self._show()

    def _show(self) -> None:
        from rich.console import Console  # lazy: start-up
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

        columns = [SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()]
        progress = Progress(*columns, console=Console(stderr=True), transient=True)
        progress.start()
        self._shown = progress, progress.add_task(self._doing, total=self._total, completed=self._done)

    def close(self) -> None:
        if self._shown is not None:
            self._shown[0].stop()
