"""Codecs of compressed pixel data (PS3.5 8.2 and A.4): their contract, and the registry of those that are installed.

``registry`` is the one that dicomkit uses; the functions here are its methods. ``hookimpl`` marks the hook of a plugin.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicomkit.codecs.calls import decode_frame, encode_frame
from dicomkit.codecs.contract import Codec, CodecError, EncodedFrame, EncodeOptions, FrameDecoder, FrameDescriptor, FrameEncoder
from dicomkit.codecs.registry import CodecInfo, CodecRegistry

if TYPE_CHECKING:
    from dicomkit.codecs.discovery import Plugin
    from dicomkit.codecs.hookspecs import hookimpl

__all__ = [
    "Codec",
    "CodecError",
    "CodecInfo",
    "CodecRegistry",
    "EncodeOptions",
    "EncodedFrame",
    "FrameDecoder",
    "FrameDescriptor",
    "FrameEncoder",
    "Plugin",
    "decode_frame",
    "disable",
    "enable",
    "encode_frame",
    "hookimpl",
    "prefer",
    "register",
    "registry",
    "unregister",
]

registry = CodecRegistry()
disable, enable = registry.disable, registry.enable
prefer = registry.prefer
register, unregister = registry.register, registry.unregister


def __getattr__(name: str) -> object:
    # These two import pluggy, which nobody needs who decodes nothing.
    if name == "hookimpl":
        from dicomkit.codecs.hookspecs import hookimpl  # lazy: start-up

        return hookimpl
    if name == "Plugin":
        from dicomkit.codecs.discovery import Plugin  # lazy: start-up

        return Plugin
    raise AttributeError(f"module {__name__} has no attribute {name}")
