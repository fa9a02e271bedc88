"""``dicomkit render``: frames as pictures, contact sheets and films."""

from __future__ import annotations

import math
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dicomkit.cli.console import count, format_size, printable
from dicomkit.cli.entry import describe_problem
from dicomkit.cli.parameters import INPUT_PATH
from dicomkit.cli.progress import with_progress
from dicomkit.encoding.atomic import write_file
from dicomkit.encoding.options import ReadOptions
from dicomkit.errors import DICOMError, MissingRequiredElementError, TargetError
from dicomkit.file import read

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from dicomkit.cli.picture_list import PictureList
    from dicomkit.cli.rendering import Look, PictureReader
    from dicomkit.pixels import RenderedImage

    ParamType = click.ParamType["Window | str"]     # generic in stubs only, in the oldest click that we take
else:
    ParamType = click.ParamType

__all__ = ["command"]

Window = tuple[float, float]

# As large as pictures are in a file; what RenderedImage.resized takes.
_LARGEST_SIZE = 32768
_THUMBNAIL_SIZE = 128
# More than this nobody looks through on a sheet.
_MOST_THUMBNAILS = 1000
# A film of so many runs for an hour; and for more pixels than this, of all frames, nobody waits.
_MOST_FILM_FRAMES = 100_000
_MOST_FILM_PIXELS = 10_000_000_000
_SHOWN_PROBLEMS = 10
_NO_WINDOW = "pictures in colour have no window"


class _Window(ParamType):
    """Center and width, with a slash between them; or a name, of which ``auto`` is one."""

    name = "C/W|NAME"

    def convert(self, value: str | Window, param: click.Parameter | None, ctx: click.Context | None) -> Window | str:
        if not isinstance(value, str):
            return value
        center, slash, width = value.partition("/")
        try:
            window = float(center), float(width)
        except ValueError:
            # Whether there is a window of a name is a question to the file.
            if not slash and any(map(str.isalpha, value)):
                return value
            slash = ""
        if not slash or not all(map(math.isfinite, window)) or window[1] <= 0:
            self.fail(f"{value!r} is not a window: give center and width as in 40/400, a name such as lung, or auto", param, ctx)
        return window


@click.command("render", short_help="Render frames to a PNG or GIF file.")
@click.argument("paths", metavar="PATH...", nargs=-1, required=True, type=INPUT_PATH)
@click.option("--output", "-o", metavar="FILE",
              help="Where to, a .png or .gif; - for stdout. By default PATH's name with .png, in this folder.")  # fmt: skip
@click.option("--frame", "frame_number", metavar="N", type=click.IntRange(min=1),
              help="Which frame, from 1 as the Standard counts them; by default the first.")  # fmt: skip
@click.option("--window", type=_Window(),
              help="Center and width, such as 40/400; the name of a preset, such as lung, or of a window in the file; or auto for the "
              "range of values.")  # fmt: skip
@click.option("--size", metavar="N", type=click.IntRange(1, _LARGEST_SIZE),
              help="The longer side of the picture, or of each on a sheet. By default as stored; 128 on a sheet.")  # fmt: skip
@click.option("--no-aspect", is_flag=True,
              help="Keep pixels that are not square. By default the picture gets more rows or columns, so that they are.")  # fmt: skip
@click.option("--overlay", is_flag=True, help="Draw overlays, in white.")
@click.option("--sheet", is_flag=True, help="A contact sheet of all frames, numbered.")
@click.option("--animate", is_flag=True, help="A film of all frames: APNG, or GIF if that is what FILE's name says.")
@click.option("--series", "series_number", metavar="N", type=int, help="Of a sheet or a film, only the series of this number.")
@click.option("--force", is_flag=True, help="Read files without preamble or File Meta Information, too.")
def command(paths: tuple[str, ...], output: str | None, frame_number: int | None, window: Window | str | None, size: int | None,
            no_aspect: bool, overlay: bool, sheet: bool, animate: bool, series_number: int | None, force: bool) -> int:  # fmt: skip
    """Render a frame of a file to a PNG file, 8 bits a sample; or all frames of files and folders to a contact sheet or a film.

    Without --window, the first window stored in the file, or else the range of the frame's values. Colour has no window. Series are
    in the order of their positions in space, or else of their numbers; films run as fast as Frame Time says, or 10 frames a second.

    \b
    dicomkit render ct.dcm
    dicomkit render ct.dcm --window lung --size 256 -o lung.png
    dicomkit render cine.dcm --frame 12 -o - | display
    dicomkit render cine.dcm -o cine.gif
    dicomkit render study/ --sheet -o study.png
    dicomkit render study/ --series 2 --animate --window 40/400
    """
    target = output or f"{Path(os.path.abspath(paths[0])).stem or 'image'}.png"
    is_film = animate or Path(target).suffix.lower() == ".gif"
    _check_usage(paths, target, frame_number, series_number, sheet=sheet, is_film=is_film)
    from dicomkit.cli.rendering import Look  # lazy: start-up (it imports NumPy)
    from dicomkit.pixels import WindowSettings  # lazy: start-up (it imports NumPy)

    look = Look(WindowSettings(*window) if isinstance(window, tuple) else window, size, overlay, is_square=not no_aspect)
    options = ReadOptions(force=force)
    if not sheet and not is_film:
        _check_target(target, paths)
        try:
            picture = _render_frame(paths[0], frame_number or 1, look, options)
        except DICOMError as error:
            click.echo(f"dicomkit: error: {describe_problem(paths[0], error)}", err=True)
            return 1
        _write(target, [picture.to_png()])
        _say(target, f"{picture.shape[1]} x {picture.shape[0]}, {'RGB' if picture.ndim == 3 else 'grey'}")
        return 0
    from dicomkit.cli.picture_list import list_pictures  # lazy: start-up

    found = list_pictures(paths, options, series_number)
    _check_target(target, found.read_paths)
    files = found.pictures.files
    if look.window is not None and files and not any(file.is_grey for file in files):
        raise click.BadParameter(_NO_WINDOW, param_hint="--window")
    return (_render_sheet if sheet else _render_film)(found, target, look, options)


