"""What a query finds: identifiers, and what they tell of patients, studies, series and instances (PS3.4 C.6)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, TypeVar

from dicomkit import tags
from dicomkit.network.services.information_model import QueryLevel
from dicomkit.vr import VR

if TYPE_CHECKING:
    from dicomkit.dataset import DataSet
    from dicomkit.element import DataElement, Key
    from dicomkit.tag import Tag
    from dicomkit.values import DICOMDate, DICOMPersonName, DICOMTime

__all__ = ["InstanceResult", "PatientResult", "QueryResult", "SeriesResult", "StudyResult", "result_class"]

AnyResult = TypeVar("AnyResult", bound="QueryResult")


class QueryResult:
    """One match, as the peer described it.

    Nothing is decoded before it is asked for. What the peer did not send, sent empty, or sent in a form that the VR does not have is None;
    :meth:`string` gives the text even then.

    Attributes
    ----------
    data_set
        The Identifier of the response.
    has_unsupported_keys
        Whether the peer said that it does not support some optional keys of the query (status FF01).
    """

    __slots__ = ("data_set", "has_unsupported_keys")

    def __init__(self, data_set: DataSet, *, has_unsupported_keys: bool = False) -> None:
        self.data_set = data_set
        self.has_unsupported_keys = has_unsupported_keys

    @property
    def attributes(self) -> Mapping[Tag, DataElement]:
        """What the peer sent, by tag."""
        return {element.tag: element for element in self.data_set}

    def string(self, key: Key) -> str | None:
        """Return the text of an attribute; several values have backslashes between them."""
        return self.data_set.string(key) or None

    def strings(self, key: Key) -> tuple[str, ...]:
        """Return the values of an attribute as text."""
        return tuple(value for value in self.data_set.strings(key) or () if value)

    def uid(self, key: Key) -> str | None:
        """Return an attribute that is a UID, as the peer knows it: also one that breaks the rules of UIDs."""
        if key not in self.data_set or self.data_set[key].vr is not VR.UI:
            return None
        return next(iter(self.strings(key)), None)

    def integer(self, key: Key) -> int | None:
        """Return an attribute that is a whole number, in text or binary."""
        data_set = self.data_set
        for read in (data_set.integer_string, data_set.uint16, data_set.uint32, data_set.int16, data_set.int32):
            value = read(key)
            if value is not None:
                return int(value)
        return None

    # What identifies it, and where it is.

    @property
    def level(self) -> QueryLevel | None:
        """What it is, if the peer said."""
        text = self.string(tags.QueryRetrieveLevel)
        return QueryLevel(text) if text in QueryLevel.__members__ else None

    @property
    def retrieve_ae_titles(self) -> tuple[str, ...]:
        """Where it can be retrieved from (PS3.4 C.4.1.1.3.2)."""
        return self.strings(tags.RetrieveAETitle)

    @property
    def instance_availability(self) -> str | None:
        """ONLINE, NEARLINE, OFFLINE or UNAVAILABLE (PS3.4 C.4.1.1.3.2)."""
        return self.string(tags.InstanceAvailability)

    def as_patient(self) -> PatientResult:
        """Return it as a patient."""
        return self._as(PatientResult)

    def as_study(self) -> StudyResult:
        """Return it as a study."""
        return self._as(StudyResult)

    def as_series(self) -> SeriesResult:
        """Return it as a series."""
        return self._as(SeriesResult)

    def as_instance(self) -> InstanceResult:
        """Return it as an instance."""
        return self._as(InstanceResult)

    def _as(self, kind: type[AnyResult]) -> AnyResult:
        return kind(self.data_set, has_unsupported_keys=self.has_unsupported_keys)

    def __iter__(self) -> Iterator[DataElement]:
        return iter(self.data_set)

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and isinstance(other, QueryResult) and self.data_set == other.data_set

    __hash__ = None  # type: ignore[assignment]  # as a data set

    def __repr__(self) -> str:
        # The values are patient data.
        return f"<{type(self).__name__} of {len(self.data_set)} attributes>"


class _OfPatient(QueryResult):
    """What patients and studies tell of a patient."""

    __slots__ = ()

    @property
    def patient_name(self) -> DICOMPersonName | None:
        """Patient's Name (0010,0010)."""
        return self.data_set.person_name(tags.PatientName) or None

    @property
    def patient_id(self) -> str | None:
        """Patient ID (0010,0020)."""
        return self.string(tags.PatientID)

    @property
    def patient_birth_date(self) -> DICOMDate | None:
        """Patient's Birth Date (0010,0030)."""
        return self.data_set.date(tags.PatientBirthDate)

    @property
    def patient_sex(self) -> str | None:
        """Patient's Sex (0010,0040)."""
        return self.string(tags.PatientSex)


class PatientResult(_OfPatient):
    """A patient (PS3.4 C.6.1.1.2)."""

    __slots__ = ()

    @property
    def number_of_patient_related_studies(self) -> int | None:
        """Number of Patient Related Studies (0020,1200)."""
        return self.integer(tags.NumberOfPatientRelatedStudies)

    @property
    def number_of_patient_related_series(self) -> int | None:
        """Number of Patient Related Series (0020,1202)."""
        return self.integer(tags.NumberOfPatientRelatedSeries)

    @property
    def number_of_patient_related_instances(self) -> int | None:
        """Number of Patient Related Instances (0020,1204)."""
        return self.integer(tags.NumberOfPatientRelatedInstances)


