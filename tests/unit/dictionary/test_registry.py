"""The registry of UIDs. Rows DICT-3, DICT-4, DICT-5."""

import csv
import pickle
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import dicomkit.dictionary
from dicomkit._core import dictionary_table
from dicomkit.dictionary import UIDDictionary, UIDType, suggest_uid_keywords

TABLE = Path(dicomkit.dictionary.__file__).parent / "tables" / "uids.tsv"
LINES = [line for line in TABLE.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
ROWS = list(csv.DictReader(LINES, delimiter="\t", quoting=csv.QUOTE_NONE))


def test_a_uid_is_found_by_uid_and_by_keyword():
    # DICT-3
    entry = UIDDictionary.find_uid("1.2.840.10008.1.2.4.70")
    assert entry == UIDDictionary.find_keyword("JPEGLosslessSV1")
    assert entry.uid_type is UIDType.TRANSFER_SYNTAX
    assert entry.name.startswith("JPEG Lossless, Non-Hierarchical, First-Order Prediction")
    assert str(UIDDictionary.find_keyword("CTImageStorage")) == "CT Image Storage (1.2.840.10008.5.1.4.1.1.2), SOP Class"


def test_every_row_of_the_table_is_found():
    # DICT-3, DICT-5
    assert UIDDictionary.count() == len(ROWS) == 493
    for row in ROWS:
        entry = UIDDictionary.find_uid(row["uid"])
        assert (entry.uid, entry.keyword, entry.name, entry.uid_type, entry.is_retired) == (
            row["uid"], row["keyword"], row["name"], row["type"], row["retired"] == "Y",
        )  # fmt: skip
        assert UIDDictionary.find_keyword(row["keyword"]) == (entry if row["keyword"] else None)


def test_entries_are_sorted_by_components():
    # DICT-3
    uids = [[int(component) for component in entry.uid.split(".")] for entry in UIDDictionary.entries()]
    assert uids == sorted(uids)
    assert len(uids) == 493


def test_transfer_syntaxes_and_sop_classes():
    # DICT-3, DICT-5
    syntaxes, classes = UIDDictionary.transfer_syntaxes(), UIDDictionary.sop_classes()
    assert len(syntaxes) == sum(row["type"] == "Transfer Syntax" for row in ROWS)
    assert len(classes) == sum(row["type"] == "SOP Class" for row in ROWS)
    suffixes = {"2", "4", "7", "1", "6.1", "128"}
    assert {f"1.2.840.10008.5.1.4.1.1.{suffix}" for suffix in suffixes} <= {entry.uid for entry in classes}


def test_every_type_of_the_table_is_a_member():
    # DICT-4
    assert {row["type"] for row in ROWS} == set(UIDType)
    types = {UIDType.TRANSFER_SYNTAX, UIDType.SOP_CLASS, UIDType.META_SOP_CLASS, UIDType.LDAP_OID, UIDType.CODING_SCHEME}
    assert types | {UIDType.APPLICATION_CONTEXT_NAME} <= set(UIDType)
    assert UIDDictionary.find_keyword("HotIronPalette").uid_type.is_well_known
    assert not UIDType.SOP_CLASS.is_well_known


@given(st.text(max_size=70) | st.from_regex(r"1\.2\.840\.10008\.[0-9.]{1,12}", fullmatch=True))
def test_any_other_text_is_not_registered(text):
    # DICT-3
    if text not in {row["uid"] for row in ROWS}:
        assert UIDDictionary.find_uid(text) is None
    if text not in {row["keyword"] for row in ROWS} - {""}:
        assert UIDDictionary.find_keyword(text) is None


@pytest.mark.parametrize("text", ["CTImageStorag", "ct image storage", "CtImageStorage"])
def test_a_misspelling_brings_the_keyword_that_was_meant(text):
    assert suggest_uid_keywords(text)[0] == "CTImageStorage"


def test_entries_are_values():
    # PKG-2
    entry = UIDDictionary.find_keyword("Verification")
    assert pickle.loads(pickle.dumps(entry)) == entry
    assert entry in {UIDDictionary.find_uid("1.2.840.10008.1.1")}


@pytest.mark.parametrize("number", [-1, 493])
def test_a_number_outside_the_table_is_an_error(number):
    with pytest.raises(IndexError):
        dictionary_table.get_uid(number)
