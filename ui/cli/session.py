"""What the global options ask for, and what every command takes from them: the settings and the lake."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from governance.config import Loaded
    from governance.lake import Lake

ENVIRONMENT = (
    "GOVERN_CONFIG",
    "GOVERN_ISOLATED",
    "GOVERN_COLOR",
    "GOVERN_NO_PROGRESS",
    "GOVERN_OFFLINE",
    "GOVERN_USER",
)
"""Variables that belong to the command line itself; all others named GOVERN_* are settings."""


@dataclass
class Session:
    """The global options. They may stand before or after the command's name, so filled in as read."""

    verbose: int = 0
    quiet: int = 0
    color: bool | None = None  # None: only on a terminal
    no_progress: bool = False
    config: str | None = None
    isolated: bool = False
    lake: str | None = None
    offline: bool = False

    def load(self, options: Mapping[str, Any] | None = None) -> Loaded:
        """The settings in force, where `options` (key -> (value, option name)) come first."""
        from governance.config import load

        given = dict(options or {})
        if self.lake is not None:
            given["lake"] = (self.lake, "--lake")
        if self.config and self.isolated:
            raise click.UsageError("--config and --isolated exclude each other")
        return load(
            Path.cwd(),
            config=Path(self.config) if self.config else None,
            isolated=self.isolated,
            environment=os.environ,
            options=given,
            reserved=ENVIRONMENT,
        )

    @contextmanager
    def open_lake_to_look(self) -> Iterator[Lake]:
        """The lake, read only; where there is none yet, an empty one that is gone afterwards."""
        from tempfile import TemporaryDirectory

        from governance.errors import NotFound
        from governance.lake import open_lake

        with ExitStack() as stack:
            try:
                lake = stack.enter_context(self.open_lake(read_only=True))
            except NotFound:
                folder = stack.enter_context(TemporaryDirectory(prefix="govern-"))
                lake = stack.enter_context(open_lake(folder, create=True))
            yield lake

    def open_lake(self, *, read_only: bool = False, create: bool = False) -> Lake:
        """The lake that the settings name."""
        from governance.lake import open_lake

        return open_lake(self.load().settings.lake, read_only=read_only, create=create)

    @property
    def colored(self) -> bool:
        """True where results on stdout may carry colour."""
        return sys.stdout.isatty() if self.color is None else self.color

    @property
    def shows_progress(self) -> bool:
        """True where a moving line on stderr helps: on a terminal, and nobody asked for silence."""
        silent = self.no_progress or self.quiet or os.environ.get("CI")
        return not silent and sys.stderr.isatty()

    def note(self, words: str) -> None:
        """Write one line to stderr, unless -q."""
        if not self.quiet:
            with suppress(OSError):  # nobody reads it: `2>&1 | head` must not change how the run ends
                click.echo(words, err=True)


def color_wanted(when: str, environment: Mapping[str, str]) -> bool | None:
    """True or False where the option or NO_COLOR / FORCE_COLOR decide; None leaves it to the terminal."""
    if when != "auto":
        return when == "always"
    if environment.get("NO_COLOR"):
        return False
    if environment.get("FORCE_COLOR"):
        return True
    return None


pass_session = click.make_pass_decorator(Session, ensure=True)
