"""The common part of the values that are text and nothing but text (PS3.5 6.2)."""

from __future__ import annotations

from dicomkit.errors import InvalidValueError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Self

__all__ = ["TextValue"]


class TextValue(str):
    """Text that follows the rules of its VR: a ``str``, equal to and hashed as that ``str``, and coded in JSON as one.

    Parameters
    ----------
    value
        The text; padding is dropped.

    Raises
    ------
    InvalidValueError
        If it breaks the rules of the VR.
    """

    __slots__ = ()

    # What a valid value is, for messages.
    _RULE = "text"

    def __new__(cls, value: str | bytes) -> Self:
        text = cls._normalize(_as_text(value))
        if text is None:
            raise InvalidValueError(f"the value is not {cls._RULE}")
        return str.__new__(cls, text)

    @classmethod
    def _normalize(cls, text: str) -> str | None:
        """Return the text without padding, or None if it breaks the rules."""
        raise NotImplementedError

    @classmethod
    def parse(cls, text: str | bytes) -> Self | None:
        """Return the value of a text, or None if it breaks the rules of the VR. Padding is dropped."""
        normalized = cls._normalize(_as_text(text))
        return None if normalized is None else str.__new__(cls, normalized)

    @classmethod
    def parse_multiple(cls, text: str | bytes) -> list[Self] | None:
        """Return the values of a backslash-separated text, or None if one of them is invalid. An empty text has none."""
        whole = _as_text(text).strip(" \0")
        values = []
        for part in whole.split("\\") if whole else ():
            value = cls.parse(part)
            if value is None:
                return None
            values.append(value)
        return values

    @property
    def dicom_string(self) -> str:
        """The value as a plain ``str``, without padding."""
        return str.__str__(self)

    @property
    def padded_value(self) -> str:
        """The value padded to an even number of characters (PS3.5 6.2)."""
        return self.dicom_string + " " * (len(self) % 2)

    def __str__(self) -> str:
        return str.__str__(self)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str.__repr__(self)})"

    def __reduce__(self) -> tuple[Callable[..., TextValue], tuple[type[TextValue], str]]:
        # Not through __new__: what was read may break the rules.
        return _restore, (type(self), str.__str__(self))


def _restore(kind: type[TextValue], text: str) -> TextValue:
    return str.__new__(kind, text)


def _as_text(text: str | bytes) -> str:
    """Return bytes as text: ISO 8859-1, so that what is not ASCII stays visible to the checks."""
    if isinstance(text, str):
        return text
    if isinstance(text, (bytes, bytearray, memoryview)):
        return bytes(text).decode("latin_1")
    raise TypeError(f"str or bytes expected, not {type(text).__name__}")
