"""What the entries of all dictionaries have in common."""

from __future__ import annotations

from dicomkit.vr import VR

__all__ = ["Entry", "format_pattern", "parse_vr"]


class Entry:
    """An immutable row of a dictionary, equal to and hashed as its fields, which ``__match_args__`` names in order.

    It stands in for a frozen dataclass, which costs more to import than the rest of the dictionary together.
    """

    __slots__ = ()
    __match_args__: tuple[str, ...] = ()

    def __init__(self, *values: object) -> None:
        for name, value in zip(self.__match_args__, values, strict=True):
            object.__setattr__(self, name, value)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{type(self).__name__} is immutable")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"{type(self).__name__} is immutable")

    def _values(self) -> tuple[object, ...]:
        return tuple(getattr(self, name) for name in self.__match_args__)

    def __eq__(self, other: object) -> bool:
        return self._values() == other._values() if type(self) is type(other) and isinstance(other, Entry) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._values())

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={getattr(self, name)!r}' for name in self.__match_args__)})"

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), self._values()


def parse_vr(text: str) -> tuple[VR, ...]:
    """Return the VRs that PS3.6 writes as ``US or SS``."""
    return tuple(VR(code) for code in text.split(" or ")) if text else ()


def format_pattern(tag: int, mask: int) -> str:
    """Return ``(GGGG,EEEE)`` with an x for each digit that the mask leaves open."""
    digits = "".join(digit if kept == "F" else "x" for digit, kept in zip(f"{tag:08X}", f"{mask:08X}", strict=True))
    return f"({digits[:4]},{digits[4:]})"
