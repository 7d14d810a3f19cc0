"""The report for a terminal: the verdict first and last, and in between what one needs to believe it."""

from __future__ import annotations

import io
from collections.abc import Iterable
from typing import TextIO

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from governance.report import RuleOutcome, Verdict
from governance.reports import by_label, words
from governance.reports.evidence import Finding, Line, kept_first, peer_words
from governance.reports.shown import Excerpt
from governance.reports.view import RuleLine, View
from governance.safe_text import brief, clip, visible

LIMIT = 5
LINES = 4
BAR = 16
NARROWEST = 40
LONGEST = 1000
COLORS = {"error": "red", "warning": "yellow", "note": "cyan"}
VERDICTS = {Verdict.PASS: "bold green", Verdict.FAIL: "bold red", Verdict.INCOMPLETE: "bold yellow"}
MARK = "bold underline magenta"


def write(view: View, out: TextIO) -> None:
    """Writes the report, wrapped to `options.width`, in colour where `options.color`."""
    buffer = io.StringIO()
    console = Console(
        file=buffer,
        width=max(view.options.width, NARROWEST),
        force_terminal=view.options.color,
        no_color=not view.options.color,
        color_system="256" if view.options.color else None,
        markup=False,
        highlight=False,
        emoji=False,
        legacy_windows=False,
        _environ={},  # colour and width are decided by the caller, not by NO_COLOR or COLUMNS
    )
    _Page(view, console).draw()
    for line in buffer.getvalue().splitlines():
        out.write(line.rstrip() + "\n")


class _Page:
    """The parts of the report, top to bottom."""

    def __init__(self, view: View, console: Console) -> None:
        self.view = view
        self.console = console

    def draw(self) -> None:
        self._verdict()
        self._data()
        self._rules()
        self._labels()
        if not self.view.options.statistics:
            for rule in self.view.found:
                self._findings(rule)
        self._next()
        self._verdict(last=True)

    def _say(self, text: str | Text, style: str = "", indent: int = 0) -> None:
        body = text if isinstance(text, Text) else Text(brief(text, LONGEST), style=style)
        self.console.print(Padding(body, (0, 0, 0, indent)))

    def _title(self, text: str) -> None:
        self.console.print()
        self._say(text, "bold")

    def _verdict(self, *, last: bool = False) -> None:
        if last:
            self.console.print()
        self._say(self.view.headline, VERDICTS[self.view.report.verdict])
        if not last:
            self._say(self.view.gate)
        if self.view.comparison is not None and not last:
            self._say(words.against(self.view.comparison))
        if self.view.report.waivers and not last:
            self._say(words.waivers(self.view.report.waivers))

    def _data(self) -> None:
        self._title("Data")
        for dataset in self.view.report.datasets:
            self._say(f"{dataset.uri}  {words.dataset(dataset)}", indent=2)
            if dataset.columns:
                self._say(words.column_words(dataset), "dim", indent=4)
            for note in dataset.notes:
                self._say(f"note: {note}", indent=4)
        if self.view.report.suites:
            self._title("Evaluation sets")
        for suite in self.view.report.suites:
            self._say(f"{suite.name}  {words.suite(suite)}", indent=2)

    def _rules(self) -> None:
        self._title("Rules")
        if self.view.found:
            self.console.print(Padding(_table(self.view), (0, 0, 0, 2)))
        for line in self.view.limits:
            self._say(line, indent=2)
        if self.view.clean:
            names = ", ".join(r.id for r in self.view.clean)
            self._say(f"Ran and found nothing: {names}", indent=2)
        for outcome in self.view.idle:
            self._say(_idle(outcome), indent=2)
        if self.view.options.statistics:
            self._numbers()

    def _labels(self) -> None:
        """Rows and findings by label; one line where no row has one."""
        if not self.view.report.labels:
            if by_label.note(self.view):
                self._say(by_label.note(self.view), "dim", indent=2)
            return
        self._title("Labels")
        self.console.print(Padding(by_label.text_table(self.view), (0, 0, 0, 2)))
        rest = by_label.more(self.view, by_label.MOST_IN_TEXT)
        if rest:
            self._say(f"… {rest}: -f html or -f json shows them", "dim", indent=2)
        self._say(by_label.basis(self.view), "dim", indent=2)

    def _numbers(self) -> None:
        """What each rule counted besides findings."""
        self._title("Numbers")
        for outcome in self.view.report.rules:
            if outcome.stats:
                self._say(f"{outcome.id}  {words.pairs(outcome.stats)}", indent=2)

    def _findings(self, rule: RuleLine) -> None:
        limit = LIMIT if self.view.options.limit is None else self.view.options.limit
        total = rule.listed
        if not limit or not total:
            return
        self._title(f"{rule.outcome.id} {rule.outcome.name}")
        self._say(words.sentence(rule.outcome.summary), "dim")
        for found in self.view.top(rule.outcome.id, limit, LINES):
            self._finding(found)
        if total > limit:
            more = words.plural(total - limit, "more finding")
            self._say(f"… {more} of {rule.outcome.id}: --limit N shows more", "dim", indent=2)

    def _finding(self, found: Finding) -> None:
        self.console.print()
        head = Text(found["severity"], style=f"bold {COLORS[found['severity']]}")
        head.append(f"  {visible(found['message'])}", style="default")
        head.append(f"  {found['fingerprint'][:12]}", style="dim")
        for mark in found.marks:
            head.append(f"  {visible(mark)}", style="dim")
        self._say(head, indent=2)
        lines = kept_first(found.evidence)
        places = {line.row: line.place for line in lines}
        shown: set[str] = set()
        for line in lines:
            self._say(_where(line, places), indent=4)
            self._excerpt(line.excerpt, shown)
            if line.peer_excerpt is not None:
                self._say(f"{words.peer(line.values['peer'], line.values['peer_part'])}:", "dim", indent=4)
                self._excerpt(line.peer_excerpt, shown)
        if found.lines > len(lines):
            self._say(f"… {words.plural(found.lines - len(lines), 'more line')} of evidence", "dim", indent=4)

    def _excerpt(self, excerpt: Excerpt | None, shown: set[str]) -> None:
        """The excerpt, once a finding: rows that repeat each other would fill the screen with the same words."""
        if excerpt is None or not excerpt.text:
            return
        if excerpt.line() in shown:
            self._say("the same words", "dim italic", indent=6)
            return
        shown.add(excerpt.line())
        text = Text()
        for piece, marked in excerpt.pieces():
            # Without colour the span still has to be seen.
            sign = f"»{piece}«" if marked and not self.view.options.color else piece
            text.append(sign, style=MARK if marked else "")
        self._say(text, indent=6)

    def _next(self) -> None:
        rule = self.view.found[0].outcome.id if self.view.found else None
        self._title("Where to go next")
        steps = words.next_steps(self.view.report, rule)
        width = max(len(command) for command, _ in steps)
        for command, what in steps:
            self._say(f"{command.ljust(width)}  {what}", indent=2)


