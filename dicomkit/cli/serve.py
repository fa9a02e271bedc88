"""``dicomkit serve``: a storage server that writes what it receives to a folder."""

from __future__ import annotations

import asyncio
import signal
import time
from typing import TYPE_CHECKING

import click

from dicomkit.cli.console import count, format_size, printable
from dicomkit.cli.peer import AE_TITLE, OWN_TITLE, run_network
from dicomkit.cli.words import uid_name
from dicomkit.network.configuration import DICOM_ALTERNATIVE_PORT
from dicomkit.network.server import DICOMStorageServer
from dicomkit.network.services.server_events import (
    AssociationEstablished,
    AssociationRejected,
    AssociationReleased,
    FileReceived,
    ServerError,
    ServerStarted,
)
from dicomkit.network.services.storage_handler import DefaultStorageHandler
from dicomkit.network.services.storage_scp import StorageSCPConfiguration, every_storage_sop_class, every_transfer_syntax

if TYPE_CHECKING:
    from dicomkit.network.services.server_events import StorageServerEvent

__all__ = ["command"]

GRACE = 10.0    # seconds for instances on their way when somebody stops the server


@click.command("serve", short_help="Receive files into a folder (a storage SCP).")
@click.option("--ae", "ae_title", metavar="TITLE", type=AE_TITLE, default=OWN_TITLE, show_default=True, help="Our own AE title.")
@click.option("--port", type=click.IntRange(0, 65535), default=DICOM_ALTERNATIVE_PORT, show_default=True, help="0 takes a free one.")
@click.option("--host", metavar="ADDRESS", default="", help="Listen on this address only.")
@click.option("--to", "folder", metavar="FOLDER", type=click.Path(file_okay=False, path_type=str), required=True, help="Where to.")
@click.option("--hierarchy", is_flag=True, help="Make folders for studies and series.")
@click.option("--fsync", is_flag=True, help="Acknowledge only what a power failure cannot take away.")
@click.option("--allow", metavar="TITLE", type=AE_TITLE, multiple=True, help="Accept only this AE title. Can be repeated.")
@click.option("--deny", metavar="TITLE", type=AE_TITLE, multiple=True, help="Don't accept this AE title. Can be repeated.")
@click.option("--any-called-title", is_flag=True, help="Accept peers that call us by another AE title.")
@click.option("--max-associations", type=click.IntRange(min=1), default=10, show_default=True, help="At once.")
def command(ae_title: str, port: int, host: str, folder: str, hierarchy: bool, fsync: bool, allow: tuple[str, ...], deny: tuple[str, ...],
            any_called_title: bool, max_associations: int) -> int:  # fmt: skip
    """Receive SOP instances of every storage class in every transfer syntax, and write each to a DICOM file in FOLDER.

    What happens is said as it happens. Ctrl-C stops the server when the instances on their way have arrived, and again Ctrl-C at once.

    \b
    dicomkit serve --ae ME --port 11112 --to incoming
    dicomkit serve --ae ME --to incoming --hierarchy --allow MODALITY1 --allow MODALITY2
    """
    configuration = StorageSCPConfiguration(
        ae_title=ae_title,
        host=host,
        port=port,
        accepted_sop_classes=every_storage_sop_class(),
        accepted_transfer_syntaxes=every_transfer_syntax(),
        calling_ae_whitelist=allow or None,
        calling_ae_blacklist=deny or None,
        is_called_ae_title_checked=not any_called_title,
        max_concurrent_associations=max_associations,
    )
    handler = DefaultStorageHandler(folder, organize_by_hierarchy=hierarchy, fsync=fsync)
    return run_network(_serve(DICOMStorageServer(configuration, handler), ae_title, folder))


async def _serve(server: DICOMStorageServer, ae_title: str, folder: str) -> int:
    tally = _Tally()
    await server.start()
    _stop_on_signals(server)
    try:
        async for first in server.events:
            events = [first, *server.events.take_waiting()]
            for event in events:
                tally.add(event)
            now = time.strftime("%H:%M:%S")
            lines = [f"{now} {words}" for words in (_words(event, ae_title, folder) for event in events) if words]
            if lines:
                await asyncio.to_thread(click.echo, "\n".join(lines))      # whoever reads may be slow
    finally:
        await server.stop()
    click.echo(tally.words())
    return 0


def _stop_on_signals(server: DICOMStorageServer) -> None:
    """Stop gracefully at the first SIGINT or SIGTERM, and at once at the second."""
    loop = asyncio.get_running_loop()
    stopping: list[asyncio.Task[None]] = []

    def stop() -> None:
        if stopping:
            stopping[0].cancel()
        stopping[:] = [loop.create_task(server.stop(grace=0.0 if stopping else GRACE))]

    for number in (signal.SIGINT, signal.SIGTERM):
        try:
            loop.add_signal_handler(number, stop)
        except NotImplementedError:     # Windows: there KeyboardInterrupt ends the coroutine
            return


def _words(event: StorageServerEvent, ae_title: str, folder: str) -> str:
    match event:
        case ServerStarted(port):
            return f"{printable(ae_title)} listens on port {port}, files go to {printable(folder)}"
        case AssociationEstablished(info):
            return f"{printable(info.calling_ae_title)} at {info.remote_host} is connected"
        case AssociationReleased(calling_ae_title):
            return f"{printable(calling_ae_title)} is done"
        case AssociationRejected(calling_ae_title, reason):
            return f"{printable(calling_ae_title)} was rejected: {reason}"
        case FileReceived(file):
            name = "" if file.file_path is None else printable(file.file_path.name)
            return f"{name}  {uid_name(file.sop_class_uid)}, {format_size(file.data_size)} from {printable(file.calling_ae_title)}"
        case ServerError(error):
            return f"error: {printable(str(error) or type(error).__name__)}"
    return ""


class _Tally:
    """Counts what was received."""

    def __init__(self) -> None:
        self._files = self._bytes = self._errors = 0

    def add(self, event: StorageServerEvent) -> None:
        if isinstance(event, FileReceived):
            self._files += 1
            self._bytes += event.file.data_size
        self._errors += isinstance(event, ServerError)

    def words(self) -> str:
        received = f"{count(self._files, 'file')} received, {format_size(self._bytes)}"
        return received + (f", {count(self._errors, 'error')}" if self._errors else "")
