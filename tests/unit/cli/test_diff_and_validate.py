"""``dicomkit diff`` and ``dicomkit validate``."""

from __future__ import annotations

import pytest

from dicomkit.testing import data_set, element, part10
from tests.interop.made_objects import OBJECTS

# diff


def test_no_difference_says_nothing(dicomkit, write_image):
    outcome = dicomkit("diff", write_image("a.dcm"), write_image("b.dcm"))
    assert outcome == (0, "", "")


def test_differences_are_lines(dicomkit, write_image):
    one, other = write_image("a.dcm"), write_image("b.dcm", PatientName="Roe^Richard", StudyDescription=None, PatientAge="045Y")
    outcome = dicomkit("diff", one, other)
    assert (outcome.code, outcome.err) == (1, "")
    assert outcome.out.splitlines() == [
        f"--- {one}",
        f"+++ {other}",
        "- StudyDescription (0008,1030) LO Chest",
        "- PatientName (0010,0010) PN Doe^Jane",
        "+ PatientName (0010,0010) PN Roe^Richard",
        "+ PatientAge (0010,1010) AS 045Y",
    ]


def test_some_may_differ(dicomkit, write_image):
    one, other = write_image("a.dcm"), write_image("b.dcm", 2)
    assert dicomkit("diff", one, other).code == 1
    arguments = ["-i", "SOPInstanceUID", "-i", "0020,0013", "--ignore", "ImagePositionPatient"]
    assert dicomkit("diff", one, other, *arguments) == (0, "", "")


def test_meta_and_long_values(dicomkit, write_image):
    one = write_image("a.dcm", PixelData=bytes(1000), Rows=20, Columns=50)
    other = write_image("b.dcm", transfer_syntax_uid="1.2.840.10008.1.2.1", PixelData=b"\1" * 1000, Rows=20, Columns=50)
    assert "…" in dicomkit("diff", one, other).out
    assert "…" not in dicomkit("diff", one, other, "--full").out
    assert dicomkit("edit", one, "-s", "SourceApplicationEntityTitle=ME", "--in-place").code == 0
    assert "SourceApplicationEntityTitle" not in dicomkit("diff", one, other).out
    assert "+ " not in dicomkit("diff", one, one, "--meta").out
    assert "- SourceApplicationEntityTitle (0002,0016) AE ME" in dicomkit("diff", one, other, "--meta").out


def test_folders(dicomkit, write_image, tmp_path):
    for name in ("a", "b"):
        write_image(f"{name}/x/1.dcm")
        write_image(f"{name}/x/2.dcm", PatientID=name)
        (tmp_path / name / "notes.txt").write_text("same")
        (tmp_path / name / "other.txt").write_text(name)
    write_image("a/only.dcm")
    outcome = dicomkit("diff", tmp_path / "a", tmp_path / "b")
    assert outcome.code == 1
    assert outcome.err == "2 files compared, 3 not the same\n"
    assert outcome.out.splitlines() == [
        f"only in {tmp_path / 'a'}: only.dcm",
        "other.txt: not DICOM, and not the same",
        f"--- {tmp_path / 'a' / 'x' / '2.dcm'}",
        f"+++ {tmp_path / 'b' / 'x' / '2.dcm'}",
        "- PatientID (0010,0020) LO a",
        "+ PatientID (0010,0020) LO b",
    ]
    assert dicomkit("diff", tmp_path / "a" / "x", tmp_path / "b" / "x", "-i", "PatientID").code == 0


def test_diff_mistakes(dicomkit, write_image, tmp_path):
    path = write_image("a/x.dcm")
    assert dicomkit("diff", path, tmp_path).code == 2
    assert dicomkit("diff", path, tmp_path / "none").code == 2
    assert dicomkit("diff", path).code == 2
    (tmp_path / "text").write_text("no DICOM here")
    for pair in ((path, tmp_path / "text"), (tmp_path / "text", path)):     # the one that is wrong is named
        outcome = dicomkit("diff", *pair)
        assert (outcome.code, outcome.out) == (1, "")
        assert outcome.err.startswith(f"dicomkit: error: {tmp_path / 'text'}: ")
    (tmp_path / "text").write_text("no DICOM here" * 20)
    assert "; --force reads" in dicomkit("diff", path, tmp_path / "text").err


