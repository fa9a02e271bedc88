"""``dicomkit move``: a peer has something sent elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from dicomkit.cli.console import printable
from dicomkit.cli.peer import AE_TITLE, PEER, Peer, calling_ae_option, run_network
from dicomkit.cli.retrieving import Tally, keys_of, retrieval_timeout_option, retrieve, say_failure, what_arguments
from dicomkit.network.services.configuration import RetrieveConfiguration
from dicomkit.network.services.retrieve import DICOMRetrieveService

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from dicomkit.network.services.retrieve_events import RetrieveEvent

__all__ = ["command"]


@click.command("move", short_help="Have a peer send a study, series or instance elsewhere (C-MOVE).")
@click.argument("peer", metavar="AET@HOST:PORT", type=PEER)
@what_arguments
@click.option("--to-ae", "destination", metavar="TITLE", type=AE_TITLE, required=True,
              help="The AE title that shall receive it; the peer must know its address.")  # fmt: skip
@retrieval_timeout_option
@calling_ae_option
def command(peer: Peer, study_uid: str, series_uid: str | None, sop_uid: str | None, destination: str, timeout: float,
            calling_ae: str) -> int:  # fmt: skip
    """Have the peer at HOST and PORT, whose AE title is AET, send a study, or a series or an instance of it, to another AE (C-MOVE).

    To get it yourself, run "dicomkit serve" with a title that the peer knows, and name that; or use "dicomkit get", if the peer
    has C-GET. An instance that fails is named, if the peer tells. The exit code is 1 if any failed, and 0 if there was nothing to
    send, too. Ctrl-C cancels; what was sent stays where it is.

    \b
    dicomkit move PACS@pacs.example:11112 1.2.3 --to-ae WORKSTATION2
    dicomkit move PACS@pacs.example:11112 1.2.3 1.2.3.4 --to-ae ME --ae ME
    """
    keys = keys_of(study_uid, series_uid, sop_uid)
    settings = RetrieveConfiguration(calling_ae_title=calling_ae, called_ae_title=peer.ae_title, timeout=timeout)
    events = DICOMRetrieveService.move(keys, host=peer.host, port=peer.port, move_destination=destination, configuration=settings)
    return run_network(_move(events, Tally(peer, keys, is_ours=False), peer, destination))


async def _move(events: AsyncGenerator[RetrieveEvent, None], tally: Tally, peer: Peer, destination: str) -> int:
    await retrieve(events, tally, "Moving")
    if tally.error is not None:
        say_failure(tally.error, f"the peer must know {printable(destination)} and its address, reach it, and have what is to be sent")
    if tally.is_nothing:
        click.echo(tally.nothing())
    elif tally.error is None or tally.done:
        click.echo(tally.summary(f"sent by {peer} to {printable(destination)}"))
    return tally.exit_code
