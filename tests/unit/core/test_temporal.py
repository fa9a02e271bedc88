"""Dates and times."""

from __future__ import annotations

import copy
import datetime
import gc
import pickle
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dicomkit._core.date_time import DICOMDateTime
from dicomkit._core.temporal import DICOMDate, DICOMTime
from dicomkit.errors import InvalidValueError

if TYPE_CHECKING:
    from collections.abc import Callable


# CORE-17
@pytest.mark.parametrize("text", ["20240229", "2024.02.29", " 20240229 ", "20240229\0", "20240229  \0"])
def test_a_date(text: str) -> None:
    date = DICOMDate.parse(text)
    assert date == DICOMDate.parse(text.encode()) == DICOMDate(2024, 2, 29)
    assert date is not None
    assert (date.year, date.month, date.day) == (2024, 2, 29)
    assert date.dicom_string == str(date) == "20240229"
    assert date.isoformat() == "2024-02-29"
    assert date.to_date() == datetime.date(2024, 2, 29)
    assert date.to_datetime() == datetime.datetime(2024, 2, 29, tzinfo=datetime.UTC)
    assert repr(date) == "DICOMDate(2024, 2, 29)"


# CORE-17
@pytest.mark.parametrize(
    "text",
    [
        "", " ", "20241301", "20240001", "20240100", "20240132", "20240231", "20230229", "19000229", "00000101", "2024010",
        "202401011", "2024",
        "2024-01-01", "2024/01/01", "2024.1.01", "2024.0101", "20240101-20240201", "-20240101", "20240101-", "２0240101", "2024 101",
        "+2024101", "20240101\\20240102", "\00020240101", "\ud800",
    ],
)  # fmt: skip
def test_no_date(text: str) -> None:
    assert DICOMDate.parse(text) is None


@pytest.mark.parametrize("fields", [(2024, 2, 30), (0, 1, 1), (10000, 1, 1), (2024, 0, 1), (2024, 1, 0), (2024, 13, 1), (-1, 1, 1)])
def test_a_date_that_does_not_exist_cannot_be_made(fields: tuple[int, int, int]) -> None:
    with pytest.raises(InvalidValueError):
        DICOMDate(*fields)


@given(st.integers(-1, 10_001), st.integers(-1, 14), st.integers(-1, 33))
def test_the_calendar_is_that_of_python(year: int, month: int, day: int) -> None:
    text = f"{year:04d}{month:02d}{day:02d}"
    try:
        expected = datetime.date(year, month, day)
    except ValueError:
        assert DICOMDate.parse(text) is None
    else:
        date = DICOMDate.parse(text)
        assert date is not None
        assert date.to_date() == expected
        assert date.isoformat() == expected.isoformat()


@given(st.dates(), st.dates())
def test_dates_are_ordered_as_days_are(left: datetime.date, right: datetime.date) -> None:
    a, b = DICOMDate(left.year, left.month, left.day), DICOMDate(right.year, right.month, right.day)
    assert (a < b, a <= b, a > b, a >= b, a == b, a != b) == (
        left < right, left <= right, left > right, left >= right, left == right, left != right,
    )  # fmt: skip
    assert a != b or hash(a) == hash(b)


