"""The libraries that are measured, each a module or None where it is not installed."""

from __future__ import annotations

import importlib
import importlib.metadata
import platform
import shutil
import subprocess
from types import ModuleType
from typing import Any

DISTRIBUTIONS = {
    "dicomkit": "dicomkit",
    "pydicom": "pydicom",
    "dicomsdl": "dicomsdl",
    "gdcm": "python-gdcm",
    "SimpleITK": "SimpleITK",
    "pynetdicom": "pynetdicom",
    "numpy": "numpy",
}


def find(name: str) -> Any:
    """Import a library, or return None when it is not installed; one that is there and fails to load is a failure of the run."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name != name:
            raise
        return None


def version_of(name: str) -> str | None:
    """Return the version of a library that can be imported here, or None."""
    try:
        return importlib.metadata.version(DISTRIBUTIONS[name])
    except importlib.metadata.PackageNotFoundError:
        module: ModuleType | None = find(name)
        return getattr(module, "__version__", "in place") if module else None


def dcmtk_version() -> str | None:
    """Return the version that dcmdump prints, or None."""
    if not shutil.which("dcmdump"):
        return None
    first = subprocess.run(["dcmdump", "--version"], capture_output=True, text=True, check=False).stdout.splitlines()
    return first[0].split()[2] if first else "unknown"


def orthanc_version() -> str | None:
    """Return the version that Orthanc prints, or None."""
    program = shutil.which("Orthanc") or shutil.which("Orthanc", path="/usr/sbin")
    if program is None:
        return None
    first = subprocess.run([program, "--version"], capture_output=True, text=True, check=False).stdout.splitlines()
    return first[0].split()[-1] if first else "unknown"


def versions() -> dict[str, str | None]:
    """Return the versions of everything that takes part, None for what is missing."""
    distributions = {name: version_of(name) for name in DISTRIBUTIONS}
    return {"python": platform.python_version(), **distributions, "dcmtk": dcmtk_version(), "orthanc": orthanc_version()}


dicomkit = find("dicomkit")
pydicom = find("pydicom")
dicomsdl = find("dicomsdl")
gdcm = find("gdcm")
if not hasattr(dicomkit, "read"):  # an empty namespace package is found where nothing is built
    dicomkit = None
