"""Sequences in sequences, to any depth (PS3.5 7.5)."""

from __future__ import annotations

import copy
import pickle

import pytest

import dicomkit
from dicomkit import LimitExceededError, ReadOptions
from dicomkit.testing import IMPLICIT_VR_LITTLE_ENDIAN, element, item, part10
from tests.hostile.builders import bounded, delimiter, item_header, nested, quiet, sq_header

EXPLICIT = "1.2.840.10008.1.2.1"
LIMIT = ReadOptions().max_depth


@pytest.mark.parametrize("undefined", [False, True])
@pytest.mark.parametrize("implicit", [False, True])
@pytest.mark.parametrize("levels", [1, 10, 64, LIMIT])
def test_nesting_within_the_limit_works_in_every_respect(levels: int, undefined: bool, implicit: bool) -> None:
    innermost = element(0x00100010, "PN", "Doe^Jane", implicit=implicit)
    data = part10(
        nested(levels, undefined=undefined, innermost=innermost, implicit=implicit), IMPLICIT_VR_LITTLE_ENDIAN if implicit else EXPLICIT
    )
    file = dicomkit.read(data)
    data_set = file.data_set
    for _ in range(levels):
        (data_set,) = data_set.ReferencedImageSequence
    assert data_set.PatientName == "Doe^Jane"
    with bounded(seconds=2):
        assert "Doe^Jane" in str(file)
        assert file._repr_html_()
        assert file == dicomkit.read(data)
        assert copy.deepcopy(file) == file
        assert str(pickle.loads(pickle.dumps(file))) == str(file)


@pytest.mark.parametrize("undefined", [False, True])
@pytest.mark.parametrize("levels", [LIMIT + 1, 300, 1000, 10_000, 100_000])
def test_nesting_beyond_the_limit_is_a_typed_error_and_quick(levels: int, undefined: bool) -> None:
    data = part10(nested(levels, undefined=undefined))
    for options in ({}, {"strict": True}, {"force": True}):
        with bounded(seconds=1), pytest.raises(LimitExceededError) as caught:
            dicomkit.read(data, **options)
        assert caught.value.tag in (0x00081140, 0xFFFEE000)
        assert caught.value.offset is not None
        assert caught.value.offset < len(data)


@pytest.mark.parametrize("limit", [1, 2, 15, 16, 31, 32, 100])
def test_the_limit_is_exact(limit: int) -> None:
    assert dicomkit.read(part10(nested(limit, undefined=True)), max_depth=limit)
    with pytest.raises(LimitExceededError):
        dicomkit.read(part10(nested(limit + 1, undefined=True)), max_depth=limit)


def test_partial_reading_keeps_what_is_above_the_limit() -> None:
    data = part10(element(0x00080060, "CS", "CT") + nested(100_000, undefined=True))
    file = dicomkit.read(data, partial=True)
    assert isinstance(file.error, LimitExceededError)
    assert file.Modality == "CT"
    with bounded(seconds=2):
        assert str(file)
        assert file == dicomkit.read(data, partial=True)


@pytest.mark.parametrize("levels", [300, 1000, 5000])
def test_private_sequences_that_only_a_dictionary_knows_obey_the_limit(levels: int) -> None:
    """Each is scanned when it is looked at, so the limit must hold across scans."""
    data = b""
    for _ in range(levels):
        data = element(0x00710010, "LO", "AGFA-AG_HPState", implicit=True) + element(0x00711018, "SQ", item(data), implicit=True)
    with quiet(), bounded(seconds=5):
        file = dicomkit.read(part10(data, IMPLICIT_VR_LITTLE_ENDIAN))
        assert str(file)
        assert file._repr_html_()
        assert file == dicomkit.read(part10(data, IMPLICIT_VR_LITTLE_ENDIAN))
        assert copy.deepcopy(file) == file
        assert pickle.loads(pickle.dumps(file))


@pytest.mark.parametrize("levels", [100, LIMIT, LIMIT + 1, 20_000])
def test_un_in_un_obeys_the_limit(levels: int) -> None:
    opening = sq_header(0x00091010, vr="UN") + item_header()
    inner = sq_header(0x00091010, implicit=True) + item_header()
    end = (delimiter() + delimiter(of_sequence=True)) * levels
    data = part10(opening + inner * (levels - 1) + end)
    with bounded(seconds=2):
        if levels > LIMIT:
            with pytest.raises(LimitExceededError):
                dicomkit.read(data)
        else:
            assert str(dicomkit.read(data))


def test_un_of_defined_length_in_un_obeys_the_limit() -> None:
    data = b""
    for _ in range(2000):
        data = element(0x00081140, "UN", item(data))
    with quiet(), bounded(seconds=5):
        file = dicomkit.read(part10(data))
        assert str(file)
        assert file._repr_html_()
