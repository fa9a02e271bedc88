"""Code strings: the values of VR CS (PS3.5 6.2)."""

from __future__ import annotations

from dicomkit.values.text_value import TextValue

__all__ = ["DICOMCodeString"]

_MAX_LENGTH = 16
_CHARACTERS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 _")


class DICOMCodeString(TextValue):
    """A code: up to 16 upper-case letters, digits, spaces and underscores. It is a ``str``, and may be empty.

    Parameters
    ----------
    value
        The code; spaces at both ends are padding.

    Raises
    ------
    InvalidValueError
        If it is no such text.
    """

    __slots__ = ()
    _RULE = "up to 16 upper-case letters, digits, spaces and underscores"

    @classmethod
    def _normalize(cls, text: str) -> str | None:
        text = text.strip(" \0")
        return text if len(text) <= _MAX_LENGTH and _CHARACTERS.issuperset(text) else None
