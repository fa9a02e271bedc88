"""What is to be changed in files, as it stands on a command line: ``KEY``, ``KEY=VALUE``, ``KEY:VR=VALUE``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click
from click.shell_completion import CompletionItem

from dicomkit.dataset import DataSet
from dicomkit.dictionary import DataElementDictionary, PrivateDictionary
from dicomkit.element import DataElement, tag_for_key
from dicomkit.element_path import ElementPath
from dicomkit.errors import DICOMError, InvalidTagError, InvalidValueError, MissingRequiredElementError, UnknownKeywordError
from dicomkit.tag import Tag
from dicomkit.tags import FileMetaInformationGroupLength, MediaStorageSOPClassUID, MediaStorageSOPInstanceUID, TransferSyntaxUID
from dicomkit.vr import VR

if TYPE_CHECKING:
    from dicomkit.file import DICOMFile

    PathType = click.ParamType[ElementPath]    # generic in stubs only, in the oldest click that we take
    AssignmentType = click.ParamType["Assignment"]
else:
    PathType = AssignmentType = click.ParamType

__all__ = ["ASSIGNMENT", "ELEMENT_PATH", "Assignment", "delete_element"]

_INTEGERS = frozenset({VR.SL, VR.SS, VR.SV, VR.UL, VR.US, VR.UV})
_FLOATS = frozenset({VR.FD, VR.FL})
_FILE_META_GROUP = 0x0002
# Whatever is set here, writing makes it again of the data set, and of the syntax that it is written in (PS3.10 7.1).
_MADE_ON_WRITING = {
    FileMetaInformationGroupLength: "writing counts it",
    MediaStorageSOPClassUID: "writing takes it from SOPClassUID: set that",
    MediaStorageSOPInstanceUID: "writing takes it from SOPInstanceUID: set that",
    TransferSyntaxUID: "writing takes it from the encoding, which dicomkit convert changes",
}


@dataclass(frozen=True, slots=True)
class Assignment:
    """A new value for an element, as text, and its VR if it was said."""

    path: ElementPath
    vr: VR | None
    text: str

    def apply_to(self, file: DICOMFile) -> None:
        """Set the element in a file. An item that would be the next one of its sequence is made.

        Raises
        ------
        InvalidValueError
            If the element's VR cannot hold the value, or nobody knows the VR.
        MissingRequiredElementError
            If an item on the way is not there, and not the next one.
        """
        data_set = _item_of(file, self.path)
        tag = self.path.tag
        vr = self.vr or _vr_of(data_set, tag)
        if vr is None:
            raise InvalidValueError("a VR that nobody knows: write KEY:VR=VALUE", tag=int(tag))
        data_set[tag] = DataElement(tag, vr, _value_of(self.text, vr, tag))

    def check(self) -> None:
        """See that the value can be one of the element, as far as the dictionary tells.

        Raises
        ------
        InvalidValueError
            If it cannot.
        """
        known = DataElementDictionary.find_tag(self.path.tag)
        vrs = [self.vr] if self.vr is not None else list(known.vr) if known is not None else []
        problem: DICOMError | None = None
        for vr in vrs:
            try:
                DataElement(self.path.tag, vr, _value_of(self.text, vr, self.path.tag))
            except InvalidValueError as error:
                problem = error
            else:
                return
        if problem is not None:
            raise problem


def delete_element(file: DICOMFile, path: ElementPath) -> None:
    """Delete an element, if it is there."""
    try:
        data_set = path.data_set(_outermost(file, path))
    except MissingRequiredElementError:
        return
    data_set.remove(path.tag)


def _outermost(file: DICOMFile, path: ElementPath) -> DataSet:
    is_meta = not path.steps and path.tag.group == _FILE_META_GROUP
    return file.file_meta_information if is_meta else file.data_set


def _item_of(file: DICOMFile, path: ElementPath) -> DataSet:
    """The item that an element belongs into, after making those that are the next of their sequences."""
    found = _outermost(file, path)
    for number, (tag, index) in enumerate(path.steps, 1):
        items = found.sequence(tag) or []
        if index == len(items) and (tag not in found or found.is_sequence(tag)):
            found.set_sequence(tag, [*items, DataSet()])
            items = found.sequence(tag) or []
        if index >= len(items):
            place = str(ElementPath([*path.steps[:number], tag])).rpartition(".")[0]
            raise MissingRequiredElementError(place, str(path))
        found = items[index]
    return found


def _vr_of(data_set: DataSet, tag: Tag) -> VR | None:
    """The VR of an element that is there, else that of the dictionaries: the first, unless its sign says otherwise."""
    if tag in data_set:
        return data_set[tag].vr
    if tag.is_private_creator:
        return VR.LO
    if tag.is_private:
        creator = data_set.string(Tag(tag.group, tag.element >> 8))
        private = PrivateDictionary.find(creator, tag) if creator else None
        return private.vr[0] if private else None
    known = DataElementDictionary.find_tag(tag)
    if known is None or not known.vr:
        return None
    is_signed = data_set.uint16("PixelRepresentation") == 1
    return VR.SS if is_signed and VR.SS in known.vr else known.vr[0]


def _value_of(text: str, vr: VR, tag: Tag) -> Any:
    """The value that a text stands for: several with backslashes between, bytes in hexadecimal."""
    if vr is VR.SQ:
        raise InvalidValueError("a sequence: set the elements of its items, as in KEY[0].KEY=VALUE", tag=int(tag))
    if not text or vr.is_text:
        return text or None
    try:
        if vr in _INTEGERS:
            return [int(part) for part in text.split("\\")]
        if vr in _FLOATS:
            return [float(part) for part in text.split("\\")]
        if vr is VR.AT:
            return [int(tag_for_key(part)) for part in text.split("\\")]
        return bytes.fromhex(text)
    except (ValueError, InvalidTagError, UnknownKeywordError):
        kind = "integers" if vr in _INTEGERS else "numbers" if vr in _FLOATS else "tags" if vr is VR.AT else "bytes in hexadecimal"
        raise InvalidValueError(f"{vr} takes {kind}, several with backslashes between", tag=int(tag)) from None


def _parse_path(text: str) -> ElementPath:
    """Read the path of an element that can be changed; raises :class:`InvalidTagError` of others."""
    path = ElementPath.parse(text)
    reason = None if path.steps else _MADE_ON_WRITING.get(path.tag)
    if reason is not None:
        raise InvalidTagError(f"{path} cannot be changed: {reason}")
    return path


def _complete(incomplete: str) -> list[CompletionItem]:
    """The keywords that begin like the last one of a path."""
    before, dot, last = incomplete.rpartition(".")
    folded = last.casefold()
    known = (entry for entry in DataElementDictionary.entries() if entry.keyword and not entry.is_retired)
    entries = [entry for entry in known if entry.keyword.casefold().startswith(folded)]
    return [CompletionItem(before + dot + entry.keyword, help=entry.name) for entry in entries]


class _ElementPathType(PathType):
    """A key, or keys of sequences with indices before it."""

    name = "KEY"

    def convert(self, value: str | ElementPath, param: click.Parameter | None, ctx: click.Context | None) -> ElementPath:
        try:
            return _parse_path(value) if isinstance(value, str) else value
        except (InvalidTagError, UnknownKeywordError) as error:
            self.fail(str(error), param, ctx)

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        return _complete(incomplete)


class _AssignmentType(AssignmentType):
    """``KEY=VALUE``, with the VR behind the key if the dictionaries don't know it."""

    name = "KEY=VALUE"

    def convert(self, value: str | Assignment, param: click.Parameter | None, ctx: click.Context | None) -> Assignment:
        if not isinstance(value, str):
            return value
        key, equals, text = value.partition("=")
        if not equals:
            self.fail(f"{key!r} has no value: write KEY=VALUE, or KEY= to leave it empty", param, ctx)
        key, colon, letters = key.partition(":")
        try:
            assignment = Assignment(_parse_path(key), VR(letters.strip().upper()) if colon else None, text)
            assignment.check()
        except (InvalidTagError, UnknownKeywordError, InvalidValueError) as error:
            self.fail(str(error), param, ctx)
        except ValueError:
            self.fail(f"{letters!r} is no VR", param, ctx)
        return assignment

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        return [] if "=" in incomplete else _complete(incomplete)


ELEMENT_PATH = _ElementPathType()
ASSIGNMENT = _AssignmentType()
