"""Which frames of which files are shown, in which order: by series, along the normal of their planes (PS3.3 C.7.6.2.1.1)."""

from __future__ import annotations

import math
import os
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING, overload

from dicomkit.cli.console import count
from dicomkit.cli.entry import describe_problem
from dicomkit.cli.geometry import Plane
from dicomkit.errors import MissingRequiredElementError
from dicomkit.scanning import scan
from dicomkit.transfer_syntax import TransferSyntax

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dicomkit.encoding.options import ReadOptions
    from dicomkit.scanning import Row

__all__ = ["ImageFile", "Picture", "PictureList", "Pictures", "list_pictures"]

_ATTRIBUTES = (
    "StudyInstanceUID", "SeriesInstanceUID", "SeriesNumber", "InstanceNumber", "ImagePositionPatient", "ImageOrientationPatient",
    "NumberOfFrames", "PhotometricInterpretation", "RedPaletteColorLookupTableDescriptor",
    "Rows", "Columns", "SamplesPerPixel", "BitsAllocated", "TransferSyntaxUID",
)  # fmt: skip
_SAME_DIRECTION = 1e-3      # of cosines
_SAME_POSITION = 1e-2       # mm
# A Number of Frames may say anything. A compressed frame has an item of its own (PS3.5 A.4); native ones are at least half as large as
# without subsampling (PS3.3 C.7.6.3.1.2); and deflate makes at most 1032 bytes of one.
_ITEM_HEADER = 8
_SUBSAMPLING = 2
_DEFLATION = 1032


@dataclass(frozen=True, slots=True)
class ImageFile:
    """A file with frames.

    Attributes
    ----------
    frames
        How many frames it says that it has, or how many there is room for if these are fewer.
    prefix
        What the labels of its frames begin with; of a single frame, its label.
    is_grey
        Whether a window counts for it.
    is_color
        Whether it is rendered in RGB, as even a grey image is that has a supplemental palette (PS3.3 C.7.6.19).
    """

    path: str
    frames: int
    prefix: str
    is_grey: bool = True
    is_color: bool = False

    def picture(self, frame_index: int) -> Picture:
        """Return one of the frames."""
        return Picture(self, frame_index, f"{self.prefix}{frame_index + 1}" if self.frames > 1 else self.prefix)


@dataclass(frozen=True, slots=True)
class Picture:
    """One frame of one file.

    Attributes
    ----------
    label
        Instance Number, or frame number, or both with a dot between them; what tells it from its neighbours.
    """

    file: ImageFile
    frame_index: int
    label: str

    @property
    def path(self) -> str:
        """Where it is."""
        return self.file.path


class Pictures(Sequence[Picture]):
    """The frames of files, one file after the other; each is made when it is asked for."""

    def __init__(self, files: Iterable[ImageFile] = ()) -> None:
        self.files = tuple(files)
        self._ends = list(accumulate(file.frames for file in self.files))

    def __len__(self) -> int:
        return self._ends[-1] if self._ends else 0

    @overload
    def __getitem__(self, index: int) -> Picture: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Picture]: ...
    def __getitem__(self, index: int | slice) -> Picture | Sequence[Picture]:
        if isinstance(index, slice):
            return [self[place] for place in range(*index.indices(len(self)))]
        if not -len(self) <= index < len(self):
            raise IndexError(f"picture {index} of {len(self)}")
        index %= len(self)
        place = bisect_right(self._ends, index)
        return self.files[place].picture(index - (self._ends[place - 1] if place else 0))

    def __iter__(self) -> Iterator[Picture]:
        return (file.picture(frame_index) for file in self.files for frame_index in range(file.frames))


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
    read_paths
        All DICOM files that were looked at, and those that were named.
    """

    pictures: Pictures
    series: tuple[str, ...]
    problems: tuple[str, ...]
    read_paths: tuple[str, ...]


def list_pictures(paths: Sequence[str], options: ReadOptions, series_number: int | None = None) -> PictureList:
    """Find the images in files and folders, only those of one Series Number if one is given. No pixels are read.

    What is no image is left out in folders, and a problem where it was named.
    """
    found: dict[tuple[str, str], list[Row]] = {}
    problems, read_paths = [], []
    named = set(paths)
    for row in scan(paths, _ATTRIBUTES, skip_non_dicom=False, options=options):
        is_named = row.path in named
        if not is_named and not row.is_dicom:
            continue
        read_paths.append(row.path)
        if row.error is not None:
            problems.append(describe_problem(row.path, row.error))
        elif row["Rows"] is None:
            problems += [describe_problem(row.path, MissingRequiredElementError("Rows", "rendering"))] if is_named else []
        elif series_number in (None, row["SeriesNumber"]):
            found.setdefault((str(row["StudyInstanceUID"]), str(row["SeriesInstanceUID"])), []).append(row)
    files: list[ImageFile] = []
    names = []
    for rows in sorted(found.values(), key=lambda rows: _number(rows[0], "SeriesNumber")):
        files += [_image_file(row, is_alone=len(rows) == 1) for row in _in_order(rows)]
        number = rows[0]["SeriesNumber"]
        names.append(f"{'?' if number is None else number} ({count(len(rows), 'file')})")
    return PictureList(Pictures(files), tuple(names), tuple(problems), tuple(read_paths))


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


def _image_file(row: Row, *, is_alone: bool) -> ImageFile:
    frames = row["NumberOfFrames"]
    frames = min(frames, _most_frames(row)) if isinstance(frames, int) and frames > 1 else 1
    number = row["InstanceNumber"]
    prefix = str(number) if isinstance(number, int) else ""
    if frames > 1:
        prefix = "" if is_alone or not prefix else f"{prefix}."
    is_grey = str(row["PhotometricInterpretation"] or "MONOCHROME2").startswith("MONOCHROME")
    return ImageFile(row.path, frames, prefix, is_grey, not is_grey or row["RedPaletteColorLookupTableDescriptor"] is not None)


def _most_frames(row: Row) -> int:
    """How many frames there is room for in a file, at least 1."""
    try:
        size = os.path.getsize(row.path)
    except OSError:
        return 1    # said when it is read
    syntax = TransferSyntax.from_uid(str(row["TransferSyntaxUID"] or ""))
    if syntax is not None and syntax.is_encapsulated:
        return max(1, size // _ITEM_HEADER)
    if syntax is None or syntax.is_deflated:
        size *= _DEFLATION
    factors = [row[keyword] for keyword in ("Rows", "Columns", "SamplesPerPixel", "BitsAllocated")]
    bits = math.prod(factor for factor in factors if isinstance(factor, int) and factor > 0)
    return max(1, size * 8 * _SUBSAMPLING // bits)
