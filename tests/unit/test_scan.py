"""Attributes of many files as a table (issue "scan"; CORE and READ rows are tested where they are made)."""

from __future__ import annotations

import copy
import datetime
import os
import pickle
import warnings
from pathlib import Path

import pytest

from dicomkit import DataSet, DICOMWarning, InvalidTagError, ReadOptions, SourceError, SourceNotFoundError, Tag, UnknownKeywordError
from dicomkit.scanning import Scan, find_files, scan
from dicomkit.scanning.columns import Kind, make_column
from dicomkit.testing import IMPLICIT_VR_LITTLE_ENDIAN, data_set, part10

PATIENT_ID, STUDY_DATE, ROWS, PIXEL_SPACING = 0x00100020, 0x00080020, 0x00280010, 0x00280030


def write_file(path: Path, number: int, more: list[tuple[int, str, object]] | None = None) -> Path:
    attributes = [(PATIENT_ID, "LO", f"P{number}"), (0x00200013, "IS", number), (ROWS, "US", 512), *(more or [])]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(part10(data_set(attributes)))
    return path


@pytest.fixture
def archive(tmp_path):
    """Seven files in two folders, one that is cut, one that is text, one hidden, and an index."""
    for number in range(7):
        write_file(tmp_path / ("b" if number % 2 else "a") / f"{number}.dcm", number)
    whole = (tmp_path / "a" / "0.dcm").read_bytes()
    (tmp_path / "b" / "cut.dcm").write_bytes(whole[:-1])
    (tmp_path / "b" / "notes.txt").write_text("no DICOM")
    write_file(tmp_path / "a" / ".hidden.dcm", 90)
    write_file(tmp_path / "DICOMDIR", 91)
    return tmp_path


def relative(paths, root):
    return [os.path.relpath(path, root) for path in paths]


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_rows_come_in_the_order_of_paths_whoever_reads_them(archive, workers):
    rows = list(scan(archive, ["PatientID", "InstanceNumber"], workers=workers))
    names = relative([row.path for row in rows], archive)
    assert names == ["a/0.dcm", "a/2.dcm", "a/4.dcm", "a/6.dcm", "b/1.dcm", "b/3.dcm", "b/5.dcm", "b/cut.dcm"]
    assert [row.PatientID for row in rows[:4]] == ["P0", "P2", "P4", "P6"]
    assert [row["InstanceNumber"] for row in rows[:4]] == [0, 2, 4, 6]


@pytest.mark.parametrize("workers", [1, 3])
def test_more_files_than_a_batch_keep_their_order(tmp_path, workers):
    content = write_file(tmp_path / "first", 1).read_bytes()
    for number in range(500):
        (tmp_path / f"{number:04}").write_bytes(content.replace(b"P1", bytes(f"{number % 90 + 10}", "ascii")))
    rows = list(scan(tmp_path, ["PatientID"], workers=workers))
    assert len(rows) == 501
    assert [row.path for row in rows] == sorted(row.path for row in rows)
    assert [row.PatientID for row in rows[:-1]] == [str(number % 90 + 10) for number in range(500)]


def test_a_bad_file_is_a_row_with_an_error(archive):
    *good, bad = scan(archive, ["PatientID", "Rows"])
    assert all(row.error is None and row.is_dicom for row in good)
    assert bad.error.tag == ROWS
    assert bad.values == [None, None]
    assert "UnexpectedEndOfDataError" in repr(bad)


def test_what_came_before_the_damage_is_there_on_request(archive):
    bad = list(scan(archive, ["PatientID", "Rows"], options=ReadOptions(partial=True)))[-1]
    assert bad.error is not None
    assert bad.PatientID == "P0"


def test_files_that_are_no_dicom_are_reported_on_request(archive):
    rows = {os.path.basename(row.path): row for row in scan(archive, ["PatientID"], skip_non_dicom=False)}
    assert [name for name, row in rows.items() if not row.is_dicom] == ["notes.txt"]
    assert rows["notes.txt"].error is not None
    assert rows["cut.dcm"].is_dicom


def test_hidden_files_are_found_on_request(archive):
    assert "a/.hidden.dcm" in relative([row.path for row in scan(archive, ["PatientID"], include_hidden=True)], archive)


def test_what_is_named_itself_is_taken_whatever_its_name(archive):
    (row,) = scan(archive / "DICOMDIR", ["PatientID"])
    assert row.PatientID == "P91"
    (row,) = scan([archive / "a" / ".hidden.dcm"], ["PatientID"])
    assert row.PatientID == "P90"


def test_a_path_that_does_not_exist(tmp_path):
    with pytest.raises(SourceNotFoundError):
        scan(tmp_path / "absent", ["PatientID"])
    (row,) = scan([tmp_path / "absent"], ["PatientID"])
    assert isinstance(row.error, SourceNotFoundError)


def test_links_in_circles_end(tmp_path):
    write_file(tmp_path / "a" / "1.dcm", 1)
    (tmp_path / "a" / "up").symlink_to(tmp_path)
    (tmp_path / "z").symlink_to(tmp_path / "z")
    assert relative([row.path for row in scan(tmp_path, ["PatientID"])], tmp_path) == ["a/1.dcm"]


