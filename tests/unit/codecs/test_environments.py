"""Environments with other plugins: what is found there is what was asked for. ``make plugins`` runs the tests in them."""

import json
import os
import subprocess

import pytest

from dicomkit.codecs.distributions import find_distribution
from dicomkit.transfer_syntax import TransferSyntax
from tests.conftest import HAS_OTHER_PLUGINS, need_decoder
from tests.environments import BROKEN, PLUGINS, SETTINGS, make_environment

OFFERED = {syntax.keyword: name for syntax in TransferSyntax.all() if (name := find_distribution(syntax.uid))}
SHOW = """
import json
from dicomkit import TransferSyntax, codecs
found = {TransferSyntax.get(uid).keyword: [codec.name for codec in codecs.registry.decoders(uid)]
         for uid in codecs.registry.supported_transfer_syntax_uids}
failed = {plugin.distribution: type(plugin.error).__name__ for plugin in codecs.registry.plugins if plugin.error}
print(json.dumps([found, failed]))
"""


@pytest.fixture(autouse=True)
def _all_plugins():
    """They can be left out only where they are, and nothing else is."""
    if HAS_OTHER_PLUGINS:
        pytest.skip("this is such an environment")
    for keyword in OFFERED:
        need_decoder(keyword)


def look(setting, folder):
    """The codecs of each transfer syntax in an environment, and the distributions that failed."""
    python = make_environment(setting, folder / "environment")
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    shown = subprocess.run([python, "-c", SHOW], capture_output=True, text=True, check=True, cwd=folder, env=environment)
    return json.loads(shown.stdout)


def brought_by(*plugins):
    return {keyword for keyword, distribution in OFFERED.items() if distribution in [f"dicomkit-{name}" for name in plugins]}


def test_every_plugin_of_the_shelf_has_a_setting():
    assert brought_by(*PLUGINS) == set(OFFERED)
    assert set(SETTINGS) == {"none", "two", "broken", *PLUGINS}


@pytest.mark.parametrize("setting", ["none", *PLUGINS])
def test_none_and_each_alone(setting, tmp_path):
    found, failed = look(setting, tmp_path)
    assert set(found) == brought_by(setting)
    assert failed == {}


def test_two_for_one_syntax(tmp_path):
    found, failed = look("two", tmp_path)
    assert set(found) == set(OFFERED)
    assert found["JPEGLSLossless"] == ["strange", "dicomkit-jpegls"]
    assert found["RLELossless"] == ["dicomkit-rle", "example"]
    assert failed == {}


def test_one_that_cannot_be_imported(tmp_path):
    found, failed = look("broken", tmp_path)
    assert set(found) == set(OFFERED) - brought_by(BROKEN)
    assert failed == {f"dicomkit-{BROKEN}": "ModuleNotFoundError"}
