"""Random data sets of all VRs, nested, written in each native syntax and read back equal."""

from __future__ import annotations

import string

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import dicomkit
from dicomkit import DataElement, DataSet, DICOMFile
from tests.contract.vr_samples import SAMPLES

SYNTAXES = ["ImplicitVRLittleEndian", "ExplicitVRLittleEndian", "ExplicitVRBigEndian", "DeflatedExplicitVRLittleEndian"]
TAGS = {sample.vr: sample.tag for sample in SAMPLES} | {"CS": 0x00180022, "DS": 0x00281050}  # which may have any number of values
SEQUENCES = [TAGS["SQ"], 0x00081110, 0x00081140]
MANY = 3
MULTIPLE = {"AE", "AT", "CS", "DS", "FL", "SL", "SS", "SV", "UL", "UV"}
CHARACTERS = string.ascii_letters + string.digits + " äöüßéè"


def repeated(strategy):
    return st.lists(strategy, min_size=1, max_size=MANY)


def binary(size):
    return st.binary(max_size=24).map(lambda data: data[: len(data) - len(data) % size])


def text(length, characters=CHARACTERS):
    return st.text(characters, max_size=length).map(str.strip)


def number(bits, signed):
    return st.integers(-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if signed else st.integers(0, 2**bits - 1)


VALUES = {
    "AE": text(16, string.ascii_letters), "AS": st.integers(0, 999).map("{:03d}Y".format), "AT": number(32, False),
    "CS": text(16, string.ascii_uppercase + "_ "), "DA": st.dates().map(lambda date: f"{date.year:04d}{date.month:02d}{date.day:02d}"),
    "DS": st.floats(allow_nan=False, allow_infinity=False), "DT": st.integers(1, 9999).map("{:04d}".format),
    "FD": st.floats(), "FL": st.floats(width=32), "IS": number(32, True), "LO": text(64), "LT": text(100, CHARACTERS + "\\\r\n"),
    "OB": binary(2),
    "OD": binary(8), "OF": binary(4), "OL": binary(4), "OV": binary(8), "OW": binary(2),
    "PN": text(20, CHARACTERS + "^").filter(lambda name: name.count("^") < 5),
    "SH": text(16), "SL": number(32, True), "SS": number(16, True), "ST": text(100, CHARACTERS + "\\"), "SV": number(64, True),
    "TM": st.times().map(lambda time: time.strftime("%H%M%S.%f")), "UC": text(100), "UI": st.integers(0, 10**30).map("2.25.{}".format),
    "UL": number(32, False), "UN": binary(2), "UR": text(30, string.ascii_letters + "/:?"), "US": number(16, False),
    "UT": text(200, CHARACTERS + "\\"), "UV": number(64, False),
}  # fmt: skip


def element_of(vr):
    values = VALUES[vr] if vr not in MULTIPLE else repeated(VALUES[vr])
    # An empty value has one form only, whatever was set: None.
    return st.one_of(st.none(), values).map(lambda value: make_element(TAGS[vr], vr, value))


def make_element(tag, vr, value):
    if vr == "UR" and isinstance(value, str) and ":" in value:
        value = "a:" + value.replace(":", "")
    return DataElement(tag, vr, value)


def plain_data_set():
    return st.lists(st.sampled_from(sorted(VALUES)).flatmap(element_of), max_size=8)


def nested(children):
    sequences = st.lists(st.tuples(st.sampled_from(SEQUENCES), st.lists(children, max_size=3)), max_size=2)
    made = sequences.map(lambda all_items: [DataElement(tag, "SQ", items) for tag, items in all_items])
    return st.tuples(plain_data_set(), made).map(lambda both: DataSet([*both[0], *both[1]]))


DATA_SETS = st.recursive(plain_data_set().map(DataSet), nested, max_leaves=12)


@settings(deadline=None, max_examples=150, suppress_health_check=list(HealthCheck))
@given(DATA_SETS, st.sampled_from(SYNTAXES), st.sampled_from(SYNTAXES), st.sampled_from([None, True, False]))
def test_written_and_read_back(made, first, second, undefined):
    made.SpecificCharacterSet = "ISO_IR 100"
    file = DICOMFile.create(made, transfer_syntax_uid=first)
    once = dicomkit.read(file.write(undefined_lengths=undefined), strict=True)
    assert_same(once.data_set, file.data_set)
    assert dicomkit.read(once.write()).data_set == once.data_set
    twice = dicomkit.read(once.transcode(second).write(undefined_lengths=undefined), strict=True)
    assert_same(twice.data_set, file.data_set)
    assert_same(twice.copy().data_set, once.data_set)


def assert_same(read, made):
    assert read.tags == made.tags
    for mine, theirs in zip(read, made, strict=True):
        if mine.is_sequence:
            assert mine.sequence_item_count == theirs.sequence_item_count
            for one, other in zip(mine.sequence_items, theirs.sequence_items, strict=True):
                assert_same(one, other)
        else:
            assert mine.vr == theirs.vr
            assert mine == theirs or str(mine.value) == str(theirs.value)  # NaN is not equal to itself


@settings(deadline=None, max_examples=100, suppress_health_check=list(HealthCheck))
@given(DATA_SETS, st.data())
def test_an_edit_changes_nothing_else(made, data):
    made.SpecificCharacterSet = "ISO_IR 100"
    syntax = data.draw(st.sampled_from(SYNTAXES))
    written = DICOMFile.create(made, transfer_syntax_uid=syntax).write(undefined_lengths=data.draw(st.booleans()))
    file, expected = dicomkit.read(written), dicomkit.read(written)
    target, mirror = file.data_set, expected.data_set
    while data.draw(st.booleans()):
        sequences = [entry.tag for entry in target if entry.is_sequence and entry.sequence_item_count]
        if not sequences:
            break
        tag = data.draw(st.sampled_from(sequences))
        target, mirror = target.sequence(tag)[0], mirror.sequence(tag)[0]
    # Another character set would turn the text round, or fail to: that is another test.
    # SOP Class and Instance UID are what no file can be without.
    tag = data.draw(st.sampled_from([0x00100020, *(tag for tag in target.tags if tag not in (0x00080005, 0x00080016, 0x00080018))]))
    if tag in target and data.draw(st.booleans()):
        del target[tag]
        del mirror[tag]
    else:
        target[0x00100020] = mirror[0x00100020] = DataElement(0x00100020, "LO", "edited")
    assert_same(dicomkit.read(file.write(), strict=True).data_set, expected.data_set)


@pytest.mark.parametrize("syntax", SYNTAXES)
def test_all_vrs_at_once(syntax):
    made = DataSet()
    for sample in SAMPLES:
        if sample.vr == "SQ":
            made[sample.tag] = [DataSet([DataElement(tag, vr, value) for tag, vr, value in sample.written[0]])]
        elif sample.vr in ("OD", "OF", "OL", "OV", "OW"):
            import struct

            code = {"OD": "d", "OF": "f", "OL": "I", "OV": "Q", "OW": "H"}[sample.vr]
            made[sample.tag] = DataElement(sample.tag, sample.vr, struct.pack(f"<2{code}", *sample.written))
        else:
            made[sample.tag] = DataElement(sample.tag, sample.vr, sample.written)
    read = dicomkit.read(DICOMFile.create(made, transfer_syntax_uid=syntax).write(), strict=True)
    for sample in SAMPLES:
        assert read[sample.tag].vr == sample.vr
        if sample.value is not None:
            assert read[sample.tag].value == sample.value


@pytest.mark.parametrize("syntax", ["ExplicitVRLittleEndian", "ExplicitVRBigEndian"])
def test_write_9_a_long_value_of_a_short_vr(syntax):
    made = DataSet([DataElement("OtherPatientIDs", "LO", ["x" * 60] * 1200), DataElement("GridFrameOffsetVector", "DS", [1.5] * 20_000)])
    made[0x00186028] = DataElement(0x00186028, "FD", None)
    made["LUTData"] = DataElement("LUTData", "US", range_of(40_000))
    data = DICOMFile.create(made, transfer_syntax_uid=syntax).write()
    assert data.count(b"UN\0\0") == 3
    read = dicomkit.read(data)
    assert read.OtherPatientIDs == ["x" * 60] * 1200
    assert read.GridFrameOffsetVector == [1.5] * 20_000
    assert list(read["LUTData"].array()) == range_of(40_000)


def range_of(count):
    return [number % 65536 for number in range(count)]
