"""Lineage: the picture, the same as a table, the address, events to be copied."""

from __future__ import annotations

import shutil

import pytest

from governance.lake import open_lake
from tests.lake.graphs import RUN, TRACED, train_on
from tests.ui.conftest import Demo
from tests.ui.pages.conftest import Open
from ui.dashboard.components.picture import MOST_A_COLUMN, Box, drawn, graph


@pytest.fixture(scope="module")
def trained(curated: Demo, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The curated demo with a training run of its first split, evaluated and attributed."""
    folder = tmp_path_factory.mktemp("trained") / "demo"
    shutil.copytree(curated.folder, folder)
    with open_lake(str(folder / ".govern")) as lake:
        train_on(lake, "sft@1")
    return str(folder / ".govern")


def test_the_picture_and_the_table_say_the_same(visit: Open, trained: str):
    seen = visit("lineage", trained, node="split:sft@1", depth=6)

    boxes = seen.markup.count('class="box')
    assert f"drawn {boxes} of {boxes}" in seen.text
    assert boxes == seen.markup.split("<tbody>")[-1].count("<tr>")
    assert "<svg" not in seen.markup
    assert f"/lineage?node=training%3A{RUN}&depth=6" in seen.links("/lineage")
    assert "/splits?id=sft%401" in seen.links("/splits")
    assert "govern lineage split:sft@1 --depth 6 --direction both" == seen.app.code[-1].value


def test_without_a_node_it_starts_at_what_was_made_last(visit: Open, trained: str, demo: Demo):
    assert TRACED in visit("lineage", trained).text
    assert "audit" in visit("lineage", demo.lake).text


def test_direction_and_depth_come_from_the_address(visit: Open, trained: str):
    seen = visit("lineage", trained, node=f"training:{RUN}", depth=1, dir="up")

    assert "drawn 3 of 3" in seen.text
    assert "evaluation" not in seen.text.partition("Table")[0]
    odd = visit("lineage", trained, node=f"training:{RUN}", depth=99, dir="sideways")
    assert "Left out of the address, since it means nothing here: depth, dir" in odd.text


def test_an_unknown_node_is_said_calmly(visit: Open, trained: str):
    seen = visit("lineage", trained, node="split:<img src=x>@1")

    assert "This lake has no such thing." in seen.text
    assert "<img" not in seen.markup


def test_evaluations_and_attributions_lead_to_their_pages(visit: Open, trained: str):
    seen = visit("lineage", trained, node=f"attribution:{TRACED}", depth=6)

    assert any(f"attribution={TRACED}" in link for link in seen.links("/drivers?"))
    assert seen.links("/evals?head=")


def test_links_stay_in_the_audit_that_is_looked_at(visit: Open, trained: str):
    seen = visit("lineage", trained, node=f"attribution:{TRACED}", depth=6)
    run = seen.app.selectbox(key="asked:run").value
    pinned = visit("lineage", trained, node=f"attribution:{TRACED}", depth=6, run=run)

    places = ("/dataset?", "/splits?", "/evals?", "/drivers?")
    found = [link for place in places for link in pinned.links(place)]
    assert set(places) == {f"{link.partition('?')[0]}?" for link in found}
    assert [] == [link for link in found if f"run={run}" not in link]


def test_events_can_be_copied(visit: Open, trained: str):
    seen = visit("lineage", trained, node="split:sft@1")

    assert '"eventType": "START"' in seen.app.code[0].value
    assert ["Download the events"] == [b.label for b in seen.app.get("download_button")]


def test_a_training_run_leads_the_split_to_itself(visit: Open, trained: str):
    assert RUN in visit("splits", trained, id="sft@1").text


def test_a_picture_has_room_for_so_many_of_a_kind():
    boxes = [Box(f"audit:{n}", "audit", "audit", f"run {n}", "pass", "/", here=n == 99) for n in range(100)]
    shown = drawn(boxes)

    assert MOST_A_COLUMN == len(shown)
    assert shown[-1].here


def test_text_of_boxes_is_escaped():
    box = Box("a", "dataset", "sources", "<b>bold</b>", '" onload="', "/lineage?node=a")
    markup = graph([box], [("a", "gone")], "<i>")

    assert "<b>bold" not in markup.replace("<b>&lt;", "")
    assert 'onload="' not in markup
