"""Tests of a distribution run where it is installed: any of them can be left out."""

from importlib.util import find_spec
from pathlib import Path

collect_ignore = [
    str(project.parent)
    for project in Path(__file__).parent.glob("*/pyproject.toml")
    if not any(find_spec(package.parent.name) for package in project.parent.glob("dicomkit_*/__init__.py"))
]
