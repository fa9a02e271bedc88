"""``dicomkit render`` (REND-1, REND-2, REND-3, REND-11)."""

from __future__ import annotations

import os
import subprocess
import sys
from functools import partial

import pytest


@pytest.fixture
def write_square(write_image):
    """Write an image with square pixels; return its path."""
    return partial(write_image, PixelSpacing=None)


def picture(path):
    imagecodecs = pytest.importorskip("imagecodecs")
    return imagecodecs.png_decode(path.read_bytes()).tolist()


def test_a_frame_goes_to_a_png_of_the_same_name_in_this_folder(dicomkit, write_square, tmp_path, monkeypatch):
    path = write_square("deep/ct.dcm", BitsStored=8)
    monkeypatch.chdir(tmp_path)
    outcome = dicomkit("render", path)
    assert (outcome.code, outcome.out) == (0, "ct.png: 3 x 2, grey\n")
    assert picture(tmp_path / "ct.png") == [[0, 51, 102], [154, 205, 255]]    # a width of 255 is 254 steps (PS3.3 C.11.2.1.2.1)


def test_the_stored_window_is_used_another_or_none(dicomkit, write_square, tmp_path):
    path, out = write_square(WindowCenter=51, WindowWidth=1), tmp_path / "x.png"
    assert dicomkit("render", path, "-o", out).code == 0
    assert picture(out) == [[0, 255, 255], [255, 255, 255]]
    dicomkit("render", path, "-o", out, "--window", "204/1")
    assert picture(out) == [[0, 0, 0], [0, 255, 255]]
    dicomkit("render", path, "-o", out, "--window", "-600/1")
    assert picture(out) == [[255, 255, 255], [255, 255, 255]]
    dicomkit("render", path, "-o", out, "--window", "auto")
    assert picture(out) == [[0, 51, 102], [154, 205, 255]]


def test_frames_are_counted_from_1(dicomkit, write_square, tmp_path):
    path, out = write_square(NumberOfFrames=2, Rows=1), tmp_path / "x.png"
    assert dicomkit("render", path, "-o", out, "--frame", 2, "--window", "153/1").code == 0
    assert picture(out) == [[255, 255, 255]]
    outcome = dicomkit("render", path, "-o", out, "--frame", 3)
    assert outcome.code == 2
    assert "has 2 frames" in outcome.err
    assert dicomkit("render", path, "-o", out, "--frame", 0).code == 2


def test_colour(dicomkit, write_square, tmp_path):
    path = write_square(SamplesPerPixel=3, PhotometricInterpretation="RGB", PlanarConfiguration=0, Rows=1, Columns=2)
    outcome = dicomkit("render", path, "-o", tmp_path / "x.png")
    assert outcome.out.endswith("x.png: 2 x 1, RGB\n")
    assert picture(tmp_path / "x.png") == [[[0, 51, 102], [153, 204, 255]]]


def test_windows_by_name(dicomkit, write_square, tmp_path):
    path = write_square(WindowCenter=[51, 204], WindowWidth=[1, 1], WindowCenterWidthExplanation=["LOW", "HIGH END"])
    out = tmp_path / "x.png"
    assert dicomkit("render", path, "-o", out, "--window", "high end").code == 0
    assert picture(out) == [[0, 0, 0], [0, 255, 255]]
    assert dicomkit("render", path, "-o", out, "--window", "lung").code == 0
    outcome = dicomkit("render", path, "-o", out, "--window", "high")
    assert (outcome.code, "soft tissue" in outcome.err) == (1, True)


def test_sizes_have_square_pixels(dicomkit, write_image, tmp_path):
    path, out = write_image(), tmp_path / "x.png"    # pixels twice as high as wide
    assert dicomkit("render", path, "-o", out, "--size", 8).out.endswith("x.png: 6 x 8, grey\n")
    assert dicomkit("render", path, "-o", out, "--size", 0).code == 2
    assert dicomkit("render", path, "-o", out, "--size", 40000).code == 2


