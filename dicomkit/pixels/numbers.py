"""Numbers out of data sets: the right type, or an error that names the attribute."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING

from dicomkit.errors import PixelDataError, warn

if TYPE_CHECKING:
    from dicomkit.dataset import DataSet

__all__ = ["has_value", "read_decimal", "read_decimals", "read_stored_value", "to_integer"]


def to_integer(number: object, name: str) -> int:
    """Return an argument as an ``int``: anything that counts as one, as NumPy's integers do, but no truth value.

    Raises
    ------
    TypeError
        If it is something else.
    """
    if not isinstance(number, bool):
        try:
            return operator.index(number)  # type: ignore[arg-type]
        except TypeError:
            pass
    raise TypeError(f"{name} is an integer, not of type {type(number).__name__}")


def has_value(data_set: DataSet, keyword: str) -> bool:
    """Return whether an attribute is there and not empty: a program may write the attribute, and its value elsewhere."""
    if keyword not in data_set:
        return False
    element = data_set[keyword]
    return element.sequence_item_count > 0 if element.is_sequence else element.length > 0


def read_decimal(data_set: DataSet, keyword: str, default: float) -> float:
    """Read a number of VR DS, or return the default where it is absent or empty.

    Of several the first counts, which a :class:`DICOMWarning` tells.

    Raises
    ------
    PixelDataError
        If it is something else.
    """
    number = data_set.decimal_string(keyword)
    if number is not None:
        count = data_set[keyword].vm
        if count > 1:
            warn(PixelDataError(f"{keyword} has {count} values instead of one; the first counts"))
        return float(number)
    if has_value(data_set, keyword):
        raise PixelDataError(f"{keyword} is not a decimal string")
    return default


def read_decimals(data_set: DataSet, keyword: str) -> list[float]:
    """Read numbers of VR DS; none where the attribute is absent or empty. Raises as :func:`read_decimal`."""
    numbers = data_set.decimal_strings(keyword)
    if numbers is None and has_value(data_set, keyword):
        raise PixelDataError(f"{keyword} is not made of decimal strings")
    return [float(number) for number in numbers or ()]


def read_stored_value(data_set: DataSet, keyword: str, *, is_signed: bool) -> int | None:
    """Read a stored value of VR US or SS, or return None where it is absent or empty.

    The sign is that of the pixels: some writers use the other VR (PS3.5 A.1 leaves it to Pixel Representation).

    Raises
    ------
    PixelDataError
        If it is something else.
    """
    number = data_set.uint16(keyword)
    if number is None:
        number = data_set.int16(keyword)
    if number is None:
        if has_value(data_set, keyword):
            raise PixelDataError(f"{keyword} is no 16-bit integer")
        return None
    number &= 0xFFFF
    return number - 0x10000 if is_signed and number > 0x7FFF else number
