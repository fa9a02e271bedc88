"""Checks that every codestream must pass before its codec is called: decoders take memory on its word, and guess what is cut off."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicomkit.errors import PixelDataError

if TYPE_CHECKING:
    from dicomkit.codecs.contract import FrameDescriptor

__all__ = ["END_MARKER", "check_components", "check_end", "check_frame", "check_precision", "check_size"]

# Where padding ends and damage begins: fragments are padded by a byte; some writers pad the last one to a block.
_LONGEST_PADDING = 4096
END_MARKER = b"\xff\xd9"


def check_frame(rows: int, columns: int, components: int, precision: int, descriptor: FrameDescriptor) -> None:
    """Raise unless a codestream is the frame that the data set describes: :func:`check_size` and the other two in one step."""
    if (rows, columns, components) != (descriptor.rows, descriptor.columns, descriptor.samples_per_pixel):
        check_size(rows, columns, descriptor)
        check_components(components, descriptor)
    if precision > descriptor.bits_allocated:
        check_precision(precision, descriptor)


def check_size(rows: int, columns: int, descriptor: FrameDescriptor) -> None:
    """Raise unless a codestream has as many rows and columns as the data set says."""
    if (rows, columns) != (descriptor.rows, descriptor.columns):
        raise PixelDataError(
            f"the codestream has {rows} rows and {columns} columns; the data set says {descriptor.rows} and {descriptor.columns}"
        )


def check_components(components: int, descriptor: FrameDescriptor) -> None:
    """Raise unless a codestream has as many components as the data set says that a pixel has samples."""
    if components != descriptor.samples_per_pixel:
        raise PixelDataError(f"the codestream has {components} components; Samples per Pixel is {descriptor.samples_per_pixel}")


def check_precision(precision: int, descriptor: FrameDescriptor) -> None:
    """Raise if the samples of a codestream do not fit in Bits Allocated."""
    if precision > descriptor.bits_allocated:
        raise PixelDataError(f"the codestream has samples of {precision} bits; Bits Allocated is {descriptor.bits_allocated}")


def check_end(encoded: memoryview) -> None:
    """Raise unless a JPEG, JPEG-LS or JPEG 2000 codestream has its end marker, FF D9, followed by nothing but padding.

    Nowhere inside of entropy-coded data can these two bytes stand (ISO/IEC 10918-1 B.1.1.5, 14495-1 A.1, 15444-1 D.4.1), so
    whatever follows the last of them is padding.
    """
    if bytes(encoded[-_LONGEST_PADDING:]).rfind(END_MARKER) < 0:     # it is close to the end, if it is there
        raise PixelDataError("the codestream is cut off: it has no end marker")
