"""Pixel data as frames of stored values (PS3.3 C.7.6.3, PS3.5 8)."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from dicomkit.errors import DICOMError, PixelDataError
from dicomkit.pixels.descriptor import PixelIndexError
from dicomkit.pixels.frame_sources import FrameSource
from dicomkit.pixels.functional_groups import FunctionalGroups
from dicomkit.pixels.histogram import Histogram, make_histogram
from dicomkit.pixels.memory import within_memory
from dicomkit.pixels.modality import ModalityTransform
from dicomkit.pixels.native_frames import NativeFrames
from dicomkit.pixels.numbers import to_integer
from dicomkit.pixels.overlays import Overlay, read_overlays
from dicomkit.pixels.padding import PixelPadding, read_pixel_padding
from dicomkit.pixels.real_world import RealWorldValueMapping, read_real_world_value_mappings
from dicomkit.pixels.render import PixelDataRenderer
from dicomkit.pixels.resize import find_natural_size, pixel_aspect_ratio
from dicomkit.pixels.unpack import Array, check_out

if TYPE_CHECKING:
    from dicomkit.dataset import DataSet
    from dicomkit.pixels.descriptor import PhotometricInterpretation, PixelDataDescriptor
    from dicomkit.pixels.encapsulated import EncapsulatedPixelData

__all__ = ["ColorValue", "PixelData", "PixelRange"]

# The longer side of the picture in a notebook.
_SHOWN_SIZE = 512
_HISTOGRAM_BINS = 256


class PixelRange(NamedTuple):
    """Smallest and largest stored value of a frame."""

    min: int | float
    max: int | float


class ColorValue(NamedTuple):
    """The three stored samples of a pixel, whatever they mean: RGB, or Y, CB and CR."""

    red: int
    green: int
    blue: int


class PixelData:
    """The frames of an image, as stored values.

    Frames, rows and columns count from 0; whatever is out of range raises :class:`PixelIndexError`, negative numbers too.
    Arrays may be read-only views on the file's buffer: copy before changing one. What the data set says about the pixels is looked
    up once; changes to it later don't count. In a notebook, the first frame is shown.

    Parameters
    ----------
    descriptor
        Shape, depth and meaning.
    data
        Native pixel data in little endian, or a :class:`FrameSource`.
    data_set
        Where the modality transformation, windows and palettes are found; None for none of them.
    encapsulated
        The fragments, if the data is encapsulated.

    Raises
    ------
    PixelDataError
        If there is less data than the descriptor promises.
    """

    def __init__(
        self,
        descriptor: PixelDataDescriptor,
        data: bytes | bytearray | memoryview | FrameSource,
        *,
        data_set: DataSet | None = None,
        encapsulated: EncapsulatedPixelData | None = None,
    ) -> None:
        self.descriptor = descriptor
        self.data_set = data_set
        self.encapsulated = encapsulated
        self._source = _wrap_buffer(descriptor, data) if isinstance(data, (bytes, bytearray, memoryview)) else data
        # The frame last looked at pixel by pixel. A tuple, so that threads see index and samples of the same frame.
        self._last: tuple[int, Array] | None = None

    def __repr__(self) -> str:
        return f"PixelData({self.descriptor!r})"

    def __len__(self) -> int:
        return self.descriptor.number_of_frames

    def frame_data(self, frame_index: int) -> memoryview:
        """Return the bytes of a frame as they are stored: encoded, if the pixel data is compressed."""
        frame_index = self._check_frame_index(frame_index)
        return self._source.frame_data(frame_index)

    def frame(self, frame_index: int = 0, out: Array | None = None) -> Array:
        """Return the stored values of a frame.

        Bits that are not stored are gone, signs extended, samples last, chroma upsampled. Of a file that was left on disk only the
        frame's bytes are read, each time, and none are kept.

        Parameters
        ----------
        out
            Where to write it: C-contiguous, of the shape and type that is returned. By default a view or a new array.

        Returns
        -------
        ndarray
            Shape ``(rows, columns)``, or ``(rows, columns, samples)`` if there are several.

        Raises
        ------
        PixelIndexError
            If there is no such frame.
        NoCodecError
            If the frame is compressed and nobody decodes it.
        PixelDataError
            If the frame is damaged.
        ValueError
            If ``out`` does not fit; :class:`TypeError` if it is no array, or the index no integer.
        """
        frame_index = self._check_frame_index(frame_index)
        if out is not None:
            check_out(out, self.descriptor.frame_shape, self.descriptor.dtype)
            return self._source.unpack(frame_index, out)
        return self._source.unpack(frame_index)

    def frames(self) -> Iterator[Array]:
        """Yield the stored values of each frame in turn; raises as :meth:`frame`."""
        for frame_index in range(self.descriptor.number_of_frames):
            yield self._source.unpack(frame_index)

    def array(self, out: Array | None = None, *, workers: int = 1) -> Array:
        """Return the stored values of all frames; raises as :meth:`frame`.

        A volume costs itself and one frame: where it is no view, it is made frame by frame, or read to where it belongs.

        Parameters
        ----------
        out
            Where to write them, as for :meth:`frame`.
        workers
            How many threads decode compressed frames.

        Returns
        -------
        ndarray
            As :meth:`frame` gives it if there is one frame; else with the frame as first axis.
        """
        if self.descriptor.number_of_frames == 1:
            return self._source.unpack(0) if out is None else self.frame(0, out)
        if out is not None:
            check_out(out, (len(self), *self.descriptor.frame_shape), self.descriptor.dtype)
            return self._source.unpack_all(out, workers)
        return self._source.unpack_all(None, workers)

    def photometric_interpretation(self, frame_index: int = 0) -> PhotometricInterpretation:
        """Return what the samples of a frame mean: the descriptor's, or RGB once a decoder has undone a colour transformation."""
        frame_index = self._check_frame_index(frame_index)
        return self._source.photometric_interpretation(frame_index)

    @within_memory
    def values(self, frame_index: int = 0, mapping: RealWorldValueMapping | None = None, out: Array | None = None) -> Array:
        """Return a frame in :attr:`units`: after Rescale, Modality LUT or Dose Grid Scaling (PS3.3 C.11.1), in a new array.

        Parameters
        ----------
        mapping
            One of :meth:`real_world_value_mappings` to apply instead. A frame that has such mappings takes the first, unless its
            modality transformation gives values in units: a rescale of unspecified type says nothing of the real world.
        out
            Where to write it, as for :meth:`frame`.

        Returns
        -------
        ndarray
            ``int16`` where all values that stored bits can express are such integers; ``float64`` for stored values of more than 24
            bits; else ``float32``. Stored values without a meaning in a mapping are not-a-number.
        """
        if mapping is not None and not isinstance(mapping, RealWorldValueMapping):
            raise TypeError(f"mapping is one of real_world_value_mappings(), not of type {type(mapping).__name__}")
        frame = self.frame(frame_index)
        transform = self.modality_transform(frame_index)
        mapping = self._default_mapping(frame_index, transform) if mapping is None else mapping
        if mapping is None:
            dtype = transform.values_dtype(self.descriptor)
        else:
            dtype = np.dtype(np.float64 if self.descriptor.bytes_per_sample > 2 and self.descriptor.dtype != "float32" else np.float32)
        if out is not None:
            check_out(out, frame.shape, dtype)
        if mapping is None:
            return transform.to_values(frame, dtype, out)
        with np.errstate(over="ignore"):  # absurd numbers end in infinities
            mapped = mapping.apply(frame).astype(dtype, copy=False)
        if out is None:
            return mapped
        out[...] = mapped
        return out

    @property
    def units(self) -> str:
        """What :meth:`values` gives for the first frame; see :meth:`units_of`."""
        return self.units_of(0)

    def units_of(self, frame_index: int) -> str:
        """Return what :meth:`values` gives for a frame, as ``HU``, ``Gy`` or ``Bq/ml``; empty if the data set does not say.

        Raises as :meth:`values`.
        """
        transform = self.modality_transform(frame_index)
        mapping = self._default_mapping(frame_index, transform)
        return transform.units if mapping is None else mapping.units

    def natural_size(self, frame_index: int = 0) -> tuple[int, int]:
        """Return the rows and columns of a picture of a frame whose pixels are square, and of which none is lost.

        As ``size`` of :meth:`PixelDataRenderer.render_frame`; the frame's own rows and columns where pixels are square as they are.
        """
        frame_index = self._check_frame_index(frame_index)
        aspect = pixel_aspect_ratio(self.data_set, frame_index, groups=self.functional_groups)
        return find_natural_size(self.descriptor.rows, self.descriptor.columns, aspect)

    def modality_transform(self, frame_index: int = 0) -> ModalityTransform:
        """Return the transformation from stored to modality values of a frame; the identity if nothing is known of one."""
        frame_index = self._check_frame_index(frame_index)
        if self.data_set is None:
            return ModalityTransform(is_specified=False)
        if not self.functional_groups:
            return self._modality
        return ModalityTransform.from_data_set(self.data_set, frame_index, groups=self.functional_groups)

    def real_world_value_mappings(self, frame_index: int = 0) -> list[RealWorldValueMapping]:
        """Return the Real World Value Mappings of a frame (PS3.3 C.7.6.16.2.11)."""
        frame_index = self._check_frame_index(frame_index)
        if self.data_set is None:
            return []
        return read_real_world_value_mappings(self.data_set, frame_index, groups=self.functional_groups)

    @cached_property
    def functional_groups(self) -> FunctionalGroups:
        """The functional groups of the data set."""
        return FunctionalGroups(self.data_set)

    @cached_property
    def pixel_padding(self) -> PixelPadding | None:
        """The stored values that are no image; None if there are none."""
        return None if self.data_set is None else read_pixel_padding(self.data_set, self.descriptor)

    def overlays(self, *, in_pixels_only: bool = False) -> list[Overlay]:
        """Return the overlays, those in unused bits of native pixels as well. One without data is left out, with a :class:`DICOMWarning`.

        Parameters
        ----------
        in_pixels_only
            Whether to look for those in unused bits only.

        Raises
        ------
        PixelDataError
            If one is not sound.
        """
        if self.data_set is None:
            return []
        native = None if self.encapsulated is not None else self.descriptor
        return read_overlays(self.data_set, native, self._read_cells, in_pixels_only=in_pixels_only)

    def pixel_value(self, row: int, column: int, frame_index: int = 0) -> int | float:
        """Return the stored value of a pixel with one sample.

        Raises
        ------
        PixelIndexError
            If there is no such pixel.
        PixelDataError
            If pixels have several samples, or as :meth:`frame`.
        """
        if self.descriptor.samples_per_pixel != 1:
            raise PixelDataError(f"a pixel has {self.descriptor.samples_per_pixel} samples; color_value() returns them")
        self._check_position(row, column)
        value: int | float = self._look_at(frame_index)[row, column].item()
        return value

    def color_value(self, row: int, column: int, frame_index: int = 0) -> ColorValue:
        """Return the stored samples of a pixel with three; raises as :meth:`pixel_value`."""
        if self.descriptor.samples_per_pixel != 3:
            raise PixelDataError("a pixel has one sample; pixel_value() returns it")
        self._check_position(row, column)
        return ColorValue(*self._look_at(frame_index)[row, column].tolist())

    def pixel_values(self, frame_index: int = 0) -> Array:
        """Return the stored values of a frame as one row, the samples of a pixel beside each other; raises as :meth:`frame`."""
        return self.frame(frame_index).reshape(-1)

    def all_pixel_values(self) -> Array:
        """Return the stored values of all frames, one row each as :meth:`pixel_values`."""
        return self._source.unpack_all().reshape(self.descriptor.number_of_frames, -1)

    def pixel_range(self, frame_index: int = 0) -> PixelRange:
        """Return the smallest and largest stored value of a frame, over all samples, padding included; raises as :meth:`frame`.

        What is not a number counts only if nothing else is there.
        """
        frame = self.frame(frame_index)
        if self.descriptor.is_float:
            return PixelRange(np.fmin.reduce(frame, axis=None).item(), np.fmax.reduce(frame, axis=None).item())
        return PixelRange(frame.min().item(), frame.max().item())

    @within_memory
    def histogram(self, frame_index: int = 0, bins: int = _HISTOGRAM_BINS) -> Histogram:
        """Count how often values occur in a frame, in its units, without padding; raises as :meth:`values`.

        It draws itself in a notebook if matplotlib is installed.
        """
        values = self.values(frame_index)
        if self.pixel_padding is not None:
            values = values[~self.pixel_padding.mask(self.frame(frame_index))]
        return make_histogram(values, bins, self.units_of(frame_index))

    def _repr_png_(self) -> bytes | None:
        try:
            size = self.natural_size(0)
            shown = _SHOWN_SIZE if max(size) > _SHOWN_SIZE else size
            return PixelDataRenderer(self).render_frame_with_stored_window(0, size=shown).to_png()
        except DICOMError:
            return None  # a notebook shows the text instead

    @cached_property
    def _modality(self) -> ModalityTransform:
        """The transformation of all frames of an image without functional groups."""
        return ModalityTransform.from_data_set(self.data_set) if self.data_set is not None else ModalityTransform(is_specified=False)

    def _default_mapping(self, frame_index: int, transform: ModalityTransform) -> RealWorldValueMapping | None:
        """The mapping that :meth:`values` applies unasked.

        Mappings stand beside the modality transformation (PS3.3 C.7.6.16.2.11.1.1), which images that have them must carry as well: MR
        and parametric maps as the identity with Rescale Type US (C.7.6.16.2.9, C.7.6.16.2.9b). So it is only preferred if it has units.
        """
        if self.data_set is None or (transform.is_specified and transform.units):
            return None
        mappings = self.real_world_value_mappings(frame_index)
        return mappings[0] if mappings else None

    def _read_cells(self, frame_index: int) -> Array:
        frame_index = self._check_frame_index(frame_index)
        cells = self._source.cells(frame_index)
        if cells is None:
            raise PixelDataError("an overlay is said to be in bits of the pixels that are gone")
        return cells

    def _look_at(self, frame_index: int) -> Array:
        last = self._last
        if last is None or last[0] != frame_index:
            self._last = last = frame_index, self.frame(frame_index)
        return last[1]

    def _check_frame_index(self, frame_index: int) -> int:
        if type(frame_index) is not int:
            frame_index = to_integer(frame_index, "frame_index")
        if not 0 <= frame_index < self.descriptor.number_of_frames:
            raise PixelIndexError(f"frame {frame_index} is not one of {self.descriptor.number_of_frames}, counted from 0")
        return frame_index

    def _check_position(self, row: int, column: int) -> None:
        if type(row) is not int or type(column) is not int:
            row, column = to_integer(row, "row"), to_integer(column, "column")
        if not (0 <= row < self.descriptor.rows and 0 <= column < self.descriptor.columns):
            raise PixelIndexError(f"({row}, {column}) is not in {self.descriptor.rows} rows and {self.descriptor.columns} columns")


def _wrap_buffer(descriptor: PixelDataDescriptor, data: bytes | bytearray | memoryview) -> NativeFrames:
    view = memoryview(data).cast("B")
    return NativeFrames(descriptor, len(view), lambda offset, length: view[offset : offset + length])
