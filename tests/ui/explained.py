"""A small lake with evaluations of two models and what moved their items, stored as training would store it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from governance.benchmarks.items import ITEMS
from governance.benchmarks.suite import Suite
from governance.contributions import ANSWER_LOSS, BALANCES, MARGIN, SAMPLES
from governance.curation.record import SplitRecord
from governance.evaluations import (
    Evaluation,
    EvaluationState,
    ItemResult,
    ItemState,
    ModelRecord,
    SuiteUsed,
    counted,
    mean_scores,
)
from governance.lake import Lake, open_lake
from governance.lake.contributions import AttributionRecord, Check, Ledger, commit_attribution, record_check
from governance.lake.evaluations import commit_evaluation
from governance.lake.splits import load_members
from governance.lake.suites import save_suite
from governance.lake.trainings import start_training
from governance.trainings import EXCLUSIONS, TrainingRecord
from governance.trainings import SAMPLES as TRAINED
from tests.attribution.ledgers import UNIT, balance_row, contribution_table, sha, with_removals
from tests.curation.builders import bonds, curated, write

ROWS, ITEMS_ASKED = 12, 60
RUN, OLDER, NEWER, VAGUE = "run-tuned", "20260101-older", "20260102-newer", "20260103-vague"
BASE, HEAD, OTHER_BASE, OTHER_HEAD, LONELY = (
    "ev-base",
    "ev-head",
    "ev-other-base",
    "ev-other-head",
    "ev-lonely",
)
GAINED, LOST = "test/1", "test/2"
Words = Callable[[int], str]


def plain(number: int) -> str:
    """Words of a field, where nothing depends on them."""
    return f"name {number}"


@dataclass(frozen=True)
class Explained:
    """The folder of the lake, and what was said of the items that tests look at."""

    folder: Path

    @property
    def lake(self) -> str:
        return str(self.folder / ".govern")


def build(folder: Path, words: Words = plain, item: Words = lambda n: f"test/{n}") -> Explained:
    """The lake. `words` gives the texts that data bring, `item` the names of items."""
    rows = [{**row, "source": f"source-{n % 3}", "label": words(n % 2)} for n, row in enumerate(bonds(ROWS))]
    rows[0]["prompt"] = f"{question(0, words)} Write to ann.lee@example.com"
    with open_lake(str(folder / ".govern")) as lake:
        split = curated(lake, write(folder / "rows.jsonl", rows)).record
        suite = suite_of("finance", ITEMS_ASKED, words, item)
        save_suite(lake, suite)
        _evaluate(lake, suite, words, item)
        _train(lake, split)
        _attribute(lake, split, item)
    return Explained(folder)


def question(number: int, words: Words) -> str:
    """What an item asks; row 0 of the data asks the same."""
    asked = "and by how much does it move in a year of rising rates?"
    return f"What is the yield of bond {number}, {asked} {words(number)}"


def suite_of(name: str, count: int, words: Words, item: Words) -> Suite:
    items = [
        {
            "suite": name, "item": item(n), "subject": None, "label": words(n % 2), "question": question(n, words),
            "context": None, "options": [], "answer": str(n), "answer_text": str(n), "content_hash": sha(f"item {n}"),
        }
        for n in range(count)
    ]  # fmt: skip
    return Suite(name, f"{name}.jsonl", pa.Table.from_pylist(items, schema=ITEMS), sha(name), ())


def _evaluate(lake: Lake, suite: Suite, words: Words, item: Words) -> None:
    base = ModelRecord("models/base", "transformers", "b" * 64)
    head = ModelRecord(words(7), "transformers", "c" * 64, run=RUN, step=40)
    used = SuiteUsed("finance", 1, suite.content_hash, "generic", ITEMS_ASKED, ITEMS_ASKED)
    right = {BASE: lambda n: n % 3 == 2, HEAD: lambda n: n % 3 != 2 or n % 2 == 1}
    for ident, model, at in ((BASE, base, "10"), (HEAD, head, "12")):
        results = [_result(n, right[ident](n), item(n), words) for n in range(ITEMS_ASKED)]
        results[-1] = ItemResult(item(ITEMS_ASKED - 1), ItemState.FAILED, "the server did not answer")
        _commit(lake, ident, model, used, results, at)
    other = SuiteUsed("other", 0, sha("other"), "generic", 4, 4)
    for ident, model, at in ((OTHER_BASE, base, "10"), (OTHER_HEAD, head, "11")):
        _commit(lake, ident, model, other, [_chosen(n, n < 2) for n in range(4)], at)
    lonely = SuiteUsed("lonely", 0, sha("lonely"), "generic", 2, 2)
    _commit(lake, LONELY, head, lonely, [_chosen(n, n == 0) for n in range(2)], "11")


def _result(n: int, right: bool, name: str, words: Words) -> ItemResult:
    prompt = json.dumps([{"role": "user", "content": question(n, words)}], ensure_ascii=False)
    said = str(n) if right else f"wrong {words(n)}"
    return ItemResult(
        name, ItemState.SCORED, label=words(n % 2), gold=str(n), prompt=prompt, finish="stop",
        output=f"Let me see. {words(n)}\n#### {said}", official_answer=said, official=float(right), extracted=said,
        strict=float(right), gold_loglik=-1.0 - n / 100 + right, gold_tokens=1, gold_bytes=2, margin=right - 0.5,
        competitor="other",
    )  # fmt: skip


def _chosen(n: int, right: bool) -> ItemResult:
    return ItemResult(
        f"q{n}", ItemState.SCORED, gold="A", option_logliks=(-1.0, -2.0), option_tokens=(1, 1), option_bytes=(1, 1),
        choice="A" if right else "B", choice_score=float(right), gold_loglik=-1.0,
    )  # fmt: skip


def _commit(
    lake: Lake, ident: str, model: ModelRecord, used: SuiteUsed, results: Sequence[ItemResult], hour: str
) -> None:
    value = Evaluation(
        ident, model, used, {"method": "generation"}, EvaluationState.COMPLETE, f"2026-11-26T{hour}:00:00+00:00",
        counts=counted(results), scores=mean_scores(list(results)),
    )  # fmt: skip
    commit_evaluation(lake, value, list(results))


def _train(lake: Lake, split: SplitRecord) -> None:
    record = TrainingRecord(
        RUN, "sft", split.reference, split.split_id, split.content_hash, "models/base", "b" * 64, "runs/tuned", 0,
        "2026-11-26T11:00:00+00:00", "ann", "0.1.0",
    )  # fmt: skip
    start_training(lake, record, TRAINED.empty_table(), EXCLUSIONS.empty_table())


def _attribute(lake: Lake, split: SplitRecord, item: Words) -> None:
    samples = samples_of(lake, split)
    record = AttributionRecord(RUN, split.reference, split.split_id, "models/base", (BASE, HEAD))
    names = [item(n) for n in range(4)]
    commit_attribution(lake, OLDER, record, ledger(samples, names, 1))
    commit_attribution(lake, NEWER, record, ledger(samples, names, 2))
    commit_attribution(lake, VAGUE, replace(record, run="another"), ledger(samples, names, 3, residual=2.0))
    record_check(lake, NEWER, Check("lds", "removal", 0.61, 0.5, 0.7, 50))
    done = {
        "suite": "finance", "item": item(1), "functional": MARGIN, "named": [1, 2], "control": [5, 6], "before": -0.5,
        "after": 0.5, "without": -0.25, "without_control": 0.4, "claimed": 1.0,
    }  # fmt: skip
    record_check(lake, NEWER, Check("flip", "contribution", 1.0, None, None, 1, done))
    left = {
        "by": "source",
        "group": "source-1",
        "suite": "finance",
        "functional": MARGIN,
        "after": 2.0,
        "without": 1.25,
    }
    record_check(lake, NEWER, Check("group", "contribution", 0.75, None, None, 4, left))


def samples_of(lake: Lake, split: SplitRecord) -> pa.Table:
    """SAMPLES of a run over the split."""
    members = load_members(lake, split)
    columns = {name: members.column(name) for name in SAMPLES.names if name in members.column_names}
    return pa.table({"sample": np.arange(members.num_rows), **columns}).select(SAMPLES.names).cast(SAMPLES)


def ledger(samples: pa.Table, items: Sequence[str], seed: int, residual: float = 0.0) -> Ledger:
    """Loss and margin of the items over two intervals; every line adds up, sums of amounts have no rounding."""
    parts = [
        part for f in (ANSWER_LOSS, MARGIN) for part in _intervals(samples.num_rows, items, f, seed, residual)
    ]
    ids = samples.column("sample_id").to_pylist()
    contributions = pa.concat_tables(table for table, _ in parts)
    named = pa.array([ids[n] for n in contributions.column("sample").to_pylist()])
    contributions = contributions.set_column(
        contributions.column_names.index("sample_id"), "sample_id", named
    )
    balances = [row for _, rows in parts for row in rows]
    made = Ledger(
        samples, contributions.cast(parts[0][0].schema), pa.Table.from_pylist(balances, schema=BALANCES)
    )
    scores = {(n, i): float(n) / 4 for n in range(samples.num_rows) for i in items}
    return with_removals(made, scores, "finance", MARGIN)


def _intervals(
    count: int, items: Sequence[str], functional: str, seed: int, residual: float
) -> Iterator[tuple[pa.Table, list[dict[str, Any]]]]:
    random = np.random.default_rng([seed, functional == MARGIN])
    value = dict.fromkeys(items, 4.0 if functional == ANSWER_LOSS else -0.05)
    for at in range(2):
        steps: dict[str, Any] = {
            "start": at * 5,
            "stop": at * 5 + 5,
            "suite": "finance",
            "functional": functional,
        }
        amounts = {(n, i): float(random.integers(-96, 160)) / UNIT for n in range(count) for i in items}
        rows = []
        for item, before in value.items():
            whole = sum(a for (_, name), a in amounts.items() if name == item)
            parts = {"decay": 1 / UNIT, "carried": -1 / UNIT, "residual": residual + 2 / UNIT}
            rows.append(balance_row(item, before, whole, **parts, **steps))
            value[item] = rows[-1]["after"]
        yield contribution_table(amounts, **steps), rows
