from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import Any

import pytest

from dicomkit import DataSet
from dicomkit.dictionary import DataElementDictionary
from dicomkit.errors import InvalidValueError, UnknownKeywordError
from dicomkit.network.services.information_model import QueryLevel
from dicomkit.network.services.query_keys import QueryKey, QueryKeys
from dicomkit.values import DICOMDate, DICOMDateTime, DICOMDecimalString, DICOMIntegerString, DICOMPersonName, DICOMTime
from dicomkit.vr import VR

# spec/features.md 2.4.
MATCHING = {
    "patient_name": "PN", "patient_id": "LO", "patient_birth_date": "DA", "patient_sex": "CS", "study_instance_uid": "UI",
    "study_date": "DA", "study_time": "TM", "accession_number": "SH", "study_description": "LO", "study_id": "SH",
    "modalities_in_study": "CS", "series_instance_uid": "UI", "modality": "CS", "series_number": "IS", "series_description": "LO",
    "series_date": "DA", "series_time": "TM", "body_part_examined": "CS", "sop_instance_uid": "UI", "instance_number": "IS",
    "content_date": "DA", "content_time": "TM",
}  # fmt: skip
REQUESTS = {f"request_{name}": vr for name, vr in MATCHING.items()} | {
    "request_patient_age": "AS", "request_referring_physician_name": "PN", "request_number_of_study_related_series": "IS",
    "request_number_of_study_related_instances": "IS", "request_number_of_series_related_instances": "IS",
    "request_sop_class_uid": "UI", "request_rows": "US", "request_columns": "US", "request_number_of_frames": "IS",
    "request_number_of_patient_related_studies": "IS", "request_number_of_patient_related_series": "IS",
    "request_number_of_patient_related_instances": "IS",
}  # fmt: skip
STUDY = QueryLevel.STUDY
PRIVATE = (0x0009, 0x1001)


def keyword(method: str) -> str:
    """What PS3.6 calls what a method is about."""
    words = method.removeprefix("request_").split("_")
    return "".join(word.upper() if word in ("id", "uid", "sop") else word.capitalize() for word in words)


def text_of(key: str | int | tuple[int, int], value: Any, vr: str | None = None) -> object:
    """What a key is matched with."""
    (made,) = QueryKeys(STUDY).matching(key, value, vr).keys
    return made.value


def test_find_7_there_are_22_and_34_named_methods() -> None:
    others = {"identifier", "is_matched", "keys", "level", "matching", "returning"}
    assert (len(MATCHING), len(REQUESTS)) == (22, 34)
    assert {name for name in vars(QueryKeys) if not name.startswith("_")} == {*MATCHING, *REQUESTS, *others}


@pytest.mark.parametrize(("method", "vr"), MATCHING.items())
def test_find_7_matching(method: str, vr: str) -> None:
    entry = DataElementDictionary.get_keyword(keyword(method))
    keys = getattr(QueryKeys(STUDY), method)("1")
    assert keys.keys == (QueryKey(entry.tag, VR(vr), "1"),)
    assert entry.vr == (vr,)
    assert keys.is_matched(entry.keyword)
    assert keys.identifier()[entry.tag].vr == vr


@pytest.mark.parametrize(("method", "vr"), REQUESTS.items())
def test_find_7_returning(method: str, vr: str) -> None:
    entry = DataElementDictionary.get_keyword(keyword(method))
    keys = getattr(QueryKeys(STUDY), method)()
    assert keys.keys == (QueryKey(entry.tag, VR(vr), ""),)
    assert entry.vr == (vr,)
    assert not keys.is_matched(entry.keyword)
    assert (keys.identifier()[entry.tag].vr, keys.identifier()[entry.tag].value) == (vr, None)


@pytest.mark.parametrize("method", [*MATCHING, *REQUESTS])
def test_find_7_a_method_says_what_it_is_about(method: str) -> None:
    assert str(DataElementDictionary.get_keyword(keyword(method))) in getattr(QueryKeys, method).__doc__


def test_find_7_a_chain_changes_nothing() -> None:
    first = QueryKeys(STUDY)
    second = first.patient_name("DOE^J*")
    third = second.study_date("20240101-").request_study_id()
    fourth = second.patient_name("X")
    assert [key.tag for key in third.keys] == [0x00080020, 0x00100010, 0x00200010]  # in the order of tags, whatever came first
    assert (first.keys, [key.value for key in second.keys], [key.value for key in fourth.keys]) == ((), ["DOE^J*"], ["X"])
    assert second != fourth
    assert second == QueryKeys("STUDY").patient_name("DOE^J*") != QueryKeys("SERIES").patient_name("DOE^J*")
    assert second != "DOE^J*"
    with pytest.raises(TypeError):
        hash(first)


