"""The process that stays alive: starts workers, sees what they die of, and keeps what they find."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryFile
from threading import Lock
from typing import IO

from tests.fuzz.exercise import Finding
from tests.fuzz.mutations import mutate
from tests.fuzz.seeds import find_seeds
from tests.fuzz.worker import is_sanitized

__all__ = ["Report", "run"]

ROOT = Path(__file__).resolve().parents[2]
CHUNK = 250  # mutants that a worker process does before a fresh one takes over
HANG_SECONDS = 30.0  # of processor time for all steps with one mutant
WALL_SECONDS = 120.0  # the same by the clock on the wall, for what waits and does not work
REPORT_LENGTH = 6000


@dataclass(slots=True)
class Report:
    """What a run found, one example for each key.

    Attributes
    ----------
    examples
        For each key the finding, the number of the mutant, and the file it was saved to.
    """

    mutants: int = 0
    seconds: float = 0.0
    counts: dict[str, int] = field(default_factory=dict)
    examples: dict[str, tuple[Finding, int, Path]] = field(default_factory=dict)


class _Run:
    def __init__(self, seed: int, folder: Path, deadline: float, with_corpora: bool, tell: Callable[[str], None]) -> None:
        self.seed = seed
        self.folder = folder
        self.deadline = deadline
        self.with_corpora = with_corpora
        self.tell = tell
        self.report = Report()
        self._lock = Lock()  # of the report: workers are looked after by a thread each

    def keep(self, finding: Finding, number: int) -> None:
        with self._lock:
            self.report.counts[finding.key] = self.report.counts.get(finding.key, 0) + 1
            if finding.key in self.report.examples:
                return
            data, story = mutate(find_seeds(with_corpora=self.with_corpora), self.seed, number)
            self.folder.mkdir(parents=True, exist_ok=True)
            path = self.folder / f"{self.seed}-{number}-{finding.kind}.dcm"
            path.write_bytes(data)
            path.with_suffix(".txt").write_text(f"{finding.key}\nstep: {finding.step}\nmutant: {story}\n{finding.detail}\n")
            self.report.examples[finding.key] = finding, number, path
            self.tell(f"{finding.key} [{finding.step}] mutant {number} ({story}): python -m tests.fuzz --reproduce {path}")

    def do(self, chunk: range) -> None:
        """Do all mutants of a chunk, starting again behind each one that kills the worker."""
        first = chunk.start
        while first < chunk.stop and time.monotonic() < self.deadline:
            first = self._do_in_one_process(first, chunk.stop)

    def _do_in_one_process(self, first: int, stop: int) -> int:
        command = [sys.executable, "-m", "tests.fuzz.worker", str(self.seed), str(first), str(stop)]
        if not self.with_corpora:
            command.append("--no-corpora")
        environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
        with TemporaryFile() as errors:
            process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, cwd=Path.cwd(), env=environment)
            try:
                number = self._listen(process, first)
            finally:
                process.kill()
                process.wait()
                process.stdout.close()  # type: ignore[union-attr]  # it is a pipe
            done = number + 1 - first
            if process.returncode == 0:
                done = stop - first
                number = stop - 1
            elif time.monotonic() < self.deadline or process.returncode != -signal.SIGKILL:
                self.keep(_death(process.returncode, errors), number)
            with self._lock:
                self.report.mutants += done
        return number + 1

    def _listen(self, process: subprocess.Popen[bytes], number: int) -> int:
        """Read what a worker tells until it ends or hangs; return the last mutant it began."""
        assert process.stdout is not None
        descriptor = process.stdout.fileno()
        pending = b""
        began, began_cpu = time.monotonic(), _processor_seconds(process.pid)
        patience = 10.0 if is_sanitized() else 1.0
        while time.monotonic() < self.deadline:
            if select.select([descriptor], [], [], 0.5)[0]:
                chunk = os.read(descriptor, 1 << 16)
                if not chunk:
                    process.wait()
                    return number
                *lines, pending = (pending + chunk).split(b"\n")
                for line in lines:
                    if line.startswith(b"B "):
                        number, began, began_cpu = int(line[2:]), time.monotonic(), _processor_seconds(process.pid)
                    elif line.startswith(b"F "):
                        self.keep(Finding(**json.loads(line[2:])), number)
            elif (
                _processor_seconds(process.pid) - began_cpu > HANG_SECONDS * patience or time.monotonic() - began > WALL_SECONDS * patience
            ):
                process.send_signal(signal.SIGABRT)  # faulthandler says where it was
                time_left = 5.0
                try:
                    process.wait(time_left)
                except subprocess.TimeoutExpired:
                    process.kill()
                return number
        return number


def _processor_seconds(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return time.monotonic()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _death(returncode: int, errors: IO[bytes]) -> Finding:
    errors.seek(0)
    text = errors.read().decode(errors="replace")
    kind = "hang" if returncode == -signal.SIGABRT else "crash"
    name = signal.Signals(-returncode).name if returncode < 0 else f"exit status {returncode}"
    telling = [line.strip() for line in text.splitlines() if "ERROR:" in line or "runtime error" in line or "File " in line]
    return Finding(kind, "any", f"{kind}: {name} {telling[0] if telling else ''}", text[-REPORT_LENGTH:])


def run(
    *, mutants: int, seed: int, folder: Path, minutes: float | None = None, workers: int = 1, with_corpora: bool = True,
    first: int = 0, tell: Callable[[str], None] = lambda line: None,
) -> Report:  # fmt: skip
    """Exercise mutants ``first`` to ``first + mutants`` of a seed in worker processes.

    Parameters
    ----------
    folder
        Where inputs with findings are saved.
    minutes
        When to stop, whatever is left.
    tell
        Called with a line for each new finding.
    """
    start = time.monotonic()
    runner = _Run(seed, folder, start + minutes * 60 if minutes else float("inf"), with_corpora, tell)
    chunks = [range(i, min(i + CHUNK, first + mutants)) for i in range(first, first + mutants, CHUNK)]
    with ThreadPoolExecutor(workers) as pool:
        list(pool.map(runner.do, chunks))
    runner.report.seconds = time.monotonic() - start
    return runner.report