def test_what_is_neither_file_nor_folder_is_left_alone(tmp_path):
    os.mkfifo(tmp_path / "pipe")        # opening it would wait for ever
    assert list(find_files([tmp_path])) == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_folder_that_may_not_be_read_is_a_row_with_an_error(tmp_path):
    (tmp_path / "closed").mkdir(mode=0)
    (row,) = scan(tmp_path, ["PatientID"])
    assert isinstance(row.error, SourceError)


def test_a_folder_that_vanishes_is_a_row_with_an_error(tmp_path):
    for name in "abc":
        write_file(tmp_path / name / "1.dcm", 1)
    found = find_files([tmp_path])
    assert next(found)[1] is None
    (tmp_path / "b" / "1.dcm").unlink()
    (tmp_path / "b").rmdir()
    path, error = next(found)
    assert path == str(tmp_path / "b")
    assert isinstance(error, SourceNotFoundError)
    assert next(found) == (str(tmp_path / "c" / "1.dcm"), None)


def test_keys_of_a_row(tmp_path):
    (row,) = scan(write_file(tmp_path / "1", 1, [(0x00091001, "SH", "own")]), ["PatientID", (0x0009, 0x1001), "(0028,0010)", "Modality"])
    assert row.keys() == ("PatientID", "(0009,1001)", "Rows", "Modality")
    assert dict(row) == {"PatientID": "P1", "(0009,1001)": "own", "Rows": 512, "Modality": None}
    assert row[Tag(ROWS)] == row["Rows"] == row[0x0028, 0x0010] == row.Rows == 512
    assert "PatientID" in dir(row)
    with pytest.raises(KeyError, match="StudyDate"):
        row["StudyDate"]
    with pytest.raises(AttributeError, match="not among the attributes"):
        row.StudyDate  # noqa: B018


def test_attributes_of_the_file_meta_information(tmp_path):
    (row,) = scan(write_file(tmp_path / "1", 1), ["TransferSyntaxUID", "PatientID"])
    assert row.values == ["1.2.840.10008.1.2.1", "P1"]


def test_what_decides_about_an_element_is_read_with_it(tmp_path):
    """US or SS is what Pixel Representation says (PS3.5 A.1); private elements are whose creator's they are (7.8.1)."""
    attributes = [(0x00280103, "US", 1), (0x00280106, "SS", -5), (0x00090010, "LO", "GEMS_IDEN_01"), (0x00091001, "LO", "own")]
    content = part10(data_set(attributes, implicit=True), IMPLICIT_VR_LITTLE_ENDIAN)
    (tmp_path / "1").write_bytes(content)
    (row,) = scan(tmp_path, ["SmallestImagePixelValue", (0x0009, 0x1001)])
    assert row.values == [-5, "own"]


@pytest.mark.parametrize(
    ("attributes", "error"), [(["PatietnID"], UnknownKeywordError), (["(0010,00)"], InvalidTagError), ([], ValueError)]
)
def test_attributes_that_are_none(tmp_path, attributes, error):
    with pytest.raises(error):
        scan(tmp_path, attributes)


def test_a_single_keyword_and_doubled_ones(tmp_path):
    assert scan(tmp_path, "PatientID").attributes == ("PatientID",)
    assert scan(tmp_path, ["PatientID", (0x0010, 0x0020)]).attributes == ("PatientID",)
    with pytest.raises(ValueError, match="workers"):
        scan(tmp_path, workers=0)
    assert "PatientID" in repr(scan(tmp_path))


def test_a_scan_can_be_repeated_and_left(archive):
    found = scan(archive, ["PatientID"])
    assert isinstance(found, Scan)
    first = iter(found)
    next(first)
    first.close()
    assert [row.path for row in found] == [row.path for row in found]


# Tables.


COLUMNS = [
    ("PatientID", ["A", None], Kind.TEXT, False, ["A", None]),
    ("Rows", [512, None], Kind.INTEGER, False, [512, None]),
    ("ImageType", ["ORIGINAL", ["A", "B"], None], Kind.TEXT, True, [["ORIGINAL"], ["A", "B"], None]),
    ("PixelSpacing", [[0.5, 0.25], None], Kind.DECIMAL, True, [[0.5, 0.25], None]),
    ("KVP", [120.0, [1.0, None]], Kind.DECIMAL, True, [[120.0], [1.0, None]]),
    ("PixelData", [b"\1\2", None], Kind.BINARY, False, [b"\1\2", None]),
    ("FrameIncrementPointer", [Tag(0x00181063)], Kind.TEXT, True, [["(0018,1063)"]]),
]


@pytest.mark.parametrize(("keyword", "values", "kind", "is_list", "expected"), COLUMNS)
def test_columns_have_the_type_of_their_attribute(keyword, values, kind, is_list, expected):
    from dicomkit.element import tag_for_key

    column = make_column(keyword, tag_for_key(keyword), values)
    assert (column.kind, column.is_list, column.values) == (kind, is_list, expected)


