"""# unlabelled-synthetic

## What it does
Finds rows that a machine seems to have written and that do not say so.

- `self-named`: an answer, or a plain text, names its writer as a language model ("as an AI language model",
  作为一个人工智能语言模型), and the row has neither a generator nor a mark as synthetic;
- `contradicted`: the row names a generator and says in another column that no machine wrote it.

## Why it matters
Synthetic text that passes for human text hides whose errors and whose terms of use the model inherits, and training on
unmarked outputs of models narrows what is learned.

## Example
"As an AI language model, I cannot give financial advice" in a set described as written by advisers.

## Options
None. Columns such as `generator`, `model` and `synthetic` are recognised.

## Known limits
- Most synthetic text does not name its writer; this rule finds the careless part of it.
- A person who quotes a model is reported too.

## References
- Shumailov et al. 2024, AI models collapse when trained on recursively generated data, Nature 631
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import polars as pl
import pyarrow as pa

from governance.findings import Severity
from governance.rules.base import Mapper, Partials, Rule, RuleInfo, RuleResult, Setup
from governance.rules.marks import marked, marked_rows, owners, reported
from governance.samples import SampleBatch


def _map(batch: SampleBatch, _: Setup) -> pa.Table | None:
    """MARKS of the rows that a machine seems to have written."""
    from governance.detectors.provenance.synthetic import says, self_named

    if not len(batch):
        return None
    yes, no = says(pl.Series(pl.from_arrow(batch.table.column("synthetic")), dtype=pl.String))
    generated = batch.table.column("generator").is_valid().to_numpy()
    row = owners(batch.turns.starts)
    silent = [m for m in self_named(batch) if not (yes[row[m.turn]] or generated[row[m.turn]])]
    tables = [marked(batch, silent), marked_rows(batch, np.flatnonzero(generated & no), "contradicted")]
    found = [table for table in tables if table is not None]
    return pa.concat_tables(found) if found else None


def reduce(partials: Mapping[str, Partials], setup: Setup) -> RuleResult:
    """One finding for each content."""
    return reported(INFO.id, setup.severity(INFO), partials[WRITERS.name], MESSAGES)


MESSAGES = {
    "self-named": "the text names its writer as a language model, and the row does not say that it is synthetic",
    "contradicted": "the row names a generator and says that no machine wrote it",
}
WRITERS = Mapper("writers", _map)
INFO = RuleInfo(
    "PRV004",
    "unlabelled-synthetic",
    Severity.WARNING,
    "a machine seems to have written a row that does not say so",
)
RULE = Rule(INFO, (WRITERS,), reduce)
