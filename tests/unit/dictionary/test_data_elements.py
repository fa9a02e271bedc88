"""The registry of data elements. Rows DICT-1, DICT-2, PKG-5."""

import copy
import csv
import pickle
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import dicomkit.dictionary
from dicomkit._core import dictionary_table
from dicomkit.dictionary import DICOM_STANDARD_EDITION, DataElementDictionary, suggest_keywords
from dicomkit.errors import UnknownKeywordError
from dicomkit.tag import ITEM, Tag
from dicomkit.vr import VR

TABLE = Path(dicomkit.dictionary.__file__).parent / "tables" / "data_elements.tsv"


def rows():
    lines = (line for line in TABLE.read_text(encoding="utf-8").splitlines() if not line.startswith("#"))
    return list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))


ROWS = rows()
KEYWORDS = {row["keyword"] for row in ROWS} - {""}
PSEUDO_CODES = {"US or SS": "XS", "OB or OW": "OX", "US or OW": "XW", "US or SS or OW": "XX", "NONE": ""}


def matches(pattern, tag):
    """The naive reading of a pattern of PS3.6: x is any digit, in a group (50xx) only of even groups."""
    digits = f"{tag:08X}"
    fits = all(wanted in ("x", digit) for wanted, digit in zip(pattern, digits, strict=True))
    return fits and not ("x" in pattern[:4] and tag & 0x10000) and not ("x" in pattern and not tag & 0xFFFF)


EXACT = {row["tag"]: row for row in ROWS if "x" not in row["tag"]}
PATTERNS = [row for row in ROWS if "x" in row["tag"]]


def naive_find(tag):
    """The row of a tag by comparing: exact tags first."""
    found = EXACT.get(f"{tag:08X}")
    return found or next((row for row in PATTERNS if matches(row["tag"], tag)), None)


def test_an_element_is_found_by_tag_and_by_keyword():
    # DICT-1
    entry = DataElementDictionary.find_tag(Tag(0x0010, 0x0010))
    assert entry == DataElementDictionary.find_keyword("PatientName")
    assert (entry.tag, entry.name, entry.keyword, entry.vr, entry.vm, entry.is_retired) == (
        Tag(0x0010, 0x0010), "Patient's Name", "PatientName", (VR.PN,), "1", False,
    )  # fmt: skip
    assert str(entry) == "(0010,0010) Patient's Name, PN, 1"


def test_the_first_of_several_vrs_is_the_default():
    # DICT-1
    assert DataElementDictionary.find_keyword("PixelData").vr == (VR.OB, VR.OW)
    assert DataElementDictionary.find_keyword("GrayLookupTableData").vr == (VR.US, VR.SS, VR.OW)
    assert DataElementDictionary.find_tag(ITEM).vr == ()


def test_entries_are_sorted_by_tag():
    # DICT-1
    tags = [entry.tag for entry in DataElementDictionary.entries()]
    assert tags == sorted(tags)
    assert len(set(tags)) == len(tags)


def test_the_extent_is_all_of_ps3_6():
    # DICT-2
    entries = list(DataElementDictionary.entries())
    assert len(entries) == DataElementDictionary.count() == len(ROWS) == 5370
    patterns = {entry.tag_pattern for entry in entries}
    assert {"(0000,0002)", "(0002,0010)", "(0004,1220)", "(50xx,3000)", "(60xx,3000)", "(7Fxx,0010)", "(0006,0001)"} <= patterns
    assert sum(entry.is_retired for entry in entries) == sum(row["retired"] == "Y" for row in ROWS)


def test_the_edition_is_told():
    # DICT-2, PKG-5
    assert TABLE.read_text(encoding="utf-8").split()[2] == DICOM_STANDARD_EDITION == DataElementDictionary.edition == "2026b"


def test_every_row_of_the_table_is_found_by_tag():
    # DICT-2
    for row in ROWS:
        tag = int(row["tag"].replace("x", "2"), 16)
        entry = DataElementDictionary.find_tag(tag)
        exact = EXACT.get(f"{tag:08X}", row)
        assert entry.keyword == exact["keyword"]
        assert entry.name == exact["name"]
        assert " or ".join(entry.vr) == exact["vr"].replace("NONE", "")
        assert entry.vm == exact["vm"]
        assert entry.is_retired == (exact["retired"] == "Y")


def test_every_keyword_is_found_and_names_a_tag_that_has_it():
    # DICT-1
    for keyword in KEYWORDS:
        entry = DataElementDictionary.find_keyword(keyword)
        assert entry.keyword == keyword
        assert dictionary_table.find_keyword(keyword) == entry.tag
        assert DataElementDictionary.find_tag(entry.tag).keyword == keyword


def test_every_row_has_the_vr_code_that_the_reader_takes():
    # DICT-2
    for row in ROWS:
        tag = int(row["tag"].replace("x", "2"), 16)
        if naive_find(tag) is row:
            assert dictionary_table.find_vr(tag) == PSEUDO_CODES.get(row["vr"], row["vr"]), row


@pytest.mark.parametrize(
    ("tag", "keyword"),
    [
        (0x60003000, "OverlayData"),
        (0x601E3000, "OverlayData"),
        (0x60FE3000, "OverlayData"),
        (0x50020010, "NumberOfPoints"),
        (0x7F020010, "VariablePixelData"),
        (0x7FE00010, "PixelData"),
        (0x00203100, "SourceImageIDs"),
        (0x002031FF, "SourceImageIDs"),
        (0x00280400, "TransformLabel"),
        (0x002804F0, "RowsForNthOrderCoefficients"),
        (0x00280833, "CodeTableLocation"),
        (0x1000ABC5, "ShiftTableTriplet"),
        (0x1010ABCD, "ZonalMap"),
    ],
)
def test_repeating_tags_have_their_element(tag, keyword):
    # DICT-2
    assert DataElementDictionary.find_tag(tag).keyword == keyword


