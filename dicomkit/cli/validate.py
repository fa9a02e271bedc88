"""``dicomkit validate``: what is wrong with files."""

from __future__ import annotations

import sys
from collections import Counter
from typing import TYPE_CHECKING

import click

from dicomkit.cli.console import bold, count, dim, printable
from dicomkit.cli.file_list import Tally, find_inputs
from dicomkit.cli.parameters import INPUT_PATH
from dicomkit.cli.progress import with_progress
from dicomkit.cli.words import uid_name
from dicomkit.encoding.options import ReadOptions
from dicomkit.errors import DICOMError
from dicomkit.file import read
from dicomkit.validation import Finding, Severity, check_file, is_known_sop_class

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["command"]


@click.command("validate", short_help="Say what is wrong with files.")
@click.argument("paths", metavar="PATH...", nargs=-1, required=True, type=INPUT_PATH)
@click.option("--errors", "only_errors", is_flag=True, help="Leave out warnings.")
@click.option("--summary", is_flag=True, help="Print each finding once, with the number of files that have it.")
@click.option("--force", is_flag=True, help="Read files without preamble or File Meta Information, too.")
def command(paths: tuple[str, ...], only_errors: bool, summary: bool, force: bool) -> int:
    """Say what is wrong with PATHs, files or folders, and where the Standard says so.

    Checked are VR, number, length, characters and meaning of values, private blocks, File Meta Information, the size of pixel data, and
    the attributes that the Standard requires (types 1 and 2) in the common images and structured reports. The exit code is 1 if there is
    any error; warnings alone are none.

    \b
    dicomkit validate image.dcm
    dicomkit validate archive --errors --summary
    """
    tally = Tally()
    counted: Counter[str] = Counter()
    unknown: Counter[str] = Counter()
    # What was not checked is said once, at the end.
    shown = {Severity.ERROR} if only_errors else {Severity.ERROR, Severity.WARNING}
    errors = 0
    found = find_inputs(paths)
    for one in with_progress(found, "Validating", len(found)):
        try:
            if one.error is not None:
                raise one.error
            options = ReadOptions(force=force)
            file = read(one.path, options)
            findings = [finding for finding in check_file(file, one.path, options) if finding.severity in shown]
        except (DICOMError, OSError) as error:
            tally.fail(one, error)
            continue
        tally.done += 1
        errors += any(finding.severity is Severity.ERROR for finding in findings)
        if not is_known_sop_class(file.data_set):
            unknown[uid_name(file.sop_class_uid)] += 1
        counted.update({str(finding) for finding in findings})
        if not summary:
            _show(one.path, findings, is_heading=len(found) > 1)
    if summary:
        for text, number in counted.most_common():
            click.echo(f"{number:>6,}  {printable(text)}")
    for name, number in unknown.items():
        click.echo(f"dicomkit: {count(number, 'file')} of {name}: the attributes it requires are not known, and were not checked", err=True)
    click.echo(f"{tally.words('checked')}, {errors:,} with errors", err=True)
    return 1 if errors or tally.failed or not tally.done else 0


def _show(path: str, findings: Sequence[Finding], *, is_heading: bool) -> None:
    if findings and is_heading:
        click.echo(bold(printable(path)))
    for finding in findings:
        text = printable(str(finding))
        margin = "  " if is_heading else ""
        click.echo(margin + (dim(text) if finding.severity is Severity.WARNING else text))
    sys.stdout.flush()
