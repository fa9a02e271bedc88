"""Data element tags (PS3.5 7.1.1)."""

from __future__ import annotations

from dicomkit.errors import InvalidTagError

__all__ = ["ITEM", "ITEM_DELIMITATION_ITEM", "SEQUENCE_DELIMITATION_ITEM", "Tag"]


class Tag(int):
    """The tag of a data element: a group number and an element number.

    A ``Tag`` is the ``int`` ``0xGGGGEEEE``: it sorts by group, then element, and equals and hashes as that number.

    Parameters
    ----------
    group
        Group number, 0 to 0xFFFF; or, when ``element`` is not given, the whole tag 0xGGGGEEEE.
    element
        Element number, 0 to 0xFFFF.

    Raises
    ------
    InvalidTagError
        If a number does not fit.
    """

    __slots__ = ()

    def __new__(cls, group: int, element: int | None = None) -> Tag:
        if element is None:
            if not 0 <= group <= 0xFFFFFFFF:
                raise InvalidTagError(f"{group:#x} is not a 32-bit tag")
            return int.__new__(cls, group)
        if not (0 <= group <= 0xFFFF and 0 <= element <= 0xFFFF):
            raise InvalidTagError(f"({group:#x}, {element:#x}) are not two 16-bit numbers")
        return int.__new__(cls, group << 16 | element)

    @classmethod
    def parse(cls, text: str) -> Tag:
        """Read ``(GGGG,EEEE)``, ``GGGG,EEEE`` or ``GGGGEEEE``, in hexadecimal digits of either case.

        Raises
        ------
        InvalidTagError
            If ``text`` has another form.
        """
        digits = text.strip()
        if digits[:1] == "(" and digits[-1:] == ")":
            digits = digits[1:-1]
        group, comma, element = digits.partition(",")
        digits = group.strip() + element.strip() if comma else digits
        if len(digits) != 8 or not digits.isascii() or not digits.isalnum():
            raise InvalidTagError(f"{text!r} is not a tag of the form (GGGG,EEEE)")
        try:
            return cls(int(digits, 16))
        except ValueError:
            raise InvalidTagError(f"{text!r} is not a tag of the form (GGGG,EEEE)") from None

    @property
    def group(self) -> int:
        """Group number."""
        return self >> 16

    @property
    def element(self) -> int:
        """Element number."""
        return self & 0xFFFF

    @property
    def is_private(self) -> bool:
        """Whether the group number is odd (PS3.5 7.8)."""
        return bool(self & 0x10000)

    @property
    def is_private_creator(self) -> bool:
        """Whether the element reserves a block of private elements: (odd,0010) to (odd,00FF) (PS3.5 7.8.1)."""
        return bool(self & 0x10000) and 0x10 <= self & 0xFFFF <= 0xFF

    @property
    def is_group_length(self) -> bool:
        """Whether the element number is 0000 (PS3.5 7.2)."""
        return not self & 0xFFFF

    def __str__(self) -> str:
        return f"({self >> 16:04X},{self & 0xFFFF:04X})"

    def __repr__(self) -> str:
        return f"Tag(0x{self >> 16:04X}, 0x{self & 0xFFFF:04X})"

    def __format__(self, spec: str) -> str:
        return format(str(self), spec) if not spec or spec[-1] in "s<>^0123456789" else int.__format__(self, spec)

    def __reduce__(self) -> tuple[type[Tag], tuple[int]]:
        return Tag, (int(self),)


ITEM = Tag(0xFFFE, 0xE000)
ITEM_DELIMITATION_ITEM = Tag(0xFFFE, 0xE00D)
SEQUENCE_DELIMITATION_ITEM = Tag(0xFFFE, 0xE0DD)
