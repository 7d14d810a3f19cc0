"""Splits, proposals and lineage in a real browser."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from governance.lake import open_lake
from governance.lake.events import verify_chain
from governance.lake.proposals import standings
from tests.lake.graphs import RUN, train_on
from tests.ui.conftest import Demo, inside
from tests.ui.e2e.conftest import Server, Watched
from tests.ui.watching import NEVER, contrast
from ui.cli.main import main

pytestmark = pytest.mark.browser
Serve = Callable[[str, Path], Server]
Watch = Callable[..., Watched]
CURATE = ["--name", "sft", "--audit", "latest", "-q", "--isolated", "--lake", ".govern"]


@pytest.fixture(scope="module")
def folder(browser: Any, curated: Demo, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the curated demo, with a training run of its first split."""
    made = tmp_path_factory.mktemp("splits") / "demo"
    shutil.copytree(curated.folder, made)
    with open_lake(str(made / ".govern")) as lake:
        train_on(lake, "sft@1")
    return made


def test_numbers_of_a_split_lead_to_rows_and_back(serve: Serve, watch: Watch, folder: Path):
    there = watch(serve("ann", folder))
    page = there.open("/splits")
    page.locator("td a", has_text="sft@1").click()
    there.arrives("**/splits?id=sft%401*", ".facts")
    page.get_by_label("rows left out at duplicate").focus()
    page.keyboard.press("Enter")
    there.arrives("**step=duplicate*", ".pill:has-text('duplicate')")
    listed, url = page.locator("table").inner_text(), page.url
    assert "duplicates = DUP001" in listed

    page.go_back()
    there.arrives("**/splits?id=sft%401", ".bars")
    page.go_forward()
    there.arrives("**step=duplicate*", ".pill:has-text('duplicate')")
    assert listed == page.locator("table").inner_text()
    copied = watch(serve("ann", folder))
    copied.open(url.removeprefix(copied.base))
    assert listed == copied.page.locator("table").inner_text()


def test_the_manifest_is_downloaded(serve: Serve, watch: Watch, folder: Path):
    page = watch(serve("ann", folder)).open("/splits?id=sft@1")
    with page.expect_download() as waited:
        page.get_by_role("button", name="Download the manifest").click()

    assert '"members_hash"' in Path(waited.value.path()).read_text()


def test_lineage_is_drawn_and_walked(serve: Serve, watch: Watch, folder: Path, tmp_path: Path):
    there = watch(serve("ann", folder), colours="dark")
    page = there.open("/lineage?node=split:sft@1&depth=6")
    boxes = page.locator(".graph .box")
    many = boxes.count()
    first, last = boxes.first.bounding_box(), boxes.last.bounding_box()
    assert many >= 7
    assert first["x"] < last["x"]
    lines = [line.bounding_box() for line in page.locator(".graph > i").all()]
    assert all(line["width"] + line["height"] >= 1 for line in lines)
    script = "e => getComputedStyle(e).{}"
    ground = boxes.first.evaluate(script.format("backgroundColor"))
    assert contrast(ground, boxes.first.locator("b").evaluate(script.format("color"))) > 7
    page.screenshot(path=str(tmp_path / "lineage.png"), full_page=True)

    page.locator(".graph .box", has_text=RUN).first.click()
    there.arrives("**node=training*", f".graph .box.here:has-text('{RUN}')")
    page.go_back()
    there.arrives("**node=split*", ".graph .box.here:has-text('sft@1')")
    assert many == page.locator(".graph .box").count()


def test_another_row_stays_once_a_second_person_agrees(serve: Serve, watch: Watch, folder: Path):
    with open_lake(str(folder / ".govern"), read_only=True) as lake:
        sql = "SELECT fingerprint FROM lake.findings WHERE rule = 'DUP003' AND severity <> 'note' ORDER BY 1 LIMIT 1"
        cluster = lake.fetch(sql)[0][0]
    page = watch(serve("ann", folder)).open(f"/cluster?id={cluster}")
    page.get_by_role("button", name="Let this row stay instead").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_text("sft@2").wait_for()
    dialog.get_by_label("Why").fill("it names its source")
    dialog.get_by_label("Why").blur()
    dialog.get_by_role("button", name="Propose", exact=True).click()
    page.get_by_text("ann proposed P-0001").wait_for()
    own = watch(serve("ann", folder)).open("/proposals?id=P-0001")
    assert own.get_by_role("button", name="Approve").is_disabled()

    page = watch(serve("ben", folder)).open("/proposals")
    page.locator("td a", has_text="P-0001").click()
    page.get_by_role("button", name="Approve").click()
    page.get_by_role("dialog").get_by_role("button", name="Approve").click()
    page.get_by_text("the next curation takes it up").wait_for()
    with inside(folder):
        assert 0 == main(["curate", "govern-demo/demo-finance.parquet", *CURATE])
    seen = watch(serve("ben", folder)).open("/splits?id=sft@3&step=duplicate&rule=DUP003")

    seen.locator("td a", has_text="proposal P-0001").first.wait_for()
    with open_lake(str(folder / ".govern"), read_only=True) as lake:
        assert [("ann", "ben")] == [(s.proposal.by, s.decided_by) for s in standings(lake)]
        assert verify_chain(lake).ok


def test_names_of_labels_and_reasons_are_never_markup(
    serve: Serve, watch: Watch, hostile_folder: Path, tmp_path: Path
):
    from governance.proposals.actions import propose
    from governance.proposals.model import Change, Kind
    from tests.ui.e2e.conftest import HOSTILE

    made = tmp_path / "hostile"
    shutil.copytree(hostile_folder, made)
    with inside(made):
        kept = ["--keep", "SEC,CON,INP,LIC,PRV,SPL,QLT,TOX", "--labels", "none"]
        assert 0 == main(["curate", "rows.jsonl", *CURATE, *kept])
    with open_lake(str(made / ".govern")) as lake:
        for text in HOSTILE:
            shown = text.format(n=0)
            propose(lake, Change(Kind.SHARE, "sft", label=shown, rows=0), shown, shown)
    there = watch(serve("ann", made))
    for path in ("splits", "splits?id=sft@1", "splits?id=sft@1&by=label", "lineage?node=split:sft@1", "proposals",
                 *(f"proposals?id=P-000{n}" for n in range(1, 7)), "splits?id=sft@1&step=duplicate"):  # fmt: skip
        page = there.open(f"/{path}")
        assert "owned" not in page.title()
        assert 0 == page.locator(NEVER).count()
        assert not re.fullmatch("owned", page.locator("h1").first.inner_text())
    assert "owned" in there.open("/splits?id=sft@1").locator("table").nth(1).inner_text()
