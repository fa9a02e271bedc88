"""The template that plugin authors copy: built and installed outside of this tree, found and used."""

import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY, unavailable

TEMPLATE = REPOSITORY / "docs" / "codec-template"
USE = """
import numpy as np
from dicomkit import codecs, uids
from dicomkit.testing import FrameShape, make_frame

(plugin,) = [plugin for plugin in codecs.registry.plugins if plugin.distribution == "dicomkit-example-codec"]
assert plugin.error is None and plugin.version == "0.1.0", plugin
codecs.prefer("RLELossless", "example")
codec = codecs.registry.get_decoder(uids.RLELossless)
assert codec.name == "example" and codecs.registry.get_encoder(uids.RLELossless) is codec
shape = FrameShape(bits_stored=12)
encoded = codecs.encode_frame(codec, make_frame(shape), shape, codecs.EncodeOptions(transfer_syntax_uid=uids.RLELossless))
out = np.zeros(shape.array_shape, shape.dtype)
codecs.decode_frame(codec, memoryview(encoded.data), shape, out, transfer_syntax_uid=uids.RLELossless)
assert np.array_equal(out, make_frame(shape))
print(plugin.codecs[0].__class__.__module__)
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The template, copied away, built and installed."""
    if find_spec("setuptools") is None or find_spec("pip") is None:
        unavailable("setuptools or pip")
    folder = tmp_path_factory.mktemp("template")
    copy = shutil.copytree(TEMPLATE, folder / "my-codec", ignore=shutil.ignore_patterns("__pycache__", "*.egg-info", "build"))
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation", "--no-index"]
    subprocess.run([*command, "--target", str(folder / "site"), str(copy)], check=True, capture_output=True, text=True)
    return folder / "site"


def run(site: Path, *arguments: str, **options) -> subprocess.CompletedProcess:
    path = os.pathsep.join([str(site), str(REPOSITORY), os.environ.get("PYTHONPATH", "")])
    environment = os.environ | {"PYTHONPATH": path}
    return subprocess.run([sys.executable, *arguments], env=environment, capture_output=True, text=True, check=False, **options)


def test_it_is_found_and_used(site: Path) -> None:
    found = run(site, "-c", USE)
    assert found.returncode == 0, found.stderr
    assert found.stdout.strip() == "dicomkit_example_codec.codec"


def test_its_own_tests_pass(site: Path) -> None:
    found = run(site, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(site.parent / "my-codec" / "tests"), cwd=site.parent)
    assert found.returncode == 0, found.stdout
    assert "passed" in found.stdout
