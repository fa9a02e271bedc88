"""``dicomkit diff``: what differs between two files, or the files of two folders."""

from __future__ import annotations

import filecmp
import os
import sys
from typing import TYPE_CHECKING

import click

from dicomkit.cli.console import count, has_color, printable
from dicomkit.cli.dump_text import write_lines
from dicomkit.cli.entry import describe
from dicomkit.cli.file_list import find_inputs
from dicomkit.cli.parameters import ATTRIBUTE, INPUT_PATH
from dicomkit.cli.progress import with_progress
from dicomkit.comparison import Change, Difference, diff
from dicomkit.display import SHOWN_BYTES, VALUE_WIDTH, format_value
from dicomkit.encoding.options import ReadOptions
from dicomkit.errors import DICOMError
from dicomkit.file import DICOMFile, read
from dicomkit.scanning import looks_like_dicom

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dicomkit.element import DataElement
    from dicomkit.tag import Tag

__all__ = ["command"]

_RED, _GREEN, _PLAIN = "\x1b[31m", "\x1b[32m", "\x1b[0m"


@click.command("diff", short_help="Say what differs between two files or folders.")
@click.argument("first", metavar="A", type=INPUT_PATH)
@click.argument("second", metavar="B", type=INPUT_PATH)
@click.option("--ignore", "-i", "ignored", metavar="KEY", multiple=True, type=ATTRIBUTE, help="Let this element differ. Can be repeated.")
@click.option("--meta", "with_meta", is_flag=True, help="Compare File Meta Information, too.")
@click.option("--pixels", "decode_pixels", is_flag=True, help="Take pixel data for the same if it is so once it is decoded.")
@click.option("--full", "is_full", is_flag=True, help="Cut no values: neither text, nor bytes.")
@click.option("--force", is_flag=True, help="Read files without preamble or File Meta Information, too.")
def command(first: str, second: str, ignored: tuple[Tag, ...], with_meta: bool, decode_pixels: bool, is_full: bool, force: bool) -> int:
    """Say what differs between A and B, two files or two folders, whose files are compared by name.

    Lines with - are elements of A, those with + of B. Encodings of data sets don't count: transfer syntaxes and lengths of sequences. The
    exit code is 0 if there is no difference, and 1 if there is any or a file could not be read.

    \b
    dicomkit diff before.dcm after.dcm
    dicomkit diff before.dcm after.dcm --ignore SOPInstanceUID --ignore 0008,0012
    dicomkit diff compressed/ decoded/ --pixels
    """
    if os.path.isdir(first) != os.path.isdir(second):
        raise click.UsageError("one of the two is a folder: compare files with files, folders with folders")
    comparison = _Comparison(ignored, with_meta, decode_pixels, is_full, ReadOptions(force=force))
    if not os.path.isdir(first):
        try:
            write_lines(comparison.lines_of(first, second), sys.stdout)
        except DICOMError as error:
            click.echo(f"dicomkit: error: {comparison.problem_of(error)}", err=True)
            return 1
    else:
        write_lines(comparison.lines_of_folders(first, second), sys.stdout)
        click.echo(f"{count(comparison.files, 'file')} compared, {comparison.differing:,} not the same", err=True)
    return 1 if comparison.differing else 0


class _Comparison:
    """Makes the lines for pairs of files, and counts those that differ."""

    def __init__(self, ignored: tuple[Tag, ...], with_meta: bool, decode_pixels: bool, is_full: bool, options: ReadOptions) -> None:
        self.ignored = ignored
        self.with_meta = with_meta
        self.decode_pixels = decode_pixels
        self.cut = (sys.maxsize, sys.maxsize) if is_full else (VALUE_WIDTH, SHOWN_BYTES)
        self.options = options
        self.is_colored = has_color(sys.stdout)
        self.files = self.differing = 0
        self.reading = ""

    def lines_of(self, first: str, second: str) -> Iterator[str]:
        """The lines of two files."""
        one, other = self.read(first), self.read(second)
        self.reading = f"{first} or {second}"  # in which pixels may be damaged
        self.files += 1
        found: list[Difference] = []
        if self.with_meta:
            found += diff(one.file_meta_information, other.file_meta_information, ignore=self.ignored)
        found += diff(one, other, ignore=self.ignored, decode_pixels=self.decode_pixels)
        if found:
            self.differing += 1
            yield self.styled(f"--- {printable(first)}", _RED)
            yield self.styled(f"+++ {printable(second)}", _GREEN)
        for difference in found:
            if difference.before is not None:
                yield self.styled(self.line("-", difference, difference.before), _RED)
            if difference.after is not None:
                yield self.styled(self.line("+", difference, difference.after), _GREEN)

    def read(self, path: str) -> DICOMFile:
        self.reading = path
        return read(path, self.options)

    def problem_of(self, error: DICOMError | OSError) -> str:
        """What went wrong, and with which of the two files."""
        words = describe(error)
        path = printable(self.reading)
        return words if path in words else f"{path}: {words}"

    def lines_of_folders(self, first: str, second: str) -> Iterator[str]:
        """The lines of the files of two folders, by name."""
        names = [{found.relative_path for found in find_inputs([folder])} for folder in (first, second)]
        everything = sorted(names[0] | names[1])
        for name in with_progress(everything, "Comparing", len(everything)):
            pair = os.path.join(first, name), os.path.join(second, name)
            if name not in names[0] or name not in names[1]:
                self.differing += 1
                yield self.styled(f"only in {printable(first if name in names[0] else second)}: {printable(name)}", _RED)
                continue
            try:
                yield from self.lines_of(*pair)
            except (DICOMError, OSError) as error:
                is_dicom = not isinstance(error, DICOMError) or looks_like_dicom(error)
                if is_dicom or not filecmp.cmp(*pair, shallow=False):
                    self.differing += 1
                    problem = self.problem_of(error) if is_dicom else f"{printable(name)}: not DICOM, and not the same"
                    yield self.styled(problem, _RED)

    def line(self, sign: str, difference: Difference, element: DataElement) -> str:
        if element.is_sequence and difference.change is Change.VALUE:
            return f"{sign} {difference.path} {element.tag} SQ {count(element.sequence_item_count, 'item')}"
        name = printable(str(difference.path))
        place = name if name.endswith(str(element.tag)) else f"{name} {element.tag}"
        return f"{sign} {place} {element.vr} {format_value(element, *self.cut)}".rstrip()

    def styled(self, text: str, color: str) -> str:
        return f"{color}{text}{_PLAIN}" if self.is_colored else text
