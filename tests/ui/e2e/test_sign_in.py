"""Sign-in at a real provider: who may do what follows from who the provider says somebody is, and nothing else."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from typing import Any

import pytest

from governance.lake import open_lake
from governance.waivers.log import history
from tests.ui.conftest import Demo
from tests.ui.provider import Provider, provider
from tests.ui.serving import Server, end, free_port, started
from tests.ui.watching import DRAWN, Chromium, Watched, watched

pytestmark = pytest.mark.browser
PEOPLE: dict[str, dict[str, Any]] = {
    "ann": {"sub": "subject-1", "email": "ann@bank.example", "email_verified": True},
    "ben": {"sub": "subject-2"},
    "vera": {"sub": "subject-3", "email": "Vera@Bank.Example", "email_verified": True},
    "mallory": {"sub": "subject-4", "email": "ann@bank.example", "email_verified": False},
}
LISTS = """\
[ui]
role = "approver"
reviewers = ["ann@bank.example"]
approvers = ["subject-2"]
viewers = ["vera@bank.example"]
revealers = ["ann@bank.example"]
"""


@pytest.fixture(scope="module")
def signing(
    browser: Chromium, demo: Demo, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Server, Provider]]:
    """A dashboard that asks everybody who they are, and the provider that knows."""
    folder = tmp_path_factory.mktemp("signing") / "demo"
    shutil.copytree(demo.folder, folder)
    (folder / "govern.toml").write_text(LISTS)
    port = free_port()
    with provider(f"http://127.0.0.1:{port}/oauth2callback", PEOPLE) as found:
        (folder / "secrets.toml").write_text(found.secrets())
        server, process = started("root", folder, "--auth", "secrets.toml", port=port)
        yield server, found
        end(process)


@pytest.fixture
def arriving(browser: Chromium, signing: tuple[Server, Provider]) -> Iterator[Any]:
    """Opens a browser of somebody's own at an address."""
    server, found = signing
    opened: list[Watched] = []

    def arrive(path: str) -> Any:
        one = watched(browser.apart, server, also=(found.url,))
        opened.append(one)
        one.page.goto(server.url + path)
        one.page.get_by_role("button", name="Sign in").wait_for()
        return one.page

    yield arrive
    faults = [fault for one in opened for fault in one.faults]
    for one in opened:
        one.page.context.close()
    assert [] == faults


def sign_in(page: Any, who: str) -> None:
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("link", name=who).click()


def finding(server: Server, rule: str) -> str:
    with open_lake(str(server.folder / ".govern"), read_only=True) as lake:
        sql = "SELECT fingerprint FROM lake.findings WHERE rule = ? ORDER BY 1 LIMIT 1"
        return str(lake.fetch(sql, [rule])[0][0])


def test_who_has_not_signed_in_sees_nothing(arriving: Any, signing: tuple[Server, Provider]):
    for path in ("/", "/findings", f"/finding?id={finding(signing[0], 'PII001')}", "/waivers", "/reports"):
        page = arriving(path)
        said = page.locator("body").inner_text()

        assert "Sign in" in said
        assert 0 == page.locator(".places, table, .command-label, [data-testid=stDownloadButton]").count()
        assert "demo" not in said


def test_a_reviewer_asks_and_an_approver_approves(arriving: Any, signing: tuple[Server, Provider]):
    server, _ = signing
    found = finding(server, "QLT006")
    page = arriving(f"/finding?id={found}")
    sign_in(page, "ann")
    page.wait_for_url(f"**/finding?id={found}")  # the page that was asked for, and not the first one
    page.wait_for_selector(DRAWN)
    assert "ann@bank.example" in page.locator(".who").inner_text()
    assert "reviewer" in page.locator(".who").inner_text()
    page.get_by_role("button", name="Ask for a waiver").click()
    page.get_by_label("Why it is acceptable").fill("part of the source")
    page.get_by_label("Why it is acceptable").blur()
    page.get_by_role("button", name="Ask", exact=True).click()
    page.get_by_text("asked for waiver W-0001").wait_for()

    page = arriving("/waivers?id=W-0001")
    sign_in(page, "ben")
    page.get_by_role("button", name="Approve").click()
    page.get_by_role("dialog").get_by_role("button", name="Approve").click()
    page.get_by_text("in force until").wait_for()

    with open_lake(str(server.folder / ".govern"), read_only=True) as lake:
        log = [(c.action, c.actor) for c in history(lake)]
    assert [("waiver.add", "ann@bank.example"), ("waiver.approve", "subject-2")] == log


def test_a_viewer_looks_and_signs_out(arriving: Any, signing: tuple[Server, Provider]):
    server, found = signing
    page = arriving(f"/finding?id={finding(server, 'PII001')}")
    sign_in(page, "vera")
    page.wait_for_selector(DRAWN)
    assert "viewer" in page.locator(".who").inner_text()
    assert 0 == page.get_by_role("button", name="Ask for a waiver").count()
    assert 0 == page.get_by_role("button", name="Show what is masked").count()

    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("button", name="Sign in").wait_for()
    assert "/end" in found.asked
    page.goto(server.url + "/findings")
    page.get_by_role("button", name="Sign in").wait_for()
    assert 0 == page.locator("table").count()


def test_an_address_that_nobody_vouches_for_is_nobodys_name(arriving: Any, signing: tuple[Server, Provider]):
    page = arriving("/findings")
    sign_in(page, "mallory")
    page.get_by_text("You are not let in").wait_for()

    page.get_by_text("subject-4").first.wait_for()
    assert 0 == page.locator("table, .places").count()


def test_an_old_sign_in_is_none(arriving: Any, signing: tuple[Server, Provider]):
    signing[1].age = 13 * 3600
    try:
        page = arriving("/findings")
        sign_in(page, "ann")
        page.wait_for_url(f"{signing[0].url}/**")
        page.get_by_role("button", name="Sign in").wait_for()
    finally:
        signing[1].age = 0

    assert 0 == page.locator("table").count()


def test_a_cookie_of_ones_own_making_is_worth_nothing(arriving: Any, signing: tuple[Server, Provider]):
    server, _ = signing
    page = arriving("/")
    forged = "2|1:0|10:1700000000|15:_streamlit_user|16:eyJpc19sb2dnZWRfaW4iOnRydWV9|" + "0" * 64
    page.context.add_cookies([{"name": "_streamlit_user", "value": forged, "url": server.url}])
    page.goto(server.url + "/findings")
    page.get_by_role("button", name="Sign in").wait_for()

    assert 0 == page.locator("table").count()
