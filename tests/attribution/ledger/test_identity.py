"""The decomposition identity: what is booked to samples, decay and carried momentum is what the parameters did.

    Σ_i φ_ij + decay_j + carried_j + forgotten_j = -Σ_s <h̄_j(s), θ_{s+1} - θ_s>

Relative to the size of its terms it holds to 1e-6 in float64 by requirement (to 1e-10 in fact, asserted here), and to
1e-3 in float32, where both sides are sums of a few hundred rounded products.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from attribution.ledger.refresh import Refresh
from attribution.tracing.tracer import TraceSettings
from tests.attribution.builders import (
    EVERY_STEP,
    Loop,
    packed,
    padded,
    relative_gap,
    tiny_qwen3,
    traced,
    train,
    with_lora,
)

ADAMS = st.builds(
    lambda kind, **options: (kind, options),
    st.sampled_from([torch.optim.AdamW, torch.optim.Adam]),
    lr=st.sampled_from([1e-3, 3e-2]),
    betas=st.sampled_from([(0.9, 0.999), (0.5, 0.9), (0.0, 0.99)]),
    eps=st.sampled_from([1e-8, 1e-3]),
    weight_decay=st.sampled_from([0.0, 0.1]),
    amsgrad=st.booleans(),
    maximize=st.booleans(),
)
SGDS = st.builds(
    lambda momentum, nesterov, dampening, **options: (
        torch.optim.SGD,
        {
            "momentum": momentum,
            "nesterov": nesterov and momentum > 0,
            "dampening": 0.0 if nesterov and momentum > 0 else dampening,
            **options,
        },
    ),
    st.sampled_from([0.0, 0.9]),
    st.booleans(),
    st.sampled_from([0.0, 0.2]),
    lr=st.sampled_from([1e-2, 1e-1]),
    weight_decay=st.sampled_from([0.0, 0.1]),
    maximize=st.booleans(),
)
LOOPS = st.builds(
    Loop,
    steps=st.integers(1, 6),
    rows=st.integers(1, 3),
    parts=st.integers(1, 3),
    max_norm=st.sampled_from([0.0, 0.05, 1.0]),
    shape=st.sampled_from([padded, packed]),
    warm_up=st.sampled_from([0, 4]),
    scale=st.sampled_from([1.0, 1024.0]),
    seed=st.integers(0, 3),
)
TRACES = st.builds(
    TraceSettings,
    refresh=st.builds(Refresh, every=st.integers(1, 3), adaptive=st.booleans(), ceiling=st.none()),
    interval=st.integers(1, 5),
    marks=st.integers(2, 4),
    tail=st.sampled_from([1e-9, 0.3, 1.0]),
)


def optimizer_of(model: Any, kind: Any, options: dict[str, Any], *, grouped: bool) -> Any:
    """The optimizer, over one parameter group or over three that differ in rate, decay and momentum."""
    parameters = [p for p in model.parameters() if p.requires_grad]
    if not grouped:
        return kind(parameters, **options)
    other = {"betas": (0.8, 0.95)} if "betas" in options else {"momentum": options["momentum"] and 0.5}
    groups = [
        {"params": parameters[0::3]},
        {"params": parameters[1::3], "weight_decay": 0.0, "lr": options["lr"] / 2},
        {"params": parameters[2::3], **other},
    ]
    return kind(groups, **options)


@settings(max_examples=25)
@given(optimizer=st.one_of(ADAMS, SGDS), loop=LOOPS, trace=TRACES, lora=st.booleans(), grouped=st.booleans())
def test_everything_that_moved_is_booked(
    optimizer: Any, loop: Loop, trace: TraceSettings, lora: bool, grouped: bool
) -> None:
    model = with_lora(tiny_qwen3()) if lora else tiny_qwen3(tied=loop.seed % 2 == 0)
    tracer = traced(trace, count=2)

    train(model, optimizer_of(model, *optimizer, grouped=grouped), loop, [tracer])

    assert relative_gap(tracer.intervals) < 1e-10
    for interval in tracer.intervals:
        assert np.abs(interval.gap).max() <= 1e-6 * np.abs(interval.path).max()
    assert [0, *(i.stop for i in tracer.intervals)] == [*(i.start for i in tracer.intervals), loop.steps]


@settings(max_examples=5)
@given(loop=LOOPS, lora=st.booleans(), stop=st.integers(1, 4), every=st.integers(1, 3))
def test_a_resumed_run_books_the_momentum_it_found_as_carried(
    loop: Loop, lora: bool, stop: int, every: int
) -> None:
    loop = Loop(**{**vars(loop), "steps": 6})
    model = with_lora(tiny_qwen3()) if lora else tiny_qwen3()
    optimizer = torch.optim.AdamW(
        [p for p in model.parameters() if p.requires_grad], lr=1e-2, weight_decay=0.1
    )
    train(model, optimizer, loop, [], last=stop)
    tracer = traced(TraceSettings(refresh=Refresh(every=every, adaptive=False)), count=2)

    train(model, optimizer, loop, [tracer], first=stop)

    assert relative_gap(tracer.intervals) < 1e-10
    assert np.all(tracer.intervals[0].carried != 0)


@pytest.mark.parametrize("lora", [False, True])
def test_in_float32_the_identity_holds_to_a_thousandth(lora: bool) -> None:
    model = tiny_qwen3(layers=2, hidden=16, dtype=torch.float32)
    model = with_lora(model) if lora else model
    tracer = traced()
    optimizer = torch.optim.AdamW(
        [p for p in model.parameters() if p.requires_grad], lr=1e-2, weight_decay=0.1
    )

    train(model, optimizer, Loop(steps=25, parts=2, max_norm=0.5), [tracer])

    assert relative_gap(tracer.intervals) < 1e-3


def test_tracing_changes_nothing() -> None:
    """Bit for bit: the taps are identities and a mark leaves no trace in gradients, modes or random numbers."""
    courses = []
    for observers in ([], [traced(TraceSettings(refresh=EVERY_STEP))]):
        model = tiny_qwen3(dtype=torch.float32)
        optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2)
        train(model, optimizer, Loop(steps=5, parts=2, max_norm=0.5), observers)
        courses.append(torch.cat([p.detach().reshape(-1) for p in model.parameters()]))

    assert torch.equal(*courses)


def test_a_parameter_without_gradient_at_some_steps_keeps_its_momentum() -> None:
    model = tiny_qwen3()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2)
    skipping = model.model.layers[0].mlp.down_proj.weight

    class Skips:
        """Takes the gradient away at every second step; the tracer is told of gradients as they are."""

        def __getattr__(self, name: str) -> Any:
            from contextlib import nullcontext

            def call(step: Any, *_: Any) -> Any:
                if name == "step_started":
                    skipping.requires_grad_(step % 2 == 0)
                return nullcontext()

            return call

    tracer = traced()
    train(model, optimizer, Loop(steps=6), [Skips(), tracer])  # type: ignore[list-item]

    assert relative_gap(tracer.intervals) < 1e-10


def test_what_is_let_go_ends_in_the_residual(tmp_path: Path) -> None:
    """With no tail, momentum that reaches over an interval's end is nobody's; its amount is known all the same."""
    model = tiny_qwen3()
    tracer = traced(TraceSettings(refresh=EVERY_STEP, interval=2, tail=1.0))

    train(model, torch.optim.AdamW(model.parameters(), lr=1e-2), Loop(steps=6), [tracer])

    last = tracer.intervals[-1]
    assert np.all(last.forgotten != 0)
    assert np.allclose(last.residual, last.forgotten + last.change - last.path, rtol=0, atol=1e-12)
