"""What a page narrows, orders, turns or chooses is in its address, and the address alone gives it again.

One test for every page of the catalogue: one that is added has its ways here, or is said to have nothing to choose.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

import pytest

from tests.ui.conftest import Demo, Once
from tests.ui.everything import Everything, build, read
from tests.ui.explained import BASE, HEAD
from tests.ui.serving import Server
from tests.ui.walking import Way, assert_shows, look_for, moved, params, pick, press, shown
from tests.ui.watching import Chromium, tab
from ui.dashboard import url_state
from ui.dashboard.catalogue import entries
from ui.dashboard.url_state import Query

pytestmark = pytest.mark.browser

PLAIN = ("", "datasets", "reports", "rule", "overlap")
"""Pages on which nothing can be chosen but the audit, or which one is looked at."""
NEXT, LISTED = press(".pager a:has-text('Next')"), ".scroll td a"
OTHER_AUDIT = pick("Audit", "pass")
ITEM = {"suite": "finance", "item": "test/2", "base": BASE, "head": HEAD}

WAYS = (
    Way("findings", {}, (
        ("rule", press(".facet a:has-text('DUP003')")), ("severity", press(".facet a:has-text('note')")),
        ("status", press(".facet a:has-text('open')")), ("sort", pick("Order", "most rows first")),
    ), LISTED),
    Way("findings", {"suite": "demo-eval", "kind": "verbatim"}, (("q", look_for("word")),), LISTED),
    Way("findings", {}, (("source", press(".facet a:has-text('training-manual')")), ("page", NEXT)), LISTED),
    Way("findings", {"row": "0"}, (("rule", press(".facet a:has-text('INP003')")),), LISTED),
    Way("finding", {"rule": "DUP003", "severity": "note", "id": "DUP003:note"}, (
        ("id", press(".steps a:has-text('Next')")),
    ), ".steps a:has-text('Findings')"),
    Way("duplicates", {"sort": "score", "min": "1"}, (
        ("rule", press(".steps a:has-text('DUP003')")), ("page", NEXT),
    ), LISTED),
    Way("duplicates", {"source": "training-manual", "q": "row"}, (
        ("rule", press(".steps a:has-text('DUP002')")),
    ), ".pills a:has-text('source')"),
    Way("cluster", {"id": "DUP003"}, (
        ("member", press(".steps a:has-text('Next')")),
    ), "header a:has-text('the finding')"),
    Way("contamination", {}, (("suite rule kind", press("td a.count")),), "table:has-text('In the row') td a"),
    Way("contamination", {"sort": "score", "source": "advice-desk", "q": "the"}, (
        ("rule", press("td a.count")),
    ), "table:has-text('In the row') td a"),
    Way("contamination", {}, (("page", NEXT),), "table:has-text('In the row') td a"),
    Way("map", {}, (
        ("colour", press(".steps a:has-text('source')")), ("group", press("td a:has-text('training-manual')")),
        ("page", NEXT),
    ), "table:has-text('Dataset') td a"),
    Way("map", {"colour": "cluster"}, (
        ("cluster", press("td a:has-text('DUP003')")),
    ), "table:has-text('Dataset') td a"),
    Way("dataset", {"id": "demo-finance"}, (
        ("rows", press("a:has-text('Show all rows')")), ("page", NEXT),
    ), "td a.count"),
    Way("splits", {}, (
        ("id", press("td a:has-text('sft@1')")), ("step rule", press("td a:has-text('DUP003')")), ("page", NEXT),
    ), LISTED),
    Way("splits", {"id": "sft@2"}, (
        ("by value", press("td a:has-text('training-manual')")), ("page", NEXT),
    ), ".pills a"),
    Way("splits", {"id": "sft@2"}, (
        ("against", press(".steps a:has-text('sft@1')")), ("change", press(".bars a:has-text('new in it')")),
    ), ".pills a"),
    Way("lineage", {"node": "split:sft@2"}, (
        ("depth", press(".steps a:text-is('6')")), ("dir", press("a:has-text('what it came of')")),
        ("node", press(".graph a:has-text('fail')")),
    ), "td a:text-is('open')"),
    Way("evals", {"head": HEAD}, (
        ("change", press(".facet a:has-text('fixed')")), ("sort", pick("Order", "unlikelier")),
        ("scorer", pick("Score", "benchmark")), ("page", NEXT),
    ), "table:has-text('Right answer') td a"),
    Way("evals", {"suite": "finance"}, (
        ("base head", pick("Base", "name 7")),
    ), "table:has-text('Right answer') td a"),
    Way("evals", {"suite": "other"}, (
        ("suite", press("td a:text-is('finance')")), ("label", press("td a:text-is('name 1')")),
        ("traced", press(".facet a:has-text('causes')")), ("q", look_for("bond")),
    ), "table:has-text('Right answer') td a"),
    Way("why", ITEM, (
        ("functional", press(".tabs a:has-text('Loss')")), ("attribution", pick("Attribution", "older")),
        ("k", press("a:has-text('Show more samples')")),
    ), "td a:has-text('rows@1')"),
    Way("why", {**ITEM, "change": "broken"}, (
        ("item", press(".steps a:has-text('Next')")),
    ), ".steps a:has-text('Evaluations')"),
    Way("drivers", {}, (
        ("attribution", pick("Attribution", "older")), ("functional", press(".tabs a:has-text('margin')")),
        ("by", press(".tabs a:has-text('By source')")), ("group", press("td a:text-is('source-1')")),
    ), "td a:has-text('rows@1')"),
    Way("waivers", {}, (
        ("status", press(".steps a:has-text('in force')")), ("owner", press("td a:text-is('ben')")),
    ), "td a:has-text('QLT006')"),
    Way("proposals", {}, (
        ("status", press(".steps a:has-text('proposed')")), ("id", press("td a:has-text('P-0002')")),
    ), "a:has-text('The latest split')"),
    *(Way(page, {"id": ident} if ident else {}, (("run", OTHER_AUDIT),), ".places a:has-text('Lineage')")
      for page, ident in (("", ""), ("datasets", ""), ("reports", ""), ("rule", "DUP003"), ("overlap", "CON003"))),
)  # fmt: skip
NOT_WALKED = {
    "why": {
        "q",
        "page",
        "sort",
        "label",
        "traced",
        "scorer",
    },  # of the list it was opened from, and shown there
    "finding": {"q", "page", "sort", "source", "status", "kind", "suite", "row"},
    "drivers": {
        "unnamed",
        "suite",
        "page",
    },  # every sample here has a name, one suite was traced, and groups are small
    "lineage": {"page"},  # so few things stand in one page
    "proposals": {"page"},
}
"""Parameters that no way here sets, and why."""


def query_of(page: str) -> type[Query]:
    """What a page reads from its address."""
    source = next(e.file for e in entries() if e.page.path == page).read_text("utf-8")
    (name,) = set(re.findall(r"(\w*Query)\.read\(visit\.params\)", source))
    found = getattr(url_state, name)
    assert issubclass(found, Query)
    return found


def chosen(page: str) -> set[str]:
    """What can be chosen on a page beside the audit and which one is looked at."""
    return {f.name for f in fields(query_of(page))} - {"run", "id"}


@pytest.mark.parametrize("page", [e.page.path for e in entries()])
def test_no_page_and_nothing_that_can_be_chosen_is_forgotten(page: str):
    ways = [way for way in WAYS if way.page == page]
    walked = {name for way in ways for name in (*way.begun, *way.sets)}

    assert ways
    assert (page in PLAIN) == (not chosen(page))
    assert chosen(page) - walked == NOT_WALKED.get(page, set())


@pytest.fixture(scope="module")
def everything(browser: Chromium, curated: Demo, once: Once) -> Everything:
    return read(once("everything", lambda folder: build(curated, folder)))


def begun(way: Way, there: Everything) -> str:
    """The address that a way begins with; ids of findings are those of the lake."""
    rule, _, severity = way.begun.get("id", "").partition(":")
    known = there.noted if severity else there.fingerprints
    meant = {"id": known[rule]} if rule in known and way.page != "rule" else {}
    return Way(way.page, {"run": there.run, **way.begun, **meant}, way.steps, way.on).address()


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.name)
def test_what_is_chosen_is_the_address_and_the_address_is_what_is_shown(
    serve: Callable[[str, Path], Server], browser: Chromium, everything: Everything, way: Way
):
    server = serve("ann", everything.folder)
    one = tab(browser, server)
    page = one.open(begun(way, everything))
    views = [(shown(page), page.url)]
    for names, act in way.steps:
        views.append((moved(page, act), page.url))
        assert params(page.url).keys() >= set(names.split())
    earlier, (seen, url) = views[-2:]

    copied = tab(browser, server)
    copied.open(url.removeprefix(server.url))
    assert_shows(copied.page, seen, url)
    further = (moved(page, press(way.on)), page.url)
    page.go_back()
    assert_shows(page, seen, url)
    page.go_forward()
    assert_shows(page, *further)
    page.go_back()
    assert_shows(page, seen, url)
    page.reload()
    assert_shows(page, seen, url)
    page.go_back()
    assert_shows(page, *earlier)
    for each in (one, copied):
        each.close()
        assert [] == each.faults
