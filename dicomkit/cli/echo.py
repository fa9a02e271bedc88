"""``dicomkit echo``: whether a peer is there, and talks to us."""

from __future__ import annotations

import click

from dicomkit.cli.console import printable
from dicomkit.cli.peer import PEER, Peer, calling_ae_option, run_network, say, timeout_option
from dicomkit.network.services.verification import DICOMVerificationService

__all__ = ["command"]


@click.command("echo", short_help="Ask a peer whether it is there (C-ECHO).")
@click.argument("peer", metavar="AET@HOST:PORT", type=PEER)
@calling_ae_option
@timeout_option
def command(peer: Peer, calling_ae: str, timeout: float) -> int:
    """Ask the peer at HOST and PORT, whose AE title is AET, whether it is there (C-ECHO).

    The exit code is 0 if it answers, and 1 if it does not or does not accept us; then the reason is said.

    \b
    dicomkit echo PACS@pacs.example:11112
    dicomkit echo PACS@pacs.example --ae WORKSTATION1
    """
    return run_network(_echo(peer, calling_ae, timeout))


async def _echo(peer: Peer, calling_ae: str, timeout: float) -> int:
    result = await DICOMVerificationService.echo(
        host=peer.host, port=peer.port, calling_ae=calling_ae, called_ae=peer.ae_title, timeout=timeout
    )
    if not result.success:
        say("error", f"{peer} answered with status {printable(str(result.status))}")
        return 1
    click.echo(f"{peer} answered in {result.round_trip_time * 1000:.1f} ms")
    return 0
