"""From a failed item to the samples that drove it, in a real browser."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from governance.lake import open_lake
from governance.lake.browsing import evaluations
from governance.lake.browsing.evaluations import Items, Pair
from tests.ui.e2e.conftest import HOSTILE, Server, Watched
from tests.ui.e2e.test_journeys import heading
from tests.ui.explained import BASE, HEAD, NEWER, build
from tests.ui.watching import NEVER, contrast

pytestmark = pytest.mark.browser
Serve = Callable[[str, Path], Server]
Watch = Callable[..., Watched]
WHY = f"/why?suite=finance&item=test/2&base={BASE}&head={HEAD}"


@pytest.fixture(scope="module")
def folder(browser: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("explained")).folder


@pytest.fixture(scope="module")
def hostile(browser: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same lake, where every word that data bring tries to be markup."""
    return build(
        tmp_path_factory.mktemp("hostile-models"),
        lambda n: HOSTILE[n % len(HOSTILE)].format(n=n),
        lambda n: f"<b onclick=x>{n}</b>",
    ).folder


def test_from_a_failed_item_to_the_samples_that_drove_it(serve: Serve, watch: Watch, folder: Path):
    with open_lake(str(folder / ".govern"), read_only=True) as lake:
        broken = evaluations.count(lake, Items(Pair(BASE, HEAD, "strict"), "broken"))
    there = watch(serve("ann", folder))
    page = there.open("/")
    page.get_by_label("broken in finance").click()
    there.arrives("**/evals?*change=broken*", ".pill:has-text('broken')")
    assert f"of {broken} lines" in page.locator(".pager").inner_text()
    listed, url = page.get_by_role("region", name="Items").inner_text(), page.url

    page.get_by_role("link", name="test/2", exact=True).click()
    there.arrives("**/why?*item=test*", ".drawn")
    assert "test/2" == heading(page)
    assert "✕ wrong" in page.locator(".pane").nth(1).inner_text()
    assert page.locator(".drawn .rows li").count() >= 8
    cells = page.get_by_role("region", name="Pushed away from it").locator("tbody tr").first.locator("td")
    assert "rows@1 row" in cells.nth(1).inner_text()

    cells.nth(1).get_by_role("link").first.click()
    there.arrives("**/dataset?*rows=all*", "h1:has-text('rows')")
    page.go_back()
    there.arrives("**/why?*change=broken*", ".drawn")
    page.get_by_role("link", name="← Evaluations").click()
    there.arrives("**/evals?*change=broken*", ".pill:has-text('broken')")
    assert listed == page.get_by_role("region", name="Items").inner_text()

    copied = watch(serve("ann", folder))
    copied.open(url.removeprefix(copied.base))
    assert listed == copied.page.get_by_role("region", name="Items").inner_text()


def test_what_drove_a_suite_opens_its_rows(serve: Serve, watch: Watch, folder: Path):
    there = watch(serve("ann", folder))
    page = there.open("/drivers?by=source&functional=margin")
    assert 3 == page.get_by_role("group", name="Contributions by source").locator(".rows li").count()
    page.get_by_role("link", name="source-1", exact=True).click()
    there.arrives("**/drivers?*group=source-1*", ".pill:has-text('source-1')")
    assert "4 samples of source-1" in page.locator(".stMain").inner_text()

    page.get_by_role("link", name="By cluster").click()
    there.arrives("**/drivers?*by=cluster*", "[aria-current='true']:has-text('By cluster')")
    page.go_back()
    there.arrives("**/drivers?*group=source-1*", ".pill:has-text('source-1')")


def test_a_choice_is_written_into_the_address(serve: Serve, watch: Watch, folder: Path):
    there = watch(serve("ann", folder))
    page = there.open("/evals?suite=finance&page=2")
    page.get_by_role("textbox", name="Search").fill("bond 17")
    page.keyboard.press("Enter")
    there.arrives("**q=bond+17*", ".pill:has-text('bond 17')")

    assert "page=" not in page.url
    assert "1 to 1 of 1 line" in page.locator(".pager").inner_text()


def test_keyboard_alone_goes_from_item_to_item(serve: Serve, watch: Watch, folder: Path):
    there = watch(serve("ann", folder))
    page = there.open(WHY + "&change=broken")
    page.get_by_role("link", name="Next").focus()
    page.keyboard.press("Enter")
    there.arrives("**/why?*item=test%2F8*", "h1:has-text('test/8')")
    page.get_by_role("link", name="← Evaluations").focus()
    page.keyboard.press("Enter")
    there.arrives("**/evals?*", ".pill:has-text('broken')")


def test_dark_charts_and_marks_can_be_read(serve: Serve, watch: Watch, folder: Path, tmp_path: Path):
    there = watch(serve("ann", folder), colours="dark")
    page = there.open(f"{WHY}&attribution={NEWER}&k=12")
    page.screenshot(path=str(tmp_path / "why.png"), full_page=True)
    style = "e => getComputedStyle(e).{}"
    ground = page.eval_on_selector(".drawn", style.format("backgroundColor"))

    assert contrast(ground, page.eval_on_selector(".drawn .name", style.format("color"))) > 7
    assert contrast(ground, page.eval_on_selector(".drawn .block.plain", style.format("backgroundColor"))) > 3
    assert contrast(ground, page.eval_on_selector(".drawn .block.error", style.format("backgroundColor"))) > 3
    mark = "mark.heat.h3"
    shown = [page.locator(mark).last.evaluate(style.format(name)) for name in ("backgroundColor", "color")]
    assert contrast(*shown) > 7


def test_words_of_models_and_rows_are_never_markup(serve: Serve, watch: Watch, hostile: Path):
    there = watch(serve("ann", hostile))
    item = "%3Cb%20onclick%3Dx%3E1%3C%2Fb%3E"
    why = f"why?suite=finance&item={item}&base={BASE}&head={HEAD}&k=12"
    for path in ("", "evals", why, "drivers?by=label", "drivers?by=cluster"):
        page = there.open(f"/{path}")
        assert "owned" not in page.title()
        assert "owned" != heading(page)
        assert 0 == page.locator(NEVER).count()
        assert 0 == page.locator(".stMain b[onclick]").count()
    page = there.open(f"/{why}")
    assert "owned" in page.locator(".pane blockquote").first.inner_text()
