"""``dicomkit codecs bench``: how fast codecs are, how small they make frames, and what they lose, on the user's own files."""

from __future__ import annotations

import json
import math
import os
import sys
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from dicomkit.cli.console import count, printable
from dicomkit.cli.entry import describe
from dicomkit.cli.parameters import INPUT_PATH, TRANSFER_SYNTAX
from dicomkit.cli.progress import with_progress
from dicomkit.cli.text_table import write_text_table
from dicomkit.codecs import EncodeOptions, registry
from dicomkit.errors import DICOMError, PixelDataError
from dicomkit.file import read
from dicomkit.scanning import find_files
from dicomkit.transfer_syntax import TransferSyntax

if TYPE_CHECKING:
    from collections.abc import Callable

    from dicomkit.codecs.measure import CodecMeasurement
    from dicomkit.pixels import PixelData

__all__ = ["CodecResult", "bench"]

FAILED = 1
MEGABYTE = 1e6
_COLUMNS = ("transfer syntax", "codec", "frames", "decode MB/s", "encode MB/s", "ratio", "max error", "PSNR dB", "cannot")


@click.command("bench", short_help="Measure the codecs on your own files.")
@click.argument("paths", metavar="FILE...", nargs=-1, required=True, type=INPUT_PATH)
@click.option("--to", "syntaxes", metavar="SYNTAX", multiple=True, type=TRANSFER_SYNTAX, help="Only this one. Can be repeated.")
@click.option("--codec", "names", metavar="NAME", multiple=True, help="Only this one. Can be repeated.")
@click.option("--frames", metavar="N", type=click.IntRange(1), default=4, show_default=True, help="So many of each file at most.")
@click.option("--rounds", metavar="N", type=click.IntRange(1), default=3, show_default=True, help="The fastest of so many counts.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--plot", metavar="FILE", type=click.Path(dir_okay=False, path_type=str), help="Draw speeds and ratios as .png or .svg.")
def bench(paths: tuple[str, ...], syntaxes: tuple[TransferSyntax, ...], names: tuple[str, ...], frames: int, rounds: int, as_json: bool,
          plot: str | None) -> int:  # fmt: skip
    """Measure each codec that can on the frames of FILEs, native or compressed, and of all DICOM files in folders: megabytes of native
    pixels a second, how many times as small frames get, the largest error of a sample, and the peak signal-to-noise ratio.

    Each codec that encodes is given the frames and decodes its own; each that decodes a file's transfer syntax decodes what is in the
    file, too ("as in the files"). One frame at a time. What a codec cannot take (too many bits, signed, colours) is left out, and counted
    in the last column. The exit code is 1 if no file had frames.

    \b
    dicomkit codecs bench ct.dcm us.dcm
    dicomkit codecs bench archive/ --frames 1 --plot codecs.svg
    """
    measured = Bench({syntax.uid for syntax in syntaxes}, set(names), frames, rounds)
    files = [path for path, error in find_files(paths) if error is None]
    for path in with_progress(files, "Measuring", len(files)):
        measured.add_file(path, is_named=path in paths)
    results = sorted(measured.results.values(), key=lambda result: (result.is_stored, result.syntax.uid, result.codec_name))
    if as_json:
        document = {"files": measured.file_count, "frames": measured.frame_count, "results": [result.to_json() for result in results]}
        click.echo(json.dumps(document, indent=2))
    elif results:
        write_text_table(_COLUMNS, (result.cells() for result in results), sys.stdout)
        click.echo(f"{count(measured.frame_count, 'frame')} of {count(measured.file_count, 'file')}", err=True)
    if plot is not None and results:
        from dicomkit.cli.codecs_plot import write_plot  # lazy: start-up (matplotlib)

        write_plot(results, plot, f"{count(measured.frame_count, 'frame')} of {count(measured.file_count, 'file')}")
    return 0 if results else FAILED


@dataclass(slots=True)
class CodecResult:
    """What a codec did in a transfer syntax, with the frames of all files.

    Attributes
    ----------
    is_stored
        Whether it decoded what is in the files; else what it had encoded itself.
    refused_frames
        How many it could not take.
    """

    syntax: TransferSyntax
    codec_name: str
    is_stored: bool = False
    measurements: list[CodecMeasurement] = field(default_factory=list)
    refused_frames: int = 0

    @property
    def frame_count(self) -> int:
        """How many frames were encoded and decoded."""
        return sum(one.frame_count for one in self.measurements)

    @property
    def native_bytes(self) -> int:
        """Of these frames."""
        return sum(one.native_bytes for one in self.measurements)

    @property
    def decode_speed(self) -> float:
        """Millions of bytes of native pixels a second."""
        return self.native_bytes / sum(one.decode_seconds for one in self.measurements) / MEGABYTE

    @property
    def encode_speed(self) -> float | None:
        """Millions of bytes of native pixels a second; None if nothing was encoded."""
        return None if self.is_stored else self.native_bytes / sum(one.encode_seconds or 0 for one in self.measurements) / MEGABYTE

    @property
    def compression_ratio(self) -> float:
        """Bytes of native pixels for each encoded byte."""
        return self.native_bytes / sum(one.encoded_bytes for one in self.measurements)

    @property
    def maximum_error(self) -> int | None:
        """The largest of all files; None if nothing could be compared."""
        return max((one.maximum_error for one in self.measurements if one.maximum_error is not None), default=None)

    @property
    def psnr(self) -> float | None:
        """The lowest of all files."""
        return min((one.psnr for one in self.measurements if one.psnr is not None), default=None)

    def cells(self) -> list[str]:
        """A row of the table."""
        what = f"{self.syntax.keyword} (as in the files)" if self.is_stored else self.syntax.keyword
        names = [what, printable(self.codec_name), f"{self.frame_count:,}"]
        refused = f"{self.refused_frames:,}" if self.refused_frames else ""
        if not self.measurements:
            return [*names, "", "", "", "", "", refused]
        encode_speed, error, psnr = self.encode_speed, self.maximum_error, self.psnr
        return [
            *names,
            f"{self.decode_speed:,.0f}",
            "" if encode_speed is None else f"{encode_speed:,.0f}",
            f"{self.compression_ratio:.2f}",
            "" if error is None else str(error),
            "" if psnr is None else "lossless" if math.isinf(psnr) else f"{psnr:.1f}",
            refused,
        ]

    def to_json(self) -> dict[str, Any]:
        """Everything as JSON has it; an infinite PSNR, of no loss, is null."""
        result: dict[str, Any] = {"transfer_syntax": self.syntax.keyword, "uid": self.syntax.uid, "codec": self.codec_name}
        result |= {"as_in_the_files": self.is_stored, "frames": self.frame_count, "refused_frames": self.refused_frames}
        if self.measurements:
            psnr = self.psnr
            result |= {
                "native_bytes": self.native_bytes,
                "encoded_bytes": sum(one.encoded_bytes for one in self.measurements),
                "decode_seconds": sum(one.decode_seconds for one in self.measurements),
                "encode_seconds": None if self.is_stored else sum(one.encode_seconds or 0 for one in self.measurements),
                "decode_megabytes_per_second": self.decode_speed,
                "encode_megabytes_per_second": self.encode_speed,
                "compression_ratio": self.compression_ratio,
                "maximum_error": self.maximum_error,
                "psnr": None if psnr is None or math.isinf(psnr) else psnr,
            }
        return result


