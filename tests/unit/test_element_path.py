"""Where an element stands, as text and in data sets."""

from __future__ import annotations

import pytest

from dicomkit import DataSet, InvalidTagError, MissingRequiredElementError, Tag, UnknownKeywordError
from dicomkit.element_path import ElementPath

REFERENCE = "ReferencedImageSequence[1].ReferencedSOPInstanceUID"


@pytest.mark.parametrize(("text", "written"), [
    ("PatientName", "PatientName"), ("0010,0010", "PatientName"), ("(0010,0010)", "PatientName"), ("00100010", "PatientName"),
    (REFERENCE, REFERENCE), (" ReferencedImageSequence [ 1 ] . 0008,1155 ", REFERENCE), ("0009,1001", "(0009,1001)"),
    ("0009,1002[0].0009,1001", "(0009,1002)[0].(0009,1001)"), ("60023000", "(6002,3000)"),
])  # fmt: skip
def test_paths_are_read_and_written(text, written):
    path = ElementPath.parse(text)
    assert str(path) == written
    assert ElementPath.parse(written) == path


@pytest.mark.parametrize("text", [
    "", ".", "ReferencedImageSequence.PatientName", "ReferencedImageSequence[].PatientName", "ReferencedImageSequence[-1].PatientName",
    "ReferencedImageSequence[x].PatientName", "ReferencedImageSequence[0]", "ReferencedImageSequence[0.PatientName", "[0].PatientName",
    "ReferencedImageSequence[²].PatientName", "PatientName.", "12",
])  # fmt: skip
def test_what_is_no_path(text):
    with pytest.raises((InvalidTagError, UnknownKeywordError)):
        ElementPath.parse(text)


def test_a_misspelt_keyword_suggests():
    with pytest.raises(UnknownKeywordError, match="ReferencedImageSequence"):
        ElementPath.parse("ReferencedImagesSequence[0].PatientName")


def test_the_item_that_a_path_leads_to():
    inner = DataSet()
    made = DataSet()
    made.ReferencedImageSequence = [DataSet(), inner]
    path = ElementPath.parse(REFERENCE)
    assert path.data_set(made) is made.ReferencedImageSequence[1]
    assert path.tag == Tag(0x0008, 0x1155)
    assert path.steps == ((Tag(0x0008, 0x1140), 1),)
    assert ElementPath.parse("PatientName").data_set(made) is made
    assert ElementPath.parse("ReferencedImageSequence").below(1, Tag(0x0008, 0x1155)) == path


@pytest.mark.parametrize(("text", "missing"), [
    ("ReferencedImageSequence[2].PatientName", "ReferencedImageSequence[2]"),
    ("ReferencedImageSequence[0].ReferencedStudySequence[0].PatientName", "ReferencedImageSequence[0].ReferencedStudySequence[0]"),
    ("PatientName[0].PatientID", "PatientName[0]"),
])  # fmt: skip
def test_items_that_are_not_there(text, missing):
    made = DataSet()
    made.ReferencedImageSequence = [DataSet()]
    made.PatientName = "A"
    with pytest.raises(MissingRequiredElementError) as caught:
        ElementPath.parse(text).data_set(made)
    assert caught.value.keyword == missing
