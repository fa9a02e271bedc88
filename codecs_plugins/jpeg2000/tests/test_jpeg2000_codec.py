"""JPEG 2000 and HTJ2K: the contract, precision and sign, colours, and what is refused."""

import threading
from typing import ClassVar

import imagecodecs
import numpy as np
import pytest
from dicomkit_jpeg2000 import library
from dicomkit_jpeg2000.codec import HTJ2KCodec, JPEG2000Codec

from dicomkit import uids
from dicomkit.codecs import EncodeOptions
from dicomkit.codecs.codestreams import parse_jpeg2000_header
from dicomkit.errors import PixelDataError
from dicomkit.testing import CodecContract, FrameShape, make_frame

RGB = FrameShape(samples_per_pixel=3, photometric_interpretation="RGB")
LOSSLESS = EncodeOptions(transfer_syntax_uid=uids.JPEG2000Lossless)
CODECS = {uids.JPEG2000Lossless: JPEG2000Codec(), uids.HTJ2KLossless: HTJ2KCodec(), uids.HTJ2KLosslessRPCL: HTJ2KCodec()}
LOSSLESS_SHAPES = (
    *CodecContract.shapes,
    *(FrameShape(bits_stored=bits) for bits in range(1, 17)),
    *(FrameShape(bits_stored=bits, is_signed=True) for bits in (2, 7, 8, 9, 12, 15)),
    FrameShape(bits_stored=1, bits_allocated=1),
    FrameShape(bits_stored=8, bits_allocated=16),
    FrameShape(bits_stored=10, bits_allocated=16, high_bit=11),
    FrameShape(bits_stored=12, samples_per_pixel=3, photometric_interpretation="RGB"),
)


class Contract(CodecContract):
    def shapes_of(self, transfer_syntax_uid):
        return self.shapes if transfer_syntax_uid in (uids.JPEG2000, uids.HTJ2K) else LOSSLESS_SHAPES

    def options(self, transfer_syntax_uid):
        return EncodeOptions(transfer_syntax_uid=transfer_syntax_uid, psnr=50)


class TestJPEG2000(Contract):
    codec = JPEG2000Codec()
    maximum_error: ClassVar = {uids.JPEG2000: 4000}


class TestHTJ2K(Contract):
    codec = HTJ2KCodec()
    maximum_error: ClassVar = {uids.HTJ2K: 4000}


def decode(data, shape, codec=None):
    out = np.full(shape.array_shape, 0x5A, dtype=shape.dtype)
    return out, (codec or JPEG2000Codec()).decode_frame(memoryview(data), shape, out)


@pytest.mark.parametrize("uid", CODECS)
@pytest.mark.parametrize("bits_stored", [1, 7, 8, 12, 16])
@pytest.mark.parametrize("is_signed", [False, True])
def test_the_codestream_has_the_precision_and_sign_of_the_data_set(uid, bits_stored, is_signed):
    shape = FrameShape(bits_stored=bits_stored, is_signed=is_signed)
    data = CODECS[uid].encode_frame(make_frame(shape), shape, EncodeOptions(transfer_syntax_uid=uid)).data
    header = parse_jpeg2000_header(memoryview(data))
    assert (header.precision, header.is_signed, header.is_reversible) == (bits_stored, is_signed, True)
    assert header.is_high_throughput == (uid != uids.JPEG2000Lossless)
    # OpenJPEG reads what OpenJPH wrote, and agrees.
    assert np.array_equal(imagecodecs.jpeg2k_decode(data), make_frame(shape))


def test_rpcl_has_a_tile_part_for_each_resolution():
    shape = FrameShape(rows=128, columns=128)
    data = HTJ2KCodec().encode_frame(make_frame(shape), shape, EncodeOptions(transfer_syntax_uid=uids.HTJ2KLosslessRPCL)).data
    cod = data.index(b"\xff\x52")
    assert data[cod + 5] == 2           # RPCL
    assert b"\xff\x55" in data          # TLM
    assert data.count(b"\xff\x90\x00\x0a") == data[cod + 9] + 1


