"""What dicomkit finds by the entry point."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicomkit.codecs import hookimpl
from dicomkit_jpegxl.codec import JPEGXLCodec, JPEGXLRecompressionCodec

if TYPE_CHECKING:
    from dicomkit.codecs import Codec

__all__ = ["dicomkit_frame_codecs"]


@hookimpl
def dicomkit_frame_codecs() -> list[Codec]:
    """Return the codecs of this distribution."""
    return [JPEGXLCodec(), JPEGXLRecompressionCodec()]
