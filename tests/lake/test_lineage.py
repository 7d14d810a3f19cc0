"""What came of what, found in the records of a lake."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from governance.lake import Lake, open_lake
from governance.lake.browsing.lineage import KINDS, Graph, around, latest
from governance.lake.datasets import find_version
from governance.reports.openlineage import NAMESPACE, as_lines, run_events
from tests.curation.builders import bonds, curated, write
from tests.lake.graphs import AFTER, BEFORE, RUN, TRACED, train_on


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lake]:
    folder = tmp_path_factory.mktemp("lineage")
    with open_lake(str(folder / "lake")) as opened:
        curated(opened, write(folder / "train.jsonl", bonds(6)))
        train_on(opened, "sft@1")
        yield opened


def keys(graph: Graph) -> set[str]:
    return {n.key for n in graph.nodes}


def audit(lake: Lake) -> str:
    return f"audit:{lake.fetch('SELECT run FROM lake.audits')[0][0]}"


def test_everything_is_joined_from_the_data_to_what_moved_the_model(lake: Lake):
    found = around(lake, "split:sft@1", 8, "both")

    assert {
        "dataset:train@1", audit(lake), "split:sft@1", f"training:{RUN}", f"checkpoint:{RUN}@2",
        f"evaluation:{AFTER}", f"attribution:{TRACED}",
    } == keys(found)  # fmt: skip
    assert {
        ("dataset:train@1", audit(lake)), ("dataset:train@1", "split:sft@1"), (audit(lake), "split:sft@1"),
        ("split:sft@1", f"training:{RUN}"), (f"training:{RUN}", f"checkpoint:{RUN}@2"),
        (f"checkpoint:{RUN}@2", f"evaluation:{AFTER}"), (f"evaluation:{AFTER}", f"attribution:{TRACED}"),
        (f"training:{RUN}", f"attribution:{TRACED}"),
    } == set(found.edges)  # fmt: skip
    assert [k for k in KINDS if any(n.kind == k for n in found.nodes)] == list(
        dict.fromkeys(n.kind for n in found.nodes)
    )


def test_up_and_down_are_what_it_came_of_and_what_came_of_it(lake: Lake):
    up, down = (around(lake, f"training:{RUN}", 1, way) for way in ("up", "down"))

    assert {"split:sft@1", f"training:{RUN}", f"model:{'b' * 64}"} == keys(up)
    assert {f"training:{RUN}", f"checkpoint:{RUN}@2", f"attribution:{TRACED}"} == keys(down)
    assert [0] == [n.depth for n in up.nodes if n.key == f"training:{RUN}"]


def test_a_base_model_is_known_by_its_hash_and_a_suite_by_its_content(lake: Lake):
    found = keys(around(lake, f"evaluation:{BEFORE}", 1, "both"))

    assert {f"model:{'b' * 64}", "suite:finance@1", f"evaluation:{BEFORE}", f"attribution:{TRACED}"} == found


def test_a_model_that_was_trained_from_and_evaluated_has_one_name(lake: Lake):
    looks = [around(lake, f"training:{RUN}", 1, "up") for _ in range(20)]

    assert {("base model", "new:tiny")} == {
        (n.remark, n.title) for g in looks for n in g.nodes if n.kind == "model"
    }


def test_nothing_is_around_what_is_not_there(lake: Lake):
    for key in ("split:sft@9", "nothing", "", "split:' OR 1=1 --"):
        assert Graph((), ()) == around(lake, key, 8, "both")


def test_depth_is_bounded_and_a_single_node_has_no_edges(lake: Lake):
    alone = around(lake, "split:sft@1", 0, "both")

    assert ({"split:sft@1"}, ()) == (keys(alone), alone.edges)
    assert keys(around(lake, "split:sft@1", 8, "up")) == keys(around(lake, "split:sft@1", 10**9, "up"))


def test_what_is_furthest_along_is_the_latest(lake: Lake, tmp_path: Path):
    assert f"attribution:{TRACED}" == latest(lake)
    with open_lake(str(tmp_path / "empty")) as empty:
        assert "" == latest(empty)


def test_events_say_what_each_run_read_and_wrote(lake: Lake):
    events = run_events(around(lake, "split:sft@1", 8, "both"))
    training = [e for e in events if e["job"]["name"] == "train"]

    assert ["START", "COMPLETE"] == [e["eventType"] for e in training]
    assert {NAMESPACE} == {d["namespace"] for e in events for d in (*e["inputs"], *e["outputs"])}
    assert ["split/sft"] == [d["name"] for d in training[0]["inputs"]]
    assert "1" == training[0]["inputs"][0]["facets"]["version"]["datasetVersion"]
    assert [f"training/{RUN}", f"checkpoint/{RUN}@2"] == [d["name"] for d in training[0]["outputs"]]
    assert 1 == len({e["run"]["runId"] for e in training})
    assert {"audit", "curate", "train", "eval", "attribute"} == {e["job"]["name"] for e in events}


def test_events_have_what_the_format_asks_for(lake: Lake):
    lines = as_lines(around(lake, "split:sft@1", 8, "both")).splitlines()

    for event in map(json.loads, lines):
        assert {"eventType", "eventTime", "run", "job", "inputs", "outputs", "producer", "schemaURL"} == set(
            event
        )
        assert str(uuid.UUID(event["run"]["runId"])) == event["run"]["runId"]
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(\+00:00|Z)", event["eventTime"])


def test_a_dataset_is_named_as_the_lake_names_it(lake: Lake):
    version = find_version(lake, "train")

    (node,) = [n for n in around(lake, "dataset:train@1", 1, "down").nodes if n.kind == "dataset"]
    assert (f"{version.name}@{version.version}", "6 rows") == (node.title, node.remark)
