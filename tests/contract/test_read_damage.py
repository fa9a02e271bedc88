"""READ-13: what is cut or damaged ends in a typed error that says where, or in what was there before, and the error."""

from __future__ import annotations

import contextlib
import random
import warnings

import pytest

import dicomkit
from dicomkit.testing import (
    DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN,
    EXPLICIT_VR_BIG_ENDIAN,
    EXPLICIT_VR_LITTLE_ENDIAN,
    IMPLICIT_VR_LITTLE_ENDIAN,
    data_set,
    element,
    encapsulated,
    file_meta,
    part10,
    sequence,
)

CONTENT = [
    (0x00080005, "CS", "ISO_IR 100"),
    (0x00080060, "CS", "CT"),
    (0x00081115, "SQ", [[(0x0020000E, "UI", "1.2"), (0x00081199, "SQ", [[(0x00081155, "UI", "1.4")]])], [(0x0020000E, "UI", "1.3")]]),
    (0x00100010, "PN", "Doe^Jane"),
    (0x00280010, "US", 512),
    (0x0040A160, "UT", "some text"),
]
TAIL = element(0xFFFCFFFC, "OB", bytes(8))
FILES = {
    "explicit": part10(data_set(CONTENT) + TAIL),
    "undefined lengths": part10(data_set(CONTENT, undefined=True) + TAIL),
    "implicit": part10(data_set(CONTENT, implicit=True), IMPLICIT_VR_LITTLE_ENDIAN),
    "big endian": part10(data_set(CONTENT, big_endian=True), EXPLICIT_VR_BIG_ENDIAN),
    "deflated": part10(data_set(CONTENT), DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN),
    "encapsulated": part10(data_set(CONTENT) + encapsulated([b"abcd", b"efgh"], [0, 12]), "1.2.840.10008.1.2.4.50"),
    "UN": part10(sequence(0x00091010, [element(0x00080060, "CS", "CT", implicit=True)], undefined=True, vr="UN") + TAIL),
}


