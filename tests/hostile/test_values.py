"""Numbers, dates and text that are none (PS3.5 6.2, 6.1; PS3.3 C.12.1.1.2)."""

from __future__ import annotations

import copy
import pickle
from contextlib import suppress

import pytest

import dicomkit
from dicomkit import DICOMWarning, InvalidValueError
from dicomkit.testing import data_set, element, part10
from tests.hostile.builders import bounded, quiet

NO_DECIMALS = [
    "nan", "NaN", "inf", "-inf", "Infinity", "1_000", "0x10", "1,5", "1e", "e5", ".", "+", "-", "--1", "1 2", "1.5.5", "1e400",
    "0b1", "1e5.5", "١٢", "１",
    "TRUE", "1f", "1d5", "½",
]  # fmt: skip
NO_INTEGERS = ["nan", "1_000", "0x10", "1.0", "1e3", "+", "-", "2147483648", "-2147483649", "9" * 13, "١٢", "１", "1 2", "--1", "TRUE"]
NO_DATES = [
    "20240231",
    "20230229",
    "00000000",
    "20241301",
    "20240100",
    "2024",
    "202401",
    "2024-01-01",
    "20240101-20240202",
    "abcdefgh",
    "２０２４０１０１",
    "20240101x",
]
NO_TIMES = ["2460", "1260", "126060", "1", "123", "-100", "12:3", "nan", "１２", "120000.", "120000.x"]
NO_DATE_TIMES = ["20241301", "20240231120000", "2024+9999", "20240101000000-1500", "2024010124", "nan", ""]

BROKEN_TEXTS = [
    b"\x1b", b"\x1b$", b"\x1b$B", b"\x1b$B;", b"\x1b$B;3EDB@O:\x1b(B", b"\x1b$)C\xfb\xf3", b"\x1b$)C\xfb", b"\xd4",
    b"\xc0\x80", b"\xed\xa0\x80",
    b"\xf4\x90\x80\x80", b"\xff\xfe", b"\x8e", b"\x8f\xa1", b"\x83\x5c", b"\x95\x5c\x00", b"a=b=c=d=e", b"^^^^^^^^",
    b"\x1b%/I", b"\x81\x30\x81", b"\xa1\x5c\xa1",
    b"\x1b(J\x5c\x1b(B\x5c",
]  # fmt: skip


def read_value(vr: str, value: str | bytes, **options: object) -> dicomkit.DataElement:
    raw = value.encode() if isinstance(value, str) else value
    return dicomkit.read(part10(element(0x00111010, vr, raw + b" " * (len(raw) % 2))), **options)[0x00111010]  # type: ignore[arg-type]


@pytest.mark.parametrize(("vr", "text"), [
    *(("DS", text) for text in NO_DECIMALS), *(("IS", text) for text in NO_INTEGERS), *(("DA", text) for text in NO_DATES),
    *(("TM", text) for text in NO_TIMES), *(("DT", text) for text in NO_DATE_TIMES if text),
])  # fmt: skip
def test_garbage_never_becomes_a_number_or_a_date(vr: str, text: str) -> None:
    found = read_value(vr, text)
    with pytest.warns(DICOMWarning):
        assert isinstance(found.value, str)
    with quiet():
        assert found.string_value is not None
        assert [getattr(found, name) for name in (
            "decimal_string_value", "decimal_string_values", "integer_string_value", "integer_string_values", "date_value", "time_value",
            "date_time_value", "foundation_date_value",
        )] == [None] * 8  # fmt: skip
        with pytest.raises(InvalidValueError):
            found.array()
        with pytest.raises(InvalidValueError):
            _ = read_value(vr, text, strict=True).value


@pytest.mark.parametrize("texts", [["1", "nan", "3"], ["1", "x"], ["0x1", "2"]])
def test_one_bad_number_makes_the_list_none(texts: list[str]) -> None:
    with quiet():
        found = read_value("DS", "\\".join(texts))
        assert found.decimal_string_values is None
        assert found.value == texts
        with pytest.raises(InvalidValueError):
            found.array()


def test_empty_values_among_numbers_are_no_numbers() -> None:
    with quiet():
        found = read_value("DS", "1\\\\3")
        assert found.decimal_string_values is None or None not in found.decimal_string_values
        with pytest.raises(InvalidValueError):
            found.array()


