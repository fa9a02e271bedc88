"""Overlays in unused bits of the pixels, which no codec keeps (PS3.5 8.1.2; retired in PS3.3 C.9.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dicomkit import tags
from dicomkit.element import DataElement
from dicomkit.errors import PixelDataError
from dicomkit.pixels.unpack import pack_bits
from dicomkit.tag import Tag

if TYPE_CHECKING:
    from dicomkit.dataset import DataSet
    from dicomkit.pixels.frames import PixelData
    from dicomkit.pixels.overlays import Overlay

__all__ = ["move_overlays_out_of_pixels"]


def move_overlays_out_of_pixels(data_set: DataSet, pixel_data: PixelData) -> None:
    """Write overlays that lie in unused bits of native pixels as Overlay Data (60xx,3000).

    Raises
    ------
    PixelDataError
        If one of them is not sound. Other overlays are not looked at: they stay as they are.
    """
    for overlay in pixel_data.overlays(in_pixels_only=True):
        _write_overlay_data(data_set, overlay, pixel_data.descriptor.number_of_frames)


def _write_overlay_data(data_set: DataSet, overlay: Overlay, frame_count: int) -> None:
    planes = [overlay.frame(frame_index) for frame_index in range(frame_count)]
    if any(plane is None for plane in planes):
        raise PixelDataError("an overlay in the pixels has no plane for a frame")
    cells = bytes(pack_bits(np.concatenate([plane.reshape(-1) for plane in planes if plane is not None])))
    numbers = {tags.OverlayBitsAllocated: 1, tags.OverlayBitPosition: 0}
    for repeating, number in numbers.items():
        tag = Tag(overlay.group, repeating.element)
        data_set[tag] = DataElement(tag, "US", number)
    if frame_count > 1:
        for repeating, vr, value in ((tags.NumberOfFramesInOverlay, "IS", frame_count), (tags.ImageFrameOrigin, "US", 1)):
            tag = Tag(overlay.group, repeating.element)
            data_set[tag] = DataElement(tag, vr, value)
    tag = Tag(overlay.group, tags.OverlayData.element)
    data_set[tag] = DataElement(tag, "OW", cells + b"\0" * (len(cells) % 2))
