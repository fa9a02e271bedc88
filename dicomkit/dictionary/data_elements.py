"""The registry of DICOM data elements (PS3.6 6 to 9) and of command elements (PS3.7 E)."""

from __future__ import annotations

from dicomkit._core import dictionary_table
from dicomkit.dictionary.entry import Entry, format_pattern, parse_vr
from dicomkit.errors import UnknownKeywordError
from dicomkit.tag import Tag
from dicomkit.vr import VR

TYPE_CHECKING = False  # typing's own costs 8 ms at start-up
if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["DICOM_STANDARD_EDITION", "DataElementDictionary", "DataElementEntry", "suggest_keywords"]

DICOM_STANDARD_EDITION: str = dictionary_table.standard_edition()
"""The edition of the Standard that the dictionaries hold."""


class DataElementEntry(Entry):
    """One row of the registry of data elements (PS3.6 6).

    Attributes
    ----------
    tag
        The tag; of a repeating group (PS3.5 7.6) the first one.
    mask
        The bits of ``tag`` that count: 0xFFFFFFFF, or 0xFF00FFFF for (60xx,3000).
    keyword
        The keyword, "" for the few retired elements without one.
    name
        The name in words.
    vr
        The Value Representations, the default one first. Empty for items and delimiters, which have none.
    vm
        The Value Multiplicity as PS3.6 writes it: "1", "2-n", "3-3n".
    is_retired
        Whether the element is retired.
    """

    __slots__ = ("is_retired", "keyword", "mask", "name", "tag", "vm", "vr")
    __match_args__ = ("tag", "mask", "keyword", "name", "vr", "vm", "is_retired")

    tag: Tag
    mask: int
    keyword: str
    name: str
    vr: tuple[VR, ...]
    vm: str
    is_retired: bool

    @property
    def is_repeating(self) -> bool:
        """Whether the entry stands for several tags."""
        return self.mask != 0xFFFFFFFF

    @property
    def tag_pattern(self) -> str:
        """The tag as PS3.6 writes it: ``(0010,0010)``, ``(60xx,3000)``."""
        return format_pattern(self.tag, self.mask)

    def __str__(self) -> str:
        vr = " or ".join(self.vr) or "no VR"
        return f"{self.tag_pattern} {self.name}, {vr}, {self.vm}" + (", retired" if self.is_retired else "")


class DataElementDictionary:
    """All data elements of PS3.6 and PS3.7, looked up by tag or keyword.

    The dictionary has no state: its methods belong to the class.
    """

    edition = DICOM_STANDARD_EDITION

    @staticmethod
    def find_tag(tag: int) -> DataElementEntry | None:
        """Return the entry of a tag, or None; a tag of a repeating group finds the group's entry."""
        row = dictionary_table.find_element(tag) if 0 <= tag <= 0xFFFFFFFF else None
        return _entry(row) if row else None

    @staticmethod
    def find_keyword(keyword: str) -> DataElementEntry | None:
        """Return the entry of a keyword, spelt exactly, or None."""
        row = dictionary_table.find_keyword_element(keyword)
        return _entry(row) if row else None

    @staticmethod
    def get_keyword(keyword: str) -> DataElementEntry:
        """Return the entry of a keyword, spelt exactly.

        Raises
        ------
        UnknownKeywordError
            If PS3.6 does not have it; the error suggests the nearest keywords.
        """
        row = dictionary_table.find_keyword_element(keyword)
        if not row:
            raise UnknownKeywordError(keyword, suggest_keywords)
        return _entry(row)

    @staticmethod
    def entries() -> Iterator[DataElementEntry]:
        """Return all entries in the order of their tags."""
        return (_entry(dictionary_table.get_element(number)) for number in range(dictionary_table.element_count()))

    @staticmethod
    def count() -> int:
        """Return the number of entries."""
        return dictionary_table.element_count()


def suggest_keywords(name: str, count: int = 3) -> tuple[str, ...]:
    """Return the keywords that ``name`` could have meant, nearest first: wrong case, wrong letters, a beginning, or the name in words."""
    return tuple(dictionary_table.nearest_keywords(name, count))


def _entry(row: tuple[int, int, str, str, str, str, bool]) -> DataElementEntry:
    tag, mask, keyword, name, vr, vm, is_retired = row
    return DataElementEntry(Tag(tag), mask, keyword, name, parse_vr(vr), vm, is_retired)
