"""Log-likelihoods of answers in batches, and what follows from them: the choice and the margin."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from training.evaluation.asking import Asked, Failed, Likelihood, Question
from training.evaluation.functionals import (
    Continuation,
    answer_batch,
    answer_log_likelihood,
    next_token_log_probs,
)
from training.evaluation.rendering import Renderer

UNWRITABLE = "an answer has no token in the model's vocabulary"


@dataclass(frozen=True, slots=True)
class Judged:
    """What the log-likelihoods of an item say.

    Attributes:
        choice: name of the likeliest option; the first where two are equally likely. None without options.
        score: 1.0 where that is the gold, else 0.0; None where no single option is the gold.
        margin: nats by which gold is likelier than the competitor; None where there is none.
    """

    gold: Likelihood | None
    options: tuple[Likelihood, ...]
    choice: str | None
    score: float | None
    margin: float | None
    competitor: str | None


def answers_of(asked: Asked, wrong: str | None) -> tuple[str, ...]:
    """The answers whose log-likelihood is wanted: the choices, else the gold and the wrong answer that was given."""
    others = [asked.gold] if asked.choices else [asked.gold, wrong]
    more = dict.fromkeys(o for o in others if o and o not in asked.choices)
    return (*asked.choices, *more)


def judge(asked: Asked, wrong: str | None, found: Sequence[Likelihood]) -> Judged:
    """What the likelihoods of `answers_of` say."""
    by_answer = dict(zip(answers_of(asked, wrong), found, strict=True))
    gold = by_answer.get(asked.gold or "")
    options = tuple(by_answer[c] for c in asked.choices)
    if not options:
        other = by_answer.get(wrong or "") if wrong != asked.gold else None
        between = gold.nats - other.nats if gold and other else None
        return Judged(gold, (), None, None, between, None if between is None else wrong)
    best = max(range(len(options)), key=lambda i: (options[i].nats, -i))
    choice = asked.names[best]
    if gold is None or asked.gold not in asked.choices:  # several options are right together
        return Judged(gold, options, choice, None, None, None)
    right = asked.choices.index(asked.gold)
    others = [i for i in range(len(options)) if i != right]
    if not others:
        return Judged(gold, options, choice, 1.0, None, None)
    rival = max(others, key=lambda i: (options[i].nats, -i))
    score = float(best == right)
    return Judged(gold, options, choice, score, gold.nats - options[rival].nats, asked.names[rival])


def likelihoods(
    model: Any, renderer: Renderer, questions: Sequence[Question], batch: int, context: int
) -> list[tuple[Likelihood, ...] | Failed]:
    """The log-likelihood of each answer of each question; what does not fit is not asked."""
    rows = [_rows(renderer, question) for question in questions]
    found: list[tuple[Likelihood, ...] | Failed] = [_problem(r, context) or () for r in rows]
    good = [i for i, value in enumerate(found) if value == ()]
    single = [i for i in good if all(len(r.answer) == 1 for r in rows[i])]
    for part in _chunks(single, batch):
        for i, value in zip(part, _single(model, [rows[i] for i in part]), strict=True):
            found[i] = value
    rest = [i for i in good if i not in set(single)]
    values = iter(_several(model, [row for i in rest for row in rows[i]], batch))
    for i in rest:
        found[i] = tuple(next(values) for _ in rows[i])
    return found


def _rows(renderer: Renderer, question: Question) -> list[Continuation]:
    return renderer.continuations(renderer.direct_prompt(question.chat), question.answers)


def _problem(rows: Sequence[Continuation], context: int) -> Failed | None:
    if any(not row.answer for row in rows):
        return Failed(UNWRITABLE)
    longest = max((len(row.prompt) + len(row.answer) for row in rows), default=0)
    if longest > context:
        return Failed(f"prompt and answer have {longest:,} tokens, the model was made for {context:,}")
    return None


def _single(model: Any, questions: Sequence[Sequence[Continuation]]) -> list[tuple[Likelihood, ...]]:
    """Questions whose answers are single tokens: one row each tells all of them."""
    import torch

    batch = answer_batch([rows[0] for rows in questions]).to(model.device)
    with torch.inference_mode():
        probs = next_token_log_probs(model, batch)
        return [
            tuple(Likelihood(float(probs[place, row.answer[0]]), 1) for row in rows)
            for place, rows in enumerate(questions)
        ]


def _several(model: Any, rows: Sequence[Continuation], batch: int) -> list[Likelihood]:
    """Rows of any length, the long ones together, so that little of a batch is padding."""
    import torch

    order = sorted(range(len(rows)), key=lambda i: len(rows[i].prompt) + len(rows[i].answer))
    found: dict[int, Likelihood] = {}
    for part in _chunks(order, batch):
        with torch.inference_mode():
            nats = answer_log_likelihood(
                model, answer_batch([rows[i] for i in part]).to(model.device)
            ).tolist()
        found |= {i: Likelihood(n, len(rows[i].answer)) for i, n in zip(part, nats, strict=True)}
    return [found[i] for i in range(len(rows))]


def _chunks(items: Sequence[int], size: int) -> Iterator[Sequence[int]]:
    return (items[start : start + size] for start in range(0, len(items), size))
