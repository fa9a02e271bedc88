"""One file as a card."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from dicomkit.cli.console import bold, count, dim, format_size, printable
from dicomkit.cli.geometry import Plane, frame_planes, stack_planes
from dicomkit.cli.words import image_words, patient_words, plane_words, study_words, text_of, uid_name
from dicomkit.errors import DICOMError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dicomkit.dataset import DataSet
    from dicomkit.file import DICOMFile

__all__ = ["card_lines"]

SHOWN_WINDOWS = 4


class _Values:
    """The values of a data set, None for what is absent."""

    def __init__(self, data_set: DataSet) -> None:
        self._get = data_set.get

    def __getitem__(self, key: str, /) -> Any:
        return self._get(key)


def card_lines(path: str, file: DICOMFile) -> Iterator[str]:
    """Return what a file is and shows, a line for each topic."""
    size = format_size(os.stat(path).st_size)
    yield bold(f"{printable(path)}: {size}, {file.transfer_syntax.name}")
    for name, text in _topics(file):
        if text:
            yield f"  {dim(f'{name:<10}')}{printable(text)}"


def _topics(file: DICOMFile) -> Iterator[tuple[str, str]]:
    data_set = file.data_set
    values = _Values(data_set)
    yield "object", f"{uid_name(values['SOPClassUID'])}, {text_of(values['SOPInstanceUID']) or 'without a SOP Instance UID'}"
    age = data_set.age("PatientAge")
    yield "patient", patient_words(values) + (f"  age {text_of(values['PatientAge'])}" if age is not None else "")
    yield "study", study_words(values).removeprefix("Study").strip()
    yield "series", _series(values)
    if values["Rows"] is not None:
        frames = data_set.integer_string("NumberOfFrames")
        yield "image", image_words(values, int(frames) if frames is not None else 1)
    planes = [Plane.of(values["ImagePositionPatient"], values["ImageOrientationPatient"])]
    stack = stack_planes(planes) or stack_planes(frame_planes(data_set))
    yield "geometry", plane_words(values, stack)
    if isinstance(position := values["ImagePositionPatient"], list):
        yield "position", " \\ ".join(map(text_of, position))
    yield "windows", _windows(file)
    yield "values", _rescale(values)
    yield "device", ", ".join(part for key in ("Manufacturer", "ManufacturerModelName", "StationName") if (part := text_of(values[key])))
    private = sum(tag.is_private for tag in data_set.tags)
    elements = count(len(data_set), "element") + (f", {private} of them private" if private else "")
    characters = text_of(values["SpecificCharacterSet"])
    yield "elements", elements + (f", text in {characters}" if characters else "")
    if stack is not None:
        for problem in stack.problems:
            yield "problem", problem
    if file.error is not None:
        yield "problem", str(file.error)


def _series(values: _Values) -> str:
    number = text_of(values["SeriesNumber"])
    instance = text_of(values["InstanceNumber"])
    parts = [f"Series {number}" if number else "", text_of(values["Modality"]), text_of(values["SeriesDescription"])]
    parts += [f"instance {instance}" if instance else "", text_of(values["BodyPartExamined"])]
    return "  ".join(part for part in parts if part)


def _windows(file: DICOMFile) -> str:
    if "WindowCenter" not in file and "PerFrameFunctionalGroupsSequence" not in file:
        return ""       # nothing to import NumPy for
    try:
        windows = file.all_window_settings()
    except DICOMError as error:
        return f"damaged: {error}"
    shown = [f"{window.center:.6g}/{window.width:.6g}" + (f" {window.explanation}" if window.explanation else "") for window in windows]
    return ", ".join(shown[:SHOWN_WINDOWS]) + (f", {len(shown) - SHOWN_WINDOWS} more" if len(shown) > SHOWN_WINDOWS else "")


def _rescale(values: _Values) -> str:
    slope, intercept = values["RescaleSlope"], values["RescaleIntercept"]
    if not isinstance(slope, float) or not isinstance(intercept, float):
        return ""
    unit = text_of(values["RescaleType"])
    return f"stored x {slope:.6g} {'-' if intercept < 0 else '+'} {abs(intercept):.6g}" + (f" = {unit}" if unit else "")
