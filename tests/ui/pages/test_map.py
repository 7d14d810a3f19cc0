"""Map: what is drawn of how many, what colours it, what is chosen; and what is said where nothing was embedded."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass

import pytest

from governance.lake import open_lake
from tests.ui.conftest import Demo
from tests.ui.mapped import embed_rows
from tests.ui.pages.conftest import Open


@dataclass(frozen=True)
class Mapped:
    """A lake with vectors; how many, and a cluster of it with its samples."""

    lake: str
    vectors: int
    cluster: str
    samples: int


@pytest.fixture(scope="module")
def mapped(demo: Demo, tmp_path_factory: pytest.TempPathFactory) -> Mapped:
    folder = tmp_path_factory.mktemp("mapped") / "demo"
    shutil.copytree(demo.folder, folder)
    place = str(folder / ".govern")
    vectors = embed_rows(place, leave_out=3)
    with open_lake(place, read_only=True) as lake:
        sql = (
            "SELECT f.fingerprint, count(DISTINCT e.sample_id) FROM lake.findings f"
            " JOIN lake.evidence e ON e.run = f.run AND e.fingerprint = f.fingerprint"
            " JOIN lake.embeddings v ON lower(hex(v.sample_id)) = e.sample_id"
            " WHERE f.rule = 'DUP003' GROUP BY ALL ORDER BY 2 DESC, 1 LIMIT 1"
        )
        return Mapped(place, vectors, *lake.fetch(sql)[0])


def test_says_that_nothing_was_embedded_and_how_it_is_done(visit: Open, demo: Demo):
    seen = visit("map", demo.lake)

    assert "No embeddings in this run." in seen.text
    assert "govern audit" in seen.app.code[-1].value
    assert seen.app.code[-1].value.endswith("--select DUP004")
    assert not seen.app.get("vega_lite_chart")


def test_says_how_many_points_of_how_many_and_draws_no_name(visit: Open, mapped: Mapped):
    seen = visit("map", mapped.lake)

    assert (
        f"{mapped.vectors:,} of {mapped.vectors:,} different rows that have a vector; 3 have none"
        in seen.text
    )
    chart = seen.app.get("vega_lite_chart")[0].proto
    assert f"Map of {mapped.vectors:,} points by rule" in chart.alt
    assert {"x", "y", "mark"} == {e["field"] for e in json.loads(chart.spec)["encoding"].values()}
    assert "no finding" in seen.text


@pytest.mark.parametrize("colour", ["rule", "source", "label", "cluster"])
def test_every_group_has_a_mark_in_words_and_a_number(visit: Open, mapped: Mapped, colour: str):
    seen = visit("map", mapped.lake, colour=colour)
    key = seen.markup.partition(f"<caption>Points by {colour}</caption>")[2].partition("</table>")[0]
    numbers = [int(n.partition("<")[0].replace(",", "")) for n in key.split('<td class="n">')[1:]]

    assert mapped.vectors == sum(numbers)
    assert key.count('aria-hidden="true"') == len(numbers) == key.count('<span class="name">')


def test_a_cluster_is_chosen_by_the_address(visit: Open, mapped: Mapped):
    seen = visit("map", mapped.lake, colour="cluster", cluster=mapped.cluster)

    assert "Chosen rows" in seen.text
    assert f"{mapped.samples:,} chosen" in seen.app.get("vega_lite_chart")[0].proto.alt
    assert f"of {mapped.samples} lines" in seen.text
    assert [x for x in seen.links("/cluster") if mapped.cluster in x]
    assert f"DUP003 {mapped.cluster[:12]}" in seen.text


def test_a_cluster_leads_to_its_rows_on_the_map(visit: Open, mapped: Mapped, demo: Demo, run: str):
    links = visit("cluster", mapped.lake, id=mapped.cluster).links("/map?")

    assert [f"/map?run={run}&colour=cluster&cluster={mapped.cluster}"] == [
        x for x in links if "cluster=" in x
    ]
    assert [] == [x for x in visit("cluster", demo.lake, id=mapped.cluster).links("/map?") if "cluster=" in x]


def test_rows_of_any_finding_can_be_chosen(visit: Open, mapped: Mapped, fingerprints: dict[str, str]):
    found = fingerprints["CON003"]
    seen = visit("map", mapped.lake, colour="cluster", cluster=found)

    assert f"CON003 {found[:12]}" in seen.text
    assert [x for x in seen.links("/finding?") if found in x]


def test_a_group_is_chosen_by_a_link_of_the_key(visit: Open, mapped: Mapped):
    links = visit("map", mapped.lake, colour="rule").links("/map?")
    assert [x for x in links if "group=DUP003" in x]

    seen = visit("map", mapped.lake, colour="rule", group="DUP003")

    assert "rule: DUP003" in seen.text
    listed = seen.markup.partition("<caption>Rows of the map</caption>")[2].partition("</table>")[0]
    assert listed.count("<tr>") - 1 == listed.count("id=DUP003")


def test_an_unknown_cluster_is_said_calmly(visit: Open, mapped: Mapped):
    seen = visit("map", mapped.lake, cluster="0" * 64, colour="cluster")

    assert "No point of this map is meant by these filters." in seen.text


def test_wrong_words_of_the_address_are_left_out(visit: Open, mapped: Mapped):
    seen = visit("map", mapped.lake, colour="shape", cluster="<b>")

    assert "Left out of the address, since it means nothing here: cluster, colour" in seen.text
