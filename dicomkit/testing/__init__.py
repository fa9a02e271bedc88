"""Helpers for tests of code that handles DICOM: builders of data sets and files, byte by byte."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicomkit.testing.builders import (
    DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN,
    EXPLICIT_VR_BIG_ENDIAN,
    EXPLICIT_VR_LITTLE_ENDIAN,
    IMPLICIT_VR_LITTLE_ENDIAN,
    UNDEFINED_LENGTH,
    Attribute,
    Value,
    data_set,
    deflate,
    element,
    encapsulated,
    encode_value,
    file_meta,
    fragment,
    item,
    part10,
    sequence,
)

if TYPE_CHECKING:
    from dicomkit.testing.codec_contract import CodecContract, FrameShape, make_frame

__all__ = [
    "DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN",
    "EXPLICIT_VR_BIG_ENDIAN",
    "EXPLICIT_VR_LITTLE_ENDIAN",
    "IMPLICIT_VR_LITTLE_ENDIAN",
    "UNDEFINED_LENGTH",
    "Attribute",
    "CodecContract",
    "FrameShape",
    "Value",
    "data_set",
    "deflate",
    "element",
    "encapsulated",
    "encode_value",
    "file_meta",
    "fragment",
    "item",
    "make_frame",
    "part10",
    "sequence",
]

_CODEC_CONTRACT = ("CodecContract", "FrameShape", "make_frame")


def __getattr__(name: str) -> object:
    # These need NumPy and pytest; the builders need neither.
    if name in _CODEC_CONTRACT:
        from dicomkit.testing import codec_contract  # lazy: start-up

        return getattr(codec_contract, name)
    raise AttributeError(f"module {__name__} has no attribute {name}")
