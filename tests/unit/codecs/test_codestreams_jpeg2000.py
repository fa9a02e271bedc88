"""Main headers of JPEG 2000, spelled out from ISO/IEC 15444-1 Annex A, and what is wrong with them."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dicomkit import PixelDataError
from dicomkit.codecs.codestreams import parse_jpeg2000_header
from dicomkit.testing import FrameShape

SOC, EOC = b"\xff\x4f", b"\xff\xd9"
SHAPE = FrameShape(rows=20, columns=30, bits_stored=12)
COMPONENT = (11, 1, 1)


def segment(marker, contents):
    return struct.pack(">HH", marker, len(contents) + 2) + contents


def siz(right=30, bottom=20, left=0, top=0, tile=(30, 20), tile_origin=(0, 0), components=(COMPONENT,), capabilities=0):
    numbers = (capabilities, right, bottom, left, top, *tile, *tile_origin, len(components))
    return segment(0xFF51, struct.pack(">H8IH", *numbers) + b"".join(bytes(component) for component in components))


def cod(transform=0, reversible=1):
    return segment(0xFF52, bytes((0, 0, 0, 1, transform, 5, 4, 4, 0, reversible)))


def tile_part(index=0, data=b"\xff\x93\x11\x22", length=None):
    return struct.pack(">HHHIBB", 0xFF90, 10, index, len(data) + 12 if length is None else length, 0, 1) + data


def stream(*header, tiles=None, end=EOC):
    return memoryview(SOC + b"".join(header or (siz(), cod())) + (tile_part() if tiles is None else tiles) + end)


def check(data, shape=SHAPE):
    header = parse_jpeg2000_header(data)
    header.check_frame(shape)
    header.codestream(data)
    return header


def test_what_a_header_says():
    header = parse_jpeg2000_header(stream(siz(components=((0x8C, 1, 1),) * 3), cod(1, 0)))
    assert (header.rows, header.columns, header.precision, header.is_signed, header.component_count) == (20, 30, 13, True, 3)
    assert (header.has_component_transform, header.is_reversible, header.is_high_throughput, header.tile_count) == (True, False, False, 1)
    data = stream(siz(), cod())
    assert data[parse_jpeg2000_header(data).siz_component_offset] == 11


def test_offsets_and_tiles():
    header = parse_jpeg2000_header(stream(siz(130, 120, 100, 100, (16, 16), (96, 90)), cod()))
    assert (header.rows, header.columns, header.tile_count) == (20, 30, 3 * 2)


def test_high_throughput():
    assert parse_jpeg2000_header(stream(siz(), segment(0xFF50, struct.pack(">IH", 1 << 17, 10)), cod())).is_high_throughput
    assert not parse_jpeg2000_header(stream(siz(), segment(0xFF50, struct.pack(">IH", 1 << 16, 10)), cod())).is_high_throughput


def box(kind, contents, length=None):
    return struct.pack(">I4s", len(contents) + 8 if length is None else length, kind) + contents


@pytest.mark.parametrize("length", [None, 0, 1])
def test_a_jp2_file(length):
    bare = bytes(stream())
    last = struct.pack(">I4sQ", 1, b"jp2c", len(bare) + 16) + bare if length == 1 else box(b"jp2c", bare, length)
    data = memoryview(box(b"jP  ", b"\r\n\x87\n") + box(b"ftyp", b"jp2 " * 3) + last)
    header = check(data)
    assert bytes(header.codestream(data)) == bare


def test_a_comment_between_the_last_tile_part_and_the_end_is_left_out():
    data = stream(end=segment(0xFF64, b"\0\1PADDING") + EOC)
    assert check(data).codestream(data) == bytes(stream())


@pytest.mark.parametrize("padding", [b"", b"\0", b"\xff"])
def test_sound_streams(padding):
    check(stream(end=EOC + padding))
    check(stream(tiles=tile_part(length=0), end=EOC + padding))
    check(stream(siz(tile=(15, 20)), cod(), tiles=tile_part(0) + tile_part(1) + tile_part(0), end=EOC + padding))


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "start-of-codestream"),
        (SOC, "start-of-codestream"),
        (b"\xff\xd8\xff\xe0", "start-of-codestream"),
        (SOC + siz()[:9], "cut off in its main header"),
        (SOC + siz(), "cut off in its main header"),
        (SOC + siz() + b"\x00\x11\x22\x33", "no marker"),
        (SOC + siz() + b"\xff\x64\x00\x00", "cut off in its main header"),
        (stream(siz()), "SIZ or COD"),
        (stream(segment(0xFF51, bytes(10)), cod()), "SIZ or COD"),
        (stream(siz(components=()), cod()), "SIZ or COD"),
        (stream(siz(left=30), cod()), "image area"),
        (stream(siz(tile=(0, 20)), cod()), "image area"),
        (stream(siz(tile_origin=(1, 0)), cod()), "image area"),
        (stream(siz(components=((7, 1, 1), (11, 1, 1))), cod()), "different depth"),
        (stream(siz(components=((0x7F, 1, 1),)), cod()), "128 bits"),
        (stream(siz(), segment(0xFF64, b"\0\1") * 5000, cod()), "more than 4096"),
        (box(b"jP  ", b"\r\n\x87\n"), "without a codestream"),
        (box(b"jP  ", b"\r\n\x87\n") + box(b"ftyp", b"", 3), "without a codestream"),
    ],
)
def test_headers_that_are_none(data, problem):
    with pytest.raises(PixelDataError, match=problem):
        parse_jpeg2000_header(memoryview(data))


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (stream(siz(bottom=21), cod()), "21 rows"),
        (stream(siz(right=0xFFFFFFFF), cod()), "4294967295 columns"),
        (stream(siz(components=(COMPONENT,) * 3), cod()), "3 components"),
        (stream(siz(components=((16, 1, 1),)), cod()), "17 bits"),
        (stream(siz(components=((11, 2, 1),)), cod()), "fewer samples"),
        (stream(siz(tile=(1, 1)), cod()), "600 tiles"),
        (stream(end=b""), "no end marker"),
        (stream(end=b"\xff"), "no end marker"),
        (stream(tiles=tile_part(length=5000)), "cut off in tile 0"),
        (stream(tiles=tile_part(1)), "part of tile 1"),
        (stream(siz(tile=(15, 20)), cod()), "1 of 2 tiles"),
        (stream(tiles=b""), "main header|0 of 1 tiles"),
    ],
)
def test_what_the_data_set_does_not_say(data, problem):
    with pytest.raises(PixelDataError, match=problem):
        check(data)


@given(st.binary(max_size=200))
def test_any_bytes_are_a_header_or_a_typed_error(data):
    for candidate in (data, SOC + data, SOC + siz() + data, SOC + siz() + cod() + data):
        try:
            check(memoryview(candidate))
        except PixelDataError:
            continue
        assert EOC in candidate
