"""Headers that are parsed once for all frames that have the same: those of a volume mostly do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["RememberedHeader"]


class _Header(Protocol):
    @property
    def length(self) -> int:
        """Bytes that it was read from, from the start of the frame on."""


_Kind = TypeVar("_Kind", bound=_Header)


class RememberedHeader(Generic[_Kind]):
    """Parses the headers of codestreams, but not one that is the same, byte by byte, as the last.

    Threads may share one: what is remembered is a tuple, replaced as a whole.

    Parameters
    ----------
    parse
        Reads a header that cannot change, from nothing but its own bytes.
    """

    def __init__(self, parse: Callable[[memoryview], _Kind]) -> None:
        self._parse = parse
        self._last: tuple[bytes, _Kind] | None = None

    def parse(self, encoded: memoryview) -> _Kind:
        """Return the header of a frame; raises as the function does that parses it."""
        last = self._last
        if last is not None and bytes(encoded[: len(last[0])]) == last[0]:
            return last[1]
        header = self._parse(encoded)
        self._last = bytes(encoded[: header.length]), header
        return header
