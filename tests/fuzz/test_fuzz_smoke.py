"""A short run of the fuzzer, with a fixed seed; ``make fuzz`` runs a long one."""

from __future__ import annotations

import sys
from pathlib import Path
from random import Random

import pytest

from tests.fuzz.exercise import exercise
from tests.fuzz.mutations import RULES, Mutant, mutate
from tests.fuzz.runner import run
from tests.fuzz.seeds import find_seeds
from tests.fuzz.structure import find_headers

MUTANTS = 1000
SEED = 20240229


@pytest.mark.skipif(sys.platform == "win32", reason="limits and signals of POSIX")
@pytest.mark.parametrize("with_corpora", [False, True], ids=["built", "corpora"])
def test_no_mutant_crashes_hangs_leaks_or_raises_anything_but_typed_errors(tmp_path: Path, with_corpora: bool) -> None:
    report = run(mutants=MUTANTS, seed=SEED, folder=tmp_path, workers=2, with_corpora=with_corpora)
    findings = [f"{count}x {key}\n{report.examples[key][0].detail}" for key, count in report.counts.items()]
    assert not findings, "\n\n".join(findings)
    assert report.mutants == MUTANTS


def test_the_same_seed_makes_the_same_mutants() -> None:
    seeds = find_seeds(with_corpora=False)
    assert [mutate(seeds, 7, number) for number in range(50)] == [mutate(seeds, 7, number) for number in range(50)]
    assert len({mutate(seeds, 7, number)[0] for number in range(50)}) > 40


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_every_rule_does_damage(rule) -> None:  # type: ignore[no-untyped-def]
    seeds = find_seeds(with_corpora=False)
    changed = 0
    for number in range(100):
        mutant = Mutant(seeds[number % len(seeds)])
        before = mutant.finish()
        rule(Random(number), mutant)
        changed += mutant.finish() != before
    assert changed >= 5


def test_the_built_seeds_are_read_without_findings(tmp_path: Path) -> None:
    for seed in find_seeds(with_corpora=False):
        findings = exercise(Mutant(seed).finish(), tmp_path / "seed.dcm", Random(1))
        assert not findings, f"{seed.name}: {findings[0]}"


def test_the_walk_finds_every_header_of_the_built_seeds() -> None:
    for seed in find_seeds(with_corpora=False):
        headers = find_headers(seed.body, is_implicit=seed.is_implicit, is_big_endian=seed.is_big_endian)
        outermost = [header for header in headers if header.parent < 0]
        assert [header.offset for header in outermost] == [0, *(header.end for header in outermost[:-1])]
        assert outermost[-1].end == len(seed.body), seed.name
