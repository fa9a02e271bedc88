"""What the verbs of the network share: peers and AE titles on the command line, and running a coroutine to its end."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import click

from dicomkit.cli.console import printable
from dicomkit.network.ae_title import AETitle
from dicomkit.network.configuration import DICOM_DEFAULT_PORT
from dicomkit.network.errors import DICOMNetworkError, InvalidAETitleError

if TYPE_CHECKING:
    from collections.abc import Coroutine

    ParamType = click.ParamType[Any]    # generic in stubs only, in the oldest click that we take
else:
    ParamType = click.ParamType

__all__ = ["AE_TITLE", "PEER", "Peer", "calling_ae_option", "run_network", "say", "say_network_error", "timeout_option"]

FAILED = 1
OWN_TITLE = "DICOMKIT"
HIGHEST_PORT = 0xFFFF

Outcome = TypeVar("Outcome")


@dataclass(frozen=True, slots=True)
class Peer:
    """An application entity and where it listens."""

    ae_title: str
    host: str
    port: int

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return printable(f"{self.ae_title}@{host}:{self.port}")


class _AETitle(ParamType):
    """An AE title."""

    name = "AE title"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        try:
            return str(AETitle(value))
        except InvalidAETitleError as error:
            self.fail(str(error), param, ctx)


class _Peer(ParamType):
    """``AET@host:port``; the port may be left out, and an IPv6 address stands in brackets."""

    name = "peer"

    def convert(self, value: str | Peer, param: click.Parameter | None, ctx: click.Context | None) -> Peer:
        if isinstance(value, Peer):
            return value
        title, at, address = value.rpartition("@")
        if not at:
            self.fail(f"{value!r} does not name a peer; it is written AET@host:port, such as PACS@192.0.2.1:11112", param, ctx)
        host, colon, port = address.rpartition(":")
        if not colon or port.endswith("]"):
            host, port = address, str(DICOM_DEFAULT_PORT)
        host = host.removeprefix("[").removesuffix("]")
        if not host:
            self.fail(f"{value!r} names no host", param, ctx)
        if not (port.isascii() and port.isdigit() and 0 < int(port) <= HIGHEST_PORT):
            self.fail(f"{port!r} is no port: a number from 1 to {HIGHEST_PORT}", param, ctx)
        return Peer(AE_TITLE.convert(title, param, ctx), host, int(port))


AE_TITLE = _AETitle()
PEER = _Peer()

calling_ae_option = click.option(
    "--ae", "calling_ae", metavar="TITLE", type=AE_TITLE, default=OWN_TITLE, show_default=True, help="Our own AE title."
)
timeout_option = click.option(
    "--timeout", metavar="SECONDS", type=click.FloatRange(min=0, min_open=True), default=30.0, show_default=True,
    help="How long to wait for the peer.",
)  # fmt: skip


def run_network(work: Coroutine[Any, Any, int]) -> int:
    """Run a verb's coroutine; return its exit code. What the peer or the network did is said with what may help."""
    try:
        return asyncio.run(work)
    except DICOMNetworkError as error:
        say_network_error(error)
        return FAILED


def say_network_error(error: DICOMNetworkError) -> None:
    """Say what happened, and what may help."""
    say("error", printable(str(error)))
    say("hint", printable(str(error.recovery_suggestion)))


def say(kind: str, text: str) -> None:
    """Write a line to stderr: above the progress bar, if one is shown, which click would write into."""
    print(f"dicomkit: {kind}: {text}", file=sys.stderr)
