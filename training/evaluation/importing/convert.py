"""A log of another program as an evaluation: its own scores as the official ones, ours as the strict ones."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from governance.benchmarks.suite import LETTERS, letter_index
from governance.evaluations import (
    Evaluation,
    EvaluationState,
    ItemResult,
    ItemState,
    ModelRecord,
    SuiteUsed,
    counted,
    mean_scores,
)
from governance.version import VERSION
from training.evaluation.importing.entries import Entry, Log
from training.evaluation.importing.match import Matched, match
from training.scoring.base import Item, Scored, Scorer
from training.scoring.registry import benchmark_of, scorers
from training.scoring.verdict import WITHHELD, gold_letters

if TYPE_CHECKING:
    from governance.lake import Lake

BACKEND = "import"
LEAST_SHARE = 0.5
"""A suite that is not named is taken for the log's where it has so many of the log's items."""
NOTHING_LEFT = "the log holds no answer to this item"


@dataclass(frozen=True)
class KnownSuite:
    """A suite of the lake with its items."""

    name: str
    version: int
    content_hash: str
    items: tuple[Item, ...]


def results_of(log: Log, matched: Matched, suite: str) -> list[ItemResult]:
    """A result for each entry; an item of the suite that a second entry is too is taken once, from the first."""
    rules = scorers(suite)
    taken: set[str] = set()
    results = []
    for entry, item in zip(log.entries, matched.items, strict=True):
        known = item if item is not None and item.item not in taken else None
        found = known or _own_item(entry, log.task)
        taken.add(found.item)
        results.append(_result(entry, found, rules.strict))
    return results


def evaluation_of(
    log: Log, results: Sequence[ItemResult], matched: Matched, suite: KnownSuite | None, user: str
) -> Evaluation:
    """The record of an imported log."""
    now = datetime.now(UTC)
    open_items = any(r.state in {ItemState.FAILED, ItemState.MISSING} for r in results)
    return Evaluation(
        id=f"{now:%Y%m%d-%H%M%S}-{secrets.token_hex(3)}",
        model=ModelRecord(log.model, BACKEND),
        suite=_suite_used(log, results, suite),
        settings={
            "method": "import",
            "program": log.program,
            "task": log.task,
            "file": log.file,
            "sha256": log.sha256,
            "log": json.loads(json.dumps(log.settings, default=str)),
        },
        state=EvaluationState.INCOMPLETE if open_items else EvaluationState.COMPLETE,
        started=log.started or now.isoformat(timespec="seconds"),
        finished=now.isoformat(timespec="seconds"),
        counts=counted(results),
        scores=mean_scores(results),
        notes=(*log.notes, *_match_notes(matched, suite)),
        user=user,
        govern=VERSION,
    )


def best_suite(log: Log, suites: Sequence[KnownSuite]) -> KnownSuite | None:
    """The suite that has most of the log's items, if it has at least half of them."""
    counts = [(match(log.entries, suite.items).found, suite) for suite in suites]
    most = max(counts, key=lambda pair: pair[0], default=(0, None))
    return most[1] if most[0] and most[0] >= LEAST_SHARE * len(log.entries) else None


def known_suite(lake: Lake, name: str) -> KnownSuite:
    """The latest version of a suite of the lake."""
    from governance.lake.suites import find_suite, load_suite
    from training.evaluation.plan import items_of

    stored = find_suite(lake, name)
    items = tuple(items_of(load_suite(lake, name, stored.version)))
    return KnownSuite(stored.name, stored.version, stored.content_hash, items)


def _result(entry: Entry, item: Item, strict: Scorer) -> ItemResult:
    """The entry's result. Options and gold are those of the log where it has them: programs shuffle options."""
    asked = replace(item, options=entry.options, answer=entry.gold) if entry.options else item
    judged = _judged(asked, entry, strict)
    bare = ItemResult(
        item.item,
        ItemState.SCORED,
        subject=item.subject,
        label=item.label,
        gold=asked.answer,
        prompt=entry.messages,
        output=entry.output,
        finish=entry.finish,
        official_answer=entry.answer,
        official=entry.score,
        extracted=judged.extracted,
        strict=judged.score,
        prompt_tokens=entry.prompt_tokens,
        output_tokens=entry.output_tokens,
        seconds=entry.seconds,
    )
    return _with_state(_with_likelihoods(bare, entry, asked), entry, judged)


