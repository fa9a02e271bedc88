"""Data sets put together wrongly (PS3.5 7)."""

from __future__ import annotations

import struct

import pytest

import dicomkit
from dicomkit import VR, DICOMError, DICOMFile, DICOMWarning, InvalidDICMPrefixError, InvalidPreambleError, InvalidTagError, ParsingError
from dicomkit.testing import EXPLICIT_VR_BIG_ENDIAN, IMPLICIT_VR_LITTLE_ENDIAN, data_set, element, encapsulated, file_meta, item, part10
from tests.hostile.builders import data_set_or_typed_error, delimiter, item_header, sq_header

PATIENT = element(0x00100010, "PN", "Doe^Jane")
AFTER = element(0x00200010, "SH", "1")


@pytest.mark.parametrize("data", [b"", b"D", b"DICM", bytes(128), bytes(131), bytes(128) + b"DICN", b"\xff" * 200, b"DICM" + PATIENT])
def test_what_is_no_dicom_file_is_a_typed_error(data: bytes) -> None:
    with pytest.raises(DICOMError):
        dicomkit.read(data)
    assert data_set_or_typed_error(data, force=True) is not None


def test_prefix_errors_are_told_apart() -> None:
    with pytest.raises(InvalidDICMPrefixError):
        dicomkit.read(bytes(132) + PATIENT)
    with pytest.raises(InvalidPreambleError):
        dicomkit.read(b"DICM" + file_meta() + PATIENT)


def test_meta_information_inside_a_data_set_is_told_and_refused_strictly() -> None:
    """PS3.10 7.1: elements of group 0002 stand before the data set. Here one of group 0001 parts them from it."""
    data = part10(element(0x00010010, "LO", "X") + element(0x00020010, "UI", "1.2.840.10008.1.2") + PATIENT)
    with pytest.warns(DICOMWarning, match=r"File Meta Information in the data set in \(0002,0010\)"):
        assert dicomkit.read(data).PatientName == "Doe^Jane"
    with pytest.raises(ParsingError):
        dicomkit.read(data, strict=True)


@pytest.mark.parametrize("data", [
    item_header(0) + PATIENT,                                   # an item outside of a sequence
    item(PATIENT) + AFTER,
    sq_header() + PATIENT,                                      # an element where an item belongs
    sq_header() + item_header() + PATIENT + delimiter(of_sequence=True) + AFTER,    # the item's delimiter is missing
    sq_header() + item_header() + PATIENT + delimiter(),        # the sequence's is
    sq_header() + item_header() + PATIENT,                      # both are
    sq_header() + delimiter(length=4) + bytes(4) + delimiter(of_sequence=True),
    sq_header() + item(PATIENT) + AFTER,
    encapsulated([b"1234"], delimited=False) + PATIENT,
    element(0x7FE00010, "OB", b"", length=0xFFFFFFFF) + item_header() + delimiter(of_sequence=True),
    element(0xFFFE0000, "UL", 1), element(0xFFFEE0FF, "UL", 1), element(0xFFFEFFFF, "UL", 1),
])  # fmt: skip
def test_items_and_delimiters_in_wrong_places_are_typed_errors(data: bytes) -> None:
    with pytest.raises(DICOMError):
        dicomkit.read(part10(data))


@pytest.mark.parametrize("data", [
    delimiter() + PATIENT, PATIENT + delimiter(of_sequence=True) + AFTER, PATIENT + delimiter() * 3,
    sq_header() + item_header() + delimiter() * 2 + delimiter(of_sequence=True) + PATIENT,
    sq_header() + delimiter(of_sequence=True) * 2 + PATIENT,
])  # fmt: skip
def test_delimiters_too_many_are_read_over_with_a_warning_and_refused_strictly(data: bytes) -> None:
    with pytest.warns(DICOMWarning, match="delimiter"):
        assert dicomkit.read(part10(data)).PatientName == "Doe^Jane"
    with pytest.raises(DICOMError):
        dicomkit.read(part10(data), strict=True)


def test_doubled_and_disordered_elements_are_read_with_a_warning() -> None:
    second = element(0x00100010, "PN", "Roe^John")
    with pytest.warns(DICOMWarning, match="twice"):
        assert dicomkit.read(part10(PATIENT + second)).PatientName == "Doe^Jane"
    with pytest.warns(DICOMWarning, match="order"):
        file = dicomkit.read(part10(AFTER + PATIENT))
    assert file.data_set.tags == [0x00100010, 0x00200010]
    for data in (PATIENT + second, AFTER + PATIENT):
        with pytest.raises(DICOMError):
            dicomkit.read(part10(data), strict=True)


@pytest.mark.parametrize("letters", [b"\0\0", b"  ", b"xx", b"Z9", b"\xff\xff", b"ZZ", b"QQ", b"XS", b"OX"])
@pytest.mark.parametrize("form", ["short", "long"])
def test_unknown_vrs_are_read_by_the_one_reading_that_fits_or_refused(letters: bytes, form: str) -> None:
    header = struct.pack("<HH2sH", 0x0011, 0x1010, letters, 4) if form == "short" else struct.pack("<HH2sHI", 0x0011, 0x1010, letters, 0, 4)
    found = data_set_or_typed_error(part10(PATIENT + header + b"abcd" + AFTER))
    if isinstance(found, DICOMFile):
        assert found.PatientName == "Doe^Jane"


