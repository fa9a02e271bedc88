"""PIX-6, PIX-7: bits, signs, byte order and sample order, against a naive reading of PS3.5 8.1.1."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dicomkit.errors import PixelDataError
from dicomkit.pixels import PhotometricInterpretation, PixelDataDescriptor
from dicomkit.pixels.unpack import swap_words, unpack_frames


def describe(rows, columns, allocated=16, stored=None, high_bit=None, **more):
    stored = allocated if stored is None else stored
    return PixelDataDescriptor(
        rows=rows,
        columns=columns,
        bits_allocated=allocated,
        bits_stored=stored,
        high_bit=stored - 1 if high_bit is None else high_bit,
        **more,
    )


def naive_value(cell, descriptor):
    value = cell >> (descriptor.high_bit - descriptor.bits_stored + 1) & (1 << descriptor.bits_stored) - 1
    if descriptor.is_signed and value >> (descriptor.bits_stored - 1):
        value -= 1 << descriptor.bits_stored
    return value


@st.composite
def cells_and_descriptors(draw):
    allocated = draw(st.sampled_from([8, 16, 32, 64]))
    stored = draw(st.integers(1, allocated))
    high_bit = draw(st.integers(stored - 1, allocated - 1))
    rows, columns = draw(st.integers(1, 4)), draw(st.integers(1, 4))
    # Cells that are dirty and cells that are clean take different ways.
    largest = draw(st.sampled_from([2**allocated - 1, 2**stored - 1, 2 ** (stored - 1) - 1]))
    cells = draw(st.lists(st.integers(0, largest), min_size=rows * columns, max_size=rows * columns))
    return cells, describe(rows, columns, allocated, stored, high_bit, is_signed=draw(st.booleans()))


@given(cells_and_descriptors())
def test_stored_bits_are_extracted(case):
    cells, descriptor = case
    data = b"".join(cell.to_bytes(descriptor.bytes_per_sample, "little") for cell in cells)
    frames = unpack_frames(memoryview(data), descriptor)
    assert frames.dtype == descriptor.dtype
    assert frames.shape == (1, descriptor.rows, descriptor.columns)
    assert frames.ravel().tolist() == [naive_value(cell, descriptor) for cell in cells]


@pytest.mark.parametrize("allocated", [8, 16, 32, 64])
@pytest.mark.parametrize("is_signed", [False, True])
def test_clean_cells_are_a_view(allocated, is_signed):
    data = bytearray(b"\1" + bytes(4 * allocated // 8 - 1))
    frames = unpack_frames(memoryview(data), describe(2, 2, allocated, allocated - 3, is_signed=is_signed))
    data[0] = 2
    assert frames[0, 0, 0] == 2


def test_views_of_read_only_data_are_read_only():
    assert not unpack_frames(memoryview(bytes(8)), describe(2, 2)).flags.writeable


@pytest.mark.parametrize("count", [1, 7, 8, 9, 64, 1001])
@pytest.mark.parametrize("first_bit", [0, 1, 7])
def test_bits_are_read_least_significant_first(count, first_bit):
    bits = [(i * 7 + i // 3) % 2 for i in range(count)]
    packed = bytearray((first_bit + count + 7) // 8)
    for i, bit in enumerate(bits):
        packed[(first_bit + i) // 8] |= bit << (first_bit + i) % 8
    frames = unpack_frames(memoryview(packed), describe(1, count, 1), first_bit=first_bit)
    assert frames.dtype == np.uint8
    assert frames.ravel().tolist() == bits


def test_signed_single_bits():
    assert unpack_frames(memoryview(b"\x05"), describe(1, 4, 1, is_signed=True)).tolist() == [[[-1, 0, -1, 0]]]


@pytest.mark.parametrize(("word_length", "expected"), [(2, b"\2\1\4\3\6\5\x08\7"), (4, b"\4\3\2\1\x08\7\6\5"), (8, b"\x08\7\6\5\4\3\2\1")])
def test_swap_words(word_length, expected):
    assert bytes(swap_words(memoryview(b"\1\2\3\4\5\6\7\x08"), word_length)) == expected
    assert bytes(swap_words(memoryview(b""), word_length)) == b""


def test_planes_and_pixels_are_the_same_picture():
    rgb = np.arange(2 * 3 * 4 * 3, dtype=np.uint8).reshape(2, 3, 4, 3)
    for planar_configuration, data in ((0, rgb.tobytes()), (1, rgb.transpose(0, 3, 1, 2).tobytes())):
        descriptor = describe(
            3,
            4,
            8,
            samples_per_pixel=3,
            photometric_interpretation=PhotometricInterpretation.RGB,
            planar_configuration=planar_configuration,
            number_of_frames=2,
        )
        assert np.array_equal(unpack_frames(memoryview(data), descriptor, 2), rgb)


def test_planar_configuration_of_one_sample_means_nothing():
    descriptor = describe(1, 3, 8, planar_configuration=1)
    assert unpack_frames(memoryview(b"\1\2\3"), descriptor).tolist() == [[[1, 2, 3]]]


def test_chroma_of_422_is_shared_by_two_pixels():
    descriptor = describe(1, 4, 8, samples_per_pixel=3, photometric_interpretation=PhotometricInterpretation.YBR_FULL_422)
    frames = unpack_frames(memoryview(bytes([10, 11, 50, 60, 12, 13, 51, 61])), descriptor)
    assert frames.tolist() == [[[[10, 50, 60], [11, 50, 60], [12, 51, 61], [13, 51, 61]]]]


def test_422_needs_even_columns():
    descriptor = describe(2, 3, 8, samples_per_pixel=3, photometric_interpretation=PhotometricInterpretation.YBR_FULL_422)
    with pytest.raises(PixelDataError, match="even"):
        unpack_frames(memoryview(bytes(12)), descriptor)


def test_floats():
    stored = np.array([[0.5, -1e30, 3.0]], dtype="<f4")
    frames = unpack_frames(memoryview(stored.tobytes()), describe(1, 3, 32, is_float=True))
    assert frames.dtype == np.float32
    assert np.array_equal(frames[0], stored)


@pytest.mark.parametrize(("allocated", "missing"), [(1, 1), (8, 1), (16, 1), (32, 3)])
def test_too_little_data(allocated, missing):
    descriptor = describe(3, 3, allocated)
    data = bytes(descriptor.native_total_bytes - missing)
    with pytest.raises(PixelDataError, match="bytes of pixel data"):
        unpack_frames(memoryview(data), descriptor)
