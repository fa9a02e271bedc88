"""How much memory data sets may take."""

from __future__ import annotations

__all__ = ["MemoryBudget"]


class MemoryBudget:
    """Bytes that may be in use at once, of a part and of the whole it belongs to."""

    __slots__ = ("_left", "_limit", "_whole")

    def __init__(self, limit: int, whole: MemoryBudget | None = None) -> None:
        self._limit = limit
        self._left = limit
        self._whole = whole

    @property
    def used(self) -> int:
        """Bytes in use."""
        return self._limit - self._left

    def reserve(self, size: int) -> bool:
        """Take bytes; return whether there were so many."""
        if size > self._left or (self._whole is not None and not self._whole.reserve(size)):
            return False
        self._left -= size
        return True

    def release(self, size: int) -> None:
        """Give bytes back."""
        self._left += size
        if self._whole is not None:
            self._whole.release(size)

    def release_all(self) -> None:
        """Give back everything that is in use."""
        self.release(self.used)
