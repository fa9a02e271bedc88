"""Files that are complete or not there at all (PS3.10 8)."""

from __future__ import annotations

import errno
import os
import re
import stat
import sys

try:
    import fcntl
except ImportError:  # Windows, where nobody removes a file that somebody has open
    fcntl = None  # type: ignore[assignment]

from dicomkit._core.file_space import reserve
from dicomkit.errors import DICOMError, TargetError

TYPE_CHECKING = False  # typing's own costs 8 ms at start-up
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["UnfinishedFile", "remove_abandoned_files", "write_file"]

CREATE_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
WRITE_FLAGS = os.O_WRONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
PERMISSIONS = 0o666  # less the process's umask, which nobody can ask for without changing it for all threads
OWNER_ONLY = 0o600  # of what will have the permissions of another file, and others may not read before
ATTEMPTS = 100
MOST_BUFFERS = 1024  # in one call: IOV_MAX of Linux, macOS and the BSDs
# Of a new file: from here on, setting room aside costs less than it saves. One that replaces another goes to the disk at once (ext4),
# and there it costs more.
LARGE_CHUNK = 256 * 1024
LONGEST_NAME = 200  # of a file, in bytes; 255 is what most systems allow, and ours adds to it
_UNFINISHED = re.compile(r"\..+\.[0-9a-f]{12}\.unfinished", re.DOTALL)


