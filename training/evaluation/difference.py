"""A comparison of two evaluations as text, JSON or Markdown."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any, TextIO

from governance.errors import UsageError, did_you_mean
from governance.evaluations import Evaluation
from governance.reports.as_markdown import code, escape
from governance.safe_text import clip, json_safe, visible
from training.evaluation.comparison import (
    BROKEN,
    CHANGES,
    FIXED,
    Difference,
    EvaluationComparison,
    changed,
)
from training.scoring.statistics import Interval

SHOWN = 20
GROUPS_SHOWN = 40
WIDE = 48
HEADS = ("items", "before", "after", "difference", "fixed", "broken", "p")


def write(old: Evaluation, new: Evaluation, comparison: EvaluationComparison, form: str, out: TextIO) -> None:
    """Writes the difference of two evaluations; the JSON form lists every item."""
    if form not in _WRITERS:
        hint = f"{did_you_mean(form, _WRITERS)}formats are: {', '.join(_WRITERS)}"
        raise UsageError(f"there is no format {form!r} for a difference", where="--format", hint=hint)
    _WRITERS[form](old, new, comparison, out)


def percent(interval: Interval) -> str:
    """`71.4 % [68.9, 73.8]`."""
    if math.isnan(interval.value):
        return "none"
    return f"{100 * interval.value:.1f} % [{100 * interval.low:.1f}, {100 * interval.high:.1f}]"


def points(interval: Interval) -> str:
    """`+2.3 [+0.4, +4.1]`, in percentage points."""
    if math.isnan(interval.value):
        return "none"
    return f"{100 * interval.value:+.1f} [{100 * interval.low:+.1f}, {100 * interval.high:+.1f}]"


def probability(p: float) -> str:
    """`0.031`, `<0.001`."""
    return "<0.001" if p < 0.001 else f"{p:.3f}"


def verdict(comparison: EvaluationComparison) -> str:
    """One sentence: better, worse, or not told apart, at the 95 % level."""
    found = comparison.overall.difference
    if found.low > 0:
        return "the later one is better: the interval of the difference is above zero"
    if found.high < 0:
        return "the later one is worse: the interval of the difference is below zero"
    return "they cannot be told apart: the interval of the difference holds zero"


def _name(evaluation: Evaluation) -> str:
    return f"{evaluation.id} ({clip(evaluation.model.name, WIDE)} on {evaluation.suite.name})"


def _counts(comparison: EvaluationComparison) -> str:
    return ", ".join(
        f"{comparison.counts[c]:,} {c}" for c in CHANGES if comparison.counts[c] or c in CHANGES[:4]
    )


def _cells(found: Difference) -> tuple[str, ...]:
    return (
        f"{found.items:,}",
        percent(found.before),
        percent(found.after),
        points(found.difference),
        f"{found.fixed:,}",
        f"{found.broken:,}",
        probability(found.p),
    )


def _groups(comparison: EvaluationComparison) -> list[tuple[str, Sequence[Difference]]]:
    groups = (("subject", comparison.subjects), ("label", comparison.labels))
    return [(name, found) for name, found in groups if found]


def _macro_line(comparison: EvaluationComparison) -> str:
    found = comparison.macro
    if found is None:
        return ""
    return (
        f"mean over {found.subjects} subjects: {percent(found.before)} -> {percent(found.after)}, "
        f"difference {points(found.difference)}"
    )


def _text(old: Evaluation, new: Evaluation, comparison: EvaluationComparison, out: TextIO) -> None:
    whole = comparison.overall
    lines = [
        f"{_name(old)} -> {_name(new)}",
        f"{comparison.scorer} score: {percent(whole.before)} -> {percent(whole.after)}",
        f"difference {points(whole.difference)} points over {whole.items:,} items, p {probability(whole.p)}",
        _macro_line(comparison),
        _counts(comparison),
        verdict(comparison),
    ]
    out.write("\n".join(visible(line) for line in lines if line) + "\n")
    for name, found in _groups(comparison):
        out.write(f"\nby {name}\n")
        rows = [
            (name, *HEADS),
            *((clip(visible(d.name or "none"), WIDE), *_cells(d)) for d in found[:GROUPS_SHOWN]),
        ]
        out.writelines(f"  {line}\n" for line in aligned(rows))
        _more(len(found) - GROUPS_SHOWN, "  ", out)
    for change in (FIXED, BROKEN):
        rows_ = changed(comparison, change)
        if rows_:
            out.write(f"\n{change}: {len(rows_):,}\n")
        out.writelines(f"  {visible(_item(row))}\n" for row in rows_[:SHOWN])
        _more(len(rows_) - SHOWN, "  ", out)


def _item(row: dict[str, Any]) -> str:
    before, after = (
        clip(str(row[k]) if row[k] is not None else "none", WIDE) for k in ("before_answer", "after_answer")
    )
    return f"{row['item']}  gold {clip(str(row['gold']), WIDE)}: {before} -> {after}"


def _markdown(old: Evaluation, new: Evaluation, comparison: EvaluationComparison, out: TextIO) -> None:
    out.write(f"## {code(old.id)} → {code(new.id)}\n\n{escape(_name(old))} → {escape(_name(new))}\n\n")
    out.write(f"| {comparison.scorer} score | {' | '.join(HEADS)} |\n|---|{'--:|' * len(HEADS)}\n")
    _row(out, "all", comparison.overall)
    for name, found in _groups(comparison):
        for one in found[:GROUPS_SHOWN]:
            _row(out, f"{name} {one.name or 'none'}", one)
    tail = [_macro_line(comparison), _counts(comparison), verdict(comparison)]
    out.write("\n" + "\n\n".join(escape(line) for line in tail if line) + "\n")
    for change in (FIXED, BROKEN):
        rows = changed(comparison, change)
        if rows:
            out.write(f"\n### {change.capitalize()}\n\n")
        out.writelines(
            f"- {code(str(row['item']))} {escape(_item(row).partition('  ')[2])}\n" for row in rows[:SHOWN]
        )
        _more(len(rows) - SHOWN, "- ", out)


def _row(out: TextIO, name: str, found: Difference) -> None:
    out.write(f"| {escape(name)} | {' | '.join(_cells(found))} |\n")


def _more(count: int, bullet: str, out: TextIO) -> None:
    if count > 0:
        out.write(f"{bullet}and {count:,} more; the JSON form lists all\n")


def _json(old: Evaluation, new: Evaluation, comparison: EvaluationComparison, out: TextIO) -> None:
    value = {
        "schema": "govern.evaluation_diff/1",
        "kind": "evaluations",
        "old": old.id,
        "new": new.id,
        "suite": new.suite.name,
        "models": [old.model.name, new.model.name],
        "scorer": comparison.scorer,
        "same": comparison.same,
        "verdict": verdict(comparison),
        "counts": comparison.counts,
        "overall": asdict(comparison.overall),
        "macro": None if comparison.macro is None else asdict(comparison.macro),
        "subjects": [asdict(d) for d in comparison.subjects],
        "labels": [asdict(d) for d in comparison.labels],
        "items": comparison.items.to_pylist(),
    }
    lines = json.dumps(value, ensure_ascii=False, indent=1).split("\n")
    out.write("\n".join(json_safe(line) for line in lines) + "\n")


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Rows as lines of aligned columns; wide characters take two places."""
    from unicodedata import east_asian_width

    def size(cell: str) -> int:
        return sum(2 if east_asian_width(c) in "WF" else 1 for c in cell)

    widths = [max(map(size, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(cell + " " * (w - size(cell)) for cell, w in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]


_WRITERS: dict[str, Callable[[Evaluation, Evaluation, EvaluationComparison, TextIO], None]] = {
    "text": _text,
    "json": _json,
    "markdown": _markdown,
}
FORMATS = tuple(_WRITERS)
