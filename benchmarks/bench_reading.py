"""Reading: files from the page cache to data sets, to values, to numbers."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks import walks
from benchmarks.harness import Answer, Budget, Row, Subject
from benchmarks.inputs import (
    CONTOUR_VALUES,
    CT_ELEMENTS,
    ENHANCED_ELEMENTS,
    ENHANCED_FRAMES,
    ENHANCED_ITEMS,
    MULTIFRAME_FRAMES,
    SCAN_ATTRIBUTES,
    Inputs,
)
from benchmarks.peers import dicomkit, dicomsdl, find, gdcm, pydicom
from benchmarks.walks import Digest

numpy = find("numpy")
PIXEL_DATA = 0x7FE00010
MEGABYTE = 1e6


def rows(inputs: Inputs, is_quick: bool) -> list[Row]:
    """Return the rows of this room; a quick run leaves out the variants of the enhanced CT"""
    found = [
        read_row("ct", "read CT, 256 elements", inputs.ct(), (Budget("pydicom", 23), Budget("dicomsdl", 1.5))),
        values_row("ct-values", "read CT + every value", inputs.ct(), (Budget("pydicom", 40), Budget("dicomsdl", 9))),
        attributes_row("ct-15", "read CT header + 15 attributes", inputs.ct()),
        read_row("enhanced", "read enhanced CT, 170,137 elements", inputs.enhanced(), (Budget("dicomsdl", 11), Budget("gdcm", 90))),
        values_row("enhanced-values", "read enhanced CT + every value", inputs.enhanced(), (Budget("pydicom", 70), Budget("dicomsdl", 10))),
        kept_row("enhanced-kept", "the same, all values kept in a list", inputs.enhanced()),
        positions_row("positions", "positions of 2,000 frames, from the file", inputs.enhanced(), (Budget("pydicom", 75),)),
        positions_row("positions-attributes", "the same by attribute access", inputs.enhanced(), (), by_attribute=True),
        contours_row(inputs.rtstruct()),
        header_row(inputs.multiframe()),
        memory_row(inputs),
        first_row(inputs),
    ]
    if not is_quick:
        for name, path in (("undefined", inputs.enhanced_undefined()), ("implicit", inputs.enhanced_implicit())):
            title = {"undefined": "enhanced CT, undefined lengths", "implicit": "enhanced CT, implicit VR"}[name]
            found += [
                read_row(f"enhanced-{name}", f"read {title}", path),
                values_row(f"enhanced-{name}-values", f"read {title} + every value", path),
                positions_row(f"positions-{name}", f"positions of 2,000 frames, {title}", path),
            ]
    return found


def read_gdcm(path: Path) -> Any:
    """Read a file with GDCM; the reader owns the data set."""
    reader = gdcm.Reader()
    reader.SetFileName(str(path))
    if not reader.Read():
        raise OSError(f"GDCM cannot read {path}")
    return reader


def expected_elements(path: Path) -> dict[str, object]:
    """Return what the generator put in the file."""
    if path.name.startswith("enhanced"):
        return {"elements": ENHANCED_ELEMENTS, "items": ENHANCED_ITEMS}
    return {"top": CT_ELEMENTS} if path.name == "ct.dcm" else {}


def read_row(name: str, title: str, path: Path, budgets: tuple[Budget, ...] = ()) -> Row:
    """Read a file: afterwards every element of the top level can be asked for."""
    text = str(path)

    def top(count: int) -> Answer:
        return {"top": count}

    return Row(
        name,
        title,
        {
            "dicomkit": Subject(lambda: dicomkit.read(text), lambda file: top(len(file.data_set)), bool(dicomkit)),
            "pydicom": Subject(lambda: pydicom.dcmread(text), lambda data_set: top(len(data_set)), bool(pydicom)),
            "dicomsdl": Subject(
                lambda: dicomsdl.open(text),
                lambda data_set: top(sum(element.tag() >> 16 != walks.FILE_META_GROUP for element in data_set)),
                bool(dicomsdl),
            ),
            "gdcm": Subject(lambda: read_gdcm(path), lambda reader: top(reader.GetFile().GetDataSet().GetDES().size()), bool(gdcm)),
        },
        budgets,
        expected_elements(path),
    )


def values_row(name: str, title: str, path: Path, budgets: tuple[Budget, ...] = ()) -> Row:
    """Read a file and look at every value of all levels."""
    text = str(path)
    return Row(
        name,
        title,
        {
            "dicomkit": Subject(
                lambda: walks.touch_dicomkit(dicomkit.read(text).data_set),
                lambda _: walks.digest_dicomkit(dicomkit.read(text).data_set, Digest()).as_answer(),
                bool(dicomkit),
            ),
            "pydicom": Subject(
                lambda: walks.touch_pydicom(pydicom.dcmread(text)),
                lambda _: walks.digest_pydicom(pydicom.dcmread(text), Digest()).as_answer(),
                bool(pydicom),
            ),
            "dicomsdl": Subject(
                lambda: walks.touch_dicomsdl(dicomsdl.open(text)),
                lambda _: walks.digest_dicomsdl(dicomsdl.open(text), Digest()).as_answer(),
                bool(dicomsdl),
            ),
            "gdcm": Subject(
                lambda: touch_with_gdcm(path),
                lambda _: count_gdcm(path),
                bool(gdcm),
            ),
        },
        budgets,
        expected_elements(path),
    )


def touch_with_gdcm(path: Path) -> None:
    """Read and walk; the reader must live as long as its data set is looked at."""
    reader = read_gdcm(path)
    walks.touch_gdcm(reader.GetFile().GetDataSet())


def count_gdcm(path: Path) -> Answer:
    """Return the counts that GDCM's walk gives."""
    reader = read_gdcm(path)
    digest = walks.digest_gdcm(reader.GetFile().GetDataSet(), Digest())
    return {"elements": digest.elements, "items": digest.items}


