"""# train-holdout-overlap

## What it does
Finds rows of training that also stand in a part held out from it (validation, test). Which row is which is said by a
column such as `split`, or by the name of its file or folder (`train.jsonl`, `data/test/`).

- `exact`: the same conversation;
- `near`: a near-duplicate by DUP003's measure and threshold;
- `question`: the same question, in any case and spacing, with another answer.

The rows of training are affected; the held-out row is their peer.

## Why it matters
A held-out score over rows that were trained on measures memory, and the best checkpoint is then chosen by it.

## Example
A split drawn at random from data with duplicates: every copy has its own chance to land on the other side.

## Options
None of its own; `DUP003.threshold` says what is near.

## Known limits
- Rows of which no split is known are not looked at; `stats` counts those that were.
- Evaluation suites are not part of the data: contamination of them is for CON001 to CON005.

## References
- Lee et al. 2022, Deduplicating Training Data Makes Language Models Better (train-test overlap)
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from governance.findings import Severity
from governance.rules.base import Partials, Rule, RuleInfo, RuleResult, Setup
from governance.rules.duplication import SIGNATURES, decision
from governance.rules.split_rows import SPLITS, with_sides

if TYPE_CHECKING:
    import polars as pl

MESSAGES = {
    "exact": "{rows} rows of training stand in the holdout to the letter",
    "near": "{rows} rows of training are near-duplicates of held-out rows",
    "question": "{rows} rows of training ask what a held-out row asks",
}


def reduce(partials: Mapping[str, Partials], setup: Setup) -> RuleResult:
    """One finding for each content, cluster or question on both sides."""
    import polars as pl

    from governance.detectors.splits.leaks import Wording, across, found, result

    rows = with_sides(partials)
    stats = {
        "training_rows": rows.filter(~pl.col("held")).height,
        "held_out_rows": rows.filter("held").height,
    }
    if not all(stats.values()):
        return result([], stats)
    rows = rows.join(_clusters(partials, setup), on="row", how="left", maintain_order="left")
    parts = []
    for kind, key in (("exact", "sample_id"), ("near", "cluster"), ("question", "prompt")):
        groups = across(rows, key)
        wording = Wording(INFO.id, setup.severity(INFO), kind, MESSAGES[kind])
        parts.append(found(groups, wording))
        told = groups.get_column("train").explode()
        rows = rows.filter(~pl.col("row").is_in(told.implode()))
    return result(parts, stats)


def _clusters(partials: Mapping[str, Partials], setup: Setup) -> pl.DataFrame:
    """Columns row, cluster: the sample that stays for each row."""
    import polars as pl

    if not partials[SIGNATURES.name].rows:
        return pl.DataFrame(schema={"row": pl.Int64, "cluster": pl.Int64})
    decided = decision(partials, setup)
    return pl.DataFrame({"row": decided.unique.rows, "cluster": decided.resolved.keeper[decided.unique.of]})


INFO = RuleInfo(
    "SPL001", "train-holdout-overlap", Severity.ERROR, "a row of training stands in the part held out from it"
)
RULE = Rule(INFO, (SIGNATURES, SPLITS), reduce)
