"""How to read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from dicomkit.element import tag_for_key
from dicomkit.tag import Tag

__all__ = ["ReadOptions"]

MEBIBYTE = 1 << 20
SPECIFIC_CHARACTER_SET = Tag(0x0008, 0x0005)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadOptions:
    """How :func:`dicomkit.read` reads.

    Parameters
    ----------
    stop_before_pixels
        Stop before Pixel Data, Float Pixel Data or Double Float Pixel Data of the outermost data set; what follows it is not read either.
    tags
        Read only these elements of the outermost data set (with all that they nest), and Specific Character Set. Keys are as in
        :class:`dicomkit.DataSet`. Reading ends after the last of them, since tags ascend (PS3.5 7.1).
    defer_larger_than
        Files of more bytes than this are not read into memory: their values are, when they are asked for. None reads everything at once.
    force
        Read files that have no preamble, prefix or File Meta Information, or an unknown transfer syntax; the encoding is guessed from
        the first element.
    strict
        Raise where a damaged or non-conforming data set could still be read, and where a value breaks the rules of its VR.
    character_set
        Terms of Specific Character Set that replace what the data sets declare, such as ``"ISO_IR 100"``.
    partial
        Return what was read before the damage, with the error in ``DICOMFile.error``, instead of raising it.
    max_depth
        How deep sequences may nest.
    max_inflated_size
        How many bytes a deflated data set may have.
    """

    stop_before_pixels: bool = False
    tags: Sequence[Tag] | None = None
    defer_larger_than: int | None = 16 * MEBIBYTE
    force: bool = False
    strict: bool = False
    character_set: str | Sequence[str] | None = None
    partial: bool = False
    max_depth: int = 256
    max_inflated_size: int = 1024 * MEBIBYTE

    def __post_init__(self) -> None:
        if self.tags is not None:
            keys: Iterable[object] = (self.tags,) if isinstance(self.tags, str) else self.tags
            object.__setattr__(self, "tags", tuple(sorted({SPECIFIC_CHARACTER_SET, *map(tag_for_key, keys)})))
        if self.character_set is not None:
            terms = (self.character_set,) if isinstance(self.character_set, str) else tuple(self.character_set)
            object.__setattr__(self, "character_set", terms)
        if not 1 <= self.max_depth <= 100_000:
            raise ValueError("max_depth is from 1 to 100,000")
