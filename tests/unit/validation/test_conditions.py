"""Conditions of types 1C and 2C."""

from __future__ import annotations

import pytest

import dicomkit
from dicomkit import DataElement, DataSet
from dicomkit.validation.conditions import has_value, parse_condition

ROOT = DataSet()
ROOT.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
ROOT.SamplesPerPixel = 3
ROOT.NumberOfFrames = 10
ROOT.PatientName = ""
ROOT.SOPClassUID = dicomkit.uids.CTImageStorage
ROOT.FrameIncrementPointer = [0x00181063, 0x00200013]
ROOT.ReferencedImageSequence = []
ROOT.DerivationCodeSequence = [DataSet([DataElement("CodeValue", "SH", "113076"), DataElement("CodeMeaning", "LO", None)]), DataSet()]
ITEM = DataSet()
ITEM.CodeValue = "1"


@pytest.mark.parametrize(("text", "expected"), [
    ("SamplesPerPixel", True), ("Rows", False), ("PatientName", False), ("ReferencedImageSequence", False),
    ("!Rows", True), ("!SamplesPerPixel", False), ("!PatientName", False),
    ("-Rows", True), ("-PatientName", True), ("-ReferencedImageSequence", True), ("-SamplesPerPixel", False),
    ("DerivationCodeSequence.CodeValue=113076", True), ("DerivationCodeSequence.CodeValue!=113076", False),
    ("DerivationCodeSequence.CodeMeaning!=x", False), ("ReferencedImageSequence.CodeValue!=x", False),
    ("ImageType=AXIAL", True), ("ImageType=A|ORIGINAL", True), ("ImageType=ORIG", False), ("Rows=5", False),
    ("ImageType[1]=ORIGINAL", True), ("ImageType[1]=AXIAL", False), ("ImageType[9]=AXIAL", False),
    ("ImageType!=LOCALIZER", True), ("ImageType!=AXIAL", False), ("Rows!=5", False), ("ImageType[9]!=X", False),
    ("SamplesPerPixel>1", True), ("SamplesPerPixel>3", False), ("NumberOfFrames>9", True), ("Rows>1", False), ("ImageType>1", False),
    ("SOPClassUID=CTImageStorage", True), ("SOPClassUID=1.2.840.10008.5.1.4.1.1.2", True), ("SOPClassUID=MRImageStorage", False),
    ("FrameIncrementPointer=FrameTime", True), ("FrameIncrementPointer=FrameTimeVector", False),
    ("SamplesPerPixel=3 & !Rows", True), ("SamplesPerPixel=3 & Rows", False), ("Rows or SamplesPerPixel", True), ("Rows or Columns", False),
    ("Rows & Columns or !Rows & SamplesPerPixel", True),
])  # fmt: skip
def test_conditions(text, expected):
    assert parse_condition(text).is_true(ROOT, ROOT) is expected


def test_items_and_the_data_set_around_them():
    assert parse_condition("CodeValue").is_true(ITEM, ROOT)
    assert not parse_condition("SamplesPerPixel").is_true(ITEM, ROOT)
    assert parse_condition("/SamplesPerPixel>1").is_true(ITEM, ROOT)
    assert not parse_condition("/CodeValue").is_true(ITEM, ROOT)


@pytest.mark.parametrize("text", ["", "A=", "Rows<5", "Rows &", "(Rows)", "Rowes", "--Rows", "Rows.", "Rows.Rowes=1"])
def test_what_is_no_condition(text):
    with pytest.raises((ValueError, dicomkit.UnknownKeywordError)):
        parse_condition(text)


@pytest.mark.parametrize(("element", "expected"), [
    (DataElement("PatientName", "PN", "A"), True), (DataElement("PatientName", "PN", None), False),
    (DataElement("PatientName", "PN", b"    "), False), (DataElement("SOPInstanceUID", "UI", b"\0\0"), False),
    (DataElement("ImageType", "CS", b"\\ "), False), (DataElement("Rows", "US", 0), True), (DataElement("Rows", "US", None), False),
    (DataElement("ReferencedImageSequence", "SQ", [DataSet()]), True), (DataElement("ReferencedImageSequence", "SQ", []), False),
    (DataElement.encapsulated([b"ab"]), True),
])  # fmt: skip
def test_whether_there_is_a_value(element, expected):
    assert has_value(DataSet([element]), element.tag) is expected
    assert not has_value(DataSet(), element.tag)
