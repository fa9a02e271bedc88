"""CORE-10, CORE-11, CORE-15, READ-7: data elements and data sets as the things that they are."""

from __future__ import annotations

import copy
import subprocess
import sys
from pathlib import Path

import pytest

import dicomkit
from dicomkit import DataElement, DataSet, DICOMError, Tag, UnknownKeywordError
from dicomkit.testing import IMPLICIT_VR_LITTLE_ENDIAN, UNDEFINED_LENGTH, data_set, element, encapsulated, part10, sequence

CONTENT = [
    (0x00080005, "CS", "ISO_IR 100"),
    (0x00080060, "CS", "CT"),
    (0x00081115, "SQ", [[(0x0020000E, "UI", "1.2"), (0x00080060, "CS", "MR")], [(0x0020000E, "UI", "1.3")]]),
    (0x00090010, "LO", "ACME 1.1"),
    (0x00091001, "LO", "private"),
    (0x00100010, "PN", "Doe^Jane"),
    (0x00280010, "US", 512),
]


@pytest.fixture
def f():
    return dicomkit.read(part10(data_set(CONTENT)))


@pytest.fixture
def ds(f):
    return f.data_set


# CORE-10, CORE-11.


def test_core_10_an_element_that_was_read(f):
    e = f["PatientName"]
    assert (e.tag, e.vr, e.keyword, e.name, e.length, e.vm) == (Tag(0x0010, 0x0010), "PN", "PatientName", "Patient's Name", 8, 1)
    assert isinstance(e.tag, Tag)
    assert isinstance(e.vr, dicomkit.VR)
    assert (e.value, bytes(e.value_data), e.value_length) == ("Doe^Jane", b"Doe^Jane", 8)
    assert e.value_data.readonly
    assert e.private_creator is None
    assert e.sequence_items is None
    assert e.encapsulated_fragments is None
    assert e.encapsulated_offset_table is None


def test_core_10_offsets_are_those_of_the_file():
    data = part10(data_set(CONTENT))
    for e in dicomkit.read(data):
        assert data[e.offset : e.offset + 4] == e.tag.group.to_bytes(2, "little") + e.tag.element.to_bytes(2, "little")
    (first, second) = dicomkit.read(data)["ReferencedSeriesSequence"].value
    assert data[first["SeriesInstanceUID"].offset :][:4] == b"\x20\0\x0e\0"
    assert second["SeriesInstanceUID"].offset > first["SeriesInstanceUID"].offset


def test_core_10_an_element_that_was_made():
    e = DataElement("PatientName", "PN", "Doe^Jane ")
    assert (e.tag, e.vr, e.keyword, e.offset) == (0x00100010, "PN", "PatientName", None)
    assert DataElement((0x0028, 0x0010), "US", 7).value == 7
    assert DataElement("(0028,0010)", "US", b"\7\0").value == 7
    assert DataElement(0x00081115, "SQ", [DataSet()]).sequence_item_count == 1
    assert DataElement(0x00080060, "CS", None).value is None


@pytest.mark.parametrize(
    ("vr", "value"),
    [("US", 65536), ("US", -1), ("US", "x"), ("US", 1.5), ("SQ", "text"), ("SQ", [1]), ("OB", "text"), ("DS", object()), ("AT", [2**32])],
)
def test_core_10_what_a_vr_cannot_hold(vr, value):
    with pytest.raises(dicomkit.InvalidValueError) as caught:
        DataElement(0x00091001, vr, value)
    assert caught.value.tag == 0x00091001


def test_core_10_no_such_vr():
    with pytest.raises(ValueError, match="ZZ"):
        DataElement(0x00091001, "ZZ", b"")


def test_core_10_elements_are_immutable(f):
    for name in ("tag", "vr", "value", "anything"):
        with pytest.raises(AttributeError):
            setattr(f["PatientName"], name, 1)
    with pytest.raises(TypeError):
        f["PatientName"].value_data[0] = 0


def test_core_11_predicates(f):
    plain, items = f["PatientName"], f["ReferencedSeriesSequence"]
    assert (plain.has_undefined_length, plain.is_sequence, plain.is_encapsulated) == (False, False, False)
    assert (plain.sequence_item_count, plain.encapsulated_fragment_count) == (0, 0)
    assert (items.is_sequence, items.sequence_item_count, items.vm) == (True, 2, 1)