def test_every_vr_in_the_other_header_form_is_an_answer_or_a_typed_error() -> None:
    for vr in VR:
        other_form = "<HH2sH" if vr.has_long_length else "<HH2sHI"
        header = struct.pack(other_form, 0x0011, 0x1010, vr.encode(), *([4] if vr.has_long_length else [0, 4]))
        for strict in (False, True):
            assert data_set_or_typed_error(part10(PATIENT + header + b"abcd" + AFTER), strict=strict) is not None


def test_implicit_elements_in_explicit_data_and_the_reverse() -> None:
    implicit_patient = element(0x00100010, "PN", "Doe^Jane", implicit=True)
    with pytest.warns(DICOMWarning):
        assert dicomkit.read(part10(element(0x00080060, "CS", "CT") + implicit_patient)).PatientName == "Doe^Jane"
    with pytest.warns(DICOMWarning):
        assert dicomkit.read(part10(element(0x00080060, "CS", "CT") + PATIENT, IMPLICIT_VR_LITTLE_ENDIAN)).PatientName == "Doe^Jane"


def test_a_byte_order_that_switches_inside_is_an_answer_or_a_typed_error() -> None:
    big = element(0x00100010, "PN", "Doe^Jane", big_endian=True)
    for data, syntax in ((element(0x00080060, "CS", "CT") + big, "1.2.840.10008.1.2.1"), (big + PATIENT, EXPLICIT_VR_BIG_ENDIAN)):
        for options in ({}, {"strict": True}, {"partial": True}, {"force": True}):
            assert data_set_or_typed_error(part10(data, syntax), **options) is not None


@pytest.mark.parametrize("vr", list(VR))
def test_big_endian_of_every_vr(vr: VR) -> None:
    """The same value in both byte orders; bytes stay bytes."""
    values = {
        "AT": [0x00100010, 0x7FE00010],
        "DA": "20240229",
        "DT": "20240229",
        "TM": "1200",
        "AS": "045Y",
        "DS": "1.5",
        "IS": "3",
        "UI": "1.2",
    }
    numbers = {"US", "SS", "UL", "SL", "UV", "SV", "FL", "FD"}
    value = [1, 2] if vr in numbers else values.get(vr, "TEXT")
    if vr in (VR.SQ, VR.UN) or vr.startswith("O"):
        pytest.skip("bytes and sequences have no text to compare")
    little = dicomkit.read(part10(element(0x00111010, vr, value)))[0x00111010].value
    big = dicomkit.read(part10(element(0x00111010, vr, value, big_endian=True), EXPLICIT_VR_BIG_ENDIAN))[0x00111010].value
    assert little == big


@pytest.mark.parametrize("vr", ["OW", "OL", "OF", "OD", "OV"])
def test_big_endian_arrays_of_words(vr: str) -> None:
    body = element(0x00111010, vr, [1, 2, 3, 4], big_endian=True)
    assert dicomkit.read(part10(body, EXPLICIT_VR_BIG_ENDIAN))[0x00111010].array().tolist() == [1, 2, 3, 4]


def test_un_of_undefined_length_is_implicit_inside_and_garbage_in_it_is_an_error() -> None:
    inside = element(0x00100010, "PN", "Doe^Jane", implicit=True)
    header = element(0x00091010, "UN", b"", length=0xFFFFFFFF)
    data = header + item_header() + inside + delimiter() + delimiter(of_sequence=True)
    assert dicomkit.read(part10(data))[0x00091010].value[0].PatientName == "Doe^Jane"
    for garbage in (b"\xff" * 16, inside, item_header(100), b""):
        with pytest.raises(DICOMError):
            dicomkit.read(part10(header + garbage))


@pytest.mark.parametrize(
    "syntax", ["1.2.840.10008.1.2.1", IMPLICIT_VR_LITTLE_ENDIAN, EXPLICIT_VR_BIG_ENDIAN, "1.2.840.10008.1.2.1.99", "1.2.3", "", "garbage"]
)
def test_a_transfer_syntax_that_lies_is_an_answer_or_a_typed_error(syntax: str) -> None:
    for implicit, big in ((False, False), (True, False), (False, True)):
        body = data_set([(0x00080060, "CS", "CT"), (0x00081140, "SQ", [[(0x00081150, "UI", "1.2")]])], implicit=implicit, big_endian=big)
        for options in ({}, {"force": True}, {"partial": True}, {"force": True, "strict": True}):
            assert data_set_or_typed_error(part10(body, None, meta=file_meta(syntax)), **options) is not None


def test_errors_name_the_place() -> None:
    with pytest.raises(InvalidTagError) as caught:
        dicomkit.read(part10(PATIENT + item_header(0)))
    assert caught.value.offset == len(part10(PATIENT))
    assert caught.value.tag == 0xFFFEE000
    assert "(FFFE,E000)" in str(caught.value)


def test_file_meta_information_that_is_wrong() -> None:
    for meta in (
        b"", file_meta(None), file_meta(more=element(0x00020102, "OB", bytes(6))), file_meta(more=sq_header(0x00020110)),
        file_meta().replace(b"UI", b"SQ"), file_meta().replace(b"UI", b"OB"), file_meta() * 2, file_meta("1.2.840.10008.1.2\\1.2"),
    ):  # fmt: skip
        for options in ({}, {"force": True}, {"partial": True}):
            assert data_set_or_typed_error(part10(PATIENT, meta=meta), **options) is not None
