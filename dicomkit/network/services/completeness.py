"""Whether a data set is all there, before its first byte is sent: half of one can only be followed by an abort.

Only cuts are looked for. What else may be wrong with a file is between those who wrote it and those who read it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicomkit._core.element_index import ElementIndex
from dicomkit._core.element_scan import ScanLimits, scan
from dicomkit.errors import DICOMError, UnexpectedEndOfDataError
from dicomkit.tags import FloatPixelData, PixelData

if TYPE_CHECKING:
    from dicomkit.transfer_syntax import TransferSyntax

__all__ = ["TAIL_LENGTH", "check_whole", "has_last_delimiter", "is_known_whole", "without_delimiter"]

TAIL_LENGTH = 1 << 16
"""Where the end of compressed pixel data is looked for; what may stand behind it is padding, and signatures."""

MAXIMUM_DEPTH = 128
UNDEFINED_LENGTH = 0xFFFFFFFF
SEQUENCE_DELIMITATION = b"\xfe\xff\xdd\xe0\0\0\0\0"  # encapsulated pixel data is always little endian (PS3.5 A.4)
_ALL = ScanLimits(max_depth=MAXIMUM_DEPTH)
_BEFORE_PIXELS = ScanLimits(max_depth=MAXIMUM_DEPTH, stop_first=FloatPixelData, stop_last=PixelData)


def is_known_whole(start: memoryview, length: int, syntax: TransferSyntax, file_offset: int) -> bool:
    """Return whether the first bytes of a data set tell that all of it is there; if not, they may not tell anything.

    Parameters
    ----------
    start
        The first bytes.
    length
        All bytes that there are.
    syntax
        How it is encoded.
    file_offset
        Where it begins in its file, for the message.

    Raises
    ------
    UnexpectedEndOfDataError
        If an element is longer than what there is.
    """
    if syntax.is_deflated or len(start) >= length:
        check_whole(start[:length], syntax, file_offset)
        return True
    index = _scan(start, length, syntax, _BEFORE_PIXELS, file_offset)
    if index is None:
        return False
    header_length = 12 if syntax.is_explicit_vr else 8
    header = bytes(start[index.end_offset : index.end_offset + header_length])
    value_length = int.from_bytes(header[-4:], "big" if syntax.is_big_endian else "little")
    if len(header) < header_length or value_length == UNDEFINED_LENGTH:
        return False
    end_offset = index.end_offset + header_length + value_length
    if end_offset > length:
        raise UnexpectedEndOfDataError("the data ends before the pixel data does", offset=file_offset + index.end_offset, tag=PixelData)
    return end_offset == length  # what stands behind native pixel data may be cut, too


def has_last_delimiter(tail: memoryview) -> bool:
    """Return whether the last bytes of a data set hold the end of compressed pixel data."""
    return SEQUENCE_DELIMITATION in bytes(tail)


def check_whole(data: memoryview, syntax: TransferSyntax, file_offset: int) -> None:
    """Look at every element; a deflated data set is none to look at, and was inflated when its header was read.

    Raises
    ------
    UnexpectedEndOfDataError
        If one is longer than what there is, or compressed pixel data ends without a delimiter.
    """
    if syntax.is_deflated:
        return
    index = _scan(data, len(data), syntax, _ALL, file_offset)
    # Readers forgive the delimiter that is missing at the very end, peers do not; and nobody knows whether fragments are missing, too.
    if index is not None and any(offset >= len(data) for _, offset, _ in index.found_anomalies):
        raise without_delimiter(file_offset + len(data))


def without_delimiter(offset: int) -> UnexpectedEndOfDataError:
    """Return the error for compressed pixel data whose end is missing."""
    return UnexpectedEndOfDataError("the data ends before the delimiter of the pixel data", offset=offset, tag=PixelData)


def _scan(data: memoryview, length: int, syntax: TransferSyntax, limits: ScanLimits, file_offset: int) -> ElementIndex | None:
    try:
        return scan(data, 0, length, is_implicit_vr=not syntax.is_explicit_vr, is_big_endian=syntax.is_big_endian, limits=limits)
    except UnexpectedEndOfDataError as error:
        raise UnexpectedEndOfDataError(error.problem, offset=file_offset + (error.offset or 0), tag=error.tag) from None
    except DICOMError:
        return None