def test_core_11_predicates_of_what_has_undefined_length():
    f = dicomkit.read(part10(data_set(CONTENT[2:3], undefined=True) + encapsulated([b"ab", b"cd"], [0, 10])))
    items, pixels = f["ReferencedSeriesSequence"], f["PixelData"]
    assert items.length == pixels.length == UNDEFINED_LENGTH
    assert items.has_undefined_length
    assert pixels.has_undefined_length
    assert (pixels.is_sequence, pixels.is_encapsulated, pixels.encapsulated_fragment_count) == (False, True, 2)
    assert not items.is_encapsulated
    assert [bytes(part) for part in pixels.encapsulated_fragments] == [b"ab", b"cd"]
    assert pixels.encapsulated_offset_table == [0, 10]


def test_pkg_2_elements_compare_and_hash_by_value(f, ds):
    twin = dicomkit.read(part10(data_set(CONTENT, implicit=True), IMPLICIT_VR_LITTLE_ENDIAN))
    assert [e for e in twin if not e.tag.is_private] == [e for e in ds if not e.tag.is_private]
    assert f["Rows"] == twin["Rows"] == DataElement("Rows", "US", 512)
    assert len({f["Rows"], twin["Rows"], DataElement("Rows", "US", 512)}) == 1
    assert f["Rows"] != DataElement("Rows", "US", 511)
    assert f["Rows"] != DataElement("Columns", "US", 512)
    assert f["Rows"] != DataElement("Rows", "UL", 512)
    assert f["Rows"] != 512


def test_text_of_an_element_names_it(f):
    assert "(0010,0010)" in str(f["PatientName"])
    assert "PatientName" in str(f["PatientName"])
    assert "Doe^Jane" in str(f["PatientName"])
    assert "(0010,0010)" in repr(f["PatientName"])


def test_private_elements_know_their_creator(f):
    assert f[0x00091001].private_creator == "ACME 1.1"
    assert f[0x00090010].private_creator is None
    assert f[0x00091001].keyword == ""


# CORE-15.


def test_core_15_items_are_data_sets_of_their_own(ds):
    first, second = ds.sequence("ReferencedSeriesSequence")
    assert isinstance(first, DataSet)
    assert first.string("SeriesInstanceUID") == "1.2"
    assert first.strings("SeriesInstanceUID") == ["1.2"]
    assert len(first) == 2
    assert first.tags == [0x00080060, 0x0020000E]
    assert [e.tag for e in first.all_elements] == first.tags
    assert len(second) == 1
    assert "Modality" not in second
    assert ds.Modality == "CT"
    assert ds.first_sequence_item("ReferencedSeriesSequence") is ds.sequence("ReferencedSeriesSequence")[0]


# READ-7.


def test_read_7_iteration_is_in_tag_order(ds):
    tags = [tag for tag, _, _ in CONTENT]
    assert [e.tag for e in ds] == ds.tags == [e.tag for e in ds.all_elements] == tags
    assert len(ds) == len(CONTENT)
    assert list(ds) == ds.all_elements


def test_read_7_unordered_elements_are_put_in_order():
    parts = [element(0x00280010, "US", 1), element(0x00080060, "CS", "CT"), element(0x00100010, "PN", "A")]
    with pytest.warns(dicomkit.DICOMWarning, match="out of order"):
        f = dicomkit.read(part10(b"".join(parts)))
    assert f.data_set.tags == [e.tag for e in f] == [0x00080060, 0x00100010, 0x00280010]
    assert (f.Rows, f.Modality, f.PatientName) == (1, "CT", "A")
    assert 0x00280011 not in f


def test_read_7_unordered_elements_in_items():
    content = element(0x00280010, "US", 1) + element(0x00080060, "CS", "CT")
    with pytest.warns(dicomkit.DICOMWarning, match="out of order"):
        f = dicomkit.read(part10(sequence(0x00081140, [content])))
    assert f.ReferencedImageSequence[0].tags == [0x00080060, 0x00280010]


def test_read_7_of_duplicates_the_first_counts():
    """PS3.5 7.1 forbids them."""
    content = element(0x00080060, "CS", "CT") + element(0x00080060, "CS", "MR") + element(0x00280010, "US", 1)
    with pytest.warns(dicomkit.DICOMWarning, match="twice"):
        f = dicomkit.read(part10(content))
    assert f.Modality == "CT"
    assert len(f) == len(list(f)) == 2
    assert f.data_set.tags == [0x00080060, 0x00280010]


