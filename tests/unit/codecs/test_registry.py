"""Which codec is used: priorities, preferences, and what is registered and disabled at run time."""

import subprocess
import sys
import threading
import timeit

import pytest

from dicomkit import NoCodecError, UnsupportedTransferSyntaxError, uids
from dicomkit.codecs import CodecRegistry
from dicomkit.codecs.discovery import Plugin
from tests.unit.codecs.fakes import Both, Decoder, Encoder

RLE, SV1 = uids.RLELossless, uids.JPEGLosslessSV1


def make_registry(*codecs, distribution="dicomkit-rle", failed=()):
    plugins = [Plugin("plugin", distribution, "1.0", codecs), *failed]
    return CodecRegistry(lambda: plugins)


def names(codecs):
    return [codec.name for codec in codecs]


def test_the_highest_priority_wins_and_names_break_ties():
    registry = make_registry(Decoder("b", 10), Decoder("z", 50), Decoder("a", 10))
    assert names(registry.decoders(RLE)) == ["z", "a", "b"]
    assert registry.find_decoder(RLE).name == "z"


@pytest.mark.parametrize("syntax", [RLE, "RLELossless", "rlelossless", "RLE Lossless"])
def test_transfer_syntaxes_have_three_names(syntax):
    registry = make_registry(Both("both"))
    assert names(registry.decoders(syntax)) == names(registry.encoders(syntax)) == ["both"]
    assert registry.has_decoder(syntax)
    assert registry.has_encoder(syntax)


def test_decoding_and_encoding_are_apart():
    registry = make_registry(Decoder(), Encoder())
    assert (registry.find_decoder(RLE).name, registry.find_encoder(RLE).name) == ("decoder", "encoder")
    assert registry.find_decoder(SV1) is registry.find_encoder(SV1) is None
    assert not registry.has_decoder(SV1)
    assert registry.supported_transfer_syntax_uids == (RLE,)


def test_prefer_and_back():
    registry = make_registry(Both("fast", 100), Both("mine", 1))
    registry.prefer("RLELossless", "mine")
    assert names(registry.decoders(RLE)) == names(registry.encoders(RLE)) == ["mine", "fast"]
    registry.prefer("RLELossless", None, direction="encode")
    assert names(registry.encoders(RLE)) == ["fast", "mine"]
    assert registry.find_decoder(RLE).name == "mine"
    registry.prefer("RLELossless", None)
    assert registry.find_decoder(RLE).name == "fast"


def test_prefer_only_does_what_the_codec_can():
    registry = make_registry(Both("both"), Decoder("decoder", 1))
    registry.prefer(RLE, "decoder")
    assert (registry.find_decoder(RLE).name, registry.find_encoder(RLE).name) == ("decoder", "both")
    with pytest.raises(ValueError, match="does not encode"):
        registry.prefer(RLE, "decoder", direction="encode")
    with pytest.raises(ValueError, match="does not decode or encode"):
        registry.prefer(SV1, "decoder")


def test_what_there_is_not():
    registry = make_registry(Decoder())
    for call in (
        lambda: registry.prefer("NoSuchSyntax", "decoder"),
        lambda: registry.prefer(RLE, "nobody"),
        lambda: registry.disable("nobody"),
        lambda: registry.unregister("decoder"),
        lambda: registry.decoders("NoSuchSyntax"),
    ):
        with pytest.raises(KeyError):
            call()


def test_private_transfer_syntaxes():
    registry = make_registry(Decoder(transfer_syntax_uids=("1.2.3.4",)))
    assert registry.has_decoder("1.2.3.4")
    with pytest.raises(UnsupportedTransferSyntaxError):
        registry.get_decoder("1.2.3.5")


def test_disable_and_enable():
    registry = make_registry(Decoder("best", 100), Decoder("next", 1))
    registry.prefer(RLE, "best")
    registry.disable("best")
    assert names(registry.decoders(RLE)) == ["next"]
    assert [(info.codec.name, info.is_enabled) for info in registry.codecs] == [("best", False), ("next", True)]
    registry.enable("best")
    assert registry.find_decoder(RLE).name == "best"


def test_register_hides_and_unregister_shows_again():
    discovered, mine = Decoder("decoder"), Decoder("decoder")
    registry = make_registry(discovered)
    registry.register(mine)
    assert registry.find_decoder(RLE) is mine
    assert [info.distribution for info in registry.codecs] == [""]
    registry.unregister("decoder")
    assert registry.find_decoder(RLE) is discovered
    assert [(info.distribution, info.version) for info in registry.codecs] == [("dicomkit-rle", "1.0")]


