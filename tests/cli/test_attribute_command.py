"""A training run, traced: from the data to the page that names what moved an item."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from governance.lake import Lake, open_lake
from governance.lake.contributions import find_attribution, load_ledger, verify_attribution
from tests.cli.conftest import write_rows
from ui.cli.main import main

pytestmark = pytest.mark.slow


def rows() -> list[dict[str, Any]]:
    """Sums of which those with an odd first number are one label and the others another."""
    return [
        {"prompt": f"What is {a} plus {b}?", "response": f"It is {a + b}.", "label": ("even", "odd")[a % 2]}
        for a in range(2, 6)
        for b in range(2, 6)
    ]


@pytest.fixture(scope="module")
def traced(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A lake with a split, a run of eight steps on it, and its attribution at every step."""
    folder = tmp_path_factory.mktemp("traced")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        write_rows(folder / "train.jsonl", rows())
        questions = [{"question": f"What is 3 plus {n}?", "answer": f"It is {3 + n}."} for n in (4, 9)]
        write_rows(folder / "eval.jsonl", questions)
        done("ingest", "train.jsonl", "-q")
        done("benchmarks", "add", "sums", "eval.jsonl", "-q")
        done("curate", "train", "--name", "sums", "-q")
        settings = ["epochs=2", "learning_rate=1e-3", "device=cpu", "weight_decay=0.01"]
        done("train", "sums", "-q", "-o", "run", *(part for s in settings for part in ("--set", s)))
        done("attribute", "--suite", "sums", "--every", "1", "-q")
        yield folder


def done(*arguments: str) -> None:
    assert main(arguments) == 0, arguments


@pytest.fixture
def lake(traced: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lake]:
    monkeypatch.chdir(traced)
    with open_lake(".govern", read_only=True) as opened:
        yield opened


def test_the_ledger_adds_up_and_is_proved(lake: Lake):
    stored = find_attribution(lake, "latest")
    ledger = load_ledger(lake, stored.id)

    attributed: dict[str, float] = {}
    for row in ledger.contributions.to_pylist():
        attributed[row["item"]] = attributed.get(row["item"], 0.0) + row["amount"]
    for item in ("eval/0", "eval/1"):
        lines = [b for b in ledger.balances.to_pylist() if b["item"] == item]
        parts = sum(b["attributed"] + b["weight_decay"] + b["carried"] + b["residual"] for b in lines)
        assert pytest.approx(lines[0]["before"] - lines[-1]["after"], abs=1e-5) == parts
        assert pytest.approx(sum(b["attributed"] for b in lines), abs=1e-5) == attributed[item]
    assert verify_attribution(lake, stored.id).ok


def test_the_run_was_repeated(lake: Lake):
    settings = find_attribution(lake, "latest").record.settings

    assert settings["loss_difference"] < 1e-5
    assert (2, 0) == (settings["items"], settings["margins"])


def test_samples_are_known_by_their_rows_and_labels(lake: Lake):
    samples = load_ledger(lake, find_attribution(lake, "latest").id).samples.to_pylist()

    assert [("train@1", n) for n in range(16)] == [(s["dataset"], s["row"]) for s in samples]
    assert {"even", "odd"} == {s["label"] for s in samples}


