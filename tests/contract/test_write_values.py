"""Values are checked when they are set: length, repertoire, range, meaning, and how many there are (PS3.5 6.2, 6.4)."""

from __future__ import annotations

import datetime
import decimal

import numpy as np
import pytest

import dicomkit
from dicomkit import VR, DataElement, DataSet, InvalidValueError
from dicomkit.values.checks import check_multiplicity

PRIVATE = 0x00091001
GOOD = [
    ("AE", "STORESCU"), ("AE", " SPACES  "), ("AE", ["A", "B"]), ("AE", ""),
    ("AS", "045Y"), ("AS", "001D"),
    ("CS", "ORIGINAL"), ("CS", "A B_9"), ("CS", ["A", "", "B"]), ("CS", "X" * 16),
    ("DA", "20240229"), ("DA", datetime.date(2024, 2, 29)), ("DA", dicomkit.DICOMDate.parse("20240229")),
    ("DS", "1.5"), ("DS", " -1e-5"), ("DS", 1.5), ("DS", 3), ("DS", 1 / 3), ("DS", [0.1, "2"]), ("DS", np.float64(2.5)),
    ("DS", np.float32(2.5)),
    ("DT", "2024"), ("DT", "20240131120000.123456-0800"), ("DT", datetime.datetime(2024, 1, 31, 12, tzinfo=datetime.UTC)),
    ("FD", 1.5), ("FD", float("nan")), ("FL", [1.5, -2]), ("FL", np.arange(3.0)),
    ("IS", "12"), ("IS", -(2**31)), ("IS", 2**31 - 1), ("IS", 5.0), ("IS", np.int16(5)),
    ("LO", "x" * 64), ("LO", "é" * 64), ("LO", ["a", "b"]),
    ("LT", "a\\b\r\n\t" + "x" * 10234), ("ST", "x" * 1024), ("UT", "a\\b" * 40_000), ("UC", "x" * 70_000), ("SH", "x" * 16),
    ("OB", b"abc"), ("OW", b"ab"), ("OF", b"abcd"), ("OL", np.array([1, 2], np.uint32)), ("OD", np.array([1.5])), ("OV", bytes(16)),
    ("PN", "Doe^John"), ("PN", "=".join(["x" * 64] * 3)), ("PN", ["A^B", "C^D"]), ("PN", "a^b^c^d^e"),
    ("PN", "Yamada^Tarou=山田^太郎=やまだ^たろう"),
    ("SL", -(2**31)), ("SS", -(2**15)), ("UL", 2**32 - 1), ("US", 65535), ("UV", 2**64 - 1), ("SV", -(2**63)),
    ("US", np.array([1, 2], np.uint16)), ("US", True),
    ("TM", "12"), ("TM", "235960.999999"), ("TM", datetime.time(12, 30)),
    ("UI", "1.2.840.10008.1.1"), ("UI", "1." + "1" * 62), ("UI", ["1.2", "1.3"]), ("UI", ""),
    ("UR", "http://server/wado?x=1"), ("UR", "relative/path"), ("AT", 0x00100010), ("AT", [0x00100010, 0xFFFFFFFF]), ("UN", b"\1"),
]  # fmt: skip
BAD = [
    ("LO", "esc \x1b$B"), ("UT", "csi \x9b"),
    ("AE", "x" * 17), ("AE", "é"), ("AE", "a\nb"),
    ("AS", "45Y"), ("AS", "٠٤٥Y"), ("AS", "045X"),
    ("CS", "lower"), ("CS", "X" * 17), ("CS", "A-B"), ("CS", "É"), ("CS", 5),
    ("DA", "2024.02.29"), ("DA", "20240231"), ("DA", "2024"), ("DA", "20240101-20240201"), ("DA", 20240101), ("DA", "²⁰²⁴⁰¹⁰¹"),
    ("DS", "1,5"), ("DS", "1" * 17), ("DS", float("nan")), ("DS", float("inf")), ("DS", "nan"), ("DS", "0x10"), ("DS", "1_0"), ("DS", True),
    ("DS", "١٢"), ("DS", object()),
    ("DT", "20241301"), ("DT", "x"), ("DT", "2024-01-01"),
    ("FD", "1.5"), ("FL", 1e39), ("FL", [1, None]),
    ("IS", "1.5"), ("IS", 1.5), ("IS", 2**31), ("IS", "2147483648"), ("IS", "1" * 13), ("IS", float("nan")),
    ("LO", "x" * 65), ("LO", "a\nb"), ("LO", ["a\\b", "c"]), ("LO", "\ud800"), ("LO", "esc \x1b$B"),
    ("LO", "a\x85b"), ("SH", "x" * 17), ("LO", 5), ("LO", None, None),
    ("LT", "x" * 10241), ("LT", ["a", "b"]), ("ST", "x" * 1025), ("LT", "a\0b"), ("UT", "a\x07"),
    ("OB", "text"), ("OB", 5), ("OW", b"abc"), ("OF", b"abcde"), ("OV", bytes(12)), ("OB", [1, 2]), ("OD", np.array([1], np.float32)),
    ("PN", "x" * 65), ("PN", "a=b=c=d"), ("PN", "a^b^c^d^e^f"), ("PN", "a\nb"), ("PN", "=".join(["x" * 65, "y"])),
    ("SL", 2**31), ("SS", 2**15), ("UL", -1), ("UL", 2**32), ("US", 65536), ("US", -1), ("US", 1.5), ("US", "1"), ("US", b"\1"),
    ("UV", 2**64),
    ("US", decimal.Decimal(1)), ("SV", 2**63),
    ("TM", "12:30"), ("TM", "2560"), ("TM", "1"), ("TM", "120000.1234567"),
    ("UI", "1.02"), ("UI", "x" * 5), ("UI", "1." + "1" * 63), ("UI", "1..2"), ("UI", ".1"),
    ("UR", "http://a b"), ("UR", "ü"), ("AT", -1), ("AT", 2**32), ("AT", "PatientName"), ("UN", 5), ("UN", "text"),
]  # fmt: skip
BAD = [case[:2] for case in BAD if len(case) == 2]


