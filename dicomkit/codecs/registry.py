"""The codecs that are there, and which of them is used: pluggy discovers, a table dispatches."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Literal, NamedTuple, cast

from dicomkit.codecs.distributions import no_codec_error
from dicomkit.transfer_syntax import TransferSyntax

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from dicomkit.codecs.contract import Codec, FrameDecoder, FrameEncoder
    from dicomkit.codecs.discovery import Plugin

__all__ = ["CodecInfo", "CodecRegistry", "Direction"]

Direction = Literal["decode", "encode"]
_METHODS: dict[Direction, str] = {"decode": "decode_frame", "encode": "encode_frame"}
_Table = dict[str, "tuple[Codec, ...]"]


class CodecInfo(NamedTuple):
    """A codec, and where it comes from.

    Attributes
    ----------
    codec
        The codec itself.
    distribution, version
        The distribution that brought it; empty if :meth:`CodecRegistry.register` did.
    transfer_syntax_uids
        What it is for, in the order of the UIDs.
    can_decode, can_encode
        What it has methods for.
    is_enabled
        Whether it takes part.
    """

    codec: Codec
    distribution: str
    version: str
    transfer_syntax_uids: tuple[str, ...]
    can_decode: bool
    can_encode: bool
    is_enabled: bool


class CodecRegistry:
    """Which codec decodes and encodes which transfer syntax.

    Plugins are loaded at the first question, not before. Lookups read tables that are replaced as a whole, never changed: they
    take no lock. Everything that changes them takes ``_lock``, so that a registry may be shared between threads; so does the
    first lookup, which loads the plugins.

    Parameters
    ----------
    find_plugins
        Finds plugins and loads them; by default those that are installed.
    """

    def __init__(self, find_plugins: Callable[[], Iterable[Plugin]] | None = None) -> None:
        self._lock = threading.RLock()
        self._find_plugins = find_plugins
        self._plugins: tuple[Plugin, ...] | None = None
        self._discovered: dict[str, tuple[Codec, Plugin]] = {}
        self._registered: dict[str, Codec] = {}
        self._disabled: frozenset[str] = frozenset()
        self._preferred: dict[tuple[Direction, str], str] = {}
        self._decoders: _Table | None = None
        self._encoders: _Table | None = None

    def find_decoder(self, transfer_syntax_uid: str) -> FrameDecoder | None:
        """Return the codec that decodes a transfer syntax, or None."""
        table = self._decoders
        if table is None:
            table = self._load()[0]
        found = table.get(transfer_syntax_uid)
        return found[0] if found else None      # type: ignore[return-value]  # that is what the table is made of

    def find_encoder(self, transfer_syntax_uid: str) -> FrameEncoder | None:
        """Return the codec that encodes a transfer syntax, or None."""
        table = self._encoders
        if table is None:
            table = self._load()[1]
        found = table.get(transfer_syntax_uid)
        return found[0] if found else None      # type: ignore[return-value]  # that is what the table is made of

    def get_decoder(self, transfer_syntax_uid: str) -> FrameDecoder:
        """Return the codec that decodes a transfer syntax.

        Raises
        ------
        NoCodecError
            If there is none; it says what to install, or what is wrong with what is installed.
        """
        found = self.find_decoder(transfer_syntax_uid)
        if found is None:
            raise no_codec_error(TransferSyntax.get(transfer_syntax_uid), "decode", self._remarks())
        return found

    def get_encoder(self, transfer_syntax_uid: str) -> FrameEncoder:
        """Return the codec that encodes a transfer syntax; raises as :meth:`get_decoder`."""
        found = self.find_encoder(transfer_syntax_uid)
        if found is None:
            raise no_codec_error(TransferSyntax.get(transfer_syntax_uid), "encode", self._remarks())
        return found

    def decoders(self, transfer_syntax: str) -> tuple[FrameDecoder, ...]:
        """Return the codecs that decode a transfer syntax (UID, keyword or name), the one that is used first."""
        return cast("tuple[FrameDecoder, ...]", self._load()[0].get(_find_uid(transfer_syntax), ()))

    def encoders(self, transfer_syntax: str) -> tuple[FrameEncoder, ...]:
        """Return the codecs that encode a transfer syntax (UID, keyword or name), the one that is used first."""
        return cast("tuple[FrameEncoder, ...]", self._load()[1].get(_find_uid(transfer_syntax), ()))

    def has_decoder(self, transfer_syntax: str) -> bool:
        """Whether a transfer syntax (UID, keyword or name) can be decoded."""
        return bool(self.decoders(transfer_syntax))

    def has_encoder(self, transfer_syntax: str) -> bool:
        """Whether a transfer syntax (UID, keyword or name) can be encoded."""
        return bool(self.encoders(transfer_syntax))

    @property
    def supported_transfer_syntax_uids(self) -> tuple[str, ...]:
        """The transfer syntaxes that some codec decodes, sorted."""
        return tuple(sorted(self._load()[0]))

    @property
    def plugins(self) -> tuple[Plugin, ...]:
        """What came of each entry point, those that failed too."""
        self._load()
        return self._plugins or ()

    @property
    def codecs(self) -> tuple[CodecInfo, ...]:
        """All codecs, disabled ones too, in the order of their names."""
        with self._lock:
            self._load()
            origins = {name: (plugin.distribution, plugin.version) for name, (_, plugin) in self._discovered.items()}
            return tuple(
                CodecInfo(
                    codec,
                    *(("", "") if name in self._registered else origins[name]),
                    tuple(sorted(codec.transfer_syntax_uids)),
                    _can(codec, "decode"),
                    _can(codec, "encode"),
                    name not in self._disabled,
                )
                for name, codec in sorted(self._all().items())
            )

    def register(self, codec: Codec) -> None:
        """Add a codec. It hides one of the same name until it is unregistered.

        Raises
        ------
        TypeError
            If it is no codec.
        """
        from dicomkit.codecs.discovery import check_codec  # lazy: start-up (it imports pluggy)

        check_codec(codec)
        with self._lock:
            self._registered[codec.name] = codec
            self._forget_tables()

    def unregister(self, name: str) -> None:
        """Remove a codec that :meth:`register` added.

        Raises
        ------
        KeyError
            If none of that name was. What a distribution brought can be disabled.
        """
        with self._lock:
            if name not in self._registered:
                raise KeyError(f"{name} was not registered at run time; disable() works for every codec")
            del self._registered[name]
            self._forget_tables()

    def disable(self, name: str) -> None:
        """Keep a codec from being used; raises :class:`KeyError` if there is none of that name."""
        with self._lock:
            self._check_name(name)
            self._disabled |= {name}
            self._forget_tables()

    def enable(self, name: str) -> None:
        """Undo :meth:`disable`."""
        with self._lock:
            self._disabled -= {name}
            self._forget_tables()

    def prefer(self, transfer_syntax: str, name: str | None, *, direction: Direction | None = None) -> None:
        """Use a codec for a transfer syntax, whatever the priorities are.

        Parameters
        ----------
        transfer_syntax
            UID, keyword or name.
        name
            The name of the codec; None goes back to the priorities.
        direction
            For decoding or encoding only; by default for what the codec can.

        Raises
        ------
        KeyError
            If there is no such codec or transfer syntax.
        ValueError
            If the codec is not for that transfer syntax, or cannot do what ``direction`` says.
        """
        uid = _find_uid(transfer_syntax)
        directions: tuple[Direction, ...] = (direction,) if direction else ("decode", "encode")
        with self._lock:
            if name is not None:
                codec = self._check_name(name)
                directions = tuple(one for one in directions if _can(codec, one))
                if uid not in codec.transfer_syntax_uids or not directions:
                    raise ValueError(f"{name} does not {direction or 'decode or encode'} {transfer_syntax}")
            for one in directions:
                if name is None:
                    self._preferred.pop((one, uid), None)
                else:
                    self._preferred[one, uid] = name
            self._forget_tables()

    def _all(self) -> dict[str, Codec]:
        return {name: codec for name, (codec, _) in self._discovered.items()} | self._registered

    def _check_name(self, name: str) -> Codec:
        self._load()
        found = self._all().get(name)
        if found is None:
            raise KeyError(f"no codec is named {name}; there are {', '.join(sorted(self._all())) or 'none'}")
        return found

    def _load(self) -> tuple[_Table, _Table]:
        decoders, encoders = self._decoders, self._encoders
        if decoders is not None and encoders is not None:
            return decoders, encoders
        with self._lock:
            if self._plugins is None:
                self._discover()
            self._decoders, self._encoders = decoders, encoders = self._make_table("decode"), self._make_table("encode")
            return decoders, encoders

    def _discover(self) -> None:
        from dicomkit.codecs.discovery import Plugin, find_plugins  # lazy: start-up (it imports pluggy and the plugins)

        plugins = []
        for plugin in (self._find_plugins or find_plugins)():
            taken = next((codec.name for codec in plugin.codecs if codec.name in self._discovered), None)
            if taken is None:
                self._discovered |= {codec.name: (codec, plugin) for codec in plugin.codecs}
                plugins.append(plugin)
            else:
                first = self._discovered[taken][1]
                error = ValueError(f"a codec named {taken} came with {first.distribution or first.name} already")
                plugins.append(Plugin(plugin.name, plugin.distribution, plugin.version, error=error))
        self._plugins = tuple(plugins)

    def _make_table(self, direction: Direction) -> _Table:
        table: dict[str, list[Codec]] = {}
        for name, codec in self._all().items():
            if name not in self._disabled and _can(codec, direction):
                for uid in codec.transfer_syntax_uids:
                    table.setdefault(str(uid), []).append(codec)
        for uid, codecs in table.items():
            preferred = self._preferred.get((direction, uid))
            codecs.sort(key=lambda codec: (codec.name != preferred, -codec.priority, codec.name))
        return {uid: tuple(codecs) for uid, codecs in table.items()}

    def _forget_tables(self) -> None:
        self._decoders = self._encoders = None

    def _remarks(self) -> dict[str, str]:
        """Why installed distributions do not help, by their names."""
        remarks = {plugin.distribution: f"fails: {type(plugin.error).__name__}: {plugin.error}" for plugin in self.plugins if plugin.error}
        for info in self.codecs:
            remarks.setdefault(info.distribution, "is installed" if info.is_enabled else "is disabled")
        return remarks


def _can(codec: Codec, direction: Direction) -> bool:
    return callable(getattr(codec, _METHODS[direction], None))


def _find_uid(transfer_syntax: str) -> str:
    found = TransferSyntax.find(transfer_syntax)
    if found is not None:
        return found.uid
    if transfer_syntax.replace(".", "").isdigit():      # private, or newer than this dicomkit
        return transfer_syntax
    raise KeyError(f"{transfer_syntax} is no transfer syntax of PS3.6")
