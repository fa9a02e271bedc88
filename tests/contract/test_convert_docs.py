"""The pages about codecs and colours are true: their examples run, their tables are what happens."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import numpy as np
import pytest

import dicomkit
from dicomkit.cli.entry import run
from dicomkit.errors import PixelDataError
from dicomkit.testing import FrameShape, image_file
from tests.conftest import need_encoder

DOCS = Path(__file__).resolve().parents[2] / "docs"
CONVERT = (DOCS / "how-to" / "convert.md").read_text(encoding="utf-8")
COLOUR = (DOCS / "explanation" / "colour.md").read_text(encoding="utf-8")
ENCODING = re.findall(r"^\| ([^|]+?) \| ([^|]+?) \| ([^|]+?) \|$", COLOUR.partition("## Encoding")[2], re.MULTILINE)[2:]
SYNTAXES = {
    "lossy JPEG": ("JPEGBaseline8Bit", "JPEGExtended12Bit"),
    "lossless": ("RLELossless", "JPEGLosslessSV1", "JPEGLSLossless", "JPEG2000Lossless", "HTJ2KLossless", "JPEGXLLossless"),
}


def image(pixels, colors="MONOCHROME2", **attributes):
    rows, columns = pixels.shape[:2]
    samples = 3 if colors in ("RGB", "YBR_FULL", "YBR_FULL_422") else 1
    attributes = {"rows": rows, "columns": columns, "bits_allocated": pixels.itemsize * 8} | attributes
    return image_file(FrameShape(samples_per_pixel=samples, photometric_interpretation=colors, **attributes), pixels.tobytes())


@pytest.fixture
def here(tmp_path, monkeypatch):
    for keywords in SYNTAXES.values():
        for keyword in keywords:
            need_encoder(keyword)
    monkeypatch.chdir(tmp_path)
    noise = np.random.default_rng(2).normal(0, 20, (64, 64))
    ct = (np.add.outer(np.arange(64), np.arange(64)) * 20 + 800 + noise).astype(np.uint16)
    (tmp_path / "ct.dcm").write_bytes(image(ct, bits_stored=12))
    (tmp_path / "us.dcm").write_bytes(image(np.stack([(ct >> 4).astype(np.uint8)] * 3, axis=-1), "RGB"))
    return tmp_path


def test_the_examples_in_python(here):
    names = {}
    for block in re.findall(r"```python\n(.*?)```", CONVERT, re.DOTALL):
        exec(compile(block, "convert.md", "exec"), names)
    assert np.array_equal(dicomkit.read("ct-j2k.dcm").pixel_data().array(), dicomkit.read("ct.dcm").pixel_data().array())


def test_the_examples_on_the_command_line(here, capsys):
    lines = [line.partition("#")[0] for line in CONVERT.splitlines() if line.startswith("dicomkit ")]
    assert len(lines) == 6
    (here / "image.dcm").write_bytes((here / "ct.dcm").read_bytes())
    for folder in ("study", "my-files", "compressed"):
        (here / folder).mkdir()
        dicomkit.read("ct.dcm").transcode("RLELossless").write(here / folder / "1.dcm")
    for line in lines:
        assert run(shlex.split(line)[1:] if "--plot" not in line else shlex.split(line)[1:4]) == 0, line
    capsys.readouterr()
    assert dicomkit.read(here / "native" / "1.dcm").transfer_syntax.keyword == "ExplicitVRLittleEndian"
    assert float(dicomkit.read(here / "preview" / "1.dcm").LossyImageCompressionRatio) >= 15


def expected(target):
    """The transfer syntaxes that the second column means."""
    if target.startswith("JPEG Baseline"):
        return ("JPEGBaseline8Bit", "JPEGExtended12Bit")
    if target.startswith("everything without loss"):
        return tuple(key for key in SYNTAXES["lossless"] if "but JPEG XL" not in target or key != "JPEGXLLossless")
    if target.startswith("RLE"):
        return ("RLELossless", "JPEGLossless", "JPEGLosslessSV1", "JPEGLSLossless", "JPEGXLLossless")
    kinds = {"JPEG 2000": "JPEG2000", "HTJ2K": "HTJ2K", "JPEG XL": "JPEGXL"}
    suffix = "Lossless" if "without loss" in target else ""
    return tuple(key + suffix for name, key in kinds.items() if name in target)


def source(colors):
    ramp = (np.add.outer(np.arange(16), np.arange(16)) * 4 + 60).astype(np.uint8)
    if colors == "YBR_FULL_422":        # two bytes a pixel
        return dicomkit.read(image(np.concatenate([ramp, ramp], axis=1), colors, columns=16))
    is_color = colors in ("RGB", "YBR_FULL")
    return dicomkit.read(image(np.stack([ramp, ramp // 2 + 60, 255 - ramp], axis=-1) if is_color else ramp, colors))


@pytest.mark.parametrize(("origins", "target", "result"), ENCODING, ids=[f"{row[0]}-{row[1]}".replace(" ", "_") for row in ENCODING])
def test_the_table_of_colours(here, origins, target, result):
    for colors in origins.split(", "):
        for keyword in expected(target):
            found = str(source(colors).transcode(keyword).PhotometricInterpretation)
            if "made RGB first" in result:
                found_from_rgb = str(source("RGB").transcode(keyword).PhotometricInterpretation)
                assert found == found_from_rgb, keyword
            else:
                assert result.startswith(found), keyword


def test_nothing_lossy_takes_a_palette(here):
    for keyword in ("JPEGBaseline8Bit", "JPEG2000", "HTJ2K", "JPEGXL", "JPEGLSNearLossless"):
        with pytest.raises(PixelDataError, match="palette"):
            source("PALETTE COLOR").transcode(keyword)