def _table(view: View) -> Table:
    """One line a rule that found something, with a bar for its share of the rows."""
    table = Table(box=None, padding=(0, 2, 0, 0), show_edge=False, header_style="dim")
    table.add_column("rule", overflow="fold")
    table.add_column("severity")
    for name in ("findings", *extra_columns(view), "rows", "share"):
        table.add_column(name, justify="right", no_wrap=True)
    if view.options.width >= 80:
        table.add_column("", no_wrap=True)
    widest = max(r.outcome.rows for r in view.found) or 1
    for rule in view.found:
        table.add_row(*_cells(rule, view, widest))
    return table


def _cells(rule: RuleLine, view: View, widest: int) -> Iterable[Text]:
    outcome = rule.outcome
    yield Text(visible(f"{outcome.id} {outcome.name}" if view.options.width >= 60 else outcome.id))
    yield Text(", ".join(rule.levels), style=COLORS[rule.worst])
    yield Text(f"{rule.total:,}")
    if rule.new is not None:
        yield Text(f"{rule.new:,}")
    if view.waived:
        yield Text(f"{outcome.waived:,}")
    yield Text(f"{outcome.rows:,}")
    yield Text(words.share(outcome.rows, view.rows))
    if view.options.width >= 80:
        yield Text("█" * max(round(BAR * outcome.rows / widest), 1), style=COLORS[rule.worst])


def extra_columns(view: View) -> list[str]:
    """Heads of the columns that a table of rules has only where they say something."""
    return [*(["new"] if view.comparison else []), *(["waived"] if view.waived else [])]


def _idle(outcome: RuleOutcome) -> str:
    return f"{outcome.id} {outcome.name} {words.state_words(outcome.state)}: {clip(outcome.reason, 500)}"


def _where(line: Line, places: dict[int, str]) -> Text:
    """Place, turn, score, and what the row was held against."""
    text = Text(visible(line.place), style="bold")
    if line.values["turn"] is not None:
        text.append(f"  turn[{line.values['turn']}]")
    if line.values["score"] is not None:
        text.append(f"  {words.score(line.values['score'])}")
    if not line.affected:
        text.append("  kept, the others repeat it", style="green")
    elif line.values["peer"]:
        text.append(f"  with {visible(peer_words(line, places))}", style="dim")
    return text
