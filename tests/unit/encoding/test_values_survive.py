"""What a value is does not change on the way through an encoding: it comes back the same, or writing raises."""

from __future__ import annotations

import math

import numpy as np
import pytest

import dicomkit
from dicomkit import DataElement, DataSet, DICOMFile
from dicomkit.errors import InvalidValueError
from dicomkit.testing import EXPLICIT_VR_BIG_ENDIAN, EXPLICIT_VR_LITTLE_ENDIAN, IMPLICIT_VR_LITTLE_ENDIAN, element, item

NATIVE = [EXPLICIT_VR_LITTLE_ENDIAN, IMPLICIT_VR_LITTLE_ENDIAN, EXPLICIT_VR_BIG_ENDIAN]


def made(**values):
    data_set = DataSet()
    data_set.SOPClassUID = "1.2.840.10008.5.1.4.1.1.7"
    data_set.SOPInstanceUID = "1.2.3"
    for keyword, value in values.items():
        setattr(data_set, keyword, value)
    return data_set


def through(data_set, uid=EXPLICIT_VR_LITTLE_ENDIAN, **options):
    return dicomkit.read(DICOMFile.create(data_set, transfer_syntax_uid=uid).write(**options))


NAMES = ["Müller^Jörg"] * 7000  # too long for the length of a PN, so that they are stored as UN


def test_text_that_is_stored_as_un_follows_the_character_set():
    file = through(made(SpecificCharacterSet="ISO_IR 100", OtherPatientNames=NAMES))
    file.PatientID = "日"
    assert dicomkit.read(file.write(switch_to_utf_8=True)).OtherPatientNames == NAMES
    del file["PatientID"]
    file.SpecificCharacterSet = "ISO_IR 192"
    assert dicomkit.read(file.write()).OtherPatientNames == NAMES


@pytest.mark.parametrize("is_sequence", [False, True])
def test_so_does_text_in_a_short_un(is_sequence):
    value = "über".encode("latin-1")
    if is_sequence:  # whose items are in implicit VR (PS3.5 6.2.2)
        value = item(element(0x00080104, "LO", "Schädel ".encode("latin-1"), implicit=True))
    data_set = made(SpecificCharacterSet="ISO_IR 100")
    keyword = "ProcedureCodeSequence" if is_sequence else "PatientComments"
    data_set[keyword] = DataElement(keyword, "UN", value)
    file = through(data_set)
    file.SpecificCharacterSet = "ISO_IR 192"
    found = dicomkit.read(file.write()).data_set
    assert (found.ProcedureCodeSequence[0].CodeMeaning if is_sequence else found.PatientComments) == ("Schädel" if is_sequence else "über")


def test_what_is_un_and_no_text_stays_un():
    data_set = made(SpecificCharacterSet="ISO_IR 100")
    data_set["Rows"] = DataElement("Rows", "UN", b"\1\2")
    file = through(data_set)
    file.SpecificCharacterSet = "ISO_IR 192"
    found = dicomkit.read(file.write())
    assert found.Rows == 0x0201
    assert b"(\0\x10\0UN" in file.write()


@pytest.mark.parametrize("target", NATIVE)
@pytest.mark.parametrize("source", NATIVE)
def test_wide_pixels_that_are_called_ob(source, target):
    pixels = np.array([[1, 2], [300, 4]], np.uint16)
    file = DICOMFile.create(made())
    file.set_pixel_array(pixels)
    file["PixelData"] = DataElement("PixelData", "OB", pixels.tobytes())
    there = through(file.data_set, source)
    back = dicomkit.read(there.transcode(target).write())
    assert np.array_equal(there.pixel_data().array(), pixels)
    assert np.array_equal(back.pixel_data().array(), pixels)


@pytest.mark.parametrize(("vr", "value", "is_signed"), [("US", 40000, 1), ("SS", -5, 0)])
def test_a_sign_that_implicit_vr_would_change(vr, value, is_signed):
    data_set = made(PixelRepresentation=is_signed)
    data_set["SmallestImagePixelValue"] = DataElement("SmallestImagePixelValue", vr, value)
    assert through(data_set).SmallestImagePixelValue == value
    with pytest.raises(InvalidValueError, match="sign") as error:
        through(data_set, IMPLICIT_VR_LITTLE_ENDIAN)
    assert error.value.tag == 0x00280106
    assert through(data_set, IMPLICIT_VR_LITTLE_ENDIAN, lenient=True).SmallestImagePixelValue != value


@pytest.mark.parametrize(("vr", "value", "is_signed"), [("US", 400, 1), ("SS", 5, 0), ("US", 40000, 0), ("SS", -5, 1)])
def test_a_sign_that_it_keeps(vr, value, is_signed):
    data_set = made(PixelRepresentation=is_signed)
    data_set["SmallestImagePixelValue"] = DataElement("SmallestImagePixelValue", vr, value)
    assert through(data_set, IMPLICIT_VR_LITTLE_ENDIAN).SmallestImagePixelValue == value


