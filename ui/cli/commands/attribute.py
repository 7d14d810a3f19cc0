"""`govern attribute`: a training run done once more with the tracer on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from ui.cli.exit import end_on_ctrl_c, visible_line
from ui.cli.lazy import Command, Example, option
from ui.cli.options import format_option
from ui.cli.output import put, put_json
from ui.cli.progress import moving_line
from ui.cli.session import Session, pass_session
from ui.cli.words import plural

if TYPE_CHECKING:
    from attribution.tracing import Traced, TraceRequest
    from governance.lake import Lake


@click.command(
    cls=Command,
    arguments={"[RUN]": "a training run: its id, the beginning of one, or latest (default latest)"},
    examples=(
        Example(
            "which samples moved eight items in the last run", "govern attribute --suite finance --items 8"
        ),
        Example(
            "at every step, and then look", "govern attribute --suite finance --every 1 && govern drivers"
        ),
    ),
)
@click.argument("run", required=False, default="latest", metavar="[RUN]")
@option("--suite", "suites", multiple=True, required=True, metavar="SUITE",
        help="whose items are explained: a registered name, a path or NAME=PATH; may be repeated")  # fmt: skip
@option(
    "--items", type=click.IntRange(1), default=64, metavar="N", help="at most N items a suite (default 64)"
)
@option("--only", default="", metavar="PATTERN", help="items whose names match, such as test/*")
@option("--seed", type=int, default=0, metavar="N", help="which items are drawn (default 0)")
@option("--evaluation", "evaluations", multiple=True, metavar="ID",
        help="an evaluation whose wrong answers the margins are held against; may be repeated")  # fmt: skip
@option("--every", type=click.IntRange(1), metavar="N", section="Tracing",
        help="compute items' gradients every N steps (default: as often as it takes)")  # fmt: skip
@option("--ceiling", type=click.FloatRange(0, min_open=True), default=0.25, metavar="X", section="Tracing",
        help="share of the training time that these may take (default 0.25)")  # fmt: skip
@option("--leave-out", multiple=True, metavar="PATTERN", section="Tracing",
        help="parameters that are not traced; what they move is not accounted for")  # fmt: skip
@option("--allow-pickle", is_flag=True, help="read weights that are pickles")
@format_option("text", "json", default="text")
@pass_session
def command(session: Session, /, run: str, format: str, **given: Any) -> int:  # noqa: A002
    """Trace which samples moved which evaluation items in a training run.

    The run is done once more, with the same split, base model, settings and seed, while every sample's share of every
    step is put to the account of each item. The result is kept; `govern why` and `govern drivers` read it.
    """
    from attribution.tracing import trace

    end_on_ctrl_c()
    with session.open_lake() as lake, moving_line(session) as progress:
        traced = trace(lake, _request(session, lake, run, given), session.note, progress)
    for note in traced.notes:
        session.note(visible_line(f"note: {note}"))
    put_json(_values(traced)) if format == "json" else put(_words(traced))
    return 0


def _request(session: Session, lake: Lake, run: str, given: dict[str, Any]) -> TraceRequest:
    from attribution.refresh import Refresh
    from attribution.tracer import TraceSettings
    from attribution.tracing import TraceRequest
    from training.evaluation.plan import Choice
    from training.evaluation.request import find_suite

    every = given["every"]
    refresh = Refresh(ceiling=given["ceiling"]) if every is None else Refresh(every=every, adaptive=False)
    competitors, ids = _competitors(lake, given["evaluations"])
    return TraceRequest(
        run=run,
        suites=tuple(find_suite(lake, spec) for spec in dict.fromkeys(given["suites"])),
        choice=Choice(limit=given["items"], items=given["only"], seed=given["seed"]),
        competitors=competitors,
        evaluations=ids,
        settings=TraceSettings(refresh=refresh, leave_out=given["leave_out"]),
        offline=session.offline,
        allow_pickle=given["allow_pickle"],
    )


def _competitors(lake: Lake, names: tuple[str, ...]) -> tuple[dict[tuple[str, str], str], tuple[str, ...]]:
    """What each item is held against, and the ids of the evaluations that say so."""
    from governance.lake.evaluations import find_evaluation, load_results

    found = [find_evaluation(lake, name) for name in dict.fromkeys(names)]
    competitors = {
        (one.suite.name, result.item): result.competitor
        for one in found
        for result in load_results(lake, one.id)
        if result.competitor
    }
    return competitors, tuple(one.id for one in found)


def _values(traced: Traced) -> dict[str, Any]:
    stored = traced.stored
    return {
        "attribution": stored.id,
        "run": stored.record.run,
        "coverage": traced.coverage.explained,
        "r_squared": traced.coverage.r_squared,
        "contributions": stored.contributions,
        "samples": stored.samples,
        "loss_difference": traced.difference,
        "settings": dict(stored.record.settings),
        "costs": dict(stored.record.costs),
        "notes": list(traced.notes),
    }


def _words(traced: Traced) -> str:
    stored = traced.stored
    same = {
        None: "it took another number of steps than the run on record",
        0.0: "every loss is that on record",
    }
    repeated = same.get(
        traced.difference, f"losses differ from those on record by up to {traced.difference or 0:.2g}"
    )
    lines = [
        f"attribution {stored.id} of run {stored.record.run}: {plural(stored.samples, 'sample')}, "
        f"{plural(stored.contributions, 'contribution')}",
        str(traced.coverage),
        repeated,
        "see `govern drivers --by label` and `govern why SUITE ITEM`",
    ]
    return "\n".join(visible_line(line) for line in lines)