@pytest.mark.parametrize(("lossless", "expected"), [(True, "YBR_RCT"), (False, "YBR_ICT")])
def test_component_transformations_are_undone(lossless, expected):
    uid = uids.JPEG2000Lossless if lossless else uids.JPEG2000
    pixels = make_frame(RGB)
    encoded = JPEG2000Codec().encode_frame(pixels, RGB, EncodeOptions(transfer_syntax_uid=uid, psnr=60))
    assert (encoded.photometric_interpretation, encoded.is_lossy) == (expected, not lossless)
    shape = FrameShape(samples_per_pixel=3, photometric_interpretation=expected)
    decoded, colors = decode(encoded.data, shape)
    assert colors == "RGB"
    assert np.abs(decoded.astype(int) - pixels.astype(int)).max() <= (0 if lossless else 8)


@pytest.mark.parametrize(
    ("codec", "uid"),
    [
        (JPEG2000Codec(), uids.JPEG2000Lossless),
        (HTJ2KCodec(), uids.HTJ2KLossless),
        (HTJ2KCodec(), uids.HTJ2KLosslessRPCL),
        (JPEG2000Codec(), uids.JPEG2000),
        (HTJ2KCodec(), uids.HTJ2K),
    ],
)
@pytest.mark.parametrize("bits_stored", [8, 12, 16])
def test_ybr_full_is_not_transformed_again(codec, uid, bits_stored):
    shape = FrameShape(samples_per_pixel=3, bits_stored=bits_stored, photometric_interpretation="YBR_FULL")
    pixels = make_frame(shape)
    encoded = codec.encode_frame(pixels, shape, EncodeOptions(transfer_syntax_uid=uid, psnr=60))
    assert encoded.photometric_interpretation == "YBR_FULL"
    assert not parse_jpeg2000_header(memoryview(encoded.data)).has_component_transform
    decoded = np.zeros_like(pixels)
    assert codec.decode_frame(memoryview(encoded.data), shape, decoded) == "YBR_FULL"
    error = np.abs(decoded.astype(int) - pixels.astype(int)).max()
    assert error <= (encoded.is_lossy and 0.02 * (1 << bits_stored))


@pytest.mark.parametrize(("codec", "uid"), [(JPEG2000Codec(), uids.JPEG2000), (HTJ2KCodec(), uids.HTJ2K)])
@pytest.mark.parametrize("ratio", [5, 20])
def test_a_compression_ratio_is_reached_and_not_by_much(codec, uid, ratio):
    y, x = np.indices((256, 256))
    pixels = (np.sin(x / 9) * np.cos(y / 7) * 1500 + 2000 + np.random.default_rng(5).normal(0, 15, x.shape)).astype(np.uint16)
    shape = FrameShape(rows=256, columns=256, bits_stored=12)
    encoded = codec.encode_frame(pixels, shape, EncodeOptions(transfer_syntax_uid=uid, compression_ratio=ratio))
    assert ratio <= pixels.nbytes / len(encoded.data) <= 1.1 * ratio


@pytest.mark.parametrize("ratio", [0, 1, -3, float("inf"), float("nan"), 1e6])
def test_compression_ratios_that_cannot_be(ratio):
    shape = FrameShape()
    with pytest.raises(PixelDataError, match="ratio"):
        JPEG2000Codec().encode_frame(make_frame(shape), shape, EncodeOptions(transfer_syntax_uid=uids.JPEG2000, compression_ratio=ratio))


@pytest.mark.parametrize("is_high_throughput", [False, True])
@pytest.mark.parametrize("photometric_interpretation", ["RGB", "YBR_FULL"])
def test_untransformed_components_come_out_as_they_went_in(photometric_interpretation, is_high_throughput):
    pixels = make_frame(RGB)
    if is_high_throughput:
        data = imagecodecs.htj2k_encode(pixels, reversible=True, rgb=False)
    else:
        data = imagecodecs.jpeg2k_encode(pixels, level=0, codecformat="J2K", reversible=True, mct=False)
    shape = FrameShape(samples_per_pixel=3, photometric_interpretation=photometric_interpretation)
    decoded, colors = decode(data, shape)
    assert colors == photometric_interpretation
    assert np.array_equal(decoded, pixels)


