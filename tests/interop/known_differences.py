"""Where dicomkit and pydicom read a real file differently, and who is right by the Standard.

The test beside this file allows exactly these differences; docs/reference/differences.md shows them.
"""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["DIFFERENCES", "REFUSED", "Difference"]

REFUSED = "refused"


class Difference(NamedTuple):
    """One difference in one file.

    Attributes
    ----------
    file
        The file, from the folder of its corpus on.
    path
        The element; empty for the file as a whole.
    kind
        ``refused`` (dicomkit raises, and is read with ``partial=True`` for the rest of the comparison), ``value``, ``vr``,
        ``items``, ``only dicomkit``, ``only pydicom``.
    pydicom, dicomkit
        What each makes of it.
    dcmtk
        What dcmdump prints of the element, ``refused`` if it ends with an error.
    right
        Who is right.
    reason
        Why.
    section
        The section of the Standard that says so.
    """

    file: str
    path: str
    kind: str
    pydicom: str
    dicomkit: str
    dcmtk: str
    right: str
    reason: str
    section: str


DIFFERENCES = [
    Difference(
        file="charset_files/chrX1.dcm",
        path="(0010,0010)",
        kind="value",
        pydicom="drops the trailing `=`",
        dicomkit="keeps the text as stored; `DICOMPersonName.dicom_string` drops it",
        dcmtk="[Wang^XiaoDong=王^小東=]",
        right="both",
        reason="Trailing empty component groups may be left out with their delimiters, and need not be.",
        section="PS3.5 6.2.1",
    ),
    Difference(
        file="charset_files/chrX2.dcm",
        path="(0010,0010)",
        kind="value",
        pydicom="drops the trailing `=`",
        dicomkit="keeps the text as stored; `DICOMPersonName.dicom_string` drops it",
        dcmtk="[Wang^XiaoDong=王^小东=]",
        right="both",
        reason="Trailing empty component groups may be left out with their delimiters, and need not be.",
        section="PS3.5 6.2.1",
    ),
    Difference(
        file="test_files/MR_truncated.dcm",
        path="",
        kind=REFUSED,
        pydicom="reads it with a warning",
        dicomkit="`UnexpectedEndOfDataError`; with `partial=True` everything before the element that was cut",
        dcmtk=REFUSED,
        right="dicomkit",
        reason="The value field has fewer bytes than its Value Length announces.",
        section="PS3.5 7.1.1",
    ),
    Difference(
        file="test_files/MR_truncated.dcm",
        path="(7FE0,0010)",
        kind="only pydicom",
        pydicom="the 8,130 bytes that are there of 8,192",
        dicomkit="an element that was cut is not an element",
        dcmtk=REFUSED,
        right="dicomkit",
        reason="The value field has fewer bytes than its Value Length announces.",
        section="PS3.5 7.1.1",
    ),
    Difference(
        file="test_files/dicomdirtests/DICOMDIR-nooffset",
        path="",
        kind=REFUSED,
        pydicom="reads it",
        dicomkit="`UnexpectedEndOfDataError`; with `partial=True` all 52 items",
        dcmtk="(0004,1220) SQ (Sequence with explicit length #=52)",
        right="dicomkit",
        reason="The last item announces 248 bytes where its sequence, and the file, have 224 left.",
        section="PS3.5 7.5.1",
    ),
    Difference(
        file="test_files/no_meta.dcm",
        path="",
        kind=REFUSED,
        pydicom="reads it with `force=True`",
        dicomkit="`UnexpectedEndOfDataError`, with `force=True` too",
        dcmtk=REFUSED,
        right="dicomkit",
        reason="A stray byte stands before the first tag: its length passes the end of the file.",
        section="PS3.5 7.1.1",
    ),
    Difference(
        file="test_files/no_meta.dcm",
        path="(0820,0500)",
        kind="only pydicom",
        pydicom="one element of 38,863 bytes, the whole file",
        dicomkit="an element that passes the end of the data is not an element",
        dcmtk=REFUSED,
        right="dicomkit",
        reason="A stray byte stands before the first tag: its length passes the end of the file.",
        section="PS3.5 7.1.1",
    ),
    Difference(
        file="test_files/rtplan_truncated.dcm",
        path="",
        kind=REFUSED,
        pydicom="reads it with a warning",
        dicomkit="`UnexpectedEndOfDataError`; with `partial=True` everything before the cut",
        dcmtk=REFUSED,
        right="dicomkit",
        reason="The file ends within a sequence of defined length.",
        section="PS3.5 7.5.1",
    ),
    Difference(
        file="test_files/rtplan_truncated.dcm",
        path="(300A,00B0)[0].(300A,0111)[0].(300A,012C)",
        kind="only pydicom",
        pydicom="the 29 bytes that are there of 50",
        dicomkit="an element that was cut is not an element",
        dcmtk=REFUSED,
        right="dicomkit",
        reason="The value field has fewer bytes than its Value Length announces.",
        section="PS3.5 7.1.1",
    ),
    Difference(
        file="pydicom-data/emri_small_jpeg_2k_lossless_too_short.dcm",
        path="",
        kind="only dicomkit",
        pydicom="an empty data set",
        dicomkit="the data set with its ten fragments, and a warning",
        dcmtk=REFUSED,
        right="dicomkit",
        reason="The Sequence Delimitation Item after the last fragment is missing; all else is there.",
        section="PS3.5 A.4",
    ),
]
