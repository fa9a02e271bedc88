from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from typing_extensions import Buffer

__all__ = ["resample"]

# An ndarray is a Buffer, but says so to type checkers only from Python 3.12 on.
_Bytes: TypeAlias = Buffer | npt.NDArray[np.uint8]

def resample(
    picture: _Bytes,
    line_count: int,
    inner: int,
    first: npt.NDArray[np.intp],
    last: npt.NDArray[np.intp],
    first_weight: npt.NDArray[np.float64],
    last_weight: npt.NDArray[np.float64],
    out: _Bytes,
) -> None: ...
