"""Commands that draw their own help in sections, and a group that imports a command only when it is used.

Drawing help with Rich costs about 115 ms of CPU (rich-click 1.9: 168 ms against 51 ms for plain click), more
than everything else `govern --help` does, so the sections, the colour and the examples are drawn here.
"""

from __future__ import annotations

import difflib
import importlib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import click

from ui.cli.globals import global_options

F = TypeVar("F", bound=Callable[..., Any])
WIDTH = 100  # the widest help page, in characters
RANGE = re.compile(r"  \[(?:[\d.]+<=?)?x[<>=].*\]$")
"""Click's own note of the range a number may have; the help says it in words."""
GLOBAL = "; the global options, which `govern --help` lists, work here too"


class Option(click.Option):
    """An option that says under which heading of the help it stands."""

    def __init__(self, *args: Any, section: str = "Options", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.section = section


def option(*names: str, section: str = "Options", **settings: Any) -> Callable[[F], F]:
    """`click.option` with a heading."""
    return click.option(*names, cls=Option, section=section, **settings)


@dataclass(frozen=True)
class Example:
    """A command line that works as printed, and what it is for. A test runs every one of them."""

    words: str
    command: str


class Page(click.Command):
    """What commands and groups share: a help page of sections that ends with examples."""

    arguments: Mapping[str, str]
    examples: Sequence[Example]

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write usage, text, arguments, options by section, commands and examples."""
        page = click.HelpFormatter(width=formatter.width)
        page.write_heading = lambda heading: page.write(_bold(f"{heading}:") + "\n")  # type: ignore[method-assign]
        self.format_usage(ctx, page)
        self.format_help_text(ctx, page)
        _definitions(page, "Arguments", list(self.arguments.items()))
        self._options(ctx, page)
        self._commands(ctx, page)
        _examples(page, self.examples)
        formatter.write(page.getvalue())

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        """The -h option in this program's words."""
        found = super().get_help_option(ctx)
        if found is not None:
            found.help = "show this page" + ("" if ctx.parent is None else GLOBAL)
        return found

    def _options(self, ctx: click.Context, page: click.HelpFormatter) -> None:
        sections: dict[str, list[tuple[str, str]]] = {}
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx) if isinstance(parameter, click.Option) else None
            if record:
                words = RANGE.sub("", record[1])
                sections.setdefault(getattr(parameter, "section", "Options"), []).append((record[0], words))
        for heading, records in sections.items():
            _definitions(page, heading, records)

    def _commands(self, ctx: click.Context, page: click.HelpFormatter) -> None:
        """Nothing here; groups list their commands."""


class Command(Page):
    """A command. The global options may follow its name too."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.arguments = kwargs.pop("arguments", {})
        self.examples = kwargs.pop("examples", ())
        super().__init__(*args, **kwargs)
        self.params += global_options(hidden=True)


class Group(Page, click.Group):
    """A group whose commands are in its own file."""

    command_class = Command

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.arguments = {}
        self.examples = kwargs.pop("examples", ())
        super().__init__(*args, **kwargs)
        self.params += global_options(hidden=True)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that the arguments name; an error with the nearest name otherwise."""
        _check_name(args[0], self.commands, ctx)
        return super().resolve_command(ctx, args)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names, in the order they are declared."""
        return list(self.commands)

    def _commands(self, ctx: click.Context, page: click.HelpFormatter) -> None:
        named = [(n, c.get_short_help_str(WIDTH).rstrip(".")) for n, c in self.commands.items()]
        _definitions(page, "Commands", named)


class DefaultGroup(Group):
    """A group one of whose commands needs not be named: `govern eval MODEL` is `govern eval run MODEL`."""

    def __init__(self, *args: Any, default: str, **kwargs: Any) -> None:
        self.default = default
        super().__init__(*args, **kwargs)
        # an option before the first word is the default command's, so it is left where it stands
        self.context_settings.update(ignore_unknown_options=True, allow_interspersed_args=False)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that is named, else the default one with all the words."""
        named = args if args[0] in self.commands else [self.default, *args]
        return super().resolve_command(ctx, named)


class NoSuchCommand(click.UsageError):
    """A command that is not there, and the nearest ones that are. Click has its own from 8.4 only."""

    def __init__(self, name: str, known: Iterable[str], ctx: click.Context) -> None:
        super().__init__(f"no such command {name!r}", ctx)
        self.possibilities = difflib.get_close_matches(name, list(known))


@dataclass(frozen=True)
class Entry:
    """A command that is not imported yet: `where` is module:attribute."""

    name: str
    where: str
    summary: str


class LazyGroup(Page, click.Group):
    """A group that knows its commands by name and summary alone."""

    def __init__(self, *args: Any, sections: Mapping[str, Sequence[Entry]], **kwargs: Any) -> None:
        self.arguments = {}
        self.examples = kwargs.pop("examples", ())
        self.sections = sections
        self.entries = {entry.name: entry for entries in sections.values() for entry in entries}
        super().__init__(*args, **kwargs)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names, in the order of the help page."""
        return list(self.entries)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command, imported now."""
        entry = self.entries.get(cmd_name)
        if entry is None:
            return None
        module, attribute = entry.where.split(":")
        found = getattr(importlib.import_module(module), attribute)
        return found if isinstance(found, click.Command) else None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that the arguments name; an error with the nearest name otherwise."""
        _check_name(args[0], self.entries, ctx)
        return super().resolve_command(ctx, args)

    def _commands(self, ctx: click.Context, page: click.HelpFormatter) -> None:
        for heading, entries in self.sections.items():
            _definitions(page, heading, [(entry.name, entry.summary) for entry in entries])


def _check_name(name: str, known: Iterable[str], ctx: click.Context) -> None:
    if name not in known and not name.startswith("-") and not ctx.resilient_parsing:
        raise NoSuchCommand(name, known, ctx)


def _definitions(page: click.HelpFormatter, heading: str, rows: list[tuple[str, str]]) -> None:
    if rows:
        with page.section(heading):
            page.write_dl(rows, col_max=32)


def _examples(page: click.HelpFormatter, examples: Sequence[Example]) -> None:
    if not examples:
        return
    page.write_paragraph()
    page.write_heading("Examples")
    for example in examples:
        page.write(f"  # {example.words}\n  {example.command}\n")


def _bold(text: str) -> str:
    return click.style(text, bold=True)