# CORE-18
@pytest.mark.parametrize(
    ("text", "fields", "dicom_string", "iso", "native"),
    [
        ("10", (10, None, None, None), "10", "10", datetime.time(10)),
        ("1030", (10, 30, None, None), "1030", "10:30", datetime.time(10, 30)),
        ("103015", (10, 30, 15, None), "103015", "10:30:15", datetime.time(10, 30, 15)),
        ("103015.5", (10, 30, 15, 500_000), "103015.500000", "10:30:15.500000", datetime.time(10, 30, 15, 500_000)),
        ("12:30:15", (12, 30, 15, None), "123015", "12:30:15", datetime.time(12, 30, 15)),
        ("12:30:15.5", (12, 30, 15, 500_000), "123015.500000", "12:30:15.500000", datetime.time(12, 30, 15, 500_000)),
        ("235960", (23, 59, 60, None), "235960", "23:59:60", datetime.time(23, 59, 59, 999_999)),
        ("000000.000001", (0, 0, 0, 1), "000000.000001", "00:00:00.000001", datetime.time(0, 0, 0, 1)),
        ("103015.123456789", (10, 30, 15, 123_456), "103015.123456", "10:30:15.123456", datetime.time(10, 30, 15, 123_456)),
        (" 1030 ", (10, 30, None, None), "1030", "10:30", datetime.time(10, 30)),
    ],
)
def test_a_time(
    text: str, fields: tuple[int, int | None, int | None, int | None], dicom_string: str, iso: str, native: datetime.time
) -> None:
    time = DICOMTime.parse(text)
    assert time is not None
    assert time == DICOMTime.parse(text.encode()) == DICOMTime(*fields)
    assert (time.hour, time.minute, time.second, time.microsecond) == fields
    assert (time.dicom_string, str(time), time.isoformat(), time.to_time()) == (dicom_string, dicom_string, iso, native)
    assert DICOMTime.parse(dicom_string) == time


# CORE-18
@pytest.mark.parametrize(
    "text",
    [
        "", " ", "1", "101", "10301", "24", "1060", "103061", "103015.", "103015.x", "103015.1234567x", "1030.5", "10.5", "12:30",
        "12:3015", "1230:15",
        "12:30:61", "-1", "+1", "1030-1130", "1030-", "10 30", "1030\\1130", "１０", "103015,5", "103015.-5", "12:30:15.", "1a",
    ],
)  # fmt: skip
def test_no_time(text: str) -> None:
    assert DICOMTime.parse(text) is None


@pytest.mark.parametrize(
    "fields",
    [(24,), (-1,), (1, 60), (1, 2, 61), (1, 2, 3, 1_000_000), (1, 2, 3, -1), (1, None, 3), (1, 2, None, 4), (1, None, None, 4)],
)
def test_a_time_that_does_not_exist_cannot_be_made(fields: tuple[int, ...]) -> None:
    with pytest.raises(InvalidValueError):
        DICOMTime(*fields)


@given(st.times())
def test_times_go_to_python_and_back(native: datetime.time) -> None:
    time = DICOMTime.parse(native.strftime("%H%M%S.%f"))
    assert time is not None
    assert time.to_time() == native
    assert datetime.time.fromisoformat(time.isoformat()) == native


# CORE-18, CORE-19
def test_partial_values_are_ordered_by_their_earliest_moment() -> None:
    times = ["09", "10", "1000", "100000", "100000.000000", "100000.5", "1029", "235960"]
    parsed = [time for time in map(DICOMTime.parse, times) if time]
    assert sorted(set(parsed)) == parsed
    assert len(set(parsed)) == len(times)
    moments = ["2023", "20240101", "202401011200+1000", "2024010103", "20240101120000-0500", "20240102", "202402", "2025"]
    parsed_moments = [moment for moment in map(DICOMDateTime.parse, moments) if moment]
    assert sorted(set(parsed_moments)) == parsed_moments
    assert len(set(parsed_moments)) == len(moments)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (DICOMTime(10), DICOMTime(10, 0)),
        (DICOMTime(10, 31, 0), DICOMTime(10, 30, 60)),
        (DICOMDateTime(2024), DICOMDateTime(2024, 1)),
        (DICOMDateTime(2024, 1, 1, 12, 31, 0), DICOMDateTime(2024, 1, 1, 12, 30, 60)),
        (DICOMDateTime(2024, 1, 1, 12, timezone_offset_minutes=0), DICOMDateTime(2024, 1, 1, 13, timezone_offset_minutes=60)),
        (DICOMDateTime(2024, 1, 1, 12), DICOMDateTime(2024, 1, 1, 12, timezone_offset_minutes=0)),
    ],
)
def test_one_moment_written_in_two_ways_is_two_values_in_a_fixed_order(a: DICOMTime, b: DICOMTime) -> None:
    assert a != b
    assert (a < b) + (b < a) == 1
    assert (a <= b) == (a < b)


