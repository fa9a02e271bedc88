"""Finding the files below folders, always in the same order."""

from __future__ import annotations

import os

from dicomkit.errors import SourceError, SourceNotFoundError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["find_files"]

# An index of the files beside it (PS3.10 8.6), which has no attributes of an image or a patient of its own.
DICOMDIR = "DICOMDIR"


def find_files(paths: Iterable[str | os.PathLike[str]], *, include_hidden: bool = False) -> Iterator[tuple[str, SourceError | None]]:
    """Find files: those named, and those below folders, by name, depth first.

    Folders are followed through symbolic links, each one once, so that loops end. Only regular files are taken from folders,
    none whose name begins with a dot, and no DICOMDIR; what is named itself is taken as it is.

    Parameters
    ----------
    paths
        Files and folders.
    include_hidden
        Take files and folders whose names begin with a dot, too.

    Yields
    ------
    tuple
        A path and None; or what could not be looked at, and why.
    """
    seen: set[tuple[int, int]] = set()
    for path in paths:
        name = os.fspath(path)
        if os.path.isdir(name):
            yield from _walk(name, seen, include_hidden)
        else:
            yield name, None


def _walk(root: str, seen: set[tuple[int, int]], include_hidden: bool) -> Iterator[tuple[str, SourceError | None]]:
    # A stack of what is still to be done and no recursion: folders nest as deep as file systems let them.
    pending: list[tuple[str, bool]] = [(root, True)]
    while pending:
        path, is_folder = pending.pop()
        if not is_folder:
            yield path, None
            continue
        try:
            status = os.stat(path)
            if (status.st_dev, status.st_ino) in seen:
                continue
            seen.add((status.st_dev, status.st_ino))
            pending += _entries(path, include_hidden)
        except OSError as error:
            kind = SourceNotFoundError if isinstance(error, FileNotFoundError) else SourceError
            yield path, kind(error.errno, error.strerror, path)


def _entries(folder: str, include_hidden: bool) -> list[tuple[str, bool]]:
    """Paths in a folder and whether each is a folder, the last one first."""
    found = []
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith(".") and not include_hidden:
                continue
            try:
                if entry.is_dir():
                    found.append((entry.name, True))
                elif entry.is_file() and entry.name != DICOMDIR:
                    found.append((entry.name, False))
            except OSError:  # a link that runs in circles: neither folder nor file
                continue
    found.sort(reverse=True)
    return [(os.path.join(folder, name), is_folder) for name, is_folder in found]
