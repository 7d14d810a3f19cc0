"""Rows and findings by label, in every format that shows counts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any

from markupsafe import Markup
from rich.table import Table
from rich.text import Text

from governance.findings import Severity
from governance.redaction import redact
from governance.report import LabelCount
from governance.reports import charts, words
from governance.reports.charts import Bar
from governance.reports.figures import Figure
from governance.reports.view import View
from governance.safe_text import brief

MOST_IN_TEXT = 10
MOST_IN_PAGE = 50
MOST_BARS = 15
NAME_LENGTH = 60


@dataclass(frozen=True)
class LabelLine:
    """A label as it is shown: its name, its numbers, the worst severity found in its rows."""

    name: str
    count: LabelCount
    share: str
    worst: str  # a severity word, or plain


def label_lines(view: View) -> list[LabelLine]:
    """Every label of the report, most rows first; rows without one come last."""
    return [_line(count, view) for count in view.report.labels]


def _line(count: LabelCount, view: View) -> LabelLine:
    worst = next((s.value for s in Severity if count.findings.get(s.value)), "plain")
    return LabelLine(_name(count, view), count, words.share(count.rows, view.rows), worst)


def _name(count: LabelCount, view: View) -> str:
    if count.kind == "none":
        return "no label"
    own = count.label if count.kind != "unmapped" else f"{_safe(count.label, view)} (not in the taxonomy)"
    return brief(own, NAME_LENGTH)


def _safe(label: str, view: View) -> str:
    """A label of the data's own words: these may be anything."""
    return label if view.options.show_sensitive else redact(label)


def note(view: View) -> str:
    """One sentence where labels were looked for and no row got one; empty otherwise."""
    asked = view.report.config.get("labels") or {}
    if view.report.labels or not asked or not view.rows:
        return ""
    return f"No row has a label of the taxonomy {asked.get('taxonomy', '')!r}."


def basis(view: View) -> str:
    """What the labels rest on, in one sentence: 'the data 1,200, words 700, nothing 100'."""
    totals: dict[str, int] = {}
    for count in view.report.labels:
        for name, rows in count.basis.items():
            totals[name] = totals.get(name, 0) + rows
    said = [f"{_BASIS[name]} {totals[name]:,}" for name in _BASIS if name in totals]
    return f"Labels rest on: {', '.join(said)}."


_BASIS = {
    "data": "the data",
    "data+rules": "data and words",
    "data+neighbours": "data and examples",
    "rules": "words",
    "rules+neighbours": "words and examples",
    "neighbours": "examples",
    "unmapped": "names outside the taxonomy",
    "none": "nothing (no label)",
}
HEADS = ("label", "rows", "share", "characters", "errors", "warnings", "notes")


def cells(line: LabelLine) -> tuple[str, ...]:
    """The numbers of a line as text, in the order of `HEADS`, without the name."""
    found = [f"{line.count.findings.get(s.value, 0):,}" for s in Severity]
    return (f"{line.count.rows:,}", line.share, f"{line.count.characters:,}", *found)


def text_table(view: View) -> Table:
    """The first lines for a terminal."""
    table = Table(box=None, padding=(0, 2, 0, 0), show_edge=False, header_style="dim")
    table.add_column(HEADS[0], overflow="fold")
    kept = [0, 1, 2, 3, 4, 5] if view.options.width >= 80 else [0, 3, 4] if view.options.width >= 60 else [0]
    for place in kept:
        table.add_column(HEADS[place + 1], justify="right", no_wrap=True)
    for line in label_lines(view)[:MOST_IN_TEXT]:
        numbers = cells(line)
        table.add_row(Text(line.name), *(Text(numbers[place]) for place in kept))
    return table


def more(view: View, shown: int) -> str:
    """'29 more labels', or nothing."""
    hidden = len(view.report.labels) - shown
    return words.plural(hidden, "more label") if hidden > 0 else ""


def markdown(view: View, code: Callable[[str], str]) -> Iterator[str]:
    """A folded table for a comment; `code` makes untrusted text a code span."""
    if not view.report.labels:
        yield f"\n{note(view)}\n" if note(view) else ""
        return
    lines = label_lines(view)[:MOST_IN_TEXT]
    yield f"\n<details><summary>Labels: {len(view.report.labels):,}</summary>\n\n"
    yield f"| {' | '.join(HEADS)} |\n|---|{'--:|' * (len(HEADS) - 1)}\n"
    for line in lines:
        yield f"| {code(line.name)} | {' | '.join(cells(line))} |\n"
    rest = more(view, len(lines))
    yield f"\n{rest} in the whole report.\n" if rest else ""
    yield "\n</details>\n"


def as_values(view: View) -> list[dict[str, Any]]:
    """The labels as JSON values; those of the data's own words redacted like excerpts."""
    return [asdict(replace(count, label=_safe(count.label, view))) for count in view.report.labels]


def figure(view: View) -> Figure | None:
    """The rows of the largest labels as bars, coloured by the worst that was found in them."""
    lines = [line for line in label_lines(view) if line.count.kind != "none"][:MOST_BARS]
    if not lines:
        return None
    longest = max(line.count.rows for line in lines)
    bars = [
        Bar(line.name, line.count.rows / longest, f"{line.count.rows:,} ({line.share})", line.worst)
        for line in lines
    ]
    chart: Markup = charts.bars("by-label", "Rows by label", bars)
    rest = len([c for c in view.report.labels if c.kind != "none"]) - len(lines)
    beyond = f" {words.plural(rest, 'more label')} in the table." if rest else ""
    return Figure("Rows by label", chart, f"The colour is the worst severity found in their rows.{beyond}")


@dataclass(frozen=True)
class PageTable:
    """The table as the page shows it."""

    basis: str
    rows: tuple[tuple[str, tuple[str, ...]], ...]
    more: str


def page_table(view: View) -> PageTable | None:
    """The table for the page, None where there is nothing to show."""
    lines = label_lines(view)[:MOST_IN_PAGE]
    if not lines:
        return None
    return PageTable(basis(view), tuple((line.name, cells(line)) for line in lines), more(view, len(lines)))
