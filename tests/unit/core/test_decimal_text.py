"""DS and IS text to numbers and back."""

from __future__ import annotations

import array
import copy
import gc
import json
import math
import pickle
import re
import sys
import threading

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dicomkit._core.decimal_text import count_components, decimal_values, format_decimal, integer_values
from dicomkit._core.number_string import DICOMDecimalString, DICOMIntegerString
from dicomkit.errors import InvalidValueError

DECIMAL_GRAMMAR = re.compile(r" *[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?[ \0]*", re.ASCII)
INTEGER_GRAMMAR = re.compile(r" *[+-]?[0-9]+[ \0]*", re.ASCII)


def expected_decimal(text: str) -> float | None:
    """Read a DS in the slow and sure way."""
    if not DECIMAL_GRAMMAR.fullmatch(text):
        return None
    number = float(text.strip(" \0"))
    return number if math.isfinite(number) else None


def expected_integer(text: str) -> int | None:
    if not INTEGER_GRAMMAR.fullmatch(text):
        return None
    number = int(text.strip(" \0"))
    return number if -(2**31) <= number < 2**31 else None


def read_decimals(text: bytes) -> list[float]:
    out = array.array("d", bytes(8 * (text.count(b"\\") + 1)))
    return list(out[: decimal_values(text, out)])


def read_integers(text: bytes) -> list[int]:
    out = array.array("q", bytes(8 * (text.count(b"\\") + 1)))
    return list(out[: integer_values(text, out)])


# What is wrong as a number in either VR. (reliability: numbers are ASCII, and nothing but digits, sign, point, exponent)
NO_NUMBERS = [
    "", " ", "\0", "+", "-", "--1", "+-1", "- 1", "1 2", "1,5", "nan", "NaN", "inf", "-inf", "Infinity", "1_0", "0x10", "0b1",
    "1L", "1j", "١٢", "１", "²", "1\t", "\n1", "1\0002", "\0001", "(1)", "1;2", "1\\", "\\1", "1\\2", "\ud800",
]  # fmt: skip
NO_DECIMALS = [".", "-.", "1.2.3", "1e", "1e+", "e5", ".e5", "1e5.0", "1e 5", "1 e5", "1ee5", "1E+-5", "1d5"]
NO_INTEGERS = ["1.0", "1.", "1e3", ".5", "2147483648", "-2147483649", "99999999999"]


# CORE-22
@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0.3125", 0.3125), ("  12.5 ", 12.5), ("12.5\0", 12.5), (".5", 0.5), ("5.", 5.0), ("+1.5E+3", 1500.0), ("1e5", 1e5), ("-0", -0.0),
        ("0e99999999999", 0.0), ("1234567890123456", 1234567890123456.0), ("9999999999999999", 1e16),
        ("9007199254740993", 9007199254740992.0),
        ("6.1232339957e-17", 6.1232339957e-17), ("-1.83697019e-16", -1.83697019e-16), ("1e-400", 0.0), ("5e-324", 5e-324),
        ("1.7976931E+308", 1.7976931e308), ("0000000000000001", 1.0),
    ],
)  # fmt: skip
def test_a_decimal_is_the_nearest_double(text: str, number: float) -> None:
    value = DICOMDecimalString.parse(text)
    assert value is not None
    assert value == number
    assert math.copysign(1, value) == math.copysign(1, number)
    assert value.original_string == str(value) == text.strip(" \0")


# CORE-22
@pytest.mark.parametrize("text", [*NO_NUMBERS, *NO_DECIMALS, "1e999", "-1e309", "12345678901234567"])
def test_no_decimal_is_none_and_as_a_literal_an_error(text: str) -> None:
    assert DICOMDecimalString.parse(text) is None
    with pytest.raises(InvalidValueError) as caught:
        DICOMDecimalString(text)
    assert not text.strip() or len(text) < 3 or text not in str(caught.value)


