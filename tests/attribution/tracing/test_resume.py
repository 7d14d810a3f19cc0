"""A trace that is cut off and goes on from a checkpoint."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from attribution.errors import CannotTrace
from attribution.ledger.coverage import coverage
from attribution.ledger.refresh import Refresh
from attribution.ledger.rows import balances
from attribution.tracing.state import FILE
from attribution.tracing.tracer import Tracer, TraceSettings
from tests.attribution.builders import Loop, items, relative_gap, tiny_qwen3, train

SETTINGS = TraceSettings(refresh=Refresh(every=2, adaptive=False), interval=4, sketch=101)
LOOP = Loop(steps=10, parts=2, max_norm=0.5)


def started() -> Any:
    model = tiny_qwen3()
    return model, torch.optim.AdamW(model.parameters(), lr=1e-2, weight_decay=0.1)


def resumed(folder: Path) -> Tracer:
    """Stopped after step 5, where a checkpoint was saved, and gone on with by another process."""
    model, optimizer = started()
    first = Tracer(items(2), SETTINGS)
    train(model, optimizer, LOOP, [first], last=5)
    first.checkpoint_saved(5, str(folder))
    first.capture.remove()
    second = Tracer(items(2), SETTINGS, resume=folder)
    train(model, optimizer, LOOP, [second], first=5)
    return second


def test_the_ledger_still_adds_up_and_shows_what_was_carried(tmp_path: Path) -> None:
    whole = Tracer(items(2), SETTINGS)
    train(*started(), LOOP, [whole])

    tracer = resumed(tmp_path)

    assert relative_gap(tracer.intervals) < 1e-10
    assert [0, 4, 5, 9] == [i.start for i in tracer.intervals]
    assert 10 == tracer.intervals[-1].stop
    carried = [np.abs(i.carried).max() for i in tracer.intervals]
    assert [0.0, 0.0] == carried[:2]
    assert min(carried[2:]) > 0
    change = sum(i.change for i in tracer.intervals)
    assert np.allclose(change, sum(i.change for i in whole.intervals), rtol=1e-9)
    assert coverage(balances(tracer.intervals, tracer.names)).explained > 0.95


def test_the_removal_score_goes_on_too(tmp_path: Path) -> None:
    tracer = resumed(tmp_path)

    assert tracer.removal is not None
    numbers, scores = tracer.removal.scores()
    assert list(range(7)) == numbers.tolist()
    assert np.isfinite(scores).all()
    whole = Tracer(items(2), SETTINGS)
    train(*started(), LOOP, [whole])
    assert whole.removal is not None
    assert np.corrcoef(whole.removal.scores()[1].ravel(), scores.ravel())[0, 1] > 0.99  # marks lie elsewhere


def test_what_samples_give_each_other_goes_on_too(tmp_path: Path) -> None:
    tracer = resumed(tmp_path)

    assert tracer.pushes is not None
    numbers, found = tracer.pushes.transfers()
    assert list(range(7)) == numbers.tolist()
    assert np.abs(found.sum(axis=0)).max() < 1e-12
    booked = sum(i.attributed for i in tracer.intervals)
    assert np.allclose(booked, tracer.pushes.booked.sum(axis=0), rtol=1e-12)
    whole = Tracer(items(2), SETTINGS)
    train(*started(), LOOP, [whole])
    assert whole.pushes is not None
    expected = whole.pushes.booked + whole.pushes.transfers()[1]
    assert (
        np.corrcoef(expected.ravel(), (tracer.pushes.booked + found).ravel())[0, 1] > 0.95
    )  # less is carried


def test_a_trace_with_other_sketches_is_refused(tmp_path: Path) -> None:
    resumed(tmp_path)
    tracer = Tracer(items(2), replace(SETTINGS, sketch=53), resume=tmp_path)

    with pytest.raises(CannotTrace, match="101 numbers a sketch, not 53"):
        train(*started(), LOOP, [tracer], first=5)


def test_what_was_not_gathered_before_is_said(tmp_path: Path) -> None:
    model, optimizer = started()
    first = Tracer(items(2), replace(SETTINGS, sharing=False))
    train(model, optimizer, LOOP, [first], last=5)
    first.checkpoint_saved(5, str(tmp_path))
    first.capture.remove()
    said: list[str] = []

    train(model, optimizer, LOOP, [Tracer(items(2), SETTINGS, resume=tmp_path, say=said.append)], first=5)

    assert "no pushes lie beside the checkpoint of step 5: they are gathered from here on" == said[0]


def test_a_checkpoint_changes_nothing_of_the_training(tmp_path: Path) -> None:
    courses = []
    for stop in (False, True):
        model, optimizer = started()
        tracer = Tracer(items(2), SETTINGS)
        train(model, optimizer, LOOP, [tracer], last=5)
        if stop:
            tracer.checkpoint_saved(5, str(tmp_path))
        tracer.capture.remove()
        train(model, optimizer, LOOP, [], first=5)
        courses.append(torch.cat([p.detach().reshape(-1) for p in model.parameters()]))

    assert torch.equal(*courses)


def test_a_checkpoint_without_a_trace_begins_one_and_says_so(tmp_path: Path) -> None:
    model, optimizer = started()
    train(model, optimizer, LOOP, [], last=5)
    said: list[str] = []
    tracer = Tracer(items(2), SETTINGS, resume=tmp_path, say=said.append)

    train(model, optimizer, LOOP, [tracer], first=5)

    assert 5 == tracer.intervals[0].start
    assert "no trace" in said[0]


def test_a_trace_of_other_items_is_refused(tmp_path: Path) -> None:
    resumed(tmp_path)
    model, optimizer = started()
    tracer = Tracer(items(3), SETTINGS, resume=tmp_path)

    with pytest.raises(CannotTrace):
        train(model, optimizer, LOOP, [tracer], first=5)
    assert (tmp_path / FILE).exists()


@pytest.mark.parametrize(("version", "age"), [(1, "an older"), (99, "a newer")])
def test_a_trace_of_another_version_is_refused_and_kept(tmp_path: Path, version: int, age: str) -> None:
    resumed(tmp_path)
    with np.load(tmp_path / FILE) as file:
        arrays = {name: file[name] for name in file.files}
    about = {**json.loads(str(arrays.pop("about"))), "version": version}
    np.savez(tmp_path / FILE, about=np.array(json.dumps(about)), **arrays)
    model, optimizer = started()

    with pytest.raises(CannotTrace, match=f"written by {age} version") as refused:
        train(model, optimizer, LOOP, [Tracer(items(2), SETTINGS, resume=tmp_path)], first=5)

    assert "delete the file" in str(refused.value.hint)
    assert (tmp_path / FILE).exists()
