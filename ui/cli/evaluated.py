"""Evaluations as a person or a program reads them."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, TextIO

from governance.safe_text import json_safe
from ui.cli.exit import visible_line
from ui.cli.output import columns_text, json_text, put, put_columns
from ui.cli.session import Session
from ui.cli.words import plural

if TYPE_CHECKING:
    from governance.evaluations import Evaluation
    from governance.lake import Lake
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
    measured = any(one.summary.whole.gold is not None for one in found)
    heads = ("suite", "items", *scorers, *(("gold, nats",) if measured else ()))
    rows: list[tuple[str, ...]] = []
    for one in found:
        rows += [_row(one.evaluation.suite.name, one.summary.whole, scorers, measured)]
        rows += [_row(f"  {line.name}", line, scorers, measured) for line in one.summary.subjects]
        if one.summary.headline:
            shown = [_score(one.summary.headline.get(s)) for s in scorers]
            gap = ("",) if measured else ()
            rows.append(("  unweighted mean", f"{len(one.summary.subjects)}", *shown, *gap))
    ends = [_end(one) for one in found]
    return columns_text([heads, *rows]) + "\n\n" + "\n".join(ends) + "\n"


def _row(name: str, line: Line, scorers: list[str], measured: bool) -> tuple[str, ...]:
    gold = "-" if line.gold is None else f"{line.gold:.2f}"
    scores = (_score(line.scores.get(s)) for s in scorers)
    return (name, f"{line.items:,}", *scores, *((gold,) if measured else ()))


def _score(score: Score | None) -> str:
    if score is None:
        return "-"
    return f"{100 * score.mean:.1f} % ({100 * score.low:.1f} to {100 * score.high:.1f})"


def _end(one: Evaluated) -> str:
    counts = ", ".join(f"{n:,} {state}" for state, n in one.evaluation.counts.items() if n)
    words = f"{one.evaluation.suite.name}: {plural(one.evaluation.suite.asked, 'item')}, {counts}"
    return visible_line(f"{words}; kept as {one.evaluation.id}, {one.evaluation.state}")


def evaluation_row(found: Evaluation) -> tuple[str, ...]:
    """One line of `govern runs list`."""
    scores = (
        ", ".join(f"{scorer} {100 * score:.1f} %" for scorer, score in found.scores.items()) or "no score"
    )
    of = f"{found.model.name} on {found.suite.name}"
    return (found.id, "evaluation", found.started[:19], found.state.value, scores, found.user, of)


def evaluation_values(found: Evaluation) -> dict[str, Any]:
    """A stored evaluation without its items, as JSON values."""
    return {"kind": "evaluation", "run": found.id, **json.loads(found.to_json())}


def evaluation_words(found: Evaluation) -> str:
    """An evaluation in a sentence."""
    return f"evaluation {found.id} ({plural(found.suite.asked, 'item')} of {found.suite.name}, {found.model.name})"


def show_evaluation(lake: Lake, found: Evaluation, format: str) -> None:  # noqa: A002
    """Print a stored evaluation: what decided it, and its figures."""
    from governance.lake.evaluations import load_results
    from training.evaluation.request import Evaluated
    from training.evaluation.summary import summarise

    results = load_results(lake, found.id)
    one = Evaluated(found, summarise(found.suite.benchmark, results), results)
    if format == "json":
        put(as_json([one]).rstrip())
        return
    model, suite = found.model, found.suite
    step = "" if model.step is None else f", step {model.step:,}"
    settings = sorted(
        (k, v) for k, v in found.settings.items() if v not in (None, "", {}) and k != "versions"
    )
    lines = [
        ("evaluation", f"{found.id}  {found.state.value}"),
        ("started", f"{found.started[:19]} by {found.user}"),
        *((("ended", found.finished[:19]),) if found.finished else ()),
        ("model", f"{model.name}  {model.backend} {model.where}  {model.hash[:16]}"),
        *((("of run", f"{model.run}{step}"),) if model.run else ()),
        ("suite", f"{suite.name}@{suite.version}  {suite.benchmark}, {plural(suite.items, 'item')}"
                  f"{f', {suite.sampled}' if suite.sampled else ''}"),
        *(("setting", f"{key} = {value}") for key, value in settings),
        *(("note", note) for note in found.notes),
    ]  # fmt: skip
    put_columns(lines)
    put("\n" + as_table([one]).rstrip())


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
