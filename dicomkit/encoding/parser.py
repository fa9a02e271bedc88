"""The DICOM file format: preamble, prefix, File Meta Information, data set (PS3.10 7)."""

from __future__ import annotations

import zlib
from functools import lru_cache

from dicomkit._core.element_index import ElementIndex
from dicomkit._core.element_scan import ScanLimits, scan
from dicomkit.dataset import DataSet, data_set_from_index
from dicomkit.errors import (
    EncodingError,
    InvalidDICMPrefixError,
    InvalidPreambleError,
    LimitExceededError,
    ParsingError,
    UnexpectedEndOfDataError,
    UnsupportedTransferSyntaxError,
    warn,
)
from dicomkit.transfer_syntax import EXPLICIT_VR_BIG_ENDIAN, EXPLICIT_VR_LITTLE_ENDIAN, IMPLICIT_VR_LITTLE_ENDIAN, TransferSyntax
from dicomkit.values.charset import parse_specific_character_set

TYPE_CHECKING = False  # typing's own costs 8 ms at start-up
if TYPE_CHECKING:
    from collections.abc import Iterator

    from dicomkit.encoding.options import ReadOptions
    from dicomkit.encoding.source import Loader
    from dicomkit.errors import DICOMError
    from dicomkit.values.charset import CharacterSet

__all__ = ["ParsedFile", "parse_file"]

PREAMBLE_LENGTH = 128
PREFIX = b"DICM"
META_OFFSET = PREAMBLE_LENGTH + len(PREFIX)
TRANSFER_SYNTAX_UID = 0x00020010
FILE_META_GROUP = 0x0002
FILE_META_GROUP_LENGTH = b"\2\0\0\0UL\4\0"
FLOAT_PIXEL_DATA = 0x7FE00008
PIXEL_DATA = 0x7FE00010
INFLATE_SLICE = 1 << 16
INFLATE_CHUNK = 1 << 20


class ParsedFile:
    """What a file holds: its two data sets, how the second is encoded, and what ended the reading early."""

    __slots__ = ("data_set", "error", "file_meta_information", "preamble", "transfer_syntax")

    def __init__(
        self,
        preamble: bytes | None,
        file_meta_information: DataSet,
        data_set: DataSet,
        transfer_syntax: TransferSyntax,
        error: DICOMError | None,
    ) -> None:
        self.preamble = preamble
        self.file_meta_information = file_meta_information
        self.data_set = data_set
        self.transfer_syntax = transfer_syntax
        self.error = error


@lru_cache(maxsize=64)
def _limits(options: ReadOptions) -> tuple[ScanLimits, ScanLimits, CharacterSet | None]:
    """Limits for the meta information and for the data set, and the character set that overrides what is declared."""
    meta = ScanLimits(max_depth=options.max_depth, only_group=FILE_META_GROUP, strict=options.strict, partial=options.partial)
    body = ScanLimits(
        max_depth=options.max_depth,
        stop_first=FLOAT_PIXEL_DATA if options.stop_before_pixels else 0xFFFFFFFF,
        stop_last=PIXEL_DATA if options.stop_before_pixels else 0,
        strict=options.strict,
        partial=options.partial,
        tags=options.tags,
    )
    character_set = None if options.character_set is None else parse_specific_character_set(options.character_set)
    return meta, body, character_set


def parse_file(buffer: object, size: int, loader: Loader | None, options: ReadOptions) -> ParsedFile | None:
    """Index a DICOM file (PS3.10 7.1).

    Parameters
    ----------
    buffer
        The bytes of the file, or its first bytes, or a buffer that ``loader`` fills.
    size
        Bytes of the whole file.
    loader
        What fills ``buffer`` on request, if anything does.
    options
        How to read.

    Returns
    -------
    ParsedFile or None
        None if ``buffer`` holds too little of the file to tell.

    Raises
    ------
    DICOMError
        For everything that is wrong with the bytes; with ``options.partial``, only when nothing can be read at all.
    """
    view = memoryview(buffer)  # type: ignore[arg-type]
    if loader is not None:
        loader.ensure(0, min(view.nbytes, META_OFFSET))
    head = bytes(view[:META_OFFSET])
    if len(head) < min(size, META_OFFSET):
        return None  # what looks like the header of pixels that end the file lies within the preamble
    start = META_OFFSET if head[PREAMBLE_LENGTH:] == PREFIX else _start_of_bare_meta(head, options)
    meta_limits, limits, character_set = _limits(options)
    index = _scan_meta(buffer, start, size, loader, meta_limits)
    if index is None:
        return None
    if index.has_anomalies:
        _warn_of(index)
    meta = data_set_from_index(index)
    preamble = head[:PREAMBLE_LENGTH] if start == META_OFFSET else None
    if index.error is not None:
        return ParsedFile(preamble, meta, DataSet(), EXPLICIT_VR_LITTLE_ENDIAN, index.error)

    start = index.end_offset
    uid = meta.get(TRANSFER_SYNTAX_UID)
    syntax = TransferSyntax.from_uid(uid) if isinstance(uid, str) else None
    if syntax is None or not syntax.is_data_set_encoding:
        if uid is not None and not options.force:
            raise UnsupportedTransferSyntaxError(str(uid))
        syntax = _guess_syntax(buffer, start, size, loader)
    error: DICOMError | None = None
    if syntax.is_deflated:
        if loader is None and memoryview(buffer).nbytes < size:  # type: ignore[arg-type]
            return None
        buffer, error = _inflate(buffer, start, loader, options)
        start, size, loader = 0, len(buffer), None
    index = scan(
        buffer, start, size, is_implicit_vr=not syntax.is_explicit_vr, is_big_endian=syntax.byte_order == "big",
        limits=limits, source=loader, character_set=character_set,
    )  # fmt: skip
    if index is None:
        return None
    if index.has_anomalies:
        _warn_of(index)
    return ParsedFile(preamble, meta, data_set_from_index(index), syntax, error or index.error)


