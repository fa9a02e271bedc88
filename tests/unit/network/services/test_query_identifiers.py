"""What ``QueryKeys`` become: the keys of an Identifier, and its text in each character set (PS3.4 C.4.1.1.3, PS3.5 6.1)."""

from __future__ import annotations

from typing import Any

import pytest

from dicomkit import DataSet
from dicomkit.encoding.serializer import serialize_data_set
from dicomkit.errors import InvalidValueError
from dicomkit.network.services.information_model import QueryLevel
from dicomkit.network.services.query_keys import QueryKeys
from dicomkit.testing import data_set
from dicomkit.transfer_syntax import EXPLICIT_VR_LITTLE_ENDIAN, IMPLICIT_VR_LITTLE_ENDIAN

# spec/features.md 2.4.
USUAL = {
    "PATIENT": """PatientName PatientID PatientBirthDate PatientSex
        NumberOfPatientRelatedStudies NumberOfPatientRelatedSeries NumberOfPatientRelatedInstances""",
    "STUDY": """PatientName PatientID PatientBirthDate StudyInstanceUID StudyDate StudyTime StudyDescription AccessionNumber StudyID
        ReferringPhysicianName ModalitiesInStudy NumberOfStudyRelatedSeries NumberOfStudyRelatedInstances""",
    "SERIES": """SeriesInstanceUID SeriesNumber SeriesDescription Modality SeriesDate SeriesTime BodyPartExamined
        NumberOfSeriesRelatedInstances""",
    "IMAGE": "SOPInstanceUID SOPClassUID InstanceNumber ContentDate ContentTime Rows Columns NumberOfFrames",
}
UNIQUE = {"PATIENT": "PatientID", "STUDY": "StudyInstanceUID", "SERIES": "SeriesInstanceUID", "IMAGE": "SOPInstanceUID"}
STUDY = QueryLevel.STUDY
JAPANESE = r"\ISO 2022 IR 87"
# PS3.5 H.3.1, example 1, with the escape sequences that it shows.
YAMADA = "Yamada^Tarou=山田^太郎=やまだ^たろう"
YAMADA_87 = b"Yamada^Tarou=\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B=\x1b$B$d$^$@\x1b(B^\x1b$B$?$m$&\x1b(B"


def encoded(keys: QueryKeys, implicit: bool = False) -> bytes:
    """The Identifier on the wire."""
    return serialize_data_set(keys.identifier(), IMPLICIT_VR_LITTLE_ENDIAN if implicit else EXPLICIT_VR_LITTLE_ENDIAN).to_bytes()


def padded(data: bytes) -> bytes:
    return data + b" " * (len(data) % 2)


def keywords(identifier: DataSet) -> set[str]:
    return {element.keyword for element in identifier}


def with_value(identifier: DataSet) -> set[str]:
    return {element.keyword for element in identifier if element.value is not None}


@pytest.mark.parametrize("level", QueryLevel)
def test_find_1_2_3_what_is_usual(level: QueryLevel) -> None:
    usual = {*USUAL[level.value].split(), "QueryRetrieveLevel"}
    identifier = QueryKeys(level).identifier()
    assert (identifier.QueryRetrieveLevel, keywords(identifier), with_value(identifier)) == (level.value, usual, {"QueryRetrieveLevel"})


@pytest.mark.parametrize("level", QueryLevel)
def test_find_1_2_3_keys_that_match_only_ask_for_what_is_usual(level: QueryLevel) -> None:
    unique = UNIQUE[level.value]
    identifier = QueryKeys(level).matching(unique, "1").matching("PatientComments", "x").identifier()
    assert keywords(identifier) == {*USUAL[level.value].split(), "QueryRetrieveLevel", "PatientComments"}
    assert with_value(identifier) == {"QueryRetrieveLevel", "PatientComments", unique}


@pytest.mark.parametrize("level", QueryLevel)
def test_the_unique_key_is_always_there(level: QueryLevel) -> None:
    identifier = QueryKeys(level).request_study_description().patient_name("A*").identifier()
    assert keywords(identifier) == {"QueryRetrieveLevel", "StudyDescription", "PatientName", UNIQUE[level.value]}


@pytest.mark.parametrize("implicit", [False, True])
def test_values_on_the_wire(implicit: bool) -> None:
    inner = DataSet()
    inner.CodeValue = "A"
    keys = (
        QueryKeys(STUDY).patient_name("Doe^J*").study_date(("20240101", None)).study_instance_uid(["1.2", "1.3.4"]).request_study_id()
        .matching("Rows", 512).matching("ProcedureCodeSequence", inner).matching((9, 0x10), "ME", "LO")
    )  # fmt: skip
    items: Any = [[(0x00080100, "SH", "A")]]
    assert encoded(keys, implicit) == data_set(
        [
            (0x00080020, "DA", "20240101-"), (0x00080052, "CS", "STUDY"), (0x00081032, "SQ", items), (0x00090010, "LO", "ME"),
            (0x00100010, "PN", "Doe^J*"), (0x0020000D, "UI", ["1.2", "1.3.4"]), (0x00200010, "SH", ""), (0x00280010, "US", 512),
        ],
        implicit=implicit,
    )  # fmt: skip


