"""Objects of the common classes, made as a user makes them: what another toolkit's validator must find nothing wrong with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from dicomkit import DataSet, DICOMFile, generate_uid, uids

__all__ = ["OBJECTS", "code", "item"]

PATIENT = {
    "PatientName": "Doe^Jane", "PatientID": "P1", "PatientBirthDate": "19700101", "PatientSex": "F",
    "StudyDate": "20250131", "StudyTime": "093000", "ReferringPhysicianName": "Referrer^R", "StudyID": "1", "AccessionNumber": "A1",
}  # fmt: skip
EQUIPMENT = {"Manufacturer": "ACME", "ManufacturerModelName": "Model", "DeviceSerialNumber": "1", "SoftwareVersions": "1"}
PLANE = {
    "ImagePositionPatient": [0, 0, 0], "ImageOrientationPatient": [1, 0, 0, 0, 1, 0], "PixelSpacing": [0.5, 0.5], "SliceThickness": 2,
    "PositionReferenceIndicator": "", "PatientPosition": "HFS", "BodyPartExamined": "HEAD",
}  # fmt: skip


def item(**attributes: Any) -> DataSet:
    """A data set with these attributes."""
    made = DataSet()
    for keyword, value in attributes.items():
        made[keyword] = value
    return made


def code(value: str, scheme: str, meaning: str) -> list[DataSet]:
    """A sequence of one code."""
    return [item(CodeValue=value, CodingSchemeDesignator=scheme, CodeMeaning=meaning)]


def make(sop_class_uid: str, modality: str, *parts: Mapping[str, Any], **attributes: Any) -> DICOMFile:
    """A file of a class with everything that all objects have."""
    shared = {"StudyInstanceUID": generate_uid(), "SeriesInstanceUID": generate_uid(), "SeriesNumber": 1, "InstanceNumber": 1}
    made = item(Modality=modality, **shared, **PATIENT)
    for part in (*parts, attributes):
        for keyword, value in part.items():
            made[keyword] = value
    return DICOMFile.create(made, sop_class_uid=sop_class_uid)


def ct() -> DICOMFile:
    file = make(
        uids.CTImageStorage, "CT", EQUIPMENT, PLANE, ImageType=["ORIGINAL", "PRIMARY", "AXIAL"], FrameOfReferenceUID=generate_uid(),
        AcquisitionNumber=1, KVP=120, RescaleIntercept=-1024, RescaleSlope=1, ContentDate="20250131", ContentTime="093000",
    )  # fmt: skip
    file.set_pixel_array(np.arange(64, dtype=np.uint16).reshape(8, 8), bits_stored=12)
    return file


def mr() -> DICOMFile:
    file = make(
        uids.MRImageStorage, "MR", EQUIPMENT, PLANE, ImageType=["ORIGINAL", "PRIMARY", "OTHER"], FrameOfReferenceUID=generate_uid(),
        ScanningSequence="SE", SequenceVariant="NONE", ScanOptions="", MRAcquisitionType="2D", RepetitionTime=500, EchoTime=15,
        EchoTrainLength=1, MagneticFieldStrength=1.5,
    )  # fmt: skip
    file.set_pixel_array(np.arange(64, dtype=np.int16).reshape(8, 8))
    return file


def us_multi_frame() -> DICOMFile:
    file = make(
        uids.UltrasoundMultiFrameImageStorage, "US", EQUIPMENT, ImageType=["ORIGINAL", "PRIMARY"], PatientOrientation="",
        BodyPartExamined="HEART", FrameTime=40, LossyImageCompression="00",
    )  # fmt: skip
    file.set_tag("FrameIncrementPointer", 0x00181063)
    file.set_pixel_array(np.zeros((3, 8, 8, 3), np.uint8))
    return file


def secondary_capture() -> DICOMFile:
    file = make(uids.SecondaryCaptureImageStorage, "OT", ConversionType="WSD", PatientOrientation="", BodyPartExamined="HEAD")
    file.set_pixel_array(np.zeros((8, 8, 3), np.uint8))
    return file


def rt_dose() -> DICOMFile:
    plane = {keyword: value for keyword, value in PLANE.items() if keyword not in ("PatientPosition", "BodyPartExamined")}
    plan = item(ReferencedSOPClassUID=uids.RTPlanStorage, ReferencedSOPInstanceUID=generate_uid())
    file = make(
        uids.RTDoseStorage, "RTDOSE", EQUIPMENT, plane, OperatorsName="", FrameOfReferenceUID=generate_uid(),
        DoseUnits="GY", DoseType="PHYSICAL", DoseSummationType="PLAN",
        DoseGridScaling=0.001, GridFrameOffsetVector=[0, 2, 4], ReferencedRTPlanSequence=[plan], ContentDate="", ContentTime="",
    )  # fmt: skip
    file.set_tag("FrameIncrementPointer", 0x3004000C)
    file.set_pixel_array(np.arange(192, dtype=np.uint16).reshape(3, 8, 8))
    return file


def structured_report(sop_class_uid: str = uids.BasicTextSRStorage) -> DICOMFile:
    finding = item(
        RelationshipType="CONTAINS", ValueType="TEXT", ConceptNameCodeSequence=code("121071", "DCM", "Finding"), TextValue="Nothing found."
    )
    measured = item(NumericValue=12.5, MeasurementUnitsCodeSequence=code("mm", "UCUM", "millimeter"))
    size = item(
        RelationshipType="CONTAINS", ValueType="NUM", ConceptNameCodeSequence=code("410668003", "SCT", "Length"),
        MeasuredValueSequence=[measured],
    )  # fmt: skip
    return make(
        sop_class_uid, "SR", EQUIPMENT, ReferencedPerformedProcedureStepSequence=[], ContentDate="20250131", ContentTime="093000",
        CompletionFlag="COMPLETE", VerificationFlag="UNVERIFIED", PerformedProcedureCodeSequence=[], ValueType="CONTAINER",
        ContinuityOfContent="SEPARATE", ConceptNameCodeSequence=code("18748-4", "LN", "Diagnostic Imaging Report"),
        ContentSequence=[finding] if sop_class_uid == uids.BasicTextSRStorage else [finding, size],
    )  # fmt: skip


def comprehensive_report() -> DICOMFile:
    return structured_report(uids.ComprehensiveSRStorage)


DESCRIPTION = {
    "PixelPresentation": "MONOCHROME", "VolumetricProperties": "VOLUME", "VolumeBasedCalculationTechnique": "NONE",
}  # fmt: skip


def enhanced(
    sop_class_uid: str, modality: str, frame_groups: Mapping[str, DataSet], description: Mapping[str, str], **attributes: Any
) -> DICOMFile:
    """A multi-frame object with functional groups: a volume of three slices."""
    dimension = generate_uid()
    brain = item(FrameLaterality="U", AnatomicRegionSequence=code("69536005", "SCT", "Head"))
    shared = item(
        PixelMeasuresSequence=[item(PixelSpacing=[0.5, 0.5], SliceThickness=2)],
        PlaneOrientationSequence=[item(ImageOrientationPatient=[1, 0, 0, 0, 1, 0])],
        FrameAnatomySequence=[brain],
    )
    for keyword, group in frame_groups.items():
        shared[keyword] = [group]
    frames = []
    for index in range(3):
        content = item(
            FrameAcquisitionNumber=1, StackID="1", InStackPositionNumber=index + 1, DimensionIndexValues=[1, index + 1],
            FrameReferenceDateTime="20250131093000", FrameAcquisitionDateTime="20250131093000", FrameAcquisitionDuration=1.0,
        )  # fmt: skip
        frames.append(item(FrameContentSequence=[content], PlanePositionSequence=[item(ImagePositionPatient=[0, 0, 2 * index])]))
    indices = [
        item(DimensionOrganizationUID=dimension, DimensionIndexPointer=pointer, FunctionalGroupPointer=0x00209111)
        for pointer in (0x00209056, 0x00209057)
    ]
    file = make(
        sop_class_uid, modality, EQUIPMENT, description, attributes, ContentDate="20250131", ContentTime="093000",
        FrameOfReferenceUID=generate_uid(), PositionReferenceIndicator="", PatientPosition="HFS", NumberOfFrames=3,
        DimensionOrganizationSequence=[item(DimensionOrganizationUID=dimension)], DimensionIndexSequence=indices,
        AcquisitionContextSequence=[], AcquisitionDateTime="20250131093000", AcquisitionDuration=1.0, ContentQualification="PRODUCT",
        BurnedInAnnotation="NO", LossyImageCompression="00", PresentationLUTShape="IDENTITY",
        SharedFunctionalGroupsSequence=[shared], PerFrameFunctionalGroupsSequence=frames,
    )  # fmt: skip
    file.set_pixel_array(np.zeros((3, 8, 8), np.uint16), bits_stored=12)
    for keyword in ("SmallestImagePixelValue", "LargestImagePixelValue"):
        file.remove(keyword)
    return file


def enhanced_mr() -> DICOMFile:
    kind = ["ORIGINAL", "PRIMARY", "VOLUME", "NONE"]
    description = {**DESCRIPTION, "ComplexImageComponent": "MAGNITUDE", "AcquisitionContrast": "T1"}
    sar = item(SpecificAbsorptionRateDefinition="IEC_WHOLE_BODY", SpecificAbsorptionRateValue=0.5)
    modes = [item(OperatingModeType="STATIC FIELD", OperatingMode="IEC_NORMAL"), item(OperatingModeType="RF", OperatingMode="IEC_NORMAL"),
             item(OperatingModeType="GRADIENT", OperatingMode="IEC_NORMAL")]  # fmt: skip
    groups = {
        "MRImageFrameTypeSequence": item(FrameType=kind, **description),
        "MRTimingAndRelatedParametersSequence": item(
            RepetitionTime=500, FlipAngle=90, EchoTrainLength=1, RFEchoTrainLength=1, GradientEchoTrainLength=0,
            SpecificAbsorptionRateSequence=[sar], GradientOutputType="DB_DT", GradientOutput=1.0, OperatingModeSequence=modes,
        ),
        "MRFOVGeometrySequence": item(
            InPlanePhaseEncodingDirection="ROW", MRAcquisitionFrequencyEncodingSteps=8, MRAcquisitionPhaseEncodingStepsInPlane=8,
            MRAcquisitionPhaseEncodingStepsOutOfPlane=3, PercentSampling=100, PercentPhaseFieldOfView=100,
        ),
        "MREchoSequence": item(EffectiveEchoTime=15.0),
        "MRModifierSequence": item(
            InversionRecovery="NO", FlowCompensation="NONE", Spoiling="NONE", T2Preparation="NO", SpectrallySelectedExcitation="NONE",
            SpatialPresaturation="NONE", PartialFourier="NO", ParallelAcquisition="NO",
        ),
        "MRImagingModifierSequence": item(
            MagnetizationTransfer="NONE", BloodSignalNulling="NO", Tagging="NONE", TransmitterFrequency=63.6, PixelBandwidth=100.0
        ),
        "MRReceiveCoilSequence": item(
            ReceiveCoilName="Head", ReceiveCoilManufacturerName="", ReceiveCoilType="VOLUME", QuadratureReceiveCoil="NO"
        ),
        "MRTransmitCoilSequence": item(TransmitCoilName="Body", TransmitCoilManufacturerName="", TransmitCoilType="BODY"),
        "MRAveragesSequence": item(NumberOfAverages=1.0),
        "PixelValueTransformationSequence": item(RescaleIntercept=0, RescaleSlope=1, RescaleType="US"),
    }  # fmt: skip
    return enhanced(
        uids.EnhancedMRImageStorage, "MR", groups, description, ImageType=kind, ResonantNucleus="1H", MagneticFieldStrength=1.5,
        KSpaceFiltering="NONE", ApplicableSafetyStandardAgency="IEC", PulseSequenceName="se", MRAcquisitionType="3D",
        EchoPulseSequence="SPIN", MultipleSpinEcho="NO", MultiPlanarExcitation="NO", PhaseContrast="NO", TimeOfFlightContrast="NO",
        SteadyStatePulseSequence="NONE", EchoPlanarPulseSequence="NO", SpectrallySelectedSuppression="NONE", SaturationRecovery="NO",
        OversamplingPhase="NONE", GeometryOfKSpaceTraversal="RECTILINEAR", SegmentedKSpaceTraversal="SINGLE",
        RectilinearPhaseEncodeReordering="LINEAR", CoverageOfKSpace="FULL", NumberOfKSpaceTrajectories=1,
    )  # fmt: skip


def enhanced_ct() -> DICOMFile:
    kind = ["ORIGINAL", "PRIMARY", "VOLUME", "NONE"]
    groups = {
        "CTImageFrameTypeSequence": item(FrameType=kind, **DESCRIPTION),
        "CTAcquisitionTypeSequence": item(AcquisitionType="SEQUENCED", ConstantVolumeFlag="NO", FluoroscopyFlag="NO"),
        "CTAcquisitionDetailsSequence": item(
            RotationDirection="CW", RevolutionTime=1.0, SingleCollimationWidth=1.0, TotalCollimationWidth=4.0, TableHeight=100.0,
            GantryDetectorTilt=0.0, DataCollectionDiameter=500.0,
        ),
        "CTTableDynamicsSequence": item(),
        "CTPositionSequence": item(TablePosition=0.0, DataCollectionCenterPatient=[0, 0, 0], ReconstructionTargetCenterPatient=[0, 0, 0]),
        "CTGeometrySequence": item(DistanceSourceToDetector=1000.0, DistanceSourceToDataCollectionCenter=500.0),
        "CTReconstructionSequence": item(
            ReconstructionAlgorithm="FILTER_BACK_PROJ", ConvolutionKernel="STANDARD", ConvolutionKernelGroup="BRAIN",
            ReconstructionDiameter=4.0, ReconstructionPixelSpacing=[0.5, 0.5], ReconstructionAngle=360.0, ImageFilter="NONE",
        ),
        "CTExposureSequence": item(
            ExposureTimeInms=1000.0, XRayTubeCurrentInmA=100.0, ExposureInmAs=100.0, ExposureModulationType="NONE", CTDIvol=10.0
        ),
        "CTXRayDetailsSequence": item(KVP=120.0, FocalSpots=1.0, FilterType="WEDGE", FilterMaterial="ALUMINUM"),
        "IrradiationEventIdentificationSequence": item(IrradiationEventUID=generate_uid()),
        "PixelValueTransformationSequence": item(RescaleIntercept=-1024, RescaleSlope=1, RescaleType="HU"),
    }  # fmt: skip
    return enhanced(uids.EnhancedCTImageStorage, "CT", groups, DESCRIPTION, ImageType=kind)


OBJECTS: dict[str, Callable[[], DICOMFile]] = {
    "CT": ct,
    "MR": mr,
    "US multi-frame": us_multi_frame,
    "secondary capture": secondary_capture,
    "RT dose": rt_dose,
    "basic text SR": structured_report,
    "comprehensive SR": comprehensive_report,
    "enhanced MR": enhanced_mr,
    "enhanced CT": enhanced_ct,
}
