"""Files that are complete or not there at all (PS3.10 8)."""

from __future__ import annotations

import errno
import os
import stat

from dicomkit.errors import DICOMError, TargetError

TYPE_CHECKING = False  # typing's own costs 8 ms at start-up
if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["write_file"]

CREATE_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
WRITE_FLAGS = os.O_WRONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
PERMISSIONS = 0o666  # less the process's umask
ATTEMPTS = 100
LONGEST_NAME = 200  # of a file, in bytes; 255 is what most systems allow, and ours adds to it


def write_file(path: str | os.PathLike[str], chunks: Iterable[bytes | memoryview], *, fsync: bool = False) -> None:
    """Write a file so that its path always leads to the old file or the whole new one.

    A temporary file in the same folder is renamed when it is complete. Permissions of a file that is replaced are kept; a symbolic link
    still leads where it led. What is no regular file, a pipe or ``/dev/stdout``, is written as it comes.

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
    target = os.path.realpath(path)
    try:
        status = _status(target)
        if status is not None and stat.S_ISDIR(status.st_mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        if status is not None and not stat.S_ISREG(status.st_mode):
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


def _status(target: str) -> os.stat_result | None:
    try:
        return os.stat(target)
    except FileNotFoundError:
        return None


def _replace(target: str, status: os.stat_result | None, chunks: Iterable[bytes | memoryview], fsync: bool) -> None:
    descriptor, temporary = _create(target)
    try:
        try:
            _write_chunks(descriptor, chunks)
            if status is not None:
                _keep_owner(descriptor, status)
            if fsync:
                os.fsync(descriptor)
        finally:
            os.close(descriptor)  # and some systems say only here that the disk is full
        os.replace(temporary, target)
    except BaseException:
        _remove(temporary)
        raise
    if fsync:
        _sync_folder(os.path.dirname(target))


def _create(target: str) -> tuple[int, str]:
    """Open a new file beside the target, under a name that nobody has."""
    folder, name = os.path.split(target)
    while len(os.fsencode(name)) > LONGEST_NAME:
        name = name[:-1]
    for _ in range(ATTEMPTS):
        temporary = os.path.join(folder, f".{name}.{os.urandom(6).hex()}.unfinished")
        try:
            return os.open(temporary, CREATE_FLAGS, PERMISSIONS), temporary
        except FileExistsError:
            continue
    raise FileExistsError(errno.EEXIST, "no free name for a temporary file")


def _write_chunks(descriptor: int, chunks: Iterable[bytes | memoryview]) -> None:
    for chunk in chunks:
        written = os.write(descriptor, chunk)
        if written < len(chunk):
            view = memoryview(chunk)
            while written < len(view):  # a signal, a pipe, or more than 2 GiB
                written += os.write(descriptor, view[written:])


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
