"""Files that end too early, at every byte (PS3.5 7, A.4, A.5; PS3.10 7.1)."""

from __future__ import annotations

import copy
import pickle

import pytest

import dicomkit
from dicomkit import DICOMError, DICOMFile, PixelDataError, UnexpectedEndOfDataError
from dicomkit.testing import (
    DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN,
    EXPLICIT_VR_BIG_ENDIAN,
    EXPLICIT_VR_LITTLE_ENDIAN,
    IMPLICIT_VR_LITTLE_ENDIAN,
    data_set,
    element,
    encapsulated,
    part10,
)
from tests.hostile.builders import IMAGE, data_set_or_typed_error, quiet

ATTRIBUTES = [
    (0x00080016, "UI", "1.2.840.10008.5.1.4.1.1.7"),
    (0x00081140, "SQ", [[(0x00081150, "UI", "1.2"), (0x0040A730, "SQ", [[(0x0040A160, "UT", "text")]])], []]),
    (0x00100010, "PN", "Doe^Jane"),
    *IMAGE,
    (0x7FE00010, "OW", list(range(16))),
]


def whole(syntax: str, *, undefined: bool = False) -> bytes:
    implicit, big = syntax == IMPLICIT_VR_LITTLE_ENDIAN, syntax == EXPLICIT_VR_BIG_ENDIAN
    return part10(data_set(ATTRIBUTES, implicit=implicit, big_endian=big, undefined=undefined), syntax)


@pytest.mark.parametrize("undefined", [False, True])
@pytest.mark.parametrize("syntax", [EXPLICIT_VR_LITTLE_ENDIAN, IMPLICIT_VR_LITTLE_ENDIAN, EXPLICIT_VR_BIG_ENDIAN])
def test_a_cut_anywhere_is_an_error_or_falls_between_two_elements(syntax: str, undefined: bool) -> None:
    data = whole(syntax, undefined=undefined)
    complete = dicomkit.read(data)
    starts = {element.offset for element in complete} | {element.offset for element in complete.file_meta_information}
    for end in range(len(data)):
        found = data_set_or_typed_error(data[:end])
        if isinstance(found, DICOMFile):
            # A few zeros behind the last element are padding, and a warning: nobody can tell them from a cut.
            complete_end = max(start for start in starts | {len(part10(b"", syntax))} if start <= end)
            assert not any(data[complete_end:end]), f"cut at {end} went unnoticed"
            assert [element.tag for element in found] == complete.data_set.tags[: len(found)]
        elif end in starts:
            assert not isinstance(found, UnexpectedEndOfDataError) or end <= 132


@pytest.mark.parametrize("undefined", [False, True])
def test_partial_reading_gives_everything_before_the_cut_and_reports_it(undefined: bool) -> None:
    data = whole(EXPLICIT_VR_LITTLE_ENDIAN, undefined=undefined)
    complete = dicomkit.read(data)
    for end in range(132, len(data)):
        found = dicomkit.read(data[:end], partial=True)
        before = [element for element in complete if element.offset + 8 + element.value_length <= end and not element.is_sequence]
        assert all(element == found[element.tag] for element in before if element.offset + element.value_length + 12 <= end)
        with pytest.raises(DICOMError) if found.error else quiet():
            dicomkit.read(data[:end])
        for one in found:
            assert one.value_length == len(one.value_data) <= end


def test_what_was_read_before_the_cut_survives_copying_and_pickling() -> None:
    data = whole(EXPLICIT_VR_LITTLE_ENDIAN, undefined=True)
    for end in range(132, len(data)):
        with quiet():
            found = dicomkit.read(data[:end], partial=True)
            for twin in (copy.deepcopy(found), pickle.loads(pickle.dumps(found))):
                assert str(twin) == str(found), end
                assert str(twin.error) == str(found.error)


def test_a_cut_deflate_stream_is_an_error_everywhere() -> None:
    data = whole(DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN)
    padding = data[-1] == 0
    for end in range(len(part10(b"", EXPLICIT_VR_LITTLE_ENDIAN)) + 3, len(data) - padding):
        with pytest.raises(DICOMError):
            dicomkit.read(data[:end])


def test_a_cut_offset_table_or_fragment_is_an_error() -> None:
    head = data_set(IMAGE)
    pixels = encapsulated([bytes(20), bytes(20)], [0, 28])
    data = part10(head + pixels, "1.2.840.10008.1.2.5")
    first = len(data) - len(pixels)
    item_ends = {
        first + 12,
        first + 12 + 16,
        first + 12 + 16 + 28,
        first + 12 + 16 + 56,
    }  # only the delimiter is missing: read, with a warning
    for end in range(first + 1, len(data)):
        if end in item_ends:
            with pytest.warns(dicomkit.DICOMWarning, match="without its delimiter"):
                dicomkit.read(data[:end])
            with pytest.raises(DICOMError):
                dicomkit.read(data[:end], strict=True)
        else:
            with pytest.raises(UnexpectedEndOfDataError):
                dicomkit.read(data[:end])


def test_too_few_pixels_are_an_error_not_a_smaller_picture() -> None:
    for length in range(0, 32, 2):
        with quiet():
            file = dicomkit.read(part10(data_set([*IMAGE, (0x7FE00010, "OW", bytes(length))])))
        with pytest.raises(PixelDataError):
            file.pixel_data()


def test_cuts_of_a_path_are_found_in_every_way_of_reading(tmp_path) -> None:  # type: ignore[no-untyped-def]
    data = part10(data_set(ATTRIBUTES) + element(0x7FE10010, "OB", bytes(100_000)))
    path = tmp_path / "cut.dcm"
    for end in (131, 140, 200, 400, 16_384, 65_536, len(data) - 1):
        path.write_bytes(data[:end])
        for options in ({}, {"defer_larger_than": 0}, {"defer_larger_than": None}, {"tags": [0x7FE10010]}):
            with pytest.raises(DICOMError):
                dicomkit.read(path, **options)
