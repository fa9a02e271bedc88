"""A file as text, a line for each data element. No click in here: this has to start at once."""

from __future__ import annotations

import sys

from dicomkit.cli.console import has_color, printable
from dicomkit.display import NAME_WIDTH, SHOWN_BYTES, VALUE_WIDTH, element_name, format_value, walk
from dicomkit.errors import SourceError, SourceNotFoundError
from dicomkit.file import read

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import TextIO

    from dicomkit.element import DataElement
    from dicomkit.file import DICOMFile

__all__ = ["dump_plainly", "element_lines", "file_lines", "write_lines"]

WRONG_USAGE = 2
LINES_AT_A_TIME = 512
_DIM, _CYAN, _GREEN, _PLAIN = "\x1b[2m", "\x1b[36m", "\x1b[32m", "\x1b[0m"


def dump_plainly(path: str) -> int:
    """Print a file as ``dicomkit dump FILE`` does; return the exit code."""
    try:
        file = read(path)
    except SourceError as error:
        if not isinstance(error, SourceNotFoundError) and "folder" not in str(error.strerror):
            raise
        print(f"dicomkit: error: {printable(path)}: {error.strerror}", file=sys.stderr)
        return WRONG_USAGE
    write_lines(file_lines(path, file, is_colored=has_color(sys.stdout)), sys.stdout)
    return 0


def write_lines(lines: Iterable[str], stream: TextIO) -> None:
    """Write lines, many at a time: the stream may be a terminal, which is slow."""
    pending: list[str] = []
    for line in lines:
        pending.append(line)
        if len(pending) == LINES_AT_A_TIME:
            stream.write("\n".join(pending) + "\n")
            pending.clear()
    if pending:
        stream.write("\n".join(pending) + "\n")
    stream.flush()


def file_lines(path: str, file: DICOMFile, *, is_full: bool = False, is_colored: bool = False) -> Iterator[str]:
    """Return the lines of File Meta Information and data set, under a heading each."""
    dim = (_DIM, _PLAIN) if is_colored else ("", "")
    if len(file.file_meta_information):
        yield f"{dim[0]}# {printable(path)}: File Meta Information{dim[1]}"
        yield from element_lines(file.file_meta_information, is_full=is_full, is_colored=is_colored)
        yield ""
    yield f"{dim[0]}# Data set, {file.transfer_syntax.name}{dim[1]}"
    yield from element_lines(file.data_set, is_full=is_full, is_colored=is_colored)


def element_lines(elements: Iterable[DataElement], *, is_full: bool = False, is_colored: bool = False) -> Iterator[str]:
    """Return a line for each element, items indented below their sequence; values stay in one column.

    Parameters
    ----------
    is_full
        Cut neither text nor bytes.
    is_colored
        Use the escape codes of terminals.
    """
    value_width, shown_bytes = (sys.maxsize, sys.maxsize) if is_full else (VALUE_WIDTH, SHOWN_BYTES)
    for depth, element, number, count in walk(elements):
        margin = "    " * depth
        if element is None:
            heading = f"item {number} of {count}"
            yield f"{margin}  {_DIM}{heading}{_PLAIN}" if is_colored else f"{margin}  {heading}"
            continue
        width = max(NAME_WIDTH - len(margin), 0)
        name, value = element_name(element), format_value(element, value_width, shown_bytes)
        if is_colored:
            yield f"{margin}{_DIM}{element.tag}{_PLAIN} {_CYAN}{element.vr}{_PLAIN} {_GREEN}{name:<{width}}{_PLAIN} {value}".rstrip()
        else:
            yield f"{margin}{element.tag} {element.vr} {name:<{width}} {value}".rstrip()