def test_overlays_are_drawn_if_asked_for(dicomkit, write_overlay, tmp_path):
    out = tmp_path / "x.png"
    assert dicomkit("render", write_overlay, "-o", out).code == 0
    assert picture(out) == [[0, 0, 0], [0, 0, 0]]
    assert dicomkit("render", write_overlay, "-o", out, "--overlay").code == 0
    assert picture(out) == [[255, 0, 0], [0, 0, 255]]


@pytest.fixture
def write_overlay(tmp_path):
    """A black image with an overlay on its first and last pixel."""
    from dicomkit.testing import data_set, file_meta, part10

    attributes = [
        (0x00280002, "US", 1), (0x00280004, "CS", "MONOCHROME2"), (0x00280010, "US", 2), (0x00280011, "US", 3), (0x00280100, "US", 8),
        (0x00280101, "US", 8), (0x00280102, "US", 7), (0x00280103, "US", 0), (0x00281050, "DS", "128"), (0x00281051, "DS", "256"),
        (0x60000010, "US", 2), (0x60000011, "US", 3), (0x60000040, "CS", "G"), (0x60000050, "SS", [1, 1]),
        (0x60000100, "US", 1), (0x60000102, "US", 0),
        (0x60003000, "OW", bytes([0b100001, 0])), (0x7FE00010, "OW", bytes(6)),
    ]  # fmt: skip
    path = tmp_path / "overlay.dcm"
    uid = "1.2.840.10008.1.2.1"
    path.write_bytes(part10(data_set(attributes), uid, meta=file_meta(uid, sop_class_uid="1.2.840.10008.5.1.4.1.1.7")))
    return path


@pytest.mark.parametrize("window", ["40", "40/", "/400", "40/0", "40/-1", "nan/1", "a/b", "40/inf", ""])
def test_what_is_no_window(dicomkit, write_image, window):
    outcome = dicomkit("render", write_image(), "--window", window)
    assert outcome.code == 2
    assert "40/400" in outcome.err


def test_what_has_no_picture(dicomkit, write_image, tmp_path):
    path = write_image(PixelData=None)
    outcome = dicomkit("render", path, "-o", tmp_path / "x.png")
    assert (outcome.code, outcome.err) == (1, f"dicomkit: error: {path}: PixelData is missing; rendering needs it\n")
    assert not (tmp_path / "x.png").exists()


def test_outputs_that_cannot_be(dicomkit, write_image, tmp_path):
    path = write_image()
    assert dicomkit("render", path, "-o", tmp_path).code == 2
    assert dicomkit("render", path, "-o", tmp_path / "x.jpg").code == 2
    outcome = dicomkit("render", path, "-o", tmp_path / "absent" / "x.png")
    assert outcome.code == 1
    assert outcome.err == f"dicomkit: error: {tmp_path / 'absent' / 'x.png'}: No such file or directory\n"


