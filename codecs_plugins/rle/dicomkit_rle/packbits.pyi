from collections.abc import Sequence
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt
from typing_extensions import Buffer

_Bytes: TypeAlias = Buffer | npt.NDArray[np.uint8]

MOST_SEGMENTS: Final[int]

def decode_segments(encoded: _Bytes, offsets: Sequence[int], out: _Bytes, positions: Sequence[int], pixel_stride: int) -> None: ...
def encode_segments(pixels: _Bytes, positions: Sequence[int], pixel_stride: int, row_length: int) -> tuple[bytes, list[int]]: ...
