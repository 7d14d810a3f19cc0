"""The list of findings: filters, counts, pages, and two different ways of being empty."""

from __future__ import annotations

import json

import pytest

from governance.lake import open_lake
from governance.lake.browsing import findings
from tests.ui.conftest import Demo
from tests.ui.pages.conftest import Open
from ui.dashboard.components import exporting
from ui.dashboard.components.waiving import expression
from ui.dashboard.desk import Role, desk
from ui.dashboard.reading.visit import arrive
from ui.dashboard.url_state import FindingsQuery


@pytest.mark.parametrize(
    "filters",
    [
        {"rule": "CON"},
        {"rule": "DUP003", "kind": "near"},
        {"source": "advice-desk", "severity": "note"},
        {"row": "97"},
        {"suite": "demo-eval"},
        {"q": "price"},
        {"status": "open", "rule": "PII"},
    ],
)
def test_lists_as_many_as_the_lake_has(visit: Open, demo: Demo, run: str, filters: dict[str, str]):
    query = FindingsQuery.from_params(filters)
    seen = visit("findings", demo.lake, **filters)
    with open_lake(demo.lake, read_only=True) as lake:
        pieces = arrive(desk(), {}).pieces
        total = findings.count(lake, query.wanted(run), pieces)

    assert total > 0
    assert f"{total:,} finding" in seen.text
    assert min(total, 25) == seen.markup.count('<td class="wide">')


def test_a_page_follows_the_one_before_it(visit: Open, demo: Demo):
    pages = [visit("findings", demo.lake, page=page).links("/finding?") for page in (1, 2)]

    assert 50 == len({link.rpartition("id=")[2] for links in pages for link in links})


def test_nothing_left_is_not_the_same_as_clean(visit: Open, demo: Demo):
    seen = visit("findings", demo.lake, q="nowhere to be found")

    assert "No finding matches these filters." in seen.text
    assert "Clear filters" in seen.text


def test_personal_data_cannot_be_searched_for(visit: Open, demo: Demo):
    assert "cannot be searched for" in visit("findings", demo.lake, q="13812345678").text


def test_only_people_who_may_ask_are_offered_a_waiver_of_all(visit: Open, demo: Demo):
    filters = {"rule": "DUP005", "severity": "note"}

    assert [] == visit("findings", demo.lake, Role.VIEWER, **filters).buttons
    asked = visit("findings", demo.lake, Role.REVIEWER, **filters).buttons
    assert ["Ask for a waiver of all 2", "Propose to leave out 20 samples"] == asked
    assert [] == visit("findings", demo.lake, Role.APPROVER, read_only=True, **filters).buttons


@pytest.mark.parametrize(
    ("query", "where"),
    [
        (FindingsQuery(rule="DUP003", severity="note"), 'severity = "note"'),
        (FindingsQuery(rule="DUP003", kind='a"b', source="x"), 'kind = "a\\"b" and source = "x"'),
        (FindingsQuery(rule="DUP003"), None),
        (FindingsQuery(rule="DUP", severity="note"), None),
        (FindingsQuery(rule="DUP003", severity="note", q="x"), None),
        (FindingsQuery(rule="DUP003", severity="note", row=3), None),
    ],
)
def test_a_filter_is_a_condition_where_a_waiver_can_say_it(query: FindingsQuery, where: str | None):
    assert where == expression(query)


def test_an_export_holds_the_filtered_findings_masked(visit: Open, demo: Demo):
    visit("findings", demo.lake)
    found = exporting.as_jsonl(arrive(desk(), {}), FindingsQuery(rule="PII")).decode().splitlines()
    lines = [json.loads(line) for line in found]

    assert {"PII"} == {line["rule"][:3] for line in lines}
    assert any("[" in line["excerpt"] for line in lines)
    table = exporting.as_csv(arrive(desk(), {}), FindingsQuery(rule="PII")).decode("utf-8-sig").splitlines()
    assert len(lines) + 1 == len(table)
