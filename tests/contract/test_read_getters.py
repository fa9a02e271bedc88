"""READ-6, PKG-4, CORE-12 to CORE-15: every typed getter with its VR, every other VR, nothing there, and nothing in it."""

from __future__ import annotations

import datetime
import re
import struct
import warnings

import pytest

import dicomkit
from dicomkit import (
    DataElement,
    DICOMAgeString,
    DICOMApplicationEntity,
    DICOMCodeString,
    DICOMDate,
    DICOMDateTime,
    DICOMPersonName,
    DICOMTime,
    DICOMUniqueIdentifier,
    DICOMUniversalResource,
)
from dicomkit.testing import data_set, element, part10

from .vr_samples import ALL_VRS, SAMPLES

TEXT_VRS = {"AE", "AS", "CS", "DA", "DS", "DT", "IS", "LO", "LT", "PN", "SH", "ST", "TM", "UC", "UI", "UR", "UT"}
ABSENT = 0x00189999
TAG_OF = {sample.vr: sample.tag for sample in SAMPLES}
WRITTEN = {sample.vr: sample.written for sample in SAMPLES}


def text_of(vr: str) -> str:
    written = WRITTEN[vr]
    return "\\".join(written) if isinstance(written, list) else written


# getter, its VRs, value of the sample
SINGLE = {
    "string": (TEXT_VRS, text_of),
    "uint16": ({"US"}, lambda vr: 512),
    "uint32": ({"UL"}, lambda vr: 0),
    "int16": ({"SS"}, lambda vr: -2),
    "int32": ({"SL"}, lambda vr: -1),
    "float32": ({"FL"}, lambda vr: 0.5),
    "float64": ({"FD"}, lambda vr: 0.1),
    "date": ({"DA"}, lambda vr: DICOMDate(2024, 2, 29)),
    "time": ({"TM"}, lambda vr: DICOMTime(23, 59, 60, 250000)),
    "date_time": ({"DT"}, lambda vr: DICOMDateTime(2024, 2, 29, 12, 0, 0, 500000, 330)),
    "age": ({"AS"}, lambda vr: DICOMAgeString.parse("045Y")),
    "decimal_string": ({"DS"}, lambda vr: 0.3125),
    "integer_string": ({"IS"}, lambda vr: -12),
    "person_name": ({"PN"}, lambda vr: DICOMPersonName("Doe^Jane=")),
    "uid": ({"UI"}, lambda vr: DICOMUniqueIdentifier("1.2.840.10008.1")),
    "application_entity": ({"AE"}, lambda vr: DICOMApplicationEntity.parse("STORE")),
    "code_string": ({"CS"}, lambda vr: DICOMCodeString.parse("ORIGINAL")),
    "universal_resource": ({"UR"}, lambda vr: DICOMUniversalResource.parse("https://example.org/a?b=c")),
}
PLURAL = {
    "strings": (TEXT_VRS, lambda vr: WRITTEN[vr] if isinstance(WRITTEN[vr], list) else [WRITTEN[vr]]),
    "uint16s": ({"US"}, lambda vr: [512]),
    "uint32s": ({"UL"}, lambda vr: [0, 2**32 - 1]),
    "int16s": ({"SS"}, lambda vr: [-2, 32767]),
    "int32s": ({"SL"}, lambda vr: [-1, 2**31 - 1]),
    "float32s": ({"FL"}, lambda vr: [0.5, -0.25]),
    "float64s": ({"FD"}, lambda vr: [0.1]),
    "decimal_strings": ({"DS"}, lambda vr: [0.3125, -1500.0]),
    "integer_strings": ({"IS"}, lambda vr: [-12]),
    "person_names": ({"PN"}, lambda vr: [DICOMPersonName("Doe^Jane=")]),
    "uids": ({"UI"}, lambda vr: [DICOMUniqueIdentifier("1.2.840.10008.1")]),
    "application_entities": ({"AE"}, lambda vr: [DICOMApplicationEntity.parse("STORE"), DICOMApplicationEntity.parse("ARCHIVE 1")]),
    "code_strings": ({"CS"}, lambda vr: [DICOMCodeString.parse(code) for code in ("ORIGINAL", "PRIMARY", "AXIAL")]),
    "universal_resources": ({"UR"}, lambda vr: [DICOMUniversalResource.parse("https://example.org/a?b=c")]),
}
GETTERS = {**SINGLE, **PLURAL}
# Getters of the data set are spelled as those of the element, with _value or _values.
ELEMENT_NAME = {name: f"{name}_value" for name in SINGLE} | {
    name: f"{'application_entity' if name == 'application_entities' else name[:-1]}_values" for name in PLURAL
}


