"""Real files as pydicom reads them, and as dcmdump does where the two differ.

Every element of every file: same tags, VRs and values. Values are compared as plain Python: padding stripped as PS3.5 6.2
says it may be, numbers by their bits, DS also by their text, dates and times by their fields, "no value" the same whether
it is None, "" or an empty list.
"""

from __future__ import annotations

import io
import re
import struct
import subprocess
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

import dicomkit
from dicomkit.testing import data_set, part10

from .known_differences import DIFFERENCES, REFUSED

DOC = Path(__file__).resolve().parents[2] / "docs" / "reference" / "differences.md"
BYTES = {"OB", "OD", "OF", "OL", "OV", "OW", "UN"}
INTEGERS = {"SL", "SS", "SV", "UL", "US", "UV"}
FLOATS = {"FD", "FL"}
# What the corpora hold at least: a folder that shrinks would go unseen.
LEAST_FILES = {"pydicom-data": 75, "pylibjpeg-data": 20, "test_files": 150, "charset_files": 15}
# Leading spaces mean something here (PS3.5 6.2).
FREE_TEXT = {"LT", "PN", "ST", "UC", "UR", "UT"}

Canonical = object
Found = tuple[str, str]


@pytest.fixture
def lenient_pydicom(pydicom, monkeypatch):
    """pydicom without its checks of values, which are not compared here."""
    monkeypatch.setattr(pydicom.config.settings, "reading_validation_mode", pydicom.config.IGNORE)
    return pydicom


