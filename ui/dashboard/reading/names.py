"""What things are called on pages: a rule by its name, a score with its threshold, a row by its place."""

from __future__ import annotations

from functools import cache

from governance.errors import UsageError
from governance.lake.browsing.findings import Found
from governance.reports import words


@cache
def rule_name(rule: str) -> str:
    """The rule's name; its id for a rule this version does not have."""
    from governance.rules.registry import find

    try:
        return find(rule).info.name
    except UsageError:
        return rule


def score_words(found: Found) -> str:
    """'0.910 against 0.800', or the score alone."""
    if found.score is None:
        return ""
    against = f" against {words.score(found.threshold)}" if found.threshold is not None else ""
    return words.score(found.score) + against
