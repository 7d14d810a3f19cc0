"""Write docs/cli.md from the help of every command: `python docs/build_cli.py`. A test compares the two."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import click

REPOSITORY = Path(__file__).resolve().parent.parent
PAGE = REPOSITORY / "docs" / "cli.md"
WIDTH = 100
INTRODUCTION = """# Every command and option

This page is the output of `--help`, written by `docs/build_cli.py`. The global options may stand before or
after a command's name. Results go to stdout or to the file of `-o`; progress, notes and errors go to stderr.

| Exit code | Meaning |
|---|---|
| 0 | finished, and nothing at or above `--fail-on` was found |
| 1 | something at or above `--fail-on` was found; `doctor`: a check fails; `diff --exit-code`: they differ |
| 2 | wrong usage, unreadable input or configuration, an internal error, or an incomplete audit |
| 130 | interrupted with Ctrl-C |
| 143 | ended by SIGTERM |
"""


def page() -> str:
    """The whole page."""
    from ui.cli.main import cli

    sections = [f"## {name}\n\n```\n{text}\n```" for name, text in helps(cli, "govern", None)]
    return "\n\n".join([INTRODUCTION.rstrip(), *sections]) + "\n"


def helps(command: click.Command, name: str, parent: click.Context | None) -> Iterator[tuple[str, str]]:
    """(name, help without colour) of a command and of everything below it."""
    context = click.Context(command, info_name=name, parent=parent, color=False, **settings(command, parent))
    yield context.command_path, click.unstyle(command.get_help(context)).rstrip()
    if isinstance(command, click.Group):
        for below in command.list_commands(context):
            found = command.get_command(context, below)
            if found is not None:
                yield from helps(found, below, context)


def settings(command: click.Command, parent: click.Context | None) -> dict[str, object]:
    """What the command asks of its context; the width is fixed, whatever the terminal."""
    own = command.context_settings if parent is None else {}
    return {**own, "terminal_width": WIDTH}


def main() -> int:
    """Write the page."""
    PAGE.write_text(page(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.path.insert(0, str(REPOSITORY))
    sys.exit(main())
