"""PIX-5 to PIX-8, PIX-14: native frames of every layout, against a naive reading of PS3.5 8.1.1 and PS3.3 C.7.6.3.1."""

import tracemalloc
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import dicomkit
from dicomkit import testing
from dicomkit.errors import DICOMWarning, PixelDataError
from dicomkit.pixels import PhotometricInterpretation, PixelData, PixelDataDescriptor
from dicomkit.pixels.native_frames import NativeFrames

from .images import read_image

BLOCK = 64 * 1024  # what a file that is left on disk is read by
FRAME = 256 * 512 * 2  # bytes of those below

MONOCHROME, RGB, CHROMA = (
    PhotometricInterpretation.MONOCHROME2,
    PhotometricInterpretation.RGB,
    PhotometricInterpretation.YBR_FULL_422,
)


@st.composite
def images(draw):
    """A descriptor, and cells as numbers in the order in which they are stored."""
    allocated = draw(st.sampled_from([1, 8, 12, 16, 32, 64]))
    kinds = [MONOCHROME, RGB, CHROMA] if allocated in (8, 16) else [MONOCHROME, RGB]
    photometric = draw(st.sampled_from(kinds))
    stored = draw(st.integers(1, allocated))
    rows, columns, frames = draw(st.integers(1, 4)), draw(st.integers(1, 3)), draw(st.integers(1, 4))
    descriptor = PixelDataDescriptor(
        rows=rows,
        columns=columns * 2 if photometric is CHROMA else columns,
        number_of_frames=frames,
        bits_allocated=allocated,
        bits_stored=stored,
        high_bit=draw(st.integers(stored - 1, allocated - 1)),
        is_signed=draw(st.booleans()),
        samples_per_pixel=1 if photometric is MONOCHROME else 3,
        photometric_interpretation=photometric,
        planar_configuration=0 if photometric is CHROMA else draw(st.integers(0, 1)),
    )
    per_frame = descriptor.native_bits_per_frame // allocated
    # Now and then all bits are clean: that goes another way.
    largest = draw(st.sampled_from([2**allocated - 1, 2 ** (stored - 1) - 1]))
    cells = draw(st.lists(st.integers(0, largest), min_size=per_frame * frames, max_size=per_frame * frames))
    return descriptor, cells


