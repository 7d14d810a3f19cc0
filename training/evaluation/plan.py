"""Which items of a suite are asked, and how: everything that is decided before a model is loaded."""

from __future__ import annotations

import fnmatch
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from governance.benchmarks import finova
from governance.benchmarks.load import detect, split_spec
from governance.benchmarks.suite import Suite
from governance.errors import InputError, UsageError
from training.evaluation.asking import Asked
from training.evaluation.prompts import Asking, asked
from training.scoring import registry
from training.scoring.base import Item

EXAMPLE_PARTS = {"fineval": re.compile(r"_dev/"), "financeiq": re.compile(r"^dev/")}
"""Items that a benchmark gives as examples; they are shown, never asked."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What the user wants of a suite.

    Attributes:
        benchmark: whose prompts and scorers; empty finds it out.
        limit: at most so many items, drawn by the seed; 0 takes all.
        items: a pattern such as `test/*` that item ids have to match; empty takes all.
        named: the ids of the items that are wanted; empty takes all.
    """

    benchmark: str = ""
    limit: int = 0
    items: str = ""
    seed: int = 0
    shots: int = 0
    instruct: bool = True
    option_text: bool = False
    named: tuple[str, ...] = ()


@dataclass(frozen=True)
class Plan:
    """The items of one evaluation, in the order of the suite.

    Attributes:
        asked: items that have an answer.
        withheld: items whose answer the benchmark keeps; listed, not asked.
        sampled: how the items were chosen where they are not all; empty otherwise.
    """

    suite: Suite
    how: Asking
    asked: tuple[Asked, ...]
    withheld: tuple[Item, ...]
    sampled: str
    notes: tuple[str, ...]


def plan(suite: Suite, choice: Choice, shots_from: Suite | None = None) -> Plan:
    """The items that are asked and how.

    Raises:
        UsageError: no item is left, or examples are wanted and there are none.
        InputError: the benchmark's published prompts cannot be read.
    """
    benchmark = choice.benchmark or benchmark_of(suite)
    everything = items_of(suite)
    part = EXAMPLE_PARTS.get(benchmark)
    examples = [i for i in everything if part is not None and part.search(i.item)]
    known = {i.item for i in examples}
    wanted = [i for i in everything if i.item not in known and _is_chosen(i.item, choice)]
    if not wanted:
        raise UsageError(
            f"no item of {suite.name} is left to ask",
            where=choice.items or ", ".join(choice.named) or suite.uri,
            hint=f"items are called {', '.join(i.item for i in everything[:3]) or 'nothing at all'}",
        )
    answered = [i for i in wanted if i.answer is not None]
    taken, sampled = sample(answered, choice.limit, choice.seed)
    withheld = [] if sampled else [i for i in wanted if i.answer is None]
    how = Asking(benchmark, choice.instruct, choice.option_text, choice.shots, _published(suite, benchmark))
    pool = examples if shots_from is None else items_of(shots_from)
    notes = _notes(examples, len(wanted) - len(answered), sampled, how)
    chosen = tuple(asked(i, how, shots(i, pool, choice.shots)) for i in taken)
    return Plan(suite, how, chosen, tuple(withheld), sampled, notes)


def _is_chosen(item: str, choice: Choice) -> bool:
    return fnmatch.fnmatchcase(item, choice.items or "*") and (not choice.named or item in choice.named)


def benchmark_of(suite: Suite) -> str:
    """The benchmark a suite is of: its name begins like one we know, or its files look like one."""
    named = registry.benchmark_of(suite.name)
    path = _files(suite)
    adapter = detect(path) if named == "generic" and path.exists() else None
    return named if adapter is None else str(adapter.NAME)


def _files(suite: Suite) -> Path:
    return Path(split_spec(suite.uri)[1]).expanduser()


def items_of(suite: Suite) -> list[Item]:
    """The suite's rows as items."""
    names = ("suite", "item", "question", "answer", "answer_text", "context", "subject", "label")
    return [
        Item(**{n: row[n] for n in names}, options=tuple(row["options"])) for row in suite.items.to_pylist()
    ]


def sample(items: Sequence[Item], limit: int, seed: int) -> tuple[list[Item], str]:
    """(items in their order, words): those with the `limit` lowest hashes of seed and id.

    So another limit takes more or fewer of the same, and the order of the file does not matter.
    """
    if not limit or limit >= len(items):
        return list(items), ""

    def key(item: Item) -> bytes:
        return hashlib.sha256(f"{seed}\n{item.item}".encode()).digest()

    chosen = {i.item for i in sorted(items, key=key)[:limit]}
    words = f"{limit:,} of {len(items):,} items with an answer, drawn with seed {seed}"
    return [i for i in items if i.item in chosen], words


def shots(item: Item, pool: Sequence[Item], count: int) -> list[Item]:
    """The first examples of the item's own subject, else the first at all; never the item itself.

    Raises:
        UsageError: there are too few.
    """
    if not count:
        return []
    others = [
        e for e in pool if e.answer is not None and (e.item != item.item or e.question != item.question)
    ]
    own = [e for e in others if e.subject == item.subject]
    found = (own if len(own) >= count else others)[:count]
    if len(found) < count:
        raise UsageError(
            f"{count} examples before each question are wanted and there are {len(found)}",
            where="--shots",
            hint="name an evaluation set to take them from with --shots-from",
        )
    return found


def _published(suite: Suite, benchmark: str) -> dict[str, str] | None:
    """The published prompts of Finova, whose items are whole prompts; None for the others."""
    if benchmark != finova.NAME:
        return None
    path = _files(suite)
    if not path.exists() or not finova.detect(path):
        raise InputError(
            "Finova is asked with its published prompts, and the files they stand in are not there",
            where=suite.uri,
            hint="give the folder: --suite finova=PATH",
        )
    return finova.prompts(path)


def _notes(examples: Sequence[Item], withheld: int, sampled: str, how: Asking) -> tuple[str, ...]:
    notes = []
    if sampled:
        notes.append(f"sampled: {sampled}")
    if withheld:
        notes.append(f"{withheld:,} items have no answer and are not asked")
    if examples:
        notes.append(f"{len(examples):,} items are the benchmark's examples and are not asked")
    if how.shots:
        notes.append(f"{how.shots} examples before each question")
    return tuple(notes)
