"""``dicomkit info``, and the geometry it tells."""

from __future__ import annotations

import math

import pytest

from dicomkit.cli.geometry import Plane, stack_planes

AXIAL = [1.0, 0.0, 0.0, 0.0, 1.0, 0.0]


def test_one_file_is_a_card(dicomkit, write_image):
    path = write_image(WindowCenter="40\\-600", WindowWidth="400\\1500", RescaleSlope="1", RescaleIntercept="-1024", RescaleType="HU",
                       PatientAge="042Y", Manufacturer="Maker")  # fmt: skip
    outcome = dicomkit("info", path)
    assert outcome.code == 0
    for part in (
        "Explicit VR Little Endian", "CT Image Storage, 2.25.11", "Doe, Jane  ID P1  sex F  age 042Y", "2024-02-29 09:15  Chest",
        "Series 7  CT  Axial  instance 1", "1 of 3 x 2, 8 bit, MONOCHROME2", "axial, pixels 0.25 x 0.5 mm, slices 2.5 mm thick",
        "40/400, -600/1500", "stored x 1 - 1024 = HU", "Maker",
    ):  # fmt: skip
        assert part in outcome.out


def test_folders_are_patients_studies_and_series(dicomkit, write_image, tmp_path):
    for number in range(1, 6):
        write_image(f"a/{number}.dcm", number)
    write_image("b/other.dcm", 9, SeriesInstanceUID="2.25.4", SeriesNumber=2, SeriesDescription="Sharp")
    write_image("b/patient.dcm", 10, PatientID="P2", PatientName="Roe^Richard", StudyInstanceUID="2.25.5", SeriesInstanceUID="2.25.6")
    (tmp_path / "b" / "notes.txt").write_text("x")
    outcome = dicomkit("info", tmp_path)
    lines = [line.strip() for line in outcome.out.splitlines()]
    assert outcome.code == 0
    assert lines[0].startswith("7 files, ")
    assert lines[0].endswith("2 patients, 2 studies, 3 series")
    assert lines.index("Series 2  CT  Sharp") < lines.index("Series 7  CT  Axial")
    assert "images    5 of 3 x 2, 8 bit, MONOCHROME2" in lines
    assert "geometry  axial, pixels 0.25 x 0.5 mm, slices 2.5 mm thick, 5 positions 2.5 mm apart over 10 mm" in lines
    assert "Roe, Richard  ID P2  sex F" in lines
    assert "1 other file, not DICOM" in lines


def test_what_is_odd_about_a_series(dicomkit, write_image, tmp_path):
    for number in (1, 2, 4, 5):
        write_image(f"{number}.dcm", number)
    write_image("twin.dcm", 5, Rows=1, Columns=6)
    (tmp_path / "bad.dcm").write_bytes(write_image("bad.dcm").read_bytes()[:400])
    outcome = dicomkit("info", tmp_path)
    assert outcome.code == 1
    assert "1 slice missing" in outcome.out
    assert "1 file has the SOP Instance UID of another" in outcome.out
    assert "2 different sizes" in outcome.out
    assert "1 file could not be read" in outcome.out
    assert f"{tmp_path / 'bad.dcm'}: " in outcome.out


def test_frames_of_an_enhanced_image(dicomkit, write_image):
    frames = [[(0x00209113, "SQ", [[(0x00200032, "DS", f"0\\0\\{z}")]])] for z in (0, 3)]
    shared = [[(0x00209116, "SQ", [[(0x00200037, "DS", "1\\0\\0\\0\\0\\-1")]])]]
    changes = {"SharedFunctionalGroupsSequence": shared, "PerFrameFunctionalGroupsSequence": frames}
    path = write_image(ImagePositionPatient=None, ImageOrientationPatient=None, NumberOfFrames=2, Rows=1, **changes)
    for outcome in (dicomkit("info", path), dicomkit("info", path.parent)):
        assert "2 of 3 x 1" in outcome.out
        assert "coronal, pixels 0.25 x 0.5 mm, slices 2.5 mm thick" in outcome.out


def test_nothing_to_tell_of(dicomkit, tmp_path):
    (tmp_path / "x.txt").write_text("x")
    assert dicomkit("info", tmp_path).code == 1
    assert dicomkit("info", tmp_path / "x.txt").code == 1
    assert dicomkit("info").code == 2
    assert dicomkit("info", tmp_path / "absent").code == 2


def test_files_that_lack_everything(dicomkit, tmp_path):
    from dicomkit.testing import data_set, part10

    (tmp_path / "x").write_bytes(part10(data_set([(0x00280010, "US", 1)])))
    assert dicomkit("info", tmp_path / "x").code == 0
    assert "no name  ID missing" in dicomkit("info", tmp_path).out


# Geometry.


def planes(positions, orientation=AXIAL):
    return [Plane.of([0.0, 0.0, float(z)], orientation) for z in positions]


@pytest.mark.parametrize(("orientation", "name"), [
    (AXIAL, "axial"), ([1.0, 0, 0, 0, 0, -1.0], "coronal"), ([0, 1.0, 0, 0, 0, -1.0], "sagittal"),
    ([1.0, 0, 0, 0, math.cos(0.2), math.sin(0.2)], "oblique axial"),
])  # fmt: skip
def test_names_of_planes(orientation, name):
    assert stack_planes([Plane.of([0.0, 0.0, 0.0], [float(part) for part in orientation])]).name == name


def test_distances_are_along_the_normal_whatever_the_order():
    stack = stack_planes(planes([5, 0, 10, 2.5, 7.5]))
    assert (stack.positions, stack.spacing, stack.extent, stack.problems) == (5, 2.5, 10, ())


@pytest.mark.parametrize(("positions", "problem"), [
    ([0, 1, 2, 5, 6], "2 slices missing"), ([0, 1, 2.2, 3.2], "uneven distances, 1 to 1.2 mm"),
    ([0, 1, 2, 2], "4 images share 3 positions unevenly"),
])  # fmt: skip
def test_problems_of_stacks(positions, problem):
    assert stack_planes(planes(positions)).problems == (problem,)


def test_several_times_at_each_position_are_no_problem():
    stack = stack_planes(planes([0, 1, 2] * 4))
    assert (stack.positions, stack.problems) == (3, ())


def test_a_localizer_among_the_slices_is_told():
    stack = stack_planes([*planes([0, 1, 2]), *planes([0], [1.0, 0.0, 0.0, 0.0, 0.0, -1.0])])
    assert stack.problems == ("1 of 4 are not parallel to the first",)


@pytest.mark.parametrize("orientation", [None, "text", [1.0] * 5, [0.0] * 6, [float("nan")] * 6])
def test_damaged_orientations_are_none(orientation):
    assert stack_planes([Plane.of([0.0, 0.0, 0.0], orientation)]) is None