# CORE-23
@pytest.mark.parametrize(
    ("text", "number"),
    [
        (" 12 ", 12),
        ("+5", 5),
        ("-0", 0),
        ("0", 0),
        ("007", 7),
        ("2147483647", 2147483647),
        ("-2147483648", -2147483648),
        ("-00000000001", -1),
    ],
)
def test_an_integer_keeps_its_text(text: str, number: int) -> None:
    value = DICOMIntegerString.parse(text)
    assert value is not None
    assert value == value.value == value.int32_value == number
    assert hash(value) == hash(number)
    assert value.original_string == str(value) == text.strip()
    assert value.dicom_string == str(number)
    assert isinstance(value, DICOMIntegerString)


# CORE-23
@pytest.mark.parametrize("text", [*NO_NUMBERS, *NO_DECIMALS, *NO_INTEGERS, "0000000000012"])
def test_no_integer_is_none_and_as_a_literal_an_error(text: str) -> None:
    assert DICOMIntegerString.parse(text) is None
    with pytest.raises(InvalidValueError):
        DICOMIntegerString(text)


# CORE-23
@pytest.mark.parametrize(("number", "expected"), [(0, 0), (65535, 65535), (65536, None), (-1, None)])
def test_uint16_value_is_none_out_of_range(number: int, expected: int | None) -> None:
    assert DICOMIntegerString(number).uint16_value == expected


@pytest.mark.parametrize("number", [2**31, -(2**31) - 1, 2**100])
def test_an_integer_over_32_bits_has_no_is_value(number: int) -> None:
    with pytest.raises(InvalidValueError):
        DICOMIntegerString(number)


# CORE-22
def test_parse_multiple_is_all_or_nothing() -> None:
    assert DICOMDecimalString.parse_multiple("0.3125\\0.3125") == [0.3125, 0.3125]
    assert DICOMDecimalString.parse_multiple(b"1 \\ 2.50 ") == [1.0, 2.5]
    assert [value.original_string for value in DICOMDecimalString.parse_multiple("1 \\ 2.50 ") or ()] == ["1", "2.50"]
    assert DICOMDecimalString.parse_multiple("1\\x") is None
    assert DICOMDecimalString.parse_multiple("1\\\\2") is None
    assert DICOMDecimalString.parse_multiple("") == []


# CORE-23
def test_parse_multiple_of_integers_is_all_or_nothing() -> None:
    assert DICOMIntegerString.parse_multiple("1\\+2\\ 3 ") == [1, 2, 3]
    assert DICOMIntegerString.parse_multiple("1\\2.0") is None
    assert DICOMIntegerString.parse_multiple("1\\") is None
    assert DICOMIntegerString.parse_multiple(" ") == []


# CORE-22
def test_a_decimal_is_a_float_that_keeps_its_text() -> None:
    value = DICOMDecimalString("1.50")
    assert isinstance(value, float)
    assert hash(value) == hash(1.5)
    assert (value.value, value.float_value, value.int_value) == (1.5, 1.5, 1)
    assert type(value.value) is float
    assert (str(value), f"{value}", f"{value:.3f}", repr(value)) == ("1.50", "1.50", "1.500", "DICOMDecimalString('1.50')")
    assert value.dicom_string == "1.5"
    assert sorted([DICOMDecimalString("10"), DICOMDecimalString("9")])[0].original_string == "9"
    assert json.dumps([value]) == "[1.5]"
    assert math.sqrt(DICOMDecimalString("4")) == 2
    assert DICOMDecimalString(value) is value


def test_numbers_make_values_too() -> None:
    third = DICOMDecimalString(1 / 3)
    assert third == 1 / 3
    assert third.original_string == ".333333333333333"
    assert DICOMDecimalString(7).original_string == "7"
    assert DICOMIntegerString(7).original_string == "7"
    for number in (math.nan, math.inf, -math.inf, 10**400):
        with pytest.raises(InvalidValueError):
            DICOMDecimalString(number)
    for wrong in (None, [1]):
        with pytest.raises(TypeError):
            DICOMDecimalString(wrong)  # type: ignore[arg-type]
        with pytest.raises(TypeError):
            DICOMIntegerString(wrong)  # type: ignore[arg-type]
        with pytest.raises(TypeError):
            DICOMDecimalString.parse(wrong)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        DICOMDecimalString()  # type: ignore[call-arg]
    with pytest.raises(TypeError):
        DICOMDecimalString("1", "2")  # type: ignore[call-arg]


