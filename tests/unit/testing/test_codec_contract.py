"""The contract of codecs passes sound ones and catches those that break it."""

import numpy as np
import pytest

from dicomkit import PixelDataError, testing, uids
from dicomkit.codecs import EncodedFrame
from dicomkit.testing import CodecContract, FrameShape, make_frame

SHAPES = tuple(FrameShape(rows=8, columns=9, bits_stored=bits, is_signed=sign) for bits, sign in ((8, False), (12, False), (12, True)))


class Sound:
    """Puts length and cells behind each other."""

    name, priority, transfer_syntax_uids = "sound", 1, (uids.RLELossless,)

    def decode_frame(self, encoded, descriptor, out):
        data = bytes(encoded)
        if data[:6] != b"cells" + bytes([descriptor.rows]) or data[6] != descriptor.columns or not len(data) >= 7 + out.nbytes:
            raise PixelDataError("cut, or another frame")
        out[...] = np.frombuffer(data[7 : 7 + out.nbytes], out.dtype).reshape(out.shape)
        return descriptor.photometric_interpretation

    def encode_frame(self, pixels, descriptor, options):
        if descriptor.bits_stored < 16 and pixels.max() >> descriptor.bits_stored:
            raise PixelDataError("too large")
        head = b"cells" + bytes([descriptor.rows, descriptor.columns])
        return EncodedFrame(head + pixels.tobytes(), descriptor.photometric_interpretation)


class TestSoundCodec(CodecContract):
    codec = Sound()
    shapes = SHAPES


class DecoderOnly:
    name, priority, transfer_syntax_uids = "decoder", 1, (uids.RLELossless,)
    decode_frame = Sound.decode_frame


class TestDecoderOnly(CodecContract):
    codec = DecoderOnly()
    samples = ((uids.RLELossless, SHAPES[0], b"cells\x08\x09" + make_frame(SHAPES[0]).tobytes(), make_frame(SHAPES[0])),)


def broken(**methods):
    codec = type("Broken", (Sound,), methods)()
    return type("Contract", (CodecContract,), {"codec": codec, "shapes": SHAPES})()


def wrong_pixels(self, encoded, descriptor, out):
    colors = Sound.decode_frame(self, encoded, descriptor, out)
    out[-1, -1] -= 1
    return colors


def no_answer(self, encoded, descriptor, out):
    Sound.decode_frame(self, encoded, descriptor, out)


def half_is_enough(self, encoded, descriptor, out):
    data = bytes(encoded).ljust(7 + out.nbytes, b"\0")
    if len(data) > 7:
        out[...] = np.frombuffer(data[7 : 7 + out.nbytes], out.dtype).reshape(out.shape)
    return descriptor.photometric_interpretation


def counts_from_the_end(self, encoded, descriptor, out):
    return Sound.decode_frame(self, bytes(encoded[:7]) + bytes(encoded[-out.nbytes :]), descriptor, out)


def remembers(self, encoded, descriptor, out):
    colors = Sound.decode_frame(self, encoded, descriptor, out)
    self.calls = getattr(self, "calls", 0) + 1
    out.flat[0] += self.calls
    return colors


def spills(self, encoded, descriptor, out):
    if out.base is not None and out.base.ndim == 3:
        out.base[...] = 1
    return Sound.decode_frame(self, encoded, descriptor, out)


def changes_its_input(self, pixels, descriptor, options):
    pixels.flags.writeable = True
    pixels.flat[0] += 1
    return Sound.encode_frame(self, pixels, descriptor, options)


def wraps(self, pixels, descriptor, options):
    return Sound.encode_frame(self, pixels & ((1 << descriptor.bits_stored) - 1), descriptor, options)


@pytest.mark.parametrize(
    ("test", "methods", "arguments"),
    [
        ("test_it_is_a_codec", {"name": ""}, ()),
        ("test_it_is_a_codec", {"transfer_syntax_uids": ("RLE",)}, ()),
        ("test_there_is_something_to_decode", {"transfer_syntax_uids": ()}, ()),
        ("test_decoding_gives_the_pixels", {"decode_frame": wrong_pixels}, ()),
        ("test_decoding_gives_the_pixels", {"decode_frame": no_answer}, ()),
        ("test_decoding_twice_gives_the_same", {"decode_frame": remembers}, ()),
        ("test_padding_does_not_matter", {"decode_frame": counts_from_the_end}, ()),
        ("test_a_frame_of_a_volume_is_filled_and_no_other", {"decode_frame": spills}, ()),
        ("test_several_threads_may_decode", {"decode_frame": remembers}, ()),
        ("test_another_size_is_an_error", {"decode_frame": half_is_enough}, ("rows",)),
        ("test_a_cut_codestream_is_an_error", {"decode_frame": half_is_enough}, ()),
        ("test_garbage_is_an_error", {"decode_frame": half_is_enough}, ()),
        ("test_encoding_leaves_the_pixels_alone", {"encode_frame": changes_its_input}, ()),
        ("test_what_does_not_fit_is_not_encoded", {"encode_frame": wraps}, ()),
    ],
)
def test_what_breaks_the_contract_is_caught(test, methods, arguments):
    with pytest.raises((Exception, pytest.fail.Exception)):
        getattr(broken(**methods), test)(*arguments)


@pytest.mark.parametrize("bits_stored", [1, 2, 8, 12, 16, 32, 64])
@pytest.mark.parametrize("is_signed", [False, True])
def test_frames_use_all_of_their_range(bits_stored, is_signed):
    shape = FrameShape(bits_stored=bits_stored, is_signed=is_signed)
    frame = make_frame(shape)
    assert frame.dtype == shape.dtype
    assert int(frame.min()) == (-(1 << (bits_stored - 1)) if is_signed else 0)
    if bits_stored <= 48:
        assert int(frame.max()) == (1 << (bits_stored - is_signed)) - 1
    assert not np.array_equal(frame, make_frame(shape, seed=1)) or bits_stored == 1


def test_shapes_fill_in_what_is_not_said():
    shape = FrameShape(bits_stored=12, samples_per_pixel=3)
    assert (shape.bits_allocated, shape.high_bit, shape.array_shape, str(shape.dtype)) == (16, 11, (33, 57, 3), "uint16")
    assert FrameShape(bits_stored=8, bits_allocated=16, high_bit=9).high_bit == 9


def test_what_the_package_does_not_have():
    with pytest.raises(AttributeError, match="NoSuchName"):
        _ = testing.NoSuchName
