"""Where bytes come from: paths, buffers and binary file objects."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import sys

from dicomkit._core.block_pool import read_block, read_path
from dicomkit.encoding.options import ReadOptions
from dicomkit.errors import SourceError, SourceNotFoundError, UnexpectedEndOfDataError

TYPE_CHECKING = False  # typing's own costs 8 ms at start-up
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Protocol, TypeVar

    Parsed = TypeVar("Parsed")

    class Loader(Protocol):
        """What fills a buffer on request."""

        def ensure(self, offset: int, length: int) -> tuple[int, int]:
            """Load a range; return the range around it that is loaded now."""


__all__ = ["LazyFile", "open_source"]

FIRST_CHUNK = 16 * 1024  # holds the header of most images
CHUNK_GROWTH = 8
OPEN_FLAGS = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
MANY_PAGES = 4 << 20
BLOCK = 64 * 1024  # what a LazyFile loads at a time


class LazyFile:
    """A file as a buffer of its size, of which only the blocks that were asked for are in memory.

    The buffer is anonymous memory that the system provides page by page, not a mapping of the file: a file that is cut
    while it is open gives an error here, where a mapping would kill the process.
    """

    def __init__(self, descriptor: int, size: int) -> None:
        import mmap  # lazy: start-up

        self._size = size
        self._huge_pages = getattr(mmap, "MADV_HUGEPAGE", None)
        flags = {"flags": mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | getattr(mmap, "MAP_NORESERVE", 0)} if os.name == "posix" else {}
        self.buffer = mmap.mmap(-1, size, **flags)
        self._bytes = memoryview(self.buffer)
        self._loaded = bytearray(-(-size // BLOCK))
        self._descriptor = descriptor  # last: whoever made it closes it if this fails

    def ensure(self, offset: int, length: int) -> tuple[int, int]:
        """Load ``length`` bytes from ``offset``; return the range of whole blocks around them.

        Raises
        ------
        SourceError
            If the file cannot be read any more, or is shorter than it was.
        """
        first, stop = offset // BLOCK, -(-(offset + length) // BLOCK)
        block = self._loaded.find(0, first, stop)
        while block >= 0:
            end = self._loaded.find(1, block, stop)
            end = stop if end < 0 else end
            self._read(block * BLOCK, min(end * BLOCK, self._size))
            self._loaded[block:end] = b"\1" * (end - block)  # after reading: two threads may both read, to the same bytes
            block = self._loaded.find(0, end, stop)
        return first * BLOCK, min(stop * BLOCK, self._size)

    def chunks(self, offset: int, length: int, chunk_size: int) -> Iterator[bytes]:
        """Read a range piece by piece without keeping it: what is copied into another file is not looked at again.

        Raises
        ------
        SourceError
            If the file cannot be read any more, or is shorter than it was.
        """
        end = offset + length
        while offset < end:
            try:
                chunk = os.pread(self._descriptor, min(chunk_size, end - offset), offset)
            except OSError as error:
                raise SourceError(error.errno, f"reading failed at byte offset {offset:#x}: {error.strerror}") from error
            if not chunk:
                raise SourceError(None, f"the file became shorter while it was open: nothing at byte offset {offset:#x}")
            offset += len(chunk)
            yield chunk

    def read_into(self, offset: int, target: memoryview) -> None:
        """Fill a buffer from an offset on; nothing is kept.

        Raises
        ------
        SourceError
            If the file cannot be read any more, or is shorter than it was.
        """
        filled = 0
        while filled < len(target):
            start = offset + filled
            try:
                count = os.preadv(self._descriptor, [target[filled:]], start)
            except OSError as error:
                raise SourceError(error.errno, f"reading failed at byte offset {start:#x}: {error.strerror}") from error
            if count == 0:
                raise SourceError(None, f"the file became shorter while it was open: nothing at byte offset {start:#x}")
            filled += count

    def _read(self, start: int, stop: int) -> None:
        if self._huge_pages is not None and stop - start >= MANY_PAGES:
            # Faulting a volume in by small pages takes four times as long as reading it. Where the system has no large ones, so be it.
            with contextlib.suppress(OSError):
                self.buffer.madvise(self._huge_pages, start, stop - start)
        self.read_into(start, self._bytes[start:stop])

    def __del__(self) -> None:
        if hasattr(self, "_descriptor"):
            os.close(self._descriptor)


def open_source(source: object, options: ReadOptions, parse: Callable[[object, int, Loader | None], Parsed | None]) -> Parsed:
    """Hand the bytes of ``source`` to ``parse(buffer, size, loader)``, as few of them as it needs.

    ``parse`` answers None if the buffer, which holds the first bytes of ``size``, was too short for it.

    Raises
    ------
    SourceError
        If a path cannot be opened or read.
    TypeError
        If ``source`` is neither a path, nor bytes-like, nor a binary file object.
    """
    if isinstance(source, str) or hasattr(source, "__fspath__"):     # as os.PathLike asks, but it asks through the machinery of ABCs
        return _open_path(os.fspath(source), options, parse)
    if isinstance(source, (bytes, bytearray)):
        return _whole(source, parse)
    try:
        data: object = memoryview(source).cast("B")  # type: ignore[arg-type]  # the TypeError is what we want to know
    except TypeError:
        if hasattr(source, "read"):
            data = _read_all(source)
        else:
            raise TypeError(f"expected a path, contiguous bytes or a binary file object, not {type(source).__name__}") from None
    return _whole(data, parse)


def _whole(data: object, parse: Callable[[object, int, Loader | None], Parsed | None]) -> Parsed:
    parsed = parse(data, memoryview(data).nbytes, None)  # type: ignore[arg-type]
    if parsed is None:
        raise UnexpectedEndOfDataError("the data ends too early")
    return parsed


def _read_all(stream: object) -> bytes | bytearray | memoryview:
    data = stream.read()  # type: ignore[attr-defined]
    if isinstance(data, str):
        raise TypeError("the file object gives text: open it in binary mode")
    if not isinstance(data, (bytes, bytearray, memoryview)):
        raise TypeError(f"the file object gives {type(data).__name__}, not bytes")
    return data


def _open_path(path: str, options: ReadOptions, parse: Callable[[object, int, Loader | None], Parsed | None]) -> Parsed:
    largest = sys.maxsize if options.defer_larger_than is None else options.defer_larger_than
    is_header_enough = options.stop_before_pixels or options.tags is not None
    try:
        start = read_path(path, FIRST_CHUNK if is_header_enough else largest, largest)
    except (OSError, ValueError, MemoryError):
        start = None  # the steps find the same, and say what it means
    if isinstance(start, int):
        return _open_step_by_step(path, None, options, parse, start)
    parsed = None if start is None else parse(start[0], start[1], None)
    if parsed is not None:
        return parsed
    first_length = None if not is_header_enough else FIRST_CHUNK if start is None else FIRST_CHUNK * CHUNK_GROWTH
    return _open_step_by_step(path, first_length, options, parse)


def _open_step_by_step(
    path: str,
    first_length: int | None,
    options: ReadOptions,
    parse: Callable[[object, int, Loader | None], Parsed | None],
    opened: int | None = None,
) -> Parsed:
    """Read ``first_length`` bytes, then more as long as they are too few; without a first length, everything at once.

    ``opened`` is a descriptor that does not block, of what is no regular file; it is closed here.
    """
    try:
        descriptor = os.open(path, OPEN_FLAGS) if opened is None else opened
    except ValueError as error:  # a NUL in the path
        raise SourceError(errno.EINVAL, str(error), path) from None
    except OSError as error:
        kind = SourceNotFoundError if isinstance(error, FileNotFoundError) else SourceError
        raise kind(error.errno, error.strerror, path) from None
    is_ours = True
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            if opened is not None:
                _wait_for_data(opened)
            return _whole(_read_to_end(descriptor), parse)
        size = status.st_size
        if options.defer_larger_than is not None and size > options.defer_larger_than and hasattr(os, "preadv"):
            lazy = LazyFile(descriptor, size)
            is_ours = False  # now the LazyFile closes it
            return parse(lazy.buffer, size, lazy)  # type: ignore[return-value]  # with a loader nothing is too short
        length = size if first_length is None else first_length
        while length < size:
            parsed = parse(read_block(descriptor, length), size, None)
            if parsed is not None:
                return parsed
            os.lseek(descriptor, 0, os.SEEK_SET)
            length *= CHUNK_GROWTH
        return _whole(read_block(descriptor, size), parse)
    except (MemoryError, OverflowError):
        raise SourceError(errno.ENOMEM, "the file is larger than memory", path) from None
    except IsADirectoryError:
        raise SourceError(errno.EISDIR, "this is a folder", path) from None
    except OSError as error:
        if isinstance(error, SourceError):
            raise
        raise SourceError(error.errno, error.strerror, path) from error
    finally:
        if is_ours:
            os.close(descriptor)


def _wait_for_data(descriptor: int) -> None:
    """Wait for a writer of a pipe, then let reading block.

    Opening it once more, to wait there, would wait for a second writer when the first is gone already, its data in the pipe.
    """
    import select  # lazy: start-up

    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    poll.poll()
    os.set_blocking(descriptor, True)


def _read_to_end(descriptor: int) -> bytes:
    chunks = []
    while chunk := os.read(descriptor, 1 << 20):
        chunks.append(chunk)
    return b"".join(chunks)
