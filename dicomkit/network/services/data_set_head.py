"""What the first bytes of a data set tell, before the rest has come or has been looked at."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

from dicomkit._core.element_scan import ScanLimits, scan
from dicomkit.dataset import data_set_from_index
from dicomkit.errors import DICOMError
from dicomkit.transfer_syntax import TransferSyntax

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dicomkit.tag import Tag

__all__ = ["UIDFinder"]

MAX_DEPTH = 64


class UIDFinder:
    """Finds UIDs in the beginning of data sets. It says nothing of what is wrong with them, and raises nothing.

    Parameters
    ----------
    tags
        The elements that hold them, in the outermost data set.
    """

    __slots__ = ("_limits", "_tags")

    def __init__(self, *tags: Tag) -> None:
        self._tags = tags
        self._limits = ScanLimits(max_depth=MAX_DEPTH, tags=tags, partial=True)

    def find(self, fragments: Sequence[memoryview], transfer_syntax_uid: str, length: int) -> list[str | None]:
        """Return the UIDs, None for each that the first ``length`` bytes don't hold, or that is no text."""
        nothing: list[str | None] = [None] * len(self._tags)
        syntax = TransferSyntax.from_uid(transfer_syntax_uid)
        if syntax is None or not fragments:
            return nothing
        head = bytes(fragments[0][:length])
        if len(head) < length and len(fragments) > 1:
            head = b"".join(fragments)[:length]
        try:
            if syntax.is_deflated:
                head = zlib.decompressobj(-zlib.MAX_WBITS).decompress(head, length)
            index = scan(head, is_implicit_vr=not syntax.is_explicit_vr, is_big_endian=syntax.is_big_endian, limits=self._limits)
        except (DICOMError, zlib.error):    # whether it can be read is for those who read it
            return nothing
        if index is None:
            return nothing
        data_set = data_set_from_index(index)
        return [_text(data_set[tag].value_data) if tag in data_set else None for tag in self._tags]


def _text(value: memoryview | None) -> str | None:
    """A UID as a command has it: without padding, and judged by nobody."""
    return None if value is None else bytes(value).decode("latin-1").rstrip("\0 ") or None
