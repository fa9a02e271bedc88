"""DICOMDIRs that are edited: their offsets lead to the records they led to (PS3.3 F.3.2.2)."""

from __future__ import annotations

import gc
import io
import warnings

import pytest

import dicomkit
from dicomkit import DataElement, DataSet, DICOMFile
from dicomkit.errors import InvalidValueError
from tests.conftest import pydicom_data

NAMES = ["DICOMDIR", "DICOMDIR-bigEnd", "DICOMDIR-implicit", "DICOMDIR-reordered", "TINY_ALPHA/DICOMDIR"]


def folder(require):
    found = pydicom_data()
    if found is None:
        require("pydicom")
    return found / "test_files" / "dicomdirtests"


def instances(pydicom, path, data):
    """The files beside a directory that pydicom finds by its offsets."""
    directory = pydicom.dcmread(io.BytesIO(data))
    directory.filename = str(path)
    file_set = pydicom.fileset.FileSet(directory)
    found = sorted(instance.path for instance in file_set)
    with warnings.catch_warnings(action="ignore"):  # it does not close the folder that it makes
        del file_set
        gc.collect()
    return found


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("options", [{}, {"undefined_lengths": True}, {"undefined_lengths": False}, {"lenient": True}])
@pytest.mark.filterwarnings("ignore")
def test_pydicom_finds_the_same_instances(pydicom, require_peer, name, options):
    import pydicom.fileset

    path = folder(require_peer) / name
    file = dicomkit.read(path)
    expected = instances(pydicom, path, file.write())
    assert len(expected) > 1
    file.FileSetID = "LONGER"
    records = file.DirectoryRecordSequence
    for record in records[:: len(records) // 3]:
        record.SpecificCharacterSet = "ISO_IR 192"
        record.PrivateRecordUID = "1.2.3"
    assert instances(pydicom, path, file.write(**options)) == expected
    assert instances(pydicom, path, file.transcode("ImplicitVRLittleEndian").write(**options)) == expected


def record(kind, following=0, lower=0):
    made = DataSet()
    made.OffsetOfTheNextDirectoryRecord = following
    made.RecordInUseFlag = 0xFFFF
    made.OffsetOfReferencedLowerLevelDirectoryEntity = lower
    made.DirectoryRecordType = kind
    return made


def directory():
    """One patient with two studies, the second of which has a series."""
    made = DataSet()
    made.FileSetID = "A"
    made.OffsetOfTheFirstDirectoryRecordOfTheRootDirectoryEntity = 0
    made.OffsetOfTheLastDirectoryRecordOfTheRootDirectoryEntity = 0
    made.DirectoryRecordSequence = [record("PATIENT"), record("STUDY"), record("STUDY"), record("SERIES")]
    file = DICOMFile.create(made, sop_class_uid=dicomkit.uids.MediaStorageDirectoryStorage)
    del file["SOPClassUID"], file["SOPInstanceUID"]
    patient, first, second, series = places(dicomkit.read(file.write()))
    file.OffsetOfTheFirstDirectoryRecordOfTheRootDirectoryEntity = patient
    file.OffsetOfTheLastDirectoryRecordOfTheRootDirectoryEntity = patient
    file.DirectoryRecordSequence = [record("PATIENT", 0, first), record("STUDY", second), record("STUDY", 0, series), record("SERIES")]
    return dicomkit.read(file.write())


def places(file):
    return [item["OffsetOfTheNextDirectoryRecord"].offset - 8 for item in file.DirectoryRecordSequence]


def links(file):
    """The records that each link leads to, by their number; None for none."""
    number = {0: None, **{place: index for index, place in enumerate(places(file))}}
    roots = [file.get(0x00041200), file.get(0x00041202)]
    lower = [(item.get(0x00041400), item.get(0x00041420)) for item in file.DirectoryRecordSequence]
    return [number[root] for root in roots], [(number[following], number[down]) for following, down in lower]


def rewritten(file, **options):
    return dicomkit.read(file.write(**options))


LINKS = ([0, 0], [(None, 1), (2, None), (None, 3), (None, None)])


def test_offsets_that_were_made_are_written_as_they_are():
    assert links(directory()) == LINKS


def test_untouched_is_copied():
    file = directory()
    data = file.write()
    assert dicomkit.read(data).write() == data


@pytest.mark.parametrize("change", ["front", "record", "meta", "order", "new record", "end of a link"])
def test_links_follow_their_records(change):
    file = directory()
    before = file.copy()
    records = file.DirectoryRecordSequence
    expected = LINKS
    if change == "front":
        file.FileSetID = "LONGER"
    elif change == "record":
        records[0].PatientName = "Doe^Jane"
    elif change == "meta":
        file.file_meta_information["SourceApplicationEntityTitle"] = "HERE"
    elif change == "order":
        records[:] = [records[3], *records[:3]]
        expected = ([1, 1], [(None, None), (None, 2), (3, None), (None, 0)])
    elif change == "new record":
        records.insert(0, record("PATIENT"))
        expected = ([1, 1], [(None, None), (None, 2), (3, None), (None, 4), (None, None)])
    else:
        records[1].OffsetOfTheNextDirectoryRecord = 0
        expected = ([0, 0], [(None, 1), (None, None), (None, 3), (None, None)])
    assert links(rewritten(file)) == expected
    assert links(rewritten(rewritten(file))) == expected
    assert file[0x00041200] == before[0x00041200]  # writing changes nothing


def test_a_record_is_taken_out_when_its_links_go_with_it():
    file = directory()
    records = file.DirectoryRecordSequence
    records[0].OffsetOfReferencedLowerLevelDirectoryEntity = records[1].OffsetOfTheNextDirectoryRecord
    del records[1]
    assert links(rewritten(file)) == ([0, 0], [(None, 1), (None, 2), (None, None)])


@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_link_to_a_record_that_was_deleted_is_an_error(number):
    file = directory()
    del file.DirectoryRecordSequence[number]
    with pytest.raises(InvalidValueError, match="not there") as caught:
        file.write()
    assert caught.value.tag in (0x00041400, 0x00041420)
    assert len(rewritten(file, lenient=True).DirectoryRecordSequence) == 3


def test_a_record_that_was_copied_is_no_target():
    file = directory()
    file.DirectoryRecordSequence.append(file.DirectoryRecordSequence[1].copy())
    with pytest.raises(InvalidValueError, match="not there"):
        file.write()


def test_an_offset_that_leads_nowhere_stays_as_it_was_if_lenient():
    file = directory()
    file.OffsetOfTheLastDirectoryRecordOfTheRootDirectoryEntity = 5
    with pytest.raises(InvalidValueError) as caught:
        file.write()
    assert caught.value.tag == 0x00041202
    assert rewritten(file, lenient=True).OffsetOfTheLastDirectoryRecordOfTheRootDirectoryEntity == 5


def test_a_record_whose_beginning_was_set():
    file = directory()
    for item in file.DirectoryRecordSequence:
        for keyword in ("OffsetOfTheNextDirectoryRecord", "RecordInUseFlag", "OffsetOfReferencedLowerLevelDirectoryEntity"):
            item[keyword] = item[keyword].value
    file[0x00041220].value[0][0x00041400] = DataElement(0x00041400, "UL", 0)
    assert links(rewritten(file)) == LINKS
