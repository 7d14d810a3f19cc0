"""The frame around every page: style, navigation, the run that is looked at, what is said when there is nothing yet."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlencode

import streamlit as st

from governance.errors import GovernError, NotFound
from governance.lake.location import parse_location
from ui.dashboard import safe_text
from ui.dashboard.catalogue import Page, visible
from ui.dashboard.components import asking, opening
from ui.dashboard.components.saying import command, draw, error, heading, notice
from ui.dashboard.components.tables import link
from ui.dashboard.desk import FLASH, Desk, desk
from ui.dashboard.door import sign_out
from ui.dashboard.markup import Markup, tag
from ui.dashboard.reading.visit import Visit, arrive
from ui.dashboard.url_state import Query, address, in_run


def show(page: Page, body: Callable[[Visit], None], *, needs_run: bool = True) -> None:
    """Draw a page: what it says where there is a lake with an audit, and calm words where there is not."""
    here = desk()
    if not here.admitted:
        return
    try:
        visit = arrive(here, st.query_params.to_dict())
    except NotFound:
        _side(page, here, None)
        _no_lake(here)
        return
    except GovernError as found:
        _side(page, here, None)
        heading("Dashboard", "The lake cannot be read")
        error(found)
        command("govern doctor")
        return
    _side(page, here, visit)
    _said()
    if needs_run and not visit.run:
        _no_audit(here)
        return
    _remarks(page, visit)
    opening.drawing(f"{page.path}?{urlencode(sorted(visit.params.items()))}")
    _calmly(lambda: body(visit))
    _calmly(opening.open_asked)


def _calmly(act: Callable[[], None]) -> None:
    try:
        act()
    except GovernError as found:
        error(found)


def _side(page: Page, here: Desk, visit: Visit | None) -> None:
    with st.sidebar:
        query = Query(run=visit.run if visit and not visit.latest else "")
        draw(_navigation(page, query))
        if visit and visit.known:
            _choose_run(visit)
        draw(_who(here))
        if here.sign_in:
            sign_out()


def _navigation(page: Page, query: Query) -> Markup:
    brand = tag("p", link("govern", address("", query), "brand"), cls="brand-line")
    parts = []
    for section, pages in visible().items():
        items = [tag("li", _place(one, page, query)) for one in pages]
        parts.append(tag("div", tag("p", section, cls="eyebrow"), tag("ul", items), cls="group"))
    return tag("nav", brand, parts, cls="places", aria_label="Pages")


def _place(one: Page, now: Page, query: Query) -> Markup:
    here = one.path == now.current
    return tag(
        "a", one.title, href=address(one.path, query), data_go="1", aria_current="page" if here else None
    )


def _choose_run(visit: Visit) -> None:
    """The run; another one is shown the same way, as far as it has what the filters mean."""
    key = "asked:run"
    st.session_state[key] = visit.run
    asking.box(
        "Audit", {r.run: f"{asking.moment(r.started, r.run)}  {r.verdict}" for r in visit.known}, key,
        lambda: st.query_params.from_dict(in_run(st.query_params.to_dict(), st.session_state[key])),
    )  # fmt: skip


def _who(here: Desk) -> Markup:
    person = here.person or "nobody is known"
    limits = "read only" if here.read_only else here.role.value + (", may unmask" if here.may_reveal else "")
    return tag("p", tag("b", safe_text.person(person)), tag("br"), limits, cls="who soft")


def _said() -> None:
    said = st.session_state.pop(FLASH, None)
    if said:
        notice(*said)


def _remarks(page: Page, visit: Visit) -> None:
    """What has to be known before the page is read."""
    if visit.missing:
        words = f"There is no run {safe_text.words(visit.missing)} in this lake; this is the latest one."
        notice("info", words)
    elif visit.run and not visit.latest:
        params = urlencode(in_run(visit.params, ""))
        newest = link("Show the latest", f"{address(page.path)}{params and '?'}{params}")
        notice("info", "A later audit is stored.", newest)


def dropped(names: tuple[str, ...]) -> None:
    """Say which parts of the address mean nothing."""
    if names:
        shown = ", ".join(safe_text.words(n, 30) for n in names[:5])
        notice("info", f"Left out of the address, since it means nothing here: {shown}")


def _no_lake(here: Desk) -> None:
    heading("Dashboard", "No lake yet")
    place = parse_location(here.lake).display
    draw(tag("p", "There is no lake at ", tag("code", safe_text.path(place)), ". The first audit makes it."))
    command("govern audit data.parquet", "govern demo", "govern doctor")


def _no_audit(here: Desk) -> None:
    heading("Dashboard", "No audits yet")
    place = parse_location(here.lake).display
    draw(tag("p", "The lake at ", tag("code", safe_text.path(place)), " holds no audit."))
    command("govern audit data.parquet", "govern demo", "govern doctor")
