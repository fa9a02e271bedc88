"""The pages about writing run as they stand, and the tables for those who come from pydicom are true, row by row."""

from __future__ import annotations

import copy
import io
import re
import shlex
from pathlib import Path

import numpy as np
import pytest

import dicomkit
from dicomkit.cli.entry import run
from tests.conftest import need_encoder
from tests.interop.made_objects import OBJECTS

HOW_TO = Path(__file__).resolve().parents[2] / "docs" / "how-to"
WRITE, PYDICOM, ANONYMIZE, CHECK = (
    (HOW_TO / f"{name}.md").read_text(encoding="utf-8") for name in ("write", "from-pydicom", "anonymize", "check")
)
SECTIONS = dict(re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", PYDICOM, re.MULTILINE | re.DOTALL))
ROWS = {name: re.findall(r"^\| `(.+?)` \| `(.+?)` \|$", text, re.MULTILINE) for name, text in SECTIONS.items()}


def run_blocks(page, names):
    for block in re.findall(r"```python\n(.*?)```", page, re.DOTALL):
        exec(compile(block, "page", "exec"), names)


def command_lines(page):
    blocks = re.findall(r"^```(\w*)\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    return [line for language, block in blocks if not language for line in block.splitlines() if line.startswith("dicomkit ")]


@pytest.fixture
def ct(tmp_path, monkeypatch):
    """A file of everything that the pages look at, as ct.dcm and in.dcm in the current folder."""
    monkeypatch.chdir(tmp_path)
    file = OBJECTS["CT"]()
    file.PatientComments = "somebody's"
    file.RescaleIntercept = -1000
    item = dicomkit.DataSet()
    item.ReferencedSOPClassUID = dicomkit.uids.CTImageStorage
    item.ReferencedSOPInstanceUID = "1.2.3"
    file.ReferencedImageSequence = [item]
    file.private_block(0x0009, "ACME", create=True).set(0x01, "LO", "a private value")
    for name in ("ct.dcm", "in.dcm"):
        file.write(name)
    return file


def test_the_examples_of_writing(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = {}
    run_blocks(WRITE, names)
    read = dicomkit.read("out.dcm")
    assert read.PatientName == "Anonymized"
    assert read.data_set.private_block(0x0009, "ACME").get(0x01) == "a private value"
    assert "StudyDate" not in read
    assert dicomkit.read("implicit.dcm").data_set.tags == read.data_set.tags
    assert names["again"] == read.data_set
    assert {"out.dcm", "implicit.dcm"} <= {path.name for path in tmp_path.iterdir()}


def test_the_options_of_the_table_exist():
    table = WRITE.partition("## Options")[2].partition("\n## ")[0]
    options = re.findall(r"^\| `(\w+)=", table, re.MULTILINE)
    assert {*options} - {"frames"} == {*dicomkit.WriteOptions.__slots__}


@pytest.mark.parametrize("page", [WRITE, ANONYMIZE], ids=["write", "anonymize"])
def test_the_command_lines(ct, page, tmp_path):
    ct.write("image.dcm")
    (tmp_path / "study").mkdir()
    ct.write("study/1.dcm")
    lines = command_lines(page)
    assert lines
    for line in lines:
        arguments = shlex.split(line.partition("  #")[0])[1:]
        assert run(arguments) == int(arguments[0] == "diff"), line


def test_anonymizing(ct, tmp_path):
    run_blocks(ANONYMIZE, {})
    before, after, painted = (dicomkit.read(name) for name in ("in.dcm", "out.dcm", "painted.dcm"))
    assert (after.PatientName, after.PatientID) == ("Anonymous", "STUDY-001")
    assert not any(tag.is_private for tag in after.data_set.tags)
    assert "PatientBirthDate" not in after
    for keyword in ("StudyInstanceUID", "SOPInstanceUID", "FrameOfReferenceUID"):
        assert after.get(keyword) != before.get(keyword)
    assert after.sop_class_uid == before.sop_class_uid
    assert after.file_meta_information.MediaStorageSOPInstanceUID == after.sop_instance_uid
    assert after.ReferencedImageSequence[0].ReferencedSOPInstanceUID != "1.2.3"
    assert b"Jane" not in (tmp_path / "out.dcm").read_bytes()
    old, new = before.pixel_data().frame(0), painted.pixel_data().frame(0)
    assert np.all(new[:40, 100:400] == old.min())
    assert np.array_equal(new[40:], old[40:])
    assert np.array_equal(new[:, :100], old[:, :100])


def test_checking_and_comparing(ct, capsys):
    edited = ct.copy()
    del edited["PatientSex"]
    edited.data_set.set_data("StudyDate", b"20259999")
    edited.SourceImageSequence = [dicomkit.DataSet()]
    edited.write("edited.dcm")
    run_blocks(CHECK, {})
    printed = capsys.readouterr().out.splitlines()
    assert sorted(printed) == ["PatientSex removed", "SourceImageSequence added", "StudyDate value"]
    findings = [str(finding) for finding in dicomkit.validate("edited.dcm")]
    for line in re.findall(r"^error: .*$", CHECK, re.MULTILINE):
        assert line in findings


# From pydicom.


def plain(value):
    """A value as both sides have it: text, numbers, tags, lists of them, the elements of data sets."""
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, (dicomkit.DICOMFile, dicomkit.DataSet)) or hasattr(value, "original_encoding"):
        data_set = value.data_set if isinstance(value, dicomkit.DICOMFile) else value
        return [(int(element.tag), plain(getattr(element, "value", None))) for element in data_set if element.tag != 0x7FE00010]
    if isinstance(value, (list, tuple)) or type(value).__name__ in ("MultiValue", "Sequence"):
        return [plain(part) for part in value]
    if isinstance(value, (bool, bytes, type(None))):
        return value
    if isinstance(value, (int, float)):
        return float(value)
    return getattr(value, "dicom_string", str(value)) or None


def evaluate(code, names):
    """The value of an expression; None for a statement."""
    try:
        compiled = compile(code, "row", "eval")
    except SyntaxError:
        exec(compile(code, "row", "exec"), names)
        return None
    return eval(compiled, names)


@pytest.mark.parametrize("section", [name for name, rows in ROWS.items() if rows])
def test_both_columns_do_the_same(section, ct, pydicom, tmp_path):
    assert len(ROWS[section]) == SECTIONS[section].count("\n| `")       # no row is left out
    array = np.arange(64, dtype=np.uint16).reshape(8, 8)    # of the same range as the file's
    shared = {"io": io, "copy": copy, "array": array, "data": Path("ct.dcm").read_bytes(), "text": '{"00100010": {"vr": "PN"}}'}
    theirs = {"pydicom": pydicom, "ds": pydicom.dcmread("ct.dcm"), "buffer": io.BytesIO(), "item": pydicom.Dataset(), **shared}
    ours = {"dicomkit": dicomkit, "f": dicomkit.read("ct.dcm"), "buffer": io.BytesIO(), "item": dicomkit.DataSet(), **shared}
    for left, right in ROWS[section]:
        if "RLELossless" in right:
            need_encoder("RLELossless")
        found, expected = evaluate(right, ours), evaluate(left, theirs)
        if "write(" in right or "save_as(" in left:
            found = expected = None         # how much was written is not the same
            assert_files_are_equal(ours, theirs, right)
        if "to_json" in right:
            found, expected = dicomkit.DataSet.from_json(found), dicomkit.DataSet.from_json(expected)
        assert plain(found) == plain(expected), (left, right)
        assert plain(ours["f"]) == plain(theirs["ds"]), (left, right)


def assert_files_are_equal(ours, theirs, right):
    """What our side wrote last, pydicom's data set says."""
    written = re.search(r'"(\w+\.dcm)"', right)
    file = dicomkit.read(written[1] if written else ours["buffer"].getvalue())
    if file.transfer_syntax.is_explicit_vr:
        assert plain(file) == plain(theirs["ds"])
    else:  # where nobody knows the VRs of private elements
        mine, their_own = ([pair for pair in plain(one) if not pair[0] & 0x10000] for one in (file, theirs["ds"]))
        assert mine == their_own


def test_both_at_once(ct, pydicom):
    ds, f = pydicom.dcmread("ct.dcm"), dicomkit.read("ct.dcm")
    assert dicomkit.from_pydicom(ds) == f.data_set
    assert plain(f.to_pydicom()) == plain(ds)
    for code in ("dicomkit.from_pydicom(ds)", "f.to_pydicom()"):
        assert code in PYDICOM
