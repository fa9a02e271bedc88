"""``dicomkit codecs`` and ``dicomkit codecs bench``."""

from __future__ import annotations

import json
import sys

import numpy as np
import pytest

from dicomkit import codecs, uids
from dicomkit.cli import codecs as listing
from dicomkit.cli import codecs_bench
from dicomkit.codecs import CodecRegistry
from dicomkit.codecs.discovery import Plugin
from dicomkit.testing import encapsulated
from tests.unit.codecs.fakes import Both, Decoder, Encoder


class Lossless:
    """Keeps frames as they are, but for what is odd."""

    def __init__(self, name="keeper", uid=uids.RLELossless, loss=0):
        self.name, self.priority, self.transfer_syntax_uids, self.loss = name, 50, (uid,), loss

    def decode_frame(self, encoded, descriptor, out):
        out[...] = np.frombuffer(encoded, out.dtype).reshape(out.shape)
        return descriptor.photometric_interpretation

    def encode_frame(self, pixels, descriptor, options):
        if descriptor.samples_per_pixel == 3:
            raise ValueError("no colours")
        return codecs.EncodedFrame((pixels ^ self.loss).tobytes(), descriptor.photometric_interpretation, bool(self.loss))


@pytest.fixture
def use(monkeypatch):
    """Have the commands see some plugins and no others."""

    def set_up(*plugins):
        registry = CodecRegistry(lambda: plugins)
        monkeypatch.setattr(listing, "registry", registry)
        monkeypatch.setattr(codecs_bench, "registry", registry)
        return registry

    return set_up


def test_the_list(dicomkit, use):
    use(
        Plugin("fast", "fast-codec", "1.2", (Both("fast", 200), Encoder("writer", 1, (uids.JPEG2000,)))),
        Plugin("slow", "slow-codec", "0.1", (Decoder("slow", 100),)),
    )
    outcome = dicomkit("codecs")
    assert outcome.code == 0
    rows = [line.split() for line in outcome.out.splitlines()]
    assert ["RLELossless", uids.RLELossless, "fast", "yes", "yes", "fast-codec", "1.2"] in rows
    assert ["RLELossless", uids.RLELossless, "slow", "yes", "no", "slow-codec", "0.1", "not", "used:"] in [row[:9] for row in rows]
    assert ["JPEG2000", uids.JPEG2000, "writer", "no", "yes", "fast-codec", "1.2"] in rows
    assert [row[2] for row in rows if row[0] == "RLELossless"] == ["fast", "slow"]
    assert "dicomkit-jpegls would add 2 transfer syntaxes: JPEGLSLossless, JPEGLSNearLossless" in outcome.out
    assert "DeflatedImageFrameCompression" in outcome.out


def test_a_broken_plugin_is_told_with_its_reason(dicomkit, use):
    use(Plugin("bad", "dicomkit-rle", "9", error=ImportError("libx.so.1: no such file\x1b[31m")))
    outcome = dicomkit("codecs")
    assert outcome.code == 1
    assert "bad (dicomkit-rle 9) failed to load: ImportError: libx.so.1: no such file" in outcome.out
    assert "\x1b" not in outcome.out
    assert "dicomkit-rle would add" not in outcome.out
    found = json.loads(dicomkit("codecs", "--json").out)
    assert found["failed"][0]["error"].startswith("ImportError: libx")


def test_json(dicomkit, use):
    registry = use(Plugin("fast", "fast-codec", "1.2", (Both("fast", 200),)))
    registry.disable("fast")
    found = json.loads(dicomkit("codecs", "--json").out)
    assert found["codecs"] == [
        {
            "name": "fast", "priority": 200, "distribution": "fast-codec", "version": "1.2", "decodes": True, "encodes": True,
            "enabled": False, "transfer_syntaxes": [{"uid": uids.RLELossless, "keyword": "RLELossless"}],
        }
    ]  # fmt: skip
    assert found["missing"]["dicomkit-rle"] == ["RLELossless"]
    assert "disabled" in dicomkit("codecs").out


@pytest.fixture
def images(write_image):
    colors = np.arange(18, dtype=np.uint8)
    write_image("images/grey.dcm")
    write_image("images/color.dcm", SamplesPerPixel=3, PhotometricInterpretation="RGB", PlanarConfiguration=0, PixelData=colors.tobytes())
    return write_image("images/report.dcm", PixelData=None).parent


