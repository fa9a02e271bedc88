"""What the verbs ``get`` and ``move`` share: what is retrieved, how it goes on, how it ends, and how Ctrl-C cancels it."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Iterator
from contextlib import aclosing, contextmanager
from typing import TYPE_CHECKING, TypeVar

import click

from dicomkit.cli.console import count, format_size, printable
from dicomkit.cli.peer import Peer, say, say_network_error
from dicomkit.cli.progress import with_async_progress
from dicomkit.network.errors import LocalProtocolError, RetrieveFailedError
from dicomkit.network.services.information_model import InformationModel, QueryLevel
from dicomkit.network.services.retrieve_events import (
    InstanceNotRetrieved,
    InstanceRetrieved,
    RetrieveCompleted,
    RetrieveFailed,
    RetrieveProgress,
    RetrieveProgressed,
)
from dicomkit.network.services.retrieve_keys import RetrieveKeys

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable

    from dicomkit.network.services.retrieve_events import RetrieveEvent, RetrieveResult

__all__ = ["Tally", "keys_of", "retrieval_timeout_option", "retrieve", "say_failure", "what_arguments"]

FAILED = 1
INTERRUPTED = 130
GRACE = 3.0     # seconds for a peer to say something, after which it can be told to stop
_NOUNS = {QueryLevel.STUDY: "study", QueryLevel.SERIES: "series", QueryLevel.IMAGE: "instance"}

Command = TypeVar("Command", bound="Callable[..., int]")

retrieval_timeout_option = click.option(
    "--timeout", metavar="SECONDS", type=click.FloatRange(min=0, min_open=True), default=60.0, show_default=True,
    help="How long to wait for the peer; some are silent until all is done.",
)  # fmt: skip


def what_arguments(command: Command) -> Command:
    """Add the UIDs of a study, series or instance to a verb."""
    command = click.argument("sop_uid", metavar="[SOP_UID]]", required=False)(command)
    command = click.argument("series_uid", metavar="[SERIES_UID", required=False)(command)
    return click.argument("study_uid", metavar="STUDY_UID")(command)


def keys_of(study_uid: str, series_uid: str | None, sop_uid: str | None) -> RetrieveKeys:
    """Return what is to be retrieved.

    Raises
    ------
    click.UsageError
        If a UID is empty or has wildcards.
    """
    if series_uid is None:
        keys = RetrieveKeys.for_study(study_uid)
    elif sop_uid is None:
        keys = RetrieveKeys.for_series(study_uid, series_uid)
    else:
        keys = RetrieveKeys.for_instance(study_uid, series_uid, sop_uid)
    try:
        keys.check(InformationModel.STUDY_ROOT)
    except LocalProtocolError as error:
        raise click.UsageError(str(error)) from error
    return keys


class Tally:
    """Counts what happens in a retrieval, and says what fails.

    Parameters
    ----------
    is_ours
        Whether the instances come to us, and not to another AE.
    """

    def __init__(self, peer: Peer, keys: RetrieveKeys, *, is_ours: bool) -> None:
        self.progress = RetrieveProgress()
        self.received = 0
        self.refused = 0        # by us
        self.result: RetrieveResult | None = None
        self.error: RetrieveFailed | None = None
        self.is_interrupted = False
        self._peer = peer
        self._noun = _NOUNS[keys.level]
        self._is_ours = is_ours
        self._bytes = 0
        self._named: set[str] = set()
        self._total = 0
        self._start = time.monotonic()

    def add(self, event: RetrieveEvent) -> None:
        """Take an event."""
        match event:
            case RetrieveProgressed(progress):
                self.progress, self._total = progress, max(self._total, progress.total)
            case InstanceRetrieved(file):
                self.received += 1
                self._bytes += file.data_size
            case InstanceNotRetrieved(uid, error):
                self.refused += 1
                self._say_failed(uid, str(error) or type(error).__name__)
            case RetrieveCompleted(result):
                self._end(result)
            case RetrieveFailed(_, result):
                self.error = event
                if result is not None:
                    self._end(result)

    def _end(self, result: RetrieveResult) -> None:
        self.result, self.progress, self._total = result, result.progress, max(self._total, result.progress.total)
        for uid in result.failed_sop_instance_uids:
            if uid not in self._named:
                self._say_failed(uid, "the peer could not send it")
        unnamed = result.progress.failed - len(self._named)
        if unnamed > 0:
            others = "more " if self._named else ""
            say("error", f"{count(unnamed, f'{others}instance')} failed, and the peer does not say which")

    def _say_failed(self, uid: str, reason: str) -> None:
        self._named.add(uid)
        say("error", f"{printable(uid) or 'an instance without UID'}: {printable(reason)}")

    def position(self) -> tuple[int, int | None]:
        """Return how many sub-operations are done, and of how many, as the peer tells; what came, if it does not."""
        progress = self.progress
        if not progress.total:
            return self.received + len(self._named), None
        return progress.total - progress.remaining, progress.total

    @property
    def done(self) -> int:
        """Instances that are where they should be."""
        return self.received if self._is_ours else self.progress.completed + self.progress.warning

    @property
    def failed(self) -> int:
        """Instances that are not."""
        return max(self.progress.failed, len(self._named))

    @property
    def is_nothing(self) -> bool:
        """Whether there was nothing to retrieve, as far as the peer tells."""
        return self.result is not None and self.error is None and not self.done and not self.failed and self.result.is_success

    @property
    def exit_code(self) -> int:
        """What the command ends with."""
        if self.is_interrupted and self.result is None:
            return INTERRUPTED
        # The warning B000 says that something failed, or was done with a warning (PS3.4 C.4.2.1.5).
        is_partial = self.result is None or self.result.status.is_cancel or (self.result.has_partial_failures and not self.progress.warning)
        return FAILED if self.error is not None or self.failed or is_partial else 0

    def nothing(self) -> str:
        """Return that there was nothing. Counts are optional where all went well (PS3.7 9.1.4.1.7)."""
        if not self._is_ours:
            return f"nothing sent, as far as {self._peer} tells: it knows no such {self._noun}, or does not count"
        return f"nothing found: {self._peer} knows no such {self._noun}, or does not give it to us"

    def summary(self, what: str) -> str:
        """Return the closing line; ``what`` is what became of the instances."""
        words = [f"{count(self.done, 'instance')} {what}"]
        if self.progress.warning:
            words.append(f"{self.progress.warning:,} of them with warnings")
        if self.failed:
            words.append(f"{self.failed:,} failed")
        if (left := self._total - self.done - self.failed) > 0:     # some peers stop at the first that fails
            words.append(f"{left:,} not sent")
        if self.is_interrupted and self.result is None:
            words.append("cancelled")
        elif self.result is not None and self.result.status.is_cancel:
            words.append("cancelled by the peer")
        seconds = time.monotonic() - self._start
        words.append(f"{format_size(self._bytes)} in {seconds:.1f} s" if self._is_ours else f"in {seconds:.1f} s")
        if self._bytes and seconds > 0:
            words[-1] += f" ({format_size(int(self._bytes / seconds))}/s)"
        return ", ".join(words)


def say_failure(failure: RetrieveFailed, hint: str) -> None:
    """Say why a retrieval failed, and what may help: ``hint``, if it is the peer that says so."""
    if isinstance(failure.error, RetrieveFailedError):
        say("error", printable(str(failure.error)))
        say("hint", hint)
    else:
        say_network_error(failure.error)


class _Interruption:
    """Ctrl-C: the first has the retrieval cancelled at the next event, the second ends it at once, as time does."""

    def __init__(self) -> None:
        self.is_there = False
        self.has_begun = False
        self._task = asyncio.current_task()
        self._timer: asyncio.TimerHandle | None = None

    def press(self) -> None:
        """Take one."""
        is_second, self.is_there = self.is_there, True
        if is_second or not self.has_begun:
            self._end()
            return
        # Only between events can the peer be told to stop.
        self._timer = asyncio.get_running_loop().call_later(GRACE, self._end)
        say("note", "cancelling; Ctrl-C again does not wait for the peer")

    def _end(self) -> None:
        if self._task is not None:
            self._task.cancel()

    def forget(self) -> None:
        """Let time end nothing any more."""
        if self._timer is not None:
            self._timer.cancel()


@contextmanager
def _interruptible() -> Iterator[_Interruption]:
    loop, interruption = asyncio.get_running_loop(), _Interruption()
    try:
        loop.add_signal_handler(signal.SIGINT, interruption.press)
    except (NotImplementedError, RuntimeError, ValueError):     # Windows, or a thread: there KeyboardInterrupt ends the coroutine
        yield interruption
        return
    try:
        yield interruption
    finally:
        interruption.forget()
        loop.remove_signal_handler(signal.SIGINT)


async def retrieve(events: AsyncGenerator[RetrieveEvent, None], tally: Tally, doing: str) -> None:
    """Go on with a retrieval to its end, or until Ctrl-C cancels it; show how far it is, and keep what happens in a tally."""
    with _interruptible() as interruption:
        try:
            async with aclosing(events), aclosing(with_async_progress(events, doing, position=tally.position)) as shown:
                async for event in shown:
                    interruption.has_begun = True
                    tally.add(event)
                    if interruption.is_there:
                        break
                interruption.forget()       # from here on the peer has its own time to end it
        except asyncio.CancelledError:
            if not interruption.is_there:
                raise
    tally.is_interrupted = interruption.is_there
