"""Length fields that lie (PS3.5 7.1, 7.5)."""

from __future__ import annotations

import pytest

import dicomkit
from dicomkit import VR, DICOMError, EncodingError, ParsingError, UnexpectedEndOfDataError
from dicomkit.testing import IMPLICIT_VR_LITTLE_ENDIAN, data_set, element, file_meta, item, part10, sequence
from tests.hostile.builders import bounded, delimiter, item_header, quiet, sq_header

PATIENT = element(0x00100010, "PN", "Doe^Jane")
MAY_BE_UNDEFINED = {VR.SQ, VR.UN, VR.OB, VR.OW, VR.OF, VR.OD, VR.OL, VR.OV}


@pytest.mark.parametrize("length", [9, 0x7FFF, 0xFFFE, 0xFFFF])
def test_a_short_length_past_the_end_is_an_error_with_its_place(length: int) -> None:
    data = part10(element(0x00100010, "PN", b"Doe^Jane", length=length))
    with pytest.raises(UnexpectedEndOfDataError) as caught:
        dicomkit.read(data)
    assert (caught.value.tag, caught.value.offset) == (0x00100010, len(part10(b"")))


@pytest.mark.parametrize("length", [5, 0x7FFFFFFF, 0x80000000, 0xFFFFFF00, 0xFFFFFFFE])
@pytest.mark.parametrize("implicit", [False, True])
def test_a_long_length_past_the_end_is_an_error_without_allocation(length: int, implicit: bool) -> None:
    data = part10(
        element(0x00420011, "OB", b"1234", length=length, implicit=implicit),
        IMPLICIT_VR_LITTLE_ENDIAN if implicit else "1.2.840.10008.1.2.1",
    )
    with bounded(seconds=1, python_bytes=1 << 20), pytest.raises(UnexpectedEndOfDataError):
        dicomkit.read(data)


@pytest.mark.parametrize("vr", sorted(set(VR) - MAY_BE_UNDEFINED))
def test_undefined_length_is_refused_where_it_is_not_allowed(vr: str) -> None:
    form = {"length": 0xFFFFFFFF} if VR(vr).has_long_length else {"length": 0xFFFF}
    data = part10(element(0x00091010, vr, b"", **form) + item(PATIENT) + delimiter(of_sequence=True))
    with pytest.raises(DICOMError):
        dicomkit.read(data)


@pytest.mark.parametrize("group_length", [0, 1, 11, 13, 50, 0x7FFFFFFF, 0xFFFFFFFF])
def test_a_group_length_that_lies_is_read_over(group_length: int) -> None:
    data = part10(PATIENT, meta=file_meta(group_length=group_length))
    with quiet():
        assert dicomkit.read(data).PatientName == "Doe^Jane"


@pytest.mark.parametrize("length", [0, 1, 7, 9, 17, 100, 0xFFFFFFFE])
def test_an_item_longer_than_its_sequence_is_an_error(length: int) -> None:
    """Shorter ones leave bytes that are no item."""
    content = item(PATIENT, length=length)
    for undefined in (False, True):
        end = delimiter(of_sequence=True) if undefined else b""
        header = sq_header() if undefined else sq_header(length=len(content))
        with pytest.raises(DICOMError):
            dicomkit.read(part10(header + content + end + element(0x00200010, "SH", "1")))


@pytest.mark.parametrize("change", [-9, -8, -2, -1, 1, 2, 8, 1000])
def test_a_sequence_length_that_disagrees_with_its_items_is_an_error_or_keeps_the_items(change: int) -> None:
    content = item(PATIENT) + item(PATIENT)
    data = part10(sq_header(length=len(content) + change) + content + element(0x00200010, "SH", "1"))
    with pytest.raises(DICOMError):
        dicomkit.read(data)


def test_the_inner_length_wins_over_nothing_outside_its_container() -> None:
    inner = element(0x00100010, "PN", b"Doe^Jane", length=16)  # the 8 bytes behind belong to the next item
    with pytest.raises(ParsingError):
        dicomkit.read(part10(sq_header(length=2 * (8 + len(inner))) + item(inner) + item(inner)))


def test_sums_that_pass_32_bits_do_not_wrap() -> None:
    for tag, length in ((0x00420011, 0xFFFFFFF4), (0x00420011, 0xFFFFFF00)):
        data = part10(element(tag, "OB", b"", length=length) + element(0x00420012, "LO", "x"))
        with pytest.raises(EncodingError):
            dicomkit.read(data)
        with pytest.raises(EncodingError):
            dicomkit.read(part10(sq_header(length=length) + item_header(length) + PATIENT))


def test_odd_lengths_are_read_with_a_warning_and_refused_strictly() -> None:
    data = part10(element(0x00100010, "PN", b"Doe") + element(0x00100020, "LO", "1"))
    with pytest.warns(dicomkit.DICOMWarning, match="odd"):
        assert dicomkit.read(data).PatientName == "Doe"
    with pytest.raises(ParsingError):
        dicomkit.read(data, strict=True)


def test_zero_lengths_everywhere_are_empty_values() -> None:
    tags = [
        (0x00080005, "CS"),
        (0x00080020, "DA"),
        (0x00081140, "SQ"),
        (0x00101030, "DS"),
        (0x00280010, "US"),
        (0x00420011, "OB"),
        (0x7FE00010, "OW"),
    ]
    file = dicomkit.read(part10(b"".join(element(tag, vr, b"") for tag, vr in tags)))
    assert [e.value for e in file] == [None, None, [], None, None, None, None]
    assert dicomkit.read(part10(sequence(0x00081140, [b"", b""]))).ReferencedImageSequence == [dicomkit.DataSet(), dicomkit.DataSet()]
    assert len(dicomkit.read(part10(data_set([])))) == 0
