"""Messages cut into the fragments that PDUs carry (PS3.8 Annex E; PS3.7 8.1)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from typing_extensions import Buffer

__all__ = ["IS_COMMAND", "IS_LAST", "LARGEST_FRAGMENT", "PDV", "fragment_command", "fragment_data_set", "get_fragment_length"]

PDV: TypeAlias = "tuple[int, int, Buffer]"
"""A presentation data value: presentation context ID, message control header, fragment (PS3.8 9.3.5.1, E.2)."""

IS_COMMAND = 0x01
"""Bit of the message control header: a fragment of a command set, not of a data set."""

IS_LAST = 0x02
"""Bit of the message control header: the last fragment."""

PDV_OVERHEAD = 6  # item length, presentation context ID, message control header: what the maximum length of a P-DATA-TF counts beside data
LARGEST_FRAGMENT = 1 << 20
"""Bytes of a fragment where the peer sets no limit: more gains nothing, and has to be held in one piece by whoever receives it."""


def get_fragment_length(maximum_length: int) -> int:
    """Return how many bytes a fragment may have.

    Parameters
    ----------
    maximum_length
        Maximum Length Received that the peer announced (PS3.8 D.1); 0 is none.

    Returns
    -------
    int
        An even number: no fragment but the last of a message may have an odd length. Where a peer announces less than a fragment
        takes, the smallest possible one.
    """
    if maximum_length == 0:
        return LARGEST_FRAGMENT
    return max(2, min(maximum_length - PDV_OVERHEAD, LARGEST_FRAGMENT) & ~1)


def fragment_command(command: bytes, context_id: int, fragment_length: int) -> list[PDV]:
    """Cut a command set."""
    if len(command) <= fragment_length:
        return [(context_id, IS_COMMAND | IS_LAST, command)]
    return [(context_id, control | IS_COMMAND, fragment) for control, fragment in _cut(memoryview(command), fragment_length, True)]


def fragment_data_set(chunk: Buffer, context_id: int, fragment_length: int, *, is_last: bool) -> Iterator[PDV]:
    """Cut a piece of a data set, without copying it.

    Parameters
    ----------
    chunk
        The piece; each but the last of a data set should be a multiple of ``fragment_length``, so that no short fragments come between.
    context_id
        Presentation context.
    fragment_length
        The most bytes of a fragment.
    is_last
        Whether the data set ends with it.
    """
    for control, fragment in _cut(memoryview(chunk).cast("B"), fragment_length, is_last):
        yield context_id, control, fragment


def _cut(data: memoryview, fragment_length: int, is_last: bool) -> Iterator[tuple[int, memoryview]]:
    last_start = max(0, len(data) - 1) // fragment_length * fragment_length if is_last else -1
    for start in range(0, len(data) or is_last, fragment_length):  # a data set of nothing has one fragment, too: its last
        yield IS_LAST if start == last_start else 0, data[start : start + fragment_length]
