"""Every help page of the program, with the full name of its command."""

from __future__ import annotations

from collections.abc import Iterator

import click

from ui.cli.lazy import Page
from ui.cli.main import cli


def pages(command: click.Command = cli, name: str = "govern") -> Iterator[tuple[str, Page]]:
    """The page of a command, then those below it."""
    assert isinstance(command, Page), name
    yield name, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for below in command.list_commands(context):
            inner = command.get_command(context, below)
            assert inner is not None
            yield from pages(inner, f"{name} {below}")


PAGES = list(pages())
