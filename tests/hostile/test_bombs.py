"""Small files that would become large (PS3.5 A.5), and large ones that hold nothing."""

from __future__ import annotations

import os
import struct
import zlib
from contextlib import suppress
from pathlib import Path

import pytest

import dicomkit
from dicomkit import DICOMError, LimitExceededError, PixelDataError, SourceError, UnexpectedEndOfDataError
from dicomkit.testing import (
    DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN,
    IMPLICIT_VR_LITTLE_ENDIAN,
    data_set,
    element,
    encapsulated,
    file_meta,
    part10,
)
from tests.hostile.builders import IMAGE, bounded, delimiter, item_header, quiet, sq_header

MEBIBYTE = 1 << 20


def deflated(size: int) -> bytes:
    return part10(element(0x00100010, "PN", "Doe^Jane") + element(0x7FE00010, "OB", bytes(size)), DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN)


def test_a_legitimate_ratio_of_1000_to_1_is_read() -> None:
    data = deflated(32 * MEBIBYTE)
    assert 32 * MEBIBYTE / len(data) > 900
    assert dicomkit.read(data).PixelData == bytes(32 * MEBIBYTE)


def test_inflation_past_the_limit_is_a_typed_error_and_stays_near_it() -> None:
    data = deflated(64 * MEBIBYTE)
    with bounded(seconds=2, python_bytes=6 * MEBIBYTE), pytest.raises(LimitExceededError):
        dicomkit.read(data, max_inflated_size=2 * MEBIBYTE)
    with bounded(seconds=2, python_bytes=10 * MEBIBYTE):
        file = dicomkit.read(data, max_inflated_size=2 * MEBIBYTE, partial=True)
    assert isinstance(file.error, LimitExceededError)
    assert file.PatientName == "Doe^Jane"


