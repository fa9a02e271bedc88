"""Overlays in groups of their own and in bits of the pixels (PS3.3 C.9.2), icons (PS3.3 F.7)."""

import numpy as np
import pytest

import dicomkit
from dicomkit import testing
from dicomkit.errors import PixelDataError
from dicomkit.pixels import draw_overlays
from dicomkit.pixels.image_access import icon, overlays

from .images import read_image

STORED = np.arange(20, dtype=np.uint16).reshape(4, 5)
PLANE = np.array([[1, 0, 1], [0, 1, 1]], np.uint8)


def overlay(plane, *more, group=0x6000, origin=(1, 1), data=None):
    """The elements of an overlay; an element that is given takes the place of the one made here."""
    base = group << 16
    packed = np.packbits(np.asarray(plane).reshape(-1), bitorder="little").tobytes()
    elements = {
        base | 0x10: ("US", np.shape(plane)[-2]),
        base | 0x11: ("US", np.shape(plane)[-1]),
        base | 0x40: ("CS", "G"),
        base | 0x50: ("SS", list(origin)),
        base | 0x100: ("US", 1),
        base | 0x102: ("US", 0),
        base | 0x3000: ("OW", (packed + b"\0" * (len(packed) % 2)) if data is None else data),
    }
    elements.update({base | tag: (vr, value) for tag, vr, value in more})
    return [(tag, vr, value) for tag, (vr, value) in elements.items() if value is not None]


def test_a_plane_for_all_frames():
    elements = overlay(PLANE, (0x22, "LO", "Arrow"), (0x1500, "LO", "A"), origin=(2, -1))
    (found,) = read_image(np.stack([STORED, STORED]), *elements, frames=2).pixel_data().overlays()
    assert (found.group, found.rows, found.columns, found.origin, found.type) == (0x6000, 2, 3, (1, -2), "G")
    assert (found.label, found.description, found.is_in_pixels) == ("A", "Arrow", False)
    for frame_index in (0, 1):
        assert np.array_equal(found.frame(frame_index), PLANE)


def test_planes_of_some_frames():
    planes = np.stack([PLANE, 1 - PLANE])
    elements = overlay(planes, (0x15, "IS", 2), (0x51, "US", 2), group=0x601E)
    (found,) = read_image(np.stack([STORED] * 4), *elements, frames=4).pixel_data().overlays()
    assert found.frame(0) is None
    assert np.array_equal(found.frame(1), PLANE)
    assert np.array_equal(found.frame(2), 1 - PLANE)  # begins inside a byte
    assert found.frame(3) is None


@pytest.mark.parametrize("vr", ["OB", "OW"])
def test_big_endian_words(vr):
    plane = np.random.default_rng(0).integers(0, 2, (5, 7), dtype=np.uint8)
    packed = np.packbits(plane.reshape(-1), bitorder="little").tobytes() + b"\0"
    data = packed if vr == "OB" else b"".join(packed[i : i + 2][::-1] for i in range(0, len(packed), 2))
    elements = overlay(plane, (0x3000, vr, data))
    encoded = testing.data_set(elements, big_endian=True)
    file = dicomkit.read(testing.part10(encoded, testing.EXPLICIT_VR_BIG_ENDIAN))
    (found,) = overlays(file.data_set, file.transfer_syntax)
    assert np.array_equal(found.frame(), plane)


def test_in_bits_of_the_pixels():
    plane = (STORED % 3 == 0).astype(np.uint16)
    elements = [(0x60000010, "US", 4), (0x60000011, "US", 5), (0x60000100, "US", 16), (0x60000102, "US", 12)]
    frames = np.stack([STORED | plane << 12, STORED])
    pixel_data = read_image(frames, *elements, bits_stored=12, frames=2).pixel_data()
    assert np.array_equal(pixel_data.frame(0), STORED)
    (found,) = pixel_data.overlays()
    assert found.is_in_pixels
    assert np.array_equal(found.frame(0), plane)
    assert not found.frame(1).any()


@pytest.mark.parametrize(
    "more",
    [
        ((0x10, "US", 0),),
        ((0x11, "LO", "x"),),
        ((0x15, "IS", 0),),
        ((0x15, "IS", 2147483647),),
        ((0x50, "SS", [1, 2, 3]),),
        ((0x15, "IS", "2147483648"),),
        ((0x15, "IS", "two"),),
        ((0x3000, "OW", b"ab"), (0x10, "US", 9)),
        ((0x3000, "LO", "text"),),
        ((0x10, "US", 65535), (0x11, "US", 65535)),
    ],
)
def test_overlays_that_lie(more):
    with pytest.raises(PixelDataError):
        read_image(STORED, *overlay(PLANE, *more)).pixel_data().overlays()


IN_BITS = {0x10: ("US", 4), 0x11: ("US", 5), 0x100: ("US", 16), 0x102: ("US", 12)}
ONES = np.full((4, 5), 0xFFFF, np.uint16)


def without_data(**lies):
    """The elements of an overlay in bit 12 of 16-bit cells, but for what is no such thing."""
    return [(0x60000000 | tag, *IN_BITS[tag]) for tag in IN_BITS if f"x{tag:x}" not in lies] + [
        (0x60000000 | int(name[1:], 16), *value) for name, value in lies.items() if value
    ]


