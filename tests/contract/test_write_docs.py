"""docs/how-to/write.md runs as it stands, and its table for those who come from pydicom is true."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import dicomkit

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "how-to" / "write.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| `(.+?)` \| (?:the same; .*?)?`(.+?)`.* \|$", PAGE.partition("## From pydicom")[2], re.MULTILINE)


def test_the_examples_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = {}
    for block in re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL):
        exec(compile(block, "write.md", "exec"), names)
    read = dicomkit.read("out.dcm")
    assert read.PatientName == "Anonymized"
    assert read.data_set.private_block(0x0009, "ACME").get(0x01) == "a private value"
    assert "StudyDate" not in read
    assert dicomkit.read("implicit.dcm").data_set.tags == read.data_set.tags
    assert names["again"] == read.data_set
    assert len(list(tmp_path.iterdir())) == 2


def test_the_options_of_the_table_exist():
    options = re.findall(r"^\| `(\w+)=", PAGE, re.MULTILINE)
    assert {*options} - {"frames"} == {*dicomkit.WriteOptions.__slots__}


def test_both_columns_do_the_same(pydicom, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert len(ROWS) >= 8
    theirs = {"pydicom": pydicom, "item": pydicom.Dataset(), "text": "{}"}
    ours = {"dicomkit": dicomkit, "item": dicomkit.DataSet(), "text": "{}"}
    for left, right in ROWS:
        if left == "ds.file_meta" or "ds.remove" in right or "ds.save_as" in left:
            continue
        for code, names in ((left, theirs), (right, ours)):
            for part in code.split("`, `"):
                exec(part, names)
        mine = ours["ds"].to_pydicom()
        assert mine == theirs["ds"], (left, right)


@pytest.mark.parametrize("left", ["ds.PatientName =", "del ds[", "ds.save_as("])
def test_no_row_got_lost(left):
    assert f"| `{left}" in PAGE
