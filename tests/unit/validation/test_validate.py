"""What is found to be wrong with elements, attributes, pixel data and files, and what is not."""

from __future__ import annotations

import pickle
import struct
import warnings

import numpy as np
import pytest

import dicomkit
from dicomkit import DataElement, DataSet, uids
from dicomkit.testing import data_set, element, file_meta, item, part10, sequence
from dicomkit.validation import Severity, is_known_sop_class, validate
from tests.fuzz.seeds import CANARY
from tests.interop.made_images import IMAGES
from tests.interop.made_objects import OBJECTS, code

RAW = "1.2.840.10008.5.1.4.1.1.66"      # of whose attributes the tables know nothing
META = file_meta(sop_class_uid=RAW, sop_instance_uid="2.25.1")
IDENTITY = [(0x00080016, "UI", RAW), (0x00080018, "UI", "2.25.1")]


IDENTITY_ELEMENTS = [element(tag, vr, value) for tag, vr, value in IDENTITY]


def wrong_with(source):
    """The findings without those on what was not checked."""
    return [finding for finding in validate(source) if finding.severity is not Severity.INFORMATION]


def found(*elements):
    """Findings of a data set of encoded elements: path and problem."""
    body = b"".join(sorted([*elements, *IDENTITY_ELEMENTS], key=lambda one: struct.unpack("<HH", one[:4])))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", dicomkit.DICOMWarning)
        findings = wrong_with(part10(body, meta=META))
    return [(str(one.path), one.problem) for one in findings]


def only(*elements):
    """The one finding."""
    findings = found(*elements)
    assert len(findings) == 1, findings
    return findings[0]


def test_nothing_wrong():
    assert found() == []
    assert found(element(0x00100010, "PN", "Doe^Jane"), element(0x00280010, "US", 5), element(0x00280030, "DS", "1\\2")) == []


@pytest.mark.parametrize("name", OBJECTS | IMAGES)
def test_nothing_wrong_with_what_is_right(name):
    assert validate((OBJECTS | IMAGES)[name]()) == []


# Elements.


@pytest.mark.parametrize(("tag", "vr", "value", "word"), [
    (0x00100010, "PN", b"a=b=c=d ", "component groups"), (0x00080020, "DA", b"20240231", "calendar"), (0x00080060, "CS", b"ct", "capital"),
    (0x00180050, "DS", b"1,5 ", "decimal"), (0x00200013, "IS", b"1.5 ", "integer"), (0x00080030, "TM", b"12:30 ", "time"),
    (0x0020000D, "UI", b"1.02", "UID"), (0x00080050, "SH", b"x" * 18, "16 are allowed"), (0x00081030, "LO", b"a\tb ", "not allowed"),
    (0x00101010, "AS", b"45Y ", "age"), (0x0008002A, "DT", b"2024-01 ", "date and time"), (0x00100020, "LO", b"a\xe4", "byte"),
    (0x00280010, "UL", struct.pack("<L", 5), "VR is UL"), (0x00080018, "LO", b"1.2 ", "VR is LO"), (0x00280030, "DS", b"1 ", "1 values"),
    (0x00280010, "US", struct.pack("<HH", 1, 2), "2 values"), (0x00280010, "US", b"abc", "odd length"), (0x00100020, "LO", b"abc", "odd"),
    (0x00100020, "LO", b"a\0", "padded with NUL"), (0x0020000D, "UI", b"1.2.3 ", "padded with a space"),
    (0x00091001, "LO", b"ab", "nobody reserved"), (0x00090005, "LO", b"ab", "outside"), (0x00090010, "SH", b"ab", "private creator"),
    (0x00081151, "UI", b"1.2.", "does not have"),
])  # fmt: skip
def test_an_element(tag, vr, value, word):
    if tag == 0x00080018:
        file = dicomkit.read(part10(element(0x00080016, "UI", RAW) + element(tag, vr, value), meta=META))
        problems = [one.problem for one in validate(file.data_set)]
    else:
        problems = [problem for _, problem in found(element(tag, vr, value))]
    assert any(word in problem for problem in problems), problems


