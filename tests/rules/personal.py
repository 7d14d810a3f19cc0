"""Runs a rule about personal data on plain texts, and reads what it found as plain values."""

from __future__ import annotations

from typing import Any

from governance.rules.base import Rule, RuleResult
from tests.builders import batch
from tests.rules.duplicates import run


def found(rule: Rule, *texts: str, **options: Any) -> list[tuple[str, str]]:
    """(kind, words) of every place reported, in order of rows and places."""
    result = result_of(rule, *texts, **options)
    kinds = dict(zip(*(result.findings[c].to_pylist() for c in ("fingerprint", "kind")), strict=True))
    lines = sorted(result.evidence.to_pylist(), key=lambda e: (e["row"], e["start"]))
    return [(kinds[e["fingerprint"]], texts[e["row"]][e["start"] : e["end"]]) for e in lines]


def result_of(rule: Rule, *texts: str, **options: Any) -> RuleResult:
    """The result of a rule on rows of one text each."""
    return run(rule, batch(*texts), options=options)
