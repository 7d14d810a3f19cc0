"""The map in a real browser: points are drawn under the policy of the pages, and what is chosen is in the address."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.ui.conftest import Demo
from tests.ui.e2e.conftest import Server, Watched
from tests.ui.mapped import embed_rows
from tests.ui.watching import NEVER

pytestmark = pytest.mark.browser
Serve = Callable[[str, Path], Server]
Watch = Callable[..., Watched]
CANVAS = ".stMain canvas"
COLOURS = """canvas => {
  const {data} = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  const seen = new Set();
  for (let n = 0; n < data.length; n += 4) if (data[n + 3] > 150) seen.add(`${data[n]},${data[n + 1]},${data[n + 2]}`);
  return seen.size;
}"""
"""How many colours are on the canvas."""


@pytest.fixture(scope="module")
def folder(browser: Any, demo: Demo, tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("mapped") / "demo"
    shutil.copytree(demo.folder, made)
    embed_rows(str(made / ".govern"))
    return made


def test_a_cold_link_draws_the_points_and_a_group_goes_into_the_address(
    serve: Serve, watch: Watch, folder: Path
):
    there = watch(serve("ann", folder))
    page = there.open("/map?colour=source")
    page.wait_for_selector(CANVAS)
    page.wait_for_function(f"({COLOURS})(document.querySelector('{CANVAS}')) > 2")
    assert "points by source" in page.locator('[aria-label^="Map of"]').first.get_attribute("aria-label")

    page.get_by_role("link", name="rule", exact=True).click()
    there.arrives("**/map?*", '.steps b:has-text("rule")')
    page.get_by_role("link", name="DUP003").first.click()
    there.arrives("**group=DUP003*", ".pill:has-text('DUP003')")
    listed, url = page.locator("table").last.inner_text(), page.url

    copied = watch(serve("ann", folder))
    copied.open(url.removeprefix(copied.base))
    copied.page.wait_for_selector(CANVAS)
    assert listed == copied.page.locator("table").last.inner_text()
    page.go_back()
    page.wait_for_selector(".pill", state="detached")


def test_names_that_try_to_be_markup_are_words_in_the_key(
    serve: Serve, watch: Watch, hostile_folder: Path, tmp_path: Path
):
    folder = tmp_path / "hostile"
    shutil.copytree(hostile_folder, folder)
    embed_rows(str(folder / ".govern"))
    there = watch(serve("ann", folder))
    for colour in ("source", "label"):
        page = there.open(f"/map?colour={colour}")
        page.wait_for_selector(CANVAS)

        assert "owned" in page.locator("table").first.inner_text()
        assert "owned" not in page.title()
        assert 0 == page.locator(NEVER).count()
