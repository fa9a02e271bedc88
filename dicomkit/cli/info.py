"""``dicomkit info``: what a person wants to know of files and folders."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from dicomkit.cli.card import card_lines
from dicomkit.cli.console import bold, count, dim, format_size, printable
from dicomkit.cli.parameters import INPUT_PATH
from dicomkit.cli.progress import with_progress
from dicomkit.cli.summary import ATTRIBUTES, Series, Summary, summarize
from dicomkit.cli.words import image_words, patient_words, plane_words, study_words, uid_name
from dicomkit.encoding.options import ReadOptions
from dicomkit.file import read
from dicomkit.scanning import scan

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["command", "summary_lines"]

SHOWN_ERRORS = 20


@click.command("info", short_help="Say what is in files and folders.")
@click.argument("paths", metavar="PATH...", nargs=-1, required=True, type=INPUT_PATH)
@click.option("--force", is_flag=True, help="Read files without preamble or File Meta Information, too.")
def command(paths: tuple[str, ...], force: bool) -> int:
    """Say what is in PATHs: of a file, what it shows and where; of folders, the patients, studies and series in them, with counts,
    sizes, geometry, transfer syntaxes, and what is wrong.

    \b
    dicomkit info image.dcm
    dicomkit info archive/2024 archive/2025
    """
    options = ReadOptions(force=force)
    if len(paths) == 1 and not os.path.isdir(paths[0]):
        file = read(paths[0], options.replace(partial=True))
        for line in card_lines(paths[0], file):
            click.echo(line)
        return 0 if file.error is None else 1
    summary = summarize(with_progress(scan(paths, ATTRIBUTES, skip_non_dicom=False, options=options), "Reading"))
    for line in summary_lines(summary):
        click.echo(line)
    return 1 if summary.errors or not summary.files else 0


def summary_lines(summary: Summary) -> Iterator[str]:
    """Return what was found, line by line."""
    parts = [count(summary.files, "file"), format_size(summary.size), count(len(summary.patients), "patient")]
    parts += [count(len(summary.studies), "study", "studies"), count(len(summary.series), "series", "series")]
    yield bold(", ".join(parts) if summary.files else "no DICOM files")
    for studies in summary.patients.values():
        yield ""
        for number, study in enumerate(studies.values()):
            all_series = sorted(study.values(), key=Series.order)
            first = all_series[0].rows[0]
            if number == 0:
                yield bold(patient_words(first))
            yield f"  {study_words(first)}"
            for series in all_series:
                yield from _series_lines(series)
    yield from _trouble_lines(summary)


def _series_lines(series: Series) -> Iterator[str]:
    first = series.rows[0]
    number = "?" if first["SeriesNumber"] is None else str(first["SeriesNumber"])
    names = [part for part in (first["Modality"], first["SeriesDescription"]) if part]
    yield f"    Series {bold(printable(number))}  {printable('  '.join(map(str, names)))}"
    stack = series.stack()
    rows = [("files", f"{len(series.rows):,}, {format_size(series.size)}")]
    if series.frames:
        rows.append(("images", image_words(first, series.frames)))
    if place := plane_words(first, stack):
        rows.append(("geometry", place))
    rows.append(("stored as", _names(series, "TransferSyntaxUID")))
    rows.append(("SOP class", _names(series, "SOPClassUID")))
    rows += [("problem", problem) for problem in series.problems(stack)]
    for name, text in rows:
        yield f"      {dim(f'{name:<10}')}{printable(text)}"


def _names(series: Series, keyword: str) -> str:
    """The UIDs of an attribute by name, with how often each comes if there are several."""
    found = series.values(keyword)
    return "; ".join(f"{number:,} {uid_name(uid)}" if len(found) > 1 else uid_name(uid) for uid, number in found.items())


def _trouble_lines(summary: Summary) -> Iterator[str]:
    if summary.others:
        yield ""
        yield f"{count(summary.others, 'other file')}, not DICOM"
    if summary.errors:
        yield ""
        yield bold(f"{count(len(summary.errors), 'file')} could not be read")
        for row in summary.errors[:SHOWN_ERRORS]:
            yield f"  {printable(row.path)}: {printable(str(row.error))}"
        if len(summary.errors) > SHOWN_ERRORS:
            yield f"  and {len(summary.errors) - SHOWN_ERRORS:,} more"
