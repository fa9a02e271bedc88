"""``dicomkit edit``."""

from __future__ import annotations

import os

import pytest

import dicomkit as library
from dicomkit.cli.assignments import ASSIGNMENT, ELEMENT_PATH
from dicomkit.testing import element, part10, sequence


def read(path):
    return library.read(path)


def test_set_and_delete(dicomkit, write_image, tmp_path):
    source, target = write_image(), tmp_path / "out" / "new.dcm"
    changes = ["--set", "PatientName=Roe^Richard", "-s", "0010,0040=M", "--delete", "StudyDescription"]
    outcome = dicomkit("edit", source, *changes, "-o", target)
    assert (outcome.code, outcome.out, outcome.err) == (0, "", "1 file edited\n")
    file = read(target)
    assert (file.PatientName, file.PatientSex) == ("Roe^Richard", "M")
    assert "StudyDescription" not in file
    assert read(source).PatientName == "Doe^Jane"
    assert {str(one.path) for one in library.diff(source, target)} == {"PatientName", "PatientSex", "StudyDescription"}


@pytest.mark.parametrize(("assignment", "keyword", "value"), [
    ("Rows=5", "Rows", 5), ("PixelSpacing=1\\2", "PixelSpacing", [1.0, 2.0]), ("ImageType=A\\B", "ImageType", ["A", "B"]),
    ("PatientComments=a\\b=c", "PatientComments", "a\\b=c"), ("PatientID=", "PatientID", None),
    ("FrameIncrementPointer=FrameTime", "FrameIncrementPointer", 0x00181063), ("EffectiveEchoTime=1.5", "EffectiveEchoTime", 1.5),
    ("ICCProfile=00 ff", "ICCProfile", b"\0\xff"), ("PixelPaddingValue=-5", "PixelPaddingValue", -5),
    ("StudyDate=20240229", "StudyDate", "20240229"), ("PatientName= ", "PatientName", None),
])  # fmt: skip
def test_values_by_their_vr(dicomkit, write_image, tmp_path, assignment, keyword, value):
    source = write_image(PixelRepresentation=1)
    assert dicomkit("edit", source, "--set", assignment, "-o", tmp_path / "out.dcm").code == 0
    found = read(tmp_path / "out.dcm")[keyword].value
    assert getattr(found, "dicom_string", found) == value or (value is None and not found)


def test_items(dicomkit, write_image, tmp_path):
    target = tmp_path / "out.dcm"
    steps = ["ReferencedImageSequence[0].ReferencedSOPInstanceUID=1.2", "ReferencedImageSequence[0].ReferencedSOPClassUID=1.3",
             "ReferencedImageSequence[1].PurposeOfReferenceCodeSequence[0].CodeMeaning=x"]  # fmt: skip
    assert dicomkit("edit", write_image(), *[word for step in steps for word in ("-s", step)], "-o", target).code == 0
    first, second = read(target).ReferencedImageSequence
    assert (first.ReferencedSOPInstanceUID, first.ReferencedSOPClassUID) == ("1.2", "1.3")
    assert second.PurposeOfReferenceCodeSequence[0].CodeMeaning == "x"
    delete = ["-d", "ReferencedImageSequence[0].ReferencedSOPClassUID", "-d", "ReferencedImageSequence[7].PatientID", "-d", "PatientID"]
    assert dicomkit("edit", target, *delete, "--in-place").code == 0
    assert [len(item) for item in read(target).ReferencedImageSequence] == [1, 1]
    outcome = dicomkit("edit", target, "-s", "ReferencedImageSequence[5].PatientID=1", "--in-place")
    assert outcome.code == 1
    assert "ReferencedImageSequence[5] is missing" in outcome.err


def test_private_elements(dicomkit, write_image, tmp_path):
    target = tmp_path / "out.dcm"
    outcome = dicomkit("edit", write_image(), "-s", "0009,0010=ACME", "-s", "0009,1001:FD=1.5", "-s", "0019,0010=GEMS_ACQU_01",
                       "-s", "0019,1002=7", "-o", target)  # fmt: skip
    assert outcome.code == 0
    file = read(target)
    assert file.private_block(0x0009, "ACME").get(0x01) == 1.5
    assert (file[0x00191002].vr, file[0x00191002].value) == ("SL", 7)
    outcome = dicomkit("edit", target, "-s", "0009,1002=x", "--in-place")
    assert outcome.code == 1
    assert "KEY:VR=VALUE" in outcome.err
    assert dicomkit("edit", target, "--delete-private", "--in-place").code == 0
    assert not any(tag.is_private for tag in read(target).data_set.tags)


