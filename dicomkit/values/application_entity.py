"""Application Entity titles: the values of VR AE (PS3.5 6.2)."""

from __future__ import annotations

from dicomkit.values.text_value import TextValue

__all__ = ["DICOMApplicationEntity"]

_MAX_LENGTH = 16


class DICOMApplicationEntity(TextValue):
    """The title of an Application Entity: up to 16 characters 20 to 7E, without backslash. It is a ``str``.

    Spaces at both ends are padding. A title may be empty, as it is in a data set that doesn't know it.

    Parameters
    ----------
    value
        The title.

    Raises
    ------
    InvalidValueError
        If it is no such text.
    """

    __slots__ = ()
    _RULE = "up to 16 printable ASCII characters without backslash"

    @classmethod
    def _normalize(cls, text: str) -> str | None:
        text = text.strip(" \0")
        is_title = len(text) <= _MAX_LENGTH and text.isascii() and text.isprintable() and "\\" not in text
        return text if is_title else None

    @property
    def padded_value(self) -> str:
        """The title padded with spaces to the 16 characters of an association request (PS3.8 Table 9-11)."""
        return self.ljust(_MAX_LENGTH)
