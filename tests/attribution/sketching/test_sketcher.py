"""A sketched run against the exact ledger of the same linear weights."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from attribution.errors import CannotTrace, SharesDoNotAdd
from attribution.ledger.refresh import Refresh
from attribution.sketching import settling
from attribution.sketching.asking import query_of
from attribution.sketching.covering import covered
from attribution.sketching.folder import Folder
from attribution.sketching.index import build, load, save, sums
from attribution.sketching.schedule import preconditioner
from attribution.sketching.settling import intervals
from attribution.sketching.sketcher import Sketcher, SketchSettings, marks_of
from attribution.tracing.tracer import Tracer, TraceSettings
from tests.attribution.builders import EVERY_STEP, Loop, items, packed, padded, tiny_qwen3, train, with_lora

WIDE = SketchSettings(width=64, fold=1, cap=0, storage="float32", refresh=EVERY_STEP)
"""As wide as the layers, a mark at every step: nothing is lost."""
LOOP = Loop(steps=6, rows=4, max_norm=0.3)


def adamw(model: Any) -> torch.optim.Optimizer:
    return torch.optim.AdamW(model.parameters(), lr=1e-2, weight_decay=0.1)


def nesterov(model: Any) -> torch.optim.Optimizer:
    return torch.optim.SGD(model.parameters(), lr=5e-2, momentum=0.8, nesterov=True)


def grouped(model: Any) -> torch.optim.Optimizer:
    """Another rate and another momentum for the attention."""
    own = [p for n, p in model.named_parameters() if "attn" in n]
    rest = [p for n, p in model.named_parameters() if "attn" not in n]
    return torch.optim.AdamW([{"params": own, "lr": 5e-3, "betas": (0.5, 0.99)}, {"params": rest}], lr=1e-2)


def scores(sketcher: Sketcher, count: int = 7) -> np.ndarray:
    """(samples, M) over the whole run."""
    return summed(intervals(sketcher.folder, sketcher.projections.layout, sketcher.names), count)


def summed(found: Any, count: int = 7) -> np.ndarray:
    total = 0.0
    for interval in found:
        whole = np.zeros((count, interval.amounts.shape[1]))
        whole[interval.samples] = interval.amounts
        total = total + whole
    return np.asarray(total)


def exact(loop: Loop, rest: tuple[str, ...], optimizer: Any, model: Any = None) -> np.ndarray:
    """What the ledger says of the parameters that are sketched."""
    model = tiny_qwen3() if model is None else model
    settings = TraceSettings(refresh=EVERY_STEP, middle=False, leave_out=rest, removal=False)
    tracer = Tracer(items(2), settings)
    train(model, optimizer(model), loop, [tracer])
    return summed(tracer.intervals)


def sketched(
    folder: Path,
    loop: Loop = LOOP,
    settings: SketchSettings = WIDE,
    optimizer: Any = adamw,
    model: Any = None,
) -> Sketcher:
    sketcher = Sketcher(items(2), folder, settings)
    model = tiny_qwen3() if model is None else model
    train(model, optimizer(model), loop, [sketcher])
    return sketcher


def same(expected: np.ndarray, found: np.ndarray, tolerance: float = 1e-6) -> bool:
    return bool(np.abs(found - expected).max() < tolerance * np.abs(expected).max())


@pytest.mark.parametrize(
    ("loop", "optimizer"),
    [
        (LOOP, adamw),
        (Loop(steps=5, rows=3, parts=2, warm_up=3), adamw),
        (Loop(steps=4, rows=4, shape=packed), adamw),
        (Loop(steps=4, rows=4, shape=lambda *a: padded(*a, left=True)), grouped),
        (Loop(steps=5, rows=3, max_norm=0.3), nesterov),
    ],
    ids=["clipped", "accumulated", "packed", "left and groups", "nesterov"],
)
def test_as_wide_as_the_layers_scores_are_the_exact_amounts(
    tmp_path: Path, loop: Loop, optimizer: Callable[[Any], Any], monkeypatch: pytest.MonkeyPatch
):
    sketcher = sketched(tmp_path, loop, optimizer=optimizer)
    expected = exact(loop, sketcher.covered.rest, optimizer)

    assert same(expected, scores(sketcher))
    monkeypatch.setattr(settling, "INTERVAL", 2)
    assert 1 < len(list(intervals(sketcher.folder, sketcher.projections.layout, sketcher.names)))
    assert same(expected, scores(sketcher))


def test_adapters_are_linear_layers_too(tmp_path: Path):
    sketcher = sketched(tmp_path, model=with_lora(tiny_qwen3()))

    assert 1.0 == sketcher.covered.share
    assert same(exact(LOOP, (), adamw, with_lora(tiny_qwen3())), scores(sketcher))


def test_embeddings_and_what_is_tied_to_them_norms_and_biases_are_declared():
    tied, own = covered(tiny_qwen3(tied=True)), covered(tiny_qwen3(tied=False))

    assert {"lm_head.weight"} == set(own.names) - set(tied.names)
    assert "model.embed_tokens.weight" in tied.rest
    assert all("norm" in n or n.endswith("bias") or "embed" in n for n in tied.rest)
    assert 0 < tied.share < own.share < 1


def test_in_float16_little_is_lost(tmp_path: Path):
    stored = SketchSettings(width=64, fold=1, cap=0, refresh=EVERY_STEP)
    whole, half = sketched(tmp_path / "a"), sketched(tmp_path / "b", settings=stored)

    assert same(scores(whole), scores(half), 2e-3)


@pytest.mark.parametrize(("optimizer", "most"), [(nesterov, 0.6), (adamw, 3.0)])
def test_on_average_over_seeds_scores_are_the_exact_amounts(tmp_path: Path, optimizer: Any, most: float):
    """Within standard errors. At Adam's first steps v is one square, and where it is small the noise is large."""
    loop, model = Loop(steps=2, rows=4), tiny_qwen3()
    settings = SketchSettings(width=4, fold=2, cap=0, refresh=EVERY_STEP)
    many = [Sketcher(items(2), tmp_path / f"{seed}", replace(settings, seed=seed)) for seed in range(20)]
    train(model, optimizer(model), loop, many)

    found, expected = np.array([scores(s) for s in many]), exact(loop, many[0].covered.rest, optimizer)
    error = found.std(axis=0, ddof=1) / len(found) ** 0.5
    assert np.abs((found.mean(axis=0) - expected) / error).max() < 4.5  # of 28 numbers
    assert error.max() < most * np.abs(expected).max()


