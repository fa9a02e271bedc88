"""Arrays into data sets: what is read back, in every syntax and by pydicom, and which attributes come and go."""

from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dicomkit
from dicomkit import DataElement, DataSet, DICOMFile, TransferSyntax
from dicomkit.errors import MissingRequiredElementError, PixelDataError
from tests.conftest import need_encoder

NATIVE = ["ExplicitVRLittleEndian", "ImplicitVRLittleEndian", "ExplicitVRBigEndian", "DeflatedExplicitVRLittleEndian"]
RANDOM = np.random.default_rng(7)


def values(dtype, shape):
    dtype = np.dtype(dtype)
    if dtype.kind == "f":
        return RANDOM.normal(size=shape).astype(dtype)
    if dtype.kind == "b":
        return RANDOM.integers(0, 2, shape).astype(bool)
    limits = np.iinfo(dtype)
    native = RANDOM.integers(limits.min, limits.max, shape, dtype=dtype.newbyteorder("="), endpoint=True)
    return native.astype(dtype)


def stored(array, syntax="ExplicitVRLittleEndian", attributes=(), **options):
    """The file that comes back when an array is set, written and read."""
    file = DICOMFile.create(DataSet(attributes), transfer_syntax_uid=syntax)
    file.set_pixel_array(array, **options)
    return dicomkit.read(file.write())


@pytest.mark.parametrize("syntax", NATIVE)
@pytest.mark.parametrize("dtype", ["u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8", "f4", "f8", "?", ">u2", ">f4"])
@pytest.mark.parametrize("shape", [(3, 5), (1, 1), (2, 3, 5), (7, 3, 3)])
def test_grey_pixels_come_back(dtype, shape, syntax):
    array = values(dtype, shape)
    file = stored(array, syntax, photometric_interpretation="MONOCHROME2")
    back = file.pixel_data().array()
    assert np.array_equal(back, array)
    assert back.dtype.kind == ("u" if dtype == "?" else np.dtype(dtype).kind)
    assert (file.Rows, file.Columns) == shape[-2:]
    assert file.number_of_frames == (shape[0] if len(shape) == 3 else 1)
    assert ("NumberOfFrames" in file) == (len(shape) == 3)


@pytest.mark.parametrize("syntax", NATIVE)
@pytest.mark.parametrize("planar", [0, 1])
@pytest.mark.parametrize("shape", [(3, 5, 3), (2, 3, 5, 3)])
@pytest.mark.parametrize("dtype", ["u1", "u2"])
def test_colors_come_back(dtype, shape, planar, syntax):
    array = values(dtype, shape)
    file = stored(array, syntax, planar_configuration=planar)
    assert (file.SamplesPerPixel, file.PhotometricInterpretation, file.PlanarConfiguration) == (3, "RGB", planar)
    assert np.array_equal(file.pixel_data().array(), array)
    assert "SmallestImagePixelValue" not in file


@pytest.mark.parametrize("dtype", ["u1", "i2", "u2", "u4", "f4", "f8"])
def test_pydicom_reads_the_same(pydicom, dtype):
    array = values(dtype, (2, 4, 6))
    theirs = pydicom.dcmread(io.BytesIO(DICOMFile.create(stored(array).data_set).write()))
    assert np.array_equal(theirs.pixel_array, array)


def test_pydicom_reads_the_same_bits(pydicom):
    array = values("?", (3, 3, 3))
    assert np.array_equal(pydicom.dcmread(io.BytesIO(stored(array).write())).pixel_array, array)


@settings(deadline=None, max_examples=60)
@given(st.integers(1, 9), st.integers(1, 9), st.integers(1, 4), st.integers(2, 16), st.booleans(), st.data())
def test_any_depth_comes_back(rows, columns, frames, bits, is_signed, data):
    low, high = (-(1 << bits - 1), (1 << bits - 1) - 1) if is_signed else (0, (1 << bits) - 1)
    flat = data.draw(st.lists(st.integers(low, high), min_size=rows * columns * frames, max_size=rows * columns * frames))
    array = np.array(flat, "i2" if is_signed else "u2").reshape(frames, rows, columns)
    file = stored(array, bits_stored=bits, photometric_interpretation="MONOCHROME2")
    assert np.array_equal(file.pixel_data().array().reshape(array.shape), array)
    assert (file.BitsStored, file.HighBit, file.PixelRepresentation) == (bits, bits - 1, int(is_signed))
    assert (file.SmallestImagePixelValue, file.LargestImagePixelValue) == (min(flat), max(flat))


