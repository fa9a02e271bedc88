"""``dicomkit scan``: attributes of many files as a table."""

from __future__ import annotations

import csv
import json
import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TextIO

import click

from dicomkit.cli.console import count, printable
from dicomkit.cli.parameters import ATTRIBUTE, INPUT_PATH
from dicomkit.cli.progress import with_progress
from dicomkit.cli.text_table import write_text_table
from dicomkit.encoding.options import ReadOptions
from dicomkit.scanning import DEFAULT_ATTRIBUTES, Row, find_files, plain_value, scan
from dicomkit.scanning.rows import Columns
from dicomkit.scanning.scanner import WORKERS
from dicomkit.scanning.tables import make_arrow_table

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dicomkit.tag import Tag

__all__ = ["command"]

_SUFFIXES = {".csv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".parquet": "parquet", ".txt": "text"}


@click.command("scan", short_help="Make a table of attributes of many files.")
@click.argument("paths", metavar="FOLDER...", nargs=-1, required=True, type=INPUT_PATH)
@click.option("--attribute", "-a", "attributes", metavar="KEY", multiple=True, type=ATTRIBUTE,
              help="Keyword or tag of a column. Can be repeated; by default what tells patients, series and images apart.")  # fmt: skip
@click.option("--format", "-f", "form", type=click.Choice(["text", "csv", "jsonl", "parquet"]),
              help="By default what OUTPUT's name says, else text.")  # fmt: skip
@click.option("--output", "-o", metavar="FILE", type=click.Path(dir_okay=False, path_type=str), help="Where to, instead of stdout.")
@click.option("--workers", "-w", type=click.IntRange(1, 64), default=WORKERS, show_default=True, help="Threads that read ahead.")
@click.option("--force", is_flag=True, help="Read files without preamble or File Meta Information, too.")
@click.option("--hidden", is_flag=True, help="Take files and folders whose names begin with a dot, too.")
def command(paths: tuple[str, ...], attributes: tuple[Tag, ...], form: str | None, output: str | None, workers: int, force: bool,
            hidden: bool) -> int:  # fmt: skip
    """Make a table of attributes of all files in FOLDERs: a row for each file, in the order of paths, with its path first and what is
    wrong with it last. Only the beginning of each file is read.

    Files that are not DICOM are left out, and counted. The exit code is 1 if a DICOM file could not be read.

    \b
    dicomkit scan archive
    dicomkit scan archive -a PatientID -a StudyDate -a 0018,0050 --format csv > table.csv
    dicomkit scan archive -o table.parquet
    """
    form = form or _SUFFIXES.get(os.path.splitext(output or "")[1].lower(), "text")
    if form == "parquet" and output is None:
        raise click.UsageError("--format parquet needs --output")
    columns = Columns(attributes or DEFAULT_ATTRIBUTES)
    total = None
    targets: Iterable[str] = paths
    if sys.stderr.isatty():         # a bar needs to know how long it is
        targets = [path for path, _ in find_files(paths, include_hidden=hidden)]
        total = len(targets)
    found = scan(
        targets, columns.tags, workers=workers, skip_non_dicom=False, include_hidden=hidden, options=ReadOptions(force=force)
    )
    tally = _Tally()
    rows = tally.count(with_progress(found, "Scanning", total))
    if form == "parquet":
        _write_parquet(rows, columns, str(output))
    else:
        with _opened(output) as stream:
            _WRITERS[form](rows, ("path", *columns.names, "error"), stream)
    click.echo(tally.words(), err=True)
    return 1 if tally.errors else 0


class _Tally:
    """Counts the rows that pass by, and lets only those of DICOM files through."""

    def __init__(self) -> None:
        self.files = self.errors = self.others = 0

    def count(self, rows: Iterable[Row]) -> Iterator[Row]:
        for row in rows:
            if not row.is_dicom:
                self.others += 1
                continue
            self.files += 1
            self.errors += row.error is not None
            yield row

    def words(self) -> str:
        parts = [count(self.files, "file")]
        if self.errors:
            parts.append(f"{self.errors:,} of them with errors")
        if self.others:
            parts.append(f"{self.others:,} not DICOM")
        return ", ".join(parts)


@contextmanager
def _opened(output: str | None) -> Iterator[TextIO]:
    if output is None:
        yield sys.stdout
    else:
        with open(output, "w", encoding="utf-8", errors="backslashreplace", newline="") as stream:
            yield stream


def _error(row: Row) -> str | None:
    return None if row.error is None else f"{type(row.error).__name__}: {row.error}"


def _cell(value: Any) -> str:
    """A value as text: several with backslashes between, bytes in hexadecimal."""
    plain = plain_value(value)
    if isinstance(plain, list):
        return "\\".join(map(_cell, plain))
    return "" if plain is None else plain.hex() if isinstance(plain, bytes) else str(plain)


def _write_csv(rows: Iterable[Row], names: tuple[str, ...], stream: TextIO) -> None:
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(names)
    writer.writerows([row.path, *map(_cell, row.values), _error(row) or ""] for row in rows)


def _write_json_lines(rows: Iterable[Row], names: tuple[str, ...], stream: TextIO) -> None:
    for row in rows:
        values = [row.path, *map(_plain_json, row.values), _error(row)]
        stream.write(json.dumps(dict(zip(names, values, strict=True)), ensure_ascii=False) + "\n")


def _plain_json(value: Any) -> Any:
    """A value as JSON has it: bytes in hexadecimal, and numbers that are none (NaN, infinity) as text."""
    plain = plain_value(value)
    if isinstance(plain, list):
        return [_plain_json(part) for part in plain]
    if isinstance(plain, float) and (plain != plain or plain in (float("inf"), float("-inf"))):
        return str(plain)
    return plain.hex() if isinstance(plain, bytes) else plain


def _write_text(rows: Iterable[Row], names: tuple[str, ...], stream: TextIO) -> None:
    cells = ([printable(cell) for cell in (row.path, *map(_cell, row.values), _error(row) or "")] for row in rows)
    write_text_table(names, cells, stream)


def _write_parquet(rows: Iterable[Row], columns: Columns, path: str) -> None:
    table = make_arrow_table(rows, columns)
    import pyarrow.parquet  # lazy: start-up, and an extra

    pyarrow.parquet.write_table(table, path)


_WRITERS = {"csv": _write_csv, "jsonl": _write_json_lines, "text": _write_text}
