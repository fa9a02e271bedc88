"""A file read from its path is what the same bytes are when they come from memory: elements, values, what is written of it, errors.

From a path, a file comes in up to three pieces: its first bytes, the rest, and pixels at its end in memory of their own
(``FileBlock.tail``). Nobody may notice, whatever is wrong with the file.
"""

from __future__ import annotations

import pickle
import struct
import warnings
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest

from dicomkit import DataSet, DICOMError, DICOMFile, ReadOptions, read
from dicomkit.testing import (
    DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN,
    EXPLICIT_VR_BIG_ENDIAN,
    EXPLICIT_VR_LITTLE_ENDIAN,
    IMPLICIT_VR_LITTLE_ENDIAN,
    data_set,
    element,
    encapsulated,
    file_meta,
    item,
    part10,
    sequence,
)

HEAD = 16 * 1024  # what is read first
SMALLEST = 64 * 1024  # the smallest tail
PIXELS = Random(5).randbytes(SMALLEST + 20)
OPTIONS = [
    ReadOptions(),
    ReadOptions(partial=True),
    ReadOptions(strict=True),
    ReadOptions(force=True),
    ReadOptions(stop_before_pixels=True),
    ReadOptions(tags=[0x00100010]),
]
SYNTAXES = [EXPLICIT_VR_LITTLE_ENDIAN, IMPLICIT_VR_LITTLE_ENDIAN, EXPLICIT_VR_BIG_ENDIAN, DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN]


def flat(content: DataSet) -> Iterator[tuple[Any, ...]]:
    """What can be seen of each element, items included."""
    for one in content:
        size = one.value_length
        yield one.tag, one.vr, one.vm, one.length, one.offset, size, hash(one), None if one.is_sequence else repr(one.value)
        yield bytes(one.value_data), [bytes(fragment) for fragment in one.encapsulated_fragments or ()]
        yield size and bytes(one.value_range(1, size - 1))
        for inner in one.sequence_items or ():
            yield from flat(inner)


def outcome(make: Any) -> Any:
    try:
        return make()
    except DICOMError as error:
        return type(error), str(error)


def array_of(content: DataSet) -> Any:
    return content["PixelData"].array().tobytes() if "PixelData" in content else None


def everything(source: Any, options: ReadOptions) -> list[Any]:
    """All that can be had of a file: what was read, what it writes, copies and pickles, warnings, or the error."""
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        file = outcome(lambda: read(source, options))
        seen = [file]
        if isinstance(file, DICOMFile):
            seen = [file.preamble, file.transfer_syntax, repr(file.error)]
            seen += [outcome(lambda: list(flat(file.file_meta_information))), outcome(lambda: list(flat(file.data_set)))]
            seen += [outcome(lambda: array_of(file.data_set)), outcome(file.write)]
            seen += [outcome(lambda: pickle.dumps(file.data_set)), outcome(lambda: list(flat(file.data_set.copy())))]
            seen += [outcome(lambda: pickle.loads(pickle.dumps(file.data_set)) == file.data_set)]
    return [*seen, [(one.category, str(one.message)) for one in told]]


def check(path: Path, content: bytes, options: list[ReadOptions] = OPTIONS) -> None:
    path.write_bytes(content)
    for chosen in options:
        assert everything(path, chosen) == everything(content, chosen), chosen


def image(syntax: str, *, filler: int = 0, before: list[Any] = [], pixels: bytes = PIXELS, more: list[Any] = []) -> bytes:  # noqa: B006
    """A small image in a transfer syntax, with so many bytes more in its header."""
    attributes = [(0x00080060, "CS", "CT"), (0x00100010, "PN", "A^B"), (0x00280010, "US", [7]), *before]
    attributes += [(0x00291010, "UN", bytes(filler))] if filler else []
    attributes += [(0x7FE00010, "OW", pixels), *more]
    return part10(data_set(attributes, implicit=syntax == IMPLICIT_VR_LITTLE_ENDIAN, big_endian=syntax == EXPLICIT_VR_BIG_ENDIAN), syntax)


