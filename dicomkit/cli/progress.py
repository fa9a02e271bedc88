"""Progress of long work, on stderr, if that is a terminal."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["with_progress"]

PATIENCE = 0.5      # seconds before there is anything to see

Item = TypeVar("Item")


def with_progress(items: Iterable[Item], doing: str, total: int | None = None) -> Iterator[Item]:
    """Hand on items, and show how many there were if it takes long and somebody looks."""
    if not sys.stderr.isatty():
        yield from items
        return
    start = time.monotonic()
    iterator = iter(items)
    done = 0
    for item in iterator:
        done += 1
        yield item
        if time.monotonic() - start > PATIENCE:
            break
    else:
        return
    from rich.console import Console  # lazy: start-up
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = [SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()]
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(doing, total=total, completed=done)
        for item in iterator:
            yield item
            progress.advance(task)