def test_the_sign_of_a_number_that_was_set_before_pixel_representation():
    assert through(made(SmallestImagePixelValue=-5, PixelRepresentation=1), IMPLICIT_VR_LITTLE_ENDIAN).SmallestImagePixelValue == -5
    with pytest.raises(InvalidValueError):
        made(PixelRepresentation=0, SmallestImagePixelValue=-5)


def test_the_sign_of_a_number_in_an_item():
    file = through(made(PixelRepresentation=1, VOILUTSequence=[DataSet([DataElement("LUTExplanation", "LO", "x")])]))
    file.VOILUTSequence[0].LUTDescriptor = [4, -3, 16]
    assert file.VOILUTSequence[0]["LUTDescriptor"].vr == "SS"
    assert dicomkit.read(file.transcode(IMPLICIT_VR_LITTLE_ENDIAN).write()).VOILUTSequence[0].LUTDescriptor == [4, -3, 16]


def test_the_number_of_entries_of_a_lut_has_no_sign():
    data_set = made(PixelRepresentation=1)
    data_set["RedPaletteColorLookupTableDescriptor"] = DataElement("RedPaletteColorLookupTableDescriptor", "US", [40000, 0, 16])
    file = through(data_set, IMPLICIT_VR_LITTLE_ENDIAN)
    assert file["RedPaletteColorLookupTableDescriptor"].value_data == b"\x40\x9c\0\0\x10\0"


@pytest.mark.parametrize(
    ("keyword", "vr", "value"), [("Rows", "LO", "x"), ("PatientName", "US", 1), ("Rows", "UL", 1), ("Rows", "OB", b"ab")]
)
def test_a_vr_that_implicit_vr_cannot_say(keyword, vr, value):
    data_set = made()
    data_set[keyword] = DataElement(keyword, vr, value)
    assert through(data_set)[keyword].vr == vr
    with pytest.raises(InvalidValueError, match=f"{vr} is not the VR"):
        through(data_set, IMPLICIT_VR_LITTLE_ENDIAN)


@pytest.mark.parametrize(("keyword", "vr", "value"), [("PatientID", "SH", "x"), ("Rows", "UN", b"\1\0"), ("PixelData", "OB", b"ab")])
def test_a_vr_that_it_need_not_say(keyword, vr, value):
    data_set = made(BitsAllocated=8)
    data_set[keyword] = DataElement(keyword, vr, value)
    through(data_set, IMPLICIT_VR_LITTLE_ENDIAN)


def test_lenient_pads_what_was_set():
    file = through(made(SpecificCharacterSet="ISO_IR 100"))
    file.PatientName = "Mül"
    assert b"PN\4\0M\xfcl " in file.write(lenient=True)


def test_not_a_number_is_the_same_as_itself():
    data_set = made(SelectorFDValue=math.nan)
    assert through(data_set).data_set == data_set


def test_a_pair_of_numbers_is_a_tag():
    assert made(FrameIncrementPointer=(0x18, 0x1063)).FrameIncrementPointer == 0x00181063
    assert made(FrameIncrementPointer=[0x00181063, 0x00181065]).FrameIncrementPointer == [0x00181063, 0x00181065]


@pytest.mark.parametrize("terms", ["ISO_IR 999", ["", "ISO 2022 IR 8"], "ISO_IR 192\\ISO_IR 100"])
def test_a_character_set_that_there_is_not(terms):
    with pytest.raises(InvalidValueError):
        made(SpecificCharacterSet=terms)


@pytest.mark.parametrize("terms", ["", None, ["", "ISO 2022 IR 87"], "\\ISO 2022 IR 87", "ISO_IR 192"])
def test_a_character_set_that_there_is(terms):
    made(SpecificCharacterSet=terms)


@pytest.mark.parametrize(("bits", "vr"), [(1, "OB"), (8, "OB"), (16, "OW"), (None, "OW")])
def test_the_vr_of_pixels_follows_their_bits(bits, vr):
    data_set = made() if bits is None else made(BitsAllocated=bits)
    data_set.PixelData = b"abcd"
    assert data_set["PixelData"].vr == vr


def test_a_character_set_by_another_vr_counts_in_all_encodings():
    data_set = made()
    data_set["SpecificCharacterSet"] = DataElement("SpecificCharacterSet", "LO", "ISO_IR 100")
    data_set.PatientName = "Müller"
    file = through(data_set)
    assert file.PatientName == "Müller"
    assert dicomkit.read(file.transcode(IMPLICIT_VR_LITTLE_ENDIAN).write()).PatientName == "Müller"
