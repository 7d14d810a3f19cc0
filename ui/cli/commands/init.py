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

POLICIES = ("starter", "strict")
"""The same as `governance.settings.POLICIES`, which takes long to import."""


@click.command(
    cls=Command,
    arguments={"[DIR]": "the folder (default: this one)"},
    examples=(
        Example("make this folder ready", "govern init"),
        Example("a strict policy in another folder", "govern init project --policy strict --force"),
    ),
)
@click.argument("folder", metavar="[DIR]", default=".")
@option(
    "--policy",
    type=click.Choice(POLICIES),
    metavar="|".join(POLICIES),
    default=POLICIES[0],
    help="starter sets nothing (default); in strict warnings fail too, and limits are set",
)
@option(
    "--force", is_flag=True, help="replace a govern.toml that is there; waivers and a lake are never replaced"
)
@pass_session
def command(session: Session, /, folder: str, policy: str, force: bool) -> int:
    """Write govern.toml and waivers.toml, and create the lake.

    Every setting stands in govern.toml, as a comment with its default where the policy sets none. waivers.toml holds
    none yet. A file that is there is left alone.
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
        out.write(template(_as_setting(session, place), policy))
    _write_waivers(place)
    session.note(f"wrote {settings} and made the lake {without_passwords(lake)}")
    inside = "" if place.resolve() == Path.cwd() else f"cd {shlex.quote(folder)} && "
    session.note(f"next: {inside}govern audit DATA --eval SUITE, or govern demo")
    return 0


def _write_waivers(place: Path) -> None:
    """A file of no waivers that says how one looks; one that is there stays."""
    from governance.waivers.book import FILE as WAIVERS
    from governance.waivers.edit import HEAD

    if not (place / WAIVERS).exists():
        with atomic(place / WAIVERS) as out:
            out.write(HEAD)


def _as_setting(session: Session, place: Path) -> str | None:
    """What govern.toml says of the lake: a path as seen from there, an address unless it holds a password."""
    if session.lake is None:
        return None
    if without_passwords(session.lake) != session.lake:
        session.note("the address of the lake holds a password and was not written; set GOVERN_LAKE to it")
        return None
    return session.lake if "://" in session.lake else os.path.relpath(session.lake, place)
