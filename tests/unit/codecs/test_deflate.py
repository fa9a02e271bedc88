"""Deflated frames: what comes out is what was promised, and no more than that."""

import zlib

import pytest

from dicomkit import PixelDataError
from dicomkit.codecs.deflate import deflate_frame, inflate_frame


@pytest.mark.parametrize("length", [1, 2, 7, 1000, 100_001])
def test_frames_come_back(length):
    cells = bytes(range(256)) * (length // 256 + 1)
    encoded = deflate_frame(memoryview(cells[:length]))
    assert inflate_frame(memoryview(encoded), length) == cells[:length]
    assert inflate_frame(memoryview(encoded + b"\0"), length) == cells[:length]


def test_a_byte_of_padding_inside_is_let_through():
    encoded = deflate_frame(memoryview(b"abc\0"))
    assert inflate_frame(memoryview(encoded), 3) == b"abc"


@pytest.mark.parametrize(("cells", "length"), [(b"abc", 4), (b"abcde", 4), (b"abcdef", 3), (b"", 2)])
def test_another_length_is_an_error(cells, length):
    with pytest.raises(PixelDataError):
        inflate_frame(memoryview(deflate_frame(memoryview(cells))), length)


def test_bombs_are_not_inflated():
    encoded = deflate_frame(memoryview(bytes(50_000_000)))
    with pytest.raises(PixelDataError, match="more than 100"):
        inflate_frame(memoryview(encoded), 100)


@pytest.mark.parametrize("data", [b"", b"\xff\xff\xff", zlib.compress(b"abcd")])
def test_what_is_no_stream(data):
    with pytest.raises(PixelDataError):
        inflate_frame(memoryview(data), 4)


def test_cuts():
    encoded = deflate_frame(memoryview(bytes(range(256)) * 4))
    for end in range(len(encoded)):
        with pytest.raises(PixelDataError):
            inflate_frame(memoryview(encoded[:end]), 1024)
