"""The DICOM file format, from objects to bytes: preamble, prefix, File Meta Information, data set (PS3.10 7)."""

from __future__ import annotations

import zlib

from dicomkit._core.element_write import ElementWriter
from dicomkit.encoding.data_set_writer import DataSetWriter, is_as_read, was_read
from dicomkit.encoding.file_meta import complete_file_meta, is_file_meta_right
from dicomkit.encoding.write_options import WriteOptions
from dicomkit.errors import InvalidValueError, PixelDataError
from dicomkit.values.charset import UTF_8

TYPE_CHECKING = False  # typing's own costs 8 ms at start-up
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import TypeAlias

    from dicomkit.dataset import DataSet
    from dicomkit.encoding.directory import Directory
    from dicomkit.transfer_syntax import TransferSyntax

    SerializedFile: TypeAlias = "ElementWriter | _DeflatedFile | Directory"

__all__ = ["Stream", "check_pixel_data", "complete_file_meta", "serialize_data_set", "serialize_file"]

PREAMBLE = bytes(128)
PREFIX = b"DICM"
FILE_META_GROUP = 0x0002
FILE_META_GROUP_LENGTH = 0x00020000
FILE_META_GROUP_LENGTH_SIZE = 12
PIXEL_DATA = 0x7FE00010
DIRECTORY_RECORDS = 0x00041220
SPECIFIC_CHARACTER_SET = 0x00080005
UTF_8_TERM = "ISO_IR 192"
_DEFAULT_OPTIONS = WriteOptions()


class Stream:
    """The value of Pixel Data, handed over while it is written.

    Attributes
    ----------
    vr
        OB or OW.
    length
        Bytes of the value; 0xFFFFFFFF for fragments.
    chunks
        The bytes, in the byte order of the output.
    """

    __slots__ = ("chunks", "length", "vr")

    def __init__(self, vr: str, length: int, chunks: Iterable[bytes | memoryview]) -> None:
        self.vr = vr
        self.length = length
        self.chunks = chunks


def serialize_file(
    preamble: bytes | None,
    file_meta_information: DataSet,
    data_set: DataSet,
    syntax: TransferSyntax,
    options: WriteOptions = _DEFAULT_OPTIONS,
    stream: Stream | None = None,
) -> SerializedFile:
    """Return a DICOM file as an object whose ``to_bytes()`` or ``chunks()`` give it (PS3.10 7.1).

    What was read and not touched is copied.

    Raises
    ------
    DICOMError
        If it cannot be written by the rules; see :meth:`dicomkit.DICOMFile.write`.
    """
    check_pixel_data(data_set, syntax, stream)
    out = ElementWriter(lenient=options.lenient)
    out.write_bytes((preamble if preamble is not None and len(preamble) == len(PREAMBLE) else PREAMBLE) + PREFIX)
    if is_as_read(data_set) and stream is None and options.undefined_lengths is None and is_file_meta_right(
        file_meta_information, data_set, syntax, lenient=options.lenient
    ):
        is_copied = _copy_file_meta(out, file_meta_information, lenient=options.lenient)
    else:
        is_copied = False
    if not is_copied:
        _write_file_meta(out, complete_file_meta(file_meta_information, data_set, syntax, lenient=options.lenient))
    if syntax.is_deflated:
        return _DeflatedFile(out, serialize_data_set(data_set, syntax, options, stream))
    out.set_encoding(not syntax.is_explicit_vr, syntax.is_big_endian)
    _write_data_set(out, data_set, options, stream)
    if DIRECTORY_RECORDS in data_set and not is_copied and was_read(data_set):
        from dicomkit.encoding.directory import Directory  # lazy: start-up (it reads)

        return Directory(out, data_set)
    return out


def serialize_data_set(
    data_set: DataSet, syntax: TransferSyntax, options: WriteOptions = _DEFAULT_OPTIONS, stream: Stream | None = None
) -> ElementWriter:
    """Return a bare data set as a writer (PS3.5 7); for the deflated syntax, before it is deflated.

    Raises
    ------
    DICOMError
        If it cannot be written by the rules.
    """
    out = ElementWriter(is_implicit_vr=not syntax.is_explicit_vr, is_big_endian=syntax.is_big_endian, lenient=options.lenient)
    return _write_data_set(out, data_set, options, stream)


