"""Objects of projection radiography, nuclear medicine, radiotherapy and segmentation, with the modules that they may have."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from dicomkit import DataSet, DICOMFile, generate_uid, tags, uids
from tests.interop.made_objects import EQUIPMENT, code, item, make

__all__ = ["IMAGES"]

CONTENT = {
    "ContentDate": "20250131", "ContentTime": "093000", "AcquisitionDate": "20250131", "AcquisitionTime": "093000",
    "AcquisitionNumber": 1, "LossyImageCompression": "00",
}  # fmt: skip
FRAME_OF_REFERENCE = {"PositionReferenceIndicator": ""}
PIXELS = np.arange(64, dtype=np.uint16).reshape(8, 8)
FRAMES = np.stack([PIXELS, PIXELS])


def modality_lut() -> DataSet:
    return item(LUTDescriptor=[4, 0, 16], ModalityLUTType="US", LUTData=bytes([0, 0, 1, 0, 2, 0, 255, 255]))


def shutter_and_collimator() -> dict[str, Any]:
    kinds = ("Shutter", "Collimator")
    edges = ("LeftVerticalEdge", "RightVerticalEdge", "UpperHorizontalEdge", "LowerHorizontalEdge")
    made: dict[str, Any] = {f"{kind}Shape": "RECTANGULAR" for kind in kinds}
    return made | {f"{kind}{edge}": number for kind in kinds for edge, number in zip(edges, (1, 8, 1, 8), strict=True)}


def image_reference(purpose: bool = False) -> DataSet:
    made = item(ReferencedSOPClassUID=uids.CTImageStorage, ReferencedSOPInstanceUID=generate_uid())
    if purpose:
        made.PurposeOfReferenceCodeSequence = code("121322", "DCM", "Source image for image processing operation")
    return made


def computed_radiography() -> DICOMFile:
    file = make(
        uids.ComputedRadiographyImageStorage, "CR", EQUIPMENT, CONTENT, shutter_and_collimator(), ImageType=["ORIGINAL", "PRIMARY"],
        BodyPartExamined="CHEST", ViewPosition="PA", PatientOrientation=["L", "F"], WindowCenter=32, WindowWidth=64,
        ModalityLUTSequence=[modality_lut()], ReferencedImageSequence=[image_reference(purpose=True)], ContrastBolusAgent="Barium",
        PatientSpeciesDescription="Canis lupus", PatientBreedDescription="Poodle", PatientBreedCodeSequence=[],
        BreedRegistrationSequence=[], ResponsiblePerson="Doe^John", ResponsiblePersonRole="OWNER", ResponsibleOrganization="",
        PatientSexNeutered="", PatientAge="003Y",
    )  # fmt: skip
    file.set_pixel_array(PIXELS, bits_stored=12)
    return file


PROJECTION = {
    "PresentationIntentType": "FOR PRESENTATION", "PixelIntensityRelationship": "LOG", "PixelIntensityRelationshipSign": -1,
    "RescaleIntercept": 0, "RescaleSlope": 1, "RescaleType": "US", "PresentationLUTShape": "IDENTITY", "BurnedInAnnotation": "NO",
    "DetectorType": "DIRECT", "WindowCenter": 32, "WindowWidth": 64, "AcquisitionContextSequence": [], "ImagerPixelSpacing": [0.1, 0.1],
    "FieldOfViewOrigin": [0, 0], "FieldOfViewRotation": 0, "FieldOfViewHorizontalFlip": "NO",
    "EstimatedRadiographicMagnificationFactor": 1.1,
}  # fmt: skip


def digital_x_ray() -> DICOMFile:
    file = make(
        uids.DigitalXRayImageStorageForPresentation, "DX", EQUIPMENT, CONTENT, PROJECTION, FRAME_OF_REFERENCE, shutter_and_collimator(),
        ImageType=["ORIGINAL", "PRIMARY", ""], BodyPartExamined="CHEST", ImageLaterality="U", PatientOrientation=["L", "F"],
        AnatomicRegionSequence=code("51185008", "SCT", "Chest"), ViewPosition="PA", PositionerType="NONE",
        FrameOfReferenceUID=generate_uid(), SynchronizationTrigger="NO TRIGGER", AcquisitionTimeSynchronized="N",
        SynchronizationFrameOfReferenceUID=generate_uid(),
    )  # fmt: skip
    file.set_pixel_array(PIXELS, bits_stored=12)
    return file


def mammography() -> DICOMFile:
    view = item(CodeValue="399162004", CodingSchemeDesignator="SCT", CodeMeaning="cranio-caudal", ViewModifierCodeSequence=[])
    file = make(
        uids.DigitalMammographyXRayImageStorageForPresentation, "MG", EQUIPMENT, CONTENT, PROJECTION, ImageType=["ORIGINAL", "PRIMARY", ""],
        BodyPartExamined="BREAST", ImageLaterality="L", PatientOrientation=["A", "F"], OrganExposed="BREAST", ViewPosition="CC",
        AnatomicRegionSequence=code("76752008", "SCT", "Breast"), ViewCodeSequence=[view], PositionerType="MAMMOGRAPHIC", PartialView="YES",
        PartialViewCodeSequence=code("260000000", "SCT", "Superior"), BreastImplantPresent="NO",
    )  # fmt: skip
    file.set_pixel_array(PIXELS, bits_stored=12)
    return file


FLUOROSCOPY = {
    "ImageType": ["ORIGINAL", "PRIMARY", "SINGLE PLANE"], "BodyPartExamined": "HEART", "PatientOrientation": ["L", "F"],
    "PixelIntensityRelationship": "LIN", "KVP": 80, "RadiationSetting": "GR", "XRayTubeCurrent": 5, "ExposureTime": 10, "Exposure": 5,
    "FrameTime": 33, "TableMotion": "DYNAMIC", "TableVerticalIncrement": [0, 1], "TableLateralIncrement": [0, 1],
    "TableLongitudinalIncrement": [0, 1], "DetectorType": "SCINTILLATOR", "ImagerPixelSpacing": [0.1, 0.1], "ContrastBolusAgent": "Iodine",
    "TriggerSourceOrType": "ECG", "SynchronizationTrigger": "EXTERNAL", "AcquisitionTimeSynchronized": "N", "RecommendedViewingMode": "SUB",
}  # fmt: skip


def fluoroscopy(sop_class_uid: str, modality: str, **attributes: Any) -> DICOMFile:
    file = make(
        sop_class_uid, modality, EQUIPMENT, CONTENT, FLUOROSCOPY, shutter_and_collimator(), attributes,
        ModalityLUTSequence=[modality_lut()], SynchronizationFrameOfReferenceUID=generate_uid(),
        MaskSubtractionSequence=[item(MaskOperation="AVG_SUB", MaskFrameNumbers=1, ApplicableFrameRange=[2, 2])],
    )  # fmt: skip
    file.set_tag("FrameIncrementPointer", tags.FrameTime)
    file.set_pixel_array(FRAMES, bits_stored=12)
    return file


def x_ray_angiography() -> DICOMFile:
    return fluoroscopy(
        uids.XRayAngiographicImageStorage, "XA", PositionerMotion="DYNAMIC", PositionerPrimaryAngle=0, PositionerSecondaryAngle=0,
        PositionerPrimaryAngleIncrement=[0, 1], PositionerSecondaryAngleIncrement=[0, 1],
    )  # fmt: skip


def x_ray_fluoroscopy() -> DICOMFile:
    return fluoroscopy(uids.XRayRadiofluoroscopicImageStorage, "RF", TomoLayerHeight=5)


def orientation() -> dict[str, Any]:
    supine = code("40199007", "SCT", "supine")
    (recumbent,) = code("102538003", "SCT", "recumbent")
    recumbent.PatientOrientationModifierCodeSequence = supine
    return {"PatientOrientationCodeSequence": [recumbent], "PatientGantryRelationshipCodeSequence": code("102540008", "SCT", "headfirst")}


def nuclear_medicine() -> DICOMFile:
    view = item(CodeValue="255549009", CodingSchemeDesignator="SCT", CodeMeaning="anterior", ViewModifierCodeSequence=[])
    detectors = [
        item(CollimatorType="PARA", FocalDistance=0, ImagePositionPatient=[0, 0, 0], ImageOrientationPatient=[1, 0, 0, 0, 1, 0],
             StartAngle=0, ViewCodeSequence=[view.copy()])
        for _ in range(2)
    ]  # fmt: skip
    isotope = item(
        RadionuclideCodeSequence=code("72454007", "SCT", "^99m^Technetium"),
        RadiopharmaceuticalCodeSequence=code("404707004", "SCT", "Sestamibi Tc^99m^"),
    )
    window = item(EnergyWindowRangeSequence=[item(EnergyWindowLowerLimit=126, EnergyWindowUpperLimit=154)])
    rotation = item(RotationDirection="CW", ScanArc=180, AngularStep=90, ActualFrameDuration=100, NumberOfFramesInRotation=2, StartAngle=0)
    file = make(
        uids.NuclearMedicineImageStorage, "NM", EQUIPMENT, CONTENT, FRAME_OF_REFERENCE, orientation(), BodyPartExamined="HEART",
        ImageType=["ORIGINAL", "PRIMARY", "TOMO", "EMISSION"], NumberOfEnergyWindows=1, NumberOfDetectors=2, NumberOfRotations=1,
        PixelSpacing=[1, 1], CountsAccumulated=5, AcquisitionTerminationCondition="CNTS", DetectorVector=[1, 2],
        EnergyWindowVector=[1, 1], RotationVector=[1, 1], AngularViewVector=[1, 2], FrameOfReferenceUID=generate_uid(),
        EnergyWindowInformationSequence=[window], RadiopharmaceuticalInformationSequence=[isotope], DetectorInformationSequence=detectors,
        RotationInformationSequence=[rotation],
    )  # fmt: skip
    vectors = [tags.EnergyWindowVector, tags.DetectorVector, tags.RotationVector, tags.AngularViewVector]
    file.FrameIncrementPointer = vectors
    file.set_pixel_array(FRAMES)
    return file


def positron_emission() -> DICOMFile:
    isotope = item(RadionuclideCodeSequence=code("77004003", "SCT", "^18^Fluorine"))
    file = make(
        uids.PositronEmissionTomographyImageStorage, "PT", EQUIPMENT, CONTENT, FRAME_OF_REFERENCE, orientation(), BodyPartExamined="HEART",
        ImageType=["ORIGINAL", "PRIMARY"], SeriesDate="20250131", SeriesTime="093000", Units="BQML", CountsSource="EMISSION",
        SeriesType=["GATED", "IMAGE"], NumberOfSlices=1, NumberOfRRIntervals=1, NumberOfTimeSlots=1, BeatRejectionFlag="N", TriggerTime=0,
        FrameTime=10, IntervalsAcquired=10, IntervalsRejected=0,
        CorrectedImage=["DECY", "ATTN", "SCAT", "DCAL"], AttenuationCorrectionMethod="CT", ScatterCorrectionMethod="model",
        DecayCorrection="START", DecayFactor=1, DoseCalibrationFactor=1, ScatterFractionFactor=0.1, CollimatorType="NONE",
        RandomsCorrectionMethod="NONE", RadiopharmaceuticalInformationSequence=[isotope], FrameReferenceTime=0, ImageIndex=1,
        ActualFrameDuration=1000, RescaleIntercept=0, RescaleSlope=1, ImagePositionPatient=[0, 0, 0],
        ImageOrientationPatient=[1, 0, 0, 0, 1, 0], PixelSpacing=[1, 1], SliceThickness=2, FrameOfReferenceUID=generate_uid(),
    )  # fmt: skip
    file.set_pixel_array(PIXELS)
    return file


def rt_image() -> DICOMFile:
    jaws = item(RTBeamLimitingDeviceType="X", NumberOfLeafJawPairs=1, LeafJawPositions=[-10, 10])
    exposure = item(NumberOfBlocks=0, BeamLimitingDeviceSequence=[jaws])
    file = make(
        uids.RTImageStorage, "RTIMAGE", EQUIPMENT, CONTENT, FRAME_OF_REFERENCE, ImageType=["ORIGINAL", "PRIMARY", "PORTAL"],
        PatientOrientation=["L", "F"], RTImageLabel="label", RTImagePlane="NON_NORMAL", RTImageOrientation=[1, 0, 0, 0, 1, 0],
        ReportedValuesOrigin="OPERATOR", RTImagePosition=[0, 0], RTImageSID=1000, RadiationMachineSAD=1000, ImagePlanePixelSpacing=[1, 1],
        ConversionType="DI", RadiationMachineName="M", PrimaryDosimeterUnit="MU", GantryAngle=0, BeamLimitingDeviceAngle=0,
        PatientSupportAngle=0, TableTopVerticalPosition=0, TableTopLongitudinalPosition=0, TableTopLateralPosition=0, OperatorsName="",
        XRayImageReceptorTranslation=[0, 0, 0], XRayImageReceptorAngle=0, IsocenterPosition=[0, 0, 0], PatientPosition="HFS",
        FrameOfReferenceUID=generate_uid(), ExposureSequence=[exposure], FrameTime=100, ApprovalStatus="APPROVED", ReviewDate="20250131",
        ReviewTime="093000", ReviewerName="", PixelIntensityRelationship="LIN", PixelIntensityRelationshipSign=1,
        WindowCenter=32, WindowWidth=64,
    )  # fmt: skip
    file.set_tag("FrameIncrementPointer", tags.FrameTime)
    file.set_pixel_array(FRAMES)
    return file


def segmentation() -> DICOMFile:
    """Two segments in a frame each."""
    dimension, source = generate_uid(), image_reference(purpose=True)
    referenced = item(ReferencedSOPClassUID=source.ReferencedSOPClassUID, ReferencedSOPInstanceUID=source.ReferencedSOPInstanceUID)
    segments = [
        item(SegmentNumber=number, SegmentLabel=name, SegmentAlgorithmType="SEMIAUTOMATIC", SegmentAlgorithmName="by hand and eye",
             SegmentedPropertyCategoryCodeSequence=code("123037004", "SCT", "Anatomical Structure"),
             SegmentedPropertyTypeCodeSequence=code("10200004", "SCT", "Liver"))
        for number, name in ((1, "one"), (2, "two"))
    ]  # fmt: skip
    shared = item(
        PixelMeasuresSequence=[item(PixelSpacing=[0.5, 0.5], SliceThickness=2)],
        PlaneOrientationSequence=[item(ImageOrientationPatient=[1, 0, 0, 0, 1, 0])],
    )
    frames = [
        item(FrameContentSequence=[item(DimensionIndexValues=number)], SegmentIdentificationSequence=[item(ReferencedSegmentNumber=number)],
             PlanePositionSequence=[item(ImagePositionPatient=[0, 0, 0])],
             DerivationImageSequence=[item(SourceImageSequence=[source.copy()],
                                           DerivationCodeSequence=code("113076", "DCM", "Segmentation"))])
        for number in (1, 2)
    ]  # fmt: skip
    pointer = item(DimensionOrganizationUID=dimension)
    pointer.set_tag("DimensionIndexPointer", tags.ReferencedSegmentNumber)
    pointer.set_tag("FunctionalGroupPointer", tags.SegmentIdentificationSequence)
    file = make(
        uids.SegmentationStorage, "SEG", EQUIPMENT, CONTENT, FRAME_OF_REFERENCE, ImageType=["DERIVED", "PRIMARY"], ContentLabel="LIVER",
        ContentDescription="", ContentCreatorName="", BodyPartExamined="LIVER", SegmentationType="FRACTIONAL",
        SegmentationFractionalType="PROBABILITY", MaximumFractionalValue=255, SegmentSequence=segments, NumberOfFrames=2,
        SharedFunctionalGroupsSequence=[shared], PerFrameFunctionalGroupsSequence=frames, FrameOfReferenceUID=generate_uid(),
        DimensionOrganizationSequence=[item(DimensionOrganizationUID=dimension)], DimensionIndexSequence=[pointer],
        ReferencedSeriesSequence=[item(SeriesInstanceUID=generate_uid(), ReferencedInstanceSequence=[referenced])],
    )  # fmt: skip
    file.set_pixel_array(FRAMES.astype(np.uint8))
    return file


IMAGES: dict[str, Callable[[], DICOMFile]] = {
    "CR": computed_radiography,
    "DX": digital_x_ray,
    "MG": mammography,
    "XA": x_ray_angiography,
    "RF": x_ray_fluoroscopy,
    "NM": nuclear_medicine,
    "PET": positron_emission,
    "RT image": rt_image,
    "segmentation": segmentation,
}
