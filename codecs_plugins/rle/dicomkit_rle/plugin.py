"""What dicomkit finds by the entry point."""

from __future__ import annotations

from dicomkit.codecs import hookimpl
from dicomkit_rle.codec import RLECodec

__all__ = ["dicomkit_frame_codecs"]


@hookimpl
def dicomkit_frame_codecs() -> list[RLECodec]:
    """Return the codecs of this distribution."""
    return [RLECodec()]
