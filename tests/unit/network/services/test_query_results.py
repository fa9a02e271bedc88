from __future__ import annotations

from typing import Any

import pytest

from dicomkit._core.element_scan import ScanLimits, scan
from dicomkit.dataset import data_set_from_index
from dicomkit.dictionary import DataElementDictionary
from dicomkit.errors import DICOMWarning, UnknownKeywordError
from dicomkit.network.services.information_model import QueryLevel
from dicomkit.network.services.query_results import (
    InstanceResult,
    PatientResult,
    QueryResult,
    SeriesResult,
    StudyResult,
    result_class,
)
from dicomkit.testing import Attribute, data_set
from dicomkit.values import DICOMDate, DICOMPersonName, DICOMTime

# Rows FIND-9 to FIND-12: what each result tells.
PROPERTIES: dict[type[QueryResult], str] = {
    PatientResult: """patient_name patient_id patient_birth_date patient_sex number_of_patient_related_studies
        number_of_patient_related_series number_of_patient_related_instances""",
    StudyResult: """study_instance_uid study_date study_time study_description accession_number study_id patient_name patient_id
        patient_birth_date patient_sex referring_physician_name modalities_in_study number_of_study_related_series
        number_of_study_related_instances""",
    SeriesResult: """series_instance_uid series_number series_description modality series_date series_time body_part_examined
        number_of_series_related_instances study_instance_uid""",
    InstanceResult: """sop_instance_uid sop_class_uid instance_number content_date content_time rows columns number_of_frames
        series_instance_uid study_instance_uid""",
}
CASES = [(kind, name) for kind, names in PROPERTIES.items() for name in names.split()]
IDS = [f"{kind.__name__}.{name}" for kind, name in CASES]
# By VR: what the peer sends, and what that is; what it sends that the VR does not have.
GOOD: dict[str, tuple[Any, object]] = {
    "PN": ("Doe^Jane ", DICOMPersonName("Doe^Jane")),
    "LO": (" text ", "text"),
    "SH": ("text", "text"),
    "CS": ("CT", "CT"),
    "UI": ("1.2.3\0", "1.2.3"),
    "DA": ("20240131", DICOMDate(2024, 1, 31)),
    "TM": ("0304", DICOMTime(3, 4)),
    "IS": (" 12 ", 12),
    "US": (12, 12),
}
MALFORMED = {
    "UI": ["1.2.03", "abc", "1." + "2" * 70, "1..2"],
    "DA": ["20241301", "202401", "garbage", "20240101-20240102"],
    "TM": ["250000", "030", "garbage"],
    "IS": ["x", "1.5", "3000000000"],
    "US": [b"\1", b"\1\2\3"],
}


def received(attributes: list[Attribute], kind: type[QueryResult] = QueryResult, *, implicit: bool = False, **flags: bool) -> Any:
    """A result that came over the wire."""
    index = scan(data_set(attributes, implicit=implicit), is_implicit_vr=implicit, limits=ScanLimits(max_depth=64, partial=False))
    assert index is not None
    return kind(data_set_from_index(index), **flags)


def element_of(name: str) -> tuple[int, str]:
    """Tag and VR of what a property tells."""
    words = name.split("_")
    keyword = "".join(word.upper() if word in ("id", "uid", "sop") else word.capitalize() for word in words)
    entry = DataElementDictionary.get_keyword(keyword)
    return entry.tag, entry.vr[0]


def test_find_9_to_12_there_are_no_other_properties() -> None:
    common = {"attributes", "data_set", "has_unsupported_keys", "instance_availability", "level", "retrieve_ae_titles"}
    methods = {"as_instance", "as_patient", "as_series", "as_study", "integer", "string", "strings", "uid"}
    for kind, names in PROPERTIES.items():
        more = {"modalities"} if kind is StudyResult else set()
        assert {name for name in dir(kind) if not name.startswith("_")} == {*names.split(), *common, *methods, *more}


@pytest.mark.parametrize("implicit", [False, True])
@pytest.mark.parametrize(("kind", "name"), CASES, ids=IDS)
def test_find_9_to_12_values(kind: type[QueryResult], name: str, implicit: bool) -> None:
    tag, vr = element_of(name)
    sent, value = GOOD[vr]
    found = getattr(received([(tag, vr, sent)], kind, implicit=implicit), name)
    assert found == value
    assert isinstance(found, type(value))