def read_one(vr: str, value: object) -> dicomkit.DICOMFile:
    return dicomkit.read(part10(element(TAG_OF[vr], vr, value)))


@pytest.fixture(scope="module")
def full():
    return dicomkit.read(part10(data_set((sample.tag, sample.vr, sample.written) for sample in SAMPLES)))


@pytest.fixture(scope="module")
def empty():
    return dicomkit.read(part10(data_set((sample.tag, sample.vr, b"") for sample in SAMPLES)))


@pytest.mark.parametrize("vr", ALL_VRS)
@pytest.mark.parametrize("getter", GETTERS)
def test_read_6_pkg_4_every_getter_with_every_vr(full, getter, vr):
    vrs, expected = GETTERS[getter]
    assert vr not in vrs or expected(vr) not in (None, [None])
    found = getattr(full.data_set, getter)(TAG_OF[vr])
    assert found == (expected(vr) if vr in vrs else None)
    assert getattr(full[TAG_OF[vr]], ELEMENT_NAME[getter]) == found
    assert getattr(full, getter)(TAG_OF[vr]) == found


@pytest.mark.parametrize("vr", ALL_VRS)
@pytest.mark.parametrize("getter", GETTERS)
def test_read_6_pkg_4_every_getter_with_every_vr_and_no_value(empty, getter, vr):
    vrs, _ = GETTERS[getter]
    nothing = "" if getter == "string" else None if getter in SINGLE else []
    assert getattr(empty.data_set, getter)(TAG_OF[vr]) == (nothing if vr in vrs else None)


@pytest.mark.parametrize("getter", [*GETTERS, "foundation_date", "sequence", "first_sequence_item"])
def test_read_6_every_getter_of_what_is_absent(full, getter):
    assert getattr(full.data_set, getter)(ABSENT) is None


@pytest.mark.parametrize("getter", [*GETTERS, "foundation_date", "sequence", "first_sequence_item", "sequence_item_count", "is_sequence"])
def test_read_6_a_misspelt_keyword_is_an_error(full, getter):
    with pytest.raises(dicomkit.UnknownKeywordError):
        getattr(full.data_set, getter)("PatientNam")


@pytest.mark.parametrize("vr", ALL_VRS)
def test_read_6_sequence_getters_with_every_vr(full, empty, vr):
    for f, items in ((full, 1), (empty, 0)):
        ds, tag, is_sequence = f.data_set, TAG_OF[vr], vr == "SQ"
        assert ds.is_sequence(tag) is is_sequence
        assert ds.sequence_item_count(tag) == (items if is_sequence else 0)
        assert ds.sequence(tag) == (f[tag].value if is_sequence else None)
        assert (ds.first_sequence_item(tag) is not None) == (is_sequence and items > 0)
    assert not full.data_set.is_sequence(ABSENT)
    assert full.data_set.sequence_item_count(ABSENT) == 0


@pytest.mark.parametrize("vr", ALL_VRS)
def test_read_6_core_14_foundation_date_is_of_da_and_dt(full, empty, vr):
    zone = datetime.timezone(datetime.timedelta(hours=5, minutes=30))
    expected = {"DA": datetime.date(2024, 2, 29), "DT": datetime.datetime(2024, 2, 29, 12, 0, 0, 500000, zone)}.get(vr)
    assert full.data_set.foundation_date(TAG_OF[vr]) == expected
    assert empty.data_set.foundation_date(TAG_OF[vr]) is None