@pytest.mark.parametrize(
    ("values", "kind"),
    [([None, 5], Kind.INTEGER), ([2.5], Kind.DECIMAL), ([b"x"], Kind.BINARY), ([["a"]], Kind.TEXT), ([], Kind.TEXT)],
)
def test_columns_that_no_dictionary_knows_have_the_type_of_their_values(values, kind):
    assert make_column("(0009,1001)", Tag(0x00091001), values).kind is kind


def test_what_does_not_fit_is_null_and_told_once():
    with pytest.warns(DICOMWarning, match="3 values of Rows") as caught:
        column = make_column("Rows", Tag(ROWS), [512, "many", "more", 1 << 70])
    assert column.values == [512, None, None, None]
    assert len(caught) == 1


def write_table(folder):
    more = [(STUDY_DATE, "DA", "20240229"), (0x00080030, "TM", "0915"), (0x0008002A, "DT", "2024"), (PIXEL_SPACING, "DS", "0.5\\0.25")]
    write_file(folder / "1.dcm", 1, [*more, (0x00081140, "SQ", [[(0x00081155, "UI", "1.2")], []])])
    write_file(folder / "2.dcm", 2)
    write_file(folder / "3.dcm", 3, [(STUDY_DATE, "DA", "1590-01-01"), (0x00280006, "US", 0)])
    (folder / "4.dcm").write_bytes((folder / "2.dcm").read_bytes()[:-1])
    keywords = ["PatientID", "StudyDate", "StudyTime", "AcquisitionDateTime", "PixelSpacing", "Rows", "ReferencedImageSequence"]
    return scan(folder, keywords)


def test_arrow_table(tmp_path):
    pytest.importorskip("pyarrow")
    with pytest.warns(DICOMWarning):
        table = write_table(tmp_path).to_arrow()
    types = {name: str(kind) for name, kind in zip(table.schema.names, table.schema.types, strict=True)}
    assert types["StudyDate"] == "date32[day]"
    assert types["Rows"] == types["ReferencedImageSequence"] == "int64"
    assert types["StudyTime"] == "time64[us]"
    assert types["PixelSpacing"].startswith("list<")
    assert types["path"] == types["error"] == "string"
    rows = table.to_pylist()
    assert rows[0]["StudyDate"] == datetime.date(2024, 2, 29)
    assert rows[0]["StudyTime"] == datetime.time(9, 15)
    assert rows[0]["AcquisitionDateTime"] == "2024"
    assert rows[0]["PixelSpacing"] == [0.5, 0.25]
    assert rows[0]["ReferencedImageSequence"] == 2
    assert rows[1]["StudyDate"] is None
    assert rows[2]["StudyDate"] is None
    assert rows[3]["error"].startswith("UnexpectedEndOfDataError")


def test_data_frame(tmp_path):
    pytest.importorskip("pandas")
    with pytest.warns(DICOMWarning):
        frame = write_table(tmp_path).to_pandas()
    assert str(frame.dtypes["Rows"]) == "Int64"
    assert str(frame.dtypes["StudyDate"]).startswith("datetime64")
    assert str(frame.dtypes["PatientID"]) == "string"
    assert frame["StudyDate"][0].date() == datetime.date(2024, 2, 29)
    assert frame["StudyDate"].isna().tolist() == [False, True, True, True]
    assert frame["PixelSpacing"][0] == [0.5, 0.25]
    assert frame.columns.tolist()[0] == "path"


def test_tables_of_nothing_have_their_columns(tmp_path):
    pa = pytest.importorskip("pyarrow")
    table = scan(tmp_path, ["Rows"]).to_arrow()
    assert table.schema.field("Rows").type == pa.int64()
    assert table.num_rows == 0


@pytest.mark.parametrize(("method", "module", "extra"), [("to_arrow", "pyarrow", "arrow"), ("to_pandas", "pandas", "pandas")])
def test_a_missing_extra_is_named(tmp_path, monkeypatch, method, module, extra):
    monkeypatch.setitem(__import__("sys").modules, module, None)
    with pytest.raises(ModuleNotFoundError, match=rf"pip install 'dicomkit\[{extra}\]'"):
        getattr(scan(tmp_path), method)()


def test_the_package_offers_it():
    import dicomkit

    assert dicomkit.scan is scan


def test_no_warning_without_a_reason(archive):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        list(scan(archive))


def test_rows_can_be_copied_and_pickled(tmp_path):
    path = tmp_path / "one.dcm"
    path.write_bytes(part10(data_set([(0x00100020, "LO", "12")])))
    [row] = scan(path, attributes=["PatientID"], workers=1)
    assert copy.copy(row).PatientID == pickle.loads(pickle.dumps(row)).PatientID == "12"


def test_columns_of_private_sequences_count_items():
    column = make_column("(0009,1001)", Tag(0x0009, 0x1001), [[DataSet(), DataSet()], None, b"ab", []])
    assert column.values == [2, None, None, 0]
