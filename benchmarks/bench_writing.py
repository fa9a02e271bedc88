"""Writing: data sets that were set or read, to bytes and to files."""

from __future__ import annotations

import io
import tempfile
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from benchmarks import walks
from benchmarks.bench_reading import expected_elements
from benchmarks.harness import Answer, Budget, Row, Subject, cut_files
from benchmarks.inputs import FILES_PER_SERIES, SCAN_FILES, Inputs
from benchmarks.peers import dicomkit, dicomsdl, pydicom
from benchmarks.walks import Digest

EDITED_NAME = "Edited^Name"
TURN = 250  # new files, after which they are cut to nothing, so that the disk need not hold them all
TARGETS = 16  # file names that others are written to in turn, for the same reason


def rows(inputs: Inputs, is_quick: bool) -> list[Row]:
    """Return the rows of this room; a quick run edits one series only."""
    series = inputs.series() / "series_00" if is_quick else inputs.series()
    files = FILES_PER_SERIES if is_quick else SCAN_FILES
    return [
        build_row("ct-build", "set the values of a CT and write it", inputs.ct(), (Budget("pydicom", 30), Budget("dicomsdl", 5))),
        set_row("ct-set", "write CT, all values set before", inputs.ct(), (Budget("pydicom", 30),)),
        read_row("ct-as-read", "write CT as read", inputs.ct(), (Budget("pydicom", 80),)),
        edit_row("ct-edited", "write CT with one element set", inputs.ct(), (Budget("pydicom", 80),)),
        set_row(
            "enhanced-set",
            "write enhanced CT, all values set before",
            inputs.enhanced(),
            (Budget("pydicom", 200), Budget("dicomsdl", most_times=1)),
        ),
        read_row("enhanced-as-read", "write enhanced CT as read", inputs.enhanced()),
        edit_row("enhanced-edited", "write enhanced CT with one element set", inputs.enhanced(), (Budget("dicomsdl", 5),)),
        nested_row("enhanced-nested", "write enhanced CT with one element of one frame set", inputs.enhanced()),
        series_row("series-edited", "read, change one attribute, write", series, files, (Budget("pydicom", 10),), is_new=True),
        series_row("series-replaced", "the same over files that are there", series, files, is_new=False),
    ]


def answer_of(data: Any) -> Answer:
    """Return what a written file holds, as dicomkit reads it: the same for all libraries."""
    return walks.digest_dicomkit(dicomkit.read(bytes(data)).data_set, Digest()).as_answer()


@cache
def made_by_dicomkit(path: Path) -> Any:
    """Return a file of which every value, of all levels, was set."""

    def make(data_set: Any) -> Any:
        elements = []
        for element in data_set:
            value = [make(item) for item in element.value] if element.is_sequence else element.value
            elements.append(dicomkit.DataElement(element.tag, element.vr, value))
        return dicomkit.DataSet(elements)

    return dicomkit.DICOMFile.create(make(dicomkit.read(path).data_set))


@cache
def decoded_by_pydicom(path: Path) -> Any:
    """Return a file of which pydicom has decoded every value, so that it must encode them all."""
    data_set = pydicom.dcmread(path)
    for element in data_set.iterall():
        _ = element.value
    return data_set


def write_with_pydicom(data_set: Any) -> bytes:
    """Write to memory."""
    out = io.BytesIO()
    pydicom.dcmwrite(out, data_set)
    return out.getvalue()


def subjects(ours: Callable[[], Any], by_pydicom: Callable[[], Any], by_dicomsdl: Callable[[], Any] | None) -> dict[str, Subject]:
    """Return the three libraries' work, each giving the bytes of a file."""
    found = {"dicomkit": Subject(ours, answer_of, bool(dicomkit)), "pydicom": Subject(by_pydicom, answer_of, bool(pydicom))}
    if by_dicomsdl is not None:
        found["dicomsdl"] = Subject(by_dicomsdl, answer_of, bool(dicomsdl))
    return found


