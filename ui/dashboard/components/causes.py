"""Samples that moved an item: three columns that are never mixed, their texts, and whether anybody tested the claim."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from governance.lake.browsing.attributions import Home
from governance.lake.contributions import Check, StoredAttribution
from governance.reports.words import plural
from ui.dashboard import safe_text
from ui.dashboard.components.saying import draw, notice, section
from ui.dashboard.components.tables import PAGE_ROWS, Column, empty, link, table
from ui.dashboard.markup import Child, Markup, join, tag
from ui.dashboard.reading.explaining import Evidence
from ui.dashboard.url_state import DatasetQuery, FindingsQuery, address

if TYPE_CHECKING:
    from attribution.explaining.drivers import SuiteDrivers
    from attribution.explaining.why import Cause, Why
    from attribution.ledger.balance import Sums

COLUMNS = (
    Column("Rank", "n"), Column("Sample", "mid"), Column("Contribution, nats", "n"), Column("Booked, nats", "n"),
    Column("Removal score", "n"), Column("Overlap (not influence)", "mid"), Column("Label, source", "mid"),
)  # fmt: skip
UNTESTED = "Unvalidated: nobody has tested this attribution by retraining. What it says are claims."


def safe(part: Why) -> Why:
    """The same with names that may be drawn: row texts and names are masked here, charts are made of it."""

    def named(causes: Sequence[Cause]) -> tuple[Cause, ...]:
        return tuple(replace(c, name=safe_text.words(c.name)) for c in causes)

    return replace(part, helped=named(part.helped), harmed=named(part.harmed))


def legend() -> Markup:
    """What each of the columns says, and what it does not."""
    from attribution.reports.words import LEGEND

    said = [line.partition(": ") for line in LEGEND]
    items = [join(tag("dt", name.capitalize()), tag("dd", words)) for name, _, words in said]
    return tag("dl", items, cls="properties")


def balance(sums: Sums, before: float | None = None, after: float | None = None) -> Markup:
    """The line of the ledger as a table: the parts that the change is made of, and that they add up."""
    from attribution.reports import words

    rows: list[list[Child]] = [[name, value] for name, value in words.balance(sums)]
    if before is not None and after is not None:
        rows = [["before", f"{before:.4f}"], ["after", f"{after:.4f}"], *rows]
    return table(
        (Column("Part of the change", "wide"), Column("Nats", "n")), rows, "What the change is made of"
    )


def lines(part: Why, causes: Sequence[Cause], about: Evidence, caption: str) -> Markup:
    """One line a sample. Below enough coverage ranks stand alone."""
    from attribution.reports import words

    rows: list[list[Child]] = [
        [
            f"{c.rank}",
            row_link(c.name, about.homes.get(c.sample), c.sample),
            words.amount(c.amount, ranks_only=part.ranks_only),
            words.amount(c.booked, ranks_only=part.ranks_only),
            words.score(c.removal),
            words.overlap(about.overlaps.get(c.sample)),
            label_and_source(c.label, c.source, about.homes.get(c.sample)),
        ]
        for c in causes
    ]
    return table(COLUMNS, rows, caption)


def row_link(name: str, home: Home | None, sample: int | None = None) -> Child:
    """A sample by its row, which leads to that row in its dataset; the name alone where no audit has it.

    Args:
        sample: its number in the run, to be said below the name with a link to the findings of the row.
    """
    shown = safe_text.words(name)
    number = None if sample is None else f"#{sample:,}"
    if home is None:
        return join(shown, tag("span", number, cls="sub") if number else None)
    query = DatasetQuery(run=home.run, id=home.dataset, rows="all", page=home.line // PAGE_ROWS + 1)
    row = link(shown, address("dataset", query))
    if number is None:
        return row
    known = address("findings", FindingsQuery(run=home.run, row=home.row))
    found = link("its findings", known, label=f"findings of {shown}")
    return join(row, tag("span", number, ", ", found, cls="sub"))


def label_and_source(label: str | None, source: str | None, home: Home | None) -> Markup:
    """The label of a sample, and below it its source."""
    return join(safe_text.words(label) or "no label", tag("span", source_link(source, home), cls="sub"))


def source_link(source: str | None, home: Home | None) -> Child:
    """A source, which leads to the findings of its rows."""
    shown = safe_text.words(source)
    if not shown or home is None or source is None:
        return shown or "no source"
    return link(shown, address("findings", FindingsQuery(run=home.run, source=source)))


def side(title: str, part: Why, causes: Sequence[Cause], about: Evidence) -> None:
    """The samples that pushed one way, and what the others of that way add up to."""
    from attribution.reports import words

    draw(tag("h3", title))
    if not causes:
        draw(empty("No sample pushed this way."))
        return
    rest = part.helped_rest if causes is part.helped else part.harmed_rest
    draw(lines(part, causes, about, title))
    if rest.samples:
        amount = "" if part.ranks_only else f": {words.nats(rest.amount)}"
        draw(tag("p", f"And {plural(rest.samples, 'more sample')}{amount}.", cls="soft"))


def texts(part: Why, about: Evidence) -> None:
    """What the samples say, with the words that the item has too marked; the longer the run the darker."""
    section(
        "What these samples say",
        "Marked are words that the item has in a row too, darker the longer the run: where the words are the same, "
        "which is not influence. How much each token moved the item was not measured, so none of that is shown.",
    )
    shown = [c for c in part.causes if c.sample in about.texts]
    if not shown:
        draw(empty("The texts of these samples cannot be read here, so there is no overlap to be shown."))
        return
    runs = (("h1", "3 or 4 in a row, dotted"), ("h2", "5 or more, underlined"), ("h3", "10 or more, double"))
    key = [tag("span", tag("mark", "words", cls=f"heat {cls}"), f" {words}") for cls, words in runs]
    draw(tag("div", key, cls="legend"))
    draw(*(_text(cause, about) for cause in shown))


def _text(cause: Cause, about: Evidence) -> Markup:
    spans = about.spans.get(cause.sample, ())
    way = "helped" if cause.amount > 0 else "harmed"
    few = "" if spans else "; no three words in a row are the item's"
    name = row_link(cause.name, about.homes.get(cause.sample))
    head = join(name, f" {way}, rank {cause.rank}{few}")
    body = safe_text.heated(about.texts[cause.sample], spans)
    return tag("section", tag("p", head, cls="soft"), tag("blockquote", body), cls="card")


def proof(stored: StoredAttribution, drivers: Sequence[SuiteDrivers] = ()) -> None:
    """Whether the attribution as a whole was tested, said before anything of it is shown."""
    from attribution.findings import att003_unvalidated_attribution as att003
    from attribution.reports import words

    if not stored.checks:
        notice("bad", UNTESTED)
        return
    failed = [c for c in stored.checks if not att003.passed(c)]
    for check in failed:
        notice("bad", f"It failed a test, which it does no better than chance: {words.check(check)}.")
    if not failed:
        said = "; ".join(words.check(c) for c in stored.checks[-3:])
        notice("good", f"Tested: {safe_text.words(said)}.")


def tests(stored: StoredAttribution, part: Why) -> None:
    """Whether this very claim was put to the test, and every test of the attribution."""
    from attribution.reports import words

    own = [c for c in stored.checks if _of_item(c, part)]
    section("Tested by training again")
    if own:
        draw(tag("ul", [tag("li", words.outcome(c) or words.check(c)) for c in own]))
    else:
        draw(tag("p", "Not tested for this item: nobody has trained again without the samples named here."))
    others = [c for c in stored.checks if c not in own]
    if not others:
        return
    rows: list[list[Child]] = [
        [safe_text.words(words.measured_by(c)), f"{c.value:.2f}", _reach(c), f"{c.cases:,}", c.method]
        for c in others
    ]
    columns = (
        Column("Test of the attribution", "wide"), Column("Value", "n"), Column("95 % interval", "tight"),
        Column("Cases", "n"), Column("Of what"),
    )  # fmt: skip
    draw(table(columns, rows, "Tests of this attribution"))


def _of_item(check: Check, part: Why) -> bool:
    said = (check.record.get("suite"), check.record.get("item"), check.record.get("functional"))
    return said == (part.line.suite, part.line.item, part.line.functional)


def _reach(check: Check) -> str:
    return "–" if check.low is None or check.high is None else f"{check.low:.2f} to {check.high:.2f}"
