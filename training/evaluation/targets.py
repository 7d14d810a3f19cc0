"""The items of an evaluation as batches for `functionals`: the very tokens that their log-likelihoods were measured on.

Attribution asks which samples moved an item. It gets the item's gold, and the competitor that the evaluation found, so
that the competitor stays the same while the model changes.
"""

from __future__ import annotations

from collections.abc import Sequence

from training.evaluation.asking import Asked
from training.evaluation.functionals import AnswerBatch, MarginBatch, answer_batch
from training.evaluation.rendering import Renderer


def gold_batch(renderer: Renderer, asked: Sequence[Asked]) -> AnswerBatch:
    """The gold answers after their prompts, a row an item.

    Raises:
        ValueError: an item has no gold, or one without tokens.
    """
    return _batch(renderer, asked, [a.gold for a in asked])


def margin_batch(
    renderer: Renderer, asked: Sequence[Asked], competitors: Sequence[str | None]
) -> MarginBatch:
    """Gold against competitor, a row an item; competitors are named as `ItemResult.competitor` names them.

    Raises:
        ValueError: an item has no gold or no competitor.
    """
    others = [_spelled_out(a, c) for a, c in zip(asked, competitors, strict=True)]
    return MarginBatch(gold_batch(renderer, asked), _batch(renderer, asked, others))


def _spelled_out(asked: Asked, competitor: str | None) -> str | None:
    """What follows the prompt where the competitor wins: an option has a name, a wrong answer is itself."""
    if competitor in asked.names:
        return asked.choices[asked.names.index(str(competitor))]
    return competitor


def _batch(renderer: Renderer, asked: Sequence[Asked], answers: Sequence[str | None]) -> AnswerBatch:
    lacking = [a.item.item for a, answer in zip(asked, answers, strict=True) if not answer]
    if lacking:
        raise ValueError(f"{len(lacking)} items have no such answer, {lacking[0]} the first")
    return answer_batch(
        [
            renderer.continuation(renderer.direct_prompt(a.direct), str(answer))
            for a, answer in zip(asked, answers, strict=True)
        ]
    )
