"""Application Entity titles (PS3.5 6.2, PS3.8 Table 9-11)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from dicomkit.network.errors import InvalidAETitleError

if TYPE_CHECKING:
    from typing_extensions import Buffer

__all__ = ["AE_TITLE_LENGTH", "AETitle"]

AE_TITLE_LENGTH = 16
"""The bytes that an AE title has on the wire."""


class AETitle(str):
    """The name of an Application Entity: 1 to 16 characters of ISO 646, no backslash, no control characters.

    Leading and trailing spaces don't count (PS3.8 Table 9-11) and are taken away. Case counts.

    Raises
    ------
    InvalidAETitleError
        If nothing is left, or too much, or something that is not allowed.
    """

    __slots__ = ()

    def __new__(cls, title: str) -> Self:
        if not isinstance(title, str):
            raise TypeError(f"an AE title is text, not {type(title).__name__}")
        trimmed = title.strip(" ")
        if not 1 <= len(trimmed) <= AE_TITLE_LENGTH or any(not " " <= character <= "~" or character == "\\" for character in trimmed):
            raise InvalidAETitleError(title)
        return super().__new__(cls, trimmed)

    @classmethod
    def from_data(cls, data: Buffer) -> Self:
        """Return the title in 16 bytes of a PDU."""
        field = bytes(data)
        if len(field) != AE_TITLE_LENGTH:
            raise InvalidAETitleError(field.decode("ascii", "replace"), f"takes {AE_TITLE_LENGTH} bytes, not {len(field)}")
        return cls(field.decode("latin-1"))

    @property
    def padded_value(self) -> str:
        """The title with spaces after it up to 16 characters."""
        return self.ljust(AE_TITLE_LENGTH)

    @property
    def data(self) -> bytes:
        """The 16 bytes of a PDU."""
        return self.padded_value.encode("ascii")

    def __repr__(self) -> str:
        return f"AETitle({str(self)!r})"
