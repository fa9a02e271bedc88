"""Data sets from pydicom: what its encoding has no place for."""

from __future__ import annotations

import io

import pytest

import dicomkit


@pytest.fixture
def implicit(pydicom):
    """A data set that pydicom read, in implicit VR, with an item and a private element that nobody knows."""
    made = dicomkit.DataSet()
    made.SpecificCharacterSet = "ISO_IR 100"
    made.private_block(0x0009, "ACME", create=True).set(0x01, "LO", "read")
    made.ReferencedImageSequence = [dicomkit.DataSet([dicomkit.DataElement("ReferencedSOPInstanceUID", "UI", "1.2")])]
    return pydicom.dcmread(io.BytesIO(dicomkit.DICOMFile.create(made, transfer_syntax_uid="ImplicitVRLittleEndian").write()))


def test_private_elements_that_were_set_keep_their_vr(implicit, pydicom):
    block = implicit.private_block(0x0009, "ACME")
    block.add_new(2, "FD", 1.5)
    block.add_new(3, "LO", "text")
    inner = pydicom.Dataset()
    inner.private_block(0x0009, "ACME", create=True).add_new(1, "SL", -5)
    block.add_new(4, "SQ", [inner])
    implicit.ReferencedImageSequence[0].private_block(0x000B, "ACME", create=True).add_new(7, "US", [1, 2])
    ours = dicomkit.from_pydicom(implicit)
    assert [(ours[tag].vr, ours[tag].value) for tag in (0x00091002, 0x00091003)] == [("FD", 1.5), ("LO", "text")]
    assert ours[0x00091004].value[0][0x00091001].value == -5
    assert ours.ReferencedImageSequence[0][0x000B1007].value == [1, 2]
    assert (ours[0x00091001].vr, ours[0x00091001].value) == ("UN", b"read")


def test_what_was_read_and_not_looked_at_is_as_it_was(implicit):
    ours = dicomkit.from_pydicom(implicit)
    assert all(element.offset is not None for element in ours)
    assert ours.SpecificCharacterSet == "ISO_IR 100"


@pytest.mark.filterwarnings("ignore:Failed to encode")
def test_text_outside_of_the_character_set_is_utf_8(implicit):
    texts = {"PatientName": "Жук^И", "StudyDescription": "who? é日", "PatientComments": "日"}
    for keyword, text in texts.items():
        setattr(implicit, keyword, text)
    implicit.OtherPatientNames = ["A^B", "日^本"]
    implicit.InstitutionName = "Müller?"
    implicit.ReferencedImageSequence[0].PatientComments = "本"
    ours = dicomkit.from_pydicom(implicit)
    for version in (ours, dicomkit.read(dicomkit.DICOMFile.create(ours).write())):
        assert {keyword: version.get(keyword) for keyword in texts} == texts
        assert version.OtherPatientNames == ["A^B", "日^本"]
        assert version.InstitutionName == "Müller?"
        assert version.ReferencedImageSequence[0].PatientComments == "本"
        assert version.SpecificCharacterSet == "ISO_IR 192"


def test_text_inside_of_it_leaves_it(implicit):
    implicit.PatientName = "Müller^é?"
    ours = dicomkit.from_pydicom(implicit)
    assert (ours.PatientName, ours.SpecificCharacterSet) == ("Müller^é?", "ISO_IR 100")
