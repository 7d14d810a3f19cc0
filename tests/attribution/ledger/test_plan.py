"""The memory a trace takes, worked out and said before the run."""

from __future__ import annotations

import torch

from attribution.ledger.plan import memory_plan, size_text, tail_steps
from attribution.tracing.tracer import Tracer
from tests.attribution.builders import Loop, items, tiny_qwen3, train


def test_every_part_is_counted() -> None:
    plan = memory_plan(100, 8, 4, interval=10, marks=3, tail=44, stored=2, worked=4, sketched=50)

    assert (3 + 1) * 8 * 100 * 2 == plan.banks
    assert (10 + 44 + 1) * 4 * 100 * 2 == plan.shares
    assert 10 * 100 * 4 == plan.rates
    assert 200 == plan.sketches
    assert plan.total == plan.banks + plan.shares + plan.rates + plan.sketches + plan.rest


def test_momentum_of_a_step_lasts_until_a_hundredth_is_left() -> None:
    assert 44 == tail_steps(0.9, 0.01)
    assert 0 == tail_steps(0.0, 0.01)
    assert 0 == tail_steps(0.9, 1.0)


def test_sizes_are_for_people() -> None:
    assert ["12 B", "1.5 kB", "2.0 MB", "5.6 GB"] == [size_text(n) for n in (12, 1500, 2 * 10**6, 56 * 10**8)]


def test_it_is_said_before_anything_has_moved_and_coverage_at_the_end() -> None:
    said: list[str] = []
    tracer = Tracer(items(2), say=said.append)
    model = tiny_qwen3()

    train(model, torch.optim.AdamW(model.parameters(), lr=1e-3), Loop(steps=3), [tracer])

    assert [True, True] == [said[0].startswith("tracing 720 parameters for 4 items"), "coverage" in said[1]]
    assert 2 == len(said)


def test_no_more_is_held_than_was_said() -> None:
    tracer = Tracer(items(2), say=lambda text: None)
    model = tiny_qwen3()
    most = 0

    class Watches:
        def __getattr__(self, name: str):  # type: ignore[no-untyped-def]
            from contextlib import nullcontext

            def call(*_: object) -> object:
                nonlocal most
                if tracer.plan is not None:
                    held = [] if tracer._book is None else tracer._book.held
                    most = max(most, sum(h.shares.nbytes for h in held))
                return nullcontext()

            return call

    train(model, torch.optim.AdamW(model.parameters(), lr=1e-3), Loop(steps=60), [tracer, Watches()])  # type: ignore[list-item]

    assert tracer.plan is not None
    assert 0 < most <= tracer.plan.shares