@pytest.mark.parametrize(("vr", "value"), GOOD, ids=lambda case: str(case)[:20])
def test_what_a_vr_holds(vr, value):
    made = DataElement(PRIVATE, vr, value)
    assert len(made.value_data) % 2 == 0
    assert VR(made.vr) == vr


@pytest.mark.parametrize(("vr", "value"), BAD, ids=lambda case: str(case)[:20])
def test_what_it_does_not(vr, value):
    with pytest.raises(InvalidValueError) as caught:
        DataElement(PRIVATE, vr, value)
    assert caught.value.tag == PRIVATE
    assert "(0009,1001)" in str(caught.value)


def test_messages_never_hold_the_value():
    for vr, value in BAD:
        if isinstance(value, str) and len(value) > 7 and not value.startswith(("2024", "http", "1" * 13)):
            with pytest.raises(InvalidValueError) as caught:
                DataElement(PRIVATE, vr, value)
            assert value not in str(caught.value)
            assert caught.value.__cause__ is None


@pytest.mark.parametrize(("keyword", "value"), [
    ("PixelSpacing", 0.5), ("PixelSpacing", "0.5"), ("PixelSpacing", [1, 2, 3]), ("ImagePositionPatient", [1, 2]), ("Rows", [1, 2]),
    ("PatientID", ["A", "B"]), ("PatientID", "A\\B"), ("ImageType", "ORIGINAL"), ("EventElapsedTimes", []), ("ContourData", [1, 2, 3, 4]),
    ("ImageOrientationPatient", [1] * 7), ("PatientName", "A^B\\C^D"),
])  # fmt: skip
def test_how_many_values(keyword, value):
    ds = DataSet()
    if value == []:
        ds[keyword] = value
        assert ds[keyword].vm == 0
        return
    with pytest.raises(InvalidValueError) as caught:
        ds[keyword] = value
    assert caught.value.tag == ds.__class__([DataElement(keyword, "UN", None)]).tags[0]
    assert keyword not in ds


@pytest.mark.parametrize(("keyword", "value"), [
    ("PixelSpacing", [0.5, 0.5]), ("PixelSpacing", "0.5\\0.5"), ("ImageType", ["ORIGINAL", "PRIMARY"]), ("OtherPatientNames", ["A", "B",
    "C"]),
    ("WindowCenter", [40, 50, 60]), ("PatientComments", "a\\b"), ("ContourData", [1, 2, 3, 4, 5, 6]), ("SpecificCharacterSet", ["",
    "ISO 2022 IR 87"]),
    ("LUTDescriptor", [256, 0, 16]), ("PixelSpacing", ""), ("PixelSpacing", []),
])  # fmt: skip
def test_as_many_as_there_may_be(keyword, value):
    ds = DataSet()
    ds[keyword] = value
    assert keyword in ds


@pytest.mark.parametrize(("tag", "count", "is_right"), [
    (0x00100010, 1, True), (0x00100010, 2, False), (0x00080008, 1, False), (0x00080008, 7, True), (0x30060050, 9, True),
    (0x30060050, 10, False),
    (0x00091001, 5, True), (0x60003000, 1, True), (0x00100010, 0, True), (0x00186060, 3, True),
])  # fmt: skip
def test_multiplicity(tag, count, is_right):
    assert (check_multiplicity(tag, count) is None) == is_right