@pytest.mark.parametrize(("tag", "vr", "value"), [
    (0x00080060, "CS", b"CT"), (0x00080060, "CS", b""), (0x00080008, "CS", b" A \\BC"), (0x00102000, "LO", b" spaces "),
    (0x00104000, "LT", b"a\\b\r\n "), (0x00100020, "UN", b"abcd"), (0x00091001, "UN", b""), (0x00080000, "UL", bytes(4)),
    (0x00283002, "SS", bytes(6)), (0x00283002, "US", bytes(6)), (0x60003000, "OW", bytes(2)), (0x60023000, "OB", bytes(2)),
])  # fmt: skip
def test_an_element_that_is_right(tag, vr, value):
    creator = [element(0x00090010, "LO", b"AB")] if tag >> 16 == 9 else []
    assert found(*creator, element(tag, vr, value)) == []


def test_text_in_its_character_set():
    name = element(0x00100010, "PN", "Müller^A".encode("latin-1"))
    assert found(element(0x00080005, "CS", b"ISO_IR 100"), name) == []
    assert only(element(0x00080005, "CS", b"ISO_IR 192"), name)[0] == "PatientName"
    assert only(name)[0] == "PatientName"
    assert "term" in only(element(0x00080005, "CS", b"ISO_IR 1"))[1]


def test_items_have_the_character_set_around_them_or_their_own():
    latin, utf_8 = (element(0x00100010, "PN", "éa".encode(codec).ljust(4)) for codec in ("latin-1", "utf-8"))
    own = element(0x00080005, "CS", b"ISO_IR 192")
    outer = element(0x00080005, "CS", b"ISO_IR 100")
    assert found(outer, sequence(0x00081140, [latin, own + utf_8])) == []
    assert only(outer, sequence(0x00081140, [latin, own + latin]))[0] == "ReferencedImageSequence[1].PatientName"


def test_findings_in_items_have_their_place():
    inner = data_set([(0x00280010, "US", 5), (0x00080060, "CS", b"ct")])
    body = sequence(0x00081140, [b"", sequence(0x00081199, [inner])])
    assert only(body) == ("ReferencedImageSequence[1].ReferencedSOPSequence[0].Modality",
                          "a value that is no CS: a character other than capital letters, digits, space and underscore")  # fmt: skip


def test_deep_nesting_is_no_trouble():
    body = element(0x00080060, "CS", b"ct")
    for _ in range(60):
        body = sequence(0x00081140, [body])
    assert only(body)[0].endswith(".Modality")


def test_findings_are_in_order_and_never_hold_values():
    body = data_set([(0x00080060, "CS", CANARY.lower()), (0x00100020, "LO", "x" * 70), (0x00180050, "DS", CANARY), (0x00280030, "DS", "1")])
    findings = wrong_with(dicomkit.read(part10(data_set(IDENTITY) + body, meta=META)))
    assert [one.tag for one in findings] == sorted(one.tag for one in findings)
    assert len(findings) == 4
    for one in findings:
        assert CANARY not in str(one)
        assert CANARY.lower() not in str(one)
        assert "PS3." in one.section
        assert pickle.loads(pickle.dumps(one)) == one


def test_what_was_set_is_checked_too():
    made = DataSet([DataElement("PatientID", "LO", b"a\tb "), DataElement("Modality", "CS", "CT")])
    assert [str(one.path) for one in wrong_with(made)] == ["PatientID"]


# Attributes.


def test_types_1_and_2():
    file = OBJECTS["CT"]()
    del file["Rows"], file["PatientSex"]
    file.KVP = ""
    file.ImageType = ""
    assert [(str(one.path), one.problem) for one in validate(file)] == [
        ("ImageType", "it is empty, and of type 1"), ("PatientSex", "it is missing, and of type 2"),
        ("Rows", "it is missing, and of type 1"),
    ]  # fmt: skip


