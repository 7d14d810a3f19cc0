"""Why one evaluation item came out as it did: both outputs, what its change is made of, and the samples behind it."""

from __future__ import annotations

import glob
import json
import shlex
from typing import TYPE_CHECKING, Any

from governance.contributions import ANSWER_LOSS
from governance.evaluations import ItemResult
from governance.lake.browsing import attributions, evaluations
from governance.lake.browsing.attributions import Part
from governance.lake.browsing.evaluations import EvaluationLine, Pair
from governance.lake.contributions import StoredAttribution
from ui.dashboard import safe_text
from ui.dashboard.catalogue import Page
from ui.dashboard.components import asking, causes, chips, figures, proposing, scores
from ui.dashboard.components.saying import command, draw, heading, notice, section
from ui.dashboard.components.tables import Column, empty, link, table
from ui.dashboard.frame import dropped, show
from ui.dashboard.markup import Child, Markup, join, tag
from ui.dashboard.reading import evaluating, explaining
from ui.dashboard.reading.evaluating import SuitePair
from ui.dashboard.reading.explaining import Known
from ui.dashboard.reading.visit import Visit
from ui.dashboard.url_state import DriversQuery, FindingsQuery, WhyQuery, address

if TYPE_CHECKING:
    from attribution.explaining.why import Why

PAGE = Page("why", "Why", "Models", 2, hidden=True, under="evals")
MOST_SOURCES = 12
MOST = 50
"""Samples of either sign that a page lists."""


def body(visit: Visit) -> None:
    """The page."""
    query, unknown = WhyQuery.read(visit.params)
    dropped(unknown)
    pair = evaluating.chosen(visit, query.base, query.head).of(query.suite) if query.suite else None
    sides = [evaluations.one(visit.lake, line.id if line else "", query.item) for line in _lines(pair)]
    run = pair.head.run if pair and pair.head else ""
    known = explaining.of_item(visit, query.suite, query.item, run, query.attribution)
    if not any(sides) and known.now is None:
        _nothing(query)
        return
    asked = explaining.item_of(
        visit, query.suite, query.item, pair.head.suite_hash if pair and pair.head else ""
    )
    _steps(visit, query, pair)
    heading(f"Why, {safe_text.words(query.suite)}", safe_text.words(query.item), _became(visit, query, pair))
    _question(asked, sides)
    _answers(pair, sides)
    _explained(visit, query, known, asked)
    command(*_commands(query, known, run))


def _lines(pair: SuitePair | None) -> tuple[EvaluationLine | None, EvaluationLine | None]:
    return (pair.base, pair.head) if pair else (None, None)


def _nothing(query: WhyQuery) -> None:
    back = link("← Evaluations", address("evals", query.listing()))
    draw(tag("nav", back, cls="steps", aria_label="Back to the list"))
    heading("Why", "Not in this lake")
    what = f"No evaluation and no attribution of this lake has item {safe_text.words(query.item)}"
    draw(
        empty(
            f"{what} of suite {safe_text.words(query.suite)}." if query.suite else "No item is named.", back
        )
    )
    command("govern runs list")


def _steps(visit: Visit, query: WhyQuery, pair: SuitePair | None) -> None:
    """Back to the list, and to the items before and after in it."""
    back = link("← Evaluations", address("evals", query.listing()))
    by = pair.by(query.scorer) if pair else None
    if by is None:
        draw(tag("nav", back, cls="steps", aria_label="Items of the list"))
        return
    near = evaluations.neighbours(visit.lake, query.items(by), query.sort, query.item)
    place = tag("span", f"{near.place:,} of {near.total:,}", cls="soft") if near.place else None
    steps = [
        link(label, address("why", query.at(item=item, page=query.page)))
        for label, item in (("Previous", near.before), ("Next", near.after))
        if item
    ]
    draw(tag("nav", back, place, steps, cls="steps", aria_label="Items of the list"))


def _became(visit: Visit, query: WhyQuery, pair: SuitePair | None) -> Child:
    """What became of the item between the two."""
    by: Pair | None = pair.by(query.scorer) if pair else None
    if by is None:
        return None
    found = evaluations.change_of(visit.lake, by, query.item)
    if not found:
        return None
    between = [scores.model(line) for line in _lines(pair) if line]
    return join(scores.change(found), " \u2003", " → ".join(between))


