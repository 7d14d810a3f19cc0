"""Evaluations page by page: which there are, what became of each item between two of them, one item of one.

Two evaluations are held against each other item by item inside DuckDB, in the words of
`training.evaluation.comparison`. What leaves it are counts, one page of items, and how often each pair of scores
occurs, of which intervals are made.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from governance.benchmarks.items import ITEMS
from governance.evaluations import EVALUATION_ITEM, ItemResult, results_of
from governance.lake.browsing.findings import Neighbours
from governance.lake.tables import EVALUATIONS, names

if TYPE_CHECKING:
    from governance.lake.catalog import Lake

MOST = 500
SCORERS = {"strict": ("strict", "extracted"), "official": ("official", "official_answer"),
           "choice": ("choice_score", "choice")}  # fmt: skip
"""Scorer -> the columns of its score and of the answer that it judged; what people rely on most comes first."""
FIXED, BROKEN, BOTH_RIGHT, BOTH_WRONG = "fixed", "broken", "both right", "both wrong"
UNSCORED, ONLY_BEFORE, ONLY_AFTER = "unscored", "only before", "only after"
CHANGES = (FIXED, BROKEN, BOTH_RIGHT, BOTH_WRONG, UNSCORED, ONLY_BEFORE, ONLY_AFTER)
RIGHT, WRONG = "right", "wrong"
ALONE = (RIGHT, WRONG, UNSCORED)
"""What can be said of an item where there is one evaluation only."""
SORTS = {
    "suite": "place",
    "gain": "gold_change DESC NULLS LAST, place",
    "loss": "gold_change ASC NULLS LAST, place",
}
"""Orders of a list of items: as the suite has them, or by how much likelier the right answer became."""
GROUPS = ("subject", "label")


@dataclass(frozen=True)
class EvaluationLine:
    """One evaluation in a list; the scores are means, None where there is no such score."""

    id: str
    model: str
    model_hash: str
    suite: str
    suite_hash: str
    run: str
    step: int | None
    state: str
    items: int
    strict: float | None
    official: float | None
    choice: float | None
    started: str

    @property
    def scorers(self) -> tuple[str, ...]:
        """The scorers it has scores of."""
        return tuple(name for name in SCORERS if getattr(self, name) is not None)


@dataclass(frozen=True)
class Pair:
    """Two evaluations of one suite, by a scorer; `base` is empty where there is only one."""

    base: str
    head: str
    scorer: str


@dataclass(frozen=True)
class ItemLine:
    """One item in a list of items.

    Attributes:
        before, after: scores, 0 to 1.
        gold_change: nats; positive where the right answer became likelier.
    """

    item: str
    change: str
    label: str | None
    gold: str | None
    before: float | None
    after: float | None
    before_answer: str | None
    after_answer: str | None
    gold_change: float | None


@dataclass(frozen=True)
class Items:
    """Which items of a pair are meant; an empty field asks for nothing.

    Attributes:
        traced: the suite's name, where only items are meant that an attribution has traced.
    """

    pair: Pair
    change: str = ""
    text: str = ""
    label: str = ""
    traced: str = ""


def recent_evaluations(lake: Lake, most: int = MOST) -> list[EvaluationLine]:
    """The latest evaluations, latest first."""
    if not _kept(lake):
        return []
    sql = (
        "SELECT evaluation, model, model_hash, suite, suite_hash, run, step, state, items, strict, official, choice,"
        " started FROM lake.evaluations ORDER BY started DESC, evaluation DESC LIMIT ?"
    )
    return [EvaluationLine(*row) for row in lake.fetch(sql, [most])]


def score_pairs(lake: Lake, pair: Pair, label: str = "") -> list[tuple[float, float, int]]:
    """(before, after, items) of the items that both have a score of; with one evaluation, before is after."""
    sql, values = _matched(pair)
    only = " AND label = ?" if label else ""
    sql += (
        " SELECT coalesce(before, after) AS b, after AS a, count(*) FROM matched WHERE after IS NOT NULL"
        f" AND (before IS NOT NULL OR ?){only} GROUP BY b, a ORDER BY b, a"
    )
    found = lake.fetch(sql, [*values, not pair.base, *([label] if label else [])])
    return [(float(b), float(a), int(n)) for b, a, n in found]


def score_groups(
    lake: Lake, pair: Pair, field: str, most: int = 12
) -> dict[str, list[tuple[float, float, int]]]:
    """The same for each subject or label, those with most items first; items that have none are left out."""
    if field not in GROUPS:
        raise ValueError(field)
    sql, values = _matched(pair)
    sql += (
        f", scored AS (SELECT {field} AS name, before, after FROM matched WHERE before IS NOT NULL"
        f" AND after IS NOT NULL AND {field} <> ''),"
        " names AS (SELECT name, count(*) AS n FROM scored GROUP BY name ORDER BY n DESC, name LIMIT ?)"
        " SELECT name, before, after, count(*) FROM scored JOIN names USING (name)"
        " GROUP BY name, before, after, names.n ORDER BY names.n DESC, name, before, after"
    )
    found: dict[str, list[tuple[float, float, int]]] = {}
    for name, before, after, count in lake.fetch(sql, [*values, most]):
        found.setdefault(str(name), []).append((float(before), float(after), int(count)))
    return found


def by_change(lake: Lake, wanted: Items) -> Mapping[str, int]:
    """Items by what became of them, in the order of `CHANGES`, whatever change is asked for."""
    sql, values = _matched(wanted.pair)
    clause, more = _where(replace(wanted, change=""))
    sql += f" SELECT change, count(*) FROM matched{clause} GROUP BY change"
    found = {str(change): int(n) for change, n in lake.fetch(sql, [*values, *more])}
    known = CHANGES if wanted.pair.base else ALONE
    return {change: found[change] for change in known if change in found}


def count(lake: Lake, wanted: Items) -> int:
    """How many items there are."""
    sql, values = _matched(wanted.pair)
    clause, more = _where(wanted)
    return int(lake.fetch(f"{sql} SELECT count(*) FROM matched{clause}", [*values, *more])[0][0])


def page(lake: Lake, wanted: Items, sort: str, limit: int, offset: int) -> list[ItemLine]:
    """Some of them in an order of `SORTS`."""
    sql, values = _matched(wanted.pair)
    clause, more = _where(wanted)
    sql += (
        " SELECT item, change, label, gold, before, after, before_answer, after_answer, gold_change"
        f" FROM matched{clause} ORDER BY {SORTS.get(sort, SORTS['suite'])} LIMIT ? OFFSET ?"
    )
    return [ItemLine(*row) for row in lake.fetch(sql, [*values, *more, limit, offset])]


def neighbours(lake: Lake, wanted: Items, sort: str, item: str) -> Neighbours:
    """The items before and after one in the list that is asked for."""
    sql, values = _matched(wanted.pair)
    clause, more = _where(wanted)
    sql += (
        " SELECT here, total, coalesce(b, ''), coalesce(a, '') FROM (SELECT item, row_number() OVER o AS here,"
        f" count(*) OVER () AS total, lag(item) OVER o AS b, lead(item) OVER o AS a FROM matched{clause}"
        f" WINDOW o AS (ORDER BY {SORTS.get(sort, SORTS['suite'])})) WHERE item = ? LIMIT 1"
    )
    found = lake.fetch(sql, [*values, *more, item])
    return Neighbours(*found[0]) if found else Neighbours()


def one(lake: Lake, evaluation: str, item: str) -> ItemResult | None:
    """The result of one item, None where the evaluation does not have it."""
    if not evaluation or not _kept(lake):
        return None
    sql = f"SELECT {names(EVALUATION_ITEM)} FROM lake.evaluation_items WHERE evaluation = ? AND item = ? LIMIT 1"
    found = results_of(lake.query(sql, EVALUATION_ITEM, [evaluation, item]))
    return found[0] if found else None


def questions(lake: Lake, suite: str, suite_hash: str, items: Sequence[str]) -> dict[str, str]:
    """What the items ask, untrusted, as far as the lake keeps the suite in that version."""
    sql = (
        "SELECT item, question FROM lake.suite_items WHERE suite_id ="
        " (SELECT suite_id FROM lake.suites WHERE name = ? AND content_hash = ? LIMIT 1)"
        " AND item IN (SELECT unnest(?))"
    )
    return {str(item): str(asked) for item, asked in lake.fetch(sql, [suite, suite_hash, list(items)])}


def _kept(lake: Lake) -> bool:
    """Whether the lake has the tables at all: one that is older than they are has no evaluation."""
    from governance.lake.catalog import table_names

    return EVALUATIONS.name in table_names(lake)


def _where(wanted: Items) -> tuple[str, list[object]]:
    parts: list[str] = []
    values: list[object] = []
    for column in ("change", "label"):
        if value := getattr(wanted, column):
            parts.append(f"{column} = ?")
            values.append(value)
    if wanted.text:
        fields = ("item", "gold", "before_answer", "after_answer", "prompt")
        parts.append("(" + " OR ".join(f"contains(lower({f}), ?)" for f in fields) + ")")
        values += [wanted.text.lower()] * len(fields)
    if wanted.traced:
        parts.append("item IN (SELECT t.item FROM lake.balances t WHERE t.suite = ?)")
        values.append(wanted.traced)
    return (" WHERE " + " AND ".join(parts) if parts else ""), values


def _matched(pair: Pair) -> tuple[str, list[object]]:
    """WITH matched: every item of either evaluation, and what became of it."""
    score, answer = SCORERS[pair.scorer]
    side = (
        f"SELECT item, position, subject, label, gold, prompt, CASE WHEN state = 'scored' THEN {score} END AS score,"
        f" {answer} AS answer, gold_loglik FROM lake.evaluation_items WHERE evaluation = ?"
    )
    sql = (
        f"WITH b AS ({side}), a AS ({side}), matched AS (SELECT coalesce(a.item, b.item) AS item,"
        f" {_change() if pair.base else _alone()} AS change,"
        " coalesce(b.position, 1000000000 + a.position) AS place, coalesce(a.subject, b.subject) AS subject,"
        " coalesce(a.label, b.label) AS label, coalesce(a.gold, b.gold) AS gold, b.score AS before,"
        " a.score AS after, b.answer AS before_answer, a.answer AS after_answer,"
        " a.gold_loglik - b.gold_loglik AS gold_change, coalesce(nullif(a.prompt, ''), b.prompt) AS prompt"
        " FROM b FULL JOIN a ON a.item = b.item)"
    )
    return sql, [pair.base, pair.head]


def _change() -> str:
    return (
        f"CASE WHEN a.item IS NULL THEN '{ONLY_BEFORE}' WHEN b.item IS NULL THEN '{ONLY_AFTER}'"
        f" WHEN a.score IS NULL OR b.score IS NULL THEN '{UNSCORED}' WHEN a.score > b.score THEN '{FIXED}'"
        f" WHEN a.score < b.score THEN '{BROKEN}' WHEN a.score = 1 THEN '{BOTH_RIGHT}' ELSE '{BOTH_WRONG}' END"
    )


def _alone() -> str:
    return f"CASE WHEN a.score IS NULL THEN '{UNSCORED}' WHEN a.score = 1 THEN '{RIGHT}' ELSE '{WRONG}' END"


def model_before(lake: Lake, run: str) -> str:
    """The hash of the model that a training run started from; empty where that is not known."""
    from governance.lake.catalog import table_names

    if not run or "trainings" not in table_names(lake):
        return ""
    found = lake.fetch("SELECT model_hash FROM lake.trainings WHERE run = ?", [run])
    return str(found[0][0]) if found else ""


def suite_item(lake: Lake, suite: str, item: str, content_hash: str = "") -> dict[str, Any]:
    """An item as the lake keeps it, in that version of the suite or else in the latest; empty where it does not."""
    sql = (
        f"SELECT {names(ITEMS)} FROM lake.suite_items WHERE item = ? AND suite_id IN (SELECT suite_id FROM lake.suites"
        " WHERE name = ? AND suite_id NOT IN (SELECT id FROM lake.removals WHERE kind = 'suite')"
        " ORDER BY content_hash = ? DESC, version DESC LIMIT 1) LIMIT 1"
    )
    found: list[dict[str, Any]] = lake.query(sql, ITEMS, [item, suite, content_hash]).to_pylist()
    return found[0] if found else {}


def change_of(lake: Lake, pair: Pair, item: str) -> str:
    """What became of one item; empty where neither evaluation has it."""
    sql, values = _matched(pair)
    found = lake.fetch(f"{sql} SELECT change FROM matched WHERE item = ? LIMIT 1", [*values, item])
    return str(found[0][0]) if found else ""