@pytest.mark.parametrize("vr", ["DS", "IS", "DA", "TM", "DT", "AS", "UI", "CS", "AE", "PN", "LO", "UR", "UT", "UC"])
@pytest.mark.parametrize(
    "value", [b"\\", b"\\" * 1001, b"\0" * 8, b" " * 9, b"\xff" * 8, b"\x1b", b"\x1b$B\\\x1b(B", b"9" * 70_000, b"-" * 100]
)
def test_any_bytes_in_any_text_vr_are_text_in_the_end(vr: str, value: bytes) -> None:
    with quiet(), bounded(seconds=2):
        found = dicomkit.read(part10(element(0x00111010, vr if len(value) < 0xFFFF else "UT", value)))[0x00111010]
        _ = found.value, found.vm, str(found)
        assert isinstance(found.string_value, str)
        assert isinstance(found.string_values, list)


@pytest.mark.parametrize("terms", [
    "", "ISO_IR 192", "ISO_IR 100", "GB18030", "GBK", "ISO_IR 13", "\\ISO 2022 IR 87", "\\ISO 2022 IR 149", "\\ISO 2022 IR 58",
    "ISO 2022 IR 13\\ISO 2022 IR 87\\ISO 2022 IR 159", "nonsense", "utf-8", "rot13", "zip", "idna", "undefined", "utf-16",
    "ISO_IR 192\\ISO 2022 IR 87",
    "\\" * 100, "ISO_IR 100\\ISO_IR 101\\ISO_IR 109\\ISO_IR 110",
])  # fmt: skip
def test_broken_text_in_any_character_set_is_text_with_a_warning_or_a_typed_error(terms: str) -> None:
    for value in BROKEN_TEXTS:
        padded = value + b" " * (len(value) % 2)
        body = data_set([(0x00080005, "CS", terms), (0x00081030, "LO", padded), (0x00100010, "PN", padded), (0x00104000, "LT", padded)])
        with quiet():
            file = dicomkit.read(part10(body))
            for keyword in ("PatientName", "PatientComments", "StudyDescription"):
                text = file.data_set.string(keyword)
                assert isinstance(text, str)
                text.encode()  # no lone surrogates
            assert str(file)
            assert file._repr_html_()
            strict = dicomkit.read(part10(body), strict=True)
            with suppress(InvalidValueError):
                _ = strict.PatientName


def test_a_backslash_in_a_multi_byte_character_is_no_separator() -> None:
    sjis_like = "ソ".encode("shift_jis")  # 83 5C
    gbk = "乗".encode("gbk")  # 81 5C
    assert gbk[1] == sjis_like[1] == 0x5C
    file = dicomkit.read(part10(data_set([(0x00080005, "CS", "GBK"), (0x00081030, "LO", gbk)])))
    assert file.StudyDescription == "乗"


def test_html_of_hostile_text_is_escaped() -> None:
    script = "<script>alert(1)</script>"
    body = data_set(
        [(0x00080005, "CS", "ISO_IR 192"), (0x00090010, "LO", script), (0x00091010, "LO", script), (0x00100010, "PN", script + "&\"'")]
    )
    html = dicomkit.read(part10(body, "1.2.840.10008.1.2.1"))._repr_html_()
    assert "<script" not in html
    assert "&lt;script" in html


def test_control_characters_do_not_reach_the_terminal() -> None:
    body = data_set(
        [
            (0x00080005, "CS", "ISO_IR 192"),
            (0x00090010, "LO", "\x1b[2J\x07"),
            (0x00091010, "LO", "\x1b[2J"),
            (0x00100010, "PN", "\x1b]0;x\x07\u202e\x9b"),
        ]
    )
    with quiet():
        text = str(dicomkit.read(part10(body)))
    assert not [character for character in text if character != "\n" and not character.isprintable()]


@pytest.mark.parametrize("terms", ["ISO_IR 192", "ISO_IR 144", "ISO 2022 IR 13\\ISO 2022 IR 87"])
def test_the_readers_character_set_survives_copying_and_pickling(terms: str) -> None:
    body = data_set(
        [(0x00080005, "CS", "ISO_IR 100"), (0x00081110, "SQ", [[(0x00081030, "LO", b"\xd0\x9c")]]), (0x00100010, "PN", b"\xd0\x9c^\xb1 ")]
    )
    with quiet():
        file = dicomkit.read(part10(body), character_set=terms.split("\\"))
        for twin in (copy.deepcopy(file), pickle.loads(pickle.dumps(file))):
            assert str(twin) == str(file)
