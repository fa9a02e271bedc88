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


def of(tag, vr, *values):
    return DataSet.from_json({tag: {"vr": vr, "Value": list(values)}})


@pytest.mark.parametrize(("vr", "value"), [
    ("FD", "1_0"), ("FD", "\u0665"), ("FD", "infinity"), ("FD", " 1"), ("FD", "1\n"), ("FD", "nan"), ("US", "5_0"), ("US", "\u0665"),
    ("US", "5 "), ("US", 512.5), ("US", True), ("FD", False), ("SV", "0x10"), ("SV", "1e3"), ("AT", "0010_010"), ("AT", "10"),
    ("AT", "\u0660" * 8), ("AT", " 0100010"), ("US", "5" * 5000), ("IS", True),
    ("PN", {"alphabetic": "a"}), ("PN", {"Alphabetic": "a", "Other": "b"}), ("PN", {"Alphabetic": "a=b"}), ("PN", {"Alphabetic": 5}),
    ("PN", ["a"]), ("PN", {"Alphabetic": "a\\b"}), ("LO", "a\\b"), ("UI", "1.2\\1.3"), ("DS", "1\\2"), ("LO", "\ud800"), ("LT", "a\udfff"),
    ("PN", {"Alphabetic": "\ud800"}),
])  # fmt: skip
def test_values_that_are_none(vr, value):
    """PS3.18 F.2: numbers and tags are ASCII, names have three groups, and one value is one."""
    with pytest.raises(EncodingError) as caught:
        of("00091001", vr, value)
    assert caught.value.tag == 0x00091001


@pytest.mark.parametrize("vr", ["IS", "DS", "US", "SV", "FD"])
def test_integers_of_more_digits_than_python_converts(vr):
    with pytest.raises(EncodingError):
        of("00091001", vr, 10**5000)
    with pytest.raises(ParsingError):
        DataSet.from_json('{"00091001": {"vr": "VR", "Value": [1]}}'.replace("VR", vr).replace("[1]", f"[1{'0' * 5000}]"))


@pytest.mark.parametrize("name", ["0010_010", "\u0660\u0660100010", "  100010", "0x100010", "00100010 ", "+0100010", "(0010,10"])
def test_names_that_are_no_tags(name):
    with pytest.raises(ParsingError, match="hexadecimal"):
        DataSet.from_json({name: {"vr": "PN"}})


@pytest.mark.parametrize("value", [0, False, "", "a", None, {}])
def test_value_is_an_array(value):
    with pytest.raises(ParsingError, match="array"):
        DataSet.from_json({"00280010": {"vr": "US", "Value": value}})


@pytest.mark.parametrize("text", [
    '{"0020000D": {"vr": "UI"}, "0020000d": {"vr": "UI"}}',
    '{"0020000D": {"vr": "UI"}, "0020000D": {"vr": "UI"}}',
    '{"0020000D": {"vr": "UI", "Value": ["1.2"], "Value": ["1.3"]}}',
])  # fmt: skip
def test_an_attribute_twice(text):
    with pytest.raises(ParsingError, match="twice"):
        DataSet.from_json(text)


@pytest.mark.parametrize(("vr", "value", "read"), [
    ("US", 512.0, 512), ("IS", 512.0, 512), ("SV", "-9007199254740993", -9007199254740993), ("UV", 2**64 - 1, 2**64 - 1), ("FD", 5, 5.0),
    ("FD", "-1.5e3", -1500.0), ("FD", "Infinity", float("inf")), ("AT", "0020000d", 0x0020000D), ("LT", "a\\b", "a\\b"),
    ("PN", {"Ideographic": "b", "Phonetic": None}, "=b"), ("PN", "a^b", "a^b"),
])  # fmt: skip
def test_values_as_other_systems_write_them(vr, value, read):
    assert of("00091001", vr, value)[0x00091001].value == read


def test_text_of_one_value_has_no_two():
    with pytest.raises(EncodingError):
        of("00091001", "LT", "a", "b")
