"""dciodvfy (dicom3tools) on what we make, and its findings about required attributes beside ours; each that we don't share says why."""

from __future__ import annotations

import re
import subprocess
import warnings

import pytest

import dicomkit
from dicomkit import DataElement, DataElementDictionary, DataSet, DICOMFile
from dicomkit.element_path import ElementPath
from dicomkit.validation import is_known_sop_class
from dicomkit.validation.tables import Attribute, modules, modules_of_sop_class, sop_classes
from tests.interop.made_images import IMAGES
from tests.interop.made_objects import OBJECTS, item

MADE = OBJECTS | IMAGES

# What dciodvfy misses and we don't say: which of its findings, and why.
NOT_OURS = {
    "Laterality": "whether the part of the body is paired is a question about the world (C.7.3.1)",
    "LongCodeValue": "one of three attributes must be there, and we name Code Value (8.8)",
    "URNCodeValue": "the same",
    "RetrieveURI": "of type 3 since the edition that it reads (C.12.1)",
}
NOT_OURS_OF_CLASS = {
    ("SecondaryCaptureImageStorage", "Manufacturer"): "the General Equipment Module is U in its IOD (A.8.1.3)",
    ("MultiFrameGrayscaleByteSecondaryCaptureImageStorage", "Rescale"): "asked for where the condition cannot be read: no image attributes",
    ("MultiFrameTrueColorSecondaryCaptureImageStorage", "PlanarConfiguration"): "the same, without Samples per Pixel",
    ("EnhancedMRImageStorage", "FlowCompensationDirection"): "the same, without Flow Compensation",
    ("EnhancedMRImageStorage", "MultipleSpinEcho"): "the same, without Echo Pulse Sequence",
    ("EnhancedMRImageStorage", "OversamplingPhase"): "the same, without MR Acquisition Type",
    ("EnhancedMRImageStorage", "SegmentedKSpaceTraversal"): "the same, without Geometry of k-Space Traversal",
    ("EnhancedMRImageStorage", "NumberOfKSpaceTrajectories"): "the same",
    ("SegmentationStorage", "SegmentAlgorithmName"): "the same, without Segment Algorithm Type",
    ("SegmentationStorage", "ImageOrientationPatient"): "of frames that are ORIGINAL only (C.7.6.16.2.4), which no segmentation is",
    ("SegmentationStorage", "ImagePositionPatient"): "the same (C.7.6.16.2.3)",
    ("SegmentationStorage", "PixelSpacing"): "by Volumetric Properties (C.7.6.16.2.1), which segmentations do not have",
    ("SegmentationStorage", "SliceThickness"): "the same",
    ("SegmentationStorage", "PatientOrientation"): "where no functional group holds an orientation: conditions read no functional groups",
    ("SegmentationStorage", "Plane"): "the same, where there is no Derivation Image (A.51.5)",
    ("SegmentationStorage", "PixelMeasuresSequence"): "the same",
    ("SegmentationStorage", "DerivationImageSequence"): "the same, where there are no planes",
    ("SegmentationStorage", "FrameOfReferenceUID"): "the same",
    ("SegmentationStorage", "PositionReferenceIndicator"): "the same",
    ("SegmentationStorage", "ReferencedSeriesSequence"): "whether what is referenced is in this study is not in the data (C.12.2)",
    ("SegmentationStorage", "StudiesContainingOtherReferencedInstancesSequence"): "the same",
    ("RTImageStorage", "LeafJawPositions"): "of type 1C since the edition that it reads (C.8.8.2)",
    ("BasicTextSRStorage", "PixelPaddingValue"): "only with Pixel Data (C.7.5.1)",
    ("ComprehensiveSRStorage", "PixelPaddingValue"): "the same",
}
# What only we say of the made objects: an attribute that is not here would be a false alarm.
ONLY_OURS = {
    "CodeValue": "of type 1 or 1C in each code (8.8), which it does not open everywhere",
    "CodeMeaning": "the same",
    "ConceptNameCodeSequence": "the title of a report (C.17.3)",
    "ValueType": "of each content item (C.17.3)",
    "CollimatorShape": "a module without its attribute of type 1, but with others that it alone has",
    "TableMotion": "the same",
    "FrameOfReferenceUID": "the same",
    "SynchronizationTrigger": "the same, in IODs where it does not know the module",
    "AcquisitionTimeSynchronized": "the same",
    "SynchronizationFrameOfReferenceUID": "the same",
    "ContrastBolusAgent": "the same",
    "WindowCenter": "the same",
    "VOILUTSequence": "the same",
    "ModalityLUTSequence": "the same",
    "LUTDescriptor": "the same",
    "LUTData": "the same",
    "ModalityLUTType": "the same",
    "TomoLayerHeight": "empty, and of type 1 (C.8.7.7)",
    "AcquisitionDuration": "empty, and of type 1C; it takes that for absent",
    "ApplicableFrameRange": "the same",
    "ImageOrientationPatient": "the same",
    "ImagePositionPatient": "the same",
    "StackID": "the same",
    "NumberOfFrames": "the same",
    "FocalDistance": "of type 2 (C.8.4.11)",
    "FrameTime": "it says so in other words",
    "PixelData": "the same",
    "FrameContentSequence": "a functional group, of which it says nothing where the sequence around is not there",
    "SegmentIdentificationSequence": "the same",
    "MRAcquisitionPhaseEncodingStepsOutOfPlane": "by MR Acquisition Type (C.8.13.5.3)",
    "GatedInformationSequence": "of type 2C (C.8.4.14)",
    "PhaseInformationSequence": "of type 2C (C.8.4.13)",
}
MISSING = re.compile(r"(?:Missing attribute|Empty attribute \(no value\)) (?:or value )?Type \w+ (?:Required|Conditional) Element=<(\w+)>")
# Its version does not know how to read these, and ends.
UNREADABLE = ("Assertion", "Dicom dataset read failed", "Information Object Not found")


