"""The report as one HTML file that opens with no network and runs no script.

Every text goes through autoescape and is made visible on its way out (`finalize`), a content security policy forbids
everything but the styles in the file, and what the findings take is budgeted so that the file stays under 5 MB for
any input.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, TextIO

import jinja2
from markupsafe import Markup, escape

from governance.reports import by_label, words
from governance.reports.evidence import Finding, Line, kept_first, peer_words
from governance.reports.figures import Figure, figures
from governance.reports.likeness import differences
from governance.reports.shown import Excerpt
from governance.reports.view import RuleLine, View
from governance.safe_text import brief, clip

LIMIT = 25
LINES = 5
BUDGET = 3_000_000  # bytes for findings; the rest of the page is capped at well under 1 MB
MOST_RECORDS = 50
LONGEST = 400  # characters of a name, a note, a message
LONGEST_SETTINGS = 20_000

Pieces = Sequence[tuple[Markup, str]]
"""(escaped text, class): class is `span` for the words that matter, `differs` where two texts differ, or empty."""


@dataclass(frozen=True)
class Pane:
    """One side of a piece of evidence."""

    title: str
    place: str
    pieces: Pieces
    note: str = ""


@dataclass(frozen=True)
class Section:
    """The findings of one rule, drawn, and how many did not fit."""

    rule: RuleLine
    findings: Sequence[Markup]
    hidden: int


def write(view: View, out: TextIO) -> None:
    """Writes the page."""
    template = environment().get_template("report.html.j2")
    out.write(
        template.render(
            view=view,
            report=view.report,
            words=words,
            figures=_figures(view),
            labels=by_label.page_table(view),
            sections=_sections(view),
            comparison=view.comparison,
            fixed=[] if view.comparison is None else view.comparison.fixed.slice(0, MOST_RECORDS).to_pylist(),
            rulebook=[(r.id, words.pairs(r.options), words.pairs(r.stats)) for r in view.report.rules],
            settings=escape(clip(words.canonical(dict(view.report.config)), LONGEST_SETTINGS)),
            most=MOST_RECORDS,
        )
    )
    out.write("\n")


def _figures(view: View) -> list[Figure]:
    """The charts; without findings only that of the labels."""
    labels = by_label.figure(view)
    return [*(figures(view) if view.total else []), *([labels] if labels else [])]


@cache
def environment() -> jinja2.Environment:
    """The templates' environment: everything escaped and visible, nothing undefined."""
    return jinja2.Environment(
        loader=jinja2.PackageLoader("governance.reports", "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        finalize=_finalize,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _finalize(value: Any) -> Any:
    """A value on its way into the page: markup of our own as it is, text visible and of bounded length."""
    if isinstance(value, Markup) or not isinstance(value, str):
        return value
    return brief(value, LONGEST, lines=True)


def _sections(view: View) -> list[Section]:
    """The weightiest findings of each rule; every rule may use the same part of the budget."""
    limit = LIMIT if view.options.limit is None else view.options.limit
    room = BUDGET // max(len(view.found), 1)
    return [_section(view, rule, limit, room) for rule in view.found if rule.listed]


def _section(view: View, rule: RuleLine, limit: int, room: int) -> Section:
    template = environment().get_template("finding.html.j2")
    drawn: list[Markup] = []
    for number, found in enumerate(view.top(rule.outcome.id, limit, LINES)):
        text = template.render(
            finding=found, evidence=_evidence(found), words=words, shown=LINES, first=number == 0
        )
        room -= len(text.encode())
        if room < 0:
            break
        drawn.append(Markup(text))  # noqa: S704  rendered with autoescape a line above
    return Section(rule, drawn, rule.listed - len(drawn))


def _evidence(found: Finding) -> list[tuple[Pane, ...]]:
    """Rows side by side with what they were held against; a row with no counterpart stands alone."""
    lines = kept_first(found.evidence)
    places = {line.row: line.place for line in lines}
    kept = [line for line in lines if not line.affected]
    affected = [line for line in lines if line.affected]
    if not affected:
        return [(_pane("Row", line, _pieces(line.excerpt)),) for line in kept]
    shown: set[int] = set()
    return [_pair(line, kept, places, shown) for line in affected]


def _pair(line: Line, kept: Sequence[Line], places: dict[int, str], shown: set[int]) -> tuple[Pane, ...]:
    """The row and its evaluation item, or the row that is kept and the row that repeats it.

    A kept row that is in `shown` already does not come again before a row of the same words.
    """
    against = peer_words(line, places)
    if line.peer_excerpt is not None:
        name = words.peer(line.values["peer"], line.values["peer_part"])
        return _pane("Row", line, _pieces(line.excerpt)), Pane(
            "Evaluation item", name, _pieces(line.peer_excerpt)
        )
    twin = next((k for k in kept if line.values["peer"] == f"row:{k.row}"), kept[0] if kept else None)
    if twin is None or twin.excerpt is None or line.excerpt is None:
        return (_pane("Row", line, _pieces(line.excerpt), f"with {against}" if against else ""),)
    if twin.excerpt.line() == line.excerpt.line():
        repeats = _pane("Repeats it", line, (), "the same words in what is shown")
        first = (_pane("Kept", twin, _pieces(twin.excerpt)),) if twin.row not in shown else ()
        shown.add(twin.row)
        return (*first, repeats)
    shown.add(twin.row)
    if twin.excerpt.start >= 0 or line.excerpt.start >= 0:
        left, right = _pieces(twin.excerpt), _pieces(line.excerpt)
    else:
        left, right = (
            [(escape(text), kind) for text, kind in side]
            for side in differences(twin.excerpt.text, line.excerpt.text)
        )
    return _pane("Kept", twin, left), _pane("Repeats it", line, right)


def _pane(title: str, line: Line, pieces: Pieces, note: str = "") -> Pane:
    turn = line.values["turn"]
    score = words.score(line.values["score"])
    facts = [f"turn[{turn}]" if turn is not None else "", f"score {score}" if score else "", note]
    return Pane(title, line.place, pieces, ", ".join(fact for fact in facts if fact))


def _pieces(excerpt: Excerpt | None) -> Pieces:
    if excerpt is None:
        return ()
    return [(escape(text), "span" if marked else "") for text, marked in excerpt.pieces(lines=True)]
