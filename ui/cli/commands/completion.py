"""`govern completion`: the script that teaches a shell the commands and options."""

from __future__ import annotations

import click

from ui.cli.lazy import Command, Example

SHELLS = ("bash", "zsh", "fish")


@click.command(
    cls=Command,
    arguments={"SHELL": "bash, zsh or fish"},
    examples=(
        Example("for this session of bash", 'eval "$(govern completion bash)"'),
        Example("for good in fish", "govern completion fish > govern.fish"),
    ),
)
@click.argument("shell", type=click.Choice(SHELLS), metavar="SHELL")
def command(shell: str) -> int:
    """Print a shell completion script.

    The script asks `govern` itself for completions, so it stays right when commands and options change.
    """
    from click.shell_completion import get_completion_class

    from ui.cli.main import COMPLETION, cli

    kind = get_completion_class(shell)
    if kind is None:
        raise click.UsageError(f"click knows no completion for {shell}")
    click.echo(kind(cli, {}, "govern", COMPLETION).source())
    return 0
