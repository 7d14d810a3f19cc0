"""`govern ui`: the dashboard."""

from __future__ import annotations

from pathlib import Path

import click

from ui.cli.commands.waiver import acting_person
from ui.cli.lazy import Command, Example, option
from ui.cli.session import Session, pass_session


@click.command(
    cls=Command,
    examples=(
        Example("open the dashboard of the lake in this folder", "govern ui"),
        Example(
            "to look only, on a machine without a browser", "govern ui --read-only --no-browser --port 8600"
        ),
    ),
)
@option("--host", metavar="ADDRESS", default="127.0.0.1", help="address to listen on (default 127.0.0.1)")
@option("--port", type=click.IntRange(1, 65535), default=8501, metavar="N", help="port (default 8501)")
@option("--no-browser", is_flag=True, help="do not open a browser")
@option("--read-only", is_flag=True, help="nothing can be decided from a page")
@option("--waivers", metavar="FILE", help="the file of waivers (default: waivers.toml beside govern.toml)")
@option(
    "--allow-host",
    "hosts",
    multiple=True,
    metavar="NAME",
    help="a name that browsers may call it by, besides its address; may be repeated",
)
@option(
    "--unsafe-allow-unauthenticated",
    "unauthenticated",
    is_flag=True,
    help="listen where others can reach it, without asking who they are; nobody can decide anything then",
)
@pass_session
def command(
    session: Session,
    /,
    host: str,
    port: int,
    no_browser: bool,
    read_only: bool,
    waivers: str | None,
    hosts: tuple[str, ...],
    unauthenticated: bool,
) -> int:
    """Open the dashboard in the browser.

    It shows what is wrong with the data and who decided what, and reads the lake while audits write to it.
    Decisions are made as GOVERN_USER, or as the login name; [ui] in govern.toml says who may do what. Personal
    data and secrets in rows are masked before they leave this machine.
    """
    _check_installed()
    from ui.dashboard.desk import Desk, Role, role_of, sit_at
    from ui.dashboard.server import Place, check_place, serve

    place = Place(host, port, hosts)
    check_place(place, unauthenticated=unauthenticated)
    loaded = session.load({"waivers": (waivers, "--waivers")} if waivers else {})
    person = acting_person(None) if place.loopback else ""
    role = role_of(person, loaded.settings.ui) if person else Role.VIEWER
    path = loaded.waiver_file(Path.cwd()).absolute()
    sit_at(Desk(loaded.settings.lake, path, loaded.settings.waiver_approvals, person, role, read_only))
    session.note(f"dashboard at {place.url}; Ctrl-C ends it")
    serve(place, browser=not no_browser)
    return 0


def _check_installed() -> None:
    from importlib.util import find_spec

    from governance.errors import UsageError

    if find_spec("streamlit") is None:
        raise UsageError("the dashboard is not installed", where="govern ui", hint="pip install 'govern[ui]'")
