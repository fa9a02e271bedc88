"""A small study to try things on: a CT series, an MR image and a secondary capture, in four transfer syntaxes.

Everything is drawn and invented; Synthetic Data (0008,001C) says so in each file. The same version always writes the same bytes.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from dicomkit import uids
from dicomkit.dictionary import DataElementDictionary
from dicomkit.pixels.windows import WindowSettings
from dicomkit.testing.builders import Attribute, Value, data_set, file_meta, part10
from dicomkit.testing.phantom import draw_chest, draw_head

__all__ = ["write_samples"]

_Attributes: TypeAlias = Mapping[str, Value]

# UUIDs of version 5 in this name space become UIDs (PS3.5 B.2): unique, and the same every time.
_NAME_SPACE = uuid.UUID("2f9a3c1e-6d0b-4c57-9a51-7e3f0c8d1b42")

_CT_SIZE = 512
_CT_SPACING = 0.703125
_SLICE_DISTANCE = 5.0
_RESCALE_INTERCEPT = -1024
_MR_SIZE = 256
_MR_SPACING = 0.9
# The nodule that the secondary capture points at: where it is in the phantom, in mm.
_NODULE = (-92.0, -28.0, 88.0)

_STUDY: _Attributes = {
    "SpecificCharacterSet": "ISO_IR 192",
    "SyntheticData": "YES",
    "InstanceCreationDate": "20240229",
    "StudyDate": "20240229",
    "StudyTime": "091500",
    "SeriesDate": "20240229",
    "ContentDate": "20240229",
    "AccessionNumber": "SAMPLE01",
    "Manufacturer": "dicomkit",
    "ManufacturerModelName": "Phantom",
    "SoftwareVersions": "1",
    "ReferringPhysicianName": "Referrer^Sample",
    "StudyDescription": "Synthetic phantom",
    "PatientName": "Phantom^Sample",
    "PatientID": "SAMPLE-0001",
    "PatientBirthDate": "19820228",
    "PatientSex": "O",
    "PatientAge": "042Y",
    "PatientSize": "1.75",
    "PatientWeight": "72",
    "StudyID": "1",
}

_CT: _Attributes = {
    "Modality": "CT",
    "ImageType": ["ORIGINAL", "PRIMARY", "AXIAL"],
    "BodyPartExamined": "CHEST",
    "PatientPosition": "HFS",
    "PatientOrientation": ["L", "P"],
    "PositionReferenceIndicator": None,
    "ContrastBolusAgent": "Imaginary contrast medium",
    "ScanOptions": "HELICAL",
    "KVP": "120",
    "DataCollectionDiameter": "500",
    "ReconstructionDiameter": _CT_SIZE * _CT_SPACING,
    "GantryDetectorTilt": "0",
    "TableHeight": "160",
    "RotationDirection": "CW",
    "ExposureTime": "500",
    "XRayTubeCurrent": "240",
    "Exposure": "120",
    "ConvolutionKernel": "STANDARD",
    "AcquisitionNumber": "1",
    "ImageOrientationPatient": [1, 0, 0, 0, 1, 0],
    "PixelSpacing": [_CT_SPACING, _CT_SPACING],
    "SliceThickness": _SLICE_DISTANCE,
    "WindowCenter": [40, -600],
    "WindowWidth": [400, 1500],
    "WindowCenterWidthExplanation": ["SOFT TISSUE", "LUNG"],
    "RescaleIntercept": _RESCALE_INTERCEPT,
    "RescaleSlope": "1",
    "RescaleType": "HU",
}

_MR: _Attributes = {
    "Modality": "MR",
    "ImageType": ["ORIGINAL", "PRIMARY", "OTHER"],
    "BodyPartExamined": "HEAD",
    "PatientPosition": "HFS",
    "PatientOrientation": ["L", "P"],
    "PositionReferenceIndicator": None,
    "ScanningSequence": "SE",
    "SequenceVariant": "SK",
    "ScanOptions": None,
    "MRAcquisitionType": "2D",
    "SequenceName": "*tse2d",
    "RepetitionTime": "4000",
    "EchoTime": "95",
    "EchoTrainLength": "15",
    "NumberOfAverages": "1",
    "ImagingFrequency": "63.6",
    "ImagedNucleus": "1H",
    "MagneticFieldStrength": "1.5",
    "FlipAngle": "90",
    "AcquisitionNumber": "1",
    "ImageOrientationPatient": [1, 0, 0, 0, 1, 0],
    "ImagePositionPatient": [-_MR_SPACING * (_MR_SIZE - 1) / 2, -_MR_SPACING * (_MR_SIZE - 1) / 2, 640],
    "PixelSpacing": [_MR_SPACING, _MR_SPACING],
    "SliceThickness": "5",
    "SliceLocation": "640",
    "WindowCenter": 1600,
    "WindowWidth": 3000,
}


class _Series(NamedTuple):
    """What the images of a series share."""

    number: int
    description: str
    sop_class_uid: str
    attributes: _Attributes
    transfer_syntax_uid: str = uids.ExplicitVRLittleEndian


def write_samples(folder: str | os.PathLike[str], *, slice_count: int = 24) -> list[Path]:
    """Write the sample study: an axial CT series of a chest, one of its slices deflated, an MR slice of a head in big endian, and a
    secondary capture in RGB.

    Parameters
    ----------
    folder
        Where to; made if it is not there. Files of the same names are replaced.
    slice_count
        Number of slices in the CT series, 5 mm apart from the dome of the liver upwards. 24 reach the aortic arch.

    Returns
    -------
    list of Path
        The files, in the order of series and instance numbers.

    Raises
    ------
    OSError
        If a file cannot be written.
    """
    paths = []
    for name, content in _files(slice_count):
        path = Path(folder) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        paths.append(path)
    return paths


def _files(slice_count: int) -> Iterator[tuple[str, bytes]]:
    axial = _Series(1, "Chest axial 5 mm", uids.CTImageStorage, _CT)
    for index in range(slice_count):
        yield f"ct/ct_{index + 1:03}.dcm", _ct_file(axial, index + 1, index * _SLICE_DISTANCE, seed=1000 + index, noise=11.0)
    sharp_attributes = {**_CT, "ConvolutionKernel": "SHARP", "WindowCenter": [-600, 40], "WindowWidth": [1500, 400]}
    sharp_attributes["WindowCenterWidthExplanation"] = ["LUNG", "SOFT TISSUE"]
    sharp = _Series(2, "Chest sharp", uids.CTImageStorage, sharp_attributes, uids.DeflatedExplicitVRLittleEndian)
    yield "ct_deflated.dcm", _ct_file(sharp, 1, 85.0, seed=2000, noise=24.0)
    yield "secondary_capture.dcm", _secondary_capture_file()
    yield "mr_big_endian.dcm", _mr_file()


def _ct_file(series: _Series, number: int, z: float, *, seed: int, noise: float) -> bytes:
    hu = draw_chest(_CT_SIZE, _CT_SPACING, z, seed=seed, noise=noise)
    corner = -_CT_SPACING * (_CT_SIZE - 1) / 2
    attributes: _Attributes = {
        "AcquisitionTime": f"0917{number % 60:02}",
        "AcquisitionDate": "20240229",
        "FrameOfReferenceUID": _uid("frame of reference"),
        "ImagePositionPatient": [corner, corner, z],
        "SliceLocation": z,
    }
    return _file(series, number, attributes, (hu - _RESCALE_INTERCEPT).astype(np.uint16), bits_stored=12)


def _mr_file() -> bytes:
    series = _Series(4, "Head axial T2", uids.MRImageStorage, _MR, uids.ExplicitVRBigEndian)
    attributes = {"FrameOfReferenceUID": _uid("frame of reference of the head")}
    return _file(series, 1, attributes, draw_head(_MR_SIZE, _MR_SPACING, seed=5), bits_stored=12)


def _secondary_capture_file() -> bytes:
    shared: dict[str, Value] = {"Modality": "OT", "ConversionType": "SYN", "ImageType": ["DERIVED", "SECONDARY"]}
    shared |= {"BodyPartExamined": "CHEST", "PatientOrientation": ["L", "P"]}
    series = _Series(3, "Finding", uids.SecondaryCaptureImageStorage, shared)
    return _file(series, 1, {"DerivationDescription": "Nodule marked, contrast medium coloured"}, _draw_finding(), bits_stored=8)


def _draw_finding() -> npt.NDArray[np.uint8]:
    """The slice with the nodule in grey, blood in warm colours, a ring around the nodule, and a colour bar."""
    hu = draw_chest(_CT_SIZE, _CT_SPACING, _NODULE[2], seed=3000, noise=8.0)
    grey = WindowSettings(-250, 1300).apply(hu)
    enhanced = WindowSettings(190, 220).apply(hu)
    axis = (np.arange(_CT_SIZE) - (_CT_SIZE - 1) / 2) * _CT_SPACING
    x, y = axis[None, :], axis[:, None]
    is_blood = (enhanced > 0) & ((np.hypot(x / 62, (y + 2) / 42) < 1) | (np.hypot(x - 27.5, y - 46) < 13.5))
    warm = np.stack([0.55 + 0.45 * enhanced, 0.1 + 0.75 * enhanced**2, 0.08 + 0.3 * enhanced**4], axis=-1)
    picture = np.where(is_blood[..., None], warm, grey[..., None])
    ring = np.clip(1.8 - np.abs(np.hypot(x - _NODULE[0], y - _NODULE[1]) - 15) / 0.5, 0, 1)[..., None]
    picture = picture * (1 - ring) + np.array([1.0, 0.85, 0.1]) * ring
    ramp = np.linspace(1, 0, 160)[:, None]
    picture[24:184, 480:492] = np.stack([0.55 + 0.45 * ramp, 0.1 + 0.75 * ramp**2, 0.08 + 0.3 * ramp**4], axis=-1)
    rgb: npt.NDArray[np.uint8] = np.floor(np.clip(picture, 0, 1) * 255 + 0.5).astype(np.uint8)
    return rgb


def _file(series: _Series, number: int, attributes: _Attributes, pixels: npt.NDArray[np.unsignedinteger], *, bits_stored: int) -> bytes:
    instance_uid = _uid(f"series {series.number} instance {number}")
    is_color = pixels.ndim == 3
    big_endian = series.transfer_syntax_uid == uids.ExplicitVRBigEndian
    everything: dict[str, Value] = {
        **_STUDY,
        **series.attributes,
        **attributes,
        "InstanceCreationTime": "092000",
        "SeriesTime": "091700",
        "ContentTime": "091700",
        "SOPClassUID": series.sop_class_uid,
        "SOPInstanceUID": instance_uid,
        "StudyInstanceUID": _uid("study"),
        "SeriesInstanceUID": _uid(f"series {series.number}"),
        "SeriesNumber": series.number,
        "SeriesDescription": series.description,
        "InstanceNumber": number,
        "SamplesPerPixel": 3 if is_color else 1,
        "PhotometricInterpretation": "RGB" if is_color else "MONOCHROME2",
        "Rows": pixels.shape[0],
        "Columns": pixels.shape[1],
        "BitsAllocated": pixels.itemsize * 8,
        "BitsStored": bits_stored,
        "HighBit": bits_stored - 1,
        "PixelRepresentation": 0,
        "PixelData": pixels.astype(f"{'>' if big_endian else '<'}u{pixels.itemsize}").tobytes(),
    }
    if is_color:
        everything["PlanarConfiguration"] = 0
    encoded = data_set([_attribute(keyword, value) for keyword, value in everything.items()], big_endian=big_endian)
    meta = file_meta(
        series.transfer_syntax_uid,
        sop_class_uid=series.sop_class_uid,
        sop_instance_uid=instance_uid,
        implementation_class_uid=_uid("implementation"),
    )
    return part10(encoded, series.transfer_syntax_uid, meta=meta)


def _attribute(keyword: str, value: Value) -> Attribute:
    entry = DataElementDictionary.get_keyword(keyword)
    # Pixel Data alone has a choice that matters here: OW, which may hold 8-bit pixels too (PS3.5 A.2).
    return entry.tag, "OW" if keyword == "PixelData" else str(entry.vr[0]), value


def _uid(name: str) -> str:
    return f"2.25.{uuid.uuid5(_NAME_SPACE, name).int}"
