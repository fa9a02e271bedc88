"""Whatever the image attributes say, there are pixels of that shape or a DICOMError, and nothing large is allocated."""

import tracemalloc
import warnings

from hypothesis import given, settings
from hypothesis import strategies as st

import dicomkit
from dicomkit import testing
from dicomkit.errors import DICOMError

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
DEPTHS = [(8, 8, 7), (8, 5, 6), (16, 12, 11), (16, 12, 15), (16, 16, 15), (1, 1, 0), (32, 32, 31), (32, 20, 25), (64, 64, 63)]
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


@settings(max_examples=400, deadline=None)
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
    for render in (file.render_frame, file.render_frame_with_stored_window):
        try:
            picture = render()
        except DICOMError:
            continue
        assert picture.shape[:2] == (descriptor.rows, descriptor.columns)
        assert picture.dtype == "uint8"
