"""One element of each of the 34 Value Representations of PS3.5 6.2, with tags that PS3.6 gives that VR.

Implicit VR finds the VR by the tag, so no tag here is made up.
"""

from __future__ import annotations

from typing import NamedTuple

from dicomkit import DICOMDate, DICOMDateTime, DICOMTime, Tag

__all__ = ["ALL_VRS", "SAMPLES", "Sample", "attributes"]


class Sample(NamedTuple):
    """What to write, and what to read."""

    vr: str
    tag: int
    written: object
    value: object
    array: list[float] | None = None


SAMPLES = [
    Sample("AE", 0x00080054, ["STORE", "ARCHIVE 1"], ["STORE", "ARCHIVE 1"]),
    Sample("AS", 0x00101010, "045Y", "045Y"),
    Sample("AT", 0x00280009, [0x00181063, 0x00181065], [Tag(0x0018, 0x1063), Tag(0x0018, 0x1065)], [0x00181063, 0x00181065]),
    Sample("CS", 0x00080008, ["ORIGINAL", "PRIMARY", "AXIAL"], ["ORIGINAL", "PRIMARY", "AXIAL"]),
    Sample("DA", 0x00080020, "20240229", DICOMDate(2024, 2, 29)),
    Sample("DS", 0x00280030, ["0.3125", "-1.5e3"], [0.3125, -1500.0], [0.3125, -1500.0]),
    Sample("DT", 0x0008002A, "20240229120000.5+0530", DICOMDateTime.parse("20240229120000.5+0530")),
    Sample("FD", 0x00189087, 0.1, 0.1, [0.1]),
    Sample("FL", 0x00720076, [0.5, -0.25], [0.5, -0.25], [0.5, -0.25]),
    Sample("IS", 0x00200013, "-12", -12, [-12]),
    Sample("LO", 0x00080070, "A Maker", "A Maker"),
    Sample("LT", 0x00104000, "first\\line\r\nsecond", "first\\line\r\nsecond"),
    Sample("OB", 0x00720065, b"\1\2\3\4", b"\1\2\3\4", [1, 2, 3, 4]),
    Sample("OD", 0x00720073, [0.1, -2.5], None, [0.1, -2.5]),
    Sample("OF", 0x00720067, [0.5, 1.5], None, [0.5, 1.5]),
    Sample("OL", 0x00720075, [1, 0xFFFFFFFE], None, [1, 0xFFFFFFFE]),
    Sample("OV", 0x00720081, [1, 2**64 - 2], None, [1, 2**64 - 2]),
    Sample("OW", 0x00720069, [1, 0xFFFE], None, [1, 0xFFFE]),
    Sample("PN", 0x00100010, "Doe^Jane=", "Doe^Jane="),
    Sample("SH", 0x00080050, "A-1", "A-1"),
    Sample("SL", 0x0072007C, [-1, 2**31 - 1], [-1, 2**31 - 1], [-1, 2**31 - 1]),
    Sample("SQ", 0x00081115, [[(0x0020000E, "UI", "1.2.3"), (0x00280010, "US", 512)]], None),
    Sample("SS", 0x0072007E, [-2, 32767], [-2, 32767], [-2, 32767]),
    Sample("ST", 0x00080081, "Street\\1", "Street\\1"),
    Sample("SV", 0x00720082, [-(2**63), 7], [-(2**63), 7], [-(2**63), 7]),
    Sample("TM", 0x00080030, "235960.25", DICOMTime.parse("235960.25")),
    Sample("UC", 0x00080119, "a long code", "a long code"),
    Sample("UI", 0x00080018, "1.2.840.10008.1", "1.2.840.10008.1"),
    Sample("UL", 0x00720078, [0, 2**32 - 1], [0, 2**32 - 1], [0, 2**32 - 1]),
    Sample("UN", 0x0072006D, b"\5\6", b"\5\6", [5, 6]),
    Sample("UR", 0x00080120, "https://example.org/a?b=c", "https://example.org/a?b=c"),
    Sample("US", 0x00280010, 512, 512, [512]),
    Sample("UT", 0x0040A160, "text \\ with a backslash", "text \\ with a backslash"),
    Sample("UV", 0x00720083, [0, 2**64 - 1], [0, 2**64 - 1], [0, 2**64 - 1]),
]
ALL_VRS = [sample.vr for sample in SAMPLES]


def attributes() -> list[tuple[int, str, object]]:
    """All samples in the form that dicomkit.testing.data_set takes."""
    return [(sample.tag, sample.vr, sample.written) for sample in SAMPLES]
