"""What the tests here share: bytes that lie, and a bound on time and memory."""

from __future__ import annotations

import struct
import time
import tracemalloc
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import dicomkit
from dicomkit import DICOMError, DICOMFile
from dicomkit.testing import UNDEFINED_LENGTH, Attribute, element

__all__ = ["IMAGE", "bounded", "data_set_or_typed_error", "delimiter", "item_header", "nested", "quiet", "sq_header"]

# Rows 4, Columns 4, 16 bits: 32 bytes of pixel data.
IMAGE: list[Attribute] = [
    (0x00280002, "US", 1), (0x00280004, "CS", "MONOCHROME2"), (0x00280010, "US", 4), (0x00280011, "US", 4), (0x00280100, "US", 16),
    (0x00280101, "US", 12), (0x00280102, "US", 11), (0x00280103, "US", 0),
]  # fmt: skip


def item_header(length: int = UNDEFINED_LENGTH, *, big_endian: bool = False) -> bytes:
    """The header of an item."""
    return struct.pack(">HHI" if big_endian else "<HHI", 0xFFFE, 0xE000, length)


def delimiter(*, of_sequence: bool = False, length: int = 0) -> bytes:
    """An item delimitation item, or a sequence delimitation item."""
    return struct.pack("<HHI", 0xFFFE, 0xE0DD if of_sequence else 0xE00D, length)


def sq_header(tag: int = 0x00081140, length: int = UNDEFINED_LENGTH, *, vr: str = "SQ", implicit: bool = False) -> bytes:
    """The header of a sequence."""
    return element(tag, vr, b"", length=length, implicit=implicit)


def nested(levels: int, *, undefined: bool, innermost: bytes = b"", implicit: bool = False) -> bytes:
    """Sequences in sequences, made in linear time."""
    if undefined:
        opening = sq_header(implicit=implicit) + item_header()
        return opening * levels + innermost + (delimiter() + delimiter(of_sequence=True)) * levels
    level = len(sq_header(implicit=implicit)) + 8
    lengths = range(len(innermost), len(innermost) + level * levels, level)
    return b"".join(sq_header(length=length + 8, implicit=implicit) + item_header(length) for length in reversed(lengths)) + innermost


@contextmanager
def quiet() -> Iterator[None]:
    """Without the warnings about damage that the test made itself."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@contextmanager
def bounded(*, seconds: float, python_bytes: int | None = None) -> Iterator[None]:
    """Processor time, and memory of the interpreter's and NumPy's allocators, stay under a bound."""
    if python_bytes is not None:
        tracemalloc.start()
    start = time.process_time()
    try:
        yield
        taken = time.process_time() - start
        if python_bytes is not None:
            peak = tracemalloc.get_traced_memory()[1]
            assert peak <= python_bytes, f"{peak:,} bytes"
    finally:
        tracemalloc.stop()
    assert taken < seconds, f"{taken:.2f} s"


def data_set_or_typed_error(data: bytes, **options: object) -> DICOMFile | DICOMError:
    """Read, and look at every element and every part of the image; anything but a DICOMError is the test's failure."""
    with quiet():
        try:
            file = dicomkit.read(data, **options)  # type: ignore[arg-type]
            _ = str(file), file._repr_html_(), file.copy()
            pixels = file.pixel_data()
            if pixels is not None:
                _ = pixels.array(), file.render_frame()
        except DICOMError as error:
            return error
    return file
