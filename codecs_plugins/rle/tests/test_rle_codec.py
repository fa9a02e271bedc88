"""RLE Lossless: the contract, headers and segments spelled out from PS3.5 Annex G, and a naive decoder as oracle."""

import struct
from itertools import pairwise

import numpy as np
import pytest
from dicomkit_rle.codec import RLECodec
from dicomkit_rle.packbits import decode_segments, encode_segments
from hypothesis import given
from hypothesis import strategies as st

from dicomkit import uids
from dicomkit.codecs import EncodeOptions
from dicomkit.errors import PixelDataError
from dicomkit.testing import CodecContract, FrameShape, make_frame

OPTIONS = EncodeOptions(transfer_syntax_uid=uids.RLELossless)


class TestContract(CodecContract):
    codec = RLECodec()
    shapes = (
        *CodecContract.shapes,
        FrameShape(bits_stored=1, bits_allocated=1),
        FrameShape(bits_stored=1, bits_allocated=1, columns=64),
        FrameShape(bits_stored=32),
        FrameShape(bits_stored=32, is_signed=True),
        FrameShape(bits_stored=64),
        FrameShape(bits_stored=16, samples_per_pixel=3, photometric_interpretation="RGB"),
        FrameShape(bits_stored=32, samples_per_pixel=3, photometric_interpretation="YBR_FULL"),
        FrameShape(bits_stored=10, bits_allocated=16, high_bit=11),
        FrameShape(rows=200, columns=333, bits_stored=16),
        FrameShape(rows=100, columns=100, samples_per_pixel=3, photometric_interpretation="RGB"),
    )


def frame(segments, count=None, offsets=None):
    """A frame of segments, each padded to an even length."""
    padded = [segment + bytes(len(segment) % 2) for segment in segments]
    if offsets is None:
        offsets = [64 + sum(map(len, padded[:index])) for index in range(len(padded))]
    header = struct.pack("<16L", len(padded) if count is None else count, *offsets, *[0] * (15 - len(offsets)))
    return memoryview(header + b"".join(padded))


def decode(data, shape):
    out = np.full(shape.array_shape, 0x5A, dtype=shape.dtype)
    RLECodec().decode_frame(data, shape, out)
    return out


def naive_unpack(segment, length):
    """PS3.5 G.3.2, line by line."""
    out, at = bytearray(), 0
    while len(out) < length:
        code = segment[at]
        at += 1
        if code < 128:
            out += bytes(segment[i] for i in range(at, at + code + 1))     # raises if the literal is cut
            at += code + 1
        elif code > 128:
            out += bytes([segment[at]]) * (257 - code)
            at += 1
    if len(segment) - at > 1 and any(segment[at:]):
        raise IndexError("more than padding follows the plane")
    return bytes(out)


def naive_pack(row):
    """PS3.5 G.3.1: a run of two where no literal is open, of three where one is."""
    packed, literal, at = b"", b"", 0
    while at < len(row):
        run = 1
        while run < 128 and row[at : at + 1] == row[at + run : at + run + 1]:
            run += 1
        if run > (2 if literal else 1):
            packed += put_literal(literal) + bytes([257 - run, row[at]])
            literal, at = b"", at + run
        else:
            literal, at = literal + row[at : at + 1], at + 1
    return packed + put_literal(literal)


def put_literal(literal):
    return b"".join(bytes([len(part) - 1]) + part for part in (literal[at : at + 128] for at in range(0, len(literal), 128)))


def test_literals_replicates_and_no_operation():
    # 10 literal is 3 bytes; FE repeats 3 times; 80 does nothing (PS3.5 G.3.2).
    data = frame([b"\x02\x0a\x14\x1e" + b"\x80" + b"\xfe\x07"])
    assert decode(data, FrameShape(rows=2, columns=3)).tolist() == [[10, 20, 30], [7, 7, 7]]


def test_the_most_significant_byte_comes_first():
    data = frame([b"\x01\x01\x02", b"\x01\x03\x04"])
    assert decode(data, FrameShape(rows=1, columns=2, bits_stored=16)).tolist() == [[0x0103, 0x0204]]


