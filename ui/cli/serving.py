"""How commands open the dashboard: everything it needs is looked at first, then it is served until Ctrl-C."""

from __future__ import annotations

from dataclasses import dataclass
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
    """

    host: str = "127.0.0.1"
    port: int = 8501
    browser: bool = True
    read_only: bool = False
    waivers: str | None = None
    hosts: tuple[str, ...] = ()
    unauthenticated: bool = False


def check(opening: Opening) -> Place:
    """Where it will listen. Errors of the user are found here, before any work is done for it."""
    from governance.errors import UsageError

    if not installed():
        raise UsageError("the dashboard is not installed", where="govern ui", hint="pip install 'govern[ui]'")
    from ui.dashboard.server import Place, check_place

    place = Place(opening.host, opening.port, opening.hosts)
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
    session.note(f"dashboard at {place.url}; Ctrl-C ends it")
    try:
        serve(place, browser=opening.browser)
    except KeyboardInterrupt:
        session.note("\nthe dashboard has ended")
    return 0


def _desk(session: Session, opening: Opening, place: Place) -> Desk:
    from ui.cli.commands.waiver import acting_person
    from ui.dashboard.desk import Desk, Role, reveals, role_of

    given = {"waivers": (opening.waivers, "--waivers")} if opening.waivers else {}
    loaded = session.load(given)
    person = acting_person(None) if place.loopback else ""
    role = role_of(person, loaded.settings.ui) if person else Role.VIEWER
    path = loaded.waiver_file(Path.cwd()).absolute()
    unmasks = bool(person) and reveals(person, loaded.settings.ui)
    approvals = loaded.settings.waiver_approvals
    return Desk(loaded.settings.lake, path, approvals, person, role, opening.read_only, unmasks)
