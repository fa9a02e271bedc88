"""Byte order."""

from __future__ import annotations

import math
import struct
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dicomkit._core import byte_swap

if TYPE_CHECKING:
    from collections.abc import Callable

READERS = {
    "H": byte_swap.read_uint16, "I": byte_swap.read_uint32, "h": byte_swap.read_int16, "i": byte_swap.read_int32,
    "f": byte_swap.read_float32, "d": byte_swap.read_float64,
}  # fmt: skip


# CORE-16
@pytest.mark.parametrize("code", READERS)
@given(data=st.binary(max_size=20), offset=st.integers(-2, 22), is_big_endian=st.booleans())
def test_a_number_is_read_at_an_offset_or_there_is_none(code: str, data: bytes, offset: int, is_big_endian: bool) -> None:
    read: Callable[..., float | None] = READERS[code]
    number = read(data, offset, is_big_endian=is_big_endian)
    if offset < 0 or offset + struct.calcsize(code) > len(data):
        assert number is None
    else:
        (expected,) = struct.unpack_from((">" if is_big_endian else "<") + code, data, offset)
        assert number == expected or (math.isnan(number or 0) and math.isnan(expected))


# CORE-16
@pytest.mark.parametrize("offset", [-(2**63), -1, 1, 2, 2**63 - 1])
def test_offsets_at_the_extremes_lie_outside(offset: int) -> None:
    for read in READERS.values():
        assert read(b"\1\2", offset) is None


def test_little_endian_is_the_default() -> None:
    assert byte_swap.read_uint16(b"\x01\x00", 0) == 1
    assert byte_swap.read_int16(b"\xff\xff", 0) == -1
    assert byte_swap.read_uint32(b"\0\0\0\x80", 0) == 2**31


@pytest.mark.parametrize("itemsize", [2, 4, 8])
@given(data=st.data())
def test_every_item_is_turned_round(itemsize: int, data: st.DataObject) -> None:
    count = data.draw(st.sampled_from([0, 1, 2, 7, 15, 16, 17, 33, 1001]))
    shift = data.draw(st.integers(0, 3))
    source = bytes(range(256)) * (count * itemsize // 256 + 1)
    source = source[: count * itemsize]
    expected = b"".join(source[i : i + itemsize][::-1] for i in range(0, len(source), itemsize))
    # Neither end needs to be aligned.
    whole = bytearray(len(source) + shift)
    out = memoryview(whole)[shift:]
    byte_swap.swap_bytes(memoryview(b"x" + source)[1:], itemsize, out)
    assert out == expected
    byte_swap.swap_bytes(out, itemsize, out)
    assert out == source
    assert whole[:shift] == bytes(shift)


@pytest.mark.parametrize(
    ("source_length", "itemsize", "out_length"), [(4, 3, 4), (4, 0, 4), (4, -2, 4), (4, 1, 4), (3, 2, 3), (4, 8, 4), (4, 2, 6), (6, 2, 4)]
)
def test_wrong_sizes_are_refused(source_length: int, itemsize: int, out_length: int) -> None:
    with pytest.raises(ValueError, match="bytes"):
        byte_swap.swap_bytes(bytes(source_length), itemsize, bytearray(out_length))


def test_buffers_that_overlap_are_refused() -> None:
    buffer = memoryview(bytearray(10))
    with pytest.raises(ValueError, match="overlap"):
        byte_swap.swap_bytes(buffer[:8], 2, buffer[2:])
    with pytest.raises(ValueError, match="overlap"):
        byte_swap.swap_bytes(buffer[2:], 2, buffer[:8])


def test_the_output_must_be_writable() -> None:
    with pytest.raises((BufferError, ValueError)):
        byte_swap.swap_bytes(bytes(4), 2, bytes(4))
