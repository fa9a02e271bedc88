from __future__ import annotations

import pytest

from dicomkit import tags
from dicomkit.network.errors import LocalProtocolError
from dicomkit.network.services.information_model import InformationModel, QueryLevel

PATIENT, STUDY, SERIES, IMAGE = QueryLevel.PATIENT, QueryLevel.STUDY, QueryLevel.SERIES, QueryLevel.IMAGE
PATIENT_ROOT, STUDY_ROOT = InformationModel.PATIENT_ROOT, InformationModel.STUDY_ROOT
PATIENT_ID, STUDY_UID, SERIES_UID, INSTANCE_UID = 0x00100020, 0x0020000D, 0x0020000E, 0x00080018


@pytest.mark.parametrize(("model", "root"), [(PATIENT_ROOT, "1.2.840.10008.5.1.4.1.2.1"), (STUDY_ROOT, "1.2.840.10008.5.1.4.1.2.2")])
def test_find_5_the_sop_classes(model: InformationModel, root: str) -> None:
    """PS3.4 C.6.1.3, C.6.2.3."""
    assert (model.find_sop_class_uid, model.move_sop_class_uid, model.get_sop_class_uid) == (f"{root}.1", f"{root}.2", f"{root}.3")


def test_find_5_the_models() -> None:
    assert list(InformationModel) == [PATIENT_ROOT, STUDY_ROOT]
    assert PATIENT_ROOT.levels == (PATIENT, STUDY, SERIES, IMAGE)
    assert STUDY_ROOT.levels == (STUDY, SERIES, IMAGE)
    assert [model.title for model in InformationModel] == ["Patient Root", "Study Root"]


@pytest.mark.parametrize(
    ("level", "value", "unique_key"),
    [(PATIENT, "PATIENT", PATIENT_ID), (STUDY, "STUDY", STUDY_UID), (SERIES, "SERIES", SERIES_UID), (IMAGE, "IMAGE", INSTANCE_UID)],
)
def test_find_6_the_levels(level: QueryLevel, value: str, unique_key: int) -> None:
    assert (level.value, str(level), f"{level}") == (value, value, value)
    assert QueryLevel(value) is level
    assert level.unique_key == unique_key
    assert level.unique_key in vars(tags).values()


def test_find_6_there_are_no_others() -> None:
    assert len(QueryLevel) == 4
    for text in ("study", "STUDY ", "INSTANCE", ""):
        with pytest.raises(ValueError, match="is not a valid QueryLevel"):
            QueryLevel(text)


@pytest.mark.parametrize(
    ("model", "level", "above"),
    [
        (PATIENT_ROOT, PATIENT, ()),
        (PATIENT_ROOT, STUDY, (PATIENT_ID,)),
        (PATIENT_ROOT, SERIES, (PATIENT_ID, STUDY_UID)),
        (PATIENT_ROOT, IMAGE, (PATIENT_ID, STUDY_UID, SERIES_UID)),
        (STUDY_ROOT, STUDY, ()),
        (STUDY_ROOT, SERIES, (STUDY_UID,)),
        (STUDY_ROOT, IMAGE, (STUDY_UID, SERIES_UID)),
    ],
)
def test_find_5_the_keys_above_a_level(model: InformationModel, level: QueryLevel, above: tuple[int, ...]) -> None:
    assert model.keys_above(level) == above


def test_find_5_the_study_root_has_no_patients() -> None:
    with pytest.raises(LocalProtocolError, match="the Study Root information model has no PATIENT level"):
        STUDY_ROOT.keys_above(PATIENT)
