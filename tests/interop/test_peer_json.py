"""The DICOM JSON Model of the corpora beside dcm2json's and pydicom's (PS3.18 F); each difference that is allowed says why."""

from __future__ import annotations

import json
import math
import subprocess
import warnings

import pytest

import dicomkit

# The reasons for which another answer is right, or right enough.
CHARACTER_SET = "dcm2json writes ISO_IR 192, which JSON is in, and once; dicomkit and pydicom write what the object declares"
DIGITS = "dcm2json prints nine digits of FL and seventeen of FD"
CARETS = "dcm2json drops empty components at the end of names, and names of nothing else"
UNKNOWN = "dcm2json knows few private elements, and leaves UN as it is; dicomkit asks the dictionaries (PS3.5 6.2.2)"
NUL = "dcm2json keeps NUL at the end of text"
BLANK = "a value of spaces only is none to dicomkit, an empty one to dcm2json, and spaces to pydicom"
PADDED = "dcm2json pads values of odd length"
GROUP_LENGTH = "pydicom keeps group lengths, which PS3.18 F.2.2 excludes"
INLINE_FRAGMENTS = "pydicom writes items and delimiters of compressed pixel data inline, where dicomkit wants a URI"
BYTE_ORDER = "pydicom does not swap big endian, which PS3.18 F.2.7 asks for"
EMPTY = "pydicom writes empty text for an empty one of several values, which is null in PS3.18 F.2.5"
PADDING = "pydicom keeps the padding of values that are not the last"
NOTHING_READ = "pydicom reads nothing of it, because its pixel data has no delimiter"

NOT_READ_BY_PYDICOM = {"pydicom-data/emri_small_jpeg_2k_lossless_too_short.dcm"}
BULK = {"OB", "OD", "OF", "OL", "OV", "OW", "UN"}