def set_row(name: str, title: str, path: Path, budgets: tuple[Budget, ...]) -> Row:
    """Write a data set whose values are all objects; dicomsdl's are parsed when it opens the file."""
    opened = dicomsdl.open(str(path)) if dicomsdl else None
    return Row(
        name,
        title,
        subjects(
            lambda: made_by_dicomkit(path).write(), lambda: write_with_pydicom(decoded_by_pydicom(path)), lambda: opened.saveToMemory()
        ),
        budgets,
        expected_elements(path),
    )


def plain_value(element: Any) -> Any:
    """Return a value as dicomsdl takes it: text for everything that is text in the file, and lists of such elements for items."""
    if element.is_sequence:
        return [[plain_element(inner) for inner in item] for item in element.value]
    if element.vr.is_text:
        return "\\".join(element.string_values)
    return b"" if element.value is None else element.value


def plain_element(element: Any) -> tuple[int, str, Any, Any]:
    """Return tag, VR, value, and the VR as dicomsdl takes it."""
    return int(element.tag), str(element.vr), plain_value(element), getattr(dicomsdl.VR, element.vr)


def fill_with_dicomsdl(data_set: Any, elements: list[tuple[int, str, Any, Any]]) -> None:
    """Add elements to a data set of dicomsdl."""
    for tag, vr, value, their_vr in elements:
        added = data_set.addDataElement(tag, their_vr)
        if vr == "SQ":
            sequence = added.toSequence()
            for item in value:
                fill_with_dicomsdl(sequence.addDataSet(), item)
        elif isinstance(value, bytes):
            added.fromBytes(value)
        elif isinstance(value, str) and vr in ("DS", "IS"):
            added.fromStringVector(value.split("\\"))
        elif isinstance(value, str):
            added.fromString(value)
        elif isinstance(value, list):
            (added.fromDoubleVector if vr in ("FL", "FD") else added.fromLongVector)(value)
        else:
            added.setValue(value)


def build_row(name: str, title: str, path: Path, budgets: tuple[Budget, ...]) -> Row:
    """Make a data set from Python values and write it. Items of sequences are made before, but for dicomsdl, which cannot."""
    ours = [(element.tag, element.vr, element.value) for element in dicomkit.read(path).data_set] if dicomkit else []
    file = dicomkit.read(path) if dicomkit else None
    parts = (file.file_meta_information, file.data_set) if file and dicomsdl else ()
    plain = [plain_element(element) for part in parts for element in part]
    theirs = [(element.tag, element.VR, element.value) for element in pydicom.dcmread(path)] if pydicom else []

    def by_us() -> Any:
        make = dicomkit.DataElement
        return dicomkit.DICOMFile.create(dicomkit.DataSet([make(tag, vr, value) for tag, vr, value in ours])).write()

    def by_pydicom() -> Any:
        data_set = pydicom.Dataset()
        data_set.file_meta = pydicom.dataset.FileMetaDataset()
        data_set.file_meta.TransferSyntaxUID = pydicom.uid.ExplicitVRLittleEndian
        for tag, vr, value in theirs:
            data_set.add_new(tag, vr, value)
        out = io.BytesIO()
        pydicom.dcmwrite(out, data_set, enforce_file_format=True)
        return out.getvalue()

    def by_dicomsdl() -> Any:
        data_set = dicomsdl.DataSet()
        data_set.setSpecificCharset(dicomsdl.CHARSET.ISO_IR_100)
        fill_with_dicomsdl(data_set, plain)
        return data_set.saveToMemory()

    return Row(name, title, subjects(by_us, by_pydicom, by_dicomsdl), budgets, expected_elements(path))


def read_row(name: str, title: str, path: Path, budgets: tuple[Budget, ...] = ()) -> Row:
    """Write what was read and not touched."""
    mine = dicomkit.read(path) if dicomkit else None
    theirs = pydicom.dcmread(path) if pydicom else None
    return Row(name, title, subjects(lambda: mine.write(), lambda: write_with_pydicom(theirs), None), budgets, expected_elements(path))