def read_peer(pydicom, path):
    """Read as pydicom does, forced if it must be; tell whether it must."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return pydicom.dcmread(path), False
        except pydicom.errors.InvalidDicomError:
            return pydicom.dcmread(path, force=True), True


def path_of(tag: int) -> str:
    return f"({tag >> 16:04X},{tag & 0xFFFF:04X})"


def bits(number: float) -> str:
    return struct.pack("<d", number).hex()


def as_list(value: object) -> list[object]:
    if value is None:
        return []
    return list(value) if isinstance(value, (list, tuple)) or type(value).__name__ == "MultiValue" else [value]


def stripped(vr: str, values: list[object]) -> list[str]:
    texts = ["" if value is None else str(value) for value in values]
    texts = [text.rstrip(" \0") if vr in FREE_TEXT else text.strip(" \0") for text in texts]
    return [] if texts == [""] else texts


def number_or_text(value: object) -> object:
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return bits(value)
    return "" if value is None else str(value).strip(" \0")


def peer_value(element) -> Canonical:
    """The value of an element of pydicom."""
    vr, values = element.VR, as_list(element.value)
    if vr in BYTES:
        return bytes(element.value or b"")
    if vr in INTEGERS or vr == "AT":
        return [int(value) for value in values]
    if vr in FLOATS:
        return [bits(value) for value in values]
    if vr == "DS":
        found = [(number_or_text(value), getattr(value, "original_string", value)) for value in values]
        return [] if found == [("", "")] else [(number, str(text or "").strip(" \0")) for number, text in found]
    if vr == "IS":
        found = [number_or_text(value) for value in values]
        return [] if found == [""] else found
    return stripped(vr, values)


def our_value(element: dicomkit.DataElement) -> Canonical:
    """The value of an element of ours, in the same form."""
    vr, values = str(element.vr), as_list(element.value)
    if vr in BYTES:
        return bytes(element.value_data)
    if vr in INTEGERS or vr == "AT":
        return [int(value) for value in values]
    if vr in FLOATS:
        return [bits(value) for value in values]
    if vr == "DS":
        return [(number_or_text(value), str(getattr(value, "original_string", value or "")).strip(" \0")) for value in values]
    if vr == "IS":
        return [number_or_text(value) for value in values]
    return stripped(vr, element.string_values if vr in ("DA", "DT", "TM") else values)


def fields_of_peer(pydicom, vr: str, text: str) -> tuple[object, ...] | None:
    """Year to day, or hour to microsecond, or both and the zone, as pydicom parses a text; None if it cannot."""
    parse = {"DA": pydicom.valuerep.DA, "TM": pydicom.valuerep.TM, "DT": pydicom.valuerep.DT}[vr]
    try:
        value = parse(text)
    except ValueError:
        return None
    if value is None:
        return None
    names = (("year", "month", "day") if vr != "TM" else ()) + (("hour", "minute", "second", "microsecond") if vr != "DA" else ())
    offset = value.utcoffset() if vr == "DT" else None
    return (*(getattr(value, name) for name in names), None if offset is None else offset.total_seconds() / 60)


def fields_of_ours(vr: str, value: object) -> tuple[object, ...] | None:
    if isinstance(value, (str, type(None))):
        return None
    fields: tuple[object, ...] = ()
    if vr != "TM":
        fields += (value.year, value.month or 1, value.day or 1)
    if vr != "DA":
        fields += (value.hour or 0, value.minute or 0, min(value.second or 0, 59), value.microsecond or 0)
    return (*fields, value.timezone_offset_minutes if vr == "DT" else None)


def compare_times(pydicom, peer, ours: dicomkit.DataElement) -> bool:
    values = as_list(ours.value)
    for text, value in zip(stripped(peer.VR, as_list(peer.value)), values, strict=True):
        # Leap seconds and single dots: what only one of them takes for a time was compared as text.
        theirs, mine = fields_of_peer(pydicom, peer.VR, text), fields_of_ours(peer.VR, value)
        if theirs is not None and mine is not None and theirs != mine:
            return False
    return True


def little_endian(element: dicomkit.DataElement) -> bytes:
    """The bytes of a value that was stored in big endian, item by item turned round."""
    size = {"OD": 8, "OF": 4, "OL": 4, "OV": 8, "OW": 2}.get(element.vr, 1) if element.is_big_endian else 1
    data = bytes(element.value_data)
    return b"".join(data[start : start + size][::-1] for start in range(0, len(data), size)) if size > 1 else data


def is_same_value(pydicom, peer, ours: dicomkit.DataElement) -> bool:
    if peer_value(peer) != our_value(ours):
        return False
    if ours.vr in BYTES:
        return (ours.value or b"") == little_endian(ours)
    return ours.vr not in ("DA", "DT", "TM") or compare_times(pydicom, peer, ours)


def compare(pydicom, peer, ours: dicomkit.DataSet, prefix: str = "", counts: dict[str, int] | None = None) -> Iterator[Found]:
    """Every difference between two data sets: where, and of which kind."""
    theirs, mine = {int(tag) for tag in peer.keys()}, {int(tag) for tag in ours.tags}  # noqa: SIM118  # iterating converts values
    for tag in sorted(theirs | mine):
        path = prefix + path_of(tag)
        if tag not in mine or tag not in theirs:
            yield path, "only pydicom" if tag in theirs else "only dicomkit"
            continue
        peer_element, element = peer[tag], ours[tag]
        if counts is not None:
            counts["elements"] += 1
        if element.vr != peer_element.VR:
            yield path, "vr"
        elif element.vr == "SQ":
            items = element.value
            if len(items) != len(peer_element.value):
                yield path, "items"
                continue
            for number, (peer_item, item) in enumerate(zip(peer_element.value, items, strict=True)):
                yield from compare(pydicom, peer_item, item, f"{path}[{number}].", counts)
        elif not is_same_value(pydicom, peer_element, element):
            yield path, "value"


def find_differences(pydicom, file, counts: dict[str, int] | None = None) -> set[Found]:
    peer, force = read_peer(pydicom, file.path)
    found: set[Found] = set()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            ours = dicomkit.read(file.path, force=force)
        except dicomkit.DICOMError:
            found.add(("", REFUSED))
            ours = dicomkit.read(file.path, force=force, partial=True)
        if len(peer) == 0 and len(ours) > 0:
            return found | {("", "only dicomkit")}
        found |= set(compare(pydicom, peer.file_meta, ours.file_meta_information, "", counts))
        return found | set(compare(pydicom, peer, ours.data_set, "", counts))


def test_every_file_has_the_values_that_pydicom_reads(lenient_pydicom, dicom_file):
    known = {(difference.path, difference.kind) for difference in DIFFERENCES if difference.file == dicom_file.name}
    assert find_differences(lenient_pydicom, dicom_file) == known


def test_files_that_pydicom_refuses_are_refused(pydicom, peer_file):
    """Unless forced; and forced, dicomkit ends in a value or in an error of its own, as far as it got."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if not read_peer(pydicom, peer_file.path)[1]:
            assert isinstance(dicomkit.read(peer_file.path, partial=True), dicomkit.DICOMFile)
            return
        with pytest.raises((dicomkit.InvalidDICMPrefixError, dicomkit.UnexpectedEndOfDataError)):
            dicomkit.read(peer_file.path)
        assert isinstance(dicomkit.read(peer_file.path, force=True, partial=True), dicomkit.DICOMFile)


