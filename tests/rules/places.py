"""What a rule about single rows says of some rows, as plain values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from governance.rules.base import Rule
from tests.builders import Turn, batch
from tests.rules.duplicates import run

Row = str | Sequence[Turn]


def kinds(rule: Rule, row: Row, **options: Any) -> list[str]:
    """Sorted kinds of the findings about one row."""
    return sorted(run(rule, batch(row), options=options).findings["kind"].to_pylist())


def spans(rule: Rule, row: Row, **options: Any) -> list[str]:
    """The marked pieces of text of one row, in order."""
    turns = [("text", row)] if isinstance(row, str) else list(row)
    evidence = run(rule, batch(row), options=options).evidence.to_pylist()
    places = sorted((e["turn"], e["start"], e["end"]) for e in evidence)
    return [turns[turn][1][start:end] for turn, start, end in places]


def quiet(rule: Rule, rows: Sequence[Row], **options: Any) -> list[Row]:
    """The rows of several for which the rule says something; expected to be none."""
    evidence = run(rule, batch(*rows), options=options).evidence
    return [rows[i] for i in sorted(set(evidence["row"].to_pylist()))]
