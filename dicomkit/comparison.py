"""What differs between two objects, element by element."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from dicomkit.dataset import DataSet
from dicomkit.element import tag_for_key
from dicomkit.element_path import ElementPath
from dicomkit.file import DICOMFile, read
from dicomkit.tags import PixelData
from dicomkit.vr import VR

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Iterator

    from dicomkit.element import DataElement, Key
    from dicomkit.tag import Tag

    Source = DICOMFile | DataSet | str | os.PathLike[str] | bytes

__all__ = ["Change", "Difference", "diff"]

# Their values are bytes: as equal as those are.
_BULK = frozenset({VR.OB, VR.OD, VR.OF, VR.OL, VR.OV, VR.OW, VR.UN})
_PIECE = 1 << 20


class Change(StrEnum):
    """How an element of the second object differs from that of the first."""

    ADDED = "added"
    REMOVED = "removed"
    VR = "vr"
    VALUE = "value"


class Difference(NamedTuple):
    """One element that is not the same in both objects.

    Attributes
    ----------
    path
        Where it stands.
    change
        What happened to it from the first object to the second.
    before, after
        The element in each; None where it is not there.
    """

    path: ElementPath
    change: Change
    before: DataElement | None
    after: DataElement | None

    @property
    def tag(self) -> Tag:
        """Tag of the element."""
        return self.path.tag


def diff(first: Source, second: Source, *, ignore: Iterable[Key] = (), decode_pixels: bool = False) -> list[Difference]:
    """Return the elements that differ between two objects, in the order of their tags.

    Encodings do not count: the same values in another byte order, with or without VRs, or with other lengths of sequences are the same.
    Items are compared by their place in the sequence. Group lengths, and File Meta Information, are no part of the comparison.

    Parameters
    ----------
    first, second
        Files, data sets, or what :func:`dicomkit.read` takes.
    ignore
        Keys of elements that may differ, wherever they stand.
    decode_pixels
        Whether Pixel Data is the same if it is so once it is decoded.

    Raises
    ------
    DICOMError
        If a source cannot be read, or pixels cannot be decoded.
    """
    before, after = _opened(first), _opened(second)
    ignored = {int(tag_for_key(key)) for key in ignore}
    found = list(_differences(_data_set_of(before), _data_set_of(after), None, ignored))
    if decode_pixels and any(_is_outermost_pixel_data(one) for one in found) and _have_same_pixels(before, after):
        found = [one for one in found if not _is_outermost_pixel_data(one)]
    return found


def _opened(source: Source) -> DICOMFile | DataSet:
    return source if isinstance(source, (DICOMFile, DataSet)) else read(source)


def _data_set_of(source: DICOMFile | DataSet) -> DataSet:
    return source.data_set if isinstance(source, DICOMFile) else source


def _is_outermost_pixel_data(difference: Difference) -> bool:
    return difference.change is Change.VALUE and difference.tag == PixelData and not difference.path.steps


def _have_same_pixels(first: DICOMFile | DataSet, second: DICOMFile | DataSet) -> bool:
    """Whether all frames are the same once they are decoded, one by one."""
    mine, theirs = ((one if isinstance(one, DICOMFile) else DICOMFile.create(one)).pixel_data() for one in (first, second))
    if mine is None or theirs is None or len(mine) != len(theirs):
        return False
    pairs = zip(mine.frames(), theirs.frames(), strict=True)
    return all(one.shape == other.shape and bool((one == other).all()) for one, other in pairs)


def _differences(first: DataSet, second: DataSet, around: tuple[ElementPath, int] | None, ignored: set[int]) -> Iterator[Difference]:
    for tag in sorted({*first.tags, *second.tags}):
        if tag.is_group_length or tag in ignored:
            continue
        path = ElementPath([tag]) if around is None else around[0].below(around[1], tag)
        before, after = _find(first, tag), _find(second, tag)
        if before is None or after is None:
            yield Difference(path, Change.ADDED if before is None else Change.REMOVED, before, after)
        elif before.is_sequence and after.is_sequence:
            yield from _differences_of_items(before, after, path, ignored)
        elif not _is_same(before, after):
            change = Change.VR if before.vr != after.vr and before.value_data == after.value_data else Change.VALUE
            yield Difference(path, change, before, after)


def _is_same(before: DataElement, after: DataElement) -> bool:
    """Whether two elements are equal; long values of files on disk are compared piece by piece, and not kept."""
    is_on_disk = before.is_deferred or after.is_deferred
    if not is_on_disk or before.vr not in _BULK or before.vr != after.vr or before.is_big_endian != after.is_big_endian:
        return before == after
    length = before.value_length
    if length != after.value_length or before.has_undefined_length != after.has_undefined_length:
        return False
    mine, theirs = bytearray(min(length, _PIECE)), bytearray(min(length, _PIECE))
    for offset in range(0, length, _PIECE):
        size = min(_PIECE, length - offset)
        before.read_into(offset, memoryview(mine)[:size])
        after.read_into(offset, memoryview(theirs)[:size])
        if mine[:size] != theirs[:size]:
            return False
    return True


def _find(data_set: DataSet, tag: Tag) -> DataElement | None:
    """Return an element, not its value as ``get`` does."""
    if tag not in data_set:
        return None
    return data_set[tag]


def _differences_of_items(before: DataElement, after: DataElement, path: ElementPath, ignored: set[int]) -> Iterator[Difference]:
    mine, theirs = before.sequence_items or [], after.sequence_items or []
    for index, (one, other) in enumerate(zip(mine, theirs, strict=False)):
        yield from _differences(one, other, (path, index), ignored)
    if len(mine) != len(theirs):
        yield Difference(path, Change.VALUE, before, after)
