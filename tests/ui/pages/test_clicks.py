"""What somebody clicks is what happens, also where audits were written between the drawing of a page and the click."""

from __future__ import annotations

import html
import json
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.lake import open_lake
from governance.waivers.book import read_book
from tests.ui.conftest import Demo, inside
from tests.ui.pages.conftest import Open, Seen
from ui.cli.main import main
from ui.dashboard.components.asking import pills, told_apart
from ui.dashboard.components.opening import ASKED
from ui.dashboard.desk import Role
from ui.dashboard.url_state import EvalsQuery, address


def audit(demo: Demo) -> str:
    """An audit of two harmless rows, later than the demo's and of the same minute and verdict; its run."""
    rows = [{"prompt": f"What is {n} and {n}?", "response": f"{n} and {n} is {2 * n}."} for n in (3, 14)]
    (demo.folder / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    with inside(demo.folder):
        assert 0 == main(["audit", "rows.jsonl", "--exit-zero", "-q", "--isolated", "--lake", ".govern",
                          "--select", "QLT", "-o", "report.txt"])  # fmt: skip
    with open_lake(demo.lake) as lake:
        lake.fetch("UPDATE lake.audits SET started = '2026-11-26T12:00:00+00:00', verdict = 'fail'")
        return str(lake.fetch("SELECT run FROM lake.audits ORDER BY seq DESC LIMIT 1")[0][0])


def params(seen: Seen) -> dict[str, str]:
    """The address of the page as it is now."""
    return {n: v if isinstance(v, str) else v[0] for n, v in seen.app.query_params.items()}


def ask(seen: Seen) -> None:
    """Fills the dialog of a waiver and sends it."""
    seen.app.text_area(key="waiver:reason").set_value("it was looked at")
    seen.app.button(key="waiver:send").click().run()
    assert [] == [e.value for e in seen.app.exception]


@pytest.fixture
def open_as_reviewer(visit: Open, own_demo: Demo) -> Open:
    def opened(path: str, **given: str) -> Seen:
        return visit(path, own_demo.lake, Role.REVIEWER, waivers=own_demo.folder / "waivers.toml", **given)

    return opened


def test_of_two_audits_of_one_minute_the_one_that_is_shown_stays(open_as_reviewer: Open, own_demo: Demo):
    later = audit(own_demo)
    seen = open_as_reviewer("datasets", run=later)
    assert 2 == len(set(seen.app.selectbox(key="asked:run").options))
    seen.app.run()

    assert {"run": later} == params(seen)


def test_another_audit_is_shown_by_the_same_filters(open_as_reviewer: Open, own_demo: Demo, run: str):
    later = audit(own_demo)
    seen = open_as_reviewer("findings", run=run, rule="DUP003", page=2, row=1)
    assert "/findings?rule=DUP003" in seen.links("/findings")
    seen.app.selectbox(key="asked:run").select(later).run()

    assert {"run": later, "rule": "DUP003"} == params(seen)
    assert "No finding matches these filters." in seen.text


def test_the_filters_are_taken_away_and_nothing_else():
    query = EvalsQuery(run="r", base="a", head="b", suite="s", sort="gain", change="fixed", q="x", page=3)
    shown = pills("evals", query, [("change", "change", "fixed"), ("q", "words", "x")]) or ""

    clear = address("evals", EvalsQuery(run="r", base="a", head="b", suite="s", sort="gain"))
    assert f'href="{html.escape(clear)}" data-go="1" class="clear"' in shown


def test_a_dialog_opens_though_a_later_audit_has_no_such_finding(
    open_as_reviewer: Open, own_demo: Demo, fingerprints: dict[str, str]
):
    found = fingerprints["QLT006"]
    seen = open_as_reviewer("finding", id=found)
    audit(own_demo)
    seen.app.button(key="waive:one").click().run()
    assert "Not in this audit" in seen.text
    ask(seen)

    asked = read_book(own_demo.folder / "waivers.toml").waivers
    assert [("QLT006", found, "it was looked at")] == [(w.rule, w.fingerprint, w.reason) for w in asked]


def test_a_dialog_about_a_filter_says_the_audit_that_was_shown(
    open_as_reviewer: Open, own_demo: Demo, run: str
):
    seen = open_as_reviewer("findings", rule="DUP005", severity="note")
    audit(own_demo)
    seen.app.button(key="waive:all").click().run()
    assert f"of DUP005 in audit {run}" in seen.text
    ask(seen)

    asked = read_book(own_demo.folder / "waivers.toml").waivers
    assert ['severity = "note"'] == [w.where for w in asked]


def test_who_went_on_to_another_page_gets_no_dialog(open_as_reviewer: Open, fingerprints: dict[str, str]):
    seen = open_as_reviewer("finding", id=fingerprints["QLT006"])
    seen.app.button(key="waive:one").click()
    seen.app.query_params["id"] = fingerprints["SEC001"]
    seen.app.run()

    assert [] == list(seen.app.text_area)
    assert ASKED not in seen.app.session_state


def test_a_dialog_that_was_closed_does_not_come_again(open_as_reviewer: Open, fingerprints: dict[str, str]):
    seen = open_as_reviewer("finding", id=fingerprints["QLT006"])
    seen.app.button(key="waive:one").click().run()
    assert 1 == len(seen.app.text_area)
    seen.app.run()

    assert 0 == len(seen.app.text_area)


@given(st.dictionaries(st.text(max_size=3), st.sampled_from(["a", "a (2)", "a (3)", "b"])))
def test_words_of_a_choice_are_all_different(options: dict[str, str]):
    words = told_apart(options)

    assert list(options) == list(words)
    assert len(options) == len(set(words.values()))
    alone = {value for value, n in Counter(options.values()).items() if n == 1}
    assert all(words[value] == own for value, own in options.items() if own in alone)
