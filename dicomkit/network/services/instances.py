"""SOP Instances to be sent: what their files say of them before anything but the header is read (PS3.10 7.1)."""

from __future__ import annotations

import os
import stat
import zlib
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

from dicomkit._core.element_scan import ScanLimits, scan
from dicomkit.dataset import DataSet, data_set_from_index
from dicomkit.encoding.serializer import check_pixel_data, serialize_data_set
from dicomkit.errors import InvalidValueError, MissingRequiredElementError, ParsingError, SourceError
from dicomkit.file import DICOMFile, read
from dicomkit.network.dimse.messages import is_sendable_uid
from dicomkit.tags import MediaStorageSOPClassUID, MediaStorageSOPInstanceUID, SOPClassUID, SOPInstanceUID
from dicomkit.transfer_syntax import TransferSyntax

if TYPE_CHECKING:
    from typing import TypeAlias

    from typing_extensions import Buffer

__all__ = ["FileIdentity", "Instance", "Source", "instance_of_data_set", "read_instance"]

Source: TypeAlias = "str | os.PathLike[str] | Buffer | IO[bytes] | DICOMFile"
"""What can be stored: a path, the bytes of a DICOM file, a binary file object, or a file that was read or made."""

SHORT_HEADER_LENGTH = 8
LONG_HEADER_LENGTH = 12
INFLATED_HEADER_LENGTH = 1 << 16
MAXIMUM_DEPTH = 128
_PAIRS = ((SOPClassUID, MediaStorageSOPClassUID), (SOPInstanceUID, MediaStorageSOPInstanceUID))


@dataclass(frozen=True, slots=True)
class FileIdentity:
    """What a file had when its header was read: if it has changed since, its header is not the one that was read."""

    size: int
    modification_time: int
    inode: int

    @classmethod
    def of(cls, status: os.stat_result) -> FileIdentity:
        """Return that of a file with this status."""
        return cls(status.st_size, status.st_mtime_ns, status.st_ino)


@dataclass(frozen=True, slots=True)
class Instance:
    """A SOP Instance, and where its data set lies.

    Attributes
    ----------
    sop_class_uid, sop_instance_uid
        As the data set has them; where it has none, as File Meta Information does.
    transfer_syntax
        How the data set is encoded.
    source
        The path of the file, its bytes, or the file itself.
    data_set_offset
        Where the data set begins in the file; 0 for a :class:`DICOMFile`.
    data_set_length
        Its bytes; 0 for a :class:`DICOMFile`, which is written when it is sent.
    size
        Bytes of the whole file.
    identity
        Of a path; else None.
    """

    sop_class_uid: str
    sop_instance_uid: str
    transfer_syntax: TransferSyntax
    source: str | memoryview | DICOMFile
    data_set_offset: int
    data_set_length: int
    size: int
    identity: FileIdentity | None = None

    def read_file(self) -> DICOMFile:
        """Read the whole of it, to convert it."""
        return self.source if isinstance(self.source, DICOMFile) else read(self.source)


def read_instance(source: Source) -> Instance:
    """Read no more of a file than tells what it holds.

    Raises
    ------
    DICOMError
        If it cannot be read, or is no DICOM file.
    MissingRequiredElementError
        If neither data set nor File Meta Information has SOP class or instance.
    InvalidValueError
        If one of them is no UID.
    """
    if isinstance(source, DICOMFile):
        return Instance(*_uids(source), source.transfer_syntax, source, 0, 0, 0)
    if isinstance(source, (str, os.PathLike)):
        return _read_path(os.fspath(source))
    data = _bytes_of(source)
    return _located(_read_header(data), data, len(data), None)


def instance_of_data_set(
    data_set: DataSet | Buffer, sop_class_uid: str, sop_instance_uid: str, transfer_syntax: TransferSyntax
) -> Instance:
    """Return an instance without File Meta Information.

    Raises
    ------
    InvalidValueError
        If the data set has another SOP class or instance than those given, or one is no UID.
    PixelDataError
        If the pixel data of a data set is compressed and the syntax is for native pixels, or the other way round.
    """
    data = _serialize(data_set, transfer_syntax) if isinstance(data_set, DataSet) else memoryview(data_set).cast("B")
    for uid, tag in ((sop_class_uid, SOPClassUID), (sop_instance_uid, SOPInstanceUID)):
        _check_uid(uid, tag)
    found = data_set if isinstance(data_set, DataSet) else _header_of(data, transfer_syntax)
    for uid, tag in ((sop_class_uid, SOPClassUID), (sop_instance_uid, SOPInstanceUID)):
        if found.get(tag) not in (None, uid):
            raise InvalidValueError("the data set has another value than the one to be sent", tag=tag)
    return Instance(sop_class_uid, sop_instance_uid, transfer_syntax, data, 0, len(data), len(data))


