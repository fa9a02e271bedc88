"""``dicomkit samples``, ``dicomkit doctor``, and what ``make demo`` runs."""

from __future__ import annotations

from importlib import metadata

import pytest

from dicomkit import codecs
from dicomkit.cli import demo
from dicomkit.cli.entry import guard
from dicomkit.cli.group import run_command

JPEG_BASELINE = "1.2.840.10008.1.2.4.50"


@pytest.fixture
def run_demo(capsys):
    def run(*arguments):
        code = guard(lambda: run_command(demo.command, [str(argument) for argument in arguments], "demo"))
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run


def test_samples_are_written_and_readable(dicomkit, tmp_path):
    outcome = dicomkit("samples", tmp_path / "deep" / "samples")
    assert outcome.code == 0
    outcome = dicomkit("info", tmp_path / "deep" / "samples")
    assert outcome.code == 0
    for part in ("Deflated Explicit VR Little Endian", "Explicit VR Big Endian", "RGB", "CT Image Storage"):
        assert part in outcome.out


def test_samples_that_cannot_be_written(dicomkit, tmp_path):
    (tmp_path / "file").write_text("x")
    assert dicomkit("samples", tmp_path / "file").code == 2
    assert dicomkit("samples", tmp_path / "file" / "x").code == 1


def test_doctor_finds_nothing_wrong_here(dicomkit):
    outcome = dicomkit("doctor")
    broken = [plugin for plugin in codecs.registry.plugins if plugin.error]     # as tests/environments.py has one
    assert outcome.code == (1 if broken else 0)
    assert outcome.out.count("BAD") == len(broken)
    assert all(f"BAD {plugin.name}" in outcome.out for plugin in broken)
    for part in ("dicomkit._core.element_scan", "5,370", "10,545", "493", "numpy", "render a picture"):
        assert part in outcome.out


def test_doctor_finds_what_is_broken(dicomkit, monkeypatch):
    import dicomkit.cli.doctor as doctor

    def fail(name):
        raise ImportError("undefined symbol")

    monkeypatch.setattr(doctor, "import_module", fail)
    outcome = dicomkit("doctor")
    assert outcome.code == 1
    assert "BAD dicomkit._core.element_scan" in outcome.out
    assert "undefined symbol" in outcome.out


def test_doctor_tells_a_broken_codec_from_a_good_one(dicomkit, monkeypatch):
    good = metadata.EntryPoint("good", "json:loads", "dicomkit.codecs")
    bad = metadata.EntryPoint("bad", "dicomkit.absent:codec", "dicomkit.codecs")
    monkeypatch.setattr(metadata, "entry_points", lambda group: metadata.EntryPoints([good, bad]))
    outcome = dicomkit("doctor")
    assert outcome.code == 1
    assert "ok  good" in outcome.out
    assert "BAD bad" in outcome.out


def test_demo_on_the_samples(run_demo, tmp_path):
    code, out, err = run_demo("--output", tmp_path / "out")
    assert (code, err) == (0, "")
    pictures = sorted(path.name for path in (tmp_path / "out").glob("*.png"))
    assert len(pictures) == 2
    assert all(f"Look at {tmp_path / 'out' / name}" in out for name in pictures)
    assert "PatientName" in out
    assert "24 of 512 x 512" in out


def test_demo_renders_the_middle_of_what_it_is_given(run_demo, write_image, tmp_path):
    for number in range(1, 6):
        write_image(f"in/{number}.dcm", number)
    code, out, _ = run_demo("-o", tmp_path / "out", tmp_path / "in")
    assert code == 0
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["3.png"]
    assert "Wrote a synthetic study" not in out


def test_demo_passes_by_what_cannot_be_rendered(run_demo, write_image, tmp_path):
    write_image("in/1.dcm", 1, SeriesInstanceUID="2.25.8", SeriesNumber=1, BitsStored=99)
    write_image("in/2.dcm", 2)
    code, out, _ = run_demo("-o", tmp_path / "out", tmp_path / "in")
    assert code == 0
    assert "Not rendered: " in out
    assert (tmp_path / "out" / "2.png").exists()


def test_demo_says_which_codec_is_missing(run_demo, tmp_path, write_image, monkeypatch):
    from dicomkit.codecs.registry import CodecRegistry
    from dicomkit.testing import data_set, encapsulated, file_meta, part10

    from .conftest import image_attributes

    monkeypatch.setattr("dicomkit.pixels.sources.registry", CodecRegistry(list))  # as if no plugin were installed
    content = data_set(image_attributes(PixelData=None)) + encapsulated([b"\xff\xd8\xff\xd9"])
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "x.dcm").write_bytes(part10(content, JPEG_BASELINE, meta=file_meta(JPEG_BASELINE)))
    code, out, _ = run_demo("-o", tmp_path / "out", tmp_path / "in")
    assert code == 1
    assert "no codec is installed for JPEG Baseline" in out
    assert "dicomkit-jpeg" in out


def test_demo_of_what_has_no_image(run_demo, write_image, tmp_path):
    path = write_image(Rows=None, Columns=None, PixelData=None)
    code, out, _ = run_demo("-o", tmp_path / "out", path)
    assert code == 0
    assert "no image among these files" in out


def test_demo_of_nothing(run_demo, tmp_path):
    (tmp_path / "in").mkdir()
    assert run_demo("-o", tmp_path / "out", tmp_path / "in")[0] == 1
    code, _, err = run_demo("-o", tmp_path / "out", tmp_path / "absent")
    assert code == 2
    assert "absent" in err
