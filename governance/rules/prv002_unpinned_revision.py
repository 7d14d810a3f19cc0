"""# unpinned-revision

## What it does
Finds sources that are addresses (`hf://`, `https://`, `s3://`, a repository) and give no fixed state of what is there:
no revision column, a revision such as `main` or `latest`, or a path that holds neither a commit, a version nor a date.

## Why it matters
What stood at the address when the data were made may stand there no more. The run cannot be repeated, and an opt-out
cannot be traced.

## Example
`hf://datasets/acme/finance-qa` with the revision `main`.

## Options
None.

## Known limits
- A plain name (`annual reports`) is no address and is not reported.
- A commit is told by its shape: seven or more hexadecimal digits.

## References
- Longpre et al. 2023, The Data Provenance Initiative, https://arxiv.org/abs/2310.16787
"""

from __future__ import annotations

from collections.abc import Mapping

from governance.findings import Severity
from governance.rules.base import Partials, Rule, RuleInfo, RuleResult, Setup
from governance.rules.groups import Group, counted, reported
from governance.rules.prv001_missing_source import SOURCES


def reduce(partials: Mapping[str, Partials], setup: Setup) -> RuleResult:
    """One finding for each source and revision that moves."""
    groups = counted(partials[SOURCES.name], "source", "revision")
    return reported(INFO.id, setup.severity(INFO), groups, _judge)


def _judge(values: Mapping[str, str | None], rows: int) -> Group | None:
    from governance.detectors.provenance.revisions import unpinned

    source, revision = values["source"], values["revision"]
    if source is None or not unpinned(source, revision):
        return None
    return Group(values, "unpinned", f"{rows:,} rows come from an address that names no fixed revision", rows)


INFO = RuleInfo(
    "PRV002", "unpinned-revision", Severity.NOTE, "a row comes from an address that names no fixed revision"
)
RULE = Rule(INFO, (SOURCES,), reduce)
