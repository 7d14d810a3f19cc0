"""A training run, sketched: a ranking of samples, for items that were traced and for one that was not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from governance.lake import open_lake
from governance.lake.contributions import find_attribution, load_ledger, verify_attribution
from tests.cli.conftest import write_rows
from ui.cli.main import main

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def sketched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A lake with a run of eight steps and its sketches, for one of two items."""
    folder = tmp_path_factory.mktemp("sketched")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        rows = [
            {"prompt": f"What is {a} plus 4?", "response": f"It is {a + 4}.", "label": "sum"}
            for a in range(16)
        ]
        write_rows(folder / "train.jsonl", rows)
        questions = [{"question": f"What is 3 plus {n}?", "answer": f"It is {3 + n}."} for n in (4, 9)]
        write_rows(folder / "eval.jsonl", questions)
        done("ingest", "train.jsonl", "-q")
        done("benchmarks", "add", "sums", "eval.jsonl", "-q")
        done("curate", "train", "--name", "sums", "-q")
        settings = ["epochs=2", "learning_rate=1e-3", "device=cpu"]
        done("train", "sums", "-q", "-o", "run", *(part for s in settings for part in ("--set", s)))
        done(
            "attribute",
            "--suite",
            "sums",
            "--only",
            "eval/0",
            "--mode",
            "sketch",
            "--sketch-width",
            "4",
            "-q",
        )
        yield folder


def done(*arguments: str) -> None:
    assert main(arguments) == 0, arguments


@pytest.fixture
def there(sketched: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(sketched)
    return sketched


def shown(capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    done(*arguments)
    return json.loads(capsys.readouterr().out)


def test_the_record_says_that_it_is_a_ranking_and_accounts_for_nothing(there: Path):
    with open_lake(".govern", read_only=True) as lake:
        stored = find_attribution(lake, "latest")
        ledger = load_ledger(lake, stored.id)
        assert verify_attribution(lake, stored.id).ok

    settings = stored.record.settings
    assert ("sketch", 4, 1) == (settings["mode"], settings["width"], settings["items"])
    assert settings["loss_difference"] < 1e-5
    assert "model.embed_tokens.weight" in settings["not_covered"]
    assert {0.0} == {b["attributed"] for b in ledger.balances.to_pylist()}
    assert all(b["residual"] == pytest.approx(b["before"] - b["after"]) for b in ledger.balances.to_pylist())
    kept = {p.name for p in Path(settings["sketches"]).iterdir()}
    assert {
        "about.json",
        "importance.npz",
        "preconditioner.safetensors",
        "samples.faiss",
        "samples.npy",
    } == kept


def test_why_ranks_and_names_the_sketch_residual(there: Path, capsys: pytest.CaptureFixture[str]):
    done("why", "sums", "eval/0", "-k", "3")
    text = capsys.readouterr().out

    assert "a ranking, not amounts" in text
    assert "sketch residual" in text
    assert "contribution" not in text
    (ranking,) = shown(capsys, "why", "sums", "eval/0", "-f", "json", "-k", "16")
    assert 16 == len(ranking["helped"]) + len(ranking["harmed"])
    assert ranking["change"] != 0
    assert not {"amount", "score", "contribution", "coverage"} & ranking["helped"][0].keys()


def test_an_item_that_was_not_traced_is_asked_without_training(
    there: Path, capsys: pytest.CaptureFixture[str]
):
    attribution = shown(capsys, "why", "sums", "eval/0", "-f", "json")[0]["attribution"]

    (new,) = shown(capsys, "why", "sums", "eval/1", "--attribution", attribution, "-f", "json")
    done("why", "sums", "eval/1", "--attribution", attribution, "-f", "markdown")
    page = capsys.readouterr().out

    assert (True, None, None) == (new["new"], new["change"], new["sketch_residual"])
    assert list(range(1, 6)) == [p["rank"] for p in new["helped"]]
    assert all(p["name"].startswith("train@1 row") for p in new["helped"])
    assert "the order is coarser" in page
    assert "a ranking, not amounts" in page


def test_roll_ups_show_ranks_only(there: Path, capsys: pytest.CaptureFixture[str]):
    found = shown(capsys, "drivers", "--by", "label", "-f", "json")

    assert all(suite["ranks_only"] for suite in found["suites"])
    assert any("a ranking, not amounts" in note for note in found["notes"])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("attribute", "--suite", "sums", "--sketch-width", "4"), "--mode sketch"),
        (("attribute", "--suite", "sums", "--mode", "sketch", "--disk-limit", "much"), "is not a size"),
        (("attribute", "--suite", "sums", "--mode", "sketch", "--validate", "9"), "not validated"),
        (("attribute", "--suite", "sums", "--mode", "sketch", "--disk-limit", "1KB"), "--disk-limit"),
        (("drivers", "--by", "label", "--verify", "sum"), "no amounts that could be tested"),
        (("why", "sums", "eval/0", "--order", "removal"), "a sketch has no removal scores"),
        (("why", "sums", "eval/0", "-f", "html"), "no html"),
        (("why", "sums", "eval/7"), "eval/7"),
        (("why", "sums", "eval/1", "--functional", "margin"), "no competitor"),
    ],
)
def test_what_cannot_be_is_said(there: Path, capsys: pytest.CaptureFixture[str], arguments: Any, said: str):
    assert main(arguments) in {1, 2}
    assert said in capsys.readouterr().err
    assert 1 == len(list((there / "run" / "sketches").iterdir()))
