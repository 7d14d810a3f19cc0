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
    from training.scoring.statistics import Interval


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
    """Compare evaluations with the published figures of other models.

    The published figures are single runs without error bars. Those of the lake are the latest complete evaluation of
    each model and benchmark, with a 95 % interval; `*` marks one that asked only some of the items.
    """
    from training.scoring.leaderboard import leaderboard

    board = leaderboard()
    own: dict[str, dict[str, tuple[Evaluation, Interval]]] = {}
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

        put("\n".join(f"| {' | '.join(map(escape, row))} |" for row in [heads, ["---"] * len(heads), *rows]))
        put("\n" + "\n".join(f"- {escape(note)}" for note in (f"source: {board.source}", *board.notes)))
    else:
        put_columns([heads, *rows])
        put("\n" + "\n".join((f"source: {board.source}", *board.notes)))
    return 0


def _own(lake: Lake, scorer: str) -> dict[str, dict[str, tuple[Evaluation, Interval]]]:
    """The headline of the latest complete evaluation by model and benchmark."""
    from governance.lake.evaluations import list_evaluations, load_result_table
    from training.scoring.leaderboard import headline, leaderboard
    from training.scoring.registry import benchmark_of

    found: dict[str, dict[str, tuple[Evaluation, Interval]]] = {}
    for evaluation in list_evaluations(lake):
        benchmark = benchmark_of(evaluation.suite.benchmark or evaluation.suite.name)
        mine = found.setdefault(evaluation.model.name, {})
        wanted = benchmark in leaderboard().benchmarks and benchmark not in mine
        if wanted and evaluation.state.value == "complete":
            mine[benchmark] = evaluation, headline(benchmark, load_result_table(lake, evaluation.id), scorer)
    return {name: mine for name, mine in found.items() if mine}


def _number(score: float | None) -> str:
    return "" if score is None else f"{score:.2f}"


def _cell(found: tuple[Evaluation, Interval] | None) -> str:
    if found is None:
        return ""
    evaluation, interval = found
    part = "*" if evaluation.suite.asked < evaluation.suite.items else ""
    return f"{100 * interval.value:.2f}{part} ±{100 * interval.half_width:.1f}"


def _json(own: dict[str, dict[str, tuple[Evaluation, Interval]]], scorer: str) -> dict[str, Any]:
    from dataclasses import asdict

    from training.scoring.leaderboard import leaderboard

    board = leaderboard()
    mine = [
        {
            "name": name,
            "benchmark": benchmark,
            "evaluation": evaluation.id,
            "asked": evaluation.suite.asked,
            "items": evaluation.suite.items,
            **asdict(interval),
        }
        for name, found in own.items()
        for benchmark, (evaluation, interval) in found.items()
    ]
    published = [{"name": m.name, "scores": dict(m.scores)} for m in board.models]
    return {
        "source": board.source,
        "notes": list(board.notes),
        "published": published,
        "scorer": scorer,
        "own": mine,
    }