@pytest.mark.parametrize(("kind", "name"), CASES, ids=IDS)
def test_find_9_to_12_all_are_optional(kind: type[QueryResult], name: str) -> None:
    tag, vr = element_of(name)
    assert getattr(received([], kind), name) is None
    for empty in (b"", b"  ") if vr != "US" else (b"",):
        assert getattr(received([(tag, vr, empty)], kind), name) is None


@pytest.mark.parametrize(("kind", "name"), CASES, ids=IDS)
def test_find_13_what_the_vr_does_not_have_is_none_and_its_text_is_kept(kind: type[QueryResult], name: str) -> None:
    tag, vr = element_of(name)
    for sent in MALFORMED.get(vr, []):
        result = received([(tag, vr, sent)], kind)
        # A UID is what the peer is asked by, whatever it looks like.
        assert getattr(result, name) == (sent if vr == "UI" else None)
        assert result.string(tag) == (sent if isinstance(sent, str) else None)


@pytest.mark.parametrize(("kind", "name"), CASES, ids=IDS)
def test_an_attribute_of_another_kind(kind: type[QueryResult], name: str) -> None:
    tag, vr = element_of(name)
    assert getattr(received([(tag, "SQ", [[(0x00080100, "SH", "A")]])], kind), name) is None
    assert getattr(received([(tag, "FD", 1.5)], kind), name) is None
    if vr != "US":  # whose bytes are no text
        sent, value = GOOD[vr]
        assert getattr(received([(tag, "UN", sent.encode() if isinstance(sent, str) else sent)], kind), name) == value


@pytest.mark.parametrize(
    ("vr", "value", "number"),
    [
        ("IS", "512", 512), ("US", 512, 512), ("UL", 70000, 70000), ("SS", -5, -5), ("SL", -70000, -70000), ("UN", b"\0\2", 512),
        ("IS", "1\\2", 1), ("US", [3, 4], 3), ("IS", "+5", 5), ("IS", "0", 0), ("US", 0, 0),
        ("DS", "5", None), ("LO", "5", None), ("OB", b"\5\0", None), ("FL", 5.0, None), ("AT", 0x00280010, None),
    ],
)  # fmt: skip
def test_find_11_numbers_in_any_vr_that_has_whole_ones(vr: str, value: Any, number: int | None) -> None:
    result = received([(0x00280010, vr, value)], InstanceResult)
    assert result.rows == result.integer("Rows") == result.integer(0x00280010) == number
    assert type(result.rows) in (int, type(None))  # no text of a number


@pytest.mark.parametrize(
    ("terms", "data", "name"),
    [
        ("ISO_IR 100", b"M\xfcller^J\xf6rg", "Müller^Jörg"),
        ("ISO_IR 192", "Çelik^Şule".encode(), "Çelik^Şule"),
        ("\\ISO 2022 IR 87", b"Yamada^Tarou=\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B", "Yamada^Tarou=山田^太郎"),
        ("ISO_IR 144", b"\xb8\xd2\xd0\xdd", "Иван"),
        ("GB18030", b"Wang=\xcd\xf5^\xd0\xa1\xb6\xab", "Wang=王^小东"),
    ],
)
def test_text_is_decoded_by_what_the_match_says_of_it(terms: str, data: bytes, name: str) -> None:
    padded = data + b" " * (len(data) % 2)
    for kind in (PatientResult, StudyResult):
        result = received([(0x00080005, "CS", terms), (0x00100010, "PN", padded), (0x00100020, "LO", padded)], kind)
        assert (result.patient_name, result.patient_id) == (name, name)


@pytest.mark.parametrize("attributes", [[], [(0x00080005, "CS", "ISO_IR 192")]])
def test_text_that_is_not_in_its_character_set(attributes: list[Attribute]) -> None:
    """Some peers declare none: the name is found all the same, with a warning that does not have it."""
    result = received([*attributes, (0x00100010, "PN", b"M\xfcller^J\xf6rg ")], PatientResult)
    with pytest.warns(DICOMWarning) as caught:
        name = result.patient_name
    assert name is not None
    assert name.startswith("M")
    assert not any("ller" in str(warning.message) for warning in caught)


def test_find_12_names_of_groups_and_of_several_persons() -> None:
    attributes: list[Attribute] = [(0x00080005, "CS", "ISO_IR 192"), (0x00080090, "PN", "A^B\\C^D"), (0x00100010, "PN", "=山田^太郎")]
    result = received(attributes, StudyResult)
    assert result.patient_name is not None
    assert (result.patient_name.family_name, result.patient_name.ideographic.family_name) == ("", "山田")
    assert result.referring_physician_name == "A^B"
    without_first = received([(0x00080090, "PN", "\\C^D"), (0x00100010, "PN", "\\C^D")], StudyResult)
    assert (without_first.referring_physician_name, without_first.patient_name) == (None, None)


