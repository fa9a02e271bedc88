"""The build step that turns the text tables into C tables and stubs."""

import ast
import runpy
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import dicomkit.dictionary

DICTIONARY = Path(dicomkit.dictionary.__file__).parent
SCRIPT = runpy.run_path(str(DICTIONARY / "generate_tables.py"), run_name="generate_tables")


def test_a_second_run_writes_nothing(tmp_path):
    first = SCRIPT["generate"](DICTIONARY / "tables", tmp_path)
    assert sorted(path.name for path in first) == ["dictionary_table.h", "tags.pyi", "uids.pyi"]
    assert SCRIPT["generate"](DICTIONARY / "tables", tmp_path) == []


def test_a_changed_table_is_taken_up(tmp_path):
    tables = tmp_path / "tables"
    tables.mkdir()
    for source in (DICTIONARY / "tables").iterdir():
        (tables / source.name).write_bytes(source.read_bytes())
    SCRIPT["generate"](tables, tmp_path / "package")
    with (tables / "uids.tsv").open("a", encoding="utf-8") as table:
        table.write("1.2.840.10008.999\tNew\tSOP Class\tN\tNew Class\n")
    changed = SCRIPT["generate"](tables, tmp_path / "package")
    assert sorted(path.name for path in changed) == ["dictionary_table.h", "uids.pyi"]
    assert "New: Final[str]" in (tmp_path / "package" / "uids.pyi").read_text(encoding="utf-8")


def test_the_stubs_are_python(tmp_path):
    SCRIPT["generate"](DICTIONARY / "tables", tmp_path)
    for name, annotation in (("tags.pyi", "Tag"), ("uids.pyi", "str")):
        tree = ast.parse((tmp_path / name).read_text(encoding="utf-8"))
        names = [node.target.id for node in tree.body if isinstance(node, ast.AnnAssign)]
        assert names == sorted(set(names))
        assert {node.annotation.slice.id for node in tree.body if isinstance(node, ast.AnnAssign)} == {annotation}


@pytest.mark.parametrize(("vr", "code"), [("PN", 0x4E50), ("US or SS", 0x5358), ("OB or OW", 0x584F), ("US or OW", 0x5758), ("", 0)])
def test_vr_codes_are_the_letters_in_little_endian(vr, code):
    assert SCRIPT["vr_code"](vr) == code


def test_a_choice_of_vrs_that_the_c_tables_lack_stops_the_build():
    with pytest.raises(ValueError, match="no VR that the C tables know"):
        SCRIPT["vr_code"]("OB or OF")


@pytest.mark.parametrize(
    ("pattern", "tag", "mask"),
    [("00100010", 0x00100010, 0xFFFFFFFF), ("60xx3000", 0x60003000, 0xFF00FFFF), ("1000xxx5", 0x10000005, 0xFFFF000F)],
)
def test_patterns_become_masks(pattern, tag, mask):
    assert SCRIPT["parse_pattern"](pattern) == (tag, mask)


@given(st.sets(st.integers(0, 0xFFFFFFFF), min_size=1, max_size=100))
def test_every_hash_is_reached_by_probing_from_its_slot(hashes):
    hashes = list(hashes)
    slots = SCRIPT["fill_slots"](hashes)
    bits = SCRIPT["table_bits"](len(hashes))
    assert len(slots) == 1 << bits >= 2 * len(hashes)
    for number, value in enumerate(hashes):
        slot = value >> 32 - bits
        while slots[slot] != number:
            assert slots[slot] != SCRIPT["EMPTY"]
            slot = (slot + 1) % len(slots)


def test_strings_are_escaped_for_c():
    assert "".join(map(SCRIPT["escape"], 'a"?\\\0é'.encode())) == r"a\042\077\134\000\303\251"
