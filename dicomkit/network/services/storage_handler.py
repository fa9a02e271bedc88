"""A delegate that writes what it receives to files (PS3.10 7)."""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
import threading
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from dicomkit import tags
from dicomkit.encoding.atomic import UnfinishedFile, remove_abandoned_files
from dicomkit.network.services.collected_fragments import CollectedFragments
from dicomkit.network.services.data_set_head import UIDFinder
from dicomkit.network.services.file_head import file_head
from dicomkit.network.services.storage_delegate import PouredChunks, StreamingStorageDelegate

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from dicomkit.network.services.storage_delegate import DataSetChunks, IncomingInstance, ReceivedFile

__all__ = ["DefaultStorageHandler", "safe_name"]

Result = TypeVar("Result")

SUFFIX = ".dcm"
POURED_SIZE = 1 << 13   # that came in one read: its sender keeps a thread busy, which reads and writes
LEAST_WRITTEN = 1 << 16 # bytes that the thread writes at a time: to copy fewer costs less than a call of the file system
WRITE_SIZE = 1 << 20    # collected of a sender in no hurry, before a thread writes it
LONGEST_NAME = 64
_UID = re.compile(r"[0-9][0-9.]*")
_UNSAFE = re.compile(r"[^0-9A-Za-z._-]")
_HIERARCHY = UIDFinder(tags.StudyInstanceUID, tags.SeriesInstanceUID)
# Before these UIDs stand patient and acquisition: some KB, and more if there are private elements.
_HEAD_LENGTHS = (1 << 16, 1 << 22)


class DefaultStorageHandler(StreamingStorageDelegate):
    """Writes each instance to ``<SOP Instance UID>.dcm``, a DICOM file that is there as a whole or not at all.

    Data sets are written as they come, so that memory does not grow with them, and by threads, so that a slow disk delays only those
    who wait for it. An instance that comes again replaces the file. Derive from it and define ``did_receive`` to go on with the file.

    What a server that was killed left unfinished in the directory, under names that begin with a dot and end in ``.unfinished``, is
    removed; what others are writing there is not.

    Parameters
    ----------
    storage_directory
        Where to; it is created.
    organize_by_hierarchy
        Use the folders ``<Study Instance UID>/<Series Instance UID>`` below it. An instance without these UIDs stays above them.
    fsync
        Acknowledge an instance only when it is on disk, where a power failure does not reach it; otherwise when the system has it.

    Raises
    ------
    OSError
        If the directory cannot be created.
    """

    def __init__(self, storage_directory: str | os.PathLike[str], *, organize_by_hierarchy: bool = False, fsync: bool = False) -> None:
        self.storage_directory = Path(storage_directory).absolute()
        self.storage_directory.mkdir(parents=True, exist_ok=True)
        remove_abandoned_files(self.storage_directory)
        self._organize_by_hierarchy = organize_by_hierarchy
        self._fsync = fsync

    async def receive_stream(self, instance: IncomingInstance, chunks: DataSetChunks) -> Path | None:
        """Write an instance; return the path of the file."""
        writer = _Writer(self, instance)
        try:
            async for fragments in chunks:
                if isinstance(chunks, PouredChunks) and sum(map(len, fragments)) >= POURED_SIZE:
                    await writer.wait()
                    await chunks.pour(writer.take, fragments)
                    continue
                writer.pending.extend(fragments)
                if writer.pending.size >= WRITE_SIZE:
                    await writer.write_behind()
            return await writer.finish()
        except BaseException:
            await writer.discard()
            raise

    async def did_receive(self, file: ReceivedFile) -> None:
        """Do nothing more: the file is written."""

    def _place(self, instance: IncomingInstance, unfinished: str) -> Path:
        """Return where a file belongs, below folders that exist."""
        folder = self.storage_directory
        if self._organize_by_hierarchy:
            for uid in _find_hierarchy(instance, unfinished):
                if uid is None:         # what nobody can read is kept all the same
                    break
                folder /= safe_name(uid)
            folder.mkdir(parents=True, exist_ok=True)
        return folder / _file_name(instance)


class _Writer:
    """Writes one instance by threads: one write at a time, while the next bytes come."""

    def __init__(self, handler: DefaultStorageHandler, instance: IncomingInstance) -> None:
        self._handler = handler
        self._instance = instance
        self._file: UnfinishedFile | None = None
        self._writing: asyncio.Future[None] | None = None
        self._lock = threading.Lock()   # a task that was cancelled leaves its thread behind, writing
        self._is_discarded = False
        self._path: Path | None = None  # once it is finished
        self.pending = CollectedFragments(file_head(instance))

    async def write_behind(self) -> None:
        """Have what was collected written while more is collected."""
        await self.wait()
        data = self.pending.take()
        self._writing = self._in_thread(lambda: self._write(data))

    async def finish(self) -> Path:
        """Write the rest and give the file its name."""
        await self.wait()
        return await self._in_thread(self._finish) if self._path is None else self._path

    def take(self, fragments: list[memoryview], is_last: bool) -> None:
        """Write fragments, in a thread, and finish with the last: so that one visit to a thread does for most instances."""
        if not is_last and self.pending.size + sum(map(len, fragments)) < LEAST_WRITTEN:
            self.pending.extend(fragments)
            return
        self._write([*self.pending.take(), *fragments])
        if is_last and not self._is_discarded:
            self._finish()

    async def discard(self) -> None:
        """Remove what was written."""
        if self._writing is not None:
            self._writing.add_done_callback(lambda writing: writing.cancelled() or writing.exception())
        await asyncio.shield(self._in_thread(self._discard))

    async def wait(self) -> None:
        """Wait until what was to be written is written."""
        if self._writing is not None:
            await self._writing

    @staticmethod
    def _in_thread(work: Callable[[], Result]) -> asyncio.Future[Result]:
        return asyncio.get_running_loop().run_in_executor(None, work)

    def _write(self, data: Sequence[bytes | bytearray | memoryview]) -> None:
        with self._lock:
            if self._is_discarded:
                return
            if self._file is None:
                self._file = UnfinishedFile(os.fspath(self._handler.storage_directory / _file_name(self._instance)))
            if data:
                self._file.write_all(data)

    def _finish(self) -> Path:
        self._write(self.pending.take())
        with self._lock:
            assert self._file is not None
            path = self._handler._place(self._instance, self._file.path)
            self._file.finish(os.fspath(path), fsync=self._handler._fsync)
            self._path = path
            return path

    def _discard(self) -> None:
        with self._lock:
            self._is_discarded = True
            if self._file is not None:
                self._file.discard()


def _file_name(instance: IncomingInstance) -> str:
    return safe_name(instance.sop_instance_uid) + SUFFIX


def _find_hierarchy(instance: IncomingInstance, path: str) -> list[str | None]:
    """Return Study and Series Instance UID of what was written, each None if it is not found."""
    uids: list[str | None] = []
    with open(path, "rb") as file:
        start = len(file_head(instance))
        for length in _HEAD_LENGTHS:
            file.seek(start)
            uids = _HIERARCHY.find([memoryview(file.read(length))], instance.transfer_syntax_uid, length)
            if None not in uids:
                break
    return uids


def safe_name(uid: str) -> str:
    """Return a UID as the name of a file or folder. What is no UID is cleaned and told from others by a hash of it."""
    if len(uid) <= LONGEST_NAME and _UID.fullmatch(uid):
        return uid
    cleaned = _UNSAFE.sub("_", uid[:LONGEST_NAME]).strip(".")
    return f"{cleaned or '_'}-{hashlib.sha256(uid.encode('utf-8', 'surrogatepass')).hexdigest()[:16]}"