def test_register_takes_codecs_only():
    registry = make_registry()
    with pytest.raises(TypeError):
        registry.register(object())
    assert registry.codecs == ()


def test_codecs_say_where_they_come_from_and_what_they_can():
    info = make_registry(Decoder(transfer_syntax_uids=(SV1, RLE))).codecs[0]
    assert (info.transfer_syntax_uids, info.can_decode, info.can_encode) == ((SV1, RLE), True, False)


def test_no_codec_says_what_to_install():
    registry = make_registry()
    with pytest.raises(NoCodecError, match="dicomkit-rle brings one") as caught:
        registry.get_decoder(RLE)
    assert caught.value.transfer_syntax_uid == RLE
    with pytest.raises(NoCodecError, match=r"to encode for JPEG Lossless.*dicomkit-jpeg brings one"):
        registry.get_encoder(SV1)
    with pytest.raises(NoCodecError, match="none to offer"):
        registry.get_decoder(uids.MPEG2MPML)


def test_no_codec_says_why_what_is_installed_does_not_help():
    broken = Plugin("jpeg", "dicomkit-jpeg", "1.0", error=ImportError("libjpeg.so is missing"))
    registry = make_registry(Decoder(), failed=[broken])
    with pytest.raises(NoCodecError, match=r"dicomkit-jpeg fails: ImportError: libjpeg.so is missing"):
        registry.get_decoder(SV1)
    with pytest.raises(NoCodecError, match="dicomkit-rle is installed"):
        registry.get_encoder(RLE)
    registry.disable("decoder")
    with pytest.raises(NoCodecError, match="dicomkit-rle is disabled"):
        registry.get_decoder(RLE)


def test_two_distributions_with_one_name():
    plugins = [Plugin("a", "first", "1", (Decoder("same"),)), Plugin("b", "second", "1", (Decoder("same"), Decoder("other")))]
    registry = CodecRegistry(lambda: plugins)
    first, second = registry.plugins
    assert first.error is None
    assert "first already" in str(second.error)
    assert names(registry.decoders(RLE)) == ["same"]


def test_plugins_are_looked_for_once_and_not_before_they_are_needed():
    calls = []
    registry = CodecRegistry(lambda: calls.append(1) or [])
    registry.register(Decoder())
    assert calls == []
    registry.find_decoder(RLE)
    registry.disable("decoder")
    registry.find_decoder(RLE)
    assert registry.plugins == ()
    assert calls == [1]


def test_the_first_lookups_of_many_threads_load_once():
    calls, barrier = [], threading.Barrier(8)
    registry = CodecRegistry(lambda: calls.append(1) or [Plugin("p", "d", "1", (Decoder(),))])
    found = []

    def look():
        barrier.wait()
        found.append(registry.find_decoder(RLE))

    threads = [threading.Thread(target=look) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert calls == [1]
    assert {codec.name for codec in found} == {"decoder"}


def test_lookups_and_changes_at_the_same_time():
    registry = make_registry(Decoder("stays"))
    failures = []

    def change():
        for _ in range(300):
            registry.register(Decoder("comes", 200))
            registry.unregister("comes")

    def look():
        found = {registry.find_decoder(RLE).name for _ in range(3000)}
        failures.extend(found - {"stays", "comes"})

    threads = [threading.Thread(target=work) for work in (change, look, look)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert registry.find_decoder(RLE).name == "stays"


def test_a_lookup_is_a_look_into_a_table():
    """The budget is 0.2 us; this allows a busy machine ten times as much, and a hook call is dearer than that."""
    registry = make_registry(*(Decoder(f"codec{number}") for number in range(20)))
    registry.find_decoder(RLE)
    assert min(timeit.repeat(lambda: registry.find_decoder(RLE), number=1000, repeat=5)) / 1000 < 2e-6


@pytest.mark.parametrize("module", ["dicomkit", "dicomkit.codecs"])
def test_importing_loads_no_plugin(module):
    code = f"import sys, {module}; print([name for name in ('pluggy', 'numpy', 'imagecodecs', 'dicomkit_rle') if name in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"


def test_the_package_has_the_codecs_without_an_import_of_their_own():
    code = "import dicomkit, sys; assert 'dicomkit.codecs' not in sys.modules; print(type(dicomkit.codecs.registry).__name__)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "CodecRegistry\n"
