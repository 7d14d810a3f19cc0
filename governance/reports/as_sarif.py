"""SARIF 2.1.0, for code scanning and for editors: one result a finding, a location a row.

The physical location is the data file with its line, or line 1 where the file has no lines (Parquet); the logical
location is `rows/<row>`. The fingerprint goes to `partialFingerprints`, under our own name and under the one that
GitHub reads, so that shuffled data reopen nothing. GitHub takes 25,000 results and shows 5,000: more are cut, worst
first kept, and a notification says so.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, TextIO
from urllib.parse import quote

from governance.findings import FINGERPRINT_VERSION
from governance.report import RuleOutcome, RuleState, Verdict
from governance.reports import as_json, pages, words
from governance.reports.evidence import IN_SOURCE, Finding, Line, Suppression
from governance.reports.places import has_lines
from governance.reports.view import View
from governance.safe_text import brief, visible

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
MOST_RESULTS = 25_000
MOST_LOCATIONS = 20
MOST_ARTIFACTS = 1_000
EXIT_CODES = {Verdict.PASS: 0, Verdict.FAIL: 1, Verdict.INCOMPLETE: 2}


def write(view: View, out: TextIO) -> None:
    """Writes one run; results are written as they are read."""
    index = {line.outcome.id: number for number, line in enumerate(view.rules)}
    run = words.canonical(_run(view, index))
    out.write(f'{{"$schema":{words.canonical(SCHEMA)},"version":"2.1.0","runs":[{run[:-1]},"results":[')
    for number, result in enumerate(_results(view, index)):
        out.write((",\n" if number else "\n") + words.canonical(result))
    out.write("\n]}]}\n")


def _run(view: View, index: dict[str, int]) -> dict[str, Any]:
    """The run without its results."""
    report = view.report
    driver = {"name": "govern", "version": report.run.govern, "rules": [_rule(r.outcome) for r in view.rules]}
    files = [file for dataset in report.datasets for file in dataset.files]
    artifacts = [
        {"location": {"uri": uri(f.path)}, "length": f.bytes, "hashes": {"sha-256": f.sha256}}
        for f in files[:MOST_ARTIFACTS]
    ]
    return {
        "tool": {"driver": driver},
        "invocations": [_invocation(view, index)],
        "automationDetails": {"id": f"govern/{report.run.id}"},
        "artifacts": artifacts,
        "columnKind": "unicodeCodePoints",
        "properties": {"verdict": report.verdict.value, "gate": view.gate, "rows": view.rows},
    }


def _rule(outcome: RuleOutcome) -> dict[str, Any]:
    page = pages.page_of(outcome.id) or outcome.summary
    return {
        "id": outcome.id,
        "name": "".join(part.capitalize() for part in re.split(r"\W+", outcome.name)),
        "shortDescription": {"text": words.sentence(outcome.summary or outcome.id)},
        "help": {"text": page or outcome.id, "markdown": page or outcome.id},
        "defaultConfiguration": {"level": outcome.severity.value},
        "properties": {"tags": [outcome.id[:3]], "options": dict(outcome.options)},
    }


def _invocation(view: View, index: dict[str, int]) -> dict[str, Any]:
    run = view.report.run
    return {
        "executionSuccessful": view.report.verdict is not Verdict.INCOMPLETE,
        "exitCode": EXIT_CODES[view.report.verdict],
        "exitCodeDescription": view.report.verdict.value,
        "commandLine": visible(run.command),
        "startTimeUtc": run.started,
        "endTimeUtc": run.finished,
        "toolExecutionNotifications": [*_not_run(view, index), *_cuts(view)],
    }


def _not_run(view: View, index: dict[str, int]) -> Iterator[dict[str, Any]]:
    for outcome in view.idle:
        level = "error" if outcome.state is RuleState.NOT_RUN else "note"
        text = f"{outcome.id} {words.state_words(outcome.state)}: {outcome.reason}"
        rule = {"id": outcome.id, "index": index[outcome.id]}
        yield {"level": level, "message": {"text": message(text)}, "associatedRule": rule}


def _cuts(view: View) -> Iterator[dict[str, Any]]:
    """What is left out of the log, in words."""
    if view.total > MOST_RESULTS:
        shown = (
            f"The first {MOST_RESULTS:,} of {words.plural(view.total, 'finding')} are listed, worst first."
        )
        yield {"level": "warning", "message": {"text": shown}}
    files = sum(len(d.files) for d in view.report.datasets)
    if files > MOST_ARTIFACTS:
        yield {
            "level": "note",
            "message": {"text": f"The first {MOST_ARTIFACTS:,} of {files:,} files are listed."},
        }


def _results(view: View, index: dict[str, int]) -> Iterator[dict[str, Any]]:
    for found in view.findings(MOST_LOCATIONS, first=MOST_RESULTS):
        yield _result(found, index)
    if view.comparison is not None:
        room = max(MOST_RESULTS - view.total, 0)
        for gone in view.comparison.fixed.slice(0, room).to_pylist():
            yield _fixed(gone)


def _result(found: Finding, index: dict[str, int]) -> dict[str, Any]:
    lines = list(found.evidence)
    known = {
        "ruleId": found["rule"],
        "ruleIndex": index[found["rule"]],
        "level": found["severity"],
        "message": {"text": message(found["message"])},
        "locations": [_location(line) for line in lines if line.affected],
        "relatedLocations": [_location(line) for line in lines if not line.affected],
        "partialFingerprints": _fingerprints(found["fingerprint"]),
        "properties": _properties(found),
    }
    known |= {"suppressions": [_suppression(found.suppression)]} if found.suppression else {}
    return known | ({"baselineState": found.state} if found.state else {})


def _suppression(found: Suppression) -> dict[str, Any]:
    """A waiver as SARIF has it (3.35). Who and until when are no part of the standard and stand in `properties`."""
    waiver = found.waiver
    if waiver is None:
        return {"kind": "inSource" if found.kind == IN_SOURCE else "external", "status": "accepted"}
    names = ("id", "requested_by", "approved_by", "expires", "ticket")
    known = {name: getattr(waiver, name) for name in names if getattr(waiver, name)}
    justification = visible(waiver.reason)
    return {"kind": "external", "status": "accepted", "justification": justification, "properties": known}


def _fixed(gone: dict[str, str]) -> dict[str, Any]:
    """A finding of the baseline that is gone, which SARIF calls absent."""
    return {
        "ruleId": gone["rule"],
        "level": gone["severity"],
        "message": {"text": message(gone["message"])},
        "partialFingerprints": _fingerprints(gone["fingerprint"]),
        "baselineState": "absent",
    }


def _fingerprints(fingerprint: str) -> dict[str, str]:
    return {f"govern/v{FINGERPRINT_VERSION}": fingerprint, "primaryLocationLineHash": fingerprint}


def _properties(found: Finding) -> dict[str, Any]:
    names = ("kind", "rows", "score", "threshold")
    known = {name: found[name] for name in names if found[name] is not None}
    return known | {"details": as_json.details(found["details"]), "evidenceLines": found.lines}


def _location(line: Line) -> dict[str, Any]:
    number = line.values["line"] if has_lines(line.path) else None
    region: dict[str, Any] = {"startLine": max(int(number or 1), 1)}
    if line.excerpt is not None and line.excerpt.text:
        region["snippet"] = {"text": line.excerpt.line()}
    properties = {
        name: line.values[name]
        for name in ("turn", "start", "end", "score", "peer", "peer_part", "peer_start", "peer_end")
        if line.values[name] is not None
    }
    return {
        "physicalLocation": {"artifactLocation": {"uri": uri(line.path)}, "region": region},
        "logicalLocations": [{"fullyQualifiedName": f"rows/{line.row}", "kind": "row"}],
        "properties": properties,
    }


def message(text: str) -> str:
    """Text as a SARIF message: brackets would make links and braces placeholders (3.11.5, 3.11.6)."""
    escaped = re.sub(r"([\\\[\]])", r"\\\1", brief(text, 2000))
    return escaped.replace("{", "{{").replace("}", "}}")


def uri(path: str) -> str:
    """A path or URI as a URI reference; what may not stand in one is percent-encoded."""
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]+://", path):
        return quote(path, safe="/:?#@!$&'()*+,;=%~", errors="surrogatepass")
    encoded = quote(path, safe="/!$&'()*+,;=@~", errors="surrogatepass")
    return f"file://{encoded}" if path.startswith("/") else encoded
