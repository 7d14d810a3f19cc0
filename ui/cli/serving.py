"""How commands open the dashboard: everything it needs is looked at first, then it is served until Ctrl-C."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ui.cli.session import Session

if TYPE_CHECKING:
    from ui.dashboard.desk import Desk
    from ui.dashboard.server import Place


@dataclass(frozen=True)
class Opening:
    """What was said of the dashboard on the command line.

    Attributes:
        hosts: names that browsers may call it by, besides its address.
        unauthenticated: listen where others can reach it, without asking who they are.
        auth: the file with [auth], the provider that people sign in at.
    """

    host: str = "127.0.0.1"
    port: int = 8501
    browser: bool = True
    read_only: bool = False
    waivers: str | None = None
    hosts: tuple[str, ...] = ()
    unauthenticated: bool = False
    auth: str | None = None


def check(opening: Opening) -> Place:
    """Where it will listen. Errors of the user are found here, before any work is done for it."""
    from governance.errors import UsageError

    if not installed():
        raise UsageError("the dashboard is not installed", where="govern ui", hint="pip install 'govern[ui]'")
    from ui.dashboard.server import Place, check_place
    from ui.dashboard.sign_in import find_provider

    place = Place(opening.host, opening.port, opening.hosts, find_provider(opening.auth, Path.cwd()))
    check_place(place, unauthenticated=opening.unauthenticated)
    return place


def installed() -> bool:
    """True where the packages of the dashboard are there; none is imported."""
    from importlib.util import find_spec

    return find_spec("streamlit") is not None


def open_dashboard(session: Session, opening: Opening) -> int:
    """0, once Ctrl-C has ended it, which is how a dashboard ends."""
    from ui.dashboard.desk import sit_at
    from ui.dashboard.server import serve

    place = check(opening)
    sit_at(_desk(session, opening, place))
    signs = f"; people sign in as {place.provider.file} says" if place.provider else ""
    session.note(f"dashboard at {place.url}{signs}; Ctrl-C ends it")
    try:
        serve(place, browser=opening.browser)
    except KeyboardInterrupt:
        session.note("\nthe dashboard has ended")
    return 0


def _desk(session: Session, opening: Opening, place: Place) -> Desk:
    from ui.cli.commands.waiver import acting_person
    from ui.dashboard.desk import Desk
    from ui.dashboard.roles import reveals, role_of
    from ui.dashboard.sign_in import SignIn

    given = {"waivers": (opening.waivers, "--waivers")} if opening.waivers else {}
    loaded = session.load(given)
    found = loaded.settings
    path = loaded.waiver_file(Path.cwd()).absolute()
    desk = Desk(found.lake, path, found.waiver_approvals, read_only=opening.read_only)
    if place.provider:
        return replace(desk, sign_in=SignIn(place.provider, found.ui), admitted=False)
    if not place.loopback:
        return desk  # nobody is known there
    person = acting_person(None)
    return replace(desk, person=person, role=role_of(person, found.ui), reveals=reveals((person,), found.ui))