def test_bench(dicomkit, use, images):
    use(Plugin("x", "x", "1", (Lossless(), Lossless("loser", uids.JPEG2000, 2), Decoder())))
    outcome = dicomkit("codecs", "bench", images, "--rounds", "1")
    assert outcome.code == 0
    rows = {line.split()[1]: line.split() for line in outcome.out.splitlines()[1:]}
    assert rows["keeper"][:3] == ["RLELossless", "keeper", "1"]
    assert rows["keeper"][5:] == ["1.00", "0", "lossless", "1"]         # one frame, in colours, was refused
    assert rows["loser"][6:] == ["2", "42.1", "1"]                      # 20 log10(255 / 2)
    assert outcome.err.endswith("2 frames of 2 files\n")


def test_bench_as_json(dicomkit, use, images):
    use(Plugin("x", "x", "1", (Lossless(), Lossless("loser", uids.JPEG2000, 2))))
    found = json.loads(dicomkit("codecs", "bench", images / "grey.dcm", "--json", "--to", "JPEG2000").out)
    assert (found["files"], found["frames"]) == (1, 1)
    (result,) = found["results"]
    assert (result["codec"], result["maximum_error"], result["compression_ratio"], result["refused_frames"]) == ("loser", 2, 1.0, 0)
    assert result["psnr"] == pytest.approx(20 * np.log10(255 / 2))
    assert min(result["decode_megabytes_per_second"], result["encode_megabytes_per_second"]) > 0
    (kept,) = json.loads(dicomkit("codecs", "bench", images / "grey.dcm", "--json", "--codec", "keeper").out)["results"]
    assert kept["psnr"] is None


def test_bench_decodes_what_is_in_the_files(dicomkit, use, write_image):
    use(Plugin("x", "x", "1", (Lossless("writer", uids.JPEG2000),)))
    codecs.register(Lossless("reader", uids.RLELossless))
    try:
        listing.registry.register(Lossless("reader", uids.RLELossless))
        path = write_image("rle.dcm", transfer_syntax_uid=uids.RLELossless, PixelData=None)
        path.write_bytes(path.read_bytes() + encapsulated([bytes(range(6))]))
        codecs.prefer("RLELossless", "reader")
        outcome = dicomkit("codecs", "bench", path, "--json")
    finally:
        codecs.unregister("reader")
    stored = [result for result in json.loads(outcome.out)["results"] if result["as_in_the_files"]]
    assert [(result["codec"], result["frames"], result["encode_seconds"]) for result in stored] == [("reader", 1, None)]


def test_bench_without_anything_to_measure(dicomkit, use, images):
    use()
    assert dicomkit("codecs", "bench", images).code == 2
    use(Plugin("x", "x", "1", (Lossless(),)))
    assert dicomkit("codecs", "bench", images, "--codec", "nobody").code == 2
    outcome = dicomkit("codecs", "bench", images / "report.dcm")
    assert (outcome.code, outcome.out) == (1, "")
    assert "report.dcm" in outcome.err


def test_the_plot(dicomkit, use, images, tmp_path):
    pytest.importorskip("matplotlib")
    use(Plugin("x", "x", "1", (Lossless(), Lossless("loser", uids.JPEG2000, 2))))
    for name, beginning in (("plot.svg", b"<?xml"), ("plot.png", b"\x89PNG")):
        assert dicomkit("codecs", "bench", images, "--rounds", "1", "--plot", tmp_path / name).code == 0
        assert (tmp_path / name).read_bytes().startswith(beginning)
    outcome = dicomkit("codecs", "bench", images, "--rounds", "1", "--plot", tmp_path / "plot.xyz")
    assert outcome.code == 1
    assert "loser" in outcome.out       # the table came first


def test_the_plot_without_matplotlib(dicomkit, use, images, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    use(Plugin("x", "x", "1", (Lossless(),)))
    outcome = dicomkit("codecs", "bench", images, "--rounds", "1", "--plot", tmp_path / "plot.svg")
    assert outcome.code == 1
    assert "pip install matplotlib" in outcome.err
    assert "keeper" in outcome.out
