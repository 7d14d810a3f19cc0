"""Every example on a help page works as printed."""

from __future__ import annotations

import shlex
import shutil
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from governance.lake import open_lake
from governance.lake.contributions import AttributionRecord, commit_attribution
from governance.waivers.model import today
from tests.attribution.ledgers import ledger_of, sample_table
from tests.cli.conftest import COMMAND, REPOSITORY, Run, environment, train_rows, write_rows
from tests.cli.pages import PAGES
from tests.training.evaluation.builders import saved_model
from tests.training.evaluation.importing.logs import gsm8k_lines, inspect_sample, write_inspect
from ui.cli import demo_learning
from ui.cli.main import main

EXAMPLES = {example.command: name for name, page in PAGES for example in page.examples}
"""By the command: pages of groups repeat some of their commands' examples."""
SHELL = frozenset("|&;<>$")
MAY_FIND = ("audit", "diff")
"""Commands that are allowed to end in 1: finding something is what they are for."""


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a small data file, an evaluation set, a lake that has seen both, and a tiny model."""
    folder = tmp_path_factory.mktemp("examples")
    rows = train_rows()
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        write_rows(folder / "eval.jsonl", [{"question": rows[0]["prompt"], "answer": rows[0]["response"]}])
        write_rows(folder / "samples_finance.jsonl", gsm8k_lines())
        write_inspect(folder / "inspect.json", [inspect_sample(f"rec{i}") for i in (1, 2, 3)])
        write_rows(folder / "train.jsonl", rows[:3])
        done(["audit", "train.jsonl", "--exit-zero", "-q", "-f", "json", "-o", "earlier.json"])
        write_rows(folder / "train.jsonl", rows)
        done(["ingest", "train.jsonl", "-q"])
        done(["audit", "train.jsonl", "--exit-zero", "-q", "-o", "report.txt"])
        done(["curate", "train.jsonl", "--name", "sft", "-q"])
        done(["benchmarks", "add", "finance", "eval.jsonl", "-q"])
        done(["curate", "train.jsonl", "--name", "sft", "-q"])
        where = ["--rule", "DUP003", "--where", 'source = "laws"', "--reason", "quotations"]
        for _ in range(2):
            done(["waiver", "add", *where, "--expires", next_month(), "--by", "ann", "-q"])
        done(["waiver", "approve", "W-0002", "--by", "ben", "-q"])
        share = [
            "--label",
            "banking/consultation",
            "--rows",
            "9",
            "--reason",
            "too many",
            "--by",
            "ann",
            "-q",
        ]
        for _ in range(2):
            done(["proposal", "add", *share])
        done(["proposal", "approve", "P-0002", "--by", "ben", "-q"])
        done(["train", "sft", "--set", "max_steps=2", "--set", "device=cpu", "-o", "runs/earlier", "-q"])
        trace_run(".govern")
        (folder / "measured.csv").write_text("label,items,passed\nbanking/consultation,40,30\n")
    saved_model(folder / "model")
    return folder


def trace_run(place: str) -> None:
    """An attribution of a training run on three samples, for the one item of the evaluation set."""
    ledger = ledger_of(sample_table(3), {(i, "eval/0"): 1.0 - i for i in range(3)}, suite="finance")
    with open_lake(place) as lake:
        commit_attribution(
            lake, "20260101-000000-abcdef", AttributionRecord("20251231-000000-abcdef"), ledger
        )


def next_month() -> str:
    return (today() + timedelta(days=30)).isoformat()


def done(arguments: list[str]) -> None:
    assert main(arguments) == 0, arguments


@pytest.fixture(autouse=True)
def _nothing_is_served(monkeypatch: pytest.MonkeyPatch) -> None:
    """`govern ui` runs until it is interrupted; here it comes as far as that."""
    monkeypatch.setattr("ui.dashboard.server.serve", lambda *_, **__: None)


@pytest.mark.slow
@pytest.mark.parametrize(("command", "name"), EXAMPLES.items(), ids=EXAMPLES)
def test_example_works_as_printed(
    run: Run, folder: Path, prepared: Path, name: str, command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(prepared, folder, dirs_exist_ok=True)
    if command == "govern demo":  # as without the extra: its training, of minutes, has a test of its own
        monkeypatch.setattr(demo_learning, "missing", lambda: ["torch"])
    allowed = (0, 1) if name.rsplit(maxsplit=1)[-1] in MAY_FIND or name == "govern" else (0,)

    if SHELL & set(command):
        ended = in_shell(command, folder)
        code, err = ended.returncode, ended.stderr
    else:
        result = run(*shlex.split(command)[1:])
        code, err = result.code, result.err

    assert code in allowed, err


def in_shell(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """The example in a real shell, where `govern` is this checkout."""
    programs = folder / "bin"
    programs.mkdir()
    program = programs / "govern"
    program.write_text(f'#!/bin/sh\nexec {shlex.join(COMMAND)} "$@"\n')
    program.chmod(0o755)
    path = {"PATH": f"{programs}:{Path(sys.executable).parent}:/usr/bin:/bin", "PYTHONPATH": str(REPOSITORY)}
    return subprocess.run(
        ["bash", "-c", command],
        cwd=folder,
        env=environment(**path),
        capture_output=True,
        text=True,
        timeout=120,
    )
