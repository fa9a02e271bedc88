from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from typing_extensions import Buffer

__all__ = ["convert_ybr_to_rgb"]

# An ndarray is a Buffer, but says so to type checkers only from Python 3.12 on.
_Bytes: TypeAlias = Buffer | npt.NDArray[np.uint8]

def convert_ybr_to_rgb(samples: _Bytes, out: _Bytes, is_partial_range: bool = False) -> None: ...
