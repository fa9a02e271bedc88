"""Private elements (PS3.5 7.8) that vendors described in their conformance statements."""

from __future__ import annotations

from dicomkit._core import dictionary_table
from dicomkit.dictionary.entry import Entry, format_pattern, parse_vr
from dicomkit.tag import Tag
from dicomkit.vr import VR

TYPE_CHECKING = False  # typing's own costs 8 ms at start-up
if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["PrivateDictionary", "PrivateElementEntry"]


class PrivateElementEntry(Entry):
    """One private element.

    Attributes
    ----------
    creator
        The value of the private creator that reserves the block (PS3.5 7.8.1).
    tag
        The tag, with 0 for what ``mask`` leaves open.
    mask
        The bits of ``tag`` that count; the block's byte rarely does.
    name
        The name in words, "Unknown" where the vendor gives none.
    vr
        The Value Representations, the default one first.
    vm
        The Value Multiplicity: "1", "2-n".
    """

    __slots__ = ("creator", "mask", "name", "tag", "vm", "vr")
    __match_args__ = ("creator", "tag", "mask", "name", "vr", "vm")

    creator: str
    tag: Tag
    mask: int
    name: str
    vr: tuple[VR, ...]
    vm: str

    @property
    def tag_pattern(self) -> str:
        """The tag with an x for each open digit: ``(0029,xx10)``."""
        return format_pattern(self.tag, self.mask)

    def __str__(self) -> str:
        return f"{self.tag_pattern} {self.creator!r} {self.name}, {' or '.join(self.vr)}, {self.vm}"


class PrivateDictionary:
    """The private elements of many vendors, looked up by private creator and tag."""

    @staticmethod
    def find(creator: str, tag: int) -> PrivateElementEntry | None:
        """Return the entry of a private element, or None.

        ``creator`` is compared exactly but for spaces at its end; the block's byte in ``tag`` is ignored.
        """
        row = dictionary_table.find_private_element(creator, tag) if 0 <= tag <= 0xFFFFFFFF else None
        return _entry(row) if row else None

    @staticmethod
    def creators() -> tuple[str, ...]:
        """Return all private creators, sorted."""
        return tuple(dictionary_table.private_creators())

    @staticmethod
    def entries(creator: str | None = None) -> Iterator[PrivateElementEntry]:
        """Return the entries of one creator, or all, in the order of creators and tags."""
        numbers = range(dictionary_table.private_element_count())
        if creator is not None:
            numbers = range(*dictionary_table.private_element_range(creator))
        return (_entry(dictionary_table.get_private_element(number)) for number in numbers)

    @staticmethod
    def count() -> int:
        """Return the number of entries of all creators."""
        return dictionary_table.private_element_count()


def _entry(row: tuple[str, int, int, str, str, str]) -> PrivateElementEntry:
    creator, tag, mask, name, vr, vm = row
    return PrivateElementEntry(creator, Tag(tag), mask, name, parse_vr(vr), vm)
