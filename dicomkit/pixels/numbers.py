"""Numbers out of data sets: the right type, or an error that names the attribute."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicomkit.errors import PixelDataError

if TYPE_CHECKING:
    from dicomkit.dataset import DataSet

__all__ = ["read_decimal", "read_decimals", "read_stored_value"]


def read_decimal(data_set: DataSet, keyword: str, default: float) -> float:
    """Read a number of VR DS, or return the default where it is absent or empty.

    Raises
    ------
    PixelDataError
        If it is something else.
    """
    number = data_set.decimal_string(keyword)
    if number is not None:
        return float(number)
    if keyword in data_set and data_set[keyword].length:
        raise PixelDataError(f"{keyword} is not a decimal string")
    return default


def read_decimals(data_set: DataSet, keyword: str) -> list[float]:
    """Read numbers of VR DS; none where the attribute is absent or empty. Raises as :func:`read_decimal`."""
    numbers = data_set.decimal_strings(keyword)
    if numbers is None and keyword in data_set and data_set[keyword].length:
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
        if keyword in data_set and data_set[keyword].length:
            raise PixelDataError(f"{keyword} is no 16-bit integer")
        return None
    number &= 0xFFFF
    return number - 0x10000 if is_signed and number > 0x7FFF else number
