"""Text in the data set's character set, and all of it in UTF-8 where that is asked for (PS3.5 6.1, PS3.3 C.12.1.1.2)."""

from __future__ import annotations

import pytest

import dicomkit
from dicomkit import DataSet, DICOMFile, InvalidValueError
from dicomkit.testing import EXPLICIT_VR_BIG_ENDIAN, EXPLICIT_VR_LITTLE_ENDIAN, IMPLICIT_VR_LITTLE_ENDIAN, data_set, part10

LATIN = {"Lünge", "tëxt", "Straße", "Müller^A", "Grüße", "Größe"}
ENCODINGS = {
    "explicit": ({}, EXPLICIT_VR_LITTLE_ENDIAN),
    "implicit": ({"implicit": True}, IMPLICIT_VR_LITTLE_ENDIAN),
    "big endian": ({"big_endian": True}, EXPLICIT_VR_BIG_ENDIAN),
}


def latin(text):
    data = text.encode("latin-1")
    return data + b" " * (len(data) % 2)


def cyrillic(text):
    data = text.encode("iso8859-5")
    return data + b" " * (len(data) % 2)


INNER = [(0x00080104, "LO", latin("Lünge")), (0x0040A730, "SQ", [[(0x0040A160, "UT", latin("tëxt"))]])]
OWN = [(0x00080005, "CS", b"ISO_IR 144"), (0x00104000, "LT", cyrillic("Иван"))]
BODY = [
    (0x00080005, "CS", b"ISO_IR 100"), (0x00080081, "ST", latin("Straße")), (0x00080090, "PN", latin("Müller^A")),
    (0x00081032, "SQ", [INNER, OWN]), (0x00090010, "LO", b"ACME"), (0x00091001, "UN", latin("Öl")), (0x00091003, "SQ", [
    [(0x00080104, "LO", latin("Größe"))]]), (0x00100010, "PN", b"Doe^Jane"), (0x00104000, "LT", latin("Grüße")),
]  # fmt: skip


@pytest.fixture(params=[(encoding, undefined) for encoding in ENCODINGS for undefined in (False, True)],
                ids=lambda param: f"{param[0]} {'un' if param[1] else ''}defined")  # fmt: skip
def content(request):
    """A file with text everywhere, in two character sets."""
    settings, syntax = ENCODINGS[request.param[0]]
    return part10(data_set(BODY, undefined=request.param[1], **settings), syntax)


def test_a_character_that_does_not_fit_raises(content):
    file = dicomkit.read(content)
    file.PatientName = "山田^太郎"
    with pytest.raises(InvalidValueError, match=r"switch_to_utf_8.*\(0010,0010\)") as caught:
        file.write()
    assert "山" not in str(caught.value)


def test_everything_switches_to_utf_8(content):
    """Also what nobody touched, at all levels; items say nothing of their own any more."""
    file = dicomkit.read(content)
    file.PatientName = "山田^太郎"
    written = file.write(switch_to_utf_8=True)
    # In implicit VR a private sequence of defined length is UN, as long as nobody knows its tag.
    is_known = file.is_sequence(0x00091003)
    assert not any(latin(text) in written for text in (LATIN if is_known else LATIN - {"Größe"}))
    assert cyrillic("Иван") not in written
    read = dicomkit.read(written)
    assert read.SpecificCharacterSet == "ISO_IR 192"
    assert (read.PatientName, read.InstitutionAddress, read.ReferringPhysicianName, read.PatientComments) == (
        "山田^太郎", "Straße", "Müller^A", "Grüße"
    )  # fmt: skip
    first, second = read.ProcedureCodeSequence
    assert (first.CodeMeaning, first.ContentSequence[0].TextValue, second.PatientComments) == ("Lünge", "tëxt", "Иван")
    assert "SpecificCharacterSet" not in second
    if is_known:
        assert read[0x00091003].value[0].CodeMeaning == "Größe"
    assert bytes(read[0x00091001].value_data) == latin("Öl")       # of UN nobody knows that it is text
    assert file.SpecificCharacterSet == "ISO_IR 100"
    assert dicomkit.read(written).write() == written


def test_a_character_that_does_not_fit_deep_inside(content):
    file = dicomkit.read(content)
    file.ProcedureCodeSequence[0].ContentSequence[0].TextValue = "山"
    read = dicomkit.read(file.write(switch_to_utf_8=True))
    assert read.ProcedureCodeSequence[0].ContentSequence[0].TextValue == "山"
    assert read.InstitutionAddress == "Straße"
    assert read.SpecificCharacterSet == "ISO_IR 192"


def test_nothing_switches_without_need(content):
    file = dicomkit.read(content)
    assert file.write(switch_to_utf_8=True) == content
    file.PatientName = "Müller^B"
    read = dicomkit.read(file.write(switch_to_utf_8=True))
    assert read.SpecificCharacterSet == "ISO_IR 100"
    assert read.ProcedureCodeSequence[1].SpecificCharacterSet == "ISO_IR 144"


@pytest.mark.parametrize("syntax", ["ImplicitVRLittleEndian", "ExplicitVRBigEndian", "DeflatedExplicitVRLittleEndian"])
def test_switching_and_transcoding_at_once(syntax):
    file = dicomkit.read(part10(data_set(BODY)))
    file.PatientName = "山田^太郎"
    expected = dicomkit.read(file.write(switch_to_utf_8=True))
    found = dicomkit.diff(expected, dicomkit.read(file.transcode(syntax).write(switch_to_utf_8=True)))
    assert found == []


def test_another_character_set_turns_all_text_round(content):
    file = dicomkit.read(content)
    file.SpecificCharacterSet = "ISO_IR 192"
    read = dicomkit.read(file.write())
    assert (read.InstitutionAddress, read.ProcedureCodeSequence[0].CodeMeaning) == ("Straße", "Lünge")
    assert read.ProcedureCodeSequence[1].PatientComments == "Иван"      # which declares its own, and keeps it
    assert read.ProcedureCodeSequence[1].SpecificCharacterSet == "ISO_IR 144"
    file.SpecificCharacterSet = "ISO_IR 144"
    with pytest.raises(InvalidValueError):
        file.write()


def test_made_text_is_in_the_declared_character_set():
    made = DataSet()
    made.PatientName = "Müller^A"
    with pytest.raises(InvalidValueError):      # in none
        DICOMFile.create(made).write()
    made.SpecificCharacterSet = "ISO_IR 100"
    assert b"M\xfcller" in DICOMFile.create(made).write()
    made.SpecificCharacterSet = ["", "ISO 2022 IR 87"]
    made.PatientName = "Yamada^Tarou=山田^太郎"
    written = DICOMFile.create(made).write()
    assert b"\x1b$B" in written
    assert dicomkit.read(written).PatientName == "Yamada^Tarou=山田^太郎"
