"""The text tables of modules and IODs: every row means something, and says what the Standard says where we know it by heart."""

from __future__ import annotations

import re

import pytest

import dicomkit
from dicomkit import DataElementDictionary, UIDDictionary
from dicomkit.validation import tables
from dicomkit.validation.tables import modules, modules_of_sop_class, sop_classes


def rows(attributes):
    for row in attributes:
        yield row
        yield from rows(row.inside)


ALL = [(name, row) for name, module in modules().items() for row in rows(module.attributes)]


def test_types():
    assert len(ALL) > 1000
    assert {row.type for _, row in ALL} == {"1", "1C", "2", "2C", "3"}
    for name, row in ALL:
        assert row.condition is None or row.type in ("1C", "2C"), (name, row.tag)
        assert row.type != "2C" or row.condition is not None or row.inside or row.macros, (name, row.tag)


def test_only_sequences_have_something_inside():
    for name, row in ALL:
        if row.inside or row.macros:
            assert DataElementDictionary.find_tag(row.tag).vr[0] == "SQ", (name, row.tag)


def test_attributes_stand_once():
    for name, module in modules().items():
        tags = [row.tag for row in module.attributes if not row.is_functional_group]
        assert len(set(tags)) == len(tags), name


def test_every_macro_is_there_and_used():
    used = {macro for _, row in ALL for macro in row.macros} | {macro for module in modules().values() for macro in module.macros}
    assert used == {name for name in modules() if name.startswith("@")}


def test_every_module_has_a_section_and_an_iod():
    used = set()
    for keyword in sop_classes():
        for usage in modules_of_sop_class(getattr(dicomkit.uids, keyword)):
            used.add(usage.module.name)
            assert re.fullmatch(r"C\.[\d.]+[a-z]?", usage.module.section), usage.module.name
            assert usage.usage in "MCU"
            assert usage.condition is not None or usage.usage != "C", (keyword, usage.module.name)
            assert usage.condition is None or usage.usage != "M", (keyword, usage.module.name)
    assert used == {name for name in modules() if not name.startswith("@")}


def test_the_common_image_classes_are_there():
    words = ["CT Image", "MR Image", "Computed Radiography", "Digital X-Ray", "Ultrasound Image", "Ultrasound Multi-frame",
             "Secondary Capture", "Nuclear Medicine", "Positron Emission", "RT Dose",
             "RT Image", "Segmentation", "Enhanced MR", "Enhanced CT", "Basic Text SR"]  # fmt: skip
    names = [UIDDictionary.find_uid(getattr(dicomkit.uids, keyword)).name for keyword in sop_classes()]
    assert [word for word in words if not any(name.startswith(word) for name in names)] == []


@pytest.mark.parametrize(("module", "keyword", "kind"), [
    ("patient", "PatientName", "2"), ("patient", "PatientID", "2"), ("general-study", "StudyInstanceUID", "1"),
    ("general-study", "AccessionNumber", "2"), ("general-series", "Modality", "1"), ("general-series", "SeriesNumber", "2"),
    ("frame-of-reference", "FrameOfReferenceUID", "1"), ("image-plane", "PixelSpacing", "1"), ("image-plane", "SliceThickness", "2"),
    ("image-pixel", "Rows", "1"), ("image-pixel", "PlanarConfiguration", "1C"), ("ct-image", "KVP", "2"),
    ("ct-image", "RescaleIntercept", "1"), ("mr-image", "EchoTime", "2"), ("sc-equipment", "ConversionType", "1"),
    ("sop-common", "SOPInstanceUID", "1"), ("rt-dose", "DoseUnits", "1"), ("pet-image", "FrameReferenceTime", "1"),
    ("@code", "CodeMeaning", "1"),
    ("sr-document-general", "CompletionFlag", "1"), ("nm-image", "CountsAccumulated", "2"), ("dx-image", "BurnedInAnnotation", "1"),
    ("segmentation-image", "SegmentationType", "1"), ("segmentation-image", "ContentDescription", "2"),
    ("segmentation-series", "SeriesNumber", "1"),
])  # fmt: skip
def test_types_as_in_the_standard(module, keyword, kind):
    tag = DataElementDictionary.get_keyword(keyword).tag
    assert [row.type for row in modules()[module].attributes if row.tag == tag] == [kind]


def test_what_overrides_another_module():
    overrides = [(name, DataElementDictionary.find_tag(row.tag).keyword) for name, row in ALL if row.is_override]
    assert overrides == [("sc-equipment", "Modality")]      # "shall override the definition in the General Series Module" (C.8.6.1)


def test_attributes_of_type_3_show_that_a_module_is_used_or_is_not():
    """One that says nothing about any module would be a row for nothing."""
    said = {(usage.module.name, row.tag) for keyword in sop_classes() for usage in modules_of_sop_class(getattr(dicomkit.uids, keyword))
            if usage.usage == "U" for row in usage.own}  # fmt: skip
    shared = {row.tag for name, row in ALL if row.type != "3"}
    for name, module in modules().items():
        for row in module.attributes:
            if row.type == "3" and not (row.inside or row.macros or row.is_override):
                assert (name, row.tag) in said or row.tag in shared, (name, row.tag)


def test_what_a_module_has_alone():
    usages = {usage.module.name: usage for usage in modules_of_sop_class(dicomkit.uids.XRayAngiographicImageStorage)}
    own = {DataElementDictionary.find_tag(row.tag).keyword for row in usages["dx-detector"].own}
    assert "DetectorType" in own
    assert not own & {"ImagerPixelSpacing", "PixelSpacing"}     # of X-Ray Acquisition, too (C.8.7.2)


def test_a_class_that_the_tables_do_not_have():
    assert modules_of_sop_class(dicomkit.uids.RawDataStorage) == ()
    assert modules_of_sop_class("1.2.3") == modules_of_sop_class("") == ()


def test_the_tables_say_where_they_come_from():
    for name in ("modules.tsv", "iods.tsv", "sop_classes.tsv"):
        assert "PS3." in (tables._TABLES / name).read_text(encoding="utf-8").splitlines()[0]