def test_training_takes_bit_for_bit_the_course_of_an_untraced_run(tmp_path: Path):
    courses = []
    for watched in (False, True):
        model = tiny_qwen3()
        train(model, adamw(model), LOOP, [Sketcher(items(2), tmp_path)] if watched else [])
        courses.append(torch.cat([p.detach().reshape(-1) for p in model.parameters()]))

    assert torch.equal(*courses)


def test_a_killed_run_goes_on_and_nothing_is_carried(tmp_path: Path):
    loop = Loop(steps=10, rows=4)
    whole = scores(sketched(tmp_path / "whole", loop))
    model = tiny_qwen3()
    optimizer = adamw(model)
    first = Sketcher(items(2), tmp_path / "cut", WIDE)
    train(model, optimizer, loop, [first], last=5)
    first.checkpoint_saved(5, str(tmp_path))
    later = [p.detach().clone() for p in model.parameters()]
    state = optimizer.state_dict()
    kept = {
        k: {n: v.clone() if torch.is_tensor(v) else v for n, v in s.items()}
        for k, s in state["state"].items()
    }
    train(model, optimizer, loop, [_Rest(first)], first=5, last=7)  # lost with the kill
    first._flush()
    first._taps.remove()
    with torch.no_grad():
        for p, v in zip(model.parameters(), later, strict=True):
            p.copy_(v)
    optimizer = adamw(model)
    optimizer.load_state_dict({**state, "state": kept})

    second = Sketcher(items(2), tmp_path / "cut", WIDE)
    train(model, optimizer, loop, [second], first=5)

    assert list(range(10)) == second.folder.steps()
    assert same(whole, scores(second))


class _Rest:
    """An observer that has started already."""

    def __init__(self, observer: Sketcher) -> None:
        self._observer = observer

    def run_started(self, run: Any) -> None:
        pass

    def __getattr__(self, name: str) -> Any:
        return getattr(self._observer, name)


def test_a_folder_of_another_run_is_refused_and_one_without_a_past_begins_anew(tmp_path: Path):
    sketched(tmp_path / "a", Loop(steps=2))
    with pytest.raises(CannotTrace, match="width"):
        sketched(tmp_path / "a", Loop(steps=2), SketchSettings(width=3))

    said: list[str] = []
    model = tiny_qwen3()
    train(
        model,
        adamw(model),
        LOOP,
        [late := Sketcher(items(2), tmp_path / "b", WIDE, say=said.append)],
        first=3,
    )
    assert [3, 4, 5] == late.folder.steps()
    assert any("begin here" in line for line in said)