ICON = (0x00880200, "SQ", [[(0x00280010, "US", [4]), (0x7FE00010, "OW", PIXELS)]])
STRUCTURES = {
    "plain": {},
    "odd": {"pixels": PIXELS + b"\1"},
    "icon": {"before": [ICON]},
    "icon last": {"more": [(0x7FE10010, "LO", "X"), (0x7FE11001, "SQ", ICON[2])]},
    "float pixels": {"before": [(0x7FE00008, "OF", PIXELS)]},
    "padded": {"more": [(0xFFFCFFFC, "OB", bytes(100))]},
    "large padding": {"more": [(0xFFFCFFFC, "OB", PIXELS)]},
    "twice": {"more": [(0x7FE00010, "OW", PIXELS)]},
    "small": {"pixels": PIXELS[:100]},
    "64 KiB": {"pixels": PIXELS[:SMALLEST]},
    "less than 64 KiB": {"pixels": PIXELS[: SMALLEST - 2]},
}


@pytest.mark.filterwarnings("ignore::dicomkit.DICOMWarning")
@pytest.mark.parametrize("syntax", SYNTAXES)
@pytest.mark.parametrize("structure", STRUCTURES)
def test_structures(tmp_path, syntax, structure):
    path, content = tmp_path / "file", image(syntax, **STRUCTURES[structure])
    check(path, content, [*OPTIONS, ReadOptions(defer_larger_than=0), ReadOptions(defer_larger_than=0, partial=True)])
    for other in SYNTAXES:
        assert written(path, other, tmp_path / "other") == written(content, other, tmp_path / "other")


def written(source: Any, syntax: str, path: Path) -> Any:
    """What becomes of a file in another syntax, in memory and as a file; with an element more, which parts the rest."""
    file = read(source)
    file.data_set.PatientID = "new"
    in_memory = outcome(lambda: file.transcode(syntax).write())
    outcome(lambda: file.transcode(syntax).write(path))
    return in_memory, path.read_bytes() if path.exists() else None, outcome(lambda: file.write(lenient=True))


@pytest.mark.parametrize("syntax", SYNTAXES[:3])
def test_headers_that_end_about_where_the_first_bytes_do(tmp_path, syntax):
    start = len(image(syntax)) - len(PIXELS)
    for end in [*range(HEAD - 20, HEAD + 22, 2), SMALLEST - 2, SMALLEST, SMALLEST + 2]:
        content = image(syntax, filler=end - start - (8 if syntax == IMPLICIT_VR_LITTLE_ENDIAN else 12))
        assert len(content) == end + len(PIXELS)
        check(tmp_path / "file", content, OPTIONS[:1] + OPTIONS[4:])


@pytest.mark.parametrize("syntax", SYNTAXES[:3])
def test_cuts(tmp_path, syntax):
    content = image(syntax, filler=HEAD - 4000)
    start = len(content) - len(PIXELS)
    places = [0, 4, 127, 131, 132, 140, 143, 300, start - 13, start - 12, start - 8, start - 1, start, start + 1, HEAD - 1, HEAD, HEAD + 1]
    for place in [*places, SMALLEST - 1, SMALLEST, SMALLEST + 1, len(content) - 1]:
        check(tmp_path / "file", content[:place], OPTIONS[:2] + OPTIONS[3:5])
    for grown in (b"\0", bytes(7), bytes(8), bytes(12), b"\xfc\xff\xfc\xffOB\0\0\0\0\0\0", PIXELS):
        check(tmp_path / "file", content + grown, OPTIONS[:4])


@pytest.mark.parametrize("syntax", SYNTAXES[:3])
def test_bare_data_sets(tmp_path, syntax):
    """Without preamble and File Meta Information the pixels can begin among the very first bytes."""
    for before in ([], [(0x00100010, "PN", "A^B")], [(0x00080060, "CS", "CT"), (0x00291010, "UN", bytes(110))]):
        attributes = [*before, (0x7FE00010, "OW", PIXELS)]
        content = data_set(attributes, implicit=syntax == IMPLICIT_VR_LITTLE_ENDIAN, big_endian=syntax == EXPLICIT_VR_BIG_ENDIAN)
        check(tmp_path / "file", content, [ReadOptions(force=True), ReadOptions(force=True, partial=True), ReadOptions()])


def false_header(content: bytes, offset: int, *, is_implicit: bool) -> bytes:
    """Write the header of Pixel Data that ends the file over other bytes."""
    header = b"\xe0\x7f\x10\0" if is_implicit else b"\xe0\x7f\x10\0OW\0\0"
    end = offset + len(header) + 4
    return content[:offset] + header + struct.pack("<I", len(content) - end) + content[end:]


