"""A comment for a pull request: the verdict, a table, and the weightiest findings folded away.

Nothing from the data can come alive. Whatever is not our own words stands in a code span or a fenced block, where
GitHub makes no link, mention, image or HTML of it. GitHub takes 65,536 characters; what does not fit is counted.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TextIO

from governance.report import Verdict
from governance.reports import by_label, words
from governance.reports.evidence import Finding, Line, kept_first, peer_words
from governance.reports.shown import Excerpt
from governance.reports.view import RuleLine, View
from governance.safe_text import brief

LIMIT = 5
LINES = 3
MOST_CHARACTERS = 60_000
MOST_RECORDS = 20
MOST_NOTES = 3
SIGNS = {Verdict.PASS: "✅", Verdict.FAIL: "❌", Verdict.INCOMPLETE: "⚠️"}


def write(view: View, out: TextIO) -> None:
    """Writes the comment, at most `MOST_CHARACTERS` of it."""
    room = MOST_CHARACTERS
    for part in _head(view):
        out.write(part)
        room -= len(part)
    left = 0
    for part in () if view.options.statistics else _findings(view):
        if left or len(part) > room:
            left += 1
            continue
        out.write(part)
        room -= len(part)
    if left:
        out.write(f"\n{words.plural(left, 'rule')} with findings did not fit into this comment.\n")
    out.write(f"\nThe whole report: {code(words.next_steps(view.report, None)[0][0])}\n")


def _head(view: View) -> Iterator[str]:
    verdict = view.report.verdict
    yield f"## {SIGNS[verdict]} {escape(view.headline)}\n\n{escape(view.gate)}\n\n"
    if view.comparison is not None:
        yield f"{escape(words.against(view.comparison))}\n\n"
    if view.report.waivers:
        yield f"{escape(words.waivers(view.report.waivers))}\n\n"
    if view.found:
        yield _table(view)
    for line in view.limits:
        yield f"\n{escape(line)}.\n"
    if view.clean:
        yield f"\nRan and found nothing: {', '.join(escape(r.id) for r in view.clean)}.\n"
    yield from by_label.markdown(view, code)
    for outcome in view.idle:
        yield f"\n{escape(outcome.id)} {words.state_words(outcome.state)}: {code(outcome.reason)}\n"
    yield "\n"
    for dataset in view.report.datasets[:MOST_RECORDS]:
        notes = "".join(f"\n  - {code(note)}" for note in dataset.notes[:MOST_NOTES])
        yield f"- {code(dataset.uri)} {escape(words.dataset(dataset))}{notes}\n"
    for suite in view.report.suites[:MOST_RECORDS]:
        yield f"- {code(suite.name)} {code(words.suite(suite))}\n"
    records = (view.report.datasets, view.report.suites)
    hidden = sum(max(len(r) - MOST_RECORDS, 0) for r in records)
    hidden += sum(max(len(d.notes) - MOST_NOTES, 0) for d in view.report.datasets[:MOST_RECORDS])
    if hidden:
        yield f"- {words.plural(hidden, 'more line')} on the data\n"


def _table(view: View) -> str:
    new, waived = view.comparison is not None, view.waived
    extra = [*(["new"] if new else []), *(["waived"] if waived else [])]
    head = ["rule", "severity", "findings", *extra, "rows", "share"]
    rows = [f"| {' | '.join(head)} |", f"|{'---|' * 2}{'--:|' * (len(head) - 2)}"]
    for rule in view.found:
        cells = [f"{code(rule.outcome.id)} {escape(rule.outcome.name)}", ", ".join(rule.levels)]
        cells += [f"{rule.total:,}", *([f"{rule.new or 0:,}"] if new else [])]
        cells += [f"{rule.outcome.waived:,}"] if waived else []
        cells += [f"{rule.outcome.rows:,}", words.share(rule.outcome.rows, view.rows)]
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows) + "\n"


def _findings(view: View) -> Iterator[str]:
    """One folded section a rule."""
    limit = LIMIT if view.options.limit is None else view.options.limit
    for rule in (r for r in view.found if limit and r.listed):
        yield _section(view, rule, limit)


def _section(view: View, rule: RuleLine, limit: int) -> str:
    total = rule.listed
    title = f"{rule.outcome.id} {rule.outcome.name}: {words.plural(total, 'finding')}"
    parts = [
        f"\n<details><summary>{html(title)}</summary>\n\n{escape(words.sentence(rule.outcome.summary))}\n"
    ]
    parts += [_finding(found) for found in view.top(rule.outcome.id, limit, LINES)]
    if total > limit:
        parts.append(f"\n{words.plural(total - limit, 'more finding')} not shown here.\n")
    return "".join([*parts, "\n</details>\n"])


def _finding(found: Finding) -> str:
    state = "".join(f", {escape(mark)}" for mark in found.marks)
    head = f"\n**{found['severity']}**{state}: {escape(found['message'])} {code(found['fingerprint'][:12])}\n"
    lines = kept_first(found.evidence)
    places = {line.row: line.place for line in lines}
    shown = "".join(_line(line, places) for line in lines)
    more = (
        f"\n{words.plural(found.lines - len(lines), 'more line')} of evidence.\n"
        if found.lines > len(lines)
        else ""
    )
    return head + shown + more


def _line(line: Line, places: dict[int, str]) -> str:
    parts = [code(line.place)]
    if line.values["turn"] is not None:
        parts.append(f"turn[{line.values['turn']}]")
    if line.values["score"] is not None:
        parts.append(words.score(line.values["score"]))
    if not line.affected:
        parts.append("kept, the others repeat it")
    elif line.values["peer"]:
        parts.append(f"with {code(peer_words(line, places))}")
    return f"\n{', '.join(parts)}\n" + _block(line.excerpt) + _block(line.peer_excerpt)


def _block(excerpt: Excerpt | None) -> str:
    """A fenced block that the text cannot close: its fence is longer than any run of backticks inside."""
    if excerpt is None or not excerpt.text:
        return ""
    text = "".join(f"»{piece}«" if marked else piece for piece, marked in excerpt.pieces())
    fence = "`" * max(3, _longest_run(text) + 1)
    return f"\n{fence}text\n{text}\n{fence}\n"


def code(text: str, most: int = 300) -> str:
    """Untrusted text as a code span, also inside a table.

    A pipe becomes a look-alike: GitHub's tables know no escape for it that holds after a backslash.
    """
    shown = brief(text, most).replace("|", "∣") or " "
    fence = "`" * (_longest_run(shown) + 1)
    pad = " " if shown.startswith("`") or shown.endswith("`") or shown.strip() == "" else ""
    return f"{fence}{pad}{shown}{pad}{fence}"


def escape(text: str) -> str:
    """Our own words as Markdown prose: no markup, link, mention or reference can form, whatever slips into them."""
    plain = re.sub(r"([\\`*_\[\]<>#|~&@!$])", r"\\\1", _quiet(text))
    return re.sub(r"^(\s*)([-+=]|\d+(?=[.)]))", r"\1\\\2", plain)


def html(text: str) -> str:
    """Our own words inside an HTML tag of the comment: every sign that Markdown or HTML reads, as an entity."""
    return re.sub(r"[!-,/;-@\[-`{-~]", lambda found: f"&#{ord(found[0])};", _quiet(text))


def _quiet(text: str) -> str:
    """The text with a word joiner wherever GitHub would see a mention, a reference or an address.

    It looks for these in the finished page too, where an escape no longer shows.
    """
    return re.sub(r"(@|#|GH-|:(?=//)|www(?=\.))", "\\1\u2060", brief(text, 2000))


def _longest_run(text: str) -> int:
    return max((len(run) for run in re.findall("`+", text)), default=0)
