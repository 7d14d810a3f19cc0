"""`govern init`: a folder made ready."""

from __future__ import annotations

import os
import shlex
from pathlib import Path

import click

from ui.cli.lazy import Command, Example, option
from ui.cli.output import atomic
from ui.cli.session import Session, pass_session
from ui.cli.words import without_passwords


@click.command(
    cls=Command,
    arguments={"[DIR]": "the folder (default: this one)"},
    examples=(
        Example("make this folder ready", "govern init"),
        Example("make another folder ready, and replace its govern.toml", "govern init project --force"),
    ),
)
@click.argument("folder", metavar="[DIR]", default=".")
@option("--force", is_flag=True, help="replace a govern.toml that is there; a lake is never replaced")
@pass_session
def command(session: Session, /, folder: str, force: bool) -> int:
    """Write govern.toml and create the lake.

    Every setting stands in govern.toml as a comment with its default. A file that is there is left alone.
    """
    from governance.config import FILE
    from governance.errors import UsageError
    from governance.lake import open_lake
    from governance.settings import template

    place = Path(folder)
    settings = place / FILE
    if settings.exists() and not force:
        again = "give --force to replace it, or edit it: `govern config check` tells if it is right"
        raise UsageError("there is a govern.toml already", where=str(settings), hint=again)
    place.mkdir(parents=True, exist_ok=True)
    lake = session.lake or str(place / ".govern")
    with open_lake(lake, create=True):
        pass
    with atomic(settings) as out:
        out.write(template(_as_setting(session, place)))
    session.note(f"wrote {settings} and made the lake {without_passwords(lake)}")
    inside = "" if place.resolve() == Path.cwd() else f"cd {shlex.quote(folder)} && "
    session.note(f"next: {inside}govern audit DATA --eval SUITE, or govern demo")
    return 0


def _as_setting(session: Session, place: Path) -> str | None:
    """What govern.toml says of the lake: a path as seen from there, an address unless it holds a password."""
    if session.lake is None:
        return None
    if without_passwords(session.lake) != session.lake:
        session.note("the address of the lake holds a password and was not written; set GOVERN_LAKE to it")
        return None
    return session.lake if "://" in session.lake else os.path.relpath(session.lake, place)
