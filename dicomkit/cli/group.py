"""The verbs, each imported when it is called."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

import click

import dicomkit
from dicomkit.cli.console import ReaderGone

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["cli", "run_command", "run_group"]

PROGRAM = "dicomkit"
INTERRUPTED = 130
# With their one-line helps, so that the list of verbs needs none of them imported.
_VERBS = {
    "info": "Say what is in files and folders.",
    "dump": "Print every data element of a file.",
    "render": "Render frames to a PNG or GIF file.",
    "scan": "Make a table of attributes of many files.",
    "edit": "Set and delete elements of files.",
    "diff": "Say what differs between two files or folders.",
    "validate": "Say what is wrong with files.",
    "convert": "Write files in another transfer syntax.",
    "codecs": "List the codecs that are installed, and measure them.",
    "echo": "Ask a peer whether it is there (C-ECHO).",
    "find": "Ask a peer what it has (C-FIND).",
    "get": "Get a study, series or instance from a peer (C-GET).",
    "move": "Have a peer send a study, series or instance elsewhere (C-MOVE).",
    "store": "Send files to a peer (C-STORE).",
    "serve": "Receive files into a folder (a storage SCP).",
    "samples": "Write a small synthetic study to try things on.",
    "doctor": "Check the installation.",
    "completion": "Print the code that makes a shell complete commands.",
}


class _LazyGroup(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _VERBS:
            return None
        command: click.Command = import_module(f"dicomkit.cli.{cmd_name}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(_VERBS.items()))

    def invoke(self, ctx: click.Context) -> Any:
        try:
            code = super().invoke(ctx)
            sys.stdout.flush()
        except BrokenPipeError:  # click would end the process here, with 1
            raise ReaderGone from None
        return code


@click.group(
    cls=_LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Exit codes: 0 done, 1 something is wrong with a file, 2 the command was used wrongly.",
)
@click.version_option(dicomkit.__version__, prog_name=PROGRAM)
def cli() -> None:
    """Look into DICOM files.

    \b
    dicomkit info study/              what a folder holds
    dicomkit dump image.dcm           every data element of a file
    dicomkit render image.dcm         its picture
    dicomkit convert in/ out/ --to JPEG2000Lossless   another transfer syntax
    dicomkit store PACS@host:11112 study/   a folder sent to a PACS
    dicomkit COMMAND --help           more, with examples
    """


def run_group(arguments: Sequence[str]) -> int:
    """Run a command line; return its exit code."""
    return run_command(cli, arguments, PROGRAM)


def run_command(command: click.Command, arguments: Sequence[str], program: str) -> int:
    """Run a command by click; return its exit code. Mistakes in its use are said on stderr."""
    try:
        code = command.main(args=list(arguments), prog_name=program, standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except click.Abort:
        return INTERRUPTED
    return code if isinstance(code, int) else 0