def test_modality_is_of_type_3_in_secondary_captures_only():
    for name, expected in (("secondary capture", []), ("CT", ["Modality"])):
        file = OBJECTS[name]()
        del file["Modality"]
        assert [str(one.path) for one in validate(file)] == expected


def test_types_1c_and_2c():
    file = OBJECTS["MR"]()
    file.ScanningSequence = "IR"
    del file["RepetitionTime"]
    file.PatientIdentityRemoved = "YES"
    paths = {str(one.path): one for one in validate(file)}
    assert set(paths) == {"InversionTime", "RepetitionTime", "DeidentificationMethod", "DeidentificationMethodCodeSequence"}
    assert "condition is true" in paths["InversionTime"].problem
    assert paths["InversionTime"].section == "PS3.3 C.8.3.1"
    file.ScanningSequence = "EP"
    file.DeidentificationMethod = "by hand"
    assert validate(file) == []
    file.DeidentificationMethod = ""
    assert [one.problem for one in validate(file)] == [
        "it is empty, and of type 1C", "it is missing, and of type 1C, whose condition is true"
    ][:1]  # fmt: skip


def test_attributes_in_items():
    file = OBJECTS["comprehensive SR"]()
    text, number = file.ContentSequence
    del text["RelationshipType"], text["TextValue"]
    del number.MeasuredValueSequence[0].MeasurementUnitsCodeSequence[0]["CodeMeaning"]
    number.ContentSequence = [DataSet()]
    assert [str(one.path) for one in validate(file)] == [
        "ContentSequence[0].RelationshipType", "ContentSequence[0].TextValue",
        "ContentSequence[1].MeasuredValueSequence[0].MeasurementUnitsCodeSequence[0].CodeMeaning",
        "ContentSequence[1].ContentSequence[0].RelationshipType", "ContentSequence[1].ContentSequence[0].ValueType",
    ]  # fmt: skip


def test_functional_groups_stand_in_the_shared_item_or_in_every_frame():
    file = OBJECTS["enhanced MR"]()
    shared = file.SharedFunctionalGroupsSequence[0]
    frames = file.PerFrameFunctionalGroupsSequence
    measures = shared["PixelMeasuresSequence"]
    del shared["PixelMeasuresSequence"]
    assert [str(one.path) for one in validate(file)] == ["PerFrameFunctionalGroupsSequence[0].PixelMeasuresSequence"]
    for frame in frames:
        frame["PixelMeasuresSequence"] = [one.copy() for one in measures.sequence_items]
    assert validate(file) == []
    del frames[2]["PixelMeasuresSequence"]
    assert [str(one.path) for one in validate(file)] == ["PerFrameFunctionalGroupsSequence[2].PixelMeasuresSequence"]


def test_modules_of_use_u():
    file = OBJECTS["secondary capture"]()
    file.PixelSpacing = [1, 1]      # of the image plane, and of the secondary capture: says nothing
    assert validate(file) == []
    file.ClinicalTrialSponsorName = "ACME"
    assert {one.section for one in validate(file)} == {"PS3.3 C.7.1.3"}
    file = OBJECTS["secondary capture"]()
    file.SourceImageSequence = [DataSet()]      # of a module that is not there, but what is in it must be right
    assert [str(one.path) for one in validate(file)] == [
        "SourceImageSequence[0].ReferencedSOPClassUID", "SourceImageSequence[0].ReferencedSOPInstanceUID",
    ]  # fmt: skip


@pytest.mark.parametrize(("name", "there", "missing"), [
    ("XA", "PositionReferenceIndicator", []),                        # no Frame of Reference in its IOD (A.14.3)
    ("NM", "PositionReferenceIndicator", ["FrameOfReferenceUID"]),
    ("RT image", "PositionReferenceIndicator", ["FrameOfReferenceUID"]),
    ("DX", "ViewPosition", ["PositionerType"]),
    ("secondary capture", "SliceThickness", []),                     # a secondary capture that says no more is common
    ("CR", "ImagerPixelSpacing", []),
])  # fmt: skip
def test_modules_of_use_u_by_an_attribute_that_they_alone_have(name, there, missing):
    file = (OBJECTS | IMAGES)[name]()
    for keyword in ("PositionerType", "FrameOfReferenceUID", "PositionReferenceIndicator"):
        file.data_set.remove(keyword)
    file[there] = {"ViewPosition": "PA", "ImagerPixelSpacing": [1, 1], "SliceThickness": 1}.get(there, "")
    assert [str(one.path) for one in validate(file)] == missing


