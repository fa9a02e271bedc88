"""``dicomkit dump``."""

from __future__ import annotations

import base64
import json

import pytest

from dicomkit.testing import IMPLICIT_VR_LITTLE_ENDIAN, data_set, part10


def test_every_element_is_a_line(dicomkit, write_image):
    path = write_image()
    outcome = dicomkit("dump", path)
    lines = outcome.out.splitlines()
    assert outcome.code == 0
    assert outcome.err == ""
    assert lines[0] == f"# {path}: File Meta Information"
    assert "(0010,0010) PN PatientName                              Doe^Jane" in lines
    assert "(0002,0010) UI TransferSyntaxUID                        1.2.840.10008.1.2.1 = Explicit VR Little Endian" in lines
    assert "(7FE0,0010) OW PixelData                                00 33 66 99 cc ff (6 bytes)" in lines
    assert "# Data set, Explicit VR Little Endian" in lines


def test_the_quick_way_prints_what_click_prints(dicomkit, write_image):
    path = write_image()
    assert dicomkit("dump", path).out == dicomkit("dump", "--", path).out


def test_nested_items_are_indented_and_values_stay_aligned(dicomkit, tmp_path):
    (tmp_path / "x").write_bytes(part10(data_set([(0x00081140, "SQ", [[(0x00081155, "UI", "1.2.3")], [(0x00081155, "UI", "1.2.4")]])])))
    assert dicomkit("dump", tmp_path / "x").out.splitlines()[-5:] == [
        "(0008,1140) SQ ReferencedImageSequence                  2 items",
        "  item 1 of 2",
        "    (0008,1155) UI ReferencedSOPInstanceUID             1.2.3",
        "  item 2 of 2",
        "    (0008,1155) UI ReferencedSOPInstanceUID             1.2.4",
    ]


def test_long_values_are_cut_unless_full(dicomkit, write_image):
    path = write_image(StudyDescription="y" * 500, PixelData=bytes(64))
    cut = dicomkit("dump", path).out
    assert "y" * 119 + "…" in cut
    assert "y" * 120 not in cut
    assert "00 … (64 bytes)" in cut
    full = dicomkit("dump", "--full", path).out
    assert "y" * 500 in full
    assert " ".join(["00"] * 64) + " (64 bytes)" in full


def test_only_some_tags(dicomkit, write_image):
    outcome = dicomkit("dump", write_image(), "-t", "Rows", "-t", "0002,0010", "-t", "(0010,0020)")
    assert [line.split()[2] for line in outcome.out.splitlines()] == ["TransferSyntaxUID", "PatientID", "Rows"]


def test_a_tag_that_is_not_there_is_an_error(dicomkit, write_image):
    outcome = dicomkit("dump", write_image(), "-t", "PatientAge", "-t", "Rows")
    assert outcome.code == 1
    assert "has no (0010,1010)" in outcome.err
    assert "Rows" in outcome.out


def test_a_misspelt_keyword_is_wrong_usage(dicomkit, write_image):
    outcome = dicomkit("dump", write_image(), "-t", "PatietnName")
    assert outcome.code == 2
    assert "did you mean PatientName" in outcome.err


def test_nothing_in_a_file_steers_the_terminal(dicomkit, write_image):
    """Escapes and marks of direction out of values, of names of private creators, of paths."""
    path = write_image("\x1b[31mred", StudyDescription="a\x07[2Jb\x0bc", PatientComments="d\x1b[2Je")
    outcome = dicomkit("dump", path)
    assert not {"\x1b", "\x07", "\x0b"} & set(outcome.out + outcome.err)
    assert "a·[2Jb·c" in outcome.out


@pytest.mark.parametrize("way", [[], ["--full"]])
def test_a_damaged_file(dicomkit, write_image, way):
    path = write_image()
    path.write_bytes(path.read_bytes()[:-2])
    outcome = dicomkit("dump", *way, path)
    assert outcome.code == 1
    assert outcome.out == ""
    assert "(7FE0,0010) at byte offset" in outcome.err
    outcome = dicomkit("dump", *way, "--partial", path)
    assert outcome.code == 1
    assert "PatientName" in outcome.out
    assert outcome.err.startswith("dicomkit: error: ")
    assert "Traceback" not in outcome.err


