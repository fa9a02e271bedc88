"""What is settled once for all frames that have the same header.

The frames of a volume mostly have, but where headers say how long a frame is, as those of our HTJ2K do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

    from dicomkit.codecs.contract import FrameDescriptor

__all__ = ["RememberedHeader"]


class _Header(Protocol):
    @property
    def length(self) -> int:
        """Bytes that it was read from, from the start of the frame on."""


_Kind = TypeVar("_Kind", bound=_Header)
_Plan = TypeVar("_Plan")


class RememberedHeader(Generic[_Kind, _Plan]):
    """Parses the headers of codestreams and settles what follows from them, but not for one that is the same, byte by byte, as the last.

    Threads may share one: what is remembered is a tuple, replaced as a whole.

    Parameters
    ----------
    parse
        Reads a header that cannot change, from nothing but its own bytes.
    settle
        Checks it against a descriptor, which cannot change either, and returns what follows from both.
    """

    def __init__(self, parse: Callable[[memoryview], _Kind], settle: Callable[[_Kind, FrameDescriptor], _Plan]) -> None:
        self._parse = parse
        self._settle = settle
        self._last: tuple[bytes, FrameDescriptor, _Kind, _Plan] | None = None

    def find(self, encoded: memoryview, descriptor: FrameDescriptor) -> tuple[_Kind, _Plan]:
        """Return the header of a frame and what follows from it; raises as the two functions do."""
        last = self._last
        if last is None or bytes(encoded[: len(last[0])]) != last[0]:
            header = self._parse(encoded)
        elif last[1] is descriptor:
            return last[2], last[3]
        else:
            header = last[2]
        plan = self._settle(header, descriptor)
        self._last = bytes(encoded[: header.length]), descriptor, header, plan
        return header, plan
