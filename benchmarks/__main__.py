"""Run the benchmarks: ``python -m benchmarks [--only reading] [--rounds N] [--quick] [--check]``."""

from __future__ import annotations

import argparse
import importlib
import pkgutil
import sys
from pathlib import Path

import benchmarks
from benchmarks.harness import Result, Row, run_rows
from benchmarks.inputs import DEFAULT_FOLDER, Inputs
from benchmarks.peers import versions
from benchmarks.report import list_absent, make_table, missed_budgets, write_results

PREFIX = "bench_"
ROUNDS, QUICK_ROUNDS = 15, 5


def find_rooms() -> list[str]:
    """Return the names of the rooms: each module that begins with ``bench_``."""
    return sorted(
        module.name.removeprefix(PREFIX) for module in pkgutil.iter_modules(benchmarks.__path__) if module.name.startswith(PREFIX)
    )


def parse_arguments(rooms: list[str]) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure dicomkit beside its peers.")
    parser.add_argument("--only", action="append", choices=rooms, metavar="ROOM", help=f"one of {', '.join(rooms)}; may be repeated")
    parser.add_argument("--row", action="append", metavar="NAME", help="only the rows of this name; may be repeated")
    parser.add_argument("--rounds", type=int, metavar="N", help=f"rounds of every row ({ROUNDS}; quick: {QUICK_ROUNDS})")
    parser.add_argument("--quick", action="store_true", help="fewer rounds, fewer files, no variants")
    parser.add_argument("--check", action="store_true", help="exit with 1 when a budget is missed")
    parser.add_argument("--inputs", type=Path, default=DEFAULT_FOLDER, metavar="FOLDER", help="where the generated files are kept")
    parser.add_argument("--no-save", action="store_true", help="write nothing to benchmarks/results")
    return parser.parse_args()


def choose_rows(room: str, arguments: argparse.Namespace, inputs: Inputs) -> list[Row]:
    """Return the rows of a room that the command line asks for."""
    rows: list[Row] = importlib.import_module(f"benchmarks.{PREFIX}{room}").rows(inputs, arguments.quick)
    return [row for row in rows if not arguments.row or row.name in arguments.row]


def main() -> int:
    """Run what was asked for, print the tables, write the results; return the exit code."""
    rooms = find_rooms()
    arguments = parse_arguments(rooms)
    rounds = arguments.rounds or (QUICK_ROUNDS if arguments.quick else ROUNDS)
    inputs = Inputs(arguments.inputs)
    found = versions()
    everything: list[Result] = []
    for room in arguments.only or rooms:
        rows = choose_rows(room, arguments, inputs)
        if not rows:
            continue
        print(f"{room}:", file=sys.stderr)
        results = run_rows(rows, rounds)
        everything += results
        print(f"\n{room}\n\n{make_table(results)}\n")
        if not arguments.no_save and not arguments.row:
            print(f"written to {write_results(room, results, found, rounds, arguments.quick)}\n")
    for note in list_absent(everything):
        print(f"no part: {note}")
    missed = missed_budgets(everything)
    for line in missed:
        print(f"budget missed: {line}")
    return 1 if missed and arguments.check else 0


if __name__ == "__main__":
    sys.exit(main())