# CORE-19
@pytest.mark.parametrize(
    ("text", "fields", "dicom_string", "iso", "native"),
    [
        ("2024", (2024,), "2024", "2024", "2024-01-01T00:00:00+00:00"),
        ("202403", (2024, 3), "202403", "2024-03", "2024-03-01T00:00:00+00:00"),
        ("20240131+0530", (2024, 1, 31, None, None, None, None, 330), "20240131+0530", "2024-01-31+05:30", "2024-01-31T00:00:00+05:30"),
        ("2024013112", (2024, 1, 31, 12), "2024013112", "2024-01-31T12", "2024-01-31T12:00:00+00:00"),
        ("202401311230", (2024, 1, 31, 12, 30), "202401311230", "2024-01-31T12:30", "2024-01-31T12:30:00+00:00"),
        ("20240131123015", (2024, 1, 31, 12, 30, 15), "20240131123015", "2024-01-31T12:30:15", "2024-01-31T12:30:15+00:00"),
        (
            "20240131120000.5-0800", (2024, 1, 31, 12, 0, 0, 500_000, -480),
            "20240131120000.500000-0800", "2024-01-31T12:00:00.500000-08:00", "2024-01-31T12:00:00.500000-08:00",
        ),
        ("2024-0800", (2024, None, None, None, None, None, None, -480), "2024-0800", "2024-08:00", "2024-01-01T00:00:00-08:00"),
        ("20240131235960", (2024, 1, 31, 23, 59, 60), "20240131235960", "2024-01-31T23:59:60", "2024-01-31T23:59:59.999999+00:00"),
        ("20240131+1400 ", (2024, 1, 31, None, None, None, None, 840), "20240131+1400", "2024-01-31+14:00", "2024-01-31T00:00:00+14:00"),
    ],
)  # fmt: skip
def test_a_date_and_time(text: str, fields: tuple[int | None, ...], dicom_string: str, iso: str, native: str) -> None:
    moment = DICOMDateTime.parse(text)
    assert moment is not None
    assert moment == DICOMDateTime.parse(text.encode()) == DICOMDateTime(*fields)  # type: ignore[arg-type]
    names = ("year", "month", "day", "hour", "minute", "second", "microsecond", "timezone_offset_minutes")
    assert tuple(getattr(moment, name) for name in names) == fields + (None,) * (8 - len(fields))
    assert (moment.dicom_string, str(moment), moment.isoformat()) == (dicom_string, dicom_string, iso)
    assert moment.to_datetime().isoformat() == native
    assert eval(repr(moment)) == moment


# CORE-19
def test_the_parts_of_a_date_and_time() -> None:
    moment = DICOMDateTime(2024, 1, 31, 12, 30)
    assert (moment.date, moment.time) == (DICOMDate(2024, 1, 31), DICOMTime(12, 30))
    assert (DICOMDateTime(2024, 1).date, DICOMDateTime(2024, 1, 31).time) == (None, None)


# CORE-19
@pytest.mark.parametrize(
    "text",
    [
        "", "202", "20245", "20241", "202413", "20240230", "202401311", "2024013124", "202401311260", "20240131120061", "20240131120000.",
        "20240131120000.5+15", "20240131120000+1500", "20240131+0560", "20240131-1460", "20240131+", "20240131+05300", "20240131+05:30",
        "20240131Z", "2024-01-31", "20240101-20240201", "2024-2025", "+0530", "0000", "2024 ", "２024", "2024\\2025",
    ],
)  # fmt: skip
def test_no_date_and_time(text: str) -> None:
    if text == "2024 ":  # padding, for contrast
        assert DICOMDateTime.parse(text) == DICOMDateTime(2024)
    else:
        assert DICOMDateTime.parse(text) is None


