"""Named tag constants. Row CORE-8."""

import subprocess
import sys

import pytest

from dicomkit import tags
from dicomkit.dictionary import DataElementDictionary
from dicomkit.errors import UnknownKeywordError
from dicomkit.tag import Tag


def test_every_keyword_is_a_constant():
    # CORE-8
    keywords = {entry.keyword for entry in DataElementDictionary.entries()} - {""}
    assert set(dir(tags)) == keywords
    for keyword in keywords:
        tag = getattr(tags, keyword)
        assert type(tag) is Tag
        assert DataElementDictionary.find_tag(tag).keyword == keyword


@pytest.mark.parametrize(
    ("keyword", "tag"),
    [
        ("PatientName", 0x00100010),
        ("PatientID", 0x00100020),
        ("StudyDate", 0x00080020),
        ("PixelSpacing", 0x00280030),
        ("TransferSyntaxUID", 0x00020010),
        ("PixelData", 0x7FE00010),
        ("OverlayData", 0x60003000),
        ("EscapeTriplet", 0x10000010),
        ("ZonalMap", 0x10100004),
        ("RowsForNthOrderCoefficients", 0x00280410),
        ("SourceImageIDs", 0x00203100),
    ],
)
def test_constants_have_the_tags_of_ps3_6(keyword, tag):
    # CORE-8; a keyword of a repeating group means its first group
    assert getattr(tags, keyword) == tag


def test_a_constant_is_made_once():
    assert tags.PatientAge is tags.PatientAge


def test_a_misspelt_keyword_is_an_attribute_error_with_suggestions():
    # CORE-8
    with pytest.raises(AttributeError, match="did you mean PatientName") as caught:
        _ = tags.patientName
    assert isinstance(caught.value, UnknownKeywordError)
    assert caught.value.suggestions[0] == "PatientName"


@pytest.mark.parametrize("name", ["__path__", "__wrapped__", "_private"])
def test_names_of_the_import_system_are_plainly_absent(name):
    with pytest.raises(AttributeError, match="has no attribute"):
        getattr(tags, name)


def test_importing_makes_no_constant():
    # design: importing the dictionary costs nothing
    code = "from dicomkit import tags; print(sum(name[0].isupper() for name in vars(tags)))"
    output = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert int(output) == 1  # Tag
