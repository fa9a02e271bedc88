"""Writing what was read, whatever it was: the same values come back, or writing raises."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import TYPE_CHECKING, Any

import dicomkit
from dicomkit import DataElement, DataSet, DICOMFile, tags
from tests.fuzz.seeds import CANARY

if TYPE_CHECKING:
    from tests.fuzz.exercise import Watch

__all__ = ["use_writer"]

MOST_ELEMENTS = 3000
LARGEST = 1 << 20
WORDS_BY_ANOTHER_NAME = {("OB", "OW"), ("OW", "OB"), ("OB", "OB")}
# Which follow the records of a directory to where they are written (PS3.3 F.3.2.2).
DIRECTORY_OFFSETS = {
    tags.OffsetOfTheFirstDirectoryRecordOfTheRootDirectoryEntity,
    tags.OffsetOfTheLastDirectoryRecordOfTheRootDirectoryEntity,
    tags.OffsetOfTheNextDirectoryRecord,
    tags.OffsetOfReferencedLowerLevelDirectoryEntity,
}
COMMENT = DataElement("PatientComments", "LT", "edited")
SYNTAXES = ["ImplicitVRLittleEndian", "ExplicitVRLittleEndian", "ExplicitVRBigEndian", "DeflatedExplicitVRLittleEndian"]


def use_writer(watch: Watch, file: DICOMFile, random: Random, limits: dict[str, Any]) -> None:
    """Write a file as it is, with an element set, and in another transfer syntax; read each again. Validate and compare them."""
    again = _written(watch, "as it is", file, file, limits)
    if again is not None:
        once, twice = (watch.take(f"write {what}", one.write).value for what, one in (("again", again), ("first", file)))
        if once is not None and once != twice:
            watch.add("differs", "write", "what we wrote is not written as it is", f"{_first_difference(once, twice or b'')}")
        watch.take("diff", lambda: dicomkit.diff(file, again))
    watch.take("write lenient", lambda: file.write(lenient=True))
    findings = watch.take("validate", lambda: [str(finding) for finding in dicomkit.validate(file)]).value
    if any(CANARY in finding for finding in findings or ()):
        watch.add("leak", "validate", "validate", "a finding holds a value")
    edited = watch.take("edit", lambda: _edited(file)).value
    if edited is not None:
        _written(watch, "edited", edited, edited, limits)
    syntax = random.choice(SYNTAXES)
    other = watch.take("transcode", lambda: _transcoded(edited or file, syntax)).value
    if other is not None:
        _written(watch, "transcoded", other, other, limits)
        _written(watch, "with other lengths", other, other, limits, undefined_lengths=random.random() < 0.5)


def _edited(file: DICOMFile) -> DICOMFile:
    twin = file.copy()
    twin[COMMENT.tag] = COMMENT
    items = next((element.sequence_items for element in twin if element.sequence_items), None)
    if items:
        items[0][COMMENT.tag] = COMMENT
    return twin


def _transcoded(file: DICOMFile, syntax: str) -> DICOMFile | None:
    # Compressed pixels are the codecs' matter.
    return None if file.transfer_syntax.is_encapsulated else file.transcode(syntax)


def _written(
    watch: Watch, what: str, file: DICOMFile, expected: DICOMFile, limits: dict[str, Any], **options: Any
) -> DICOMFile | None:
    """Write a file, read it again, and see that nothing got lost; None if it cannot be written."""
    data = watch.take(f"write {what}", lambda: file.write(**options)).value
    if data is None:
        return None
    outcome = watch.take(f"read what was written {what}", lambda: dicomkit.read(data, **limits))
    if outcome.error is not None:
        watch.add("differs", what, f"what we wrote {what} cannot be read: {type(outcome.error).__name__}", repr(outcome.error))
        return None
    again: DICOMFile = outcome.value
    if again is not None and len(data) < LARGEST:
        differences = _differences(expected.data_set, again.data_set, "", [MOST_ELEMENTS])
        found = watch.take(f"compare {what}", lambda: next(differences, None)).value
        if found is not None:
            watch.add("differs", what, f"what we wrote {what} has another value", found)
    return again


def _differences(mine: DataSet, theirs: DataSet, place: str, budget: list[int]) -> Iterator[str]:
    """Where two data sets differ. Group lengths are not written again."""
    ours = [tag for tag in mine.tags if not tag.is_group_length]
    others = [tag for tag in theirs.tags if not tag.is_group_length]
    if ours != others:
        yield f"{place}: other elements: {sorted(set(ours) ^ set(others))[:5]}"
        return
    for tag in ours:
        budget[0] -= 1
        if budget[0] < 0:
            return
        if tag in DIRECTORY_OFFSETS:
            continue
        one, other = mine[tag], theirs[tag]
        if one.is_sequence and other.is_sequence:
            if one.sequence_item_count != other.sequence_item_count:
                yield f"{place}{tag}: {one.sequence_item_count} items, {other.sequence_item_count} written"
            for item, twin in zip(one.sequence_items or (), other.sequence_items or (), strict=False):
                yield from _differences(item, twin, f"{place}{tag}.", budget)
        elif not _are_same(one, other):
            yield f"{place}{tag} {one.vr} {one.length} bytes, written as {other.vr} {other.length} bytes"


def _are_same(one: DataElement, other: DataElement) -> bool:
    if one == other:
        return True
    mine, theirs = _little_endian(one), _little_endian(other)
    is_padded = len(mine) % 2 == 1 and theirs in (mine + b" ", mine + b"\0")
    if (one.vr, other.vr) in WORDS_BY_ANOTHER_NAME and one.tag == tags.PixelData:
        # Cells of more than 8 bits turn round though they are called OB.
        return is_padded or mine == theirs or mine == b"".join(theirs[start : start + 2][::-1] for start in range(0, len(theirs), 2))
    # Implicit VR forgets what PS3.6 leaves open, and what only the sender knew; text may have another character set.
    return is_padded or (one.vr != other.vr and mine == theirs) or (one.vr.is_text and one.string_values == other.string_values)


def _little_endian(element: DataElement) -> bytes:
    data = bytes(element.value_data)
    size = 2 if element.vr == "AT" else element.vr.value_length or 1
    if not element.is_big_endian or size == 1:
        return data
    return b"".join(data[start : start + size][::-1] for start in range(0, len(data), size))


def _first_difference(one: bytes, other: bytes) -> str:
    place = next((index for index, pair in enumerate(zip(one, other, strict=False)) if pair[0] != pair[1]), min(len(one), len(other)))
    return f"{len(one)} and {len(other)} bytes, different at {place:#x}"