@pytest.mark.parametrize(
    "fields",
    [
        (0,), (2024, 13), (2024, 2, 30), (2024, None, 1), (2024, 1, None, 12), (2024, 1, 1, None, 30), (2024, 1, 1, 24),
        (2024, 1, 1, 1, None, 1),
        (2024, 1, 1, 1, 1, 1, 1_000_000), (2024, None, None, None, None, None, None, 900), (2024, None, None, None, None, None, None, -900),
    ],
)  # fmt: skip
def test_a_date_and_time_that_does_not_exist_cannot_be_made(fields: tuple[int, ...]) -> None:
    with pytest.raises(InvalidValueError):
        DICOMDateTime(*fields)


OFFSETS = st.integers(-899, 899).map(lambda minutes: datetime.timezone(datetime.timedelta(minutes=minutes)))
MOMENTS = st.datetimes(timezones=OFFSETS)


def as_dicom(native: datetime.datetime) -> DICOMDateTime:
    # strftime("%Y") has no leading zeros on some systems.
    moment = DICOMDateTime.parse(f"{native.year:04d}{native.strftime('%m%d%H%M%S.%f%z')}")
    assert moment is not None
    return moment


@given(MOMENTS)
def test_dates_and_times_go_to_python_and_back(native: datetime.datetime) -> None:
    moment = as_dicom(native)
    assert moment.to_datetime() == native
    assert datetime.datetime.fromisoformat(moment.isoformat()) == native
    assert DICOMDateTime.parse(moment.dicom_string) == moment


@given(MOMENTS, MOMENTS)
def test_dates_and_times_are_ordered_as_moments_are(left: datetime.datetime, right: datetime.datetime) -> None:
    if left != right:
        assert (as_dicom(left) < as_dicom(right)) == (left < right)
        assert (as_dicom(left) >= as_dicom(right)) == (left > right)


VALUES = [
    DICOMDate(2024, 2, 29), DICOMTime(10), DICOMTime(23, 59, 60, 999_999), DICOMDateTime(2024),
    DICOMDateTime(2024, 1, 31, 12, 30, 15, 1, -480),
]  # fmt: skip
Value = DICOMDate | DICOMTime | DICOMDateTime


@pytest.mark.parametrize("value", VALUES)
def test_values_survive_pickle_and_copy(value: Value) -> None:
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        again = pickle.loads(pickle.dumps(value, protocol))
        assert again == value
        assert hash(again) == hash(value)
    assert copy.copy(value) is value
    assert copy.deepcopy(value) is value


@pytest.mark.parametrize("value", VALUES)
def test_values_are_immutable_final_and_unseen_by_the_garbage_collector(value: Value) -> None:
    for name in ("hour", "year", "extra"):
        with pytest.raises(AttributeError):
            setattr(value, name, 1)
    with pytest.raises(TypeError):
        type("Derived", (type(value),), {})
    assert not gc.is_tracked(value)
    unchanged = str(value)
    value.__init__(1)  # type: ignore[call-arg]
    assert str(value) == unchanged


def test_values_of_different_kinds_are_not_compared() -> None:
    assert DICOMDate(2024, 1, 1) != "20240101"
    assert DICOMDate(2024, 1, 1) != DICOMDateTime(2024, 1, 1)
    assert len({DICOMDate(2024, 1, 1), DICOMDateTime(2024, 1, 1), DICOMTime(20, 24)}) == 3
    for a, b in ((DICOMDate(2024, 1, 1), "x"), (DICOMTime(1), DICOMDate(2024, 1, 1)), (DICOMDateTime(2024), 1)):
        with pytest.raises(TypeError):
            a < b  # type: ignore[operator]  # noqa: B015


@pytest.mark.parametrize("parse", [DICOMDate.parse, DICOMTime.parse, DICOMDateTime.parse])
def test_only_text_is_parsed(parse: Callable[[object], object]) -> None:
    with pytest.raises(TypeError):
        parse(20240101)
    with pytest.raises(TypeError):
        parse(None)


@given(st.one_of(st.binary(max_size=24), st.text(alphabet="0123456789.:+- \0", max_size=27).map(str.encode)))
def test_any_bytes_are_a_value_or_none(data: bytes) -> None:
    for kind in (DICOMDate, DICOMTime, DICOMDateTime):
        value = kind.parse(data)
        assert value is None or kind.parse(value.dicom_string) == value
