"""Where the images of a series lie (PS3.3 C.7.6.2), and what about it is odd."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from dicomkit.dataset import DataSet

__all__ = ["Plane", "Stack", "frame_planes", "stack_planes"]

Vector = tuple[float, ...]

SAME_DIRECTION = 1e-3       # of cosines: a twentieth of a degree
SAME_POSITION = 1e-2        # mm; positions are written with that much noise
UNEVEN = 0.01               # of the distance between slices
OBLIQUE = math.cos(math.radians(5))
_PLANES = ("sagittal", "coronal", "axial")      # perpendicular to x, y and z


@dataclass(frozen=True, slots=True)
class Plane:
    """Position and orientation of one image or frame: None where it has none, or it is damaged."""

    position: Vector | None
    orientation: Vector | None

    @classmethod
    def of(cls, position: object, orientation: object) -> Plane:
        """Make one of the values of Image Position (Patient) and Image Orientation (Patient)."""
        return cls(_numbers(position, 3), _numbers(orientation, 6))


@dataclass(frozen=True, slots=True)
class Stack:
    """Parallel planes.

    Parameters
    ----------
    name
        ``axial``, ``coronal``, ``sagittal``; ``oblique`` before it beyond 5 degrees.
    positions
        How many different ones there are.
    spacing
        Between neighbours along the normal, in mm: the median; None for a single position.
    extent
        From the first to the last position, in mm.
    problems
        What is odd, in words.
    """

    name: str
    positions: int
    spacing: float | None
    extent: float
    problems: tuple[str, ...]


def _numbers(value: object, count: int) -> Vector | None:
    if not isinstance(value, list) or len(value) != count or not all(isinstance(part, float) and math.isfinite(part) for part in value):
        return None
    return tuple(map(float, value))


def frame_planes(data_set: DataSet) -> list[Plane]:
    """Return the planes of the frames of an enhanced image, from its functional groups (PS3.3 C.7.6.16.2.3, .4)."""
    shared = data_set.first_sequence_item("SharedFunctionalGroupsSequence")
    shared_orientation = _macro(shared, "PlaneOrientationSequence", "ImageOrientationPatient")
    shared_position = _macro(shared, "PlanePositionSequence", "ImagePositionPatient")
    planes = []
    for frame in data_set.sequence("PerFrameFunctionalGroupsSequence") or ():
        position = _macro(frame, "PlanePositionSequence", "ImagePositionPatient") or shared_position
        orientation = _macro(frame, "PlaneOrientationSequence", "ImageOrientationPatient") or shared_orientation
        planes.append(Plane.of(position, orientation))
    return planes


def _macro(group: DataSet | None, sequence: str, keyword: str) -> object:
    item = None if group is None else group.first_sequence_item(sequence)
    return None if item is None else item.get(keyword)


def stack_planes(planes: Iterable[Plane]) -> Stack | None:
    """Describe planes as a stack; None if none of them lies anywhere."""
    placed = [plane for plane in planes if plane.position is not None and plane.orientation is not None]
    if not placed:
        return None
    normals = [normal for plane in placed if (normal := _normal(plane.orientation or ())) is not None]
    if not normals:
        return None
    normal = normals[0]
    problems = []
    parallel = sum(abs(_dot(normal, other)) > 1 - SAME_DIRECTION for other in normals)
    if parallel < len(placed):
        problems.append(f"{len(placed) - parallel} of {len(placed)} are not parallel to the first")
    distances = sorted(_dot(normal, plane.position or ()) for plane in placed)
    steps = [after - before for before, after in pairwise(distances)]
    apart = [step for step in steps if step > SAME_POSITION]
    spacing = sorted(apart)[len(apart) // 2] if apart else None
    if spacing is not None and parallel == len(placed):
        problems += _gaps(apart, spacing)
        if (count := len(placed)) % (len(apart) + 1):
            problems.append(f"{count} images share {len(apart) + 1} positions unevenly")
    return Stack(_name(normal), len(apart) + 1, spacing, distances[-1] - distances[0], tuple(problems))


def _gaps(apart: Sequence[float], spacing: float) -> list[str]:
    wide = [step for step in apart if step > spacing * 1.5]
    if wide and all(abs(step / spacing - round(step / spacing)) < UNEVEN * 5 for step in wide):
        missing = sum(round(step / spacing) - 1 for step in wide)
        return [f"{missing} slice{'' if missing == 1 else 's'} missing"]
    if max(apart) - min(apart) > spacing * UNEVEN:
        return [f"uneven distances, {min(apart):.4g} to {max(apart):.4g} mm"]
    return []


def _normal(orientation: Vector) -> Vector | None:
    """The unit vector perpendicular to rows and columns, pointing towards head, back or left."""
    (a, b, c), (d, e, f) = orientation[:3], orientation[3:]
    cross = (b * f - c * e, c * d - a * f, a * e - b * d)
    length = math.sqrt(_dot(cross, cross))
    if length < SAME_DIRECTION:
        return None
    sign = 1 if max(cross, key=abs) > 0 else -1
    return tuple(sign * part / length for part in cross)


def _dot(first: Sequence[float], second: Sequence[float]) -> float:
    return sum(a * b for a, b in zip(first, second, strict=True))


def _name(normal: Vector) -> str:
    sizes = [abs(part) for part in normal]
    name = _PLANES[sizes.index(max(sizes))]
    return name if max(sizes) >= OBLIQUE else f"oblique {name}"
