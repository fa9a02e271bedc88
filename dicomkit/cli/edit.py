"""``dicomkit edit``: set and delete elements of files."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from dicomkit.cli.assignments import ASSIGNMENT, ELEMENT_PATH, delete_element
from dicomkit.cli.file_list import Found, Tally, find_inputs
from dicomkit.cli.parameters import INPUT_PATH
from dicomkit.cli.progress import with_progress
from dicomkit.encoding.options import ReadOptions
from dicomkit.encoding.write_options import WriteOptions
from dicomkit.errors import DICOMError
from dicomkit.file import read

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dicomkit.cli.assignments import Assignment
    from dicomkit.dataset import DataSet
    from dicomkit.element_path import ElementPath

__all__ = ["command"]


@click.command("edit", short_help="Set and delete elements of files.")
@click.argument("paths", metavar="PATH...", nargs=-1, required=True, type=INPUT_PATH)
@click.option("--set", "-s", "assignments", metavar="KEY=VALUE", multiple=True, type=ASSIGNMENT,
              help="Set an element; several values with backslashes between. Can be repeated.")  # fmt: skip
@click.option("--delete", "-d", "deletions", metavar="KEY", multiple=True, type=ELEMENT_PATH,
              help="Delete an element where it is there. Can be repeated.")  # fmt: skip
@click.option("--delete-private", is_flag=True, help="Delete all private elements, also in items.")
@click.option("--output", "-o", metavar="OUT", type=click.Path(path_type=str),
              help="Where to: a file, or a folder, which several files need; a new one for one file ends in a slash.")  # fmt: skip
@click.option("--in-place", is_flag=True, help="Write over the files themselves. Each is as before until its successor is complete.")
@click.option("--utf-8", "switch_to_utf_8", is_flag=True,
              help="Where a character does not fit into the file's character set, write all its text in UTF-8.")  # fmt: skip
@click.option("--lenient", is_flag=True, help="Write what was wrong in a file as it was, where else that is an error.")
@click.option("--force", is_flag=True, help="Read files without preamble or File Meta Information, too.")
def command(paths: tuple[str, ...], assignments: tuple[Assignment, ...], deletions: tuple[ElementPath, ...], delete_private: bool,
            output: str | None, in_place: bool, switch_to_utf_8: bool, lenient: bool, force: bool) -> int:  # fmt: skip
    """Set and delete elements of PATHs, files or folders, and write them to OUT. Everything else stays as it is, byte by byte.

    KEY is a keyword, a tag such as 0010,0010, or one in an item of a sequence, counted from 0: ReferencedImageSequence[0].KEY. Private
    elements whose VR nobody knows take it with a colon: 0009,1001:LO=VALUE. Deletions come first.

    \b
    dicomkit edit image.dcm --set PatientName=Doe^Jane --delete PatientBirthDate -o out.dcm
    dicomkit edit image.dcm -s 'RequestAttributesSequence[0].RequestedProcedureID=P7' -o out.dcm
    dicomkit edit study/ --set PatientID=4711 --delete-private -o anonymous/
    dicomkit edit study/ --set PatientID=4711 --in-place
    """
    if not (assignments or deletions or delete_private):
        raise click.UsageError("nothing to do: give --set, --delete or --delete-private")
    if in_place == (output is not None):
        raise click.UsageError("say where to write: either --output or --in-place")
    found = _without_repetitions(find_inputs(paths))
    targets = _targets_of(found, output, is_folder=len(paths) > 1 or os.path.isdir(paths[0]))
    options = WriteOptions(lenient=lenient, switch_to_utf_8=switch_to_utf_8)
    tally = Tally()
    for one, target in with_progress(zip(found, targets, strict=True), "Editing", len(found)):
        try:
            if one.error is not None:
                raise one.error
            file = read(one.path, ReadOptions(force=force))
            for path in deletions:
                delete_element(file, path)
            if delete_private:
                _delete_private(file.data_set)
            for assignment in assignments:
                assignment.apply_to(file)
            os.makedirs(os.path.dirname(target) or ".", exist_ok=True)
            file.write(target, options)
        except (DICOMError, OSError) as error:
            tally.fail(one, error)
        else:
            tally.done += 1
    click.echo(tally.words("edited"), err=True)
    return 1 if tally.failed or not tally.done else 0


def _without_repetitions(found: Sequence[Found]) -> list[Found]:
    """Return each file once, however often and by whichever names it is named."""
    by_place: dict[str, Found] = {}
    for one in found:
        by_place.setdefault(os.path.realpath(one.path), one)
    return list(by_place.values())


def _targets_of(found: Sequence[Found], output: str | None, *, is_folder: bool) -> list[str]:
    """Where each file goes: itself, OUT, or below it; no two to one place, and none over a file that is read."""
    if output is None:
        return [one.path for one in found]
    if is_folder or os.path.isdir(output) or not os.path.basename(output):  # a name that ends in a slash is a folder's
        if os.path.exists(output) and not os.path.isdir(output):
            raise click.UsageError(f"{output} is a file, and several files need a folder")
        targets = [os.path.join(output, one.relative_path) for one in found]
    else:
        targets = [output]
    if len(set(targets)) < len(targets):
        raise click.UsageError("two of the files have the same name, and would be written to one place")
    places = {os.path.realpath(one.path) for one in found}
    if any(os.path.realpath(target) in places for target in targets):
        raise click.UsageError("a file would be written over one that is read: that takes --in-place")
    return targets


def _delete_private(data_set: DataSet) -> None:
    """Delete private elements at all levels."""
    waiting = [data_set]
    while waiting:
        one = waiting.pop()
        for tag in one.tags:
            if tag.is_private:
                one.remove(tag)
            elif one.is_sequence(tag):
                waiting += one.sequence(tag) or []
