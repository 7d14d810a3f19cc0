"""Evaluations as a person or a program reads them."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, TextIO

from governance.safe_text import json_safe
from ui.cli.exit import visible_line
from ui.cli.output import columns_text, json_text
from ui.cli.session import Session
from ui.cli.words import plural

if TYPE_CHECKING:
    from training.evaluation.request import Evaluated
    from training.evaluation.summary import Line, Score

LISTED = 20
"""Items without a score that are named on stderr."""


def say_notes(session: Session, one: Evaluated) -> None:
    """Notes and what has no score, on stderr."""
    for note in one.evaluation.notes:
        session.note(visible_line(f"note: {one.evaluation.suite.name}: {note}"))
    open_items = [r for r in one.results if r.state in {"failed", "missing"}]
    for result in open_items[:LISTED]:
        session.note(visible_line(f"{result.state}: {result.item}: {result.reason}"))
    if len(open_items) > LISTED:
        session.note(f"{len(open_items) - LISTED} further items have no score")
    if one.summary.finished is not None and one.summary.finished < 1:
        session.note(
            f"{100 * (1 - one.summary.finished):.0f} % of the answers were cut; see --max-new-tokens"
        )


def as_table(found: list[Evaluated]) -> str:
    """A line for each suite, each of its subjects below it."""
    scorers = list(dict.fromkeys(scorer for one in found for scorer in one.summary.whole.scores))
    rows: list[tuple[str, ...]] = []
    for one in found:
        rows += [_row(one.evaluation.suite.name, one.summary.whole, scorers)]
        rows += [_row(f"  {line.name}", line, scorers) for line in one.summary.subjects]
        if one.summary.headline:
            shown = [_score(one.summary.headline.get(s)) for s in scorers]
            rows.append(("  unweighted mean", f"{len(one.summary.subjects)}", *shown))
    ends = [_end(one) for one in found]
    return columns_text([("suite", "items", *scorers), *rows]) + "\n\n" + "\n".join(ends) + "\n"


def _row(name: str, line: Line, scorers: list[str]) -> tuple[str, ...]:
    return (name, f"{line.items:,}", *(_score(line.scores.get(s)) for s in scorers))


def _score(score: Score | None) -> str:
    if score is None:
        return "-"
    return f"{100 * score.mean:.1f} % ({100 * score.low:.1f} to {100 * score.high:.1f})"


def _end(one: Evaluated) -> str:
    counts = ", ".join(f"{n:,} {state}" for state, n in one.evaluation.counts.items() if n)
    words = f"{one.evaluation.suite.name}: {plural(one.evaluation.suite.asked, 'item')}, {counts}"
    return visible_line(f"{words}; kept as {one.evaluation.id}, {one.evaluation.state}")


def as_json(found: list[Evaluated]) -> str:
    """Records, figures, and the items without a score; the items themselves are in the lake."""
    values = [
        {
            **json.loads(one.evaluation.to_json()),
            "summary": asdict(one.summary),
            "without_score": [
                {"item": r.item, "state": r.state.value, "reason": r.reason}
                for r in one.results
                if r.state.value != "scored"
            ],
        }
        for one in found
    ]
    return json_text(values) + "\n"


def write_items(found: list[Evaluated], out: TextIO) -> None:
    """Every item's result, a line each."""
    for one in found:
        owner = {"evaluation": one.evaluation.id, "suite": one.evaluation.suite.name}
        for result in one.results:
            out.write(json_safe(json.dumps({**owner, **asdict(result)}, ensure_ascii=False)) + "\n")
