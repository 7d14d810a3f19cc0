"""Workflow commands of GitHub Actions: annotations on the lines of the data files.

GitHub shows ten annotations of each level a step, so the weightiest ten are written and a notice says what is left
out. Properties and messages are percent-encoded as its own toolkit does, so no text can start a command of its own.
"""

from __future__ import annotations

from typing import TextIO

from governance.findings import Severity
from governance.reports import words
from governance.reports.evidence import Finding
from governance.reports.places import has_lines
from governance.reports.view import View
from governance.safe_text import visible

MOST = 10
COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}


def write(view: View, out: TextIO) -> None:
    """Writes at most ten commands a level; the last notice is the summary."""
    for severity, command in COMMANDS.items():
        room = MOST - 1 if severity is Severity.NOTE else MOST
        for found in view.top_of_level(severity, room):
            out.write(annotation(command, found))
    out.write(f"::notice title={property_value('govern')}::{message(summary(view))}\n")


def summary(view: View) -> str:
    """Verdict, reason, what did not run, and how many findings are not shown."""
    shown = sum(len(view.top_of_level(s, MOST - (s is Severity.NOTE))) for s in Severity)
    hidden = sum(rule.listed for rule in view.rules) - shown
    parts = [view.headline, view.gate]
    parts += [f"{r.id} {words.state_words(r.state)}: {r.reason}." for r in view.idle]
    if hidden:
        parts.append(f"{words.plural(hidden, 'more finding')} not shown here: GitHub shows {MOST} a level.")
    return "\n".join(parts)


def annotation(command: str, found: Finding) -> str:
    """One `::command file=...,line=...,title=...::message` line."""
    line = next(iter(found.evidence), None)
    properties = {"title": f"{found['rule']} {found['kind']}".strip()}
    if line is not None and line.path:
        at = line.values["line"] if has_lines(line.path) and line.values["line"] is not None else 1
        properties = {"file": line.path, "line": str(at)} | properties
    settings = ",".join(f"{name}={property_value(value)}" for name, value in properties.items())
    text = found["message"] if line is None else f"{found['message']} ({line.place})"
    return f"::{command} {settings}::{message(text)}\n"


def message(text: str) -> str:
    """Text as the data of a command: `%` and line breaks encoded, other control characters made visible."""
    return visible(text, lines=True).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def property_value(text: str) -> str:
    """Text as a property of a command: `:` and `,` are encoded too."""
    return message(visible(text)).replace(":", "%3A").replace(",", "%2C")
