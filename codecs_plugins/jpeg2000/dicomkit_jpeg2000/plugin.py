"""What dicomkit finds by the entry point."""

from __future__ import annotations

from dicomkit.codecs import hookimpl
from dicomkit_jpeg2000.codec import HTJ2KCodec, JPEG2000Codec

__all__ = ["dicomkit_frame_codecs"]


@hookimpl
def dicomkit_frame_codecs() -> list[JPEG2000Codec]:
    """Return the codecs of this distribution."""
    return [JPEG2000Codec(), HTJ2KCodec()]
