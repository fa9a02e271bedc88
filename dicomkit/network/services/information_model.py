"""Levels and information models of query and retrieve (PS3.4 C.3, C.6)."""

from __future__ import annotations

from enum import Enum

from dicomkit.network.errors import LocalProtocolError
from dicomkit.tag import Tag
from dicomkit.tags import PatientID, SeriesInstanceUID, SOPInstanceUID, StudyInstanceUID
from dicomkit.uids import (
    PatientRootQueryRetrieveInformationModelFind,
    PatientRootQueryRetrieveInformationModelGet,
    PatientRootQueryRetrieveInformationModelMove,
    StudyRootQueryRetrieveInformationModelFind,
    StudyRootQueryRetrieveInformationModelGet,
    StudyRootQueryRetrieveInformationModelMove,
)

__all__ = ["InformationModel", "QueryLevel"]


class QueryLevel(Enum):
    """Query/Retrieve Level (0008,0052): what is looked for, or retrieved."""

    PATIENT = "PATIENT"
    STUDY = "STUDY"
    SERIES = "SERIES"
    IMAGE = "IMAGE"

    @property
    def unique_key(self) -> Tag:
        """The key that identifies an entity of the level (PS3.4 C.6.1.1)."""
        return _UNIQUE_KEYS[self]

    def __str__(self) -> str:
        return self.value


_UNIQUE_KEYS = {
    QueryLevel.PATIENT: PatientID,
    QueryLevel.STUDY: StudyInstanceUID,
    QueryLevel.SERIES: SeriesInstanceUID,
    QueryLevel.IMAGE: SOPInstanceUID,
}


class InformationModel(Enum):
    """A hierarchy of levels, and the SOP classes that query and retrieve in it (PS3.4 C.6.1, C.6.2).

    Attributes
    ----------
    title
        What the Standard calls it.
    levels
        From the root on.
    find_sop_class_uid, move_sop_class_uid, get_sop_class_uid
        Of C-FIND, C-MOVE and C-GET.
    """

    PATIENT_ROOT = (
        "Patient Root",
        (QueryLevel.PATIENT, QueryLevel.STUDY, QueryLevel.SERIES, QueryLevel.IMAGE),
        PatientRootQueryRetrieveInformationModelFind,
        PatientRootQueryRetrieveInformationModelMove,
        PatientRootQueryRetrieveInformationModelGet,
    )
    STUDY_ROOT = (  # what identifies a patient is an attribute of studies
        "Study Root",
        (QueryLevel.STUDY, QueryLevel.SERIES, QueryLevel.IMAGE),
        StudyRootQueryRetrieveInformationModelFind,
        StudyRootQueryRetrieveInformationModelMove,
        StudyRootQueryRetrieveInformationModelGet,
    )

    def __init__(self, title: str, levels: tuple[QueryLevel, ...], find_uid: str, move_uid: str, get_uid: str) -> None:
        self.title = title
        self.levels = levels
        self.find_sop_class_uid = find_uid
        self.move_sop_class_uid = move_uid
        self.get_sop_class_uid = get_uid

    def keys_above(self, level: QueryLevel) -> tuple[Tag, ...]:
        """Return the unique keys of the levels above one: a hierarchical search has a single value for each (PS3.4 C.4.1.2.1).

        Raises
        ------
        LocalProtocolError
            If it does not have that level.
        """
        if level not in self.levels:
            raise LocalProtocolError(f"the {self.title} information model has no {level} level")
        return tuple(above.unique_key for above in self.levels[: self.levels.index(level)])
