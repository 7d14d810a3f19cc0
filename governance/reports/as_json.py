"""The whole report as JSON: `govern.report/1`, described by schema/report-1.json.

Keys are sorted, every finding has a line of its own, and all that differs between two runs on the same data stands
under `run`. Findings are written as they are read, so memory does not grow with their number.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import Any, TextIO

from governance.baseline import SCHEMA
from governance.reports import by_label, words
from governance.reports.evidence import Finding, Line
from governance.reports.shown import Excerpt
from governance.reports.view import View


def write(view: View, out: TextIO) -> None:
    """Writes the report as one JSON object."""
    parts = {"findings": None} | head(view)
    for number, name in enumerate(sorted(parts)):
        out.write("{\n" if number == 0 else ",\n")
        out.write(f"{words.canonical(name)}: ")
        if name == "findings":
            _write_list((finding(f) for f in view.findings()), out)
        else:
            out.write(words.canonical(parts[name]))
    out.write("\n}\n")


def head(view: View) -> dict[str, Any]:
    """Everything but the findings."""
    report = view.report
    return {
        "schema": SCHEMA,
        "verdict": report.verdict.value,
        "gate": {**asdict(report.gate), "explanation": view.gate},
        "counts": {**view.counts, "findings": view.total, "rows": view.rows, "waived": view.waived},
        "datasets": [_without(asdict(d), "version") for d in report.datasets],
        "suites": [asdict(s) for s in report.suites],
        "rules": [asdict(r.outcome) for r in sorted(view.rules, key=lambda r: r.outcome.id)],
        "labels": by_label.as_values(view),
        "config": dict(report.config),
        "redacted": not view.options.show_sensitive,
        "run": {**asdict(report.run), "dataset_versions": {d.name: d.version for d in report.datasets}},
        "baseline": _baseline(view),
        "waivers": [asdict(w) for w in report.waivers],
    }


def _without(record: dict[str, Any], name: str) -> dict[str, Any]:
    """The record without one key: the lake's version number grows with each run."""
    return {k: v for k, v in record.items() if k != name}


def _baseline(view: View) -> dict[str, Any] | None:
    """How the report stands against the baseline, None without one."""
    found = view.comparison
    if found is None:
        return None
    return {
        "name": found.name,
        "new": found.new,
        "unchanged": found.unchanged,
        "not_looked": found.not_looked,
        "fixed": found.fixed.to_pylist(),
    }


def finding(found: Finding) -> Iterator[str]:
    """A finding as pieces of one line of JSON; its evidence is never held whole."""
    values = found.values | ({"state": found.state} if found.state else {}) | suppression(found)
    before = {"details": details(values.pop("details"))}
    yield words.canonical(before)[:-1] + ',"evidence":['
    for number, line in enumerate(found.evidence):
        yield ("," if number else "") + words.canonical(evidence(line))
    yield "]," + words.canonical(values)[1:]


def suppression(found: Finding) -> dict[str, Any]:
    """Who keeps the finding from the gate and until when, under `suppression`; nothing where nobody does."""
    if found.suppression is None:
        return {}
    known = {"kind": found.suppression.kind}
    if (waiver := found.suppression.waiver) is not None:
        known |= {"waiver": waiver.id, "approved_by": waiver.approved_by, "expires": waiver.expires}
    return {"suppression": known}


def details(text: str) -> dict[str, Any]:
    """The further numbers of a finding, as the rule wrote them."""
    try:
        value = json.loads(text)
    except ValueError:
        value = text
    return value if isinstance(value, dict) else {"value": value}


def evidence(line: Line) -> dict[str, Any]:
    """One line of evidence. What is not known is left out, so that two million findings stay readable."""
    known = {k: v for k, v in line.values.items() if v is not None and k not in {"fingerprint", "file"}}
    known |= {"path": line.path}
    return known | excerpt("excerpt", line.excerpt) | excerpt("peer_excerpt", line.peer_excerpt)


def excerpt(name: str, shown: Excerpt | None) -> dict[str, Any]:
    """An excerpt under its name, and the characters of it that are the span."""
    if shown is None:
        return {}
    return {name: shown.text} | ({f"{name}_span": [shown.start, shown.end]} if shown.start >= 0 else {})


def _write_list(items: Iterable[Iterator[str]], out: TextIO) -> None:
    """A JSON list with one item a line."""
    out.write("[")
    empty = True
    for item in items:
        out.write("\n" if empty else ",\n")
        out.writelines(item)
        empty = False
    out.write("\n]")
