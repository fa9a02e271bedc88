"""READ-8: sequences and items of both length kinds, nested to any depth, and hostile ones."""

from __future__ import annotations

import copy
import pickle
import struct
import time

import pytest

import dicomkit
from dicomkit import ReadOptions
from dicomkit.testing import (
    EXPLICIT_VR_BIG_ENDIAN,
    EXPLICIT_VR_LITTLE_ENDIAN,
    IMPLICIT_VR_LITTLE_ENDIAN,
    element,
    item,
    part10,
    sequence,
)

CONTENT_SEQUENCE = 0x0040A730
REFERENCED = 0x00081140
ENCODINGS = {
    "explicit": (EXPLICIT_VR_LITTLE_ENDIAN, {}),
    "implicit": (IMPLICIT_VR_LITTLE_ENDIAN, {"implicit": True}),
    "big endian": (EXPLICIT_VR_BIG_ENDIAN, {"big_endian": True}),
}
SEQUENCE_DELIMITER = struct.pack("<HHI", 0xFFFE, 0xE0DD, 0)
ITEM_DELIMITER = struct.pack("<HHI", 0xFFFE, 0xE00D, 0)


def nest(depth: int, encoding: str = "explicit", *, undefined: bool = False, undefined_items: bool | None = None) -> bytes:
    """A file of so many sequences in each other; Instance Number tells the level."""
    uid, how = ENCODINGS[encoding]
    content = b""
    for level in range(depth, 0, -1):
        content = element(0x00200013, "IS", str(level), **how) + sequence(
            CONTENT_SEQUENCE, [content], undefined=undefined, undefined_items=undefined_items, **how
        )
    return part10(content, uid)


def depth_of(f) -> list[int]:
    levels = []
    while f is not None and "InstanceNumber" in f:
        levels.append(int(f["InstanceNumber"].value))
        f = f[CONTENT_SEQUENCE].value[0]
    return levels


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize(("undefined", "undefined_items"), [(False, False), (False, True), (True, False), (True, True)])
@pytest.mark.parametrize("depth", [1, 2, 3, 10, 64, 100])
def test_read_8_nesting(depth, undefined, undefined_items, encoding):
    f = dicomkit.read(nest(depth, encoding, undefined=undefined, undefined_items=undefined_items))
    assert depth_of(f) == list(range(1, depth + 1))


def test_read_8_every_depth_from_1_to_100():
    for depth in range(1, 101):
        assert len(depth_of(dicomkit.read(nest(depth, undefined=depth % 2 == 0)))) == depth


@pytest.mark.parametrize("limit", [1, 2, 7, 100])
@pytest.mark.parametrize("undefined", [False, True])
def test_read_8_max_depth_is_exact(limit, undefined):
    assert len(depth_of(dicomkit.read(nest(limit, undefined=undefined), max_depth=limit))) == limit
    with pytest.raises(dicomkit.LimitExceededError, match=f"max_depth={limit}") as caught:
        dicomkit.read(nest(limit + 1, undefined=undefined), max_depth=limit)
    assert caught.value.tag == CONTENT_SEQUENCE
    assert caught.value.offset is not None


@pytest.mark.parametrize("undefined", [False, True])
def test_read_8_hostile_depth_is_a_typed_error(undefined):
    header = element(CONTENT_SEQUENCE, "SQ", b"", length=0xFFFFFFFF) + struct.pack("<HHI", 0xFFFE, 0xE000, 0xFFFFFFFF)
    hostile = part10(header * 100_000) if undefined else nest(2_000)
    start = time.perf_counter()
    with pytest.raises(dicomkit.LimitExceededError):
        dicomkit.read(hostile)
    f = dicomkit.read(hostile, partial=True)
    assert isinstance(f.error, dicomkit.LimitExceededError)
    assert time.perf_counter() - start < 10


@pytest.mark.parametrize("undefined", [False, True])
def test_read_8_all_that_a_data_set_offers_works_at_the_deepest_level(undefined):
    deepest = ReadOptions().max_depth
    f = dicomkit.read(nest(deepest, undefined=undefined))
    assert len(depth_of(f)) == deepest >= 64
    for twin in (f.copy(), copy.deepcopy(f.data_set), pickle.loads(pickle.dumps(f.data_set)), dicomkit.read(nest(deepest))):
        assert len(depth_of(twin)) == deepest
        assert twin["ContentSequence"] == f["ContentSequence"]
    assert str(f.data_set)
    assert f.data_set._repr_html_()


@pytest.mark.parametrize("depth", [0, -1, 100_000])
def test_read_8_a_limit_that_is_none(depth):
    with pytest.raises(ValueError, match="max_depth"):
        ReadOptions(max_depth=depth)


