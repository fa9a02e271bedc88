"""Value Representations (PS3.5 6.2). Rows CORE-1 to CORE-4."""

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dicomkit._core import dictionary_table
from dicomkit.errors import InvalidVRError
from dicomkit.vr import VR

# PS3.5 Table 7.1-1: the VRs whose explicit header has two reserved bytes and a 32-bit length.
LONG_LENGTH = ["OB", "OD", "OF", "OL", "OV", "OW", "SQ", "SV", "UC", "UN", "UR", "UT", "UV"]
DEFAULT_REPERTOIRE = ["AE", "AS", "CS", "DA", "DS", "DT", "IS", "TM", "UI", "UR"]
REPLACEABLE_REPERTOIRE = ["LO", "LT", "PN", "SH", "ST", "UC", "UT"]
ALL = [
    "AE",
    "AS",
    "AT",
    "CS",
    "DA",
    "DS",
    "DT",
    "FD",
    "FL",
    "IS",
    "LO",
    "LT",
    "OB",
    "OD",
    "OF",
    "OL",
    "OV",
    "OW",
    "PN",
    "SH",
    "SL",
    "SQ",
    "SS",
    "ST",
    "SV",
    "TM",
    "UC",
    "UI",
    "UL",
    "UN",
    "UR",
    "US",
    "UT",
    "UV",
]


def test_there_are_34():
    # CORE-1
    assert [vr.value for vr in VR] == ALL
    assert len(ALL) == 34
    assert all(vr == vr.name == str(vr) for vr in VR)


def test_the_length_form():
    # CORE-2
    assert [vr for vr in VR if vr.has_long_length] == LONG_LENGTH


def test_the_character_repertoire():
    # CORE-3
    assert [vr for vr in VR if vr.uses_default_repertoire] == DEFAULT_REPERTOIRE
    assert [vr for vr in VR if vr.uses_specific_character_set] == REPLACEABLE_REPERTOIRE
    assert [vr for vr in VR if vr.is_text] == sorted(DEFAULT_REPERTOIRE + REPLACEABLE_REPERTOIRE)


def test_where_a_backslash_separates_values():
    # PS3.5 6.2: in ST, LT, UT and UR it does not
    assert [vr for vr in VR if vr.is_multi_valued_text] == ["AE", "AS", "CS", "DA", "DS", "DT", "IS", "LO", "PN", "SH", "TM", "UC", "UI"]


def test_bytes_of_one_value():
    # PS3.5 Table 6.2-1
    sizes = {1: "OB", 2: "OW SS US", 4: "AT FL OF OL SL UL", 8: "FD OD OV SV UV"}
    expected = {vr: size for size, vrs in sizes.items() for vr in vrs.split()}
    assert {str(vr): vr.value_length for vr in VR if vr.value_length} == expected


@pytest.mark.parametrize("code", ALL)
def test_two_letters_are_a_vr(code):
    # CORE-4
    assert VR.parse(code.encode()) is VR(code)


@pytest.mark.parametrize(
    ("code", "digits"), [(b"ZZ", "5A5A"), (b"pn", "706E"), (b"\0\0", "0000"), (b"\xff\xfe", "FFFE"), (b"", ""), (b"P", "50")]
)
def test_other_bytes_are_an_error_with_the_bytes_in_hexadecimal(code, digits):
    # CORE-4
    with pytest.raises(InvalidVRError, match=f"^{digits} is not"):
        VR.parse(code)


@given(st.binary(min_size=2, max_size=2))
def test_only_the_34_are_vrs(code):
    # CORE-4
    if code.decode("latin-1") in ALL:
        assert VR.parse(code) == code.decode()
    else:
        with pytest.raises(InvalidVRError):
            VR.parse(code)


def test_the_dictionary_uses_all_of_them():
    # CORE-1: nearly all; a VR that the enumeration lacks would fail here
    used = {code for number in range(dictionary_table.element_count()) for code in dictionary_table.get_element(number)[4].split(" or ")}
    assert used - {""} <= set(VR)
    assert len(used - {""}) == 34


@pytest.mark.parametrize("vr", VR)
def test_members_survive_pickling(vr):
    assert pickle.loads(pickle.dumps(vr)) is vr
