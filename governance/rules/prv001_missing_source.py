"""# missing-source

## What it does
Says how many rows name no source: the data have no source column, or its field is empty.

## Why it matters
A row without a source cannot be withdrawn when its owner asks, cannot be re-fetched when it proves broken, and cannot
be told apart from synthetic text.

## Example
Shards concatenated by a script that kept the text column only.

## Options
None. `--source-column` names the column; `govern ingest --source` states one for rows that do not.

## Known limits
- Any word counts as a source; whether it exists is not checked.

## References
- Gebru et al. 2021, Datasheets for Datasets, https://arxiv.org/abs/1803.09010
"""

from __future__ import annotations

from collections.abc import Mapping

from governance.findings import Severity
from governance.rules.base import Mapper, Partials, Rule, RuleInfo, RuleResult, Setup
from governance.rules.groups import Group, counted, counting, reported


def reduce(partials: Mapping[str, Partials], setup: Setup) -> RuleResult:
    """One finding for all rows without a source."""
    return reported(INFO.id, setup.severity(INFO), counted(partials[SOURCES.name], "source"), _judge)


def _judge(values: Mapping[str, str | None], rows: int) -> Group | None:
    if values["source"] is not None:
        return None
    return Group(values, "empty", f"no source is named for {rows:,} rows", rows)


SOURCES = Mapper("sources", counting("source", "revision"))
INFO = RuleInfo("PRV001", "missing-source", Severity.NOTE, "no source is named for a row")
RULE = Rule(INFO, (SOURCES,), reduce)
