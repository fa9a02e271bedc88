"""Pixel data: descriptor, frames, lookup tables, rendering (PS3.3 C.7.6, C.11; PS3.5 8). Importing it imports NumPy."""

from dicomkit.pixels.descriptor import PhotometricInterpretation, PixelDataDescriptor, PixelIndexError
from dicomkit.pixels.encapsulated import EncapsulatedPixelData
from dicomkit.pixels.frames import ColorValue, PixelData, PixelRange
from dicomkit.pixels.image import RenderedImage
from dicomkit.pixels.luts import LookupTable, ModalityTransform, PaletteColorLUT
from dicomkit.pixels.render import PixelDataRenderer
from dicomkit.pixels.sources import read_pixel_data
from dicomkit.pixels.windows import VOILUTFunction, WindowSettings

__all__ = [
    "ColorValue",
    "EncapsulatedPixelData",
    "LookupTable",
    "ModalityTransform",
    "PaletteColorLUT",
    "PhotometricInterpretation",
    "PixelData",
    "PixelDataDescriptor",
    "PixelDataRenderer",
    "PixelIndexError",
    "PixelRange",
    "RenderedImage",
    "VOILUTFunction",
    "WindowSettings",
    "read_pixel_data",
]
