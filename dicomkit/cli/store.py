"""``dicomkit store``: files sent to a peer."""

from __future__ import annotations

import os
from contextlib import aclosing
from typing import TYPE_CHECKING

import click

from dicomkit.cli.console import count, format_size, printable
from dicomkit.cli.entry import describe
from dicomkit.cli.parameters import INPUT_PATH
from dicomkit.cli.peer import PEER, Peer, calling_ae_option, run_network, say, say_network_error
from dicomkit.cli.progress import with_async_progress
from dicomkit.network.dimse import DIMSEPriority
from dicomkit.network.services.batch_events import BatchCompleted, BatchFailed, BatchStorageConfiguration, FileStored
from dicomkit.network.services.configuration import StorageConfiguration
from dicomkit.network.services.storage import DICOMStorageService
from dicomkit.scanning import find_files

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Sequence

    from dicomkit.network.services.batch_events import BatchStoreResult, FileStoreResult, StorageProgressEvent

__all__ = ["command"]

FAILED = 1
PREFIX = b"DICM"
PREFIX_OFFSET = 128


@click.command("store", short_help="Send files to a peer (C-STORE).")
@click.argument("peer", metavar="AET@HOST:PORT", type=PEER)
@click.argument("paths", metavar="PATH...", nargs=-1, required=True, type=INPUT_PATH)
@calling_ae_option
@click.option("--priority", type=click.Choice(["low", "medium", "high"]), default="medium", show_default=True,
              help="What the peer is asked to do first; most peers don't care.")  # fmt: skip
@click.option("--force", is_flag=True, help="Send files that end too early, too, as far as they go.")
@click.option("--stop-on-error", is_flag=True, help="Send nothing after the first file that fails.")
@click.option("--files-per-association", metavar="N", type=click.IntRange(min=0), default=0, help="0, as many as there are, by default.")
@click.option("--delay", metavar="SECONDS", type=click.FloatRange(min=0), default=0.0, help="Wait so long between two files.")
@click.option("--timeout", metavar="SECONDS", type=click.FloatRange(min=0, min_open=True), default=60.0, show_default=True,
              help="How long to wait for the peer.")  # fmt: skip
def command(peer: Peer, paths: tuple[str, ...], calling_ae: str, priority: str, force: bool, stop_on_error: bool,
            files_per_association: int, delay: float, timeout: float) -> int:  # fmt: skip
    """Send files, and all DICOM files in folders, to the peer at HOST and PORT whose AE title is AET (C-STORE).

    A file that fails is named with the reason, and the others are sent. The exit code is 1 if any file failed. Files that end too early
    are not sent, unless you say --force.

    \b
    dicomkit store PACS@pacs.example:11112 study/
    dicomkit store PACS@pacs.example:11112 a.dcm b.dcm --ae WORKSTATION1
    """
    found = _Found(paths)
    configuration = BatchStorageConfiguration(
        continue_on_error=not stop_on_error, max_files_per_association=files_per_association, delay_between_files=delay
    )
    settings = StorageConfiguration(
        calling_ae_title=calling_ae,
        called_ae_title=peer.ae_title,
        priority=DIMSEPriority[priority.upper()],
        timeout=timeout,
        is_forced=force,
    )
    events = DICOMStorageService.store_batch(
        found.files, to=peer.host, port=peer.port, configuration=configuration, storage_configuration=settings
    )
    return run_network(_store(peer, events, found))


class _Found:
    """The files that are to be sent, and what was found beside them."""

    def __init__(self, paths: Sequence[str]) -> None:
        self.files: list[str] = []
        self.unreadable = 0
        self.others = 0
        named = set(paths)
        seen: set[str] = set()
        for path, error in find_files(paths):
            whole_path = os.path.abspath(path)
            if error is not None:
                self.unreadable += 1
                say("error", describe(error))
            elif whole_path in seen:        # named, and in a folder that was named too
                continue
            elif path in named or _is_dicom(path):      # what is named is sent, or its failure told
                self.files.append(path)
                seen.add(whole_path)
            else:
                self.others += 1


def _is_dicom(path: str) -> bool:
    """Whether a file has the prefix of PS3.10 7.1; one that cannot be read is not left out silently."""
    try:
        with open(path, "rb") as file:
            file.seek(PREFIX_OFFSET)
            return file.read(len(PREFIX)) == PREFIX
    except OSError:
        return True


async def _store(peer: Peer, events: AsyncGenerator[StorageProgressEvent, None], found: _Found) -> int:
    results = _FileResults(events)
    async with aclosing(events), aclosing(with_async_progress(results, "Sending", len(found.files))) as shown:
        async for result in shown:
            reason = result.error_message or f"status {result.status}"
            # What an association took with it was said once, when it ended.
            if (not result.success or result.has_warning) and reason not in results.failures:
                say("warning" if result.success else "error", f"{printable(found.files[result.index])}: {printable(reason)}")
    if results.batch is None:
        return FAILED
    click.echo(_summary(peer, results.batch, found.others))
    return FAILED if results.batch.has_failures or not results.batch.progress.is_complete or found.unreadable else 0


class _FileResults:
    """The results of single files out of a batch's events. How it ended, and what ended associations before, is kept."""

    def __init__(self, events: AsyncGenerator[StorageProgressEvent, None]) -> None:
        self.batch: BatchStoreResult | None = None
        self.failures: set[str] = set()
        self._events = events

    async def __aiter__(self) -> AsyncIterator[FileStoreResult]:
        async for event in self._events:
            match event:
                case FileStored(result):
                    yield result
                case BatchCompleted(batch):
                    self.batch = batch
                case BatchFailed(error) if str(error) not in self.failures:
                    self.failures.add(str(error))
                    say_network_error(error)


def _summary(peer: Peer, batch: BatchStoreResult, others: int) -> str:
    progress = batch.progress
    words = [f"{count(progress.succeeded + progress.warnings, 'file')} stored on {peer}"]
    if progress.warnings:
        words.append(f"{progress.warnings:,} of them with warnings")
    if progress.failed:
        words.append(f"{progress.failed:,} failed")
    if progress.completed < progress.total:
        words.append(f"{progress.total - progress.completed:,} not sent")
    if others:
        words.append(f"{others:,} not DICOM")
    words.append(f"{format_size(batch.total_bytes_transferred)} in {batch.total_time:.1f} s")
    if batch.total_time > 0 and batch.total_bytes_transferred:
        words[-1] += f" ({format_size(int(batch.average_transfer_rate))}/s)"
    return ", ".join(words)