@pytest.fixture(autouse=True)
def _quiet():
    """The corpus warns; what of is the reading tests' matter."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@pytest.fixture
def ours(dicom_file):
    """The file and its model, compressed pixel data by URI."""
    try:
        file = dicomkit.read(dicom_file.path, force=True)
    except dicomkit.DICOMError:
        pytest.skip("it cannot be read")
    return file, json.loads(file.data_set.to_json(bulk_data=lambda element: "x" if element.has_undefined_length else None))


def differences(mine, theirs, path=""):
    """Where two models differ: path, what of, mine and theirs."""
    for key in sorted({*mine, *theirs}):
        one, other = mine.get(key), theirs.get(key)
        if one is None or other is None or one["vr"] != other["vr"]:
            yield path + key, "attribute", one, other
        elif one["vr"] == "SQ":
            items, twins = one.get("Value", []), other.get("Value", [])
            if len(items) != len(twins):
                yield path + key, "items", len(items), len(twins)
            for index, (item, twin) in enumerate(zip(items, twins, strict=False)):
                yield from differences(item or {}, twin or {}, f"{path}{key}[{index}].")
        elif plain(one) != plain(other):
            yield path + key, one["vr"], plain(one), plain(other)


def plain(attribute):
    """An attribute without what means nothing: names of component groups that are empty."""
    values = attribute.get("Value")
    if values is None:
        return attribute.get("InlineBinary") or attribute.get("BulkDataURI")
    return [{group: text for group, text in value.items() if text} if isinstance(value, dict) else value for value in values]


def reason_for_dcmtk(path, what, mine, theirs):
    if path.endswith("00080005") and theirs in (["ISO_IR 192"], {"vr": "CS", "Value": ["ISO_IR 192"]}, None):
        return CHARACTER_SET
    if what in ("FL", "FD") and all(map(lambda one, other: math.isclose(one, other, rel_tol=1e-8), mine, theirs)):
        return DIGITS
    if what == "PN" and without_carets(mine) == without_carets(theirs):
        return CARETS
    if what == "attribute" and mine and theirs and theirs["vr"] == "UN":
        return UNKNOWN
    if mine is None and isinstance(theirs, list) and not any(theirs):
        return BLANK
    if isinstance(theirs, list) and any(isinstance(value, str) and value.endswith("\0") for value in theirs):
        values = [value.rstrip("\0") if isinstance(value, str) else value for value in theirs]
        return NUL if mine in (values, [float(value) for value in values if what in ("DS", "IS")]) else None
    return PADDED if what == "UN" and theirs[: len(mine) - 2] == mine[: len(mine) - 2] else None


def without_carets(names):
    stripped = [{group: text.rstrip("^") for group, text in (name or {}).items()} for name in names or [None]]
    return [{group: text for group, text in name.items() if text} for name in stripped]


def reason_for_pydicom(path, what, mine, theirs, *, is_big_endian, name):
    if name in NOT_READ_BY_PYDICOM and theirs is None:
        return NOTHING_READ
    if what == "attribute" and mine is None and path.endswith("0000"):
        return GROUP_LENGTH
    if what in BULK and mine == "x":
        return INLINE_FRAGMENTS
    if what in BULK and is_big_endian:
        return BYTE_ORDER
    if not isinstance(theirs, list):
        return None
    if mine == [value or None for value in theirs]:
        return EMPTY
    stripped = [value.rstrip(" ") if isinstance(value, str) else value for value in theirs]
    if mine is None and not any(stripped):
        return BLANK
    return PADDING if mine == stripped else None


def test_the_same_as_dcm2json(dicom_file, ours, require_peer, tmp_path):
    file, mine = ours
    path = dicom_file.path
    if "BulkDataURI" in mine.get("7FE00010", ()):  # of compressed pixel data dcm2json makes nothing
        del mine["7FE00010"]
        rest = file.copy()
        rest.remove("PixelData")
        path = tmp_path / "rest.dcm"
        rest.write(path, lenient=True)
    result = subprocess.run([require_peer("dcm2json"), "-q", "-fc", path], capture_output=True, check=False)
    if result.returncode:
        pytest.skip("dcm2json refuses it: a character set that it cannot convert")
    try:
        theirs = json.loads(result.stdout)
    except UnicodeDecodeError:
        pytest.skip("dcm2json leaves the text of items as it is that declare another character set, which is no JSON")
    assert [found for found in differences(mine, theirs) if reason_for_dcmtk(*found) is None] == []


def test_the_same_as_pydicom(dicom_file, ours, pydicom):
    try:
        theirs = json.loads(pydicom.dcmread(dicom_file.path, force=True).to_json())
    except Exception:  # whatever pydicom raises
        pytest.skip("pydicom refuses it")
    file, mine = ours
    settings = {"is_big_endian": file.transfer_syntax.is_big_endian, "name": dicom_file.name}
    assert [found for found in differences(mine, theirs) if reason_for_pydicom(*found, **settings) is None] == []


def test_and_back(ours):
    """What JSON says becomes the same data set again, but for what it has no place for, and digits of DS and IS."""
    file, mine = ours
    fragments = {element.tag: element for element in file.data_set if element.has_undefined_length and not element.is_sequence}
    back = dicomkit.DataSet.from_json(json.dumps(mine), bulk_data=lambda uri, tag, vr: b"")
    for tag, element in fragments.items():
        back[tag] = element
    found = dicomkit.diff(file.data_set, back)
    assert [str(one.path) for one in found if not is_same_after_json(one)] == []


def is_same_after_json(difference):
    before, after = difference.before, difference.after
    if before is None or after is None or before.vr != after.vr:
        return False
    if before.vr in ("DS", "IS"):
        return before.value == after.value
    if before.vr.is_text:
        texts = [[text.rstrip("\0 ^=") for text in element.string_values or []] for element in (before, after)]
        return texts[0] == texts[1] or before.vr == "PN"
    return bytes(before.value_data) in (bytes(after.value_data), bytes(after.value_data)[:-1])


def test_pydicom_reads_what_we_write(ours, pydicom):
    file, everything = ours
    mine = {key: attribute for key, attribute in everything.items() if "BulkDataURI" not in attribute}
    try:
        theirs = pydicom.Dataset.from_json(json.dumps(mine))
    except ValueError:
        pytest.skip("pydicom refuses a number that is none")
    assert {f"{int(tag):08X}" for tag in theirs.keys()} == set(mine)  # noqa: SIM118 - iteration gives elements
    for element in theirs:
        if element.VR in ("CS", "UI", "LO", "SH", "DA", "TM") and element.tag.group % 2 == 0:
            values = element.value if element.VM > 1 else [element.value]
            expected = file.data_set[element.tag].string_values or [""]
            assert [str(value or "") for value in values] == [str(value or "") for value in expected]
