"""What `govern attribute` and `govern train --attribute` share: which items are explained, and what came of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from ui.cli.exit import visible_line
from ui.cli.lazy import option
from ui.cli.options import together
from ui.cli.words import plural

if TYPE_CHECKING:
    from attribution.tracing.keeping import Traced, Wanted
    from governance.lake import Lake
    from training.supervised.sft import SftRequest

F = TypeVar("F", bound=Callable[..., Any])

ITEMS, CEILING = 64, 0.12
ASKED = ("suites", "items", "only", "named", "evaluations", "every", "ceiling", "leave_out")
"""Parameters of the options, each of them nothing where it is not given."""
SPELT = {"suites": "suite", "named": "item", "evaluations": "evaluation"}
"""Options that are called otherwise than their parameter."""


def tracing_options(items: str, tracing: str) -> Callable[[F], F]:
    """What is explained, and how, under these two headings of the help."""
    return together(
        option("--suite", "suites", multiple=True, metavar="SUITE", section=items,
               help="whose items are explained: a registered name, a path or NAME=PATH; may be repeated"),
        option("--items", type=click.IntRange(1), metavar="N", section=items,
               help=f"at most N items a suite (default {ITEMS})"),
        option("--only", metavar="PATTERN", section=items, help="items whose names match, such as test/*"),
        option("--item", "named", multiple=True, metavar="NAME", section=items,
               help="this item, as `govern eval` lists it; may be repeated"),
        option("--evaluation", "evaluations", multiple=True, metavar="ID", section=items,
               help="an evaluation whose wrong answers the margins are held against; may be repeated"),
        option("--every", type=click.IntRange(1), metavar="N", section=tracing,
               help="compute items' gradients every N steps (default: as often as it takes)"),
        option("--ceiling", type=click.FloatRange(0, min_open=True), metavar="X", section=tracing,
               help=f"share of the training time that these may take (default {CEILING})"),
        option("--leave-out", multiple=True, metavar="PATTERN", section=tracing,
               help="parameters that are not traced; what they move is not accounted for"),
    )  # fmt: skip


def asked(lake: Lake, given: Mapping[str, Any], seed: int = 0) -> dict[str, Any]:
    """What the options ask for, as JSON values that mean the same in another folder and tomorrow."""
    from attribution.tracing.keeping import competitors_of

    if not given["suites"]:
        raise click.UsageError("name what is explained: --suite SUITE", click.get_current_context())
    return {
        "suites": [_anchored(spec) for spec in dict.fromkeys(given["suites"])],
        "items": given["items"] or ITEMS,
        "only": given["only"] or "",
        "named": list(dict.fromkeys(given["named"] or ())),
        "seed": seed,
        "evaluations": list(competitors_of(lake, given["evaluations"] or ())[1]),
        "every": given["every"],
        "ceiling": given["ceiling"] or CEILING,
        "leave_out": list(given["leave_out"] or ()),
    }


def wanted(lake: Lake, values: Mapping[str, Any]) -> Wanted:
    """What is traced, opened, from the values that `asked` gave."""
    from attribution.ledger.refresh import Refresh
    from attribution.tracing.keeping import Wanted, competitors_of
    from attribution.tracing.tracer import TraceSettings
    from training.evaluation.plan import Choice
    from training.evaluation.request import find_suite

    every = values["every"]
    refresh = Refresh(ceiling=values["ceiling"]) if every is None else Refresh(every=every, adaptive=False)
    competitors, ids = competitors_of(lake, values["evaluations"])
    return Wanted(
        suites=tuple(find_suite(lake, spec) for spec in values["suites"]),
        choice=Choice(
            limit=values["items"], items=values["only"], seed=values["seed"], named=tuple(values["named"])
        ),
        competitors=competitors,
        evaluations=ids,
        settings=TraceSettings(refresh=refresh, leave_out=tuple(values["leave_out"])),
    )


def refuse_without_attribute(given: Mapping[str, Any]) -> None:
    """A usage error where options say what to trace, and none says to trace."""
    named = next((name for name in ASKED if given[name] not in {None, ()}), None)
    if named is not None:
        option = SPELT.get(named, named.replace("_", "-"))
        raise click.UsageError(f"--{option} goes with --attribute", click.get_current_context())


def planned_items(request: SftRequest, values: Mapping[str, Any]) -> dict[str, Any]:
    """Which items a run would be traced for, without any of it."""
    from attribution.tracing.keeping import probes_for

    if request.lake is None:
        return {}
    found = wanted(request.lake, values)
    probes = {suite.name: probes_for(found, suite, request) for suite in found.suites}
    return {
        "suites": {name: {"items": p.items, "margins": p.margins} for name, p in probes.items()},
        "notes": [note for p in probes.values() for note in p.notes],
    }


def items_words(found: Mapping[str, Any]) -> str:
    """The same in lines."""
    lines = [
        f"traced: {plural(n['items'], 'item')} of {name}, {n['margins']:,} of them by margin too"
        for name, n in found["suites"].items()
    ]
    return "\n".join(visible_line(line) for line in (*lines, *(f"note: {note}" for note in found["notes"])))


def _anchored(spec: str) -> str:
    """A suite's path from the root; the name of one in the lake as it is."""
    from governance.benchmarks.load import split_spec

    name, path = split_spec(spec)
    place = Path(path).expanduser()
    if not place.exists():
        return spec
    return f"{name}={place.absolute()}" if name else str(place.absolute())


def traced_values(traced: Traced) -> dict[str, Any]:
    """An attribution as JSON values."""
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


def traced_words(traced: Traced, how: str) -> str:
    """An attribution in lines.

    Args:
        how: whether the run was repeated, and how well.
    """
    from attribution.reports.words import check

    stored = traced.stored
    lines = [
        f"attribution {stored.id} of run {stored.record.run}: {plural(stored.samples, 'sample')}, "
        f"{plural(stored.contributions, 'contribution')}",
        str(traced.coverage),
        how,
        *(f"tested: {check(one)}" for one in stored.checks),
        "see `govern drivers --by label` and `govern why SUITE ITEM`",
    ]
    return "\n".join(visible_line(line) for line in lines)
