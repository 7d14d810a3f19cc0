"""Attributions as a person or a program reads them among other runs; `govern why` and `govern drivers` explain them."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from ui.cli.exit import visible_line
from ui.cli.output import put_columns
from ui.cli.words import plural

if TYPE_CHECKING:
    from governance.lake import Lake
    from governance.lake.contributions import StoredAttribution

NAMED_ELSEWHERE = frozenset({"suites", "items", "margins", "parameters", "loss_difference"})
"""Settings that `runs show` has lines of its own for."""


def attribution_row(found: StoredAttribution) -> tuple[str, ...]:
    """One line of `govern runs list`."""
    counts = f"{plural(found.samples, 'sample')}, {plural(found.contributions, 'contribution')}"
    state = "tested" if found.checks else "untested"
    of = f"run {found.record.run}" + (f" on {suites}" if (suites := ", ".join(_suites(found))) else "")
    return (found.id, "attribution", found.created_at[:19], state, counts, found.created_by, of)


def attribution_values(found: StoredAttribution) -> dict[str, Any]:
    """A stored attribution without its tables, as JSON values."""
    return {
        "kind": "attribution",
        "run": found.id,
        "started": found.created_at,
        "user": found.created_by,
        "samples": found.samples,
        "contributions": found.contributions,
        "record": asdict(found.record),
        "checks": [asdict(check) for check in found.checks],
    }


def attribution_words(found: StoredAttribution) -> str:
    """An attribution in a sentence."""
    return (
        f"attribution {found.id} ({plural(found.contributions, 'contribution')}, of run {found.record.run})"
    )


def shown_values(lake: Lake, found: StoredAttribution) -> dict[str, Any]:
    """The same with what its ledger accounts for."""
    from attribution.ledger.coverage import coverage
    from governance.lake.contributions import load_ledger

    covered = coverage(load_ledger(lake, found.id).balances)
    measured = {"coverage": covered.explained, "r_squared": covered.r_squared, "items": len(covered.items)}
    return attribution_values(found) | measured


def describe_attribution(lake: Lake, found: StoredAttribution) -> None:
    """Print a stored attribution: what it is of, how it was made, what it accounts for, and who tested it."""
    from attribution.ledger.coverage import coverage
    from attribution.reports.words import check
    from governance.lake.contributions import load_ledger

    record, settings = found.record, found.record.settings
    rest = {k: v for k, v in settings.items() if k not in NAMED_ELSEWHERE and v not in (None, "", [], {})}
    lines = [
        ("attribution", found.id),
        ("kept", f"{found.created_at[:19]} by {found.created_by}"),
        ("of run", record.run),
        *((("split", record.split),) if record.split else ()),
        *((("model", record.model),) if record.model else ()),
        *(("suite", f"{name}  {digest[:16]}") for name, digest in _suites(found).items()),
        *(("evaluation", one) for one in record.evaluations),
        ("ledger", f"{plural(found.samples, 'sample')}, {plural(found.contributions, 'contribution')}"),
        ("accounts for", str(coverage(load_ledger(lake, found.id).balances))),
        *(("setting", f"{key} = {value}") for key, value in sorted(rest.items())),
        *(("tested", check(one)) for one in found.checks),
    ]
    put_columns([(name, visible_line(words)) for name, words in lines])


def _suites(found: StoredAttribution) -> dict[str, str]:
    """Hash of each suite's content, by name."""
    return dict(found.record.settings.get("suites") or {})
