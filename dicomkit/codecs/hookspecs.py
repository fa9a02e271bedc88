"""The hook through which distributions offer codecs. Importing it imports pluggy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pluggy import HookimplMarker, HookspecMarker

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dicomkit.codecs.contract import Codec

__all__ = ["PROJECT", "dicomkit_frame_codecs", "hookimpl", "hookspec"]

PROJECT = "dicomkit"

hookspec = HookspecMarker(PROJECT)
hookimpl = HookimplMarker(PROJECT)


@hookspec
def dicomkit_frame_codecs() -> Iterable[Codec]:  # type: ignore[empty-body]  # a specification has none
    """Return the codecs that a distribution offers, ready to use.

    It is called once, at the first lookup of a codec. What its codecs wrap should be imported here or later, so that a library
    that is missing disables them and nothing else.
    """
