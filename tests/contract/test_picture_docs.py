"""The pages about pixels and pictures run as they stand, on the sample study, and show what they say they show."""

from __future__ import annotations

import doctest
import re
import shlex
from pathlib import Path

import numpy as np
import pytest

import dicomkit
from dicomkit.cli.entry import run
from dicomkit.samples import write_samples
from tests.conftest import need_encoder

pytest.importorskip("imagecodecs")

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGES = [*sorted((DOCS / "explanation").glob("*.md")), DOCS / "how-to" / "render.md", DOCS / "tutorial" / "first-file.md"]


def blocks(page):
    return re.findall(r"^```python\n(.*?)^```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def samples(tmp_path_factory):
    folder = tmp_path_factory.mktemp("study")
    write_samples(folder)
    return folder


@pytest.fixture
def here(samples, tmp_path, monkeypatch):
    """A folder with the sample study where pages look for it, and a CT image as ct.dcm."""
    monkeypatch.chdir(tmp_path)
    Path("samples").symlink_to(samples)
    Path("demo-output").mkdir()
    Path("demo-output/samples").symlink_to(samples)
    Path("ct.dcm").symlink_to(samples / "ct" / "ct_018.dcm")
    return tmp_path


def test_which_pages_have_examples():
    assert {page.stem for page in PAGES if blocks(page)} == {"colour", "from-stored-value-to-screen", "render", "first-file"}


@pytest.mark.parametrize("page", [page for page in PAGES if blocks(page)], ids=lambda page: page.stem)
def test_the_examples(page, here, capsys):
    for keyword in re.findall(r'transcode\("(\w+)"\)', page.read_text(encoding="utf-8")):
        need_encoder(keyword)
    names = {}
    runner = doctest.DocTestRunner()
    for number, block in enumerate(blocks(page), 1):
        if not block.startswith(">>>"):
            exec(compile(block, page.name, "exec"), names)
            continue
        block = re.sub(r"^(?=dicomkit\.errors\.)", "Traceback (most recent call last):\n", block, flags=re.MULTILINE)
        test = doctest.DocTestParser().get_doctest(block, names, f"{page.name}, example {number}", str(page), 0)
        runner.run(test, clear_globs=False)
        names = test.globs      # an example goes on from the one before
    assert runner.failures == 0, capsys.readouterr().out


def test_the_example_of_mappings(here, capsys):
    """The CT of the page has none; this one has."""
    item = dicomkit.DataSet()
    item.RealWorldValueFirstValueMapped, item.RealWorldValueLastValueMapped = 0, 4095
    item.RealWorldValueSlope, item.RealWorldValueIntercept, item.LUTLabel = 2.0, 1.0, "DOUBLE"
    file = dicomkit.read("ct.dcm")
    file.RealWorldValueMappingSequence = [item]
    (block,) = [block for page in PAGES for block in blocks(page) if "real_world_value_mappings" in block]
    exec(compile(block, "page", "exec"), {"p": file.pixel_data()})
    assert capsys.readouterr().out.split() == ["DOUBLE", "0", "4095"]


def test_the_examples_on_the_command_line(here, capfdbinary):
    """Those of render.md, each of which writes the picture it names, or one beside the file."""
    Path("study").symlink_to("samples")
    Path("mr.dcm").symlink_to("samples/mr_big_endian.dcm")
    film = dicomkit.read("samples/secondary_capture.dcm")
    film.set_pixel_array(np.random.default_rng(0).integers(0, 256, (13, 8, 8, 3), np.uint8))
    for name in ("us.dcm", "cine.dcm"):
        film.write(name)
    page = (DOCS / "how-to" / "render.md").read_text(encoding="utf-8")
    lines = [line for line in page.splitlines() if line.startswith("dicomkit render ")]
    assert len(lines) == 10
    for line in lines:
        arguments = shlex.split(re.split(r"  #| \|", line)[0])[1:]
        expected = arguments[arguments.index("-o") + 1] if "-o" in arguments else str(Path(arguments[1]).with_suffix(".png"))
        Path(expected).unlink(missing_ok=True)
        capfdbinary.readouterr()
        assert run(arguments) == 0, line
        written = capfdbinary.readouterr().out if expected == "-" else Path(expected).read_bytes()
        assert written.startswith((b"\x89PNG\r\n", b"GIF89a")), line
