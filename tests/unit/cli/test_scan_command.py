"""``dicomkit scan``."""

from __future__ import annotations

import csv
import io
import json

import pytest


@pytest.fixture
def archive(write_image, tmp_path):
    write_image("archive/1.dcm", 1)
    write_image("archive/2.dcm", 2, PatientName="=cmd[red]|x\x07y", PatientID=None)
    (tmp_path / "archive" / "notes.txt").write_text("x")
    return tmp_path / "archive"


def test_text_is_aligned_and_whole(dicomkit, archive):
    outcome = dicomkit("scan", archive, "-a", "PatientID", "-a", "ImagePositionPatient", "-a", "PatientName")
    path = str(archive / "1.dcm")
    assert outcome.out.splitlines() == [
        f"{'path':<{len(path)}}  PatientID  ImagePositionPatient  PatientName",
        f"{path}  P1         0.0\\0.0\\2.5           Doe^Jane",
        f"{archive / '2.dcm'}             0.0\\0.0\\5.0           =cmd[red]|x·y",
    ]
    assert outcome.code == 0
    assert outcome.err == "2 files, 1 not DICOM\n"


def test_csv(dicomkit, archive):
    outcome = dicomkit("scan", archive, "-a", "PatientID", "-a", "0028,0030", "-a", "StudyDate", "-a", "PixelData", "-f", "csv")
    assert next(csv.DictReader(io.StringIO(outcome.out))) == {
        "path": str(archive / "1.dcm"), "PatientID": "P1", "PixelSpacing": "0.5\\0.25", "StudyDate": "2024-02-29",
        "PixelData": "00336699ccff", "error": "",
    }  # fmt: skip


def test_json_lines(dicomkit, archive):
    outcome = dicomkit("scan", archive, "-a", "Rows", "-a", "PixelSpacing", "-a", "StudyDate", "-a", "TransferSyntaxUID", "-f", "jsonl")
    assert json.loads(outcome.out.splitlines()[0]) == {
        "path": str(archive / "1.dcm"), "Rows": 2, "PixelSpacing": [0.5, 0.25], "StudyDate": "2024-02-29",
        "TransferSyntaxUID": "1.2.840.10008.1.2.1", "error": None,
    }  # fmt: skip


def test_the_name_of_the_output_decides(dicomkit, archive, tmp_path):
    outcome = dicomkit("scan", archive, "-a", "Rows", "-o", tmp_path / "t.csv")
    assert outcome.out == ""
    assert (tmp_path / "t.csv").read_text().splitlines()[0] == "path,Rows,error"
    dicomkit("scan", archive, "-a", "Rows", "-o", tmp_path / "t.jsonl")
    assert json.loads((tmp_path / "t.jsonl").read_text().splitlines()[0])["Rows"] == 2


def test_parquet(dicomkit, archive, tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet")
    assert dicomkit("scan", archive, "-a", "Rows", "-o", tmp_path / "t.parquet").code == 0
    assert parquet.read_table(tmp_path / "t.parquet").column("Rows").to_pylist() == [2, 2]


def test_parquet_needs_a_file(dicomkit, archive):
    assert dicomkit("scan", archive, "-f", "parquet").code == 2


@pytest.mark.parametrize("workers", [1, 4])
def test_files_that_cannot_be_read(dicomkit, archive, workers):
    (archive / "3.dcm").write_bytes((archive / "1.dcm").read_bytes()[:300])
    outcome = dicomkit("scan", archive, "-a", "PatientName", "-f", "jsonl", "-w", workers)
    assert outcome.code == 1
    assert outcome.err == "3 files, 1 of them with errors, 1 not DICOM\n"
    assert json.loads(outcome.out.splitlines()[-1])["error"].startswith("UnexpectedEndOfDataError: ")


def test_mistakes(dicomkit, archive, tmp_path):
    outcome = dicomkit("scan", archive, "-a", "PatietnID")
    assert outcome.code == 2
    assert "did you mean PatientID" in outcome.err
    outcome = dicomkit("scan", archive, "-o", tmp_path / "absent" / "t.csv")
    assert (outcome.code, outcome.err) == (1, f"dicomkit: error: {tmp_path / 'absent' / 't.csv'}: No such file or directory\n")
    assert dicomkit("scan", tmp_path / "absent").code == 2


def test_a_table_on_a_terminal_is_cut_and_takes_no_markup():
    from dicomkit.cli.text_table import write_text_table

    class Terminal(io.StringIO):
        def isatty(self):
            return True

    stream = Terminal()
    write_text_table(("path", "PatientName", "error"), [("p" * 300, "[red]x", "")], stream)
    shown = stream.getvalue()
    assert "…" in shown
    assert "[red" in shown
    assert "error" not in shown