def read_quietly(data, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", dicomkit.DICOMWarning)
        return dicomkit.read(data, **options)


def try_to_read(data):
    """A file and no error, or no file and the error."""
    try:
        return read_quietly(data), None
    except dicomkit.DICOMError as error:
        return None, error


def assert_is_beginning(part, whole):
    """Every element of ``part`` is in ``whole``, the same, but for the last sequence, which may lack its end."""
    elements, all_elements = list(part), list(whole)
    assert [e.tag for e in elements] == [e.tag for e in all_elements[: len(elements)]]
    for number, (mine, its) in enumerate(zip(elements, all_elements, strict=False)):
        is_last = number == len(elements) - 1
        if is_last and mine.is_sequence and its.is_sequence:
            assert mine.sequence_item_count <= its.sequence_item_count
            pairs = list(zip(mine.value, its.value, strict=False))
            for item, whole_item in pairs[:-1]:
                assert item == whole_item
            for item, whole_item in pairs[-1:]:
                assert_is_beginning(item, whole_item)
        elif is_last and mine.tag == 0x7FE00010:
            fragments = [bytes(fragment) for fragment in mine.encapsulated_fragments]
            assert fragments == [bytes(fragment) for fragment in its.encapsulated_fragments[: len(fragments)]]
        else:
            assert mine == its


@pytest.mark.parametrize("kind", FILES)
def test_read_13_cut_at_every_byte(kind):
    """A cut file raises, or was cut between two elements: then it is a shorter file, which nobody can tell."""
    data = FILES[kind]
    whole = read_quietly(data)
    for length in range(len(data)):
        f, error = try_to_read(data[:length])
        if error is not None:
            assert isinstance(error, dicomkit.EncodingError), f"{length}: {error!r}"
            assert 0 <= error.offset <= max(length, len(data)), length
        else:
            assert f.error is None
            assert_is_beginning(f, whole)
            last = max((e.offset + e.value_length for e in f), default=0)
            assert kind in ("deflated", "encapsulated") or last <= length


@pytest.mark.parametrize("kind", FILES)
def test_read_13_partial_keeps_everything_before_the_cut(kind):
    data = FILES[kind]
    whole = read_quietly(data)
    for length in range(132, len(data)):
        f = read_quietly(data[:length], partial=True)
        assert_is_beginning(f.file_meta_information, whole.file_meta_information)
        assert_is_beginning(f, whole)
        if kind == "deflated":
            continue        # offsets are those of the inflated data set
        complete = [e.tag for e in whole if e.offset + (e.value_length if not e.has_undefined_length else 8) + 12 <= length]
        assert set(complete) <= set(f.tags), length
        _, error = try_to_read(data[:length])
        assert (type(f.error), str(f.error)) == (type(error), str(error)), length


def test_read_13_partial_keeps_the_items_before_the_cut():
    """Of sequences of defined length too, whose length then passes the end of what is there."""
    for undefined in (False, True):
        contents = [element(0x00200013, "IS", str(number)) for number in range(10)]
        data = part10(element(0x00080060, "CS", "CT") + sequence(0x00081140, contents, undefined=undefined))
        end = len(data) - (8 if undefined else 0) - (8 if undefined else 0)
        f = read_quietly(data[: end - 1], partial=True)
        numbers = [inner.get("InstanceNumber") for inner in f.ReferencedImageSequence]
        assert numbers[:9] == list(range(9))
        assert numbers[9:] in ([], [None])
        assert isinstance(f.error, dicomkit.UnexpectedEndOfDataError)


def test_read_13_partial_of_a_whole_file_has_no_error():
    for data in FILES.values():
        assert read_quietly(data, partial=True).error is None
        assert read_quietly(data).error is None


def test_read_13_partial_with_damaged_meta_information():
    data = FILES["explicit"]
    f = read_quietly(data[:150], partial=True)
    assert len(f) == 0
    assert isinstance(f.error, dicomkit.EncodingError)


@pytest.mark.parametrize("kind", FILES)
def test_read_13_any_byte_may_be_anything(kind):
    """Reading, and looking at everything, ends in values or in an error of ours."""
    chance = random.Random(13)
    for _ in range(400):
        data = bytearray(FILES[kind])
        for _ in range(chance.randint(1, 4)):
            data[chance.randrange(128, len(data))] = chance.choice((0, 1, 0x7F, 0x80, 0xFE, 0xFF, chance.randrange(256)))
        for options in ({}, {"partial": True}, {"strict": True}, {"force": True}):
            with contextlib.suppress(dicomkit.DICOMError):
                look_at_everything(read_quietly(bytes(data), **options))


def look_at_everything(ds):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", dicomkit.DICOMWarning)
        for e in ds:
            str(e)
            _ = (e.value_data, e.vm, e.encapsulated_fragments, e.encapsulated_offset_table, e.private_creator, e.string_values)
            for inner in e.sequence_items or ():
                look_at_everything(inner)
            _ = e.value


@pytest.mark.parametrize("length", [1, 3, 5, 7])
def test_odd_lengths_are_read_with_a_warning(length):
    text = "x" * length
    with pytest.warns(dicomkit.DICOMWarning, match="odd length"):
        f = dicomkit.read(part10(element(0x00100010, "PN", text.encode()) + element(0x00280010, "US", 3)))
    assert (f.PatientName, f.Rows) == (text, 3)
    with pytest.raises(dicomkit.ParsingError, match="odd length") as caught:
        dicomkit.read(part10(element(0x00100010, "PN", text.encode())), strict=True)
    assert caught.value.tag == 0x00100010


@pytest.mark.parametrize("trailing", [b"\0", b"\0" * 7, b"\0" * 512])
def test_zeros_after_the_last_element_are_read_over(trailing):
    with pytest.warns(dicomkit.DICOMWarning, match="after the last element"):
        f = dicomkit.read(part10(data_set(CONTENT[:2]) + trailing))
    assert len(f) == 2


def test_unknown_vrs_are_un_with_a_warning():
    """PS3.5 7.1.2: VRs to come will have the long header."""
    with pytest.warns(dicomkit.DICOMWarning, match="Value Representation"):
        f = dicomkit.read(part10(element(0x00091001, "ZZ", b"abcd") + element(0x00280010, "US", 3)))
    assert (f[0x00091001].vr, f[0x00091001].value, f.Rows) == ("UN", b"abcd", 3)


def test_what_is_wrong_warns_once_for_each_kind():
    content = b"".join(element(0x00100010 + number, "LO", b"x") for number in range(0x20, 0x40))
    with pytest.warns(dicomkit.DICOMWarning) as caught:
        dicomkit.read(part10(content))
    assert len([warning for warning in caught if "odd length" in str(warning.message)]) == 1


def test_errors_and_warnings_hold_no_values():
    """They are patient data."""
    content = element(0x00080020, "DA", b"SECRET") + element(0x00100010, "PN", b"SECRET^NAME")
    content += element(0x00280010, "US", b"S", length=60000)
    with pytest.warns(dicomkit.DICOMWarning, match="odd length") as caught:
        f = dicomkit.read(part10(content), partial=True)
    assert "SECRET" not in str(caught[0].message)
    with pytest.warns(dicomkit.DICOMWarning, match="DA") as caught:
        _ = f.StudyDate
    assert all("SECRET" not in str(warning.message) for warning in caught)
    assert "SECRET" not in str(f.error)


def test_a_length_alone_allocates_nothing():
    """4 GB announced, a few bytes there."""
    meta = file_meta(EXPLICIT_VR_LITTLE_ENDIAN)
    for vr in ("OB", "UT", "UN"):
        data = bytes(128) + b"DICM" + meta + element(0x7FE00010, vr, b"ab", length=0xFFFFFFFE)
        with pytest.raises(dicomkit.UnexpectedEndOfDataError):
            dicomkit.read(data)
