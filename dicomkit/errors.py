"""Everything that dicomkit raises, and the warning it gives.

    DICOMError
    +-- EncodingError              bytes that do not follow PS3.5 or PS3.10; has ``offset`` and ``tag``
    |   +-- InvalidPreambleError
    |   +-- InvalidDICMPrefixError
    |   +-- UnexpectedEndOfDataError
    |   +-- InvalidVRError
    |   +-- InvalidTagError
    |   +-- ParsingError
    |   +-- InvalidValueError      a value that breaks the rules of its VR
    |   +-- LimitExceededError     a limit of ``ReadOptions`` was reached
    +-- UnsupportedTransferSyntaxError
    +-- MissingRequiredElementError
    +-- UnknownKeywordError        a keyword that PS3.6 does not have; names the nearest ones
    +-- PixelDataError             pixel data and image attributes that contradict each other
    |   +-- NoCodecError           no codec for a transfer syntax
    |   +-- codecs.CodecError      a codec could not decode or encode a frame; has frame, transfer syntax and codec
    +-- SourceError                the file could not be opened or read, or changed under our hands
    |   +-- SourceNotFoundError
    +-- TargetError                a file could not be written; what was there before still is
    +-- DICOMNetworkError          all of the network; its own tree is in ``dicomkit.network.errors``

Messages name tags, offsets, lengths and limits. They never hold attribute values: those are patient data.
"""

from __future__ import annotations

import sys
import warnings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = [
    "DICOMError",
    "DICOMWarning",
    "EncodingError",
    "InvalidDICMPrefixError",
    "InvalidPreambleError",
    "InvalidTagError",
    "InvalidVRError",
    "InvalidValueError",
    "LimitExceededError",
    "MissingRequiredElementError",
    "NoCodecError",
    "ParsingError",
    "PixelDataError",
    "SourceError",
    "SourceNotFoundError",
    "TargetError",
    "UnexpectedEndOfDataError",
    "UnknownKeywordError",
    "UnsupportedTransferSyntaxError",
]


class DICOMError(Exception):
    """Base of every error that dicomkit raises on its own account."""


class DICOMWarning(UserWarning):
    """Something in a DICOM object is wrong, and was read as well as it can be."""


def warn(problem: DICOMError) -> None:
    """Give a :class:`DICOMWarning` that names the line outside of dicomkit which asked for it."""
    frame = sys._getframe(1)
    level = 2
    while frame.f_back is not None and frame.f_globals.get("__name__", "").partition(".")[0] == "dicomkit":
        frame = frame.f_back
        level += 1
    warnings.warn(DICOMWarning(str(problem)), stacklevel=level)


class EncodingError(DICOMError, ValueError):
    """Bytes that do not follow PS3.5 or PS3.10.

    Attributes
    ----------
    problem
        What is wrong, without the place.
    offset
        Where, in bytes from the start of what was read (of the inflated data set, if that was deflated); None if it has no place.
    tag
        The data element concerned, as an ``int`` ``0xGGGGEEEE``, or None.
    """

    def __init__(self, problem: str, *, offset: int | None = None, tag: int | None = None) -> None:
        place = "" if tag is None else f" in ({tag >> 16:04X},{tag & 0xFFFF:04X})"
        if offset is not None:
            place += f" at byte offset {offset:#x}"
        super().__init__(problem + place)
        self.problem = problem
        self.offset = offset
        self.tag = tag

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuild, (type(self), self.problem, self.offset, self.tag)


def _rebuild(kind: type[EncodingError], problem: str, offset: int | None, tag: int | None) -> EncodingError:
    return kind(problem, offset=offset, tag=tag)


class InvalidPreambleError(EncodingError):
    """The 128 bytes before the prefix are not there (PS3.10 7.1)."""


class InvalidDICMPrefixError(EncodingError):
    """Bytes 128 to 131 are not ``DICM`` (PS3.10 7.1). ``force=True`` reads such files."""