def kept_row(name: str, title: str, path: Path) -> Row:
    """Read a file and keep every value of all levels alive, which is where the garbage collector hurts."""
    text = str(path)

    def keep(walk: Callable[[Any, list[Any]], None], data_set: Any) -> list[Any]:
        values: list[Any] = []
        walk(data_set, values)
        return values

    def count(values: Any) -> Answer:
        return {"elements": len(values)}

    return Row(
        name,
        title,
        {
            "dicomkit": Subject(lambda: keep(walks.keep_dicomkit, dicomkit.read(text).data_set), count, bool(dicomkit)),
            "dicomsdl": Subject(lambda: keep(walks.keep_dicomsdl, dicomsdl.open(text)), is_present=bool(dicomsdl)),
        },
        expected=expected_elements(path),
    )


def attributes_row(name: str, title: str, path: Path) -> Row:
    """Read the header of one file and take 15 values out of it."""
    text, keywords = str(path), SCAN_ATTRIBUTES

    def ours() -> list[Any]:
        data_set = dicomkit.read(text, stop_before_pixels=True).data_set
        return [data_set.get(keyword) for keyword in keywords]

    def by_pydicom() -> list[Any]:
        data_set = pydicom.dcmread(text, stop_before_pixels=True, specific_tags=keywords)
        return [data_set.get(keyword) for keyword in keywords]

    def first_texts(values: Any) -> Answer:
        return {"uid": str(values[0]), "patient": str(values[5]), "spacing": [float(number) for number in values[14]]}

    return Row(
        name,
        title,
        {
            "dicomkit": Subject(ours, first_texts, bool(dicomkit)),
            "pydicom": Subject(by_pydicom, first_texts, bool(pydicom)),
            "dicomsdl": Subject(lambda: dicomsdl.open(text, load_until=PIXEL_DATA - 1).getValues(keywords), first_texts, bool(dicomsdl)),
        },
    )


