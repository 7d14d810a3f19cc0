"""# missing-licence

## What it does
Finds rows whose licence is not stated: the data have no licence column, the field is empty, or it holds a word that
says nobody knows (`unknown`, `other`, `n/a`, `无`). All such rows are one finding for each such word; `details.fields`
says which rows it speaks of.

## Why it matters
Text without a licence is not free text. Whoever ships a model trained on it cannot answer the first question an
auditor or a rights holder asks.

## Example
Five datasets put together, of which two had no licence column.

## Options
None. `--licence-column` names the column; `govern ingest --licence` states one for rows that do not.

## Known limits
- A licence named only in the text of a row, or in a file beside the data, is not seen.
- The licence of a dataset is not always the licence of what it was made from.

## References
- Longpre et al. 2023, The Data Provenance Initiative, https://arxiv.org/abs/2310.16787
"""

from __future__ import annotations

from collections.abc import Mapping

from governance.findings import Severity
from governance.rules.base import Mapper, Partials, Rule, RuleInfo, RuleResult, Setup
from governance.rules.groups import Group, counted, counting, reported


def reduce(partials: Mapping[str, Partials], setup: Setup) -> RuleResult:
    """One finding for each way of not stating a licence."""
    return reported(INFO.id, setup.severity(INFO), counted(partials[LICENCES.name], "licence"), _judge)


def _judge(values: Mapping[str, str | None], rows: int) -> Group | None:
    from governance.detectors.licences.expressions import read

    text = values["licence"]
    if text is None:
        return Group(values, "empty", f"no licence is stated for {rows:,} rows", rows)
    if not read(text).stated:
        return Group(values, "unknown", f"the licence of {rows:,} rows is given as not known", rows)
    return None


LICENCES = Mapper("licences", counting("licence"))
INFO = RuleInfo("LIC001", "missing-licence", Severity.NOTE, "no licence is stated for a row")
RULE = Rule(INFO, (LICENCES,), reduce)
"""Rows counted by their licence field; LIC002 reads the same counts."""