# validate


@pytest.fixture
def write_ct(tmp_path):
    def write(name="ct.dcm", without=()):
        file = OBJECTS["CT"]()
        for keyword in without:
            del file[keyword]
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        file.write(path)
        return path

    return write


def test_nothing_wrong(dicomkit, write_ct):
    assert dicomkit("validate", write_ct()) == (0, "", "1 file checked, 0 with errors\n")


def test_findings_are_lines(dicomkit, write_ct):
    outcome = dicomkit("validate", write_ct(without=["PatientSex", "Rows"]))
    assert (outcome.code, outcome.err) == (1, "1 file checked, 1 with errors\n")
    assert outcome.out.splitlines() == [
        "error: PatientSex (0010,0040): it is missing, and of type 2 (PS3.3 C.7.1.1)",
        "error: Rows (0028,0010): it is missing, and of type 1 (PS3.3 C.7.6.3)",
    ]


def test_folders_and_their_summary(dicomkit, write_ct, tmp_path):
    for number in range(3):
        write_ct(f"study/{number}.dcm", without=["PatientSex"] if number else [])
    (tmp_path / "study" / "notes.txt").write_text("not DICOM")
    outcome = dicomkit("validate", tmp_path / "study")
    assert (outcome.code, outcome.err) == (1, "3 files checked, 1 not DICOM, 2 with errors\n")
    assert outcome.out.splitlines()[0] == str(tmp_path / "study" / "1.dcm")
    assert outcome.out.count("PatientSex") == 2
    summary = dicomkit("validate", "--summary", tmp_path / "study")
    assert summary.out.splitlines() == ["     2  error: PatientSex (0010,0040): it is missing, and of type 2 (PS3.3 C.7.1.1)"]


def test_warnings_are_no_errors(dicomkit, tmp_path):
    file = OBJECTS["CT"]()
    file.PixelData = bytes(130)
    file.write(tmp_path / "ct.dcm")
    outcome = dicomkit("validate", tmp_path / "ct.dcm")
    assert outcome.code == 0
    assert outcome.out.startswith("warning: PixelData")
    assert dicomkit("validate", "--errors", tmp_path / "ct.dcm") == (0, "", "1 file checked, 0 with errors\n")


def test_classes_that_nobody_knows_are_named(dicomkit, tmp_path):
    body = data_set([(0x00080016, "UI", "1.2.840.10008.5.1.4.1.1.66"), (0x00080018, "UI", "2.25.1"), (0x00100010, "PN", "A^B")])
    (tmp_path / "raw.dcm").write_bytes(part10(body))
    outcome = dicomkit("validate", tmp_path / "raw.dcm")
    assert "Raw Data Storage" in outcome.err
    assert outcome.code == 1        # its File Meta Information speaks of a secondary capture


def test_files_that_cannot_be_read(dicomkit, write_ct, tmp_path):
    (tmp_path / "text").write_text("no DICOM here")
    outcome = dicomkit("validate", tmp_path / "text", write_ct())
    assert outcome.code == 1
    assert outcome.err.startswith("dicomkit: error:")
    assert outcome.err.endswith("1 file checked, 1 failed, 0 with errors\n")
    (tmp_path / "empty").mkdir()
    assert dicomkit("validate", tmp_path / "empty").code == 1


def test_a_finding_cannot_steer_the_terminal(dicomkit, tmp_path):
    (tmp_path / "x").write_bytes(part10(element(0x00080016, "UI", "1.2.840.10008.5.1.4.1.1.66") + element(0x00100010, "PN", b"\x1b[31mA")))
    outcome = dicomkit("validate", tmp_path / "x")
    assert "\x1b" not in outcome.out + outcome.err
