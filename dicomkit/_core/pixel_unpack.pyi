from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from typing_extensions import Buffer

__all__ = [
    "extract_values",
    "has_unused_bits",
    "join_planes",
    "split_planes",
    "unpack_bits",
    "unpack_twelve_bits",
    "upsample_422",
]

# An ndarray is a Buffer, but says so to type checkers only from Python 3.12 on.
_Bytes: TypeAlias = Buffer | npt.NDArray[np.uint8]

def unpack_bits(packed: _Bytes, samples: _Bytes, first_bit: int = 0) -> None: ...
def unpack_twelve_bits(packed: _Bytes, samples: _Bytes, starts_in_byte: bool = False) -> None: ...
def has_unused_bits(cells: _Bytes, itemsize: int, bits_stored: int, is_signed: bool) -> bool: ...
def extract_values(cells: _Bytes, itemsize: int, bits_stored: int, high_bit: int, is_signed: bool, samples: _Bytes) -> None: ...
def join_planes(planes: _Bytes, itemsize: int, pixels: _Bytes) -> None: ...
def split_planes(pixels: _Bytes, itemsize: int, planes: _Bytes) -> None: ...
def upsample_422(cells: _Bytes, itemsize: int, pixels: _Bytes) -> None: ...
