"""PIX-10, PIX-15, PIX-16: the image shortcuts of a file."""

import pytest

import dicomkit
from dicomkit import testing
from dicomkit.errors import PixelDataError
from dicomkit.pixels import PhotometricInterpretation

IMAGE = [
    (0x00280002, "US", 1),
    (0x00280010, "US", 2),
    (0x00280011, "US", 3),
    (0x00280100, "US", 8),
    (0x00280101, "US", 8),
    (0x00280102, "US", 7),
    (0x00280103, "US", 0),
]


def read(*elements):
    return dicomkit.read(testing.part10(testing.data_set([*IMAGE, *elements])))


def test_dimensions():
    file = read((0x00280008, "IS", "4"), (0x7FE00010, "OB", bytes(range(24))))
    assert (file.image_rows, file.image_columns, file.number_of_frames, file.is_multi_frame) == (2, 3, 4, True)
    assert file.pixel_range() == (0, 5)
    assert file.pixel_range(3) == (18, 23)
    descriptor = file.pixel_data_descriptor()
    assert (descriptor.rows, descriptor.columns, descriptor.number_of_frames) == (2, 3, 4)
    assert descriptor == file.pixel_data().descriptor


def test_defaults_without_an_image():
    file = dicomkit.read(testing.part10(testing.data_set([(0x00100010, "PN", "Doe")])))
    assert (file.image_rows, file.image_columns, file.number_of_frames, file.is_multi_frame) == (None, None, 1, False)
    assert file.photometric_interpretation is None
    assert (file.is_monochrome, file.is_color, file.is_palette_color) == (False, False, False)
    assert file.palette_color_lut() is None
    assert file.window_settings() is None
    assert file.all_window_settings() == []


@pytest.mark.parametrize(
    ("text", "is_monochrome", "is_palette"),
    [("MONOCHROME1", True, False), ("MONOCHROME2", True, False), ("RGB", False, False), ("PALETTE COLOR", False, True)],
)
def test_kinds(text, is_monochrome, is_palette):
    file = read((0x00280004, "CS", text))
    assert file.photometric_interpretation is PhotometricInterpretation(text)
    assert file.is_monochrome is is_monochrome
    assert file.is_color is not is_monochrome
    assert file.is_palette_color is is_palette


def test_what_is_damaged_is_not_hidden():
    with pytest.raises(PixelDataError):
        read((0x00280004, "CS", "SEPIA")).is_monochrome  # noqa: B018
    with pytest.raises(PixelDataError):
        read((0x00280008, "IS", "1A")).number_of_frames  # noqa: B018
