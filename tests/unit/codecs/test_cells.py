"""What lies between the samples of a codestream and cells: size, sign and depth."""

import numpy as np
import pytest

from dicomkit import PixelDataError
from dicomkit.codecs.cells import check_range, decode_into, samples_to_encode, without_subsampling
from dicomkit.testing import FrameShape, make_frame


def decode(samples, shape, **arguments):
    """Have a decoder write samples, given as what an array of their size holds."""
    out = np.full(shape.array_shape, 0x5A, dtype=shape.dtype)

    def decoder(target):
        assert target.dtype.kind == "u"
        target[...] = np.array(samples).astype(f"i{target.itemsize}").view(target.dtype).reshape(target.shape)

    decode_into(out, shape, decoder, **arguments)
    return out.ravel().tolist()


def shape_of(**arguments):
    return FrameShape(rows=1, columns=2, **arguments)


def test_samples_go_straight_into_cells_of_their_size():
    shape = shape_of(bits_stored=16)
    out = np.zeros(shape.array_shape, shape.dtype)
    decode_into(out, shape, lambda target: target.base is out or pytest.fail("a copy"), precision=16)


@pytest.mark.parametrize("bits_allocated", [16, 32])
def test_small_samples_in_large_cells(bits_allocated):
    assert decode([1, 255], shape_of(bits_stored=8, bits_allocated=bits_allocated), precision=8) == [1, 255]
    signed = shape_of(bits_stored=8, bits_allocated=bits_allocated, is_signed=True)
    assert decode([1, -1], signed, precision=8, is_signed=True) == [1, -1]


def test_two_s_complement_in_a_codestream_without_a_sign():
    assert decode([0x0FFF, 0x07FF], shape_of(bits_stored=12, is_signed=True), precision=12) == [-1, 2047]
    assert decode([0x1FFF, 5], shape_of(bits_stored=16, is_signed=True), precision=13) == [-1, 5]
    assert decode([-1, 5], shape_of(bits_stored=16, is_signed=True), precision=16) == [-1, 5]


def test_a_sign_where_the_data_set_has_none():
    assert decode([-1, 5], shape_of(bits_stored=12), precision=12, is_signed=True) == [4095, 5]
    assert decode([-1, 5], shape_of(bits_stored=16), precision=16, is_signed=True) == [65535, 5]


def test_lossy_samples_are_clipped():
    assert decode([4095, 5], shape_of(bits_stored=10), precision=12, is_lossy=True) == [1023, 5]
    signed = shape_of(bits_stored=10, is_signed=True)
    assert decode([2047, -2048], signed, precision=12, is_signed=True, is_lossy=True) == [511, -512]
    # Lossless ones are not: bits above the stored ones are nobody's business here.
    assert decode([4095, 5], shape_of(bits_stored=10), precision=12) == [4095, 5]


def test_values_have_nothing_beyond_the_stored_bits():
    assert decode([0xF123, 5], shape_of(bits_stored=12), precision=16, to_values=True) == [0x123, 5]
    assert decode([0x0FFF, 0x17FF], shape_of(bits_stored=12, is_signed=True), precision=16, to_values=True) == [-1, 2047]
    assert decode([0x0FFF, 5], shape_of(bits_stored=12, is_signed=True), precision=12, to_values=True) == [-1, 5]
    assert decode([4095, 5], shape_of(bits_stored=10), precision=12, is_lossy=True, is_clamped=True, to_values=True) == [1023, 5]
    # Wherever the data set has its stored bits.
    shape = shape_of(bits_stored=10, bits_allocated=16, high_bit=13)
    assert decode([1023, 5], shape, precision=10, to_values=True) == [1023, 5]


def test_what_is_clamped_is_not_looked_at_again():
    """A decoder that says so and does not is believed: that is what the time is saved by."""
    shape, lossy = shape_of(bits_stored=12), {"precision": 12, "is_lossy": True, "to_values": True}
    assert decode([0xF123, 5], shape, **lossy, is_clamped=True) == [0xF123, 5]
    assert decode([0xF123, 5], shape, **lossy) == [0x123, 5]


def test_stored_bits_that_do_not_begin_at_the_lowest():
    shape = shape_of(bits_stored=10, bits_allocated=16, high_bit=13)
    assert decode([1, 1023], shape, precision=10) == [16, 1023 * 16]
    # The codestream holds whole cells.
    assert decode([16, 1023 * 16], shape, precision=14) == [16, 1023 * 16]


@pytest.mark.parametrize("bits_stored", [1, 7, 8, 9, 12, 15, 16])
@pytest.mark.parametrize("is_signed", [False, True])
def test_samples_to_encode_and_back(bits_stored, is_signed):
    shape = FrameShape(bits_stored=bits_stored, is_signed=is_signed)
    pixels = make_frame(shape)
    samples = samples_to_encode(pixels, shape)
    assert samples.dtype == (np.uint8 if bits_stored <= 8 else np.uint16)
    assert int(samples.max()) < 1 << bits_stored
    out = np.zeros_like(pixels)
    decode_into(out, shape, lambda target: np.copyto(target, samples), precision=bits_stored)
    assert np.array_equal(out, pixels)


def test_samples_that_need_no_change_are_no_copy():
    shape = FrameShape(bits_stored=12)
    pixels = make_frame(shape)
    assert np.shares_memory(samples_to_encode(pixels, shape), pixels)


@pytest.mark.parametrize(("is_signed", "value"), [(False, 4096), (True, 2048), (True, -2049)])
def test_samples_beyond_bits_stored(is_signed, value):
    shape = FrameShape(bits_stored=12, is_signed=is_signed)
    pixels = make_frame(shape)
    check_range(pixels, shape)
    pixels[3, 3] = value
    for check in (check_range, samples_to_encode):
        with pytest.raises(PixelDataError, match="does not fit in 12 bits"):
            check(pixels, shape)


def test_more_bits_than_a_codestream_holds():
    shape = FrameShape(bits_stored=12)
    with pytest.raises(PixelDataError, match="8 at most"):
        samples_to_encode(make_frame(shape), shape, largest_precision=8)


def test_full_resolution():
    assert [without_subsampling(text) for text in ("YBR_FULL_422", "YBR_FULL", "RGB")] == ["YBR_FULL", "YBR_FULL", "RGB"]
