"""Headers of JPEG and JPEG-LS, spelled out from ISO/IEC 10918-1 Annex B, and what is wrong with them."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dicomkit import PixelDataError
from dicomkit.codecs.codestreams import parse_jpeg_header
from dicomkit.testing import FrameShape

SOI, EOI = b"\xff\xd8", b"\xff\xd9"
COLOR = FrameShape(rows=2, columns=3, samples_per_pixel=3, photometric_interpretation="RGB")
GREY = FrameShape(rows=2, columns=3)


def segment(marker, contents):
    return struct.pack(">BBH", 0xFF, marker, len(contents) + 2) + contents


def sof(marker=0xC0, precision=8, rows=2, columns=3, components=((1, 0x11),)):
    body = b"".join(bytes((identifier, sampling, 0)) for identifier, sampling in components)
    return segment(marker, struct.pack(">BHHB", precision, rows, columns, len(components)) + body)


def sos(identifiers=(1,), selection=0, end=63, low=0):
    return segment(0xDA, bytes([len(identifiers)]) + b"".join(bytes((i, 0)) for i in identifiers) + bytes((selection, end, low)))


def stream(*parts, entropy=b"\x12\x34", end=EOI):
    return memoryview(SOI + b"".join(parts) + entropy + end)


def check(data, shape=GREY):
    header = parse_jpeg_header(data)
    header.check_frame(shape)
    header.check_whole(data)


def test_what_a_header_says():
    app14 = segment(0xEE, b"Adobe\0\x65\0\0\0\0\1")
    jfif = segment(0xE0, b"JFIF\0\1\1\0\0\1\0\1\0\0")
    components = ((1, 0x21), (2, 0x11), (3, 0x11))
    header = parse_jpeg_header(stream(jfif, app14, sof(0xC1, 12, 7, 9, components), sos((1, 2, 3), 0, 63)))
    assert (header.start_of_frame, header.precision, header.rows, header.columns) == (0xC1, 12, 7, 9)
    assert [tuple(component) for component in header.components] == [(1, 2, 1), (2, 1, 1), (3, 1, 1)]
    assert (header.adobe_transform, header.has_jfif, header.is_subsampled, header.scan_components) == (1, True, True, 3)
    assert not header.is_lossless
    assert not header.is_jpeg_ls


def test_lossless_and_jpeg_ls():
    lossless = parse_jpeg_header(stream(sof(0xC3, 16), sos(selection=4, end=0, low=2)))
    assert (lossless.is_lossless, lossless.selection_value, lossless.point_transform) == (True, 4, 2)
    assert parse_jpeg_header(stream(sof(0xF7, 12), sos(selection=3, end=0))).is_jpeg_ls


def test_short_adobe_markers_and_fill_bytes():
    header = parse_jpeg_header(stream(segment(0xEE, b"Adobe\0\0\0\0\0"), b"\xff\xff\xff", sof(), sos()))
    assert header.adobe_transform is None
    assert header.rows == 2


def test_a_spiff_header_ends_with_a_start_of_image():
    spiff = segment(0xE8, b"SPIFF\0" + bytes(24)) + segment(0xE8, b"\0\0\0\1\xff\xd8")
    assert parse_jpeg_header(stream(spiff, sof(0xF7), sos())).is_jpeg_ls


@pytest.mark.parametrize("padding", [b"", b"\0", b"\xff", b" ", bytes(500)])
def test_sound_streams(padding):
    check(stream(sof(), sos(), end=EOI + padding))


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "start-of-image"),
        (b"\xff", "start-of-image"),
        (b"\x00\x00\x00\x0cJXL ", "start-of-image"),
        (SOI, "cut off in its header"),
        (SOI + b"\xff", "cut off in its header"),
        (SOI + b"\xff\xff", "cut off in its header"),
        (SOI + EOI, "before its first scan|cut off"),
        (SOI + b"\x12\x34", "no marker at byte 2"),
        (SOI + sof()[:-1], "cut off in its header"),
        (SOI + b"\xff\xe0\x00\x01", "cut off in its header"),
        (stream(sof()), "no marker"),
        (stream(sos()), "scan before its frame"),
        (stream(sof(), sof(), sos()), "two frame headers"),
        (stream(sof(components=()), sos()), "too short"),
        (stream(segment(0xC0, b"\x08"), sos()), "too short"),
        (stream(sof(), segment(0xDA, b"")), "too short"),
        (stream(sof(components=((1, 0x01),)), sos()), "sampling"),
        (stream(segment(0xFE, b"") * 5000, sof(), sos()), "more than 4096 segments"),
    ],
)
def test_headers_that_are_none(data, problem):
    with pytest.raises(PixelDataError, match=problem):
        parse_jpeg_header(memoryview(data))


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (stream(sof(rows=3), sos()), "3 rows"),
        (stream(sof(columns=0xFFFF), sos()), "65535 columns"),
        (stream(sof(rows=0), sos()), "0 rows"),
        (stream(sof(precision=12), sos()), "12 bits"),
        (stream(sof(components=((1, 17), (2, 17))), sos((1, 2))), "2 components"),
        (stream(sof(), sos(), end=b""), "cut off"),
        (stream(sof(), sos(), end=b"\xff"), "cut off"),
        (stream(segment(0xE0, b"thumbnail" + EOI), sof(), sos(), end=b""), "cut off"),
    ],
)
def test_what_the_data_set_does_not_say(data, problem):
    with pytest.raises(PixelDataError, match=problem):
        check(data)


COMPONENTS = ((1, 0x11), (2, 0x11), (3, 0x11))


def test_a_scan_for_each_component():
    check(stream(sof(components=COMPONENTS), sos((1,)), b"\x11\xff\x00", sos((2,)), b"\x22", sos((3,))), COLOR)


@pytest.mark.parametrize(
    "scans", [((1,), (2,)), ((1,),), ((1,), (2,), (2,)), ((1,), (2,), (3,), (3,)), ((1,), (2, 3), (1,)), ((1,), (2,), (9,))]
)
def test_scans_that_are_missing_or_too_many(scans):
    with pytest.raises(PixelDataError, match="has scans for"):
        check(stream(sof(components=COMPONENTS), *(sos(scan) + b"\x01" for scan in scans)), COLOR)


@given(st.binary(max_size=200))
def test_any_bytes_are_a_header_or_a_typed_error(data):
    for candidate in (data, SOI + data, SOI + sof() + data):
        try:
            check(memoryview(candidate))
        except PixelDataError:
            continue
        assert EOI in candidate
