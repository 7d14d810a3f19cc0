"""Which items of a suite are traced, and as what batches: the very tokens that evaluation asks them with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from attribution.entries import ANSWER_LOSS, MARGIN
from attribution.tracing.items import BATCH, TOKENS, Probe
from governance.errors import UsageError
from training.evaluation.plan import Choice, plan
from training.evaluation.rendering import Renderer
from training.evaluation.targets import gold_batch, margin_batch

if TYPE_CHECKING:
    from governance.benchmarks import Suite
    from training.evaluation.asking import Asked


@dataclass(frozen=True)
class Probes:
    """The probes of one suite.

    Attributes:
        items: how many items are traced.
        margins: how many of them by their margin too.
        notes: what is left out, and how the items were chosen.
    """

    probes: tuple[Probe, ...]
    items: int
    margins: int
    notes: tuple[str, ...]


def probes_of(
    suite: Suite, renderer: Renderer, choice: Choice, context: int, competitors: Mapping[str, str]
) -> Probes:
    """The items that have an answer and fit into the model: the loss of each, and its margin where it has a competitor.

    Args:
        context: tokens the model takes.
        competitors: the wrong answer that each item is held against, by item, as an evaluation found it.

    Raises:
        UsageError: no item is left.
    """
    planned = plan(suite, choice)
    answered = [a for a in planned.asked if a.gold]
    fitting = [a for a in answered if length(renderer, a) <= context]
    notes = list(planned.notes)
    if len(fitting) < len(planned.asked):
        left = len(planned.asked) - len(fitting)
        notes.append(
            f"{suite.name}: {left:,} items have no answer or more than {context:,} tokens, and are left out"
        )
    if not fitting:
        raise UsageError(f"no item of {suite.name} can be traced", where=suite.uri, hint="; ".join(notes))
    fitting.sort(key=lambda a: (length(renderer, a), a.item.item))
    against = [a for a in fitting if competitors.get(a.item.item)]
    probes = [
        *(_probe(suite, part, ANSWER_LOSS, gold_batch(renderer, part)) for part in _parts(fitting, renderer)),
        *(
            _probe(
                suite, part, MARGIN, margin_batch(renderer, part, [competitors[a.item.item] for a in part])
            )
            for part in _parts(against, renderer)
        ),
    ]
    return Probes(tuple(probes), len(fitting), len(against), tuple(notes))


def length(renderer: Renderer, asked: Asked) -> int:
    """Tokens of the item with its gold answer."""
    row = renderer.continuation(renderer.direct_prompt(asked.direct), str(asked.gold))
    return len(row.prompt) + len(row.answer)


def _parts(asked: Sequence[Asked], renderer: Renderer) -> list[list[Asked]]:
    """Successive items, ascending in length, as many together as `BATCH` and `TOKENS` allow, and at least one."""
    parts: list[list[Asked]] = []
    for one in asked:
        full = not parts or len(parts[-1]) == BATCH
        if full or (len(parts[-1]) + 1) * length(renderer, one) > TOKENS:
            parts.append([])
        parts[-1].append(one)
    return parts


def _probe(suite: Suite, part: Sequence[Asked], functional: str, batch: Any) -> Probe:
    return Probe(suite.name, tuple(a.item.item for a in part), functional, batch)
