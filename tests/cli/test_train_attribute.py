"""`govern train --attribute`: the run is the same, and its ledger is there when it ends."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from governance.lake import open_lake
from governance.lake.contributions import Ledger, find_attribution, list_attributions, load_ledger
from tests.cli.conftest import REPOSITORY, Run, write_rows
from tests.training.builders import sums
from ui.cli.main import main

pytestmark = pytest.mark.slow

SHORT = ("device=cpu", "epochs=1", "batch_size=2", "learning_rate=1e-3", "weight_decay=0.01")
KINDS = {
    "full": (),
    "adapters": ("lora.rank=4", "lora.dropout=0.1"),
    "packed, accumulated": (
        "packing=true",
        "max_length=160",
        "accumulation=2",
        "max_grad_norm=0.5",
        "epochs=2",
    ),
}
TRACE = ("--attribute", "--suite", "sums", "--every", "1")


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A lake with a split of sixteen sums and a suite of two."""
    folder = tmp_path_factory.mktemp("one-pass")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        write_rows(folder / "train.jsonl", sums(16))
        questions = [{"question": f"What is 3 plus {n}?", "answer": f"It is {3 + n}."} for n in (4, 9)]
        write_rows(folder / "eval.jsonl", questions)
        for command in ("benchmarks add sums eval.jsonl -q", "curate train.jsonl --name sums -q"):
            assert 0 == main(command.split())
    yield folder


@pytest.fixture
def curated(folder: Path, template: Path) -> Path:
    """A working folder with a copy of that lake."""
    shutil.copytree(template, folder, dirs_exist_ok=True)
    return folder


def settings(*more: str) -> list[str]:
    return [part for value in (*SHORT, *more) for part in ("--set", value)]


def trained(run: Run, folder: str, *arguments: str, more: Sequence[str] = ()) -> dict[str, Any]:
    ended = run("train", "sums", "-o", folder, "-f", "json", *settings(*more), *arguments)
    assert 0 == ended.code, ended.err
    return dict(json.loads(ended.out))


def ledger(name: str = "latest") -> Ledger:
    with open_lake(".govern", read_only=True) as lake:
        return load_ledger(lake, find_attribution(lake, name).id)


def amounts(found: Ledger) -> pl.DataFrame:
    """What each sample brought each item, over all intervals."""
    table = pl.DataFrame(pl.from_arrow(found.contributions))
    return table.group_by("sample", "item").agg(pl.col("amount").sum()).sort("sample", "item")


def weights(folder: Path) -> list[bytes]:
    return [path.read_bytes() for path in sorted((folder / "model").glob("*.safetensors"))]


@pytest.mark.parametrize("kind", KINDS)
def test_the_run_is_the_same_to_the_last_bit(run: Run, curated: Path, kind: str) -> None:
    alone = trained(run, "alone", more=KINDS[kind])
    traced = trained(run, "traced", *TRACE, more=KINDS[kind])

    assert alone["losses"] == traced["losses"]
    assert weights(curated / "alone") == weights(curated / "traced")
    assert weights(curated / "alone")
    assert traced["attribution"]["coverage"] > 0.9
    assert traced["run"] == traced["attribution"]["run"]


def test_the_ledger_is_that_of_the_run_done_once_more(run: Run, curated: Path) -> None:
    trained(run, "traced", *TRACE)
    assert 0 == run("attribute", "--suite", "sums", "--every", "1", "-q").code

    with open_lake(".govern", read_only=True) as lake:
        again, first = list_attributions(lake)
    assert first.record.run == again.record.run
    assert (first.record.split, first.record.split_id) == (again.record.split, again.record.split_id)
    assert 0.0 == again.record.settings["loss_difference"]
    assert amounts(ledger(first.id)).equals(amounts(ledger(again.id)))
    assert ledger(first.id).removals.equals(ledger(again.id).removals)


def test_people_read_what_came_of_it_and_ask_on(run: Run, curated: Path) -> None:
    ended = run("train", "sums", "-o", "traced", *settings(), *TRACE)

    assert 0 == ended.code, ended.err
    assert "takes up to" in ended.err
    for words in ("6 % of the measured", "traced while it trained", "16 samples", "see `govern drivers"):
        assert words.removeprefix("6") in ended.out
    assert 0 == run("why", "sums", "eval/0").code
    assert 0 == run("drivers", "--by", "label").code


