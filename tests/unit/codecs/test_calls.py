"""Whatever a codec does is a result or a CodecError that names frame, syntax and codec."""

import pickle

import pytest

from dicomkit import PixelDataError, uids
from dicomkit.codecs import CodecError, EncodedFrame, EncodeOptions, decode_frame, encode_frame
from dicomkit.testing import FrameShape
from tests.unit.codecs.fakes import Both, frame

SHAPE = FrameShape(rows=2, columns=2)
OPTIONS = EncodeOptions(transfer_syntax_uid=uids.RLELossless)


class Odd(Both):
    """Does what it is told."""

    def __init__(self, act):
        super().__init__("odd")
        self.act = act

    def decode_frame(self, encoded, descriptor, out):
        return self.act()

    def encode_frame(self, pixels, descriptor, options):
        return self.act()


def fail(error):
    def act():
        raise error

    return act


def decode(codec, data=b"\7", **arguments):
    out = frame(SHAPE, 0)
    return decode_frame(codec, memoryview(data), SHAPE, out, **{"transfer_syntax_uid": uids.RLELossless} | arguments), out


def test_results_are_handed_on():
    colors, out = decode(Both("both"))
    assert colors == "MONOCHROME2"
    assert (out == 7).all()
    assert encode_frame(Both("both"), frame(SHAPE), SHAPE, OPTIONS) == EncodedFrame(b"\3", "MONOCHROME2")


@pytest.mark.parametrize(
    "error", [kind("half a frame") for kind in (PixelDataError, ValueError, RuntimeError, MemoryError, RecursionError)]
)
def test_errors_name_frame_syntax_and_codec(error):
    with pytest.raises(CodecError) as caught:
        decode(Odd(fail(error)), frame_index=12)
    text = str(caught.value)
    assert all(part in text for part in ("odd", "frame 12", "RLE Lossless", uids.RLELossless, "half a frame"))
    assert (caught.value.frame_index, caught.value.transfer_syntax_uid, caught.value.codec_name) == (12, uids.RLELossless, "odd")
    assert caught.value.__cause__ is error
    with pytest.raises(CodecError, match="cannot encode frame 5"):
        encode_frame(Odd(fail(error)), frame(SHAPE), SHAPE, OPTIONS, frame_index=5)


def test_interrupts_go_through():
    with pytest.raises(KeyboardInterrupt):
        decode(Odd(fail(KeyboardInterrupt())))


def test_an_empty_frame_reaches_no_codec():
    with pytest.raises(CodecError, match="has no bytes"):
        decode(Odd(lambda: "MONOCHROME2"), b"")


@pytest.mark.parametrize("answer", [None, 3, b"RGB"])
def test_a_codec_that_names_no_colors_broke_its_contract(answer):
    with pytest.raises(CodecError, match="broke its contract"):
        decode(Odd(lambda: answer))


@pytest.mark.parametrize("answer", [None, b"data", EncodedFrame(b"", "RGB")])
def test_an_encoder_that_gives_nothing_broke_its_contract(answer):
    with pytest.raises(CodecError, match="broke its contract"):
        encode_frame(Odd(lambda: answer), frame(SHAPE), SHAPE, OPTIONS)


def test_private_syntaxes_are_named_by_their_uid():
    with pytest.raises(CodecError, match=r"\(1.2.3\): nothing"):
        decode(Odd(fail(PixelDataError("nothing"))), transfer_syntax_uid="1.2.3")


def test_long_reasons_are_cut_and_missing_ones_said():
    with pytest.raises(CodecError) as caught:
        decode(Odd(fail(ValueError("x" * 1000))))
    assert len(str(caught.value)) < 400
    with pytest.raises(CodecError, match="no reason given"):
        decode(Odd(fail(ValueError())))


def test_errors_can_be_pickled():
    error = CodecError("text", frame_index=1, transfer_syntax_uid="1.2", codec_name="name")
    again = pickle.loads(pickle.dumps(error))
    assert (str(again), again.frame_index, again.transfer_syntax_uid, again.codec_name) == ("text", 1, "1.2", "name")
