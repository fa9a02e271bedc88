"""Where the command begins, and where every mistake ends: in one line on stderr and an exit code.

0: done. 1: something is wrong with a file, or could not be written. 2: the command was used wrongly. 130: interrupted.
"""

from __future__ import annotations

import os
import sys
import warnings

from dicomkit.cli.console import ReaderGone, printable
from dicomkit.errors import DICOMError, DICOMWarning

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import NoReturn, TextIO

__all__ = ["describe", "describe_problem", "guard", "main", "run"]

FAILED = 1
INTERRUPTED = 130
SHOWN_WARNINGS = 10


def main() -> NoReturn:
    """Run the command line of this process and exit."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Run a command line; return its exit code."""
    return guard(lambda: _dispatch(arguments))


def guard(action: Callable[[], int]) -> int:
    """Run ``action``; return its exit code, or, after saying so, that of what went wrong. Nobody gets a traceback for a mistake."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")  # names of files need not be text, terminals need not be UTF-8
    with warnings.catch_warnings():
        briefly = _BriefWarnings()
        warnings.simplefilter("always", DICOMWarning)
        warnings.showwarning = briefly.show
        try:
            code = action()
            sys.stdout.flush()
        except (ReaderGone, BrokenPipeError):
            # Who reads has seen enough, as in ``dicomkit dump x | head``. What is left in the buffer must go nowhere at exit.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return 0
        except KeyboardInterrupt:
            return INTERRUPTED
        except (DICOMError, OSError, ModuleNotFoundError) as error:
            sys.stdout.flush()
            print(f"dicomkit: error: {describe(error)}", file=sys.stderr)
            return FAILED
        finally:
            briefly.finish()
    return code


def _dispatch(arguments: Sequence[str]) -> int:
    # The one thing that must start at once: click alone takes longer to import than everything else together (25 of 50 ms).
    if len(arguments) == 2 and arguments[0] == "dump" and not arguments[1].startswith("-"):
        from dicomkit.cli.dump_text import dump_plainly  # lazy: start-up

        return dump_plainly(arguments[1])
    from dicomkit.cli.group import run_group  # lazy: start-up

    return run_group(arguments)


# What arguments are called here.
_OPTIONS = (("force=True", "--force"), ("lenient=True", "edit --lenient"), ("switch_to_utf_8=True", "edit --utf-8"))


def describe(error: BaseException) -> str:
    """Return what an error says, on one line; of the system's errors, path and reason."""
    if isinstance(error, OSError) and error.strerror:
        return printable(f"{error.filename}: {error.strerror}" if error.filename else error.strerror)
    words = str(error)
    for argument, option in _OPTIONS:
        words = words.replace(argument, option)
    return printable(words or type(error).__name__)


def describe_problem(path: str, error: BaseException) -> str:
    """Return what an error says of a file, with its path once."""
    words, name = describe(error), printable(path)
    return words if isinstance(error, OSError) and name in words else f"{name}: {words}"


class _BriefWarnings:
    """Shows each warning once, on one line, and not too many of them."""

    def __init__(self) -> None:
        self._shown: set[str] = set()
        self._hidden = 0

    def show(
        self,
        message: Warning | str,
        category: type[Warning],
        filename: str,
        lineno: int,
        file: TextIO | None = None,
        line: str | None = None,
    ) -> None:
        text = printable(str(message))
        if text in self._shown:
            return
        if len(self._shown) < SHOWN_WARNINGS:
            self._shown.add(text)
            print(f"dicomkit: warning: {text}", file=sys.stderr)
        else:
            self._hidden += 1

    def finish(self) -> None:
        if self._hidden:
            print(f"dicomkit: {self._hidden} more warnings", file=sys.stderr)
