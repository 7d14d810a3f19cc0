"""Rows without a fault: conversations composed from many independent parts."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import cycle, islice
from typing import Any

from governance.demo.grammar import choose, generator
from governance.demo.overlap import Seen
from governance.demo.rows import Row, Turn
from governance.demo.say import LANGUAGES, Language
from governance.demo.tasks import WEIGHTS, draw, spoken

CLOSEST = 0.42  # Jaccard with numbers set aside; the promise to the reader is 0.5 with them
HELD_OUT = 20  # one row in so many is for validation


@dataclass(frozen=True)
class Source:
    """Where rows come from: its licence, the state that was taken, and the model that wrote them, if one did."""

    licence: str
    revision: str
    generator: str | None = None


SOURCES = {
    "advice-desk": Source("CC-BY-4.0", "2026-05"),
    "branch-helpdesk": Source("CC-BY-4.0", "2026-06"),
    "https://git.example.org/desk/exam-workshop": Source("CC-BY-4.0", "4f1c9a2d7e60"),
    "training-manual": Source("CC0-1.0", "v2.1"),
    "product-handbook": Source("Apache-2.0", "v7.0", "larkmoor-writer-2"),
}


def clean_rows(count: int, seed: int) -> list[Row]:
    """That many rows, half of them English, no two of them alike.

    A candidate too close to an earlier row is thrown away and composed anew; that happens to about one in
    fifty at 2,000 rows.
    """
    seen = Seen(CLOSEST)
    rows: list[Row] = []
    for code, size in (("en", count - count // 2), ("zh", count // 2)):
        rng = generator(seed, f"clean/{code}")
        for recipe in islice(_recipes(rng), size):
            row = candidate(len(rows), recipe, rng, LANGUAGES[code])
            while not seen.accepts(row.text):
                row = candidate(len(rows), recipe, rng, LANGUAGES[code])
            rows.append(row)
    return rows


def _recipes(rng: random.Random) -> Iterator[str]:
    """Recipes without end, each as often as its weight says."""
    once = [recipe for recipe, weight in WEIGHTS.items() for _ in range(weight)]
    rng.shuffle(once)
    return cycle(once)


def candidate(key: int, recipe: str, rng: random.Random, say: Language) -> Row:
    """A row of the recipe, which may be too close to another one."""
    turns, label = conversation(recipe, rng, say)
    name = rng.choice(list(SOURCES))
    source = SOURCES[name]
    split = "train" if rng.randrange(HELD_OUT) else "validation"
    row = Row(key, say.code, label, tuple(turns), name, source.licence, source.revision, split)
    return replace(row, generator=source.generator, synthetic=source.generator is not None)


def conversation(recipe: str, rng: random.Random, say: Language) -> tuple[list[Turn], str]:
    """(turns, label): one to three exchanges, a quarter under a system prompt that many rows share."""
    scene, task, words = draw(recipe, rng, say)
    page = say.pages[recipe]
    known = say.known(scene, page, words)
    turns = [Turn("system", rng.choice(say.common["system"]))] if rng.random() < 0.25 else []
    turns.append(Turn("user", spoken(recipe, "user", known, rng, say)))
    turns.append(Turn("assistant", spoken(recipe, "assistant", known, rng, say)))
    if "again" in page and rng.random() < 0.3:
        turns += _again(recipe, scene, rng, say)
    for follow in _follow_ups(recipe, scene, rng, say):
        known = say.known(scene, follow, words)
        turns.append(Turn("user", choose(follow["user"], known, rng)))
        turns.append(Turn("assistant", choose(follow["assistant"], known, rng)))
    return turns, f"{scene}/{task}"


def _again(recipe: str, scene: str, rng: random.Random, say: Language) -> list[Turn]:
    """A second exchange of the same kind in the same scene."""
    drawn, _, words = draw(recipe, rng, say)
    while drawn != scene:
        drawn, _, words = draw(recipe, rng, say)
    known = say.known(scene, say.pages[recipe], words)
    said = spoken(recipe, "again", known, rng, say)
    return [Turn("user", said), Turn("assistant", spoken(recipe, "assistant", known, rng, say))]


def _follow_ups(recipe: str, scene: str, rng: random.Random, say: Language) -> list[dict[str, Any]]:
    """None, one or two follow-up exchanges that suit the recipe."""
    fitting = [f for f in say.scenes[scene]["follow"] if recipe in f["fits"]]
    fitting += say.pages[recipe].get("follow", [])
    wanted = rng.choice((0, 0, 0, 1, 1, 2))
    return rng.sample(fitting, min(wanted, len(fitting)))
