"""The process that may die: makes mutants and exercises them, telling its parent on standard output what it is about to do.

One line each: ``B number`` before a mutant, ``F`` and JSON for a finding.
"""

from __future__ import annotations

import argparse
import faulthandler
import json
import os
import resource
import sys
from dataclasses import asdict
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from tests.fuzz.exercise import exercise
from tests.fuzz.mutations import mutate
from tests.fuzz.seeds import find_seeds

__all__ = ["is_sanitized", "main"]

ADDRESS_SPACE = 4 << 30


def is_sanitized() -> bool:
    """Whether the extensions run under AddressSanitizer, which reserves terabytes of addresses and is slow."""
    return "libasan" in os.environ.get("LD_PRELOAD", "")


def limit_memory() -> None:
    """Turn an allocation by an announced length into a MemoryError."""
    if not is_sanitized():
        resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE))


def main() -> None:
    """Exercise a range of mutants."""
    parser = argparse.ArgumentParser()
    parser.add_argument("seed", type=int)
    parser.add_argument("first", type=int)
    parser.add_argument("stop", type=int)
    parser.add_argument("--no-corpora", action="store_true")
    arguments = parser.parse_args()
    faulthandler.enable()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    limit_memory()
    seeds = find_seeds(with_corpora=not arguments.no_corpora)
    slowness = 20.0 if is_sanitized() else 1.0
    with TemporaryDirectory() as folder:
        for number in range(arguments.first, arguments.stop):
            _tell(f"B {number}")
            data, _ = mutate(seeds, arguments.seed, number)
            for finding in exercise(data, Path(folder) / "mutant.dcm", Random(number), slowness=slowness):
                _tell(f"F {json.dumps(asdict(finding))}")


def _tell(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
