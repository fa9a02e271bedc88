"""The attributes of an image in one pass, beside the same attributes asked for one by one."""

import pytest

import dicomkit
from dicomkit import testing
from dicomkit.pixels.image_pixel import read_image_pixel

ELEMENTS = {
    0x00280002: ("US", 3),
    0x00280004: ("CS", "YBR_FULL_422"),
    0x00280006: ("US", 1),
    0x00280008: ("IS", "12"),
    0x00280010: ("US", 4),
    0x00280011: ("US", 513),
    0x00280100: ("US", 16),
    0x00280101: ("US", 12),
    0x00280102: ("US", 11),
    0x00280103: ("US", 1),
    0x7FE00010: ("OW", b"\0\0"),
}
FOUND = (4, 513, 16, 12, 11, 1, 3, "YBR_FULL_422", 1, 12)


def read(changes, uid=testing.EXPLICIT_VR_LITTLE_ENDIAN):
    elements = {tag: content for tag, content in (ELEMENTS | changes).items() if content is not None}
    encoding = {"implicit": uid == testing.IMPLICIT_VR_LITTLE_ENDIAN, "big_endian": uid == testing.EXPLICIT_VR_BIG_ENDIAN}
    encoded = testing.data_set([(tag, vr, value) for tag, (vr, value) in elements.items()], **encoding)
    return dicomkit.read(testing.part10(encoded, uid)).data_set


@pytest.mark.parametrize("uid", [testing.EXPLICIT_VR_LITTLE_ENDIAN, testing.EXPLICIT_VR_BIG_ENDIAN, testing.IMPLICIT_VR_LITTLE_ENDIAN])
def test_all_of_it(uid):
    assert read_image_pixel(read({}, uid)) == FOUND


@pytest.mark.parametrize(
    ("tag", "place", "default"), [(0x00280002, 6, 1), (0x00280004, 7, "MONOCHROME2"), (0x00280006, 8, 0), (0x00280008, 9, 1)]
)
def test_what_may_be_absent(tag, place, default):
    assert read_image_pixel(read({tag: None})) == (*FOUND[:place], default, *FOUND[place + 1 :])


@pytest.mark.parametrize("tag", [0x00280010, 0x00280011, 0x00280100, 0x00280101, 0x00280102, 0x00280103, 0x7FE00010])
def test_what_may_not(tag):
    assert read_image_pixel(read({tag: None})) is None


@pytest.mark.parametrize(("text", "number"), [(b"7 ", 7), (b" 7  ", 7), (b"0 ", 0), (b"999999999 ", 999999999), (b"007 ", 7)])
def test_integer_strings(text, number):
    assert read_image_pixel(read({0x00280008: ("IS", text)}))[-1] == number


@pytest.mark.parametrize(
    ("tag", "content"),
    [
        *((0x00280008, ("IS", text)) for text in (b"", b"  ", b"-1", b"+1", b"1\\2 ", b"many", b"1\0", b"1 2 ", b"1000000000")),
        *((0x00280004, ("CS", text)) for text in (b"", b"  ", b" RGB", b"rgb ", b"RGB\\", b"RGB\0", b"R\xc9B ", b"A" * 18)),
        *((tag, ("US", [1, 2])) for tag in (0x00280002, 0x00280006, 0x00280010)),
        *((tag, ("US", b"")) for tag in (0x00280002, 0x00280006, 0x00280010)),
        *((tag, ("UL", 1)) for tag in (0x00280002, 0x00280006, 0x00280010, 0x00280103)),
        (0x00280004, ("LO", "RGB")),
        (0x00280008, ("US", 3)),
        (0x00280103, ("US", 2)),
    ],
)
def test_what_is_unusual_is_left_to_who_can_say_why(tag, content):
    assert read_image_pixel(read({tag: content})) is None


@pytest.mark.parametrize(("tag", "vr"), [(0x7FE00008, "OF"), (0x7FE00009, "OD")])
def test_pixel_data_of_two_kinds_is_unusual(tag, vr):
    assert read_image_pixel(read({tag: (vr, bytes(8))})) is None


def test_changes_count():
    data_set = read({})
    data_set.Rows = 5
    assert read_image_pixel(data_set) is None
    assert read_image_pixel(dicomkit.DataSet()) is None


@pytest.mark.filterwarnings("ignore::dicomkit.DICOMWarning")
def test_real_files(all_peer_files):
    found = 0
    for file in all_peer_files:
        try:
            data_set = dicomkit.read(file.path, force=True).data_set
        except dicomkit.DICOMError:
            continue
        pixels = read_image_pixel(data_set)
        if pixels is None:
            continue
        found += 1
        keywords = ("Rows", "Columns", "BitsAllocated", "BitsStored", "HighBit", "PixelRepresentation")
        assert pixels[:6] == tuple(data_set.uint16(keyword) for keyword in keywords)
        assert pixels[6] == (data_set.uint16("SamplesPerPixel") or 1)
        assert pixels[7] == (data_set.string("PhotometricInterpretation") or "MONOCHROME2")
        assert pixels[8] == (data_set.uint16("PlanarConfiguration") or 0)
        assert pixels[9] == (1 if "NumberOfFrames" not in data_set else data_set.integer_string("NumberOfFrames"))
    assert found > 100 or not all_peer_files
