"""Universal resource identifiers or locators: the values of VR UR (PS3.5 6.2)."""

from __future__ import annotations

from dicomkit.values.text_value import TextValue

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Self
    from urllib.parse import SplitResult

__all__ = ["DICOMUniversalResource"]


class DICOMUniversalResource(TextValue):
    """A URI or URL with a scheme (IETF RFC 3986). It is a ``str``, and may be empty.

    Parameters
    ----------
    value
        The URI; trailing spaces are padding, leading ones are wrong.

    Raises
    ------
    InvalidValueError
        If it has no scheme, or characters that no URI has.
    """

    __slots__ = ()
    _RULE = "a URI with a scheme"

    @classmethod
    def _normalize(cls, text: str) -> str | None:
        text = text.rstrip(" \0")
        # Printable ASCII without space is 21 to 7E. A backslash is in no URI.
        if not text.isascii() or not text.isprintable() or " " in text or "\\" in text:
            return None
        return text if not text or _scheme_of(text) is not None else None

    @classmethod
    def parse_multiple(cls, text: str | bytes) -> list[Self] | None:
        """Return the one value of a text, or None if it is invalid: UR has never more (PS3.5 6.4). An empty text has none."""
        value = cls.parse(text)
        return None if value is None else [value] if value else []

    @property
    def scheme(self) -> str | None:
        """The scheme, in lower case (RFC 3986 3.1), or None of an empty value."""
        return _scheme_of(self)

    @property
    def url(self) -> SplitResult | None:
        """The parts of the URI as `urllib.parse` splits it, or None of an empty or a malformed one."""
        from urllib.parse import urlsplit  # lazy: start-up

        try:
            return urlsplit(self.dicom_string) if self else None
        except ValueError:  # such as an IPv6 address without its bracket
            return None

    @property
    def is_absolute(self) -> bool:
        """Whether the URI has a scheme: every one but the empty one."""
        return self.scheme is not None


def _scheme_of(text: str) -> str | None:
    scheme, colon, _ = text.partition(":")
    if not colon or not scheme[:1].isalpha() or not scheme.translate({0x2B: "0", 0x2D: "0", 0x2E: "0"}).isalnum():
        return None
    return scheme.lower()
