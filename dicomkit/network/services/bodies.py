"""Data sets on their way to a peer: read from the file piece by piece, or converted, and never held twice.

The event loop must not wait for a disk. What the system has in memory is read at once, in pieces so short that they are in the
processor's cache still when the peer takes them; what it would have to fetch is read in a thread, in longer ones.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Protocol, Self

from dicomkit.encoding.serializer import check_pixel_data, serialize_data_set
from dicomkit.errors import (
    DICOMError,
    InvalidValueError,
    ParsingError,
    PixelDataError,
    SourceError,
    SourceNotFoundError,
    UnexpectedEndOfDataError,
)
from dicomkit.file import DICOMFile
from dicomkit.network.data_set_pieces import PIECE_LENGTH, whole_fragments
from dicomkit.network.services.completeness import TAIL_LENGTH, check_whole, has_last_delimiter, is_known_whole, without_delimiter
from dicomkit.network.services.instances import FileIdentity, Instance, read_instance
from dicomkit.network.services.mending import with_even_fragments
from dicomkit.tags import PixelData, SOPInstanceUID

if TYPE_CHECKING:
    from typing import TypeAlias

    from dicomkit.transfer_syntax import TransferSyntax

__all__ = ["Body", "Transcoder", "open_body"]

Transcoder: TypeAlias = "Callable[[DICOMFile, str], DICOMFile]"
"""What converts a file into the transfer syntax with a UID. It is called in a thread."""

LONG_PIECE_LENGTH = 1 << 18
"""Bytes of the first piece, which shall tell whether the file is whole, and of those that a thread reads."""
ONLY_CACHED = getattr(os, "RWF_NOWAIT", 0)


class Body(Protocol):
    """A data set that is sent: pieces, each valid until the next is asked for."""

    @property
    def length(self) -> int:
        """Bytes of all pieces together."""

    def __aiter__(self) -> Self: ...

    async def __anext__(self) -> memoryview: ...

    async def prepare(self) -> None:
        """Have the first piece ready."""

    def close(self) -> None:
        """Let go of the file."""


async def open_body(
    instance: Instance,
    syntax: TransferSyntax,
    fragment_length: int,
    transcoder: Transcoder | None,
    buffers: list[bytearray],
    *,
    is_forced: bool = False,
) -> Body:
    """Return the data set of an instance in a transfer syntax.

    Parameters
    ----------
    instance
        What is sent.
    syntax
        What the peer accepted.
    fragment_length
        Bytes of a fragment, of which pieces are multiples.
    transcoder
        What converts it, if its own syntax is another; None if nothing does.
    buffers
        Where buffers for pieces are taken from, and put back when the body is closed.
    is_forced
        Whether a file that ends too early is sent, too, as far as it goes.

    Raises
    ------
    DICOMError
        If the file cannot be read, has changed since its header was read, ends too early, or cannot be converted.
    """
    # An odd length is against PS3.5 7.1, and peers abort when they see the odd fragment. Writing mends it; a deflated data set is padded.
    is_odd = instance.data_set_length % 2 == 1 and not syntax.is_deflated
    if instance.transfer_syntax != syntax or is_odd or isinstance(instance.source, DICOMFile):
        try:
            return await asyncio.get_running_loop().run_in_executor(None, partial(_convert, instance, syntax, transcoder))
        except UnexpectedEndOfDataError:
            if not is_forced or instance.transfer_syntax != syntax:
                raise  # half a file cannot be converted
    if isinstance(instance.source, memoryview):
        offset = instance.data_set_offset
        data_set = instance.source[offset:]
        is_whole = is_forced or is_known_whole(data_set[:LONG_PIECE_LENGTH], len(data_set), syntax, offset)
        if not is_whole and not (syntax.is_encapsulated and has_last_delimiter(data_set[-TAIL_LENGTH:])):
            await asyncio.get_running_loop().run_in_executor(None, check_whole, data_set, syntax, offset)
        return _memory_body(data_set, syntax)
    return _FileBody(instance, fragment_length, buffers, is_forced=is_forced)


def check_encoding(start: memoryview, syntax: TransferSyntax) -> None:
    """See that a data set begins as its transfer syntax says: peers take what is sent for what was agreed on.

    Raises
    ------
    ParsingError
        If its first element shows another byte order, or Explicit VR in place of Implicit VR, or the other way round.
    """
    header = bytes(start[:8])
    if len(header) < 8 or syntax.is_deflated:
        return
    # No data set begins with a group above 00FF whose other byte is zero; and an Implicit VR length that looks like a VR would be that
    # of a first element of megabytes.
    is_big_endian = header[0] == 0 and header[1] != 0
    has_letters = header[4:6].isalpha() and header[4:6].isupper()
    is_wrong_vr = not has_letters if syntax.is_explicit_vr else has_letters and header[6:8] != b"\0\0"
    if is_wrong_vr or is_big_endian != syntax.is_big_endian:
        raise ParsingError(f"the data set is not encoded in {syntax.name}, which File Meta Information says")


def _memory_body(data_set: memoryview, syntax: TransferSyntax) -> Body:
    check_encoding(data_set, syntax)
    padding = len(data_set) % 2
    return _WrittenBody(iter((data_set, b"\0") if padding else (data_set,)), len(data_set) + padding, is_in_memory=True)


class _FileBody:
    """The part of a file behind its File Meta Information, as it is."""

    def __init__(self, instance: Instance, fragment_length: int, buffers: list[bytearray], *, is_forced: bool) -> None:
        self._path = str(instance.source)
        try:
            self._file = open(self._path, "rb", buffering=0)  # noqa: SIM115  # close() closes it
        except FileNotFoundError as error:
            raise SourceNotFoundError(error.errno, error.strerror, self._path) from None
        except OSError as error:
            raise SourceError(error.errno, error.strerror, self._path) from None
        if FileIdentity.of(os.fstat(self._file.fileno())) != instance.identity:
            self._file.close()
            raise SourceError(None, "the file changed while it was waiting to be sent", self._path)
        self._instance = instance
        self._syntax = instance.transfer_syntax
        self.length = instance.data_set_length + instance.data_set_length % 2
        self._offset, self._end = instance.data_set_offset, instance.data_set_offset + self.length
        self._size = instance.size
        self._buffers = buffers
        longest = whole_fragments(LONG_PIECE_LENGTH, fragment_length)
        self._buffer = buffers.pop() if buffers and len(buffers[-1]) == longest else bytearray(longest)
        self._view = memoryview(self._buffer)
        self._step = whole_fragments(PIECE_LENGTH, fragment_length)
        self._is_forced = is_forced
        self._prepared: memoryview | None = None
        self._reading: asyncio.Future[None] | None = None
        self._flags = ONLY_CACHED if hasattr(os, "preadv") else 0

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> memoryview:
        piece, self._prepared = self._prepared or await self._read_piece(self._step), None
        if not piece:
            raise StopAsyncIteration
        self._offset += len(piece)
        return piece

    async def prepare(self) -> None:
        piece = self._prepared = await self._read_piece(len(self._view))
        check_encoding(piece, self._syntax)
        if not self._is_forced and not is_known_whole(piece, self.length, self._syntax, self._offset):
            await self._check_end()

    async def _check_end(self) -> None:
        """See that the data set is all there, where its first piece does not tell."""
        tail = memoryview(bytearray(min(TAIL_LENGTH, self.length)))
        start = self._end - len(tail)
        count = self._read_cached(start, tail)
        if count < len(tail):
            await self._read_in_thread(start + count, tail[count:])
        if not (self._syntax.is_encapsulated and has_last_delimiter(tail)):
            await asyncio.get_running_loop().run_in_executor(None, _check_file, self._instance)

    async def _read_piece(self, length: int) -> memoryview:
        """Read the next bytes: so many if the system has them in memory, or else as many as the buffer holds."""
        piece, content = self._cut(length)
        count = self._read_cached(self._offset, content)
        if count < len(content):
            piece, content = self._cut(len(self._view))
            await self._read_in_thread(self._offset + count, content[count:])
        return piece

    def _cut(self, length: int) -> tuple[memoryview, memoryview]:
        """Return the buffer for the next bytes, and of it what comes from the file: the last byte may be padding."""
        piece = self._view[: min(length, self._end - self._offset)]
        if not piece or self._offset + len(piece) <= self._size:
            return piece, piece
        piece[-1] = 0
        return piece, piece[:-1]

    async def _read_in_thread(self, offset: int, piece: memoryview) -> None:
        self._reading = asyncio.get_running_loop().run_in_executor(None, self._read_through, offset, piece)
        await asyncio.shield(self._reading)  # a cancelled future would look done, while the thread goes on
        self._reading = None

    def _read_cached(self, offset: int, piece: memoryview) -> int:
        if not self._flags:
            return 0
        try:
            return os.preadv(self._file.fileno(), [piece], offset, self._flags)
        except BlockingIOError:
            return 0
        except OSError:
            # Not every file system can tell what it has in memory. A real error comes again in the thread.
            self._flags = 0
            return 0

    def _read_through(self, offset: int, piece: memoryview) -> None:
        try:
            self._file.seek(offset)
            while piece:
                count = self._file.readinto(piece)
                if not count:
                    raise SourceError(None, "the file became shorter while it was sent", self._path)
                piece = piece[count:]
        except OSError as error:
            if isinstance(error, SourceError):
                raise
            raise SourceError(error.errno, error.strerror, self._path) from error

    def close(self) -> None:
        if self._reading is not None and not self._reading.done():
            # Whoever sent it was cancelled; the thread still reads into the buffer, which nobody else may have then.
            self._reading.add_done_callback(self._close_after)
            return
        if not self._file.closed:
            self._file.close()
            self._buffers.append(self._buffer)

    def _close_after(self, reading: asyncio.Future[None]) -> None:
        reading.exception()  # nobody wants to know any more
        self._file.close()


class _WrittenBody:
    """Pieces that are there, or are made one by one in a thread."""

    def __init__(self, pieces: Iterator[memoryview | bytes], length: int, *, is_in_memory: bool = False) -> None:
        self.length = length
        self._pieces = pieces
        self._is_in_memory = is_in_memory
        self._next: memoryview | bytes | None = None

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> memoryview:
        await self.prepare()
        piece, self._next = self._next, None
        if piece is None:
            raise StopAsyncIteration
        return memoryview(piece)

    async def prepare(self) -> None:
        if self._next is not None:
            return
        if self._is_in_memory:
            self._next = next(self._pieces, None)
        else:
            self._next = await asyncio.get_running_loop().run_in_executor(None, next, self._pieces, None)

    def close(self) -> None:
        self._next = None


def _check_file(instance: Instance) -> None:
    """Look at every element of a file that has no delimiter near its end."""
    try:
        data_set = instance.read_file().data_set
    except (SourceError, UnexpectedEndOfDataError):
        raise
    except DICOMError:
        return  # not a cut
    last = max((element.tag for element in data_set), default=None)
    if last == PixelData and instance.transfer_syntax.is_encapsulated:
        raise without_delimiter(instance.size)


def _convert(instance: Instance, syntax: TransferSyntax, transcoder: Transcoder | None) -> Body:
    """Write the data set of a file in a transfer syntax; its own one, too, if the file is an object."""
    file = instance.read_file()
    if file.transfer_syntax != syntax:
        file = _transcode(file, syntax, transcoder)
    if file.error is not None:
        raise file.error
    if file.transfer_syntax != syntax or file.data_set.get(SOPInstanceUID) not in (None, instance.sop_instance_uid):
        raise InvalidValueError("what converted the file made another instance of it, or another transfer syntax")
    if syntax.is_deflated:
        written = memoryview(file.write() or b"")
        return _memory_body(written[read_instance(written).data_set_offset :], syntax)
    data_set = with_even_fragments(file.data_set)
    check_pixel_data(data_set, syntax)
    writer = serialize_data_set(data_set, syntax)
    if len(writer) % 2:
        raise ParsingError("the data set has an odd length, and what is wrong with it could not be mended")
    return _WrittenBody(writer.chunks(), len(writer))


def _transcode(file: DICOMFile, syntax: TransferSyntax, transcoder: Transcoder | None) -> DICOMFile:
    refusal = f"the peer does not take {file.transfer_syntax.name}"
    if transcoder is None:
        raise PixelDataError(f"{refusal}, and nothing converts it")
    try:
        return transcoder(file, syntax.uid)
    except DICOMError as error:  # that there is no codec, say, tells nothing of why one is needed
        raise PixelDataError(f"{refusal}, and it cannot be converted to {syntax.name}: {error}") from error
