"""Evaluations: what the later model does better and worse than the earlier one, suite by suite and item by item."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import streamlit as st

from governance.lake.browsing import attributions, evaluations
from governance.lake.browsing.evaluations import ItemLine, Items, Pair
from governance.reports import words
from ui.dashboard import safe_text
from ui.dashboard.catalogue import Page
from ui.dashboard.components import asking, figures, scores
from ui.dashboard.components.saying import command, draw, heading, notice, section
from ui.dashboard.components.tables import PAGE_ROWS, Column, empty, link, pager, table
from ui.dashboard.frame import dropped, show
from ui.dashboard.markup import Child, Markup, join, tag
from ui.dashboard.reading import evaluating
from ui.dashboard.reading.evaluating import Chosen, SuitePair
from ui.dashboard.reading.searching import searchable
from ui.dashboard.reading.visit import Visit
from ui.dashboard.url_state import DriversQuery, EvalsQuery, WhyQuery, address

if TYPE_CHECKING:
    from training.evaluation.comparison import Difference

PAGE = Page("evals", "Evaluations", "Models", 1)
MOST_GROUPS = 12
ORDERS = {
    "suite": "as in the suite",
    "gain": "right answer most likelier first",
    "loss": "right answer most unlikelier first",
}
SCORER_WORDS = {"strict": "strict", "official": "the benchmark's own", "choice": "likeliest option"}


def body(visit: Visit) -> None:
    """The page."""
    query, unknown = EvalsQuery.read(visit.params)
    query, refused = searchable(query)
    dropped(unknown)
    found = evaluating.chosen(visit, query.base, query.head)
    _remarks(found, refused)
    if found.head is None:
        heading("Models", "Evaluations", "None is stored yet")
        draw(empty("No evaluation is stored in this lake. One asks a model every item of a suite."))
        command("govern eval MODEL --suite SUITE", "govern eval import results.json --suite SUITE")
        return
    heading("Models", "Evaluations", _held(found))
    _choose(found, query)
    _suites(visit, found, query)
    pair = found.of(query.suite)
    by = pair.by(query.scorer) if pair else None
    if pair is None or by is None:
        draw(empty(f"No evaluation of suite {safe_text.words(query.suite)} has scores to show."))
    else:
        _suite(visit, query.at(suite=pair.suite, page=query.page), pair, by)
    command(*_commands(found, pair, by))


def _remarks(found: Chosen, refused: str) -> None:
    if refused:
        notice("info", refused)
    for ident in found.missing:
        words_ = (
            f"There is no evaluation {safe_text.words(ident)} in this lake; the latest that fits is shown."
        )
        notice("info", words_)


def _held(found: Chosen) -> Markup:
    head = tag("b", scores.model(found.head)) if found.head else None
    if found.base is None:
        return join(head, ", with nothing to hold it against")
    return join(tag("b", scores.model(found.base)), " → ", head)


def _choose(found: Chosen, query: EvalsQuery) -> None:
    """The base and the head; choosing one keeps the other."""
    options = {
        line.id: f"{scores.model(line)}  ({asking.moment(line.started, line.id)})" for line in found.states
    }
    sides = [(name, side) for name, side in (("base", found.base), ("head", found.head)) if side]
    if len(options) < 2:
        notice("info", "One evaluation only: with a second model on the same suite, items can be compared.")
        return
    now = query.at(**{name: _option(side.id, found) for name, side in sides})
    left, right = st.columns(2)
    with left:
        asking.choose(now, "base", "Base", {"": "the one it was trained from", **options})
    with right:
        asking.choose(now, "head", "Head", options)
    if found.base is None:
        notice("info", "One evaluation of this suite only: pick a base that was asked the same suite.")


def _option(ident: str, found: Chosen) -> str:
    """The evaluation that stands for the same state of the model in the lists."""
    mine = next((line for line in (found.base, found.head) if line and line.id == ident), None)
    same = [
        line.id for line in found.states if mine and evaluating.state_of(line) == evaluating.state_of(mine)
    ]
    return same[0] if same else ident


def _suites(visit: Visit, found: Chosen, query: EvalsQuery) -> None:
    lines = [(pair, evaluating.compared(visit, pair, query.scorer)) for pair in found.pairs]
    known = [(pair, one) for pair, one in lines if one is not None]
    section("Suites", "Scores with the 95 % interval of the difference, over the same items, drawn in pairs.")
    if known and found.base:
        draw(_picture([(p, d) for p, d in known if p.base]))
    columns = (
        Column("Suite", "wide"), Column("Items", "n"), Column("Base", "n"), Column("Head", "n"),
        Column("Difference, points", "n"), Column("Fixed", "n"), Column("Broken", "n"), Column("Told apart", "tight"),
    )  # fmt: skip
    draw(table(columns, [_line(query, pair, one) for pair, one in lines], "Suites"))


def _line(query: EvalsQuery, pair: SuitePair, found: Difference | None) -> list[Child]:
    by = pair.by(query.scorer)
    here = EvalsQuery(run=query.run, base=query.base, head=query.head, suite=pair.suite, scorer=query.scorer)
    name = join(
        link(safe_text.words(pair.suite), address("evals", here)),
        tag("span", f"{SCORER_WORDS[by.scorer]} score", cls="name") if by else None,
    )
    if found is None or by is None:
        return [name, "0", *["–"] * 5, "no score that both have"]
    if not by.base:
        return [
            name,
            f"{found.items:,}",
            "–",
            scores.percent(found.after.value),
            *["–"] * 3,
            "one evaluation only",
        ]
    return [
        name,
        f"{found.items:,}",
        scores.percent(found.before.value),
        scores.percent(found.after.value),
        scores.points(found),
        link(
            f"{found.fixed:,}", address("evals", here.at(change="fixed")), "count", f"fixed in {pair.suite}"
        ),
        link(
            f"{found.broken:,}",
            address("evals", here.at(change="broken")),
            "count",
            f"broken in {pair.suite}",
        ),
        scores.verdict(found),
    ]


def _picture(lines: list[tuple[SuitePair, Difference]]) -> Markup:
    from attribution.reports.charts import Range

    rows = [
        Range(safe_text.words(p.suite), 100 * d.difference.value, 100 * d.difference.low, 100 * d.difference.high,
              scores.points(d))
        for p, d in lines
    ]  # fmt: skip
    title = "Difference by suite"
    caption = "Percentage points; right of the line the head is better. Whiskers are 95 % intervals."
    return figures.ranges(title, caption, rows)


def _suite(visit: Visit, query: EvalsQuery, pair: SuitePair, by: Pair) -> None:
    found = evaluating.compared(visit, pair, query.scorer)
    section(f"Items of {safe_text.words(pair.suite)}", _sure(pair, found))
    wanted = query.items(by)
    total = evaluations.count(visit.lake, wanted)
    left, right = st.columns([1, 4], gap="medium")
    with left:
        _facets(visit, query, pair, wanted)
    with right:
        draw(asking.pills("evals", query, _in_force(query)))
        if total:
            _list(visit, query, pair, by, total)
        else:
            clear = link("Clear filters", address("evals", _unfiltered(query)))
            draw(empty("No item matches these filters.", clear))
    _groups(visit, query, pair)


def _sure(pair: SuitePair, found: Difference | None) -> Child:
    if found is None or pair.base is None:
        return None
    from training.evaluation.difference import probability

    return (
        f"Difference {scores.points(found)} points over {words.plural(found.items, 'item')}; {found.fixed:,} fixed and "
        f"{found.broken:,} broken, exact McNemar p {probability(found.p)}."
    )


def _unfiltered(query: EvalsQuery) -> EvalsQuery:
    return query.at(change="", label="", q="", traced="")


def _facets(visit: Visit, query: EvalsQuery, pair: SuitePair, wanted: Items) -> None:
    asking.search(query, "Search", "words of an item or an answer")
    asking.choose(query, "sort", "Order", ORDERS)
    if len(pair.scorers) > 1:
        asking.choose(query, "scorer", "Score", {s: SCORER_WORDS[s] for s in pair.scorers})
    counts = evaluations.by_change(visit.lake, wanted)
    draw(
        asking.facet("evals", query, "change", "What became of them", counts, scores.change, most=9),
        _traced(visit, query, wanted),
        tag(
            "p",
            link("What drove the change", address("drivers", DriversQuery(run=query.run, suite=pair.suite))),
        ),
    )


def _traced(visit: Visit, query: EvalsQuery, wanted: Items) -> Markup | None:
    """Items of which it is known what moved them; nothing where none was traced."""
    if not attributions.any_traced(visit.lake, query.suite):
        return None
    number = evaluations.count(visit.lake, replace(wanted, traced=query.suite))
    return asking.facet(
        "evals", query, "traced", "What moved them", {"1": number}, lambda _: "causes were traced"
    )


def _in_force(query: EvalsQuery) -> list[tuple[str, str, Markup | str]]:
    said: list[tuple[str, str, Markup | str]] = []
    if query.change:
        said.append(("change", "change", scores.change_words(query.change)))
    for name, label in (("q", "words"), ("label", "label")):
        if value := getattr(query, name):
            said.append((name, label, safe_text.words(value)))
    return [*said, *([("traced", "causes", "were traced")] if query.traced else [])]


def _list(visit: Visit, query: EvalsQuery, pair: SuitePair, by: Pair, total: int) -> None:
    offset = (query.page - 1) * PAGE_ROWS
    found = evaluations.page(visit.lake, query.items(by), query.sort, PAGE_ROWS, offset)
    names = [line.item for line in found]
    asked = evaluations.questions(visit.lake, pair.suite, pair.head.suite_hash, names) if pair.head else {}
    traced = attributions.tracing(visit.lake, query.suite, names)
    columns = (
        Column("Item", "wide"), Column("Change", "tight"), Column("Right answer", "some"), Column("Base", "some"),
        Column("Head", "some"), Column("Likelier, nats", "n"),
    )  # fmt: skip
    rows = [_item(query, by, line, asked, traced) for line in found]
    draw(table(columns, rows, "Items"), pager("evals", query, total))


def _item(
    query: EvalsQuery, by: Pair, line: ItemLine, asked: Mapping[str, str], traced: Mapping[str, set[str]]
) -> list[Child]:
    values = {**query.__dict__, "base": by.base, "head": by.head, "page": query.page}
    opened = WhyQuery(**values, item=line.item)
    known = "its causes were traced" if line.item in traced else ""
    return [
        join(
            link(safe_text.words(line.item), address("why", opened)),
            tag("span", safe_text.words(asked.get(line.item, ""), 100), cls="excerpt"),
            tag("span", known, cls="sub") if known else None,
        ),
        scores.change(line.change),
        safe_text.words(line.gold, 60),
        _answer(line.before, line.before_answer),
        _answer(line.after, line.after_answer),
        scores.nats(line.gold_change),
    ]


def _answer(score: float | None, answer: str | None) -> Child:
    if score is None and answer is None:
        return "–"
    sign = "" if score is None else "✓ " if score == 1 else "✕ " if score == 0 else f"{score:.2f} "
    return f"{sign}{safe_text.words(answer, 60) or 'no answer found'}"


def _groups(visit: Visit, query: EvalsQuery, pair: SuitePair) -> None:
    """The difference by label, or by subject where items have no label."""
    for field in ("label", "subject"):
        found = evaluating.by_group(visit, pair, query.scorer, field, MOST_GROUPS)
        if len(found) < 2:
            continue
        few = f"The {MOST_GROUPS} with most items." if len(found) >= MOST_GROUPS else None
        section(f"By {field}", few)
        columns = (
            Column(field.capitalize(), "wide"), Column("Items", "n"), Column("Base", "n"), Column("Head", "n"),
            Column("Difference, points", "n"), Column("Fixed", "n"), Column("Broken", "n"),
        )  # fmt: skip
        draw(table(columns, [_group(query, field, d) for d in found], f"Difference by {field}"))
        return


def _group(query: EvalsQuery, field: str, found: Difference) -> list[Child]:
    name = safe_text.words(found.name)
    href = address("evals", _unfiltered(query).at(label=found.name)) if field == "label" else ""
    return [
        link(name, href) if href else name,
        f"{found.items:,}",
        scores.percent(found.before.value),
        scores.percent(found.after.value),
        scores.points(found),
        f"{found.fixed:,}",
        f"{found.broken:,}",
    ]


def _commands(found: Chosen, pair: SuitePair | None, by: Pair | None) -> list[str]:
    if by is None or pair is None:
        return ["govern runs list"]
    if not by.base:
        return [f"govern runs show {by.head}"]
    return [shlex.join(["govern", "runs", "diff", by.base, by.head, "--scorer", by.scorer])]


if __name__ == "__main__":
    show(PAGE, body, needs_run=False)
