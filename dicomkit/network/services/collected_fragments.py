"""Fragments of a data set, kept until somebody takes them all."""

from __future__ import annotations

__all__ = ["CollectedFragments"]

SMALL = 2048    # bytes: what comes in less at a time is put together, as an object each costs more than it holds


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
        size = sum(map(len, fragments))
        self.size += size
        if size >= SMALL * len(fragments):
            # Not put together: memory for more than some 100 KiB comes from the system page by page, and costs more than the copy.
            parts += map(bytes, fragments)
        elif parts and isinstance(parts[-1], bytearray):
            parts[-1] += b"".join(fragments)
        else:
            parts.append(bytearray().join(fragments))

    def take(self) -> list[bytes | bytearray]:
        """Return what was collected, and begin anew."""
        taken, self._parts, self.size = self._parts, [], 0
        return taken
