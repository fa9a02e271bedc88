"""``dicomkit convert``: files in another transfer syntax."""

from __future__ import annotations

import os
from dataclasses import dataclass, fields
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from dicomkit.cli.console import count, format_size, printable
from dicomkit.cli.entry import describe
from dicomkit.cli.parameters import INPUT_PATH, TRANSFER_SYNTAX
from dicomkit.cli.progress import with_progress
from dicomkit.codecs import EncodeOptions
from dicomkit.encoding.options import ReadOptions
from dicomkit.errors import DICOMError, TargetError
from dicomkit.file import DICOMFile, read
from dicomkit.pixels.transcode import decode_frames
from dicomkit.pixels.transcode_encode import map_in_order
from dicomkit.scanning import find_files
from dicomkit.transfer_syntax import EXPLICIT_VR_LITTLE_ENDIAN

if TYPE_CHECKING:
    from dicomkit.transfer_syntax import TransferSyntax

__all__ = ["command"]

FAILED = 1
# Images of so many bytes once they are decoded are written frame by frame, not made in memory.
STREAMED_BYTES = 64 << 20
PREFIX, PREFIX_END = b"DICM", 132
_OPTIONS = tuple(field.name for field in fields(EncodeOptions) if field.name != "transfer_syntax_uid")


@click.command("convert", short_help="Write files in another transfer syntax.")
@click.argument("source", metavar="IN", type=INPUT_PATH)
@click.argument("target", metavar="OUT", type=click.Path(path_type=str))
@click.option("--to", "syntax", metavar="SYNTAX", required=True, type=TRANSFER_SYNTAX, help="Keyword, name or UID of a transfer syntax.")
@click.option("--quality", type=click.IntRange(1, 100), help="Of lossy JPEG and JPEG XL.")
@click.option("--psnr", metavar="DB", type=click.FloatRange(10, 150), help="Peak signal-to-noise ratio, of lossy JPEG 2000 and HTJ2K.")
@click.option("--ratio", "compression_ratio", metavar="RATIO", type=click.FloatRange(1, min_open=True),
              help="How many times as small the pixels get, at least; of lossy JPEG, JPEG 2000, HTJ2K and JPEG XL.")  # fmt: skip
@click.option("--maximum-error", metavar="N", type=click.IntRange(0, 255), help="Of near-lossless JPEG-LS.")
@click.option("--predictor", type=click.IntRange(1, 7), help="Of lossless JPEG.")
@click.option("--workers", "-w", metavar="N", type=click.IntRange(1, 64), default=os.cpu_count() or 1, show_default=True,
              help="Files, or frames of a single file, at a time.")  # fmt: skip
@click.option("--overwrite", is_flag=True, help="Replace files that are there already.")
@click.option("--force", is_flag=True, help="Read files without preamble or File Meta Information, too.")
def command(source: str, target: str, syntax: TransferSyntax, workers: int, overwrite: bool, force: bool, **options: Any) -> int:
    """Write the file IN, or all DICOM files in the folder IN, to OUT in another transfer syntax.

    Pixels are decoded and encoded as that takes. A lossy syntax makes new instances, derived from those in IN. Files without Pixel Data
    become Explicit VR Little Endian where SYNTAX is for compressed pixels.

    A file that fails is named with the reason, the others are written, and the exit code is 1. No file is written half.

    \b
    dicomkit convert image.dcm small.dcm --to JPEG2000Lossless
    dicomkit convert study/ study-j2k/ --to HTJ2KLossless
    dicomkit convert study/ preview/ --to JPEG2000 --ratio 15
    dicomkit convert compressed/ native/ --to ExplicitVRLittleEndian
    """
    chosen = {name: options[name] for name in _OPTIONS if options.get(name) is not None}
    if chosen and not syntax.is_encapsulated:
        raise click.UsageError(f"{syntax.name} has no encoder to be told {', '.join(sorted(chosen))}")
    jobs = _Jobs(source, target)
    single = len(jobs.pairs) == 1
    convert = _Converter(syntax, chosen, workers if single else 1, overwrite, ReadOptions(force=force, defer_larger_than=STREAMED_BYTES))
    tally = _Tally(jobs.unreadable)
    results = map_in_order(partial(_attempt, convert), jobs.pairs, 1 if single else workers)
    for result in with_progress(results, "Converting", len(jobs.pairs)):
        tally.add(result, is_named=jobs.is_file)
    click.echo(tally.words(), err=True)
    return FAILED if tally.failed or not tally.written else 0


