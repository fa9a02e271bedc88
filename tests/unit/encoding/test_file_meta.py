"""File Meta Information, made and kept consistent (PS3.10 7.1)."""

from __future__ import annotations

import pytest

import dicomkit
from dicomkit import DataElement, DataSet
from dicomkit.encoding.file_meta import IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME, complete_file_meta, is_file_meta_right
from dicomkit.errors import InvalidTagError, MissingRequiredElementError
from dicomkit.testing import data_set, element, file_meta, part10
from dicomkit.transfer_syntax import EXPLICIT_VR_LITTLE_ENDIAN, IMPLICIT_VR_LITTLE_ENDIAN
from dicomkit.values import DICOMUniqueIdentifier

CT = "1.2.840.10008.5.1.4.1.1.2"
BODY = data_set([(0x00080016, "UI", CT), (0x00080018, "UI", "2.25.7"), (0x00100010, "PN", "Doe^Jane")])


def read(**meta):
    settings = {"sop_class_uid": CT, "sop_instance_uid": "2.25.7", **meta}
    return dicomkit.read(part10(BODY, meta=file_meta(**settings)))


def body():
    return DataSet([DataElement("SOPClassUID", "UI", CT), DataElement("SOPInstanceUID", "UI", "2.25.7")])


def is_right(file, syntax=EXPLICIT_VR_LITTLE_ENDIAN, **options):
    return is_file_meta_right(file.file_meta_information, file.data_set, syntax, **options)


def test_our_own_uid():
    assert DICOMUniqueIdentifier.parse(IMPLEMENTATION_CLASS_UID) is not None
    assert IMPLEMENTATION_CLASS_UID.startswith("2.25.")
    assert f"DICOMKIT_{dicomkit.__version__}" == IMPLEMENTATION_VERSION_NAME
    assert len(IMPLEMENTATION_VERSION_NAME) <= 16


def test_what_was_read_and_is_right_stays():
    assert is_right(read())
    assert not is_right(read(), IMPLICIT_VR_LITTLE_ENDIAN)


@pytest.mark.parametrize("meta", [{"sop_class_uid": "1.2.3"}, {"sop_instance_uid": "2.25.8"}, {"group_length": 10}])
def test_what_is_wrong_is_seen(meta):
    assert not is_right(read(**meta))
    assert is_right(read(**meta), lenient=True)


def test_what_was_touched_is_seen():
    file = read()
    file.file_meta_information["SourceApplicationEntityTitle"] = "HERE"
    assert not is_right(file)
    assert not is_right(file, lenient=True)


def test_a_group_length_that_is_missing_is_seen():
    content = file_meta(sop_class_uid=CT, sop_instance_uid="2.25.7")[12:]
    assert not is_right(dicomkit.read(part10(BODY, meta=content)))


def test_made_from_nothing():
    meta = complete_file_meta(DataSet(), body(), EXPLICIT_VR_LITTLE_ENDIAN)
    assert [(e.keyword, str(e.vr), e.value) for e in meta] == [
        ("FileMetaInformationVersion", "OB", b"\0\1"),
        ("MediaStorageSOPClassUID", "UI", CT),
        ("MediaStorageSOPInstanceUID", "UI", "2.25.7"),
        ("TransferSyntaxUID", "UI", "1.2.840.10008.1.2.1"),
        ("ImplementationClassUID", "UI", IMPLEMENTATION_CLASS_UID),
        ("ImplementationVersionName", "SH", IMPLEMENTATION_VERSION_NAME),
    ]


def test_kept_and_corrected():
    file = read(more=element(0x00020016, "AE", "THERE"), sop_instance_uid="2.25.8")
    before = file.file_meta_information.copy()
    meta = complete_file_meta(file.file_meta_information, file.data_set, EXPLICIT_VR_LITTLE_ENDIAN)
    assert meta.MediaStorageSOPInstanceUID == "2.25.7"
    assert meta.SourceApplicationEntityTitle == "THERE"
    assert meta.ImplementationClassUID == IMPLEMENTATION_CLASS_UID
    assert "FileMetaInformationGroupLength" not in meta
    assert file.file_meta_information == before


def test_an_implementation_that_was_set_stays():
    file = read()
    file.file_meta_information["ImplementationClassUID"] = "1.2.3"
    meta = complete_file_meta(file.file_meta_information, file.data_set, EXPLICIT_VR_LITTLE_ENDIAN)
    assert meta.ImplementationClassUID == "1.2.3"
    assert "ImplementationVersionName" not in meta


