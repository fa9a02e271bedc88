"""Pixel data from one transfer syntax to another, and what the data set says then."""

import struct
import tracemalloc

import numpy as np
import pytest

import dicomkit
from dicomkit import DataElement, DataSet, NoCodecError, PixelDataError, TransferSyntax, codecs, testing
from dicomkit.codecs import EncodedFrame
from dicomkit.pixels import transcode_elements
from dicomkit.pixels.transcode import decode_frames, transcode_data_set
from dicomkit.pixels.transcode_encode import encode_pixel_data
from tests.conftest import need_encoder
from tests.unit.pixels.images import read_image

NATIVE = ("ExplicitVRLittleEndian", "ImplicitVRLittleEndian", "ExplicitVRBigEndian", "DeflatedExplicitVRLittleEndian")
BUILT_IN = ("EncapsulatedUncompressedExplicitVRLittleEndian", "DeflatedImageFrameCompression")
LOSSLESS = (
    "RLELossless",
    "JPEGLossless",
    "JPEGLosslessSV1",
    "JPEGLSLossless",
    "JPEG2000Lossless",
    "HTJ2KLossless",
    "HTJ2KLosslessRPCL",
    "JPEGXLLossless",
)
METHODS = {
    "JPEGBaseline8Bit": "ISO_10918_1",
    "JPEGExtended12Bit": "ISO_10918_1",
    "JPEGLSNearLossless": "ISO_14495_1",
    "JPEG2000": "ISO_15444_1",
    "HTJ2K": "ISO_15444_15",
    "JPEGXL": "ISO_18181_1",
}
COLORS = {
    "RLELossless": "RGB",
    "JPEGLosslessSV1": "RGB",
    "JPEGLSLossless": "RGB",
    "JPEG2000Lossless": "YBR_RCT",
    "HTJ2KLossless": "YBR_RCT",
    "JPEG2000": "YBR_ICT",
    "HTJ2K": "YBR_ICT",
    "JPEGBaseline8Bit": "YBR_FULL_422",
    "JPEGXLLossless": "RGB",
    "JPEGXL": "XYB",
}
SMOOTH = (np.add.outer(np.arange(24), np.arange(32)) * 2).astype(np.uint8)
INSTANCE = [(0x00080016, "UI", "1.2.840.10008.5.1.4.1.1.7"), (0x00080018, "UI", "2.25.5")]


@pytest.fixture
def peak_memory():
    def measure(work):
        tracemalloc.start()
        try:
            work()
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    return measure


def again(file, **options):
    """What somebody reads who gets the file."""
    return dicomkit.read(file.write(), strict=True, **options)


def frames_of(count, dtype=np.uint16, largest=4095):
    return np.random.default_rng(4).integers(0, largest, (count, 20, 30), endpoint=True).astype(dtype)


