"""Run rows: one piece of work, done by dicomkit and its peers in turn, in one process.

What must stay true: no library is timed before all have given the same answer; in each round every library runs once, in an
order that rotates; a ratio is the median of the ratios within rounds, so that a busy machine disturbs both sides alike. The
garbage collector stays as a user has it, on; it is run to its end before each sample, so that nobody pays for another's waste.
It walks over all objects that there are and leaves the caches full of them: work of which a sample takes several calls is done
once before the clock starts.
"""

from __future__ import annotations

import gc
import itertools
import math
import os
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

OURS = "dicomkit"
MINIMUM_SAMPLE = 0.1  # seconds: short work is repeated until a sample takes this long
SLOW_SAMPLE = 1.0  # seconds: work slower than this runs in the first rounds only
SLOW_ROUNDS = 3

Answer = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Subject:
    """One library doing the work of a row.

    Parameters
    ----------
    work
        What is timed; in a row that is not timed, it returns the measurement.
    answer
        Makes of the result of ``work`` a mapping that must agree with the other subjects' wherever both have a key.
    is_present
        False for a library that is not installed here.
    """

    work: Callable[[], object]
    answer: Callable[[object], Answer] = lambda _: {}
    is_present: bool = True


@dataclass(frozen=True, slots=True)
class Budget:
    """What dicomkit must reach: ``factor`` times a peer's speed, or at most ``limit`` in the unit of the row.

    With ``most_times`` dicomkit may take up to that many times as long as the peer.
    """

    peer: str = ""
    factor: float = 0.0
    most_times: float = 0.0
    limit: float = 0.0

    def describe(self, unit: str) -> str:
        """Say the budget in a few words."""
        if self.limit:
            return f"<= {format_quantity(self.limit, unit)}"
        return f"{self.factor:g}x {self.peer}" if self.factor else f"<= {self.most_times:g} {self.peer}"


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the report.

    Parameters
    ----------
    name, title
        A short word for ``--row``, and what the report says.
    subjects
        By the name of the library; ``dicomkit`` among them.
    expected
        Must agree with every answer, beside the answers with each other.
    baseline
        A subject whose sample is subtracted from the others' in each round, and is not a peer.
    is_timed
        False when ``work`` returns the measurement.
    repeats
        Calls in one sample; 0 finds a number.
    per
        What the time is divided by: the number of files, when the report gives the time of one.
    """

    name: str
    title: str
    subjects: Mapping[str, Subject]
    budgets: tuple[Budget, ...] = ()
    expected: Answer = field(default_factory=dict)
    baseline: str = ""
    unit: str = "s"
    is_timed: bool = True
    repeats: int = 0
    per: int = 1


@dataclass(slots=True)
class Result:
    """What one row gave: samples by subject in the order of rounds, and why a subject has none."""

    row: Row
    samples: dict[str, list[float]] = field(default_factory=dict)
    absent: dict[str, str] = field(default_factory=dict)

    def median_of(self, name: str) -> float | None:
        """Return the median over rounds, less the baseline, or None when the subject did not run."""
        samples = self._net(name)
        return median(samples) if samples else None

    def ratio_to(self, peer: str) -> float | None:
        """Return how many times as long as dicomkit the peer took, or None when either did not run."""
        pairs = list(zip(self._net(peer), self._net(OURS), strict=False))
        ratios = [theirs / ours for theirs, ours in pairs if ours > 0]
        return median(ratios) if ratios else None

    def verdict(self, budget: Budget) -> tuple[float | None, bool | None]:
        """Return what was measured for a budget and whether it is kept, None when it cannot be said."""
        if budget.limit:
            ours = self.median_of(OURS)
            return ours, None if ours is None else ours <= budget.limit
        ratio = self.ratio_to(budget.peer)
        if ratio is None:
            return None, None
        if budget.factor:
            return ratio, ratio >= budget.factor
        return 1 / ratio, 1 / ratio <= budget.most_times

    def _net(self, name: str) -> list[float]:
        samples = self.samples.get(name, [])
        if not self.row.baseline or name == self.row.baseline:
            return samples
        return [sample - base for sample, base in zip(samples, self.samples[self.row.baseline], strict=False)]


def format_quantity(value: float, unit: str) -> str:
    """Write seconds or bytes with three digits and a prefix."""
    if unit == "B":
        return f"{value / 1e6:.2f} MB"
    prefix, scale = next(((name, scale) for name, scale in (("s", 1.0), ("ms", 1e-3)) if abs(value) >= scale), ("us", 1e-6))
    scaled = value / scale
    digits = max(0, 2 - math.floor(math.log10(abs(scaled) or 1)))
    return f"{scaled:.{digits}f} {prefix}"


def agree(one: object, other: object) -> bool:
    """Compare two answers; numbers may differ by rounding."""
    if isinstance(one, float) or isinstance(other, float):
        return math.isclose(float(str(one)), float(str(other)), rel_tol=1e-9, abs_tol=1e-9)
    return one == other


def find_difference(name: str, answer: Answer, other_name: str, other: Answer) -> str:
    """Say where two answers differ in a key that both have, or nothing."""
    for key in sorted(answer.keys() & other.keys()):
        if not agree(answer[key], other[key]):
            return f"{key}: {name} says {answer[key]!r:.200}, {other_name} says {other[key]!r:.200}"
    return ""


def take_sample(row: Row, work: Callable[[], object], repeats: int) -> float:
    """Measure one sample: seconds a call, or what an untimed row's work returns."""
    gc.collect()
    if not row.is_timed:
        return float(work())  # type: ignore[arg-type]
    if repeats > 1:
        work()
    rounds = itertools.repeat(None, repeats)
    start = time.perf_counter()
    for _ in rounds:
        work()
    return (time.perf_counter() - start) / (repeats * row.per)


