from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from governance.errors import NotFound, UsageError
from governance.lake import Lake, open_lake
from governance.lake.suites import save_suite
from tests.training.evaluation.builders import number_suite, suite_file
from tests.training.evaluation.edge import edge
from training.evaluation.plan import Choice
from training.evaluation.request import EvalRequest, Remote, find_suite, need_libraries, run


@pytest.fixture
def lake(tmp_path: Path) -> Iterator[Lake]:
    with open_lake(str(tmp_path / "lake")) as opened:
        yield opened


def test_a_suite_is_found_by_name_version_or_path(lake: Lake, tmp_path: Path):
    save_suite(lake, number_suite(2, "finance"))
    save_suite(lake, number_suite(3, "finance"))
    file = suite_file(tmp_path / "other.jsonl", 4)

    assert [3, 2, 4, 4] == [
        find_suite(lake, spec).items.num_rows for spec in ("finance", "finance@1", str(file), f"mine={file}")
    ]
    assert "mine" == find_suite(lake, f"mine={file}").name
    with pytest.raises(NotFound, match="there is no evaluation suite") as refused:
        find_suite(lake, "finanse")
    assert "NAME=PATH" in refused.value.hint
    with pytest.raises(NotFound, match="has no version 9"):
        find_suite(lake, "finance@9")


def test_several_suites_are_several_evaluations_in_their_order(lake: Lake, tmp_path: Path):
    first, second = suite_file(tmp_path / "gsm8k-a.jsonl", 3), suite_file(tmp_path / "gsm8k-b.jsonl", 5)
    seen: list[tuple[str, int, int]] = []
    with edge() as at:
        request = EvalRequest(
            "small", (str(first), str(second)), place=Remote(at.url, "small", concurrency=2)
        )
        found = run(lake, request, lambda *step: seen.append(step))

    assert [("gsm8k-a", 3), ("gsm8k-b", 5)] == [(f.evaluation.suite.name, len(f.results)) for f in found]
    assert [1.0, 1.0] == [f.evaluation.scores["official"] for f in found]
    assert {("gsm8k-a", 3, 3), ("gsm8k-b", 5, 5)} <= set(seen)
    assert "key" not in found[0].evaluation.settings


def test_a_mistake_in_the_last_suite_is_told_before_the_first_is_asked(lake: Lake, tmp_path: Path):
    first = suite_file(tmp_path / "gsm8k.jsonl", 3)
    with edge() as at:
        with pytest.raises(NotFound):
            run(lake, EvalRequest("small", (str(first), "nothing"), place=Remote(at.url, "small")))
        with pytest.raises(UsageError):
            run(lake, EvalRequest("small", (str(first),), Choice(shots=9), place=Remote(at.url, "small")))
        assert [] == at.bodies


def test_a_package_that_is_missing_is_named():
    with pytest.raises(UsageError, match="needs no_such_package") as refused:
        need_libraries("json", "no_such_package")
    assert "govern[train]" in refused.value.hint
