"""Data sets of other libraries."""

from __future__ import annotations

import io
from collections.abc import MutableSequence

from dicomkit._core.element_scan import ScanLimits, scan
from dicomkit.dataset import DataSet, data_set_from_index
from dicomkit.element import DataElement
from dicomkit.vr import VR

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from dicomkit.tag import Tag

__all__ = ["from_pydicom"]

_VRS = frozenset(map(str, VR))
_CHARACTERS = frozenset({"LO", "LT", "PN", "SH", "ST", "UC", "UT"})  # VRs with those of Specific Character Set
_LIMITS = ScanLimits(max_depth=256)


def from_pydicom(data_set: Any) -> DataSet:
    """Return a data set with the elements of a ``pydicom.Dataset``, of all levels.

    pydicom encodes it, and so decides what becomes of values that are wrong; the bytes of what it read and nobody looked at stay as
    they were. Text that its character set does not have, for which pydicom writes question marks, comes as UTF-8. File Meta Information
    is no part of it.

    Raises
    ------
    EncodingError
        If pydicom writes something that is no data set.
    """
    from pydicom.filebase import DicomIO  # lazy: start-up
    from pydicom.filewriter import write_dataset  # lazy: start-up

    is_implicit, is_little_endian = data_set.original_encoding
    encoded = io.BytesIO()
    out = DicomIO(encoded)
    # What it read, it copies if the encoding is the same.
    out.is_implicit_VR = bool(is_implicit)
    out.is_little_endian = True if is_little_endian is None else bool(is_little_endian)
    write_dataset(out, data_set)
    index = scan(encoded.getvalue(), is_implicit_vr=out.is_implicit_VR, is_big_endian=not out.is_little_endian, limits=_LIMITS)
    if index is None:
        return DataSet()
    made = data_set_from_index(index)
    _put_right(made, data_set, is_implicit_vr=out.is_implicit_VR)
    return made


def _put_right(made: DataSet, theirs: Any, *, is_implicit_vr: bool) -> None:
    """Give elements that were set in pydicom what its encoding has no place for: VRs that no dictionary has, and characters."""
    for tag in made.tags:
        element = made[tag]
        source = theirs.get_item(int(tag))
        if source is None or source.is_raw:  # as it was read
            continue
        vr = str(source.VR)
        if is_implicit_vr and vr != element.vr and vr in _VRS and vr != VR.UN and (tag.is_private or element.vr is VR.UN):
            items = [from_pydicom(item) for item in source.value] if vr == VR.SQ else bytes(element.value_data)
            made[tag] = DataElement(tag, vr, items)
        elif element.is_sequence:
            for ours, item in zip(element.sequence_items or [], source.value, strict=False):
                _put_right(ours, item, is_implicit_vr=is_implicit_vr)
        if vr in _CHARACTERS:
            _put_text_right(made, tag, vr, source.value)


def _put_text_right(made: DataSet, tag: Tag, vr: str, value: Any) -> None:
    """Set text of which pydicom wrote characters as question marks, and declare UTF-8 for the data set it stands in."""
    text = "\\".join(map(str, value if isinstance(value, MutableSequence) else [value]))
    if text.isascii() or "\ufffd" in text:
        return
    written = "\\".join(made.strings(tag) or [])
    if written.count("?") > text.count("?"):
        made[tag] = DataElement(tag, vr, text.encode("utf-8", "replace"))
        made["SpecificCharacterSet"] = "ISO_IR 192"
