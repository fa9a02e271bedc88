"""A peer that is retrieved from step by step, in a thread, for a verb that runs an event loop of its own."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tests.conftest import REPOSITORY
from tests.unit.network.services.retrieve_peers import RetrievedPeer, Step, Talk


class RunningPeer:
    """Where it listens, as a verb's argument, and what it was asked."""

    peer: RetrievedPeer
    address: str


@contextmanager
def running_peer(*steps: Step, supported: dict[str, tuple[str, ...]] | None = None) -> Iterator[RunningPeer]:
    running = RunningPeer()
    is_listening = threading.Event()
    stop: list[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = []

    async def serve() -> None:
        async with RetrievedPeer(*steps, supported=supported) as running.peer:
            running.address = f"PEER@127.0.0.1:{running.peer.address['port']}"
            stopping = asyncio.Event()
            stop.append((asyncio.get_running_loop(), stopping))
            is_listening.set()
            await stopping.wait()

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    try:
        assert is_listening.wait(10)
        yield running
    finally:
        loop, stopping = stop[0]
        loop.call_soon_threadsafe(stopping.set)
        thread.join(10)


def telling_thread(event: threading.Event) -> Step:
    """Tell the test's thread that the peer is here."""

    async def step(talk: Talk) -> None:
        event.set()

    return step


def waiting_for_thread(event: threading.Event) -> Step:
    """Go on when the test's thread says so."""

    async def step(talk: Talk) -> None:
        assert await asyncio.to_thread(event.wait, 20)

    return step


# ``python -m dicomkit`` that is less patient with a peer that says nothing more.
IMPATIENT = "from dicomkit.cli import main, retrieving; retrieving.GRACE = 0.1; main()"


def interrupt(
    arguments: list[str], when: threading.Event, then: Callable[[], object] = lambda: None, *, is_patient: bool = True
) -> tuple[int, str, list[str]]:
    """Run a verb in a process, and press Ctrl-C when the peer says so; when that was noticed, do more.

    Returns the exit code, the output, and the lines of stderr.
    """
    program = ["-m", "dicomkit"] if is_patient else ["-c", IMPATIENT]
    process = subprocess.Popen(
        [sys.executable, *program, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env=os.environ | {"PYTHONPATH": str(REPOSITORY)},
    )  # fmt: skip
    with process:
        assert process.stderr is not None
        assert when.wait(20)
        process.send_signal(signal.SIGINT)
        first = process.stderr.readline()
        then()
        out, err = process.communicate(timeout=20)
    return process.returncode, out, [line for line in (first + err).splitlines() if line]


def without_times(text: str) -> str:
    """A summary whose seconds and rates, which differ each time, are N."""
    return re.sub(r"[\d.]+ (s\b)", r"N \1", re.sub(r" \([\d.,]+ \w+/s\)", "", text))