@pytest.mark.parametrize("inflated_size", [0, 1, 2, MEBIBYTE - 1, MEBIBYTE, MEBIBYTE + 1, 2 * MEBIBYTE])
def test_the_limit_is_exact(inflated_size: int) -> None:
    header = len(element(0x7FE00010, "OB", b""))
    data = deflated_raw(element(0x7FE00010, "OB", bytes(max(0, inflated_size // 2 * 2 - header))))
    size = max(header, inflated_size // 2 * 2)
    assert dicomkit.read(data, max_inflated_size=size)
    with pytest.raises(LimitExceededError):
        dicomkit.read(data, max_inflated_size=size - 1)


def deflated_raw(body: bytes) -> bytes:
    return part10(body, DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN)


@pytest.mark.parametrize("size", [*range(MEBIBYTE - 80, MEBIBYTE + 600, 2), 2 * MEBIBYTE - 12, 2 * MEBIBYTE])
def test_whatever_the_size_the_last_bytes_are_inflated(size: int) -> None:
    """Output can be pending inside zlib when all input is eaten."""
    assert len(dicomkit.read(deflated(size)).data_set) == 2


def test_an_empty_deflated_data_set_is_read() -> None:
    assert len(dicomkit.read(part10(b"", DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN))) == 0


def test_a_deflate_stream_that_never_ends_is_an_error() -> None:
    stored_block = b"\x00\x00\x00\xff\xff"  # empty, and not the last
    data = part10(b"", "1.2.840.10008.1.2.1", meta=file_meta(DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN)) + stored_block * 200_000
    with bounded(seconds=2), pytest.raises(UnexpectedEndOfDataError):
        dicomkit.read(data)


def test_zlib_and_gzip_wrappers_and_garbage_are_typed_errors() -> None:
    meta = file_meta(DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN)
    body = element(0x00100010, "PN", "Doe^Jane")
    for stream in (zlib.compress(body), b"\x1f\x8b\x08" + bytes(40), b"\xff" * 100, body):
        with pytest.raises(DICOMError):
            dicomkit.read(part10(stream, None, meta=meta))


def test_a_million_empty_items_stay_a_small_multiple_of_the_file() -> None:
    count = 1_000_000
    for items, end in ((item_header(0), b""), (item_header() + delimiter(), b"")):
        content = items * count + end
        data = part10(sq_header(length=len(content)) + content)
        with bounded(seconds=3, python_bytes=30 * len(data)):
            file = dicomkit.read(data)
            assert file.data_set.sequence_item_count("ReferencedImageSequence") == count
            assert file["ReferencedImageSequence"].vm == 1
        del file


def test_a_million_empty_elements_are_quick_in_order_out_of_order_and_doubled() -> None:
    count = 300_000
    ordered = b"".join(struct.pack("<HH2sH", 0x0020 + 2 * (i >> 16), i & 0xFFFF, b"LO", 0) for i in range(count))
    backwards = b"".join(ordered[i : i + 8] for i in range(len(ordered) - 8, -1, -8))
    doubled = struct.pack("<HH2sH", 0x0020, 0x0010, b"LO", 0) * count
    for body, found in ((ordered, count), (backwards, count), (doubled, 1)):
        with quiet(), bounded(seconds=6, python_bytes=120 * len(body)):
            file = dicomkit.read(part10(body))
            assert len(file) == found
            assert sum(1 for _ in file) == found
            assert file == file.copy()


def test_private_elements_of_many_groups_are_quick() -> None:
    body = b"".join(struct.pack("<HH2sH", group, 0x1000 + i, b"LO", 0) for group in range(0x0011, 0x6011, 2) for i in range(20))
    with bounded(seconds=5):
        file = dicomkit.read(part10(body))
        assert {element.private_creator for element in file} == {None}
    with quiet(), bounded(seconds=5):
        implicit = b"".join(struct.pack("<HHI", group, 0x1000 + i, 0) for group in range(0x0011, 0x6011, 2) for i in range(20))
        assert str(dicomkit.read(part10(implicit, IMPLICIT_VR_LITTLE_ENDIAN)))


@pytest.mark.parametrize("size", [8, 16_000, 70_000, 2 * MEBIBYTE])
@pytest.mark.parametrize("syntax", ["1.2.840.10008.1.2.1", IMPLICIT_VR_LITTLE_ENDIAN])
def test_holes_of_zeros_are_quick_and_the_same_wherever_they_are_read_from(syntax: str, size: int, tmp_path: Path) -> None:
    behind = element(0x00100010, "PN", "Doe^Jane", implicit=syntax == IMPLICIT_VR_LITTLE_ENDIAN)
    data = part10(bytes(size) + behind + bytes(100_000), syntax)
    path = tmp_path / "hole.dcm"
    path.write_bytes(data)
    found = set()
    for source, options in ((data, {}), (path, {}), (path, {"defer_larger_than": 0}), (path, {"stop_before_pixels": True})):
        with quiet(), bounded(seconds=2):
            try:
                found.add(dicomkit.read(source, **options).data_set.string("PatientName"))
            except DICOMError as error:
                found.add(str(error))
    assert len(found) == 1
    assert found != {None}, "zeros ended the reading, though something follows"


def test_delimiters_that_close_nothing_are_quick() -> None:
    data = part10(delimiter() * 500_000 + element(0x00100010, "PN", "Doe^Jane"))
    with quiet(), bounded(seconds=2, python_bytes=8 * len(data)):
        assert dicomkit.read(data).PatientName == "Doe^Jane"


def test_a_sparse_gigabyte_file_is_opened_without_reading_it(tmp_path: Path) -> None:
    path = tmp_path / "sparse.dcm"
    size = 3 << 30
    head = part10(data_set([(0x00100010, "PN", "Doe^Jane")]) + element(0x7FE00010, "OB", b"", length=size - 4096))
    with path.open("wb") as file:
        file.write(head)
        file.truncate(len(head) + size - 4096)
    with bounded(seconds=1, python_bytes=4 * MEBIBYTE):
        read = dicomkit.read(path)
        assert read.PatientName == "Doe^Jane"
        assert read["PixelData"].value_length == size - 4096
        assert bytes(read["PixelData"].value_range(size - 4100, 4)) == bytes(4)
    os.truncate(path, len(head) + 1000)
    with pytest.raises(UnexpectedEndOfDataError):
        dicomkit.read(path)


def test_an_impossibly_large_sparse_file_is_a_typed_error(tmp_path: Path) -> None:
    path = tmp_path / "sparse.dcm"
    with path.open("wb") as file:
        file.write(part10(element(0x7FE00010, "OB", b"", length=100)))
        try:
            file.truncate(8 << 40)
        except OSError:
            pytest.skip("the file system has no files of 8 TiB")
    for options in ({}, {"defer_larger_than": None}, {"stop_before_pixels": True}):
        with quiet(), bounded(seconds=2), suppress(SourceError):
            dicomkit.read(path, **options)


def test_frames_without_data_are_not_allocated() -> None:
    """One frame of a megabyte is there, 99,999 are empty fragments."""
    image = [
        (0x00280008, "IS", "100000"),
        *[one for one in IMAGE if one[0] not in (0x00280010, 0x00280011)],
        (0x00280010, "US", 700),
        (0x00280011, "US", 700),
    ]
    file = dicomkit.read(part10(data_set(image) + encapsulated([bytes(980_000)] + [b""] * 99_999), "1.2.840.10008.1.2.1.98"))
    with bounded(seconds=2, python_bytes=64 * MEBIBYTE), pytest.raises(PixelDataError):
        file.pixel_data().array()  # type: ignore[union-attr]
