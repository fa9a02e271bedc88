"""Many files as patients, studies and series."""

from __future__ import annotations

import math
import os
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from dicomkit.cli.geometry import Plane, Stack, frame_planes, stack_planes
from dicomkit.encoding.options import ReadOptions
from dicomkit.errors import DICOMError
from dicomkit.file import read

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dicomkit.scanning import Row

__all__ = ["ATTRIBUTES", "Series", "Summary", "summarize"]

ATTRIBUTES = (
    "TransferSyntaxUID", "SOPClassUID", "SOPInstanceUID", "StudyDate", "StudyTime", "AccessionNumber", "Modality", "StudyDescription",
    "SeriesDescription", "PatientName", "PatientID", "PatientBirthDate", "PatientSex", "SliceThickness", "StudyInstanceUID",
    "SeriesInstanceUID", "SeriesNumber", "ImagePositionPatient", "ImageOrientationPatient", "SamplesPerPixel",
    "PhotometricInterpretation", "NumberOfFrames", "Rows", "Columns", "PixelSpacing", "ImagerPixelSpacing", "BitsStored",
)  # fmt: skip
FUNCTIONAL_GROUPS = ReadOptions(tags=("SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence"))


@dataclass(slots=True)
class Series:
    """The files of a series."""

    rows: list[Row] = field(default_factory=list)
    size: int = 0

    def order(self) -> float:
        """Return the Series Number; what has none comes last."""
        number = self.rows[0]["SeriesNumber"]
        return number if isinstance(number, int) else math.inf

    def values(self, keyword: str) -> Counter[Any]:
        """Return the different values of an attribute and how often each comes; lists as tuples, None where it is absent."""
        return Counter(tuple(value) if isinstance(value := row[keyword], list) else value for row in self.rows)

    @property
    def frames(self) -> int:
        """Number of images and frames."""
        return sum(_frames(row) for row in self.rows if row["Rows"] is not None)

    def stack(self) -> Stack | None:
        """Return how the images lie; None if they lie nowhere."""
        planes: list[Plane] = []
        for row in self.rows:
            if row["ImagePositionPatient"] is None and _frames(row) > 1:
                planes += _planes_of_frames(row.path)
            else:
                planes.append(Plane.of(row["ImagePositionPatient"], row["ImageOrientationPatient"]))
        return stack_planes(planes)

    def problems(self, stack: Stack | None) -> list[str]:
        """Return what is odd about the series, in words."""
        found = list(stack.problems) if stack else []
        twins = sum(number - 1 for uid, number in self.values("SOPInstanceUID").items() if uid is not None)
        if twins:
            found.append(f"{twins} {'file has' if twins == 1 else 'files have'} the SOP Instance UID of another")
        for name, keywords in (("sizes", ("Rows", "Columns")), ("pixel spacings", ("PixelSpacing",)), ("patients", ("PatientID",))):
            different = {tuple(map(str, (row[keyword] for keyword in keywords))) for row in self.rows}
            if len(different) > 1:
                found.append(f"{len(different)} different {name}")
        return found


@dataclass(slots=True)
class Summary:
    """What a scan found: series by patient and study, errors, and what is no DICOM."""

    patients: dict[Any, dict[Any, dict[Any, Series]]] = field(default_factory=dict)
    errors: list[Row] = field(default_factory=list)
    others: int = 0
    files: int = 0
    size: int = 0

    @property
    def studies(self) -> list[dict[Any, Series]]:
        """The series of each study, by Study Instance UID, of each patient, by Patient ID."""
        return [study for studies in self.patients.values() for study in studies.values()]

    @property
    def series(self) -> list[Series]:
        """All series, in the order of studies and series numbers."""
        return [series for study in self.studies for series in sorted(study.values(), key=Series.order)]


def summarize(rows: Iterable[Row]) -> Summary:
    """Sort the rows of a scan for :data:`ATTRIBUTES` into patients, studies and series."""
    summary = Summary()
    for row in rows:
        if not row.is_dicom:
            summary.others += 1
            continue
        if row.error is not None:
            summary.errors.append(row)
            continue
        size = os.stat(row.path).st_size
        summary.files += 1
        summary.size += size
        study = summary.patients.setdefault(row["PatientID"], {}).setdefault(row["StudyInstanceUID"], {})
        series = study.setdefault(row["SeriesInstanceUID"], Series())
        series.rows.append(row)
        series.size += size
    return summary


def _frames(row: Row) -> int:
    number = row["NumberOfFrames"]
    return int(number) if isinstance(number, int) and number > 0 else 1


def _planes_of_frames(path: str) -> list[Plane]:
    try:
        return frame_planes(read(path, FUNCTIONAL_GROUPS).data_set)
    except DICOMError:      # it was readable a moment ago; a series without geometry is still one
        return []