def write_file(path: str | os.PathLike[str], chunks: Iterable[bytes | memoryview], *, fsync: bool = False) -> None:
    """Write a file so that its path always leads to the old file or the whole new one.

    A temporary file in the same folder is renamed when it is complete. Permissions of a file that is replaced are kept, and nobody else
    may read the new one meanwhile; a file that is read-only is replaced all the same, if its folder may be written. A symbolic link still
    leads where it led. What is no regular file or has no name, as a pipe or what is behind ``/dev/stdout``, is written as it comes.

    Parameters
    ----------
    path
        Where to.
    chunks
        The bytes.
    fsync
        Return only when file and folder entry are on disk.

    Raises
    ------
    TargetError
        If the system refuses: no space, no permission, no folder. The old file, if there was one, is as it was. Errors of ``chunks``
        are passed on, and leave as little behind.
    """
    try:
        target, status, is_in_place = _resolve(path)
        if status is not None and stat.S_ISDIR(status.st_mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        if is_in_place:
            descriptor = os.open(target, WRITE_FLAGS)
            try:
                _write_chunks(descriptor, chunks)
            finally:
                os.close(descriptor)
        else:
            _replace(target, status, chunks, fsync)
    except DICOMError:
        raise  # what was to be written could not be read, and says so itself
    except OSError as error:
        raise TargetError(error.errno, error.strerror or str(error), os.fspath(path)) from error


def _resolve(path: str | os.PathLike[str]) -> tuple[str, os.stat_result | None, bool]:
    """Return where a path leads, even if the process changes its folder meanwhile, what is there, and whether it is written as it comes."""
    target = os.fspath(path) if os.path.isabs(path) else os.path.join(os.getcwd(), path)
    status = _status(target)
    if status is not None and stat.S_ISLNK(status.st_mode):
        link, target = target, os.path.realpath(target)
        status = _status(target)
        if status is None and os.path.exists(link):  # what /dev/stdout leads to may have no name
            return link, None, True
    return target, status, status is not None and not stat.S_ISREG(status.st_mode)


def _status(target: str) -> os.stat_result | None:
    try:
        return os.lstat(target)
    except FileNotFoundError:
        return None


class UnfinishedFile:
    """A new file beside its target, under a name that nobody has, until it is complete.

    Parameters
    ----------
    target
        Where it will be; the folder must be there.
    replaces
        Whether it is to take another's place: then only its owner may read it until it is finished like that one.

    Attributes
    ----------
    path
        Where it is until then.

    Raises
    ------
    OSError
        If the system refuses, as from the methods. What was written is still to be discarded then.
    """

    __slots__ = ("_descriptor", "_least_reserved", "_target", "path")

    def __init__(self, target: str, *, replaces: bool = False) -> None:
        self._target = target
        self._least_reserved = sys.maxsize if replaces else LARGE_CHUNK
        self._descriptor, self.path = _create(target, OWNER_ONLY if replaces else PERMISSIONS)

    def write(self, chunks: Iterable[bytes | memoryview]) -> None:
        """Add bytes."""
        _write_chunks(self._descriptor, chunks, self._least_reserved)

    def write_all(self, buffers: Sequence[bytes | bytearray | memoryview]) -> None:
        """Add bytes that are all there, with as few calls of the system as it takes."""
        _write_buffers(self._descriptor, buffers)

    def finish(self, target: str | None = None, *, like: os.stat_result | None = None, fsync: bool = False) -> None:
        """Give the file its name, that of ``target`` instead of the one it was made for, and owner and permissions like another's."""
        target = target or self._target
        if like is not None:
            _keep_owner(self._descriptor, like)
        if fsync:
            os.fsync(self._descriptor)
        claim = -1 if fcntl is None else os.dup(self._descriptor)  # it shall be ours until it has its name
        try:
            self._close()  # and some systems say only here that the disk is full
            try:
                os.replace(self.path, target)
            except FileNotFoundError:  # a link in the middle of the path was turned: it goes where that led at first
                if os.path.dirname(self.path) != os.path.dirname(target) or not self._find_again(claim):
                    raise
                target = os.path.join(os.path.dirname(self.path), os.path.basename(target))
                os.replace(self.path, target)
        finally:
            if claim >= 0:
                os.close(claim)
        if fsync:
            _sync_folder(os.path.dirname(target))

    def discard(self) -> None:
        """Remove the file, finished or not."""
        if self._descriptor >= 0 and not os.path.lexists(self.path):
            self._find_again(self._descriptor)
        try:
            self._close()
        finally:
            _remove(self.path)

    def _find_again(self, descriptor: int) -> bool:
        """Look up where the file is, where the system can tell."""
        try:
            path = os.readlink(f"/proc/self/fd/{descriptor}")
        except OSError:
            return False
        if not os.path.lexists(path):
            return False
        self.path = path
        return True

    def _close(self) -> None:
        if self._descriptor >= 0:
            descriptor, self._descriptor = self._descriptor, -1
            os.close(descriptor)


def _replace(target: str, status: os.stat_result | None, chunks: Iterable[bytes | memoryview], fsync: bool) -> None:
    file = UnfinishedFile(target, replaces=status is not None)
    try:
        file.write(chunks)
        file.finish(like=status, fsync=fsync)
    except BaseException:
        file.discard()
        raise


def _create(target: str, permissions: int) -> tuple[int, str]:
    """Open a new file beside the target, under a name that nobody has."""
    folder, name = os.path.split(target)
    while len(os.fsencode(name)) > LONGEST_NAME:
        name = name[:-1]
    for _ in range(ATTEMPTS):
        temporary = os.path.join(folder, f".{name}.{os.urandom(6).hex()}.unfinished")
        try:
            descriptor = os.open(temporary, CREATE_FLAGS, permissions)
        except FileExistsError:
            continue
        if _claim(descriptor):
            return descriptor, temporary
        os.close(descriptor)
    raise FileExistsError(errno.EEXIST, "no free name for a temporary file")


def _claim(descriptor: int) -> bool:
    """Lock a new file as long as it is open, so that nobody takes it for abandoned; False if somebody did before it was locked."""
    if fcntl is None:
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
    except OSError:  # a file system without locks, where nobody can lock it to remove it either
        return True
    return os.fstat(descriptor).st_nlink > 0


def remove_abandoned_files(folder: str | os.PathLike[str]) -> int:
    """Remove the unfinished files of processes that ended before they could; return how many there were.

    Whoever writes one has it locked, and the system takes the lock away when a process ends, however it ends: what can be locked belongs
    to nobody. Where there are no locks, nothing is removed.

    Parameters
    ----------
    folder
        Where to look; folders in it are not looked at.
    """
    count = 0
    with os.scandir(folder) as entries:
        for entry in entries:
            if _UNFINISHED.fullmatch(entry.name) and entry.is_file(follow_symlinks=False):
                count += _remove_if_abandoned(entry.path)
    return count


def _remove_if_abandoned(path: str) -> bool:
    try:
        if fcntl is None:
            os.unlink(path)  # which the system refuses while somebody has it open
            return True
        descriptor = os.open(path, WRITE_FLAGS)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.unlink(path)
        finally:
            os.close(descriptor)
    except OSError:  # it is being written, or somebody else removed it
        return False
    return True


def _write_chunks(descriptor: int, chunks: Iterable[bytes | memoryview], least_reserved: int = sys.maxsize) -> None:
    for chunk in chunks:
        if len(chunk) >= least_reserved:
            reserve(descriptor, len(chunk))
        written = os.write(descriptor, chunk)
        if written < len(chunk):
            view = memoryview(chunk)
            while written < len(view):  # a signal, a pipe, or more than 2 GiB
                written += os.write(descriptor, view[written:])


def _write_buffers(descriptor: int, buffers: Sequence[bytes | bytearray | memoryview]) -> None:
    if not hasattr(os, "writev"):
        _write_chunks(descriptor, map(memoryview, buffers))
        return
    for start in range(0, len(buffers), MOST_BUFFERS):
        batch = buffers[start : start + MOST_BUFFERS]
        written = os.writev(descriptor, batch)
        for buffer in batch:
            if written < len(buffer):   # a disk that is nearly full; the next write says so
                _write_chunks(descriptor, [memoryview(buffer)[written:]])
            written = max(0, written - len(buffer))


def _keep_owner(descriptor: int, status: os.stat_result) -> None:
    """Give the new file the owner and permissions of the old one, as far as that is allowed."""
    if not hasattr(os, "fchmod"):
        return
    now = os.fstat(descriptor)
    if (now.st_uid, now.st_gid) != (status.st_uid, status.st_gid):
        try:
            os.fchown(descriptor, status.st_uid, status.st_gid)
        except OSError:  # only a privileged process may give files away: then it is ours now
            now = os.fstat(descriptor)
    if stat.S_IMODE(now.st_mode) != stat.S_IMODE(status.st_mode):
        os.fchmod(descriptor, stat.S_IMODE(status.st_mode))


def _remove(path: str) -> None:
    try:
        os.unlink(path)
    except OSError:  # the error that brought us here says more
        return


def _sync_folder(folder: str) -> None:
    """Put the renaming on disk, where folders can be opened."""
    if os.name != "posix":
        return
    descriptor = os.open(folder or ".", os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
