"""Headers and values as bytes, in each encoding, against a plain oracle."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dicomkit._core.element_write import LARGE_VALUE, ElementWriter
from dicomkit.errors import InvalidValueError, LimitExceededError
from dicomkit.vr import VR

LONG = {"OB", "OD", "OF", "OL", "OV", "OW", "SQ", "SV", "UC", "UN", "UR", "UT", "UV"}
SIZES = {"US": 2, "SS": 2, "OW": 2, "AT": 2, "UL": 4, "SL": 4, "FL": 4, "OL": 4, "OF": 4, "FD": 8, "SV": 8, "UV": 8, "OD": 8, "OV": 8}
NUL_PADDED = {"UI", "OB", "UN"}
TAG = 0x00091234
VALUE_VRS = [str(vr) for vr in VR if vr != "SQ"]


def oracle(vr: str, value: bytes, implicit: bool, big: bool) -> bytes:
    """PS3.5 7.1.2 and 7.1.3, written out."""
    order = ">" if big else "<"
    size = SIZES.get(vr, 1)
    if len(value) % 2:
        value += b"\0" if vr in NUL_PADDED else b" "
    if not implicit and vr not in LONG and len(value) > 65534:
        vr, size = "UN", 1
    if big and size > 1:
        value = b"".join(value[i : i + size][::-1] for i in range(0, len(value), size))
    head = struct.pack(order + "HH", TAG >> 16, TAG & 0xFFFF)
    if implicit:
        return head + struct.pack(order + "I", len(value)) + value
    if vr in LONG:
        return head + vr.encode() + b"\0\0" + struct.pack(order + "I", len(value)) + value
    return head + vr.encode() + struct.pack(order + "H", len(value)) + value


def write(vr, value, implicit=False, big=False, **options):
    out = ElementWriter(is_implicit_vr=implicit, is_big_endian=big, **options)
    out.write_element(TAG, vr, value)
    assert b"".join(out.chunks()) == out.to_bytes()
    assert len(out) == len(out.to_bytes())
    return out.to_bytes()


@pytest.mark.parametrize(("implicit", "big"), [(False, False), (True, False), (False, True)])
@pytest.mark.parametrize("vr", VALUE_VRS)
@pytest.mark.parametrize("count", [0, 1, 2, 3, LARGE_VALUE, 70_000])
def test_every_vr(vr, implicit, big, count):
    value = bytes(i * 37 & 0xFF for i in range(count * SIZES.get(vr, 1) if vr != "AT" else count * 4))
    assert write(vr, value, implicit, big) == oracle(vr, value, implicit, big)


@pytest.mark.parametrize("count", [LARGE_VALUE - 2, LARGE_VALUE, LARGE_VALUE + 2])
def test_large_values_are_kept_not_copied(count):
    value = bytearray(count)
    out = ElementWriter()
    out.write_element(TAG, "OB", value)
    assert any(len(chunk) == count for chunk in out.chunks()) == (count >= LARGE_VALUE)


def test_a_big_endian_value_in_little_endian():
    out = ElementWriter()
    out.write_element(TAG, "UL", b"\1\2\3\4", is_big_endian=True)
    assert out.to_bytes()[8:] == b"\4\3\2\1"


def test_un_is_never_swapped():
    # PS3.5 6.2.2: little endian, whatever the transfer syntax
    assert write("UN", b"\1\2\3\4", big=True)[12:] == b"\1\2\3\4"
    assert write("US", bytes(range(256)) * 300, big=True)[12:] == bytes(range(256)) * 300
    assert write("US", bytes(4), big=True)[4:6] == b"US"


@pytest.mark.parametrize(("length", "vr"), [(65534, b"LO"), (65535, b"UN"), (65536, b"UN"), (70000, b"UN")])
def test_what_is_too_long_for_a_short_header_is_un(length, vr):
    data = write("LO", b"x" * length)
    assert data[4:6] == vr
    assert data.endswith(b"x" * length + b" " * (length % 2))


@pytest.mark.parametrize("vr", sorted(SIZES))
def test_values_that_are_no_whole_numbers(vr):
    value = bytes(4 + 1)
    with pytest.raises(InvalidValueError) as caught:
        write(vr, value)
    assert caught.value.tag == TAG
    assert write(vr, value, lenient=True).endswith(value)


def test_lenient_swaps_the_whole_numbers_of_a_value_that_is_none():
    assert write("US", b"\1\2\3", big=True, lenient=True)[-3:] == b"\2\1\3"


def test_sequences_of_both_lengths():
    out = ElementWriter()
    out.begin_sequence(0x00081140)
    out.begin_item(is_undefined=True)
    out.write_element(0x00081150, "UI", b"1.2")
    out.end()
    out.begin_item()
    out.end()
    out.end()
    out.begin_sequence(0x00081199, is_undefined=True)
    out.end()
    inner = b"\x08\0\x50\x11UI\4\x001.2\0"
    items = b"\xfe\xff\0\xe0\xff\xff\xff\xff" + inner + b"\xfe\xff\x0d\xe0\0\0\0\0" + b"\xfe\xff\0\xe0\0\0\0\0"
    first = b"\x08\0\x40\x11SQ\0\0" + struct.pack("<I", len(items)) + items
    assert out.to_bytes() == first + b"\x08\0\x99\x11SQ\0\0\xff\xff\xff\xff" + b"\xfe\xff\xdd\xe0\0\0\0\0"


def test_lengths_count_large_values_too():
    out = ElementWriter()
    out.begin_sequence(0x00081140)
    out.begin_item()
    out.write_element(0x00091001, "OB", bytes(LARGE_VALUE))
    out.end()
    out.end()
    data = out.to_bytes()
    assert struct.unpack_from("<I", data, 8)[0] == len(data) - 12
    assert struct.unpack_from("<I", data, 16)[0] == len(data) - 20


def test_fragments_are_padded():
    out = ElementWriter()
    out.begin_fragments(0x7FE00010, "OB")
    out.write_fragment(b"")
    out.write_fragment(b"abc")
    out.end()
    assert out.to_bytes() == (
        b"\xe0\x7f\x10\0OB\0\0\xff\xff\xff\xff" b"\xfe\xff\0\xe0\0\0\0\0" b"\xfe\xff\0\xe0\4\0\0\0abc\0" b"\xfe\xff\xdd\xe0\0\0\0\0"
    )


def test_too_long_a_sequence_is_refused_and_an_undefined_one_is_not():
    # The same large buffer again and again: it is referred to, so this takes no memory.
    block = bytes(1 << 28)
    for is_undefined in (False, True):
        out = ElementWriter()
        out.begin_sequence(0x00081140, is_undefined=is_undefined)
        for number in range(17):
            out.write_element(0x00091000 + number, "OB", block)
        if is_undefined:
            out.end()
            assert len(out) > 1 << 32
        else:
            with pytest.raises(LimitExceededError):
                out.end()


def test_marks():
    out = ElementWriter()
    out.write_element(TAG, "OB", bytes(LARGE_VALUE))
    before, mark = out.to_bytes(), out.mark()
    out.write_element(TAG, "OB", bytes(LARGE_VALUE + 2))
    out.write_element(TAG, "OB", b"ab")
    out.rewind(mark)
    assert out.to_bytes() == before


def test_a_buffer_that_is_looked_at_cannot_move():
    out = ElementWriter()
    out.write_bytes(b"abc")
    view = memoryview(out)
    with pytest.raises(BufferError):
        write_much(out)
    view.release()
    write_much(out)


def write_much(out):
    for _ in range(100):
        out.write_element(TAG, "LO", bytes(LARGE_VALUE - 2))


def test_set_uint32_stays_inside():
    out = ElementWriter(is_big_endian=True)
    out.write_bytes(bytes(5))
    out.set_uint32(1, 0x01020304)
    assert out.to_bytes() == b"\0\1\2\3\4"
    with pytest.raises(ValueError, match="outside"):
        out.set_uint32(2, 1)
    with pytest.raises(ValueError, match="outside"):
        ElementWriter().set_uint32(0, 1)


@given(st.lists(st.tuples(st.sampled_from(VALUE_VRS), st.binary(max_size=40)), max_size=20), st.sampled_from([(0, 0), (1, 0), (0, 1)]))
def test_many_elements(elements, encoding):
    implicit, big = map(bool, encoding)
    out = ElementWriter(is_implicit_vr=implicit, is_big_endian=big)
    expected = b""
    for vr, value in elements:
        value = value[: len(value) - len(value) % (SIZES.get(vr, 1) if vr != "AT" else 4)]
        out.write_element(TAG, vr, value)
        expected += oracle(vr, value, implicit, big)
    assert out.to_bytes() == expected