@pytest.mark.parametrize("implicit", [False, True])
@pytest.mark.parametrize(
    ("character_set", "name", "data"),
    [
        ("ISO_IR 192", "Müller*", b"M\xc3\xbcller*"),
        ("ISO_IR 192", YAMADA, YAMADA.encode()),
        ("ISO_IR 100", "Müller*", b"M\xfcller*"),
        ("ISO_IR 100", "Müller^Jörg", b"M\xfcller^J\xf6rg"),
        (JAPANESE, YAMADA, YAMADA_87),
        (JAPANESE, "*=山田*", b"*=\x1b$B;3ED\x1b(B*"),
        ("ISO_IR 13", "ﾔﾏﾀﾞ*", b"\xd4\xcf\xc0\xde*"),
        ("GB18030", "王*", b"\xcd\xf5*"),
    ],
)
def test_names_in_a_character_set(character_set: str, name: str, data: bytes, implicit: bool) -> None:
    keys = QueryKeys(STUDY, character_set=character_set).patient_name(name).request_study_id()
    attributes: Any = [
        (0x00080005, "CS", character_set), (0x00080052, "CS", "STUDY"), (0x00100010, "PN", padded(data)), (0x0020000D, "UI", ""),
        (0x00200010, "SH", ""),
    ]  # fmt: skip
    assert encoded(keys, implicit) == data_set(attributes, implicit=implicit)


@pytest.mark.parametrize("character_set", ["ISO_IR 192", "ISO_IR 100", JAPANESE])
def test_ascii_needs_no_character_set(character_set: str) -> None:
    keys = QueryKeys(STUDY, character_set=character_set).patient_name("Doe^*").request_study_id()
    assert "SpecificCharacterSet" not in keys.identifier()


@pytest.mark.parametrize(("character_set", "data"), [("ISO_IR 192", b"r\xc3\xb6ntgen"), ("ISO_IR 100", b"r\xf6ntgen")])
def test_text_in_items_has_the_character_set_too(character_set: str, data: bytes) -> None:
    inner, outer = DataSet(), DataSet()
    inner.CodeMeaning = "röntgen"
    outer.RequestedProcedureCodeSequence = [inner]
    keys = QueryKeys(STUDY, character_set=character_set).matching("RequestAttributesSequence", outer).request_study_id()
    items: Any = [[(0x00321064, "SQ", [[(0x00080104, "LO", padded(data))]])]]
    assert encoded(keys) == data_set(
        [
            (0x00080005, "CS", character_set), (0x00080052, "CS", "STUDY"), (0x0020000D, "UI", ""), (0x00200010, "SH", ""),
            (0x00400275, "SQ", items),
        ]
    )  # fmt: skip


def test_a_chain_keeps_the_character_set() -> None:
    keys = QueryKeys(STUDY, character_set="ISO_IR 100").study_id("1").request_study_date().patient_name("ü")
    assert keys.identifier().SpecificCharacterSet == "ISO_IR 100"
    assert keys != QueryKeys(STUDY).study_id("1").request_study_date().patient_name("ü")


@pytest.mark.parametrize(
    ("character_set", "key", "text"),
    [
        ("ISO_IR 100", "PatientName", "山田"),
        (JAPANESE, "PatientName", "Şule"),
        ("", "PatientName", "ü"),
        ("ISO_IR 192", "PatientName", "\ud800"),
        # Specific Character Set is not about these VRs.
        ("ISO_IR 192", "Modality", "ü"),
        ("ISO_IR 192", "StudyInstanceUID", "1.2.٣"),
    ],
)
def test_text_that_the_character_set_does_not_have(character_set: str, key: str, text: str) -> None:
    with pytest.raises(InvalidValueError, match="does not exist in the declared character set") as caught:
        QueryKeys(STUDY, character_set=character_set).matching(key, text)
    assert text not in str(caught.value)


def test_text_in_items_that_the_character_set_does_not_have() -> None:
    inner = DataSet()
    inner.CodeMeaning = "山田"
    with pytest.raises(InvalidValueError, match="does not exist in the declared character set"):
        QueryKeys(STUDY, character_set="ISO_IR 100").matching("ProcedureCodeSequence", inner)


def test_a_character_set_that_there_is_not() -> None:
    with pytest.raises(InvalidValueError, match="no defined term"):
        QueryKeys(STUDY, character_set="UTF-80")
