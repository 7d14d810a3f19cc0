"""The latest model in a few lines: what it gained and lost on each suite, and the data that drove it up and down."""

from __future__ import annotations

from typing import TYPE_CHECKING

from governance.lake.browsing import attributions
from governance.lake.browsing.attributions import Part
from ui.dashboard import safe_text
from ui.dashboard.components import causes, scores
from ui.dashboard.components.saying import draw, section
from ui.dashboard.components.tables import Column, link, table
from ui.dashboard.markup import Child, Markup, join, tag
from ui.dashboard.reading import evaluating, explaining
from ui.dashboard.reading.evaluating import SuitePair
from ui.dashboard.reading.visit import Visit
from ui.dashboard.url_state import DriversQuery, EvalsQuery, address

if TYPE_CHECKING:
    from attribution.explaining.drivers import Driver, SuiteDrivers

SUITES = 5
EACH = 3
"""Drivers of either sign."""


def latest(visit: Visit) -> None:
    """The block; nothing in a lake without evaluations."""
    found = evaluating.chosen(visit)
    if found.head is None:
        return
    base = scores.model(found.base) if found.base else "nothing to hold it against"
    section("What the latest model learned", join(base, " → ", scores.model(found.head)))
    pairs = sorted(found.pairs, key=lambda p: p.suite != found.head.suite if found.head else False)
    rows = [_line(visit, pair) for pair in pairs[:SUITES]]
    columns = (
        Column("Suite", "wide"), Column("Items", "n"), Column("Base", "n"), Column("Head", "n"),
        Column("Difference, points", "n"), Column("Fixed", "n"), Column("Broken", "n"),
    )  # fmt: skip
    draw(table(columns, rows, "Change by suite"))
    if len(pairs) > SUITES:
        draw(tag("p", link(f"and {len(pairs) - SUITES:,} more suites", address("evals", EvalsQuery()))))
    _drivers(visit, found.head.run, found.head.suite)


def _line(visit: Visit, pair: SuitePair) -> list[Child]:
    found = evaluating.compared(visit, pair, "")
    here = EvalsQuery(suite=pair.suite)
    name = link(safe_text.words(pair.suite), address("evals", here))
    if found is None:
        return [name, "0", *["–"] * 5]
    if pair.base is None:
        return [
            name,
            f"{found.items:,}",
            "–",
            scores.percent(found.after.value),
            "one evaluation only",
            "–",
            "–",
        ]
    counts = [
        link(
            f"{n:,}",
            address("evals", here.at(change=word)),
            "count",
            f"{word} in {safe_text.words(pair.suite)}",
        )
        for word, n in (("fixed", found.fixed), ("broken", found.broken))
    ]
    sides = (found.before.value, found.after.value)
    return [name, f"{found.items:,}", *map(scores.percent, sides), scores.points(found), *counts]


def _drivers(visit: Visit, run: str, suite: str) -> None:
    """Labels that drove it up and down, where the run was traced."""
    known = explaining.known(visit, run, "")
    if known.now is None or known.now.record.run != run:
        return
    traced = [t for t in attributions.traced_suites(visit.lake, known.now.id) if t.suite == suite]
    if not traced:
        return
    found = explaining.drivers(visit, Part(known.now.id, suite, traced[0].functional), "label", "", EACH)
    query = DriversQuery(attribution=known.now.id, suite=suite, functional=traced[0].functional)
    tested = "" if known.now.checks else f" {causes.UNTESTED}"
    sides = [
        _side(found, query, *one) for one in (("Drove it up", found.helped), ("Drove it down", found.harmed))
    ]
    items = link("Items whose causes were traced", address("evals", EvalsQuery(suite=suite, traced="1")))
    draw(tag("div", sides, cls="pair"), tag("p", f"{_covered(found)}.{tested} ", items, cls="soft"))


def _covered(found: SuiteDrivers) -> str:
    from attribution.reports import words

    return words.covered(found.coverage, ranks_only=found.ranks_only)


def _side(found: SuiteDrivers, query: DriversQuery, title: str, drivers: tuple[Driver, ...]) -> Markup:
    items = [tag("li", _driver(found, query, d)) for d in drivers]
    body = tag("ul", items) if items else tag("p", "No label did.", cls="soft")
    return tag("section", tag("h3", title), body, cls="pane")


def _driver(found: SuiteDrivers, query: DriversQuery, driver: Driver) -> Markup:
    """A label, which leads to its samples, and what it brought."""
    from attribution.reports import words

    name = safe_text.words(words.group(driver.name, "label"))
    to = address("drivers", query.of_group(driver.name) or query)
    return join(link(name, to), f" {words.amount(driver.amount, ranks_only=found.ranks_only)} nats")
