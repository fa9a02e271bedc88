"""What a query asks for: keys that match, and keys whose values are wanted (PS3.4 C.2.2)."""

from __future__ import annotations

import datetime
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from dicomkit import tags
from dicomkit._core.decimal_text import format_decimal
from dicomkit.dataset import DataSet
from dicomkit.dictionary import DataElementDictionary
from dicomkit.element import DataElement, tag_for_key
from dicomkit.errors import InvalidValueError
from dicomkit.network.services.information_model import QueryLevel
from dicomkit.tag import Tag
from dicomkit.values import DICOMDate, DICOMDateTime, DICOMDecimalString, DICOMIntegerString, DICOMPersonName, DICOMTime
from dicomkit.values.charset import encode_text, parse_specific_character_set
from dicomkit.vr import VR

if TYPE_CHECKING:
    from dicomkit.element import Key

__all__ = ["MatchValue", "QueryKey", "QueryKeys", "name_of"]

Scalar: TypeAlias = "str | int | float | datetime.date | datetime.time | DICOMDate | DICOMTime | DICOMDateTime | DICOMPersonName"
MatchValue: TypeAlias = "Scalar | tuple[Scalar | None, Scalar | None] | Sequence[Scalar] | DataSet | Sequence[DataSet] | None"
"""What a key is matched with; :meth:`QueryKeys.matching` says what each means."""

UTF_8 = "ISO_IR 192"
_RANGES = frozenset((VR.DA, VR.TM, VR.DT))
_OWN = (tags.QueryRetrieveLevel, tags.SpecificCharacterSet)


class QueryKey(NamedTuple):
    """One key of a query."""

    tag: Tag
    vr: VR
    value: str | DataElement
    """Text, or an element of a VR that is no text; empty for one that is only asked for."""

    def __repr__(self) -> str:
        return f"<QueryKey {name_of(self.tag)}>"  # the value is patient data


def _match(tag: Tag) -> Callable[[QueryKeys, MatchValue], QueryKeys]:
    def match(self: QueryKeys, value: MatchValue) -> QueryKeys:
        return self.matching(tag, value)

    match.__doc__ = f"Match {DataElementDictionary.find_tag(tag)}, with what :meth:`matching` takes."
    return match


def _request(tag: Tag) -> Callable[[QueryKeys], QueryKeys]:
    def request(self: QueryKeys) -> QueryKeys:
        return self.returning(tag)

    request.__doc__ = f"Ask for {DataElementDictionary.find_tag(tag)}."
    return request


