"""``dicomkit dump``: every data element of a file."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dicomkit.cli.console import has_color, printable
from dicomkit.cli.dump_text import element_lines, file_lines, write_lines
from dicomkit.cli.parameters import ATTRIBUTE, INPUT_FILE
from dicomkit.encoding.options import ReadOptions
from dicomkit.file import read
from dicomkit.json_model import json_lines

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from dicomkit.element import DataElement
    from dicomkit.file import DICOMFile
    from dicomkit.tag import Tag

__all__ = ["command"]

FILE_META_GROUP = 0x0002
INLINE_BYTES = 1024


@click.command("dump", short_help="Print every data element of a file.")
@click.argument("path", metavar="FILE", type=INPUT_FILE)
@click.option("--json", "is_json", is_flag=True, help="Print the DICOM JSON Model (PS3.18 F) instead of text.")
@click.option("--full", "is_full", is_flag=True, help="Cut no values: neither text, nor bytes.")
@click.option("--tag", "-t", "keys", metavar="KEY", multiple=True, type=ATTRIBUTE, help="Print only this element. Can be repeated.")
@click.option("--force", is_flag=True, help="Read files without preamble or File Meta Information, too.")
@click.option("--partial", is_flag=True, help="Of a damaged file, print what comes before the damage.")
def command(path: str, is_json: bool, is_full: bool, keys: tuple[Tag, ...], force: bool, partial: bool) -> int:
    """Print every data element of FILE: tag, VR, name, value.

    Values of bytes are cut after 16, text after 120 characters, unless --full. With --json, values of more than 1024 bytes are
    referred to (BulkDataURI), unless --full.

    \b
    dicomkit dump image.dcm
    dicomkit dump image.dcm -t PatientName -t 0018,0050
    dicomkit dump --json image.dcm | jq '."00100010"'
    dicomkit dump --partial broken.dcm
    """
    file = read(path, ReadOptions(force=force, partial=partial))
    missing = [key for key in keys if key not in file.data_set and key not in file.file_meta_information]
    is_colored = has_color(sys.stdout)
    if is_json:
        lines = json_lines(_selected(file, keys) if keys else file.data_set, _uri_finder(path, is_full))
    elif keys:
        lines = element_lines(_selected(file, keys), is_full=is_full, is_colored=is_colored)
    else:
        lines = file_lines(path, file, is_full=is_full, is_colored=is_colored)
    write_lines(lines, sys.stdout)
    for key in missing:
        click.echo(f"dicomkit: error: {printable(path)} has no {key}", err=True)
    if file.error is not None:
        click.echo(f"dicomkit: error: {printable(path)}: {file.error}", err=True)
    return 1 if missing or file.error is not None else 0


def _selected(file: DICOMFile, keys: Sequence[Tag]) -> Iterator[DataElement]:
    for key in sorted(set(keys)):
        source = file.file_meta_information if key.group == FILE_META_GROUP else file.data_set
        if key in source:
            yield source[key]


def _uri_finder(path: str, is_full: bool) -> Callable[[DataElement, str], str | None]:
    """Return what says where large values are: in this file, with the attribute's path as fragment. Fragments have no other form."""
    file_uri = Path(path).resolve().as_uri()

    def find_uri(element: DataElement, place: str) -> str | None:
        is_inline = is_full or element.value_length <= INLINE_BYTES
        return None if is_inline and not element.has_undefined_length else f"{file_uri}#{place}"

    return find_uri