class StudyResult(_OfPatient):
    """A study, and whose it is (PS3.4 C.6.1.1.3, C.6.2.1.2)."""

    __slots__ = ()

    @property
    def study_instance_uid(self) -> str | None:
        """Study Instance UID (0020,000D)."""
        return self.uid(tags.StudyInstanceUID)

    @property
    def study_date(self) -> DICOMDate | None:
        """Study Date (0008,0020)."""
        return self.data_set.date(tags.StudyDate)

    @property
    def study_time(self) -> DICOMTime | None:
        """Study Time (0008,0030)."""
        return self.data_set.time(tags.StudyTime)

    @property
    def study_description(self) -> str | None:
        """Study Description (0008,1030)."""
        return self.string(tags.StudyDescription)

    @property
    def accession_number(self) -> str | None:
        """Accession Number (0008,0050)."""
        return self.string(tags.AccessionNumber)

    @property
    def study_id(self) -> str | None:
        """Study ID (0020,0010)."""
        return self.string(tags.StudyID)

    @property
    def referring_physician_name(self) -> DICOMPersonName | None:
        """Referring Physician's Name (0008,0090)."""
        return self.data_set.person_name(tags.ReferringPhysicianName) or None

    @property
    def modalities_in_study(self) -> str | None:
        r"""Modalities in Study (0008,0061), as text: ``CT\SR``."""
        return self.string(tags.ModalitiesInStudy)

    @property
    def modalities(self) -> tuple[str, ...]:
        """Modalities in Study (0008,0061), each."""
        return self.strings(tags.ModalitiesInStudy)

    @property
    def number_of_study_related_series(self) -> int | None:
        """Number of Study Related Series (0020,1206)."""
        return self.integer(tags.NumberOfStudyRelatedSeries)

    @property
    def number_of_study_related_instances(self) -> int | None:
        """Number of Study Related Instances (0020,1208)."""
        return self.integer(tags.NumberOfStudyRelatedInstances)


class SeriesResult(QueryResult):
    """A series (PS3.4 C.6.1.1.4)."""

    __slots__ = ()

    @property
    def series_instance_uid(self) -> str | None:
        """Series Instance UID (0020,000E)."""
        return self.uid(tags.SeriesInstanceUID)

    @property
    def series_number(self) -> int | None:
        """Series Number (0020,0011)."""
        return self.integer(tags.SeriesNumber)

    @property
    def series_description(self) -> str | None:
        """Series Description (0008,103E)."""
        return self.string(tags.SeriesDescription)

    @property
    def modality(self) -> str | None:
        """Modality (0008,0060)."""
        return self.string(tags.Modality)

    @property
    def series_date(self) -> DICOMDate | None:
        """Series Date (0008,0021)."""
        return self.data_set.date(tags.SeriesDate)

    @property
    def series_time(self) -> DICOMTime | None:
        """Series Time (0008,0031)."""
        return self.data_set.time(tags.SeriesTime)

    @property
    def body_part_examined(self) -> str | None:
        """Body Part Examined (0018,0015)."""
        return self.string(tags.BodyPartExamined)

    @property
    def number_of_series_related_instances(self) -> int | None:
        """Number of Series Related Instances (0020,1209)."""
        return self.integer(tags.NumberOfSeriesRelatedInstances)

    @property
    def study_instance_uid(self) -> str | None:
        """Study Instance UID (0020,000D)."""
        return self.uid(tags.StudyInstanceUID)


class InstanceResult(QueryResult):
    """A composite instance (PS3.4 C.6.1.1.5)."""

    __slots__ = ()

    @property
    def sop_instance_uid(self) -> str | None:
        """SOP Instance UID (0008,0018)."""
        return self.uid(tags.SOPInstanceUID)

    @property
    def sop_class_uid(self) -> str | None:
        """SOP Class UID (0008,0016)."""
        return self.uid(tags.SOPClassUID)

    @property
    def instance_number(self) -> int | None:
        """Instance Number (0020,0013)."""
        return self.integer(tags.InstanceNumber)

    @property
    def content_date(self) -> DICOMDate | None:
        """Content Date (0008,0023)."""
        return self.data_set.date(tags.ContentDate)

    @property
    def content_time(self) -> DICOMTime | None:
        """Content Time (0008,0033)."""
        return self.data_set.time(tags.ContentTime)

    @property
    def rows(self) -> int | None:
        """Rows (0028,0010)."""
        return self.integer(tags.Rows)

    @property
    def columns(self) -> int | None:
        """Columns (0028,0011)."""
        return self.integer(tags.Columns)

    @property
    def number_of_frames(self) -> int | None:
        """Number of Frames (0028,0008)."""
        return self.integer(tags.NumberOfFrames)

    @property
    def series_instance_uid(self) -> str | None:
        """Series Instance UID (0020,000E)."""
        return self.uid(tags.SeriesInstanceUID)

    @property
    def study_instance_uid(self) -> str | None:
        """Study Instance UID (0020,000D)."""
        return self.uid(tags.StudyInstanceUID)


_CLASSES = {
    QueryLevel.PATIENT: PatientResult,
    QueryLevel.STUDY: StudyResult,
    QueryLevel.SERIES: SeriesResult,
    QueryLevel.IMAGE: InstanceResult,
}


def result_class(level: QueryLevel) -> type[QueryResult]:
    """Return what matches on a level are."""
    return _CLASSES[level]
