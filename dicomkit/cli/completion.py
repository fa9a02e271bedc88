"""``dicomkit completion``: what a shell needs to complete commands."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

__all__ = ["command"]


@click.command("completion", short_help="Print the code that makes a shell complete commands.")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def command(ctx: click.Context, shell: str) -> int:
    """Print code for SHELL that completes verbs, options and keywords of attributes.

    \b
    bash   echo 'eval "$(dicomkit completion bash)"' >> ~/.bashrc
    zsh    echo 'eval "$(dicomkit completion zsh)"' >> ~/.zshrc
    fish   dicomkit completion fish > ~/.config/fish/completions/dicomkit.fish
    """
    complete = get_completion_class(shell)
    if complete is None:
        raise click.UsageError(f"{shell} is not supported by this version of click")
    click.echo(complete(ctx.find_root().command, {}, "dicomkit", "_DICOMKIT_COMPLETE").source())
    return 0
