"""Python values to value fields (PS3.5 6.2), little endian and padded to even length."""

from __future__ import annotations

import struct

from dicomkit._core.decimal_text import format_decimal
from dicomkit.errors import InvalidValueError
from dicomkit.vr import VR

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

__all__ = ["encode_value"]

_STRUCT = {VR.US: "H", VR.SS: "h", VR.UL: "I", VR.SL: "i", VR.UV: "Q", VR.SV: "q", VR.FL: "f", VR.FD: "d"}


def encode_value(vr: VR, value: Any, tag: int | None = None) -> bytes:
    """Return the value field of a VR other than SQ; text as UTF-8.

    Parameters
    ----------
    vr
        Value Representation.
    value
        What the VR holds, several in a list or tuple; an array for numeric VRs; or the bytes of the value field; None for an empty one.
    tag
        For messages.

    Raises
    ------
    InvalidValueError
        If the VR cannot hold the value.
    """
    if value is None:
        return b""
    if isinstance(value, (bytes, bytearray, memoryview)):
        return _pad(bytes(value), vr)
    values = list(value) if isinstance(value, (list, tuple)) or hasattr(value, "dtype") else [value]
    try:
        if vr in _STRUCT:
            return struct.pack(f"<{len(values)}{_STRUCT[vr]}", *values)
        if vr is VR.AT:
            return b"".join(struct.pack("<HH", number >> 16, number & 0xFFFF) for number in values)
    except (struct.error, TypeError, OverflowError) as error:
        raise InvalidValueError(f"{vr} cannot hold this value", tag=tag) from error
    if not vr.is_text:
        raise InvalidValueError(f"{vr} holds bytes, not {type(value).__name__}", tag=tag)
    return _pad(_encode_text(vr, values, tag), vr)


def _encode_text(vr: VR, values: Iterable[Any], tag: int | None) -> bytes:
    texts = [_text_of(vr, value, tag) for value in values]
    return "\\".join(texts).encode("utf-8", "surrogatepass")


def _text_of(vr: VR, value: Any, tag: int | None) -> str:
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        original = getattr(value, "original_string", None)
        if original is not None:
            return str(original)
        if vr is VR.IS and value == int(value):
            return str(int(value))
        if vr is VR.DS:
            return format_decimal(float(value))
    text = getattr(value, "dicom_string", None)
    if isinstance(text, str):
        return text
    if vr in (VR.DA, VR.TM, VR.DT) and hasattr(value, "strftime"):
        return str(value.strftime({VR.DA: "%Y%m%d", VR.TM: "%H%M%S.%f", VR.DT: "%Y%m%d%H%M%S.%f%z"}[vr]))
    raise InvalidValueError(f"{vr} cannot hold a {type(value).__name__}", tag=tag)


def _pad(data: bytes, vr: VR) -> bytes:
    """PS3.5 6.2: UI and bytes are padded with NUL, text with a space."""
    if len(data) % 2 == 0:
        return data
    return data + (b" " if vr.is_text and vr is not VR.UI else b"\0")
