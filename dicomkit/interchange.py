"""Data sets of other libraries."""

from __future__ import annotations

import io

from dicomkit._core.element_scan import ScanLimits, scan
from dicomkit.dataset import DataSet, data_set_from_index

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["from_pydicom"]

_LIMITS = ScanLimits(max_depth=256)


def from_pydicom(data_set: Any) -> DataSet:
    """Return a data set with the elements of a ``pydicom.Dataset``, of all levels.

    pydicom encodes it, and so decides what becomes of values that are wrong; the bytes of what it read and nobody looked at stay as
    they were. File Meta Information is no part of it.

    Raises
    ------
    EncodingError
        If pydicom writes something that is no data set.
    """
    from pydicom.filebase import DicomIO  # lazy: start-up
    from pydicom.filewriter import write_dataset  # lazy: start-up

    is_implicit, is_little_endian = data_set.original_encoding
    encoded = io.BytesIO()
    out = DicomIO(encoded)
    # What it read, it copies if the encoding is the same.
    out.is_implicit_VR = bool(is_implicit)
    out.is_little_endian = True if is_little_endian is None else bool(is_little_endian)
    write_dataset(out, data_set)
    index = scan(encoded.getvalue(), is_implicit_vr=out.is_implicit_VR, is_big_endian=not out.is_little_endian, limits=_LIMITS)
    return DataSet() if index is None else data_set_from_index(index)