def test_every_vm_of_the_dictionary_is_understood():
    entries = [entry for entry in dicomkit.DataElementDictionary.entries() if entry.vm]
    assert {entry.vm for entry in entries if check_multiplicity(entry.tag, 10_007) is None} == {"1-n", "2-n", "3-n", "6-n"}


# Setters.

SETTERS = {
    "uint16": ("Rows", 5, "US"), "uint32": ("SimpleFrameList", 5, "UL"), "uint64": (PRIVATE, 5, "UV"), "int16": (PRIVATE, -5, "SS"),
    "int32": ("ReferencePixelX0", -5, "SL"), "int64": (PRIVATE, -5, "SV"), "float32": (PRIVATE, 1.5, "FL"), "float64": (PRIVATE, 1.5, "FD"),
    "tag": ("FrameIncrementPointer", 0x00181063, "AT"), "date": ("StudyDate", "20240101", "DA"), "time": ("StudyTime", "12", "TM"),
    "date_time": ("AcquisitionDateTime", "2024", "DT"), "age": ("PatientAge", "045Y", "AS"),
    "decimal_string": ("SliceThickness", 1.5, "DS"),
    "integer_string": ("InstanceNumber", 5, "IS"), "person_name": ("PatientName", "A^B", "PN"), "uid": ("SOPInstanceUID", "1.2", "UI"),
    "application_entity": ("StationAETitle", "A", "AE"), "code_string": ("Modality", "CT", "CS"), "universal_resource": ("RetrieveURL",
    "http://a", "UR"),
}  # fmt: skip


@pytest.mark.parametrize("name", SETTERS)
def test_write_1_setters(name):
    key, value, vr = SETTERS[name]
    ds = DataSet()
    getattr(ds, f"set_{name}")(key, value)
    assert ds[key].vr == vr
    read = ds[key].value
    assert str(int(read) if vr == "AT" else getattr(read, "dicom_string", read)) == str(value)
    getattr(ds, f"set_{name}")(key, None)
    assert ds[key].value is None
    several = f"set_{name}s" if name != "application_entity" else "set_application_entities"
    if hasattr(ds, several):
        getattr(ds, several)(PRIVATE, [value, value])
        assert ds[PRIVATE].vm == 2
    with pytest.raises(InvalidValueError):
        getattr(ds, f"set_{name}")("PixelData", value)


def test_write_1_text_and_bytes():
    ds = DataSet()
    ds.set_string("PatientComments", "a\\b")
    ds.set_strings("ImageType", ["A", "B"])
    ds.set_string(PRIVATE, "x", vr="UC")
    ds.set_data("PixelData", b"abc", "OB")
    ds.set_data(0x00091002, b"abc", "UN")
    ds.set_sequence("ReferencedStudySequence", [DataSet()])
    assert ds.PatientComments == "a\\b"
    assert ds.ImageType == ["A", "B"]
    assert ds["PixelData"].value == b"abc\0"
    assert ds.sequence_item_count("ReferencedStudySequence") == 1
    for wrong in (lambda: ds.set_string("Rows", "5"), lambda: ds.set_string("ImageType", ["A"]), lambda: ds.set_string(0x000B1001, "x")):
        with pytest.raises(InvalidValueError):
            wrong()
    ds.remove("PatientComments")
    ds.remove("PatientComments")
    assert "PatientComments" not in ds


def test_setters_allow_what_the_dictionary_leaves_open():
    ds = DataSet()
    ds.set_int16("SmallestImagePixelValue", -5)
    ds.set_uint16("SmallestImagePixelValue", 5)
    ds.set_uint16s("LUTData", [1, 2])
    with pytest.raises(InvalidValueError):
        ds.set_uint32("SmallestImagePixelValue", 5)


def test_an_item_that_was_set_stays_the_same_object():
    ds, item = DataSet(), DataSet()
    ds.set_sequence("ReferencedStudySequence", [item])
    item.PatientID = "later"
    assert ds.ReferencedStudySequence[0].PatientID == "later"


def test_a_failed_assignment_leaves_the_old_value():
    ds = DataSet()
    ds.Rows = 5
    with pytest.raises(InvalidValueError):
        ds.Rows = 70_000
    assert ds.Rows == 5


@pytest.mark.parametrize("text", ["1.0", "0.10", "+5", " 5 ", "1e3"])
def test_numbers_keep_the_text_that_was_read(text):
    from dicomkit.testing import data_set, part10

    file = dicomkit.read(part10(data_set([(0x00180050, "DS", text)])))
    before = bytes(file["SliceThickness"].value_data)
    file.SliceThickness = file.SliceThickness
    assert bytes(file["SliceThickness"].value_data).strip() == before.strip()
