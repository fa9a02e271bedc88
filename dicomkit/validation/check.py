"""An object against the Standard: the file around it, its elements, its attributes, its pixel data."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from dicomkit.dataset import DataSet
from dicomkit.element_path import ElementPath
from dicomkit.encoding.options import ReadOptions
from dicomkit.encoding.serializer import check_pixel_data
from dicomkit.errors import EncodingError, MissingRequiredElementError, PixelDataError
from dicomkit.file import DICOMFile, read
from dicomkit.pixels.descriptor import PixelDataDescriptor
from dicomkit.tag import Tag
from dicomkit.tags import (
    FileMetaInformationGroupLength,
    FileMetaInformationVersion,
    ImplementationClassUID,
    MediaStorageSOPClassUID,
    MediaStorageSOPInstanceUID,
    PixelData,
    SOPClassUID,
    SOPInstanceUID,
    TransferSyntaxUID,
)
from dicomkit.validation.attributes import check_attributes
from dicomkit.validation.conditions import has_value
from dicomkit.validation.elements import check_elements
from dicomkit.validation.findings import Finding, Severity
from dicomkit.vr import VR

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator

__all__ = ["check_file", "validate"]

_DEFAULT_OPTIONS = ReadOptions()

_META_SECTION = "PS3.10 7.1"
_META_TYPE_1 = (FileMetaInformationGroupLength, FileMetaInformationVersion, MediaStorageSOPClassUID, MediaStorageSOPInstanceUID,
                TransferSyntaxUID, ImplementationClassUID)  # fmt: skip
_MOST_BITS_OF_BYTES = 8
_PAIRS = ((MediaStorageSOPClassUID, SOPClassUID), (MediaStorageSOPInstanceUID, SOPInstanceUID))


def validate(source: DICOMFile | DataSet | str | os.PathLike[str] | bytes, options: ReadOptions = _DEFAULT_OPTIONS) -> list[Finding]:
    """Return what is wrong with an object, in the order of its elements.

    Checked are the VR of each element and how many values it has (PS3.6), their repertoire, length and meaning (PS3.5 6); private blocks;
    the attributes of type 1 and 2, and those of type 1C and 2C whose condition can be read in the data, of the common image IODs, of
    segmentations and of structured reports (PS3.3); pixel data against its attributes; and of a file, File Meta Information (PS3.10 7.1).
    Enumerated values, templates, and conditions on the real world are not. Of a class whose attributes are not known, a finding of
    :attr:`Severity.INFORMATION` says that they were not checked.

    Parameters
    ----------
    source
        A file, a data set, or what :func:`dicomkit.read` takes, but for file objects. Of what was not read yet, the first flaw of its
        encoding is found, too, such as elements out of order, which reading goes over with a warning.
    options
        How to read.

    Raises
    ------
    DICOMError
        If a source cannot be read.
    """
    if isinstance(source, DataSet):
        return _sorted(_findings_in(source))
    return check_file(source if isinstance(source, DICOMFile) else read(source, options), source, options)


def check_file(
    file: DICOMFile, source: DICOMFile | str | os.PathLike[str] | bytes, options: ReadOptions = _DEFAULT_OPTIONS
) -> list[Finding]:
    """Return what is wrong with a file that was read from a source; see :func:`validate`."""
    findings = [*_check_meta(file), *_sorted(chain(_findings_in(file.data_set), _check_encapsulation(file)))]
    if isinstance(source, DICOMFile):
        return findings
    return [*_check_encoding(source, options, {finding.tag for finding in findings}), *findings]


def _check_encoding(source: str | os.PathLike[str] | bytes, options: ReadOptions, known: set[Tag]) -> Iterator[Finding]:
    """Yield what strict reading stops at, unless something is found in that element anyhow."""
    try:
        read(source, options.replace(strict=True))
    except EncodingError as error:
        tag = Tag(error.tag or 0)
        if tag not in known:
            yield Finding(Severity.ERROR, ElementPath([tag]), error.problem, "PS3.5 7, PS3.10 7")


def _sorted(findings: Iterator[Finding]) -> list[Finding]:
    # Steps are pairs, tags are numbers: as pairs without an index, tags come before what is inside of them.
    return sorted(findings, key=lambda finding: [*finding.path.steps, (finding.tag, -1)])


def _findings_in(data_set: DataSet) -> Iterator[Finding]:
    yield from check_elements(data_set)
    yield from check_attributes(data_set)
    if PixelData in data_set:
        yield from _check_pixel_data(data_set)


def _check_pixel_data(data_set: DataSet) -> Iterator[Finding]:
    path = ElementPath([Tag(PixelData)])
    try:
        descriptor = PixelDataDescriptor.from_data_set(data_set)
    except MissingRequiredElementError:
        return  # found as a missing attribute
    except PixelDataError as error:
        yield Finding(Severity.ERROR, path, str(error), "PS3.3 C.7.6.3")
        return
    element = data_set[PixelData]
    if element.has_undefined_length:
        return
    if element.vr is VR.OB and descriptor.bits_allocated > _MOST_BITS_OF_BYTES:
        yield Finding(Severity.ERROR, path, f"its VR is OB, where {descriptor.bits_allocated} bits allocated take OW", "PS3.5 8.2, A.2")
    promised = descriptor.native_total_bytes + descriptor.native_total_bytes % 2
    if element.value_length < promised:
        yield Finding(Severity.ERROR, path, f"{element.value_length} bytes, where the image attributes promise {promised}", "PS3.5 8.1.1")
    elif element.value_length > promised:
        yield Finding(Severity.WARNING, path, f"{element.value_length - promised} bytes more than the image attributes say", "PS3.5 8.1.1")


def _check_encapsulation(file: DICOMFile) -> Iterator[Finding]:
    """Yield that Pixel Data is not of the kind that the transfer syntax has."""
    try:
        check_pixel_data(file.data_set, file.transfer_syntax)
    except PixelDataError:
        kind = "encapsulated" if file.transfer_syntax.is_encapsulated else "native"
        yield Finding(Severity.ERROR, ElementPath([Tag(PixelData)]), f"it is not {kind}, as the transfer syntax has it", "PS3.5 8.2, A.4")


def _check_meta(file: DICOMFile) -> Iterator[Finding]:
    meta = file.file_meta_information
    yield from check_elements(meta)
    was_read = any(element.offset is not None for element in meta)
    for number in _META_TYPE_1:
        # The group length is made when the file is written.
        if not has_value(meta, number) and (was_read or number != FileMetaInformationGroupLength):
            yield Finding(Severity.ERROR, ElementPath([Tag(number)]), "it is missing or empty, and of type 1", _META_SECTION)
    for theirs, ours in _PAIRS:
        if has_value(meta, theirs) and has_value(file.data_set, ours) and meta.get(theirs) != file.data_set.get(ours):
            yield Finding(Severity.ERROR, ElementPath([Tag(theirs)]), "it is not that of the data set", _META_SECTION)
