"""The beginning of a JPEG XL codestream (ISO/IEC 18181-1 Annex D), in a file (ISO/IEC 18181-2) or bare."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dicomkit.codecs.codestreams import check_precision, check_size
from dicomkit.errors import PixelDataError

if TYPE_CHECKING:
    from dicomkit.codecs import FrameDescriptor

__all__ = ["JPEGXLHeader", "parse_jpeg_xl_header"]

_SIGNATURE = b"\xff\x0a"
_FILE_SIGNATURE = b"\0\0\0\x0cJXL \r\n\x87\n"
_HEADER_LENGTH = 64         # more than size and depth take
_MOST_BOXES = 64
_PART_INDEX_LENGTH = 4
_SIZE_BITS = (9, 13, 18, 30)
# Width over height, by the code of the ratio.
_RATIOS = ((1, 1), (1, 1), (12, 10), (4, 3), (3, 2), (16, 9), (5, 4), (2, 1))


@dataclass(frozen=True, slots=True)
class JPEGXLHeader:
    """Size and depth of an image."""

    rows: int
    columns: int
    precision: int

    def check(self, descriptor: FrameDescriptor) -> None:
        """Raise :class:`PixelDataError` if the image is not the frame that the data set describes."""
        check_size(self.rows, self.columns, descriptor)
        check_precision(self.precision, descriptor)


def parse_jpeg_xl_header(encoded: memoryview) -> JPEGXLHeader:
    """Read size and depth.

    Raises
    ------
    PixelDataError
        If there is no JPEG XL, or one with floating point samples, a preview or an animation.
    """
    start = _find_codestream(encoded)
    data = bytes(encoded[start : start + _HEADER_LENGTH])
    if data[:2] != _SIGNATURE:
        raise PixelDataError("the frame does not begin with a JPEG XL signature")
    bits = _Bits(data[2:])
    rows, columns = _read_size(bits)
    if bits.take(1):            # everything as usual: 8 bits
        return JPEGXLHeader(rows, columns, 8)
    if bits.take(1):
        bits.take(3)            # orientation
        if bits.take(1):
            _read_size(bits)    # intrinsic size
        if bits.take(1) or bits.take(1):
            raise PixelDataError("the codestream has a preview or is an animation")
    if bits.take(1):
        raise PixelDataError("the codestream has floating point samples")
    choice = bits.take(2)
    return JPEGXLHeader(rows, columns, (8, 10, 12)[choice] if choice < 3 else 1 + bits.take(6))


class _Bits:
    """Bits of a codestream, lowest first."""

    def __init__(self, data: bytes) -> None:
        self._value = int.from_bytes(data, "little")
        self._left = len(data) * 8

    def take(self, count: int) -> int:
        if count > self._left:
            raise PixelDataError("the codestream is cut off in its header")
        value = self._value & ((1 << count) - 1)
        self._value >>= count
        self._left -= count
        return value


def _read_size(bits: _Bits) -> tuple[int, int]:
    is_small = bits.take(1)
    rows = _read_length(bits, is_small)
    ratio = bits.take(3)
    if ratio == 0:
        return rows, _read_length(bits, is_small)
    numerator, denominator = _RATIOS[ratio]
    return rows, rows * numerator // denominator


def _read_length(bits: _Bits, is_small: int) -> int:
    return 8 * (bits.take(5) + 1) if is_small else bits.take(_SIZE_BITS[bits.take(2)]) + 1


def _find_codestream(encoded: memoryview) -> int:
    """Return where the codestream, or its first part, begins in a file; 0 for anything else."""
    if bytes(encoded[:12]) != _FILE_SIGNATURE:
        return 0
    offset = 0
    for _ in range(_MOST_BOXES):
        header = bytes(encoded[offset : offset + 16])
        length, kind, start = int.from_bytes(header[:4], "big"), header[4:8], 8
        if length == 1:
            length, start = int.from_bytes(header[8:16], "big"), 16
        if kind in (b"jxlc", b"jxlp"):
            return offset + start + (_PART_INDEX_LENGTH if kind == b"jxlp" else 0)
        if length < start:
            break
        offset += length
    raise PixelDataError("the frame is a JPEG XL file without a codestream")