class Bench:
    """Goes through files and measures codecs on each.

    Attributes
    ----------
    results
        By transfer syntax, codec, and whether what is in the files was decoded.
    file_count, frame_count
        What was measured on.
    """

    def __init__(self, uids: set[str], names: set[str], most_frames: int, rounds: int) -> None:
        self.results: dict[tuple[str, str, bool], CodecResult] = {}
        self.file_count = self.frame_count = 0
        self._most_frames = most_frames
        self._rounds = rounds
        self._names = names
        self._pairs = [
            (syntax, info.codec)
            for info in registry.codecs
            for uid in info.transfer_syntax_uids
            if info.is_enabled and info.can_encode and (syntax := TransferSyntax.from_uid(uid)) is not None
            if (not uids or uid in uids) and (not names or info.codec.name in names)
        ]
        if not self._pairs:
            raise click.UsageError("no codec that encodes is installed" + (" for that" if uids or names else ""))

    def add_file(self, path: str, *, is_named: bool) -> None:
        """Measure on the frames of a file. One that has none is left out, and told of if it was named."""
        try:
            file = read(path, force=is_named)
            pixel_data = file.pixel_data()
            if pixel_data is None or pixel_data.descriptor.is_float:
                raise PixelDataError("there are no frames that a codec takes")
            frames = [pixel_data.frame(index) for index in range(min(self._most_frames, len(pixel_data)))]
        except (DICOMError, OSError) as error:
            if is_named:
                click.echo(f"dicomkit: error: {printable(os.fspath(path))}: {describe(error)}", err=True)
            return
        self.file_count += 1
        self.frame_count += len(frames)
        for syntax, codec in self._pairs:
            self._add(CodecResult(syntax, codec.name), len(frames), partial(self._measure, syntax, codec, pixel_data, frames))
        if pixel_data.encapsulated is not None:
            for decoder in registry.decoders(file.transfer_syntax.uid):
                if not self._names or decoder.name in self._names:
                    measure = partial(self._measure_stored, file.transfer_syntax, decoder, pixel_data, len(frames))
                    self._add(CodecResult(file.transfer_syntax, decoder.name, is_stored=True), len(frames), measure)

    def _add(self, empty: CodecResult, frame_count: int, measure: Callable[[], CodecMeasurement]) -> None:
        result = self.results.setdefault((empty.syntax.uid, empty.codec_name, empty.is_stored), empty)
        try:
            result.measurements.append(measure())
        except DICOMError:
            result.refused_frames += frame_count

    def _measure_stored(self, syntax: TransferSyntax, decoder: Any, pixel_data: PixelData, frame_count: int) -> CodecMeasurement:
        from dicomkit.codecs.measure import measure_decoder  # lazy: start-up (it imports NumPy)

        encoded = [pixel_data.frame_data(index) for index in range(frame_count)]
        return measure_decoder(decoder, encoded, pixel_data.descriptor, syntax.uid, rounds=self._rounds)

    def _measure(self, syntax: TransferSyntax, codec: Any, pixel_data: PixelData, frames: list[Any]) -> CodecMeasurement:
        from dicomkit.codecs.measure import measure_codec  # lazy: start-up (it imports NumPy)
        from dicomkit.pixels.transcode_encode import fit_descriptor

        decoded = replace(pixel_data.descriptor, photometric_interpretation=pixel_data.photometric_interpretation(0))
        descriptor = fit_descriptor(decoded, syntax)
        if not syntax.is_lossless and descriptor.photometric_interpretation.is_palette_color:
            raise PixelDataError("indices into a palette cannot be encoded with loss")
        pixels = [frame.astype(descriptor.dtype, order="C", copy=False) for frame in frames]
        decoder = codec if callable(getattr(codec, "decode_frame", None)) else registry.get_decoder(syntax.uid)
        return measure_codec(codec, decoder, pixels, descriptor, EncodeOptions(transfer_syntax_uid=syntax.uid), rounds=self._rounds)