@pytest.mark.parametrize(
    "tag", [0x60013000, 0x50FF0010, 0x7F010010, 0x10100000, 0x10000000, 0x60000000, 0xFFFFFFFF, 0x00090010, -1, 1 << 32]
)
def test_tags_outside_the_dictionary_are_not_found(tag):
    # DICT-1
    assert DataElementDictionary.find_tag(tag) is None


NEAR_REPEATING = st.builds(
    lambda group, element: group << 16 | element,
    st.sampled_from([0x0020, 0x0028, 0x1000, 0x1010, 0x5002, 0x5003, 0x6000, 0x60FE, 0x7F00, 0x7FE0, 0x7FE1]),
    st.integers(0, 0xFFFF),
)


@given(st.integers(0, 0xFFFFFFFF) | NEAR_REPEATING)
def test_any_tag_is_found_as_by_reading_the_whole_table(tag):
    # DICT-1
    row = naive_find(tag)
    entry = DataElementDictionary.find_tag(tag)
    assert (entry and (entry.keyword, entry.name)) == (row and (row["keyword"], row["name"]))


@given(st.integers(0, 0xFFFFFFFF) | NEAR_REPEATING | st.integers(0, 0xFFFF).map(lambda group: group << 16))
def test_the_vr_code_of_any_tag_follows_the_rules_of_ps3_5(tag):
    # DICT-1: group lengths (PS3.5 7.2), private creators (PS3.5 7.8.1), the table, nothing
    row = naive_find(tag)
    if not tag & 0xFFFF:
        expected = "UL"
    elif tag & 0x10000:
        expected = "LO" if 0x10 <= tag & 0xFFFF <= 0xFF else ""
    else:
        expected = PSEUDO_CODES.get(row["vr"], row["vr"]) if row else ""
    assert dictionary_table.find_vr(tag) == expected


@pytest.mark.parametrize(
    ("tag", "name"),
    [
        (0x00100010, "Patient's Name"), (0x00100000, "Group Length"), (0x00090000, "Private Group Length"), (0x00090010, "Private Creator"),
        (0x00091001, ""), (0x00100FF1, ""), (0x00020000, "File Meta Information Group Length"),
    ],
)  # fmt: skip
def test_names_include_those_of_ps3_5(tag, name):
    assert dictionary_table.find_name(tag) == name


@given(st.text(max_size=80))
def test_any_other_text_is_no_keyword(text):
    # DICT-1
    if text not in KEYWORDS:
        assert DataElementDictionary.find_keyword(text) is None
        with pytest.raises(UnknownKeywordError):
            DataElementDictionary.get_keyword(text)


@pytest.mark.parametrize("text", ["", "patientName", "PatientName ", "PatientNam", "PatientName\0", "\ud800", "Pa\0tientName"])
def test_keywords_are_compared_exactly(text):
    # DICT-1
    assert DataElementDictionary.find_keyword(text) is None


@pytest.mark.parametrize(
    ("text", "keyword"),
    [
        ("patientname", "PatientName"),
        ("PatientsName", "PatientName"),
        ("Patient's Name", "PatientName"),
        ("PatientNmae", "PatientName"),
        ("StudyDescripton", "StudyDescription"),
        ("study_description", "StudyDescription"),
        ("SliceThick", "SliceThickness"),
        ("WindowCentre", "WindowCenter"),
        ("OverlayDatas", "OverlayData"),
    ],
)
def test_a_misspelling_brings_the_keyword_that_was_meant(text, keyword):
    suggestions = suggest_keywords(text)
    assert suggestions[0] == keyword
    assert len(suggestions) <= 3


@pytest.mark.parametrize("text", ["", "a", "xyzzy", "x" * 1000, "\ud800", "????", "ΣΣΣ"])
def test_nonsense_brings_no_suggestion(text):
    assert suggest_keywords(text) == ()


def test_suggestions_are_quick():
    best = min(_seconds_of(lambda: suggest_keywords("ReferencedPerformedProcedureStepSequenze")) for _ in range(5))
    assert best < 0.02


def _seconds_of(task):
    start = time.perf_counter()
    task()
    return time.perf_counter() - start


def test_the_error_suggests_keywords():
    with pytest.raises(UnknownKeywordError, match="did you mean PatientName"):
        DataElementDictionary.get_keyword("PatientsName")


def test_entries_are_immutable_values():
    # PKG-2
    entry = DataElementDictionary.find_keyword("Rows")
    other = DataElementDictionary.find_keyword("Columns")
    assert hash(entry) == hash(DataElementDictionary.find_keyword("Rows"))
    assert entry != other
    assert entry != "Rows"
    assert pickle.loads(pickle.dumps(entry)) == copy.deepcopy(entry) == entry
    assert repr(entry).startswith("DataElementEntry(tag=Tag(0x0028, 0x0010), mask=4294967295, keyword='Rows'")
    with pytest.raises(AttributeError):
        entry.keyword = "Columns"
    with pytest.raises(AttributeError):
        del entry.keyword


@pytest.mark.parametrize("number", [-1, 5370])
def test_a_number_outside_the_table_is_an_error(number):
    with pytest.raises(IndexError):
        dictionary_table.get_element(number)