def check_pixel_data(data_set: DataSet, syntax: TransferSyntax, stream: Stream | None = None) -> None:
    """See that Pixel Data is of the kind that a transfer syntax has (PS3.5 A.4).

    Raises
    ------
    PixelDataError
        If it is compressed and the syntax is for native pixels, or the other way round.
    """
    if stream is not None:
        is_encapsulated = stream.length == 0xFFFFFFFF
    elif PIXEL_DATA in data_set:
        is_encapsulated = data_set[PIXEL_DATA].has_undefined_length
    else:
        return
    if is_encapsulated and not syntax.is_encapsulated:
        raise PixelDataError(f"the pixel data is compressed, and cannot be written in {syntax.name} before it is decoded")
    if syntax.is_encapsulated and not is_encapsulated:
        raise PixelDataError(f"the pixel data is native, and cannot be written in {syntax.name} before it is encoded")


def _copy_file_meta(out: ElementWriter, meta: DataSet, *, lenient: bool) -> bool:
    """Write File Meta Information as it was read; return False, and write nothing, if what had to be put right changed its length."""
    mark, start = out.mark(), len(out)
    DataSetWriter(out, own_group=FILE_META_GROUP).write_data_set(meta)
    if lenient or len(out) - start == FILE_META_GROUP_LENGTH_SIZE + meta[FILE_META_GROUP_LENGTH].value:
        return True
    out.rewind(mark)
    return False


def _write_file_meta(out: ElementWriter, meta: DataSet) -> None:
    """Write File Meta Information behind the group length that tells its size."""
    out.write_element(FILE_META_GROUP_LENGTH, "UL", bytes(4))
    start = len(out)
    DataSetWriter(out, own_group=FILE_META_GROUP).write_data_set(meta)
    out.set_uint32(start - 4, len(out) - start)


def _write_data_set(out: ElementWriter, data_set: DataSet, options: WriteOptions, stream: Stream | None) -> ElementWriter:
    start = out.mark()
    writer = DataSetWriter(out, undefined_lengths=options.undefined_lengths, kept=data_set)
    try:
        _stream_into(writer, stream).write_data_set(data_set)
    except InvalidValueError:
        if not (writer.is_unencodable and options.switch_to_utf_8):
            raise
        out.rewind(start)
        data_set = data_set.copy()
        data_set[SPECIFIC_CHARACTER_SET] = UTF_8_TERM
        writer = DataSetWriter(out, undefined_lengths=options.undefined_lengths, character_set=UTF_8, kept=data_set)
        _stream_into(writer, stream).write_data_set(data_set)
    return out


def _stream_into(writer: DataSetWriter, stream: Stream | None) -> DataSetWriter:
    if stream is not None:
        writer.set_stream(PIXEL_DATA, stream.vr, stream.length, stream.chunks)
    return writer


class _DeflatedFile:
    """A file whose data set is deflated while it is asked for."""

    __slots__ = ("_data_set", "_head")

    def __init__(self, head: ElementWriter, data_set: ElementWriter) -> None:
        self._head = head
        self._data_set = data_set

    def to_bytes(self) -> bytes:
        return b"".join(self.chunks())

    def chunks(self) -> Iterator[bytes | memoryview]:
        yield from self._head.chunks()
        yield from _deflated(self._data_set)


def _deflated(data_set: ElementWriter) -> Iterator[bytes]:
    """Deflate without header and checksum, and pad to an even length (PS3.5 A.5)."""
    engine = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    length = 0
    for chunk in data_set.chunks():
        deflated = engine.compress(chunk)
        length += len(deflated)
        if deflated:
            yield deflated
    deflated = engine.flush()
    length += len(deflated)
    yield deflated + b"\0" * (length % 2)
