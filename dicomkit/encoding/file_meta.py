"""File Meta Information (PS3.10 7.1): made for new files, and kept consistent in those that were read."""

from __future__ import annotations

from functools import lru_cache

from dicomkit.dataset import DataSet
from dicomkit.element import DataElement
from dicomkit.encoding.data_set_writer import is_as_read, was_read
from dicomkit.encoding.made_elements import was_replaced
from dicomkit.errors import MissingRequiredElementError
from dicomkit.transfer_syntax import TransferSyntax
from dicomkit.uids import MediaStorageDirectoryStorage
from dicomkit.version import __version__

__all__ = ["IMPLEMENTATION_CLASS_UID", "IMPLEMENTATION_VERSION_NAME", "complete_file_meta", "is_file_meta_right"]

IMPLEMENTATION_CLASS_UID = "2.25.154680887867032703562742512181308456202"
"""What dicomkit calls itself in files and associations (PS3.7 D.3.3.2): a UUID of its own, under the root for those (PS3.5 B.2)."""

IMPLEMENTATION_VERSION_NAME = f"DICOMKIT_{__version__}"[:16]
"""The same with the version, at most 16 characters."""

GROUP_LENGTH = 0x00020000
VERSION = 0x00020001
MEDIA_STORAGE_CLASS = 0x00020002
MEDIA_STORAGE_INSTANCE = 0x00020003
TRANSFER_SYNTAX = 0x00020010
IMPLEMENTATION_CLASS = 0x00020012
IMPLEMENTATION_NAME = 0x00020013
SOP_CLASS = 0x00080016
SOP_INSTANCE = 0x00080018
GROUP_LENGTH_ELEMENT_SIZE = 12
_VERSION = DataElement(VERSION, "OB", b"\0\1")
_CLASS = DataElement(IMPLEMENTATION_CLASS, "UI", IMPLEMENTATION_CLASS_UID)
_NAME = DataElement(IMPLEMENTATION_NAME, "SH", IMPLEMENTATION_VERSION_NAME)
# Each must say the same as the other (PS3.10 7.1); the data set's counts.
_PAIRS = ((MEDIA_STORAGE_CLASS, SOP_CLASS), (MEDIA_STORAGE_INSTANCE, SOP_INSTANCE))


def is_file_meta_right(meta: DataSet, data_set: DataSet, syntax: TransferSyntax, *, lenient: bool = False) -> bool:
    """Whether File Meta Information that was read can stand before a data set as it is: untouched, and with nothing wrong in it.

    To the lenient it is right if it was read and names the syntax.
    """
    if not is_as_read(meta) or not _is_syntax_right(meta, syntax):
        return False
    if lenient:
        return True
    for theirs, ours in _PAIRS:
        uid = data_set.get(ours)
        if uid is not None and meta.get(theirs) != uid:
            return False
    elements = meta.all_elements
    if not elements or elements[0].tag != GROUP_LENGTH:
        return False
    first, last = elements[0], elements[-1]
    end = (last.offset or 0) + (12 if last.vr.has_long_length else 8) + last.value_length
    return bool(first.value == end - (first.offset or 0) - GROUP_LENGTH_ELEMENT_SIZE)


def complete_file_meta(meta: DataSet, data_set: DataSet, syntax: TransferSyntax, *, lenient: bool = False) -> DataSet:
    """Return File Meta Information for a data set that dicomkit writes, without its group length.

    What ``meta`` has and what need not change is kept; class and instance come from the data set where it has them; implementation
    class and version are dicomkit's, unless they were set.

    Raises
    ------
    MissingRequiredElementError
        If the data set was made here, or read, with SOP class and instance, and has them no more, and not ``lenient``. A directory
        has them in File Meta Information only.
    """
    complete = meta.copy()
    if VERSION not in complete:
        complete[VERSION] = _VERSION
    for theirs, ours in _PAIRS:
        uid = data_set.get(ours)
        if uid is not None:
            if complete.get(theirs) != uid:
                text = str(uid).encode("latin-1", "replace")
                complete[theirs] = DataElement(theirs, "UI", text + b"\0" * (len(text) % 2))  # bytes: what was read is not judged
        elif not lenient and _is_missed(complete, data_set, theirs, ours):
            raise MissingRequiredElementError(data_set_keyword(ours), "File Meta Information")
    if not _is_syntax_right(complete, syntax):
        complete[TRANSFER_SYNTAX] = _syntax_element(syntax.uid)
    if not _was_set(meta, IMPLEMENTATION_CLASS):
        complete[IMPLEMENTATION_CLASS] = _CLASS
        if not _was_set(meta, IMPLEMENTATION_NAME):
            complete[IMPLEMENTATION_NAME] = _NAME
    if GROUP_LENGTH in complete:
        del complete[GROUP_LENGTH]
    return complete


def _is_missed(meta: DataSet, data_set: DataSet, theirs: int, ours: int) -> bool:
    """Whether a data set without a UID should have it: a directory need not (PS3.3 F.2.2), nor one that was read without it."""
    if meta.get(MEDIA_STORAGE_CLASS) == MediaStorageDirectoryStorage:
        return meta.get(theirs) is None
    return was_replaced(data_set, ours) or not was_read(data_set)


@lru_cache(maxsize=64)
def _syntax_element(uid: str) -> DataElement:
    return DataElement(TRANSFER_SYNTAX, "UI", uid)


def data_set_keyword(tag: int) -> str:
    """Return the keyword of SOP Class UID or SOP Instance UID."""
    return "SOPClassUID" if tag == SOP_CLASS else "SOPInstanceUID"


def _was_set(meta: DataSet, tag: int) -> bool:
    """Whether an element was made, not read."""
    return tag in meta and meta[tag].offset is None


def _is_syntax_right(meta: DataSet, syntax: TransferSyntax) -> bool:
    """Whether Transfer Syntax UID names the syntax; one that PS3.6 does not have was guessed around, and stays."""
    uid = meta.get(TRANSFER_SYNTAX)
    if not isinstance(uid, str):
        return False
    if uid == syntax.uid:
        return True
    named = TransferSyntax.from_uid(uid)
    return named is None or named == syntax