def test_find_7_what_is_matched_is_asked_for_already() -> None:
    keys = QueryKeys(STUDY).patient_id("1")
    assert keys.request_patient_id() is keys
    assert QueryKeys(STUDY).request_patient_id().patient_id("1") == keys
    assert not keys.patient_id("").is_matched("PatientID")


def test_find_7_identifiers_and_items_are_copies() -> None:
    item = DataSet()
    item.CodeValue = "A"
    keys = QueryKeys(STUDY).matching("ProcedureCodeSequence", item)
    item.CodeValue = "B"
    keys.identifier().ProcedureCodeSequence[0].CodeValue = "C"
    assert keys.identifier().ProcedureCodeSequence[0].CodeValue == "A"


MINUS_5 = timezone(timedelta(hours=-5))
MORNING = datetime(2024, 1, 2, 3, 4, 5, 60)


@pytest.mark.parametrize(
    ("key", "value", "text"),
    [
        # Text as it is, FIND-8.
        *(("PatientName", text, text) for text in ("*", "D?E^*", "Doe^Jane", "a=b=c", "", "\\")),
        *(("StudyDate", text, text) for text in ("20240101", "20240101-20240131", "-20240131", "20240101-", "2024", "nonsense")),
        ("StudyTime", "08-1200", "08-1200"),
        ("PatientName", DICOMPersonName("Doe^Jane"), "Doe^Jane"),
        # Dates and times.
        ("StudyDate", date(2024, 1, 2), "20240102"),
        ("StudyDate", date(24, 1, 2), "00240102"),
        ("StudyDate", MORNING, "20240102"),
        ("StudyDate", DICOMDate.parse("20240102"), "20240102"),
        ("StudyTime", time(3, 4, 5), "030405"),
        ("StudyTime", time(3, 4, 5, 60), "030405.000060"),
        ("StudyTime", MORNING, "030405.000060"),
        ("StudyTime", DICOMTime.parse("0304"), "0304"),
        ("AcquisitionDateTime", date(2024, 1, 2), "20240102"),
        ("AcquisitionDateTime", datetime(2024, 1, 2, 3, 4), "20240102030400"),
        ("AcquisitionDateTime", MORNING, "20240102030405.000060"),
        ("AcquisitionDateTime", MORNING.replace(tzinfo=MINUS_5), "20240102030405.000060-0500"),
        ("AcquisitionDateTime", datetime(2024, 1, 2, tzinfo=UTC), "20240102000000+0000"),
        ("AcquisitionDateTime", DICOMDateTime.parse("202401"), "202401"),
        # Ranges.
        ("StudyDate", (date(2024, 1, 1), date(2024, 1, 31)), "20240101-20240131"),
        ("StudyDate", (date(2024, 1, 1), None), "20240101-"),
        ("StudyDate", (None, "20240131"), "-20240131"),
        ("StudyTime", (time(8), DICOMTime.parse("12")), "080000-12"),
        ("AcquisitionDateTime", (MORNING, None), "20240102030405.000060-"),
        # Lists; of two texts that are no dates, a tuple is one.
        ("StudyInstanceUID", ["1.2", "1.3", "1.4"], "1.2\\1.3\\1.4"),
        ("StudyInstanceUID", ("1.2", "1.3"), "1.2\\1.3"),
        ("StudyInstanceUID", [], ""),
        ("StudyDate", [date(2024, 1, 1), "20240131"], "20240101\\20240131"),
        # Numbers.
        ("SeriesNumber", 5, "5"),
        ("SeriesNumber", DICOMIntegerString("+5"), "+5"),
        ("PatientWeight", 70.5, "70.5"),
        ("PatientWeight", 0.1 + 0.2, "0.3"),
        ("PatientWeight", 2 / 3, ".666666666666667"),  # as much as 16 bytes hold
        ("PatientWeight", DICOMDecimalString("70.50"), "70.50"),
        ("PatientID", 5, "5"),
        ("PatientName", None, ""),
    ],
)
def test_find_7_find_8_values_of_text(key: str, value: Any, text: str) -> None:
    assert text_of(key, value) == text
    assert QueryKeys(STUDY).matching(key, value).is_matched(key) == bool(text)