def _check_usage(paths: Sequence[str], target: str, frame_number: int | None, series_number: int | None, *, sheet: bool,
                 is_film: bool) -> None:  # fmt: skip
    if target != "-" and Path(target).suffix.lower() not in {".png", ".gif", ""}:
        raise click.BadParameter("pictures are written as PNG or GIF", param_hint="--output")
    if target != "-" and Path(target).is_dir():
        raise click.BadParameter(f"{printable(target)} is a folder", param_hint="--output")
    if sheet and is_film:
        raise click.UsageError("a contact sheet does not move: --sheet writes a .png, without --animate")
    if (sheet or is_film) and frame_number is not None:
        raise click.UsageError("--frame is for a single picture")
    if not sheet and not is_film and (len(paths) > 1 or os.path.isdir(paths[0])):
        raise click.UsageError("several files or a folder need --sheet, or --animate")
    if not sheet and not is_film and series_number is not None:
        raise click.UsageError("--series is for --sheet and --animate")


def _check_target(target: str, paths: Iterable[str]) -> None:
    """Refuse to write over a file that is read, by whatever name."""
    if target == "-":
        return
    try:
        status = os.stat(target)
    except OSError:
        return      # nothing there, or nothing that can be written to, which is said then
    for path in paths:
        try:
            is_same = os.path.samestat(status, os.stat(path))
        except OSError:
            continue    # said when it is read
        if is_same:
            raise click.UsageError(f"{printable(target)} would be written over a file that is read: choose another by --output")


def _render_frame(path: str, frame_number: int, look: Look, options: ReadOptions) -> RenderedImage:
    from dicomkit.pixels import PixelDataRenderer  # lazy: start-up (it imports NumPy)

    pixel_data = read(path, options).pixel_data()
    if pixel_data is None:
        raise MissingRequiredElementError("PixelData", "rendering")
    frames = len(pixel_data)
    if frame_number > frames:
        raise click.BadParameter(f"{printable(path)} has {count(frames, 'frame')}", param_hint="--frame")
    if look.window is not None and not pixel_data.descriptor.photometric_interpretation.is_monochrome:
        raise click.BadParameter(_NO_WINDOW, param_hint="--window")
    return look.render(PixelDataRenderer(pixel_data), frame_number - 1)


def _render_sheet(found: PictureList, target: str, look: Look, options: ReadOptions) -> int:
    from dataclasses import replace  # lazy: start-up

    from dicomkit.cli.rendering import PictureReader, choose_evenly  # lazy: start-up (it imports NumPy)
    from dicomkit.cli.sheet import make_sheet  # lazy: start-up (it imports NumPy)

    reader = PictureReader(options)
    look = replace(look, size=look.size or _THUMBNAIL_SIZE)
    chosen = choose_evenly(found.pictures, _MOST_THUMBNAILS)
    shapes = reader.shapes(chosen, look)
    readable = [picture for picture in chosen if picture.path in shapes]
    shown = 0
    if readable:
        rendered = ((picture, what.label) for picture, what, _ in with_progress(reader.render(readable, look), "Rendering", len(readable)))
        rows, columns = map(max, zip(*shapes.values(), strict=True))
        try:
            sheet, shown = make_sheet(rendered, len(readable), rows, columns)
        except ValueError as error:
            raise click.BadParameter(str(error), param_hint="--size") from error
    if shown:
        _write(target, [sheet.to_png()])
        of_all = f" of {len(found.pictures):,}" if len(chosen) < len(found.pictures) else ""
        _say(target, f"{count(shown, 'picture')}{of_all}, {sheet.shape[1]} x {sheet.shape[0]}")
    return _report([*found.problems, *reader.problems], is_empty=not shown)