@pytest.mark.parametrize("vr", ALL_VRS)
def test_an_element_without_value(empty, vr):
    e = empty[TAG_OF[vr]]
    assert e.value == ([] if vr == "SQ" else None)
    assert e.length == e.value_length == 0
    assert e.vm == (1 if vr == "SQ" else 0)


def test_the_kinds_of_values_are_the_types_of_the_package(full):
    ds = full.data_set
    assert type(ds.person_name("PatientName")) is DICOMPersonName
    assert type(ds.uid("SOPInstanceUID")) is DICOMUniqueIdentifier
    assert type(ds.decimal_string("PixelSpacing")) is dicomkit.DICOMDecimalString
    assert ds.decimal_string("PixelSpacing").original_string == "0.3125"
    assert type(ds.integer_string("InstanceNumber")) is dicomkit.DICOMIntegerString
    assert type(ds.age("PatientAge")) is DICOMAgeString
    assert type(ds.string("PatientName")) is str


# CORE-12: padding, and the backslash.


@pytest.mark.parametrize(
    ("vr", "stored", "string", "strings", "value"),
    [
        ("UI", b"1.2.3\0", "1.2.3", ["1.2.3"], "1.2.3"),
        ("CS", b" A \\ B  ", "A \\ B", ["A", "B"], ["A", "B"]),
        ("LO", b"  one \\ two ", "one \\ two", ["one", "two"], ["one", "two"]),
        ("LO", b"one\\\\three", "one\\\\three", ["one", "", "three"], ["one", "", "three"]),
        ("ST", b" a\\b  ", "a\\b", ["a\\b"], " a\\b"),
        ("LT", b" a\\b\r\n", "a\\b", ["a\\b"], " a\\b\r\n"),
        ("UT", b"a\\b\0", "a\\b", ["a\\b"], "a\\b"),
        ("UR", b"x:a\\b ", "x:a\\b", ["x:a\\b"], "x:a\\b"),
        ("UC", b"a\\b ", "a\\b", ["a", "b"], ["a", "b"]),
        ("AE", b" AE \\ BE  ", "AE \\ BE", ["AE", "BE"], ["AE", "BE"]),
        ("SH", b"    ", "", [], None),
    ],
)
def test_core_12_text_values(vr, stored, string, strings, value):
    e = read_one(vr, stored)[TAG_OF[vr]]
    assert [part.strip() for part in e.string_value.split("\\")] == [part.strip() for part in string.split("\\")]
    assert e.string_value == e.string_value.strip(" \n\r\0")
    assert e.string_values == strings
    assert e.value == value
    assert bytes(e.value_data) == stored


# CORE-13: binary values that are too short, or have odd bytes behind them.


@pytest.mark.parametrize(
    ("vr", "getter", "size"),
    [("US", "uint16", 2), ("UL", "uint32", 4), ("SS", "int16", 2), ("SL", "int32", 4), ("FL", "float32", 4), ("FD", "float64", 8)],
)
def test_core_13_broken_numbers_are_none(vr, getter, size):
    """A value field that is no multiple of the size has no number that can be trusted: nothing becomes one."""
    for length in (1, size - 1, size + 1, 2 * size - 1):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", dicomkit.DICOMWarning)     # the odd length
            f = read_one(vr, bytes(length))
        assert getattr(f.data_set, getter)(TAG_OF[vr]) is None
        assert getattr(f.data_set, getter + "s")(TAG_OF[vr]) is None
        assert bytes(f[TAG_OF[vr]].value_data) == bytes(length)
        with pytest.warns(dicomkit.DICOMWarning, match="no multiple"):
            assert f[TAG_OF[vr]].value == bytes(length)


