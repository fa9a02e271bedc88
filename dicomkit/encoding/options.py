"""How to read."""

from __future__ import annotations

from dicomkit._core.dictionary_table import find_vr
from dicomkit.element import tag_for_key
from dicomkit.tag import Tag

TYPE_CHECKING = False  # typing's own costs 8 ms at start-up
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any, NoReturn, Self

    from dicomkit.element import Key

__all__ = ["ReadOptions"]

MEBIBYTE = 1 << 20
SPECIFIC_CHARACTER_SET = Tag(0x0008, 0x0005)
PIXEL_REPRESENTATION = Tag(0x0028, 0x0103)
LUT_DESCRIPTOR = Tag(0x0028, 0x3002)
FIRST_PRIVATE_ELEMENT = 0x1000
MOST_DEPTH = 256  # comparing, copying and showing data sets recurse


class ReadOptions:
    """How :func:`dicomkit.read` reads.

    Parameters
    ----------
    stop_before_pixels
        Stop before Pixel Data, Float Pixel Data or Double Float Pixel Data of the outermost data set; what follows it is not read either.
    tags
        Read only these elements of the outermost data set (with all that they nest), and those that say how to read them: Specific
        Character Set, private creators, Pixel Representation. Keys are as in :class:`dicomkit.DataSet`. Reading ends after the last of
        them, since tags ascend (PS3.5 7.1).
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
        How deep sequences may nest, from 1 to 256.
    max_inflated_size
        How many bytes a deflated data set may have.
    """

    # A frozen dataclass in all but name: the module dataclasses would be a quarter of what importing dicomkit takes.
    __slots__ = (
        "_hash",
        "character_set",
        "defer_larger_than",
        "force",
        "max_depth",
        "max_inflated_size",
        "partial",
        "stop_before_pixels",
        "strict",
        "tags",
    )

    stop_before_pixels: bool
    tags: tuple[Tag, ...] | None
    defer_larger_than: int | None
    force: bool
    strict: bool
    character_set: tuple[str, ...] | None
    partial: bool
    max_depth: int
    max_inflated_size: int
    _hash: int

    def __init__(
        self,
        *,
        stop_before_pixels: bool = False,
        tags: Sequence[Key] | None = None,
        defer_larger_than: int | None = 16 * MEBIBYTE,
        force: bool = False,
        strict: bool = False,
        character_set: str | Sequence[str] | None = None,
        partial: bool = False,
        max_depth: int = 128,
        max_inflated_size: int = 1024 * MEBIBYTE,
    ) -> None:
        if not 1 <= max_depth <= MOST_DEPTH:
            raise ValueError(f"max_depth is from 1 to {MOST_DEPTH:,}")
        if max_inflated_size < 0:
            raise ValueError("max_inflated_size is not negative")
        if defer_larger_than is not None and defer_larger_than < 0:
            raise ValueError("defer_larger_than is not negative, or None")
        keys: Sequence[Key] | None = (tags,) if isinstance(tags, str) else tags
        terms = (character_set,) if isinstance(character_set, str) else character_set
        put = object.__setattr__
        put(self, "stop_before_pixels", bool(stop_before_pixels))
        put(self, "tags", None if keys is None else _with_context(map(tag_for_key, keys)))
        put(self, "defer_larger_than", defer_larger_than)
        put(self, "force", bool(force))
        put(self, "strict", bool(strict))
        put(self, "character_set", None if terms is None else tuple(terms))
        put(self, "partial", bool(partial))
        put(self, "max_depth", max_depth)
        put(self, "max_inflated_size", max_inflated_size)
        put(self, "_hash", hash(tuple(self._fields().values())))  # each read looks up what was made of its options

    def replace(self, **changes: Any) -> Self:
        """Return the same options but for those given."""
        return type(self)(**{**self._fields(), **changes})

    def _fields(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__slots__ if name != "_hash" and hasattr(self, name)}

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError("ReadOptions are immutable: use replace()")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError("ReadOptions are immutable: use replace()")

    def __eq__(self, other: object) -> bool:
        return self is other or self._fields() == other._fields() if isinstance(other, ReadOptions) else NotImplemented

    def __hash__(self) -> int:
        return self._hash

    def __repr__(self) -> str:
        return f"ReadOptions({', '.join(f'{name}={value!r}' for name, value in self._fields().items())})"

    def __reduce__(self) -> tuple[object, ...]:
        return _restore, (self._fields(),)


def _with_context(tags: Iterable[Tag]) -> tuple[Tag, ...]:
    """Return the tags, and those of the elements that say how to read their values."""
    wanted = {SPECIFIC_CHARACTER_SET}
    for tag in tags:
        wanted.add(tag)
        if tag.is_private and tag.element >= FIRST_PRIVATE_ELEMENT:
            wanted.add(Tag(tag.group, tag.element >> 8))
        elif "X" in find_vr(tag) or find_vr(tag) == "SQ":  # every code that leaves a choice has an X; an item can nest such
            wanted.update((PIXEL_REPRESENTATION, LUT_DESCRIPTOR))
    return tuple(sorted(wanted))


def _restore(fields: dict[str, Any]) -> ReadOptions:
    return ReadOptions(**fields)
