"""Data sets to be sent, in pieces of which each is sent before the next is looked at."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterable, Iterable
from contextlib import aclosing
from typing import TYPE_CHECKING, cast

from dicomkit.network.errors import LocalProtocolError

if TYPE_CHECKING:
    from typing_extensions import Buffer

    DataSetSource = Buffer | Iterable[Buffer] | AsyncIterable[Buffer]

__all__ = ["PIECE_LENGTH", "data_set_pieces", "whole_fragments"]

PIECE_LENGTH = 3 << 14
"""About how many bytes are sent at a time. What a peer on the same network takes at once is in the processor's cache then: with 48 KiB
500 files of 0.5 MB take 178 ms, with 256 KiB 194, and one of 524 MB takes 418 and 453."""

MOST_FRAGMENTS = 512
"""At most how many fragments are sent at a time, so that their list stays short: a peer may want them tiny."""


async def data_set_pieces(source: DataSetSource, length: int | None, fragment_length: int) -> AsyncGenerator[tuple[memoryview, bool], None]:
    """Give the pieces of a data set, and whether each is the last.

    Parameters
    ----------
    source
        A buffer, or buffers of any size from an iterable.
    length
        The bytes that all buffers of an iterable have together. Without it a buffer is copied before the next is asked for, since its owner
        may use it again.
    fragment_length
        What a long buffer is cut into multiples of.

    Raises
    ------
    LocalProtocolError
        If the buffers have another length together.
    """
    whole = _as_buffer(source)
    if whole is not None:
        if length not in (None, len(whole)):
            raise LocalProtocolError(f"the data set has {len(whole):,} bytes, not {length:,}")
        for piece in _cut(whole, fragment_length, True):
            yield piece
        return
    sent = 0
    held: memoryview | None = None
    # Closed here: whoever stops asking for pieces leaves no generator behind that the event loop would have to close.
    async with aclosing(_chunks(cast("Iterable[Buffer] | AsyncIterable[Buffer]", source))) as chunks:
        async for chunk in chunks:
            view = memoryview(chunk).cast("B")
            if not len(view):
                continue
            sent += len(view)
            if length is None:
                if held is not None:
                    for piece in _cut(held, fragment_length, False):
                        yield piece
                held = memoryview(bytes(view))
                continue
            if sent > length:
                break
            for piece in _cut(view, fragment_length, sent == length):
                yield piece
    if length is None:
        for piece in _cut(held or memoryview(b""), fragment_length, True):
            yield piece
    elif sent != length:
        raise LocalProtocolError(f"the data set has {sent:,} bytes or more, not {length:,}")
    elif not length:
        yield memoryview(b""), True


def whole_fragments(length: int, fragment_length: int) -> int:
    """Return about so many bytes that fill fragments: one, or as many as go into the length, but not too many."""
    return max(1, min(length // fragment_length, MOST_FRAGMENTS)) * fragment_length


def _as_buffer(source: DataSetSource) -> memoryview | None:
    try:
        return memoryview(cast("Buffer", source)).cast("B")
    except TypeError:
        return None


def _cut(data: memoryview, fragment_length: int, is_last: bool) -> Iterable[tuple[memoryview, bool]]:
    step = whole_fragments(PIECE_LENGTH, fragment_length)
    for start in range(0, len(data) or 1, step):
        yield data[start : start + step], is_last and start + step >= len(data)


async def _chunks(source: Iterable[Buffer] | AsyncIterable[Buffer]) -> AsyncGenerator[Buffer, None]:
    if isinstance(source, AsyncGenerator):
        async with aclosing(source):
            async for chunk in source:
                yield chunk
    elif isinstance(source, AsyncIterable):
        async for chunk in source:
            yield chunk
    else:
        for chunk in source:
            yield chunk
