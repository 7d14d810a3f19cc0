"""A run that is killed goes on as if nothing had been: equal losses, and each step recorded once.

On a CPU "equal" is to the last bit. The kill is a real one, of a real process.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from governance.lake import open_lake, trainings
from tests.training.builders import Diary, request, sums
from tests.training.worker import asked
from training.errors import ResumeError
from training.runs.checkpoints import SEAL, last_whole, remove_halves
from training.runs.journal import read_journal
from training.supervised.sft import TrainedRun, train_sft

COMMAND = (sys.executable, "-m", "tests.training.worker")


def lines_in(path: Path) -> int:
    return path.read_bytes().count(b"\n") if path.is_file() else 0


def start(folder: Path, lake: Path, how: str) -> subprocess.Popen[bytes]:
    env = {**os.environ, "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false"}
    return subprocess.Popen([*COMMAND, str(folder), str(lake), how], env=env, stderr=subprocess.PIPE)


def kill_after(folder: Path, lake: Path, how: str, lines: int) -> None:
    """Start the run and kill it with SIGKILL once its journal has so many lines."""
    process = start(folder, lake, how)
    until = time.monotonic() + 120
    while lines_in(folder / "journal.jsonl") < lines and time.monotonic() < until:
        assert process.poll() is None, process.stderr.read().decode()  # type: ignore[union-attr]
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert -signal.SIGKILL == process.returncode


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("killed")
    open_lake(str(folder / "lake"), create=True).close()
    return folder


@pytest.fixture(scope="module")
def whole(places: Path) -> TrainedRun:
    """The run that nobody stops."""
    with open_lake(str(places / "lake")) as lake:
        return train_sft(asked(places / "whole", lake=lake))


@pytest.fixture(scope="module")
def killed(places: Path) -> TrainedRun:
    """The same run, killed twice: between two checkpoints, and before the first one after that."""
    kill_after(places / "killed", places / "lake", "begin", 9)  # weights, steps 0-3, checkpoint, steps 4-6
    kill_after(places / "killed", places / "lake", "resume", 13)
    with open_lake(str(places / "lake")) as lake:
        return train_sft(asked(places / "killed", lake=lake, resume=True))


@pytest.mark.slow
def test_losses_are_equal_to_the_last_bit(whole: TrainedRun, killed: TrainedRun) -> None:
    assert killed.first_step in {4, 8}
    assert whole.losses == killed.losses
    assert 14 == killed.steps


@pytest.mark.slow
def test_the_model_is_equal_to_the_last_bit(whole: TrainedRun, killed: TrainedRun) -> None:
    name = "adapter_model.safetensors"

    assert (whole.model / name).read_bytes() == (killed.model / name).read_bytes()


@pytest.mark.slow
def test_the_lake_has_each_step_once_and_the_same_samples(
    places: Path, whole: TrainedRun, killed: TrainedRun
) -> None:
    with open_lake(str(places / "lake"), read_only=True) as lake:
        steps = trainings.load_steps(lake, killed.run)
        batches = [trainings.load_batches(lake, run.run) for run in (whole, killed)]
        weights = [trainings.load_weights(lake, run.run) for run in (whole, killed)]
        checkpoints = trainings.load_checkpoints(lake, killed.run).column("step").to_pylist()
        stored = trainings.find_training(lake, killed.run)

    assert list(range(14)) == steps.column("step").to_pylist()
    assert list(whole.losses) == steps.column("loss").to_pylist()
    assert batches[0] == batches[1]
    assert weights[0] == weights[1]
    assert [4, 8, 12, 14] == checkpoints
    assert ("finished", 14) == (stored.state, stored.steps)


@pytest.mark.slow
def test_the_log_tells_of_the_kills(places: Path, killed: TrainedRun) -> None:
    from governance.lake.events import about

    with open_lake(str(places / "lake"), read_only=True) as lake:
        assert 2 == len(about(lake, "training.resume", killed.run))


def test_an_epochs_end_and_a_deleted_checkpoint_are_no_trouble(tmp_path: Path, lake: Any) -> None:
    """Going on from an earlier checkpoint than the lake knows gives every step again, once."""
    import shutil

    def run(folder: str, **more: Any) -> Any:
        settings = ("batch_size=2", "max_steps=8", "save_every=2", "keep=5")
        return request(tmp_path / folder, sums(8), *settings, lake=lake, **more)

    whole, again = train_sft(run("whole")), train_sft(run("again"))
    for step in (6, 8):
        shutil.rmtree(tmp_path / "again" / f"checkpoint-{step}")

    resumed = train_sft(run("again", resume=True))  # from step 4, where the second epoch begins

    assert 4 == resumed.first_step
    assert whole.losses == again.losses == resumed.losses
    stored = trainings.load_steps(lake, resumed.run)
    assert list(range(8)) == stored.column("step").to_pylist()
    assert [2, 4, 6, 8] == trainings.load_checkpoints(lake, resumed.run).column("step").to_pylist()


@pytest.fixture
def stopped(tmp_path: Path) -> Any:
    """A short run without a lake, and its request."""
    asked = request(tmp_path / "run", sums(8), "batch_size=2", "max_steps=4", "save_every=2", "keep=5")
    train_sft(asked)
    return asked


def test_half_a_checkpoint_and_a_torn_line_are_passed_over(stopped: Any) -> None:
    (stopped.folder / "checkpoint-4" / SEAL).unlink()
    with (stopped.folder / "journal.jsonl").open("a") as journal:
        journal.write('{"kind":"step","st')
    before = read_journal(stopped.folder / "journal.jsonl")

    assert 2 == last_whole(stopped.folder).step  # type: ignore[union-attr]
    resumed = train_sft(replace(stopped, resume=True))

    assert (2, 4) == (resumed.first_step, resumed.steps)
    assert [line.loss for line in before if hasattr(line, "loss")] == list(resumed.losses)


@pytest.mark.parametrize("lost", ["model", None])
def test_a_run_killed_after_its_last_step_takes_no_more(stopped: Any, lost: str | None) -> None:
    import shutil

    before = (stopped.folder / "model" / "model.safetensors").read_bytes()
    losses = [line.loss for line in read_journal(stopped.folder / "journal.jsonl") if hasattr(line, "loss")]
    if lost:
        shutil.rmtree(stopped.folder / lost)

    resumed = train_sft(replace(stopped, resume=True))

    assert (4, 4, losses) == (resumed.first_step, resumed.steps, list(resumed.losses))
    assert before == (resumed.model / "model.safetensors").read_bytes()


def test_halves_are_removed(stopped: Any) -> None:
    (stopped.folder / "checkpoint-4" / SEAL).unlink()

    remove_halves(stopped.folder)

    assert ["checkpoint-2"] == sorted(p.name for p in stopped.folder.glob("checkpoint-*"))


def test_a_changed_checkpoint_is_refused(stopped: Any) -> None:
    weights = stopped.folder / "checkpoint-4" / "model.safetensors"
    data = bytearray(weights.read_bytes())
    data[-1] ^= 1
    weights.write_bytes(data)

    with pytest.raises(ResumeError, match="changed after it was written"):
        train_sft(replace(stopped, resume=True))


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda r: replace(r, split=replace(r.split, content_hash="other")), "split_hash"),
        (lambda r: request(r.folder, sums(8), "batch_size=4", "max_steps=4", "save_every=2", "keep=5"),
         "batch_size"),
        (lambda r: request(r.folder, sums(8), "batch_size=2", "max_steps=4", "save_every=2", "keep=5",
                           "seed=1"), "model_hash, seed"),
    ],
)  # fmt: skip
def test_another_run_is_not_gone_on_with(stopped: Any, change: Any, named: str) -> None:
    with pytest.raises(ResumeError, match=named):
        train_sft(replace(change(stopped), resume=True))


def test_a_folder_in_use_is_not_begun_in(stopped: Any) -> None:
    with pytest.raises(ResumeError, match="not empty"):
        train_sft(stopped)


def test_observers_hear_of_each_checkpoint_before_it_is_sealed(tmp_path: Path) -> None:
    seals: list[bool] = []

    class Beside(Diary):
        def checkpoint_saved(self, step: int, folder: str) -> None:
            seals.append((Path(folder) / SEAL).exists())
            (Path(folder) / "own.json").write_text("{}")

    train_sft(request(tmp_path / "run", sums(4), "max_steps=2", "save_every=1"), [Beside()])

    assert [False, False] == seals
    sealed = json.loads((tmp_path / "run" / "checkpoint-2" / SEAL).read_text())
    assert 2 == sealed["step"]
