"""The fuzzer on the command line."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from tests.fuzz.exercise import exercise
from tests.fuzz.runner import run
from tests.fuzz.worker import is_sanitized, limit_memory


def main() -> int:
    """Run, or reproduce one finding; return 1 if there are findings."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description="Damage DICOM files by seeded rules, and read them.")
    parser.add_argument("--mutants", type=int, default=10_000, help="how many (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="the same seed makes the same mutants (default: %(default)s)")
    parser.add_argument("--first", type=int, default=0, help="number of the first mutant (default: %(default)s)")
    parser.add_argument("--minutes", type=float, help="stop after so many minutes")
    parser.add_argument("--workers", type=int, default=min(2, os.cpu_count() or 1), help="processes (default: %(default)s)")
    parser.add_argument("--no-corpora", action="store_true", help="only built seeds")
    parser.add_argument("--findings", type=Path, default=Path("fuzz-findings"), help="where inputs are saved (default: %(default)s)")
    parser.add_argument("--reproduce", type=Path, metavar="FILE", help="exercise one file in this process, telling each step")
    arguments = parser.parse_args()
    if arguments.reproduce:
        return _reproduce(arguments.reproduce)
    report = run(
        mutants=arguments.mutants, seed=arguments.seed, folder=arguments.findings, minutes=arguments.minutes, workers=arguments.workers,
        with_corpora=not arguments.no_corpora, first=arguments.first, tell=lambda line: print(line, flush=True),
    )  # fmt: skip
    print(f"{report.mutants} mutants of seed {arguments.seed} in {report.seconds:.0f} s: {len(report.counts)} kinds of findings")
    for key, count in sorted(report.counts.items(), key=lambda pair: -pair[1]):
        print(f"{count:8} {key}")
    return 1 if report.counts else 0


def _reproduce(path: Path) -> int:
    limit_memory()
    findings = []
    with TemporaryDirectory() as folder:
        for number in range(5):  # what is looked at closely is chosen at random
            tell = (lambda step: print(step, flush=True)) if number == 0 else (lambda step: None)
            copy = Path(folder) / "mutant.dcm"
            findings += exercise(path.read_bytes(), copy, Random(number), slowness=20.0 if is_sanitized() else 1.0, tell=tell)
    for finding in {finding.key: finding for finding in findings}.values():
        print(f"\n{finding.key} [{finding.step}]\n{finding.detail}")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