@pytest.mark.parametrize("bits", [8, 12, 13, 16])
def test_the_sign_of_the_data_set_counts(bits):
    unsigned = FrameShape(bits_stored=bits)
    signed = FrameShape(bits_stored=bits, is_signed=True)
    pixels = make_frame(signed)
    cells = (pixels.astype(int) & ((1 << bits) - 1)).astype(unsigned.dtype)
    data = JPEG2000Codec().encode_frame(cells, unsigned, LOSSLESS).data
    assert np.array_equal(decode(data, signed)[0], pixels)
    data = JPEG2000Codec().encode_frame(pixels, signed, LOSSLESS).data
    assert np.array_equal(decode(data, unsigned)[0], cells)


def test_a_jp2_file_around_the_codestream():
    shape = FrameShape()
    pixels = make_frame(shape)
    data = imagecodecs.jpeg2k_encode(pixels, level=0, codecformat="JP2", reversible=True)
    assert parse_jpeg2000_header(memoryview(data)).codestream_offset > 0
    assert np.array_equal(decode(data, shape)[0], pixels)


def test_a_comment_before_the_end():
    shape = FrameShape()
    data = JPEG2000Codec().encode_frame(make_frame(shape), shape, LOSSLESS).data
    assert data.endswith(b"\xff\xd9")
    data = data[:-2] + b"\xff\x64\x00\x0b\x00\x01PADDING\xff\xd9"
    start = data.index(b"\xff\x90")
    assert int.from_bytes(data[start + 6 : start + 10], "big") == data.index(b"\xff\x64\x00\x0b\x00\x01PAD") - start
    assert np.array_equal(decode(data, shape)[0], make_frame(shape))


def test_lossy_htj2k_is_clipped():
    """OpenJPH, as imagecodecs calls it, makes 0 of 255 here."""
    shape = FrameShape(rows=64, columns=64)
    pixels = np.zeros((64, 64), np.uint8)
    pixels[:, 31:] = 255
    data = HTJ2KCodec().encode_frame(pixels, shape, EncodeOptions(transfer_syntax_uid=uids.HTJ2K, psnr=25)).data
    out, _ = decode(data, shape, HTJ2KCodec())
    assert np.abs(out.astype(int) - pixels.astype(int)).max() < 128


@pytest.mark.parametrize("bits_stored", [8, 12, 16])
@pytest.mark.parametrize("uid", [uids.JPEG2000, uids.HTJ2K])
def test_psnr_is_about_what_was_asked_for(uid, bits_stored):
    codec = HTJ2KCodec() if uid == uids.HTJ2K else JPEG2000Codec()
    shape = FrameShape(rows=128, columns=128, bits_stored=bits_stored)
    pixels = make_frame(shape)
    data = codec.encode_frame(pixels, shape, EncodeOptions(transfer_syntax_uid=uid, psnr=50)).data
    error = np.sqrt(np.square(decode(data, shape, codec)[0].astype(float) - pixels).mean())
    assert 44 < 20 * np.log10(((1 << bits_stored) - 1) / error) < 62


@pytest.mark.parametrize("psnr", [0, 9, 151])
def test_psnr_that_makes_no_sense(psnr):
    shape = FrameShape()
    with pytest.raises(PixelDataError, match="psnr"):
        JPEG2000Codec().encode_frame(make_frame(shape), shape, EncodeOptions(transfer_syntax_uid=uids.JPEG2000, psnr=psnr))


@pytest.mark.parametrize(
    ("uid", "shape"),
    [
        (uids.JPEG2000Lossless, FrameShape(bits_stored=32)),
        (uids.JPEG2000, FrameShape(bits_stored=1, bits_allocated=1)),
        (uids.JPEG2000Lossless, FrameShape(samples_per_pixel=3, photometric_interpretation="YBR_PARTIAL_420")),
    ],
)
def test_what_is_not_encoded(uid, shape):
    with pytest.raises(PixelDataError):
        JPEG2000Codec().encode_frame(make_frame(shape), shape, EncodeOptions(transfer_syntax_uid=uid))


