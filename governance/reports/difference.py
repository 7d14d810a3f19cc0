"""Two audits side by side: what is new, what is fixed, rule by rule."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Any, TextIO

import pyarrow as pa
import pyarrow.compute as pc

from governance.baseline import KNOWN, Comparison
from governance.errors import UsageError, did_you_mean
from governance.report import AuditReport
from governance.reports import words
from governance.reports.as_markdown import code, escape
from governance.safe_text import visible

SHOWN = 20


@dataclass(frozen=True)
class Change:
    """How many findings of a rule are new, fixed and unchanged."""

    rule: str
    new: int
    fixed: int
    unchanged: int


def changes(report: AuditReport, comparison: Comparison) -> tuple[Change, ...]:
    """The change of every rule that has findings in either audit, by id."""
    rules, states = report.findings.column("rule"), comparison.states
    new = _count(rules.filter(pc.equal(states, "new")))
    unchanged = _count(rules.filter(pc.equal(states, "unchanged")))
    fixed = _count(comparison.fixed.column("rule"))
    return tuple(Change(r, new[r], fixed[r], unchanged[r]) for r in sorted({*new, *unchanged, *fixed}))


def _count(rules: pa.ChunkedArray) -> Counter[str]:
    return Counter({row["values"]: row["counts"] for row in rules.value_counts().to_pylist()})


def write(report: AuditReport, comparison: Comparison, fmt: str, out: TextIO) -> None:
    """Writes the difference as text, json or markdown; `comparison` is the report against the older audit."""
    if fmt not in _WRITERS:
        hint = f"{did_you_mean(fmt, _WRITERS)}formats are: {', '.join(_WRITERS)}"
        raise UsageError(f"there is no format {fmt!r} for a difference", where="--format", hint=hint)
    _WRITERS[fmt](report, comparison, out)


def _new(report: AuditReport, comparison: Comparison) -> pa.Table:
    return report.findings.select(KNOWN.names).filter(pc.equal(comparison.states, "new"))


def _text(report: AuditReport, comparison: Comparison, out: TextIO) -> None:
    out.write(visible(f"{comparison.name} -> {report.run.id}: {words.changes(comparison)}") + "\n")
    table = changes(report, comparison)
    if table:
        out.write(f"\n  {'rule':<10}{'new':>10}{'fixed':>10}{'unchanged':>12}\n")
    for row in table:
        out.write(f"  {visible(row.rule):<10}{row.new:>10,}{row.fixed:>10,}{row.unchanged:>12,}\n")
    for word, found in (("new", _new(report, comparison)), ("fixed", comparison.fixed)):
        if found.num_rows:
            out.write(
                f"\n{words.sentence(words.plural(found.num_rows, f'{word} finding')).removesuffix('.')}\n"
            )
        for row in found.slice(0, SHOWN).to_pylist():
            line = f"  {row['rule']} {row['severity']} {row['message']}  {row['fingerprint'][:12]}"
            out.write(visible(line) + "\n")
        _write_more(found, "  ", out)


def _markdown(report: AuditReport, comparison: Comparison, out: TextIO) -> None:
    out.write(f"## {code(comparison.name)} → {code(report.run.id)}\n\n{escape(words.changes(comparison))}\n")
    table = changes(report, comparison)
    if table:
        out.write("\n| rule | new | fixed | unchanged |\n|---|--:|--:|--:|\n")
    for row in table:
        out.write(f"| {code(row.rule)} | {row.new:,} | {row.fixed:,} | {row.unchanged:,} |\n")
    for word, found in (("New", _new(report, comparison)), ("Fixed", comparison.fixed)):
        if found.num_rows:
            out.write(f"\n### {word}\n\n")
        for row in found.slice(0, SHOWN).to_pylist():
            head = f"{code(row['rule'])} {escape(row['severity'])}"
            out.write(f"- {head} {escape(row['message'])} {code(row['fingerprint'][:12])}\n")
        _write_more(found, "- ", out)


def _write_more(found: pa.Table, bullet: str, out: TextIO) -> None:
    if found.num_rows > SHOWN:
        out.write(f"{bullet}and {found.num_rows - SHOWN:,} more; the JSON form lists all\n")


def _json(report: AuditReport, comparison: Comparison, out: TextIO) -> None:
    """One object, keys sorted, findings a line each and written as they are read."""
    same = not comparison.new and not comparison.fixed.num_rows
    known: dict[str, Any] = {
        "kind": "runs",
        "new": report.run.id,
        "not_looked": comparison.not_looked,
        "old": comparison.name,
        "rules": [asdict(change) for change in changes(report, comparison)],
        "same": same,
        "schema": "govern.diff/1",
        "unchanged": comparison.unchanged,
        "verdict": report.verdict.value,
    }
    out.write('{\n"findings": {')
    for number, (word, found) in enumerate((("fixed", comparison.fixed), ("new", _new(report, comparison)))):
        out.write(f'{"," if number else ""}\n"{word}": [')
        out.writelines(_lines(found))
        out.write("\n]")
    out.write(
        "},\n" + ",\n".join(f'"{name}": {words.canonical(value)}' for name, value in known.items()) + "\n}\n"
    )


def _lines(found: pa.Table) -> Iterator[str]:
    empty = True
    for batch in found.to_batches(max_chunksize=8192):
        for row in batch.to_pylist():
            yield ("\n" if empty else ",\n") + words.canonical(row)
            empty = False


_WRITERS: dict[str, Callable[[AuditReport, Comparison, TextIO], None]] = {
    "text": _text,
    "json": _json,
    "markdown": _markdown,
}
FORMATS: tuple[str, ...] = tuple(_WRITERS)
"""Formats of a difference."""