@pytest.mark.parametrize("key", ["PatientName", "(0010,0010)", "0010,0010", Tag(0x0010, 0x0010), 0x00100010, (0x0010, 0x0010)])
def test_read_7_keys(ds, key):
    assert ds[key].value == ds.get(key) == "Doe^Jane"
    assert key in ds
    ds[key] = "Roe^Richard"
    assert ds.PatientName == "Roe^Richard"
    del ds[key]
    assert key not in ds
    assert ds.get(key) is None
    assert ds.get(key, 7) == 7
    with pytest.raises(KeyError):
        ds[key]
    with pytest.raises(KeyError):
        del ds[key]


def test_read_7_several_arguments_are_a_key(ds):
    assert ds[0x0010, 0x0010].value == "Doe^Jane"


def test_read_7_setting_nothing_removes(ds):
    ds["PatientName"] = None
    assert "PatientName" not in ds
    assert len(ds) == len(CONTENT) - 1
    ds.Modality = None
    assert "Modality" not in ds.tags
    assert 0x00080060 not in ds.tags


def test_read_7_setting_by_keyword_takes_the_dictionarys_vr(ds):
    ds.StudyDate = "20240229"
    assert (ds["StudyDate"].vr, ds.date("StudyDate")) == ("DA", dicomkit.DICOMDate(2024, 2, 29))
    ds.PixelSpacing = [0.5, 0.25]
    assert ds.decimal_strings("PixelSpacing") == [0.5, 0.25]
    ds.ReferencedImageSequence = [DataSet([DataElement("Modality", "CS", "US")])]
    assert ds.ReferencedImageSequence[0].Modality == "US"
    assert ds.tags == sorted(ds.tags)


def test_read_7_attributes(ds):
    assert ds.Rows == 512
    del ds.Rows
    with pytest.raises(AttributeError):
        _ = ds.Rows
    with pytest.raises(AttributeError):
        del ds.Rows
    assert not hasattr(ds, "Rows")
    assert getattr(ds, "Rows", 3) == 3
    with pytest.raises(AttributeError):
        ds.rows = 3
    assert "PatientName" in dir(ds)
    assert "tags" in dir(ds)


@pytest.mark.parametrize(
    ("wrong", "right"), [("PatientNam", "PatientName"), ("PatientsName", "PatientName"), ("Row", "Rows"), ("studydate", "StudyDate")]
)
def test_read_7_misspelt_keywords_are_errors_with_suggestions(ds, wrong, right):
    with pytest.raises(UnknownKeywordError) as caught:
        ds[wrong]
    assert right in caught.value.suggestions
    assert right in str(caught.value)
    for act in (lambda: ds.get(wrong), lambda: wrong in ds, lambda: ds.__setitem__(wrong, 1), lambda: ds.__delitem__(wrong)):
        with pytest.raises(UnknownKeywordError):
            act()
    if wrong[0].isupper():
        with pytest.raises(UnknownKeywordError):
            getattr(ds, wrong)
        with pytest.raises(UnknownKeywordError):
            setattr(ds, wrong, "x")
    assert len(ds) == len(CONTENT)


@pytest.mark.parametrize("key", ["(0010,00)", "0010,0010,0010", -1, 2**32, (0x10000, 0), "(GGGG,0010)"])
def test_read_7_keys_that_are_no_tags(ds, key):
    with pytest.raises(DICOMError):
        ds[key]


@pytest.mark.parametrize("key", [None, 1.5, b"PatientName", ["PatientName"]])
def test_read_7_keys_of_other_types(ds, key):
    with pytest.raises(TypeError):
        ds[key]


# PKG-2: copy, edit, compare.


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, lambda ds: ds.copy()])
def test_pkg_2_a_copy_can_be_edited_alone(ds, duplicate):
    twin = duplicate(ds)
    assert twin == ds
    assert type(twin) is DataSet
    twin.PatientName = "Roe^Richard"
    twin.Rows = None
    twin.StudyID = "7"
    twin.ReferencedSeriesSequence[0].Modality = "PT"
    twin.ReferencedSeriesSequence.append(DataSet())
    del twin.ReferencedSeriesSequence[1]["SeriesInstanceUID"]
    assert twin != ds
    assert (ds.PatientName, ds.Rows, "StudyID" in ds) == ("Doe^Jane", 512, False)
    assert [inner.get("Modality") for inner in ds.ReferencedSeriesSequence] == ["MR", None]
    assert ds.ReferencedSeriesSequence[1].SeriesInstanceUID == "1.3"
    assert ds == dicomkit.read(part10(data_set(CONTENT))).data_set
    # And the other way round.
    ds.PatientName = "Poe"
    assert twin.PatientName == "Roe^Richard"


