"""# opted-out-source

## What it does
Finds rows whose source is on the list of those that must not be used: owners who opted out, contracts that ended. An
entry is a name, an address prefix or a domain; a domain matches its subdomains too.

## Why it matters
An opt-out that is kept in a letter and not in the pipeline is not kept.

## Example
`news.example.com` opted out; `https://news.example.com/2024/...` is in the data.

## Options
- `sources` (empty): a list of names, address prefixes or domains.

## Known limits
- Only the source field is compared. Copies of the text under another source are for DUP001 and DUP003 to find.

## References
- Longpre et al. 2024, Consent in Crisis, https://arxiv.org/abs/2407.14933
"""

from __future__ import annotations

from collections.abc import Mapping

from governance.findings import Severity
from governance.rules.base import Option, Partials, Rule, RuleInfo, RuleResult, Setup
from governance.rules.groups import Group, counted, reported
from governance.rules.prv001_missing_source import SOURCES


def reduce(partials: Mapping[str, Partials], setup: Setup) -> RuleResult:
    """One finding for each source on the list."""
    listed = [entry.lower() for entry in setup.option(INFO.id, "sources")]

    def judge(values: Mapping[str, str | None], rows: int) -> Group | None:
        source = values["source"]
        if source is None or not any(names(entry, source.lower()) for entry in listed):
            return None
        return Group(values, "opted-out", f"{rows:,} rows come from a source that must not be used", rows)

    return reported(INFO.id, setup.severity(INFO), counted(partials[SOURCES.name], "source"), judge)


def names(entry: str, source: str) -> bool:
    """Whether an entry of the list means a source; both in lower case."""
    entry = entry.rstrip("/")
    if source == entry or source.startswith(entry + "/"):
        return True
    host = source.partition("://")[2].partition("/")[0].rpartition("@")[2].partition(":")[0]
    return host == entry or host.endswith("." + entry)


INFO = RuleInfo(
    "PRV005",
    "opted-out-source",
    Severity.ERROR,
    "a row comes from a source that must not be used",
    (Option("sources", (), "names, address prefixes or domains that must not be used"),),
)
RULE = Rule(INFO, (SOURCES,), reduce)