def test_the_corpora_are_there(corpus, pydicom, all_peer_files):
    """What is parametrized by file passes without any file; this does not."""
    folders = [file.name.split("/")[0] for file in all_peer_files if file.is_dicom]
    assert {folder: folders.count(folder) >= least for folder, least in LEAST_FILES.items()} == dict.fromkeys(LEAST_FILES, True)


def test_the_comparison_finds_differences(lenient_pydicom, tmp_path):
    """Tried on data sets that do differ, each in one way."""
    content = [(0x00080020, "DA", "20240101"), (0x00100010, "PN", "A^B"), (0x00280010, "US", 1), (0x00180050, "DS", "1.0")]
    other = [(0x00080020, "DA", "20240102"), (0x00100010, "LO", "A^B"), (0x00280011, "US", 1), (0x00180050, "DS", "1.00")]
    theirs, _ = read_peer(lenient_pydicom, io.BytesIO(part10(data_set(content))))
    counts = {"elements": 0}
    assert list(compare(lenient_pydicom, theirs, dicomkit.read(part10(data_set(content))).data_set, "", counts)) == []
    assert counts["elements"] == len(content)
    assert list(compare(lenient_pydicom, theirs, dicomkit.read(part10(data_set(other))).data_set)) == [
        ("(0008,0020)", "value"),
        ("(0010,0010)", "vr"),
        ("(0018,0050)", "value"),
        ("(0028,0010)", "only pydicom"),
        ("(0028,0011)", "only dicomkit"),
    ]
    outer = [(0x00081140, "SQ", [content, content])]
    theirs, _ = read_peer(lenient_pydicom, io.BytesIO(part10(data_set(outer))))
    fewer = dicomkit.read(part10(data_set([(0x00081140, "SQ", [content])]))).data_set
    assert list(compare(lenient_pydicom, theirs, fewer)) == [("(0008,1140)", "items")]
    changed = dicomkit.read(part10(data_set([(0x00081140, "SQ", [content, other])]))).data_set
    assert ("(0008,1140)[1].(0010,0010)", "vr") in list(compare(lenient_pydicom, theirs, changed))


@pytest.mark.parametrize("difference", DIFFERENCES, ids=[f"{d.file} {d.path}" for d in DIFFERENCES])
def test_what_dcmdump_says_where_the_two_differ(difference, dcmdump, corpus, pydicom):
    data = Path(pydicom.__file__).parent / "data"
    path = next(path for path in (corpus / difference.file, data / difference.file) if path.exists())
    dump = subprocess.run([dcmdump, "-q", "+L", "+U8", path], capture_output=True, check=False, timeout=60)
    if difference.dcmtk == REFUSED:
        assert dump.returncode != 0
    else:
        assert dump.returncode == 0
        assert difference.dcmtk in dump.stdout.decode()


def test_the_table_of_differences_is_in_the_docs():
    """One row for each, with the same words; and no row more."""
    is_row = re.compile(r"\| `(pydicom-data|pylibjpeg-data|test_files|charset_files)/")
    rows = [line for line in DOC.read_text(encoding="utf-8").splitlines() if is_row.match(line)]
    expected = [
        f"| `{d.file}` | {d.path or 'the file'} | {d.pydicom} | {d.dicomkit} | {d.dcmtk if d.dcmtk == REFUSED else f'`{d.dcmtk}`'} "
        f"| {d.right} | {d.reason} | {d.section} |"
        for d in DIFFERENCES
    ]
    assert rows == expected


def test_what_is_missing_skips_and_in_ci_fails(require_peer, monkeypatch):
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match="no-such-peer"):
        require_peer("no-such-peer")
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="no-such-peer"):
        require_peer("no-such-peer")
