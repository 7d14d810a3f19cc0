"""A plan becomes results: items are asked, scored and written to the journal, in batches or side by side."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from itertools import islice
from typing import Literal

from governance.evaluations import ItemResult, ItemState
from training.evaluation.asking import Asked, Backend, Failed, Likelihood, Question, Said, as_json
from training.evaluation.journal import Journal
from training.evaluation.loglik import answers_of, judge
from training.evaluation.plan import Plan
from training.scoring.base import Item, Scored, Scorer
from training.scoring.registry import Scorers

Method = Literal["generation", "loglik", "both"]
METHODS: tuple[Method, ...] = ("generation", "loglik", "both")
Progress = Callable[[int, int], None]
"""(items done, items in all)."""
WITHHELD = "the benchmark gives no answer"
NOT_ASKED = "it was not asked: the evaluation ended before"
EMPTY = "the model said nothing"


@dataclass(frozen=True)
class Work:
    """What one evaluation consists of."""

    plan: Plan
    backend: Backend
    scorers: Scorers
    method: Method = "generation"


def work_off(work: Work, journal: Journal, progress: Progress = lambda done, total: None) -> None:
    """Every item that the journal lacks is asked, and its result is in the journal.

    An exception ends it; what was answered until then stays in the journal.
    """
    batches = [b for b in grouped(work.plan.asked, work.backend.batch) if not _done(journal, b)]
    total = len(work.plan.asked)
    done = sum(journal.has(a.item.item) for a in work.plan.asked)
    progress(done, total)
    for results in _side_by_side(batches, lambda batch: results_of_batch(work, batch), work.backend):
        new = [r for r in results if not journal.has(r.item)]
        journal.append(new)
        done += sum(journal.has(r.item) for r in new)
        progress(done, total)


def all_results(plan: Plan, known: dict[str, ItemResult]) -> list[ItemResult]:
    """A result for every item of the plan in the order of its suite; those not known are missing."""
    found = [known.get(a.item.item) or _unasked(a.item, ItemState.MISSING, NOT_ASKED) for a in plan.asked]
    found += [_unasked(item, ItemState.WITHHELD, WITHHELD) for item in plan.withheld]
    order = {item: place for place, item in enumerate(plan.suite.items.column("item").to_pylist())}
    return sorted(found, key=lambda r: order[r.item])


def grouped(asked: Sequence[Asked], size: int) -> list[list[Asked]]:
    """Batches of items, those of like length together, so that little of a batch is padding.

    They depend on the plan alone: a resumed evaluation asks in the batches of the one that was interrupted.
    """
    by_length = (
        sorted(asked, key=lambda a: (sum(len(m.content) for m in a.chat), a.item.item)) if size > 1 else asked
    )
    return [list(by_length[start : start + size]) for start in range(0, len(by_length), size)]


def results_of_batch(work: Work, batch: Sequence[Asked]) -> list[ItemResult]:
    """What the model makes of each item."""
    said: list[Said | Failed | None] = [None] * len(batch)
    if work.method != "loglik":
        said = list(work.backend.generate([a.chat for a in batch]))
    results = [_generated(work, a, s) for a, s in zip(batch, said, strict=True)]
    if work.method == "generation":
        return results
    return _with_likelihoods(work, batch, results)


def _generated(work: Work, asked: Asked, said: Said | Failed | None) -> ItemResult:
    """The result so far: without an output where nothing was generated, failed where that went wrong."""
    item = asked.item
    bare = ItemResult(item.item, ItemState.SCORED, subject=item.subject, label=item.label, gold=item.answer)
    if said is None:
        return replace(bare, prompt=as_json(asked.direct))
    bare = replace(bare, prompt=as_json(asked.chat))
    if isinstance(said, Failed):
        return replace(bare, state=ItemState.FAILED, reason=said.reason)
    result = replace(
        bare,
        output=said.text,
        finish=said.finish,
        prompt_tokens=said.prompt_tokens,
        output_tokens=said.output_tokens,
        seconds=said.seconds,
    )
    return _scored(result, item, work.scorers)


def _scored(result: ItemResult, item: Item, scorers: Scorers) -> ItemResult:
    """The result with both scores; failed where neither scorer could tell."""
    output = result.output or ""
    official, strict = _score(scorers.official, item, output), _score(scorers.strict, item, output)
    state = ItemState.FAILED if official.score is None and strict.score is None else ItemState.SCORED
    reason = strict.reason or official.reason or ("" if output.strip() else EMPTY)
    return replace(
        result,
        state=state,
        reason=reason,
        official_answer=official.extracted,
        official=official.score,
        extracted=strict.extracted,
        strict=strict.score,
    )


def _score(scorer: Scorer, item: Item, output: str) -> Scored:
    """The score. Outputs are untrusted: one that a scorer stumbles over must not end an evaluation of hours."""
    try:
        return scorer(item, output)
    except (
        ValueError,
        TypeError,
        KeyError,
        IndexError,
        ArithmeticError,
        RecursionError,
        AttributeError,
    ) as error:
        return Scored(None, None, f"the scorer failed: {type(error).__name__}")


def _with_likelihoods(work: Work, batch: Sequence[Asked], results: Sequence[ItemResult]) -> list[ItemResult]:
    wrong = [_wrong_answer(r) for r in results]
    wanted = [i for i, r in enumerate(results) if r.state is not ItemState.FAILED and batch[i].gold]
    questions = [Question(batch[i].direct, answers_of(batch[i], wrong[i])) for i in wanted]
    started = time.monotonic()
    found = dict(zip(wanted, work.backend.likelihoods(questions), strict=True))
    each = (time.monotonic() - started) / max(len(wanted), 1)
    return [
        r
        if i not in found
        else _judged(
            replace(r, seconds=r.seconds + each), batch[i], wrong[i], found[i], alone=work.method == "loglik"
        )
        for i, r in enumerate(results)
    ]


def _wrong_answer(result: ItemResult) -> str | None:
    """What the model answered, where that is wrong: the gold is measured against it."""
    return result.extracted if result.strict == 0 else None


def _judged(
    result: ItemResult,
    asked: Asked,
    wrong: str | None,
    found: tuple[Likelihood, ...] | Failed,
    *,
    alone: bool,
) -> ItemResult:
    """The result with log-likelihoods; `alone` where there is no output, whose score would stand without them."""
    if isinstance(found, Failed):
        state = ItemState.FAILED if alone else result.state
        return replace(result, state=state, reason=f"no log-likelihood: {found.reason}")
    judged = judge(asked, wrong, found)
    return replace(
        result,
        gold_loglik=None if judged.gold is None else judged.gold.nats,
        gold_tokens=None if judged.gold is None else judged.gold.tokens,
        gold_bytes=None if judged.gold is None else len((asked.gold or "").encode()),
        option_logliks=tuple(o.nats for o in judged.options),
        option_tokens=tuple(o.tokens for o in judged.options),
        option_bytes=tuple(len(c.encode()) for c in asked.choices),
        choice=judged.choice,
        choice_score=judged.score,
        margin=judged.margin,
        competitor=judged.competitor,
    )


def _unasked(item: Item, state: ItemState, reason: str) -> ItemResult:
    return ItemResult(item.item, state, reason, subject=item.subject, label=item.label, gold=item.answer)


def _done(journal: Journal, batch: Iterable[Asked]) -> bool:
    return all(journal.has(a.item.item) for a in batch)


def _side_by_side(
    batches: Sequence[list[Asked]], work: Callable[[list[Asked]], list[ItemResult]], backend: Backend
) -> Iterator[list[ItemResult]]:
    """Results of batches as they come; of those under way when one fails, the others are still given."""
    if backend.parallel <= 1:
        yield from map(work, batches)
        return
    waiting = iter(batches)
    pool = ThreadPoolExecutor(backend.parallel)
    try:
        running = {pool.submit(work, b) for b in islice(waiting, backend.parallel)}
        while running:
            ended, running = wait(running, return_when=FIRST_COMPLETED)
            good, error = _gathered(ended)
            yield from good
            if error is not None:
                backend.stop()
                late, _ = wait(running)
                yield from _gathered(late)[0]
                raise error
            running |= {pool.submit(work, b) for b in islice(waiting, len(ended))}
    except BaseException:
        backend.stop()
        raise
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _gathered(
    ended: Iterable[Future[list[ItemResult]]],
) -> tuple[list[list[ItemResult]], BaseException | None]:
    """(results, the first error)."""
    raised = [f.exception() for f in ended]
    good = [f.result() for f, error in zip(ended, raised, strict=True) if error is None]
    return good, next((error for error in raised if error is not None), None)
