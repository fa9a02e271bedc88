"""An example of a plugin: the entry point names this module, and the hook in it returns the codecs."""

from __future__ import annotations

from dicomkit.codecs import hookimpl
from dicomkit_example_codec.codec import ExampleCodec

__all__ = ["ExampleCodec", "dicomkit_frame_codecs"]


@hookimpl
def dicomkit_frame_codecs() -> list[ExampleCodec]:
    """Return the codecs of this distribution."""
    return [ExampleCodec()]