class UnexpectedEndOfDataError(EncodingError):
    """The data ends before what it announces."""


class InvalidVRError(EncodingError):
    """Two bytes that are no Value Representation (PS3.5 6.2)."""


class InvalidTagError(EncodingError):
    """A tag that may not stand where it stands."""


class ParsingError(EncodingError):
    """Any other violation of PS3.5 clause 7."""


class InvalidValueError(EncodingError):
    """A value that breaks the rules of its Value Representation (PS3.5 6.2)."""


class LimitExceededError(EncodingError):
    """The data asks for more than ``ReadOptions`` allows: nesting, or inflated size."""


class UnsupportedTransferSyntaxError(DICOMError, ValueError):
    """A transfer syntax that PS3.6 Annex A does not list.

    Attributes
    ----------
    uid
        The Transfer Syntax UID (0002,0010).
    """

    def __init__(self, uid: str, message: str | None = None) -> None:
        # Where a length lies, what should be a UID can be anything, patient data too.
        is_uid = len(uid) <= 64 and all(character in "0123456789." for character in uid)
        what = f"transfer syntax {uid}" if is_uid else "a transfer syntax whose UID is none"
        super().__init__(message or f"{what} is not in PS3.6 Annex A; force=True guesses its encoding")
        self.uid = uid

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.uid, str(self))


class MissingRequiredElementError(DICOMError, LookupError):
    """An element that the task needs is absent or empty.

    Attributes
    ----------
    keyword
        The keyword of the element.
    """

    def __init__(self, keyword: str, purpose: str = "") -> None:
        super().__init__(f"{keyword} is missing" + (f"; {purpose} needs it" if purpose else ""))
        self.keyword = keyword
        self.purpose = purpose

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.keyword, self.purpose)


class UnknownKeywordError(DICOMError, KeyError, AttributeError):
    """A name that is no keyword of PS3.6 and no attribute either.

    Parameters
    ----------
    keyword
        The name as given.
    suggest
        Finds the nearest keywords, best first. It is asked only when somebody looks, as ``hasattr`` never does.
    """

    def __init__(self, keyword: str, suggest: Callable[[str], Sequence[str]] = lambda keyword: ()) -> None:
        super().__init__(keyword)
        self.keyword = keyword
        self._suggest = suggest

    @property
    def suggestions(self) -> tuple[str, ...]:
        """The nearest keywords, best first."""
        return tuple(self._suggest(self.keyword))

    def __str__(self) -> str:
        suggestions = self.suggestions
        hint = f"; did you mean {' or '.join(suggestions)}?" if suggestions else ""
        return f"{self.keyword!r} is not a keyword of PS3.6{hint}"

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuild_unknown_keyword, (self.keyword, self.suggestions)


def _rebuild_unknown_keyword(keyword: str, suggestions: tuple[str, ...]) -> UnknownKeywordError:
    return UnknownKeywordError(keyword, lambda keyword: suggestions)


class PixelDataError(DICOMError, ValueError):
    """Pixel data that is not what its image attributes promise (PS3.3 C.7.6.3)."""


class NoCodecError(PixelDataError):
    """No codec is installed for the transfer syntax of compressed pixel data.

    Attributes
    ----------
    transfer_syntax_uid
        The transfer syntax that nobody decodes.
    """

    def __init__(self, transfer_syntax_uid: str, message: str) -> None:
        super().__init__(message)
        self.transfer_syntax_uid = transfer_syntax_uid

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.transfer_syntax_uid, str(self))


class SourceError(DICOMError, OSError):
    """A file that cannot be opened or read, or that changed since it was opened."""


class SourceNotFoundError(SourceError, FileNotFoundError):
    """A path where there is no file."""


class TargetError(DICOMError, OSError):
    """A file that cannot be written: no space, no permission, no such folder. What was there before is as it was."""