def test_an_attribute_of_two_modules_shows_neither():
    """X-Ray Acquisition has Imager Pixel Spacing, too, of type 3: no DX Detector need be there (C.8.7.2, C.8.11.4)."""
    file = IMAGES["XA"]()
    del file["DetectorType"]
    assert "ImagerPixelSpacing" in file
    assert validate(file) == []
    file.DetectorType = "DIRECT"
    del file["ImagerPixelSpacing"]
    assert [str(one.path) for one in validate(file)] == ["ImagerPixelSpacing"]


def test_animals():
    asked = {
        "BreedRegistrationSequence", "PatientBreedDescription", "PatientBreedCodeSequence", "ResponsiblePerson", "ResponsibleOrganization",
    }  # fmt: skip
    file = OBJECTS["CT"]()
    file.PatientSpeciesCodeSequence = code("448771007", "SCT", "Canis lupus subspecies familiaris")
    assert {str(one.path) for one in validate(file)} == asked
    file.PatientAge = "003Y"        # of Patient Study, which is of use U
    assert {str(one.path) for one in validate(file)} == {*asked, "PatientSexNeutered"}
    file.PatientSpeciesCodeSequence = code("337915000", "SCT", "Homo sapiens")
    file.PatientSpeciesDescription = "Homo sapiens"
    assert validate(file) == []


def test_synchronization_with_the_heart():
    file = OBJECTS["enhanced MR"]()
    file.CardiacSynchronizationTechnique = "PACED"
    expected = {
        "IntervalsAcquired", "IntervalsRejected", "CardiacRRIntervalSpecified", "CardiacSignalSource",
        "PerFrameFunctionalGroupsSequence[0].CardiacSynchronizationSequence",
    }  # fmt: skip
    assert {str(one.path) for one in validate(file)} == expected
    file.CardiacSynchronizationTechnique = "PROSPECTIVE"
    assert {str(one.path) for one in validate(file)} == expected | {"LowRRValue", "HighRRValue", "CardiacBeatRejectionTechnique"}
    file.CardiacSynchronizationTechnique = "NONE"
    assert validate(file) == []


def test_segmentations_tiled_over_a_slide_need_no_item_of_each_frame():
    file = IMAGES["segmentation"]()
    del file["PerFrameFunctionalGroupsSequence"]
    assert {str(one.path) for one in validate(file)} == {
        "PerFrameFunctionalGroupsSequence", "SharedFunctionalGroupsSequence[0].FrameContentSequence",
        "SharedFunctionalGroupsSequence[0].SegmentIdentificationSequence",
    }  # fmt: skip
    file.DimensionOrganizationType = "TILED_FULL"
    assert validate(file) == []


def test_each_overlay_has_its_attributes():
    file = OBJECTS["CT"]()
    for group in (0x6000, 0x6004):
        file.data_set[group << 16 | 0x3000] = DataElement(group << 16 | 0x3000, "OW", bytes(8))
        file.data_set[group << 16 | 0x10] = DataElement(group << 16 | 0x10, "US", 8)
    missing = [one.tag for one in validate(file)]
    assert {tag.group for tag in missing} == {0x6000, 0x6004}
    assert {tag.element for tag in missing} == {0x0011, 0x0040, 0x0050, 0x0100, 0x0102}


