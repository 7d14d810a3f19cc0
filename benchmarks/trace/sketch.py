"""How well do sketches rank? Against the exact ledger of the same linear weights, on real GSM8K text.

    python -m benchmarks.trace.sketch                     # width, D and fold, with marks at every step
    python -m benchmarks.trace.sketch --every 8           # the same with marks up to 8 steps apart
    python -m benchmarks.trace.sketch --cost              # CPU time a step over the plain step

A small Qwen3 from scratch, trained for 60 steps before tracing begins; then one run of 40 steps is watched by the exact
tracer and by all sketchers together. Printed, for each: numbers and bytes a sample, the rank correlation over samples
(mean over items), the share of the exact top five among the sketch's top five, and the same for the index, which
knows the items at the end of the run only. D is none, that of the items at the first mark (what a run uses), or that
of the second moment at the end of an equal run before (which a run cannot know). P is the optimizer's, or capped.
"""

from __future__ import annotations

import argparse
import time
import warnings
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch

from attribution.ledger.intervals import ranks
from attribution.ledger.refresh import Refresh
from attribution.sketching.covering import covered
from attribution.sketching.importance import Importance, importance
from attribution.sketching.index import build, sums
from attribution.sketching.queries import held_bank, sketched
from attribution.sketching.schedule import preconditioner, second_moment
from attribution.sketching.settling import intervals
from attribution.sketching.sketcher import Sketcher, SketchSettings
from attribution.sketching.taps import Taps
from attribution.tracing.tracer import Tracer, TraceSettings
from benchmarks.trace.course import gsm8k, probes, train
from benchmarks.trace.reconcile import MINIMIND, model_of

WHOLE = 10**3
"""A fold so wide that nothing is projected: a plain count sketch of the whole gradient."""


@dataclass(frozen=True)
class Case:
    """One way to sketch."""

    width: int
    d: str  # none | items | v
    fold: int
    cap: float

    def __str__(self) -> str:
        kind = {1: "two-sided", WHOLE: "count sketch"}.get(self.fold, f"folded from {self.fold}k")
        return f"k={self.width:<3d} D={self.d:6s} {kind:15s} {'capped' if self.cap else 'P as it is':10s}"


CASES = (
    *(Case(k, d, f, c) for k in (8, 16, 32) for d, f, c in (("none", 1, 0), ("items", 1, 0), ("items", 4, 0),
                                                            ("none", 4, 10), ("items", 4, 10))),
    Case(16, "items", WHOLE, 10),
    Case(16, "v", 4, 10),
)  # fmt: skip


def started(options: Any, tokenizer: Any, examples: Any, cls: Any = torch.optim.AdamW) -> tuple[Any, Any]:
    """(model, optimizer) past the first steps, where a fresh model unlearns its noise."""
    model = model_of("qwen3", tokenizer)
    before = torch.optim.AdamW(model.parameters(), lr=2e-3)
    train(model, before, examples, options.rows, options.before, [])
    return model, cls(model.parameters(), lr=options.rate, weight_decay=0.01)


def moments(model: Any, optimizer: Any) -> tuple[Importance, ...]:
    """D of the second moments as they are."""
    found = [second_moment(optimizer, w) for w in covered(model).weights]
    return tuple(importance(v) for v in found if v is not None)


def totals(found: Any, samples: int, items: int) -> np.ndarray:
    """(samples, items) summed over intervals."""
    into = np.zeros((samples, items))
    for interval in found:
        into[interval.samples] += interval.amounts
    return into


def agreement(exact: np.ndarray, other: np.ndarray) -> tuple[float, float]:
    """(mean rank correlation, mean share of the top five) over items."""
    correlations, shared = [], []
    for a, b in zip(exact.T, other.T, strict=True):
        correlations.append(np.corrcoef(ranks(a), ranks(b))[0, 1])
        shared.append(len(set(np.argsort(-a)[:5]) & set(np.argsort(-b)[:5])) / 5)
    return float(np.mean(correlations)), float(np.mean(shared))


def asked(sketcher: Sketcher, model: Any, optimizer: Any) -> np.ndarray:
    """(samples, items) scores of the index, with the items as they are at the end."""
    taps = Taps(sketcher.covered)
    bank = held_bank(model, taps, sketcher.covered, sketcher.probes, 0)
    taps.remove()
    weights = sketcher.covered.weights
    queries = sketched(
        bank,
        sketcher.projections,
        lambda n: preconditioner(optimizer, weights[n], sketcher.settings.cap),
        torch.float32,
    )
    numbers, vectors = sums(sketcher.folder, sketcher.projections.layout)
    scores = np.zeros((len(sketcher.samples), len(sketcher.names)))
    for item, hits in enumerate(build(numbers, vectors).query(queries.numpy(), len(numbers))):
        for number, score in hits:
            scores[number, item] = score
    return scores