def test_private_elements_in_items(dicomkit, tmp_path):
    inner = element(0x00090010, "LO", "ACME") + element(0x00091001, "LO", "x") + element(0x00100010, "PN", "A^B ")
    (tmp_path / "a.dcm").write_bytes(part10(sequence(0x00081140, [inner]) + element(0x00091001, "UN", b"ab")))
    assert dicomkit("edit", tmp_path / "a.dcm", "--delete-private", "-o", tmp_path / "b.dcm").code == 0
    file = read(tmp_path / "b.dcm")
    assert [int(tag) for tag in file.data_set.tags] == [0x00081140]
    assert [int(tag) for tag in file.ReferencedImageSequence[0].tags] == [0x00100010]


def test_file_meta_information(dicomkit, write_image, tmp_path):
    changes = ["-s", "SourceApplicationEntityTitle=ME", "-s", "SOPInstanceUID=1.2.3"]
    outcome = dicomkit("edit", write_image(), *changes, "-o", tmp_path / "out.dcm")
    assert outcome.code == 0
    meta = read(tmp_path / "out.dcm").file_meta_information
    assert (meta.SourceApplicationEntityTitle, meta.MediaStorageSOPInstanceUID) == ("ME", "1.2.3")


def test_characters_that_do_not_fit(dicomkit, write_image, tmp_path):
    source, target = write_image(StudyDescription="plain"), tmp_path / "out.dcm"
    outcome = dicomkit("edit", source, "-s", "PatientName=Müller", "-o", target)
    assert outcome.code == 1
    assert "(0010,0010)" in outcome.err
    assert "Müller" not in outcome.err
    assert "--utf-8" in outcome.err
    assert "switch_to_utf_8" not in outcome.err
    assert not target.exists()
    assert dicomkit("edit", source, "-s", "PatientName=Müller", "--utf-8", "-o", target).code == 0
    assert (read(target).PatientName, read(target).SpecificCharacterSet) == ("Müller", "ISO_IR 192")


# Many files.


def test_folders_keep_their_shape(dicomkit, write_image, tmp_path):
    for number in range(3):
        write_image(f"study/series{number}/{number}.dcm", number)
    (tmp_path / "study" / "notes.txt").write_text("not DICOM")
    outcome = dicomkit("edit", tmp_path / "study", "-s", "PatientID=P2", "-o", tmp_path / "out")
    assert (outcome.code, outcome.err) == (0, "3 files edited, 1 not DICOM\n")
    assert {read(path).PatientID for path in (tmp_path / "out").rglob("*.dcm")} == {"P2"}
    assert {path.relative_to(tmp_path / "out").as_posix() for path in (tmp_path / "out").rglob("*.*")} == {
        f"series{number}/{number}.dcm" for number in range(3)
    }
    assert dicomkit("edit", tmp_path / "study", "-s", "PatientID=P3", "--in-place").code == 0
    assert read(tmp_path / "study" / "series1" / "1.dcm").PatientID == "P3"


def test_a_name_that_ends_in_a_slash_is_a_folder_s(dicomkit, write_image, tmp_path):
    outcome = dicomkit("edit", write_image("x.dcm"), "-s", "PatientID=P2", "-o", f"{tmp_path / 'new' / 'out'}/")
    assert (outcome.code, outcome.err) == (0, "1 file edited\n")
    assert read(tmp_path / "new" / "out" / "x.dcm").PatientID == "P2"


def test_a_file_that_is_named_twice_is_edited_once(dicomkit, write_image, tmp_path):
    path = write_image("study/a.dcm")
    link = tmp_path / "link.dcm"
    link.symlink_to(path)
    outcome = dicomkit("edit", path, path, link, tmp_path / "study", "-s", "PatientID=P2", "--in-place")
    assert (outcome.code, outcome.err) == (0, "1 file edited\n")
    assert read(link).PatientID == "P2"
    assert link.is_symlink()


