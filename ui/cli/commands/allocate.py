"""`govern allocate`: how many rows of each label the next split shall hold."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ui.cli.exit import visible_line
from ui.cli.lazy import Command, Example, option
from ui.cli.options import dry_run_option, format_option, together
from ui.cli.output import deliver, put, put_json, put_table
from ui.cli.session import Session, pass_session

if TYPE_CHECKING:
    from attribution.loop.measures import Measured, Scored
    from governance.allocation_file import Allocation
    from governance.lake import Lake

SHARE, AMOUNT, COUNT = click.FloatRange(0, 1), click.FloatRange(min=0), click.IntRange(min=0)


def constant(name: str, kind: click.ParamType[Any], words: str) -> Any:
    """An option for one constant of the loop; what is not given stays as the loop had it."""
    metavar = "N" if isinstance(kind, click.IntRange) else "X"
    return option(f"--{name}", type=kind, metavar=metavar, section="The loop", help=words)


constants = together(
    constant("budget", click.IntRange(1, 1 << 40), "rows that the first iteration adds (needed once)"),
    constant("shrink", SHARE, "each budget is the one before times this (default 0.8)"),
    constant("margin", SHARE, "a target is the best known pass@1 plus this (default 0.05)"),
    constant("ceiling", SHARE, "no target is above it (default 1)"),
    constant("halving", COUNT, "rows of a label that halve its priority (default 0: the first budget)"),
    constant("eps", click.FloatRange(0, min_open=True), "rows added to the divisor of the efficiency (default 1)"),
    constant("explore", SHARE, "share of the budget for all labels with a gap alike (default 0.1)"),
    constant("certainty", AMOUNT, "standard errors a drop must exceed to be a regression (default 1)"),
    constant("patience", click.IntRange(min=1), "regressions in a row before other data are asked for (default 2)"),
    constant("most", COUNT, "rows in all beyond which saturation ends the loop (default 0: no bound)"),
    constant("saturated", SHARE, "no label gained more: saturation (default 0.005)"),
    constant("marginal", click.FLOAT, "mean gain a row below which the loop ends (default 1e-7)"),
)  # fmt: skip
CONSTANTS = (
    *("budget", "shrink", "margin", "ceiling", "halving", "eps", "explore"),
    *("certainty", "patience", "most", "saturated", "marginal"),
)


@click.command(
    cls=Command,
    arguments={
        "MEASURED...": "evaluations in the lake, or one CSV or JSON file of label, items, passed and if you like "
        "rows, available, target, best"
    },
    examples=(
        Example(
            "the first iteration adds 5,000 rows", "govern allocate measured.csv --budget 5000 -o next.toml"
        ),
        Example(
            "look at a proposal without keeping it", "govern allocate measured.csv --budget 5000 --dry-run"
        ),
    ),
)
@click.argument("measured", nargs=-1, required=True, metavar="MEASURED...")
@option(
    "--score", type=click.Choice(["strict", "official"]), default="strict", metavar="strict|official",
    help="whose score of an item counts, where evaluations are named (default strict)",
)  # fmt: skip
@option(
    "--name",
    default="main",
    metavar="NAME",
    help="the loop: iterations of a name follow each other (default main)",
)
@option(
    "--unit",
    type=click.Choice(["rows", "tokens"]),
    metavar="rows|tokens",
    help="what is counted (default rows)",
)
@constants
@dry_run_option
@option(
    "-o", "--output", metavar="FILE", section="Output",
    help="write the proposal to FILE, .toml or .json, for `govern curate --allocation`",
)  # fmt: skip
@format_option("text", "json", default="text")
@pass_session
def command(
    session: Session, /, measured: tuple[str, ...], score: Scored, name: str, unit: str | None, dry_run: bool,
    output: str | None, format: str, **given: Any,  # noqa: A002
) -> int:  # fmt: skip
    """Propose how many rows of each label the next split shall hold.

    Labels far below their target that gained much from each row get most of the budget; a label that fell gives its
    last rows back. Every iteration is kept in the lake, and the next one goes on from it, with the same constants
    unless they are given anew.
    """
    from attribution.loop.allocation import allocate, settings_of
    from governance.lake.allocations import loop, save_allocation

    _check_output(output)
    chosen = {k: given[k] for k in CONSTANTS if given[k] is not None} | ({"unit": unit} if unit else {})
    with _lake(session, dry_run) as lake:
        history = [stored.allocation for stored in loop(lake, name)]
        settings = settings_of(history, chosen)
        found = _measured(lake, measured, score, count_rows=settings.unit == "rows")
        proposal = allocate(found, history, settings, name)
        if not dry_run:
            save_allocation(lake, proposal, ", ".join(Path(one).name for one in measured))
    if output:
        _write(proposal, output)
        session.note(visible_line(f"wrote {output}: {len(proposal.label):,} labels"))
    put_json(proposal.model_dump(mode="json")) if format == "json" else _show(proposal)
    return 0


def _lake(session: Session, dry_run: bool) -> Any:
    return session.open_lake_to_look() if dry_run else session.open_lake(create=True)


def _measured(lake: Lake, names: tuple[str, ...], score: Scored, *, count_rows: bool) -> tuple[Measured, ...]:
    """What a file says, or the evaluations of these names."""
    from attribution.loop.measures import measured_in, read_measures

    path = Path(names[0])
    if len(names) == 1 and (path.suffix in {".csv", ".json"} or path.is_file()):
        return read_measures(path)
    return measured_in(lake, names, score, count_rows=count_rows)


def _check_output(path: str | None) -> None:
    """A name that says no format is found before anything is kept."""
    from governance.errors import UsageError

    if path is not None and Path(path).suffix not in {".toml", ".json"}:
        raise UsageError(
            "the file's name does not say its format", where="-o", hint="end it with .toml or .json"
        )


def _write(proposal: Allocation, path: str) -> None:
    from governance.allocation_file import allocation_text

    deliver(lambda out: out.write(allocation_text(proposal, Path(path).suffix)), path)


def _show(proposal: Allocation) -> None:
    """The proposal, one label a line, the largest addition first."""
    labels = sorted(proposal.label, key=lambda one: (-one.added, one.label))
    rows = [
        (one.label or "no label", _points(one.pass_at_1), _points(one.target), f"{one.rows:,}",
         f"{one.added:+,}", one.reason)
        for one in labels
    ]  # fmt: skip
    put_table(("label", "pass@1", "target", proposal.unit, "change", "because"), rows, "no label")
    put("")
    put(visible_line(_summary(proposal)))


def _summary(proposal: Allocation) -> str:
    head = f"iteration {proposal.iteration} of loop {proposal.name!r}: "
    if proposal.stop:
        return f"{head}stop here, for {proposal.stop}"
    spent = (proposal.budget or 0) - proposal.unspent
    words = f"{head}{spent:,} of a budget of {proposal.budget:,} {proposal.unit} given"
    return f"{words}; no more are to be had" if proposal.unspent else words


def _points(share: float | None) -> str:
    return "–" if share is None else f"{share:.3f}"