def test_attributes_of_integers():
    file = stored(values("i2", (3, 5)))
    assert (file.SamplesPerPixel, file.PhotometricInterpretation, file.BitsAllocated, file.PixelRepresentation) == (1, "MONOCHROME2", 16, 1)
    assert file["SmallestImagePixelValue"].vr == file["LargestImagePixelValue"].vr == "SS"
    assert "PlanarConfiguration" not in file
    assert stored(values("u1", (3, 5)))["PixelData"].vr == "OB"


def test_values_of_32_bits_have_no_smallest():
    file = stored(np.array([[0, 70_000]], "u4"), attributes=[DataElement("SmallestImagePixelValue", "US", 0)])
    assert "SmallestImagePixelValue" not in file
    assert "LargestImagePixelValue" not in file


def test_floating_point_pixels_have_no_bits_stored():
    before = stored(values("u2", (3, 5)))
    before.set_pixel_array(values("f4", (3, 5)))
    file = dicomkit.read(before.write())
    assert file["FloatPixelData"].vr == "OF"
    assert file.BitsAllocated == 32
    assert not {"PixelData", "BitsStored", "HighBit", "PixelRepresentation", "SmallestImagePixelValue"} & {e.keyword for e in file}
    half = stored(np.array([[1.5, -0.25]], "f2"))
    assert half.pixel_data().array().tolist() == [[1.5, -0.25]]


def test_frames_of_bits_follow_each_other_without_a_gap():
    file = stored(np.ones((3, 3, 3), bool))
    assert (file.BitsAllocated, file.BitsStored, file.HighBit) == (1, 1, 0)
    assert bytes(file["PixelData"].value_data) == b"\xff\xff\xff\x07"


def test_an_array_may_be_strided_or_a_list():
    array = values("u2", (6, 8))
    assert np.array_equal(stored(array[::2, ::-2]).pixel_data().array(), array[::2, ::-2])
    assert stored([[1, 2], [3, 4]]).pixel_data().array().tolist() == [[1, 2], [3, 4]]
    assert stored(np.asfortranarray(values("?", (3, 5)))).Columns == 5


def test_what_was_read_can_be_set_again():
    """Set what ``array`` gave, and nothing changed but what is derived."""
    for photometric in ("MONOCHROME1", "MONOCHROME2"):
        file = stored(values("u2", (2, 3, 5)), photometric_interpretation=photometric)
        again = file.copy()
        again.set_pixel_array(file.pixel_data().array())
        assert again == file


def test_what_was_true_of_the_old_pixels_goes():
    old = DataSet()
    old.RedPaletteColorLookupTableDescriptor = [256, 0, 16]
    old.SegmentedRedPaletteColorLookupTableData = bytes(4)
    old.PaletteColorLookupTableUID = "1.2.3"
    old.IconImageSequence = [DataSet()]
    old.SmallestPixelValueInSeries = 5
    old.ExtendedOffsetTable = bytes(8)
    old.FloatPixelData = bytes(4)
    old.PlanarConfiguration = 1
    old.PhotometricInterpretation = "PALETTE COLOR"
    kept = {"LossyImageCompression": "01", "WindowCenter": 40, "RescaleSlope": 2, "PatientName": "A", "NumberOfFrames": 1}
    for keyword, value in kept.items():
        old[keyword] = value
    file = stored(values("u2", (3, 5)), attributes=old)
    keywords = {element.keyword for element in file}
    assert not keywords & {"RedPaletteColorLookupTableDescriptor", "SegmentedRedPaletteColorLookupTableData", "PaletteColorLookupTableUID",
                           "IconImageSequence", "SmallestPixelValueInSeries", "ExtendedOffsetTable", "FloatPixelData",
                           "PlanarConfiguration"}  # fmt: skip
    assert keywords >= set(kept)
    assert file.PhotometricInterpretation == "MONOCHROME2"