def test_pkg_2_a_copy_of_what_was_changed(ds):
    ds.StudyID = "7"
    ds.Rows = None
    ds.ReferencedSeriesSequence[0].Modality = "PT"
    twin = ds.copy()
    assert twin == ds
    twin.ReferencedSeriesSequence[0].Modality = "US"
    twin.StudyID = "8"
    assert (ds.ReferencedSeriesSequence[0].Modality, ds.StudyID, "Rows" in twin) == ("PT", "7", False)


def test_pkg_2_data_sets_do_not_share_items_that_are_set(ds):
    other = DataSet()
    other["ReferencedSeriesSequence"] = ds["ReferencedSeriesSequence"]
    other.ReferencedSeriesSequence[0].Modality = "US"
    assert ds.ReferencedSeriesSequence[0].Modality == "MR"
    third = DataSet([ds["ReferencedSeriesSequence"]])
    third.ReferencedSeriesSequence[0].Modality = "US"
    assert ds.ReferencedSeriesSequence[0].Modality == "MR"


def test_pkg_2_editing_changes_neither_buffer_nor_another_reading():
    data = part10(data_set(CONTENT))
    before = bytes(data)
    first, second = dicomkit.read(data), dicomkit.read(data)
    first.PatientName = "Roe"
    first.ReferencedSeriesSequence[0].Modality = "US"
    assert data == before
    assert second.PatientName == "Doe^Jane"
    assert second.ReferencedSeriesSequence[0].Modality == "MR"


def test_pkg_2_files_copy_too(f):
    for twin in (f.copy(), copy.copy(f), copy.deepcopy(f)):
        assert twin == f
        twin.PatientName = "Roe"
        twin.file_meta_information["ImplementationVersionName"] = "X"
        assert f.PatientName == "Doe^Jane"
        assert "ImplementationVersionName" not in f.file_meta_information
        assert twin != f


def test_pkg_2_accessors_do_not_mutate(ds):
    before = ds.copy()
    for e in ds:
        for name in dir(type(e)):
            if name.endswith(("_value", "_values")):
                getattr(e, name)
        if isinstance(e.value, list) and e.vr != "SQ":
            e.value.append(1)
    assert ds == before


def test_pkg_2_comparison_of_data_sets(ds):
    assert ds == dicomkit.read(part10(data_set(CONTENT))).data_set
    assert ds == DataSet(list(ds))
    assert ds != DataSet()
    assert ds != "a data set"
    with pytest.raises(TypeError):
        hash(ds)
    changed = ds.copy()
    changed.ReferencedSeriesSequence[1].SeriesInstanceUID = "1.4"
    assert changed != ds


def test_items_of_a_made_sequence_follow_the_list():
    ds = DataSet([DataElement("ReferencedImageSequence", "SQ", [])])
    ds.ReferencedImageSequence.append(DataSet([DataElement("Modality", "CS", "CT")]))
    assert ds.sequence_item_count("ReferencedImageSequence") == 1
    assert ds["ReferencedImageSequence"].value[0].Modality == "CT"


@pytest.mark.skipif(sys.platform == "win32", reason="limits of POSIX")
@pytest.mark.parametrize(
    "act", ["f.data_set.copy()", "str(f)", "f._repr_html_()", "pickle.dumps(f)", "f.data_set == twin", "copy.deepcopy(f)"]
)
def test_data_sets_that_contain_themselves(act, tmp_path):
    """The caller's fault, and an exception or a value: in a process of its own, since a crash would end the tests."""
    path = tmp_path / "file.dcm"
    path.write_bytes(part10(data_set(CONTENT)))
    code = f"""
import copy, pickle, resource, dicomkit
resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
f = dicomkit.read({str(path)!r})
twin = dicomkit.read({str(path)!r}).data_set
f.ReferencedSeriesSequence.append(f.data_set)
try:
    {act}
except (RecursionError, dicomkit.DICOMError):
    pass
"""
    folder = Path(dicomkit.__file__).parents[1]
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False, timeout=60, cwd=folder)
    assert (done.returncode, done.stderr) == (0, b"")


def test_empty_items_and_sequences():
    f = dicomkit.read(part10(element(0x00081115, "SQ") + sequence(0x00081140, [b"", b""])))
    assert f.ReferencedSeriesSequence == []
    assert [len(inner) for inner in f.ReferencedImageSequence] == [0, 0]
