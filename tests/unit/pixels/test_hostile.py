"""Whatever the image attributes say, there are pixels of that shape or a DICOMError, and nothing large is allocated."""

import contextlib
import tracemalloc
import warnings
from functools import partial

from hypothesis import given, settings
from hypothesis import strategies as st

import dicomkit
from dicomkit import testing
from dicomkit.errors import DICOMError
from dicomkit.pixels import PixelDataRenderer, image_access

SMALL = [0, 1, 2, 3, 4, 7, 8, 12, 15, 16, 31, 32, 63, 64, 65535]
SYNTAXES = [
    testing.IMPLICIT_VR_LITTLE_ENDIAN,
    testing.EXPLICIT_VR_LITTLE_ENDIAN,
    testing.EXPLICIT_VR_BIG_ENDIAN,
    "1.2.840.10008.1.2.1.98",
    "1.2.840.10008.1.2.5",
]
KINDS = [
    ("MONOCHROME1", 1),
    ("MONOCHROME2", 1),
    ("PALETTE COLOR", 1),
    ("RGB", 3),
    ("YBR_FULL", 3),
    ("YBR_FULL_422", 3),
    ("YBR_RCT", 3),
    ("SEPIA", 3),
]
DEPTHS = [
    (1, 1, 0), (8, 8, 7), (8, 5, 6), (12, 12, 11), (12, 7, 9), (16, 12, 11), (16, 12, 15), (16, 16, 15), (32, 32, 31), (32, 20, 25),
    (64, 64, 63),
]  # fmt: skip
LIES = {
    0x00280002: ("US", [0, 1, 3, 65535]),
    0x00280006: ("US", [0, 1, 2]),
    0x00280008: ("IS", ["", "0", "-1", "3", "2147483647", "4294967296", "x"]),
    0x00280010: ("US", SMALL),
    0x00280011: ("US", SMALL),
    0x00280100: ("US", SMALL),
    0x00280101: ("US", SMALL),
    0x00280102: ("US", SMALL),
    0x00280103: ("US", [1, 2]),
    0x00281050: ("DS", ["", "x", "1e300", "-1e300", "nan"]),
    0x00281051: ("DS", ["0", "-1", "1e-300", "1e300"]),
    0x00281052: ("DS", ["-1e308", "1e308", "x"]),
    0x00281053: ("DS", ["-2.5", "0", "1e308", "1e-308", "inf"]),
    0x00281056: ("CS", ["SIGMOID", "LINEAR_EXACT", "WHATEVER"]),
    0x00281101: ("US", [[0, 0, 16], [20, 65535, 8], [20, 0, 12], [1, 2], [5, 0, 0]]),
    0x00281203: ("OW", [b"", b"ab", bytes(65536)]),
}




def lut(descriptor, data, vr="OW"):
    return [(0x00283002, "US", descriptor), (0x00283006, vr, data)]


def mapping(*more):
    return [(0x00409216, "US", 0), (0x00409211, "US", 9), (0x00409225, "FD", 1e308), (0x00409224, "FD", 1.0), *more]


TABLES = [
    [lut([4, 0, 16], bytes(8))],
    [lut([4, 0, 8], bytes(4))],
    [lut([0, 65535, 16], bytes(8))],
    [lut([4, 0, 200], bytes(8))],
    [lut([4, 0], bytes(8))],
    [lut([4, 0, 16], b"")],
    [lut([4, 0, 16], "12345678", "LO")],
    [[]],
    [],
]
LIES |= {
    0x00280106: ("LO", ["x"]),
    0x00280120: ("US", [0, 3, 65535, [1, 2]]),
    0x00280121: ("LO", ["x"]),
    0x00280030: ("DS", ["0\\0", "1e300\\1e-300", "x", "-1\\2", "1\\2\\3"]),
    0x00280034: ("IS", ["0\\1", "2147483647\\1", "x"]),
    0x00089205: ("CS", ["COLOR", "MIXED", "x"]),
    0x00281054: ("LO", ["HU", "\\"]),
    0x00283000: ("SQ", TABLES),
    0x00283010: ("SQ", TABLES),
    0x20500010: ("SQ", TABLES),
    0x20500020: ("CS", ["INVERSE", "x"]),
    0x3004000E: ("DS", ["0.001", "x", "1e300"]),
    0x00409096: (
        "SQ",
        [
            [mapping()],
            [mapping((0x00409212, "FD", [1.0, 2.0]))],
            [mapping((0x00409211, "US", 65535), (0x00409212, "FD", [1.0]))],
            [[(0x00409214, "FD", -1e308), (0x00409213, "FD", 1e308), (0x00409212, "FD", [1.0])]],
            [[]],
        ],
    ),
    0x00541001: ("CS", ["BQML", "\\"]),
    0x52009229: ("SQ", [[[]], [[(0x00289145, "SQ", [[]])]], [[(0x00289132, "SQ", [[(0x00281050, "DS", "x")]])]]]),
    0x52009230: ("SQ", [[], [[], []], [[(0x00289110, "SQ", [[(0x00280030, "DS", "x")]])]]]),
    0x60000010: ("US", SMALL),
    0x60000011: ("US", SMALL),
    0x60000015: ("IS", ["0", "-1", "2147483647", "x"]),
    0x60000050: ("SS", [[-32768, 32767], [1], [1, 2, 3]]),
    0x60000102: ("US", [0, 7, 15, 16, 65535]),
    0x60003000: ("OW", [b"", b"ab", bytes(64)]),
    0x00880200: ("SQ", [[[]], [[(0x7FE00010, "OW", b"ab"), (0x00280010, "US", 65535)]]]),
}