def _question(asked: dict[str, Any], sides: list[ItemResult | None]) -> None:
    """What was asked and what is right, as the suite has it; else the prompt as the model got it."""
    first = next((s for s in reversed(sides) if s is not None), None)
    question = str(asked.get("question") or "")
    said = safe_text.passage(question) or safe_text.passage(_last_message(first.prompt if first else ""))
    gold = (first.gold if first else None) or asked.get("answer")
    spelled = asked.get("answer_text")
    draw(
        tag("h3", "Asked"),
        tag("blockquote", said)
        if said
        else tag("p", "The text of the item is not in this lake.", cls="soft"),
        _options(asked),
        chips.properties(
            ("right answer", safe_text.words(str(gold), 300) if gold is not None else "withheld"),
            ("spelled out", safe_text.words(str(spelled), 300) if spelled and spelled != gold else None),
        ),
    )
    if first is not None and first.prompt:
        whole = safe_text.passage(_messages(first.prompt))
        draw(tag("details", tag("summary", "The whole prompt"), tag("blockquote", whole)))


def _options(asked: dict[str, Any]) -> Markup | None:
    options = asked.get("options") or ()
    if not options:
        return None
    letters = [chr(ord("A") + n) for n in range(len(options))]
    return tag(
        "ul", [tag("li", f"{x}. {safe_text.words(o, 300)}") for x, o in zip(letters, options, strict=True)]
    )


def _last_message(prompt: str) -> str:
    return _parsed(prompt)[-1][1] if prompt else ""


def _messages(prompt: str) -> str:
    return "\n\n".join(f"{role}: {content}" if role else content for role, content in _parsed(prompt))


def _parsed(prompt: str) -> list[tuple[str, str]]:
    """(role, content) of the messages of a prompt; a text of its own where it is no list of messages."""
    try:
        found = json.loads(prompt)
        said = [(str(m["role"]), str(m["content"])) for m in found]
    except (ValueError, TypeError, KeyError):
        return [("", prompt)]
    return said or [("", "")]


def _answers(pair: SuitePair | None, sides: list[ItemResult | None]) -> None:
    """Base and head side by side: what each said, what was found in it, and what that was worth."""
    heads = ("Base", "Head")
    panes = [
        _pane(f"{name}: {scores.model(line)}" if line else name, side)
        for name, line, side in zip(heads, _lines(pair), sides, strict=True)
        if line is not None
    ]
    if panes:
        section("Answers")
        draw(tag("div", panes, cls="pair"))
    if len(panes) == 1:
        notice("info", "One evaluation only, so there is no change to be shown; pick a base on Evaluations.")


def _pane(title: str, side: ItemResult | None) -> Markup:
    if side is None:
        return tag(
            "section", tag("h3", title), tag("p", "It was not asked this item.", cls="soft"), cls="pane"
        )
    answer = side.extracted or side.choice or side.official_answer
    found = chips.properties(
        ("answer found", safe_text.words(answer, 200) or "none"),
        ("strict score", _score(side.strict)),
        ("benchmark's score", _score(side.official)),
        ("likeliest option", _score(side.choice_score)),
        ("right answer", f"{side.gold_loglik:.4f} nats" if side.gold_loglik is not None else None),
        ("margin", f"{scores.nats(side.margin)} nats" if side.margin is not None else None),
        ("state", f"{side.state.value}: {safe_text.words(side.reason, 200)}" if side.reason else None),
        ("ended", "cut at the most tokens" if side.finish == "length" else None),
    )
    output = tag("blockquote", safe_text.passage(side.output)) if side.output else None
    none = None if output else tag("p", "Nothing was generated; options were measured.", cls="soft")
    return tag("section", tag("h3", title), found, output, none, cls="pane")


def _score(value: float | None) -> str | None:
    if value is None:
        return None
    return {1.0: "✓ right", 0.0: "✕ wrong"}.get(value, f"{value:.2f}")


def _explained(visit: Visit, query: WhyQuery, known: Known, asked: dict[str, Any]) -> None:
    section("What moved it")
    stored = known.now
    if stored is None:
        said = "Not attributed: no training run was traced for this item. The command below traces one."
        draw(empty(said, _others(visit, query)))
        return
    if known.missing:
        words = f"Attribution {safe_text.words(known.missing)} did not trace this item; this is another one."
        notice("info", words)
    _choose(query, known, stored)
    parts = explaining.explained(visit, stored.id, query.suite, query.item, min(query.k, MOST))
    part = causes.safe(parts.get(query.functional) or next(iter(_right_first(parts).values())))
    causes.proof(stored)
    _functionals(query, part, parts)
    _amounts(part)
    about = explaining.evidence(visit, stored, part.causes, asked)
    draw(causes.legend())
    causes.side("Pushed toward the right answer", part, part.helped, about)
    causes.side("Pushed away from it", part, part.harmed, about)
    _leave_out(visit, query, part)
    _more(query, part)
    _sources(visit, Part(stored.id, query.suite, part.line.functional), query, part)
    causes.texts(part, about)
    causes.tests(stored, part)


