"""``dicomkit convert``."""

from __future__ import annotations

import numpy as np
import pytest

import dicomkit as library
from dicomkit.cli import convert as module
from tests.conftest import need_encoder

TO = "DeflatedImageFrameCompression"


def read(path):
    return library.read(path, strict=True)


@pytest.fixture
def folder(write_image, tmp_path):
    """A folder with two images, a damaged one, one without pixels, and what is no DICOM."""
    write_image("in/a/1.dcm", 1)
    write_image("in/b/2.dcm", 2)
    write_image("in/broken.dcm", 3, Rows=200)
    write_image("in/report.dcm", 4, PixelData=None)
    (tmp_path / "in" / "notes.txt").write_text("x")
    return tmp_path / "in"


def test_a_file(dicomkit, write_image, tmp_path):
    source = write_image()
    outcome = dicomkit("convert", source, tmp_path / "out.dcm", "--to", TO)
    assert (outcome.code, outcome.out) == (0, "")
    assert outcome.err.startswith("1 file converted, ")
    assert read(tmp_path / "out.dcm").transfer_syntax.keyword == TO
    assert np.array_equal(read(tmp_path / "out.dcm").pixel_data().array(), read(source).pixel_data().array())


def test_a_file_into_a_folder(dicomkit, write_image, tmp_path):
    (tmp_path / "out").mkdir()
    assert dicomkit("convert", write_image(), tmp_path / "out", "--to", "ImplicitVRLittleEndian").code == 0
    assert read(tmp_path / "out" / "image.dcm").transfer_syntax.keyword == "ImplicitVRLittleEndian"


@pytest.mark.parametrize("workers", [1, 3])
def test_a_folder_in_which_one_file_fails(dicomkit, folder, tmp_path, workers):
    outcome = dicomkit("convert", folder, tmp_path / "out", "--to", TO, "--workers", workers)
    assert outcome.code == 1
    assert f"dicomkit: error: {folder / 'broken.dcm'}: pixel data has 6 bytes" in outcome.err
    assert outcome.err.splitlines()[-1].startswith("3 files converted, ")
    assert outcome.err.splitlines()[-1].endswith("1 of them without pixels, 1 failed, 1 not DICOM")
    written = sorted(str(path.relative_to(tmp_path / "out")) for path in (tmp_path / "out").rglob("*") if path.is_file())
    assert written == ["a/1.dcm", "b/2.dcm", "report.dcm"]
    assert read(tmp_path / "out/b/2.dcm").transfer_syntax.keyword == TO
    assert read(tmp_path / "out/report.dcm").transfer_syntax.keyword == "ExplicitVRLittleEndian"


def test_nothing_is_overwritten_unless_asked(dicomkit, write_image, tmp_path):
    source = write_image()
    target = write_image("out.dcm", 2)
    before = target.read_bytes()
    outcome = dicomkit("convert", source, target, "--to", TO)
    assert outcome.code == 1
    assert "--overwrite" in outcome.err
    assert target.read_bytes() == before
    assert dicomkit("convert", source, target, "--to", TO, "--overwrite").code == 0
    assert read(target).SOPInstanceUID == read(source).SOPInstanceUID
    assert dicomkit("convert", source, source, "--to", TO, "--overwrite").code == 0     # in its place
    assert read(source).transfer_syntax.keyword == TO


def test_a_folder_in_its_place(dicomkit, folder):
    assert dicomkit("convert", folder, folder, "--to", TO, "--overwrite").code == 1
    assert read(folder / "a/1.dcm").transfer_syntax.keyword == TO
    assert library.read(folder / "broken.dcm").transfer_syntax.keyword == "ExplicitVRLittleEndian"


def test_large_images_are_written_frame_by_frame(dicomkit, write_image, tmp_path, monkeypatch):
    pixels = np.random.default_rng(0).integers(0, 255, (5, 2, 3)).astype(np.uint8)
    source = write_image("frames.dcm", NumberOfFrames=5, PixelData=pixels.tobytes())
    assert dicomkit("convert", source, tmp_path / "deflated.dcm", "--to", TO).code == 0
    monkeypatch.setattr(module, "STREAMED_BYTES", 7)
    outcome = dicomkit("convert", tmp_path / "deflated.dcm", tmp_path / "native.dcm", "--to", "ExplicitVRBigEndian")
    assert outcome.code == 0
    native = read(tmp_path / "native.dcm")
    assert native.transfer_syntax.keyword == "ExplicitVRBigEndian"
    assert np.array_equal(native.pixel_data().array(), pixels)


def test_options_go_to_the_encoder(dicomkit, write_image, tmp_path):
    need_encoder("JPEGBaseline8Bit")
    pixels = np.add.outer(np.arange(64), np.arange(64)).astype(np.uint8)
    source = write_image(Rows=64, Columns=64, PixelData=pixels.tobytes())
    sizes = {}
    for quality in (5, 95):
        assert dicomkit("convert", source, tmp_path / f"{quality}.dcm", "--to", "JPEGBaseline8Bit", "--quality", quality).code == 0
        sizes[quality] = read(tmp_path / f"{quality}.dcm")["PixelData"].value_length
    assert sizes[5] < sizes[95]
    assert dicomkit("convert", source, tmp_path / "x.dcm", "--to", "JPEGBaseline8Bit", "--ratio", 8).code == 0
    assert float(read(tmp_path / "x.dcm").LossyImageCompressionRatio) >= 8


@pytest.mark.parametrize("name", ["JPEG2000Losless", "MediaStorageDirectoryStorage", ""])
def test_transfer_syntaxes_that_are_none(dicomkit, write_image, tmp_path, name):
    outcome = dicomkit("convert", write_image(), tmp_path / "out.dcm", "--to", name)
    assert outcome.code == 2
    assert "is no transfer syntax of PS3.6" in outcome.err
    assert name != "JPEG2000Losless" or "did you mean JPEG2000Lossless" in outcome.err


def test_options_that_nobody_would_take(dicomkit, write_image, tmp_path):
    outcome = dicomkit("convert", write_image(), tmp_path / "out.dcm", "--to", "ExplicitVRBigEndian", "--quality", 50)
    assert outcome.code == 2
    assert "Explicit VR Big Endian has no encoder to be told quality" in outcome.err
    assert not (tmp_path / "out.dcm").exists()


def test_wrong_use(dicomkit, folder, write_image, tmp_path):
    assert dicomkit("convert", folder, write_image("there.dcm"), "--to", TO).code == 2
    assert dicomkit("convert", tmp_path / "missing", tmp_path / "out", "--to", TO).code == 2
    outcome = dicomkit("convert", folder / "notes.txt", tmp_path / "out", "--to", TO)
    assert outcome.code == 1        # it was named, so it should have been DICOM
    assert "notes.txt" in outcome.err
    (tmp_path / "empty").mkdir()
    assert dicomkit("convert", tmp_path / "empty", tmp_path / "out", "--to", TO).code == 1
