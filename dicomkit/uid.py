"""Making unique identifiers (PS3.5 9 and Annex B). The registered ones are in ``dicomkit.uids``."""

from __future__ import annotations

import os
from types import MethodType

TYPE_CHECKING = False  # typing's own costs 8 ms at start-up
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import ClassVar

__all__ = ["MAXIMUM_UID_LENGTH", "UUID_ROOT", "UIDGenerator", "generate_uid"]

MAXIMUM_UID_LENGTH = 64
"""The most characters that a UID may have (PS3.5 9.1)."""

UUID_ROOT = "2.25"
"""The root under which everybody may use a UUID as a UID (PS3.5 B.2)."""

# 16 digits are 53 random bits: one million UIDs collide with a probability of 1 in 20,000. A root that leaves less is refused.
_FEWEST_DIGITS = 16


class _OnBoth:
    """A method of an object that the class has, too, as one of its :attr:`shared` object."""

    def __init__(self, function: Callable[[UIDGenerator], str]) -> None:
        self._function = function
        self.__doc__ = function.__doc__

    def __get__(self, generator: UIDGenerator | None, owner: type[UIDGenerator]) -> Callable[[], str]:
        return MethodType(self._function, owner.shared if generator is None else generator)


class UIDGenerator:
    """A maker of UIDs under one root, without any state: threads and processes may share it.

    The class itself makes them, too, without any root of one's own: ``UIDGenerator.generate_study_instance_uid()``.

    Parameters
    ----------
    root
        The root that the caller owns; without one, each UID is a random UUID under 2.25 (PS3.5 B.2).

    Raises
    ------
    ValueError
        If ``root`` is no UID, or so long that too few digits are left.
    """

    __slots__ = ("_digits", "_root")

    shared: ClassVar[UIDGenerator]

    def __init__(self, root: str = UUID_ROOT) -> None:
        if not _is_uid(root):
            raise ValueError(f"{root!r} is not a UID")
        digits = MAXIMUM_UID_LENGTH - len(root) - 1
        if digits < _FEWEST_DIGITS:
            raise ValueError(f"the root {root} leaves {digits} digits, too few to be unique")
        self._root = root
        self._digits = digits

    @property
    def root(self) -> str:
        """What every UID begins with."""
        return self._root

    @staticmethod
    def generate_uid() -> str:
        """Return a new UID without any root of one's own."""
        return UIDGenerator.shared.generate()

    def generate(self) -> str:
        """Return a new UID."""
        number = int.from_bytes(os.urandom(16), "big")
        # A random UUID: version 4, variant 1 (ISO/IEC 9834-8, RFC 9562 5.4).
        number = number & ~(0xF << 76 | 0x3 << 62) | 0x4 << 76 | 0x2 << 62
        if self._digits < 39:
            # Too long for the root. The remainder of all 122 random bits is as random as its digits allow.
            number %= 10**self._digits
        return f"{self._root}.{number}"

    @_OnBoth
    def generate_study_instance_uid(self) -> str:
        """Return a new Study Instance UID (0020,000D)."""
        return self.generate()

    @_OnBoth
    def generate_series_instance_uid(self) -> str:
        """Return a new Series Instance UID (0020,000E)."""
        return self.generate()

    @_OnBoth
    def generate_sop_instance_uid(self) -> str:
        """Return a new SOP Instance UID (0008,0018)."""
        return self.generate()

    def __repr__(self) -> str:
        return f"UIDGenerator({self._root!r})"


def _is_uid(text: str) -> bool:
    components = text.split(".")
    return all(component.isascii() and component.isdigit() and (component == "0" or component[0] != "0") for component in components)


UIDGenerator.shared = UIDGenerator()


def generate_uid() -> str:
    """Return a new UID: a random UUID under 2.25."""
    return UIDGenerator.shared.generate()