def test_read_8_deep_nesting_in_un_of_defined_length():
    """The inner scan of a sequence that only the dictionary knows obeys the limit too; then the value stays bytes."""
    body = b""
    for _ in range(40):
        body = item(sequence(CONTENT_SEQUENCE, [], implicit=True)[:4] + struct.pack("<I", len(body)) + body)
    f = dicomkit.read(part10(element(REFERENCED, "UN", body)), max_depth=20)
    assert f[REFERENCED].vr == "UN"
    assert bytes(f[REFERENCED].value_data) == body
    assert dicomkit.read(part10(element(REFERENCED, "UN", body)))[REFERENCED].vr == "SQ"


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("undefined", [False, True])
def test_read_8_many_items_and_what_follows(encoding, undefined):
    uid, how = ENCODINGS[encoding]
    contents = [element(0x00200013, "IS", str(number), **how) for number in range(100)]
    f = dicomkit.read(part10(sequence(REFERENCED, contents, undefined=undefined, **how) + element(0x00280010, "US", 3, **how), uid))
    assert [inner.InstanceNumber for inner in f.ReferencedImageSequence] == list(range(100))
    assert f.Rows == 3


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("undefined", [False, True])
def test_read_8_empty_sequences_and_items(encoding, undefined):
    uid, how = ENCODINGS[encoding]
    empty = sequence(REFERENCED, [], undefined=undefined, **how)
    items = sequence(CONTENT_SEQUENCE, [b"", b""], undefined=undefined, **how)
    f = dicomkit.read(part10(empty + element(0x00280010, "US", 3, **how) + items, uid))
    assert f.ReferencedImageSequence == []
    assert f["ReferencedImageSequence"].has_undefined_length is undefined
    assert [len(inner) for inner in f.ContentSequence] == [0, 0]
    assert f.Rows == 3


def test_read_8_character_sets_go_down_into_items_and_change_there():
    """PS3.3 C.12.1.1.2: an item without one has that of the data set around it."""
    name = "Müller^Jörg"
    latin, utf8 = name.encode("latin-1") + b" ", name.encode("utf-8")
    inherits = element(0x00100010, "PN", latin)
    has_own = element(0x00080005, "CS", "ISO_IR 192") + element(0x00100010, "PN", utf8 + b" " * (len(utf8) % 2))
    below = has_own + sequence(CONTENT_SEQUENCE, [element(0x00100010, "PN", utf8 + b" " * (len(utf8) % 2))])
    latin += b" " * (len(latin) % 2)
    inherits = element(0x00100010, "PN", latin)
    f = dicomkit.read(part10(element(0x00080005, "CS", "ISO_IR 100") + sequence(REFERENCED, [inherits, has_own, below])))
    assert [inner.PatientName for inner in f.ReferencedImageSequence] == [name, name, name]
    assert f.ReferencedImageSequence[2].ContentSequence[0].PatientName == name


# Structure that is wrong.


def test_delimiters_that_close_nothing_are_read_over():
    content = element(0x00080060, "CS", "CT") + ITEM_DELIMITER + SEQUENCE_DELIMITER + element(0x00280010, "US", 3)
    with pytest.warns(dicomkit.DICOMWarning, match="delimiter"):
        f = dicomkit.read(part10(content))
    assert (f.Modality, f.Rows, len(f)) == ("CT", 3, 2)


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (item(element(0x00080060, "CS", "CT")), dicomkit.InvalidTagError),
        (element(REFERENCED, "SQ", element(0x00080060, "CS", "CT")), dicomkit.InvalidTagError),
        (sequence(REFERENCED, [element(0x00080060, "CS", "CT")], length=4) + b"\0" * 8, dicomkit.EncodingError),
        (element(REFERENCED, "SQ", item(element(0x00080060, "CS", "CT"), length=100)), dicomkit.EncodingError),
        (element(REFERENCED, "SQ", item(element(0x00080060, "CS", "CT", length=100))) + bytes(200), dicomkit.ParsingError),
        (element(0x00080060, "CS", b"", length=0xFFFF), dicomkit.UnexpectedEndOfDataError),
        (sequence(REFERENCED, [b""], undefined=True)[:-8], dicomkit.UnexpectedEndOfDataError),
        (sequence(REFERENCED, [b""], undefined=True)[:-16], dicomkit.UnexpectedEndOfDataError),
    ],
)
def test_read_13_structure_that_is_wrong(content, error):
    with pytest.raises(error) as caught:
        dicomkit.read(part10(content))
    assert caught.value.offset is not None
    assert caught.value.tag is not None


@pytest.mark.parametrize("vr", ["OB", "OD", "OF", "OL", "OV", "OW", "SQ", "SV", "UC", "UN", "UR", "UT", "UV"])
def test_undefined_length_of_every_vr_with_the_long_header(vr):
    """PS3.5 7.1.1: SQ, UN and encapsulated OB and OW may; nothing else."""
    content = element(0x00091001, vr, b"", length=0xFFFFFFFF) + item(b"") + SEQUENCE_DELIMITER
    if vr == "SQ" or vr == "UN":
        assert len(dicomkit.read(part10(content))[0x00091001].value) == 1
    elif vr.startswith("O"):
        assert dicomkit.read(part10(content))[0x00091001].encapsulated_fragment_count == 0
    else:
        with pytest.raises(dicomkit.ParsingError, match="undefined length") as caught:
            dicomkit.read(part10(content))
        assert caught.value.tag == 0x00091001


def test_implicit_vr_left_in_explicit_items_is_read():
    """Seen of several devices; the VR field holds no letters."""
    content = sequence(REFERENCED, [element(0x00080060, "CS", "CT", implicit=True)])
    with pytest.warns(dicomkit.DICOMWarning, match="without VR"):
        f = dicomkit.read(part10(content))
    assert f.ReferencedImageSequence[0].Modality == "CT"
    with pytest.raises(dicomkit.ParsingError):
        dicomkit.read(part10(content), strict=True)


def test_explicit_vr_in_implicit_items_is_read():
    content = sequence(REFERENCED, [element(0x00080060, "CS", "CT")], implicit=True)
    with pytest.warns(dicomkit.DICOMWarning, match="explicit VR"):
        f = dicomkit.read(part10(content, IMPLICIT_VR_LITTLE_ENDIAN))
    assert f.ReferencedImageSequence[0].Modality == "CT"