def _leave_out(visit: Visit, query: WhyQuery, part: Why) -> None:
    """A proposal for the next split: without the samples that are listed as having pushed away."""
    ids = [cause.sample_id for cause in part.harmed]
    origin = f"samples that pushed {query.item[:60]} of {query.suite[:60]} away from the right answer"
    proposing.ask_to_leave_out(visit, len(ids), lambda: ids, origin)


def _others(visit: Visit, query: WhyQuery) -> Markup | None:
    """Items of the suite of which it is known what moved them."""
    if not attributions.any_traced(visit.lake, query.suite):
        return None
    wider = query.listing().at(traced="1", change="", q="", label="")
    return tag("p", link("Items of this suite that were traced", address("evals", wider)))


def _right_first(parts: dict[str, Why]) -> dict[str, Why]:
    """The margin first where it was traced: it is what a flip from wrong to right is about."""
    return dict(sorted(parts.items(), key=lambda one: one[0] != "margin"))


def _choose(query: WhyQuery, known: Known, stored: StoredAttribution) -> None:
    if len(known.every) > 1:
        options = {
            a.id: f"{asking.moment(a.created_at, a.id)}  run {safe_text.words(a.record.run)}"
            for a in known.every
        }
        asking.choose(query.at(attribution=stored.id, page=query.page), "attribution", "Attribution", options)
    drove = address("drivers", DriversQuery(run=query.run, attribution=stored.id, suite=query.suite))
    draw(
        tag(
            "p",
            f"Attribution {stored.id} of training run {safe_text.words(stored.record.run)}, "
            f"{stored.samples:,} samples. ",
            link("What drove the whole suite", drove),
            cls="soft",
        )
    )


def _functionals(query: WhyQuery, part: Why, parts: dict[str, Why]) -> None:
    from attribution.reports import words

    if len(parts) < 2:
        return
    links = [
        tag("a", words.functional(name).capitalize(), data_go="1",
            href=address("why", query.at(functional=name, page=query.page)),
            aria_current="true" if name == part.line.functional else None)
        for name in _right_first(parts)
    ]  # fmt: skip
    draw(tag("nav", links, cls="tabs", aria_label="What of the item is explained"))


def _amounts(part: Why) -> None:
    """The change and what it is made of, as a picture and as a table."""
    from attribution.reports import figures as reported
    from attribution.reports import words

    draw(tag("p", f"{words.covered(part.coverage, ranks_only=part.ranks_only)}. {words.flip(part)}"))
    if not part.ranks_only:
        title = f"From {part.line.before:.3f} to {part.line.after:.3f}"
        line = None if part.line.functional == ANSWER_LOSS else 0.0
        caption = reported.waterfall_caption(part)
        draw(figures.waterfall(title, caption, reported.steps_of(part), line, reported.KEY))
    else:
        notice(
            "info", "Too little of the change is accounted for, so samples are ranked and no amount is shown."
        )
    draw(causes.balance(part.line.sums, part.line.before, part.line.after))


def _more(query: WhyQuery, part: Why) -> None:
    if query.k < MOST and (part.helped_rest.samples or part.harmed_rest.samples):
        wider = address("why", query.at(k=min(query.k * 4, MOST), page=query.page))
        draw(tag("p", link("Show more samples", wider)))


def _sources(visit: Visit, of: Part, query: WhyQuery, part: Why) -> None:
    """The same amounts by source."""
    from attribution.reports import words

    found = explaining.sources(visit, of, query.item, MOST_SOURCES)
    if len(found) < 2:
        return
    rows: list[list[Child]] = [
        [
            _source(visit, one.source),
            words.amount(one.amount, ranks_only=part.ranks_only),
            f"{one.samples:,}",
        ]
        for one in found
    ]
    draw(tag("h3", "By source"))
    if len(found) >= MOST_SOURCES:
        draw(tag("p", f"The {MOST_SOURCES} that moved it most.", cls="soft"))
    columns = (Column("Source", "wide"), Column("Contribution, nats", "n"), Column("Samples", "n"))
    draw(table(columns, rows, "Contributions by source"))


def _source(visit: Visit, source: str) -> Child:
    shown = safe_text.words(source) or "no source"
    if not source or not visit.run:
        return shown
    return link(shown, address("findings", FindingsQuery(run=visit.run, source=source)))


def _commands(query: WhyQuery, known: Known, run: str) -> list[str]:
    if known.now is None:
        only = glob.escape(query.item)
        return [shlex.join(["govern", "attribute", run or "latest", "--suite", query.suite, "--only", only])]
    why = ["govern", "why", query.suite, query.item, "--run", known.now.id]
    return [shlex.join(why), shlex.join([*why, "--verify"])]


if __name__ == "__main__":
    show(PAGE, body, needs_run=False)