@pytest.mark.parametrize("keyword", ["SOPClassUID", "SOPInstanceUID"])
def test_a_made_data_set_needs_class_and_instance(keyword):
    made = body()
    del made[keyword]
    with pytest.raises(MissingRequiredElementError) as caught:
        complete_file_meta(DataSet(), made, EXPLICIT_VR_LITTLE_ENDIAN)
    assert caught.value.keyword == keyword
    complete_file_meta(DataSet(), made, EXPLICIT_VR_LITTLE_ENDIAN, lenient=True)


def test_one_that_was_read_without_them_is_written_without_them():
    file = dicomkit.read(data_set([(0x00100010, "PN", "Doe^Jane")]), force=True)
    meta = complete_file_meta(file.file_meta_information, file.data_set, file.transfer_syntax)
    assert "MediaStorageSOPClassUID" not in meta


def test_a_uid_that_is_none_is_passed_on():
    file = dicomkit.read(part10(data_set([(0x00080016, "UI", CT), (0x00080018, "UI", "1.02.x")])))
    meta = complete_file_meta(file.file_meta_information, file.data_set, file.transfer_syntax)
    assert meta.MediaStorageSOPInstanceUID == "1.02.x"


def test_a_private_transfer_syntax_stays():
    file = dicomkit.read(part10(BODY, meta=file_meta("1.2.840.113619.5.2", sop_class_uid=CT, sop_instance_uid="2.25.7")), force=True)
    assert is_right(file, file.transfer_syntax)
    file.PatientName = "A"
    meta = complete_file_meta(file.file_meta_information, file.data_set, file.transfer_syntax)
    assert meta.TransferSyntaxUID == "1.2.840.113619.5.2"


def test_a_vr_that_is_put_right_changes_the_group_length():
    """Letters that are no VR become UN, whose header is longer: the group length that was read is right no more."""
    meta = file_meta(sop_class_uid=CT, sop_instance_uid="2.25.7").replace(b"\x02\0\x03\0UI", b"\x02\0\x03\0TI")
    with pytest.warns(dicomkit.DICOMWarning, match="Value Representation"):
        file = dicomkit.read(part10(BODY, meta=meta))
    written = file.write()
    again = dicomkit.read(written)
    assert again.file_meta_information.MediaStorageSOPInstanceUID == "2.25.7"
    length = again.file_meta_information.FileMetaInformationGroupLength
    assert written[132 + 12 + length :] == BODY
    assert again.write() == written


@pytest.mark.parametrize("keyword", ["SOPClassUID", "SOPInstanceUID"])
@pytest.mark.parametrize("change", ["delete", "empty"])
def test_what_was_read_and_deleted_is_missed(keyword, change):
    """Media Storage SOP Instance UID would go on naming the instance that this one no longer says to be."""
    file = read()
    if change == "delete":
        del file[keyword]
    else:
        file[keyword] = ""
    for candidate in (file, file.copy()):
        with pytest.raises(MissingRequiredElementError) as caught:
            candidate.write()
        assert caught.value.keyword == keyword
        assert dicomkit.read(candidate.write(lenient=True)).data_set.get(keyword) is None


def test_what_was_made_and_deleted_is_missed():
    file = dicomkit.DICOMFile.create(body())
    del file["SOPInstanceUID"]
    with pytest.raises(MissingRequiredElementError, match="SOPInstanceUID"):
        file.write()


def test_one_that_was_read_without_them_stays_writable():
    content = data_set([(0x00100010, "PN", "Doe^Jane")])
    file = dicomkit.read(part10(content, meta=file_meta(sop_class_uid=CT, sop_instance_uid="2.25.7")))
    file.SOPInstanceUID = "2.25.8"
    del file["SOPInstanceUID"]
    file.PatientName = "A"
    assert dicomkit.read(file.write()).file_meta_information.MediaStorageSOPInstanceUID == "2.25.7"


def test_a_directory_has_them_in_file_meta_information_only():
    """PS3.3 F.2.2: the Basic Directory IOD has no SOP Common Module."""
    file = dicomkit.DICOMFile.create(DataSet(), sop_class_uid=dicomkit.uids.MediaStorageDirectoryStorage)
    del file["SOPClassUID"], file["SOPInstanceUID"]
    assert dicomkit.read(file.write()).data_set.tags == []


@pytest.mark.parametrize("keyword", ["PatientName", "CommandField"])
def test_elements_of_other_groups_are_refused(keyword):
    file = read()
    file.file_meta_information[keyword] = "A" if keyword == "PatientName" else 1
    for options in ({}, {"lenient": True}):
        with pytest.raises(InvalidTagError, match="File Meta Information") as caught:
            file.write(**options)
        assert caught.value.tag == {"PatientName": 0x00100010, "CommandField": 0x00000100}[keyword]