def test_padding_that_pixels_can_still_have_stays():
    def padded(value, vr, array):
        return stored(array, attributes=[DataElement("PixelPaddingValue", vr, value)]).data_set

    kept = padded(63, "US", values("i1", (2, 2)))["PixelPaddingValue"]
    assert (kept.vr, kept.value) == ("SS", 63)
    assert "PixelPaddingValue" not in padded(300, "US", values("u1", (2, 2)))
    assert "PixelPaddingValue" not in padded(-1, "SS", values("u2", (2, 2)))
    assert "PixelPaddingValue" not in padded(0, "US", values("f4", (2, 2)))
    floats = [DataElement("FloatPixelPaddingValue", "FL", -1.0)]
    assert "FloatPixelPaddingValue" in stored(values("f4", (2, 2)), attributes=floats)
    assert "FloatPixelPaddingValue" not in stored(values("f8", (2, 2)), attributes=floats)


def test_overlays_in_unused_bits_go_and_others_stay():
    attributes = [
        DataElement(0x60000010, "US", 2), DataElement(0x60000100, "US", 16), DataElement(0x60000102, "US", 12),
        DataElement(0x60020010, "US", 2), DataElement(0x60020100, "US", 1), DataElement(0x60023000, "OW", bytes(2)),
    ]  # fmt: skip
    assert [tag.group for tag in stored(values("u2", (2, 2)), attributes=attributes).tags if tag.group >> 8 == 0x60] == [0x6002] * 3


def test_indices_into_a_palette():
    palette = [DataElement("RedPaletteColorLookupTableDescriptor", "US", [256, 0, 8])]
    file = stored(values("u1", (3, 5)), attributes=palette, photometric_interpretation="PALETTE COLOR")
    assert file.is_palette_color
    assert "RedPaletteColorLookupTableDescriptor" in file
    with pytest.raises(MissingRequiredElementError):
        stored(values("u1", (3, 5)), photometric_interpretation="PALETTE COLOR")
    with pytest.raises(PixelDataError):
        stored(values("i1", (3, 5)), attributes=palette, photometric_interpretation="PALETTE COLOR")


PAINTED = [
    ("SC_ybr_full_uncompressed.dcm", "YBR_FULL"),
    ("SC_ybr_full_422_uncompressed.dcm", "YBR_FULL"),
    ("OBXXXX1A.dcm", "PALETTE COLOR"),
    ("OBXXXX1A_2frame.dcm", "PALETTE COLOR"),
    ("gdcm-US-ALOKA-16.dcm", "PALETTE COLOR"),
    ("examples_palette.dcm", "PALETTE COLOR"),
    ("eCT_Supplemental.dcm", "MONOCHROME2"),
    ("SC_rgb.dcm", "RGB"),
    ("SC_rgb_expb_16bit_2frame.dcm", "RGB"),
]


@pytest.mark.parametrize(("name", "photometric"), PAINTED)
def test_painting_over_leaves_the_other_pixels_as_they_look(all_peer_files, name, photometric):
    """As docs/how-to/anonymize.md does it."""
    before = dicomkit.read(next(file.path for file in all_peer_files if file.path.name == name))
    file = before.copy()
    pixels = file.pixel_data().array().copy()
    image = pixels if file.SamplesPerPixel == 1 else np.moveaxis(pixels, -1, 0)
    image[..., :4, 10:40] = pixels.min()
    file.set_pixel_array(pixels, bits_stored=file.get("BitsStored"))
    after = dicomkit.read(file.write())
    assert after.PhotometricInterpretation == photometric
    assert np.array_equal(after.pixel_data().array(), pixels)
    assert {e.keyword for e in before if "Palette" in e.keyword} == {e.keyword for e in after if "Palette" in e.keyword}
    for frame_index in range(before.number_of_frames):
        old, new = np.array(before.render_frame(frame_index)), np.array(after.render_frame(frame_index))
        assert np.array_equal(old[4:], new[4:])
        assert np.array_equal(old[:4, 40:], new[:4, 40:])
        assert len(np.unique(new[:4, 10:40].reshape(120, -1), axis=0)) == 1


