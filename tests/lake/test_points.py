"""Rows as points: which are drawn, what is known of each, and that the same lake always gives the same picture."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from governance.findings import EVIDENCE
from governance.lake import Lake, open_lake
from governance.lake.audits import commit_audit
from governance.lake.browsing import points, runs
from governance.lake.browsing.points import Cloud
from governance.lake.browsing.projection import CHUNK, project
from governance.lake.datasets import stage_version
from tests.lake.builders import audit_report, dataset_record, entry_table, finding_table, sha
from tests.ui.mapped import store_vectors

TEXTS = [f"text {n}" for n in range(40)]


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    with open_lake(str(tmp_path / "lake"), create=True) as lake:
        with stage_version(lake, "sft") as staged:
            staged.write_entries(entry_table([*TEXTS, TEXTS[0]]))
            first = finding_table(1).to_pylist()[0]
            lines = [
                {
                    "fingerprint": first["fingerprint"],
                    "row": n,
                    "sample_id": sha(TEXTS[n]).hex(),
                    "role": role,
                }
                for n, role in ((3, "affected"), (4, "representative"))
            ]
            found = pa.Table.from_pylist(lines, schema=EVIDENCE)
            record = dataset_record("sft", [*TEXTS, TEXTS[0]])
            commit_audit(lake, audit_report("run-1", record, findings=1, evidence=found), [staged])
        yield lake


def embedded(lake: Lake, texts: list[str], model: str = "m p", dimension: int = 8) -> None:
    vectors = np.random.default_rng(len(texts)).normal(size=(len(texts), dimension))
    store_vectors(lake, [sha(t) for t in texts], vectors, model)


def cloud(lake: Lake, most: int = points.MOST) -> Cloud | None:
    report = runs.report_head(lake, "run-1")
    assert report is not None
    return points.cloud(lake, "run-1", runs.kept_pieces(lake, report), most)


def test_without_vectors_there_is_no_cloud(lake: Lake):
    assert cloud(lake) is None
    embedded(lake, ["of another dataset"])
    assert cloud(lake) is None


def test_rows_of_equal_content_are_one_point_at_the_first_of_them(lake: Lake):
    embedded(lake, TEXTS)
    found = cloud(lake)

    assert found is not None
    assert (40, 40, 0) == (found.points.num_rows, found.samples, found.without)
    assert set(range(40)) == set(found.points.column("row").to_pylist())
    assert list(points.COLUMNS) == found.points.column_names


def test_a_bound_takes_the_lowest_ids_and_says_of_how_many(lake: Lake):
    embedded(lake, TEXTS[:30])
    found = cloud(lake, most=7)

    assert found is not None
    assert sorted(sha(t).hex() for t in TEXTS[:30])[:7] == found.points.column("sample_id").to_pylist()
    assert (30, 10) == (found.samples, found.without)


def test_the_same_lake_gives_the_same_picture(lake: Lake):
    embedded(lake, TEXTS)
    first, second = cloud(lake), cloud(lake)

    assert first is not None and second is not None
    assert first.points.equals(second.points)


def test_a_sample_that_is_stored_twice_is_one_point(lake: Lake):
    embedded(lake, TEXTS)
    embedded(lake, TEXTS)
    found = cloud(lake)

    assert found is not None
    assert (40, 40) == (found.points.num_rows, found.samples)


def test_the_model_that_has_most_rows_of_the_run_is_drawn(lake: Lake):
    embedded(lake, TEXTS[:5], "few p", dimension=4)
    embedded(lake, TEXTS[:20], "many p")
    embedded(lake, [f"elsewhere {n}" for n in range(90)], "other p", dimension=12)
    found = cloud(lake)

    assert found is not None
    assert ("many p", 20) == (found.model, found.samples)


def test_a_finding_counts_against_one_row_and_holds_both(lake: Lake):
    embedded(lake, TEXTS)
    found = cloud(lake)
    finding = finding_table(1).to_pylist()[0]

    assert found is not None
    against = {line["row"]: line["rule"] for line in found.points.to_pylist() if line["rule"]}
    assert {3: finding["rule"]} == against
    both = sorted(sha(TEXTS[n]).hex() for n in (3, 4))
    assert both == points.members(lake, "run-1", finding["fingerprint"], "f" * 64).to_pylist()
    assert both[:1] == points.members(lake, "run-1", finding["fingerprint"], both[0]).to_pylist()
    assert [] == points.members(lake, "run-1", "' OR 1=1 --", "f" * 64).to_pylist()


def test_the_two_directions_are_those_of_the_singular_vectors():
    vectors = np.random.default_rng(1).normal(size=(CHUNK + 300, 12)) * np.linspace(3, 0.5, 12) + 5
    vectors = vectors.astype(np.float16)
    found = project(vectors)
    exact = np.linalg.svd(vectors.astype(float) - vectors.mean(0, dtype=float), full_matrices=False)

    assert np.allclose(np.eye(2), found.axes @ found.axes.T, atol=1e-12)
    assert np.allclose(1, np.abs(np.sum(found.axes * exact[2][:2], axis=1)), atol=1e-9)
    assert np.allclose(0, found.points.mean(0), atol=1e-4)
    assert abs(np.corrcoef(found.points.T)[0, 1]) < 1e-6
    assert np.isclose((exact[1][:2] ** 2).sum() / (exact[1] ** 2).sum(), found.held)


def test_signs_do_not_depend_on_the_order_of_rows():
    vectors = np.random.default_rng(2).normal(size=(200, 6)).astype(np.float16)
    shuffled = np.random.default_rng(3).permutation(200)

    assert np.allclose(project(vectors).points[shuffled], project(vectors[shuffled]).points, atol=1e-5)
    assert np.all(
        np.take_along_axis(project(vectors).axes, np.abs(project(vectors).axes).argmax(1)[:, None], 1) > 0
    )


@pytest.mark.parametrize("shape", [(0, 0), (1, 5), (3, 1), (4, 5)])
def test_what_does_not_vary_lies_at_the_centre(shape: tuple[int, int]):
    found = project(np.ones(shape, np.float16))

    assert (shape[0], 2) == found.points.shape
    assert not found.points.any()
    assert 0 == found.held