def edit_row(name: str, title: str, path: Path, budgets: tuple[Budget, ...] = ()) -> Row:
    """Write what was read, but for one element of the outermost data set."""
    mine = dicomkit.read(path) if dicomkit else None
    theirs = pydicom.dcmread(path) if pydicom else None
    opened = dicomsdl.open(str(path)) if dicomsdl else None
    if mine is not None:
        mine.PatientName = EDITED_NAME
    if theirs is not None:
        theirs.PatientName = EDITED_NAME
    if opened is not None:
        opened.PatientName = EDITED_NAME
    return Row(
        name,
        title,
        subjects(lambda: mine.write(), lambda: write_with_pydicom(theirs), lambda: opened.saveToMemory()),
        budgets,
        expected_elements(path),
    )


def nested_row(name: str, title: str, path: Path) -> Row:
    """Write what was read, but for one element two sequences deep."""
    mine = dicomkit.read(path) if dicomkit else None
    theirs = pydicom.dcmread(path) if pydicom else None
    for data_set in (mine, theirs):
        if data_set is not None:
            data_set.PerFrameFunctionalGroupsSequence[500].PlanePositionSequence[0].ImagePositionPatient = [1, 2, 3]
    return Row(name, title, subjects(lambda: mine.write(), lambda: write_with_pydicom(theirs), None), (), expected_elements(path))


def series_row(name: str, title: str, root: Path, files: int, budgets: tuple[Budget, ...] = (), *, is_new: bool) -> Row:
    """Read each file of a series, change one attribute, and write it to a new file, or over one that is there.

    A plain copy is shown beside them. New files are cut to nothing, beside the clock, before there are many of them.
    """
    held = tempfile.TemporaryDirectory(prefix="dicomkit-bench-")  # goes with the row
    paths = sorted(str(path) for path in root.rglob("*.dcm"))
    answers: dict[str, Answer] = {}

    def measure(subject: str, write: Callable[[str, str], object]) -> float:
        folder = Path(tempfile.mkdtemp(dir=held.name)) if is_new else Path(held.name, subject)
        folder.mkdir(exist_ok=True)
        names, seconds = set(), 0.0
        for start in range(0, len(paths), TURN):
            turn = [
                (path, f"{folder}/{number if is_new else number % TARGETS}.dcm")
                for number, path in enumerate(paths[start : start + TURN], start)
            ]
            begin = time.perf_counter()
            for path, target in turn:
                write(path, target)
            seconds += time.perf_counter() - begin
            if subject != "copy":
                names.update(dicomkit.read(target).PatientName for target in {target for _, target in turn})
            if is_new:
                cut_files(folder)
        answers[subject] = {"files": len(paths), "names": sorted(names)}
        return seconds / len(paths)

    def edit_with_us(path: str, target: str) -> None:
        file = dicomkit.read(path)
        file.PatientName = EDITED_NAME
        file.write(target)

    def edit_with_pydicom(path: str, target: str) -> None:
        data_set = pydicom.dcmread(path)
        data_set.PatientName = EDITED_NAME
        data_set.save_as(target)

    def copy(path: str, target: str) -> None:
        Path(target).write_bytes(Path(path).read_bytes())

    def subject(name: str, write: Callable[[str, str], object], is_present: bool) -> Subject:
        return Subject(lambda: measure(name, write), lambda _: answers[name] if name != "copy" else {}, is_present)

    return Row(
        name,
        f"{files:,} CT files: {title}; a file",
        {
            "dicomkit": subject("dicomkit", edit_with_us, bool(dicomkit)),
            "pydicom": subject("pydicom", edit_with_pydicom, bool(pydicom)),
            "copy": subject("copy", copy, True),
        },
        budgets,
        {"files": files, "names": [EDITED_NAME]},
        is_timed=False,
        per=files,
    )
