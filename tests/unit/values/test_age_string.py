"""Ages."""

from __future__ import annotations

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dicomkit.errors import InvalidValueError
from dicomkit.values import DICOMAgeString


# CORE-20
@pytest.mark.parametrize(
    ("text", "words", "years", "days"),
    [
        ("045Y", "45 years", 45.0, 45 * 365.25), ("001Y", "1 year", 1.0, 365.25), ("001D", "1 day", 1 / 365.25, 1.0),
        ("000D", "0 days", 0.0, 0.0), ("018M", "18 months", 1.5, 18 * 30.4375), ("001M", "1 month", 1 / 12, 30.4375),
        ("052W", "52 weeks", 52 / 52.18, 364.0), ("999W", "999 weeks", 999 / 52.18, 6993.0),
    ],
)  # fmt: skip
def test_an_age(text: str, words: str, years: float, days: float) -> None:
    age = DICOMAgeString.parse(text)
    assert age is not None
    assert age.human_readable == words
    assert age.approximate_years == pytest.approx(years)
    assert age.approximate_days == pytest.approx(days)
    assert (age.value, age.unit) == (int(text[:3]), text[3])
    assert age == age.dicom_string == str(age) == text
    assert DICOMAgeString(age.value, age.unit) == age


# CORE-20
@pytest.mark.parametrize(
    "text",
    ["", "45Y", "0045Y", "045y", "045", "045H", "Y045", "0x5Y", "+45Y", "-45Y", "4 5Y", "٠٤٥Y", "045Y\\046Y", "04.Y", "²45Y", "045YY"],
)
def test_no_age(text: str) -> None:
    assert DICOMAgeString.parse(text) is None
    with pytest.raises(InvalidValueError):
        DICOMAgeString(text)


# CORE-20
@pytest.mark.parametrize(("value", "text"), [(-5, "000M"), (0, "000M"), (7, "007M"), (999, "999M"), (1000, "999M")])
def test_the_number_is_clamped(value: int, text: str) -> None:
    assert DICOMAgeString(value, "M") == text


@pytest.mark.parametrize("unit", [None, "", "y", "YY", "H"])
def test_only_four_units_exist(unit: str | None) -> None:
    with pytest.raises(InvalidValueError):
        DICOMAgeString(5, unit)


# CORE-20
def test_ages_are_ordered_by_days() -> None:
    ages = [DICOMAgeString(text) for text in ("001D", "006D", "001W", "001M", "052W", "001Y", "018M", "002Y", "999Y")]
    assert sorted(set(ages)) == ages
    assert DICOMAgeString("018M") < DICOMAgeString("002Y")
    assert not DICOMAgeString("018M") > DICOMAgeString("002Y")
    assert DICOMAgeString("002Y") >= DICOMAgeString("002Y")
    assert DICOMAgeString("002Y") <= DICOMAgeString("002Y")
    # As many days, and not the same: in a fixed order.
    assert (DICOMAgeString("012M") < DICOMAgeString("001Y")) != (DICOMAgeString("001Y") < DICOMAgeString("012M"))


@given(st.integers(-9, 1100), st.sampled_from("DWMY"))
def test_ages_come_back_from_their_text_and_pickle(value: int, unit: str) -> None:
    age = DICOMAgeString(value, unit)
    assert DICOMAgeString.parse(age.dicom_string) == age
    again = pickle.loads(pickle.dumps(age))
    assert (again, type(again)) == (age, DICOMAgeString)