def test_a_file_without_preamble(dicomkit, tmp_path):
    (tmp_path / "bare").write_bytes(data_set([(0x00100010, "PN", "Doe^Jane")], implicit=True))
    assert dicomkit("dump", tmp_path / "bare").code == 1
    outcome = dicomkit("dump", "--force", tmp_path / "bare")
    assert outcome.code == 0
    assert outcome.out.splitlines()[0] == "# Data set, Implicit VR Little Endian"


def test_a_damaged_value_is_a_warning_once(dicomkit, write_image):
    outcome = dicomkit("dump", write_image(StudyDate="yesterday"))
    assert outcome.code == 0
    assert "yesterday" in outcome.out


# The DICOM JSON Model.


def json_of(outcome):
    assert outcome.code == 0
    return json.loads(outcome.out)


def test_json_model(dicomkit, tmp_path):
    """PS3.18 F.2: names are upper case tags, values arrays, persons in groups, numbers as numbers, bytes in base64."""
    attributes = [
        (0x00080008, "CS", "ORIGINAL\\PRIMARY"), (0x00100010, "PN", "Doe^Jane=ideo=phon"), (0x00100020, "LO", None),
        (0x00280010, "US", 512), (0x00280030, "DS", "0.50\\0.25"), (0x00200013, "IS", "7"), (0x00280009, "AT", 0x00181063),
        (0x00080020, "DA", "20240229"), (0x00081140, "SQ", [[(0x00081155, "UI", "1.2")], []]), (0x00720074, "FD", float("inf")),
        (0x7FE00010, "OB", b"\1\2"), (0x00080050, "SH", "a\\\\c"),
    ]  # fmt: skip
    (tmp_path / "x").write_bytes(part10(data_set(attributes)))
    model = json_of(dicomkit("dump", "--json", tmp_path / "x"))
    assert model == {
        "00080008": {"vr": "CS", "Value": ["ORIGINAL", "PRIMARY"]},
        "00080020": {"vr": "DA", "Value": ["20240229"]},
        "00080050": {"vr": "SH", "Value": ["a", None, "c"]},
        "00081140": {"vr": "SQ", "Value": [{"00081155": {"vr": "UI", "Value": ["1.2"]}}, {}]},
        "00100010": {"vr": "PN", "Value": [{"Alphabetic": "Doe^Jane", "Ideographic": "ideo", "Phonetic": "phon"}]},
        "00100020": {"vr": "LO"},
        "00200013": {"vr": "IS", "Value": [7]},
        "00280009": {"vr": "AT", "Value": ["00181063"]},
        "00280010": {"vr": "US", "Value": [512]},
        "00280030": {"vr": "DS", "Value": [0.5, 0.25]},
        "00720074": {"vr": "FD", "Value": ["Infinity"]},
        "7FE00010": {"vr": "OB", "InlineBinary": base64.b64encode(b"\1\2").decode()},
    }


def test_json_refers_to_large_values_unless_full(dicomkit, tmp_path):
    path = tmp_path / "x"
    inner = [(0x00420011, "OB", bytes(2000))]
    path.write_bytes(part10(data_set([(0x00081140, "SQ", [[], inner]), (0x7FE00010, "OW", bytes(2000))])))
    model = json_of(dicomkit("dump", "--json", path))
    assert model["7FE00010"] == {"vr": "OW", "BulkDataURI": path.as_uri() + "#7FE00010"}
    assert model["00081140"]["Value"][1]["00420011"]["BulkDataURI"] == path.as_uri() + "#00081140/1/00420011"
    model = json_of(dicomkit("dump", "--json", "--full", path))
    assert base64.b64decode(model["7FE00010"]["InlineBinary"]) == bytes(2000)


def test_json_has_little_endian_bytes(dicomkit, tmp_path):
    """PS3.18 F.2.7, whatever the transfer syntax of the file."""
    content = data_set([(0x7FE00010, "OW", b"\1\2\3\4")], big_endian=True)
    (tmp_path / "x").write_bytes(part10(content, "1.2.840.10008.1.2.2"))
    model = json_of(dicomkit("dump", "--json", tmp_path / "x"))
    assert base64.b64decode(model["7FE00010"]["InlineBinary"]) == b"\2\1\4\3"


def test_json_of_nothing(dicomkit, tmp_path):
    (tmp_path / "x").write_bytes(part10(b"", IMPLICIT_VR_LITTLE_ENDIAN))
    assert json_of(dicomkit("dump", "--json", tmp_path / "x")) == {}
