"""``dicomkit samples``: a small study to try things on."""

from __future__ import annotations

from pathlib import Path

import click

from dicomkit.cli.console import count, format_size, printable

__all__ = ["command"]


@click.command("samples", short_help="Write a small synthetic study to try things on.")
@click.argument("folder", metavar="DIR", type=click.Path(file_okay=False, path_type=str))
def command(folder: str) -> int:
    """Write the sample study to DIR, which is made if need be: a CT series, one slice deflated, an MR image in big endian, a secondary
    capture in RGB. Everything is drawn and invented.

    \b
    dicomkit samples samples
    dicomkit info samples
    """
    from dicomkit.samples import write_samples  # lazy: start-up (it imports NumPy)

    paths = write_samples(folder)
    size = sum(Path(path).stat().st_size for path in paths)
    click.echo(f"{count(len(paths), 'file')}, {format_size(size)}, in {printable(folder)}")
    return 0