def test_pixels_of_another_kind_mean_something_else():
    palette = [DataElement("RedPaletteColorLookupTableDescriptor", "US", [256, 0, 8])]
    indices = stored(values("u1", (3, 5)), attributes=palette, photometric_interpretation="PALETTE COLOR")
    cases = {"MONOCHROME2": values("u2", (3, 5)), "RGB": values("u1", (3, 5, 3)), "PALETTE COLOR": values("u1", (2, 4, 4))}
    for photometric, array in cases.items():
        file = indices.copy()
        file.set_pixel_array(array)
        assert file.PhotometricInterpretation == photometric
        assert ("RedPaletteColorLookupTableDescriptor" in file) == (photometric == "PALETTE COLOR")
    colors = stored(values("u1", (3, 5, 3)), photometric_interpretation="YBR_FULL")
    cases = {"MONOCHROME2": values("u1", (3, 5)), "RGB": values("u2", (3, 5, 3)), "YBR_FULL": values("u1", (4, 4, 3))}
    for photometric, array in cases.items():
        file = colors.copy()
        file.set_pixel_array(array)
        assert file.PhotometricInterpretation == photometric


def test_partial_range_is_no_array():
    """PS3.3 C.7.6.3.1.2: YBR_PARTIAL_422 shares chroma samples, and there is none that does not."""
    file = stored(values("u1", (4, 4, 3)))
    file.PhotometricInterpretation = "YBR_PARTIAL_422"
    with pytest.raises(PixelDataError, match="say which"):
        file.set_pixel_array(values("u1", (4, 4, 3)))
    file.set_pixel_array(values("u1", (4, 4, 3)), photometric_interpretation="RGB")
    assert file.PhotometricInterpretation == "RGB"


def test_compressed_colors_mean_what_the_decoder_made_of_them():
    array = values("u1", (4, 4, 3))
    file = stored(array, "EncapsulatedUncompressedExplicitVRLittleEndian", photometric_interpretation="YBR_FULL")
    file.set_pixel_array(file.pixel_data().array())
    assert file.PhotometricInterpretation == "YBR_FULL"
    assert np.array_equal(file.pixel_data().array(), array)


@pytest.mark.parametrize("mask", [True, False])
def test_a_mask_has_no_place(mask):
    file = stored(values("u2", (3, 5)))
    before = file.copy()
    array = np.ma.MaskedArray(values("u2", (3, 5)), mask=mask)
    with pytest.raises(PixelDataError, match="no mask"):
        file.set_pixel_array(array)
    assert file == before
    file.set_pixel_array(array.filled(0))


@pytest.mark.parametrize(("array", "options"), [
    (np.zeros(5), {}),
    (np.zeros((0, 5), "u1"), {}),
    (np.zeros((2, 2, 2, 2), "u1"), {}),
    (np.zeros((1, 65_536), "u1"), {}),
    (np.zeros((2, 2), complex), {}),
    (np.zeros((2, 2), "M8[s]"), {}),
    (np.array([["a"]]), {}),
    (np.array(5), {}),
    (np.zeros((2, 2, 4), "u1"), {"photometric_interpretation": "RGB"}),
    (np.zeros((2, 2), "u1"), {"photometric_interpretation": "RGB"}),
    (np.zeros((2, 2, 3), "u1"), {"photometric_interpretation": "YBR_FULL_422"}),
    (np.zeros((2, 2, 3), "u1"), {"photometric_interpretation": "nonsense"}),
    (np.zeros((2, 2, 3), "u1"), {"planar_configuration": 2}),
    (np.zeros((2, 2, 3), "f4"), {"photometric_interpretation": "RGB"}),
    (np.zeros((2, 2, 3), bool), {"photometric_interpretation": "RGB"}),
    (np.zeros((2, 2), "f4"), {"bits_stored": 16}),
    (np.full((2, 2), 4096, "u2"), {"bits_stored": 12}),
    (np.full((2, 2), -2049, "i2"), {"bits_stored": 12}),
    (np.zeros((2, 2), "u2"), {"bits_stored": 17}),
    (np.zeros((2, 2), "u2"), {"bits_stored": 0}),
])  # fmt: skip
def test_what_is_no_image(array, options):
    file = stored(values("u2", (3, 5)))
    before = file.copy()
    with pytest.raises(PixelDataError):
        file.set_pixel_array(array, **options)
    assert file == before


