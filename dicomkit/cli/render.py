"""``dicomkit render``: a frame as a PNG file."""

from __future__ import annotations

import math
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dicomkit.cli.console import printable
from dicomkit.cli.parameters import INPUT_FILE
from dicomkit.encoding.options import ReadOptions
from dicomkit.errors import MissingRequiredElementError
from dicomkit.file import read

if TYPE_CHECKING:
    from dicomkit.pixels import WindowSettings

    ParamType = click.ParamType["Window | str"]     # generic in stubs only, in the oldest click that we take
else:
    ParamType = click.ParamType

__all__ = ["command"]

Window = tuple[float, float]


class _Window(ParamType):
    """Center and width, with a slash between them, or ``auto``."""

    name = "C/W"

    def convert(self, value: str | Window, param: click.Parameter | None, ctx: click.Context | None) -> Window | str:
        if not isinstance(value, str) or value == "auto":
            return value
        center, slash, width = value.partition("/")
        try:
            window = float(center), float(width)
        except ValueError:
            slash = ""
        if not slash or not all(map(math.isfinite, window)) or window[1] <= 0:
            self.fail(f"{value!r} is not a window: give center and width as in 40/400, or auto", param, ctx)
        return window


@click.command("render", short_help="Render a frame to a PNG file.")
@click.argument("path", metavar="FILE", type=INPUT_FILE)
@click.option("--output", "-o", metavar="PNG", help="Where to; - for stdout. By default FILE's name with .png, in this folder.")
@click.option("--frame", "frame_number", metavar="N", type=click.IntRange(min=1), default=1, show_default=True,
              help="Which frame, from 1 as the Standard counts them.")  # fmt: skip
@click.option("--window", type=_Window(), help="Window center and width, such as 40/400, or auto for the frame's range of values.")
@click.option("--force", is_flag=True, help="Read files without preamble or File Meta Information, too.")
def command(path: str, output: str | None, frame_number: int, window: Window | str | None, force: bool) -> int:
    """Render a frame of FILE to a PNG file, 8 bits a sample.

    Without --window, the first window stored in the file, or else the range of the frame's values. Colour needs no window.

    \b
    dicomkit render ct.dcm
    dicomkit render ct.dcm --window -600/1500 -o lung.png
    dicomkit render cine.dcm --frame 12 -o - | display
    """
    target = output or f"{Path(path).stem or 'image'}.png"
    if target != "-" and Path(target).suffix.lower() not in {".png", ""}:
        raise click.BadParameter("pictures are written as PNG", param_hint="--output")
    if target != "-" and Path(target).is_dir():
        raise click.BadParameter(f"{printable(target)} is a folder", param_hint="--output")
    file = read(path, ReadOptions(force=force))
    pixel_data = file.pixel_data()
    if pixel_data is None:
        raise MissingRequiredElementError("PixelData", "rendering")
    frames = pixel_data.descriptor.number_of_frames
    if frame_number > frames:
        raise click.BadParameter(f"{printable(path)} has {frames} frame{'' if frames == 1 else 's'}", param_hint="--frame")
    if window is None:
        picture = file.render_frame_with_stored_window(frame_number - 1)
    else:
        picture = file.render_frame(frame_number - 1, None if isinstance(window, str) else _settings(window))
    png = picture.to_png()
    if target == "-":
        sys.stdout.flush()
        sys.stdout.buffer.write(png)
    else:
        Path(target).write_bytes(png)
        click.echo(f"{printable(target)}: {picture.shape[1]} x {picture.shape[0]}, {'RGB' if picture.ndim == 3 else 'grey'}")
    return 0


def _settings(window: Window) -> WindowSettings:
    from dicomkit.pixels import WindowSettings  # lazy: start-up (it imports NumPy)

    return WindowSettings(center=window[0], width=window[1])
