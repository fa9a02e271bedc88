"""Memory for samples (PS3.5 8)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import wraps
from typing import TYPE_CHECKING, ParamSpec, TypeVar

import numpy as np
import numpy.typing as npt

from dicomkit.errors import PixelDataError

if TYPE_CHECKING:
    from dicomkit.element import DataElement

__all__ = ["new_array", "read_range", "within_memory", "yield_within_memory"]

# libjpeg-turbo writes rows of colours past the caches where they begin at such an address, and whoever looks at them next fetches them
# from memory: decoding takes 6 % longer, and adding them up 10 %. An array that fits in the caches had better begin in between.
_STREAMED_ROW, _COLORS = 32, (3,)
# What the C library never takes from memory that it kept: from this size on every array is faulted in anew, page by page.
_FRESH = 32 << 20
# Of x86-64, and of ARM with small pages of 4 KB.
_HUGE_PAGE = 2 << 20
_NO_MEMORY = "what is made of the pixels does not fit in memory"

_Parameters = ParamSpec("_Parameters")
_Result = TypeVar("_Result")


def new_array(shape: tuple[int, ...], dtype: npt.DTypeLike) -> npt.NDArray[np.number]:
    """Make an array that is not filled.

    Raises
    ------
    PixelDataError
        If it does not fit in memory: an error of the pixel data that asked for it.
    """
    try:
        array = np.empty(shape, dtype=dtype)
        size = array.nbytes
        if size < _FRESH:
            if shape[-1:] != _COLORS or array.__array_interface__["data"][0] % _STREAMED_ROW:
                return array
            del array
            return _between_streams(shape, dtype, size)
        del array  # not touched yet, so that it cost nothing
        # NumPy asks for huge pages; only those that lie in the allocation from end to end are given. Without the first and the last
        # one, up to a thousand small pages took as long as 52 MB of huge ones.
        reserve = np.empty(size + 2 * _HUGE_PAGE, dtype=np.uint8)
    except (MemoryError, ValueError):
        raise PixelDataError(f"pixels of shape {shape} do not fit in memory: take frames one by one") from None
    start = -reserve.__array_interface__["data"][0] % _HUGE_PAGE
    return reserve[start : start + size].view(dtype).reshape(shape)


def _between_streams(shape: tuple[int, ...], dtype: npt.DTypeLike, size: int) -> npt.NDArray[np.number]:
    """Make an array of ``size`` bytes that does not begin at a multiple of ``_STREAMED_ROW``: every second one does."""
    reserve = np.empty(size + _STREAMED_ROW, dtype=np.uint8)
    start = (_STREAMED_ROW // 2 - reserve.__array_interface__["data"][0]) % _STREAMED_ROW
    return reserve[start : start + size].view(dtype).reshape(shape)


def read_range(element: DataElement, offset: int, length: int) -> memoryview:
    """Return bytes of a value field: a view if it is in memory; of a file that is read lazily, a copy that lasts as long as its user.

    Raises
    ------
    UnexpectedEndOfDataError
        If the value field is shorter.
    """
    if not element.is_deferred:
        return element.value_range(offset, length)
    data = new_array((length,), np.uint8)
    element.read_into(offset, data)
    return data.data.toreadonly()


def within_memory(work: Callable[_Parameters, _Result]) -> Callable[_Parameters, _Result]:
    """Make work on whole frames raise :class:`PixelDataError` where memory runs out: how large frames are, the pixel data said."""

    @wraps(work)
    def guarded(*args: _Parameters.args, **kwargs: _Parameters.kwargs) -> _Result:
        try:
            return work(*args, **kwargs)
        except MemoryError:
            raise PixelDataError(_NO_MEMORY) from None

    return guarded


def yield_within_memory(items: Iterator[_Result]) -> Iterator[_Result]:
    """Yield what an iterator makes of frames; raises as :func:`within_memory`."""
    try:
        yield from items
    except MemoryError:
        raise PixelDataError(_NO_MEMORY) from None
