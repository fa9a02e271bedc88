"""Which frames of which files are shown, in which order: by series, along the normal of their planes (PS3.3 C.7.6.2.1.1)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dicomkit.cli.console import count
from dicomkit.cli.geometry import Plane
from dicomkit.scanning import scan

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from dicomkit.encoding.options import ReadOptions
    from dicomkit.scanning import Row

__all__ = ["Picture", "PictureList", "list_pictures"]

_ATTRIBUTES = (
    "StudyInstanceUID", "SeriesInstanceUID", "SeriesNumber", "InstanceNumber", "ImagePositionPatient", "ImageOrientationPatient",
    "NumberOfFrames", "Rows", "PhotometricInterpretation", "RedPaletteColorLookupTableDescriptor",
)  # fmt: skip
_SAME_DIRECTION = 1e-3      # of cosines
_SAME_POSITION = 1e-2       # mm
# No folder has more in it than anyone looks at; a Number of Frames may say anything.
_MOST_FRAMES = 1_000_000


@dataclass(frozen=True, slots=True)
class Picture:
    """One frame of one file.

    Attributes
    ----------
    label
        Instance Number, or frame number, or both with a dot between them; what tells it from its neighbours.
    is_color
        Whether it is rendered in RGB.
    """

    path: str
    frame_index: int
    label: str
    is_color: bool = False


@dataclass(frozen=True, slots=True)
class PictureList:
    """What there is to show.

    Attributes
    ----------
    pictures
        Series after series, each in its order.
    series
        The different series, in words.
    problems
        What could not be read, and why.
    """

    pictures: tuple[Picture, ...]
    series: tuple[str, ...]
    problems: tuple[str, ...]


def list_pictures(paths: Iterable[str], options: ReadOptions, series_number: int | None = None) -> PictureList:
    """Find the images in files and folders, only those of one Series Number if one is given. No pixels are read."""
    found: dict[tuple[str, str], list[Row]] = {}
    problems = []
    for row in scan(paths, _ATTRIBUTES, skip_non_dicom=True, options=options):
        if row.error is not None:
            problems.append(f"{row.path}: {row.error}")
        elif row["Rows"] is not None and series_number in (None, row["SeriesNumber"]):
            found.setdefault((str(row["StudyInstanceUID"]), str(row["SeriesInstanceUID"])), []).append(row)
    pictures: list[Picture] = []
    names = []
    for rows in sorted(found.values(), key=lambda rows: _number(rows[0], "SeriesNumber")):
        ordered = _in_order(rows)
        pictures += [picture for row in ordered for picture in _frames(row, is_alone=len(rows) == 1)]
        number = rows[0]["SeriesNumber"]
        names.append(f"{'?' if number is None else number} ({count(len(rows), 'file')})")
    return PictureList(tuple(pictures), tuple(names), tuple(problems))


def _number(row: Row, keyword: str) -> float:
    """A number of a row; what has none comes last."""
    value = row[keyword]
    return value if isinstance(value, int) else math.inf


def _in_order(rows: Sequence[Row]) -> list[Row]:
    """The files of a series along the normal of their planes if these are parallel, else by Instance Number."""
    by_number = sorted(rows, key=lambda row: _number(row, "InstanceNumber"))
    planes = [Plane.of(row["ImagePositionPatient"], row["ImageOrientationPatient"]) for row in by_number]
    distances = _distances(planes)
    if distances is None:
        return by_number
    # Stable: images of one position keep the order of their numbers.
    order = sorted(range(len(by_number)), key=lambda index: round(distances[index] / _SAME_POSITION))
    return [by_number[index] for index in order]


def _distances(planes: Sequence[Plane]) -> list[float] | None:
    """Where planes cut their normal, which points to head, back or left, in mm; None if they are not parallel."""
    distances = []
    normal: tuple[float, ...] | None = None
    for plane in planes:
        if plane.position is None or plane.orientation is None:
            return None
        (a, b, c), (d, e, f) = plane.orientation[:3], plane.orientation[3:]
        cross = (b * f - c * e, c * d - a * f, a * e - b * d)
        if normal is None:
            sign = 1.0 if max(cross, key=abs) > 0 else -1.0
            normal = tuple(sign * part for part in cross)
        if abs(abs(sum(x * y for x, y in zip(normal, cross, strict=True))) - 1) > _SAME_DIRECTION:
            return None
        distances.append(sum(x * y for x, y in zip(normal, plane.position, strict=True)))
    return distances


def _frames(row: Row, *, is_alone: bool) -> list[Picture]:
    frames = row["NumberOfFrames"]
    number = row["InstanceNumber"]
    name = str(number) if isinstance(number, int) else ""
    # A grey image with a palette has a supplemental one (PS3.3 C.7.6.19).
    is_grey = str(row["PhotometricInterpretation"] or "MONOCHROME2").startswith("MONOCHROME")
    is_color = not is_grey or row["RedPaletteColorLookupTableDescriptor"] is not None
    if not isinstance(frames, int) or not 1 < frames <= _MOST_FRAMES:
        return [Picture(row.path, 0, name, is_color)]
    prefix = "" if is_alone or not name else f"{name}."
    return [Picture(row.path, index, f"{prefix}{index + 1}", is_color) for index in range(frames)]
