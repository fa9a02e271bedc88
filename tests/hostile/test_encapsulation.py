"""Offset tables and fragments that lie (PS3.5 A.4)."""

from __future__ import annotations

import struct

import numpy as np
import pytest

import dicomkit
from dicomkit import DICOMError, DICOMFile, PixelDataError
from dicomkit.testing import Attribute, data_set, element, encapsulated, part10
from tests.hostile.builders import IMAGE, bounded, delimiter, item_header, quiet

SYNTAX = "1.2.840.10008.1.2.1.98"  # encapsulated uncompressed: each frame is 32 bytes as they are
FRAMES = [bytes([i]) * 32 for i in range(1, 4)]
HEADER = element(0x7FE00010, "OB", b"", length=0xFFFFFFFF)


def read(pixels: bytes, *more: Attribute, frames: int = 3) -> DICOMFile:
    with quiet():
        return dicomkit.read(part10(data_set([*IMAGE, (0x00280008, "IS", str(frames)), *more]) + pixels, SYNTAX))


def is_right(file: DICOMFile) -> bool:
    pixels = file.pixel_data()
    assert pixels is not None
    return [int(pixels.frame(i)[0, 0]) & 0xFF for i in range(3)] == [1, 2, 3]


@pytest.mark.parametrize("table", [(), (0, 40, 80)])
def test_right_tables_give_the_frames(table: tuple[int, ...]) -> None:
    assert is_right(read(encapsulated(FRAMES, table)))


@pytest.mark.parametrize("table", [
    (0,), (0, 40), (0, 40, 80, 120), (8, 48, 88), (0, 80, 40), (0, 0, 0), (40, 0, 80), (0, 41, 80), (0, 40, 120), (0, 40, 1000),
    (0, 40, 0xFFFFFFFF), (0xFFFFFFFF,) * 3, (1, 2, 3), (0, 36, 72),
])  # fmt: skip
def test_wrong_tables_give_the_right_frames_or_an_error_never_others(table: tuple[int, ...]) -> None:
    try:
        assert is_right(read(encapsulated(FRAMES, table)))
    except PixelDataError:
        return


@pytest.mark.parametrize("offsets", [(0, 40, 80), (0, 40), (0, 40, 1 << 40), ((1 << 64) - 1,) * 3, (0, 41, 82), (80, 40, 0)])
@pytest.mark.parametrize("lengths", [(32, 32, 32), (32,), (33, 32, 32), (31, 31, 31), (0, 0, 0), ((1 << 64) - 1,) * 3])
def test_extended_offset_tables_that_lie(offsets: tuple[int, ...], lengths: tuple[int, ...]) -> None:
    tables: list[Attribute] = [
        (0x7FE00001, "OV", struct.pack(f"<{len(offsets)}Q", *offsets)), (0x7FE00002, "OV", struct.pack(f"<{len(lengths)}Q", *lengths)),
    ]  # fmt: skip
    with bounded(seconds=1, python_bytes=1 << 20):
        try:
            assert is_right(read(encapsulated(FRAMES), *tables))
        except PixelDataError:
            return


@pytest.mark.parametrize("size", [1, 4, 7, 9])
@pytest.mark.parametrize("vr", ["OV", "OB", "UN", "SQ", "LO"])
def test_extended_offset_tables_of_odd_sizes_and_types(size: int, vr: str) -> None:
    body = data_set([*IMAGE, (0x00280008, "IS", "3")])
    table = element(0x7FE00001, vr, b"" if vr == "SQ" else bytes(size)) + element(0x7FE00002, vr, b"")
    with quiet():
        file = dicomkit.read(part10(body + table + encapsulated(FRAMES), SYNTAX))
        try:
            assert is_right(file)
        except DICOMError:
            return


@pytest.mark.parametrize(
    "fragments",
    [[], [b""], FRAMES[:1], FRAMES[:2], [b""] * 3, [bytes(30)] * 3, [FRAMES[0], b"", FRAMES[2]], [bytes(16)] * 6, [bytes(16)] * 5],
)
def test_too_few_or_short_fragments_are_errors(fragments: list[bytes]) -> None:
    file = read(encapsulated(fragments))
    with pytest.raises(PixelDataError):
        file.pixel_data().array()  # type: ignore[union-attr]


def test_no_table_item_at_all() -> None:
    for fragments in ([], FRAMES):
        found = read(encapsulated(fragments, None))
        with pytest.raises(PixelDataError):
            found.pixel_data().array()  # type: ignore[union-attr]


@pytest.mark.parametrize("content", [
    item_header(0) + item_header(0xFFFFFFFF), item_header(0xFFFFFFFF), item_header(0) + item_header(33), item_header(2) + b"ab",
    item_header(3) + b"abc" + item_header(0), item_header(0) + delimiter(), element(0x00100010, "PN", "x"),
    item_header(0x7FFFFFFF), b"\0" * 8,
])  # fmt: skip
def test_items_that_lie_are_typed_errors_or_no_pictures(content: bytes) -> None:
    with pytest.raises(DICOMError):
        read(HEADER + content + delimiter(of_sequence=True)).pixel_data().array()  # type: ignore[union-attr]


def test_native_and_encapsulated_data_under_the_wrong_syntax() -> None:
    native = element(0x7FE00010, "OW", bytes(96))
    with pytest.raises(PixelDataError):
        read(native).pixel_data()
    with quiet():
        wrong = dicomkit.read(part10(data_set([*IMAGE, (0x00280008, "IS", "3")]) + encapsulated(FRAMES)))
    with pytest.raises(PixelDataError):
        wrong.pixel_data()


def test_a_hundred_thousand_fragments_are_quick() -> None:
    pixels = encapsulated([b"ab"] * 100_000, [i * 10 for i in range(100_000)])
    with bounded(seconds=3):
        file = read(pixels, frames=100_000)
        found = file.pixel_data()
        assert found is not None
        assert bytes(found.frame_data(99_999)) == b"ab"
        assert str(file)
    with bounded(seconds=3):
        file = read(encapsulated([b"\1\0"] * 16 * 5000), frames=1)
        frame = file.pixel_data().frame(0)  # type: ignore[union-attr]
        assert np.array_equal(frame, np.ones((4, 4)))