@pytest.mark.parametrize("is_implicit", [False, True])
@pytest.mark.parametrize("syntax", SYNTAXES)
def test_what_only_looks_like_pixel_data(tmp_path, syntax, is_implicit):
    """The header of Pixel Data can stand anywhere: in the preamble, across elements, in a value."""
    content = image(syntax, filler=200, before=[ICON, (0x00280103, "US", [0])], pixels=PIXELS)
    places = range(min(len(content) - len(PIXELS) - 20, 900)) if syntax != DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN else range(0, 400, 3)
    for offset in places[:: 13 if is_implicit else 19]:
        check(tmp_path / "file", false_header(content, offset, is_implicit=is_implicit), OPTIONS[:2])


@pytest.mark.parametrize("preamble_end", [0, 100, 116, 120, 122, 127, 130])
def test_the_preamble_may_hold_anything(tmp_path, preamble_end):
    """PS3.10 7.1: an application may put there what it likes."""
    content = false_header(image(EXPLICIT_VR_LITTLE_ENDIAN), preamble_end, is_implicit=False)
    content = content[:128] + b"DICM" + content[132:]
    if preamble_end <= 116:
        assert read(content).Modality == "CT"
    check(tmp_path / "file", content)


@pytest.mark.parametrize("group_length", [0, 4, 100, 60_000, 70_000, 1 << 31])
def test_group_lengths_that_lie(tmp_path, group_length):
    """A first pass over File Meta Information may fail where the second, which believes its length, has it all."""
    content = image(EXPLICIT_VR_LITTLE_ENDIAN)[len(file_meta()) + 132 :]
    for more in (b"", element(0x00020102, "OB", PIXELS), struct.pack("<HH2sH", 2, 0x16, b"AE", 60_000)):
        check(tmp_path / "file", part10(content, meta=file_meta(more=more, group_length=group_length)), OPTIONS[:4])


@pytest.mark.parametrize("syntax", [None, "1.2.3"])
@pytest.mark.parametrize("is_implicit", [False, True])
def test_the_encoding_is_guessed_from_all_of_the_first_element(tmp_path, syntax, is_implicit):
    """The first bytes may end inside of it."""
    meta_size = len(file_meta(syntax, more=element(0x00020102, "OB", b"")))
    for end in range(HEAD - 12, HEAD + 4, 2):
        meta = file_meta(syntax, more=element(0x00020102, "OB", bytes(end - 132 - meta_size)))
        body = data_set([(0x00080060, "CS", "CT"), (0x00100010, "PN", "A^B"), (0x7FE00010, "OW", PIXELS)], implicit=is_implicit)
        content = part10(body, meta=meta)
        for options in ({}, {"stop_before_pixels": True}, {"tags": [0x00100010]}):
            check(tmp_path / "file", content, [ReadOptions(force=True, **options)])


def test_sequences_that_go_through_head_and_tail(tmp_path):
    """Private and unknown sequences, which have an index of their own (PS3.5 6.2.2)."""
    inner = data_set([(0x00080060, "CS", "MR"), (0x7FE00010, "OW", PIXELS)], implicit=True)
    known = element(0x00081140, "UN", item(inner))
    implicit = element(0x00291010, "UN", item(inner), implicit=True)
    closed = sequence(0x00081140, [data_set([(0x00080060, "CS", "MR"), (0x7FE00010, "OW", PIXELS)])])
    fragments = encapsulated([PIXELS, b"\xe0\x7f\x10\0" + PIXELS])
    for body, syntax in ((known, SYNTAXES[0]), (implicit, SYNTAXES[1]), (closed, SYNTAXES[0]), (fragments, "1.2.840.10008.1.2.5")):
        check(tmp_path / "file", part10(body, syntax))


def test_damaged_headers(tmp_path):
    """A byte changed anywhere before pixels that stay where they are."""
    random = Random(11)
    contents = [image(syntax, filler=40, before=[(0x00081140, "SQ", [[(0x00080060, "CS", "MR")]])]) for syntax in SYNTAXES[:3]]
    for _ in range(350):
        content = bytearray(random.choice(contents))
        for _ in range(random.randint(1, 3)):
            place = random.randrange(132, len(content) - len(PIXELS) - 12)
            content[place] = random.choice([0, 1, 2, 8, 0x10, 0x7F, 0xE0, 0xFE, 0xFF, random.randrange(256)])
        check(tmp_path / "file", bytes(content), [random.choice(OPTIONS)])


def test_files_of_the_corpora(tmp_path, peer_file):
    content = peer_file.path.read_bytes()
    if len(content) > 1 << 20:
        content = content[: 1 << 20]
    random = Random(len(content))
    for place in (len(content), len(content) - 1, random.randrange(len(content) or 1)):
        check(tmp_path / "file", content[:place], [random.choice(OPTIONS)])