def compare(options: Any, tokenizer: Any, examples: Any, items: Any, folder: Path) -> None:
    """All cases in one run."""
    model, optimizer = started(options, tokenizer, examples)
    train(model, optimizer, examples, options.rows, options.steps, [])
    late = moments(model, optimizer)
    model, optimizer = started(options, tokenizer, examples)
    rest = covered(model).rest
    refresh = Refresh(every=options.every, adaptive=False)
    exact = Tracer(
        items,
        TraceSettings(refresh=Refresh(1, adaptive=False), leave_out=rest, removal=False, middle=False),
        say=print,
    )
    sketchers = {
        case: Sketcher(
            items,
            folder / f"{n}",
            SketchSettings(case.width, case.fold, case.d != "none", case.cap, refresh, seed=options.seed),
            importances=late if case.d == "v" else None,
            say=lambda text: None,
        )
        for n, case in enumerate(CASES)
    }
    train(model, optimizer, examples, options.rows, options.steps, [exact, *sketchers.values()])
    whole = totals(exact.intervals, len(examples), len(exact.names))
    moved = np.flatnonzero(np.abs(whole).sum(1) > 0)
    for case, sketcher in sketchers.items():
        found = totals(intervals(sketcher.folder, sketcher.projections.layout, sketcher.names), *whole.shape)
        run, end = (
            agreement(whole[moved], other[moved]) for other in (found, asked(sketcher, model, optimizer))
        )
        size = sketcher.projections.size
        print(
            f"{case} {size:7,d} numbers {2 * size + 20:7,d} B  rank {run[0]:.3f} top5 {run[1]:.2f}"
            f"   index: rank {end[0]:.3f} top5 {end[1]:.2f}",
            flush=True,
        )


def cost(options: Any, tokenizer: Any, examples: Any, items: Any, folder: Path) -> None:
    """CPU seconds of a step, plain and with sketches, and of a mark."""
    model, optimizer = started(options, tokenizer, examples)
    plain = min(_timed(model, optimizer, examples, options, []) for _ in range(3))
    print(f"plain step {1000 * plain:.1f} ms")
    for width, fold in ((8, 1), (8, 4), (16, 1), (16, 4), (32, 1), (32, 4)):
        times = []
        for n in range(3):
            sketcher = Sketcher(
                items,
                folder / f"cost-{width}-{fold}-{n}",
                SketchSettings(width, fold, refresh=Refresh(10**6, adaptive=False)),
                say=lambda text: None,
                clock=time.process_time,
            )
            whole = _timed(model, optimizer, examples, options, [sketcher])
            marks = sketcher.seconds["marks"]
            times.append((whole - sum(marks) / options.steps, sum(marks) / len(marks)))
        step, mark = min(t[0] for t in times), min(t[1] for t in times)
        print(
            f"k={width:<3d} fold {fold}: step {100 * (step / plain - 1):+.0f} %, a mark {mark / plain:.1f} plain steps"
        )


def _timed(model: Any, optimizer: Any, examples: Any, options: Any, observers: Any) -> float:
    start = time.process_time()
    train(model, optimizer, examples, options.rows, options.steps, observers)
    return (time.process_time() - start) / options.steps


def main() -> None:
    """Compares, or times."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--cost", action="store_true")
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--steps", type=int, default=40)
    parser.add_argument("--before", type=int, default=60)
    parser.add_argument("--samples", type=int, default=64)
    parser.add_argument("--items", type=int, default=8)
    parser.add_argument("--rows", type=int, default=8)
    parser.add_argument("--longest", type=int, default=128)
    parser.add_argument("--rate", type=float, default=1e-3)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    from transformers import AutoTokenizer

    warnings.simplefilter("ignore", FutureWarning)
    torch.set_num_threads(1)
    tokenizer = AutoTokenizer.from_pretrained(MINIMIND)
    examples = [e for e, _ in gsm8k(tokenizer, "train", options.samples, options.longest)]
    items = probes(tokenizer, gsm8k(tokenizer, "test", options.items, options.longest))
    with TemporaryDirectory(prefix="govern-sketch-") as folder:
        (cost if options.cost else compare)(options, tokenizer, examples, items, Path(folder))


if __name__ == "__main__":
    main()