@pytest.fixture
def dciodvfy(require_peer):
    """Run dciodvfy on a file; return its output."""
    program = require_peer("dciodvfy")

    def run(path):
        result = subprocess.run([program, path], capture_output=True, text=True, errors="replace", check=False)
        return result.stdout + result.stderr

    return run


@pytest.mark.parametrize("syntax", ["ExplicitVRLittleEndian", "ImplicitVRLittleEndian", "ExplicitVRBigEndian"])
@pytest.mark.parametrize("name", MADE)
def test_what_we_make_is_right(name, syntax, dciodvfy, pydicom, tmp_path):
    file = MADE[name]().transcode(syntax)
    path = tmp_path / "made.dcm"
    file.write(path)
    output = dciodvfy(path)
    assert "Error" not in output, output
    assert not any(mark in output for mark in UNREADABLE), output
    assert dicomkit.validate(path) == dicomkit.validate(file) == []
    read = pydicom.dcmread(path)
    assert read.SOPInstanceUID == file.sop_instance_uid
    if "PixelData" in file:
        assert (read.pixel_array == file.pixel_data().array()).all()


def compare(file, path, dciodvfy):
    """The keywords that dciodvfy misses in a file, and we don't, without a reason; and that only we miss."""
    file.write(path, lenient=True)
    output = dciodvfy(path)
    entry = dicomkit.UIDDictionary.find_uid(str(file.get("SOPClassUID")))
    kind = entry.keyword if entry else ""
    theirs = set(MISSING.findall(output))
    explained = set(NOT_OURS) | {word for word in theirs for name, start in NOT_OURS_OF_CLASS if name == kind and word.startswith(start)}
    found = [DataElementDictionary.find_tag(finding.tag) for finding in dicomkit.validate(file)]
    ours = {entry.keyword for entry in found if entry is not None}
    return theirs - ours - explained, ours - theirs


@pytest.mark.parametrize("name", MADE)
def test_what_is_missing_or_empty(name, dciodvfy, tmp_path):
    """Take each element away, and empty it: whatever dciodvfy says to that, we say, and no more without a reason."""
    file = MADE[name]()
    path = tmp_path / "mutant.dcm"
    different = {}
    for place in paths(file.data_set):
        for change in (lambda item, element: item.remove(element.tag), empty):
            mutant = file.copy()
            item = place.data_set(mutant.data_set)
            change(item, item[place.tag])
            if str(place) not in ("SOPClassUID", "PixelData"):
                note(different, str(place), compare(mutant, path, dciodvfy))
    assert different == {}


def note(different, place, found):
    """Add what only one of the two says and no reason is given for."""
    theirs, ours = found
    if theirs or ours - set(ONLY_OURS):
        different[place] = (theirs, ours - set(ONLY_OURS))


