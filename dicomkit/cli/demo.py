"""The demonstration of ``make demo``: list files, dump a header, render a picture, and say where it is.

    python -m dicomkit.cli.demo [--output FOLDER] [PATH...]
"""

from __future__ import annotations

import sys
import time
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

import dicomkit
from dicomkit.cli.console import bold, count, dim, format_size, printable
from dicomkit.cli.dump_text import element_lines
from dicomkit.cli.entry import describe, guard
from dicomkit.cli.group import run_command
from dicomkit.cli.info import summary_lines
from dicomkit.cli.progress import with_progress
from dicomkit.cli.summary import ATTRIBUTES, Summary, summarize
from dicomkit.encoding.options import ReadOptions
from dicomkit.errors import DICOMError, NoCodecError
from dicomkit.file import read
from dicomkit.scanning import scan

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dicomkit.file import DICOMFile
    from dicomkit.scanning import Row

__all__ = ["command"]

SHOWN_LINES = 40        # of the listing of an archive
SHOWN_ELEMENTS = 24     # of a header
TRIED_FILES = 200       # until one can be rendered
PICTURES = 2            # of different kinds: grey, and colour if there is some


@click.command()
@click.option("--output", "-o", metavar="FOLDER", default="demo-output", show_default=True, help="Where the samples and pictures go.")
@click.argument("paths", metavar="[PATH...]", nargs=-1)
def command(output: str, paths: tuple[str, ...]) -> int:
    """List the DICOM files in PATHs, dump the header of one, render a picture. Without PATHs, write a sample study first."""
    start = time.monotonic()
    folder = Path(output)
    folder.mkdir(parents=True, exist_ok=True)
    for path in paths:
        if not Path(path).exists():
            raise click.UsageError(f"{printable(path)}: there is no such file or folder")
    _title("dicomkit " + dicomkit.__version__)
    sources = paths or (_write_samples(folder),)
    summary = summarize(with_progress(scan(sources, ATTRIBUTES, skip_non_dicom=False), "Reading"))
    _title("What is there", "dicomkit info " + " ".join(sources))
    _print(summary_lines(summary), SHOWN_LINES)
    if not summary.files:
        click.echo("There is nothing to look into. Give files or folders: make demo DICOM=path/to/files")
        return 1
    candidates = _candidates(summary)
    first = candidates[0].path if candidates else _any_row(summary).path
    _title("One header", f"dicomkit dump {first}")
    file = read(first, ReadOptions(partial=True))
    _print(element_lines(file.data_set), SHOWN_ELEMENTS)
    _title("A picture", f"dicomkit render {first}")
    pictures = _render(candidates, folder)
    click.echo("")
    for picture in pictures:
        click.echo(f"Look at {bold(printable(str(picture)))}")
    if candidates and not pictures:
        click.echo("None of these images could be rendered.")
        return 1
    click.echo(dim(f"Done in {time.monotonic() - start:.1f} s. More: dicomkit --help, or in Python: import dicomkit"))
    return 0


def _title(text: str, how: str = "") -> None:
    click.echo(f"\n{bold('== ' + text + ' ==')}" + (f"  {dim('$ ' + printable(how))}" if how else ""))


def _print(lines: Iterable[str], shown: int) -> None:
    rest = iter(lines)
    for line in islice(rest, shown):
        click.echo(line)
    if hidden := sum(1 for _ in rest):
        click.echo(dim(f"... {count(hidden, 'more line')}"))


def _write_samples(folder: Path) -> str:
    from dicomkit.samples import write_samples  # lazy: start-up (it imports NumPy)

    samples = folder / "samples"
    paths = write_samples(samples)
    size = sum(Path(path).stat().st_size for path in paths)
    click.echo(f"Wrote a synthetic study to {printable(str(samples))}: {count(len(paths), 'file')}, {format_size(size)}")
    return str(samples)


def _any_row(summary: Summary) -> Row:
    return summary.series[0].rows[0]


def _candidates(summary: Summary) -> list[Row]:
    """Images, of each series the middle one first; then all others."""
    images = [sorted((row for row in series.rows if row["Rows"] is not None), key=_along) for series in summary.series]
    middles = [rows[len(rows) // 2] for rows in images if rows]
    return middles + [row for rows in images for row in rows]


def _along(row: Row) -> tuple[float, str]:
    position: Any = row["ImagePositionPatient"]
    height = position[2] if isinstance(position, list) and len(position) == 3 and isinstance(position[2], float) else 0.0
    return height, row.path


def _render(candidates: list[Row], folder: Path) -> list[Path]:
    """Render the first image that can be, and the first one of the other kind; say why others could not be."""
    written: dict[bool, Path] = {}
    refused: dict[str, int] = {}
    for row in candidates[:TRIED_FILES]:
        is_color = row["SamplesPerPixel"] == 3 or row["PhotometricInterpretation"] == "PALETTE COLOR"
        if is_color in written:
            continue
        try:
            written[is_color] = _render_middle(row.path, read(row.path), folder)
        except DICOMError as error:
            reason = describe(error) if isinstance(error, NoCodecError) else f"{printable(row.path)}: {describe(error)}"
            refused[reason] = refused.get(reason, 0) + 1
            continue
        if len(written) == PICTURES:
            break
    if not written and not candidates:
        click.echo("There is no image among these files.")
    for reason, times in list(refused.items())[:5]:
        click.echo(f"Not rendered: {reason}" + (f" ({count(times, 'file')})" if times > 1 else ""))
    return list(written.values())


def _render_middle(path: str, file: DICOMFile, folder: Path) -> Path:
    frame_index = (file.number_of_frames - 1) // 2
    picture = file.render_frame_with_stored_window(frame_index)
    target = folder / f"{Path(path).stem}.png"
    picture.to_png(target)
    window = None if file.is_color else file.window_settings(frame_index)
    how = "" if window is None else f", window {window.center:.6g}/{window.width:.6g}"
    frame = f", frame {frame_index + 1} of {file.number_of_frames}" if file.is_multi_frame else ""
    click.echo(f"{printable(path)}{frame}: {picture.shape[1]} x {picture.shape[0]} pixels{how} -> {printable(str(target))}")
    return target


if __name__ == "__main__":
    sys.exit(guard(lambda: run_command(command, sys.argv[1:], "demo")))
