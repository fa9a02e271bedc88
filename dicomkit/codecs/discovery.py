"""From the entry points of installed distributions to codecs: each is loaded on its own, and what fails is kept as a diagnosis."""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib import metadata
from typing import TYPE_CHECKING

from pluggy import PluginManager

from dicomkit.codecs import hookspecs
from dicomkit.codecs.contract import Codec

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["ENTRY_POINT_GROUP", "Plugin", "check_codec", "find_plugins", "load_plugin"]

ENTRY_POINT_GROUP = "dicomkit.codecs"
_UID = re.compile(r"[0-9]+(\.[0-9]+)+")
_LONGEST_UID = 64


@dataclass(frozen=True, slots=True)
class Plugin:
    """What came of an entry point.

    Attributes
    ----------
    name
        The name of the entry point.
    distribution, version
        The distribution that has it; empty if unknown.
    codecs
        What it offers; empty if it failed.
    error
        Why it failed; None if it did not.
    """

    name: str
    distribution: str
    version: str
    codecs: tuple[Codec, ...] = ()
    error: Exception | None = None


def find_plugins() -> list[Plugin]:
    """Load every entry point of the group ``dicomkit.codecs``, in the order of their names."""
    found = metadata.entry_points(group=ENTRY_POINT_GROUP)
    return [load_plugin(entry_point) for entry_point in sorted(found, key=lambda entry_point: entry_point.name)]


def load_plugin(entry_point: metadata.EntryPoint) -> Plugin:
    """Load an entry point and ask it for its codecs. Never raises: what goes wrong is in the result."""
    distribution = entry_point.dist
    name, version = (distribution.name, distribution.version) if distribution else ("", "")
    try:
        codecs = _ask(entry_point.load(), entry_point.name)
    except Exception as error:      # whatever a plugin does wrong must not hide the others
        return Plugin(entry_point.name, name, version, error=error)
    return Plugin(entry_point.name, name, version, codecs)


def _ask(plugin: object, name: str) -> tuple[Codec, ...]:
    # A manager of its own: one call asks this plugin alone, and checks its hook against the specification.
    manager = PluginManager(hookspecs.PROJECT)
    manager.add_hookspecs(hookspecs)
    manager.register(plugin, name)
    manager.check_pending()
    answers: list[Iterable[Codec]] = manager.hook.dicomkit_frame_codecs()
    if not answers:
        raise TypeError(f"{plugin!r} has no hook implementation named dicomkit_frame_codecs")
    codecs = tuple(codec for answer in answers for codec in answer)
    for codec in codecs:
        check_codec(codec)
    return codecs


def check_codec(codec: Codec) -> None:
    """Raise :class:`TypeError` unless an object is a codec."""
    if not isinstance(codec, Codec):
        raise TypeError(f"{codec!r} has not all of name, priority and transfer_syntax_uids")
    if not isinstance(codec.name, str) or not codec.name:
        raise TypeError(f"{codec!r} has a name that is no text")
    if not isinstance(codec.priority, int):
        raise TypeError(f"{codec.name}: its priority is no integer")
    if not any(callable(getattr(codec, method, None)) for method in ("decode_frame", "encode_frame")):
        raise TypeError(f"{codec.name} has neither decode_frame nor encode_frame")
    uids = codec.transfer_syntax_uids
    if isinstance(uids, str) or not all(isinstance(uid, str) and len(uid) <= _LONGEST_UID and _UID.fullmatch(uid) for uid in uids):
        raise TypeError(f"{codec.name}: its transfer_syntax_uids are no collection of UIDs")