def test_other_classes_are_checked_element_by_element():
    assert not is_known_sop_class(DataSet([DataElement("SOPClassUID", "UI", RAW)]))
    assert is_known_sop_class(DataSet([DataElement("SOPClassUID", "UI", uids.CTImageStorage)]))
    raw = DataSet([DataElement("SOPClassUID", "UI", RAW), DataElement("Modality", "CS", "OT")])
    assert [str(one) for one in validate(raw)] == [
        "information: SOPClassUID (0008,0016): what this class requires is not known: required attributes were not checked (PS3.3 A)"
    ]
    assert [(one.severity, one.problem) for one in validate(DataSet())] == [
        (Severity.INFORMATION, "there is no class: required attributes were not checked")
    ]
    assert not any(one.severity is Severity.INFORMATION for name in OBJECTS for one in validate(OBJECTS[name]()))


# Pixel data, files.


def test_pixel_data_of_another_size():
    file = OBJECTS["CT"]()
    file.PixelData = bytes(126)
    (short,) = validate(file)
    assert (str(short.path), short.severity) == ("PixelData", Severity.ERROR)
    file.PixelData = bytes(130)
    (long,) = validate(file)
    assert (str(long.path), long.severity) == ("PixelData", Severity.WARNING)
    file.set_pixel_array(np.zeros((3, 3), bool))
    assert validate(file) == []
    file.BitsStored = 2
    assert [str(one.path) for one in validate(file)] == ["PixelData"]


def test_pixel_data_in_bytes_that_takes_words():
    file = OBJECTS["CT"]()
    file.data_set["PixelData"] = DataElement("PixelData", "OB", bytes(file["PixelData"].value_data))
    (finding,) = validate(file)
    assert (str(finding.path), finding.severity) == ("PixelData", Severity.ERROR)
    assert finding.problem == "its VR is OB, where 16 bits allocated take OW"


def test_pixel_data_of_the_other_kind():
    compressed = OBJECTS["CT"]().transcode("DeflatedImageFrameCompression")
    assert validate(compressed) == []
    compressed.transfer_syntax = dicomkit.TransferSyntax.find("ExplicitVRLittleEndian")
    (finding,) = validate(compressed)
    assert (str(finding.path), finding.problem) == ("PixelData", "it is not native, as the transfer syntax has it")
    native = OBJECTS["CT"]()
    native.transfer_syntax = dicomkit.TransferSyntax.find("JPEGBaseline8Bit")
    (finding,) = validate(native)
    assert (str(finding.path), finding.problem) == ("PixelData", "it is not encapsulated, as the transfer syntax has it")


def test_file_meta_information():
    body = data_set(IDENTITY)
    wrong = dicomkit.read(part10(body, meta=file_meta(sop_class_uid=uids.CTImageStorage, sop_instance_uid="2.25.1")))
    assert [str(one) for one in wrong_with(wrong)] == [
        "error: MediaStorageSOPClassUID (0002,0002): it is not that of the data set (PS3.10 7.1)"
    ]
    bare = dicomkit.read(body, force=True)
    assert {one.section for one in wrong_with(bare)} == {"PS3.10 7.1"}
    assert len(wrong_with(bare)) == 6 - 1     # the group length is made when it is written
    assert wrong_with(bare.data_set) == []


def test_sources(tmp_path):
    file = OBJECTS["CT"]()
    del file["Rows"]
    file.write(tmp_path / "ct.dcm")
    expected = validate(file)
    assert len(expected) == 1
    for source in (tmp_path / "ct.dcm", str(tmp_path / "ct.dcm"), file.write(), file.data_set):
        assert validate(source) == expected
    assert dicomkit.validate is validate
    with pytest.raises(dicomkit.SourceNotFoundError):
        validate(tmp_path / "none.dcm")


def test_what_strict_reading_stops_at():
    item_out_of_order = element(0x00100010, "PN", "A^B") + element(0x00081030, "LO", "ab")
    assert "order" in only(sequence(0x00081140, [item_out_of_order]))[1]


def test_sequences_that_hold_no_data_set_but_items():
    assert found(sequence(0x00081140, [b""], undefined=True)) == []
    assert found(element(0x00081140, "UN", item(element(0x00081155, "UI", "1.2")))) == []
