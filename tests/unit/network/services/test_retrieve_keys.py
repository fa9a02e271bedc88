from __future__ import annotations

from typing import Any

import pytest

from dicomkit.encoding.serializer import serialize_data_set
from dicomkit.network.errors import LocalProtocolError
from dicomkit.network.services.information_model import InformationModel, QueryLevel
from dicomkit.network.services.retrieve_keys import RetrieveKeys
from dicomkit.testing import Attribute, data_set
from dicomkit.transfer_syntax import TransferSyntax
from tests.unit.network.services.scripted_peer import EXPLICIT, IMPLICIT

PATIENT, STUDY, SERIES, IMAGE = QueryLevel
PATIENT_ROOT, STUDY_ROOT = InformationModel.PATIENT_ROOT, InformationModel.STUDY_ROOT
LEVEL, CHARACTER_SET, PATIENT_ID = 0x00080052, 0x00080005, 0x00100020
STUDY_UID, SERIES_UID, INSTANCE_UID = 0x0020000D, 0x0020000E, 0x00080018
for_patient, for_study = RetrieveKeys.for_patient, RetrieveKeys.for_study
for_series, for_instance = RetrieveKeys.for_series, RetrieveKeys.for_instance

IDENTIFIERS: list[tuple[RetrieveKeys, list[Attribute]]] = [
    (for_patient("P1"), [(LEVEL, "CS", "PATIENT"), (PATIENT_ID, "LO", "P1")]),
    (for_patient("P12"), [(LEVEL, "CS", "PATIENT"), (PATIENT_ID, "LO", b"P12 ")]),
    (for_study("1.2"), [(LEVEL, "CS", "STUDY"), (STUDY_UID, "UI", b"1.2\0")]),
    (for_study(["1.2", "1.3", "1.4"]), [(LEVEL, "CS", "STUDY"), (STUDY_UID, "UI", b"1.2\\1.3\\1.4\0")]),
    (for_study(("1.2",)), [(LEVEL, "CS", "STUDY"), (STUDY_UID, "UI", "1.2")]),
    (for_study("1.2").patient_id("P1"), [(LEVEL, "CS", "STUDY"), (PATIENT_ID, "LO", "P1"), (STUDY_UID, "UI", "1.2")]),
    (for_series("1.2", "1.3"), [(LEVEL, "CS", "SERIES"), (STUDY_UID, "UI", "1.2"), (SERIES_UID, "UI", "1.3")]),
    (for_series("1.2", ["3", "4"]), [(LEVEL, "CS", "SERIES"), (STUDY_UID, "UI", "1.2"), (SERIES_UID, "UI", "3\\4")]),
    (
        for_instance("1.2", "1.3", ["1.4.1", "1.4.2"]),
        [(LEVEL, "CS", "IMAGE"), (STUDY_UID, "UI", "1.2"), (SERIES_UID, "UI", "1.3"), (INSTANCE_UID, "UI", "1.4.1\\1.4.2")],
    ),
    (
        for_patient("Müller-1"),
        [(CHARACTER_SET, "CS", "ISO_IR 192"), (LEVEL, "CS", "PATIENT"), (PATIENT_ID, "LO", b"M\xc3\xbcller-1 ")],
    ),
]  # fmt: skip


@pytest.mark.parametrize("syntax", [EXPLICIT, IMPLICIT])
@pytest.mark.parametrize(("keys", "attributes"), IDENTIFIERS)
def test_move_5_the_identifier_has_the_level_and_the_unique_keys(keys: RetrieveKeys, attributes: list[Attribute], syntax: str) -> None:
    """Byte by byte: Orthanc finds nothing with an empty key more."""
    encoded = serialize_data_set(keys.identifier(), TransferSyntax.get(syntax)).to_bytes()
    assert encoded == data_set(attributes, implicit=syntax == IMPLICIT)


def test_the_order_of_keys_is_not_that_of_calls() -> None:
    turned = RetrieveKeys("IMAGE").sop_instance_uid("1.4").series_instance_uid("1.3").study_instance_uid("1.2")
    assert turned == for_instance("1.2", "1.3", "1.4")
    assert hash(turned) == hash(for_instance("1.2", "1.3", "1.4"))
    syntax = TransferSyntax.get(EXPLICIT)
    encoded = [serialize_data_set(keys.identifier(), syntax).to_bytes() for keys in (turned, for_instance("1.2", "1.3", "1.4"))]
    assert encoded[0] == encoded[1]


def test_move_5_keys_are_copied_and_not_changed() -> None:
    keys = for_study("1.2")
    other = keys.study_instance_uid("1.3")
    assert (keys, other) == (for_study("1.2"), for_study("1.3"))
    assert keys != other
    assert keys != RetrieveKeys(SERIES).study_instance_uid("1.2")
    assert keys != "1.2"
    assert keys.patient_id("1") != keys
    assert len({keys, other, for_study(["1.2"])}) == 2


@pytest.mark.parametrize("level", QueryLevel)
def test_move_5_the_level(level: QueryLevel) -> None:
    assert RetrieveKeys(level).level is RetrieveKeys(level.value).level is level