class QueryKeys:
    """The keys of a query on one level. Each method returns other keys, and leaves these as they are.

        QueryKeys(QueryLevel.STUDY).patient_name("DOE^J*").study_date((date(2024, 1, 1), None)).request_study_description()

    The unique key of the level is always asked for. Keys that ask for nothing else ask for what is usual on their level.

    Parameters
    ----------
    level
        What is looked for.
    character_set
        Defined terms of Specific Character Set (0008,0005) for text that is not ASCII, with backslashes between; for peers that do not
        know Unicode.

    Raises
    ------
    ValueError
        If there is no such level, or a defined term is none.
    """

    __slots__ = ("_character_set", "_keys", "_level")

    def __init__(self, level: QueryLevel | str, *, character_set: str = UTF_8) -> None:
        self._level = QueryLevel(level)
        parse_specific_character_set(character_set, strict=True)
        self._character_set = character_set
        self._keys: dict[Tag, QueryKey] = {}

    @property
    def level(self) -> QueryLevel:
        """What is looked for."""
        return self._level

    @property
    def keys(self) -> tuple[QueryKey, ...]:
        """The keys that were given, in the order of their tags."""
        return tuple(self._keys[tag] for tag in sorted(self._keys))

    def is_matched(self, key: Key) -> bool:
        """Return whether what is found is restricted by a key."""
        found = self._keys.get(tag_for_key(key))
        return found is not None and found.value != ""

    # Keys.

    def matching(self, key: Key, value: MatchValue, vr: VR | str | None = None) -> QueryKeys:
        """Match an attribute, and ask for it.

        Parameters
        ----------
        key
            A tag or a keyword.
        value
            Text goes as it is, with its wildcards ``*`` and ``?`` and its ranges ``a-b``, ``-b`` and ``a-``. Dates and times, Python's
            or dicomkit's, are written as DICOM writes them; two in a tuple are a range, None its open end. A list matches any of its
            values, which peers understand of UIDs. The items of a sequence are data sets. None and nothing match everything.
        vr
            The VR of a tag that no dictionary has.

        Raises
        ------
        InvalidValueError
            If it cannot be written in the VR, or is set by the query itself, as level and character set are.
        UnknownKeywordError
            If there is no such keyword.
        """
        tag = tag_for_key(key)
        if tag in _OWN or tag.group < 8:
            # Groups below 0008 are of commands, files and directories.
            raise InvalidValueError("this is no key of a query, whose level and character set are made by the query itself", tag=tag)
        kind = _vr_of(tag, vr)
        found = "" if value is None else _text_of(value, kind, tag) if kind.is_text else _element_of(value, kind, tag)
        for text_vr, text in _texts_in(found, kind):
            terms = self._character_set if text_vr.uses_specific_character_set else ""
            encode_text(text, parse_specific_character_set(terms), is_person_name=text_vr is VR.PN)
        return self._with(QueryKey(tag, kind, found))

    def returning(self, key: Key, vr: VR | str | None = None) -> QueryKeys:
        """Ask for an attribute. One that is matched is asked for already; errors are those of :meth:`matching`."""
        return self if self.is_matched(key) else self.matching(key, None, vr)

    def _with(self, key: QueryKey) -> QueryKeys:
        other = QueryKeys(self._level, character_set=self._character_set)
        other._keys = self._keys | {key.tag: key}
        return other

    patient_name = _match(tags.PatientName)
    patient_id = _match(tags.PatientID)
    patient_birth_date = _match(tags.PatientBirthDate)
    patient_sex = _match(tags.PatientSex)
    study_instance_uid = _match(tags.StudyInstanceUID)
    study_date = _match(tags.StudyDate)
    study_time = _match(tags.StudyTime)
    accession_number = _match(tags.AccessionNumber)
    study_description = _match(tags.StudyDescription)
    study_id = _match(tags.StudyID)
    modalities_in_study = _match(tags.ModalitiesInStudy)
    series_instance_uid = _match(tags.SeriesInstanceUID)
    modality = _match(tags.Modality)
    series_number = _match(tags.SeriesNumber)
    series_description = _match(tags.SeriesDescription)
    series_date = _match(tags.SeriesDate)
    series_time = _match(tags.SeriesTime)
    body_part_examined = _match(tags.BodyPartExamined)
    sop_instance_uid = _match(tags.SOPInstanceUID)
    instance_number = _match(tags.InstanceNumber)
    content_date = _match(tags.ContentDate)
    content_time = _match(tags.ContentTime)

    request_patient_name = _request(tags.PatientName)
    request_patient_id = _request(tags.PatientID)
    request_patient_birth_date = _request(tags.PatientBirthDate)
    request_patient_sex = _request(tags.PatientSex)
    request_patient_age = _request(tags.PatientAge)
    request_study_instance_uid = _request(tags.StudyInstanceUID)
    request_study_date = _request(tags.StudyDate)
    request_study_time = _request(tags.StudyTime)
    request_accession_number = _request(tags.AccessionNumber)
    request_study_description = _request(tags.StudyDescription)
    request_study_id = _request(tags.StudyID)
    request_referring_physician_name = _request(tags.ReferringPhysicianName)
    request_modalities_in_study = _request(tags.ModalitiesInStudy)
    request_number_of_study_related_series = _request(tags.NumberOfStudyRelatedSeries)
    request_number_of_study_related_instances = _request(tags.NumberOfStudyRelatedInstances)
    request_series_instance_uid = _request(tags.SeriesInstanceUID)
    request_modality = _request(tags.Modality)
    request_series_number = _request(tags.SeriesNumber)
    request_series_description = _request(tags.SeriesDescription)
    request_series_date = _request(tags.SeriesDate)
    request_series_time = _request(tags.SeriesTime)
    request_body_part_examined = _request(tags.BodyPartExamined)
    request_number_of_series_related_instances = _request(tags.NumberOfSeriesRelatedInstances)
    request_sop_instance_uid = _request(tags.SOPInstanceUID)
    request_sop_class_uid = _request(tags.SOPClassUID)
    request_instance_number = _request(tags.InstanceNumber)
    request_content_date = _request(tags.ContentDate)
    request_content_time = _request(tags.ContentTime)
    request_rows = _request(tags.Rows)
    request_columns = _request(tags.Columns)
    request_number_of_frames = _request(tags.NumberOfFrames)
    request_number_of_patient_related_studies = _request(tags.NumberOfPatientRelatedStudies)
    request_number_of_patient_related_series = _request(tags.NumberOfPatientRelatedSeries)
    request_number_of_patient_related_instances = _request(tags.NumberOfPatientRelatedInstances)

    # As a data set.

    def identifier(self, also: Iterable[Tag] = ()) -> DataSet:
        """Return the Identifier of a C-FIND with these keys (PS3.4 C.4.1.1.3), and with others that are only asked for."""
        wanted = self._keys
        if all(key.value != "" for key in wanted.values()):
            wanted = {tag: QueryKey(tag, _vr_of(tag), "") for tag in _USUAL[self._level]} | wanted
        wanted = {tag: QueryKey(tag, _vr_of(tag), "") for tag in (*also, self._level.unique_key)} | wanted
        found = DataSet()
        found.set_string(tags.QueryRetrieveLevel, self._level.value)
        if not all(text.isascii() for key in wanted.values() for _, text in _texts_in(key.value, key.vr)):
            found.set_strings(tags.SpecificCharacterSet, self._character_set.split("\\"))
        for key in wanted.values():
            if key.vr is VR.SQ and key.value == "":
                found.set_sequence(key.tag, [])
            elif isinstance(key.value, str):
                found.set_data(key.tag, key.value.encode(), key.vr)  # in Unicode, as all that is set: who writes it knows the character set
            else:
                found[key.tag] = key.value
        return found

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, QueryKeys):
            return NotImplemented
        return (self._level, self._character_set, self._keys) == (other._level, other._character_set, other._keys)

    __hash__ = None  # type: ignore[assignment]  # data sets have none

    def __repr__(self) -> str:
        # What is looked for is patient data.
        return f"<QueryKeys of {self._level}: {', '.join(name_of(key.tag) for key in self.keys) or 'what is usual'}>"


