"""`govern attribute`: a training run done once more with the tracer on."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from ui.cli.exit import end_on_ctrl_c, visible_line
from ui.cli.lazy import Command, Example, option
from ui.cli.options import format_option
from ui.cli.output import put, put_json
from ui.cli.progress import Progress, moving_line
from ui.cli.session import Session, pass_session
from ui.cli.sketching import sketch_settings, sketched
from ui.cli.tracing import asked, traced_values, traced_words, tracing_options, wanted

if TYPE_CHECKING:
    from attribution.tracing.keeping import Traced
    from attribution.tracing.rerun import TraceRequest
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
@tracing_options("Options", "Tracing")
@option("--seed", type=int, default=0, metavar="N", help="which items are drawn (default 0)")
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
    if format == "json":
        put_json(traced_values(traced))
    else:
        put(traced_words(traced, _repeated(traced.difference)))
    return 0


def _request(session: Session, lake: Lake, run: str, given: dict[str, Any]) -> TraceRequest:
    from attribution.tracing.rerun import TraceRequest

    found = wanted(lake, asked(lake, given, given["seed"]))
    pickles = given["allow_pickle"]
    return TraceRequest(**vars(found), run=run, offline=session.offline, allow_pickle=pickles)


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


def _repeated(difference: float | None) -> str:
    """How well the run was repeated."""
    if difference is None:
        return "it took another number of steps than the run on record"
    return (
        f"losses differ from those on record by up to {difference:.2g}"
        if difference
        else "every loss is that on record"
    )