def test_frames_in_work_together_share_the_processors():
    codec = JPEG2000Codec()
    large = 1 << 20
    with codec._threads(large) as alone, codec._threads(large) as second, codec._threads(large) as third:
        assert (second, third) == (1, 1)
        assert alone >= 1
    with codec._threads(16) as small:
        assert small == 1
    assert codec._frames_in_work == 0
    shape = FrameShape(rows=600, columns=600)
    data = codec.encode_frame(make_frame(shape), shape, LOSSLESS).data
    outs = [np.zeros(shape.array_shape, shape.dtype) for _ in range(6)]
    threads = [threading.Thread(target=codec.decode_frame, args=(memoryview(data), shape, out)) for out in outs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(np.array_equal(out, make_frame(shape)) for out in outs)
    assert codec._frames_in_work == 0


@pytest.mark.parametrize(("bits_stored", "expected"), [(2, 2), (7, 7), (8, 8), (9, 16), (10, 10), (12, 12), (15, 15), (16, 16)])
@pytest.mark.parametrize("is_signed", [False, True])
def test_lossy_htj2k_has_the_precision_of_the_data_set_where_its_steps_allow(bits_stored, expected, is_signed):
    shape = FrameShape(bits_stored=bits_stored, is_signed=is_signed)
    pixels = make_frame(shape)
    data = HTJ2KCodec().encode_frame(pixels, shape, EncodeOptions(transfer_syntax_uid=uids.HTJ2K, psnr=50)).data
    header = parse_jpeg2000_header(memoryview(data))
    assert (header.precision, header.is_signed, header.is_reversible) == (expected, is_signed, False)
    out = np.zeros_like(pixels)
    HTJ2KCodec().decode_frame(memoryview(data), shape, out)
    assert np.abs(out.astype(float) - pixels).max() < 2 + (1 << bits_stored) / 40


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize(
    "shape",
    [
        FrameShape(rows=64, columns=64, bits_stored=12),
        FrameShape(rows=64, columns=64, samples_per_pixel=3, photometric_interpretation="RGB"),
    ],
)
def test_what_openjph_raises_is_not_lost(shape):
    """imagecodecs swallows it, and leaves the lines that are missing as they were."""
    pixels = make_frame(shape)
    data = bytearray(HTJ2KCodec().encode_frame(pixels, shape, EncodeOptions(transfer_syntax_uid=uids.HTJ2KLossless)).data)
    start = data.index(b"\xff\x93") + 2
    outcomes = set()
    for at in range(start, min(start + 60, len(data) - 2)):
        damaged = data[:at] + bytes([data[at] ^ 0x55]) + data[at + 1 :]
        results = []
        for poison in (0x00, 0x5A):
            out = np.full_like(pixels, poison)
            try:
                HTJ2KCodec().decode_frame(memoryview(bytes(damaged)), shape, out)
            except Exception as error:
                results.append(type(error).__name__)
            else:
                results.append(out.tobytes())
        # Whatever was in the array before must not come through.
        assert results[0] == results[1]
        outcomes.add(type(results[0]))
    assert str in outcomes


def test_a_frame_that_looks_like_the_mark():
    shape = FrameShape(rows=1, columns=1)
    for value in range(256):
        pixels = np.full((1, 1), value, np.uint8)
        data = HTJ2KCodec().encode_frame(pixels, shape, EncodeOptions(transfer_syntax_uid=uids.HTJ2KLossless)).data
        assert decode(data, shape, HTJ2KCodec())[0][0, 0] == value


def test_nobody_encodes_htj2k_before_the_tables_are_made(monkeypatch):
    """OpenJPH makes them without a lock, and whoever encodes meanwhile writes other pixels."""
    log, real = [], library._encode_htj2k
    side = library._SIDE

    def watched(samples, *arguments, **options):
        kind = "tables" if samples.shape[0] == side else "frame"
        log.append((kind, "begins"))
        encoded = real(samples, *arguments, **options)
        log.append((kind, "ends"))
        return encoded

    monkeypatch.setattr(library, "_tables", library._Tables())
    monkeypatch.setattr(library, "_encode_htj2k", watched)
    frame = np.zeros((side + 1, 20), np.uint16)
    barrier = threading.Barrier(4)

    def encode():
        barrier.wait()
        library.encode_htj2k(frame, None, by_resolution=False, has_transformation=False)

    threads = [threading.Thread(target=encode) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    first_frame = log.index(("frame", "begins"))
    made = log[:first_frame]
    assert made == [("tables", "begins"), ("tables", "ends")] * (len(made) // 2) != []
    assert len(log) - first_frame == 8
    assert all(kind == "frame" for kind, _ in log[first_frame:])
