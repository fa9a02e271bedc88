"""What is to be retrieved: the unique keys of patients, studies, series and instances (PS3.4 C.4.2.2.1, C.4.3.2.1)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from dicomkit import tags
from dicomkit.dataset import DataSet
from dicomkit.network.errors import LocalProtocolError
from dicomkit.network.services.information_model import InformationModel, QueryLevel
from dicomkit.network.services.query_keys import UTF_8, name_of
from dicomkit.tag import Tag

__all__ = ["RetrieveKeys"]

UIDs: TypeAlias = str | Sequence[str]


class RetrieveKeys:
    """Unique keys, and the level of what they name. Each method returns other keys, and leaves these as they are.

    At its own level a key may be several UIDs, of which all are retrieved.

    Parameters
    ----------
    level
        What is retrieved.

    Raises
    ------
    ValueError
        If there is no such level.
    """

    __slots__ = ("_level", "_values")

    def __init__(self, level: QueryLevel | str) -> None:
        self._level = QueryLevel(level)
        self._values: dict[Tag, str] = {}

    @classmethod
    def for_patient(cls, patient_id: str) -> RetrieveKeys:
        """Name a patient, for the Patient Root model."""
        return cls(QueryLevel.PATIENT).patient_id(patient_id)

    @classmethod
    def for_study(cls, study_instance_uid: UIDs) -> RetrieveKeys:
        """Name a study, or several."""
        return cls(QueryLevel.STUDY).study_instance_uid(study_instance_uid)

    @classmethod
    def for_series(cls, study_instance_uid: str, series_instance_uid: UIDs) -> RetrieveKeys:
        """Name a series, or several of one study."""
        return cls(QueryLevel.SERIES).study_instance_uid(study_instance_uid).series_instance_uid(series_instance_uid)

    @classmethod
    def for_instance(cls, study_instance_uid: str, series_instance_uid: str, sop_instance_uid: UIDs) -> RetrieveKeys:
        """Name an instance, or several of one series."""
        keys = cls(QueryLevel.IMAGE).study_instance_uid(study_instance_uid).series_instance_uid(series_instance_uid)
        return keys.sop_instance_uid(sop_instance_uid)

    @property
    def level(self) -> QueryLevel:
        """What is retrieved."""
        return self._level

    def patient_id(self, value: str) -> RetrieveKeys:
        """Name the patient."""
        return self._with(tags.PatientID, value)

    def study_instance_uid(self, value: UIDs) -> RetrieveKeys:
        """Name the study."""
        return self._with(tags.StudyInstanceUID, value)

    def series_instance_uid(self, value: UIDs) -> RetrieveKeys:
        """Name the series."""
        return self._with(tags.SeriesInstanceUID, value)

    def sop_instance_uid(self, value: UIDs) -> RetrieveKeys:
        """Name the instance."""
        return self._with(tags.SOPInstanceUID, value)

    def _with(self, tag: Tag, value: UIDs) -> RetrieveKeys:
        other = RetrieveKeys(self._level)
        other._values = self._values | {tag: value if isinstance(value, str) else "\\".join(value or ())}
        return other

    def check(self, model: InformationModel) -> None:
        """Check that all unique keys have a value, down to the level (PS3.4 C.4.2.2.1).

        Raises
        ------
        LocalProtocolError
            If one has none, or a wildcard, or one above the level has several, or there is one below it, or the information model does
            not have the level.
        """
        own = self._level.unique_key
        for tag in (*model.keys_above(self._level), own):
            value = self._values.get(tag, "")
            # An empty value among others would match everything (PS3.4 C.2.2.2.3).
            if "" in value.split("\\") or "*" in value or "?" in value:
                raise LocalProtocolError(f"a retrieval of the level {self._level} names its {name_of(tag)}, without wildcards")
            if "\\" in value and (tag != own or self._level is QueryLevel.PATIENT):
                raise LocalProtocolError(f"a retrieval of the level {self._level} is of one {name_of(tag)}")
        for level in model.levels[model.levels.index(self._level) + 1 :]:
            if level.unique_key in self._values:  # a peer that ignores it would send more than was meant
                raise LocalProtocolError(f"a retrieval of the level {self._level} does not name a {name_of(level.unique_key)}")

    def identifier(self) -> DataSet:
        """Return the Identifier of a C-MOVE or C-GET: the level and the unique keys; some peers find nothing with more than that."""
        found = DataSet()
        found.set_string(tags.QueryRetrieveLevel, self._level.value)
        if not "".join(self._values.values()).isascii():
            found.set_string(tags.SpecificCharacterSet, UTF_8)
        for tag, value in self._values.items():
            found.set_data(tag, value.encode())  # whatever it looks like: the peer has given it
        return found

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, RetrieveKeys):
            return NotImplemented
        return (self._level, self._values) == (other._level, other._values)

    def __hash__(self) -> int:
        return hash((self._level, frozenset(self._values.items())))

    def __repr__(self) -> str:
        return f"<RetrieveKeys of {self._level}: {', '.join(map(name_of, sorted(self._values)))}>"