def paths(data_set, around=()):
    """The elements of a data set and of the first items of its sequences."""
    for element in data_set:
        yield ElementPath([*around, element.tag])
        for first in (element.sequence_items or [])[:1]:
            yield from paths(first, (*around, (element.tag, 0)))


def empty(item, element):
    item[element.tag] = DataElement(element.tag, element.vr, [] if element.is_sequence else b"")


CODE = {"CodeValue": "1", "CodingSchemeDesignator": "99X", "CodeMeaning": "x"}
# What makes a condition true, or a module used; None takes away.
TRIGGERS = [
    {"PatientSpeciesDescription": "Felis catus", "PatientAge": "003Y"}, {"PatientBreedDescription": "x", "PatientWeight": 3},
    {"PatientSpeciesCodeSequence": CODE, "PatientAge": "003Y"}, {"PatientBreedCodeSequence": CODE, "PatientSize": 1},
    {"PatientSpeciesDescription": "Felis catus", "PatientBreedCodeSequence": CODE, "PatientAge": "003Y"},
    {"HL7StructuredDocumentReferenceSequence": {}}, {"RealWorldValueMappingSequence": {}}, {"ReferencedImageSequence": {}},
    {"RealWorldValueMappingSequence": {"RealWorldValueFirstValueMapped": 1, "RealWorldValueSlope": 2.0}},
    {"RealWorldValueMappingSequence": {"RealWorldValueLUTData": [1.0, 2.0]}}, {"SourceImageSequence": {}}, {"ModalityLUTSequence": {}},
    {"PixelPaddingRangeLimit": 5}, {"RescaleSlope": 2}, {"RescaleType": "US"}, {"IconImageSequence": {}}, {"DeviceSequence": {}},
    {"TriggerSourceOrType": "x"}, {"TimeSource": "x"}, {"TimeDistributionProtocol": "NTP"}, {"SynchronizationTrigger": "SOURCE"},
    {"TableMotion": "DYNAMIC"}, {"TableAngle": 5}, {"DetectorType": "SCINTILLATOR"}, {"PositionerMotion": "DYNAMIC"},
    {"NumberOfFrames": None}, {"NumberOfFrames": 1}, {"FrameIncrementPointer": None}, {"NumberOfFrames": 1, "FrameIncrementPointer": None},
    {"MaskSubtractionSequence": {"MaskOperation": "TID"}}, {"MaskSubtractionSequence": {"MaskOperation": "AVG_SUB"}},
    {"PositionerType": None}, {"ViewPosition": "PA", "PositionerType": None}, {"FrameOfReferenceUID": None}, {"StationName": "x"},
    {"PatientPosition": None}, {"IsocenterPosition": [0, 0, 0], "PatientPosition": None},
    {"ReviewDate": "20250131", "ApprovalStatus": None}, {"ShutterShape": "CIRCULAR"},
    {"ShutterShape": "POLYGONAL"}, {"CollimatorShape": "CIRCULAR"}, {"CollimatorShape": "POLYGONAL"},
    {"StageName": "x"}, {"ViewName": "x"}, {"StageNumber": 1}, {"NumberOfStages": 2}, {"ViewNumber": 1}, {"NumberOfViewsInStage": 2},
    {"VOILUTFunction": "LINEAR", "WindowCenter": None, "WindowWidth": None}, {"WindowWidth": None}, {"ContainerDescription": "x"},
    {"ClinicalTrialSponsorName": "x"}, {"ClinicalTrialSiteID": "x"}, {"ClinicalTrialSeriesID": "x"},
    {"ClinicalTrialTimePointDescription": "x"}, {"DVHNormalizationPoint": [1, 1, 1]}, {"ContrastBolusAgentSequence": {}},
    {"ImageType": ["DERIVED", "PRIMARY"]}, {"SeriesType": ["DYNAMIC", "IMAGE"]}, {"SeriesType": ["WHOLE BODY", "REPROJECTION"]},
    *({"ImageType": ["ORIGINAL", "PRIMARY", value, "EMISSION"]}
      for value in ("STATIC", "WHOLE BODY", "DYNAMIC", "GATED", "TOMO", "GATED TOMO", "RECON TOMO", "RECON GATED TOMO")),
    *({"CardiacSynchronizationTechnique": value} for value in ("NONE", "REALTIME", "PROSPECTIVE", "RETROSPECTIVE", "PACED")),
    *({"RespiratoryMotionCompensationTechnique": value} for value in ("NONE", "BREATH_HOLD", "REALTIME", "GATING", "TRACKING")),
    *({"BulkMotionCompensationTechnique": value} for value in ("NONE", "GATING")),
    {"ExposureSequence": {"NumberOfBlocks": 1}}, {"SegmentationType": "BINARY"}, {"SegmentSequence": {"SegmentAlgorithmType": "MANUAL"}},
    {"SegmentSequence": {"SegmentAlgorithmType": "AUTOMATIC", "TrackingID": "x"}},
]  # fmt: skip
# Of Computed Tomography alone (C.8.2.1, C.8.15.2).
TRIGGERS_OF_CT = [{"MultienergyCTAcquisition": "YES"}, {"MultienergyCTAcquisition": "NO"}]


