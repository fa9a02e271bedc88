"""Pixel cells to samples, against naive readings of PS3.5 8.1.1 and PS3.3 C.7.6.3.1."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dicomkit._core.pixel_unpack import (
    extract_values,
    has_unused_bits,
    join_planes,
    split_planes,
    unpack_bits,
    unpack_twelve_bits,
    upsample_422,
)

# Around the unrolled and vectorised parts of loops, and past the block after which dirty cells are found out.
COUNTS = [0, 1, 2, 7, 8, 9, 15, 16, 17, 31, 33, 64, 1001, 4095, 4097]


def pattern(count, seed=0):
    return np.random.default_rng(seed).integers(0, 256, count, dtype=np.uint8)


def naive_bit(packed, index):
    return packed[index // 8] >> index % 8 & 1


@pytest.mark.parametrize("count", COUNTS)
@pytest.mark.parametrize("first_bit", range(8))
def test_bits_are_read_least_significant_first(count, first_bit):
    packed = pattern((first_bit + count + 7) // 8)
    samples = np.full(count, 9, np.uint8)
    unpack_bits(packed, samples, first_bit)
    assert samples.tolist() == [naive_bit(packed, first_bit + i) for i in range(count)]


@pytest.mark.parametrize(("length", "count", "first_bit"), [(0, 1, 0), (1, 9, 0), (1, 8, 1), (1, 2, 7), (2, 8, -1), (2, 8, 8)])
def test_bits_that_are_not_there(length, count, first_bit):
    with pytest.raises(ValueError, match="bit"):
        unpack_bits(bytes(length), bytearray(count), first_bit)


@pytest.mark.parametrize("count", COUNTS)
@pytest.mark.parametrize("starts_in_byte", [False, True])
def test_twelve_bits_follow_each_other(count, starts_in_byte):
    packed = pattern((12 * count + 4 * starts_in_byte + 7) // 8)
    samples = np.full(count, 0xFFFF, np.uint16)
    unpack_twelve_bits(packed, samples.view(np.uint8), starts_in_byte)
    bits = int.from_bytes(packed.tobytes(), "little") >> (4 if starts_in_byte else 0)
    assert samples.tolist() == [bits >> 12 * i & 0xFFF for i in range(count)]


@pytest.mark.parametrize(
    ("length", "count", "starts"), [(0, 1, False), (1, 1, False), (1, 1, True), (3, 2, True), (5, 4, False), (2, 2, False)]
)
def test_twelve_bits_that_are_not_there(length, count, starts):
    with pytest.raises(ValueError, match="12 bits"):
        unpack_twelve_bits(bytes(length), bytearray(2 * count), starts)


def test_half_a_sample():
    with pytest.raises(ValueError, match="half"):
        unpack_twelve_bits(bytes(6), bytearray(3))


def naive_value(cell, bits_stored, high_bit, is_signed):
    value = cell >> (high_bit - bits_stored + 1) & (1 << bits_stored) - 1
    return value - (1 << bits_stored) if is_signed and value >> (bits_stored - 1) else value


@st.composite
def cells(draw):
    itemsize = draw(st.sampled_from([1, 2, 4, 8]))
    bits_stored = draw(st.integers(1, 8 * itemsize))
    high_bit = draw(st.integers(bits_stored - 1, 8 * itemsize - 1))
    largest = draw(st.sampled_from([2 ** (8 * itemsize) - 1, 2**bits_stored - 1, 2 ** (bits_stored - 1) - 1]))
    numbers = draw(st.lists(st.integers(0, largest), max_size=70))
    # An offset of one byte: nothing in a file is aligned.
    data = b"\xff" + b"".join(number.to_bytes(itemsize, "little") for number in numbers)
    return memoryview(data)[1:], numbers, itemsize, bits_stored, high_bit, draw(st.booleans())


@given(cells())
def test_stored_bits_are_extracted(case):
    data, numbers, itemsize, bits_stored, high_bit, is_signed = case
    samples = bytearray(len(data))
    extract_values(data, itemsize, bits_stored, high_bit, is_signed, samples)
    expected = [naive_value(number, bits_stored, high_bit, is_signed) for number in numbers]
    assert np.frombuffer(samples, dtype=f"<{'i' if is_signed else 'u'}{itemsize}").tolist() == expected
    same = bytearray(data)
    extract_values(same, itemsize, bits_stored, high_bit, is_signed, same)
    assert same == samples


@given(cells())
def test_unused_bits_are_seen(case):
    data, numbers, itemsize, bits_stored, _, is_signed = case
    values = np.frombuffer(data, dtype=f"<{'i' if is_signed else 'u'}{itemsize}").tolist()
    expected = [naive_value(number, bits_stored, bits_stored - 1, is_signed) for number in numbers]
    assert has_unused_bits(data, itemsize, bits_stored, is_signed) is (values != expected)


@pytest.mark.parametrize("place", [0, 4095, 4096, 9999])
@pytest.mark.parametrize("itemsize", [1, 2, 4, 8])
def test_one_unused_bit_among_many_cells(place, itemsize):
    values = np.zeros(10_000, dtype=f"<u{itemsize}")
    assert not has_unused_bits(values.view(np.uint8), itemsize, 5, False)
    values[place] = 32
    assert has_unused_bits(values.view(np.uint8), itemsize, 5, False)


@pytest.mark.parametrize("arguments", [(3, 1, 0), (2, 0, 0), (2, 17, 16), (2, 12, 16), (2, 12, 10), (0, 1, 0)])
def test_impossible_cells(arguments):
    itemsize, bits_stored, high_bit = arguments
    with pytest.raises(ValueError, match=r"bits up to|whole cells"):
        extract_values(bytes(16), itemsize, bits_stored, high_bit, False, bytearray(16))


def test_extraction_of_other_lengths_and_overlaps():
    data = bytearray(16)
    with pytest.raises(ValueError, match="whole cells"):
        extract_values(bytes(15), 2, 12, 11, False, bytearray(15))
    with pytest.raises(ValueError, match="16 bytes to 14"):
        extract_values(bytes(16), 2, 12, 11, False, bytearray(14))
    with pytest.raises(ValueError, match="overlap"):
        extract_values(memoryview(data)[:14], 2, 12, 11, False, memoryview(data)[2:])


@pytest.mark.parametrize("count", COUNTS)
@pytest.mark.parametrize("itemsize", [1, 2, 4, 8])
def test_planes_and_pixels(count, itemsize):
    planes = pattern(3 * count * itemsize)
    pixels, again = np.empty_like(planes), np.empty_like(planes)
    join_planes(planes, itemsize, pixels)
    expected = planes.view(f"<u{itemsize}").reshape(3, count).T
    assert np.array_equal(pixels.view(f"<u{itemsize}").reshape(count, 3), expected)
    split_planes(pixels, itemsize, again)
    assert np.array_equal(again, planes)


@pytest.mark.parametrize("kernel", [join_planes, split_planes])
def test_planes_that_do_not_fit(kernel):
    data = bytearray(12)
    with pytest.raises(ValueError, match="whole pixels"):
        kernel(bytes(10), 1, bytearray(10))
    with pytest.raises(ValueError, match="whole pixels"):
        kernel(bytes(9), 2, bytearray(9))
    with pytest.raises(ValueError, match="whole pixels"):
        kernel(bytes(9), 3, bytearray(9))
    with pytest.raises(ValueError, match="12 bytes to 9"):
        kernel(bytes(12), 1, bytearray(9))
    with pytest.raises(ValueError, match="overlap"):
        kernel(data, 1, data)


@pytest.mark.parametrize("pairs", COUNTS)
@pytest.mark.parametrize("itemsize", [1, 2])
def test_chroma_is_shared_by_two_pixels(pairs, itemsize):
    cells = pattern(4 * pairs * itemsize)
    pixels = np.empty(6 * pairs * itemsize, np.uint8)
    upsample_422(cells, itemsize, pixels)
    expected = [
        sample for y0, y1, cb, cr in cells.view(f"<u{itemsize}").reshape(-1, 4).tolist() for sample in (y0, cb, cr, y1, cb, cr)
    ]
    assert pixels.view(f"<u{itemsize}").tolist() == expected


def test_chroma_that_does_not_fit():
    data = bytearray(12)
    with pytest.raises(ValueError, match="whole pairs"):
        upsample_422(bytes(6), 1, bytearray(9))
    with pytest.raises(ValueError, match="whole pairs"):
        upsample_422(bytes(16), 4, bytearray(24))
    with pytest.raises(ValueError, match="8 bytes to 11"):
        upsample_422(bytes(8), 1, bytearray(11))
    with pytest.raises(ValueError, match="overlap"):
        upsample_422(memoryview(data)[:8], 1, data)


def test_nothing_is_written_into_what_is_read_only():
    with pytest.raises((BufferError, TypeError, ValueError)):
        unpack_bits(b"\1", bytes(8))


# The same again, with whatever bytes and lengths hypothesis finds.


@given(st.binary(max_size=60), st.integers(0, 7), st.data())
def test_any_bits(packed, first_bit, data):
    count = data.draw(st.integers(0, max(0, 8 * len(packed) - first_bit)))
    samples = bytearray(count)
    unpack_bits(packed, samples, first_bit)
    number = int.from_bytes(packed, "little") >> first_bit
    assert list(samples) == [number >> i & 1 for i in range(count)]


@given(st.binary(max_size=60), st.booleans(), st.data())
def test_any_cells_of_twelve_bits(packed, starts_in_byte, data):
    first_bit = 4 if starts_in_byte else 0
    count = data.draw(st.integers(0, max(0, (8 * len(packed) - first_bit) // 12)))
    samples = np.empty(count, "<u2")
    unpack_twelve_bits(packed, samples.view(np.uint8), starts_in_byte)
    number = int.from_bytes(packed, "little") >> first_bit
    assert samples.tolist() == [number >> 12 * i & 0xFFF for i in range(count)]


@given(st.binary(max_size=300), st.sampled_from([1, 2, 4, 8]))
def test_any_planes(data, itemsize):
    planes = data[: len(data) // (3 * itemsize) * 3 * itemsize]
    items = [planes[i : i + itemsize] for i in range(0, len(planes), itemsize)]
    count = len(items) // 3
    pixels, again = bytearray(len(planes)), bytearray(len(planes))
    join_planes(planes, itemsize, pixels)
    split_planes(pixels, itemsize, again)
    assert pixels == b"".join(items[plane * count + i] for i in range(count) for plane in range(3))
    assert again == planes


@given(st.binary(max_size=200), st.sampled_from([1, 2]))
def test_any_shared_chroma(data, itemsize):
    cells = data[: len(data) // (4 * itemsize) * 4 * itemsize]
    items = [cells[i : i + itemsize] for i in range(0, len(cells), itemsize)]
    pixels = bytearray(len(cells) // 4 * 6)
    upsample_422(cells, itemsize, pixels)
    quads = [items[i : i + 4] for i in range(0, len(items), 4)]
    assert pixels == b"".join(y0 + cb + cr + y1 + cb + cr for y0, y1, cb, cr in quads)
