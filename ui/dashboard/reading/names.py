"""What things are called on pages: a rule by its name, a score with its threshold, a row by its place."""

from __future__ import annotations

from functools import cache

from governance.errors import UsageError
from governance.lake.browsing.findings import Found
from governance.reports import words
from governance.reports.presentable import without_credentials
from ui.dashboard import safe_text


def measured(found: Found) -> list[tuple[str, str]]:
    """(name, value) of the rule's own numbers, masked; empty lists and texts are left out."""
    return [
        (name.replace("_", " "), words_of(value))
        for name, value in sorted(found.numbers.items())
        if value not in ("", [], {}, None)
    ]


def words_of(value: object) -> str:
    """A JSON value in one line, credentials and personal data masked."""
    safe = without_credentials(value)
    return safe_text.words(safe if isinstance(safe, str) else words.canonical(safe), 200)


def sentence(found: Found) -> str:
    """What the finding says, as a heading: with a capital, masked."""
    said = safe_text.words(found.message, 300)
    return said[:1].upper() + said[1:]


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
