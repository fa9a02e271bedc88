"""From entry points to codecs: each is loaded on its own, and what fails is told."""

import importlib
import sys

import pytest

from dicomkit import uids
from dicomkit.codecs import CodecRegistry
from dicomkit.codecs.discovery import check_codec, find_plugins
from tests.unit.codecs.fakes import HOOK, Decoder, write_distribution


@pytest.fixture
def site(tmp_path, monkeypatch):
    """A folder of installed distributions; what is installed for real is out of sight."""
    monkeypatch.syspath_prepend(tmp_path)
    before = set(sys.modules)
    real = importlib.metadata.entry_points

    def entry_points(**selection):
        return [found for found in real(**selection) if found.dist.locate_file("") == tmp_path]

    monkeypatch.setattr("dicomkit.codecs.discovery.metadata.entry_points", entry_points)
    yield tmp_path
    for name in set(sys.modules) - before:
        del sys.modules[name]


def hook(name, uid=uids.RLELossless, priority=100):
    return HOOK.format(name=name, uid=uid, priority=priority)


def test_a_distribution_is_found(site):
    write_distribution(site, "my-codec", "fake_mine", hook("mine"), version="4.5")
    (plugin,) = find_plugins()
    assert (plugin.name, plugin.distribution, plugin.version, plugin.error) == ("fake_mine", "my-codec", "4.5", None)
    assert [codec.name for codec in plugin.codecs] == ["mine"]


def test_two_for_one_syntax(site):
    write_distribution(site, "one", "fake_one", hook("one", priority=1))
    write_distribution(site, "two", "fake_two", hook("two", priority=2))
    registry = CodecRegistry()
    assert [codec.name for codec in registry.decoders("RLELossless")] == ["two", "one"]
    registry.prefer("RLELossless", "one")
    assert registry.find_decoder(uids.RLELossless).name == "one"


@pytest.mark.parametrize(
    ("source", "kind", "reason"),
    [
        ("import a_library_that_is_not_there", ModuleNotFoundError, "a_library_that_is_not_there"),
        ("raise RuntimeError('no such processor')", RuntimeError, "no such processor"),
        ("this is no Python", SyntaxError, ""),
        ("", TypeError, "no hook implementation"),
        ("from dicomkit.codecs import hookimpl\n@hookimpl\ndef dicomkit_frame_codec(): return []", Exception, "unknown hook"),
        ("from dicomkit.codecs import hookimpl\n@hookimpl\ndef dicomkit_frame_codecs(what): return []", Exception, "what"),
        ("from dicomkit.codecs import hookimpl\n@hookimpl\ndef dicomkit_frame_codecs(): return [object()]", TypeError, "has not all of"),
        ("from dicomkit.codecs import hookimpl\n@hookimpl\ndef dicomkit_frame_codecs(): 1 / 0", ZeroDivisionError, ""),
        ("from dicomkit.codecs import hookimpl\n@hookimpl\ndef dicomkit_frame_codecs(): return 3", TypeError, ""),
    ],
)
def test_one_that_fails_harms_no_other(site, source, kind, reason):
    write_distribution(site, "broken", "fake_broken", source)
    write_distribution(site, "sound", "fake_sound", hook("sound"))
    broken, sound = find_plugins()
    assert isinstance(broken.error, kind)
    assert reason in str(broken.error)
    assert broken.codecs == ()
    assert [codec.name for codec in sound.codecs] == ["sound"]
    registry = CodecRegistry()
    assert registry.find_decoder(uids.RLELossless).name == "sound"
    assert [plugin.distribution for plugin in registry.plugins if plugin.error] == ["broken"]


def test_an_entry_point_may_name_an_object(site):
    source = hook("inside") + "\nclass Plugin:\n    dicomkit_frame_codecs = staticmethod(dicomkit_frame_codecs)\n"
    write_distribution(site, "object", "fake_object", source)
    (site / "object-1.2.3.dist-info" / "entry_points.txt").write_text("[dicomkit.codecs]\nobject = fake_object:Plugin\n")
    (plugin,) = find_plugins()
    assert plugin.error is None
    assert [codec.name for codec in plugin.codecs] == ["inside"]


def test_with_no_distribution(site):
    registry = CodecRegistry()
    assert registry.plugins == registry.codecs == registry.supported_transfer_syntax_uids == ()


@pytest.mark.parametrize(
    "changes",
    [
        {"name": ""},
        {"name": 3},
        {"priority": "high"},
        {"decode_frame": None},
        {"transfer_syntax_uids": "1.2.840"},
        {"transfer_syntax_uids": (1, 2)},
        {"transfer_syntax_uids": ("RLELossless",)},
        {"transfer_syntax_uids": ("1." * 40 + "1",)},
        {"transfer_syntax_uids": 5},
    ],
)
def test_what_is_no_codec(changes):
    codec = Decoder()
    check_codec(codec)
    for name, value in changes.items():
        setattr(codec, name, value)
    with pytest.raises(TypeError):
        check_codec(codec)
