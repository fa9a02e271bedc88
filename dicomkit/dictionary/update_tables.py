"""Rebuild ``data_elements.tsv`` and ``uids.tsv`` from the DocBook sources of PS3.6 and PS3.7.

    python -m dicomkit.dictionary.update_tables part06.xml part07.xml

The sources of each edition are published with the Standard, under ``source/docbook``. The next build takes up the new tables.
Private elements are not in the Standard: ``private_elements.tsv`` stays as it is.
"""

from __future__ import annotations

import argparse
import re
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["main", "read_data_elements", "read_edition", "read_uids", "table_rows"]

ELEMENT_TABLES = ("table_6-1", "table_7-1", "table_8-1", "table_9-1")
COMMAND_TABLES = ("table_E.1-1", "table_E.2-1")
RETIRED_COMMANDS = "table_E.2-1"
UID_TABLES = ("table_A-1", "table_A-2")
XML_ID = "{http://www.w3.org/XML/1998/namespace}id"
# Invisible characters that allow a line break inside a keyword, a name or a UID.
INVISIBLE = dict.fromkeys(map(ord, "\u00ad\u200b\u200c\u200d\u2060\ufeff"))
TAG = re.compile(r"\(([0-9A-Fx]{4}),([0-9A-Fx]{4})\)", re.IGNORECASE)


def local_name(element: ElementTree.Element) -> str:
    """Return the name of an XML element without its namespace."""
    return element.tag.rpartition("}")[2]


def cell_text(cell: ElementTree.Element) -> str:
    """Return the text of a table cell on one line, emphasis and invisible characters removed."""
    return " ".join("".join(cell.itertext()).translate(INVISIBLE).split())


def table_rows(book: ElementTree.Element, table_id: str) -> list[dict[str, str]]:
    """Return the rows of a table as cells by column heading; what stands in columns without a heading is "".

    Raises
    ------
    LookupError
        If the book has no such table.
    """
    table = next((element for element in book.iter() if element.get(XML_ID) == table_id), None)
    if table is None:
        raise LookupError(f"the document has no {table_id}")
    headings: list[str] = []
    rows = []
    for row in (element for element in table.iter() if local_name(element) == "tr"):
        cells = [element for element in row if local_name(element) in ("th", "td")]
        texts = [cell_text(cell) for cell in cells]
        if not headings:
            headings = texts
        else:
            by_heading = dict(zip_longest(headings, texts[: len(headings)], fillvalue=""))
            rows.append(by_heading | {"": " ".join([by_heading.get("", ""), *texts[len(headings) :]]).strip()})
    return rows


def read_edition(book: ElementTree.Element) -> str:
    """Return the edition that the subtitle names: 2026b of "DICOM PS3.6 2026b - Data Dictionary"."""
    for element in book.iter():
        if local_name(element) == "subtitle":
            found = re.search(r"PS3\.\d+ (\d{4}[a-z]?)", cell_text(element))
            if found:
                return found[1]
    raise LookupError("the document has no subtitle that names its edition")


def read_data_elements(part06: ElementTree.Element, part07: ElementTree.Element) -> list[tuple[str, ...]]:
    """Return tag, keyword, VR, VM, retired and name of every data element (PS3.6 6 to 9) and command element (PS3.7 E), sorted by tag."""
    rows = [_element(row, row[""]) for row in _rows(part06, ELEMENT_TABLES)]
    for table_id in COMMAND_TABLES:
        rows += [_element(row, "RET" if table_id == RETIRED_COMMANDS else "") for row in table_rows(part07, table_id)]
    return sorted({row[0]: row for row in rows if row}.values())


def _rows(book: ElementTree.Element, table_ids: Sequence[str]) -> Iterator[dict[str, str]]:
    for table_id in table_ids:
        yield from table_rows(book, table_id)


def _element(row: dict[str, str], mark: str) -> tuple[str, ...]:
    found = TAG.fullmatch(row.get("Tag", ""))
    if not found:
        return ()  # a row that spans the table with a remark
    tag = (found[1] + found[2]).upper().replace("X", "x")
    name = row.get("Name") or row.get("Message Field") or "Retired-blank"
    vr = row["VR"]
    if vr.startswith("See Note"):
        vr = "NONE"  # items and delimiters have none (PS3.5 7.5)
    elif not vr:
        vr = "OB"  # a few retired elements have lost theirs; bytes are always right
    multiplicity = row["VM"].split(" or ")[0] or "1"
    return tag, row["Keyword"], vr, multiplicity, "Y" if "RET" in mark else "N", name


def read_uids(part06: ElementTree.Element) -> list[tuple[str, ...]]:
    """Return UID, keyword, type, retired and name of every UID (PS3.6 Tables A-1 and A-2), sorted by UID."""
    uids = []
    for table_id in UID_TABLES:
        for row in table_rows(part06, table_id):
            uid = row.get("UID Value", "").replace(" ", "")
            if re.fullmatch(r"[0-9.]+", uid):
                uids.append(_uid(uid, row))
    return sorted(uids, key=lambda row: [int(component) for component in row[0].split(".")])


def _uid(uid: str, row: dict[str, str]) -> tuple[str, ...]:
    published = row["UID Name"]
    # "JPEG Baseline (Process 1): Default Transfer Syntax for ..." tells a role, "(Retired)" a state.
    name = published.replace("(Retired)", "").split(": Default")[0].strip()
    uid_type = row.get("UID Type", "Well-known frame of reference")
    return uid, row["UID Keyword"], uid_type, "Y" if "(Retired)" in published else "N", name


def write_table(path: Path, remark: str, headings: Sequence[str], rows: Sequence[tuple[str, ...]]) -> None:
    """Write a table: a remark, the headings, the rows."""
    lines = [f"# {remark}", "\t".join(headings), *("\t".join(row) for row in rows)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")


def main(arguments: Sequence[str] | None = None) -> None:
    """Rebuild the tables from the files named in ``arguments``."""
    parser = argparse.ArgumentParser(
        prog="python -m dicomkit.dictionary.update_tables", description="Rebuild the tables of PS3.6 and PS3.7."
    )
    parser.add_argument("part06", type=Path, help="part06.xml, the DocBook source of PS3.6")
    parser.add_argument("part07", type=Path, help="part07.xml, the DocBook source of PS3.7")
    parser.add_argument("--tables", type=Path, default=Path(__file__).parent / "tables", help="folder to write to (default: the package's)")
    options = parser.parse_args(arguments)
    part06 = ElementTree.parse(options.part06).getroot()
    part07 = ElementTree.parse(options.part07).getroot()
    elements, uids = read_data_elements(part06, part07), read_uids(part06)
    write_table(
        options.tables / "data_elements.tsv",
        f"PS3.6 {read_edition(part06)} and PS3.7 {read_edition(part07)} data elements. x = any hex digit (repeating groups, even only)",
        ("tag", "keyword", "vr", "vm", "retired", "name"),
        elements,
    )
    write_table(
        options.tables / "uids.tsv",
        f"PS3.6 {read_edition(part06)} registry of DICOM unique identifiers",
        ("uid", "keyword", "type", "retired", "name"),
        uids,
    )
    print(f"{len(elements)} data elements and {len(uids)} UIDs of PS3.6 {read_edition(part06)}")


if __name__ == "__main__":
    main()
