from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from governance.benchmarks import load_suite
from governance.lake import open_lake
from governance.lake.contributions import AttributionRecord, Check, commit_attribution, record_check
from governance.lake.suites import save_suite
from tests.attribution.ledgers import ledger_of, random_ledger, sample_table
from tests.cli.conftest import Run, clean_rows, write_rows
from ui.cli.main import main

ITEM = "eval/0"


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lake with an audit, a suite of one item, and two attributions: a small one of it, then a larger one."""
    folder = tmp_path_factory.mktemp("template")
    rows = clean_rows()
    samples = sample_table(3, label=["a", "b", "a"])
    ledger = ledger_of(samples, {(0, ITEM): 1.0, (1, ITEM): -0.25, (2, ITEM): 0.5}, suite="finance")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        write_rows(folder / "train.jsonl", [*rows, rows[0]])
        write_rows(folder / "eval.jsonl", [{"question": rows[0]["prompt"], "answer": rows[0]["response"]}])
        assert 0 == main(["audit", "train.jsonl", "--exit-zero", "-q", "-o", "report.txt"])
        with open_lake(".govern") as lake:
            save_suite(lake, load_suite("finance=eval.jsonl"))
            commit_attribution(lake, "20260101-small", AttributionRecord("run-small", "sft@1"), ledger)
            commit_attribution(lake, "20260102-large", AttributionRecord("run-large"), random_ledger(9, 3, 2))
    return folder


@pytest.fixture
def traced(folder: Path, template: Path) -> Path:
    """A working folder with a copy of that lake."""
    shutil.copytree(template, folder, dirs_exist_ok=True)
    return folder


def test_why_one_item_moved(run: Run, traced: Path):
    result = run("why", "finance", ITEM, "--run", "run-small")

    assert (0, True) == (result.code, "+1.2500" in result.out)
    assert "What does a zero-coupon bond pay" in result.out
    assert "no overlap" in result.out


def test_without_overlap_no_row_is_looked_for(run: Run, traced: Path):
    assert "no overlap" not in run("why", "finance", ITEM, "--run", "run-small", "--no-overlap").out


def test_the_latest_is_asked_where_none_is_named(run: Run, traced: Path):
    result = run("why", "finance", ITEM)

    assert 2 == result.code
    assert "suites are: suite0" in result.err


def test_an_unknown_item_is_2_with_what_there_is(run: Run, traced: Path):
    assert "1 items were traced" in run("why", "finance", "x", "--run", "run-small").err


@pytest.mark.parametrize("by", ["sample", "cluster", "label", "source", "rule"])
def test_drivers_by_anything_add_up(run: Run, traced: Path, by: str):
    found = json.loads(run("drivers", "--by", by, "-f", "json", "-k", "100").out)

    (suite,) = found["suites"]
    listed = sum(d["contribution"] for d in (*suite["helped"], *suite["harmed"]))
    assert pytest.approx(suite["balance"]["attributed"]) == listed + suite["rest"]["contribution"]
    assert by == found["by"]


def test_a_suite_that_was_not_traced_is_2(run: Run, traced: Path):
    result = run("drivers", "--suite", "suite1")

    assert 2 == result.code
    assert "did you mean 'suite0'" in result.err


def test_pages_go_to_files(run: Run, traced: Path):
    assert 0 == run("why", "finance", ITEM, "--run", "run-small", "-f", "html", "-o", "why.html").code
    assert 0 == run("drivers", "-f", "html", "-o", "drivers.html").code

    for name in ("why.html", "drivers.html"):
        assert (traced / name).read_text().startswith("<!doctype html>")


def test_a_lake_without_attributions_says_how_to_get_one(run: Run, folder: Path):
    write_rows(folder / "train.jsonl", clean_rows())
    run("audit", "train.jsonl", "-q", "-o", "report.txt")

    result = run("drivers")

    assert 2 == result.code
    assert "no attribution is stored" in result.err


def test_the_proof_of_the_lake_takes_in_attributions(run: Run, traced: Path):
    assert 0 == run("runs", "verify").code
    with open_lake(".govern") as lake:
        lake.db.execute("UPDATE lake.balances SET after = 0.0 WHERE item = 'i0'")

    assert "the stored balances are not what was committed" in run("runs", "verify").out


def test_attributions_are_listed_among_runs(run: Run, traced: Path):
    listed = run("runs", "list").out
    kept = json.loads(run("runs", "list", "-f", "json").out)

    (line,) = (text for text in listed.splitlines() if text.startswith("20260101-small"))
    for words in ("attribution", "untested", "3 samples, 3 contributions", "run run-small"):
        assert words in line
    (small,) = (one for one in kept if one["run"] == "20260101-small")
    assert ("attribution", "run-small", "sft@1") == (
        small["kind"],
        small["record"]["run"],
        small["record"]["split"],
    )
    assert ["attribution", "attribution", "audit"] == sorted(one["kind"] for one in kept)


def test_an_attribution_is_shown_with_what_it_accounts_for_and_who_tested_it(run: Run, traced: Path):
    with open_lake(".govern") as lake:
        record_check(lake, "20260101-small", Check("flip", "contribution", 1.0, None, None, 1))

    shown = run("runs", "show", "20260101").out
    values = json.loads(run("runs", "show", "20260101", "-f", "json").out)

    for words in ("run-small", "sft@1", "coverage", "tested"):
        assert words in shown
    assert (1, 1.0) == (values["items"], values["coverage"])
    assert ["flip"] == [check["kind"] for check in values["checks"]]
    assert "tested" in run("runs", "list").out


def test_an_attribution_is_proved_and_removed_by_its_id(run: Run, traced: Path):
    found = run("runs", "verify", "20260102-large")

    assert (0, True) == (found.code, "1 attribution" in found.out)
    assert "would remove attribution 20260102-large" in run("runs", "rm", "20260102", "--dry-run").out
    assert 0 == run("runs", "rm", "20260102", "--yes").code
    assert "20260102-large" not in run("runs", "list").out
    assert 0 == run("runs", "verify").code


def test_what_is_not_accounted_for_is_said_in_place_of_amounts(run: Run, traced: Path):
    vague = ledger_of(sample_table(2), {(0, "i"): 1.0}, residual=1.0)
    with open_lake(".govern") as lake:
        commit_attribution(lake, "20260103-vague", replace(AttributionRecord("vague"), split="x"), vague)

    out = run("drivers").out

    assert "50.0 % of the change is accounted for; below 80.0 % only ranks are shown" in out
    assert "+1.0000 " not in out.split("Helped most")[1]
