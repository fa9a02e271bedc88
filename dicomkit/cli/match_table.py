"""Tables of what a query found. UIDs are what the next query needs: they are never cut."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, TextIO

from dicomkit.cli.console import bold, dim
from dicomkit.cli.text_table import write_text_table

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["write_match_table"]

GAP = "  "
LEAST_WIDTH = 4
READABLE_WIDTH = 12     # of a name or description that is cut; dates and times are shorter
INDENT = "    "


def write_match_table(
    names: Sequence[str], rows: Sequence[Sequence[str]], stream: TextIO, *, whole: Sequence[int] = (), spare: Sequence[int] = ()
) -> list[int]:
    """Write a table, a line for each row; return the numbers of the columns that are left out.

    On a terminal on which it does not fit, what must stay whole has a line of its own below its row, then columns that can be spared are
    left out until the others are readable, and these are cut.

    Parameters
    ----------
    names
        The headings.
    rows
        A cell for each heading, with nothing in it that could steer a terminal. No column is empty.
    whole
        Numbers of columns that are never cut.
    spare
        Numbers of columns that can be left out, those first that can be spared most.
    """
    if not stream.isatty():
        write_text_table(names, rows, stream)
        return []
    room = shutil.get_terminal_size().columns
    shown = list(range(len(names)))
    widths = {column: _width(row[column] for row in [names, *rows]) for column in shown}
    below: Sequence[int] = []
    if _total(widths) > room:
        below = whole
        # A heading says less than a value does: it is as wide as its values need.
        widths = {column: _width(row[column] for row in rows) for column in shown if column not in below}
        shown = _spared(widths, spare, room)
        headings = {column: max(widths[column], _width([names[column]])) for column in shown}
        widths = _shrunk(headings, {column: max(LEAST_WIDTH, widths[column]) for column in shown}, room)
        widths = _shrunk(widths, dict.fromkeys(shown, LEAST_WIDTH), room)
    if shown:
        stream.write(bold(_line(names, widths, shown)) + "\n")
    for row in rows:
        if shown:
            stream.write(_line(row, widths, shown) + "\n")
        if below:
            stream.write(dim(INDENT + " ".join(f"{names[column]}={row[column]}" for column in below if row[column])) + "\n")
    return [column for column in range(len(names)) if column not in shown and column not in below]


def _width(cells: Iterable[str]) -> int:
    from rich.cells import cell_len  # lazy: start-up

    return max(map(cell_len, cells))


def _total(widths: dict[int, int]) -> int:
    return sum(widths.values()) + len(GAP) * (len(widths) - 1)


def _spared(widths: dict[int, int], spare: Sequence[int], room: int) -> list[int]:
    """The columns that are left when as many are left out as the others need to be readable."""
    needed = {column: min(READABLE_WIDTH, max(LEAST_WIDTH, width)) for column, width in widths.items()}
    for column in spare:
        if _total(needed) <= room:
            break
        needed.pop(column, None)
    return list(needed)


def _shrunk(widths: dict[int, int], least: dict[int, int], room: int) -> dict[int, int]:
    """Take from the widest columns until all fit, or each is as narrow as it may be."""
    shrunk = {column: min(width, max(room, least[column])) for column, width in widths.items()}
    while _total(shrunk) > room:
        wide = [column for column, width in shrunk.items() if width > least[column]]
        if not wide:
            break
        shrunk[max(wide, key=shrunk.__getitem__)] -= 1
    return shrunk


def _line(row: Sequence[str], widths: dict[int, int], shown: Sequence[int]) -> str:
    return GAP.join(_fitted(row[column], widths[column]) for column in shown).rstrip()


def _fitted(cell: str, width: int) -> str:
    from rich.cells import cell_len, set_cell_size  # lazy: start-up

    return set_cell_size(cell if cell_len(cell) <= width else set_cell_size(cell, width - 1).rstrip() + "…", width)
