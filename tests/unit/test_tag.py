"""Data element tags (PS3.5 7.1.1). Rows CORE-5, CORE-6, CORE-7, CORE-9."""

import copy
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dicomkit.errors import InvalidTagError
from dicomkit.tag import ITEM, ITEM_DELIMITATION_ITEM, SEQUENCE_DELIMITATION_ITEM, Tag

NUMBERS = st.integers(0, 0xFFFF)


@given(NUMBERS, NUMBERS)
def test_a_tag_is_two_numbers_and_one(group, element):
    # CORE-5
    tag = Tag(group, element)
    assert (tag.group, tag.element) == (group, element)
    assert tag == Tag(group << 16 | element) == group << 16 | element
    assert hash(tag) == hash(group << 16 | element)


@given(st.lists(st.tuples(NUMBERS, NUMBERS)))
def test_tags_are_ordered_by_group_then_element(pairs):
    # CORE-5
    assert sorted(Tag(*pair) for pair in pairs) == [Tag(*pair) for pair in sorted(pairs)]


@pytest.mark.parametrize("arguments", [(-1,), (1 << 32,), (0x10000, 0), (0, 0x10000), (-1, 0), (0, -1)])
def test_numbers_that_do_not_fit_are_refused(arguments):
    # CORE-5
    with pytest.raises(InvalidTagError):
        Tag(*arguments)


def test_the_text_has_four_upper_case_digits_twice():
    # CORE-6
    assert str(Tag(0x0008, 0x103E)) == f"{Tag(0x0008, 0x103E)}" == "(0008,103E)"
    assert f"{Tag(0x0008, 0x103E):>13}" == "  (0008,103E)"
    assert f"{Tag(0x0008, 0x103E):08X}" == "0008103E"
    assert repr(Tag(0x0008, 0x103E)) == "Tag(0x0008, 0x103E)"


@given(NUMBERS, NUMBERS)
def test_the_text_is_read_back(group, element):
    # CORE-6
    tag = Tag(group, element)
    digits = f"{group:04x}{element:04X}"
    for text in (str(tag), str(tag).lower(), digits, f" {digits[:4]}, {digits[4:]} "):
        parsed = Tag.parse(text)
        assert parsed == tag
        assert type(parsed) is Tag
    assert eval(repr(tag)) == tag


@pytest.mark.parametrize(
    "text", ["", "()", "(0008,103)", "(0008;103E)", "0008103EF", "0008_03E", "(0008,103G)", "+008103E", "０００８103E", "PatientName"]
)
def test_other_text_is_no_tag(text):
    # CORE-6
    with pytest.raises(InvalidTagError):
        Tag.parse(text)


@given(NUMBERS, NUMBERS)
def test_an_odd_group_is_private(group, element):
    # CORE-7, PS3.5 7.8
    tag = Tag(group, element)
    assert tag.is_private is (group % 2 == 1)
    assert tag.is_private_creator is (group % 2 == 1 and 0x0010 <= element <= 0x00FF)
    assert tag.is_group_length is (element == 0)


def test_private_examples():
    # CORE-7
    assert Tag(0x0009, 0x0010).is_private
    assert Tag(0x0009, 0x0010).is_private_creator
    assert not Tag(0x0009, 0x1001).is_private_creator
    assert not Tag(0x0010, 0x0010).is_private


def test_special_tags():
    # CORE-9
    assert [str(tag) for tag in (ITEM, ITEM_DELIMITATION_ITEM, SEQUENCE_DELIMITATION_ITEM)] == ["(FFFE,E000)", "(FFFE,E00D)", "(FFFE,E0DD)"]


def test_tags_are_values():
    # PKG-2
    tag = Tag(0x0010, 0x0010)
    for other in (pickle.loads(pickle.dumps(tag)), copy.copy(tag), copy.deepcopy(tag)):
        assert other == tag
        assert type(other) is Tag
    with pytest.raises(AttributeError):
        tag.group = 1