@pytest.mark.parametrize(
    ("text", "whole", "each"),
    [("CT", "CT", ("CT",)), ("CT\\SR", "CT\\SR", ("CT", "SR")), ("CT\\ SR \\", "CT\\SR\\", ("CT", "SR")), ("", None, ())],
)
def test_find_9_modalities(text: str, whole: str | None, each: tuple[str, ...]) -> None:
    result = received([(0x00080061, "CS", text)], StudyResult)
    assert (result.modalities_in_study, result.modalities) == (whole, each)
    assert received([], StudyResult).modalities == ()


@pytest.mark.parametrize(
    ("text", "level"),
    [*((level.value, level) for level in QueryLevel), ("STUDY ", QueryLevel.STUDY), ("study", None), ("", None), ("STUDY\\IMAGE", None)],
)
def test_find_6_the_level(text: str, level: QueryLevel | None) -> None:
    assert received([(0x00080052, "CS", text)]).level is level
    assert received([]).level is None


def test_where_it_can_be_retrieved_from() -> None:
    result = received([(0x00080054, "AE", "ONE \\TWO"), (0x00080056, "CS", "NEARLINE")])
    assert (result.retrieve_ae_titles, result.instance_availability) == (("ONE", "TWO"), "NEARLINE")
    assert (received([]).retrieve_ae_titles, received([]).instance_availability) == ((), None)


def test_find_13_attributes() -> None:
    sent: list[Attribute] = [
        (0x00080061, "CS", "CT\\SR"), (0x00081032, "SQ", [[(0x00080100, "SH", "A")]]), (0x00090010, "LO", "ME"),
        (0x0020000D, "UI", "1.2\\1.3"), (0x00280010, "US", 512),
    ]  # fmt: skip
    result = received(sent)
    assert list(result.attributes) == [tag for tag, _, _ in sent] == [element.tag for element in result]
    assert result.attributes[0x00280010].value == 512
    assert result.data_set.ProcedureCodeSequence[0].CodeValue == "A"
    assert (result.string("ModalitiesInStudy"), result.strings("ModalitiesInStudy")) == ("CT\\SR", ("CT", "SR"))
    assert (result.uid("StudyInstanceUID"), result.strings((0x0020, 0x000D))) == ("1.2", ("1.2", "1.3"))
    assert (result.string("Rows"), result.strings("Rows"), result.uid("Rows"), result.integer("StudyInstanceUID")) == (None, (), None, None)
    assert (result.string("PatientID"), result.strings("PatientID"), result.uid("PatientID"), result.integer("PatientID")) == (
        None, (), None, None,
    )  # fmt: skip
    assert result.string("(0009,0010)") == "ME"
    with pytest.raises(UnknownKeywordError):
        result.string("PatientsName")


@pytest.mark.parametrize(("level", "kind"), [*zip(QueryLevel, (PatientResult, StudyResult, SeriesResult, InstanceResult), strict=True)])
def test_find_4_a_result_as_one_of_another_level(level: QueryLevel, kind: type[QueryResult]) -> None:
    result = received([(0x0020000D, "UI", "1.2")], has_unsupported_keys=True)
    name = {QueryLevel.IMAGE: "as_instance"}.get(level, f"as_{level.value.lower()}")
    other = getattr(result, name)()
    assert type(other) is kind is result_class(level)
    assert (other.data_set is result.data_set, other.has_unsupported_keys) == (True, True)
    assert other != result  # one is any match, the other a match of a level
    assert other == getattr(other, name)()


def test_results_are_equal_when_what_was_found_is() -> None:
    attributes: list[Attribute] = [(0x0020000D, "UI", "1.2"), (0x00280010, "US", 5)]
    assert received(attributes) == received(attributes, implicit=True)
    assert received(attributes) != received(attributes[:1])
    assert received(attributes) != received(attributes).data_set
    with pytest.raises(TypeError):
        hash(received(attributes))


@pytest.mark.parametrize("kind", [QueryResult, *PROPERTIES])
def test_what_was_found_is_not_shown(kind: type[QueryResult]) -> None:
    result = received([(0x00100010, "PN", "Secret^"), (0x00100020, "LO", "Secret^")], kind)
    assert repr(result) == str(result) == f"<{kind.__name__} of 2 attributes>"
