"""docs/reference/conformance.md names every row and only tests that exist; PKG-10."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parents[1]
DOC = TESTS.parent / "docs" / "reference" / "conformance.md"
ROW = re.compile(r"^\| (?P<row>[A-Z]+-\d+) \| (?P<what>[^|]+) \| (?P<tests>[^|]+) \|$", re.MULTILINE)
ROWS = {"PKG": 10, "CORE": 31, "DICT": 5, "READ": 15, "WRITE": 15, "TS": 4, "PIX": 16, "REND": 11, "CODEC": 8, "NET": 17, "ECHO": 2,
        "STORE": 8, "BATCH": 11, "FIND": 15, "MOVE": 6, "GET": 5, "SCP": 14, "ERR": 11}  # fmt: skip
TABLE = [(found["row"], found["tests"]) for found in ROW.finditer(DOC.read_text(encoding="utf-8"))]


@cache
def functions(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))}


def test_every_row_is_there_once():
    rows = [row for row, _ in TABLE]
    assert len(rows) == len(set(rows))
    assert {f"{kind}-{number}" for kind, count in ROWS.items() for number in range(1, count + 1)} <= set(rows)


@pytest.mark.parametrize(("row", "tests"), TABLE, ids=[row for row, _ in TABLE])
def test_the_tests_of_each_row_exist(row, tests):
    names = re.findall(r"`([^`]+)`", tests)
    assert names, row
    for name in names:
        path, _, function = name.partition("::")
        assert (TESTS / path).is_file(), path
        assert function.startswith("test_")
        assert function in functions(TESTS / path), name


def test_tests_that_name_a_row_are_in_the_table():
    """So that the table does not fall behind: each READ, CORE and PKG row named by a test here is one of the table's."""
    rows = {row for row, _ in TABLE}
    named = {
        f"{kind}-{number}".upper()
        for path in (TESTS / "contract").glob("test_*.py")
        for function in functions(path)
        for kind, number in re.findall(r"(?<![a-z])(pkg|core|read|dict|ts|write)_(\d+)", function)
    }
    assert len(named) > 25
    assert named <= rows


def test_pkg_10_the_python_reading_is_documented():
    section = DOC.read_text(encoding="utf-8").partition("(PKG-10)")[2]
    for name in ("CGImage", "OSLog", "keychain", "URL", "Date", "Data"):
        assert re.search(rf"^\| `?{name}`? \| .+ \|$", section, re.MULTILINE), name
