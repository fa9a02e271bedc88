from __future__ import annotations

import pytest

from dicomkit.network.dimse import DIMSEStatus, DIMSEStatusCategory

SUCCESS, WARNING, FAILURE, CANCEL, PENDING, UNKNOWN = DIMSEStatusCategory


def naive_category(code: int) -> DIMSEStatusCategory:
    """PS3.7 Annex C, its classes of status, read literally."""
    text = f"{code:04X}"
    if text == "0000":
        return SUCCESS
    if text in ("0001", "0107", "0116") or text[0] == "B":
        return WARNING
    if text[0] in "AC" or text[:2] in ("01", "02"):
        return FAILURE
    return {"FE00": CANCEL, "FF00": PENDING, "FF01": PENDING}.get(text, UNKNOWN)


def test_net_16_every_value_is_classified() -> None:
    for code in range(0x10000):
        status = DIMSEStatus(code)
        category = naive_category(code)
        assert status.category is category, f"{code:04X}"
        assert status.is_success is (category is SUCCESS)
        assert status.is_warning is (category is WARNING)
        assert status.is_failure is (category is FAILURE)
        assert status.is_cancel is (category is CANCEL)
        assert status.is_pending is (category is PENDING)
        assert status.is_final is (category is not PENDING)
        assert status == code
        assert status.meaning


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("SUCCESS", 0x0000),
        ("PENDING", 0xFF00),
        ("PENDING_WITH_WARNINGS", 0xFF01),
        ("CANCEL", 0xFE00),
        ("PROCESSING_FAILURE", 0x0110),
        ("DUPLICATE_SOP_INSTANCE", 0x0111),
        ("NO_SUCH_SOP_INSTANCE", 0x0112),
        ("NO_SUCH_SOP_CLASS", 0x0118),
        ("SOP_CLASS_NOT_SUPPORTED", 0x0122),
        ("RESOURCE_LIMITATION", 0x0213),
        ("OUT_OF_RESOURCES", 0xA700),
        ("UNABLE_TO_CALCULATE_MATCHES", 0xA701),
        ("UNABLE_TO_PERFORM_SUBOPERATIONS", 0xA702),
        ("MOVE_DESTINATION_UNKNOWN", 0xA801),
        ("IDENTIFIER_MISMATCH", 0xA900),
        ("CANNOT_UNDERSTAND", 0xC000),
        ("COERCION_OF_DATA_ELEMENTS", 0xB000),
        ("ELEMENTS_DISCARDED", 0xB006),
        ("DATA_SET_MISMATCH", 0xB007),
    ],
)
def test_net_16_names(name: str, code: int) -> None:
    assert getattr(DIMSEStatus, name) == code


def test_the_text_has_four_hexadecimal_digits_and_what_they_mean() -> None:
    assert str(DIMSEStatus(0xA700)) == "A700 (out of resources)"
    assert str(DIMSEStatus(0xA7FE)) == "A7FE (out of resources)"
    assert str(DIMSEStatus(0x4711)) == "4711 (unknown status)"
    assert repr(DIMSEStatus(0x122)) == "DIMSEStatus(0x0122)"


@pytest.mark.parametrize("code", [-1, 0x10000])
def test_a_status_has_16_bits(code: int) -> None:
    with pytest.raises(ValueError, match="16 bits"):
        DIMSEStatus(code)
