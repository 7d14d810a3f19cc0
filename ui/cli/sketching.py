"""What `govern attribute` and `govern why` do where an attribution is a sketch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from governance.errors import UsageError
from ui.cli.exit import visible_line
from ui.cli.output import put, put_json
from ui.cli.tracing import CEILING
from ui.cli.words import plural

if TYPE_CHECKING:
    from attribution.sketching.running import Sketched
    from attribution.sketching.sketcher import SketchSettings
    from attribution.tracing.keeping import Progress
    from attribution.tracing.rerun import TraceRequest
    from governance.lake import Lake
    from ui.cli.session import Session


def sketch_settings(given: Mapping[str, Any]) -> SketchSettings | None:
    """The settings that options give; None with --mode exact.

    Raises:
        UsageError: an option belongs to the other mode, or the limit is no size.
    """
    if given["mode"] == "exact":
        for name in ("sketch_width", "disk_limit"):
            if given[name] is not None:
                option = "--" + name.replace("_", "-")
                raise UsageError("exact amounts have no sketches", where=option, hint="add --mode sketch")
        return None
    if given["validate"]:
        hint = "validate an exact attribution of the run"
        raise UsageError("a sketch's ranking is not validated", where="--validate", hint=hint)
    from attribution.sketching.sketcher import SketchSettings

    settings = SketchSettings(leave_out=given["leave_out"], disk_limit=_bytes(given["disk_limit"]))
    if given["sketch_width"]:
        settings = replace(settings, width=given["sketch_width"])
    refresh = replace(settings.refresh, ceiling=given["ceiling"] or CEILING)
    if given["every"]:
        refresh = replace(refresh, every=given["every"], adaptive=False)
    return replace(settings, refresh=refresh)


def _bytes(size: str | None) -> int | None:
    from governance.settings import bytes_of

    try:
        return None if size is None else bytes_of(size)
    except ValueError as error:
        raise UsageError(
            f"{size!r} is not a size", where="--disk-limit", hint="such as 512MB or 20GB"
        ) from error


def sketched(
    session: Session,
    lake: Lake,
    request: TraceRequest,
    settings: SketchSettings,
    format: str,  # noqa: A002
    progress: Progress,
) -> int:
    """The run sketched, and what came of it printed."""
    from attribution.sketching.running import sketch

    made = sketch(lake, request, settings, session.note, progress)
    for note in made.notes:
        session.note(visible_line(f"note: {note}"))
    put_json(_values(made)) if format == "json" else put(_words(made))
    return 0


def _values(made: Sketched) -> dict[str, Any]:
    stored = made.stored
    return {
        "attribution": stored.id,
        "run": stored.record.run,
        "mode": "sketch",
        "meaning": "a ranking, not amounts",
        "samples": stored.samples,
        "kept_bytes": made.kept,
        "loss_difference": made.difference,
        "settings": dict(stored.record.settings),
        "costs": dict(stored.record.costs),
        "notes": list(made.notes),
    }


def _words(made: Sketched) -> str:
    from attribution.ledger.plan import size_text

    stored = made.stored
    lines = [
        f"attribution {stored.id} of run {stored.record.run}: {plural(stored.samples, 'sample')}, by sketches",
        "a ranking, not amounts",
        f"the index takes {size_text(made.kept)} in {made.folder}",
        "see `govern why SUITE ITEM`, also for items that were not traced",
    ]
    return "\n".join(visible_line(line) for line in lines)


def ranked(
    session: Session,
    lake: Lake,
    asked: tuple[str, str, str, str | None, int],
    format: str,  # noqa: A002
    *,
    verify: bool,
    order: str,
) -> str:
    """The ranking of one item as text; empty where the attribution is exact.

    Args:
        asked: run or attribution, suite, item, functional, samples of either sign.
    """
    from attribution.entries import is_sketch
    from governance.lake.contributions import find_attribution

    if not is_sketch(find_attribution(lake, asked[0])):
        return ""
    if verify:
        hint = "take them out with `govern curate`, or verify an exact attribution"
        raise UsageError("a sketch's ranking is not verified", where="--verify", hint=hint)
    if order != "contribution":
        hint = "leave --order out: there is one column, the rank"
        raise UsageError("a sketch has no removal scores", where="--order", hint=hint)
    from attribution.sketching.asking import rankings
    from attribution.sketching.showing import shown

    return shown(rankings(lake, *asked, offline=session.offline), format)