def _read_path(path: str) -> Instance:
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        status = None  # read() says what is wrong
    if status is not None and not stat.S_ISREG(status.st_mode) and not stat.S_ISDIR(status.st_mode):
        try:
            with open(path, "rb") as pipe:
                return read_instance(pipe)
        except OSError as error:
            if isinstance(error, SourceError):
                raise
            raise SourceError(error.errno, error.strerror, path) from error
    file = _read_header(path)
    if status is None:
        raise SourceError(None, "the file appeared while it was read", path)
    return _located(file, path, status.st_size, FileIdentity.of(status))


def _bytes_of(source: Buffer | IO[bytes]) -> memoryview:
    try:
        return memoryview(source).cast("B")  # type: ignore[arg-type]  # the TypeError is what we want to know
    except TypeError:
        if not hasattr(source, "read"):
            kind = type(source).__name__
            raise TypeError(f"expected a path, contiguous bytes, a binary file object or a DICOMFile, not {kind}") from None
        data = source.read()
        if isinstance(data, str):
            raise TypeError("the file object is in text mode; open it with mode 'rb'") from None
        return memoryview(data)


def _read_header(source: str | memoryview) -> DICOMFile:
    return read(source, tags=(SOPClassUID, SOPInstanceUID))


def _located(file: DICOMFile, source: str | memoryview, size: int, identity: FileIdentity | None) -> Instance:
    """An instance whose data set begins behind the last element of group 0002, whatever the group length says."""
    elements = file.file_meta_information.all_elements
    last = elements[-1] if elements else None
    if last is None or last.offset is None:
        raise ParsingError("there is no File Meta Information")
    offset = last.offset + (LONG_HEADER_LENGTH if last.vr.has_long_length else SHORT_HEADER_LENGTH) + last.value_length
    return Instance(*_uids(file), file.transfer_syntax, source, offset, size - offset, size, identity)


def _uids(file: DICOMFile) -> tuple[str, str]:
    # The data set's count: a peer compares the command with them, and refuses what differs (A900).
    sop_class_uid, sop_instance_uid = (
        _check_uid(file.data_set.get(tag) or file.file_meta_information.get(meta_tag), tag) for tag, meta_tag in _PAIRS
    )
    return sop_class_uid, sop_instance_uid


def _check_uid(uid: object, tag: int) -> str:
    if not uid:
        raise MissingRequiredElementError("SOPClassUID" if tag == SOPClassUID else "SOPInstanceUID", "a C-STORE")
    if not isinstance(uid, str) or not is_sendable_uid(uid):
        raise InvalidValueError("no UID: it has up to 64 digits and dots", tag=tag)
    return str(uid)


def _serialize(data_set: DataSet, syntax: TransferSyntax) -> memoryview:
    check_pixel_data(data_set, syntax)
    if not syntax.is_deflated:
        return memoryview(serialize_data_set(data_set, syntax).to_bytes())
    file = memoryview(DICOMFile.create(data_set, transfer_syntax_uid=syntax).write() or b"")
    return file[read_instance(file).data_set_offset :]


def _header_of(data: memoryview, syntax: TransferSyntax) -> DataSet:
    """The elements of a bare data set that say what it is."""
    if syntax.is_deflated:
        data = memoryview(zlib.decompressobj(-zlib.MAX_WBITS).decompress(data, INFLATED_HEADER_LENGTH))
    limits = ScanLimits(max_depth=MAXIMUM_DEPTH, tags=(SOPClassUID, SOPInstanceUID), partial=True)
    is_big_endian = syntax.byte_order == "big"
    index = scan(data, 0, len(data), is_implicit_vr=not syntax.is_explicit_vr, is_big_endian=is_big_endian, limits=limits)
    return DataSet() if index is None else data_set_from_index(index)
