"""Item by item, what the ledger explains is what was measured."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow.compute as pc
import pytest
import torch

from attribution.entries import FUNCTIONALS
from attribution.ledger.coverage import coverage
from attribution.ledger.refresh import Refresh
from attribution.ledger.rows import balances
from attribution.tracing.tracer import Tracer, TraceSettings
from tests.attribution.builders import EVERY_STEP, Loop, tiny_qwen3, traced, train, with_lora


@pytest.mark.parametrize(("refresh", "least"), [(EVERY_STEP, 0.99), (Refresh(ceiling=None), 0.95)])
@pytest.mark.parametrize("lora", [False, True])
def test_explained_follows_measured_over_items(refresh: Refresh, least: float, lora: bool) -> None:
    model: Any = tiny_qwen3(layers=2, hidden=16, dtype=torch.float32)
    model = with_lora(model, rank=4) if lora else model
    tracer = traced(TraceSettings(refresh=refresh), count=8)
    optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=3e-3)

    train(model, optimizer, Loop(steps=24, rows=4, warm_up=5, max_norm=1.0), [tracer])

    rows = balances(tracer.intervals, tracer.names)
    for functional in FUNCTIONALS:
        found = coverage(rows.filter(pc.equal(rows["functional"], functional)))
        assert found.r_squared is not None
        assert found.r_squared >= least
    assert coverage(rows).shows_amounts


@pytest.mark.shared
@pytest.mark.slow
@pytest.mark.parametrize(("refresh", "least"), [(EVERY_STEP, 0.99), (Refresh(ceiling=None), 0.95)])
def test_on_real_questions_too(shared_data: Path, refresh: Refresh, least: float) -> None:
    """GSM8K, and a Qwen3 that has just begun to learn; `benchmarks/trace/reconcile.py` measures it at length."""
    from transformers import AutoTokenizer

    from benchmarks.trace import course
    from benchmarks.trace.reconcile import MINIMIND, small_qwen3

    tokenizer = AutoTokenizer.from_pretrained(MINIMIND)
    model = small_qwen3(len(tokenizer))
    examples = [e for e, _ in course.gsm8k(tokenizer, "train", 32, 128)]
    probes = course.probes(tokenizer, course.gsm8k(tokenizer, "test", 8, 128))
    tracer = Tracer(probes, TraceSettings(refresh=refresh))
    course.train(model, torch.optim.AdamW(model.parameters(), lr=2e-3), examples, 4, 20, [])
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=0.01)

    course.train(model, optimizer, examples, 4, 20, [tracer])

    rows = balances(tracer.intervals, tracer.names)
    for functional in FUNCTIONALS:
        found = coverage(rows.filter(pc.equal(rows["functional"], functional)))
        assert found.r_squared is not None
        assert found.r_squared >= least
    assert (tracer.marks < 20) == refresh.adaptive
