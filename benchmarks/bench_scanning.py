"""Scanning: a folder of files to a table."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from benchmarks.harness import Answer, Budget, Row, Subject
from benchmarks.inputs import FILES_PER_SERIES, SCAN_ATTRIBUTES, SCAN_FILES, Inputs
from benchmarks.peers import dicomkit, dicomsdl, gdcm, pydicom

PIXEL_DATA = 0x7FE00010


def rows(inputs: Inputs, is_quick: bool) -> list[Row]:
    """Return the rows of this room; a quick run scans one series only."""
    folder = inputs.series() / "series_00" if is_quick else inputs.series()
    return [scan_row(folder, FILES_PER_SERIES if is_quick else SCAN_FILES)]


def find_files(folder: Path) -> list[str]:
    """List the files below a folder, as a script around a peer does."""
    return sorted(os.path.join(where, name) for where, _, names in os.walk(folder) for name in names)


def scan_row(root: Path, files: int) -> Row:
    """Take 15 attributes of each file below a folder into a list of rows."""
    keywords = SCAN_ATTRIBUTES

    def ours() -> list[Any]:
        return list(dicomkit.scan(root, attributes=keywords, workers=1))

    def by_pydicom() -> list[Any]:
        table = []
        for path in find_files(root):
            data_set = pydicom.dcmread(path, stop_before_pixels=True, specific_tags=keywords)
            table.append([data_set.get(keyword) for keyword in keywords])
        return table

    def by_dicomsdl() -> list[Any]:
        return [dicomsdl.open(path, load_until=PIXEL_DATA - 1).getValues(keywords) for path in find_files(root)]

    def by_gdcm() -> list[Any]:
        names, scanner = find_files(root), gdcm.Scanner()
        tags = [tag_of_gdcm(keyword) for keyword in keywords]
        for tag in tags:
            scanner.AddTag(tag)
        if not scanner.Scan(names):
            raise OSError(f"GDCM cannot scan {root}")
        return [[scanner.GetValue(name, tag) for tag in tags] for name in names]

    def total(table: Any) -> Answer:
        column = keywords.index
        return {
            "files": len(table),
            "series": len({str(row[column("SeriesInstanceUID")]).rstrip("\0") for row in table}),
            "images": len({str(row[column("SOPInstanceUID")]).rstrip("\0") for row in table}),
            "instance numbers": sum(int(row[column("InstanceNumber")]) for row in table),
        }

    def our_total(table: Any) -> Answer:
        return total([[row[keyword] for keyword in keywords] for row in table])

    return Row(
        "scan",
        f"15 attributes of {files:,} CT files into a table, a file",
        {
            "dicomkit": Subject(ours, our_total, bool(dicomkit)),
            "pydicom": Subject(by_pydicom, total, bool(pydicom)),
            "dicomsdl": Subject(by_dicomsdl, total, bool(dicomsdl)),
            "gdcm": Subject(by_gdcm, total, bool(gdcm)),
        },
        (Budget("pydicom", 35), Budget("dicomsdl", 2)),
        {"files": files, "images": files},
        repeats=1,
        per=files,
    )


def tag_of_gdcm(keyword: str) -> Any:
    """Look up a keyword in GDCM's dictionary."""
    tag = gdcm.Tag()
    gdcm.GlobalInstance.GetDicts().GetPublicDict().GetDictEntryByKeyword(keyword, tag)
    return tag
