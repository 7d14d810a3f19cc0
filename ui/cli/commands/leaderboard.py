"""`govern leaderboard`: published figures, and the lake's own beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from ui.cli.lazy import Command, Example, option
from ui.cli.options import format_option
from ui.cli.output import put, put_columns, put_json
from ui.cli.session import Session, pass_session

if TYPE_CHECKING:
    from governance.evaluations import Evaluation
    from governance.lake import Lake
    from training.evaluation.summary import Score


@click.command(
    cls=Command,
    examples=(
        Example("the published table, and what the lake has beside it", "govern leaderboard"),
        Example("the published table alone, for a report", "govern leaderboard --published -f markdown"),
    ),
)
@option("--published", is_flag=True, help="only the published figures, without the lake's")
@option(
    "--scorer",
    type=click.Choice(["official", "strict"]),
    metavar="official|strict",
    default="official",
    help="the score of the lake's evaluations (default official, as the published ones are)",
)
@format_option("text", "json", "markdown", default="text")
@pass_session
def command(session: Session, /, published: bool, scorer: str, format: str) -> int:  # noqa: A002
    """Compare evaluations with published figures of other models.

    The published figures are single runs without error bars. Those of the lake are the latest complete evaluation of
    each model and benchmark, with a 95 % interval; `*` marks one that asked only some of the items.
    """
    from training.scoring.leaderboard import leaderboard

    board = leaderboard()
    own: dict[str, dict[str, tuple[Evaluation, Score]]] = {}
    if not published:
        with session.open_lake_to_look() as lake:
            own = _own(lake, scorer)
    if format == "json":
        put_json(_json(own, scorer))
        return 0
    heads = ["model", *board.benchmarks.values()]
    rows = [[m.name, *(_number(m.scores.get(b)) for b in board.benchmarks)] for m in board.models]
    rows += [[name, *(_cell(found.get(b)) for b in board.benchmarks)] for name, found in own.items()]
    if format == "markdown":
        from governance.reports.as_markdown import escape

        cells = [[escape(row[0]), *row[1:]] for row in rows]
        ruled = [heads, ["---", *["--:"] * len(board.benchmarks)], *cells]
        put("\n".join(f"| {' | '.join(row)} |" for row in ruled))
        put("\n" + "\n".join(f"- {escape(note)}" for note in (f"source: {board.source}", *board.notes)))
    else:
        put_columns([heads, *rows])
        put("\n" + "\n".join((f"source: {board.source}", *board.notes)))
    return 0


def _own(lake: Lake, scorer: str) -> dict[str, dict[str, tuple[Evaluation, Score]]]:
    """The figure of the latest complete evaluation by model and benchmark."""
    from governance.lake.evaluations import list_evaluations, load_results
    from training.evaluation.summary import summarise
    from training.scoring.leaderboard import leaderboard

    found: dict[str, dict[str, tuple[Evaluation, Score]]] = {}
    for evaluation in list_evaluations(lake):
        benchmark, name = evaluation.suite.benchmark, evaluation.model.name
        known = benchmark in found.get(name, {})
        if benchmark in leaderboard().benchmarks and evaluation.state.value == "complete" and not known:
            summary = summarise(benchmark, load_results(lake, evaluation.id))
            scores = summary.headline or summary.whole.scores
            score = scores.get(scorer) or scores.get("choice")
            if score is not None:
                found.setdefault(name, {})[benchmark] = evaluation, score
    return found


def _number(score: float | None) -> str:
    return "" if score is None else f"{score:.2f}"


def _cell(found: tuple[Evaluation, Score] | None) -> str:
    if found is None:
        return ""
    evaluation, score = found
    part = "*" if evaluation.suite.asked < evaluation.suite.items else ""
    return f"{100 * score.mean:.2f}{part} [{100 * score.low:.1f}, {100 * score.high:.1f}]"


def _json(own: dict[str, dict[str, tuple[Evaluation, Score]]], scorer: str) -> dict[str, Any]:
    from dataclasses import asdict

    from training.scoring.leaderboard import leaderboard

    board = leaderboard()
    mine = [
        {
            "name": name,
            "benchmark": benchmark,
            "evaluation": evaluation.id,
            "asked": evaluation.suite.asked,
            "of": evaluation.suite.items,
            **asdict(score),
        }
        for name, found in own.items()
        for benchmark, (evaluation, score) in found.items()
    ]
    published = [{"name": m.name, "scores": dict(m.scores)} for m in board.models]
    return {
        "source": board.source,
        "notes": list(board.notes),
        "published": published,
        "scorer": scorer,
        "own": mine,
    }
