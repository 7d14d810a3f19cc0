"""The page in a real Chromium: nothing is fetched, nothing runs, everything can be read."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.reports.builders import rendered, rich_report
from tests.reports.test_hostile import hostile_report

CHROMIUM = Path("/usr/bin/chromium")
pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if not CHROMIUM.exists():
        pytest.skip(f"there is no browser at {CHROMIUM}")
    with sync_api.sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    """A page without network that keeps what it was asked for, what it said and what failed."""
    context = browser.new_context(offline=True, viewport={"width": 390, "height": 800})
    opened = context.new_page()
    opened.seen = []
    opened.on("request", lambda request: opened.seen.append(request.url))
    opened.on("console", lambda message: opened.seen.append(message.text))
    opened.on("pageerror", lambda error: opened.seen.append(str(error)))
    opened.on("dialog", lambda dialog: (opened.seen.append(dialog.message), dialog.dismiss()))
    yield opened
    context.close()


def opened(page: Any, text: str, folder: Path) -> list[str]:
    """What happened besides loading the file itself, once everything is unfolded."""
    path = folder / "report.html"
    path.write_text(text, encoding="utf-8")
    page.goto(path.as_uri(), wait_until="load", timeout=60_000)
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    page.wait_for_timeout(200)
    return [seen for seen in page.seen if seen != path.as_uri() and not seen.startswith("data:")]


@pytest.mark.parametrize("name", ["rich", "hostile"])
def test_nothing_is_fetched_said_or_run(page: Any, tmp_path: Path, name: str):
    report = {"rich": rich_report, "hostile": hostile_report}[name]()

    assert [] == opened(page, rendered(report, "html", limit=100, show_sensitive=True), tmp_path)
    assert 0 == page.locator("script, img, iframe, object, embed").count()


def test_it_fits_a_phone_and_wraps_chinese(page: Any, tmp_path: Path):
    opened(page, rendered(rich_report(), "html"), tmp_path)

    assert 390 == page.evaluate("document.documentElement.scrollWidth")


def test_it_can_be_read_without_seeing_it(page: Any, tmp_path: Path):
    opened(page, rendered(rich_report(), "html"), tmp_path)
    charts = page.locator("svg")
    named = [charts.nth(i).get_attribute("aria-labelledby") for i in range(charts.count())]
    levels = page.evaluate("[...document.querySelectorAll('h1,h2,h3,h4')].map(h => +h.tagName[1])")

    assert 6 == len(named)
    assert [] == [ids for ids in named if any(not page.locator(f"#{i}").count() for i in ids.split())]
    assert [] == [pair for pair in pairwise(levels) if pair[1] > pair[0] + 1]
    assert 0 == page.locator("table:not(:has(th[scope]))").count()
    assert 1 == page.locator("main").count()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_its_ground(browser: Any, tmp_path: Path, scheme: str):
    page = browser.new_page(color_scheme=scheme)
    page.seen = []
    opened(page, rendered(rich_report(), "html"), tmp_path)
    weak = page.evaluate(CONTRAST)
    page.close()

    assert [] == weak


CONTRAST = """() => {
  const parse = c => c.match(/[\\d.]+/g).map(Number);
  const lum = c => { const [r, g, b] = c.slice(0, 3).map(v => { v /= 255;
    return v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4; });
    return .2126 * r + .7152 * g + .0722 * b; };
  const ground = e => { for (; e; e = e.parentElement) {
    const c = parse(getComputedStyle(e).backgroundColor); if (c.length === 3 || c[3] > 0) return c; }
    return [255, 255, 255]; };
  const weak = [];
  for (const e of document.querySelectorAll('p, li, td, th, dt, dd, h1, h2, h3, h4, span, mark, a, code, summary')) {
    const [a, b] = [lum(parse(getComputedStyle(e).color)), lum(ground(e))];
    const ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
    if (ratio < 4.5) weak.push(`${e.tagName}.${e.className} ${ratio.toFixed(2)}`);
  }
  return [...new Set(weak)];
}"""
"""Elements whose text has less than the 4.5:1 contrast of WCAG 2.1, 1.4.3 (AA)."""