@pytest.mark.parametrize(
    "value",
    [
        DICOMDecimalString("1.50"),
        DICOMDecimalString(0.1 + 0.2),
        DICOMIntegerString("5"),
        DICOMIntegerString("+005"),
        DICOMIntegerString("-0"),
    ],
)
def test_values_survive_pickle_and_copy(value: DICOMDecimalString | DICOMIntegerString) -> None:
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        again = pickle.loads(pickle.dumps(value, protocol))
        assert (again, again.original_string, type(again)) == (value, value.original_string, type(value))
    assert copy.copy(value) is value
    assert copy.deepcopy(value) is value


@pytest.mark.parametrize("value", [DICOMDecimalString("1.5"), DICOMIntegerString("5"), DICOMIntegerString("+5")])
def test_values_are_immutable(value: DICOMDecimalString | DICOMIntegerString) -> None:
    with pytest.raises(AttributeError):
        value.original_string = "2"  # type: ignore[misc]
    with pytest.raises(AttributeError):
        value.extra = 1  # type: ignore[union-attr]


def test_the_garbage_collector_does_not_see_numbers() -> None:
    assert not gc.is_tracked(DICOMDecimalString("1.5"))
    assert not gc.is_tracked(DICOMIntegerString("5"))


def test_values_give_their_memory_back() -> None:
    def make() -> None:
        for i in range(2000):
            DICOMDecimalString.parse(f"{i}.5")
            pickle.loads(pickle.dumps(DICOMDecimalString(i)))
            DICOMIntegerString.parse(f"+{i}")
            DICOMIntegerString.parse(f"{i}")

    make()
    before = sys.getallocatedblocks()
    make()
    assert sys.getallocatedblocks() - before < 200
    assert sys.getsizeof(DICOMDecimalString("1.5")) < 64


NUMBERS = st.from_regex(re.compile(r"\A[+-]?[0-9]{0,25}\.?[0-9]{0,25}([eE][+-]?[0-9]{1,4})?\Z", re.ASCII))


@given(st.one_of(NUMBERS, st.text(alphabet="0123456789+-.eE \0\\nax_", max_size=20), st.floats().map(repr), st.text(max_size=8)))
@example("9007199254740993")
@example("1" + "0" * 22 + "e-22")
@example("0." + "0" * 40 + "1")
@example("179769313486231580793" + "0" * 288)
@example("12345678901234567890123e-27")
def test_decimals_are_those_of_float(text: str) -> None:
    data = text.encode("utf-8", "surrogatepass")
    number = expected_decimal(text)
    if "\\" in text or not text.strip(" \0"):
        return
    if number is None:
        with pytest.raises(InvalidValueError):
            read_decimals(data)
        assert DICOMDecimalString.parse(text) is None
    else:
        assert read_decimals(data) == [number]
        is_short = len(text.rstrip(" \0").lstrip(" ")) <= 16
        assert (DICOMDecimalString.parse(data) is not None) == is_short


@given(st.lists(st.integers(-(2**53) - 99, 2**53 + 99), min_size=1), st.integers(-30, 30))
def test_decimals_are_correctly_rounded_at_the_edge_of_the_fast_path(mantissas: list[int], exponent: int) -> None:
    texts = [f"{mantissa}E{exponent}" for mantissa in mantissas]
    assert read_decimals("\\".join(texts).encode()) == [float(text) for text in texts]


@given(st.text(alphabet="0123456789+- \0.", max_size=14))
@example("2147483647")
@example("2147483648")
@example("-2147483648")
@example("99999999999999999999999999")
def test_integers_are_those_of_int(text: str) -> None:
    number = expected_integer(text)
    if not text.strip(" \0"):
        return
    if number is None:
        with pytest.raises(InvalidValueError):
            read_integers(text.encode())
    else:
        assert read_integers(text.encode()) == [number]


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), max_size=50))
def test_a_field_of_decimals_is_read_in_order(numbers: list[float]) -> None:
    field = "\\".join(map(repr, numbers)).encode()
    assert count_components(field) == len(numbers)
    assert read_decimals(field) == numbers


