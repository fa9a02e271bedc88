"""Ages: the values of VR AS (PS3.5 6.2)."""

from __future__ import annotations

from dicomkit.errors import InvalidValueError
from dicomkit.values.text_value import TextValue

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Self

__all__ = ["DICOMAgeString"]

_UNIT_NAMES = {"D": "day", "W": "week", "M": "month", "Y": "year"}
_DAYS_PER_UNIT = {"D": 1.0, "W": 7.0, "M": 30.4375, "Y": 365.25}
_UNITS_PER_YEAR = {"D": 365.25, "W": 52.18, "M": 12.0, "Y": 1.0}


class DICOMAgeString(TextValue):
    """An age in days, weeks, months or years: ``nnnD``, ``nnnW``, ``nnnM`` or ``nnnY``. It is a ``str``.

    Ages are equal when their texts are, and ordered by their approximate number of days.

    Parameters
    ----------
    value
        The text; or, with ``unit``, the number, which is clamped to 0 to 999.
    unit
        D, W, M or Y.

    Raises
    ------
    InvalidValueError
        If the text is no age, or the unit is none of these.
    """

    __slots__ = ()
    _RULE = "three digits and one of D, W, M, Y"

    def __new__(cls, value: str | bytes | int, unit: str | None = None) -> Self:
        if not isinstance(value, int):
            return super().__new__(cls, value)
        if unit not in _UNIT_NAMES:
            raise InvalidValueError("the unit of an age is not one of D, W, M, Y")
        return str.__new__(cls, f"{min(max(value, 0), 999):03d}{unit}")

    @classmethod
    def _normalize(cls, text: str) -> str | None:
        text = text.strip(" \0")
        is_age = len(text) == 4 and text[:3].isascii() and text[:3].isdigit() and text[3] in _UNIT_NAMES
        return text if is_age else None

    @property
    def value(self) -> int:
        """The number, 0 to 999."""
        return int(self[:3])

    @property
    def unit(self) -> str:
        """D, W, M or Y."""
        return self[3]

    @property
    def human_readable(self) -> str:
        """The age in words: ``45 years``, ``1 day``."""
        return f"{self.value} {_UNIT_NAMES[self.unit]}{'' if self.value == 1 else 's'}"

    @property
    def approximate_years(self) -> float:
        """The age in years of 365.25 days, 52.18 weeks or 12 months."""
        return self.value / _UNITS_PER_YEAR[self.unit]

    @property
    def approximate_days(self) -> float:
        """The age in days; a month has 30.4375, a year 365.25."""
        return self.value * _DAYS_PER_UNIT[self.unit]

    def _sort_key(self) -> tuple[float, str]:
        # 012M and 001Y have as many days and are not equal: the text makes the order total.
        return self.approximate_days, self.dicom_string

    def __lt__(self, other: str) -> bool:
        return self._sort_key() < other._sort_key() if isinstance(other, DICOMAgeString) else NotImplemented

    def __le__(self, other: str) -> bool:
        return self._sort_key() <= other._sort_key() if isinstance(other, DICOMAgeString) else NotImplemented

    def __gt__(self, other: str) -> bool:
        return self._sort_key() > other._sort_key() if isinstance(other, DICOMAgeString) else NotImplemented

    def __ge__(self, other: str) -> bool:
        return self._sort_key() >= other._sort_key() if isinstance(other, DICOMAgeString) else NotImplemented
