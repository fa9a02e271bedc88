"""Everything a user would do with the pixels of a file: all kernels, with whatever layout a mutant claims to have."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Any

import numpy as np

from dicomkit import DICOMFile
from dicomkit.pixels import WINDOW_PRESETS, PixelData, PixelDataRenderer

if TYPE_CHECKING:
    from tests.fuzz.exercise import Watch

__all__ = ["compare_pixels", "use_pixels"]

LARGEST_OUT = 8 << 20  # bytes of an array that is offered for a result: larger ones would be ours, not the library's
LARGEST_SIDE = 70  # of pictures in other sizes


def use_pixels(watch: Watch, file: DICOMFile, random: Random) -> None:
    """Unpack, decode, calculate, render and look up all there is."""
    pixels = watch.take("pixel_data", file.pixel_data).value
    _use_icon(watch, file)
    if pixels is None:
        return
    descriptor = pixels.descriptor
    frames = {index: _use_frame(watch, pixels, index) for index in {0, descriptor.number_of_frames - 1}}
    array = watch.take("pixels array", pixels.array).value
    shape = (descriptor.number_of_frames,) if descriptor.number_of_frames > 1 else ()
    if array is not None:
        if array.shape != shape + descriptor.frame_shape:
            watch.add("differs", "array", "the frames have another shape than promised", f"{array.shape} {descriptor!r}")
        elif frames[0] is not None:
            _same(watch, "array", array[0] if shape else array, frames[0])
    watch.take("pixel_value", lambda: pixels.pixel_value(0, 0))
    watch.take("color_value", lambda: pixels.color_value(0, 0))
    watch.take("units", lambda: pixels.units)
    watch.take("histogram", lambda: pixels.histogram(0, random.choice([1, 7, 256])))
    watch.take("picture in a notebook", pixels._repr_png_)
    _use_overlays(watch, pixels)
    _use_renderer(watch, pixels, random)


def compare_pixels(watch: Watch, file: DICOMFile, lazy: DICOMFile) -> None:
    """Frames that are read from the disk when they are asked for must be those of the file in memory."""
    last = watch.take("last frame", lambda: file.number_of_frames - 1).value
    for step, get in (("lazy array", lambda pixels: pixels.array()), ("lazy frame", lambda pixels: pixels.frame(last))):
        expected, found = (
            watch.take(step, lambda one=one, get=get: (pixels := one.pixel_data()) and get(pixels)) for one in (file, lazy)
        )
        if (expected.error is None) != (found.error is None) or str(expected.error) != str(found.error):
            watch.add("differs", step, f"{step}: another error", f"{expected.error!r} against {found.error!r}")
        elif expected.value is not None and found.value is not None:
            _same(watch, step, found.value, expected.value)


def _use_frame(watch: Watch, pixels: PixelData, index: int) -> Any:
    take, descriptor = watch.take, pixels.descriptor
    frame = take("frame", lambda: pixels.frame(index)).value
    take("frame_data", lambda: pixels.frame_data(index))
    take("values", lambda: pixels.values(index))
    take("pixel_range", lambda: pixels.pixel_range(index))
    for mapping in take("real world", lambda: pixels.real_world_value_mappings(index)).value or ():
        take("mapped values", lambda mapping=mapping: pixels.values(index, mapping))
    if frame is None:
        return None
    if frame.shape != descriptor.frame_shape or str(frame.dtype) != descriptor.dtype:
        watch.add("differs", "frame", "a frame has another shape or type than promised", f"{frame.shape} {frame.dtype} {descriptor!r}")
    elif not descriptor.is_float and not descriptor.min_possible_value <= frame.min() <= frame.max() <= descriptor.max_possible_value:
        watch.add("differs", "frame", "a frame has values that its stored bits cannot express", f"{descriptor!r}")
    if frame.nbytes <= LARGEST_OUT:
        out = np.empty(descriptor.frame_shape, descriptor.dtype)
        filled = take("frame into an array", lambda: pixels.frame(index, out)).value
        if filled is not None:
            _same(watch, "frame into an array", filled, frame)
    return frame


def _same(watch: Watch, step: str, found: Any, expected: Any) -> None:
    if not np.array_equal(found, expected, equal_nan=expected.dtype.kind == "f"):
        watch.add("differs", step, f"{step}: other values than it should have", f"{found.shape} {expected.shape}")


def _use_icon(watch: Watch, file: DICOMFile) -> None:
    icon = watch.take("icon", file.icon).value
    if icon is not None:
        watch.take("icon array", icon.array)
        watch.take("icon picture", lambda: PixelDataRenderer(icon).render_frame(0))


def _use_overlays(watch: Watch, pixels: PixelData) -> None:
    for overlay in watch.take("overlays", pixels.overlays).value or ():
        for index in (0, pixels.descriptor.number_of_frames - 1):
            plane = watch.take("overlay", lambda overlay=overlay, index=index: overlay.frame(index)).value
            if plane is not None and (plane.shape != (overlay.rows, overlay.columns) or plane.max() > 1):
                watch.add("differs", "overlay", "an overlay has another shape or depth than promised", f"{plane.shape} {plane.dtype}")


def _use_renderer(watch: Watch, pixels: PixelData, random: Random) -> None:
    """Tables are kept from picture to picture: the same renderer makes several, some of them twice."""
    renderer, descriptor = PixelDataRenderer(pixels), pixels.descriptor
    last, name = descriptor.number_of_frames - 1, random.choice(list(WINDOW_PRESETS))
    size = random.choice([1, 2, LARGEST_SIDE, (3, LARGEST_SIDE)])
    steps = {
        "render": lambda: renderer.render_frame(0),
        "render the last": lambda: renderer.render_frame(last),
        "render a preset": lambda: renderer.render_frame(0, name),
        "render a preset again": lambda: renderer.render_frame(last, name),
        "render the stored window": lambda: renderer.render_frame_with_stored_window(last),
        "render overlays": lambda: renderer.render_frame_with_stored_window(0, overlays=True),
    }
    for step, render in steps.items():
        picture = watch.take(step, render).value
        if picture is not None and (picture.dtype != np.uint8 or picture.shape[:2] != (descriptor.rows, descriptor.columns)):
            watch.add("differs", step, "a picture has another shape or type than its frame", f"{picture.shape} {picture.dtype}")
    resized = watch.take("render in a size", lambda: renderer.render_frame(0, size=size)).value
    if resized is not None and max(resized.shape[:2]) > LARGEST_SIDE:
        watch.add("differs", "render in a size", "a picture is larger than it was asked for", f"{resized.shape}")
