"""A drawing of what ``dicomkit codecs bench`` measured, by matplotlib."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from dicomkit.errors import TargetError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dicomkit.cli.codecs_bench import CodecResult

__all__ = ["write_plot"]

_BAR, _ROW_INCHES, _MARGIN_INCHES = 0.38, 0.34, 1.4
_DECODE, _ENCODE, _LOSSLESS, _LOSSY = "#2b6cb0", "#dd8452", "#55735b", "#b09a4b"


def write_plot(results: Sequence[CodecResult], path: str, title: str) -> None:
    """Draw speeds and compression ratios beside each other, a row for each transfer syntax and codec.

    Raises
    ------
    ModuleNotFoundError
        If matplotlib is not installed.
    TargetError
        If the file cannot be written, or its name is of no kind that matplotlib writes.
    """
    try:
        from matplotlib import rc_context  # lazy: start-up, and not ours to require
        from matplotlib.figure import Figure
    except ModuleNotFoundError:
        raise ModuleNotFoundError("--plot needs matplotlib: pip install matplotlib") from None
    rows = [result for result in results if result.measurements and not result.is_stored][::-1]
    figure = Figure(figsize=(10, _MARGIN_INCHES + _ROW_INCHES * max(1, len(rows))), layout="constrained")
    speeds, ratios = figure.subplots(1, 2, sharey=True, width_ratios=(3, 2))
    _draw_speeds(speeds, rows)
    _draw_ratios(ratios, rows)
    figure.suptitle(f"dicomkit codecs bench: {title}", fontsize=10)
    try:
        # Text stays text: a tenth of the size, and the same file for the same numbers.
        with rc_context({"svg.fonttype": "none", "svg.hashsalt": "dicomkit"}):
            figure.savefig(path, dpi=100, metadata={"Date": None} if path.endswith(".svg") else None)
    except (OSError, ValueError) as error:
        raise TargetError(f"{path} cannot be written: {error}") from error


def _draw_speeds(axes: Any, rows: Sequence[CodecResult]) -> None:
    places = range(len(rows))
    axes.barh([place + _BAR / 2 for place in places], [row.decode_speed for row in rows], _BAR, color=_DECODE, label="decode")
    axes.barh([place - _BAR / 2 for place in places], [row.encode_speed for row in rows], _BAR, color=_ENCODE, label="encode")
    axes.set_yticks(list(places), [f"{row.syntax.keyword}  {row.codec_name}" for row in rows], fontsize=7)
    axes.set_xscale("log")
    axes.set_xlabel("MB of native pixels a second")
    axes.grid(axis="x", alpha=0.3)
    axes.legend(fontsize=7, loc="upper right")


def _draw_ratios(axes: Any, rows: Sequence[CodecResult]) -> None:
    colors = [_LOSSY if row.maximum_error else _LOSSLESS for row in rows]
    bars = axes.barh(range(len(rows)), [row.compression_ratio for row in rows], 2 * _BAR, color=colors)
    axes.bar_label(bars, [_loss_of(row) for row in rows], fontsize=6, padding=2)
    axes.margins(x=0.6)
    axes.set_xlabel("compression ratio")
    axes.grid(axis="x", alpha=0.3)


def _loss_of(row: CodecResult) -> str:
    psnr = row.psnr
    if psnr is None or row.maximum_error is None:
        return f"{row.compression_ratio:.1f}"
    loss = "lossless" if math.isinf(psnr) else f"PSNR {psnr:.0f} dB, max error {row.maximum_error:,}"
    return f"{row.compression_ratio:.1f}, {loss}"
