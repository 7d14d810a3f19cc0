"""The charts of the HTML report, from the view's numbers."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
import pyarrow.compute as pc
from markupsafe import Markup

from governance.baseline import whole_column
from governance.findings import Severity
from governance.reports import charts, words
from governance.reports.charts import Bar
from governance.reports.view import View

MOST_BARS = 15
NEAR = "DUP003"
STEPS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)
"""Full widths of the chart of shares: the smallest that holds the largest share, and the caption says which."""


@dataclass(frozen=True)
class Figure:
    """A chart with its title and a sentence below it."""

    title: str
    chart: Markup
    caption: str
    key: tuple[tuple[str, str], ...] = ()  # (level, words) where colours need a key


def figures(view: View) -> list[Figure]:
    """The charts that have something to show."""
    made = [_severity(view), _suites(view), _by_rule(view), _share(view), _jaccard(view)]
    return [figure for figure in made if figure is not None]


def _severity(view: View) -> Figure:
    parts = [Bar(s.value, n / view.total, f"{n:,}", s.value) for s in Severity if (n := view.counts[s.value])]
    key = tuple((s.value, words.plural(view.counts[s.value], s.value)) for s in Severity)
    chart = charts.stacked("severity", "Findings by severity", parts)
    return Figure("Findings by severity", chart, f"{words.plural(view.total, 'finding')} in all.", key)


def _by_rule(view: View) -> Figure:
    shown = view.found[:MOST_BARS]
    totals = [sum(r.levels.values()) for r in shown]
    rows = [
        Bar(f"{r.outcome.id} {r.outcome.name}", n / max(totals), f"{n:,}", r.worst.value)
        for r, n in zip(shown, totals, strict=True)
    ]
    more = (
        f" The other {len(view.found) - MOST_BARS} are in the table." if len(view.found) > MOST_BARS else ""
    )
    caption = f"One cluster of duplicates or one evaluation item is one finding.{more}"
    return Figure("Findings by rule", charts.bars("by-rule", "Findings by rule", rows), caption)


def _share(view: View) -> Figure | None:
    if not view.rows:
        return None
    shown = view.found[:MOST_BARS]
    full = next(step for step in STEPS if max(r.outcome.rows for r in shown) <= step * view.rows or step == 1)
    rows = [
        Bar(
            f"{r.outcome.id} {r.outcome.name}",
            r.outcome.rows / view.rows / full,
            f"{words.share(r.outcome.rows, view.rows)} ({r.outcome.rows:,})",
            r.worst.value,
        )
        for r in shown
    ]
    scale = f"the full width is {full * 100:.0f} %"
    caption = f"Of {words.plural(view.rows, 'row')}; {scale}. A row may count for several rules."
    return Figure("Share of rows affected", charts.bars("share", "Share of rows affected", rows), caption)


def _jaccard(view: View) -> Figure | None:
    """How alike the near-duplicates are to the row that is kept."""
    findings, evidence = view.report.findings, view.report.evidence
    near = findings.filter(
        pc.and_(pc.equal(findings.column("rule"), NEAR), pc.not_equal(findings.column("kind"), "template"))
    )
    keys = whole_column(near, "fingerprint")
    mine = pc.and_(
        pc.is_in(evidence.column("fingerprint"), value_set=keys),
        pc.equal(evidence.column("role"), "affected"),
    )
    scores = evidence.filter(mine).column("score").drop_null().to_numpy()
    scores = scores[np.isfinite(scores)]
    if not len(scores):
        return None
    low = min(np.floor(scores.min() * 20) / 20, 0.95)
    chart = charts.histogram("jaccard", "Near-duplicates by Jaccard similarity", scores, max(float(low), 0.0))
    caption = f"{words.plural(len(scores), 'row')}, each against the row that is kept of its cluster."
    return Figure("How alike near-duplicates are", chart, caption)


def _suites(view: View) -> Figure | None:
    """Items of each evaluation set that were found in the data."""
    suites = view.report.suites[:MOST_BARS]
    if not suites:
        return None
    found = _items_found(view)
    rows = [
        Bar(
            s.name,
            n / s.items if s.items else 0.0,
            f"{n:,} of {s.items:,} ({words.share(n, s.items)})",
            "error" if n else "plain",
        )
        for s in suites
        for n in [found[s.name]]
    ]
    caption = "Items with at least one finding of a contamination rule, whatever its severity."
    return Figure(
        "Evaluation items found in the data", charts.bars("suites", "Contamination by suite", rows), caption
    )


def _items_found(view: View) -> Counter[str]:
    """Distinct evaluation items in the evidence, by suite."""
    peers = pc.unique(view.report.evidence.column("peer").drop_null())
    items = peers.filter(pc.starts_with(peers, "item:")).to_pylist()
    names = sorted((s.name for s in view.report.suites), key=len, reverse=True)
    return Counter(next((n for n in names if item.startswith(f"item:{n}/")), "") for item in items)
