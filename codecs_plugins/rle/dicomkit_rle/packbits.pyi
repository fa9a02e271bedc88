from collections.abc import Sequence
from typing import Final

from collections.abc import Buffer

MOST_SEGMENTS: Final[int]

def decode_segments(
    encoded: Buffer, offsets: Sequence[int], out: Buffer, positions: Sequence[int], pixel_stride: int
) -> None: ...
def encode_segments(pixels: Buffer, positions: Sequence[int], pixel_stride: int, row_length: int) -> tuple[bytes, list[int]]: ...