def test_at_every_step_nearly_all_of_the_change_is_accounted_for(
    traced: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.chdir(traced)
    done("drivers", "--by", "label", "-f", "json")

    (suite,) = json.loads(capsys.readouterr().out)["suites"]
    assert suite["coverage"] > 0.95
    assert {"even", "odd"} == {d["name"] for d in (*suite["helped"], *suite["harmed"])}


def test_the_coverage_printed_is_the_one_that_the_stored_rows_give(
    lake: Lake, capsys: pytest.CaptureFixture[str]
):
    rows = load_ledger(lake, find_attribution(lake, "latest").id).balances.to_pylist()
    done("drivers", "--by", "label", "-f", "json")

    (suite,) = json.loads(capsys.readouterr().out)["suites"]
    left = moved = 0.0
    for item in ("eval/0", "eval/1"):
        mine = [r for r in rows if r["item"] == item]
        change = sum(r["before"] - r["after"] for r in mine)
        left += abs(change - sum(r["attributed"] + r["weight_decay"] + r["carried"] for r in mine))
        moved += abs(change)
    assert pytest.approx(1 - left / moved, abs=1e-9) == suite["coverage"]


def test_why_has_all_three_columns(
    traced: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.chdir(traced)
    done("why", "sums", "eval/0", "-f", "json", "-k", "16")

    (part,) = json.loads(capsys.readouterr().out)["parts"]
    causes = {c["name"]: c for c in (*part["helped"], *part["harmed"])}
    same = causes["train@1 row 6"]  # 3 plus 4
    assert same["overlap"]["share"] == 1.0
    assert same["removal"] in sorted(c["removal"] for c in causes.values())[-4:]
    assert 16 == len(causes)


def test_samples_are_listed_and_tested_by_the_removal_score_where_that_is_asked_for(
    traced: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.chdir(traced)
    done("why", "sums", "eval/0", "-f", "json", "-k", "3", "--order", "removal", "--verify")
    told = json.loads(capsys.readouterr().out)

    (part,) = told["parts"]
    scores = [c["removal"] for c in part["helped"]]
    assert sorted(scores, reverse=True) == scores
    assert [1, 2, 3] == [c["rank"] for c in part["helped"]]
    assert "removal" == part["order"]
    with open_lake(".govern", read_only=True) as lake:
        check = find_attribution(lake, "latest").checks[-1]
    assert ("retrain", "removal") == (check.kind, check.method)
    assert [c["sample"] for c in part["helped"]] == check.record["named"]
    for form in ("text", "markdown", "html"):
        done("why", "sums", "eval/0", "--order", "removal", "-f", form)
        assert "Helped, missed most first" in capsys.readouterr().out


def test_a_group_is_left_out_and_what_that_did_stands_beside_the_estimate(
    traced: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.chdir(traced)
    done("drivers", "--by", "label", "--verify", "odd", "-f", "json")
    told = json.loads(capsys.readouterr().out)

    (suite,) = told["suites"]
    found = {d["name"]: d for d in (*suite["helped"], *suite["harmed"])}
    measured = found["odd"]["measured"]
    assert None is found["even"]["measured"]
    assert measured["low"] <= measured["amount"] <= measured["high"]
    assert measured["amount"] > 0, "the items are sums of odd numbers"
    assert f"the ledger says they brought {found['odd']['contribution']:+.4f}" in told["notes"][-1]
    with open_lake(".govern", read_only=True) as lake:
        check = find_attribution(lake, "latest").checks[-1]
    assert ("group", 2, 8) == (check.kind, check.cases, check.record["samples"])
    assert pytest.approx(measured["amount"]) == check.record["after"] - check.record["without"] == check.value
    for form in ("text", "markdown", "html"):
        done("drivers", "--by", "label", "-f", form)
        assert "measured" in capsys.readouterr().out.casefold()


def test_a_group_that_is_not_there_is_2_before_anything_is_trained(
    traced: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.chdir(traced)

    assert 2 == main(["drivers", "--by", "label", "--verify", "odd", "--verify", "ood"])
    assert "did you mean 'odd'" in capsys.readouterr().err
    assert 2 == main(["drivers", "--by", "source", "--verify", "no source"])
    assert "nothing is left to train on" in capsys.readouterr().err


def test_an_unknown_suite_or_run_is_2(
    traced: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.chdir(traced)

    assert 2 == main(["attribute", "--suite", "nothing"])
    assert 2 == main(["attribute", "nothing", "--suite", "sums"])
    assert "there is no training 'nothing'" in capsys.readouterr().err