def pack(cells, bits):
    number = 0
    for index, cell in enumerate(cells):
        number |= cell << bits * index
    return number.to_bytes((bits * len(cells) + 7) // 8, "little")


def naive_value(cell, descriptor):
    value = cell >> (descriptor.high_bit - descriptor.bits_stored + 1) & (1 << descriptor.bits_stored) - 1
    if descriptor.is_signed and value >> (descriptor.bits_stored - 1):
        value -= 1 << descriptor.bits_stored
    return value


def naive_frames(descriptor, cells):
    values = [naive_value(cell, descriptor) for cell in cells]
    rows, columns, frames = descriptor.rows, descriptor.columns, descriptor.number_of_frames
    volume = np.empty((frames, *descriptor.frame_shape), dtype=object)
    per_frame = len(values) // frames
    for frame, row, column in np.ndindex(frames, rows, columns):
        start, pixel = frame * per_frame, row * columns + column
        if descriptor.samples_per_pixel == 1:
            volume[frame, row, column] = values[start + pixel]
        elif descriptor.photometric_interpretation is CHROMA:
            pair = start + pixel // 2 * 4
            volume[frame, row, column] = [values[pair + pixel % 2], values[pair + 2], values[pair + 3]]
        elif descriptor.planar_configuration:
            volume[frame, row, column] = [values[start + plane * rows * columns + pixel] for plane in range(3)]
        else:
            volume[frame, row, column] = [values[start + 3 * pixel + sample] for sample in range(3)]
    return volume.tolist()


def swapped(data):
    data += b"\0" * (len(data) % 2)
    return b"".join(data[i : i + 2][::-1] for i in range(0, len(data), 2))


def in_memory(descriptor, data, word_length):
    return NativeFrames(descriptor, len(data), lambda start, length: data[start : start + length], big_endian_word_length=word_length)


def on_disk(descriptor, data, word_length):
    def read_into(offset, out):
        out.reshape(-1).view(np.uint8)[:] = np.frombuffer(data, np.uint8)[offset : offset + out.nbytes]

    source = in_memory(descriptor, data, word_length)
    return NativeFrames(descriptor, len(data), source._read_range, read_into=read_into, big_endian_word_length=word_length)


@given(images(), st.booleans(), st.sampled_from([in_memory, on_disk]), st.integers(0, 1))
def test_every_layout(image, is_big_endian, make_source, spare):
    descriptor, cells = image
    data = pack(cells, descriptor.bits_allocated)
    # Two bytes more than a single pair of pixels takes are what it takes without subsampling.
    data += b"\xff" * (spare if len(data) > 4 else 0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DICOMWarning)  # the spare byte
        source = make_source(descriptor, memoryview(swapped(data) if is_big_endian else data), 2 if is_big_endian else 0)
    pixel_data = PixelData(descriptor, source)
    expected = naive_frames(descriptor, cells)
    dtype = np.dtype(descriptor.dtype)
    assert [frame.tolist() for frame in pixel_data.frames()] == expected
    for result in (pixel_data.array(), pixel_data.array(np.zeros_like(pixel_data.array()))):
        assert result.dtype == dtype
        assert (result if descriptor.is_multi_frame else result[None]).tolist() == expected
    last = descriptor.number_of_frames - 1
    out = np.zeros(descriptor.frame_shape, dtype)
    assert pixel_data.frame(last, out) is out
    assert out.tolist() == expected[last]


class TestOut:
    def test_wrong_arrays(self):
        pixel_data = read_image(np.zeros((2, 3, 4), np.uint16), frames=2).pixel_data()
        frozen = np.zeros((3, 4), np.uint16)
        frozen.flags.writeable = False
        for out in (np.zeros((4, 3), np.uint16), np.zeros((3, 4), np.int16), np.zeros((3, 8), np.uint16)[:, ::2], frozen):
            with pytest.raises(ValueError, match="out must be"):
                pixel_data.frame(0, out)
        for out in (np.zeros((3, 4), np.uint16), np.zeros((2, 3, 4), ">u2")):
            with pytest.raises(ValueError, match="out must be"):
                pixel_data.array(out)

    def test_a_view_is_copied_into_it(self):
        stored = np.arange(24, dtype=np.uint16).reshape(2, 3, 4)
        out = np.zeros_like(stored)
        assert read_image(stored, frames=2).pixel_data().array(out) is out
        assert np.array_equal(out, stored)


class TestViews:
    @pytest.mark.parametrize("bits_stored", [16, 12])
    def test_clean_volumes_cost_nothing(self, bits_stored):
        stored = np.arange(24, dtype=np.uint16).reshape(2, 3, 4)
        pixel_data = read_image(stored, bits_stored=bits_stored, frames=2).pixel_data()
        assert np.shares_memory(pixel_data.array(), pixel_data.frame(1))
        assert not pixel_data.array().flags.writeable

    def test_one_dirty_frame(self):
        stored = np.arange(24, dtype=np.uint16).reshape(2, 3, 4)
        stored[1, 2, 3] |= 0xF000
        pixel_data = read_image(stored, bits_stored=12, frames=2).pixel_data()
        assert np.array_equal(pixel_data.array(), stored & 0x0FFF)
        assert not np.shares_memory(pixel_data.array(), pixel_data.frame(0))


class TestFilesOnDisk:
    @pytest.fixture
    def reads(self, monkeypatch):
        """The bytes that were read from disk."""
        from dicomkit.encoding.source import LazyFile

        ranges = []
        original = LazyFile.read_into

        def read_into(self, offset, target):
            ranges.append((offset, offset + len(target)))
            original(self, offset, target)

        monkeypatch.setattr(LazyFile, "read_into", read_into)
        return ranges

    @pytest.fixture
    def path(self, tmp_path):
        stored = np.arange(8 * 256 * 512, dtype=np.uint32).astype(np.uint16).reshape(8, 256, 512)  # 256 KiB a frame
        attributes = [
            (0x00280002, "US", 1),
            (0x00280004, "CS", "MONOCHROME2"),
            (0x00280008, "IS", 8),
            (0x00280010, "US", 256),
            (0x00280011, "US", 512),
            (0x00280100, "US", 16),
            (0x00280101, "US", 16),
            (0x00280102, "US", 15),
            (0x00280103, "US", 0),
            (0x7FE00010, "OW", stored.tobytes()),
        ]
        path = tmp_path / "volume.dcm"
        path.write_bytes(testing.part10(testing.data_set(attributes)))
        return path

    def test_a_frame_reads_its_own_bytes(self, path, reads):
        pixel_data = dicomkit.read(path, defer_larger_than=0).pixel_data()
        assert sum(stop - start for start, stop in reads) <= 2 * BLOCK
        del reads[:]
        frame = pixel_data.frame(5)
        assert frame.flat[0] == (5 * 256 * 512) % 65536
        assert [stop - start for start, stop in reads] == [FRAME]

    def test_rendering_and_values_read_no_more(self, path, reads):
        file = dicomkit.read(path, defer_larger_than=0)
        pixel_data = file.pixel_data()
        del reads[:]
        file.render_frame(5)
        pixel_data.values(5)
        pixel_data.pixel_value(0, 0, 5)
        pixel_data.pixel_value(1, 0, 5)
        assert sum(stop - start for start, stop in reads) == 3 * FRAME

    def test_a_volume_is_read_to_where_it_belongs(self, path, reads):
        pixel_data = dicomkit.read(path, defer_larger_than=0).pixel_data()
        del reads[:]
        volume = pixel_data.array()
        assert sum(stop - start for start, stop in reads) == volume.nbytes == 8 * FRAME
        assert np.array_equal(volume, dicomkit.read(path).pixel_data().array())
        volume[0] = 0  # is the caller's own
        assert pixel_data.frame(0).any()

    def test_frames_as_stored(self, path):
        data = dicomkit.read(path, defer_larger_than=0).pixel_data().frame_data(3)
        assert data == dicomkit.read(path).pixel_data().frame_data(3)
        assert data.readonly

    def test_a_file_that_became_shorter(self, path):
        pixel_data = dicomkit.read(path, defer_larger_than=0).pixel_data()
        with path.open("r+b") as file:
            file.truncate(path.stat().st_size - 100_000)
        with pytest.raises(dicomkit.DICOMError):
            pixel_data.array()


def test_a_volume_costs_itself_and_one_frame():
    descriptor = PixelDataDescriptor(
        rows=200,
        columns=100,
        bits_allocated=8,
        bits_stored=8,
        high_bit=7,
        samples_per_pixel=3,
        photometric_interpretation=RGB,
        planar_configuration=1,
        number_of_frames=50,
    )
    words = memoryview(bytes(descriptor.total_bytes))
    source = NativeFrames(descriptor, len(words), lambda start, length: words[start : start + length], big_endian_word_length=2)
    pixel_data = PixelData(descriptor, source)
    tracemalloc.start()
    try:
        volume = pixel_data.array()
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak <= volume.nbytes + descriptor.bytes_per_frame + 20_000


def test_422_of_other_depths_is_refused():
    descriptor = PixelDataDescriptor(
        rows=1, columns=2, bits_allocated=32, bits_stored=32, high_bit=31, samples_per_pixel=3, photometric_interpretation=CHROMA
    )
    with pytest.raises(PixelDataError, match="8 or 16"):
        PixelData(descriptor, bytes(16)).frame()


@pytest.mark.parametrize(("frames", "pixels"), [(1, bytes(24)), (3, bytes(72)), (1, bytes(24 * 2))])
def test_422_that_was_upsampled_is_refused(frames, pixels):
    """As long as three samples a pixel: taken pair by pair, samples of all kinds would be mixed up."""
    allocated = 16 if len(pixels) == 48 else 8
    bits = [(0x00280002, "US", 3), (0x00280100, "US", allocated), (0x00280101, "US", allocated), (0x00280102, "US", allocated - 1)]
    image = [*bits, (0x00280011, "US", 4), (0x00280008, "IS", frames), (0x7FE00010, "OW", pixels)]
    file = read_image(np.zeros((2, 4), np.uint8), *image, photometric="YBR_FULL_422")
    with pytest.raises(PixelDataError, match="should probably be YBR_FULL"):
        file.pixel_data()
    file.PhotometricInterpretation = "YBR_FULL"
    assert file.pixel_data().array().shape[-1] == 3


def test_422_that_was_upsampled_is_refused_in_fragments():
    image = [(0x00280002, "US", 3), (0x00280004, "CS", "YBR_FULL_422"), (0x00280010, "US", 2), (0x00280011, "US", 4), (0x00280100, "US", 8)]
    image += [(0x00280101, "US", 8), (0x00280102, "US", 7), (0x00280103, "US", 0)]
    encoded = testing.data_set(image) + testing.encapsulated([bytes(24)])
    with pytest.raises(PixelDataError, match="should probably be YBR_FULL"):
        dicomkit.read(testing.part10(encoded, "1.2.840.10008.1.2.1.98")).pixel_data().frame(0)


def test_planes_of_422_are_refused():
    """PS3.3 C.7.6.3.1.2: Planar Configuration shall be 0."""
    image = [(0x00280002, "US", 3), (0x00280006, "US", 1), (0x7FE00010, "OB", bytes(16))]
    with pytest.raises(PixelDataError, match="Planar Configuration 0"):
        read_image(np.zeros((2, 4), np.uint8), *image, photometric="YBR_FULL_422").pixel_data().frame()


def test_odd_lengths_are_padded_and_more_is_told():
    stored = np.arange(9, dtype=np.uint8).reshape(3, 3)
    assert read_image(stored).pixel_data().frame().tolist() == stored.tolist()
    with pytest.warns(DICOMWarning, match="3 bytes more"):
        read_image(stored, (0x7FE00010, "OB", stored.tobytes() + bytes(3))).pixel_data()