def _judged(item: Item, entry: Entry, strict: Scorer) -> Scored:
    if entry.output is None:
        return Scored(None, None)
    try:
        return strict(item, entry.output)
    except (ValueError, TypeError, KeyError, IndexError, ArithmeticError, RecursionError) as error:
        return Scored(None, None, f"the scorer failed: {type(error).__name__}")


def _with_state(result: ItemResult, entry: Entry, judged: Scored) -> ItemResult:
    """Why the item has a score, or why not; an item without one has none at all."""
    nothing = entry.output is None and not entry.logliks
    if entry.error or nothing:
        state = ItemState.FAILED if entry.error else ItemState.MISSING
        reason = entry.error or NOTHING_LEFT
        return replace(result, state=state, reason=reason, official=None, strict=None)
    if result.official is None and result.strict is None and result.choice_score is None:
        state = ItemState.WITHHELD if result.gold is None else ItemState.FAILED
        return replace(result, state=state, reason=judged.reason or WITHHELD)
    return replace(result, reason=judged.reason if judged.reason != WITHHELD else "")


def _with_likelihoods(result: ItemResult, entry: Entry, item: Item) -> ItemResult:
    """The result with the log's log-likelihoods: of the options, or of the gold alone."""
    values, sizes = entry.logliks, tuple(len(t.encode()) for t in entry.texts)
    if not values:
        return result
    if len(values) == 1:
        return replace(result, gold_loglik=values[0], gold_bytes=sizes[0] if sizes else None)
    likeliest = max(range(len(values)), key=values.__getitem__)
    result = replace(result, option_logliks=values, option_bytes=sizes, choice=_letter(likeliest))
    letter = gold_letters(item)
    gold = letter_index(letter, len(values)) if letter else None
    if gold is None:
        return result
    other = max((i for i in range(len(values)) if i != gold), key=values.__getitem__)
    return replace(
        result,
        gold_loglik=values[gold],
        gold_bytes=sizes[gold] if sizes else None,
        choice_score=float(likeliest == gold),
        margin=values[gold] - values[other],
        competitor=_letter(other),
    )


def _letter(index: int) -> str | None:
    return LETTERS[index] if index < len(LETTERS) else None


def _own_item(entry: Entry, task: str) -> Item:
    """The entry as an item of its own, where no suite has it."""
    return Item(task, f"{task}/{entry.key}", entry.question, entry.options, entry.gold, subject=entry.subject)


def _suite_used(log: Log, results: Sequence[ItemResult], suite: KnownSuite | None) -> SuiteUsed:
    if suite is None:
        digest = hashlib.sha256("\n".join(sorted(_content(e) for e in log.entries)).encode()).hexdigest()
        return SuiteUsed(log.task, 0, digest, benchmark_of(log.task), len(results), len(results))
    whole = len(results) >= len(suite.items)
    words = "" if whole else f"the {len(results):,} items of the log"
    benchmark = benchmark_of(suite.name)
    return SuiteUsed(
        suite.name, suite.version, suite.content_hash, benchmark, len(suite.items), len(results), words
    )


def _content(entry: Entry) -> str:
    parts = asdict(entry)
    text = json.dumps([parts[k] for k in ("question", "options", "gold")], ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


def _match_notes(matched: Matched, suite: KnownSuite | None) -> list[str]:
    if suite is None:
        return ["no suite of the lake has these items; they are called as the log calls them"]
    lost = len(matched.items) - matched.found
    notes = [f"{matched.found:,} of {len(matched.items):,} items are those of {suite.name}, by their content"]
    if lost:
        notes.append(f"{lost:,} are not in {suite.name} ({matched.unclear:,} could be several of its items)")
    return notes
