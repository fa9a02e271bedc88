"""Python values to value fields (PS3.5 6.2), little endian and padded to even length."""

from __future__ import annotations

import struct

from dicomkit._core.decimal_text import format_decimal
from dicomkit.errors import InvalidValueError
from dicomkit.values.checks import check_multiplicity, check_text
from dicomkit.vr import VR

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["encode_value", "unchecked_text"]

_STRUCT = {VR.US: "H", VR.SS: "h", VR.UL: "I", VR.SL: "i", VR.UV: "Q", VR.SV: "q", VR.FL: "f", VR.FD: "d"}
_SINGLE_TEXT = frozenset({VR.LT, VR.ST, VR.UT, VR.UR})
_TEXT = frozenset(vr for vr in VR if vr.is_text)
_ITEM_SIZE = {vr: vr.value_length or 1 for vr in VR if not vr.is_text}
_DATES = frozenset({VR.DA, VR.TM, VR.DT})


def encode_value(vr: VR, value: Any, tag: int | None = None) -> bytes:
    """Return the value field of a VR other than SQ; text as UTF-8.

    Parameters
    ----------
    vr
        Value Representation.
    value
        What the VR holds, several in a list or tuple; an array for numeric VRs; or the bytes of the value field, which are not judged but
        for their length; None for an empty one.
    tag
        The element: its number of values is checked against PS3.6, and messages name it.

    Raises
    ------
    InvalidValueError
        If the VR cannot hold the value, by its length, its characters, its range or its meaning, or the element not so many values.
    """
    if value is None:
        return b""
    if isinstance(value, str) and vr in _TEXT:
        return _encode_text(vr, value, tag)
    if isinstance(value, (bytes, bytearray, memoryview)):
        return _encode_bytes(vr, bytes(value), tag)
    if vr is VR.AT and isinstance(value, tuple) and [type(half) for half in value] == [int, int] and max(value) <= 0xFFFF:
        value = value[0] << 16 | value[1]  # a pair is a tag, here as everywhere
    values = list(value) if isinstance(value, (list, tuple)) or getattr(value, "ndim", False) else [value]
    if hasattr(value, "ndim") and vr in _ITEM_SIZE:
        if vr not in _STRUCT and vr is not VR.AT and value.dtype.itemsize == _ITEM_SIZE[vr]:
            return _encode_bytes(vr, value.astype(value.dtype.newbyteorder("<"), copy=False).tobytes(), tag)
        values = value.reshape(-1).tolist()
    try:
        if vr in _STRUCT:
            data = struct.pack(f"<{len(values)}{_STRUCT[vr]}", *values)
        elif vr is VR.AT:
            data = b"".join(struct.pack("<HH", number >> 16, number & 0xFFFF) for number in values)
        else:
            if vr not in _TEXT:
                raise InvalidValueError(f"{vr} holds bytes, not {type(value).__name__}", tag=tag)
            return _encode_text(vr, "\\".join([_text_of(vr, part, tag) for part in values]), tag, len(values))
    except (struct.error, TypeError, OverflowError):
        raise InvalidValueError(f"{vr} cannot hold this value", tag=tag) from None
    _check_count(vr, len(values), tag)
    return data


def _encode_text(vr: VR, text: str, tag: int | None, count: int | None = None) -> bytes:
    """Check each value, and the number of them, which ``count`` says if it must not come from backslashes in the values."""
    if vr in _SINGLE_TEXT:
        texts = [text]
        if count is not None and count > 1:
            raise InvalidValueError(f"{count} values, and {vr} has one (PS3.5 6.4)", tag=tag)
    else:
        texts = text.split("\\")
        if count is not None and len(texts) > max(count, 1):
            raise InvalidValueError("a backslash inside of a value, where it separates values", tag=tag)
    for part in texts:
        problem = check_text(vr, part)
        if problem is not None:
            raise InvalidValueError(f"{vr} cannot hold this value: {problem}", tag=tag)
    if text:
        _check_count(vr, len(texts), tag)
    try:
        data = text.encode("utf-8")
    except UnicodeEncodeError:
        raise InvalidValueError("a surrogate, which is no character", tag=tag) from None
    if len(data) % 2:
        return data + (b"\0" if vr is VR.UI else b" ")
    return data


def _check_count(vr: VR, count: int, tag: int | None) -> None:
    problem = None if tag is None else check_multiplicity(tag, count)
    if problem is not None:
        raise InvalidValueError(f"{vr} with {problem}", tag=tag)


def _encode_bytes(vr: VR, data: bytes, tag: int | None) -> bytes:
    """Take the bytes of a value field; the padding is all that is added (PS3.5 6.2)."""
    if vr in _TEXT:
        return data + (b"\0" if vr is VR.UI else b" ") if len(data) % 2 else data
    size = _ITEM_SIZE[vr]
    if size > 1 and len(data) % size:
        raise InvalidValueError(f"{len(data)} bytes, which are no multiple of {size}, for {vr}", tag=tag)
    return data + b"\0" if len(data) % 2 else data


def _text_of(vr: VR, value: Any, tag: int | None) -> str:
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, (int, float)) and not isinstance(value, bool) and vr in (VR.IS, VR.DS):
        return _text_of_number(vr, value, tag)
    text = getattr(value, "dicom_string", None)
    if isinstance(text, str):
        return text
    if vr in _DATES and hasattr(value, "strftime") and hasattr(value, "hour" if vr is VR.TM else "year"):
        return _text_of_date(vr, value)
    if hasattr(value, "item"):  # a NumPy scalar, which is no int and perhaps no float
        return _text_of(vr, value.item(), tag)
    raise InvalidValueError(f"{vr} cannot hold a {type(value).__name__}", tag=tag)


def _text_of_number(vr: VR, value: int | float, tag: int | None) -> str:
    original = getattr(value, "original_string", None)
    if original is not None:
        return str(original)
    if vr is VR.DS:
        if isinstance(value, int) and -(10**15) < value < 10**16:
            return str(value)
        try:
            return format_decimal(float(value))
        except (InvalidValueError, OverflowError):
            raise InvalidValueError("DS cannot hold this value: it is not finite", tag=tag) from None
    if value != value or value in (float("inf"), float("-inf")) or value != int(value):
        raise InvalidValueError("IS cannot hold this value: no integer", tag=tag)
    try:
        return str(int(value))
    except ValueError:  # Python refuses to write thousands of digits
        raise InvalidValueError("IS cannot hold this value: too many digits", tag=tag) from None


def _text_of_date(vr: VR, value: Any) -> str:
    """Return the text of a date, time or datetime of the standard library."""
    if vr is VR.TM:
        return str(value.strftime("%H%M%S.%f"))
    day = f"{value.year:04d}{value.month:02d}{value.day:02d}"  # strftime does not pad years on every system
    return day if vr is VR.DA or not hasattr(value, "hour") else day + str(value.strftime("%H%M%S.%f%z"))


def unchecked_text(vr: VR, values: list[Any]) -> bytes:
    """Return the value field of a text VR without judging the values, for those that another system handed over; numbers get their text.

    Raises
    ------
    InvalidValueError
        If a number has no text in the VR.
    """
    return _encode_bytes(vr, "\\".join([_text_of(vr, value, None) for value in values]).encode("utf-8", "surrogatepass"), None)