@pytest.mark.parametrize("keyword", [*BUILT_IN, *LOSSLESS])
@pytest.mark.parametrize(
    ("stored", "options"),
    [
        (frames_of(3), {"frames": "3", "bits_stored": 12}),
        (frames_of(1, np.uint8, 255)[0], {}),
        (frames_of(1)[0] - 2000, {}),
        (frames_of(2, np.int16) - 1500, {"frames": "2", "bits_stored": 12}),
        (frames_of(1)[0] << 2, {"bits_stored": 12, "high_bit": 13}),
        (np.stack([SMOOTH, SMOOTH // 2, 255 - SMOOTH], axis=-1), {"photometric": "RGB"}),
    ],
)
def test_values_stay_without_loss(keyword, stored, options):
    need_encoder(keyword)
    file = read_image(stored, *INSTANCE, **options)
    encoded = again(file.transcode(keyword, workers=2))
    assert encoded.transfer_syntax.keyword == keyword
    assert np.array_equal(encoded.pixel_data().array(), file.pixel_data().array())
    assert encoded.SOPInstanceUID == "2.25.5"
    assert "LossyImageCompression" not in encoded
    for native in NATIVE:
        decoded = again(encoded.transcode(native))
        assert np.array_equal(decoded.pixel_data().array(), file.pixel_data().array())
        assert decoded.pixel_data().encapsulated is None


@pytest.mark.parametrize("keyword", COLORS)
def test_colors_are_what_is_inside_and_rgb_again(keyword):
    need_encoder(keyword)
    pixels = np.stack([SMOOTH, SMOOTH // 2, 255 - SMOOTH], axis=-1)
    planes = np.ascontiguousarray(np.moveaxis(pixels, -1, 0))
    file = read_image(pixels, (0x00280006, "US", 1), (0x7FE00010, "OW", planes.tobytes()), *INSTANCE, photometric="RGB")
    assert np.array_equal(file.pixel_data().frame(), pixels)
    encoded = again(file.transcode(keyword))
    assert encoded.PhotometricInterpretation == COLORS[keyword]
    assert encoded.PlanarConfiguration == (1 if keyword == "RLELossless" else 0)
    decoded = again(encoded.transcode("ExplicitVRLittleEndian"))
    assert (decoded.PhotometricInterpretation, decoded.PlanarConfiguration) == ("RGB", 0)
    assert np.abs(decoded.pixel_data().frame().astype(int) - pixels).max() <= (0 if TransferSyntax.find(keyword).is_lossless else 40)


@pytest.mark.parametrize("keyword", ["RLELossless", "JPEGLosslessSV1", "JPEGLSLossless", "JPEG2000Lossless", "HTJ2KLossless"])
def test_subsampled_chroma_is_upsampled_once(keyword):
    need_encoder(keyword)
    cells = np.arange(2 * 4 * 2, dtype=np.uint8)
    image = [(0x00280002, "US", 3), (0x00280010, "US", 2), (0x00280011, "US", 4), (0x7FE00010, "OB", cells.tobytes())]
    file = read_image(np.zeros((2, 4), np.uint8), *image, *INSTANCE, photometric="YBR_FULL_422")
    encoded = again(file.transcode(keyword))
    assert encoded.PhotometricInterpretation == "YBR_FULL"
    assert np.array_equal(encoded.pixel_data().frame(), file.pixel_data().frame())


@pytest.mark.parametrize("keyword", ["JPEG2000", "HTJ2K", "JPEGXL"])
def test_ybr_full_becomes_rgb_where_pixels_are_lost_anyhow(keyword):
    need_encoder(keyword)
    file = read_image(np.stack([SMOOTH, SMOOTH // 4 + 100, SMOOTH // 3 + 90], axis=-1), *INSTANCE, photometric="YBR_FULL")
    encoded = again(file.transcode(keyword))
    assert encoded.PhotometricInterpretation == COLORS[keyword]
    difference = np.asarray(encoded.render_frame()).astype(int) - np.asarray(file.render_frame()).astype(int)
    assert np.abs(difference).mean() < 4


@pytest.mark.parametrize("keyword", METHODS)
def test_an_image_that_loses_pixels_is_another_instance(keyword):
    need_encoder(keyword)
    file = read_image(SMOOTH, *INSTANCE, (0x00080008, "CS", "ORIGINAL\\PRIMARY"), (0x00082111, "ST", "cropped"))
    before = file.write()
    encoded = again(file.transcode(keyword))
    assert encoded.LossyImageCompression == "01"
    assert encoded.LossyImageCompressionMethod == METHODS[keyword]
    fragments = sum(map(len, encoded["PixelData"].encapsulated_fragments))
    assert float(encoded.LossyImageCompressionRatio) == pytest.approx(SMOOTH.size / fragments, rel=0.01)
    assert encoded.SOPInstanceUID != "2.25.5"
    assert encoded.file_meta_information.MediaStorageSOPInstanceUID == encoded.SOPInstanceUID
    assert encoded.ImageType == ["DERIVED", "PRIMARY"]
    assert encoded.DerivationDescription.startswith("cropped; ")
    source = encoded.SourceImageSequence[0]
    assert (source.ReferencedSOPClassUID, source.ReferencedSOPInstanceUID) == (INSTANCE[0][2], "2.25.5")
    assert source.PurposeOfReferenceCodeSequence[0].CodeValue == "121320"
    assert encoded.DerivationCodeSequence[0].CodeValue == "113040"
    assert file.write() == before


def test_losses_are_listed_one_after_the_other():
    need_encoder("JPEGBaseline8Bit")
    need_encoder("JPEGLSNearLossless")
    first = again(read_image(SMOOTH, *INSTANCE).transcode("JPEGBaseline8Bit", quality=50))
    second = again(first.transcode("JPEGLSNearLossless", maximum_error=3))
    assert second.LossyImageCompressionMethod == ["ISO_10918_1", "ISO_14495_1"]
    assert len(second.LossyImageCompressionRatio) == 2
    assert second.LossyImageCompressionRatio[0] == first.LossyImageCompressionRatio
    assert [item.ReferencedSOPInstanceUID for item in second.SourceImageSequence] == ["2.25.5", first.SOPInstanceUID]
    assert second.SourceImageSequence[1].PurposeOfReferenceCodeSequence[0].CodeValue == "121330"
    native = again(second.transcode("ExplicitVRLittleEndian"))
    assert native.LossyImageCompression == "01"
    assert native.SOPInstanceUID == second.SOPInstanceUID


@pytest.mark.parametrize("claim", [None, "00"])
@pytest.mark.parametrize("keyword", ["JPEGBaseline8Bit", "JPEG2000", "JPEGLSNearLossless"])
def test_what_was_lost_before_is_said_at_last(keyword, claim):
    """PS3.3 C.7.6.1.1.5: decoding does not make it undone, whatever the file said."""
    need_encoder(keyword)
    encoded = read_image(SMOOTH, *INSTANCE).transcode(keyword)
    for name in ("LossyImageCompression", "LossyImageCompressionRatio", "LossyImageCompressionMethod"):
        encoded.data_set.remove(name)
    if claim:
        encoded.LossyImageCompression = claim
    decoded = again(encoded.transcode("ImplicitVRLittleEndian"))
    assert (decoded.LossyImageCompression, decoded.LossyImageCompressionMethod) == ("01", METHODS[keyword])
    assert float(decoded.LossyImageCompressionRatio) > 1


def test_a_lossy_syntax_without_loss():
    need_encoder("JPEGLSNearLossless")
    encoded = again(read_image(SMOOTH, *INSTANCE).transcode("JPEGLSNearLossless", maximum_error=0))
    assert "LossyImageCompression" not in encoded
    assert encoded.SOPInstanceUID == "2.25.5"
    assert "LossyImageCompression" not in again(encoded.transcode("ExplicitVRLittleEndian"))


@pytest.mark.parametrize(
    ("keyword", "bits_stored", "expected"),
    [
        ("JPEGBaseline8Bit", 8, (8, 8, 7)),
        ("JPEGBaseline8Bit", 6, (8, 8, 7)),
        ("JPEGExtended12Bit", 8, (8, 8, 7)),
        ("JPEGExtended12Bit", 10, (16, 12, 11)),
        ("JPEGExtended12Bit", 12, (16, 12, 11)),
        ("JPEGLSLossless", 10, (16, 10, 9)),
    ],
)
def test_bits_are_those_of_the_process(keyword, bits_stored, expected):
    """PS3.5 Table 8.2.1-1."""
    need_encoder(keyword)
    stored = (np.add.outer(np.arange(16), np.arange(16)).astype(np.uint16) << bits_stored) // 32
    encoded = again(read_image(stored, *INSTANCE, bits_stored=bits_stored).transcode(keyword))
    assert (encoded.BitsAllocated, encoded.BitsStored, encoded.HighBit) == expected
    tolerance = 0 if encoded.transfer_syntax.is_lossless else (1 << bits_stored) // 32
    assert np.abs(encoded.pixel_data().frame().astype(int) - stored).max() <= tolerance


# Fragments and their tables.


def test_frames_are_fragments_and_the_table_says_where():
    file = read_image(frames_of(3, np.uint8, 255), *INSTANCE, frames="3")
    encoded = again(file.transcode("DeflatedImageFrameCompression"))
    fragments, table = encoded["PixelData"].encapsulated_fragments, encoded["PixelData"].encapsulated_offset_table
    lengths = [len(fragment) for fragment in fragments]
    assert table == [0, 8 + lengths[0], 16 + lengths[0] + lengths[1]]
    assert encoded.NumberOfFrames == 3


def test_offsets_of_more_than_32_bits_are_in_the_extended_table(monkeypatch):
    monkeypatch.setattr(transcode_elements, "_LARGEST_OFFSET", 500)
    file = read_image(frames_of(3, np.uint8, 255)[:, :17, :17], *INSTANCE, frames="3")
    encoded = again(file.transcode("EncapsulatedUncompressedExplicitVRLittleEndian"))
    assert encoded["PixelData"].encapsulated_offset_table == []
    assert struct.unpack("<3Q", encoded["ExtendedOffsetTable"].value_data) == (0, 298, 596)
    assert struct.unpack("<3Q", encoded["ExtendedOffsetTableLengths"].value_data) == (289, 289, 289)
    assert np.array_equal(encoded.pixel_data().array(), file.pixel_data().array())
    assert len(encoded.pixel_data().frame_data(2)) == 289
    monkeypatch.undo()
    for keyword in ("ExplicitVRLittleEndian", "DeflatedImageFrameCompression"):
        assert "ExtendedOffsetTable" not in encoded.transcode(keyword)


@pytest.mark.parametrize("shape", [(3, 5, 7), (2, 8, 8), (1, 3, 3)])
def test_single_bits_are_packed_over_the_borders_of_frames(shape):
    bits = np.random.default_rng(3).integers(0, 2, shape).astype(np.uint8)
    packed = np.packbits(bits.reshape(-1), bitorder="little").tobytes()
    packed += b"\0" * (len(packed) % 2)
    attributes = [(0x00280100, "US", 1), (0x00280101, "US", 1), (0x00280102, "US", 0), (0x7FE00010, "OB", packed)]
    file = read_image(np.zeros(shape, np.uint8), *attributes, *INSTANCE, frames=str(shape[0]))
    keywords = [*BUILT_IN, *(key for key in ("RLELossless", "JPEG2000Lossless") if codecs.registry.has_encoder(key))]
    for keyword in keywords:
        encoded = again(file.transcode(keyword))
        assert np.array_equal(encoded.pixel_data().array(), bits.squeeze(0) if shape[0] == 1 else bits)
        decoded = again(encoded.transcode("ExplicitVRLittleEndian"))
        assert decoded["PixelData"].value_data == file["PixelData"].value_data


def test_cells_stay_as_they_are_between_syntaxes_of_cells():
    """Planes, overlays in high bits, and whatever else is in the cells."""
    planes = [(0x00280006, "US", 1), *INSTANCE]
    file = read_image(np.stack([SMOOTH] * 3, axis=-1), *planes, photometric="RGB")
    for keyword in BUILT_IN:
        encoded = again(file.transcode(keyword))
        assert encoded.PlanarConfiguration == 1
        native = again(encoded.transcode("ExplicitVRLittleEndian"))
        assert native["PixelData"].value_data == file["PixelData"].value_data
        assert native.PlanarConfiguration == 1


# What else is in a data set.


@pytest.mark.parametrize("frames", [None, "2"])
def test_overlays_in_the_pixels_move_out(frames):
    need_encoder("RLELossless")
    values = frames_of(2 if frames else 1)
    drawn = np.random.default_rng(8).integers(0, 2, values.shape).astype(np.uint16)
    cells = (values & 0xFFF) | (drawn << 13)
    overlay = [(0x60000010, "US", 20), (0x60000011, "US", 30), (0x60000050, "SS", [1, 1]), (0x60000100, "US", 16), (0x60000102, "US", 13)]
    file = read_image(cells if frames else cells[0], *overlay, *INSTANCE, bits_stored=12, frames=frames)
    encoded = again(file.transcode("RLELossless"))
    (found,) = encoded.overlays()
    assert (found.is_in_pixels, encoded[0x60000100].value, encoded[0x60000102].value) == (False, 1, 0)
    for index in range(len(values)):
        assert np.array_equal(found.frame(index), drawn[index])
    assert np.array_equal(encoded.pixel_data().array(), file.pixel_data().array())


@pytest.mark.parametrize("keyword", BUILT_IN)
def test_overlays_move_out_of_cells_that_stay(keyword):
    """Nobody looks for overlays in the bits of encapsulated cells."""
    overlay = [(0x60000010, "US", 20), (0x60000011, "US", 30), (0x60000100, "US", 16), (0x60000102, "US", 13)]
    drawn = np.random.default_rng(9).integers(0, 2, (20, 30)).astype(np.uint16)
    file = read_image((frames_of(1)[0] & 0xFFF) | (drawn << 13), *overlay, *INSTANCE, bits_stored=12)
    (found,) = again(file.transcode(keyword)).overlays()
    assert not found.is_in_pixels
    assert np.array_equal(found.frame(), drawn)


@pytest.mark.parametrize(
    "lies",
    [
        [(0x60000100, "US", 1), (0x60000102, "US", 0)],     # de-identified: PS3.15 E.1-1 takes Overlay Data away
        [(0x60000100, "US", 1), (0x60000102, "US", 0), (0x60003000, "OW", b"")],
        [(0x60000100, "US", 16), (0x60000102, "US", 13), (0x60000010, "US", 3)],
        [(0x60000015, "IS", "x"), (0x60003000, "OW", b"ab")],
    ],
    ids=["without data", "empty", "of another size", "unsound"],
)
def test_what_is_no_overlay_in_the_pixels_stays_as_it_is(lies):
    overlay = {tag: (vr, value) for tag, vr, value in [(0x60000010, "US", 20), (0x60000011, "US", 30), *lies]}
    elements = [(tag, vr, value) for tag, (vr, value) in overlay.items()]
    file = read_image(np.full((20, 30), 0xFFFF, np.uint16), *elements, *INSTANCE, bits_stored=12)
    for keyword in BUILT_IN:
        encoded = again(file.transcode(keyword))
        assert [tag for tag in encoded.data_set.tags if tag.group == 0x6000] == [tag for tag, _, _ in sorted(elements)]
        assert all(encoded[tag].value_data == file[tag].value_data for tag in overlay)


def icon(transfer_syntax=None):
    item = read_image(SMOOTH[:8, :8])
    return (item if transfer_syntax is None else item.transcode(transfer_syntax)).data_set


def test_a_native_icon_stays():
    file = read_image(SMOOTH, *INSTANCE)
    file.IconImageSequence = [icon()]
    encoded = again(file.transcode("DeflatedImageFrameCompression"))
    assert np.array_equal(encoded.icon().frame(), SMOOTH[:8, :8])
    assert not encoded.IconImageSequence[0]["PixelData"].has_undefined_length


@pytest.mark.parametrize("keyword", ["ExplicitVRLittleEndian", "EncapsulatedUncompressedExplicitVRLittleEndian"])
def test_a_compressed_icon_becomes_native(keyword):
    encoded = read_image(SMOOTH, *INSTANCE).transcode("DeflatedImageFrameCompression")
    encoded.IconImageSequence = [icon("DeflatedImageFrameCompression")]
    found = again(encoded.transcode(keyword))
    assert not found.IconImageSequence[0]["PixelData"].has_undefined_length
    assert np.array_equal(found.icon().frame(), SMOOTH[:8, :8])


def test_an_icon_without_an_image():
    file = dicomkit.DICOMFile.create(DataSet(), transfer_syntax_uid="DeflatedImageFrameCompression")
    file.IconImageSequence = [icon("DeflatedImageFrameCompression")]
    assert np.array_equal(again(file.transcode("ExplicitVRLittleEndian")).icon().frame(), SMOOTH[:8, :8])


def test_the_original_stays_as_it_was():
    file = read_image(frames_of(2), *INSTANCE, frames="2")
    before = file.write()
    file.transcode("DeflatedImageFrameCompression").transcode("ExplicitVRLittleEndian")
    assert file.write() == before


def test_names_of_transfer_syntaxes():
    file = read_image(SMOOTH, *INSTANCE)
    syntax = TransferSyntax.find("DeflatedImageFrameCompression")
    for name in (syntax, syntax.uid, syntax.keyword, syntax.keyword.lower(), syntax.name):
        assert file.transcode(name).transfer_syntax == syntax
    with pytest.raises(dicomkit.UnsupportedTransferSyntaxError, match=r"^JPEG3000 is no transfer syntax"):
        file.transcode("JPEG3000")


@pytest.mark.parametrize("keyword", ["JPIPReferenced", "JPIPHTJ2KReferencedDeflate", "SMPTEST211020UncompressedProgressiveActiveVideo"])
def test_syntaxes_whose_pixels_are_elsewhere_have_no_place_for_any(keyword):
    file = read_image(SMOOTH, *INSTANCE)
    with pytest.raises(PixelDataError, match="no place for Pixel Data"):
        file.transcode(keyword)
    with pytest.raises(PixelDataError, match="no place for Pixel Data"):
        dicomkit.DICOMFile.create(file.data_set, transfer_syntax_uid=keyword)
    del file["PixelData"]
    assert file.transcode(keyword).transfer_syntax.keyword == keyword


@pytest.mark.parametrize("options", [{"quality": 90}, {"nonsense": 1}])
@pytest.mark.parametrize("keyword", NATIVE)
def test_options_for_no_encoder_are_not_swallowed(keyword, options):
    with pytest.raises(ValueError, match=f"no encoder to be told {next(iter(options))}"):
        read_image(SMOOTH, *INSTANCE).transcode(keyword, **options)


def test_the_same_syntax_is_a_copy_unless_something_is_wanted_of_it():
    need_encoder("JPEGBaseline8Bit")
    first = again(read_image(SMOOTH, *INSTANCE).transcode("JPEGBaseline8Bit", quality=90))
    assert first.transcode("JPEGBaseline8Bit").write() == first.write()
    worse = again(first.transcode("JPEGBaseline8Bit", quality=10))
    assert len(worse["PixelData"].encapsulated_fragments[0]) < len(first["PixelData"].encapsulated_fragments[0])
    with pytest.raises(TypeError, match="nonsense"):
        first.transcode("JPEGBaseline8Bit", nonsense=1)


# What cannot be.


def test_what_nobody_encodes_names_what_would():
    for keyword in ("MPEG2MPML", "HEVCMP51", "JPEGXLJPEGRecompression"):
        with pytest.raises(NoCodecError, match="to encode"):
            read_image(SMOOTH, *INSTANCE).transcode(keyword)


def test_compressed_syntaxes_are_for_pixel_data():
    with pytest.raises(PixelDataError, match=r"PS3\.5 A\.4"):
        dicomkit.DICOMFile.create(DataSet()).transcode("RLELossless")
    floats = np.ones((2, 3), np.float32)
    image = [(0x00280100, "US", 32), (0x7FE00008, "OF", floats.tobytes())]
    file = read_image(floats, *image, *INSTANCE)
    file.data_set.remove("PixelData")
    with pytest.raises(PixelDataError):
        file.transcode("RLELossless")


def test_a_palette_loses_nothing():
    need_encoder("JPEGBaseline8Bit")
    file = read_image(SMOOTH, *INSTANCE, photometric="PALETTE COLOR")
    with pytest.raises(PixelDataError, match="palette"):
        file.transcode("JPEGBaseline8Bit")


def test_a_frame_that_is_damaged_is_named_and_nothing_comes_out():
    encoded = read_image(frames_of(3), *INSTANCE, frames="3").transcode("DeflatedImageFrameCompression")
    fragments = [bytes(fragment) for fragment in encoded["PixelData"].encapsulated_fragments]
    encoded["PixelData"] = DataElement.encapsulated([fragments[0], fragments[1][:9], fragments[2]])
    for workers in (1, 2):
        with pytest.raises(PixelDataError, match=r"cut off|damaged|bytes"):
            encoded.transcode("ExplicitVRLittleEndian", workers=workers)


def test_missing_attributes():
    file = read_image(SMOOTH, *INSTANCE)
    file.data_set.remove("Rows")
    with pytest.raises(dicomkit.MissingRequiredElementError, match="Rows"):
        file.transcode("DeflatedImageFrameCompression")


class Encoder:
    """Says of its frames what it is told to."""

    name, priority, transfer_syntax_uids = "test-encoder", 1000, ("1.2.840.10008.1.2.5",)

    def __init__(self, colors):
        self.colors = list(colors)

    def encode_frame(self, pixels, descriptor, options):
        return EncodedFrame(b"xy", self.colors.pop(0))


def test_frames_of_an_image_have_the_same_colors():
    codecs.register(Encoder(["MONOCHROME1", "MONOCHROME2"]))
    try:
        with pytest.raises(PixelDataError, match="different colours"):
            read_image(frames_of(2), *INSTANCE, frames="2").transcode("RLELossless")
    finally:
        codecs.unregister("test-encoder")


# The parts, as others use them.


def test_encoding_frames_of_ones_own():
    frames = frames_of(3)
    descriptor = read_image(frames, frames="3", bits_stored=12).pixel_data_descriptor()
    syntax = TransferSyntax.find("DeflatedImageFrameCompression")
    encoded = encode_pixel_data(iter(frames), descriptor, syntax, workers=2)
    assert (len(encoded.fragments), encoded.is_lossy, encoded.photometric_interpretation) == (3, False, "MONOCHROME2")
    assert encoded.compression_ratio == pytest.approx(frames.nbytes / encoded.fragments.encoded_length)
    file = read_image(frames, *INSTANCE, frames="3", bits_stored=12)
    encoded.apply_to(file.data_set)
    file.transfer_syntax = syntax
    assert np.array_equal(again(file).pixel_data().array(), frames)
    for count in (2, 4):
        with pytest.raises(PixelDataError, match=f"there are {count} frames"):
            encode_pixel_data(frames_of(count), descriptor, syntax)


def test_decoded_frames_can_be_written_one_by_one():
    encoded = again(read_image(frames_of(3), *INSTANCE, frames="3", bits_stored=12).transcode("DeflatedImageFrameCompression"))
    twin = encoded.copy()
    twin.data_set, frames = decode_frames(encoded.data_set, encoded.transfer_syntax, workers=2)
    twin.transfer_syntax = TransferSyntax.find("ExplicitVRLittleEndian")
    assert dicomkit.read(twin.write(frames=frames)) == again(encoded.transcode("ExplicitVRLittleEndian"))


def test_native_to_native_is_a_copy():
    file = read_image(SMOOTH)
    first, second = (TransferSyntax.find(keyword) for keyword in NATIVE[:2])
    assert transcode_data_set(file.data_set, first, second) == file.data_set


def test_large_frames_are_not_copied_more_often_than_they_must(peak_memory):
    """An image is never in memory decoded, but for the pixel data that comes out."""
    count, rows, columns = 24, 512, 512
    frame = np.zeros((rows, columns), np.uint16)
    body = testing.encapsulated([testing.deflate(frame.tobytes())] * count)
    attributes = [(0x00280002, "US", 1), (0x00280004, "CS", "MONOCHROME2"), (0x00280008, "IS", str(count))]
    attributes += [(0x00280010, "US", rows), (0x00280011, "US", columns)]
    attributes += [(0x00280100, "US", 16), (0x00280101, "US", 16), (0x00280102, "US", 15), (0x00280103, "US", 0)]
    file = dicomkit.read(testing.part10(testing.data_set([*INSTANCE, *attributes]) + body, "1.2.840.10008.1.2.8.1"))
    assert peak_memory(lambda: file.transcode("ExplicitVRLittleEndian")) < (count + 4) * frame.nbytes
    assert peak_memory(lambda: file.transcode("EncapsulatedUncompressedExplicitVRLittleEndian")) < (count + 4) * frame.nbytes
    native = file.transcode("ExplicitVRLittleEndian")
    assert peak_memory(lambda: native.transcode("DeflatedImageFrameCompression")) < 4 * frame.nbytes


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("keyword", ["EncapsulatedUncompressedExplicitVRLittleEndian", "RLELossless"])
def test_encoded_frames_are_in_memory_once(peak_memory, keyword, workers):
    """Noise is as long as it was: what is encoded is the output, an eighth that is promised to it, and the frames in work."""
    need_encoder(keyword)
    frames = np.random.default_rng(1).integers(0, 65536, (32, 256, 256), dtype=np.uint16)
    frame_length = 2 * frames[0].nbytes         # with what an encoder takes
    most = frames.nbytes * 1.15 + (2 * workers + 3) * frame_length
    assert most < 2 * frames.nbytes
    native = read_image(frames, *INSTANCE, frames="32")
    encoded = native.transcode(keyword)         # and all modules are there
    assert peak_memory(lambda: native.transcode(keyword, workers=workers)) < most
    assert peak_memory(lambda: encoded.set_pixel_array(frames, workers=workers)) < most