@pytest.mark.parametrize("name", MADE)
def test_conditions_that_become_true(name, dciodvfy, tmp_path):
    """Whatever dciodvfy then asks for, we ask for, and for no more without a reason."""
    different = {}
    for changes in TRIGGERS + (TRIGGERS_OF_CT if name in ("CT", "enhanced CT") else []):
        mutant = MADE[name]()
        for keyword, value in changes.items():
            if value is None:
                mutant.data_set.remove(keyword)
            else:
                mutant[keyword] = [item(**value)] if isinstance(value, dict) else value
        note(different, str(changes), compare(mutant, tmp_path / "mutant.dcm", dciodvfy))
    assert different == {}


@pytest.mark.parametrize("keyword", sop_classes())
def test_objects_with_nothing_in_them(keyword, dciodvfy, tmp_path):
    made = DICOMFile.create(DataSet(), sop_class_uid=getattr(dicomkit.uids, keyword))
    theirs, ours = compare(made, tmp_path / "made.dcm", dciodvfy)
    assert theirs == set()
    # Later editions require more than dciodvfy's, and of functional groups it says nothing where there are none.
    assert all(name == "ConceptNameCodeSequence" or "Functional" in name or name.endswith("Sequence") for name in ours)


@pytest.mark.parametrize("keyword", sop_classes())
def test_objects_with_what_is_required(keyword, dciodvfy, tmp_path):
    """All attributes of types 1 and 2 that the tables have, with some value: what dciodvfy misses still, the tables lack."""
    made = DataSet()
    made.ImageType = ["ORIGINAL", "PRIMARY", "OTHER"]
    uid = getattr(dicomkit.uids, keyword)
    for usage in modules_of_sop_class(uid):
        if usage.usage == "M":
            fill(usage.module.attributes, usage.module.macros, made)
    file = DICOMFile.create(made, sop_class_uid=uid)
    assert compare(file, tmp_path / "made.dcm", dciodvfy)[0] == set()


VALUES = {"DA": "20240101", "TM": "12", "DT": "2024", "AS": "001Y", "IS": "1", "DS": "1", "UI": "1.2.3", "UR": "http://a", "AT": 0x00181063}


def fill(attributes: list[Attribute], macros: list[str], data_set: DataSet) -> None:
    for row in attributes:
        if row.type in ("1", "2") and not row.is_functional_group and row.tag not in data_set:
            entry = DataElementDictionary.find_tag(row.tag)
            data_set[row.tag] = DataElement(row.tag, entry.vr[0], value_of(row, entry))
    for name in macros:
        fill(modules()[name].attributes, modules()[name].macros, data_set)


def value_of(row, entry):
    vr = entry.vr[0]
    if vr == "SQ":
        item = DataSet()
        fill(row.inside, row.macros, item)
        return [item]
    if vr.value_length and not vr.is_text and vr.startswith("O"):
        return bytes(vr.value_length)
    fewest = int(entry.vm.split("-")[0])
    return [VALUES.get(vr, "A" if vr.is_text else 1)] * fewest


def test_the_corpus(dicom_file, dciodvfy, tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            file = dicomkit.read(dicom_file.path)
        except dicomkit.DICOMError:
            pytest.skip("it cannot be read")
        if not is_known_sop_class(file.data_set):
            pytest.skip("its IOD is not in the tables")
        output = dciodvfy(dicom_file.path)
        if any(mark in output for mark in UNREADABLE):
            pytest.skip("dciodvfy does not read it")
        assert compare(file, tmp_path / "copy.dcm", dciodvfy)[0] == set()
