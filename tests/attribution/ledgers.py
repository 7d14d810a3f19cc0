"""Small ledgers that add up exactly: amounts are multiples of 1/1024, so sums of them have no rounding."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from governance.contributions import ANSWER_LOSS, BALANCES, CONTRIBUTIONS, REMOVALS, SAMPLES
from governance.lake.contributions import Ledger

UNIT = 1024
Amounts = Mapping[tuple[int, str], float]
"""(sample, item) -> nats."""


def sha(text: str) -> str:
    """64 hex that only the text decides."""
    return hashlib.sha256(text.encode()).hexdigest()


def sample_table(count: int, **columns: Sequence[Any]) -> pa.Table:
    """A run's samples; columns that are not given are null."""
    values: dict[str, Any] = {name: [None] * count for name in SAMPLES.names}
    values["sample"] = list(range(count))
    values["sample_id"] = [sha(f"sample {i}") for i in range(count)]
    return pa.table({**values, **columns}, schema=SAMPLES)


def contribution_table(
    amounts: Amounts, start: int = 0, stop: int = 10, suite: str = "demo", functional: str = ANSWER_LOSS
) -> pa.Table:
    """The contributions of one interval."""
    rows = [
        {
            "start_step": start,
            "stop_step": stop,
            "sample": sample,
            "sample_id": sha(f"sample {sample}"),
            "suite": suite,
            "item": item,
            "functional": functional,
            "amount": amount,
        }
        for (sample, item), amount in amounts.items()
    ]
    return pa.Table.from_pylist(rows, schema=CONTRIBUTIONS)


def balance_row(
    item: str, before: float, attributed: float, *, decay: float = 0.0, carried: float = 0.0, residual: float = 0.0,
    start: int = 0, stop: int = 10, suite: str = "demo", functional: str = ANSWER_LOSS,
) -> dict[str, Any]:  # fmt: skip
    """One line that adds up: `after` follows from the rest."""
    change = attributed + decay + carried + residual
    return {
        "start_step": start,
        "stop_step": stop,
        "suite": suite,
        "item": item,
        "functional": functional,
        "before": before,
        "after": before - change if functional == ANSWER_LOSS else before + change,
        "attributed": attributed,
        "weight_decay": decay,
        "carried": carried,
        "residual": residual,
    }


def ledger_of(
    samples: pa.Table, amounts: Amounts, *, before: float = 4.0, residual: float = 0.0, decay: float = 0.0,
    carried: float = 0.0, suite: str = "demo", functional: str = ANSWER_LOSS,
) -> Ledger:  # fmt: skip
    """A ledger of one interval in which every item has the same decay, carried part and residual."""
    items = sorted({item for _, item in amounts})
    sums = {i: sum(a for (_, item), a in amounts.items() if item == i) for i in items}
    rows = [
        balance_row(i, before, sums[i], residual=residual, decay=decay, carried=carried,
                    suite=suite, functional=functional)
        for i in items
    ]  # fmt: skip
    contributions = contribution_table(amounts, suite=suite, functional=functional)
    return Ledger(samples, contributions, pa.Table.from_pylist(rows, schema=BALANCES))


def with_removals(
    ledger: Ledger, scores: Amounts, suite: str = "demo", functional: str = ANSWER_LOSS
) -> Ledger:
    """The same ledger with removal scores."""
    rows = [
        {
            "sample": sample,
            "sample_id": sha(f"sample {sample}"),
            "suite": suite,
            "item": item,
            "functional": functional,
            "score": score,
        }
        for (sample, item), score in scores.items()
    ]
    removals = pa.Table.from_pylist(rows, schema=REMOVALS)
    return Ledger(ledger.samples, ledger.contributions, ledger.balances, removals)


def random_ledger(samples: int, items: int, intervals: int, seed: int = 0, suites: int = 1) -> Ledger:
    """A ledger of several intervals and suites that adds up exactly, with labels and sources."""
    random = np.random.default_rng(seed)
    contributions, balances = [], []
    for s in range(suites):
        value = {f"i{n}": 4.0 for n in range(items)}
        for at in range(intervals):
            steps = {"start": at * 5, "stop": at * 5 + 5, "suite": f"suite{s}"}
            amounts = {
                (i, item): float(random.integers(-64, 128)) / UNIT
                for i in range(samples)
                if random.random() < 0.8
                for item in value
            }
            contributions.append(contribution_table(amounts, **steps))
            for item, before in value.items():
                whole = sum(a for (_, name), a in amounts.items() if name == item)
                rest = [float(x) / UNIT for x in random.integers(-4, 4, 3)]
                row = balance_row(
                    item, before, whole, decay=rest[0], carried=rest[1], residual=rest[2], **steps
                )
                value[item] = row["after"]
                balances.append(row)
    labels = [f"label{i % 3}" if i % 5 else None for i in range(samples)]
    sources = [f"source{i % 2}" for i in range(samples)]
    return Ledger(
        sample_table(samples, label=labels, source=sources),
        pa.concat_tables(contributions),
        pa.Table.from_pylist(balances, schema=BALANCES),
    )
