"""The DICOM JSON Model (PS3.18 F), both ways, beside pydicom's."""

from __future__ import annotations

import base64
import json
import traceback

import pytest

import dicomkit
from dicomkit import DataElement, DataSet
from dicomkit.errors import EncodingError, InvalidValueError, ParsingError
from dicomkit.testing import EXPLICIT_VR_BIG_ENDIAN, data_set, encapsulated, part10


def made():
    return DataSet([
        DataElement("SpecificCharacterSet", "CS", "ISO_IR 192"),
        DataElement("ImageType", "CS", ["ORIGINAL", "PRIMARY"]),
        DataElement("StudyDate", "DA", "20240229"),
        DataElement("PatientName", "PN", "Yamada^Tarou=山田^太郎=やまだ^たろう"),
        DataElement("PatientID", "LO", None),
        DataElement("SliceThickness", "DS", "1.50"),
        DataElement("InstanceNumber", "IS", "5"),
        DataElement("Rows", "US", 512),
        DataElement("FrameIncrementPointer", "AT", [0x00181063]),
        DataElement(0x00720082, "SV", -(2**63)),
        DataElement(0x00189087, "FD", float("nan")),
        DataElement("ReferencedStudySequence", "SQ", [DataSet([DataElement("ReferencedSOPClassUID", "UI", "1.2")]), DataSet()]),
        DataElement("ReferencedImageSequence", "SQ", []),
        DataElement("PixelData", "OW", b"\1\2\3\4"),
        DataElement("RetrieveURL", "UR", "http://a"),
    ])  # fmt: skip


def test_the_form():
    model = json.loads(made().to_json())
    groups = {"Alphabetic": "Yamada^Tarou", "Ideographic": "山田^太郎", "Phonetic": "やまだ^たろう"}
    assert model["00100010"] == {"vr": "PN", "Value": [groups]}
    assert model["00100020"] == {"vr": "LO"}
    assert model["00180050"] == {"vr": "DS", "Value": [1.5]}
    assert model["00280009"] == {"vr": "AT", "Value": ["00181063"]}
    assert model["00189087"] == {"vr": "FD", "Value": ["NaN"]}
    assert model["00081110"] == {"vr": "SQ", "Value": [{"00081150": {"vr": "UI", "Value": ["1.2"]}}, {}]}
    assert model["00081140"] == {"vr": "SQ"}
    assert model["7FE00010"] == {"vr": "OW", "InlineBinary": "AQIDBA=="}
    assert list(model) == sorted(model)


def test_and_back():
    original = made()
    del original[0x00189087]
    back = DataSet.from_json(original.to_json())
    assert back == original
    assert DataSet.from_json(json.loads(original.to_json())) == original
    assert DataSet.from_json(original.to_json().encode()) == original


def test_numbers_that_json_does_not_have():
    ds = DataSet([DataElement(0x00189087, "FD", float("-inf"))])
    assert json.loads(ds.to_json())["00189087"]["Value"] == ["-Infinity"]
    assert DataSet.from_json(ds.to_json()) == ds
    assert DataSet.from_json('{"00189087": {"vr": "FD", "Value": ["-inf"]}}') == ds


def test_values_are_little_endian():
    file = dicomkit.read(part10(data_set([(0x7FE00010, "OW", [0x0102])], big_endian=True), EXPLICIT_VR_BIG_ENDIAN))
    assert base64.b64decode(json.loads(file.data_set.to_json())["7FE00010"]["InlineBinary"]) == b"\2\1"


def test_bulk_data_by_callback():
    ds = made()
    text = ds.to_json(bulk_data=lambda element: f"file:///{element.tag:08X}" if element.value_length > 2 else None)
    assert json.loads(text)["7FE00010"] == {"vr": "OW", "BulkDataURI": "file:///7FE00010"}
    asked = []

    def fetch(uri, tag, vr):
        asked.append((uri, tag, str(vr)))
        return b"\1\2\3\4"

    assert DataSet.from_json(text, bulk_data=fetch)["PixelData"].value == b"\1\2\3\4"
    assert asked == [("file:///7FE00010", 0x7FE00010, "OW")]
    with pytest.raises(ParsingError):
        DataSet.from_json(text)


def test_compressed_pixel_data_needs_a_uri():
    file = dicomkit.read(part10(encapsulated([b"ab"]), "1.2.840.10008.1.2.4.50"))
    with pytest.raises(InvalidValueError):
        file.data_set.to_json()
    assert "BulkDataURI" in file.data_set.to_json(bulk_data=lambda element: "file:///pixels")


@pytest.mark.parametrize("text", [
    "", "[]", "5", "{", '{"PatientName": {}}', '{"0010001": {"vr": "PN"}}', '{"0010001G": {"vr": "PN"}}', '{"00100010": []}',
    '{"00100010": {}}',
    '{"00100010": {"vr": "ZZ"}}', '{"00100010": {"vr": "PN", "Value": 5}}', '{"00100010": {"vr": "PN", "Value": [5]}}',
    '{"00280010": {"vr": "US", "Value": ["x"]}}', '{"00280010": {"vr": "US", "Value": [70000]}}',
    '{"00280010": {"vr": "US", "Value": [{}]}}',
    '{"7FE00010": {"vr": "OW", "InlineBinary": "%"}}', '{"7FE00010": {"vr": "OW", "InlineBinary": 5}}',
    '{"00081110": {"vr": "SQ", "Value": [5]}}',
    '{"00100010": {"vr": "PN", "Other": 5}}', '{"00280009": {"vr": "AT", "Value": ["x"]}}', '{"00180050": {"vr": "DS", "Value": [[]]}}',
    '{"00081110": {"vr": "SQ", "Value": [' * 300 + "]}}" * 300, "[" * 100_000,
    '{"00180050": {"vr": "DS", "Value": [NaN]}}',
])  # fmt: skip
def test_what_is_no_data_set(text):
    with pytest.raises(EncodingError):
        DataSet.from_json(text)


def test_an_empty_one_among_several_values_is_null():
    made = DataSet([DataElement("ImageType", "CS", ["A", "", "C"]), DataElement("OtherPatientNames", "PN", ["A", "", "B"])])
    model = json.loads(made.to_json())
    assert model["00080008"]["Value"] == ["A", None, "C"]
    assert model["00101001"]["Value"] == [{"Alphabetic": "A"}, None, {"Alphabetic": "B"}]
    assert DataSet.from_json(made.to_json()) == made


@pytest.mark.parametrize("text", [
    '{"00280010": {"vr": "US", "Value": ["Canary^Jane"]}}', '{"00080018": {"vr": "AT", "Value": ["Canary^Jane"]}}',
    '{"00181160": {"vr": "FD", "Value": ["Canary^Jane"]}}', '{"00100010": {"vr": "PN", "Value": ["Canary^Jane"]',
])  # fmt: skip
def test_no_error_shows_a_value_not_even_its_cause(text):
    with pytest.raises(ParsingError) as caught:
        dicomkit.DataSet.from_json(text)
    assert "Canary" not in "".join(traceback.format_exception(caught.value))
