"""WRITE-6: the writer of values, headers, elements and items, beside bytes put together by hand."""

from __future__ import annotations

import struct

import pytest

import dicomkit
from dicomkit import VR, DataElement, DataSet, DICOMWriter
from dicomkit.errors import InvalidValueError, LimitExceededError, PixelDataError
from dicomkit.testing import data_set, element, item

WRITERS = [("little", True), ("little", False), ("big", True)]
LONG = {"OB", "OD", "OF", "OL", "OV", "OW", "SQ", "SV", "UC", "UN", "UR", "UT", "UV"}      # PS3.5 Table 7.1-1
TAG = 0x00091001


@pytest.fixture(params=WRITERS, ids=["little explicit", "little implicit", "big explicit"])
def case(request):
    """A writer, and what tells its encoding to the builders."""
    byte_order, explicit_vr = request.param
    writer = DICOMWriter(byte_order=byte_order, explicit_vr=explicit_vr)
    return writer, {"implicit": not explicit_vr, "big_endian": byte_order == "big"}


def test_write_6_defaults():
    assert (DICOMWriter().byte_order, DICOMWriter().explicit_vr) == ("little", True)
    with pytest.raises(ValueError, match="middle"):
        DICOMWriter(byte_order="middle")


@pytest.mark.parametrize("vr", list(VR))
def test_write_6_headers(case, vr):
    writer, encoding = case
    order = ">" if encoding["big_endian"] else "<"
    tag = struct.pack(f"{order}HH", 0x0009, 0x1001)
    if encoding["implicit"]:
        expected = tag + struct.pack("<I", 6)
    elif vr in LONG:
        expected = tag + vr.encode() + b"\0\0" + struct.pack(f"{order}I", 6)
    else:
        expected = tag + vr.encode() + struct.pack(f"{order}H", 6)
    assert writer.serialize_header(TAG, vr, 6) == expected
    assert writer.serialize_tag(TAG) == tag


def test_write_9_headers_of_long_values_in_short_vrs():
    writer = DICOMWriter()
    assert writer.serialize_header(TAG, "LO", 65_534)[4:] == b"LO\xfe\xff"
    assert writer.serialize_header(TAG, "LO", 65_536)[4:] == b"UN\0\0" + struct.pack("<I", 65_536)
    assert writer.serialize_header(TAG, "SQ", 0xFFFFFFFF)[8:] == b"\xff" * 4
    with pytest.raises(LimitExceededError):
        writer.serialize_header(TAG, "OB", 1 << 32)


@pytest.mark.parametrize(("vr", "value", "little", "big"), [
    ("LO", "abc", b"abc ", b"abc "), ("UI", "1.2", b"1.2\0", b"1.2\0"), ("OB", b"abc", b"abc\0", b"abc\0"),
    ("CS", ["A", "B"], b"A\\B ", b"A\\B "),
    ("US", 0x0102, b"\2\1", b"\1\2"), ("SS", [-2, 1], b"\xfe\xff\1\0", b"\xff\xfe\0\1"), ("UL", 1, b"\1\0\0\0", b"\0\0\0\1"),
    ("FD", 1.5, struct.pack("<d", 1.5), struct.pack(">d", 1.5)), ("FL", -0.5, struct.pack("<f", -0.5), struct.pack(">f", -0.5)),
    ("SV", -1, b"\xff" * 8, b"\xff" * 8), ("AT", 0x00100020, b"\x10\0\x20\0", b"\0\x10\0\x20"), ("DS", 1.5, b"1.5 ", b"1.5 "),
    ("OW", b"\1\2", b"\1\2", b"\2\1"), ("LO", None, b"", b""), ("IS", [1, 22], b"1\\22", b"1\\22"),
])  # fmt: skip
def test_write_6_7_values(vr, value, little, big):
    assert DICOMWriter().serialize_value(vr, value) == DICOMWriter(explicit_vr=False).serialize_value(vr, value) == little
    assert DICOMWriter(byte_order="big").serialize_value(vr, value) == big


def test_write_6_values_that_are_none():
    for vr, value in (("PN", "é"), ("US", 70_000), ("DA", "20240231")):     # of é no character set says how
        with pytest.raises(InvalidValueError):
            DICOMWriter().serialize_value(vr, value)


def test_a_value_that_needs_another_vr():
    assert DICOMWriter().serialize_value("LO", ["x" * 60] * 1200) == ("\\".join(["x" * 60] * 1200) + " ").encode()


def test_write_6_elements_items_and_data_sets(case):
    writer, encoding = case
    attributes = [(0x00080060, "CS", "CT"), (0x00081140, "SQ", [[(0x00081155, "UI", "1.2")]]), (0x00280010, "US", 5)]
    inner = DataSet([DataElement(0x00081155, "UI", "1.2")])
    made = DataSet([DataElement(0x00280010, "US", 5), DataElement(0x00081140, "SQ", [inner]), DataElement(0x00080060, "CS", "CT")])
    assert writer.serialize_data_set(made) == data_set(attributes, **encoding)
    assert writer.serialize_element(made["Rows"]) == element(0x00280010, "US", 5, **encoding)
    assert writer.serialize_element(made["ReferencedImageSequence"]) == data_set(attributes[1:2], **encoding)
    assert writer.serialize_item(inner) == item(data_set([(0x00081155, "UI", "1.2")], **encoding), big_endian=encoding["big_endian"])
    assert writer.serialize_data_set(DataSet()) == b""


def test_what_was_read_in_another_encoding(case):
    writer, encoding = case
    attributes = [(0x00080060, "CS", "CT"), (0x00280010, "US", 5), (0x7FE00010, "OW", [1, 2])]
    read = dicomkit.read(data_set(attributes, big_endian=True), force=True)
    assert writer.serialize_data_set(read.data_set) == data_set(attributes, **encoding)


def test_compressed_pixel_data_has_one_encoding():
    made = DataSet([DataElement.encapsulated([b"ab"])])
    assert DICOMWriter().serialize_data_set(made).endswith(b"\xfe\xff\xdd\xe0\0\0\0\0")
    with pytest.raises(PixelDataError):
        DICOMWriter(byte_order="big").serialize_data_set(made)