def test_disk_and_memory_are_said_before_anything_moves_and_held_to(tmp_path: Path):
    said: list[str] = []
    settings = SketchSettings(width=2, disk_limit=10**6, refresh=Refresh(every=2, adaptive=False))
    sketcher = Sketcher(items(2), tmp_path / "a", settings, say=said.append)
    model = tiny_qwen3()
    train(model, adamw(model), Loop(steps=20, rows=4), [sketcher])

    assert sketcher.plan is not None
    plan = sketcher.plan
    assert plan.samples * 20 * (plan.size * 2 + 20) <= plan.steps_on_disk
    assert "of memory beside the model" in said[1]
    sketches = sum(r.sketches.nbytes // 2 for r in sketcher.folder.read_steps(0, 20))
    assert sketches <= plan.steps_on_disk
    # headers of the files are beyond the plan
    assert sketcher.folder.bytes < plan.disk + 5_000 * len(list(sketcher.folder.path.iterdir()))

    fresh = tiny_qwen3()
    before = [p.detach().clone() for p in fresh.parameters()]
    small = Sketcher(items(2), tmp_path / "b", SketchSettings(disk_limit=1_000))
    with pytest.raises(CannotTrace, match=r"1\.0 kB is the limit"):
        train(fresh, adamw(fresh), LOOP, [small])
    assert all(torch.equal(a, b) for a, b in zip(before, fresh.parameters(), strict=True))


def test_what_the_taps_do_not_see_is_refused_by_name(tmp_path: Path):
    model = tiny_qwen3()
    layer = model.model.layers[0].mlp.up_proj
    inside = model.model.layers[0].mlp.down_proj
    inside.register_forward_hook(lambda m, x, y: y + (layer.weight.sum() * 1e-3))

    with pytest.raises(SharesDoNotAdd) as refused:
        train(model, adamw(model), LOOP, [Sketcher(items(2), tmp_path)])
    assert "up_proj" in str(refused.value.where)


def test_the_cap_cuts_what_is_far_beyond_the_layer_and_nothing_else():
    weight = torch.nn.Parameter(torch.zeros(1, 4))
    optimizer = torch.optim.AdamW([weight], lr=1e-3, eps=0.0)
    weight.grad = torch.tensor([[1.0, 1.0, 1e-3, 0.0]])
    optimizer.step()

    mean = (2 / 3) ** 0.5  # root of the mean square of the three that moved
    assert torch.allclose(
        torch.tensor([[1.0, 1.0, 1e3, 0.0]]), preconditioner(optimizer, weight, 0.0), rtol=1e-4
    )
    assert torch.allclose(
        torch.tensor([[1, 1, 10 / mean, 0]]), preconditioner(optimizer, weight, 10.0), rtol=1e-4
    )
    sgd = torch.optim.SGD([weight], lr=0.1)
    assert torch.equal(torch.ones(1, 4), preconditioner(sgd, weight, 1.0))


def test_marks_are_dense_at_first():
    assert [1, 8, 12, 15, 16] == [marks_of(n, 8) for n in (1, 8, 16, 31, 40)]


def test_the_index_ranks_as_brute_force_does(tmp_path: Path):
    settings = SketchSettings(width=3, storage="float32", refresh=Refresh(every=4, adaptive=False))
    sketcher = sketched(tmp_path, Loop(steps=8, rows=4), settings)
    numbers, vectors = sums(sketcher.folder, sketcher.projections.layout)
    save(build(numbers, vectors), tmp_path)
    queries = np.random.default_rng(0).normal(size=(3, vectors.shape[1])).astype(np.float32)

    products = queries @ np.asarray(vectors).T
    found = list(load(tmp_path).query(queries, 5))

    assert list(range(7)) == numbers.tolist()
    for row, hits in zip(products, found, strict=True):
        assert np.argsort(-row)[:5].tolist() == [number for number, _ in hits]
        assert np.allclose(np.sort(row)[::-1][:5], [score for _, score in hits], rtol=1e-4)


def test_summed_sketches_score_as_the_run_does_where_items_stay_the_same(tmp_path: Path):
    """An SGD run so slow that nothing changes: the index and the recursion over steps are the same sum."""

    def slow(model: Any) -> torch.optim.Optimizer:
        return torch.optim.SGD(model.parameters(), lr=1e-9, momentum=0.7)

    sketcher = sketched(tmp_path, Loop(steps=6, rows=4), optimizer=slow)
    window = next(iter(sketcher.folder.windows()))
    numbers, vectors = sums(sketcher.folder, sketcher.projections.layout)

    assert same(scores(sketcher)[numbers], np.asarray(vectors) @ window.right.T, 1e-4)


def test_a_later_question_is_sketched_as_the_items_of_the_run_were_at_its_end(tmp_path: Path):
    model, settings = tiny_qwen3(), SketchSettings(width=3, refresh=EVERY_STEP)
    sketcher = Sketcher(items(2), tmp_path, settings)
    train(model, adamw(model), LOOP, [sketcher])
    *_, last = sketcher.folder.windows()

    asked = query_of(model, sketcher.folder, items(2))

    assert same(last.right, asked, 1e-2)  # the preconditioner is kept in bfloat16
    with pytest.raises(CannotTrace, match="layers"):
        query_of(tiny_qwen3(hidden=16), sketcher.folder, items(2))


def test_many_samples_are_searched_in_cells():
    vectors = np.random.default_rng(0).normal(size=(900, 8)).astype(np.float32)
    index = build(np.arange(900), vectors, exact=100)

    (hits,) = index.query(vectors[5:6], 3)
    best = np.argsort(-(vectors @ vectors[5]))[:3]
    assert "IVF" in type(index.index).__name__
    assert len(set(best.tolist()) & {n for n, _ in hits}) >= 2


def test_a_folder_is_whole_or_not_there(tmp_path: Path):
    folder = sketched(tmp_path, Loop(steps=3)).folder

    assert not list(tmp_path.glob("*.part"))
    folder.drop_working_files()
    assert {"about.json", "importance.npz", "preconditioner.safetensors"} == {
        p.name for p in tmp_path.iterdir()
    }
    assert isinstance(Folder(tmp_path).about()["layers"], dict)