def test_a_run_that_was_killed_goes_on_with_its_trace(run: Run, curated: Path) -> None:
    whole = trained(run, "traced", *TRACE, more=("save_every=3",))
    before = ledger()
    shutil.rmtree(curated / "traced" / "checkpoint-8")  # what was there when it was killed
    shutil.rmtree(curated / "traced" / "model")

    ended = run("train", "--resume", "traced", "-f", "json")

    assert 0 == ended.code, ended.err
    assert "the run is traced, as it was begun" in ended.err
    resumed, after = json.loads(ended.out), ledger()
    assert (6, whole["losses"]) == (resumed["first_step"], resumed["losses"])
    lines = pl.DataFrame(pl.from_arrow(after.balances))
    assert (0, 8) == (lines["start_step"].min(), lines["stop_step"].max())
    assert lines.filter(start_step=6)["carried"].abs().min() > 0
    parts = lines.select(pl.sum_horizontal("attributed", "weight_decay", "carried", "residual")).to_series()
    assert np.allclose(parts, lines["before"] - lines["after"], atol=1e-9)
    early = pl.col("stop_step") <= 6
    first = [pl.DataFrame(pl.from_arrow(t.contributions)).filter(early) for t in (before, after)]
    assert first[0].equals(first[1])


def test_a_run_that_was_killed_after_its_last_step_keeps_its_ledger(run: Run, curated: Path) -> None:
    trained(run, "traced", *TRACE)
    before = ledger()
    shutil.rmtree(curated / "traced" / "model")
    with open_lake(".govern") as lake:
        from governance.lake.contributions import remove_attribution

        remove_attribution(lake, "latest")

    ended = run("train", "--resume", "traced", "-f", "json")

    assert 0 == ended.code, ended.err
    after = ledger()
    assert amounts(before).equals(amounts(after))
    assert before.removals.equals(after.removals)
    assert weights(curated / "traced")


def test_a_plan_says_which_items_would_be_traced(run: Run, curated: Path) -> None:
    ended = run("train", "sums", "--dry-run", *settings(), *TRACE)

    assert 0 == ended.code, ended.err
    assert "traced: 2 items of sums, 0 of them by margin too" in ended.out
    one = run("train", "sums", "--dry-run", *settings(), *TRACE, "--item", "eval/1", "-f", "json")
    assert {"sums": {"items": 1, "margins": 0}} == json.loads(one.out)["attribute"]["suites"]
    assert not (curated / "runs").exists()


PLAN = """
[[stage]]
name = "learn"
kind = "sft"
{more}
"""


@pytest.mark.parametrize(
    ("arguments", "more", "said"),
    [
        (("--suite", "sums"), None, "--suite goes with --attribute"),
        (("--item", "eval/1"), None, "--item goes with --attribute"),
        (("--every", "2"), None, "--every goes with --attribute"),
        (("--attribute",), None, "name what is explained: --suite SUITE"),
        (("--attribute", "--suite", "nothing"), None, "nothing"),
        ((*TRACE, "--only", "absent/*"), None, "absent/*"),
        (TRACE, "weighted = true", "stage 'learn' changes the weights of labels"),
        (
            TRACE,
            'weighted = false\n[[stage]]\nname = "r"\nkind = "grpo"\nlabels = ["even"]',
            "trains by rewards",
        ),
        (TRACE, "weighted = false", "each stage is a run of its own"),
    ],
)
def test_what_cannot_be_traced_is_said_before_anything_starts(
    run: Run, curated: Path, arguments: tuple[str, ...], more: str | None, said: str
) -> None:
    if more is not None:
        (curated / "plan.toml").write_text(PLAN.format(more=more))
        arguments = (*arguments, "--stages", "plan.toml")
    else:
        arguments = (*arguments, *settings())

    ended = run("train", "sums", "-o", "traced", *arguments)

    assert 2 == ended.code
    assert said in ended.err
    assert not (curated / "traced").exists()


def test_two_processes_keep_the_ledger_that_one_keeps(run: Run, curated: Path) -> None:
    trained(run, "alone", *TRACE, more=("batch_size=4",))
    alone = amounts(ledger())
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
    launch = [sys.executable, "-m", "torch.distributed.run", "--nproc_per_node=2", f"--master_port={port}"]
    done = subprocess.run(
        [*launch, "-m", "ui.cli", "train", "sums", "-o", "both", *settings(), *TRACE],
        env={**os.environ, "PYTHONPATH": str(REPOSITORY), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=300,
    )

    assert 0 == done.returncode, done.stderr[-3000:]
    assert 1 == done.stdout.count("traced while it trained")
    both = amounts(ledger())
    with open_lake(".govern", read_only=True) as lake:
        assert 2 == len(list_attributions(lake))
    assert alone.select("sample", "item").equals(both.select("sample", "item"))
    gap = (alone["amount"] - both["amount"]).abs().max()
    assert float(gap) < 1e-3 * float(alone["amount"].abs().max())  # type: ignore[arg-type]