def test_no_file_is_written_over_that_is_read(dicomkit, write_image, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = write_image("img.png")
    (write_image("IM2.gif", 2), write_image("IM3", 3))
    os.symlink("img.png", "linked.png")
    os.link("img.png", "twin.png")
    before = {name: (tmp_path / name).read_bytes() for name in os.listdir(tmp_path)}
    for arguments in (["img.png"], ["IM3", "-o", "IM3"], ["IM2.gif", "-o", tmp_path / "IM2.gif"], ["linked.png", "-o", path],
                      ["img.png", "-o", "linked.png"], ["img.png", "-o", "twin.png"], ["twin.png", "-o", "./img.png", "--sheet"],
                      [".", "--sheet", "-o", "img.png"], [".", "--animate", "--series", 99, "-o", "img.png"]):  # fmt: skip
        outcome = dicomkit("render", *arguments)
        assert (outcome.code, outcome.out, "over a file that is read" in outcome.err) == (2, "", True), arguments
    assert {name: (tmp_path / name).read_bytes() for name in os.listdir(tmp_path)} == before


def test_a_sheet_may_be_written_again_to_the_folder_that_it_is_of(dicomkit, write_image, tmp_path):
    write_image()
    for _ in range(2):
        assert dicomkit("render", tmp_path, "--sheet", "-o", tmp_path / "sheet.png").code == 0


@pytest.mark.parametrize(("name", "options"), [("x.png", []), ("x.png", ["--sheet"]), ("x.png", ["--animate"]), ("x.gif", [])])
def test_a_picture_is_whole_or_the_one_before(dicomkit, write_image, tmp_path, name, options, limited):
    path, target = write_image(), tmp_path / name
    target.write_bytes(b"the picture before")
    with limited("FSIZE", 50):
        outcome = dicomkit("render", path, "-o", target, *options)
    assert (outcome.code, outcome.out, outcome.err) == (1, "", f"dicomkit: error: {target}: File too large\n")
    assert target.read_bytes() == b"the picture before"
    assert sorted(os.listdir(tmp_path)) == sorted([path.name, name])


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no device that is always full")
@pytest.mark.parametrize("options", [[], ["--animate"]])
def test_an_output_that_is_full_is_named(write_image, options):
    with open("/dev/full", "wb") as full:
        command = [sys.executable, "-m", "dicomkit", "render", str(write_image()), "-o", "-", *options]
        outcome = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert (outcome.returncode, outcome.stderr) == (1, "dicomkit: error: standard output: No space left on device\n")


def test_colour_has_no_window(dicomkit, write_image, tmp_path):
    path = write_image(SamplesPerPixel=3, PhotometricInterpretation="RGB", PlanarConfiguration=0, Rows=1, Columns=2)
    for options in ([], ["--sheet"], ["--animate"]):
        outcome = dicomkit("render", path, "-o", tmp_path / "x.png", "--window", "lungx", *options)
        assert (outcome.code, "colour have no window" in outcome.err) == (2, True)
    write_image("grey.dcm")
    assert dicomkit("render", tmp_path, "-o", tmp_path / "x.png", "--window", "lung", "--sheet").code == 0


def test_a_single_picture_is_of_no_series(dicomkit, write_image, tmp_path):
    outcome = dicomkit("render", write_image(), "-o", tmp_path / "x.png", "--series", 99)
    assert (outcome.code, "--series is for --sheet and --animate" in outcome.err) == (2, True)


def test_errors_name_the_file_once(dicomkit, write_image, tmp_path):
    path, nothing = write_image(), tmp_path / "text.txt"
    nothing.write_text("text " * 100)
    outcome = dicomkit("render", path, "-o", tmp_path / "x.png", "--window", "lungx")
    assert outcome.err.startswith(f"dicomkit: error: {path}: no window of that name")
    outcome = dicomkit("render", nothing, "-o", tmp_path / "x.png")
    assert (outcome.code, outcome.err.count(str(nothing))) == (1, 1)


@pytest.mark.parametrize(("changes", "expected"), [
    ({"PixelSpacing": [0.5, 0.25]}, [[0, 200], [50, 150], [150, 50], [200, 0]]),        # twice as high as wide
    ({"PixelAspectRatio": [2, 1]}, [[0, 200], [50, 150], [150, 50], [200, 0]]),
    ({"PixelAspectRatio": [1, 2]}, [[0, 50, 150, 200], [200, 150, 50, 0]]),
    ({"PixelSpacing": [0.5, 0.499]}, [[0, 200], [200, 0]]),                             # nobody sees it
])  # fmt: skip
def test_pixels_become_square(dicomkit, write_square, tmp_path, changes, expected):
    pixels = {"Columns": 2, "PixelData": bytes([0, 200, 200, 0]), "WindowCenter": 128, "WindowWidth": 256}
    path, out = write_square(**pixels, **changes), tmp_path / "x.png"
    assert dicomkit("render", path, "-o", out).code == 0
    assert picture(out) == expected
    assert dicomkit("render", path, "-o", out, "--no-aspect").code == 0
    assert picture(out) == [[0, 200], [200, 0]]
    assert dicomkit("render", path, "-o", out, "--no-aspect", "--size", 10).out.endswith(": 10 x 10, grey\n")


def test_no_side_grows_beyond_the_largest(dicomkit, write_image, tmp_path):
    path = write_image(Rows=4000, Columns=1, PixelData=bytes(4000), PixelSpacing=[10, 1])
    assert dicomkit("render", path, "-o", tmp_path / "x.png").out.endswith(": 1 x 32768, grey\n")
