"""``dicomkit codecs``: what decodes and encodes compressed pixels here."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import click

from dicomkit.cli.codecs_bench import bench
from dicomkit.cli.console import bold, count, printable
from dicomkit.cli.text_table import write_text_table
from dicomkit.codecs import registry
from dicomkit.codecs.distributions import find_distribution
from dicomkit.transfer_syntax import TransferSyntax

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dicomkit.codecs import CodecInfo, Plugin

__all__ = ["command"]

FAILED = 1
_COLUMNS = ("transfer syntax", "UID", "codec", "decodes", "encodes", "from", "note")
# Native inside: dicomkit itself packs and unpacks their frames.
_BUILT_IN = ("EncapsulatedUncompressedExplicitVRLittleEndian", "DeflatedImageFrameCompression")


@click.group("codecs", invoke_without_command=True, short_help="List the codecs that are installed, and measure them.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def command(context: click.Context, as_json: bool) -> int:
    """List the codecs of compressed pixels: for which transfer syntaxes, whether they decode and encode, where they come from, what
    failed to load and why, and what could be installed.

    Of several codecs for a transfer syntax the first one is used. The exit code is 1 if one failed to load.

    \b
    dicomkit codecs
    dicomkit codecs bench ct.dcm mr.dcm
    """
    if context.invoked_subcommand is not None:
        return 0
    failed = [plugin for plugin in registry.plugins if plugin.error is not None]
    if as_json:
        click.echo(json.dumps(_as_json(failed), indent=2))
    else:
        write_text_table(_COLUMNS, _rows(), sys.stdout)
        for line in _remarks(failed):
            click.echo(line)
    return FAILED if failed else 0


command.add_command(bench)


def _used(uid: str, info: CodecInfo) -> str:
    """What is to be said of a codec beside others for the same transfer syntax."""
    if not info.is_enabled:
        return "disabled"
    firsts = [codecs[0].name for codecs in (registry.decoders(uid), registry.encoders(uid)) if codecs]
    return "" if info.codec.name in firsts else "not used: another one comes first"


def _rows() -> Iterator[list[str]]:
    """A row for each transfer syntax and codec, the one that is used first."""
    yes_no = {True: "yes", False: "no"}
    infos = registry.codecs
    for syntax in _known_syntaxes(infos):
        if syntax.keyword in _BUILT_IN:
            yield [syntax.keyword, syntax.uid, "(built in)", "yes", "yes", "dicomkit", ""]
        found = [info for info in infos if syntax.uid in info.transfer_syntax_uids]
        order = [codec.name for codec in (*registry.decoders(syntax.uid), *registry.encoders(syntax.uid))]
        for info in sorted(found, key=lambda info: order.index(info.codec.name) if info.codec.name in order else len(order)):
            origin = f"{info.distribution} {info.version}".strip() or "registered at run time"
            cells = [syntax.keyword, syntax.uid, info.codec.name, yes_no[info.can_decode], yes_no[info.can_encode], origin]
            yield [printable(cell) for cell in (*cells, _used(syntax.uid, info))]


def _known_syntaxes(infos: tuple[CodecInfo, ...]) -> list[TransferSyntax]:
    """The transfer syntaxes of all codecs, and those that need none, in the order of their UIDs."""
    uids = {uid for info in infos for uid in info.transfer_syntax_uids}
    return [syntax for syntax in TransferSyntax.all() if syntax.uid in uids or syntax.keyword in _BUILT_IN]


def _missing() -> dict[str, list[str]]:
    """By distribution, the transfer syntaxes that it would add."""
    missing: dict[str, list[str]] = {}
    for syntax in TransferSyntax.all():
        distribution = find_distribution(syntax.uid)
        if distribution is not None and not registry.has_decoder(syntax.uid):
            missing.setdefault(distribution, []).append(syntax.keyword)
    return missing


def _remarks(failed: list[Plugin]) -> Iterator[str]:
    for plugin in failed:
        origin = f"{plugin.distribution} {plugin.version}".strip()
        reason = f"{type(plugin.error).__name__}: {plugin.error}"
        yield bold(printable(f"{plugin.name} ({origin}) failed to load: {reason}" if origin else f"{plugin.name} failed to load: {reason}"))
    broken = {plugin.distribution for plugin in failed}
    for distribution, keywords in _missing().items():
        if distribution not in broken:
            yield f"{distribution} would add {count(len(keywords), 'transfer syntax', 'transfer syntaxes')}: {', '.join(keywords)}"


def _as_json(failed: list[Plugin]) -> dict[str, Any]:
    return {
        "codecs": [
            {
                "name": info.codec.name,
                "priority": info.codec.priority,
                "distribution": info.distribution or None,
                "version": info.version or None,
                "decodes": info.can_decode,
                "encodes": info.can_encode,
                "enabled": info.is_enabled,
                "transfer_syntaxes": [_syntax_json(uid) for uid in info.transfer_syntax_uids],
            }
            for info in registry.codecs
        ],
        "failed": [
            {
                "entry_point": plugin.name,
                "distribution": plugin.distribution or None,
                "version": plugin.version or None,
                "error": f"{type(plugin.error).__name__}: {plugin.error}",
            }
            for plugin in failed
        ],
        "missing": _missing(),
    }


def _syntax_json(uid: str) -> dict[str, str | None]:
    syntax = TransferSyntax.from_uid(uid)
    return {"uid": uid, "keyword": syntax.keyword if syntax else None}
