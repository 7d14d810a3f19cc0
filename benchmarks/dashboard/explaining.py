"""What the pages of evaluations and attributions ask of a large lake, timed question by question.

python -m benchmarks.dashboard.explaining --samples 100000 --items 16 --intervals 2 --asked 50000
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa

from attribution.explaining.looking import drivers_of, explain, grouping
from benchmarks.dashboard.measure import hexes, timed
from governance.contributions import ANSWER_LOSS, BALANCES, CONTRIBUTIONS, SAMPLES
from governance.evaluations import Evaluation, EvaluationState, ItemResult, ItemState, ModelRecord, SuiteUsed
from governance.lake import Lake, open_lake
from governance.lake.browsing import attributions, evaluations
from governance.lake.browsing.attributions import Part
from governance.lake.browsing.evaluations import Items, Pair
from governance.lake.contributions import AttributionRecord, Ledger, commit_attribution
from governance.lake.evaluations import commit_evaluation
from ui.dashboard.reading.evaluating import difference_of

SUITE = "suite"
PART = Part("a-1", SUITE, ANSWER_LOSS)
PAIR = Pair("before", "after", "strict")
GROUPS = 40


def ledger(samples: int, items: int, intervals: int) -> Ledger:
    """A ledger of random amounts, one functional."""
    random = np.random.default_rng(7)
    ids = hexes(random, samples)
    names = pa.array([f"item/{i}" for i in range(items)])
    numbers = np.repeat(np.arange(samples), items)
    suites = pa.array([SUITE]).take(pa.array(np.zeros(len(numbers), np.int64)))
    told = pa.array([f"group {n}" for n in range(GROUPS)])
    parts = [
        pa.table(
            {
                "start_step": np.full(len(numbers), at),
                "stop_step": np.full(len(numbers), at + 1),
                "sample": numbers,
                "sample_id": ids.take(pa.array(numbers)),
                "suite": suites,
                "item": names.take(pa.array(np.tile(np.arange(items), samples))),
                "functional": pa.array([ANSWER_LOSS]).take(pa.array(np.zeros(len(numbers), np.int64))),
                "amount": random.normal(0, 1e-3, len(numbers)),
            }
        ).cast(CONTRIBUTIONS)
        for at in range(intervals)
    ]
    who = pa.table(
        {
            "sample": np.arange(samples),
            "sample_id": ids,
            "dataset": pa.array(["sft@1"] * samples),
            "row": np.arange(samples),
            "source": told.take(pa.array(random.integers(0, GROUPS, samples))),
            "label": told.take(pa.array(random.integers(0, GROUPS, samples))),
            "group": pa.nulls(samples, pa.string()),
        }
    ).cast(SAMPLES)
    lines = [
        {"start_step": at, "stop_step": at + 1, "suite": SUITE, "item": f"item/{i}", "functional": ANSWER_LOSS,
         "before": 4.0 - at, "after": 3.0 - at, "attributed": 1.0, "weight_decay": 0.0, "carried": 0.0, "residual": 0.0}
        for at in range(intervals) for i in range(items)
    ]  # fmt: skip
    return Ledger(who, pa.concat_tables(parts), pa.Table.from_pylist(lines, schema=BALANCES))


def evaluation(ident: str, seed: int, asked: int) -> tuple[Evaluation, list[ItemResult]]:
    """One evaluation of so many items, with outputs of some 400 characters."""
    right = np.random.default_rng(seed).random(asked) < 0.6
    said = "The coupon is paid every half year, so the yield moves against the price of the bond. " * 5
    found = [
        ItemResult(
            f"item/{n}", ItemState.SCORED, label=f"label {n % 20}", gold=str(n), output=said, extracted=str(n),
            prompt=f"What is the yield of bond {n}?", strict=float(right[n]), gold_loglik=-1.0 - n / asked,
        )
        for n in range(asked)
    ]  # fmt: skip
    used = SuiteUsed(SUITE, 0, "x" * 64, "", asked, asked)
    scores = {"strict": float(right.mean())}
    value = Evaluation(
        ident, ModelRecord(ident, "import", ident[0] * 64), used, {}, EvaluationState.COMPLETE, "2026"
    )
    return Evaluation(**{**vars(value), "scores": scores}), found


def questions(lake: Lake) -> dict[str, Callable[[], object]]:
    """What pages ask, by name."""
    label, source = (grouping(lake, "a-1", by, "") for by in ("label", "source"))  # type: ignore[arg-type]
    return {
        "list of evaluations": lambda: evaluations.recent_evaluations(lake),
        "difference with its interval": lambda: difference_of("", evaluations.score_pairs(lake, PAIR)),
        "differences by label": lambda: evaluations.score_groups(lake, PAIR, "label"),
        "items by change": lambda: evaluations.by_change(lake, Items(PAIR)),
        "first page of items": lambda: evaluations.page(lake, Items(PAIR), "suite", 25, 0),
        "page 1,000, by gain": lambda: evaluations.page(lake, Items(PAIR, "fixed"), "gain", 25, 25_000),
        "items with words": lambda: evaluations.count(lake, Items(PAIR, text="bond 377")),
        "one item": lambda: evaluations.one(lake, "after", "item/77"),
        "its neighbours": lambda: evaluations.neighbours(lake, Items(PAIR), "suite", "item/77"),
        "one item explained": lambda: explain(lake, "a-1", SUITE, "item/7", 5),
        "its sources": lambda: attributions.sources_of_item(lake, PART, "item/7"),
        "drivers by label": lambda: drivers_of(lake, PART, label, 10),
        "drivers by source": lambda: drivers_of(lake, PART, source, 10),
        "drivers by sample": lambda: drivers_of(lake, PART, grouping(lake, "a-1", "sample", ""), 10),
        "samples of a label": lambda: attributions.members(lake, PART, label, "group 3", 25, 0),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    for name, default in (("samples", 100_000), ("items", 16), ("intervals", 2), ("asked", 50_000)):
        parser.add_argument(f"--{name}", type=int, default=default)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        place = str(Path(folder) / "lake")
        with open_lake(place, create=True) as lake:
            made = ledger(given.samples, given.items, given.intervals)
            commit_attribution(lake, "a-1", AttributionRecord("run-1"), made)
            for ident, seed in (("before", 1), ("after", 2)):
                commit_evaluation(lake, *evaluation(ident, seed, given.asked))
        with open_lake(place, read_only=True) as lake:
            lines = given.samples * given.items * given.intervals
            print(f"{lines:,} contributions of {given.samples:,} samples, {given.asked:,} items asked\n")
            print("| question | seconds | CPU seconds |\n|---|---:|---:|")
            for name, ask in questions(lake).items():
                wall, cpu = timed(ask)
                print(f"| {name} | {wall:.3f} | {cpu:.3f} |", flush=True)


if __name__ == "__main__":
    main()
