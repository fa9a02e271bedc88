"""The registry of unique identifiers (PS3.6 Annex A)."""

from __future__ import annotations

from enum import StrEnum

from dicomkit._core import dictionary_table
from dicomkit.dictionary.entry import Entry

TYPE_CHECKING = False  # typing's own costs 8 ms at start-up
if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["UIDDictionary", "UIDEntry", "UIDType", "suggest_uid_keywords"]


class UIDType(StrEnum):
    """What a UID identifies, in the words of PS3.6 Table A-1 to A-4."""

    TRANSFER_SYNTAX = "Transfer Syntax"
    SOP_CLASS = "SOP Class"
    META_SOP_CLASS = "Meta SOP Class"
    SERVICE_CLASS = "Service Class"
    WELL_KNOWN_SOP_INSTANCE = "Well-known SOP Instance"
    WELL_KNOWN_FRAME_OF_REFERENCE = "Well-known frame of reference"
    SYNCHRONIZATION_FRAME_OF_REFERENCE = "Synchronization Frame of Reference"
    LDAP_OID = "LDAP OID"
    CODING_SCHEME = "Coding Scheme"
    DICOM_UIDS_AS_CODING_SCHEME = "DICOM UIDs as a Coding Scheme"
    APPLICATION_CONTEXT_NAME = "Application Context Name"
    APPLICATION_HOSTING_MODEL = "Application Hosting Model"
    MAPPING_RESOURCE = "Mapping Resource"

    @property
    def is_well_known(self) -> bool:
        """Whether the UID names one thing that exists once: an instance or a frame of reference."""
        return self in (
            UIDType.WELL_KNOWN_SOP_INSTANCE,
            UIDType.WELL_KNOWN_FRAME_OF_REFERENCE,
            UIDType.SYNCHRONIZATION_FRAME_OF_REFERENCE,
        )


class UIDEntry(Entry):
    """One registered UID (PS3.6 Annex A).

    Attributes
    ----------
    uid
        The UID.
    keyword
        The keyword, "" for the few retired UIDs without one.
    name
        The name in words, "" for the same few.
    uid_type
        What the UID identifies.
    is_retired
        Whether the UID is retired.
    """

    __slots__ = ("is_retired", "keyword", "name", "uid", "uid_type")
    __match_args__ = ("uid", "keyword", "name", "uid_type", "is_retired")

    uid: str
    keyword: str
    name: str
    uid_type: UIDType
    is_retired: bool

    def __str__(self) -> str:
        return f"{self.name} ({self.uid}), {self.uid_type}" + (", retired" if self.is_retired else "")


class UIDDictionary:
    """All registered UIDs, looked up by UID or keyword."""

    @staticmethod
    def find_uid(uid: str) -> UIDEntry | None:
        """Return the entry of a UID, or None."""
        row = dictionary_table.find_uid(uid)
        return _entry(row) if row else None

    @staticmethod
    def find_keyword(keyword: str) -> UIDEntry | None:
        """Return the entry of a keyword, spelt exactly, or None."""
        row = dictionary_table.find_uid_keyword(keyword)
        return _entry(row) if row else None

    @staticmethod
    def entries(uid_type: UIDType | None = None) -> Iterator[UIDEntry]:
        """Return the entries of one type, or all, in the order of their UIDs."""
        rows = (dictionary_table.get_uid(number) for number in range(dictionary_table.uid_count()))
        return (_entry(row) for row in rows if uid_type is None or row[3] == uid_type)

    @staticmethod
    def transfer_syntaxes() -> tuple[UIDEntry, ...]:
        """Return the transfer syntaxes, retired ones too."""
        return tuple(UIDDictionary.entries(UIDType.TRANSFER_SYNTAX))

    @staticmethod
    def sop_classes() -> tuple[UIDEntry, ...]:
        """Return the SOP classes, retired ones too, without the meta SOP classes."""
        return tuple(UIDDictionary.entries(UIDType.SOP_CLASS))

    @staticmethod
    def count() -> int:
        """Return the number of entries."""
        return dictionary_table.uid_count()


def suggest_uid_keywords(name: str, count: int = 3) -> tuple[str, ...]:
    """Return the keywords of UIDs that ``name`` could have meant, nearest first."""
    return tuple(dictionary_table.nearest_uid_keywords(name, count))


def _entry(row: tuple[str, str, str, str, bool]) -> UIDEntry:
    uid, keyword, name, uid_type, is_retired = row
    return UIDEntry(uid, keyword, name, UIDType(uid_type), is_retired)