@pytest.mark.parametrize(
    ("key", "vr", "value", "data"),
    [
        ("Rows", None, 512, b"\0\2"),
        (PRIVATE, "US", [512, 1], b"\0\2\1\0"),
        ("FrameIncrementPointer", None, 0x00181063, b"\x18\0\x63\x10"),
        ("ReferencePixelX0", None, -2, b"\xfe\xff\xff\xff"),
        (PRIVATE, "FD", 0.5, bytes(6) + b"\xe0\x3f"),
        (PRIVATE, "OB", b"\1\2", b"\1\2"),
    ],
)
def test_find_7_values_of_binary_vrs(key: Any, vr: str | None, value: Any, data: bytes) -> None:
    (made,) = QueryKeys(STUDY).matching(key, value, vr).keys
    assert not isinstance(made.value, str)
    assert made.value.value_data == data


@pytest.mark.parametrize("value", [[], b"", None, ()])
@pytest.mark.parametrize("key", ["Rows", "ProcedureCodeSequence"])
def test_find_7_what_has_no_value_matches_everything(key: str, value: Any) -> None:
    if key == "ProcedureCodeSequence" and value == b"":
        value = []
    keys = QueryKeys(STUDY).matching(key, value)
    assert keys == QueryKeys(STUDY).returning(key)
    assert not keys.is_matched(key)
    assert "PatientID" not in keys.identifier()  # something is asked for, so that what is usual is not


def test_find_7_sequences() -> None:
    one, two = DataSet(), DataSet()
    one.CodeValue, two.CodeValue = "A", "B"
    for value, count in ((one, 1), ([one], 1), ([one, two], 2), ((one, two), 2)):
        identifier = QueryKeys(STUDY).matching("ProcedureCodeSequence", value).identifier()
        assert [item.CodeValue for item in identifier.ProcedureCodeSequence] == ["A", "B"][:count]
    assert QueryKeys(STUDY).returning("ProcedureCodeSequence").identifier().ProcedureCodeSequence == []


def test_find_7_private_attributes() -> None:
    keys = QueryKeys(STUDY).matching((9, 0x10), "ME", "LO").matching(PRIVATE, 3, "US").returning(0x00091002, VR.SH)
    assert [(key.tag, key.vr) for key in keys.keys] == [(0x00090010, "LO"), (0x00091001, "US"), (0x00091002, "SH")]
    with pytest.raises(InvalidValueError, match=r"give its VR in \(0009,1001\)"):
        QueryKeys(STUDY).returning(PRIVATE)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        # Set by the query itself.
        ("QueryRetrieveLevel", "STUDY"), ("SpecificCharacterSet", "ISO_IR 100"), ("TransferSyntaxUID", "1.2"),
        # What the VR does not have.
        ("PatientName", b"Doe"), ("PatientName", 1.5), ("PatientName", date(2024, 1, 1)), ("PatientName", DataSet()),
        ("StudyDate", time(8)), ("StudyTime", date(2024, 1, 1)), ("AcquisitionDateTime", time(8)), ("SeriesNumber", 1.5),
        ("SeriesNumber", True), ("PatientWeight", float("nan")), ("PatientWeight", float("inf")),
        ("Rows", "many"), ("Rows", -1), ("Rows", 0x10000), ("Rows", [1, 2]), ("ProcedureCodeSequence", "A"),
        ("ProcedureCodeSequence", [1]), ("StudyInstanceUID", [None]),
        # No ranges.
        ("StudyDate", ()), ("StudyDate", (None, None)), ("StudyDate", ("20240101",)), ("StudyDate", ("2021", "2022", "2023")),
        ("StudyDate", (time(8), None)),
    ],
)  # fmt: skip
def test_what_no_key_can_be(key: str, value: Any) -> None:
    with pytest.raises(InvalidValueError) as caught:
        QueryKeys(STUDY).matching(key, value)
    assert caught.value.tag == DataElementDictionary.get_keyword(key).tag


def test_unknown_keywords_vrs_and_levels() -> None:
    with pytest.raises(UnknownKeywordError, match="PatientName"):
        QueryKeys(STUDY).matching("PatientsName", "Doe")
    with pytest.raises(UnknownKeywordError):
        QueryKeys(STUDY).returning("PatientsName")
    with pytest.raises(ValueError, match="ZZ"):
        QueryKeys(STUDY).matching(PRIVATE, "A", "ZZ")
    with pytest.raises(ValueError, match="PATIENTS"):
        QueryKeys("PATIENTS")


def test_what_is_looked_for_is_not_shown() -> None:
    keys = QueryKeys(STUDY).patient_name("Secret^").study_date("20240131").matching(PRIVATE, "Secret^", "LO")
    assert repr(keys) == "<QueryKeys of STUDY: StudyDate, (0009,1001), PatientName>"
    assert repr(QueryKeys(STUDY)) == "<QueryKeys of STUDY: what is usual>"
