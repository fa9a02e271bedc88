"""Fragments of a data set, kept until somebody takes them all."""

from __future__ import annotations

__all__ = ["CollectedFragments"]

SMALL = 2048    # fragments below are put together: an object each costs more than they hold


class CollectedFragments:
    """Copies of fragments in order.

    Attributes
    ----------
    size
        Bytes in all.
    """

    __slots__ = ("_parts", "size")

    def __init__(self, first: bytes = b"") -> None:
        self._parts: list[bytes | bytearray] = [first] if first else []
        self.size = len(first)

    def extend(self, fragments: list[memoryview]) -> None:
        """Add copies of fragments."""
        parts = self._parts
        for fragment in fragments:
            length = len(fragment)
            self.size += length
            if length >= SMALL:
                parts.append(bytes(fragment))
            elif parts and isinstance(parts[-1], bytearray):
                parts[-1] += fragment
            else:
                parts.append(bytearray(fragment))

    def take(self) -> list[bytes | bytearray]:
        """Return what was collected, and begin anew."""
        taken, self._parts, self.size = self._parts, [], 0
        return taken