def find_repeats(row: Row, work: Callable[[], object]) -> int:
    """Find how many calls make a sample long enough; the calls warm caches as well."""
    if row.repeats or not row.is_timed:
        return row.repeats or 1
    repeats = 1
    while True:
        seconds = take_sample(row, work, repeats) * row.per
        if seconds * repeats >= MINIMUM_SAMPLE / 2:
            return max(1, math.ceil(MINIMUM_SAMPLE / seconds))
        repeats *= 4


def ask_subjects(row: Row, result: Result) -> dict[str, Answer]:
    """Run each subject once; one that is missing, fails or gives a wrong answer is noted and takes no further part."""
    answers = {}
    for name, subject in row.subjects.items():
        if not subject.is_present:
            result.absent[name] = "not installed"
            continue
        try:
            answer = subject.answer(subject.work())
        except Exception as error:
            result.absent[name] = f"{type(error).__name__}: {error}"[:200]
            continue
        difference = find_difference(name, answer, "the generator", row.expected)
        if difference:
            result.absent[name] = f"wrong answer: {difference}"
        else:
            answers[name] = answer
    return answers


def cut_files(folder: Path) -> int:
    """Cut the files of a folder to nothing, and return how many there are. They stay: ext4 is slow to use a deleted file's place again."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    for path in files:
        os.truncate(path, 0)
    return len(files)


def run_row(row: Row, rounds: int) -> Result:
    """Check that all subjects agree, then time them in turn."""
    result = Result(row)
    answers = ask_subjects(row, result)
    for (name, answer), (other_name, other) in itertools.combinations(answers.items(), 2):
        difference = find_difference(name, answer, other_name, other)
        if difference:
            result.absent = dict.fromkeys(row.subjects, f"answers differ: {difference}")
            return result
    repeats = {name: find_repeats(row, row.subjects[name].work) for name in answers}
    result.samples = {name: [] for name in answers}
    for index in range(rounds):
        names = list(answers)
        turn = index % max(1, len(names))
        for name in names[turn:] + names[:turn]:
            taken = result.samples[name]
            if len(taken) >= SLOW_ROUNDS and taken[0] * repeats[name] * row.per > SLOW_SAMPLE:
                continue
            taken.append(take_sample(row, row.subjects[name].work, repeats[name]))
    return result


def run_rows(rows: list[Row], rounds: int) -> list[Result]:
    """Run rows one after the other, saying so on standard error."""
    results = []
    for row in rows:
        print(f"  {row.title} ...", file=sys.stderr, flush=True)
        results.append(run_row(row, rounds))
    return results
