"""The sample study: read by us and by pydicom, complete, consistent and always the same."""

import hashlib

import numpy as np
import pydicom
import pytest

import dicomkit
from dicomkit.samples import write_samples

SLICES = 3


@pytest.fixture(scope="module")
def paths(tmp_path_factory):
    return write_samples(tmp_path_factory.mktemp("samples") / "new" / "study", slice_count=SLICES)


def files_by_name(paths):
    return {path.name: dicomkit.read(path) for path in paths}


def test_names_and_syntaxes(paths):
    files = files_by_name(paths)
    assert {name: file.transfer_syntax.keyword for name, file in files.items()} == {
        **{f"ct_{i:03}.dcm": "ExplicitVRLittleEndian" for i in range(1, SLICES + 1)},
        "ct_deflated.dcm": "DeflatedExplicitVRLittleEndian",
        "secondary_capture.dcm": "ExplicitVRLittleEndian",
        "mr_big_endian.dcm": "ExplicitVRBigEndian",
    }


def test_pixels_are_those_that_pydicom_reads(paths):
    for path in paths:
        assert np.array_equal(dicomkit.read(path).pixel_data().array(), pydicom.dcmread(path).pixel_array)


def test_they_say_that_they_are_invented(paths):
    for file in files_by_name(paths).values():
        assert file.SyntheticData == "YES"
        assert file.PatientName == "Phantom^Sample"
        assert file.SOPInstanceUID.startswith("2.25.")
        assert len(file.SOPInstanceUID) <= 64
        assert file.file_meta_information.MediaStorageSOPInstanceUID == file.SOPInstanceUID
        assert file.file_meta_information.MediaStorageSOPClassUID == file.SOPClassUID


def test_one_study_of_four_series(paths):
    files = list(files_by_name(paths).values())
    assert len({file.StudyInstanceUID for file in files}) == 1
    assert len({file.SeriesInstanceUID for file in files}) == 4
    assert len({file.SOPInstanceUID for file in files}) == len(files)


def test_geometry_of_the_series(paths):
    slices = [dicomkit.read(path) for path in paths if path.parent.name == "ct"]
    positions = np.array([[float(x) for x in file.ImagePositionPatient] for file in slices])
    assert np.array_equal(np.diff(positions, axis=0), [[0, 0, 5]] * (SLICES - 1))
    for number, file in enumerate(slices, 1):
        assert file.InstanceNumber == number
        assert [float(x) for x in file.ImageOrientationPatient] == [1, 0, 0, 0, 1, 0]
        # the middle of the picture is the middle of the scanner
        corner, spacing = positions[number - 1], [float(x) for x in file.PixelSpacing]
        assert corner[0] + spacing[1] * (file.Columns - 1) / 2 == pytest.approx(0)
        assert corner[1] + spacing[0] * (file.Rows - 1) / 2 == pytest.approx(0)
    assert len({file.FrameOfReferenceUID for file in slices}) == 1


def test_windows_and_hounsfield_units(paths):
    file = dicomkit.read(paths[0])
    assert [(window.center, window.width, window.explanation) for window in file.all_window_settings()] == [
        (40, 400, "SOFT TISSUE"),
        (-600, 1500, "LUNG"),
    ]
    hu = file.pixel_data().values()
    assert hu.min() == -1024
    assert 500 < hu.max() < 2000  # bone
    assert abs(np.median(hu[255:257, 150:160]) - 108) < 25  # liver, on the left of the picture as the patient's right is


def test_the_secondary_capture_is_in_colour(paths):
    picture = files_by_name(paths)["secondary_capture.dcm"].render_frame()
    assert picture.shape == (512, 512, 3)
    yellow = (picture[..., 0] > 200) & (picture[..., 1] > 150) & (picture[..., 2] < 60)
    assert 100 < yellow.sum() < 3000


def test_type_1_and_2_attributes_of_ct(paths):
    file = dicomkit.read(paths[0])
    keywords = [
        "PatientName", "PatientID", "PatientBirthDate", "PatientSex", "StudyInstanceUID", "StudyDate", "StudyTime",
        "ReferringPhysicianName", "StudyID", "AccessionNumber", "Modality", "SeriesInstanceUID", "SeriesNumber",
        "FrameOfReferenceUID", "PositionReferenceIndicator", "Manufacturer", "InstanceNumber", "ImageType", "PixelSpacing",
        "ImageOrientationPatient", "ImagePositionPatient", "SliceThickness", "SamplesPerPixel", "PhotometricInterpretation", "Rows",
        "Columns", "BitsAllocated", "BitsStored", "HighBit", "PixelRepresentation", "RescaleIntercept", "RescaleSlope", "KVP",
        "AcquisitionNumber", "SOPClassUID", "SOPInstanceUID", "PatientPosition", "SpecificCharacterSet",
    ]  # fmt: skip
    for keyword in keywords:
        assert keyword in file.data_set, keyword


def test_the_same_bytes_every_time(paths, tmp_path):
    again = write_samples(tmp_path, slice_count=SLICES)
    assert [hashlib.sha256(path.read_bytes()).digest() for path in again] == [hashlib.sha256(p.read_bytes()).digest() for p in paths]
