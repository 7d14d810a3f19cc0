"""Drivers: which data drove the gains and failures of a suite, in amounts that add up, and the rows behind each."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from governance.lake.browsing import attributions
from governance.lake.browsing.attributions import Grouping, Home, Member, Part, Traced
from governance.lake.contributions import StoredAttribution
from governance.reports.words import plural
from ui.dashboard import safe_text
from ui.dashboard.catalogue import Page
from ui.dashboard.components import asking, causes, figures
from ui.dashboard.components.saying import command, draw, heading, notice, section
from ui.dashboard.components.tables import PAGE_ROWS, Column, empty, link, pager, table
from ui.dashboard.frame import dropped, show
from ui.dashboard.markup import Child, Markup, join, tag
from ui.dashboard.reading import evaluating, explaining
from ui.dashboard.reading.visit import Visit
from ui.dashboard.url_state import DriversQuery, EvalsQuery, FindingsQuery, RuleQuery, address

if TYPE_CHECKING:
    from attribution.explaining.drivers import Driver, SuiteDrivers
    from attribution.explaining.groups import By
    from attribution.explaining.measured import Measured

PAGE = Page("drivers", "Drivers", "Models", 3)
BYS: Mapping[By, str] = {"label": "Label", "source": "Source", "cluster": "Cluster", "rule": "Rule"}
TOP = 10
MOST_WINDOWS = 20


def body(visit: Visit) -> None:
    """The page."""
    query, unknown = DriversQuery.read(visit.params)
    dropped(unknown)
    head = evaluating.chosen(visit).head
    known = explaining.known(visit, head.run if head else "", query.attribution)
    heading("Models", "Drivers", "Which data drove each gain and failure")
    if known.missing:
        notice(
            "info",
            f"There is no attribution {safe_text.words(known.missing)} in this lake; another one is shown.",
        )
    if known.now is None:
        draw(
            empty(
                "No attribution is stored: no training run was traced yet, so nothing is known of what drove it."
            )
        )
        command("govern attribute latest --suite SUITE", "govern train SPLIT --attribute SUITE")
        return
    stored = known.now
    suites = attributions.traced_suites(visit.lake, stored.id)
    now = _suite(suites, query)
    if now is None:
        draw(empty("This attribution has no item of any suite."))
        command(f"govern drivers {stored.id}")
        return
    pinned = query.at(attribution=stored.id, suite=now.suite, functional=now.functional, page=query.page)
    _choose(pinned, known.every, suites, stored)
    _drivers(visit, pinned, stored, now)
    command(
        shlex.join(
            ["govern", "drivers", stored.id, "--by", query.by, "--suite", now.suite, *_audit(visit, query)]
        )
    )


def _audit(visit: Visit, query: DriversQuery) -> list[str]:
    return ["--audit", visit.run] if query.by in {"cluster", "rule"} and visit.run else []


def _suite(suites: list[Traced], query: DriversQuery) -> Traced | None:
    """The suite and functional that are asked for, as far as they were traced."""
    own = [s for s in suites if s.suite == query.suite]
    if query.suite and not own:
        notice("info", f"No item of suite {safe_text.words(query.suite)} was traced; another suite is shown.")
    among = own or suites
    return next((s for s in among if s.functional == query.functional), among[0] if among else None)


def _choose(
    query: DriversQuery, every: tuple[StoredAttribution, ...], suites: list[Traced], stored: StoredAttribution
) -> None:
    from attribution.reports import words

    whole = query.at(group="", unnamed="")
    if len(every) > 1:
        options = {
            a.id: f"{asking.moment(a.created_at, a.id)}  run {safe_text.words(a.record.run)}" for a in every
        }
        asking.choose(whole.at(suite="", functional=""), "attribution", "Attribution", options)
    draw(
        tag("p", f"Attribution {stored.id} of training run {safe_text.words(stored.record.run)}, "
                 f"{plural(stored.samples, 'sample')}. ", _evals(query), cls="soft"),
        _tabs("Suites", [
            (f"{safe_text.words(s.suite)}, {words.functional(s.functional)}",
             whole.at(suite=s.suite, functional=s.functional),
             (s.suite, s.functional) == (query.suite, query.functional))
            for s in suites
        ]),
        _tabs("Rolled up by", [(f"By {name.lower()}", whole.at(by=by), by == query.by) for by, name in BYS.items()]),
    )  # fmt: skip


def _evals(query: DriversQuery) -> Markup:
    return link("Items of the suite", address("evals", EvalsQuery(run=query.run, suite=query.suite)))


def _tabs(name: str, choices: list[tuple[str, DriversQuery, bool]]) -> Markup | None:
    links = [
        tag("a", words, href=address("drivers", to), data_go="1", aria_current="true" if on else None)
        for words, to, on in choices
    ]
    return tag("nav", links, cls="tabs", aria_label=name)


def _drivers(visit: Visit, query: DriversQuery, stored: StoredAttribution, now: Traced) -> None:
    part, by = Part(stored.id, now.suite, now.functional), _by(query)
    if by in {"cluster", "rule"} and not visit.run:
        draw(empty("No audit is stored, so nothing says what a cluster is or what a rule found."))
        return
    causes.proof(stored)
    found = explaining.drivers(visit, part, by, visit.run, TOP)
    if query.group or query.unnamed:
        _rows(
            visit,
            query,
            part,
            explaining.grouping(visit, stored.id, by, visit.run),
            ranks_only=found.ranks_only,
        )
    _sums(found)
    _pictures(found, by)
    _table(visit, query, stored, found, by)


def _by(query: DriversQuery) -> By:
    return next(by for by in BYS if by == query.by)


def _sums(found: SuiteDrivers) -> None:
    from attribution.reports import words

    covered = words.covered(found.coverage, ranks_only=found.ranks_only)
    section("What the change is made of", f"{plural(found.items, 'item')}; {covered}.")
    draw(causes.balance(found.sums))


def _pictures(found: SuiteDrivers, by: By) -> None:
    from attribution.ledger.balance import merged
    from attribution.ledger.coverage import ENOUGH
    from attribution.reports import figures as reported

    lines = reported.ranges_of(_named(found), by)
    if lines and not found.ranks_only:
        draw(figures.ranges(f"Contributions by {by}", reported.RANGES, lines))
    if len(found.windows) > 1:
        windows = merged(found.windows, MOST_WINDOWS)
        draw(figures.covered("Coverage over time", reported.COVERED, windows, ENOUGH))


def _named(found: SuiteDrivers) -> SuiteDrivers:
    """The same with names that may be drawn."""

    def safe(drivers: tuple[Driver, ...]) -> tuple[Driver, ...]:
        return tuple(replace(d, name=safe_text.words(d.name)) for d in drivers)

    return replace(found, helped=safe(found.helped), harmed=safe(found.harmed))


UNTESTED = (
    "No validated group effect: nobody has trained again without one of these groups; "
    "`govern drivers --verify GROUP` does."
)


def _table(visit: Visit, query: DriversQuery, stored: StoredAttribution, found: SuiteDrivers, by: By) -> None:
    from attribution.explaining.measured import measured
    from attribution.reports import words

    tested = measured(stored.checks, by, found.suite, found.functional)
    note = "Estimated is the sum of contributions. Measured is what training again without the group cost."
    section(f"By {by}", note)
    for title, drivers in (("Helped", found.helped), ("Harmed", found.harmed)):
        if drivers:
            rows = [_line(visit, query, d, by, tested, ranks_only=found.ranks_only) for d in drivers]
            draw(tag("h3", title), table(_columns(by), rows, f"{title}, by {by}"))
    if not found.helped and not found.harmed:
        draw(empty("No sample moved an item of this suite."))
    if not tested:
        draw(tag("p", UNTESTED, cls="soft"))
    if rest := words.rest_of_drivers(found, by):
        draw(tag("p", f"{rest}.", cls="soft"))


def _columns(by: By) -> tuple[Column, ...]:
    return (
        Column("Rank", "n"), Column(BYS[by], "wide"), Column("Estimated, nats", "n"), Column("95 % interval", "tight"),
        Column("Measured, nats", "tight"), Column("Removal score, mean", "n"), Column("Samples", "n"),
    )  # fmt: skip


def _line(
    visit: Visit,
    query: DriversQuery,
    driver: Driver,
    by: By,
    tested: Mapping[str, Measured],
    *,
    ranks_only: bool,
) -> list[Child]:
    from attribution.reports import words

    to = query.of_group(driver.name)
    rows = address("drivers", to) if to else ""
    name = safe_text.words(words.group(driver.name, by))
    return [
        f"{driver.rank}",
        join(link(name, rows) if rows else name, _beyond(visit, driver.name, by)),
        words.amount(driver.amount, ranks_only=ranks_only),
        words.interval(driver, ranks_only=ranks_only),
        words.measure(tested.get(driver.name)),
        words.score(driver.removal),
        link(f"{driver.samples:,}", rows, "count", f"samples of {name}") if rows else f"{driver.samples:,}",
    ]


def _beyond(visit: Visit, name: str, by: By) -> Markup | None:
    """The pages of the audit that know more of the group."""
    if not name or not visit.run:
        return None
    if by == "rule":
        known = address("rule", RuleQuery(run=visit.run, id=name))
        return tag("span", link("the rule", known, label=f"the rule {name}"), cls="sub")
    if by == "source":
        known = address("findings", FindingsQuery(run=visit.run, source=name))
        return tag(
            "span", link("its findings", known, label=f"findings of {safe_text.words(name)}"), cls="sub"
        )
    return None


def _rows(visit: Visit, query: DriversQuery, part: Part, by: Grouping, *, ranks_only: bool) -> None:
    """The samples of the group that is chosen, and where each of them stands."""
    from attribution.reports import words

    total = attributions.count_members(visit.lake, part, by, query.group)
    name = safe_text.words(words.group(query.group, _by(query)))
    section("Samples behind it", f"{plural(total, 'sample')} of {name}, those that moved most first.")
    whole = address("drivers", query.at(group="", unnamed=""))
    pill = link(
        join(f"{query.by}: ", name, tag("span", " ✕", aria_hidden="true")), whole, "pill", "show all groups"
    )
    draw(tag("div", pill, cls="pills"))
    if not total:
        draw(empty("No sample of that group moved an item of this suite."))
        return
    found = attributions.members(visit.lake, part, by, query.group, PAGE_ROWS, (query.page - 1) * PAGE_ROWS)
    places = [(m.dataset, m.row) for m in found if m.dataset is not None and m.row is not None]
    homes = explaining.homes_of(visit, places)
    columns = (
        Column("Sample", "mid"), Column("Contribution, nats", "n"), Column("Removal score, mean", "n"),
        Column("Label, source", "wide"),
    )  # fmt: skip
    rows = [_member(m, homes.get((m.dataset or "", m.row or 0)), ranks_only=ranks_only) for m in found]
    draw(table(columns, rows, "Samples of the group"), pager("drivers", query, total))


def _member(member: Member, home: Home | None, *, ranks_only: bool) -> list[Child]:
    from attribution.reports import words

    return [
        causes.row_link(member.name, home, member.sample),
        words.amount(member.amount, ranks_only=ranks_only),
        words.score(member.removal),
        causes.label_and_source(member.label, member.source, home),
    ]


if __name__ == "__main__":
    show(PAGE, body, needs_run=False)
