"""What people do with the dashboard, in a real browser. Few, and each to the end."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from governance.lake import open_lake
from governance.lake.browsing import findings
from governance.lake.browsing.wanted import Wanted
from governance.lake.events import verify_chain
from governance.waivers.log import history
from tests.ui.conftest import Demo
from tests.ui.e2e.conftest import Server, Watched
from tests.ui.pages.test_clicks import audit

pytestmark = pytest.mark.browser
Serve = Callable[[str, Path], Server]
Watch = Callable[..., Watched]


def facts(folder: Path, sql: str) -> list[tuple[Any, ...]]:
    with open_lake(str(folder / ".govern"), read_only=True) as lake:
        return lake.fetch(sql)


def heading(page: Any) -> str:
    return str(page.locator("h1").first.inner_text())


def test_from_the_verdict_to_one_contaminated_row(serve: Serve, watch: Watch, desk_folder: Path):
    there = watch(serve("ann", desk_folder))
    page = there.open("/")
    assert "FAIL" in page.locator(".badge").inner_text().upper()

    page.get_by_label("findings of CON003").click()
    there.arrives("**/findings?*rule=CON003*", ".pill")
    page.locator("td a", has_text="gold answer").first.click()
    there.arrives("**/finding?*", ".card mark")
    page.get_by_role("link", name="Compare with the evaluation item").click()
    there.arrives("**/overlap?*", ".pane mark")

    assert page.locator(".pane mark").count() >= 2
    assert "demo-finance.parquet" in page.locator(".pane").first.inner_text()
    assert "demo-eval" in page.locator(".pane").nth(1).inner_text()


def test_filters_are_in_the_address_and_survive_back_reload_and_copying(
    serve: Serve, watch: Watch, desk_folder: Path
):
    there = watch(serve("ann", desk_folder))
    page = there.open("/findings")
    page.locator(".facet a", has_text="DUP003").click()
    there.arrives("**/findings?*rule=DUP003*", ".pill:has-text('DUP003')")
    page.locator(".facet a", has_text="note").first.click()
    there.arrives("**severity=note*", ".pill:has-text('note')")
    listed, url = page.locator("table").inner_text(), page.url
    run = parse_qs(urlsplit(url).query)["run"][0]
    with open_lake(str(desk_folder / ".govern"), read_only=True) as lake:
        wanted = findings.count(lake, Wanted(run, rule="DUP003", severity="note"))
    assert f"{wanted} findings" in page.locator("header.top").inner_text()

    page.locator("td a").first.click()
    there.arrives("**/finding?*", ".card")
    page.go_back()
    there.arrives("**/findings?*severity=note*", ".pill:has-text('note')")
    assert listed == page.locator("table").inner_text()

    copied = watch(serve("ann", desk_folder))
    copied.open(url.removeprefix(copied.base))
    assert listed == copied.page.locator("table").inner_text()


def test_words_are_looked_for_and_the_page_is_reset(serve: Serve, watch: Watch, desk_folder: Path):
    there = watch(serve("ann", desk_folder))
    page = there.open("/findings?page=3")
    page.get_by_role("textbox", name="Search").fill("price")
    page.keyboard.press("Enter")
    page.wait_for_url("**q=price*")

    assert "page=" not in page.url
    page.wait_for_selector(".pill")
    assert "price" in page.locator(".pills").inner_text()


def test_a_waiver_is_asked_for_by_one_person_and_approved_by_another(
    serve: Serve, watch: Watch, desk_folder: Path
):
    found = facts(
        desk_folder, "SELECT fingerprint FROM lake.findings WHERE rule = 'QLT006' ORDER BY 1 LIMIT 1"
    )[0][0]
    ann = watch(serve("ann", desk_folder))
    page = ann.open(f"/finding?id={found}")
    page.get_by_role("button", name="Ask for a waiver").click()
    page.get_by_label("Why it is acceptable").fill("the notice is part of the source")
    page.get_by_label("Why it is acceptable").blur()
    page.get_by_role("button", name="Ask", exact=True).click()
    page.get_by_text("asked for waiver W-0001").wait_for()

    ann.open("/waivers?id=W-0001")
    assert page.get_by_role("button", name="Approve").is_disabled()

    ben = watch(serve("ben", desk_folder))
    page = ben.open("/waivers")
    page.locator("td a", has_text="W-0001").click()
    page.get_by_role("button", name="Approve").click()
    page.get_by_role("dialog").get_by_role("button", name="Approve").click()
    page.get_by_text("in force until").wait_for()
    page.locator("tbody .state.good", has_text="in force").first.wait_for()

    with open_lake(str(desk_folder / ".govern"), read_only=True) as lake:
        assert [("waiver.add", "ann"), ("waiver.approve", "ben")] == [
            (c.action, c.actor) for c in history(lake)
        ]
        assert verify_chain(lake).ok
    assert 'approved_by = "ben"' in (desk_folder / "waivers.toml").read_text()


def test_no_click_is_lost_and_none_counts_twice_while_audits_are_written(
    serve: Serve, watch: Watch, demo: Demo, tmp_path: Path
):
    folder = tmp_path / "demo"
    shutil.copytree(demo.folder, folder)
    page = watch(serve("ann", folder)).open("/findings?rule=QLT006")
    page.locator("td a").first.click()
    page.get_by_role("button", name="Ask for a waiver").wait_for()
    later = audit(Demo(folder))
    page.get_by_role("button", name="Ask for a waiver").click()
    page.get_by_label("Why it is acceptable").fill("it was looked at")
    page.get_by_label("Why it is acceptable").blur()
    page.get_by_role("button", name="Ask", exact=True).dblclick()
    page.get_by_text("asked for waiver W-0001").wait_for()

    assert "id=" in page.url
    assert later not in page.url
    with open_lake(str(folder / ".govern"), read_only=True) as lake:
        assert [("waiver.add", "W-0001")] == [(c.action, c.id) for c in history(lake)]


def test_keyboard_alone_reaches_a_finding(serve: Serve, watch: Watch, desk_folder: Path):
    there = watch(serve("ann", desk_folder))
    page = there.open("/findings?rule=SEC001")
    page.locator("td a").first.focus()
    page.keyboard.press("Enter")
    there.arrives("**/finding?*", ".card")

    assert "SEC001" in page.locator("header.top").inner_text().upper()