def positions_row(name: str, title: str, path: Path, budgets: tuple[Budget, ...] = (), by_attribute: bool = False) -> Row:
    """Read an enhanced CT and take Image Position (Patient) of each frame."""
    text = str(path)

    def ours() -> list[Any]:
        groups = dicomkit.read(text).data_set.sequence("PerFrameFunctionalGroupsSequence")
        return [group.first_sequence_item("PlanePositionSequence").decimal_strings("ImagePositionPatient") for group in groups]

    def ours_by_attribute() -> list[Any]:
        groups = dicomkit.read(text).PerFrameFunctionalGroupsSequence
        return [group.PlanePositionSequence[0].ImagePositionPatient for group in groups]

    def by_pydicom() -> list[Any]:
        groups = pydicom.dcmread(text).PerFrameFunctionalGroupsSequence
        return [group.PlanePositionSequence[0].ImagePositionPatient for group in groups]

    def by_dicomsdl() -> list[Any]:
        groups = dicomsdl.open(text)
        return [group["PlanePositionSequence"][0]["ImagePositionPatient"] for group in groups["PerFrameFunctionalGroupsSequence"]]

    def total(positions: Any) -> Answer:
        return {"count": len(positions), "sum": sum(float(value) for position in positions for value in position)}

    return Row(
        name,
        title,
        {
            "dicomkit": Subject(ours_by_attribute if by_attribute else ours, total, bool(dicomkit)),
            "pydicom": Subject(by_pydicom, total, bool(pydicom)),
            "dicomsdl": Subject(by_dicomsdl, total, bool(dicomsdl)),
        },
        budgets,
        {"count": ENHANCED_FRAMES},
    )


def contours_row(path: Path) -> Row:
    """Read a structure set and make a float64 array of each contour."""
    text = str(path)

    def ours() -> list[Any]:
        regions = dicomkit.read(text).data_set.sequence("ROIContourSequence")
        return [contour["ContourData"].array() for region in regions for contour in region.sequence("ContourSequence")]

    def by_pydicom() -> list[Any]:
        regions = pydicom.dcmread(text).ROIContourSequence
        return [numpy.array(contour.ContourData, dtype=float) for region in regions for contour in region.ContourSequence]

    def by_dicomsdl() -> list[Any]:
        regions = dicomsdl.open(text)
        return [
            numpy.array(contour["ContourData"], dtype=float)
            for region in regions["ROIContourSequence"]
            for contour in region["ContourSequence"]
        ]

    def total(arrays: Any) -> Answer:
        return {"values": sum(array.size for array in arrays), "sum": float(numpy.concatenate(arrays).sum()), "type": str(arrays[0].dtype)}

    return Row(
        "contours",
        "contours of an RTSTRUCT, 600,000 DS to float64",
        {
            "dicomkit": Subject(ours, total, bool(dicomkit)),
            "pydicom": Subject(by_pydicom, total, bool(pydicom)),
            "dicomsdl": Subject(by_dicomsdl, total, bool(dicomsdl)),
        },
        (Budget("pydicom", 70), Budget("dicomsdl", 3)),
        {"values": CONTOUR_VALUES, "type": "float64"},
    )