def test_more_than_a_length_field_says():
    with pytest.raises(PixelDataError, match="length field"):
        stored(np.broadcast_to(np.uint16(0), (20, 65_535, 3000)), photometric_interpretation="MONOCHROME2")


def test_functional_groups_say_how_many_frames_there_are():
    groups = [DataElement("PerFrameFunctionalGroupsSequence", "SQ", [DataSet(), DataSet()])]
    assert stored(values("u2", (2, 3, 5)), attributes=groups).number_of_frames == 2
    with pytest.raises(PixelDataError, match="functional groups"):
        stored(values("u2", (3, 3, 5)), attributes=groups)


# Compressed files: the registry's encoders.

LOSSLESS = ["RLELossless", "JPEGLosslessSV1", "JPEGLSLossless", "JPEG2000Lossless", "HTJ2KLossless", "DeflatedImageFrameCompression"]


@pytest.mark.parametrize("syntax", LOSSLESS)
@pytest.mark.parametrize(("dtype", "shape"), [("u1", (8, 9)), ("u2", (3, 8, 9)), ("u1", (2, 8, 9, 3))])
def test_a_compressed_file_gets_encoded_pixels(syntax, dtype, shape):
    need_encoder(syntax)
    array = values(dtype, shape)
    file = stored(array, syntax)
    assert file.transfer_syntax.is_encapsulated
    assert file["PixelData"].is_encapsulated
    assert np.array_equal(file.pixel_data().array(), array)
    assert "LossyImageCompression" not in file


def test_lossy_encoding_is_told_and_says_so():
    need_encoder("JPEGBaseline8Bit")
    ramp = np.tile(np.arange(64, dtype="u1") * 4, (64, 1))
    good, bad = (stored(ramp, "JPEGBaseline8Bit", quality=quality) for quality in (95, 20))
    assert good.LossyImageCompression == bad.LossyImageCompression == "01"
    assert good.sop_instance_uid != bad.sop_instance_uid
    assert len(good["PixelData"].value_data) > len(bad["PixelData"].value_data)
    assert np.abs(good.pixel_data().array().astype(int) - ramp).max() < 8


def test_setting_pixels_does_not_change_the_instance():
    need_encoder("JPEGBaseline8Bit")
    file = stored(values("u1", (8, 8)), "JPEGBaseline8Bit")
    uid = file.sop_instance_uid
    file.set_pixel_array(values("u1", (8, 8)))
    assert file.sop_instance_uid == uid


@pytest.mark.parametrize(("syntax", "array"), [
    ("JPEGBaseline8Bit", np.zeros((8, 8), "u2") + 4000), ("RLELossless", np.zeros((8, 8), "f4")), ("MPEG2MPML", np.zeros((8, 8), "u1")),
])  # fmt: skip
def test_pixels_that_have_no_place_in_a_syntax_change_nothing(syntax, array):
    file = stored(values("u1", (4, 4)), "ExplicitVRLittleEndian")
    file.transfer_syntax = TransferSyntax.find(syntax)
    before = file.copy()
    with pytest.raises(PixelDataError):
        file.set_pixel_array(array)
    assert file == before


def test_a_native_syntax_has_no_encoder_to_tell():
    with pytest.raises(ValueError, match="quality"):
        stored(values("u1", (4, 4)), quality=90)
