"""``dicomkit render`` (REND-1, REND-2, REND-3, REND-11)."""

from __future__ import annotations

import pytest


def picture(path):
    imagecodecs = pytest.importorskip("imagecodecs")
    return imagecodecs.png_decode(path.read_bytes()).tolist()


def test_a_frame_goes_to_a_png_of_the_same_name_in_this_folder(dicomkit, write_image, tmp_path, monkeypatch):
    path = write_image("deep/ct.dcm", BitsStored=8)
    monkeypatch.chdir(tmp_path)
    outcome = dicomkit("render", path)
    assert (outcome.code, outcome.out) == (0, "ct.png: 3 x 2, grey\n")
    assert picture(tmp_path / "ct.png") == [[0, 51, 102], [154, 205, 255]]    # a width of 255 is 254 steps (PS3.3 C.11.2.1.2.1)


def test_the_stored_window_is_used_another_or_none(dicomkit, write_image, tmp_path):
    path, out = write_image(WindowCenter=51, WindowWidth=1), tmp_path / "x.png"
    assert dicomkit("render", path, "-o", out).code == 0
    assert picture(out) == [[0, 255, 255], [255, 255, 255]]
    dicomkit("render", path, "-o", out, "--window", "204/1")
    assert picture(out) == [[0, 0, 0], [0, 255, 255]]
    dicomkit("render", path, "-o", out, "--window", "-600/1")
    assert picture(out) == [[255, 255, 255], [255, 255, 255]]
    dicomkit("render", path, "-o", out, "--window", "auto")
    assert picture(out) == [[0, 51, 102], [154, 205, 255]]


def test_frames_are_counted_from_1(dicomkit, write_image, tmp_path):
    path, out = write_image(NumberOfFrames=2, Rows=1), tmp_path / "x.png"
    assert dicomkit("render", path, "-o", out, "--frame", 2, "--window", "153/1").code == 0
    assert picture(out) == [[255, 255, 255]]
    outcome = dicomkit("render", path, "-o", out, "--frame", 3)
    assert outcome.code == 2
    assert "has 2 frames" in outcome.err
    assert dicomkit("render", path, "-o", out, "--frame", 0).code == 2


def test_colour(dicomkit, write_image, tmp_path):
    path = write_image(SamplesPerPixel=3, PhotometricInterpretation="RGB", PlanarConfiguration=0, Rows=1, Columns=2)
    outcome = dicomkit("render", path, "-o", tmp_path / "x.png")
    assert outcome.out.endswith("x.png: 2 x 1, RGB\n")
    assert picture(tmp_path / "x.png") == [[[0, 51, 102], [153, 204, 255]]]


@pytest.mark.parametrize("window", ["40", "40/", "/400", "40/0", "40/-1", "nan/1", "a/b", "40/inf", ""])
def test_what_is_no_window(dicomkit, write_image, window):
    outcome = dicomkit("render", write_image(), "--window", window)
    assert outcome.code == 2
    assert "40/400" in outcome.err


def test_what_has_no_picture(dicomkit, write_image, tmp_path):
    outcome = dicomkit("render", write_image(PixelData=None), "-o", tmp_path / "x.png")
    assert (outcome.code, outcome.err) == (1, "dicomkit: error: PixelData is missing; rendering needs it\n")
    assert not (tmp_path / "x.png").exists()


def test_outputs_that_cannot_be(dicomkit, write_image, tmp_path):
    path = write_image()
    assert dicomkit("render", path, "-o", tmp_path).code == 2
    assert dicomkit("render", path, "-o", tmp_path / "x.jpg").code == 2
    outcome = dicomkit("render", path, "-o", tmp_path / "absent" / "x.png")
    assert outcome.code == 1
    assert outcome.err == f"dicomkit: error: {tmp_path / 'absent' / 'x.png'}: No such file or directory\n"