def test_samples_lie_in_planes():
    data = frame([b"\x01\x01\x02", b"\x01\x03\x04", b"\x01\x05\x06"])
    shape = FrameShape(rows=1, columns=2, samples_per_pixel=3, photometric_interpretation="RGB")
    assert decode(data, shape).tolist() == [[[1, 3, 5], [2, 4, 6]]]


def test_color_of_16_bits_has_six_segments():
    data = frame([bytes([0, value]) for value in (1, 2, 3, 4, 5, 6)])
    shape = FrameShape(rows=1, columns=1, bits_stored=16, samples_per_pixel=3, photometric_interpretation="RGB")
    assert decode(data, shape).tolist() == [[[0x0102, 0x0304, 0x0506]]]


def test_single_bits_are_packed_lowest_first():
    data = frame([b"\x01\x05\x01"])
    assert decode(data, FrameShape(rows=1, columns=9, bits_stored=1, bits_allocated=1)).tolist() == [[1, 0, 1, 0, 0, 0, 0, 0, 1]]


def test_bytes_after_a_full_plane_are_padding():
    data = frame([b"\x01\x01\x02\x00\x00\x00"])
    assert decode(data, FrameShape(rows=1, columns=2)).tolist() == [[1, 2]]


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "cut off"),
        (bytes(63), "cut off"),
        (frame([b"\0\1"], count=0), "has 0 segments"),
        (frame([b"\0\1"], count=2), "has 2 segments"),
        (frame([b"\0\1"], count=0xFFFFFFFF), "has 4294967295 segments"),
        (frame([b"\0\1"], offsets=[0]), "overlap or lie outside"),
        (frame([b"\0\1"], offsets=[0xFFFFFFFF]), "overlap or lie outside"),
        (frame([b"\0\1"], offsets=[66]), "ends before"),
        (frame([b"\0\1"], offsets=[67]), "overlap or lie outside"),
        (frame([b""]), "ends before"),
        (frame([b"\x7f\x01"]), "ends before"),
        (frame([b"\x80\x80"]), "ends before"),
        (frame([b"\x81\x01"]), "goes on after"),
        (frame([b"\x01\x01\x02"]), "goes on after"),
    ],
)
def test_what_is_no_frame_of_one_pixel(data, problem):
    with pytest.raises(PixelDataError, match=problem):
        decode(memoryview(data), FrameShape(rows=1, columns=1))


def test_segments_out_of_order():
    with pytest.raises(PixelDataError, match="overlap"):
        decode(frame([b"\0\1", b"\0\2"], offsets=[66, 64]), FrameShape(rows=1, columns=1, bits_stored=16))


def test_a_run_into_the_next_segment():
    with pytest.raises(PixelDataError, match="segment 1 of 2 ends before"):
        decode(frame([b"\x02\1", b"\x01\2\2"]), FrameShape(rows=1, columns=3, bits_stored=16))


def test_too_many_bytes_in_a_pixel():
    shape = FrameShape(rows=1, columns=1, bits_stored=64, samples_per_pixel=3, photometric_interpretation="RGB")
    with pytest.raises(PixelDataError, match="24 bytes"):
        RLECodec().encode_frame(make_frame(shape), shape, OPTIONS)


@pytest.mark.parametrize("columns", [1, 2, 3, 127, 128, 129, 255, 256, 257, 1000])
def test_runs_end_with_their_row(columns):
    """PS3.5 G.3.1: each row is encoded by itself."""
    shape = FrameShape(rows=3, columns=columns)
    encoded = RLECodec().encode_frame(np.zeros((3, columns), np.uint8), shape, OPTIONS).data
    whole, rest = divmod(columns, 128)
    row = b"\x81\0" * whole + (b"" if not rest else bytes([0, 0]) if rest == 1 else bytes([257 - rest, 0]))
    assert encoded[64:] == row * 3


def test_segments_have_even_lengths():
    shape = FrameShape(rows=1, columns=4, bits_stored=16)
    encoded = RLECodec().encode_frame(np.array([[0x0102, 0x0304, 0x0506, 0x0708]], np.uint16), shape, OPTIONS).data
    count, first, second = struct.unpack("<3L", encoded[:12])
    assert (count, first, second, len(encoded)) == (2, 64, 70, 76)
    assert encoded[64:] == b"\x03\x01\x03\x05\x07\0" + b"\x03\x02\x04\x06\x08\0"


