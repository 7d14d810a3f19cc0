"""One line a finding, stable and greppable: `path:line: RULE severity message`."""

from __future__ import annotations

from typing import TextIO

from governance.reports import words
from governance.reports.evidence import Finding
from governance.reports.view import View
from governance.safe_text import visible


def write(view: View, out: TextIO) -> None:
    """Writes a line a finding, or with `statistics` a line a rule; nothing where nothing was found.

    Rules that could not run come last, so that silence never stands for a check that was not made.
    """
    if view.options.statistics:
        for rule in view.found:
            found = words.plural(rule.outcome.findings, "finding")
            rows = words.plural(rule.outcome.rows, "row")
            out.write(visible(f"{rule.outcome.id} {rule.worst} {found} {rows} {rule.outcome.name}") + "\n")
    else:
        for finding in view.listed(most_lines=1):
            out.write(line(finding) + "\n")
    for outcome in view.idle:
        out.write(visible(f"{outcome.id} {words.state_words(outcome.state)}: {outcome.reason}") + "\n")


def line(found: Finding) -> str:
    """`path:line: RULE severity message [new]`, on one line whatever the data hold."""
    place = next((evidence.place for evidence in found.evidence), "-")
    state = "".join(f" [{mark}]" for mark in found.marks)
    return visible(f"{place}: {found['rule']} {found['severity']} {found['message']}{state}")
