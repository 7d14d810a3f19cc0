"""What is true of every page there is: it can be drawn from anything an address may say."""

from __future__ import annotations

import pytest

from tests.ui.conftest import Demo
from tests.ui.pages.conftest import Open
from ui.dashboard.catalogue import Page, entries
from ui.dashboard.desk import Role

PAGES = [e.page for e in entries()]
IDS = {
    "finding": "CON003", "overlap": "CON003", "cluster": "DUP003", "dataset": "demo-finance", "rule": "DUP003",
    "waivers": "W-0001",
}  # fmt: skip
WITHOUT_AUDITS = {"waivers", "proposals", "evals", "why", "drivers"}
"""Pages that have something to say in a lake without audits."""
each = pytest.mark.parametrize("page", PAGES, ids=lambda p: p.path or "overview")


def ident(page: Page, fingerprints: dict[str, str]) -> dict[str, str]:
    known = IDS.get(page.path, "")
    return {"id": fingerprints.get(known, known) if page.path != "rule" else known} if known else {}


@each
def test_says_calmly_that_there_is_no_lake(visit: Open, page: Page, no_lake: str):
    seen = visit(page.path, no_lake, id="x")

    assert "No lake yet" in seen.text
    assert "govern audit data.parquet" in seen.text
    assert no_lake in seen.text


@each
def test_says_calmly_that_nothing_was_audited(visit: Open, page: Page, empty_lake: str):
    seen = visit(page.path, empty_lake)

    assert "No audits yet" in seen.text or page.path in WITHOUT_AUDITS
    assert "govern" in seen.app.code[0].value


@each
@pytest.mark.parametrize("role", [Role.VIEWER, Role.APPROVER])
def test_draws_the_demo_for_every_role(
    visit: Open, page: Page, demo: Demo, fingerprints: dict[str, str], role: Role
):
    seen = visit(page.path, demo.lake, role, **ident(page, fingerprints))

    assert 1 == seen.markup.count("<h1>")
    assert seen.app.code[-1].value.startswith("govern ")
    assert "<script" not in seen.markup


@each
def test_drops_what_means_nothing_with_a_remark(visit: Open, page: Page, demo: Demo):
    seen = visit(
        page.path, demo.lake, run="nosuchrun", page="-7", sort="../etc", id="\u202e<img src=x>", nonsense="1"
    )

    assert "There is no run nosuchrun" in seen.text
    assert "Left out of the address" in seen.text
    assert "<img" not in seen.markup


@each
def test_says_calmly_that_it_does_not_know_an_id(visit: Open, page: Page, demo: Demo):
    seen = visit(page.path, demo.lake, Role.APPROVER, id="0" * 64)

    assert 1 == seen.markup.count("<h1>")
    assert seen.app.code[-1].value.startswith("govern ")


@each
def test_nothing_can_be_decided_where_it_is_read_only(
    visit: Open, page: Page, demo: Demo, fingerprints: dict[str, str]
):
    seen = visit(
        page.path, demo.lake, Role.APPROVER, read_only=True, reveals=True, **ident(page, fingerprints)
    )

    assert [] == seen.buttons
    assert "read only" in seen.text


@each
def test_marks_itself_in_the_navigation(visit: Open, page: Page, demo: Demo):
    current = visit(page.path, demo.lake).markup.count('aria-current="page"')

    assert 1 == current


@each
def test_every_link_leads_to_a_page(visit: Open, page: Page, demo: Demo, fingerprints: dict[str, str]):
    paths = {f"/{p.path}" for p in PAGES}
    links = visit(page.path, demo.lake, **ident(page, fingerprints)).links("/")

    assert set() == {link.partition("?")[0] for link in links} - paths
    assert [] == [link for link in links if "://" in link.partition("?")[0]]