def _vr_of(tag: Tag, vr: VR | str | None = None) -> VR:
    if vr is not None:
        return VR(vr)
    entry = DataElementDictionary.find_tag(tag)
    if entry is None or not entry.vr:
        raise InvalidValueError("no dictionary has this element: give its VR", tag=tag)
    return entry.vr[0]


def name_of(tag: Tag) -> str:
    """Return the keyword of a tag, or the tag where it has none."""
    entry = DataElementDictionary.find_tag(tag)
    return (entry.keyword if entry and not entry.is_repeating else "") or str(tag)


def _element_of(value: MatchValue, vr: VR, tag: Tag) -> DataElement | str:
    """A key of a VR that is no text: numbers, and sequences, whose items are copied. One without a value is as any without."""
    if vr is VR.SQ and isinstance(value, DataSet):
        value = [value]
    element = DataElement(tag, vr, value)
    if element.sequence_items:
        return DataElement(tag, vr, [item.copy() for item in element.sequence_items])
    return "" if element.value is None or element.value == [] else element


def _texts_in(value: str | DataElement, vr: VR) -> Iterator[tuple[VR, str]]:
    """The text of a key, that in the items of a sequence too, each with its VR."""
    if isinstance(value, str):
        yield vr, value
        return
    for item in value.sequence_items or ():
        for element in item:
            yield from _texts_in((element.string_value or "") if element.vr.is_text else element, element.vr)


def _text_of(value: MatchValue, vr: VR, tag: Tag) -> str:
    if isinstance(value, tuple) and vr in _RANGES:
        if len(value) != 2 or value == (None, None):
            raise InvalidValueError("a range is two dates or times, one of which may be None", tag=tag)
        return "-".join("" if end is None else _scalar_text(end, vr, tag) for end in value)
    if isinstance(value, (list, tuple)):
        return "\\".join(_scalar_text(one, vr, tag) for one in value)
    return _scalar_text(value, vr, tag)


def _scalar_text(value: object, vr: VR, tag: Tag) -> str:
    match value:
        case str():
            return value
        case DICOMDate() | DICOMTime() | DICOMDateTime() | DICOMDecimalString() | DICOMIntegerString():
            return str(value)
        case datetime.date() | datetime.time() if vr in _RANGES:
            return _date_time_text(value, vr, tag)
        case int() if not isinstance(value, bool):
            return str(value)
        case float() if vr is VR.DS and math.isfinite(value):
            return format_decimal(value)  # 16 characters are all that a DS has
    raise InvalidValueError(f"{vr} is not matched with a {type(value).__name__}", tag=tag)


def _date_time_text(value: datetime.date | datetime.time, vr: VR, tag: Tag) -> str:
    """Write what has a date, a time, or both, as far as the VR holds it."""
    day = f"{value.year:04}{value:%m%d}" if isinstance(value, datetime.date) else ""  # %Y is not padded everywhere
    time = ""
    if not isinstance(value, datetime.date) or isinstance(value, datetime.datetime):
        time = f"{value:%H%M%S}" + (f".{value.microsecond:06}" if value.microsecond else "")
    if not (time if vr is VR.TM else day):
        raise InvalidValueError(f"{vr} is not matched with a {type(value).__name__}", tag=tag)
    if vr is VR.TM or not time:
        return time or day
    return day if vr is VR.DA else f"{day}{time}{value:%z}"


_USUAL = {
    level: tuple(map(tag_for_key, keywords.split()))
    for level, keywords in {
        QueryLevel.PATIENT: (
            "PatientName PatientID PatientBirthDate PatientSex NumberOfPatientRelatedStudies NumberOfPatientRelatedSeries "
            "NumberOfPatientRelatedInstances"
        ),
        QueryLevel.STUDY: (
            "PatientName PatientID PatientBirthDate StudyInstanceUID StudyDate StudyTime StudyDescription AccessionNumber StudyID "
            "ReferringPhysicianName ModalitiesInStudy NumberOfStudyRelatedSeries NumberOfStudyRelatedInstances"
        ),
        QueryLevel.SERIES: (
            "SeriesInstanceUID SeriesNumber SeriesDescription Modality SeriesDate SeriesTime BodyPartExamined "
            "NumberOfSeriesRelatedInstances"
        ),
        QueryLevel.IMAGE: "SOPInstanceUID SOPClassUID InstanceNumber ContentDate ContentTime Rows Columns NumberOfFrames",
    }.items()
}