def header_row(path: Path) -> Row:
    """Open a 524 MB file and look at its header; dicomkit leaves the pixels in the file by itself."""
    text = str(path)

    def by_gdcm() -> int:
        reader = gdcm.Reader()
        reader.SetFileName(text)
        pixel_data, skipped = gdcm.Tag(PIXEL_DATA >> 16, PIXEL_DATA & 0xFFFF), gdcm.TagSetType()
        skipped.insert(pixel_data)
        if not reader.ReadUpToTag(pixel_data, skipped):
            raise OSError(f"GDCM cannot read {path}")
        number = gdcm.Tag(0x0028, 0x0008)
        return int(reader.GetFile().GetDataSet().GetDataElement(number).GetByteValue().GetBuffer())

    def frames(count: Any) -> Answer:
        return {"frames": int(count)}

    return Row(
        "header",
        "open a 524 MB file, read its header",
        {
            "dicomkit": Subject(lambda: dicomkit.read(text).NumberOfFrames, frames, bool(dicomkit)),
            "pydicom": Subject(lambda: pydicom.dcmread(text, stop_before_pixels=True).NumberOfFrames, frames, bool(pydicom)),
            "dicomsdl": Subject(lambda: dicomsdl.open(text, load_until=PIXEL_DATA - 1)["NumberOfFrames"], frames, bool(dicomsdl)),
            "gdcm": Subject(by_gdcm, frames, bool(gdcm)),
        },
        (Budget(limit=1e-3),),
        {"frames": MULTIFRAME_FRAMES},
    )


MEMORY_SCRIPT = """
import re, sys
def memory(field):
    return int(re.search(field + r":\\s+(\\d+) kB", open("/proc/self/status").read())[1]) * 1024
import {module}
def open_file(path):
    opened = {open}
    {access}
    return opened
kept = open_file(sys.argv[1])                       # imports, buffers and caches of the first use
del kept
with open("/proc/self/clear_refs", "w") as file:    # the peak starts from here
    file.write("5")
before = memory("VmRSS")
kept = open_file(sys.argv[2])
print(memory("VmHWM") - before)
"""
OPENERS = {
    "dicomkit": ("dicomkit", "dicomkit.read(path)", "opened.data_set.get('Rows')"),
    "pydicom": ("pydicom", "pydicom.dcmread(path, stop_before_pixels=True)", "opened.Rows"),
    "dicomsdl": ("dicomsdl", "dicomsdl.open(path, load_until=0x7FE0000F)", "opened['Rows']"),
}


FIRST_SCRIPT = """
import sys, time
import {module}
def open_file(path):
    return {open}
open_file(sys.argv[1])
start = time.perf_counter()
kept = open_file(sys.argv[2])
print(time.perf_counter() - start)
"""


def run_script(script: str, *arguments: Path) -> float:
    """Run a script in a fresh process from the project's root and return the number that it prints."""
    command = [sys.executable, "-c", script, *map(str, arguments)]
    return float(subprocess.run(command, capture_output=True, text=True, check=True, cwd=Path(__file__).parents[1]).stdout)


def first_row(inputs: Inputs) -> Row:
    """Read the enhanced CT once in a fresh process: memory that was never used costs page faults."""
    openers = {
        "dicomkit": ("dicomkit.read(path)", dicomkit),
        "pydicom": ("pydicom.dcmread(path)", pydicom),
        "dicomsdl": ("dicomsdl.open(path)", dicomsdl),
    }

    def measure(name: str) -> float:
        return run_script(FIRST_SCRIPT.format(module=name, open=openers[name][0]), inputs.small(), inputs.enhanced())

    return Row(
        "enhanced-first",
        "read enhanced CT, once in a fresh process",
        {name: Subject(lambda name=name: measure(name), is_present=bool(module)) for name, (_, module) in openers.items()},
        is_timed=False,
    )


def memory_row(inputs: Inputs) -> Row:
    """Open the 524 MB file in a fresh process: how far its peak memory rises."""

    def grow(name: str) -> float:
        module, open_file, access = OPENERS[name]
        return run_script(MEMORY_SCRIPT.format(module=module, open=open_file, access=access), inputs.small(), inputs.multiframe())

    is_linux = Path("/proc/self/clear_refs").exists()
    modules = {"dicomkit": dicomkit, "pydicom": pydicom, "dicomsdl": dicomsdl}
    return Row(
        "memory",
        "the same: growth of the process at its peak",
        {name: Subject(lambda name=name: grow(name), is_present=is_linux and bool(module)) for name, module in modules.items()},
        (Budget(limit=MEGABYTE),),
        unit="B",
        is_timed=False,
    )
