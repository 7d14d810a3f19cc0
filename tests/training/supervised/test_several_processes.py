"""On several processes the loss is that of one, every process's samples are recorded, and one process writes."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from governance.lake import open_lake, trainings
from tests.training.builders import request, sums
from tests.training.crew import ROWS, SETTINGS
from training.models.fresh import byte_tokenizer
from training.supervised.sft import samples_of, train_sft

PROCESSES = 2


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@pytest.fixture(scope="module")
def crew(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[dict[str, Any]]]:
    """(folder, what each process wrote down)."""
    folder = tmp_path_factory.mktemp("crew")
    launch = [sys.executable, "-m", "torch.distributed.run", f"--nproc_per_node={PROCESSES}"]
    env = {
        **os.environ,
        "ACCELERATE_USE_CPU": "true",
        "OMP_NUM_THREADS": "1",
        "TOKENIZERS_PARALLELISM": "false",
    }
    port = f"--master_port={free_port()}"
    done = subprocess.run(
        [*launch, port, "-m", "tests.training.crew", str(folder)],
        env=env,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert 0 == done.returncode, done.stderr[-3000:]
    return folder, [json.loads((folder / f"process-{n}.json").read_text()) for n in range(PROCESSES)]


@pytest.mark.slow
def test_the_loss_is_that_of_one_process(crew: Any, tmp_path: Path) -> None:
    alone = train_sft(request(tmp_path / "run", sums(ROWS), *SETTINGS, "accumulation=2"))

    assert list(alone.losses) == pytest.approx(crew[1][0]["whole"], rel=1e-5)
    assert crew[1][0]["whole"] == crew[1][1]["whole"]


@pytest.mark.slow
def test_what_is_recorded_is_what_each_process_saw(crew: Any, tmp_path: Path) -> None:
    folder, found = crew
    tokens = samples_of(request(tmp_path, sums(ROWS)), byte_tokenizer()).tokens
    with open_lake(str(folder / "lake"), read_only=True) as lake:
        run = trainings.find_training(lake, "latest")
        batches = trainings.load_batches(lake, run.run).to_pylist()

    seen = {(p, step, part): rows for p in range(PROCESSES) for step, part, rows in found[p]["seen"]}
    recorded: dict[Any, list[list[int]]] = {}
    for row in batches:
        own = tokens.of(row["sample"])[0].tolist()
        recorded.setdefault((row["process"], row["step"], row["part"]), []).append(own)

    assert seen == recorded
    assert [n for n in range(ROWS) for _ in range(2)] == sorted(row["sample"] for row in batches)


@pytest.mark.slow
def test_a_run_taken_up_in_the_middle_of_an_epoch_keeps_its_order(crew: Any) -> None:
    found = crew[1][0]

    assert 3 == found["first_step"]
    assert found["whole"] == found["again"]
