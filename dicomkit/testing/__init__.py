"""Helpers for tests of code that handles DICOM: builders of data sets and files, byte by byte; a server and associations on loopback."""

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
    image_file,
    item,
    part10,
    sequence,
)

if TYPE_CHECKING:
    from dicomkit.testing.codec_contract import CodecContract, FrameShape, make_frame
    from dicomkit.testing.loopback import LOOPBACK_HOST, KeepingDelegate, loopback_association, loopback_server

__all__ = [
    "DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN",
    "EXPLICIT_VR_BIG_ENDIAN",
    "EXPLICIT_VR_LITTLE_ENDIAN",
    "IMPLICIT_VR_LITTLE_ENDIAN",
    "LOOPBACK_HOST",
    "UNDEFINED_LENGTH",
    "Attribute",
    "CodecContract",
    "FrameShape",
    "KeepingDelegate",
    "Value",
    "data_set",
    "deflate",
    "element",
    "encapsulated",
    "encode_value",
    "file_meta",
    "fragment",
    "image_file",
    "item",
    "loopback_association",
    "loopback_server",
    "make_frame",
    "part10",
    "sequence",
]

# These need NumPy and pytest, or the network; the builders need neither.
_LAZY = {
    "CodecContract": "codec_contract",
    "FrameShape": "codec_contract",
    "KeepingDelegate": "loopback",
    "LOOPBACK_HOST": "loopback",
    "loopback_association": "loopback",
    "loopback_server": "loopback",
    "make_frame": "codec_contract",
}


def __getattr__(name: str) -> object:
    if name in _LAZY:
        from importlib import import_module  # lazy: start-up

        return getattr(import_module(f"{__name__}.{_LAZY[name]}"), name)
    raise AttributeError(f"module {__name__} has no attribute {name}")