@dataclass(frozen=True, slots=True)
class _Result:
    """What came of a file: its sizes, or why it was not written."""

    path: str
    size: int = 0
    written_size: int = 0
    has_pixels: bool = True
    error: Exception | None = None
    is_dicom: bool = True


class _Jobs:
    """Which file goes where."""

    def __init__(self, source: str, target: str) -> None:
        self.is_file = not os.path.isdir(source)
        self.unreadable = 0
        self.pairs: list[tuple[str, str]] = []
        if self.is_file:
            self.pairs.append((source, os.path.join(target, os.path.basename(source)) if os.path.isdir(target) else target))
            return
        if os.path.isfile(target):
            raise click.UsageError("IN is a folder, and OUT a file")
        for path, error in find_files([source]):      # all of them before the first is written: OUT may lie in IN
            if error is not None:
                self.unreadable += 1
                click.echo(f"dicomkit: error: {describe(error)}", err=True)
            else:
                self.pairs.append((path, os.path.join(target, os.path.relpath(path, source))))


@dataclass(frozen=True, slots=True)
class _Converter:
    """Reads a file, transcodes it, and writes it."""

    syntax: TransferSyntax
    options: dict[str, Any]
    workers: int
    overwrite: bool
    read_options: ReadOptions

    def convert(self, source: str, target: str) -> _Result:
        file = read(source, self.read_options)
        if os.path.exists(target) and not self.overwrite:
            raise TargetError(f"{target} is there already; --overwrite replaces it")
        os.makedirs(os.path.dirname(os.path.abspath(target)), exist_ok=True)
        has_pixels = "PixelData" in file
        syntax = self.syntax if has_pixels or not self.syntax.is_encapsulated else EXPLICIT_VR_LITTLE_ENDIAN
        if has_pixels and file.transfer_syntax.is_encapsulated and not syntax.is_encapsulated and _is_large(file):
            self._write_streamed(file, target)
        else:
            file.transcode(syntax, workers=self.workers, **(self.options if syntax.is_encapsulated else {})).write(target)
        return _Result(source, os.path.getsize(source), os.path.getsize(target), has_pixels)

    def _write_streamed(self, file: DICOMFile, target: str) -> None:
        """Write decoded frames as they come."""
        twin = file.copy()
        twin.data_set, frames = decode_frames(file.data_set, file.transfer_syntax, workers=self.workers)
        twin.transfer_syntax = self.syntax
        twin.write(target, frames=frames)


def _attempt(converter: _Converter, pair: tuple[str, str]) -> _Result:
    try:
        return converter.convert(*pair)
    except (DICOMError, OSError) as error:
        return _Result(pair[0], error=error, is_dicom=_has_prefix(pair[0]))


def _has_prefix(path: str) -> bool:
    """Whether a file has the prefix of PS3.10 7.1; one that cannot be read is not left out silently."""
    try:
        with open(path, "rb") as file:
            return file.read(PREFIX_END).endswith(PREFIX)
    except OSError:
        return True


def _is_large(file: DICOMFile) -> bool:
    descriptor = file.pixel_data_descriptor()
    return descriptor is not None and descriptor.native_total_bytes > STREAMED_BYTES


class _Tally:
    """Counts what was done, and tells what was not."""

    def __init__(self, failed: int) -> None:
        self.failed = failed
        self.written = self.others = self.without_pixels = self.size = self.written_size = 0

    def add(self, result: _Result, *, is_named: bool) -> None:
        if not result.is_dicom and not is_named:
            self.others += 1
        elif result.error is not None:
            self.failed += 1
            click.echo(f"dicomkit: error: {printable(result.path)}: {describe(result.error)}", err=True)
        else:
            self.written += 1
            self.without_pixels += not result.has_pixels
            self.size += result.size
            self.written_size += result.written_size

    def words(self) -> str:
        parts = [f"{count(self.written, 'file')} converted"]
        if self.written:
            parts[0] += f", {format_size(self.size)} to {format_size(self.written_size)}"
        if self.without_pixels:
            parts.append(f"{self.without_pixels:,} of them without pixels")
        if self.failed:
            parts.append(f"{self.failed:,} failed")
        if self.others:
            parts.append(f"{self.others:,} not DICOM")
        return ", ".join(parts)