@pytest.mark.parametrize(
    ("vr", "getter", "code", "numbers"),
    [
        ("US", "uint16s", "H", [0, 1, 65535]),
        ("SS", "int16s", "h", [-32768, 0, 32767]),
        ("UL", "uint32s", "I", [0, 2**32 - 1]),
        ("SL", "int32s", "i", [-(2**31), 2**31 - 1]),
        ("FL", "float32s", "f", [0.0, -0.5, float("inf")]),
        ("FD", "float64s", "d", [0.0, 5e-324, -float("inf"), 1.7976931348623157e308]),
    ],
)
def test_core_13_limits_of_binary_numbers(vr, getter, code, numbers):
    f = read_one(vr, struct.pack(f"<{len(numbers)}{code}", *numbers))
    assert getattr(f.data_set, getter)(TAG_OF[vr]) == numbers
    assert f[TAG_OF[vr]].value == numbers
    assert f[TAG_OF[vr]].vm == len(numbers)


# CORE-14: a value that breaks its VR is text, with one warning, and no typed value (PS3.5 6.2).

BROKEN = [
    ("DA", "date", b"20240231"),
    ("DA", "date", b"yesterday "),
    ("TM", "time", b"2460"),
    ("DT", "date_time", b"2024131200"),
    ("DS", "decimal_string", b"#12 "),
    ("DS", "decimal_string", b"0xFF"),
    ("DS", "decimal_string", b"nan "),
    ("DS", "decimal_string", b"1_000 "),
    ("IS", "integer_string", b"1.5 "),
    ("IS", "integer_string", b"99999999999 "),
]


@pytest.mark.parametrize(("vr", "getter", "stored"), BROKEN)
def test_core_14_broken_values_are_text(vr, getter, stored):
    f = read_one(vr, stored)
    text = stored.decode().strip()
    assert getattr(f.data_set, getter)(TAG_OF[vr]) is None
    assert f.data_set.string(TAG_OF[vr]) == text
    with pytest.warns(dicomkit.DICOMWarning, match=re.escape(str(dicomkit.Tag(TAG_OF[vr])))) as caught:
        assert f[TAG_OF[vr]].value == text
    assert len(caught) == 1
    assert text not in str(caught[0].message)
    strict = dicomkit.read(part10(element(TAG_OF[vr], vr, stored)), strict=True)
    with pytest.raises(dicomkit.InvalidValueError) as error:
        _ = strict[TAG_OF[vr]].value
    assert error.value.tag == TAG_OF[vr]
    assert text not in str(error.value)


@pytest.mark.parametrize(
    ("vr", "getter", "stored"),
    [("AS", "age", b"45Y "), ("CS", "code_string", b"lower "), ("UI", "uid", b"1.02.3"), ("UR", "universal_resource", b"no scheme ")],
)
def test_core_14_text_that_is_not_of_its_type(vr, getter, stored):
    f = read_one(vr, stored)
    assert getattr(f.data_set, getter)(TAG_OF[vr]) is None
    assert f.data_set.string(TAG_OF[vr]) == stored.decode().strip()


@pytest.mark.parametrize(
    ("vr", "getter", "stored"),
    [
        ("DS", "decimal_strings", b"1\\x\\3 "),
        ("IS", "integer_strings", b"1\\x\\3 "),
        ("UI", "uids", b"1.2\\1.xy"),
        ("CS", "code_strings", b"A\\b\\C "),
    ],
)
def test_core_14_all_values_or_none(vr, getter, stored):
    f = read_one(vr, stored)
    assert getattr(f.data_set, getter)(TAG_OF[vr]) is None
    assert f.data_set.strings(TAG_OF[vr]) == stored.decode().strip().split("\\")


# CORE-14 for elements that were made.


@pytest.mark.parametrize("sample", [sample for sample in SAMPLES if sample.value is not None], ids=lambda sample: sample.vr)
def test_made_elements_equal_those_that_were_read(full, sample):
    made = DataElement(sample.tag, sample.vr, sample.value)
    assert made.value == sample.value
    assert made == full[sample.tag]
    assert hash(made) == hash(full[sample.tag])
    same_bytes = sample.vr not in ("DS", "DT", "TM")       # these have several texts for a value
    assert not same_bytes or bytes(made.value_data) == bytes(full[sample.tag].value_data)
