"""What the image attributes promise about pixel data (PS3.3 C.7.6.3, PS3.5 8.1)."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING

from dicomkit.errors import MissingRequiredElementError, PixelDataError, warn
from dicomkit.pixels.image_pixel import read_image_pixel

if TYPE_CHECKING:
    from dicomkit.dataset import DataSet

__all__ = ["PhotometricInterpretation", "PixelDataDescriptor", "PixelIndexError", "read_number_of_frames"]

_BITS_ALLOCATED = (1, 8, 12, 16, 32, 64)
_FLOAT_BITS = {"FloatPixelData": 32, "DoubleFloatPixelData": 64}
_DTYPES = {
    (is_float, is_signed, bits): f"{'float' if is_float else 'int' if is_signed else 'uint'}{(bits + 7) // 8 * 8}"
    for is_float in (False, True)
    for is_signed in (False, True)
    for bits in _BITS_ALLOCATED
}
_LARGEST_UINT16 = 0xFFFF
_LARGEST_INT32 = 0x7FFFFFFF
# The largest size that any buffer, file offset or Py_ssize_t can have.
_LARGEST_SIZE = 0x7FFFFFFFFFFFFFFF


class PixelIndexError(PixelDataError, IndexError):
    """A frame, row or column that the image does not have. They count from 0, and not from the end."""


class PhotometricInterpretation(StrEnum):
    """The intended interpretation of the samples of a pixel (PS3.3 C.7.6.3.1.2)."""

    MONOCHROME1 = "MONOCHROME1"
    MONOCHROME2 = "MONOCHROME2"
    PALETTE_COLOR = "PALETTE COLOR"
    RGB = "RGB"
    YBR_FULL = "YBR_FULL"
    YBR_FULL_422 = "YBR_FULL_422"
    YBR_PARTIAL_422 = "YBR_PARTIAL_422"
    YBR_PARTIAL_420 = "YBR_PARTIAL_420"
    YBR_ICT = "YBR_ICT"
    YBR_RCT = "YBR_RCT"
    XYB = "XYB"

    @classmethod
    def parse(cls, text: str) -> PhotometricInterpretation:
        """Return the member for a value of (0028,0004), whatever its case and padding.

        Raises
        ------
        PixelDataError
            If it is none of the Standard's.
        """
        found = _PHOTOMETRIC_INTERPRETATIONS.get(text) or _PHOTOMETRIC_INTERPRETATIONS.get(text.strip(" \0").upper())
        if found is None:
            raise PixelDataError("Photometric Interpretation is none of PS3.3 C.7.6.3.1.2")
        return found

    @property
    def is_monochrome(self) -> bool:
        """Whether a pixel is one grey value."""
        return self in _MONOCHROME

    @property
    def is_color(self) -> bool:
        """Whether a pixel is a colour; true of palette images too."""
        return not self.is_monochrome

    @property
    def is_palette_color(self) -> bool:
        """Whether a pixel is an index into a palette."""
        return self is PhotometricInterpretation.PALETTE_COLOR

    @property
    def expected_samples_per_pixel(self) -> int:
        """Samples per Pixel that goes with it: 1 or 3."""
        return 1 if self.is_monochrome or self.is_palette_color else 3


_PHOTOMETRIC_INTERPRETATIONS = {str(member): member for member in PhotometricInterpretation}
# Members of an enumeration are found slowly.
_MONOCHROME = (PhotometricInterpretation.MONOCHROME1, PhotometricInterpretation.MONOCHROME2)
_CHROMA_SUBSAMPLED = (PhotometricInterpretation.YBR_FULL_422, PhotometricInterpretation.YBR_PARTIAL_422)


@dataclass(frozen=True, slots=True, kw_only=True)
class PixelDataDescriptor:
    """Shape, depth and meaning of pixel data. What contradicts PS3.5 8.1.1 or PS3.3 C.7.6.3 cannot be made.

    Attributes
    ----------
    bits_allocated
        1, 8, 12, 16, 32 or 64; cells of 1 and 12 bits are packed without gaps.
    high_bit
        ``bits_stored - 1`` today; older editions of PS3.5 allowed it to be higher.
    is_signed
        Whether samples are two's complement integers (Pixel Representation 1).
    planar_configuration
        0 if the samples of a pixel follow each other, 1 if the frame is a plane after the other. Means nothing for one sample.
    is_float
        Whether samples are IEEE 754 numbers: Float or Double Float Pixel Data (PS3.3 C.7.6.24, C.7.6.25).
    dtype
        NumPy's name for the type of unpacked samples, as ``uint16``.
    frame_shape
        Shape of an unpacked frame: ``(rows, columns)``, or ``(rows, columns, samples)`` if there are several.
    native_bits_per_frame
        Bits of a frame in native pixel data: 1-bit and 12-bit cells are packed, 4:2:2 has two samples a pixel (PS3.5 8.1.1, 8.2).

    Raises
    ------
    PixelDataError
        If the numbers contradict each other.
    """

    rows: int
    columns: int
    bits_allocated: int
    bits_stored: int
    high_bit: int
    is_signed: bool = False
    samples_per_pixel: int = 1
    photometric_interpretation: PhotometricInterpretation = PhotometricInterpretation.MONOCHROME2
    planar_configuration: int = 0
    number_of_frames: int = 1
    is_float: bool = False
    # Kept, as images of a series share a descriptor, and each of them asks.
    dtype: str = field(init=False, repr=False, compare=False)
    frame_shape: tuple[int, ...] = field(init=False, repr=False, compare=False)
    native_bits_per_frame: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        self._check_sizes()
        self._check_bits()
        self._check_samples()
        put = object.__setattr__  # past frozen
        put(self, "dtype", _DTYPES[self.is_float, self.is_signed, self.bits_allocated])
        shape = (self.rows, self.columns)
        put(self, "frame_shape", shape if self.samples_per_pixel == 1 else (*shape, self.samples_per_pixel))
        samples = 2 if self.is_chroma_subsampled else self.samples_per_pixel
        put(self, "native_bits_per_frame", self.pixels_per_frame * samples * self.bits_allocated)
        if self.total_bytes > _LARGEST_SIZE:
            raise PixelDataError(f"{self.number_of_frames} frames of {self.bytes_per_frame} bytes are more than any file holds")

    def _check_sizes(self) -> None:
        if not 1 <= self.rows <= _LARGEST_UINT16:
            raise PixelDataError(f"Rows is {self.rows}, not from 1 to {_LARGEST_UINT16}")
        if not 1 <= self.columns <= _LARGEST_UINT16:
            raise PixelDataError(f"Columns is {self.columns}, not from 1 to {_LARGEST_UINT16}")
        if not 1 <= self.number_of_frames <= _LARGEST_INT32:
            raise PixelDataError(f"Number of Frames is {self.number_of_frames}, not from 1 to {_LARGEST_INT32}")

    def _check_bits(self) -> None:
        if self.bits_allocated not in (_FLOAT_BITS.values() if self.is_float else _BITS_ALLOCATED):
            raise PixelDataError(f"Bits Allocated is {self.bits_allocated}")
        if not 1 <= self.bits_stored <= self.bits_allocated:
            raise PixelDataError(f"Bits Stored is {self.bits_stored} of {self.bits_allocated} bits allocated")
        if not self.bits_stored - 1 <= self.high_bit < self.bits_allocated:
            raise PixelDataError(f"High Bit is {self.high_bit}, with {self.bits_stored} of {self.bits_allocated} bits stored")

    def _check_samples(self) -> None:
        expected = self.photometric_interpretation.expected_samples_per_pixel
        if self.samples_per_pixel != expected:
            raise PixelDataError(f"Samples per Pixel is {self.samples_per_pixel}; {self.photometric_interpretation} has {expected}")
        if self.samples_per_pixel > 1 and self.planar_configuration not in (0, 1):
            raise PixelDataError(f"Planar Configuration is {self.planar_configuration}, neither 0 nor 1")

    @classmethod
    def from_data_set(cls, data_set: DataSet) -> PixelDataDescriptor:
        """Read the descriptor from the Image Pixel attributes of a data set.

        Photometric Interpretation is MONOCHROME2, Samples per Pixel 1, Number of Frames 1 and Planar Configuration 0 where absent.

        Raises
        ------
        MissingRequiredElementError
            If Rows, Columns, Bits Allocated, Bits Stored, High Bit or Pixel Representation is absent. Float and Double Float Pixel
            Data need only the first three.
        PixelDataError
            If a value has the wrong type, is several, or contradicts another.
        """
        usual = read_image_pixel(data_set)
        if usual is not None:
            return _shared_descriptor(*usual, False)
        float_bits = _find_float_bits(data_set)
        is_float = float_bits is not None
        bits_allocated = _uint16(data_set, "BitsAllocated")
        if is_float and bits_allocated != float_bits:
            raise PixelDataError(f"Bits Allocated is {bits_allocated}, not {float_bits} (PS3.3 C.7.6.24, C.7.6.25)")
        return _shared_descriptor(
            _uint16(data_set, "Rows"),
            _uint16(data_set, "Columns"),
            bits_allocated,
            bits_allocated if is_float else _uint16(data_set, "BitsStored"),
            bits_allocated - 1 if is_float else _uint16(data_set, "HighBit"),
            1 if is_float else _uint16(data_set, "PixelRepresentation"),
            _uint16(data_set, "SamplesPerPixel", 1),
            data_set.string("PhotometricInterpretation") or "MONOCHROME2",
            _uint16(data_set, "PlanarConfiguration", 0),
            read_number_of_frames(data_set),
            is_float,
        )

    @property
    def bytes_per_sample(self) -> int:
        """Bytes of a sample once unpacked: 1 of 1-bit cells, 2 of 12-bit cells."""
        return (self.bits_allocated + 7) // 8

    @property
    def bytes_per_pixel(self) -> int:
        """Bytes of the samples of a pixel once unpacked."""
        return self.bytes_per_sample * self.samples_per_pixel

    @property
    def pixels_per_frame(self) -> int:
        """Rows times columns."""
        return self.rows * self.columns

    @property
    def bytes_per_frame(self) -> int:
        """Bytes of a frame once unpacked."""
        return self.pixels_per_frame * self.bytes_per_pixel

    @property
    def total_bytes(self) -> int:
        """Bytes of all frames once unpacked."""
        return self.bytes_per_frame * self.number_of_frames

    @property
    def native_total_bytes(self) -> int:
        """Bytes of all frames in native pixel data, without the padding to an even length. Frames follow each other unpadded."""
        return (self.native_bits_per_frame * self.number_of_frames + 7) // 8

    @property
    def is_chroma_subsampled(self) -> bool:
        """Whether two pixels share their chroma samples in native pixel data: Y Y CB CR (PS3.3 C.7.6.3.1.2)."""
        return self.photometric_interpretation in _CHROMA_SUBSAMPLED

    @property
    def is_multi_frame(self) -> bool:
        """Whether there is more than one frame."""
        return self.number_of_frames > 1

    @property
    def stored_bit_mask(self) -> int:
        """A one for each stored bit, after the shift by ``bit_shift``."""
        return (1 << self.bits_stored) - 1

    @property
    def bit_shift(self) -> int:
        """Bits below the stored ones."""
        return self.high_bit - self.bits_stored + 1

    @property
    def min_possible_value(self) -> int:
        """Smallest integer that the stored bits can express."""
        return -(1 << (self.bits_stored - 1)) if self.is_signed else 0

    @property
    def max_possible_value(self) -> int:
        """Largest integer that the stored bits can express."""
        return (1 << (self.bits_stored - 1)) - 1 if self.is_signed else self.stored_bit_mask


@lru_cache(maxsize=256)
def _shared_descriptor(
    rows: int,
    columns: int,
    bits_allocated: int,
    bits_stored: int,
    high_bit: int,
    pixel_representation: int,
    samples_per_pixel: int,
    photometric_interpretation: str,
    planar_configuration: int,
    number_of_frames: int,
    is_float: bool,
) -> PixelDataDescriptor:
    """The images of a series are alike: they share a descriptor, which is checked once. That was half of the way to a small array."""
    if pixel_representation not in (0, 1):
        raise PixelDataError(f"Pixel Representation is {pixel_representation}, neither 0 nor 1")
    return PixelDataDescriptor(
        rows=rows,
        columns=columns,
        bits_allocated=bits_allocated,
        bits_stored=bits_stored,
        high_bit=high_bit,
        is_signed=pixel_representation == 1,
        samples_per_pixel=samples_per_pixel,
        photometric_interpretation=PhotometricInterpretation.parse(photometric_interpretation),
        planar_configuration=planar_configuration,
        number_of_frames=number_of_frames,
        is_float=is_float,
    )


def _find_float_bits(data_set: DataSet) -> int | None:
    """What Bits Allocated must be of Float or Double Float Pixel Data; None if neither counts."""
    bits = next((bits for keyword, bits in _FLOAT_BITS.items() if keyword in data_set), None)
    if bits is None or "PixelData" not in data_set:
        return bits
    warn(PixelDataError("Pixel Data and Float or Double Float Pixel Data are both there: Pixel Data counts (PS3.3 C.7.6.24)"))
    return None


def read_number_of_frames(data_set: DataSet) -> int:
    """Return Number of Frames (0028,0008), 1 where it is absent or empty.

    Raises
    ------
    PixelDataError
        If it is not one integer string. Whether it makes sense is the descriptor's business.
    """
    number = data_set.integer_string("NumberOfFrames")
    if number is not None:
        _check_single(data_set, "NumberOfFrames")
        return int(number)
    if "NumberOfFrames" in data_set and data_set["NumberOfFrames"].length:
        raise PixelDataError("Number of Frames is not an integer string")
    return 1


def _uint16(data_set: DataSet, keyword: str, default: int | None = None) -> int:
    number = data_set.uint16(keyword)
    if number is not None:
        _check_single(data_set, keyword)
        return number
    if keyword in data_set and data_set[keyword].length:
        raise PixelDataError(f"{keyword} is no 16-bit unsigned integer")
    if default is None:
        raise MissingRequiredElementError(keyword, "pixel data")
    return default


def _check_single(data_set: DataSet, keyword: str) -> None:
    count = data_set[keyword].vm
    if count != 1:
        raise PixelDataError(f"{keyword} has {count} values, not one")
