"""The files that a verb goes through: those named, and the DICOM files below folders."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, NamedTuple

from dicomkit.cli.console import count, printable
from dicomkit.cli.entry import describe
from dicomkit.errors import DICOMError
from dicomkit.scanning import find_files, looks_like_dicom

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dicomkit.errors import SourceError

__all__ = ["Found", "Tally", "find_inputs"]


class Found(NamedTuple):
    """A file, its path below the folder it was found in, and why that could not be looked at."""

    path: str
    relative_path: str
    is_named: bool
    error: SourceError | None


def find_inputs(paths: Iterable[str]) -> list[Found]:
    """Return the files in the order of the paths; those of folders by name."""
    found = []
    for path in paths:
        is_folder = os.path.isdir(path)
        for name, error in find_files([path]):
            relative = os.path.relpath(name, path) if is_folder else os.path.basename(name)
            found.append(Found(name, relative, not is_folder, error))
    return found


class Tally:
    """Counts what became of files, and says what is wrong with one on stderr."""

    def __init__(self) -> None:
        self.done = self.failed = self.others = 0

    def fail(self, found: Found, error: DICOMError | OSError) -> None:
        """Take note of a file that was no use: one in a folder that is not DICOM is only counted."""
        if not found.is_named and isinstance(error, DICOMError) and not looks_like_dicom(error):
            self.others += 1
            return
        self.failed += 1
        words = describe(error)
        path = printable(found.path)
        print(f"dicomkit: error: {words if path in words else f'{path}: {words}'}", file=sys.stderr)

    def words(self, done: str) -> str:
        """Return the counts in words, with what was done to files."""
        parts = [f"{count(self.done, 'file')} {done}"]
        if self.failed:
            parts.append(f"{self.failed:,} failed")
        if self.others:
            parts.append(f"{self.others:,} not DICOM")
        return ", ".join(parts)
