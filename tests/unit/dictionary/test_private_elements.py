"""Private elements (PS3.5 7.8). Row DICT-2."""

import csv
import pickle
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import dicomkit.dictionary
from dicomkit._core import dictionary_table
from dicomkit.dictionary import PrivateDictionary
from dicomkit.tag import Tag
from dicomkit.vr import VR

TABLE = Path(dicomkit.dictionary.__file__).parent / "tables" / "private_elements.tsv"
LINES = [line for line in TABLE.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
ROWS = list(csv.DictReader(LINES, delimiter="\t", quoting=csv.QUOTE_NONE))
# Rows such as (0019,10xx) have no element number, and two have an even group, which is never private (PS3.5 7.8).
NAMED_ROWS = [row for row in ROWS if not row["tag"].endswith("xx") and row["tag"][3] not in "02468ACE"]
BY_CREATOR = {}
for row in NAMED_ROWS:
    BY_CREATOR.setdefault(row["creator"], []).append(row)
CREATORS = sorted({row["creator"] for row in ROWS})


def example_tag(pattern):
    """A tag that a pattern describes, in block 0x42 where it leaves the block open; the groups are odd (PS3.5 7.8)."""
    group = pattern[:4].replace("x", "1")
    return int(group + pattern[4:6].replace("x", "").rjust(2, "?").replace("??", "42") + pattern[6:], 16)


def test_a_private_element_is_found_in_any_block():
    entry = PrivateDictionary.find("SIEMENS CSA HEADER", 0x00291010)
    assert (entry.creator, entry.tag, entry.vr, entry.vm) == ("SIEMENS CSA HEADER", Tag(0x0029, 0x0010), (VR.OB,), "1")
    assert entry.tag_pattern == "(0029,xx10)"
    assert PrivateDictionary.find("SIEMENS CSA HEADER", 0x0029FF10) == entry
    assert str(entry) == "(0029,xx10) 'SIEMENS CSA HEADER' CSA Image Header Info, OB, 1"


def test_every_named_row_of_the_table_is_found():
    # DICT-2
    assert PrivateDictionary.count() == len(ROWS) == 10545
    assert len(ROWS) - len(NAMED_ROWS) == 13
    for row in NAMED_ROWS:
        tag = example_tag(row["tag"])
        if tag & 0xFFFF < 0x1000:  # a block byte as no data set can have it
            tag |= 0x4200
        entry = PrivateDictionary.find(row["creator"], tag)
        assert entry is not None, row
        same = [other for other in BY_CREATOR[row["creator"]] if other["tag"][6:] == row["tag"][6:]]
        assert (entry.name, " or ".join(entry.vr).replace("OB or OW", "OB_OW")) in {
            (other["name"], other["vr"].replace("OB or OW", "OB_OW")) for other in same
        }


def test_creators_and_their_entries():
    assert PrivateDictionary.creators() == tuple(CREATORS)
    assert sum(len(list(PrivateDictionary.entries(creator))) for creator in CREATORS) == len(ROWS)
    assert {entry.creator for entry in PrivateDictionary.entries("GEMS_ACQU_01")} == {"GEMS_ACQU_01"}
    assert len(list(PrivateDictionary.entries())) == len(ROWS)
    assert list(PrivateDictionary.entries("nobody")) == []


def test_a_repeating_private_group():
    assert PrivateDictionary.find("PAPYRUS 3.0", 0x60011010).name == "Overlay Rows"
    assert PrivateDictionary.find("PAPYRUS 3.0", 0x60FF4210).tag_pattern == "(60xx,xx10)"


def test_a_row_of_one_block_comes_before_that_of_the_others():
    # 01F11026 is FD and 01F1xx26 DS in the table
    assert PrivateDictionary.find("ELSCINT1", 0x01F11026).vr == (VR.FD,)
    assert PrivateDictionary.find("ELSCINT1", 0x01F11126).vr == (VR.DS,)


@pytest.mark.parametrize("creator", ["SIEMENS CSA HEADER ", "SIEMENS CSA HEADER\0", "SIEMENS CSA HEADER  \0 "])
def test_padding_after_the_creator_does_not_count(creator):
    assert PrivateDictionary.find(creator, 0x00291010) is not None
    assert dictionary_table.find_private_vr(creator.encode(), 0x00291010) == "OB"
    assert len(list(PrivateDictionary.entries(creator))) == 6


@pytest.mark.parametrize(
    ("creator", "tag"),
    [
        ("siemens csa header", 0x00291010),
        (" SIEMENS CSA HEADER", 0x00291010),
        ("SIEMENS CSA HEADER", 0x00281010),
        ("SIEMENS CSA HEADER", 0x00290010),
        ("SIEMENS CSA HEADER", 0x00290F10),
        ("SIEMENS CSA HEADER", 0x002910FE),
        ("GEMS_ACQU_01", 0x00191000 | 0xFE),
        ("", 0x00291010),
        ("\ud800", 0x00291010),
        ("SIEMENS CSA HEADER", -1),
        ("SIEMENS CSA HEADER", 1 << 32),
    ],
)
def test_what_is_not_known_is_not_found(creator, tag):
    assert PrivateDictionary.find(creator, tag) is None


@given(
    st.sampled_from(CREATORS) | st.text(max_size=70),
    st.integers(0, 0x7FFF).map(lambda n: 2 * n + 1),
    st.integers(0x10, 0xFF),
    st.integers(0, 0xFF),
)
def test_any_private_tag_is_found_as_by_reading_the_whole_table(creator, group, block, element):
    tag = group << 16 | block << 8 | element
    creator_rows = BY_CREATOR.get(creator.rstrip(" \0"), [])
    same = [
        row
        for row in creator_rows
        if all(wanted in ("x", digit) for wanted, digit in zip(row["tag"][:4] + row["tag"][6:], f"{group:04X}{element:02X}", strict=True))
    ]
    entry = PrivateDictionary.find(creator, tag)
    assert (entry is not None) == bool(same)
    if entry:
        assert entry.name in {row["name"] for row in same}
        assert dictionary_table.find_private_vr(creator.encode("utf-8", "replace"), tag) in (*entry.vr, "XS", "OX")


def test_entries_are_values():
    # PKG-2
    entry = PrivateDictionary.find("SIEMENS CSA HEADER", 0x00291010)
    assert pickle.loads(pickle.dumps(entry)) == entry
    assert len({entry, PrivateDictionary.find("SIEMENS CSA HEADER", 0x0029AA10)}) == 1


@pytest.mark.parametrize("number", [-1, 10545])
def test_a_number_outside_the_table_is_an_error(number):
    with pytest.raises(IndexError):
        dictionary_table.get_private_element(number)