def _scan_meta(buffer: object, start: int, size: int, loader: Loader | None, limits: ScanLimits) -> ElementIndex | None:
    """Index the elements of group 0002. Their end is found by their group, as File Meta Information Group Length is often wrong."""
    index: ElementIndex | None = None
    problem: EncodingError | None = None
    try:
        index = scan(buffer, start, size, limits=limits, source=loader)
    except EncodingError as error:
        problem = error
    if problem is None and (index is None or index.error is None):
        return index
    # The bytes of a deflated data set can look like one more element: then the group length is asked.
    header = bytes(memoryview(buffer)[start : start + 12])  # type: ignore[arg-type]
    stop = start + 12 + int.from_bytes(header[8:], "little")
    if header[:8] == FILE_META_GROUP_LENGTH and stop <= size:
        try:
            second = scan(buffer, start, stop, limits=limits, source=loader)
        except EncodingError:
            second = None
        if second is not None and second.error is None:
            return second
    if problem is not None:
        raise problem
    return index


def _start_of_bare_meta(head: bytes, options: ReadOptions) -> int:
    """Where the File Meta Information begins in a file without preamble, or prefix, or both, which PS3.10 7.1 wants.

    Raises
    ------
    DICOMError
        Unless ``options.force``.
    """
    if head[: len(PREFIX)] == PREFIX:
        if options.force:
            return len(PREFIX)
        raise InvalidPreambleError("the DICM prefix comes without its preamble", offset=0)
    if options.force:
        return 0
    if len(head) < META_OFFSET:
        raise UnexpectedEndOfDataError("a DICOM file has at least 132 bytes", offset=len(head))
    raise InvalidDICMPrefixError("this is no DICOM file; force=True reads bare data sets. No DICM prefix", offset=PREAMBLE_LENGTH)


def _guess_syntax(buffer: object, start: int, size: int, loader: Loader | None) -> TransferSyntax:
    """The encoding that the first element shows; without any, Explicit VR Little Endian.

    A group number above 0x00FF whose low byte is zero is one below 0x0100 in the other byte order: no image begins later
    than group 0008.
    """
    if loader is not None:
        loader.ensure(start, min(8, size - start))
    header = bytes(memoryview(buffer)[start : start + 8])  # type: ignore[arg-type]
    if len(header) < 8:
        return EXPLICIT_VR_LITTLE_ENDIAN
    is_explicit = header[4:6].isalpha() and header[4:6].isupper()
    if header[0] == 0 and header[1] != 0:
        return EXPLICIT_VR_BIG_ENDIAN
    return EXPLICIT_VR_LITTLE_ENDIAN if is_explicit else IMPLICIT_VR_LITTLE_ENDIAN


def _inflate(buffer: object, start: int, loader: Loader | None, options: ReadOptions) -> tuple[bytearray, DICOMError | None]:
    """Inflate the data set of a deflated file (PS3.5 A.5), at most ``max_inflated_size`` bytes of it.

    What the compressed size would allow is no guide: 1000:1 is legitimate. The bound is absolute.
    """
    view = memoryview(buffer)  # type: ignore[arg-type]
    if loader is not None:
        loader.ensure(start, view.nbytes - start)
    data_set = bytearray()  # grows in place: a list and a join would hold it twice
    error: EncodingError | None = None
    try:
        for chunk in _inflated(view[start:], start, options):
            data_set += chunk
    except EncodingError as problem:
        error = problem
    if error is not None and not options.partial:
        raise error
    return data_set, error


def _inflated(deflated: memoryview, start: int, options: ReadOptions) -> Iterator[bytes]:
    """Inflate slice by slice, so that neither the input's rest nor the output is copied over and over."""
    engine = zlib.decompressobj(-zlib.MAX_WBITS)
    limit = options.max_inflated_size
    total = 0
    for offset in range(0, len(deflated) + INFLATE_SLICE, INFLATE_SLICE):  # and once with nothing: output can be pending inside
        pending: bytes | memoryview = deflated[offset : offset + INFLATE_SLICE]
        while not engine.eof:
            try:
                chunk = engine.decompress(pending, INFLATE_CHUNK)
            except zlib.error:
                raise ParsingError("the deflated data set is damaged", offset=start + min(offset, len(deflated))) from None
            if not chunk:
                break
            pending = engine.unconsumed_tail
            total += len(chunk)
            if total > limit:
                raise LimitExceededError(f"the data set inflates to more than max_inflated_size={limit}", offset=start)
            yield chunk
        if engine.eof:
            break
    if not engine.eof:
        raise UnexpectedEndOfDataError("the deflated data set ends too early", offset=start + len(deflated))
    end = min(offset + INFLATE_SLICE, len(deflated)) - len(engine.unused_data)
    if bytes(deflated[end : end + 3]) not in (b"", b"\0", b"\0\0"):  # NULs may pad it to an even length
        problem = ParsingError("bytes after the deflated data set", offset=start + end)
        if options.strict:
            raise problem
        warn(problem)


def _warn_of(index: ElementIndex) -> None:
    """One warning for each kind of defect that was read over."""
    for problem, offset, tag in index.found_anomalies:
        warn(EncodingError(problem, offset=offset, tag=tag))
