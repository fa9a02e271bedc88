"""Attributes in words that people use."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from dicomkit.cli.console import count, printable
from dicomkit.dictionary import UIDDictionary
from dicomkit.values import DICOMDate, DICOMPersonName, DICOMTime

if TYPE_CHECKING:
    from dicomkit.cli.geometry import Stack

__all__ = ["image_words", "patient_words", "plane_words", "study_words", "text_of", "uid_name"]


class HasAttributes(Protocol):
    """A row of a scan, or what stands in for one."""

    def __getitem__(self, key: str, /) -> Any: ...


def text_of(value: object) -> str:
    """Return a value as text for people: dates with dashes, times to the minute, names without carets."""
    if value is None:
        return ""
    if isinstance(value, list):
        return "\\".join(map(text_of, value))
    if isinstance(value, DICOMDate):
        return value.isoformat()
    if isinstance(value, DICOMTime):
        return value.isoformat()[:5]
    if isinstance(value, DICOMPersonName):
        family, _, given = str.partition(str.split(value, "=")[0], "^")
        return printable(f"{family}, {given.replace('^', ' ').strip()}" if given.strip("^ ") else family)
    return printable(str(value))


def uid_name(uid: object) -> str:
    """Return the name that PS3.6 has for a UID, else the UID itself."""
    if not uid:
        return "unknown"
    entry = UIDDictionary.find_uid(str(uid))
    return entry.name if entry else printable(str(uid))


def patient_words(row: HasAttributes) -> str:
    """Return name, ID, birth date and sex."""
    parts = [text_of(row["PatientName"]) or "no name", f"ID {text_of(row['PatientID']) or 'missing'}"]
    if row["PatientBirthDate"] is not None:
        parts.append(f"born {text_of(row['PatientBirthDate'])}")
    if row["PatientSex"] is not None:
        parts.append(f"sex {text_of(row['PatientSex'])}")
    return "  ".join(parts)


def study_words(row: HasAttributes) -> str:
    """Return date, description and accession number."""
    when = " ".join(part for part in (text_of(row["StudyDate"]), text_of(row["StudyTime"])) if part)
    parts = ["Study", when or "without a date", text_of(row["StudyDescription"])]
    if row["AccessionNumber"] is not None:
        parts.append(f"accession {text_of(row['AccessionNumber'])}")
    return "  ".join(part for part in parts if part)


def image_words(row: HasAttributes, frames: int) -> str:
    """Return number, size and kind of the images."""
    parts = [f"{frames:,} of {text_of(row['Columns'])} x {text_of(row['Rows'])}"]
    if row["BitsStored"] is not None:
        parts.append(f"{text_of(row['BitsStored'])} bit")
    if row["PhotometricInterpretation"] is not None:
        parts.append(text_of(row["PhotometricInterpretation"]))
    return ", ".join(parts)


def plane_words(row: HasAttributes, stack: Stack | None) -> str:
    """Return how the images lie: plane, pixel spacing, thickness, distance and extent in mm."""
    parts = [] if stack is None else [stack.name]
    spacing = row["PixelSpacing"] or row["ImagerPixelSpacing"]
    if isinstance(spacing, list) and len(spacing) == 2 and all(isinstance(part, float) for part in spacing):
        parts.append(f"pixels {spacing[1]:.4g} x {spacing[0]:.4g} mm")
    if isinstance(row["SliceThickness"], float):
        parts.append(f"slices {row['SliceThickness']:.4g} mm thick")
    if stack is not None and stack.spacing is not None:
        parts.append(f"{count(stack.positions, 'position')} {stack.spacing:.4g} mm apart over {stack.extent:.4g} mm")
    return ", ".join(parts)