def test_there_is_no_other_level() -> None:
    with pytest.raises(ValueError, match="is not a valid QueryLevel"):
        RetrieveKeys("INSTANCE")


def test_what_is_retrieved_is_patient_data_and_not_shown() -> None:
    assert repr(for_study("1.2").patient_id("P1")) == "<RetrieveKeys of STUDY: PatientID, StudyInstanceUID>"


@pytest.mark.parametrize(
    ("keys", "model"),
    [
        (for_patient("P1"), PATIENT_ROOT),
        (for_patient("Müller"), PATIENT_ROOT),
        (for_study("1.2"), STUDY_ROOT),
        (for_study(["1.2", "1.3"]), STUDY_ROOT),
        (for_study("1.2").patient_id("P1"), PATIENT_ROOT),
        (for_study("1.2").patient_id("P1"), STUDY_ROOT),  # an attribute of the study there
        (for_series("1.2", ["1.3", "1.4"]), STUDY_ROOT),
        (for_series("1.2", "1.3").patient_id("P1"), PATIENT_ROOT),
        (for_instance("1.2", "1.3", ["1.4", "1.5"]), STUDY_ROOT),
        (for_instance("1.2", "1.3", "1.4").patient_id("P1"), PATIENT_ROOT),
    ],
)
def test_keys_that_name_something(keys: RetrieveKeys, model: InformationModel) -> None:
    keys.check(model)


NOT_PATIENT, NOT_STUDY = "names its PatientID, without wildcards", "names its StudyInstanceUID, without wildcards"
NOT_SERIES, NOT_INSTANCE = "names its SeriesInstanceUID, without wildcards", "names its SOPInstanceUID, without wildcards"
NOTHING: Any = None


@pytest.mark.parametrize(
    ("keys", "model", "words"),
    [
        (for_patient("P1"), STUDY_ROOT, "the Study Root information model has no PATIENT level"),
        (for_patient(""), PATIENT_ROOT, NOT_PATIENT),
        (for_patient("P*"), PATIENT_ROOT, NOT_PATIENT),
        (RetrieveKeys(PATIENT), PATIENT_ROOT, NOT_PATIENT),
        (for_study("1.2"), PATIENT_ROOT, f"of the level STUDY {NOT_PATIENT}"),
        (for_study(""), STUDY_ROOT, NOT_STUDY),
        (for_study(NOTHING), STUDY_ROOT, NOT_STUDY),
        (for_study([]), STUDY_ROOT, NOT_STUDY),
        (for_study([""]), STUDY_ROOT, NOT_STUDY),
        (for_study(["1.2", ""]), STUDY_ROOT, NOT_STUDY),  # nothing matches everything
        (for_study(["", "1.2"]), STUDY_ROOT, NOT_STUDY),
        (for_study(["", ""]), STUDY_ROOT, NOT_STUDY),
        (for_study("*"), STUDY_ROOT, NOT_STUDY),
        (for_study("1.2.?"), STUDY_ROOT, NOT_STUDY),
        (for_study(["1.2", "1.*"]), STUDY_ROOT, NOT_STUDY),
        (RetrieveKeys(STUDY), STUDY_ROOT, NOT_STUDY),
        (for_series(NOTHING, "1.3"), STUDY_ROOT, NOT_STUDY),
        (for_series("1.2", NOTHING), STUDY_ROOT, f"of the level SERIES {NOT_SERIES}"),
        (RetrieveKeys(SERIES).series_instance_uid("1.3"), STUDY_ROOT, NOT_STUDY),
        (for_series("1.2", "1.3"), PATIENT_ROOT, NOT_PATIENT),
        (for_instance("1.2", "1.3", ""), STUDY_ROOT, f"of the level IMAGE {NOT_INSTANCE}"),
        (for_instance("1.2", "", "1.4"), STUDY_ROOT, NOT_SERIES),
        (for_instance("", "1.3", "1.4"), STUDY_ROOT, NOT_STUDY),
        (for_instance("1.2", "1.*", "1.4"), STUDY_ROOT, NOT_SERIES),
        # Above its level a key has one value, and below it none (PS3.4 C.4.2.2.1).
        (RetrieveKeys(SERIES).study_instance_uid(["1", "2"]).series_instance_uid("3"), STUDY_ROOT, "is of one StudyInstanceUID"),
        (for_study("1.2").patient_id("P1\\P2"), PATIENT_ROOT, "is of one PatientID"),
        (for_patient("P1\\P2"), PATIENT_ROOT, "is of one PatientID"),
        (for_study("1.2").series_instance_uid("1.3"), STUDY_ROOT, "does not name a SeriesInstanceUID"),
        (for_patient("1").sop_instance_uid("1.3"), PATIENT_ROOT, "does not name a SOPInstanceUID"),
    ],
)
def test_keys_that_name_nothing_or_too_much(keys: RetrieveKeys, model: InformationModel, words: str) -> None:
    with pytest.raises(LocalProtocolError, match=words):
        keys.check(model)
