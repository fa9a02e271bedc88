"""How to write."""

from __future__ import annotations

TYPE_CHECKING = False  # typing's own costs 8 ms at start-up
if TYPE_CHECKING:
    from typing import Any, NoReturn, Self

__all__ = ["WriteOptions"]


class WriteOptions:
    """How :meth:`dicomkit.DICOMFile.write` writes.

    Parameters
    ----------
    lenient
        Write what was read though it is wrong, as it was: values of odd length, elements that stand twice or out of order, a file
        that was read with ``partial=True``, File Meta Information that contradicts the data set. By default what can be put right is,
        and the rest raises. Values that were read and not touched are never judged.
    undefined_lengths
        Whether sequences and items have undefined lengths (PS3.5 7.5). By default those that were read keep what they had, and others have
        defined ones. In implicit VR a sequence that PS3.6 does not have keeps an undefined one: nothing else says what it is.
    switch_to_utf_8
        If a character does not fit into the data set's character set, write all text in UTF-8 and declare it (``ISO_IR 192``). By default
        that raises.
    fsync
        Return only when the file is on disk, where a power failure does not reach it.
    """

    # A frozen dataclass in all but name, as ReadOptions is: start-up.
    __slots__ = ("fsync", "lenient", "switch_to_utf_8", "undefined_lengths")

    lenient: bool
    undefined_lengths: bool | None
    switch_to_utf_8: bool
    fsync: bool

    def __init__(
        self, *, lenient: bool = False, undefined_lengths: bool | None = None, switch_to_utf_8: bool = False, fsync: bool = False
    ) -> None:
        put = object.__setattr__
        put(self, "lenient", bool(lenient))
        put(self, "undefined_lengths", None if undefined_lengths is None else bool(undefined_lengths))
        put(self, "switch_to_utf_8", bool(switch_to_utf_8))
        put(self, "fsync", bool(fsync))

    def replace(self, **changes: Any) -> Self:
        """Return the same options but for those given."""
        return type(self)(**{**self._fields(), **changes})

    def _fields(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__slots__}

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError("WriteOptions are immutable: use replace()")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError("WriteOptions are immutable: use replace()")

    def __eq__(self, other: object) -> bool:
        return self._fields() == other._fields() if isinstance(other, WriteOptions) else NotImplemented

    def __hash__(self) -> int:
        return hash(tuple(self._fields().values()))

    def __repr__(self) -> str:
        return f"WriteOptions({', '.join(f'{name}={value!r}' for name, value in self._fields().items())})"

    def __reduce__(self) -> tuple[object, ...]:
        return _restore, (self._fields(),)


def _restore(fields: dict[str, Any]) -> WriteOptions:
    return WriteOptions(**fields)