def test_a_directory_says_what_is_wrong_with_it(dicomkit, all_peer_files, tmp_path):
    source = next(file.path for file in all_peer_files if file.name.endswith("dicomdirtests/DICOMDIR"))
    assert dicomkit("edit", source, "-s", "FileSetID=LONGER", "-o", tmp_path / "DICOMDIR").code == 0
    outcome = dicomkit("edit", source, "-s", "0004,1202=7", "-o", tmp_path / "other")
    assert outcome.code == 1
    assert "directory record that is not there" in outcome.err
    assert "(0004,1202)" in outcome.err
    assert dicomkit("edit", source, "-s", "0004,1202=7", "--lenient", "-o", tmp_path / "other").code == 0


def test_one_bad_file_stops_nobody(dicomkit, write_image, tmp_path):
    write_image("study/a.dcm")
    broken = write_image("study/b.dcm")
    broken.write_bytes(broken.read_bytes()[:-3])
    write_image("study/c.dcm")
    outcome = dicomkit("edit", tmp_path / "study", "-s", "PatientID=P2", "-o", tmp_path / "out")
    assert outcome.code == 1
    assert outcome.err.count("dicomkit: error:") == 1
    assert str(broken) in outcome.err
    assert outcome.err.endswith("2 files edited, 1 failed\n")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["a.dcm", "c.dcm"]


def test_in_place_keeps_a_file_that_cannot_be_written(dicomkit, write_image, tmp_path):
    path = write_image()
    before = path.read_bytes()
    assert dicomkit("edit", path, "-s", "PatientName=Ж", "--in-place").code == 1
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == [path.name]


def test_keywords_are_completed():
    for kind in (ELEMENT_PATH, ASSIGNMENT):
        words = [one.value for one in kind.shell_complete(None, None, "ReferencedImageSequence[0].patientname")]
        assert words[0] == "ReferencedImageSequence[0].PatientName"
        assert all(word.startswith("ReferencedImageSequence[0].PatientName") for word in words)
    assert ASSIGNMENT.shell_complete(None, None, "PatientName=D") == []


# Mistakes.


@pytest.mark.parametrize(("arguments", "word"), [
    ([], "nothing to do"), (["-s", "PatientID=1"], "say where"), (["-s", "PatientID=1", "-o", "x", "--in-place"], "say where"),
    (["-s", "PatientId=1", "-o", "x"], "PatientID"), (["-s", "PatientID", "-o", "x"], "KEY=VALUE"),
    (["-d", "Nonsense", "-o", "x"], "keyword"), (["-s", "StudyDate=2024-01-01", "-o", "x"], "calendar"),
    (["-s", "Rows=x", "-o", "x"], "integers"), (["-s", "Rows=70000", "-o", "x"], "US"),
    (["-s", "PixelSpacing=1", "-o", "x"], "1 values"), (["-s", "PatientID:ZZ=1", "-o", "x"], "no VR"), (["-s", "=1", "-o", "x"], "keyword"),
    (["-s", "ReferencedImageSequence=1", "-o", "x"], "sequence"), (["-s", "ICCProfile=0g", "-o", "x"], "hexadecimal"),
    (["-s", "FrameIncrementPointer=Nonsense", "-o", "x"], "tags"), (["-s", "A.PatientID=1", "-o", "x"], "index"),
    (["-s", "TransferSyntaxUID=1.2.840.10008.1.2", "-o", "x"], "convert"), (["-d", "0002,0010", "-o", "x"], "convert"),
    (["-s", "MediaStorageSOPInstanceUID=1.2", "-o", "x"], "SOPInstanceUID: set"), (["-d", "0002,0000", "-o", "x"], "counts it"),
])  # fmt: skip
def test_mistakes_are_explained(dicomkit, write_image, tmp_path, monkeypatch, arguments, word):
    monkeypatch.chdir(tmp_path)
    outcome = dicomkit("edit", write_image(), *arguments)
    assert outcome.code == 2
    assert word in outcome.err
    assert "Traceback" not in outcome.err
    assert not (tmp_path / "x").exists()


def test_targets_that_are_none(dicomkit, write_image, tmp_path):
    one, other = write_image("a/x.dcm"), write_image("b/x.dcm")
    assert "same name" in dicomkit("edit", one, other, "-s", "PatientID=1", "-o", tmp_path / "out").err
    assert "--in-place" in dicomkit("edit", one, "-s", "PatientID=1", "-o", one).err
    assert "folder" in dicomkit("edit", tmp_path / "a", "-s", "PatientID=1", "-o", other).err
    assert dicomkit("edit", tmp_path / "none.dcm", "-s", "PatientID=1", "-o", tmp_path / "out").code == 2