def _render_film(found: PictureList, target: str, look: Look, options: ReadOptions) -> int:
    from dicomkit.cli.animation import encode_apng, encode_gif, fit_frames  # lazy: start-up (it imports NumPy)
    from dicomkit.cli.rendering import PictureReader, with_film_window  # lazy: start-up (it imports NumPy)

    if len(found.series) > 1:
        raise click.UsageError(f"a film is of one series; --series chooses one of {printable(', '.join(found.series))}")
    reader = PictureReader(options)
    tally = _Tally()
    if found.pictures:
        _check_film(found, reader, look)
        frames = tally.count(fit_frames(_timed_frames(found, reader, with_film_window(look, reader, found.pictures))))
        if Path(target).suffix.lower() == ".gif":
            film = encode_gif(frames)
        else:
            film = encode_apng(frames, is_color=any(file.is_color for file in found.pictures.files))
        try:
            size = _write(target, film)
        except ValueError:
            if tally.frames:
                raise
        else:
            _say(target, f"{count(tally.frames, 'frame')} in {tally.time} s, {tally.size}, {format_size(size)}")
    return _report([*found.problems, *reader.problems], is_empty=not tally.frames)


def _check_film(found: PictureList, reader: PictureReader, look: Look) -> None:
    """Refuse what nobody waits for, before it begins."""
    frames = len(found.pictures)
    if frames > _MOST_FILM_FRAMES:
        raise click.UsageError(f"a film of {frames:,} frames is too long: {_MOST_FILM_FRAMES:,} are the most")
    for rows, columns in reader.shapes(found.pictures[:1], look).values():
        if frames * rows * columns > _MOST_FILM_PIXELS:
            raise click.BadParameter(f"a film of {frames:,} frames of {columns} x {rows} pixels is too large", param_hint="--size")


def _timed_frames(found: PictureList, reader: PictureReader, look: Look) -> Iterator[tuple[RenderedImage, float]]:
    """The frames of a film, each with its time in seconds."""
    from dicomkit.cli.animation import read_frame_times  # lazy: start-up (it imports NumPy)

    path, times = "", [0.0]
    for picture, what, data_set in with_progress(reader.render(found.pictures, look), "Rendering", len(found.pictures)):
        if what.path != path:
            path, times = what.path, read_frame_times(data_set, what.file.frames)
        yield picture, times[what.frame_index]


class _Tally:
    """Counts the frames of a film that pass by."""

    def __init__(self) -> None:
        self.frames = 0
        self.seconds = 0.0
        self.size = ""

    def count(self, frames: Iterator[tuple[RenderedImage, float]]) -> Iterator[tuple[RenderedImage, float]]:
        for picture, time in frames:
            self.frames += 1
            self.seconds += time
            self.size = f"{picture.shape[1]} x {picture.shape[0]}"
            yield picture, time

    @property
    def time(self) -> str:
        return f"{self.seconds:.3g}" if self.seconds < 999.5 else f"{self.seconds:,.0f}"


def _write(target: str, chunks: Iterable[bytes]) -> int:
    """Write a picture that is whole or not there; return its size."""
    size = 0

    def measured() -> Iterator[bytes]:
        nonlocal size
        for chunk in chunks:
            size += len(chunk)
            yield chunk

    if target == "-":
        sys.stdout.flush()
        try:
            for chunk in measured():
                sys.stdout.buffer.write(chunk)
            sys.stdout.buffer.flush()
        except BrokenPipeError:
            raise
        except OSError as error:
            raise TargetError(error.errno, error.strerror, "standard output") from error
    else:
        write_file(target, measured())
    return size


def _say(target: str, words: str) -> None:
    if target != "-":
        click.echo(f"{printable(target)}: {words}")


def _report(problems: Sequence[str], *, is_empty: bool) -> int:
    """Say on stderr what was left out; return the exit code."""
    for problem in problems[:_SHOWN_PROBLEMS]:
        click.echo(f"dicomkit: {problem}", err=True)
    if len(problems) > _SHOWN_PROBLEMS:
        click.echo(f"dicomkit: and {len(problems) - _SHOWN_PROBLEMS:,} more", err=True)
    if is_empty and not problems:
        click.echo("dicomkit: error: no pictures there", err=True)
    return 1 if problems or is_empty else 0
