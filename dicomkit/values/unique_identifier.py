"""Unique identifiers: the values of VR UI (PS3.5 6.2, 9)."""

from __future__ import annotations

from dicomkit.dictionary import UIDDictionary, UIDType
from dicomkit.values.text_value import TextValue

__all__ = ["DICOMUniqueIdentifier"]

_MAX_LENGTH = 64
_DICOM_ROOT = "1.2.840.10008"
_TRANSFER_SYNTAX_ROOT = "1.2.840.10008.1.2"
_ROOT_COMPONENTS = 4


class DICOMUniqueIdentifier(TextValue):
    """A UID: up to 64 digits and dots, no component empty or with a leading zero. It is a ``str``.

    One that was read from a data set may break these rules; `parse` and the constructor keep to them.

    Parameters
    ----------
    value
        The UID; a NUL or spaces at the end are padding.

    Raises
    ------
    InvalidValueError
        If it is no UID.
    """

    __slots__ = ()
    _RULE = "a UID of up to 64 digits and dots"

    @classmethod
    def _normalize(cls, text: str) -> str | None:
        text = text.strip(" \0")
        if len(text) > _MAX_LENGTH or not text.isascii():
            return None
        for component in text.split("."):
            if not component.isdigit() or (component[0] == "0" and component != "0"):
                return None
        return text

    @property
    def padded_value(self) -> str:
        """The UID padded with a NUL to an even number of characters (PS3.5 9.1)."""
        return self.dicom_string + "\0" * (len(self) % 2)

    @property
    def components(self) -> tuple[str, ...]:
        """The numbers between the dots, as text."""
        return tuple(self.split("."))

    @property
    def component_count(self) -> int:
        """How many components there are."""
        return self.count(".") + 1

    @property
    def root(self) -> str:
        """The root: that of DICOM, 1.2.840.10008, or else the first four components."""
        if self.is_standard_dicom:
            return _DICOM_ROOT
        return ".".join(self.components[:_ROOT_COMPONENTS])

    @property
    def suffix(self) -> str | None:
        """What follows the root and its dot, or None if nothing does."""
        return self.dicom_string[len(self.root) + 1 :] or None

    @property
    def is_standard_dicom(self) -> bool:
        """Whether the UID lies below the root of DICOM (PS3.5 Annex A, PS3.6 Annex A)."""
        return self == _DICOM_ROOT or self.startswith(f"{_DICOM_ROOT}.")

    @property
    def is_transfer_syntax(self) -> bool:
        """Whether the UID is 1.2.840.10008.1.2 or lies below it, as those of transfer syntaxes do."""
        return self == _TRANSFER_SYNTAX_ROOT or self.startswith(f"{_TRANSFER_SYNTAX_ROOT}.")

    @property
    def is_sop_class(self) -> bool:
        """Whether PS3.6 Annex A registers the UID as that of a SOP class, or of a meta SOP class."""
        entry = UIDDictionary.find_uid(self.dicom_string)
        return entry is not None and entry.uid_type in (UIDType.SOP_CLASS, UIDType.META_SOP_CLASS)