@pytest.mark.parametrize(
    "lies",
    [
        {"x100": ("US", 1), "x102": ("US", 0)},     # what PS3.15 E.1-1 leaves
        {"x100": ("US", 1), "x102": ("US", 12)},
        {"x100": ("US", 8)},
        {"x100": None},
        {"x100": ("LO", "x")},
        {"x102": None},
        {"x102": ("US", 0)},
        {"x102": ("US", 11)},
        {"x102": ("US", 16)},
        {"x10": ("US", 3)},
        {"x10": ("US", 0)},
        {"x11": ("US", 6)},
        {"x100": ("US", 1), "x102": ("US", 0), "x3000": ("OW", b"")},
    ],
)
def test_an_overlay_without_data_is_not_in_the_pixels(lies):
    file = read_image(ONES, *without_data(**lies), bits_stored=12)
    with pytest.warns(dicomkit.DICOMWarning, match="group 6000 has no data"):
        assert file.overlays() == []
    plain = file.render_frame()
    with pytest.warns(dicomkit.DICOMWarning, match="group 6000 has no data"):
        assert np.array_equal(file.render_frame(overlays=True), plain)


def test_bits_below_the_stored_ones_are_unused_too():
    cells = np.uint16(0xFFF0) | (STORED % 2)
    (found,) = read_image(cells, *without_data(x102=("US", 0)), bits_stored=12, high_bit=15).pixel_data().overlays()
    assert np.array_equal(found.frame(), STORED % 2)
    with pytest.warns(dicomkit.DICOMWarning, match="has no data"):
        assert read_image(cells, *without_data(x102=("US", 15)), bits_stored=12, high_bit=15).overlays() == []


def test_an_empty_plane_may_be_in_the_pixels():
    (found,) = read_image(ONES, *without_data(x3000=("OW", b"")), bits_stored=12).overlays()
    assert found.is_in_pixels
    assert found.frame().all()


FLOAT = (0x7FE00008, "OF", np.linspace(0, 1, 20, dtype=np.float32).tobytes())
BITS = [(0x00280100, "US", 1), (0x00280101, "US", 1), (0x00280102, "US", 0), (0x7FE00010, "OW", b"\xff\xff\xff\0")]


@pytest.mark.parametrize(
    ("stored", "more", "options", "allocated"),
    [
        (np.full((4, 5, 3), 127, np.uint8), [], {"photometric": "RGB", "bits_stored": 7}, 8),
        (np.full((4, 5), 255, np.uint8), [], {}, 8),
        (np.full((4, 5), 255, np.uint8), BITS, {}, 1),
        (np.full((4, 5), 255, np.uint32), [FLOAT], {"bits_stored": 16}, 32),
    ],
    ids=["RGB", "no spare bits", "1 bit", "float"],
)
@pytest.mark.parametrize("position", [0, 7])
def test_pixels_without_room_for_overlays(stored, more, options, allocated, position):
    file = read_image(stored, *without_data(x100=("US", allocated), x102=("US", position)), *more, **options)
    if FLOAT in more:
        file.data_set.remove("PixelData")
    file.render_frame()
    with pytest.warns(dicomkit.DICOMWarning, match="has no data"):
        assert file.overlays() == []


def test_compressed_pixels_have_no_overlay_in_them():
    cells = testing.encapsulated([ONES.tobytes()])
    attributes = read_image(ONES, *without_data(), bits_stored=12).data_set
    attributes.remove("PixelData")
    encoded = b"".join(testing.element(int(element.tag), str(element.vr), element.value) for element in attributes) + cells
    file = dicomkit.read(testing.part10(encoded, "1.2.840.10008.1.2.1.98"))
    assert (file.pixel_data().frame(0) == 0xFFF).all()
    with pytest.warns(dicomkit.DICOMWarning, match="has no data"):
        assert file.overlays() == []


@pytest.mark.parametrize("origin", [(1, 1), (3, 4), (0, -1), (-10, -10), (100, 100)])
def test_drawing_is_cut_at_the_picture(origin):
    file = read_image(STORED, *overlay(PLANE, origin=origin))
    plain = np.asarray(file.render_frame())
    is_drawn = np.zeros(plain.shape, bool)
    for row, column in np.argwhere(PLANE):
        at = row + origin[0] - 1, column + origin[1] - 1
        if 0 <= at[0] < 4 and 0 <= at[1] < 5:
            is_drawn[at] = True
    found = file.pixel_data().overlays()
    assert np.array_equal(draw_overlays(plain, found), np.where(is_drawn, 255, plain))
    colored = draw_overlays(plain, found, color=(255, 0, 0))
    assert np.array_equal(colored, np.where(is_drawn[..., None], [255, 0, 0], plain[..., None]))


def test_icons():
    small = [
        (0x00280002, "US", 1),
        (0x00280004, "CS", "MONOCHROME2"),
        (0x00280010, "US", 2),
        (0x00280011, "US", 2),
        (0x00280100, "US", 8),
        (0x00280101, "US", 8),
        (0x00280102, "US", 7),
        (0x00280103, "US", 0),
        (0x7FE00010, "OW", b"\1\2\3\4"),
    ]
    file = read_image(STORED, (0x00880200, "SQ", [small]))
    assert icon(file.data_set, file.transfer_syntax).array().tolist() == [[1, 2], [3, 4]]
    assert icon(read_image(STORED).data_set, file.transfer_syntax) is None
    # A native icon of a compressed image.
    encoded = testing.data_set([(0x00880200, "SQ", [small])]) + testing.encapsulated([b"ab"])
    compressed = dicomkit.read(testing.part10(encoded, "1.2.840.10008.1.2.5"))
    assert icon(compressed.data_set, compressed.transfer_syntax).array().tolist() == [[1, 2], [3, 4]]
