"""What goes to the terminal: nothing in it may steer the terminal, and colours only where somebody looks."""

from __future__ import annotations

import os
import sys

from dicomkit.display import printable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TextIO

__all__ = ["ReaderGone", "bold", "count", "dim", "format_size", "has_color", "printable"]


class ReaderGone(Exception):
    """Nobody reads our output any more."""


def has_color(stream: TextIO) -> bool:
    """Return whether a stream is a terminal, and colours are not unwanted (NO_COLOR) or unknown to it."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def _style(code: int) -> Callable[[str], str]:
    return lambda text: f"\x1b[{code}m{text}\x1b[0m" if has_color(sys.stdout) else text


bold = _style(1)
dim = _style(2)


def format_size(size: int) -> str:
    """Return a number of bytes in decimal units, with three digits."""
    amount = float(size)
    for unit in ("bytes", "kB", "MB", "GB", "TB"):
        if amount < 999.5 or unit == "TB":
            return f"{size:,} {unit}" if unit == "bytes" else f"{amount:.3g} {unit}"
        amount /= 1000
    raise AssertionError("TB is the last unit")


def count(number: int, noun: str, plural: str | None = None) -> str:
    """Return ``1 file``, ``2,000 files``."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"