@pytest.mark.parametrize("padding", [b"", b" ", b"\0", b"  ", b" \0"])
def test_fields_of_nothing_but_padding_have_no_values(padding: bytes) -> None:
    assert count_components(padding) == 0
    assert read_decimals(padding) == []
    assert read_integers(padding) == []


@pytest.mark.parametrize(("field", "position"), [(b"1\\2\\x", "3 of 3"), (b"\\1", "1 of 2"), (b"1\\\\2", "2 of 3"), (b"1\\", "2 of 2")])
def test_an_invalid_value_is_named_by_its_place(field: bytes, position: str) -> None:
    with pytest.raises(InvalidValueError, match=position):
        read_decimals(field)
    with pytest.raises(InvalidValueError, match=position):
        read_integers(field)


def test_an_invalid_value_after_slow_ones_is_named_by_its_place() -> None:
    with pytest.raises(InvalidValueError, match="3 of 4"):
        read_decimals(b"1e-300\\12345678901234567890123\\secret\\1")
    with pytest.raises(InvalidValueError, match="2 of 2") as caught:
        read_decimals(b"1\\1e999")
    assert "999" not in str(caught.value)


def test_the_output_must_be_big_enough() -> None:
    with pytest.raises(ValueError, match="2 values do not fit in 1"):
        decimal_values(b"1\\2", array.array("d", [0]))
    with pytest.raises(ValueError, match="1 values do not fit in 0"):
        decimal_values(b"1", array.array("d"))
    with pytest.raises(ValueError, match="2 values do not fit in 1"):
        integer_values(b"1\\2", array.array("q", [0]))
    with pytest.raises(TypeError):
        decimal_values(None, array.array("d"))  # type: ignore[arg-type]


def test_the_interpreter_runs_other_threads_while_a_field_is_read() -> None:
    field = b"\\".join([b"-123.4567"] * 600_000)
    out = array.array("d", bytes(8 * 600_000))
    results = []
    threads = [threading.Thread(target=lambda: results.append(decimal_values(field, out))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [600_000] * 4
    assert set(out) == {-123.4567}


# CORE-22
@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0.0, "0"), (-0.0, "-0"), (42.0, "42"), (0.1, "0.1"), (-0.5, "-0.5"), (1e15, "1000000000000000"), (1e22, "1E22"),
        (5e-324, "5E-324"),
        (1e-10, "0.0000000001"), (1 / 3, ".333333333333333"), (-1 / 3, "-.33333333333333"), (2 / 3, ".666666666666667"),
        (123456789012345678.0, "12345678901235E4"), (1.7976931348623157e308, "179769313486E297"),
        (-1.7976931348623157e308, "-17976931348E298"),
        (9007199254740993.0, "9007199254740992"), (1.2345678901234567e-5, "1.23456789012E-5"), (1.2345678901234567e-10, "123456789012E-21"),
    ],
)  # fmt: skip
def test_the_text_of_a_number_is_short_and_near(number: float, text: str) -> None:
    assert format_decimal(number) == text


@given(st.floats(allow_nan=False, allow_infinity=False))
@example(1.7976931348623157e308)
@example(2.2250738585072014e-308)
def test_every_double_fits_16_bytes_as_closely_as_they_allow(number: float) -> None:
    text = format_decimal(number)
    assert len(text) <= 16
    back = expected_decimal(text)
    assert back is not None
    if len(repr(number)) <= 16:
        assert back == number
    # No text of the same form with as many digits lies nearer, nor does the usual "%g" at any precision that fits.
    for precision in range(1, 18):
        for rival in (f"{number:.{precision}g}", f"{number:.{precision}e}", f"{number:.{precision}f}"):
            for form in (rival, rival.replace("e-0", "e-").replace("e+", "e").replace("e0", "e"), rival.replace("0.", ".", 1)):
                distance = expected_decimal(form) if len(form) <= 16 else None
                assert distance is None or abs(back - number) <= abs(distance - number)


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_no_text_for_what_is_not_finite(number: float) -> None:
    with pytest.raises(InvalidValueError):
        format_decimal(number)
