"""Pixel data: descriptor, frames, lookup tables, rendering (PS3.3 C.7.6, C.11; PS3.5 8). Importing it imports NumPy."""

from dicomkit.pixels.descriptor import PhotometricInterpretation, PixelDataDescriptor, PixelIndexError
from dicomkit.pixels.encapsulated import EncapsulatedPixelData
from dicomkit.pixels.frame_sources import FrameSource
from dicomkit.pixels.frames import ColorValue, PixelData, PixelRange
from dicomkit.pixels.histogram import Histogram
from dicomkit.pixels.image import RenderedImage
from dicomkit.pixels.lookup_table import LookupTable
from dicomkit.pixels.modality import ModalityTransform
from dicomkit.pixels.overlays import Overlay, draw_overlays
from dicomkit.pixels.padding import PixelPadding
from dicomkit.pixels.palette import PaletteColorLUT
from dicomkit.pixels.real_world import RealWorldValueMapping
from dicomkit.pixels.render import PixelDataRenderer
from dicomkit.pixels.sources import read_pixel_data
from dicomkit.pixels.voi import VOILUT, WINDOW_PRESETS, UnknownWindowError
from dicomkit.pixels.windows import VOILUTFunction, WindowSettings

__all__ = [
    "VOILUT",
    "WINDOW_PRESETS",
    "ColorValue",
    "EncapsulatedPixelData",
    "FrameSource",
    "Histogram",
    "LookupTable",
    "ModalityTransform",
    "Overlay",
    "PaletteColorLUT",
    "PhotometricInterpretation",
    "PixelData",
    "PixelDataDescriptor",
    "PixelDataRenderer",
    "PixelIndexError",
    "PixelPadding",
    "PixelRange",
    "RealWorldValueMapping",
    "RenderedImage",
    "UnknownWindowError",
    "VOILUTFunction",
    "WindowSettings",
    "draw_overlays",
    "read_pixel_data",
]
