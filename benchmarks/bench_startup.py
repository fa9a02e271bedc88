"""Start-up: whole processes, from exec to exit."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.harness import Answer, Budget, Row, Subject
from benchmarks.inputs import Inputs
from benchmarks.peers import dicomkit

ROOT = Path(__file__).parents[1]
IMPORTED = ("dicomkit", "pydicom", "dicomsdl", "gdcm", "SimpleITK", "numpy")
PATIENT_ID = "PAT000001"


def rows(inputs: Inputs, is_quick: bool) -> list[Row]:
    """Return the rows of this room."""
    variables = environment(inputs)
    return [import_row(variables), dump_row(inputs.small(), variables)]


def environment(inputs: Inputs) -> dict[str, str]:
    """Return an environment in which bytecode is kept, as it is for what pip installed, and away from the sources."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return kept | {"PYTHONPYCACHEPREFIX": str(inputs.folder / "bytecode")}


def run(command: Sequence[str], variables: Mapping[str, str]) -> None:
    """Run a process to its end, throwing away what it prints."""
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True, cwd=ROOT, env=variables)


def import_row(variables: Mapping[str, str]) -> Row:
    """Import a library in a new interpreter; the time of an interpreter that imports nothing is subtracted."""
    subjects = {"python": Subject(lambda: run([sys.executable, "-c", "pass"], variables))}
    for name in IMPORTED:
        is_present = bool(dicomkit) if name == "dicomkit" else importlib.util.find_spec(name) is not None
        subjects[name] = Subject(lambda name=name: run([sys.executable, "-c", f"import {name}"], variables), is_present=is_present)
    return Row("import", "import, over the bare interpreter", subjects, (Budget(limit=25e-3),), baseline="python", repeats=3)


def dicomkit_command() -> list[str]:
    """Return the command line tool beside this interpreter, or the same started by the interpreter."""
    script = Path(sys.executable).with_name("dicomkit")
    return [str(script)] if script.exists() else [sys.executable, "-c", "from dicomkit.cli import main; main()"]


def dump_row(path: Path, variables: Mapping[str, str]) -> Row:
    """Dump a small file as text, whole processes."""
    ours, theirs = [*dicomkit_command(), "dump", str(path)], ["dcmdump", str(path)]

    def shows_patient(command: list[str]) -> Answer:
        output = subprocess.run(command, capture_output=True, check=True, cwd=ROOT, env=variables).stdout
        return {"shows the patient": PATIENT_ID.encode() in output}

    return Row(
        "dump",
        "dump a small file, whole process",
        {
            "dicomkit": Subject(lambda: run(ours, variables), lambda _: shows_patient(ours), bool(dicomkit)),
            "dcmdump": Subject(lambda: run(theirs, variables), lambda _: shows_patient(theirs), bool(shutil.which("dcmdump"))),
        },
        (Budget("dcmdump", most_times=2.5),),
        {"shows the patient": True},
        repeats=3,
    )
