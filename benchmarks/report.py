"""Say what was measured: a table for the reader, numbers for the next program."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.harness import OURS, Budget, Result, Row, format_quantity

RESULTS = Path(__file__).parent / "results"
KEPT, MISSED, UNKNOWN = "ok", "MISSED", "not measured"
MARKS = {True: KEPT, False: MISSED, None: UNKNOWN}


def describe_machine() -> dict[str, object]:
    """Return what of the machine matters to speed."""
    model = platform.processor() or platform.machine()
    cpu_info = Path("/proc/cpuinfo")
    if cpu_info.exists():
        names = [line.partition(":")[2].strip() for line in cpu_info.read_text().splitlines() if line.startswith("model name")]
        model = names[0] if names else model
    return {"processor": model, "processors": os.cpu_count(), "system": platform.platform()}


def format_budget(result: Result, budget: Budget) -> str:
    """Say one budget, what was reached, and a mark."""
    measured, is_kept = result.verdict(budget)
    if measured is None:
        return f"{budget.describe(result.row.unit)}: {UNKNOWN}"
    reached = format_quantity(measured, result.row.unit) if budget.limit else f"{measured:.3g}x"
    return f"{budget.describe(result.row.unit)}: {reached} {MARKS[is_kept]}"


def format_cell(result: Result, name: str) -> str:
    """Say the median of one subject and, for a peer, how many times as long it took."""
    if name not in result.row.subjects:
        return ""
    middle = result.median_of(name)
    if middle is None:
        return "-"
    quantity = format_quantity(middle, result.row.unit)
    ratio = None if name in (OURS, result.row.baseline) else result.ratio_to(name)
    return quantity if ratio is None else f"{quantity} ({ratio:.3g}x)"


def make_table(results: list[Result]) -> str:
    """Return an aligned Markdown table: one row of the report a line, one subject a column."""
    names = list(dict.fromkeys(name for result in results for name in result.row.subjects))
    names.sort(key=lambda name: name != OURS)
    lines = [["Work", *names, "Budget"]]
    for result in results:
        budgets = "; ".join(format_budget(result, budget) for budget in result.row.budgets)
        lines.append([result.row.title, *(format_cell(result, name) for name in names), budgets])
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    texts = ["| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + " |" for line in lines]
    texts.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(texts)


def list_absent(results: list[Result]) -> list[str]:
    """Say who took no part, and why, each once."""
    notes: dict[str, list[str]] = {}
    for result in results:
        for name, reason in result.absent.items():
            notes.setdefault(f"{name}: {reason}", []).append(result.row.name)
    return [f"{note} ({', '.join(where)})" for note, where in notes.items()]


def missed_budgets(results: list[Result]) -> list[str]:
    """List the budgets that were missed, and those that could not be measured although dicomkit should have been."""
    missed = []
    for result in results:
        for budget in result.row.budgets:
            is_kept = result.verdict(budget)[1]
            if is_kept is False or (is_kept is None and OURS in result.absent):
                missed.append(f"{result.row.title}: {format_budget(result, budget)}")
    return missed


def describe_row(result: Result) -> dict[str, object]:
    """Return one row for the JSON file, samples included."""
    row: Row = result.row
    return {
        "name": row.name,
        "title": row.title,
        "unit": row.unit,
        "medians": {name: result.median_of(name) for name in result.samples},
        "ratios": {name: result.ratio_to(name) for name in result.samples if name not in (OURS, row.baseline)},
        "budgets": [
            {"budget": budget.describe(row.unit), "measured": result.verdict(budget)[0], "kept": result.verdict(budget)[1]}
            for budget in row.budgets
        ],
        "samples": result.samples,
        "absent": result.absent,
    }


def write_results(room: str, results: list[Result], versions: Mapping[str, str | None], rounds: int, is_quick: bool) -> Path:
    """Write the JSON and the Markdown file of one room; return the path of the latter."""
    RESULTS.mkdir(exist_ok=True)
    now = datetime.now(UTC)
    stem = f"{now:%Y-%m-%d}-{room}" + ("-quick" if is_quick else "")
    machine = describe_machine()
    document = {
        "room": room,
        "date": now.isoformat(timespec="seconds"),
        "rounds": rounds,
        "machine": machine,
        "versions": dict(versions),
        "rows": [describe_row(result) for result in results],
    }
    (RESULTS / f"{stem}.json").write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    facts = [f"{key} {value}" for key, value in machine.items()]
    facts += [f"{name} {version or 'missing'}" for name, version in versions.items()]
    lines = [f"# {room}, {now:%Y-%m-%d}", "", ", ".join(facts) + f"; medians of {rounds} rounds.", "", make_table(results), ""]
    lines += [f"- no part: {note}" for note in list_absent(results)]
    path = RESULTS / f"{stem}.md"
    path.write_text("\n".join(lines).rstrip() + "\n", encoding="utf-8")
    return path
