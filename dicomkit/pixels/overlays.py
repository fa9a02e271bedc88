"""Overlays: graphics and regions of interest that lie over an image (PS3.3 C.9.2)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import numpy.typing as npt

from dicomkit import tags
from dicomkit._core.pixel_unpack import unpack_bits
from dicomkit.errors import PixelDataError, warn
from dicomkit.pixels.memory import new_array, within_memory
from dicomkit.pixels.unpack import swap_words
from dicomkit.tag import Tag
from dicomkit.vr import VR

if TYPE_CHECKING:
    from dicomkit.dataset import DataSet
    from dicomkit.element import DataElement
    from dicomkit.pixels.descriptor import PixelDataDescriptor
    from dicomkit.pixels.unpack import Array

__all__ = ["Overlay", "draw_overlays", "read_overlays"]

_GROUPS = range(0x6000, 0x6020, 2)
_LARGEST_INT32 = 0x7FFFFFFF
_WHITE = (255, 255, 255)
_CELLS_WITH_SPARE_BITS = (8, 16, 32, 64)

_Loader: TypeAlias = Callable[[int], npt.NDArray[np.uint8]]
_MakeLoader: TypeAlias = Callable[[int, int, int], _Loader]


@dataclass(frozen=True, slots=True, eq=False)
class Overlay:
    """A bit plane over an image, with one frame or several.

    Attributes
    ----------
    group
        Its group number, 0x6000 to 0x601E.
    rows, columns
        Its size, which need not be that of the image.
    origin
        Row and column of the image, counted from 0, where its first pixel lies. Both may be negative.
    type
        ``G`` for graphics, ``R`` for a region of interest.
    label, description
        Overlay Label and Overlay Description, empty where absent.
    number_of_frames
        How many frames it has of its own; None if its one frame belongs to all of the image.
    image_frame_origin
        The frame of the image, counted from 0, to which its first frame belongs.
    is_in_pixels
        Whether it lies in unused bits of the pixels, each frame of it in the frame of the image.
    """

    group: int
    rows: int
    columns: int
    origin: tuple[int, int]
    type: str
    label: str
    description: str
    number_of_frames: int | None
    image_frame_origin: int
    is_in_pixels: bool
    _load: _Loader = field(repr=False)

    @within_memory
    def frame(self, frame_index: int = 0) -> npt.NDArray[np.uint8] | None:
        """Return what belongs to a frame of the image: 0 and 1 in shape ``(rows, columns)``; None if nothing does.

        Raises
        ------
        PixelDataError
            If the data is too short for the frame.
        """
        if self.is_in_pixels:
            return self._load(frame_index)
        if self.number_of_frames is None:
            return self._load(0)
        own_index = frame_index - self.image_frame_origin
        return self._load(own_index) if 0 <= own_index < self.number_of_frames else None


def read_overlays(
    data_set: DataSet,
    descriptor: PixelDataDescriptor | None = None,
    read_cells: Callable[[int], Array] | None = None,
    *,
    in_pixels_only: bool = False,
) -> list[Overlay]:
    """Read the overlays of a data set, those in groups of their own and those in unused bits of the pixels.

    One that has neither is left out, with a :class:`DICOMWarning`: de-identification takes the data away and leaves the rest of the
    group (PS3.15 E.1-1).

    Parameters
    ----------
    descriptor
        Of native pixels; None if there are none, as in compressed images.
    read_cells
        Returns their cells of a frame as they are stored, unsigned, all bits.
    in_pixels_only
        Whether to look at no others.

    Raises
    ------
    PixelDataError
        If an attribute has the wrong type, or a number makes no sense.
    """
    found = []
    for group in _GROUPS:
        if _tag(group, tags.OverlayRows) not in data_set:
            continue
        data = _tag(group, tags.OverlayData)
        if data in data_set and data_set[data].length:
            if not in_pixels_only:
                found.append(_read_overlay(data_set, group, _in_group(data_set, group)))
        elif descriptor is not None and read_cells is not None and _is_in_pixels(data_set, group, descriptor):
            found.append(_read_overlay(data_set, group, _in_cells(data_set, group, read_cells), is_in_pixels=True))
        elif not in_pixels_only:
            warn(PixelDataError(f"the overlay of group {group:04X} has no data, nor a place in the pixels (PS3.3 C.9.2)"))
    return found


@within_memory
def draw_overlays(
    picture: npt.NDArray[np.uint8], overlays: Iterable[Overlay], frame_index: int = 0, color: tuple[int, int, int] = _WHITE
) -> npt.NDArray[np.uint8]:
    """Return a picture of a frame with its overlays drawn over it, in grey if picture and colour are, else in RGB."""
    is_grey = picture.ndim == 2 and len(set(color)) == 1
    drawn = picture.copy() if is_grey or picture.ndim == 3 else np.repeat(picture[:, :, None], 3, axis=2)
    for overlay in overlays:
        plane = overlay.frame(frame_index)
        if plane is None:
            continue
        (row, column), (rows, columns) = overlay.origin, picture.shape[:2]
        shown = plane[max(0, -row) : max(0, rows - row), max(0, -column) : max(0, columns - column)]
        target = drawn[max(0, row) : max(0, row) + shown.shape[0], max(0, column) : max(0, column) + shown.shape[1]]
        target[shown != 0] = color[0] if is_grey else color
    return drawn


def _read_overlay(data_set: DataSet, group: int, make_loader: _MakeLoader, *, is_in_pixels: bool = False) -> Overlay:
    rows, columns = (_uint16(data_set, _tag(group, tag)) for tag in (tags.OverlayRows, tags.OverlayColumns))
    if not rows or not columns:
        raise PixelDataError(f"an overlay has {rows} rows and {columns} columns")
    count = _read_frame_count(data_set, _tag(group, tags.NumberOfFramesInOverlay))
    origin = data_set.int16s(_tag(group, tags.OverlayOrigin)) or [1, 1]
    if len(origin) != 2:
        raise PixelDataError(f"the origin of an overlay has {len(origin)} numbers")
    return Overlay(
        group,
        rows,
        columns,
        (origin[0] - 1, origin[1] - 1),
        (data_set.string(_tag(group, tags.OverlayType)) or "").strip(),
        data_set.string(_tag(group, tags.OverlayLabel)) or "",
        data_set.string(_tag(group, tags.OverlayDescription)) or "",
        count,
        (data_set.uint16(_tag(group, tags.ImageFrameOrigin)) or 1) - 1,
        is_in_pixels,
        make_loader(rows, columns, 1 if count is None else count),
    )


def _read_frame_count(data_set: DataSet, tag: Tag) -> int | None:
    count = data_set.integer_string(tag)
    if count is None:
        if tag in data_set and data_set[tag].length:
            raise PixelDataError("Number of Frames in Overlay is not an integer string")
        return None
    if not 1 <= count <= _LARGEST_INT32:
        raise PixelDataError(f"an overlay has {int(count)} frames")
    return int(count)


def _in_group(data_set: DataSet, group: int) -> _MakeLoader:
    element = data_set[_tag(group, tags.OverlayData)]
    if element.vr not in (VR.OB, VR.OW, VR.UN) or element.has_undefined_length:
        raise PixelDataError("Overlay Data is not made of bytes or words")

    def make_loader(rows: int, columns: int, count: int) -> _Loader:
        bits = rows * columns
        if element.value_length * 8 < bits * count:
            raise PixelDataError(f"Overlay Data has {element.value_length} bytes for {count} frames of {rows} rows and {columns} columns")
        return lambda index: _unpack(element, index * bits, rows, columns)

    return make_loader


def _unpack(element: DataElement, first_bit: int, rows: int, columns: int) -> npt.NDArray[np.uint8]:
    plane = new_array((rows, columns), np.uint8).view(np.uint8)
    offset, end = first_bit // 8, (first_bit + rows * columns + 7) // 8
    start = offset
    if element.is_big_endian and element.vr is not VR.OB:  # whole words, whose bytes are about to change places
        start, end = offset - offset % 2, min(end + end % 2, element.value_length)
    data = element.value_range(start, end - start)
    if element.is_big_endian and element.vr is not VR.OB:
        data = swap_words(data, 2)
    unpack_bits(data[offset - start :], plane.reshape(-1), first_bit % 8)
    return plane


def _is_in_pixels(data_set: DataSet, group: int, descriptor: PixelDataDescriptor) -> bool:
    """Whether an overlay without data lies in a bit of the cells that is not stored (PS3.5 8.1.2, PS3.3-2004 C.9.2.1.1)."""
    if descriptor.samples_per_pixel != 1 or descriptor.is_float or descriptor.bits_allocated not in _CELLS_WITH_SPARE_BITS:
        return False
    rows, columns, allocated, position = (
        data_set.uint16(_tag(group, tag))
        for tag in (tags.OverlayRows, tags.OverlayColumns, tags.OverlayBitsAllocated, tags.OverlayBitPosition)
    )
    if (rows, columns, allocated) != (descriptor.rows, descriptor.columns, descriptor.bits_allocated) or position is None:
        return False
    return position < descriptor.bit_shift or descriptor.high_bit < position < descriptor.bits_allocated


def _in_cells(data_set: DataSet, group: int, read_cells: Callable[[int], Array]) -> _MakeLoader:
    position = _uint16(data_set, _tag(group, tags.OverlayBitPosition))

    def load(index: int) -> npt.NDArray[np.uint8]:
        plane: npt.NDArray[np.uint8] = (np.right_shift(read_cells(index), position) & 1).astype(np.uint8)
        return plane

    return lambda rows, columns, count: load


def _tag(group: int, tag: Tag) -> Tag:
    return Tag(group, tag.element)


def _uint16(data_set: DataSet, tag: Tag) -> int:
    number = data_set.uint16(tag)
    if number is None:
        raise PixelDataError(f"{tag} of an overlay is no 16-bit number")
    return number
