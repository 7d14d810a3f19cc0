"""Small makers for the tests of the duplicate rules: run rules on batches, read findings as plain values."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from governance.rules.base import Rule, RuleResult, Setup
from governance.rules.registry import option_values
from governance.samples import SampleBatch
from governance.spill import Spill
from governance.text.signatures import EDGES, prefixes


class MemoryCache:
    """A signature cache in memory; `stage` takes effect at once."""

    def __init__(self) -> None:
        self.tables: list[pa.Table] = []
        self.kept = EDGES.empty_table()

    def known(self) -> np.ndarray:
        parts = [prefixes(c) for t in self.tables for c in t.column("sample_id").chunks]
        return np.sort(np.concatenate([np.empty(0, np.uint64), *parts]))

    def signatures(self):
        yield from list(self.tables)

    def edges(self) -> pa.Table:
        return self.kept

    def stage(self, signatures, edges: pa.Table) -> None:
        self.tables += list(signatures)
        self.kept = pa.concat_tables([self.kept, edges])


def run(
    rule: Rule,
    *batches: SampleBatch,
    options: Mapping[str, Any] | None = None,
    cache: MemoryCache | None = None,
    spill: int = 1 << 30,
    **setup: Any,
) -> RuleResult:
    """The result of one rule on some batches."""
    with tempfile.TemporaryDirectory() as folder:
        values = option_values(rule.info, options or {})
        setting = Setup({rule.info.id: values}, Path(folder), signatures=cache, **setup)
        partials = {}
        for mapper in rule.mappers:
            partials[mapper.name] = Spill(Path(folder) / f"{mapper.name}.arrow", spill)
            for batch in batches:
                table = mapper.map(batch, setting)
                if table is not None:
                    partials[mapper.name].add(table)
            partials[mapper.name].finish()
        return rule.reduce(partials, setting)


def groups(result: RuleResult, kind: str | None = None) -> list[tuple[int, list[int]]]:
    """(representative row, affected rows) of each finding, sorted; optionally of one kind."""
    kinds = dict(
        zip(result.findings["fingerprint"].to_pylist(), result.findings["kind"].to_pylist(), strict=True)
    )
    found: dict[str, tuple[list[int], list[int]]] = {name: ([], []) for name in kinds}
    for line in result.evidence.to_pylist():
        found[line["fingerprint"]][line["role"] == "affected"].append(line["row"])
    chosen = (pair for name, pair in found.items() if kind in (None, kinds[name]))
    return sorted((min(leads, default=-1), sorted(others)) for leads, others in chosen)


def fingerprints(result: RuleResult) -> list[str]:
    """The sorted fingerprints of the findings."""
    return sorted(result.findings["fingerprint"].to_pylist())


def shuffled(batch: SampleBatch, order: Sequence[int]) -> SampleBatch:
    """The rows of a batch in another order, numbered anew."""
    table = batch.table.take(list(order))
    return SampleBatch(table.set_column(0, table.schema.field("row"), batch.table.column("row")))