@st.composite
def files(draw):
    """An image that is mostly right, with up to two lies."""
    syntax = draw(st.sampled_from(SYNTAXES))
    photometric, samples = draw(st.sampled_from(KINDS))
    allocated, stored, high = draw(st.sampled_from(DEPTHS))
    rows, columns, frames = draw(st.integers(1, 6)), draw(st.integers(1, 3)) * 2, draw(st.integers(1, 3))
    elements = {
        0x00280002: ("US", samples),
        0x00280004: ("CS", photometric),
        0x00280006: ("US", draw(st.integers(0, 1))),
        0x00280008: ("IS", frames),
        0x00280010: ("US", rows),
        0x00280011: ("US", columns),
        0x00280100: ("US", allocated),
        0x00280101: ("US", stored),
        0x00280102: ("US", high),
        0x00280103: ("US", draw(st.integers(0, 1))),
        0x00281050: ("DS", 40),
        0x00281051: ("DS", 400),
        0x00281052: ("DS", -1024),
        0x00281053: ("DS", 1),
        0x60000010: ("US", 2),
        0x60000011: ("US", 3),
        0x60000050: ("SS", [1, 1]),
        **{0x00281101 + i: ("US", [20, 0, 16]) for i in range(3)},
        **{0x00281201 + i: ("OW", bytes(range(40))) for i in range(3)},
    }
    for tag in draw(st.lists(st.sampled_from(sorted(LIES)), max_size=2)):
        vr, values = LIES[tag]
        elements[tag] = vr, draw(st.sampled_from(values))
    implicit, big_endian = syntax == testing.IMPLICIT_VR_LITTLE_ENDIAN, syntax == testing.EXPLICIT_VR_BIG_ENDIAN
    attributes = ((tag, vr, value) for tag, (vr, value) in elements.items())
    encoded = testing.data_set(attributes, implicit=implicit, big_endian=big_endian)
    length = rows * columns * samples * frames * allocated // 8 + draw(st.sampled_from([0, 0, 0, 2, -2]))
    pixels = (draw(st.binary(min_size=1, max_size=64)) * 1000)[: max(0, length + length % 2)]
    if syntax in SYNTAXES[:3]:
        encoded += testing.element(0x7FE00010, "OW", pixels, implicit=implicit, big_endian=big_endian)
    else:
        fragments = [pixels] * draw(st.sampled_from([frames, 1, 4]))
        encoded += testing.encapsulated(fragments, draw(st.sampled_from([[], [0], [0, len(pixels) + 8], [0, 7]])))
    return testing.part10(encoded, syntax)


@settings(max_examples=500, deadline=None)
@given(files())
def test_pixels_as_promised_or_an_error(content):
    tracemalloc.start()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", dicomkit.DICOMWarning)
            _look_at(dicomkit.read(content))
        # A table for 16-bit cells takes a few times 8 * 65536.
        assert tracemalloc.get_traced_memory()[1] < 8_000_000
    finally:
        tracemalloc.stop()


def _look_at(file):
    try:
        pixel_data = file.pixel_data()
        frames = list(pixel_data.frames())
    except DICOMError:
        return
    descriptor = pixel_data.descriptor
    assert len(frames) == descriptor.number_of_frames
    assert all(frame.shape == descriptor.frame_shape and frame.dtype == descriptor.dtype for frame in frames)
    assert all(descriptor.min_possible_value <= frame.min() <= frame.max() <= descriptor.max_possible_value for frame in frames)
    assert all(same_shape(pixel_data, pixel_data.values, index) for index in range(len(frames)))
    renderer = PixelDataRenderer(pixel_data)
    for render in (
        file.render_frame,
        file.render_frame_with_stored_window,
        partial(renderer.render_frame, 0, "lung", overlays=True),
        partial(renderer.render_frame, 0, size=16),
    ):
        try:
            picture = render()
        except DICOMError:
            continue
        assert picture.shape[:2] == (descriptor.rows, descriptor.columns) or max(picture.shape[:2]) == 16
        assert picture.dtype == "uint8"
    for look in (pixel_data.histogram, pixel_data._repr_png_, partial(shown_overlays, pixel_data), partial(shown_icon, file)):
        with contextlib.suppress(DICOMError):
            look()


def same_shape(pixel_data, values, index):
    """Real-world values have the shape of their frame, or there are none."""
    try:
        return values(index).shape == pixel_data.descriptor.frame_shape
    except DICOMError:
        return True


def shown_overlays(pixel_data):
    return [overlay.frame(0) for overlay in pixel_data.overlays()]


def shown_icon(file):
    found = image_access.icon(file.data_set, file.transfer_syntax)
    return found and found.array()