@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(1, 300)), min_size=1, max_size=40),
    st.integers(1, 4),
    st.integers(1, 3),
)
def test_planes_come_back_and_the_oracle_agrees(runs, size, rows):
    row = b"".join(bytes([value]) * length for value, length in runs)
    pixels = np.frombuffer(row * rows * size, np.uint8)
    columns = len(row)
    positions = list(range(size))
    segments, starts = encode_segments(pixels, positions, size, columns)
    planes = pixels.reshape(-1, size)
    for position, (start, end) in enumerate(pairwise([*starts, len(segments)])):
        assert naive_unpack(segments[start:end], rows * columns) == planes[:, position].tobytes()
    out = np.zeros_like(pixels)
    decode_segments(segments, starts, out, positions, size)
    assert np.array_equal(out, pixels)


# Literals and runs that end at, before and behind the words in which the kernel looks for them.
PIECES = st.one_of(
    st.tuples(st.just("run"), st.one_of(st.integers(1, 8), st.integers(50, 70), st.integers(110, 140), st.integers(250, 270))),
    st.tuples(st.just("noise"), st.one_of(st.integers(1, 8), st.integers(50, 70), st.integers(110, 140))),
)


@given(st.lists(PIECES, min_size=1, max_size=12), st.integers(0, 255))
def test_a_row_is_encoded_as_the_oracle_does(pieces, seed):
    generator = np.random.default_rng(seed)
    row = b"".join(
        bytes([generator.integers(256)]) * length if kind == "run" else generator.integers(0, 256, length, dtype=np.uint8).tobytes()
        for kind, length in pieces
    )
    segments, _ = encode_segments(row, [0], 1, len(row))
    expected = naive_pack(row)
    assert segments == expected + b"\0" * (len(expected) % 2)


@given(st.lists(st.integers(0, 1), min_size=1, max_size=300).map(bytes))
def test_many_short_runs_are_encoded_as_the_oracle_does(row):
    segments, _ = encode_segments(row, [0], 1, len(row))
    expected = naive_pack(row)
    assert segments == expected + b"\0" * (len(expected) % 2)


@given(st.binary(min_size=0, max_size=400), st.integers(1, 300))
def test_any_bytes_decode_as_the_oracle_does(segment, length):
    out = np.zeros(length, np.uint8)
    try:
        expected = naive_unpack(segment, length)
    except IndexError:
        expected = b""
    try:
        decode_segments(segment, [0], out, [0], 1)
    except ValueError:
        assert len(expected) != length
    else:
        assert out.tobytes() == expected


def test_no_encoding_is_longer_than_literals():
    noise = np.random.default_rng(0).integers(0, 256, (64, 1000), dtype=np.uint8)
    encoded = RLECodec().encode_frame(noise, FrameShape(rows=64, columns=1000), OPTIONS).data
    assert len(encoded) <= 64 + 64 * (1000 + 8)


@pytest.mark.parametrize(
    ("offsets", "length", "positions", "stride"),
    [
        ([], 4, [], 1),
        ([0], 0, [0], 1),
        ([0], 5, [0], 2),
        ([0], 4, [2], 2),
        ([9], 4, [0], 1),
        ([0, 1], 4, [0], 2),
        ([0] * 16, 32, range(16), 16),
    ],
)
def test_the_kernel_checks_its_arguments(offsets, length, positions, stride):
    with pytest.raises(ValueError, match="segment"):
        decode_segments(bytes(8), offsets, np.zeros(length, np.uint8), list(positions), stride)


@pytest.mark.parametrize(("positions", "stride", "row_length"), [([], 1, 4), ([0], 1, 3), ([0], 1, 0), ([1], 1, 4), (range(16), 16, 1)])
def test_the_encoding_kernel_checks_its_arguments(positions, stride, row_length):
    with pytest.raises(ValueError, match=r"segment|row"):
        encode_segments(bytes(16), list(positions), stride, row_length)
