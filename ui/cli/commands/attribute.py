"""`govern attribute`: a training run done once more with the tracer on."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

import click

from ui.cli.exit import end_on_ctrl_c, visible_line
from ui.cli.lazy import Command, Example, option
from ui.cli.options import format_option
from ui.cli.output import put, put_json
from ui.cli.progress import Progress, moving_line
from ui.cli.session import Session, pass_session
from ui.cli.sketching import sketch_settings, sketched
from ui.cli.words import plural

if TYPE_CHECKING:
    from attribution.tracing.rerun import Traced, TraceRequest
    from governance.lake import Lake


@click.command(
    cls=Command,
    arguments={"[RUN]": "a training run: its id, the beginning of one, or latest (default latest)"},
    examples=(
        Example(
            "which samples moved eight items in the last run", "govern attribute --suite finance --items 8"
        ),
        Example(
            "a ranking, for a model whose gradients are too large to hold",
            "govern attribute --suite finance --mode sketch --disk-limit 20GB",
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
@option("--ceiling", type=click.FloatRange(0, min_open=True), default=0.15, metavar="X", section="Tracing",
        help="share of the training time that these may take (default 0.15)")  # fmt: skip
@option("--leave-out", multiple=True, metavar="PATTERN", section="Tracing",
        help="parameters that are not traced; what they move is not accounted for")  # fmt: skip
@option("--validate", type=click.IntRange(3), metavar="N", section="Tracing",
        help="train again on N random halves of the samples, and keep how well the ranks predict it")  # fmt: skip
@option("--mode", type=click.Choice(["exact", "sketch"]), default="exact", metavar="exact|sketch", section="Sketches",
        help="amounts that add up, or a ranking from sketches of gradients (default exact)")  # fmt: skip
@option("--sketch-width", type=click.IntRange(1, 256), metavar="K", section="Sketches",
        help="K x K numbers for each linear layer (default 16)")  # fmt: skip
@option("--disk-limit", metavar="SIZE", section="Sketches",
        help="refuse sketches that could take more, such as 20GB (default: what is free)")  # fmt: skip
@option("--allow-pickle", is_flag=True, help="read weights that are pickles")
@format_option("text", "json", default="text")
@pass_session
def command(session: Session, /, run: str, format: str, **given: Any) -> int:  # noqa: A002
    """Trace which samples moved which evaluation items in a training run.

    The run is done once more, with the same split, base model, settings and seed, while every sample's share of every
    step is put to the account of each item. The result is kept; `govern why` and `govern drivers` read it.

    With --mode sketch each sample's gradient is kept as a few thousand numbers on disk. What comes of it is a ranking,
    not amounts; and `govern why` can then ask about items that were not traced.
    """
    from attribution.tracing.rerun import trace

    end_on_ctrl_c()
    settings = sketch_settings(given)
    with session.open_lake() as lake, moving_line(session) as progress:
        request = _request(session, lake, run, given)
        if settings is not None:
            return sketched(session, lake, request, settings, format, progress)
        traced = trace(lake, request, session.note, progress)
        if given["validate"]:
            traced = _validated(lake, request, traced, given, progress)
    for note in traced.notes:
        session.note(visible_line(f"note: {note}"))
    put_json(_values(traced)) if format == "json" else put(_words(traced))
    return 0


def _request(session: Session, lake: Lake, run: str, given: dict[str, Any]) -> TraceRequest:
    from attribution.ledger.refresh import Refresh
    from attribution.tracing.rerun import TraceRequest, competitors_of
    from attribution.tracing.tracer import TraceSettings
    from training.evaluation.plan import Choice
    from training.evaluation.request import find_suite

    every = given["every"]
    refresh = Refresh(ceiling=given["ceiling"]) if every is None else Refresh(every=every, adaptive=False)
    competitors, ids = competitors_of(lake, given["evaluations"])
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


def _validated(
    lake: Lake, request: TraceRequest, traced: Traced, given: dict[str, Any], progress: Progress
) -> Traced:
    """The attribution with its rank correlations, which the lake has now."""
    from attribution.testing.retraining import validate
    from attribution.tracing.rerun import retrainer_of
    from governance.lake.contributions import find_attribution, load_ledger, record_check

    ledger = load_ledger(lake, traced.stored.id)
    retrain, names = retrainer_of(lake, request)
    for check in validate(ledger, names, retrain, given["validate"], given["seed"], progress):
        record_check(lake, traced.stored.id, check)
    return replace(traced, stored=find_attribution(lake, traced.stored.id))


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
        "checks": [asdict(check) for check in stored.checks],
        "notes": list(traced.notes),
    }


def _words(traced: Traced) -> str:
    from attribution.reports.words import check

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
        *(f"tested: {check(one)}" for one in stored.checks),
        "see `govern drivers --by label` and `govern why SUITE ITEM`",
    ]
    return "\n".join(visible_line(line) for line in lines)
