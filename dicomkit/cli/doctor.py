"""``dicomkit doctor``: what is installed, and whether it works."""

from __future__ import annotations

import platform
import sys
from importlib import import_module, metadata
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path
from typing import TYPE_CHECKING

import click

import dicomkit
from dicomkit.cli.console import bold, count, printable
from dicomkit.dictionary import DICOM_STANDARD_EDITION, DataElementDictionary, PrivateDictionary, UIDDictionary

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["command"]

Finding = tuple[str, str, bool]
"""What was looked at, what was found, and whether dicomkit can do without that being better."""

CODECS = "dicomkit.codecs"
_NEEDED = ("click", "imagecodecs", "numpy", "pluggy", "rich")
_EXTRAS = {"pandas": "pandas", "arrow": "pyarrow"}


@click.command("doctor", short_help="Check the installation.")
def command() -> int:
    """Check the installation: versions, compiled modules, dictionaries, codecs, extras, and one picture from bytes to PNG.

    The exit code is 1 if something that is needed is missing or broken.
    """
    is_well = True
    for title, check in _CHECKS.items():
        click.echo(bold(title))
        for name, text, is_good in check():
            is_well = is_well and is_good
            click.echo(f"  {'ok' if is_good else 'BAD':<4}{name:<34} {printable(text)}")
    click.echo(bold("Everything that is needed is there." if is_well else "Something that is needed is broken: reinstall dicomkit."))
    return 0 if is_well else 1


def _versions() -> Iterator[Finding]:
    yield "dicomkit", f"{dicomkit.__version__} in {Path(dicomkit.__file__).parent}", True
    yield "Python", f"{platform.python_version()} {platform.python_implementation()}, {sys.executable}", sys.version_info >= (3, 11)
    yield "platform", f"{platform.system()} {platform.machine()}", True
    try:
        requirements = metadata.requires("dicomkit") or []
    except metadata.PackageNotFoundError:
        yield "distribution", "not installed, run from its sources", True
        requirements = list(_NEEDED)
    for requirement in requirements:
        if "extra ==" in requirement:
            continue
        name = requirement.split(";")[0].strip()
        for mark in "<>=!~ [":
            name = name.split(mark)[0]
        yield name, *_version_of(name)


def _version_of(distribution: str) -> tuple[str, bool]:
    try:
        return metadata.version(distribution), True
    except metadata.PackageNotFoundError:
        return "not installed", False


def _compiled() -> Iterator[Finding]:
    """One finding for each ``.pyi`` beside which an extension should be."""
    root = Path(dicomkit.__file__).parent
    for stub in sorted(root.rglob("*.pyi")):
        if stub.with_suffix(".py").exists():
            continue
        name = ".".join(("dicomkit", *stub.relative_to(root).with_suffix("").parts))
        try:
            path = getattr(import_module(name), "__file__", None) or ""
        except Exception as error:
            yield name, f"cannot be imported: {type(error).__name__}: {error}", False
            continue
        yield name, Path(path).name, path.endswith(tuple(EXTENSION_SUFFIXES))


def _dictionaries() -> Iterator[Finding]:
    yield "edition of the Standard", DICOM_STANDARD_EDITION, True
    for name, number in (
        ("data elements", DataElementDictionary.count()),
        ("private data elements", PrivateDictionary.count()),
        ("UIDs", UIDDictionary.count()),
    ):
        yield name, f"{number:,}", number > 0


def _codecs() -> Iterator[Finding]:
    found = metadata.entry_points(group=CODECS)
    if not found:
        yield "plugins", "none installed: compressed pixel data cannot be decoded, everything else can", True
    for entry_point in sorted(found, key=lambda found: found.name):
        version = f" {entry_point.dist.name} {entry_point.dist.version}" if entry_point.dist else ""
        try:
            entry_point.load()
        except Exception as error:      # whatever a plugin does wrong is what we are here to tell
            yield entry_point.name, f"cannot be loaded:{version}: {type(error).__name__}: {error}", False
        else:
            yield entry_point.name, f"loads:{version}", True


def _extras() -> Iterator[Finding]:
    for extra, distribution in _EXTRAS.items():
        version, is_there = _version_of(distribution)
        yield distribution, version if is_there else f"not installed: pip install 'dicomkit[{extra}]'", True


def _picture() -> Iterator[Finding]:
    """Make a file, read it, render it."""
    try:
        from dicomkit.testing import Attribute, data_set, part10  # lazy: start-up

        attributes: list[Attribute] = [(0x00280002, "US", 1), (0x00280004, "CS", "MONOCHROME2")]
        attributes += [(0x00280010, "US", 2), (0x00280011, "US", 2)]
        attributes += [(0x00280100, "US", 8), (0x00280101, "US", 8), (0x00280102, "US", 7), (0x00280103, "US", 0)]
        file = dicomkit.read(part10(data_set([*attributes, (0x7FE00010, "OW", bytes([0, 85, 170, 255]))])))
        picture = file.render_frame()
        png = picture.to_png()
    except Exception as error:
        yield "render a picture", f"failed: {type(error).__name__}: {error}", False
        return
    # 170 becomes 171: a window of width 255 maps linearly over 254 steps (PS3.3 C.11.2.1.2.1).
    is_right = picture.tolist() == [[0, 85], [171, 255]] and png.startswith(b"\x89PNG")
    yield "render a picture", f"2 x 2 pixels to {count(len(png), 'byte')} of PNG", is_right


_CHECKS: dict[str, Callable[[], Iterator[Finding]]] = {
    "Versions": _versions,
    "Compiled modules": _compiled,
    "Dictionaries": _dictionaries,
    "Codecs": _codecs,
    "Extras": _extras,
    "Reading and rendering": _picture,
}
